"""What happened to the environment, in one order: conda's transactions and what pip left dated.

conda writes local time into its history, pip dates nothing: a distribution's RECORD is as old as its install. Files
that conda hard-links keep the package's old time, so only distributions that conda does not own are dated this way.
Where there is a ledger, it tells the same changes better, and others that have left nothing; see `envguard.witnessed`.
"""

from __future__ import annotations

import datetime
import shlex
from dataclasses import replace
from typing import TYPE_CHECKING

from envguard.ledger_entry import Deed
from envguard.masking import without_secrets
from envguard.model import Change, Event, Mark, Phase, text
from envguard.witnessed import CONDA, CONDAS, date, installed, tellings

if TYPE_CHECKING:
    from collections.abc import Container, Iterator

    from envguard.facts import Distribution, Environment, Linked, Revision
    from envguard.model import Text
    from envguard.witnessed import Telling

GRACE = datetime.timedelta(minutes=2)
"""How much later a conda transaction must be than an install to count as having followed it."""

TOGETHER = 60.0
"""Seconds within which installs belong to one command."""


def events(env: Environment) -> tuple[Event, ...]:
    """Every change that left a date, oldest first; what left none is not told."""
    told = tellings(env)
    explained = {dist.path for each in told for dist in each.dists}
    found = [*_conda(env, told), *_noted(env, told), *_pip(env, explained)]
    return _marked(env, sorted(found, key=lambda event: event.when or ""))


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
    if env.unreadable_records:
        told.append(text("conda's records cannot be read: {records}", records=env.unreadable_records))
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
    first = min((when for each in tellings(env) if (when := each.when) is not None), default=None)
    if first is not None:
        day = f"{first:%Y-%m-%d}"
        told.append(
            text("what pip replaced or removed before {date} is not told: there envguard's ledger begins", date=day)
        )
    elif env.pip_owned:
        told.append(text("pip keeps no log: a package it installed and later replaced or removed is not told"))
    return (*told, *env.ledger_notes)


def conda_after_pip(env: Environment) -> tuple[Revision, ...]:
    """The transactions that changed packages after pip had installed something that is still there.

    Installs dated before the first transaction are not judged: a cloned or copied environment keeps the old dates.
    """
    born = _born(env)
    later = [*_judged(env), *(when for when in _noted_installs(env) if born is not None and when > born)]
    if not later:
        return ()
    first = min(later) + GRACE
    return tuple(
        revision
        for revision in env.history or ()
        if (when := date(revision)) is not None and when > first and _by_conda(revision)
    )


def _judged(env: Environment) -> list[datetime.datetime]:
    """When those of pip's distributions were installed whose dates can be compared with conda's."""
    born = _born(env)
    dates = map(installed, env.pip_owned) if born else ()
    return [when for when in dates if when is not None and born is not None and when > born]


def _noted_installs(env: Environment) -> Iterator[datetime.datetime]:
    """When the ledger says that something was installed which is still there, perhaps in another version."""
    here = {dist.name for dist in env.pip_owned}
    for each in tellings(env) if here else ():
        if each.when is not None and _lasts(each, here):
            # of one command that brings both, pip's part comes last
            dates = (date(env.history[place]) for place in each.revisions) if env.history else ()
            yield max((each.when, *(when for when in dates if when is not None)))


def _lasts(telling: Telling, here: Container[str]) -> bool:
    """Whether something of an install is still there."""
    return not telling.undone and any(
        change.after is not None and change.name in here
        for actor, changes in telling.changes.items()
        if actor != CONDA and telling.entry.deed is not Deed.UNDO
        for change in changes
    )


def _born(env: Environment) -> datetime.datetime | None:
    """When conda made the environment: its first transaction."""
    return min((when for revision in env.history or () if (when := date(revision)) is not None), default=None)


def _by_conda(revision: Revision) -> bool:
    """Whether a transaction moved packages of conda's own; history may also list pip's, under the channel pypi."""
    return any(dist.channel != "pypi" for dist in (*revision.linked, *revision.unlinked))


def _conda(env: Environment, told: tuple[Telling, ...]) -> Iterator[Event]:
    violations = set(map(id, conda_after_pip(env)))  # equality would look into all of their packages
    telling = {place: each for each in told for place in each.revisions}
    state: dict[str, Linked] = {}
    for place, revision in enumerate(env.history or ()):
        when = date(revision)
        created = not state
        changes = _changes(revision, state)
        event = Event(
            when=when.isoformat() if when else None,
            actor=CONDA,
            action=_action(revision, changes, created),
            packages=tuple(f"{dist.name} {dist.version}" for dist in revision.linked or revision.unlinked),
            command=None if revision.command is None else without_secrets(revision.command),
            source="conda-meta/history",
            changes=changes,
            mark=Mark.VIOLATION if id(revision) in violations else None,
        )
        yield _from(env, telling[place], event) if place in telling else event


