"""What an install would do, for a notebook and for a browser."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from envguard.model import Fix
from envguard.render import forecast_rows, outline, words
from envguard.render import forecast_words as own
from envguard.render.element import element, write
from envguard.render.finding_html import finding_html
from envguard.render.language import clean, given, say
from envguard.render.part_html import (
    document,
    fix_commands,
    folded_evidence,
    footer,
    fragment,
    heading,
    mark,
    sentences,
)
from envguard.render.sentence import coded, label, sentence
from envguard.render.table_html import table

if TYPE_CHECKING:
    from collections.abc import Iterator

    from envguard.forecast_report import Alternative, Forecast, Remark
    from envguard.render.element import Element
    from envguard.render.language import Translator


def forecast_html(told: Forecast, *, details: bool = False, language: Translator | None = None) -> str:
    """The whole as a fragment that brings its own style; `details` unfolds it."""
    return write(_section(told, details, language, level=2))


def forecast_page(
    told: Forecast, *, details: bool = False, language: Translator | None = None, lang: str | None = None
) -> str:
    """The whole as a document of its own."""
    return document(f"{_title(told, language)} · envguard", _section(told, details, language, level=1), lang)


def _title(told: Forecast, language: Translator | None) -> str:
    return say(given(own.ABOUT, name=forecast_rows.name(told, language)), language)


def _section(told: Forecast, details: bool, language: Translator | None, level: int) -> Element:
    platform = told.environment.platform if told.environment else None
    return fragment(
        _title(told, language),
        _headline(told, language, level),
        *_remarks(told.remarks, details, language, level + 1),
        *_changes(told, details, language, level + 1),
        *_findings(told, details, language, level + 1),
        *_settled(told, language, level + 1),
        *_ways(told.alternatives, platform, language, level + 1),
        *sentences(own.NOT_FORETOLD, told.unknown, language, level + 1),
        footer(told, language),
        language=language,
    )


def _headline(told: Forecast, language: Translator | None, level: int) -> Element:
    kind = own.STYLES[told.outcome]
    place = None
    if told.folder is not None:
        place = given(own.WOULD_GO, folder=told.folder)
    elif told.environment is not None:
        place = given(own.WOULD_CHANGE, prefix=told.environment.prefix)
    return element(
        "header",
        element(
            "div",
            mark(own.SYMBOLS[told.outcome], own.OUTCOMES[told.outcome], kind, language),
            " ",
            element("code", forecast_rows.command(told), class_="eg-name"),
            role="heading",
            aria_level=str(level),
            class_="eg-verdict",
        ),
        element("p", sentence(told.refusal, language), class_="eg-message") if told.refusal is not None else None,
        element(
            "p",
            element("strong", forecast_rows.counts(told, language)),
            element("span", f" · {say(own.DEPTHS[told.depth], language)}", class_="eg-soft"),
            class_="eg-meaning",
        ),
        element("p", sentence(place, language), class_="eg-soft") if place is not None else None,
        class_=f"eg-head eg-{kind}",
    )


def _remarks(remarks: tuple[Remark, ...], details: bool, language: Translator | None, level: int) -> Iterator[Element]:
    if not remarks:
        return
    yield heading(own.SPEAKS_AGAINST, language, level)
    for remark in remarks:
        severity = remark.severity
        yield element(
            "article",
            element(
                "div",
                mark(words.SEVERITY_SYMBOLS[severity], words.SEVERITIES[severity], severity.value, language),
                " ",
                element("code", remark.concern.value, class_="eg-soft eg-rule-id"),
                " ",
                element("bdi", clean(remark.subject), class_="eg-subject") if remark.subject else None,
                role="heading",
                aria_level=str(level + 1),
                class_="eg-rule",
            ),
            element("p", sentence(remark.says, language), class_="eg-message"),
            folded_evidence(remark.evidence, details, language) if remark.evidence else None,
            class_=f"eg-finding eg-{severity.value}",
        )


def _changes(told: Forecast, details: bool, language: Translator | None, level: int) -> Iterator[Element]:
    rows, new = forecast_rows.rows(told, language), forecast_rows.new(told, details=details, language=language)
    if rows or new:
        yield heading(own.CHANGES, language, level)
    if rows:
        yield table(own.COLUMNS, rows, language)
    if new:
        yield element("p", new, class_="eg-message")
    if told.stale:
        yield element("p", sentence(given(own.STALE, names=told.stale), language), class_="eg-message")


def _findings(told: Forecast, details: bool, language: Translator | None, level: int) -> Iterator[Element]:
    """What would be found; its ways out are for later, hence without details only what it is and what follows."""
    platform = told.environment.platform if told.environment else None
    if told.new_findings:
        yield heading(own.AFTERWARDS, language, level)
        yield element("p", sentence(own.NOT_YET, language), class_="eg-soft")
    for finding in told.new_findings:
        shown = finding if details else replace(finding, evidence=(), fixes=())
        yield finding_html(shown, platform, details, language, level + 1, quoted=True)


def _settled(told: Forecast, language: Translator | None, level: int) -> Iterator[Element]:
    if not told.cleared_findings:
        return
    yield heading(own.SETTLED, language, level)
    items = (
        element(
            "li",
            element("span", "✓ ", aria_hidden="true"),
            element("code", f"{outline.code(finding)} {clean(finding.rule)}", class_="eg-soft eg-rule-id"),
            " ",
            element("bdi", clean(finding.subject), class_="eg-subject"),
        )
        for finding in told.cleared_findings
    )
    yield element("ul", *items)


def _ways(
    ways: tuple[Alternative, ...], platform: str | None, language: Translator | None, level: int
) -> Iterator[Element]:
    if ways:
        yield heading(own.BETTER, language, level)
    for number, way in enumerate(ways, 1):
        said = forecast_rows.tried(way, language)
        yield element(
            "p",
            label(given(own.WAY, n=number), language),
            sentence(way.title, language),
            element("span", " · ", coded(said), class_="eg-soft"),
            class_="eg-fix",
        )
        yield from fix_commands(Fix(way.title, way.steps), platform, language)
