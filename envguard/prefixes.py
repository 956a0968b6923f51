"""Which prefix conda means by a name; read from files and variables, without running conda.

The order is conda's own (`context.envs_dirs`): the folders of CONDA_ENVS_PATH and CONDA_ENVS_DIRS, those of the
.condarc files, `envs` of the installation, `~/.conda/envs`. conda looks no further; envguard also knows the installation
it can see without conda being active, and as the last resort the folders that environments.txt lists.
"""

from __future__ import annotations

import os
import re
import sys
from pathlib import Path
from typing import TYPE_CHECKING

from envguard.errors import BadArguments, NoSuchEnvironment
from envguard.model import text
from envguard.probe import reading

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from envguard.model import Text

_BASE = ("base", "root")
_SHARED = () if sys.platform == "win32" else ("/opt/conda",)
"""Where container images put the installation that all users share."""
_INSTALLATIONS = ("miniforge3", "mambaforge", "miniconda3", "anaconda3", "conda3", "micromamba")
_NAMES_TOLD = 12


def named(name: str, environ: Mapping[str, str] | None = None, root: Path | None = None) -> Path:
    """The prefix of the environment with this name; NoSuchEnvironment if none has it.

    `environ` stands in for the variables of this process, `root` is the installation that asks, if that is known.
    """
    environ = os.environ if environ is None else environ
    if not name or name in (".", "..") or "/" in name or os.sep in name:
        raise BadArguments(
            text("{name} is not the name of an environment; for a folder use --prefix", name=name or "''")
        )
    if name in _BASE:
        found = next((each for each in _roots(environ, root) if _is_folder(each / "conda-meta")), None)
    else:
        found = next((folder / name for folder in _folders(environ, root) if _is_folder(folder / name)), None)
        found = found or next((prefix for prefix in _listed() if prefix.name == name and _is_folder(prefix)), None)
    if found is None:
        raise NoSuchEnvironment(_unknown(name, known()))
    return found


def known() -> dict[str, Path]:
    """Every environment that has a name here; of two with one name, the one conda means."""
    found: dict[str, Path] = {}
    for root in _roots(os.environ):
        if _is_folder(root / "conda-meta"):
            found.setdefault("base", root)
    for folder in _folders(os.environ):
        for prefix in _entries(folder):
            if _is_folder(prefix / "conda-meta"):
                found.setdefault(prefix.name, prefix)
    roots = set(found.values())
    for prefix in _listed():
        if prefix not in roots and _is_folder(prefix / "conda-meta"):
            found.setdefault(prefix.name, prefix)
    return found


def is_environment(prefix: Path) -> bool:
    """Whether a folder looks like an environment at all: conda's, a venv, or at least something with a Python."""
    marks = (
        "conda-meta",
        "pyvenv.cfg",
        "bin/python",
        "bin/python3",
        "python.exe",
        "Scripts/python.exe",
        "Lib/site-packages",
    )
    # os.path, because Path.exists raises where one may not look
    return any(os.path.exists(prefix / mark) for mark in marks) or any(prefix.glob("lib*/python*/site-packages"))  # noqa: PTH110


def _unknown(name: str, environments: dict[str, Path]) -> Text:
    if not environments:
        return text("there is no environment named {name}, nor any other that envguard can find here", name=name)
    names = sorted(environments, key=lambda known_name: (known_name != "base", known_name))
    told = (*names[:_NAMES_TOLD], *(("…",) if len(names) > _NAMES_TOLD else ()))
    return text("there is no environment named {name}; known here: {names}", name=name, names=told)


def _roots(environ: Mapping[str, str], root: Path | None = None) -> Iterator[Path]:
    """The conda installations that can be seen from here, the one in use first."""
    if root is not None:
        yield root
    if executable := environ.get("CONDA_EXE"):
        yield Path(executable).parent.parent
    for variable in ("CONDA_ROOT", "_CONDA_ROOT", "MAMBA_ROOT_PREFIX"):
        if named_root := environ.get(variable):
            yield Path(named_root)
    for prefix in (environ.get("CONDA_PREFIX"), sys.prefix):
        if prefix:
            yield Path(prefix).parent.parent if Path(prefix).parent.name == "envs" else Path(prefix)
    for name in _INSTALLATIONS:
        yield Path.home() / name
    yield from map(Path, _SHARED)


def _folders(environ: Mapping[str, str], root: Path | None = None) -> Iterator[Path]:
    """The folders that hold environments by name."""
    for variable in ("CONDA_ENVS_PATH", "CONDA_ENVS_DIRS"):
        for folder in environ.get(variable, "").split(os.pathsep):
            if folder:
                yield _home(folder)
    roots = tuple(_roots(environ, root))
    for condarc in (
        environ.get("CONDARC"),
        "~/.condarc",
        "~/.conda/.condarc",
        *(each / ".condarc" for each in roots[:1]),
    ):
        if condarc:
            yield from _envs_dirs(_home(condarc))
    for each in roots:
        yield each / "envs"
    yield Path.home() / ".conda" / "envs"


def _envs_dirs(condarc: Path) -> Iterator[Path]:
    """The list `envs_dirs` of a .condarc; YAML so plain that it is read by lines, as PyYAML is no dependency."""
    inside = False
    for line in _lines(condarc):
        key = re.match(r"(\w+)\s*:\s*(.*)", line)
        if key:
            inside = key[1] in ("envs_dirs", "envs_path")
            values = key[2].strip("[]").split(",") if inside else []
        else:
            values = [line.strip()[1:]] if inside and line.strip().startswith("-") else []
        for value in values:
            folder = value.partition(" #")[0].strip().strip("'\"")
            if folder:
                yield _home(os.path.expandvars(folder))


def _listed() -> Iterator[Path]:
    """The prefixes in conda's own list of those it has made."""
    for line in _lines(Path.home() / ".conda" / "environments.txt"):
        if line.strip():
            yield Path(line.strip())


def _home(path: str | Path) -> Path:
    """A path that may begin with `~`; of a user who does not exist it stays as it is."""
    return Path(os.path.expanduser(path))  # noqa: PTH111 - Path.expanduser raises for such a user


def _is_folder(path: Path) -> bool:
    return os.path.isdir(path)  # noqa: PTH112 - Path.is_dir raises where one may not look


def _lines(path: Path) -> list[str]:
    try:
        return reading.read(str(path), reading.BOOK_LIMIT).decode("utf-8-sig", "surrogateescape").splitlines()
    except OSError:
        return []


def _entries(folder: Path) -> list[Path]:
    try:
        return sorted(folder.iterdir())
    except (OSError, ValueError):  # a ValueError: no folder can have such a name
        return []
