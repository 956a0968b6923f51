"""The commands that a fix is made of, as argument vectors, with whatever tool this machine has."""

from __future__ import annotations

import re
from dataclasses import replace
from typing import TYPE_CHECKING

from envguard.model import Act, Step

if TYPE_CHECKING:
    from envguard.facts import CondaPackage, Distribution, Environment, Tool

_CHANNEL_HOSTS = r"https?://(?:conda\.anaconda\.org|repo\.prefix\.dev)/"
_SUBDIR = r"/(?:noarch|(?:linux|osx|win|emscripten|wasi)-\w+)/*$"
_DEFAULTS = r"defaults|pkgs/\w+|https?://repo\.(?:anaconda\.com|continuum\.io)/.*"
_PIXI_WORKSPACE = r"(.+)[/\\]\.pixi[/\\]envs[/\\]([^/\\]+)[/\\]?"


def path(env: Environment, relative: str) -> str:
    """A path below the prefix, absolute and spelled as the prefix is."""
    windows = "\\" in env.prefix or re.match(r"[A-Za-z]:", env.prefix)
    separator = "\\" if windows else "/"
    return separator.join((env.prefix.rstrip("/\\"), *relative.split("/")))


def python(env: Environment) -> str:
    """The environment's own Python."""
    return path(env, env.interpreter or ("python.exe" if env.layout == "windows" else "bin/python"))


def tool(env: Environment, *, independent: bool = False) -> Tool | None:
    """The package manager that keeps this prefix's book; if `independent`, rather one that does not run from it."""
    found = {each.name: each for each in reversed(env.tools)}
    if env.manager == "pixi":
        return found.get("pixi")
    order = ("micromamba", "conda", "mamba") if independent else ("conda", "mamba", "micromamba")
    return next((found[name] for name in order if name in found), None)


def has_pip(env: Environment) -> bool:
    """Whether the environment's Python can run `-m pip`."""
    return any(dist.kind != "leftover" for dist in env.dists_named.get("pip", ()))


def uninstall(env: Environment, *names: str) -> Step:
    """Pip takes distributions off."""
    return Step((python(env), "-m", "pip", "uninstall", "--yes", *names), act=Act.UNINSTALL, of=names)


def pip_install(env: Environment, *requirements: str) -> Step:
    """Pip installs requirements."""
    return Step((python(env), "-m", "pip", "install", *requirements), act=Act.PIP_INSTALL, of=requirements)


def remove(env: Environment, relative: str) -> Step:
    """Deletes a folder."""
    return replace(remove_path(env, path(env, relative)), act=Act.DELETE, of=(relative,))


def remove_path(env: Environment, target: str) -> Step:
    """Deletes a folder named by its whole path."""
    return Step(("cmd", "/c", "rmdir", "/s", "/q", target) if env.layout == "windows" else ("rm", "-r", target))


def remove_files(env: Environment, *relatives: str) -> Step:
    """Deletes files."""
    targets = tuple(path(env, relative) for relative in relatives)
    argv = ("cmd", "/c", "del", *targets) if env.layout == "windows" else ("rm", *targets)
    return Step(argv, act=Act.DELETE, of=relatives)


def restore(env: Environment, *packages: CondaPackage, independent: bool = False) -> Step:
    """Conda links packages anew, in the very builds its records name."""
    chosen = tool(env, independent=independent)
    names = tuple(package.name for package in packages)
    if env.manager == "pixi":
        workspace = re.fullmatch(_PIXI_WORKSPACE, env.prefix)
        where = ("--manifest-path", workspace[1], "--environment", workspace[2]) if workspace else ()
        return Step((chosen.path if chosen else "pixi", "reinstall", *where, *names), act=Act.RELINK, of=names)
    channels = dict.fromkeys(name for package in packages if (name := _channel(env, package.channel)))
    return Step(
        (
            chosen.path if chosen else "conda",
            "install",
            "--prefix",
            env.prefix,
            "--force-reinstall",
            *(part for name in channels for part in ("--channel", name)),
            *(package.spec for package in packages),
        ),
        act=Act.RELINK,
        of=names,
    )


