"""Takes an install back: what is new goes, what was replaced or removed comes back, and then it is shown that all is as it was.

* Each path is either as it was after the command, which is taken back; or as it was before it, which needs nothing; or somebody
  else has changed it since, and nothing is done at all. So an undo that was killed is gone on with by the next one.
* What is kept is compared by its hash before it takes a place again. What is damaged comes from conda's package cache, or is
  told and left.
* A file takes its place by a rename, so that there is always the old one or the new one.
"""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

from envguard import home as homes
from envguard.changes import busy, checkpoint, journal, listing
from envguard.changes.undo_work import Work
from envguard.errors import BadArguments
from envguard.model import Text, text
from envguard.undo_report import State, Undone, UndoPlan

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from envguard.changes.journal import Noted
    from envguard.home import Home


def plan(home: Home, id: str | None = None) -> UndoPlan:  # noqa: A002 - as the argument of the command is called
    """What taking back a checkpoint would do, the last one if none is named; changes nothing."""
    return _look(home, id)[0]


def run(home: Home, plan: UndoPlan, progress: Callable[[int, int], None] | None = None) -> Undone:
    """Does what a plan says, if it still holds; BadArguments with the reason if it must not.

    `progress` hears of files done and all files.
    """
    if plan.refused or plan.checkpoint is None:
        raise BadArguments(plan.refused[0])
    with homes.locked(home):
        found, work = _look(home, plan.checkpoint.id, brief=True, basis=plan.basis)
        if found.refused or work is None:
            raise BadArguments(found.refused[0])
        if {each.id for each in found.also} != {each.id for each in plan.also}:
            raise BadArguments(text("there are other checkpoints now than when it was planned"))
        return work.done(progress)


def _look(home: Home, name: str | None, *, brief: bool = False, basis: object = None) -> tuple[UndoPlan, Work | None]:
    """The plan and what carries it out; a `brief` one tells only whether it may be done, on the basis of a whole one."""
    known = journal.every(home) if home.ours else ()
    open_ones = [each for each in known if each.checkpoint.state is not State.UNDONE]
    chosen = next((each for each in reversed(open_ones) if name is None or each.checkpoint.id == name), None)
    if chosen is None:
        if home.state in ("foreign", "broken") and home.reason is not None:
            reason = home.reason
        elif name is not None and any(each.checkpoint.id == name for each in known):
            reason = text("{id} has been taken back already", id=name)
        elif name is not None:
            reason = text("there is no checkpoint {id}", id=name)
        else:
            reason = text("there is nothing to take back")
        return UndoPlan(None, refused=(reason,)), None
    later = [each for each in open_ones if (each.began, each.checkpoint.id) > (chosen.began, chosen.checkpoint.id)]
    also = tuple(each.checkpoint for each in reversed(later))
    refused = tuple(_refusals(home, chosen, later, open_ones))
    if refused:
        return UndoPlan(chosen.checkpoint, also, refused=refused), None
    try:
        work = Work(home, chosen, later, basis if isinstance(basis, dict) else None)
    except (OSError, ValueError, listing.TooLarge) as error:
        why = getattr(error, "strerror", None) or str(error)
        reason = text("what was noted of {id} cannot be read: {reason}", id=chosen.checkpoint.id, reason=why)
        return UndoPlan(chosen.checkpoint, also, refused=(reason,)), None
    return work.plan(brief=brief), work


def _refusals(home: Home, chosen: Noted, later: list[Noted], known: list[Noted]) -> Iterable[Text]:
    if not home.in_prefix or not os.access(home.prefix, os.W_OK):
        yield text("{prefix} is not writable for you", prefix=home.prefix)
        return
    for each in (chosen, *later):
        mine = each.process is not None and each.process[0] == os.getpid()
        if each.checkpoint.state is State.BEGUN and not mine and checkpoint.running(each):
            yield text(
                "a command that began at {when} has not ended yet (process {process}): {command}",
                when=each.checkpoint.when,
                process=each.process[0] if each.process else 0,
                command=" ".join(each.checkpoint.command),
            )
    for each in known:
        earlier = (each.began, each.checkpoint.id) < (chosen.began, chosen.checkpoint.id)
        unfinished = each.ended is None and each.checkpoint.id in chosen.checkpoint.beside
        if earlier and (unfinished or (each.ended is not None and each.ended > chosen.began)):
            yield text(
                "it began while another install ran ({command}), whose changes cannot be told from its own: take {id} back, and both are",
                command=" ".join(each.checkpoint.command),
                id=each.checkpoint.id,
            )
    yield from busy.objections(home.prefix)
