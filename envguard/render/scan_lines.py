"""What a scan has found as paragraphs for a terminal: file by file, a finding with its place in two lines."""

from __future__ import annotations

from itertools import groupby
from typing import TYPE_CHECKING

from envguard.model import Severity, Text
from envguard.render import outline, words
from envguard.render.language import clean, given, say
from envguard.render.lines import BLANK, Span, Wrap, evidence_lines, line
from envguard.render.text import written

if TYPE_CHECKING:
    from collections.abc import Iterator

    from envguard.render.language import Translator
    from envguard.render.lines import Line
    from envguard.scan_report import Remark, ScanReport, Spot

_FILES = Text("{n} file read", {}, "{n} files read")
_NOTHING = Text("nothing found")
_HINTS = Text("{n} hint more; --details shows it", {}, "{n} hints more; --details shows them")
_FIXABLE = Text("--fix would put {n} of these right", {}, "--fix would put {n} of these right")
_FIXED = Text("put right: {place}")
_IN_CELL = Text("cell {cell}, line {line}")
_IN_OUTPUT = Text("cell {cell}")
_IN_FILE = Text("line {line}")
_IGNORED = Text("{n} finding is ignored in its cell", {}, "{n} findings are ignored in their cells")
_FAILED = Text("envguard itself failed: {error}")


def scan(
    told: ScanReport, width: int = 80, color: bool = False, *, details: bool = False, language: Translator | None = None
) -> str:
    """All of it; hints are counted, and shown with `details`."""
    return written(lambda _room: tuple(_scan(told, details, language)), width, color=color)


def place(spot: Spot, language: Translator | None = None) -> str:
    """Where in the file, for people."""
    if spot.cell is not None and spot.cell_line is not None:
        return say(given(_IN_CELL, cell=spot.cell, line=spot.cell_line), language)
    if spot.cell is not None:
        return say(given(_IN_OUTPUT, cell=spot.cell), language)
    return say(given(_IN_FILE, line=spot.line or 1), language)


def _scan(told: ScanReport, details: bool, language: Translator | None) -> Iterator[Line]:
    shown = [each for each in told.remarks if details or each.finding.severity is not Severity.INFO]
    for file, remarks in groupby(shown, key=lambda each: each.spot.file):
        yield line(Span(clean(file, None), "strong"), wrap=Wrap.WIDE)
        for each in remarks:
            yield from _remark(each, details, language)
        yield BLANK
    for spot in told.fixed:
        yield line(
            say(given(_FIXED, place=f"{clean(spot.file, None)}, {place(spot, language)}"), language), wrap=Wrap.WIDE
        )
    for problem in told.problems:
        yield line(f"{clean(problem.source, None)}: {say(problem.reason, language)}", wrap=Wrap.NEVER)
    for failed in told.failed:
        yield line(
            say(given(_FAILED, error=f"{failed.rule}: {failed.error.strip().splitlines()[-1]}"), language), hang=2
        )
    yield line(_sum(told, len(told.remarks) - len(shown), language), hang=2)
    if told.suppressed:
        yield line(say(given(_IGNORED, n=len(told.suppressed)), language))
        for apart in told.suppressed if details else ():
            head = f"{clean(apart.source, None)}: {outline.code(apart.finding)} {clean(apart.finding.rule)}: "
            yield line(head, Span(outline.because(apart, language), "soft"), indent=2, hang=2)
    if fixable := sum(each.fixable for each in told.remarks):
        yield line(say(given(_FIXABLE, n=fixable), language))


def _remark(each: Remark, details: bool, language: Translator | None) -> Iterator[Line]:
    finding = each.finding
    symbol, word = words.SEVERITY_SYMBOLS[finding.severity], say(words.SEVERITIES[finding.severity], language)
    yield line(
        f"{place(each.spot, language)}  ",
        Span(f"{symbol} {word}", finding.severity.value),
        Span(f"  {outline.code(finding)} {clean(finding.rule)}", "strong"),
        indent=2,
        hang=2,
    )
    yield line(say(finding.message, language), indent=4, hang=2)
    if details:
        if finding.consequence is not None:
            yield line(f"{say(words.SO, language)} {say(finding.consequence, language)}", indent=4, hang=4)
        for evidence in evidence_lines(finding.evidence, details, language):
            yield line(*evidence.spans, indent=evidence.indent + 2, hang=evidence.hang, wrap=evidence.wrap)


def _sum(told: ScanReport, hidden: int, language: Translator | None) -> str:
    parts = [say(given(_FILES, n=told.files), language)]
    for severity, count in words.SEVERITY_COUNTS.items():
        if severity is not Severity.INFO and told.count(severity):
            parts.append(say(given(count, n=told.count(severity)), language))
    if not (told.remarks or told.problems or told.failed):
        parts.append(say(_NOTHING, language))
    if hidden:
        parts.append(say(given(_HINTS, n=hidden), language))
    return " · ".join(parts)
