"""What the ledger tells, held against conda's history and the files: a change that two of them tell is one change.

An entry explains the revisions of conda's history and the distributions that have the versions it tells of and dates that
fall in it. What another process found of a change that an entry already tells is not told again.
"""

from __future__ import annotations

import datetime
from typing import TYPE_CHECKING

from envguard.ledger_entry import Deed, Entry
from envguard.store import Derived
from envguard.value import value

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from envguard.facts import Distribution, Environment, Revision
    from envguard.model import Change

EARLY = datetime.timedelta(minutes=1)
"""How much a clock may be off, and how much earlier than an entry a change of it may be dated."""
LONG = datetime.timedelta(hours=2)
"""How long a command may take; what is dated later is another's."""
CONDAS = ("conda", "mamba", "micromamba", "pixi")
CONDA = "conda"


@value
class Telling:
    """One entry, with what of it no earlier one tells."""

    entry: Entry
    when: datetime.datetime | None
    """Local time, as conda's history has it."""
    changes: Mapping[str, tuple[Change, ...]]
    """By who did it."""
    undone: bool
    """Whether it was taken back later."""
    dists: tuple[Distribution, ...] = ()
    """Those that are there as it has left them."""
    revisions: tuple[int, ...] = ()
    """Those of conda's history, by their place, that it explains."""


_known: Derived[tuple[Telling, ...]] = Derived()
"""Of the last few environments, about each of which several questions are asked."""


def tellings(env: Environment) -> tuple[Telling, ...]:
    """What the ledger tells, in the order of time, joined with what files tell."""
    return _known.get(env, None, lambda: _joined(env)) if env.ledger else ()


def _joined(env: Environment) -> tuple[Telling, ...]:
    told = _told(env.ledger or ())
    dists: dict[int, list[Distribution]] = {}
    by_version: dict[tuple[str, str | None], list[int]] = {}
    for place, each in enumerate(told):
        for actor, changes in each.changes.items():
            if actor != CONDA and each.entry.deed is not Deed.UNDO:
                for change in changes:
                    by_version.setdefault((change.name, change.after), []).append(place)
    for dist in env.pip_owned:
        when = installed(dist)
        places = by_version.get((dist.name, dist.version), ()) if when is not None else ()
        fitting = [place for place in places if when is not None and _fits(told[place], when)]
        if fitting:
            dists.setdefault(fitting[-1] if told[fitting[-1]].entry.deed is Deed.INSTALL else fitting[0], []).append(
                dist
            )
    revisions = _revisions(env.history or (), told)
    return tuple(
        Telling(
            each.entry,
            each.when,
            each.changes,
            each.undone,
            tuple(dists.get(place, ())),
            tuple(revisions.get(place, ())),
        )
        for place, each in enumerate(told)
    )


def date(revision: Revision) -> datetime.datetime | None:
    """When a transaction was, in local time; None if its date is none."""
    try:
        found = datetime.datetime.fromisoformat(revision.when)  # strptime's pattern alone takes as long as two modules
    except ValueError:
        return None
    return found if found.tzinfo is None else None  # conda writes local time


def installed(dist: Distribution) -> datetime.datetime | None:
    """When a distribution was installed, in local time; None if no file tells, or one tells nonsense."""
    if dist.installed is None:
        return None
    try:
        return datetime.datetime.fromtimestamp(dist.installed)  # noqa: DTZ006 - compared with conda's local time
    except (ValueError, OverflowError, OSError):  # a date that no calendar has
        return None


def _told(entries: Iterable[Entry]) -> list[Telling]:
    """Entries in the order of time, without what was only found of a change that another one tells."""
    ordered = sorted(entries, key=lambda entry: entry.id[:16])  # within a second as they were written
    taken_back = {entry.checkpoint for entry in ordered if entry.deed is Deed.UNDO and entry.checkpoint}
    known: dict[str, str | None] = {}
    told = []
    for entry in ordered:
        changes: dict[str, list[Change]] = {}
        for done in entry.done:
            actor = done.actor or (CONDA if entry.tool in CONDAS else entry.tool) or "unknown"
            for change in done.changes:
                found_again = entry.deed is Deed.FOUND and change.name in known and known[change.name] == change.after
                known[change.name] = change.after
                if not found_again:
                    changes.setdefault(actor, []).append(change)
        if changes or entry.failed or entry.deed is Deed.UNDO or (entry.tool in CONDAS and not entry.done):
            undone = entry.deed is not Deed.UNDO and entry.checkpoint in taken_back
            every = {actor: tuple(each) for actor, each in changes.items()}
            told.append(Telling(entry, _local(entry.when), every, undone))
    return told


def _revisions(history: tuple[Revision, ...], told: list[Telling]) -> dict[int, list[int]]:
    """Which revisions each telling explains, by places."""
    found: dict[int, list[int]] = {}
    dates = [date(revision) for revision in history]
    for number, revision in enumerate(history):
        when = dates[number]
        after = {(dist.name, dist.version) for dist in revision.linked}
        gone = {dist.name for dist in revision.unlinked} - {name for name, _ in after}
        for place in range(len(told) - 1, -1, -1):
            each = told[place]
            if when is None or each.entry.deed is Deed.UNDO or not _fits(each, when):
                continue
            changes = each.changes.get(CONDA, ())
            same = any(
                (change.name, change.after) in after or (change.after is None and change.name in gone)
                for change in changes
            )
            nothing = not (changes or after or gone) and each.entry.tool in CONDAS
            if same or nothing:
                found.setdefault(place, []).append(number)
                break
    return found


def _fits(telling: Telling, when: datetime.datetime) -> bool:
    """Whether a date falls in an entry; what was found was there before."""
    began = telling.when
    if began is None:
        return False
    if telling.entry.deed is Deed.FOUND:
        return when <= began + EARLY
    return began - EARLY <= when <= began + LONG


def _local(when: str) -> datetime.datetime | None:
    try:
        return datetime.datetime.fromisoformat(when).astimezone().replace(tzinfo=None, microsecond=0)
    except (ValueError, OverflowError, OSError):
        return None
