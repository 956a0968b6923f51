"""What becomes of a cell that holds installs: judged by their forecasts, by the mode, and where that is so by the user.

Imported by the first cell that holds the word of an installer.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

from envguard import api
from envguard.errors import EnvguardError
from envguard.frontends import around, protection, watch, weighing
from envguard.frontends.held import Held, ipythons_own_words_left_out
from envguard.frontends.question import Answer, ask, can_be_asked
from envguard.model import Text, text
from envguard.render import forecast_line
from envguard.render.language import framed, say
from envguard.settings import Mode
from envguard.value import value

if TYPE_CHECKING:
    from envguard.frontends.guard import Guard
    from envguard.frontends.installs import Install

_NO_WAY_BACK = Text("{error}; the cell was not run, as it could not be taken back")
_NOT_NOTED = Text("{error}; what the cell changes is not noted")
_NOT_LOOKED_AT = Text("{error}; the cell runs without having been looked at")
_UNPROTECTED = Text("{error}; the cell was not run, as it cannot be protected")
_CANCELLED = Text("envguard: cancelled; the cell was not run")
_REPLACED = Text("envguard: the cell was not run; the next one holds {commands}")
_OUR_FAULT = Text("envguard: the guard failed ({said}), which is a bug of envguard")
_AS_IT_IS = Text("as it is")
_HELD = Text("conda's packages stay as they are, or the install fails")
_SEEN_TOGETHER = 3
"""Installs of one cell that a question tells of; the others are counted."""


@value
class Verdict:
    """What becomes of one cell."""

    held: Held | None = None
    """What is to be undone after it."""
    refusal: str | None = None
    replaced: bool = False
    """Another command stands ready in its place."""
    way_back: bool = False
    """The user wants it to run only if it can be taken back."""
    guarded: bool = False
    """It runs by what the user has asked of envguard: from now on changes are noted."""


def verdict_on(guard: Guard, info: Any, given: str | None = None) -> Verdict | None:
    """The verdict on a cell; None if it holds no install, or the guard is off.

    `given` is what the user has answered already, elsewhere: one of `ANSWERS`.
    """
    mode, _ = guard.modes.mode()
    if mode is Mode.OFF:
        return None
    installs = _judged(guard, info.raw_cell)
    if not installs:
        return None
    answer = None if given is None else Answer[given.upper()]
    verdict = _decided(guard, mode, installs, answer)
    if verdict.refusal is None and not verdict.replaced:
        held = verdict.held or Held()
        try:
            held.around = around.begin(guard, info, installs, needed=verdict.way_back, guarded=verdict.guarded)
        except KeyboardInterrupt:
            held.undo()
            raise
        except Exception as error:  # noqa: BLE001 - what was to run with a way back must not run without
            if verdict.way_back:
                held.undo()
                return Verdict(refusal=framed(_NO_WAY_BACK, error=_one_line(error)))
            guard.once(framed(_NOT_NOTED, error=_one_line(error)))
        held.contexts.enter_context(ipythons_own_words_left_out(guard.shell))
        verdict = Verdict(held)
        watch.expect(guard.shell)
    return verdict


def failure(error: BaseException) -> str:
    """What is said of a guard that could not do its work."""
    return framed(_NOT_LOOKED_AT, error=_one_line(error))


def _judged(guard: Guard, source: str) -> tuple[Install, ...]:
    if guard.judge is not None:
        return guard.judge(source)
    from envguard.frontends.installs import installs

    return installs(source)


def _decided(guard: Guard, mode: Mode, installs: tuple[Install, ...], answer: Answer | None) -> Verdict:
    protected = guard.protection is not None and guard.protection.state == "on"
    if guard.protection is not None and protected:
        guard.protection.refresh()
    if protected or answer is Answer.PROTECTED:
        unstoppable = next(weighing.unstoppable(installs), None)
        if unstoppable is not None:
            return Verdict(refusal=forecast_line.refusal(unstoppable.forecast))
    verdict = _by_mode(guard, mode, installs, answer, protected=protected)
    return replace(verdict, guarded=verdict.guarded or protected)


def _by_mode(
    guard: Guard, mode: Mode, installs: tuple[Install, ...], answer: Answer | None, *, protected: bool
) -> Verdict:
    objections = tuple(weighing.objections(installs, guard.modes.ignored(), api.project(), protected=protected))
    if mode is Mode.BLOCK and objections:
        return Verdict(refusal=forecast_line.refusal(weighing.with_ways(objections[0]).forecast))
    if answer is not None:
        causes = weighing.causes(objections)
        guard.told |= causes
        return _run(guard, answer, causes)
    if mode is Mode.ASK:
        settled = guard.accepted | guard.held_causes()
        new = tuple(each for each in objections if weighing.causes((each,)) - settled)
        return _asked(guard, new) if new else Verdict()
    return _warned(guard, objections)


def _warned(guard: Guard, objections: tuple[Install, ...]) -> Verdict:
    """One line for all that is new."""
    new = tuple(each for each in objections if weighing.causes((each,)) - guard.told)
    if new:
        news = (r for r in new[0].forecast.remarks if (r.concern.value, r.subject) not in guard.told)
        first = weighing.with_remarks(new[0], tuple(news))
        guard.told |= weighing.causes(new)
        guard.say(forecast_line.line(first.forecast, len(new) - 1))
    return Verdict()


def _asked(guard: Guard, objections: tuple[Install, ...]) -> Verdict:
    """The user's own verdict; a warning where nobody can be asked."""
    if not can_be_asked(guard.shell):
        return _warned(guard, objections)
    objections = tuple(map(weighing.with_ways, objections))
    for each in objections[:_SEEN_TOGETHER]:
        guard.say(forecast_line.line(each.forecast))
    ways = {Answer.CONDA: weighing.way(objections, "conda"), Answer.KERNEL: weighing.way(objections, "kernel")}
    offered = {Answer.RUN: say(_AS_IT_IS)}
    if all(around.concerns(each) for each in objections) and around.can_be_made():
        offered[Answer.UNDO] = say(text("as it is; `%envguard undo` then takes it back"))
    if all(map(weighing.protectable, objections)):
        offered[Answer.PROTECTED] = say(_HELD)
    offered.update((answer, " && ".join(way)) for answer, way in ways.items() if way)
    causes = weighing.causes(objections)
    guard.told |= causes
    match ask(guard.shell, offered, guard.say):
        case None:
            return _run(guard, Answer.RUN, causes)
        case Answer.RUN | Answer.UNDO | Answer.PROTECTED as answer:
            return _run(guard, answer, causes)
        case Answer.CONDA | Answer.KERNEL as answer:
            return _replaced(guard, ways[answer])
        case _:
            return Verdict(refusal=say(_CANCELLED))


