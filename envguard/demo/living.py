"""The same story in an environment that runs, all of it made here and without a network.

Its Python is a venv's. conda's part (a stand-in for Python, pip, gridmath and plotkit) is written with the records that
conda would have left, and comes from a channel beside it, so that it can be put back. What pip did, the environment's
own pip has really done, with a wheel that lies beside it, too; only the dates are those of the story.
"""

from __future__ import annotations

import importlib.metadata
import os
import platform
import shutil
import sys
import sysconfig
import venv
import zipfile
from pathlib import Path
from typing import TYPE_CHECKING

from envguard import demo
from envguard.demo import channel
from envguard.demo.files import PURE_TAG, Channel, Package, conda_meta, distribution, module, settle, write
from envguard.errors import EnvguardError
from envguard.model import text
from envguard.run import run
from envguard.value import value

if TYPE_CHECKING:
    import datetime
    from collections.abc import Iterator

    from envguard.demo.files import Files

_SECONDS = 120.0
_PLATFORMS = {
    ("Linux", "x86_64"): "linux-64",
    ("Linux", "aarch64"): "linux-aarch64",
    ("Darwin", "arm64"): "osx-arm64",
    ("Darwin", "x86_64"): "osx-64",
}
_TOOLS = ("conda", "mamba", "micromamba", "pixi")
_SYSTEM = ("/bin", "/usr/bin")
"""What no shell can do without, whatever else lies there."""
_SITE = f"lib/python{sys.version_info[0]}.{sys.version_info[1]}/site-packages"
_PLOTKIT_3: Files = {"plotkit/__init__.py": module('"""Draws grids."""\n\n__version__ = "3.0.0"')}
_GRIDLABELS: Files = {
    "gridlabels/__init__.py": module(
        '"""Names for the cells of a grid."""\n\n\ndef label(row, column):\n    return f"{chr(65 + column)}{row + 1}"'
    )
}


@value
class Living:
    """The environment, and what lies beside it."""

    folder: Path
    prefix: Path
    wheels: Path

    @property
    def python(self) -> Path:
        """Its interpreter."""
        return self.prefix / "bin" / "python"

    def variables(self) -> dict[str, str]:
        """What a process needs for its installers to stay here: no index, no configuration of anybody's, no conda."""
        kept = (each for each in os.environ.get("PATH", os.defpath).split(os.pathsep) if each and not _has_tool(each))
        return {
            "PATH": os.pathsep.join((str(self.python.parent), *kept)),
            "PIP_CONFIG_FILE": os.devnull,
            "PIP_DISABLE_PIP_VERSION_CHECK": "1",
            "PIP_FIND_LINKS": str(self.wheels),
            "PIP_NO_INDEX": "1",
            "PIP_ROOT_USER_ACTION": "ignore",
            "PYTHONNOUSERSITE": "1",
        }


def _has_tool(folder: str) -> bool:
    return folder not in _SYSTEM and any(shutil.which(name, path=folder) for name in _TOOLS)


def build(folder: Path) -> Living:
    """Makes it in an empty or absent folder; EnvguardError if that is not possible here."""
    if os.name == "nt":
        raise EnvguardError(text("an environment that runs is made on Linux and macOS only"))
    living = Living(folder, folder / "demo", folder / "wheels")
    living.wheels.mkdir(parents=True)
    _wheels(living.wheels)
    venv.EnvBuilder(symlinks=True).create(living.prefix)
    made: dict[str, datetime.datetime] = {}
    _conda(living, made)
    _pip_comes(living)
    there = {name: when for name, when in made.items() if (living.prefix / name).exists()}
    infos = (living.prefix / _SITE).glob("gridmath-2.0.0.dist-info/*")
    there.update((path.relative_to(living.prefix).as_posix(), demo.PIP_CAME) for path in infos)
    settle(living.prefix, there)
    return living


