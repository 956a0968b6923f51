"""What stands around an install that envguard sees: a way back before it where one is wanted, a line in the ledger after it.

A front end says when an install begins and how it ended. What came about otherwise is noted when it is found, unless the
ledger tells of it already.
"""

from __future__ import annotations

import datetime
import os
import sys
import time
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from envguard import ledger, masking, traces
from envguard.change_report import Changed, Done
from envguard.changed import difference
from envguard.changes import checkpoint as checkpoints
from envguard.changes import journal, remember, undo
from envguard.commands.command import Kind, Tool, Verb
from envguard.errors import EnvguardError
from envguard.forecast_report import Depth, Outcome
from envguard.ledger_entry import Deed, Entry, Whence
from envguard.model import Change, Text, text
from envguard.undo_report import Checkpoint, NoUndo, State
from envguard.value import value

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Sequence

    from envguard.commands.command import Command
    from envguard.forecast_report import Forecast
    from envguard.home import Home
    from envguard.traces import Traces
    from envguard.undo_report import Undone, UndoPlan

_LONG = 1.0
"""Seconds that making a way back may take before the user is told of it."""
_PATIENCE = 3.0
"""Seconds for which a cell that has ended waits to write into the ledger."""


@value
class Seen:
    """One install command that is about to run."""

    forecast: Forecast | None
    command: Command | None = None
    words: tuple[str, ...] = ()
    """How the ledger names a change that is no installer's command, such as a repair."""


@value
class Begun:
    """What was noted and made before installs ran."""

    home: Home
    seen: tuple[Seen, ...]
    when: datetime.datetime
    folders: tuple[str, ...]
    before: Traces
    checkpoint: Checkpoint | None = None
    no_undo: Text | None = None
    """Why there is no way back, where one was wanted."""
    seconds: float = 0.0
    """How long the way back took to make."""


@value
class Ended:
    """What was noted after installs have run."""

    entry: Entry | None = None
    """None if nothing has changed and nothing has failed."""
    checkpoint: Checkpoint | None = None
    """The way back; None if there is none."""
    first: str | None = None
    """The file of the ledger, if this is its first line."""
    problems: tuple[Text, ...] = ()


def begin(home: Home, seen: Sequence[Seen], *, undo: bool, owner: tuple[int, float] | None = None) -> Begun:
    """Notes what is there before installs run in a prefix; with `undo` also makes a way back, or tells in `no_undo` why there is none.

    `owner` is the process in which they run, by default this one.
    """
    folders = _folders(home.prefix)
    told = Begun(home, tuple(seen), datetime.datetime.now(datetime.timezone.utc), folders, traces.take(folders))
    if not undo:
        return told
    started = time.monotonic()
    point = checkpoints.begin(home, _words(told.seen), names(told.seen), owner=owner)
    told = replace(told, seconds=time.monotonic() - started)
    if isinstance(point, NoUndo):
        return replace(told, no_undo=point.reason)
    return replace(told, checkpoint=point)


def drop(begun: Begun) -> None:
    """Forgets installs that will not run after all."""
    if begun.checkpoint is not None:
        checkpoints.drop(begun.home, begun.checkpoint.id)


def end(begun: Begun, whence: Whence, *, failed: bool | None) -> Ended:
    """Notes what installs have changed, however they ended; `failed` is None where that is not known."""
    home, problems = begun.home, []
    point = begun.checkpoint
    if point is not None:
        try:
            point = checkpoints.end(home, point, failed=failed)
        except EnvguardError as error:
            problems.append(error.text)
        if point.state is State.ENDED and not point.kept:
            point = None  # nothing has changed
    changed = difference(begun.before, traces.take(begun.folders))
    if changed is None and point is not None and point.changes:
        changed = Changed((Done(None, point.changes),))
    if not home.ledger or (changed is None and not failed and point is None):
        return Ended(checkpoint=point, problems=tuple(problems))
    first, *more = begun.seen
    entry = remember.entry(
        Deed.INSTALL,
        changed,
        command=first.command,
        forecast=first.forecast,
        whence=whence,
        began=begun.when,
        failed=failed,
        checkpoint=None if point is None else point.id,
    )
    if more or first.words:
        entry = replace(entry, command=_words(begun.seen), kept=None)
    entry = replace(entry, done=_own(home, begun, entry.done))
    file, problem = _note(home, entry)
    return Ended(entry, point, file, (*problems, *([problem] if problem is not None else [])))


def announced(begun: Begun) -> Iterator[Text]:
    """What the user is told before the installs run."""
    if begun.home.new:
        yield made(begun.home)
    if begun.no_undo is not None:
        yield text("no undo: {reason}", reason=begun.no_undo)
    elif begun.seconds > _LONG:
        yield text("a way back was made in {seconds} s", seconds=f"{begun.seconds:.1f}")


def concluded(ended: Ended) -> Iterator[Text]:
    """What the user is told after the installs have run."""
    if ended.first is not None:
        yield first(ended.first)
    yield from ended.problems


def made(home: Home) -> Text:
    """Says that envguard now has a folder in the prefix."""
    return text("{folder} was made: what changes in this environment is noted there", folder=home.folder)


def first(file: str) -> Text:
    """Says that the ledger begins with this line."""
    return text("what is installed here is noted from now on, beginning with this, in {file}", file=file)