def conda_install(env: Environment, *specs: str) -> Step:
    """Conda installs specs."""
    chosen = tool(env)
    act = None if any(spec.startswith("-") for spec in specs) else Act.CONDA_INSTALL
    return Step(
        (chosen.path if chosen else "conda", "install", "--prefix", env.prefix, *specs),
        act=act,
        of=specs if act else (),
    )


def conda_remove(env: Environment, name: str) -> Step:
    """Conda removes a package and its record."""
    chosen = tool(env)
    argv = (chosen.path if chosen else "conda", "remove", "--prefix", env.prefix, name)
    return Step(argv, act=Act.CONDA_REMOVE, of=(name,))


def conda_forget(env: Environment, *names: str) -> Step:
    """Conda removes packages and leaves what depends on them, which removing would take along."""
    chosen = tool(env)
    argv = (chosen.path if chosen else "conda", "remove", "--force", "--prefix", env.prefix, *names)
    return Step(argv, act=Act.FORGET, of=names)


def create(env: Environment, *specs: str) -> Step:
    """Conda makes a new environment with the same Python."""
    chosen = tool(env) if env.manager != "pixi" else None
    version = ".".join((env.python_version or "").split(".")[:2])
    wanted = f"python={version}" if version else "python"
    return Step(
        (chosen.path if chosen else "conda", "create", "--name", "work", *without_defaults(env), wanted, *specs)
    )


def without_defaults(env: Environment) -> tuple[str, ...]:
    """Keeps conda from adding what `create_default_packages` names to a new environment; the others do not know of that."""
    layers = env.conda_config.layers if env.conda_config is not None else ()
    chosen = tool(env) if env.manager != "pixi" else None
    by_conda = chosen is None or chosen.name == "conda"
    return ("--no-default-packages",) if by_conda and any(each.create_default_packages for each in layers) else ()


def rebuild(env: Environment, folder: str | None = None) -> Step:
    """Envguard makes a new environment, by default beside this one; it shows and asks first."""
    new = folder or re.sub(r"[\\/]+$", "", env.prefix) + "-rebuilt"
    return Step(("envguard", "rebuild", new, "--prefix", env.prefix))


def install_elsewhere(env: Environment, *requirements: str) -> Step:
    """Requirements installed by pip into the environment that `create` makes."""
    head = create(env).argv[0]
    return Step((head, "run", "--name", "work", "python", "-m", "pip", "install", *requirements))


def configure(env: Environment, key: str, value: str) -> Step:
    """Conda writes a setting into the configuration of this environment alone."""
    chosen = next((each.path for each in env.tools if each.name == "conda"), "conda")
    active = env.shell is not None and env.shell.active_here
    where = ("--env",) if active else ("--file", path(env, ".condarc"))
    return Step((chosen, "config", *where, "--set", key, value))


def forget_kernelspec(name: str) -> Step:
    """Jupyter deletes a kernelspec, the first of that name which it finds."""
    return Step(("jupyter", "kernelspec", "remove", "-f", name))


def write_kernelspec(env: Environment, *options: str) -> Step:
    """The environment's ipykernel writes its own kernelspec into the environment."""
    return Step((python(env), "-m", "ipykernel", "install", "--sys-prefix", *options))


def pinned(dist: Distribution) -> str | None:
    """What makes pip install this distribution again; None if it did not come from an index."""
    return f"{dist.name}=={dist.version}" if dist.version and dist.direct_url is None and not dist.editable else None


def _channel(env: Environment, channel: str | None) -> str | None:
    """A channel as `--channel` takes it; None for the defaults, and for an address that carries a secret.

    None, too, for one that is configured: there it may carry one, which no record has, and it is asked in any case.
    """
    if not channel or "<" in channel or "@" in channel or "/t/" in channel:
        return None
    name = re.sub(_SUBDIR, "", channel.rstrip("/"))
    if (
        "://" in name
        and env.conda_config is not None
        and name in (each.rstrip("/") for each in env.conda_config.channels)
    ):
        return None
    return None if re.fullmatch(_DEFAULTS, name) else re.sub(_CHANNEL_HOSTS, "", name) or None
