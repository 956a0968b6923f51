"""Which prefix conda, mamba and micromamba would change: what they are told, what is active, or their own root."""

from __future__ import annotations

import os
import re
from pathlib import Path
from typing import TYPE_CHECKING

from envguard.commands import lookup
from envguard.commands.command import Aim, AimKind, Form, Target, Tool, Verb
from envguard.errors import EnvguardError
from envguard.model import Evidence, Text, text
from envguard.prefixes import named
from envguard.probe import reading

if TYPE_CHECKING:
    from envguard.commands.command import Command, Place
    from envguard.commands.lookup import World

_ROOT_NAMES = ("base", "root")


def target(command: Command, place: Place, world: World) -> Target:
    """What a command of conda's would change."""
    program = _program(command, place, world)
    if program.path is None:
        return Target(None, None, reason=program.reason, evidence=program.evidence)
    aim, root = command.aim, _root(program.path, command.tool, world)
    if aim.kind is AimKind.KERNEL:
        if not os.path.isfile(os.path.join(place.prefix, "conda-meta", "history")):
            says = text("IPython refuses it: the kernel's environment, {prefix}, is not conda's", prefix=place.prefix)
            return Target(None, None, reason=says)
        return Target(place.prefix, place.python)
    reason: Text | None
    if aim.kind is AimKind.ACTIVE:
        prefix, reason = _active(command.tool, world, root)
    else:
        prefix, reason = chosen(aim, world, root)
    if prefix is None and command.verb is Verb.CREATE:
        reason = text("it makes a new environment")
    if prefix is None:
        return Target(None, None, reason=reason, evidence=program.evidence)
    return Target(prefix, lookup.python_in(prefix), reason=reason, evidence=program.evidence)


def chosen(aim: Aim, world: World, root: str | None) -> tuple[str | None, Text | None]:
    """The prefix that a name or a path stands for, and why that is it, or why there is none."""
    if aim.value is None and not aim.known:
        return None, text("the environment is named by a file that cannot be read")
    value = aim.value or ""
    if aim.kind is AimKind.NAME:
        try:
            prefix = str(named(value, world.variables, Path(root) if root else None))
        except EnvguardError as error:
            return None, error.text
        return prefix, text("{name} is the environment {prefix}", name=value, prefix=prefix)
    path = lookup.place_of(value, world)
    if path is None:
        return None, text("the folder of {program} is known only when the command runs", program=value)
    if not os.path.isdir(path):
        return None, text("there is no environment {prefix}", prefix=path)
    return path, text("it names {prefix}", prefix=path)


def _active(tool: Tool, world: World, root: str | None) -> tuple[str | None, Text | None]:
    """What conda changes if it is not told: the active environment, and with none its root."""
    if active := world.variables.get("CONDA_PREFIX"):
        return active, text("CONDA_PREFIX is {prefix}", prefix=active)
    name = world.variables.get("CONDA_DEFAULT_ENV")
    if name and name not in _ROOT_NAMES:
        kind = AimKind.PREFIX if lookup.has_folder(name) else AimKind.NAME
        return chosen(Aim(kind, name), world, root)
    if tool is Tool.MICROMAMBA:
        return None, text("no environment is active, and micromamba would ask for one")
    if root is None:
        return None, text("no environment is active, and where conda itself lives cannot be told")
    return root, text("no environment is active, so it changes its own: {prefix}", prefix=root)


def _program(command: Command, place: Place, world: World) -> lookup.Found:
    """The conda that would run: as IPython looks for it, as a shell does, or where the variable of its shell says."""
    name = command.argv[0]
    variable = "MAMBA_EXE" if "mamba" in name else "CONDA_EXE"
    told = world.variables.get(variable)
    if command.form is Form.MAGIC:
        beside = os.path.join(os.path.dirname(place.python), name)
        for path in (told, beside, _of_history(place.prefix, name)):
            if path and os.path.isfile(path):
                return lookup.Found(path)
    if command.aim.kind is AimKind.PYTHON or name in ("python", "python3"):
        return lookup.python(name, world)
    found = lookup.program(name, world)
    if found.path is None and told and not lookup.has_folder(name) and not place.is_kernel and os.path.isfile(told):
        return lookup.Found(told, None, (Evidence(text("{variable} names it", variable=variable), told),))
    return found


def _of_history(prefix: str, name: str) -> str | None:
    """The conda that made an environment, by its first command."""
    try:
        told = reading.read(os.path.join(prefix, "conda-meta", "history"), reading.BOOK_LIMIT)
    except OSError:
        return None
    made = re.search(
        rf"^# cmd: (\S*{re.escape(name)}) (?:create|install)", told.decode("utf-8", "replace"), re.MULTILINE
    )
    return made[1] if made else None


def _root(program: str, tool: Tool, world: World) -> str | None:
    """The installation that a conda belongs to; micromamba has one only if a variable says so."""
    if tool is Tool.MICROMAMBA:
        return world.variables.get("MAMBA_ROOT_PREFIX")
    for path in (program, os.path.realpath(program)):
        above = os.path.dirname(os.path.dirname(path))
        for prefix in (above, os.path.dirname(above)):
            if lookup.is_conda(prefix) and os.path.basename(os.path.dirname(prefix)) != "envs":
                return prefix
    started = lookup.python_of(program, world)
    if started.path:
        prefix = lookup.prefix_of(started.path)
        return prefix if lookup.is_conda(prefix) else None
    return None