def found(home: Home, changed: Changed) -> tuple[str | None, Text | None] | None:
    """Notes changes that no front end announced: the ledger's file if this is its first line, and why they could not be noted.

    None if another process's install has not ended, so that the changes may be its own. What stands in the ledger already
    is not noted again.
    """
    if not home.ours or not home.ledger:
        return None, None
    begun = (each for each in journal.every(home) if each.checkpoint.state is State.BEGUN)
    if any(each.process is not None and each.process[0] != os.getpid() and checkpoints.running(each) for each in begun):
        return None
    known = {change.name: change.after for change in _told(ledger.read(home.folder).entries)}
    fresh = _left_over(changed.done, lambda change: change.name not in known or known[change.name] != change.after)
    return _note(home, remember.entry(Deed.FOUND, Changed(fresh))) if fresh else (None, None)


def take_back(
    home: Home, plan: UndoPlan, whence: Whence, progress: Callable[[int, int], None] | None = None
) -> tuple[Undone, Text | None]:
    """Does what a plan says and notes it: what came of it, and why it could not be noted."""
    began = datetime.datetime.now(datetime.timezone.utc)
    done = undo.run(home, plan, progress)
    chain = (*done.also, done.checkpoint)
    whole = all(each.changes for each in chain)
    problem = None
    for each in chain if home.ledger else ():
        back = tuple(Change(change.name, change.after, change.before) for change in each.changes)
        if not whole:  # of one that never ended nobody knows what it changed
            back = plan.changes if each is done.checkpoint else ()
        entry = remember.entry(
            Deed.UNDO,
            Changed((Done(None, back),)) if back else None,
            whence=whence,
            began=began,
            failed=not done.proof.same or bool(done.left),
            checkpoint=each.id,
        )
        problem = _note(home, entry)[1] or problem
    return done, problem


def names(seen: Iterable[Seen]) -> tuple[str, ...] | None:
    """What may be replaced, by normalised names; None if nothing can be excluded.

    A resolver may take anything to another version, and a wheel may bring any file. So only a full forecast excludes
    something, and a removal by pip or uv, which touches nothing but what it names.
    """
    found: set[str] = set()
    for each in seen:
        mine = _names(each)
        if mine is None:
            return None
        found |= mine
    return tuple(sorted(found))


def _names(seen: Seen) -> set[str] | None:
    told, command = seen.forecast, seen.command
    if told is not None and told.depth is Depth.FULL and not told.unknown and told.outcome is not Outcome.UNKNOWN:
        return {each.name for each in (*told.installs, *told.replaces, *told.removes)}
    if command is None or command.verb is not Verb.REMOVE or command.tool not in (Tool.PIP, Tool.UV):
        return None
    if not command.certain or any(each.unread is not None for each in command.files):
        return None
    asked = {each.name for each in command.requirements if each.name is not None and each.kind is Kind.NAME}
    return asked if asked and len(asked) == len({each.text for each in command.requirements}) else None


def _words(seen: Sequence[Seen]) -> tuple[str, ...]:
    """The commands as one, without secrets."""
    told: list[str] = []
    for each in seen:
        words: tuple[str, ...] = ()
        if each.command is not None:
            words = masking.words(each.command.argv)
        elif each.forecast is not None:
            words = each.forecast.command
        else:
            words = masking.words(each.words)
        told += (("&&",) if told else ()) + words
    return tuple(told)


def _own(home: Home, begun: Begun, done: tuple[Done, ...]) -> tuple[Done, ...]:
    """What changed, without what another process has told of meanwhile; what the commands name stays theirs."""
    since = remember.new_id(begun.when)[:16]
    others = [entry for entry in ledger.read(home.folder).entries if entry.id[:16] >= since]
    told = {(change.name, change.after) for change in _told(others)}
    mine = {each.name for one in begun.seen if one.command is not None for each in one.command.requirements}
    return _left_over(done, lambda change: change.name in mine or (change.name, change.after) not in told)


def _left_over(done: Iterable[Done], keep: Callable[[Change], bool]) -> tuple[Done, ...]:
    kept = ((each.actor, tuple(filter(keep, each.changes))) for each in done)
    return tuple(Done(actor, changes) for actor, changes in kept if changes)


def _told(entries: Iterable[Entry]) -> Iterable[Change]:
    return (change for entry in entries for done in entry.done for change in done.changes)


def _note(home: Home, entry: Entry) -> tuple[str | None, Text | None]:
    """Writes one line: the file if it is the first, and what went wrong."""
    file = Path(home.folder, ledger.NAME)
    new = not file.exists()
    problem = ledger.append(home.folder, entry, _PATIENCE)
    if problem is not None:
        return None, text("{file}: {problem}", file=str(file), problem=problem.reason)
    return (str(file) if new else None), None


def _folders(prefix: str) -> tuple[str, ...]:
    """Where installs leave their traces."""
    if os.path.realpath(prefix) == os.path.realpath(sys.prefix):
        return traces.places()
    sites = (
        site for form in ("lib/python*/site-packages", "Lib/site-packages") for site in sorted(Path(prefix).glob(form))
    )
    return (str(Path(prefix, traces.RECORDS)), *map(str, sites))