def _typed(words: tuple[str, ...]) -> str:
    """A command as one would type it; several of one cell stand in one entry."""
    return " ".join(word if word == "&&" else shlex.quote(word) for word in words)


def _noted(env: Environment, told: tuple[Telling, ...]) -> Iterator[Event]:
    """What the ledger tells, apart from what conda's history tells, too."""
    for each in told:
        entry = each.entry
        command = _typed(entry.command) or None
        if entry.deed is Deed.UNDO:
            parts = {"envguard": tuple(change for changes in each.changes.values() for change in changes)}
        else:
            parts = {actor: changes for actor, changes in each.changes.items() if actor != CONDA or not each.revisions}
            if not each.changes and not each.revisions:
                parts = {CONDA if entry.tool in CONDAS else entry.tool or "unknown": ()}
        for actor, changes in parts.items():
            when = each.when
            if entry.deed is Deed.FOUND and actor != CONDA and each.dists:
                when = min(filter(None, map(installed, each.dists)), default=when)
            event = Event(
                when=None if when is None else when.isoformat(timespec="seconds"),
                actor=actor,
                action="undo" if entry.deed is Deed.UNDO else _kind(changes) if actor == CONDA else _of_pip(changes),
                packages=tuple(f"{change.name} {change.after or change.before or '?'}" for change in changes),
                command=command,
                source=env.ledger_file or "ledger.jsonl",
                changes=changes,
            )
            yield _from(env, each, event)


def _from(env: Environment, telling: Telling, event: Event) -> Event:
    """An event with what the ledger knows of it."""
    entry, whence = telling.entry, telling.entry.whence
    point = entry.checkpoint if entry.deed is Deed.UNDO or entry.checkpoint in env.undo_points else None
    return replace(
        event,
        deed=entry.deed.value,
        notebook=whence.notebook,
        cell=whence.cell,
        user=whence.user,
        undo=None if telling.undone else point,
        undone=telling.undone,
        failed=entry.failed,
        kept=entry.kept,
    )


def _of_pip(changes: tuple[Change, ...]) -> str:
    """Pip's own word for it."""
    if not changes:
        return "nothing"
    return "install" if any(change.after is not None for change in changes) else "remove"


def _marked(env: Environment, events: list[Event]) -> tuple[Event, ...]:
    """The events with pip's first install that has lasted marked as the hand-over."""
    born, here = _born(env), {dist.name for dist in env.pip_owned}
    if born is None:
        return tuple(events)
    for place, event in enumerate(events):
        if event.actor in (CONDA, "envguard") or event.mark is not None or event.undone:
            continue
        if any(change.after is not None and change.name in here for change in event.changes):
            return (*events[:place], replace(event, mark=Mark.HANDOVER), *events[place + 1 :])
    return tuple(events)


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


def _action(revision: Revision, changes: tuple[Change, ...], created: bool) -> str:
    if not changes:
        return "nothing"
    if not _by_conda(revision):
        return "notice"
    return "create" if created else _kind(changes)


def _kind(changes: tuple[Change, ...]) -> str:
    """Conda's word for it."""
    kinds = {(change.before is not None, change.after is not None) for change in changes}
    if len(kinds) != 1:
        return "update" if kinds else "nothing"
    return {(False, True): "link", (True, False): "unlink"}.get(next(iter(kinds)), "update")


def _pip(env: Environment, explained: Container[str]) -> Iterator[Event]:
    """Installs within a minute of each other by one installer are one event; those apart that the ledger tells."""
    born = _born(env)
    for group in _groups(env, explained):
        when = datetime.datetime.fromtimestamp(group[0].installed or 0)  # noqa: DTZ006 - beside conda's local time
        yield Event(
            when=when.isoformat(timespec="seconds"),
            actor=group[0].installer or "unknown",
            action="install",
            packages=tuple(f"{dist.name} {dist.version or '?'}" for dist in group),
            command=None,
            source=group[0].path,
            changes=tuple(Change(dist.name, None, dist.version or "?") for dist in group),
            mark=Mark.COPIED if born is not None and when <= born else None,
        )


def _groups(env: Environment, explained: Container[str]) -> Iterator[list[Distribution]]:
    dated = sorted(
        (dist for dist in env.pip_owned if dist.path not in explained and installed(dist)),
        key=lambda dist: dist.installed or 0,
    )
    group: list[Distribution] = []
    for dist in dated:
        near = group and (dist.installed or 0) - (group[-1].installed or 0) <= TOGETHER
        if group and (not near or dist.installer != group[-1].installer):
            yield group
            group = []
        group.append(dist)
    if group:
        yield group
