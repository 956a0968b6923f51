"""What happened to the environment, in one order: conda's transactions and what pip left dated.

conda writes local time into its history, pip dates nothing: a distribution's RECORD is as old as its install. Files
that conda hard-links keep the package's old time, so only distributions that conda does not own are dated this way.
"""

from __future__ import annotations

import datetime
from typing import TYPE_CHECKING

from envguard.masking import without_secrets
from envguard.model import Change, Event, Mark, Phase, text

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from envguard.facts import Distribution, Environment, Linked, Revision
    from envguard.model import Text

GRACE = datetime.timedelta(minutes=2)
"""How much later a conda transaction must be than an install to count as having followed it."""

TOGETHER = 60.0
"""Seconds within which installs belong to one command."""


def events(env: Environment) -> tuple[Event, ...]:
    """Every change that left a date, oldest first; what left none is not told."""
    found = [*_conda(env), *_pip(env)]
    return tuple(sorted(found, key=lambda event: event.when or ""))


def phase(env: Environment) -> Phase:
    """Who has written into the environment, and in which order.

    Shape B (conda's files over pip's dist-info) proves that conda came back, whatever the dates say. That conda did not
    come back takes a date of each install to be told, later than conda's first: without one, or without all of both
    books, who came last is unknown.
    """
    if not env.is_conda:
        return Phase.NOT_CONDA
    if any(overlap.shape in ("conda", "both") for overlap in env.overlaps) or conda_after_pip(env):
        return Phase.MIXED
    if env.conda_packages is None or env.distributions is None:
        return Phase.UNKNOWN
    if not env.pip_owned and not env.overlaps:
        return Phase.CONDA_ONLY
    return Phase.CONDA_THEN_PIP if len(_judged(env)) == len(env.pip_owned) else Phase.UNKNOWN


def notes(env: Environment) -> tuple[Text, ...]:
    """What the events leave open; a reader must not take the end of the evidence for the end of the story."""
    told: list[Text] = []
    if env.is_conda and env.history is None:
        told.append(text("conda's history is not there; only what pip left dated is told"))
    copied = sum(event.mark is Mark.COPIED for event in events(env))
    if copied:
        told.append(
            text(
                "{n} event of pip's is older than this environment: it was cloned or copied, or the clock was wrong",
                "{n} events of pip's are older than this environment: it was cloned or copied, or the clock was wrong",
                n=copied,
            )
        )
    undated = tuple(dist.name for dist in env.pip_owned if dist.installed is None)
    if undated:
        told.append(text("no file dates the install of {names}", names=undated))
    back = tuple(dict.fromkeys(o.distribution for o in env.overlaps if o.shape in ("conda", "both")))
    if back and not conda_after_pip(env):
        names = tuple(env.by_path[path].name for path in back if path in env.by_path)
        told.append(
            text("conda's files lie over those of pip's {names}: conda came back, but no date says when", names=names)
        )
    if env.pip_owned:
        told.append(text("pip keeps no log: a package it installed and later replaced or removed is not told"))
    return tuple(told)


def conda_after_pip(env: Environment) -> tuple[Revision, ...]:
    """The transactions that changed packages after pip had installed something that is still there.

    Installs dated before the first transaction are not judged: a cloned or copied environment keeps the old dates.
    """
    later = _judged(env)
    if not later:
        return ()
    first = min(later) + GRACE
    return tuple(
        revision
        for revision in env.history or ()
        if (date := _date(revision)) is not None and date > first and _by_conda(revision)
    )


def _judged(env: Environment) -> list[datetime.datetime]:
    """When those of pip's distributions were installed whose dates can be compared with conda's."""
    born = _born(env)
    dates = map(_installed, env.pip_owned) if born else ()
    return [when for when in dates if when is not None and born is not None and when > born]


def _born(env: Environment) -> datetime.datetime | None:
    """When conda made the environment: its first transaction."""
    return min((date for revision in env.history or () if (date := _date(revision)) is not None), default=None)


def _by_conda(revision: Revision) -> bool:
    """Whether a transaction moved packages of conda's own; history may also list pip's, under the channel pypi."""
    return any(dist.channel != "pypi" for dist in (*revision.linked, *revision.unlinked))


