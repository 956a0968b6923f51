"""Why an error came about, as paragraphs for a terminal."""

from __future__ import annotations

from typing import TYPE_CHECKING

from envguard.render import answer_words
from envguard.render.language import bracketed, clean, given, say
from envguard.render.lines import BLANK, Span, evidence_lines, fixes_lines, line
from envguard.render.text import written

if TYPE_CHECKING:
    from collections.abc import Iterator

    from envguard.model import Answer, Cause
    from envguard.render.language import Translator
    from envguard.render.lines import Line


def answer(
    told: Answer, width: int, color: bool = False, *, details: bool = False, language: Translator | None = None
) -> str:
    """The answer as text."""
    return written(lambda _room: tuple(_lines(told, details, language)), width, color=color)


def _lines(told: Answer, details: bool, language: Translator | None) -> Iterator[Line]:
    if not told.error:
        yield line(say(answer_words.NO_ERROR, language))
        return
    yield line(Span(clean(told.error), "strong"), hang=2)
    if not told.causes:
        yield BLANK
        name = told.environment.name
        yield line(Span("? ", "unknown"), say(given(answer_words.NOT_EXPLAINED, name=name), language), hang=2)
    for number, cause in enumerate(told.causes, 1):
        yield BLANK
        yield from _cause(cause, number if len(told.causes) > 1 else None, told, details, language)
    if told.notes:
        yield BLANK
        for note in told.notes:
            yield line("· ", say(note, language), hang=2)
    if told.looked:
        yield BLANK
        yield line(Span(say(answer_words.LOOKED_AT, language), "soft"))
        yield from (line("- ", say(each, language), indent=2, hang=2) for each in told.looked)
        yield line(Span(say(answer_words.WOULD_HELP, language), "soft"))
        yield from (line("- ", say(each, language), indent=2, hang=2) for each in told.advice)
    if told.causes:
        yield BLANK
        yield line(Span(say(given(answer_words.EXPLAIN, code=f"EG{told.causes[0].code}"), language), "soft"))


def _cause(
    cause: Cause, number: int | None, told: Answer, details: bool, language: Translator | None
) -> Iterator[Line]:
    label = answer_words.CAUSE if number is None else given(answer_words.CAUSE_OF_SEVERAL, n=number)
    certainty = say(answer_words.HOW_CERTAIN[cause.certainty], language)
    yield line(
        Span(say(label, language), "strong"),
        Span(bracketed(certainty, language), "soft"),
        Span(f"  EG{cause.code} {clean(cause.rule)}", "strong"),
        f"  {clean(cause.subject)}",
        hang=2,
    )
    yield line(say(cause.message, language), indent=2)
    yield from evidence_lines(cause.evidence, details, language)
    yield from fixes_lines(cause.fixes, told.environment.platform, language)
