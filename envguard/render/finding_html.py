"""A finding for a notebook and a browser, for what is no report but tells findings, too."""

from __future__ import annotations

from typing import TYPE_CHECKING

from envguard.render import outline, words
from envguard.render.element import element
from envguard.render.language import clean, given
from envguard.render.part_html import fixes, folded_evidence, mark, so
from envguard.render.sentence import sentence

if TYPE_CHECKING:
    from envguard.model import Finding
    from envguard.render.element import Element
    from envguard.render.language import Translator


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
