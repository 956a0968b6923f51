"""What a command meets when it runs: the variables, PATH and folder of its place, as the shell line before it left them."""

from __future__ import annotations

import os
import re
from typing import TYPE_CHECKING

from envguard.commands import lookup
from envguard.commands.lookup import World
from envguard.commands.tools.call import folder_of, is_open
from envguard.errors import EnvguardError
from envguard.model import Text, text
from envguard.prefixes import named

if TYPE_CHECKING:
    from envguard.commands.command import Command, Place

_OWN_PATH = re.compile(r"\$\{?PATH\}?|%PATH%")
_SUDO = ("sudo", "doas", "su")


class Lost(Exception):
    """What the command meets cannot be told."""

    def __init__(self, reason: Text) -> None:
        """Carries the reason."""
        super().__init__(reason.english())
        self.reason = reason


def surrounding(command: Command, place: Place) -> World:
    """The variables, PATH and folder of a command; Lost if an activation before it makes them unknown."""
    variables = dict(place.variables)
    path: str | None = variables.get("PATH", os.defpath)
    for name, told in command.variables.items():
        if name == "PATH":
            path = _path(told, path)
        elif told is None:
            variables.pop(name, None)
        else:
            variables[name] = told
    folder = folder_of(command.folder, place, place.variables)
    if any(wrapper in _SUDO for wrapper in command.wrappers):
        # sudo has a PATH of its own, and keeps nothing that was active
        variables = {name: told for name, told in variables.items() if name in command.variables}
        path = path if "PATH" in command.variables else None
    world = World(variables, path, folder)
    return _activated(command, world, place)


def _path(told: str | None, before: str | None) -> str | None:
    if told is None or (before is None and _OWN_PATH.search(told)):
        return None
    path = _OWN_PATH.sub(lambda _: before or "", told)
    return None if is_open(path) else path


def _activated(command: Command, world: World, place: Place) -> World:
    """The same after what `activate` did in the same shell; see `activation`."""
    changed = command.variables
    if "CONDA_SHLVL" in changed:
        if changed["CONDA_SHLVL"] is None:
            raise Lost(
                text(
                    "whether `conda activate` works in that shell, and what is active after it, is known only when it runs"
                )
            )
        prefix = changed.get("CONDA_PREFIX")
        if name := changed.get("CONDA_DEFAULT_ENV"):
            try:
                prefix = str(named(name, place.variables))
            except EnvguardError as error:
                raise Lost(error.text) from error
        return _with(world, "CONDA_PREFIX", prefix)
    if "VIRTUAL_ENV" in changed:
        return _with(world, "VIRTUAL_ENV", changed["VIRTUAL_ENV"])
    return world


def _with(world: World, name: str, prefix: str | None) -> World:
    where = lookup.place_of(prefix, world) if prefix is not None and not is_open(prefix) else None
    if where is None:
        raise Lost(text("which environment is active by then is known only when the command runs"))
    if not os.path.isdir(where):
        raise Lost(text("there is no environment {prefix} to activate", prefix=where))
    path = None if world.path is None else os.pathsep.join((lookup.bin_of(where), world.path))
    variables = {**world.variables, name: where}
    if name == "CONDA_PREFIX":
        variables["CONDA_DEFAULT_ENV"] = os.path.basename(where)
    return World(variables, path, world.folder)
