"""The kernelspecs and widget front ends that a Jupyter of the prefix would find, in the order in which it looks.

The order is that of `jupyter_core.paths.jupyter_path`, asked for another prefix than the running one: JUPYTER_PATH, then the
user's folders and the environment's, then the system's. Since jupyter_core 5 an environment of the user's own comes
before the user's folders.
"""

from __future__ import annotations

import json
import os
import re
import site
from typing import TYPE_CHECKING, Any

from envguard.machine import Frontend, Kernelspec
from envguard.probe import extras, reading

if TYPE_CHECKING:
    from envguard.facts import Environment

_LIMIT = 1 << 20
_PYTHON = re.compile(r"(?:python|pypy)[\d.]*(?:t|w)?(?:\.exe)?", re.IGNORECASE)
_WIDGETS = ("labextensions", "@jupyter-widgets", "jupyterlab-manager", "package.json")
_FALSE = ("", "no", "n", "false", "off", "0", "0.0")


def kernelspecs(env: Environment, problems: reading.Problems) -> tuple[Kernelspec, ...] | None:
    """Every kernelspec; None if Jupyter's own paths cannot be asked for."""
    folders = _folders(env)
    if folders is None:
        return None
    found = []
    for level, folder in folders:
        kernels = os.path.join(folder, "kernels")
        try:
            names = sorted(os.listdir(kernels))
        except OSError:
            continue
        for name in names:
            path = os.path.join(kernels, name, "kernel.json")
            value = _load(path, problems)
            if value is not None:
                found.append(_kernelspec(env, name, os.path.dirname(path), level, value))
    return tuple(found)


def frontends(env: Environment, problems: reading.Problems) -> tuple[Frontend, ...] | None:
    """The widgets' extension of JupyterLab, wherever it is; None as for kernelspecs."""
    folders = _folders(env)
    if folders is None:
        return None
    found = []
    for level, folder in folders:
        path = os.path.join(folder, *_WIDGETS)
        value = _load(path, problems)
        if value is not None and isinstance(value.get("version"), str):
            found.append(Frontend(path, value["version"], level))
    return tuple(found)


def user_kernels() -> str | None:
    """Where `--user` puts kernelspecs; None if Jupyter's own paths cannot be asked for."""
    try:
        from jupyter_core.paths import jupyter_data_dir
    except Exception:  # noqa: BLE001 - a damaged library may raise anything
        return None
    return os.path.join(jupyter_data_dir(), "kernels")


def _folders(env: Environment) -> list[tuple[str, str]] | None:
    """Jupyter's data folders as (level, folder), the first to be asked first."""
    try:
        from jupyter_core.paths import SYSTEM_JUPYTER_PATH, jupyter_data_dir
    except Exception:  # noqa: BLE001 - a damaged library may raise anything
        return None
    named = [("path", part) for part in os.environ.get("JUPYTER_PATH", "").split(os.pathsep) if part]
    user = [("user", jupyter_data_dir())]
    if site.ENABLE_USER_SITE and site.USER_BASE:
        user.append(("user", os.path.join(site.USER_BASE, "share", "jupyter")))
    own = [("env", os.path.join(env.prefix, "share", "jupyter"))]
    system = [("system", folder) for folder in SYSTEM_JUPYTER_PATH]
    order = [*named, *(own + user if _own_first(env) else user + own), *system]
    seen: dict[str, tuple[str, str]] = {}
    for level, folder in order:
        real = os.path.normcase(os.path.realpath(folder))
        if real not in seen or level == "env":  # the prefix of a system's Python has the system's folder as its own
            seen[real] = (level, folder)
    return list(seen.values())


def _own_first(env: Environment) -> bool:
    """Whether a Jupyter of this prefix asks the environment before the user."""
    preferred = os.environ.get("JUPYTER_PREFER_ENV_PATH")
    if preferred is not None:
        return preferred.lower() not in _FALSE
    core = next((dist.version for dist in env.distributions or () if dist.name == "jupyter-core"), None)
    if core and core.partition(".")[0].isdigit() and int(core.partition(".")[0]) < 5:
        return False
    try:
        if hasattr(os, "geteuid") and os.stat(env.prefix).st_uid != os.geteuid():
            return False
    except OSError:
        return False
    venv = os.path.isfile(os.path.join(env.prefix, "pyvenv.cfg"))
    return venv or (env.is_conda and not env.base)


def _load(path: str, problems: reading.Problems) -> dict[str, Any] | None:
    try:
        value = json.loads(reading.read(path, _LIMIT).decode("utf-8-sig"))
    except (FileNotFoundError, NotADirectoryError):
        return None
    except (OSError, ValueError, RecursionError) as error:
        problems.add(path, "could not be read: {error}", error=reading.why(error))
        return None
    if not isinstance(value, dict):
        problems.add(path, "is not a JSON object")
        return None
    return value


def _kernelspec(env: Environment, name: str, folder: str, level: str, value: dict[str, Any]) -> Kernelspec:
    argv = tuple(reading.strings(value.get("argv")))
    metadata = value.get("metadata")
    conda_env = reading.string(metadata.get("conda_env_path")) if isinstance(metadata, dict) else None
    conda_env = conda_env or _led_by_conda(argv)
    program = argv[0] if argv and os.path.isabs(argv[0]) else None
    python = program if program and _PYTHON.fullmatch(os.path.basename(program)) else None
    here = within(conda_env or os.path.dirname(python or ""), env.prefix) if conda_env or python else None
    exists = os.path.exists(program) if program else None
    if conda_env and exists is not False:
        exists = os.path.isdir(conda_env)
    variables = value.get("env")
    return Kernelspec(
        name=name,
        path=folder,
        level=level,
        argv=argv,
        python=python,
        exists=exists,
        here=here,
        conda_env=conda_env,
        variables=tuple(sorted(str(key) for key in variables)) if isinstance(variables, dict) else (),
    )


def _led_by_conda(argv: tuple[str, ...]) -> str | None:
    """The prefix in which `conda run --prefix P`, or mamba's, starts the rest."""
    program = os.path.basename(argv[0]).lower() if argv else ""
    if program.partition(".")[0] not in ("conda", "mamba", "micromamba") or "run" not in argv[1:3]:
        return None
    for word, following in zip(argv[2:], (*argv[3:], ""), strict=True):
        if word in ("-p", "--prefix") and os.path.isabs(following):
            return following
        if word.startswith("--prefix=/"):
            return word.partition("=")[2]
        if _PYTHON.fullmatch(os.path.basename(word)):
            return None
    return None


def within(path: str, prefix: str) -> bool:
    """Whether a path lies in the prefix."""
    return extras.inside(path, os.path.abspath(prefix), os.path.realpath(prefix))
