"""A finding as paragraphs for a terminal, for what is no report but tells findings, too."""

from __future__ import annotations

from typing import TYPE_CHECKING

from envguard.render import outline, words
from envguard.render.language import clean, framed, labelled, say
from envguard.render.lines import Span, evidence_lines, fixes_lines, line

if TYPE_CHECKING:
    from collections.abc import Iterator

    from envguard.model import Finding
    from envguard.render.language import Translator
    from envguard.render.lines import Line


def finding_lines(
    finding: Finding, platform: str | None, details: bool, language: Translator | None, *, quoted: bool = False
) -> Iterator[Line]:
    """Its title and its message; with `details` its evidence and the ways out, too; `quoted` where it is not so yet."""
    symbol, word = words.SEVERITY_SYMBOLS[finding.severity], say(words.SEVERITIES[finding.severity], language)
    yield line(
        Span(f"{symbol} {word}", finding.severity.value),
        Span(f"  {outline.code(finding)} {clean(finding.rule)}", "strong"),
        f"  {clean(finding.subject)}",
        indent=2,
        hang=2,
    )
    said = say(finding.message, language)
    yield line(framed(words.QUOTED, language, says=said) if quoted else said, indent=4)
    if not details:
        return
    if finding.consequence is not None:
        yield line(f"{labelled(words.SO, language)}{say(finding.consequence, language)}", indent=4, hang=4)
    evidence, fixes = finding.evidence, finding.fixes
    shifted = (*evidence_lines(evidence, details, language), *fixes_lines(fixes, platform, language))
    yield from (line(*each.spans, indent=each.indent + 2, hang=each.hang, wrap=each.wrap) for each in shifted)
