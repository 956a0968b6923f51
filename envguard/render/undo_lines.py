"""What can be taken back, what that would do and what came of it, as paragraphs for a terminal."""

from __future__ import annotations

from typing import TYPE_CHECKING

from envguard.render import undo_rows, words
from envguard.render import undo_words as own
from envguard.render.grid import grid
from envguard.render.language import clean, given, say
from envguard.render.lines import BLANK, Span, Wrap, footer, heading, line, sentences
from envguard.render.text import written

if TYPE_CHECKING:
    from collections.abc import Iterator

    from envguard.render.language import Translator
    from envguard.render.lines import Line
    from envguard.undo_report import Checkpoint, Left, UndoList, UndoPlan, UndoReport

_SHOWN = 8


def undo(
    told: UndoReport, width: int = 80, color: bool = False, *, details: bool = False, language: Translator | None = None
) -> str:
    """What would be done, or what was, as text; `details` names every path."""
    return written(lambda room: tuple(_undo(told, room, details, language)), width, color=color)


def undo_list(told: UndoList, width: int = 80, color: bool = False, *, language: Translator | None = None) -> str:
    """What can be taken back, as text."""
    return written(lambda _room: tuple(_list(told, language)), width, color=color)


def _undo(told: UndoReport, room: int, details: bool, language: Translator | None) -> Iterator[Line]:
    kind, plan, done = undo_rows.kind(told), told.plan, told.done
    title = f"{undo_rows.SYMBOLS[kind]} {say(undo_rows.title(told), language)}"
    if plan.checkpoint is None:
        yield line(Span(title, undo_rows.STYLES[kind]), hang=2)
    else:
        said = undo_rows.command(plan.checkpoint, language)
        yield line(Span(title, undo_rows.STYLES[kind]), f"  {said}", hang=2)
        yield line(Span(_began(plan.checkpoint, language), "soft"), indent=2, hang=2)
    yield line(Span(say(given(own.WHERE, prefix=told.prefix), language), "soft"), indent=2, wrap=Wrap.WIDE)
    yield from sentences(own.WHY_NOT, undo_rows.refused(plan), language)
    if plan.also:
        yield from heading(say(own.WITH_IT, language))
        yield BLANK
        for each in plan.also:
            yield line("· ", undo_rows.command(each, language), indent=2, hang=2)
            yield line(Span(_began(each, language), "soft"), indent=4, hang=2)
    if done is None:
        if not plan.refused and plan.checkpoint is not None:
            yield from _changes(told, undo_rows.counts(plan, language), room, language)
            yield from _paths(plan) if details else ()
        yield from sentences(own.KNOWN, plan.remarks, language)
        yield from _left(plan.left, details, language)
    else:
        yield from _changes(told, undo_rows.counted(done, language), room, language)
        yield BLANK
        for said in undo_rows.proof(done.proof, language):
            yield line(said, indent=2, hang=2)
        yield from _left(done.left, details, language)
    yield from footer(told, language)


def _began(each: Checkpoint, language: Translator | None) -> str:
    return say(given(own.BEGAN, when=each.when, id=each.id), language)


def _changes(told: UndoReport, counts: str, room: int, language: Translator | None) -> Iterator[Line]:
    rows = undo_rows.changes(told.plan, language)
    yield from heading(say(own.CHANGES, language))
    if rows:
        yield BLANK
        yield from grid(tuple(say(each, language) for each in undo_rows.columns(told)), rows, room, 2)
    yield BLANK
    yield line(Span(counts, "strong"), indent=2, hang=2)


def _paths(plan: UndoPlan) -> Iterator[Line]:
    for sign, paths in (("- ", plan.removes), ("+ ", plan.restores)):
        yield from (line(sign, clean(path), indent=4, hang=2, wrap=Wrap.WIDE) for path in paths)


def _left(left: tuple[Left, ...], details: bool, language: Translator | None) -> Iterator[Line]:
    if not left:
        return
    yield from heading(say(own.LEFT, language))
    yield BLANK
    shown = left if details else left[:_SHOWN]
    for each in shown:
        yield line("· ", f"{clean(each.path)}: {say(each.reason, language)}", indent=2, hang=2)
    if len(shown) < len(left):
        yield line(say(given(words.AND_MORE, n=len(left) - len(shown)), language), indent=4)


def _list(told: UndoList, language: Translator | None) -> Iterator[Line]:
    yield line(Span(say(given(own.LIST, prefix=told.prefix), language), "strong"), wrap=Wrap.WIDE)
    if told.reason is not None:
        yield line("! ", say(told.reason, language), indent=2, hang=2)
    yield line(Span(say(own.ON if told.wanted else own.OFF, language), "soft"), indent=2, hang=2)
    if told.cleared:
        yield line(say(given(own.CLEARED, n=len(told.cleared)), language), indent=2, hang=2)
    yield BLANK
    for (name,), (command,), (changed,), (state,) in undo_rows.points(told, language):
        yield line(Span(name, "strong"), f"  {state}", indent=2, hang=2)
        yield line(command, indent=4, hang=2)
        yield line(Span(changed, "soft"), indent=4, hang=2)
    if not told.checkpoints:
        yield line(say(own.NOTHING, language), indent=2)
    for each in told.unfinished:
        yield BLANK
        yield line(say(given(own.OPEN, id=each), language), indent=2, hang=2)
    yield from footer(told, language)
