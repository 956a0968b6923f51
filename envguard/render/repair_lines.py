"""A plan, or what came of it, as paragraphs for a terminal."""

from __future__ import annotations

from typing import TYPE_CHECKING

from envguard.render import repair_rows, words
from envguard.render import repair_words as own
from envguard.render.commands import command
from envguard.render.finding_lines import finding_lines
from envguard.render.grid import grid
from envguard.render.language import given, say
from envguard.render.lines import BLANK, Span, Wrap, fix_lines, footer, heading, line, printed, sentences
from envguard.render.text import written

if TYPE_CHECKING:
    from collections.abc import Iterator

    from envguard.model import Finding, Fix, Text
    from envguard.render.language import Translator
    from envguard.render.lines import Line
    from envguard.repair_report import Plan, Repaired, RepairReport


def repair(
    told: RepairReport,
    width: int = 80,
    color: bool = False,
    *,
    details: bool = False,
    language: Translator | None = None,
) -> str:
    """What would be done, or what was, as text; `details` shows the findings with their evidence."""
    return written(lambda room: tuple(_repair(told, room, details, language)), width, color=color)


def _repair(told: RepairReport, room: int, details: bool, language: Translator | None) -> Iterator[Line]:
    kind, plan, done = repair_rows.kind(told), told.plan, told.done
    title = f"{repair_rows.SYMBOLS[kind]} {say(repair_rows.title(told), language)}"
    yield line(Span(title, repair_rows.STYLES[kind]), f"  {repair_rows.verdicts(told, language)}", hang=2)
    yield line(Span(say(given(own.WHERE, prefix=told.prefix), language), "soft"), indent=2, wrap=Wrap.WIDE)
    yield from sentences(own.WHY_NOT, plan.refused, language)
    if done is None:
        yield from _planned(told, plan, room, details, language)
    else:
        yield from _came(told, done, room, details, language)
    yield from footer(told, language)


def _planned(told: RepairReport, plan: Plan, room: int, details: bool, language: Translator | None) -> Iterator[Line]:
    platform, proof = plan.environment.platform, plan.proof
    if plan.steps:
        yield from heading(say(own.STEPS, language))
    for number, step in enumerate(plan.steps, 1):
        yield BLANK
        yield line(f"{number}  ", say(step.title, language), indent=2, hang=3)
        note = repair_rows.note(step, language)
        if note:
            yield line(Span(note, "soft"), indent=5, hang=2)
        yield line(Span(command(step.step, platform), "command"), indent=5, wrap=Wrap.NEVER)
    yield from _changes(told, room, language)
    yield from sentences(own.LOSES, plan.loses, language)
    if plan.choices and plan.steps:
        yield from heading(say(own.CHOICES, language))
        yield BLANK
        for whose, otherwise in (repair_rows.choice(each, language) for each in plan.choices):
            yield line("· ", whose, indent=2, hang=2)
            yield line(Span(otherwise, "soft"), indent=4, hang=2)
    if plan.steps:
        yield from _checked(own.PROOF, proof.cleared, (*proof.remains, *proof.new), language)
    yield from _findings(own.REMAINS, proof.remains, platform, details, language)
    yield from _findings(own.NEW, proof.new, platform, details, language)
    yield from sentences(own.REBUILD, () if plan.rebuild is None else (plan.rebuild,), language)
    yield from _by_hand(own.INSTEAD if plan.refused else own.BY_HAND, plan.by_hand, platform, language)
    yield from sentences(own.KNOWN, proof.remarks, language)
    if plan.steps:
        yield BLANK
        if plan.needs_restart:
            yield line(say(words.RESTART, language), indent=2, hang=2)
        if not plan.interrupted:
            yield line(say(own.APPLY, language), indent=2, hang=2)
    if plan.interrupted:
        yield BLANK
        yield line(say(own.RESUME, language), indent=2, hang=2)


def _came(told: RepairReport, done: Repaired, room: int, details: bool, language: Translator | None) -> Iterator[Line]:
    platform = told.plan.environment.platform
    if done.failure is not None:
        yield BLANK
        yield line(say(done.failure, language), indent=2, hang=2)
    yield from printed(own.SAID, done.output, language)
    yield from _changes(told, room, language)
    if done.taken_back is None:
        yield from _checked(own.CHECKED, done.cleared, (*done.remains, *done.new), language)
        yield from _findings(own.REMAINS, done.remains, platform, details, language)
        yield from _findings(own.NEW, done.new, platform, details, language)
        yield from _by_hand(own.BY_HAND, told.plan.by_hand, platform, language)
    yield from sentences(own.KNOWN, done.remarks, language)
    ending = [own.RESTART_NOW] if told.plan.needs_restart and done.taken_back is None else []
    ending += [given(own.UNDO, id=done.checkpoint)] if done.checkpoint is not None else []
    if ending:
        yield BLANK
    yield from (line(say(each, language), indent=2, hang=2) for each in ending)


def _changes(told: RepairReport, room: int, language: Translator | None) -> Iterator[Line]:
    rows = repair_rows.changes(told, language)
    if rows:
        yield from heading(say(own.CHANGES, language))
        yield BLANK
        yield from grid(tuple(say(each, language) for each in repair_rows.columns(told)), rows, room, 2)


def _checked(
    title: Text, cleared: tuple[Finding, ...], left: tuple[Finding, ...], language: Translator | None
) -> Iterator[Line]:
    yield from heading(say(title, language))
    yield BLANK
    yield line(repair_rows.cleared(cleared, language), indent=2, hang=2)
    if not left:
        yield line(Span(say(own.NONE_LEFT, language), "strong"), indent=2, hang=2)


def _findings(
    title: Text, found: tuple[Finding, ...], platform: str | None, details: bool, language: Translator | None
) -> Iterator[Line]:
    if found:
        yield from heading(say(title, language))
    for each in found:
        yield BLANK
        yield from finding_lines(each, platform, details, language)


def _by_hand(title: Text, ways: tuple[Fix, ...], platform: str | None, language: Translator | None) -> Iterator[Line]:
    if ways:
        yield from heading(say(title, language))
    for number, fix in enumerate(ways, 1):
        yield BLANK
        yield from fix_lines(fix, number if len(ways) > 1 else None, platform, language)
