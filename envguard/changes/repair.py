"""Carries a plan out: with a way back made first, checked afterwards, and taken back if a step fails or it got worse.

* What stands between the first step and the last check is one checkpoint. Killed at any moment, it is one that never ended:
  `undo` takes it back, and `resume` takes it back and begins anew.
* What came of it is told by the same rules that found what was wrong.
"""

from __future__ import annotations

import itertools
from pathlib import Path
from typing import TYPE_CHECKING

from envguard import collect
from envguard import home as homes
from envguard.analyse import analyse
from envguard.changes import around, busy, carry, checkpoint, planning, undo
from envguard.errors import BadArguments, EnvguardError
from envguard.model import Severity, text
from envguard.repair_report import Repaired
from envguard.undo_report import State

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from envguard.changes.around import Begun
    from envguard.facts import Environment
    from envguard.home import Home
    from envguard.ledger_entry import Whence
    from envguard.model import Finding, Report, Text
    from envguard.repair_report import Plan
    from envguard.undo_report import Checkpoint

COMMAND = ("envguard", "repair", "--apply")
_KEEP = "--keep-pip"


def repair(prefix: str, plan: Plan, whence: Whence, tell: Callable[[Text], None]) -> Repaired:
    """Does what a plan says, if it still holds; BadArguments with the reason if it must not. `tell` hears of each step."""
    if plan.refused:
        raise BadArguments(plan.refused[0])
    if not plan.steps:
        raise BadArguments(text("there is no step that envguard could take"))
    busy.refuse(prefix)
    home = homes.make(prefix)
    if home.new:
        tell(around.made(home))
    if interrupted(home):
        raise BadArguments(
            text(
                "a repair was interrupted here: `envguard repair --resume` begins it anew, `envguard undo` takes it back"
            )
        )
    words = (*COMMAND, *(word for name in plan.kept for word in (_KEEP, name)))
    begun = around.begin(home, (around.Seen(None, words=words),), undo=True)
    if begun.checkpoint is None:
        reason = begun.no_undo if begun.no_undo is not None else ""
        raise BadArguments(text("no way back could be made, so nothing was done: {reason}", reason=reason))
    if _others(home, begun.checkpoint):
        around.end(begun, whence, failed=None)
        raise BadArguments(text("another repair of {prefix} is running", prefix=prefix))
    return _Repair(begun, plan, whence, tell).done()


def _others(home: Home, mine: Checkpoint) -> bool:
    """Whether a repair that began earlier is still running."""
    dead = {each.id for each in checkpoint.unfinished(home)}
    earlier = itertools.takewhile(lambda each: each.id != mine.id, checkpoint.all(home))  # the oldest come first
    return any(each.id not in dead and each.state is State.BEGUN and _is_repair(each) for each in earlier)


def _is_repair(each: Checkpoint) -> bool:
    return each.command[: len(COMMAND)] == COMMAND


def interrupted(home: Home) -> tuple[Checkpoint, ...]:
    """The repairs that never came to their end, and that nobody has taken back yet."""
    return tuple(each for each in checkpoint.unfinished(home) if _is_repair(each))


def take_back(home: Home, whence: Whence, tell: Callable[[Text], None]) -> tuple[str, ...]:
    """Takes an interrupted repair back, and gives the names that it left to pip; BadArguments if there is none."""
    found = interrupted(home)
    if not found:
        raise BadArguments(text("no repair was interrupted in {prefix}", prefix=home.prefix))
    first = found[0]
    tell(text("what the interrupted repair of {when} had done is taken back", when=first.when))
    undone, problem = around.take_back(home, undo.plan(home, first.id), whence)
    if problem is not None:
        tell(problem)
    if not undone.proof.same or undone.left:
        raise EnvguardError(text("not everything is as it was before: {paths}", paths=undone.proof.differs[:6]))
    words = first.command
    return tuple(words[place + 1] for place, word in enumerate(words[:-1]) if word == _KEEP)


class _Repair:
    """One plan that is carried out."""

    def __init__(self, begun: Begun, plan: Plan, whence: Whence, tell: Callable[[Text], None]) -> None:
        self.begun = begun
        self.home = begun.home
        self.plan = plan
        self.whence = whence
        self.tell = tell
        self.finished = 0
        self.output = ""

    def done(self) -> Repaired:
        before = self._look()
        report = analyse(before)
        failure: Text | None
        try:
            failure = self._steps(before)
        except KeyboardInterrupt:
            failure = text("it was interrupted")
        after = self._look()
        now = analyse(after)
        failure = failure or _worse(report, now, self.plan)
        ended = around.end(self.begun, self.whence, failed=failure is not None)
        point = ended.checkpoint
        taken_back: bool | None = None
        problems = list(ended.problems)
        if failure is not None:
            taken_back = True
            if point is not None:
                taken_back, more = self._back(point)
                problems += more
                after = self._look()
                now = analyse(after)
        new, cleared, remains = planning.differences(report, now)
        return Repaired(
            done=self.finished,
            failure=failure,
            output=self.output,
            changes=planning.versions(before, after),
            before=report.verdict,
            after=now.verdict,
            cleared=cleared,
            remains=remains,
            new=new,
            checkpoint=None if point is None or taken_back else point.id,
            taken_back=taken_back,
            remarks=tuple(problems),
        )

    def _steps(self, env: Environment) -> Text | None:
        """Why it was not carried to its end."""
        again = planning.plan(env, self.plan.kept)
        if [each.step for each in again.steps] != [each.step for each in self.plan.steps]:
            return text("the environment has changed since it was planned")
        total = len(self.plan.steps)
        for number, planned in enumerate(self.plan.steps, 1):
            self.tell(
                text(
                    "step {n} of {total}: {step}",
                    "step {n} of {total}: {step}",
                    n=number,
                    total=total,
                    step=planned.title,
                )
            )
            carried = carry.carry_out(env if number == 1 else self._look(), planned, Path(self.home.folder))
            if carried.failure is not None:
                self.output = carried.output
                return text(
                    "step {n} of {total} failed: {reason}",
                    "step {n} of {total} failed: {reason}",
                    n=number,
                    total=total,
                    reason=carried.failure,
                )
            self.finished = number
        self.tell(text("checking again"))
        return None

    def _look(self) -> Environment:
        return collect.by_import(self.home.prefix, keep=False, process=None)

    def _back(self, point: Checkpoint) -> tuple[bool, list[Text]]:
        """Whether everything is as it was before, and what stood in the way."""
        self.tell(text("taking it back"))
        try:
            undone, problem = around.take_back(self.home, undo.plan(self.home, point.id), self.whence)
        except EnvguardError as error:
            said = text("`envguard undo {id}` takes it back once that is settled", id=point.id)
            return False, [error.text, said]
        return undone.proof.same and not undone.left, [] if problem is None else [problem]


def _worse(before: Report, now: Report, plan: Plan) -> Text | None:
    """What is found now that neither was there before nor was foreseen; None if nothing is."""
    new, cleared, _ = planning.differences(before, now)
    foreseen = {(each.rule, each.subject) for each in plan.proof.new}
    worse = tuple(_unforeseen(new, foreseen))
    if worse:
        return text(
            "the check finds what was not there before: {names}",
            names=tuple(f"{each.rule} {each.subject}" for each in worse),
        )
    if plan.proof.cleared and not cleared:
        return text("the check finds all that it found before")
    return None


def _unforeseen(new: tuple[Finding, ...], foreseen: set[tuple[str, str]]) -> Iterator[Finding]:
    for each in new:
        if each.severity is Severity.ERROR or (each.rule, each.subject) not in foreseen:
            yield each
