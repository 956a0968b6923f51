"""A rule about the warnings in what an installer has printed."""

from __future__ import annotations

import re
from dataclasses import replace
from pathlib import PurePath
from typing import TYPE_CHECKING

from envguard.model import Certainty, Evidence, Severity, Text, text
from envguard.rules.names import normalise
from envguard.rules.rule import Found, Rule, rule

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from envguard.facts import Environment
    from envguard.machine import LogLine
    from envguard.model import Argument, Fix
    from envguard.rules.install_warnings import Warned

_LISTED = re.compile(r"- (?:\S{1,200}::)?([A-Za-z0-9_][A-Za-z0-9_.-]{0,99})")
_SHOWN = 20
_OWN_FOLDER = re.compile(r"[/\\](?:\.local|Roaming[/\\]Python[/\\]Python\d+)$")
"""The user's own packages, which pip also names as the place of one."""


@rule("install-log-warning", code=604, severity=Severity.WARNING, needs=("install_log",))
def install_log_warning(env: Environment) -> Iterator[Found]:
    """An installer has warned, in a line that is easily overlooked.

    In the log that was given, pip, conda, mamba or uv say that something is not as it should be. Mostly they go on all the
    same, and the line scrolls away among hundreds of others. Where they give up, it is told what their error means.

    Why it matters: most of these lines stand for something that breaks later, somewhere else: requirements that no longer
    hold, packages in another folder than was meant, a damaged cache, pins that were not kept.

    How to repair: it depends on the warning; each finding tells. A log tells what was, so look first at what is:
    `envguard check`.

    Not reported: that a newer pip or conda exists, and what is deprecated. Of the outputs of notebooks, which `envguard scan`
    reads, only warnings are told.
    """
    from envguard.rules.install_failures import ALL  # long tables, which no check of an environment asks
    from envguard.rules.install_warnings import elsewhere

    kinds = {each.pattern.id: each for each in ALL}
    lines = env.install_log or ()
    there = {line.pattern for line in lines}
    other = _other(env)
    for line in lines:
        known = kinds.get(line.pattern)
        if known is None or there.intersection(known.instead):
            continue
        if line.pattern == "uninstalled" and not _was_condas(env, dict(line.args)):
            continue
        found = _found(env, known, line)
        yield replace(found, fixes=elsewhere(other)) if other is not None and _means(env, found.fixes) else found


def _means(env: Environment, fixes: Iterable[Fix]) -> bool:
    """Whether a command of these is about this environment."""
    return any(env.prefix in word for fix in fixes for step in fix.steps for word in step.argv)


def _other(env: Environment) -> str | None:
    """The environment that the log is of, if it names one, and not this one."""
    from envguard.rules.install_warnings import PLACES

    kinds = {each.id for each in PLACES}
    named = [dict(line.args)["folder"] for line in env.install_log or () if line.pattern in kinds]
    named = [each for each in named if not _OWN_FOLDER.search(each)]
    # one that is named by a link is called another; what is then said leads to it all the same
    return named[-1] if named and PurePath(env.prefix) not in map(PurePath, named) else None


def _found(env: Environment, known: Warned, line: LogLine) -> Found:
    args = dict(line.args)
    names = tuple(dict.fromkeys(_LISTED.findall(args.get("listed", ""))))
    ways = () if known.ways is None else known.ways(env, {**args, "names": " ".join(names)})
    args.pop("listed", None)
    told: dict[str, Argument] = {**args}
    if "{names}" in known.means:
        told["names"] = names[:_SHOWN] or ("?",)
    said = text("{said}", said=line.said)
    if line.times > 1:
        said = text("{said} (and {n} more time)", "{said} (and {n} more times)", said=line.said, n=line.times - 1)
    return Found(
        subject=args.get(known.subject, known.subject),
        message=Text(known.means, told),
        evidence=(Evidence(said, line.source),),
        consequence=None if known.so is None else Text(known.so, args),
        fixes=ways,
        severity=known.severity,
        certainty=Certainty.CERTAIN,
    )


def _was_condas(env: Environment, args: dict[str, str]) -> bool:
    """Whether a record of conda's tells of the version that pip has taken off."""
    name = normalise(args["name"])
    return any(
        package.version == args["version"] and (package.name == name or name in package.provides)
        for package in env.conda_packages or ()
    )


RULES: tuple[Rule, ...] = (install_log_warning,)
