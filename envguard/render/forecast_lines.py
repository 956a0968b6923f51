"""What an install would do, as paragraphs for a terminal."""

from __future__ import annotations

from typing import TYPE_CHECKING

from envguard.model import Fix
from envguard.render import forecast_rows, outline, words
from envguard.render import forecast_words as own
from envguard.render.finding_lines import finding_lines
from envguard.render.grid import grid
from envguard.render.language import clean, colon, given, labelled, say
from envguard.render.lines import BLANK, Span, Wrap, command_lines, evidence_lines, footer, heading, line, sentences
from envguard.render.text import written

if TYPE_CHECKING:
    from collections.abc import Iterator

    from envguard.forecast_report import Alternative, Forecast, Remark
    from envguard.model import Finding
    from envguard.render.language import Translator
    from envguard.render.lines import Line


def forecast(
    told: Forecast, width: int = 80, color: bool = False, *, details: bool = False, language: Translator | None = None
) -> str:
    """The whole as text."""
    return written(lambda room: tuple(_lines(told, room, details, language)), width, color=color)


def _lines(told: Forecast, room: int, details: bool, language: Translator | None) -> Iterator[Line]:
    platform = told.environment.platform if told.environment else None
    yield from _headline(told, language)
    if told.remarks:
        yield from heading(say(own.SPEAKS_AGAINST, language))
        for remark in told.remarks:
            yield BLANK
            yield from _remark(remark, details, language)
    yield from _changes(told, room, details, language)
    yield from _findings(told.new_findings, platform, details, language)
    yield from _settled(told, language)
    if told.alternatives:
        yield from heading(say(own.BETTER, language))
        for number, way in enumerate(told.alternatives, 1):
            yield BLANK
            yield from _way(way, number, platform, language)
    yield from sentences(own.NOT_FORETOLD, told.unknown, language)
    yield from footer(told, language)


def _headline(told: Forecast, language: Translator | None) -> Iterator[Line]:
    mark = f"{own.SYMBOLS[told.outcome]} {say(own.OUTCOMES[told.outcome], language)}"
    yield line(
        Span(mark, own.STYLES[told.outcome]),
        "  ",
        Span(forecast_rows.name(told, language), "strong"),
        f"{colon(language)}{forecast_rows.command(told)}",
        hang=2,
    )
    if told.refusal is not None:
        yield line(say(told.refusal, language), indent=2, hang=2)
    yield line(
        Span(forecast_rows.counts(told, language), "strong"), f" · {say(own.DEPTHS[told.depth], language)}", indent=2
    )
    place = None
    if told.folder is not None:
        place = given(own.WOULD_GO, folder=told.folder)
    elif told.environment is not None:
        place = given(own.WOULD_CHANGE, prefix=told.environment.prefix)
    if place is not None:
        yield line(Span(say(place, language), "soft"), indent=2, wrap=Wrap.WIDE)


def _remark(remark: Remark, details: bool, language: Translator | None) -> Iterator[Line]:
    symbol, word = words.SEVERITY_SYMBOLS[remark.severity], say(words.SEVERITIES[remark.severity], language)
    yield line(
        Span(f"{symbol} {word}", remark.severity.value),
        Span(f"  {remark.concern.value}", "strong"),
        f"  {clean(remark.subject)}" if remark.subject else "",
        indent=2,
        hang=2,
    )
    yield line(say(remark.says, language), indent=4)
    shifted = evidence_lines(remark.evidence, details, language)
    yield from (line(*each.spans, indent=each.indent + 2, hang=each.hang, wrap=each.wrap) for each in shifted)


def _changes(told: Forecast, room: int, details: bool, language: Translator | None) -> Iterator[Line]:
    rows, new = forecast_rows.rows(told, language), forecast_rows.new(told, details=details, language=language)
    if rows or new:
        yield from heading(say(own.CHANGES, language))
    if rows:
        yield BLANK
        yield from grid(tuple(say(each, language) for each in own.COLUMNS), rows, room, 2)
    if new:
        yield BLANK
        yield line(new, indent=2, hang=2)
    if told.stale:
        yield BLANK
        yield line(say(given(own.STALE, names=told.stale), language), indent=2, hang=2)


def _findings(
    findings: tuple[Finding, ...], platform: str | None, details: bool, language: Translator | None
) -> Iterator[Line]:
    """In the words of the rules, which speak of what is so: hence as what somebody would say."""
    if not findings:
        return
    yield from heading(say(own.AFTERWARDS, language))
    yield line(Span(say(own.NOT_YET, language), "soft"), indent=2, hang=2)
    for finding in findings:
        yield BLANK
        yield from finding_lines(finding, platform, details, language, quoted=True)


def _settled(told: Forecast, language: Translator | None) -> Iterator[Line]:
    if told.cleared_findings:
        yield from heading(say(own.SETTLED, language))
        yield BLANK
    for finding in told.cleared_findings:
        title = f"{outline.code(finding)} {clean(finding.rule)}  {clean(finding.subject)}"
        yield line(Span("✓ ", "sound"), title, indent=2, hang=2)


def _way(way: Alternative, number: int, platform: str | None, language: Translator | None) -> Iterator[Line]:
    said = forecast_rows.tried(way, language)
    yield line(
        Span(labelled(given(own.WAY, n=number), language), "soft"),
        say(way.title, language),
        Span(f" · {said}", "soft"),
        indent=2,
        hang=2,
    )
    yield from command_lines(Fix(way.title, way.steps), platform, language)
