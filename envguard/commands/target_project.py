"""Which environment belongs to a project: as uv, pixi, poetry and pdm find it from a folder."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

from envguard.commands import lookup
from envguard.commands.command import Target, Tool
from envguard.commands.tools.call import is_open
from envguard.model import Text, text
from envguard.probe import reading

if TYPE_CHECKING:
    from envguard.commands.command import Command
    from envguard.commands.lookup import World

_FOLDERS = ("--directory", "--project")
_TRUE = ("1", "true", "yes", "on")


def environment(tool: Tool, command: Command, world: World) -> Target:
    """The environment of the project around a folder."""
    folder = world.folder
    for option in _FOLDERS:
        if named := command.option(option):
            folder = None if is_open(named) else lookup.place_of(named, world)
    if folder is None:
        return _none(text("its folder is known only when the command runs"))
    if tool is Tool.PIXI:
        return _pixi(command, folder, world)
    project = _above(folder, ("pyproject.toml",))
    if project is None:
        return _none(text("there is no project in {folder} or above", folder=folder))
    if tool is Tool.UV:
        return _uv(command, project, world)
    if tool is Tool.PDM:
        return _pdm(project, world)
    return _poetry(project, world)


def _uv(command: Command, project: str, world: World) -> Target:
    active = world.variables.get("VIRTUAL_ENV")
    if command.option("--active") is not None and active:
        return _of(active, text("VIRTUAL_ENV is {prefix}", prefix=active))
    named = world.variables.get("UV_PROJECT_ENVIRONMENT")
    return _of(os.path.join(project, named or ".venv"), None)


def _pixi(command: Command, folder: str, world: World) -> Target:
    manifest = command.option("--manifest-path") or world.variables.get("PIXI_PROJECT_MANIFEST")
    if manifest:
        path = lookup.place_of(manifest, world)
        project = path if path and os.path.isdir(path) else os.path.dirname(path) if path else None
    else:
        project = _above(folder, ("pixi.toml", "pyproject.toml"))
    if project is None:
        return _none(text("there is no project in {folder} or above", folder=folder))
    name = command.option("--environment") or "default"
    return _of(os.path.join(project, ".pixi", "envs", name), None)


def _poetry(project: str, world: World) -> Target:
    active = world.variables.get("VIRTUAL_ENV") or world.variables.get("CONDA_PREFIX")
    if active and world.variables.get("CONDA_DEFAULT_ENV") != "base":
        return _of(active, text("it takes the active environment, {prefix}", prefix=active))
    if lookup.is_venv(own := os.path.join(project, ".venv")):
        return _of(own, None)
    return _none(text("poetry keeps the environment of this project in a place of its own"))


def _pdm(project: str, world: World) -> Target:
    kept = reading.head(os.path.join(project, ".pdm-python"), reading.LONGEST).decode("utf-8", "replace").strip()
    if kept and os.path.exists(kept):
        return _of(
            lookup.prefix_of(kept),
            text("{file} names {python}", file=os.path.join(project, ".pdm-python"), python=kept),
        )
    ignored = world.variables.get("PDM_IGNORE_ACTIVE_VENV", "").lower() in _TRUE
    active = world.variables.get("VIRTUAL_ENV") or world.variables.get("CONDA_PREFIX")
    if active and not ignored:
        return _of(active, text("it takes the active environment, {prefix}", prefix=active))
    if lookup.is_venv(own := os.path.join(project, ".venv")):
        return _of(own, None)
    return _none(text("pdm would choose or make an environment for this project"))


def _above(folder: str, names: tuple[str, ...]) -> str | None:
    here = folder
    while True:
        if any(os.path.isfile(os.path.join(here, name)) for name in names):
            return here
        if os.path.dirname(here) == here:
            return None
        here = os.path.dirname(here)


def _of(prefix: str, reason: Text | None) -> Target:
    if not os.path.isdir(prefix):
        return _none(text("it would make the environment {prefix}", prefix=prefix))
    return Target(prefix, lookup.python_in(prefix), reason=reason)


def _none(reason: Text) -> Target:
    return Target(None, None, reason=reason)
