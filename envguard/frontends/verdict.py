"""What becomes of a cell that holds installs: judged by their forecasts, by the mode, and where that is so by the user.

Imported by the first cell that holds the word of an installer.
"""

from __future__ import annotations

import os
import sys
from dataclasses import replace
from typing import TYPE_CHECKING

from envguard.errors import EnvguardError
from envguard.forecast_report import Concern
from envguard.frontends import protection, watch
from envguard.frontends.held import Held, ipythons_own_words_left_out
from envguard.frontends.question import Answer, ask, can_be_asked
from envguard.model import Severity
from envguard.render import forecast_line
from envguard.settings import Mode
from envguard.value import value

if TYPE_CHECKING:
    from collections.abc import Iterable

    from envguard.forecast_report import Forecast
    from envguard.frontends.guard import Guard

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


def verdict_on(guard: Guard, source: str) -> Verdict | None:
    """The verdict on a cell; None if it holds no install, or the guard is off."""
    mode, _ = guard.modes.mode()
    if mode is Mode.OFF:
        return None
    forecasts = (guard.judge or foretold)(source)
    if not forecasts:
        return None
    protected = False
    if guard.protection is not None and guard.protection.state == "on":
        protected = True
        guard.protection.refresh()
    objections = tuple(_objections(forecasts, guard.modes.ignored(), protected=protected))
    verdict = _decided(guard, mode, objections)
    if verdict.refusal is None and not verdict.replaced:
        held = verdict.held or Held()
        held.contexts.enter_context(ipythons_own_words_left_out(guard.shell))
        verdict = Verdict(held)
        watch.expect(guard.shell)
    return verdict


def foretold(source: str) -> tuple[Forecast, ...]:
    """What the installs in a cell of this process would do."""
    from envguard import api
    from envguard.commands import find
    from envguard.commands.command import Place

    windows = sys.platform == "win32"
    place = Place(sys.executable, sys.prefix, os.getcwd(), dict(os.environ))  # noqa: PTH109 - a string is wanted
    return tuple(api.foretell(command, place) for command in find.commands(source, place, windows))


def failure(error: BaseException) -> str:
    """What is said of a guard that could not do its work."""
    return f"{_one_line(error)}; the cell runs without having been looked at"


def _one_line(error: BaseException) -> str:
    from envguard.frontends import output

    if isinstance(error, EnvguardError):
        return output.one_line(error)
    said = " ".join(f"{type(error).__name__}: {error}".split())[:200]
    return f"envguard: the guard failed ({said!a}), which is a bug of envguard"


def _objections(forecasts: Iterable[Forecast], ignored: Iterable[str], *, protected: bool) -> Iterable[Forecast]:
    """The forecasts that something speaks against, with only the remarks that count."""
    for forecast in forecasts:
        remarks = [
            remark
            for remark in forecast.remarks
            if remark.severity is not Severity.INFO and remark.concern.value not in ignored
        ]
        if protected and protection.holds(forecast):
            remarks = [remark for remark in remarks if remark.concern not in protection.HELD_BACK]
        if remarks:
            yield replace(forecast, remarks=tuple(remarks))


def _causes(objections: Iterable[Forecast]) -> frozenset[tuple[str, str]]:
    return frozenset((remark.concern.value, remark.subject) for each in objections for remark in each.remarks)


def _about(objections: Iterable[Forecast], concern: Concern) -> Iterable[Forecast]:
    """The forecasts with only what they say of one concern."""
    for each in objections:
        remarks = tuple(remark for remark in each.remarks if remark.concern is concern)
        if remarks:
            yield replace(each, remarks=remarks)


def _news(objection: Forecast, told: Iterable[tuple[str, str]]) -> Forecast:
    """A forecast with only what was not told yet."""
    remarks = (remark for remark in objection.remarks if (remark.concern.value, remark.subject) not in told)
    return replace(objection, remarks=tuple(remarks))


def _decided(guard: Guard, mode: Mode, objections: tuple[Forecast, ...]) -> Verdict:
    if guard.protection is not None:
        unstoppable = tuple(_about(objections, Concern.UNSTOPPABLE))
        if unstoppable:
            return Verdict(refusal=forecast_line.refusal(unstoppable[0]))
    if mode is Mode.BLOCK and objections:
        return Verdict(refusal=forecast_line.refusal(objections[0]))
    if mode is Mode.ASK:
        settled = guard.accepted | guard.held_causes()
        new = tuple(each for each in objections if _causes((each,)) - settled)
        return _asked(guard, new) if new else Verdict()
    return _warned(guard, objections)


def _warned(guard: Guard, objections: tuple[Forecast, ...]) -> Verdict:
    """One line for all that is new."""
    new = tuple(each for each in objections if _causes((each,)) - guard.told)
    if new:
        first = _news(new[0], guard.told)
        guard.told |= _causes(new)
        guard.say(forecast_line.line(first, len(new) - 1))
    return Verdict()


def _asked(guard: Guard, objections: tuple[Forecast, ...]) -> Verdict:
    """The user's own verdict; a warning where nobody can be asked."""
    if not can_be_asked(guard.shell):
        return _warned(guard, objections)
    ways = {Answer.CONDA: _way(objections, "conda"), Answer.KERNEL: _way(objections, "kernel")}
    offered = {Answer.RUN: "as it is"}
    if all(map(protection.helps, objections)):
        offered[Answer.PROTECTED] = "conda's packages stay as they are, or the install fails"
    offered.update((answer, " && ".join(way)) for answer, way in ways.items() if way)
    for each in objections[:_SEEN_TOGETHER]:
        guard.say(forecast_line.line(each))
    causes = _causes(objections)
    guard.told |= causes
    match ask(guard.shell, offered, guard.say):
        case Answer.RUN | None:
            guard.accepted |= causes
            return Verdict(Held(causes))
        case Answer.PROTECTED:
            return _protected(causes)
        case Answer.CONDA | Answer.KERNEL as answer:
            return _replaced(guard, ways[answer])
        case _:
            return Verdict(refusal="envguard: cancelled; the cell was not run")


def _protected(causes: frozenset[tuple[str, str]]) -> Verdict:
    try:
        return Verdict(protection.for_cell(causes))
    except Exception as error:  # noqa: BLE001 - what was to run protected must not run without, whatever has gone wrong
        return Verdict(refusal=f"{_one_line(error)}; the cell was not run, as it cannot be protected")


def _replaced(guard: Guard, commands: tuple[str, ...]) -> Verdict:
    """Puts the other commands where the user writes next. JupyterLab does that only for a cell that has not failed."""
    guard.shell.set_next_input("\n".join(commands))
    guard.say(f"envguard: the cell was not run; the next one holds {' && '.join(commands)}")
    return Verdict(replaced=True)


def _way(objections: tuple[Forecast, ...], kind: str) -> tuple[str, ...]:
    """The commands, as lines of a cell, that do all of it in another way; none if one of them has no such way."""
    found: list[str] = []
    for each in objections:
        way = forecast_line.way(each, kind)
        if way is None:
            return ()
        found += forecast_line.cell_lines(way)
    return tuple(dict.fromkeys(found))
