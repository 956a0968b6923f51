"""Why an error came about, for a notebook and for a browser."""

from __future__ import annotations

from typing import TYPE_CHECKING

from envguard.model import Certainty
from envguard.render import answer_words
from envguard.render.element import element, write
from envguard.render.language import clean, colon, given, say
from envguard.render.part_html import document, fixes, folded_evidence, footer, fragment
from envguard.render.sentence import label, sentence

if TYPE_CHECKING:
    from collections.abc import Iterator

    from envguard.model import Answer, Cause
    from envguard.render.element import Element
    from envguard.render.language import Translator


def answer_html(told: Answer, *, details: bool = False, language: Translator | None = None) -> str:
    """The answer as a fragment that brings its own style; `details` unfolds the evidence."""
    return write(_section(told, details, language, level=2))


def answer_page(
    told: Answer, *, details: bool = False, language: Translator | None = None, lang: str | None = None
) -> str:
    """The answer as a document of its own."""
    title = f"{clean(told.environment.name)}{colon(language)}{say(answer_words.WHY, language)} · envguard"
    return document(title, _section(told, details, language, level=1), lang)


def _section(told: Answer, details: bool, language: Translator | None, level: int) -> Element:
    parts = _told(told, details, language, level)
    return fragment(say(answer_words.WHY, language), *parts, language=language)


def _told(told: Answer, details: bool, language: Translator | None, level: int) -> Iterator[Element]:
    if not told.error:
        yield element("p", sentence(answer_words.NO_ERROR, language), class_="eg-message")
        return
    yield element(
        "header",
        element("div", element("code", clean(told.error)), role="heading", aria_level=str(level), class_="eg-verdict"),
        class_="eg-head eg-unknown" if not told.causes else "eg-head eg-broken",
    )
    if not told.causes:
        explained = given(answer_words.NOT_EXPLAINED, name=told.environment.name)
        yield element("p", sentence(explained, language), class_="eg-message")
    for number, cause in enumerate(told.causes, 1):
        yield _cause(cause, number if len(told.causes) > 1 else None, told, details, language, level + 1)
    if told.notes:
        yield element("ul", *(element("li", sentence(note, language)) for note in told.notes))
    for title, items in ((answer_words.LOOKED_AT, told.looked), (answer_words.WOULD_HELP, told.advice)):
        if items:
            yield element("p", sentence(title, language), class_="eg-soft")
            yield element("ul", *(element("li", sentence(each, language)) for each in items))
    yield footer(told, language)


def _cause(
    cause: Cause, number: int | None, told: Answer, details: bool, language: Translator | None, level: int
) -> Element:
    name = answer_words.CAUSE if number is None else given(answer_words.CAUSE_OF_SEVERAL, n=number)
    certain = cause.certainty is Certainty.CERTAIN
    return element(
        "article",
        element(
            "div",
            label(name, language),
            element("span", f"({say(answer_words.HOW_CERTAIN[cause.certainty], language)}) ", class_="eg-soft"),
            element("code", f"EG{cause.code} {clean(cause.rule)}", class_="eg-soft eg-rule-id"),
            " ",
            element("bdi", clean(cause.subject), class_="eg-subject"),
            role="heading",
            aria_level=str(level),
            class_="eg-rule",
        ),
        element("p", sentence(cause.message, language), class_="eg-message"),
        *fixes(cause.fixes, told.environment.platform, language),
        folded_evidence(cause.evidence, details, language) if cause.evidence else None,
        class_=f"eg-finding eg-{'error' if certain else 'warning'}",
    )
