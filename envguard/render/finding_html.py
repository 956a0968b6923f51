"""A finding, and the heading over several, for a notebook and a browser; for what is no report but tells findings, too."""

from __future__ import annotations

from typing import TYPE_CHECKING

from envguard.render import outline, words
from envguard.render.answer_html import fix_parts, folded_evidence
from envguard.render.element import element
from envguard.render.language import clean, given, say
from envguard.render.sentence import label, sentence

if TYPE_CHECKING:
    from collections.abc import Iterator

    from envguard.model import Finding, Fix, Text
    from envguard.render.element import Element
    from envguard.render.language import Translator


def mark(symbol: str, word: Text, kind: str, language: Translator | None) -> Element:
    """A word with the symbol that repeats it."""
    hidden = element("span", symbol, aria_hidden="true", class_="eg-symbol")
    return element("strong", hidden, " ", say(word, language), class_=f"eg-mark eg-{kind}")


def heading(title: Text, language: Translator | None, level: int) -> Element:
    """What a part is about."""
    return element("div", say(title, language), role="heading", aria_level=str(level), class_="eg-title")


def so(consequence: Text, language: Translator | None) -> Element:
    """What follows."""
    return element("p", label(words.SO, language), sentence(consequence, language), class_="eg-so")


def fixes(ways: tuple[Fix, ...], platform: str | None, language: Translator | None) -> Iterator[Element]:
    """The ways out."""
    for number, fix in enumerate(ways, 1):
        yield from fix_parts(fix, number if len(ways) > 1 else None, platform, language)


def finding_html(
    finding: Finding,
    platform: str | None,
    details: bool,
    language: Translator | None,
    level: int,
    *,
    quoted: bool = False,
) -> Element:
    """The whole finding; `quoted` where it is not so yet."""
    severity = finding.severity
    said = given(words.QUOTED, says=finding.message) if quoted else finding.message
    return element(
        "article",
        element(
            "div",
            mark(words.SEVERITY_SYMBOLS[severity], words.SEVERITIES[severity], severity.value, language),
            " ",
            element("code", f"{outline.code(finding)} {clean(finding.rule)}", class_="eg-soft eg-rule-id"),
            " ",
            element("bdi", clean(finding.subject), class_="eg-subject"),
            role="heading",
            aria_level=str(level),
            class_="eg-rule",
        ),
        element("p", sentence(said, language), class_="eg-message"),
        so(finding.consequence, language) if finding.consequence is not None else None,
        *fixes(finding.fixes, platform, language),
        folded_evidence(finding.evidence, details, language) if finding.evidence else None,
        class_=f"eg-finding eg-{severity.value}",
    )
