"""Which environment `uv pip` would change, in the order in which uv looks (https://docs.astral.sh/uv/pip/environments/).

Tried with uv 0.13: the Python that runs it as a module, VIRTUAL_ENV, an active environment of conda's that is not its
base, a `.venv` here or above, a venv whose Python is on PATH; otherwise uv refuses.
"""

from __future__ import annotations

import os
import re
from typing import TYPE_CHECKING

from envguard.commands import lookup, placement
from envguard.commands.command import AimKind, Placement, Target
from envguard.commands.tools.call import is_open
from envguard.model import Text, text

if TYPE_CHECKING:
    from collections.abc import Iterator

    from envguard.commands.command import Command, Place
    from envguard.commands.lookup import World

_VERSION = re.compile(r"(?:python|cpython|cp|pypy|pp)?[-@]?(?:[<>=!~].*|(\d+(?:\.\d+){0,2})t?)", re.IGNORECASE)
_TRUE = ("1", "true", "yes", "on", "y", "t")


def target(command: Command, place: Place, world: World) -> Target:
    """What a command of `uv pip` would change."""
    directory = command.option("--directory")
    if directory:
        folder = None if is_open(directory) else lookup.place_of(directory, world)
        world = lookup.World(world.variables, world.path, folder)
    if command.aim.kind in (AimKind.ACTIVE, AimKind.PYTHON) and _is_uv(command.argv[0]):
        tool = lookup.program(command.argv[0], world)
        if tool.path is None:
            return Target(None, None, reason=tool.reason)
    prefix, python, reason = _environment(command, place, world)
    if prefix is None:
        return Target(None, None, reason=reason)
    placed = placement.in_folder(command, world)
    if placed is not None:
        return Target(prefix, python, placed.placement, placed.folder, None, placed.reason, placed.evidence)
    return Target(prefix, python, Placement.SITE, None, None, reason)


def _environment(command: Command, place: Place, world: World) -> tuple[str | None, str | None, Text | None]:
    value = command.aim.value or ""
    asked = command.option("--python") or world.variables.get("UV_PYTHON")
    is_system = command.option("--system") is not None or world.variables.get("UV_SYSTEM_PYTHON", "").lower() in _TRUE
    if command.aim.kind is AimKind.KERNEL:
        return _with(lookup.prefix_of(place.python), place.python, text("the kernel's own Python runs it"))
    if command.aim.kind is AimKind.PYTHON and not asked:
        found = lookup.python(value, world)
        if found.path is None:
            return None, None, found.reason
        return _with(lookup.prefix_of(found.path), found.path, text("{python} runs it", python=found.path))
    wanted = None
    if asked:
        version = _VERSION.fullmatch(asked)
        if version is None or os.path.exists(lookup.place_of(asked, world) or ""):
            return _named(asked, world)
        if version[1] is None:
            return None, None, text("which Python {asked} stands for is decided when it runs", asked=asked)
        wanted = version[1]
    looked = _system(world) if is_system else _virtual(world)
    for prefix, why in looked:
        python = lookup.python_in(prefix)
        version_here = lookup.version_of(prefix, python) or ""
        if wanted is None or f"{version_here}.".startswith(f"{wanted}."):
            return _with(prefix, python, why)
    if is_system:
        return None, None, text("which Python of the system uv takes cannot be told")
    if world.folder is None:
        return None, None, text("its folder is known only when the command runs")
    return None, None, text("uv finds no virtual environment, and refuses")


def _with(prefix: str, python: str | None, why: Text) -> tuple[str, str | None, Text]:
    return prefix, python, why


def _named(asked: str, world: World) -> tuple[str | None, str | None, Text | None]:
    """A path or a name that `--python` gives."""
    path = lookup.place_of(asked, world)
    if path is not None and os.path.isdir(path):
        return _with(path, lookup.python_in(path), text("it names {prefix}", prefix=path))
    if path is not None and os.path.exists(path):
        return _with(lookup.prefix_of(path), path, text("it names {python}", python=path))
    found = lookup.python(asked, world)
    if found.path is None:
        return None, None, found.reason
    return _with(lookup.prefix_of(found.path), found.path, text("it names {python}", python=found.path))


def _virtual(world: World) -> Iterator[tuple[str, Text]]:
    active = world.variables.get("VIRTUAL_ENV")
    if active and lookup.is_venv(path := lookup.place_of(active, world) or active):
        yield path, text("VIRTUAL_ENV is {prefix}", prefix=path)
    conda = world.variables.get("CONDA_PREFIX")
    if conda and not _is_base(conda, world) and lookup.python_in(conda):
        yield conda, text("CONDA_PREFIX is {prefix}", prefix=conda)
    if found := above(world.folder):
        yield found, text("{prefix} is the first virtual environment here or above", prefix=found)
    for folder in (world.path or "").split(os.pathsep):
        prefix = os.path.dirname(folder.rstrip(os.sep))
        if os.path.isabs(folder) and lookup.is_venv(prefix) and lookup.python_in(prefix):
            yield prefix, text("its Python is on PATH")


def _system(world: World) -> Iterator[tuple[str, Text]]:
    """The first Python on PATH that is no venv's; one that uv manages itself would come before, if there is any."""
    home = world.variables.get("XDG_DATA_HOME") or os.path.join(world.variables.get("HOME", ""), ".local", "share")
    managed = world.variables.get("UV_PYTHON_INSTALL_DIR") or os.path.join(home, "uv", "python")
    if os.path.isdir(managed) and any(name.startswith(("cpython", "pypy")) for name in os.listdir(managed)):
        return
    for folder in (world.path or "").split(os.pathsep):
        found = lookup.python("python3", lookup.World(world.variables, folder, world.folder)) if folder else None
        if found is not None and found.path is not None:
            prefix = lookup.prefix_of(found.path)
            if not lookup.is_venv(prefix):
                yield prefix, text("--system takes the first Python on PATH that is no virtual environment's")


def above(folder: str | None) -> str | None:
    """The venv of a folder: one that it lies in, or a `.venv` there or above."""
    here = folder
    while here:
        for prefix in (here, os.path.join(here, ".venv")):
            if lookup.is_venv(prefix):
                return prefix
        here = os.path.dirname(here) if os.path.dirname(here) != here else None
    return None


def _is_base(prefix: str, world: World) -> bool:
    """Whether uv takes an active environment for conda's base, which it leaves alone."""
    name = world.variables.get("CONDA_DEFAULT_ENV")
    if name is None or name == prefix:
        return world.variables.get("_CONDA_ROOT") == prefix
    return name in ("base", "root") or name != os.path.basename(prefix.rstrip(os.sep))


def _is_uv(word: str) -> bool:
    return bool(re.fullmatch(r"uv(?:\.exe)?", re.split(r"[\\/]", word)[-1].lower()))
