"""What becomes of a cell that holds installs: judged by their forecasts, by the mode, and where that is so by the user.

Imported by the first cell that holds the word of an installer.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

from envguard.errors import EnvguardError
from envguard.forecast_report import Concern, Remark
from envguard.frontends import around, protection, watch
from envguard.frontends.held import Held, ipythons_own_words_left_out
from envguard.frontends.question import Answer, ask, can_be_asked
from envguard.model import Severity, Text, text
from envguard.render import forecast_line
from envguard.render.language import framed, say
from envguard.settings import Mode
from envguard.value import value

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Iterator

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


def verdict_on(guard: Guard, info: Any) -> Verdict | None:
    """The verdict on a cell; None if it holds no install, or the guard is off."""
    mode, _ = guard.modes.mode()
    if mode is Mode.OFF:
        return None
    installs = _judged(guard, info.raw_cell)
    if not installs:
        return None
    verdict = _decided(guard, mode, installs)
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


def _decided(guard: Guard, mode: Mode, installs: tuple[Install, ...]) -> Verdict:
    protected = guard.protection is not None and guard.protection.state == "on"
    if guard.protection is not None and protected:
        guard.protection.refresh()
        unstoppable = next(_unstoppable(installs), None)
        if unstoppable is not None:
            return Verdict(refusal=forecast_line.refusal(unstoppable.forecast))
    verdict = _by_mode(guard, mode, installs, protected=protected)
    return replace(verdict, guarded=verdict.guarded or protected)


def _by_mode(guard: Guard, mode: Mode, installs: tuple[Install, ...], *, protected: bool) -> Verdict:
    objections = tuple(_objections(installs, guard.modes.ignored(), protected=protected))
    if mode is Mode.BLOCK and objections:
        return Verdict(refusal=forecast_line.refusal(_with_ways(objections[0]).forecast))
    if mode is Mode.ASK:
        settled = guard.accepted | guard.held_causes()
        new = tuple(each for each in objections if _causes((each,)) - settled)
        return _asked(guard, new) if new else Verdict()
    return _warned(guard, objections)


def _unstoppable(installs: Iterable[Install]) -> Iterator[Install]:
    """The installs that constraints would have to hold, and do not; with only that in their forecasts."""
    for each in installs:
        if protection.is_meant_for(each.forecast):
            says = each.unprotected()
            if says is not None:
                yield _with(each, (Remark(Concern.UNSTOPPABLE, Severity.ERROR, says),))


def _objections(installs: Iterable[Install], ignored: Collection[str], *, protected: bool) -> Iterator[Install]:
    """The installs that something speaks against, with only the remarks that count."""
    for each in installs:
        held_back = protection.HELD_BACK if protected and protection.is_meant_for(each.forecast) else ()
        remarks = tuple(
            remark
            for remark in each.forecast.remarks
            if remark.severity is not Severity.INFO
            and remark.concern.value not in ignored
            and remark.concern not in held_back
        )
        if remarks:
            yield _with(each, remarks)


def _causes(objections: Iterable[Install]) -> frozenset[tuple[str, str]]:
    return frozenset((remark.concern.value, remark.subject) for each in objections for remark in each.forecast.remarks)


def _with(install: Install, remarks: tuple[Remark, ...]) -> Install:
    return replace(install, forecast=replace(install.forecast, remarks=remarks))


def _with_ways(install: Install) -> Install:
    return replace(install, forecast=replace(install.forecast, alternatives=install.ways()))


def _warned(guard: Guard, objections: tuple[Install, ...]) -> Verdict:
    """One line for all that is new."""
    new = tuple(each for each in objections if _causes((each,)) - guard.told)
    if new:
        news = (r for r in new[0].forecast.remarks if (r.concern.value, r.subject) not in guard.told)
        first = _with(new[0], tuple(news))
        guard.told |= _causes(new)
        guard.say(forecast_line.line(first.forecast, len(new) - 1))
    return Verdict()


def _asked(guard: Guard, objections: tuple[Install, ...]) -> Verdict:
    """The user's own verdict; a warning where nobody can be asked."""
    if not can_be_asked(guard.shell):
        return _warned(guard, objections)
    objections = tuple(map(_with_ways, objections))
    for each in objections[:_SEEN_TOGETHER]:
        guard.say(forecast_line.line(each.forecast))
    ways = {Answer.CONDA: _way(objections, "conda"), Answer.KERNEL: _way(objections, "kernel")}
    offered = {Answer.RUN: say(_AS_IT_IS)}
    if all(around.concerns(each) for each in objections) and around.can_be_made():
        offered[Answer.UNDO] = say(text("as it is; `%envguard undo` then takes it back"))
    if all(protection.helps(each.forecast) and each.unprotected() is None for each in objections):
        offered[Answer.PROTECTED] = say(_HELD)
    offered.update((answer, " && ".join(way)) for answer, way in ways.items() if way)
    causes = _causes(objections)
    guard.told |= causes
    match ask(guard.shell, offered, guard.say):
        case Answer.RUN | None:
            guard.accepted |= causes
            return Verdict(Held(causes))
        case Answer.UNDO:
            guard.accepted |= causes
            return Verdict(Held(causes), way_back=True, guarded=True)
        case Answer.PROTECTED:
            return _protected(causes)
        case Answer.CONDA | Answer.KERNEL as answer:
            return _replaced(guard, ways[answer])
        case _:
            return Verdict(refusal=say(_CANCELLED))


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


def _way(objections: tuple[Install, ...], kind: str) -> tuple[str, ...]:
    """The commands, as lines of a cell, that do all of it in another way; none if one of them has no such way."""
    found: list[str] = []
    for each in objections:
        way = forecast_line.way(each.forecast, kind)
        if way is None:
            return ()
        found += forecast_line.cell_lines(way)
    return tuple(dict.fromkeys(found))


def _one_line(error: BaseException) -> str:
    from envguard.frontends import output

    if isinstance(error, EnvguardError):
        return output.one_line(error)
    said = " ".join(f"{type(error).__name__}: {error}".split())[:200]
    return framed(_OUR_FAULT, said=ascii(said))
