"""What constraints do not hold, told from the command alone: such a command is refused, since nothing would protect conda's.

Tried with pip 22.2, 25.2 and 26.3 and with uv 0.13: a constraint holds what a resolver would choose. It does not hold what is
installed anew at the same version (uv does that for any path or URL, pip for folders and repositories), nor what is removed.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from envguard.changes.protect import VARIABLES, protection
from envguard.commands.command import AimKind, Kind, Placement, Tool, Verb
from envguard.model import Text, text
from envguard.probe import reading
from envguard.tables import BASICS

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from envguard.commands.command import Command
    from envguard.facts import Distribution, Environment

_ANEW = {
    "--force-reinstall": "PIP_FORCE_REINSTALL",
    "--ignore-installed": "PIP_IGNORE_INSTALLED",
    "--reinstall": "UV_REINSTALL",
}
"""Options that write again what is there already, and the variables that say the same."""
_TRUE = ("1", "true", "yes", "on", "y", "t")
_UPGRADES = ("--upgrade", "--upgrade-package")
_FORGET_VARIABLES = re.compile(r"(?:^|/)(?:sudo|su|doas|runuser)$")


def reaches(command: Command) -> Text | None:
    """Why constraints do not reach a command at all; None if they do."""
    if command.tool.is_conda:
        return text(
            "protection keeps pip and uv from conda's packages; it does not hold {tool}", tool=command.tool.value
        )
    if command.tool not in (Tool.PIP, Tool.UV) or command.aim.kind is AimKind.PROJECT:
        return text("{tool} takes no constraints for a single install", tool=command.tool.value)
    return None


def refuses(
    command: Command,
    env: Environment,
    environ: Mapping[str, str] | None = None,
    placement: Placement = Placement.SITE,
    *,
    by_variables: bool = False,
) -> Text | None:
    """Why constraints would not protect conda's packages from a command; None if they would.

    `environ` are the variables that it would inherit; `by_variables` says that the constraints come by those alone.
    """
    found = reaches(command)
    if found is None and placement is Placement.SITE:
        found = _removal(command, env) if command.verb is Verb.REMOVE else _install(command, env, environ or {})
    if found is None and by_variables and command.verb is not Verb.REMOVE:
        found = _deaf(command)
    return found


def _removal(command: Command, env: Environment) -> Text | None:
    for name in _names(command):
        for dist in env.dists_named.get(name, ()):
            if dist.owner is not None:
                return text("{name} is conda's: conda has to remove it, or its record stays and lies", name=name)
            if shared := _conda_files(env, dist):
                return text(
                    "{name} shares files with conda's {packages}, which would lose them", name=name, packages=shared
                )
    return None


def _install(command: Command, env: Environment, environ: Mapping[str, str]) -> Text | None:
    if command.verb is Verb.SYNC or command.option("--exact") is not None:
        return text("it would remove everything that it does not name, conda's packages too")
    alone = command.option("--no-deps") is not None
    owned = _owned(env)
    named = tuple(name for name in _names(command) if name in owned)
    for option, variable in _ANEW.items():
        given = command.option(option) is not None or _is_set(variable, command, environ)
        if given and (named or not alone):
            told = text("{option} writes what is there anew, conda's files too, whatever the version", option=option)
            return (
                told
                if not named
                else text("{option} would write conda's {names} anew, whatever the version", option=option, names=named)
            )
    again = (value for option, value in command.options if option == "--reinstall-package" and value)
    if hit := tuple(name for name in map(reading.normalise, again) if name in owned):
        return text(
            "{option} would write conda's {names} anew, whatever the version", option="--reinstall-package", names=hit
        )
    pinned = protection(env).pinned
    upgrades = any(command.option(option) is not None for option in _UPGRADES)
    for wanted in command.requirements:
        if wanted.name is None or wanted.name not in owned:
            continue
        if wanted.kind in (Kind.PATH, Kind.URL, Kind.VCS):
            return text("{requirement} would be put over conda's {name}", requirement=wanted.text, name=wanted.name)
        if wanted.name not in pinned and wanted.name not in BASICS and (upgrades or wanted.specifier):
            return text("conda's {name} cannot be pinned, and so would not be held", name=wanted.name)
    return None


def _deaf(command: Command) -> Text | None:
    """Why a command would not hear of the variables."""
    if any(_FORGET_VARIABLES.search(wrapper) for wrapper in command.wrappers):
        return text("sudo keeps the variables back by which it would be protected")
    variable = VARIABLES[command.tool is Tool.UV]
    if variable in command.variables:
        return text("it sets {variable} itself, which protection needs", variable=variable)
    if command.tool is Tool.PIP and command.option("--isolated") is not None:
        return text("--isolated keeps pip from the variables by which it would be protected")
    if command.tool is Tool.UV and command.option("--constraints") is not None:
        return text("uv forgets {variable} where the command names constraints itself", variable=variable)
    return None


def _owned(env: Environment) -> frozenset[str]:
    return frozenset(dist.name for dist in env.distributions or () if dist.owner is not None)


def _conda_files(env: Environment, dist: Distribution) -> tuple[str, ...]:
    """The conda packages whose own files a distribution lists, too: as they are, not as it has replaced them."""
    overlaps = env.overlaps_of.get(dist.path, ())
    records = (env.by_record.get(overlap.record) for overlap in overlaps if overlap.shape != "pip")
    return tuple(package.name for package in records if package is not None)


def _names(command: Command) -> Iterable[str]:
    return [each.name for each in command.requirements if each.name is not None]


def _is_set(variable: str, command: Command, environ: Mapping[str, str]) -> bool:
    given = command.variables.get(variable, environ.get(variable)) or ""
    return given.strip().lower() in _TRUE