def _conda(living: Living, made: dict[str, datetime.datetime]) -> None:
    """What conda would have installed and noted."""
    old = distribution(_SITE, "gridmath", "1.4.2", "conda", demo.GRIDMATH_1, tag=PURE_TAG)
    plotkit = distribution(_SITE, "plotkit", "2.0.1", "conda", demo.PLOTKIT_2, demo.PLOTKIT_REQUIRES, tag=PURE_TAG)
    stands: Files = {f"{Path(_SITE).parent}/LICENSE.txt": b"Stands for the interpreter, which is this machine's.\n"}
    version = platform.python_version()
    python, *others = demo.story(stands, version, "h0_0_cpython", old, plotkit)
    pip_version, pip = _pip(living.python)
    packages = (python, Package("pip", pip_version, "pyh0_0", ("python",), pip, "pip"), *others)
    for package in packages:
        write(living.prefix, package.files, demo.CONDA_CAME, made)
    (living.prefix / "bin/pip").chmod(0o755)
    source = living.folder / "channel"
    subdir = _PLATFORMS.get((platform.system(), platform.machine()), "linux-64")
    shelf = Channel(source.as_uri(), subdir, channel.SUFFIX)
    digests = channel.write(source, shelf, packages, demo.CONDA_CAME)
    specs = (f"python={'.'.join(version.split('.')[:2])}", "pip", "plotkit")
    command = f"conda create -p {living.prefix} -c {shelf.url} {' '.join(specs)}"
    write(living.prefix, conda_meta(packages, shelf, command, specs, demo.CONDA_CAME, digests), demo.CONDA_CAME, made)


def _pip_comes(living: Living) -> None:
    """The command of the story, by the environment's own pip."""
    command = (living.python, "-m", "pip", "install", "--upgrade", "gridmath")
    done = run(command, _SECONDS, env={**os.environ, **living.variables()})
    if done.code:
        raise EnvguardError(text("the demonstration's own pip failed: {reason}", reason=done.last_line))


def _wheels(folder: Path) -> None:
    """What pip can install there."""
    for name, version, files, requires in (
        ("gridmath", "2.0.0", demo.GRIDMATH_2, ()),
        ("plotkit", "3.0.0", _PLOTKIT_3, ("gridmath>=2",)),
        ("gridlabels", "1.0.0", _GRIDLABELS, ()),
    ):
        whole = distribution(".", name, version, "", files, requires, tag=PURE_TAG)
        with zipfile.ZipFile(folder / f"{name}-{version}-{PURE_TAG}.whl", "w", zipfile.ZIP_DEFLATED) as wheel:
            for path, content in whole.items():
                wheel.writestr(path.removeprefix("./"), content)


def _pip(python: Path) -> tuple[str, Files]:
    """A pip as conda ships it: its version, and its files below a prefix."""
    version, files = next(_pips(), (None, {}))
    if version is None:
        raise EnvguardError(text("there is no pip here to make an environment with: neither ensurepip's nor another"))
    script = module(f"#!{python}\nimport sys\n\nfrom pip._internal.cli.main import main\n\nsys.exit(main())")
    below = {f"{_SITE}/{name}": content for name, content in files.items()}
    return version, {**below, f"{_SITE}/pip-{version}.dist-info/INSTALLER": b"conda\n", "bin/pip": script}


def _pips() -> Iterator[tuple[str, Files]]:
    """The pips of this machine: the one that Python brings, the distribution's, and the one beside envguard."""
    import ensurepip  # late, as a few distributions leave it out

    places = [Path(ensurepip.__file__).parent / "_bundled"]
    packaged = sysconfig.get_config_var("WHEEL_PKG_DIR")
    places += [Path(packaged)] if packaged else []
    for place in places:
        for path in sorted(place.glob("pip-*-py3-none-any.whl"), reverse=True):
            with zipfile.ZipFile(path) as wheel:
                yield path.name.split("-")[1], {name: wheel.read(name) for name in wheel.namelist()}
    try:
        found = importlib.metadata.distribution("pip")
    except importlib.metadata.PackageNotFoundError:
        return
    own = (each for each in found.files or () if each.parts[0].startswith("pip") and each.suffix != ".pyc")
    yield found.version, {each.as_posix(): each.read_binary() for each in own if each.name != "INSTALLER"}
