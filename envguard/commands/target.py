"""What a command would really change: the interpreter and the prefix, worked out without starting anything.

Where that cannot be decided the prefix is None, and `reason` says why; a guess would be worse than no answer.
"""

from __future__ import annotations

import os
import re
from dataclasses import replace
from typing import TYPE_CHECKING

from envguard.commands import lookup, placement, target_conda, target_project, target_uv
from envguard.commands.command import Aim, AimKind, Placement, Target, Tool
from envguard.commands.surrounding import Lost, surrounding
from envguard.model import Evidence, Text, text
from envguard.probe import reading

if TYPE_CHECKING:
    from envguard.commands.command import Command, Place
    from envguard.commands.lookup import World

_MODULES = {Tool.PIP: "pip", Tool.UV: "uv"}


def target(command: Command, place: Place) -> Target:
    """What a command would really change."""
    found = _found(command, place)
    if found.prefix is None:
        return found
    is_kernel = _same(found.prefix, place.prefix) if place.is_kernel else None
    plain = is_kernel is True and found.placement is Placement.SITE
    return replace(found, is_kernel=is_kernel, reason=None if plain else found.reason)


def _found(command: Command, place: Place) -> Target:
    try:
        world = surrounding(command, place)
        if command.aim.value is not None and (not command.aim.known or len(command.aim.value) > reading.LONGEST):
            return nowhere(text("{what} is known only when the command runs", what=command.aim.value[:80]))
        if command.tool.is_conda and command.tool is not Tool.PIXI:
            return target_conda.target(command, place, world)
        if command.tool in (Tool.PIXI, Tool.POETRY, Tool.PDM) or (
            command.tool is Tool.UV and command.aim.kind is AimKind.PROJECT
        ):
            return _of_project(command, world)
        if command.tool is Tool.UV:
            return target_uv.target(command, place, world)
        return _of_pip(command, place, world)
    except Lost as lost:
        return nowhere(lost.reason)
    except (OSError, ValueError) as error:  # no file can have such a name
        return nowhere(text("it cannot be looked up: {error}", error=str(error)[:200]))


def nowhere(reason: Text, evidence: tuple[Evidence, ...] = ()) -> Target:
    """Nothing that can be told, or nothing at all."""
    return Target(None, None, reason=reason, evidence=evidence)


def _of_pip(command: Command, place: Place, world: World) -> Target:
    found = _python(command, place, world)
    if found.path is None:
        return nowhere(found.reason or text("it cannot be told which Python that is"), found.evidence)
    prefix = lookup.prefix_of(found.path)
    module = _MODULES.get(command.tool)
    if module and command.option("--python") is None and (missing := lacks(prefix, found.path, module, world)):
        return nowhere(missing, found.evidence)
    folder = placement.in_folder(command, world) if command.tool is not Tool.PIP else None
    placed = folder or placement.place(command, prefix, found.path, world)
    return Target(
        prefix,
        found.path,
        placed.placement,
        placed.folder,
        None,
        placed.reason or _why(command, found.path),
        (*found.evidence, *placed.evidence),
    )


def _python(command: Command, place: Place, world: World) -> lookup.Found:
    """The Python into which pip would install."""
    aim = command.aim
    if aim.kind is AimKind.KERNEL:
        return lookup.Found(place.python)
    if aim.kind in (AimKind.NAME, AimKind.PREFIX, AimKind.PROJECT):
        inside = _inside(command, aim, world)
        if inside.path is None:
            return inside
        world = replace(world, path=os.pathsep.join((lookup.bin_of(inside.path), world.path or os.defpath)))
        aim = _of_program(command.argv[0])
    if aim.kind is AimKind.PYTHON and (command.option("--python") or _by_variable(command, world)):
        return _for_pip(aim.value or "", world)
    word = aim.value or command.argv[0]
    if re.split(r"[\\/]", word)[-1].lower() in ("py", "py.exe"):
        return lookup.Found(None, text("which Python the launcher py starts is decided when it runs"))
    if aim.kind is AimKind.PYTHON:
        return lookup.python(word, world)
    script = lookup.program(word, world)
    if script.path is None:
        return script
    found = lookup.python_of(script.path, world)
    return replace(found, evidence=(*script.evidence, *found.evidence))


def _by_variable(command: Command, world: World) -> bool:
    return command.tool is Tool.PIP and command.aim.value == world.variables.get("PIP_PYTHON")


def _inside(command: Command, aim: Aim, world: World) -> lookup.Found:
    """The prefix that `conda run`, `uv run` and their like choose for what they start."""
    if aim.kind is AimKind.PROJECT:
        found = target_project.environment(Tool(aim.value), command, world)
        return lookup.Found(found.prefix, found.reason)
    prefix, reason = target_conda.chosen(aim, world, None)
    return lookup.Found(prefix, reason)


def _of_program(word: str) -> Aim:
    name = re.split(r"[\\/]", word)[-1].lower()
    return Aim(AimKind.PYTHON if name.startswith(("python", "pypy")) else AimKind.PROGRAM, word)


def _for_pip(value: str, world: World) -> lookup.Found:
    """What `pip --python` takes: an interpreter, or the folder of a venv."""
    path = lookup.place_of(value, world)
    if path is None:
        return lookup.Found(None, text("the folder of {program} is known only when the command runs", program=value))
    if os.path.isdir(path):
        inside = lookup.python_in(path)
        return lookup.Found(inside, None if inside else text("there is no Python in {folder}", folder=path))
    return lookup.Found(path) if os.path.exists(path) else lookup.Found(None, text("there is no {path}", path=path))


def lacks(prefix: str, python: str, module: str, world: World) -> Text | None:
    """Why a module cannot be started there; None if it may be, also where that is not quite certain."""
    own = lookup.sites(prefix)
    if not (lookup.is_venv(prefix) or lookup.is_conda(prefix)) or world.variables.get("PYTHONPATH") or not own:
        return None
    places = [*own]
    if user := placement.user_site(prefix, python, world):
        places.append(user)
    config = reading.head(os.path.join(prefix, "pyvenv.cfg"), 4096).lower()
    if re.search(rb"include-system-site-packages\s*=\s*true", config):
        return None
    if any(
        os.path.isdir(os.path.join(site, module)) or os.path.isfile(os.path.join(site, f"{module}.py"))
        for site in places
    ):
        return None
    return text("{python} has no {module}", python=python, module=module)


def _of_project(command: Command, world: World) -> Target:
    tool = lookup.program(command.argv[0], world)
    if tool.path is None and lookup.has_folder(command.argv[0]):
        return nowhere(tool.reason or text("it is not there"))
    found = target_project.environment(command.tool, command, world)
    if found.prefix is None:
        return found
    return replace(
        found, reason=found.reason or text("it changes the environment of the project, {prefix}", prefix=found.prefix)
    )


def _why(command: Command, python: str) -> Text:
    return text("{program} belongs to {python}", program=command.argv[0], python=python)


def _same(first: str, second: str) -> bool:
    return os.path.realpath(first) == os.path.realpath(second)