def _run(guard: Guard, answer: Answer, causes: frozenset[tuple[str, str]]) -> Verdict:
    """Lets a cell run in the way that the user has chosen."""
    if answer is Answer.PROTECTED:
        return _protected(causes)
    guard.accepted |= causes
    wanted = answer is Answer.UNDO
    return Verdict(Held(causes), way_back=wanted, guarded=wanted)


def _protected(causes: frozenset[tuple[str, str]]) -> Verdict:
    try:
        return Verdict(protection.for_cell(causes), guarded=True)
    except Exception as error:  # noqa: BLE001 - what was to run protected must not run without, whatever has gone wrong
        return Verdict(refusal=framed(_UNPROTECTED, error=_one_line(error)))


def _replaced(guard: Guard, commands: tuple[str, ...]) -> Verdict:
    """Puts the other commands where the user writes next. JupyterLab does that only for a cell that has not failed."""
    guard.shell.set_next_input("\n".join(commands))
    guard.say(framed(_REPLACED, commands=" && ".join(commands)))
    return Verdict(replaced=True)


def _one_line(error: BaseException) -> str:
    from envguard.frontends import output

    if isinstance(error, EnvguardError):
        return output.one_line(error)
    said = " ".join(f"{type(error).__name__}: {error}".split())[:200]
    return framed(_OUR_FAULT, said=ascii(said))