def _date(revision: Revision) -> datetime.datetime | None:
    try:
        return datetime.datetime.strptime(revision.when, "%Y-%m-%d %H:%M:%S")  # noqa: DTZ007 - conda writes local time
    except ValueError:
        return None


def _installed(dist: Distribution) -> datetime.datetime | None:
    if dist.installed is None:
        return None
    try:
        return datetime.datetime.fromtimestamp(dist.installed)  # noqa: DTZ006 - compared with conda's local time
    except (ValueError, OverflowError, OSError):  # a date that no calendar has
        return None


def _conda(env: Environment) -> Iterator[Event]:
    violations = set(map(id, conda_after_pip(env)))  # equality would look into all of their packages
    state: dict[str, Linked] = {}
    for revision in env.history or ():
        date = _date(revision)
        created = not state
        changes = _changes(revision, state)
        yield Event(
            when=date.isoformat() if date else None,
            actor="conda",
            action=_action(revision, changes, created),
            packages=tuple(f"{dist.name} {dist.version}" for dist in revision.linked or revision.unlinked),
            command=None if revision.command is None else without_secrets(revision.command),
            source="conda-meta/history",
            changes=changes,
            mark=Mark.VIOLATION if id(revision) in violations else None,
        )


def _changes(revision: Revision, state: dict[str, Linked]) -> tuple[Change, ...]:
    """What a transaction did to conda's packages; `state` is brought from those before it to those after it.

    A revision that lists the whole state is compared with the one before. pip's packages, which history may list
    under the channel pypi, are told only where nothing else is.
    """
    own = tuple(dist for dist in revision.linked if dist.channel != "pypi")
    gone = tuple(dist for dist in revision.unlinked if dist.channel != "pypi")
    if revision.whole:
        listed = set(own)
        gone = tuple(dist for dist in state.values() if dist not in listed)
        own = tuple(dist for dist in own if state.get(dist.name) != dist)
    if not own and not gone:
        noticed = (*revision.linked, *revision.unlinked)
        return tuple(Change(dist.name, None, dist.version) for dist in noticed)
    before = {dist.name: dist for dist in gone}
    after = {dist.name: dist for dist in own}
    for name in before:
        state.pop(name, None)
    state.update(after)
    return tuple(_change(name, before.get(name), after.get(name)) for name in sorted({**before, **after}))


def _change(name: str, before: Linked | None, after: Linked | None) -> Change:
    """The versions, with the builds where those alone differ."""
    if before and after and before.version == after.version:
        return Change(name, f"{before.version} {before.build}".strip(), f"{after.version} {after.build}".strip())
    return Change(name, before.version if before else None, after.version if after else None)


def _action(revision: Revision, changes: Iterable[Change], created: bool) -> str:
    kinds = {(change.before is not None, change.after is not None) for change in changes}
    if not kinds:
        return "nothing"
    if not _by_conda(revision):
        return "notice"
    if created:
        return "create"
    return (
        {(False, True): "link", (True, False): "unlink"}.get(next(iter(kinds)), "update")
        if len(kinds) == 1
        else "update"
    )


def _pip(env: Environment) -> Iterator[Event]:
    """Installs within a minute of each other by one installer are one event."""
    born, handed_over = _born(env), False
    for group in _groups(env):
        when = datetime.datetime.fromtimestamp(group[0].installed or 0)  # noqa: DTZ006 - beside conda's local time
        mark = None
        if born is not None:
            mark = Mark.COPIED if when <= born else None if handed_over else Mark.HANDOVER
            handed_over = handed_over or mark is Mark.HANDOVER
        yield Event(
            when=when.isoformat(timespec="seconds"),
            actor=group[0].installer or "unknown",
            action="install",
            packages=tuple(f"{dist.name} {dist.version or '?'}" for dist in group),
            command=None,
            source=group[0].path,
            changes=tuple(Change(dist.name, None, dist.version or "?") for dist in group),
            mark=mark,
        )


def _groups(env: Environment) -> Iterator[list[Distribution]]:
    dated = sorted((dist for dist in env.pip_owned if _installed(dist)), key=lambda dist: dist.installed or 0)
    group: list[Distribution] = []
    for dist in dated:
        near = group and (dist.installed or 0) - (group[-1].installed or 0) <= TOGETHER
        if group and (not near or dist.installer != group[-1].installer):
            yield group
            group = []
        group.append(dist)
    if group:
        yield group
