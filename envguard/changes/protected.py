"""Runs one install of pip or uv so that what conda owns stays as it is.

First the same command runs dry, under the same constraints: a refusal is explained, and wheels that ship paths of conda's
are not let in, which no constraint would keep out. Then it runs as it was typed, on the user's terminal, with `-c` added:
builds that pip or uv isolate do not inherit that. At last conda's records are compared with what is there. What it changes is
noted in the ledger, for which our folder is made.
"""

from __future__ import annotations

from contextlib import ExitStack, suppress
from typing import TYPE_CHECKING

from envguard import collect, run
from envguard import home as homes
from envguard.changes import around, incoming, limits, protect, remember
from envguard.commands.command import Placement, Tool, Verb
from envguard.commands.target import target as find_target
from envguard.errors import BadArguments, EnvguardError
from envguard.forecast import child
from envguard.forecast.alternatives import explain_refusal
from envguard.model import Text, text
from envguard.value import value

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from envguard.commands.command import Command, Place, Target
    from envguard.facts import Environment
    from envguard.forecast_report import Alternative


@value
class Done:
    """What came of it."""

    prefix: str
    code: int | None
    """Of the command; None if it was not let run."""
    refusal: Text | None = None
    """Why it was not, or why it failed."""
    alternatives: tuple[Alternative, ...] = ()
    output: str = ""
    """What the tool itself had to say, if only the dry run has run."""
    changed: tuple[str, ...] = ()
    """The conda packages whose files are not as they were."""
    unseen: tuple[str, ...] = ()
    """Distributions at whose files nobody could look beforehand."""


def protected(
    words: Sequence[str], command: Command, place: Place, tell: Callable[[Text], None], *, network: bool = True
) -> Done:
    """Runs a command protected; BadArguments if constraints do not reach it, or if nobody can tell what it would change."""
    deaf = limits.reaches(command)
    if deaf is not None:
        raise BadArguments(deaf)
    aim = find_target(command, place)
    if aim.prefix is None:
        raise BadArguments(aim.reason or text("it cannot be told which environment the command would change"))
    env = protect.known(collect.by_import(aim.prefix))
    refusal = limits.refuses(command, env, place.variables, aim.placement)
    if refusal is not None:
        return Done(env.prefix, None, refusal)
    told = protect.protection(env)
    tell(_announced(command, env, told))
    if unread := env.unreadable_records:
        tell(
            text(
                "not held is {names}, of which conda's record cannot be read",
                "not held are {names}, of which conda's records cannot be read",
                n=len(unread),
                names=unread,
            )
        )
    folder = child.folder(command, place)
    if command.verb is Verb.REMOVE or not told.pins:
        return _finished(env, _run(words, command, env, aim, place, tell))
    with ExitStack() as stack:
        file = str(stack.enter_context(protect.written(told)))
        argv = incoming.inserted(words, *_options(command, file, place.variables))
        tried = incoming.tried(command, argv, env, aim.python, place.variables, folder)
        if tried.ran is not None and tried.ran.code:
            output = f"{tried.ran.stdout}\n{tried.ran.stderr}".strip()
            reason, ways = explain_refusal(output, command, aim, env, network=network)
            if reason is not None:
                return Done(env.prefix, tried.ran.code, reason, ways, output)
        elif tried.landings and aim.placement is Placement.SITE:
            return Done(env.prefix, None, _landing(tried.landings))
        return _finished(env, _run(argv, command, env, aim, place, tell), tried.unseen)


def _run(
    words: Sequence[str], command: Command, env: Environment, aim: Target, place: Place, tell: Callable[[Text], None]
) -> int:
    """Hands over to the command; what it changes is noted, and can be taken back where that is wanted."""
    home = None
    if aim.placement is Placement.SITE:
        with suppress(EnvguardError):  # where nothing can be noted the command is still protected
            home = homes.make(env.prefix)
    if home is None or not home.ours:
        return run.hand_over(words, place.variables, place.folder)
    begun = around.begin(home, (around.Seen(None, command),), undo=home.undo)
    for said in around.announced(begun):
        tell(said)
    code = None
    try:
        code = run.hand_over(words, place.variables, place.folder)
    finally:
        for said in around.concluded(around.end(begun, remember.whence(), failed=code != 0)):
            tell(said)
    return code


def _announced(command: Command, env: Environment, told: protect.Protection) -> Text:
    if not told.pins:
        return text("conda owns no Python package in {prefix}: nothing has to be protected", prefix=env.prefix)
    if command.verb is Verb.REMOVE:
        return text("nothing of what it removes is conda's in {prefix}", prefix=env.prefix)
    return text(
        "{n} package of conda's in {prefix} is held at its version: {tool} leaves it as it is, or fails",
        "{n} packages of conda's in {prefix} are held at their versions: {tool} leaves them as they are, or fails",
        n=len(told.pins),
        prefix=env.prefix,
        tool=command.tool.value,
    )


def _options(command: Command, file: str, environ: Mapping[str, str]) -> tuple[str, ...]:
    """Constraints as options. pip adds them to those of its variable; uv would forget those, so that they come along."""
    own: tuple[str, ...] = ()
    if command.tool is Tool.UV and command.option("--constraints") is None:
        own = tuple((command.variables.get("UV_CONSTRAINT", environ.get("UV_CONSTRAINT")) or "").split())
    return tuple(part for each in (*own, file) for part in ("-c", each))


def _landing(landings: Sequence[incoming.Landing]) -> Text:
    first = landings[0]
    return text(
        "{name} ships files of conda's {packages}, such as {path}, and would put its own over them",
        name=first.name,
        packages=tuple(dict.fromkeys(each.package for each in landings if each.name == first.name)),
        path=first.paths[0],
    )


def _finished(before: Environment, code: int, unseen: tuple[str, ...] = ()) -> Done:
    return Done(before.prefix, code, changed=differing(before, collect.by_import(before.prefix)), unseen=unseen)


def differing(before: Environment, after: Environment) -> tuple[str, ...]:
    """The conda packages whose files are in a worse state than before, or whose distribution has gone."""
    found = set()
    for record, package in before.by_record.items():
        now = after.by_record.get(record)
        if now is None or now.missing.count > package.missing.count or now.altered.count > package.altered.count:
            found.add(package.name)
    kept = {(dist.path, dist.owner) for dist in after.distributions or ()}
    lost = (dist.owner for dist in before.distributions or () if dist.owner and (dist.path, dist.owner) not in kept)
    known = {(each.record, each.distribution) for each in before.overlaps if each.differ}
    new = (each.record for each in after.overlaps if each.differ and (each.record, each.distribution) not in known)
    found |= {before.by_record[record].name for record in (*lost, *new) if record in before.by_record}
    return tuple(sorted(found))
