"""What `conda remove` takes off a prefix, foretold without a solver, hence without a channel.

What depends on the named goes with it, and what only they needed, as libsolv's ERASE and CLEANDEPS do it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from envguard import versions
from envguard.commands.command import Tool
from envguard.errors import CannotTell
from envguard.facts import spec_name
from envguard.forecast.transaction import Transaction
from envguard.model import text
from envguard.packages import solving
from envguard.versions import Answer

if TYPE_CHECKING:
    from collections.abc import Iterable

    from envguard.commands.command import Command, Requirement
    from envguard.facts import Environment


def removal(command: Command, env: Environment) -> Transaction:
    """What `conda remove` takes off."""
    installed = env.by_name
    if command.option("--all") is not None:
        return Transaction(
            unlinks=tuple(installed[name].record for name in installed),
            goes=() if command.option("--keep-env") is not None else tuple(dist.path for dist in env.pip_owned),
        )
    named = {each.name for each in command.requirements if each.name and _met_or_bare(each, env)}
    absent = tuple(each.text for each in command.requirements if each.name not in named)
    if absent and command.tool is Tool.CONDA:
        return Transaction(
            refusal=text(
                "conda removes only what is installed, and {names} is not",
                "conda removes only what is installed, and {names} are not",
                n=len(absent),
                names=absent,
            )
        )
    if command.option("--force") is not None or command.option("--no-deps") is not None:
        gone = set(named)
    else:
        gone = _dependants(env, {name for name in named if name})
        if command.option("--no-prune-deps") is None:
            gone |= _orphans(env, gone)
    return Transaction(unlinks=tuple(package.record for package in env.conda_packages or () if package.name in gone))


def _met_or_bare(asked: Requirement, env: Environment) -> bool:
    return asked.name in env.by_name and (not asked.specifier or met(asked, env))


def _dependants(env: Environment, gone: set[str]) -> set[str]:
    """Some packages and all that cannot be without them."""
    found = set(gone)
    queue = list(gone)
    while queue:
        for _, package in env.depending.get(queue.pop(), ()):
            if package.name not in found:
                found.add(package.name)
                queue.append(package.name)
    return found


def _orphans(env: Environment, gone: set[str]) -> set[str]:
    """What only the gone needed: brought in by them, asked for by nobody."""
    wanted = solving.asked_for(env)
    candidates = needed_by(env, gone) - gone - wanted - set(solving.AGGRESSIVE)
    left = set(env.by_name) - gone
    changed = True
    while changed:
        changed = False
        for name in sorted(candidates):
            if any(user.name in left and user.name not in candidates for _, user in env.depending.get(name, ())):
                candidates.discard(name)
                changed = True
    return candidates


def needed_by(env: Environment, named: Iterable[str | None]) -> set[str]:
    """What packages depend on, all the way down, as installed."""
    found: set[str] = set()
    queue = [name for name in named if name]
    while queue:
        package = env.by_name.get(queue.pop())
        for spec in package.depends if package is not None else ():
            name = spec_name(spec)
            if name in env.by_name and name not in found and name is not None:
                found.add(name)
                queue.append(name)
    return found


def met(asked: Requirement, env: Environment) -> bool:
    """Whether what is installed meets a match spec; no where that cannot be told."""
    package = env.by_name.get(asked.name or "")
    try:
        return package is not None and versions.conda_allows(asked.text.rpartition("::")[2], package) is Answer.YES
    except CannotTell:
        return False
