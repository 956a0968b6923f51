"""A report as paragraphs for a terminal, before anything is wrapped or coloured."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

from envguard.model import Severity
from envguard.render import events, outline, words
from envguard.render.cells import cut
from envguard.render.excerpt import Rest, excerpt
from envguard.render.language import LONGEST, bracketed, clean, colon, given, joined, labelled, say
from envguard.render.lines import BLANK, EVIDENCE_SHOWN, PROSE, Span, Wrap, command_lines, footer, heading, line
from envguard.value import value

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from envguard.model import Finding, Fix, Report
    from envguard.render.language import Translator
    from envguard.render.lines import Line

_OF_FILES = 600
"""From this code on rules judge cells, files and logs: what they find no repair of an environment clears."""
_REST_SHOWN = 8
"""How many entries each list at the end shows, unless details are asked for."""


def lines(report: Report, width: int, *, details: bool = False, language: Translator | None = None) -> tuple[Line, ...]:
    """The whole report: headline, what to do first, findings, and what could not be told."""
    return tuple(_Teller(report, width, details, language).tell())


@value
class _Teller:
    """The report with the choices that every part of the telling needs."""

    report: Report
    width: int
    details: bool
    language: Translator | None

    def tell(self) -> Iterator[Line]:
        yield from self.headline()
        first = outline.first(self.report)
        if first is not None:
            yield from self.do_first(first)
        grave, slight = outline.grave(self.report), outline.slight(self.report)
        if grave:
            yield from heading(say(words.FINDINGS, self.language))
        for finding in excerpt(grave):
            yield BLANK
            yield from self.finding(finding, first)
        if slight:
            yield from heading(say(words.ALSO, self.language))
            if not self.details:
                yield BLANK
            for finding in excerpt(slight):
                if self.details:
                    yield BLANK
                    yield from self.finding(finding, first)
                else:
                    yield from self.remark(finding)
        yield from self.rest()
        if events.eventful(self.report.timeline):
            yield from heading(say(words.TIMELINE, self.language))
            yield BLANK
            yield from self.timeline()
        yield from footer(self.report, self.language)
        yield from self.pointers(grave or slight)

    def headline(self) -> Iterator[Line]:
        report, environment = self.report, self.report.environment
        verdict = f"{words.VERDICT_SYMBOLS[report.verdict]} {say(words.VERDICTS[report.verdict], self.language)}"
        style = report.verdict.value
        yield line(
            Span(verdict, style),
            "  ",
            Span(clean(environment.name), "strong"),
            colon(self.language),
            say(outline.meaning(report), self.language),
            hang=2,
        )
        found, checked = outline.findings_count(report, self.language), outline.rules_count(report, self.language)
        yield line(Span(found, "strong"), f" · {checked}", indent=2)
        if report.known:
            yield line(say(given(words.KNOWN, n=report.known), self.language), indent=2)
        restart = outline.restart(report, self.language)
        if restart:
            yield line(restart, indent=2, hang=2)
        yield BLANK
        yield line(clean(environment.prefix), indent=2, wrap=Wrap.WIDE)
        python = environment.python_version
        contents = (say(words.PHASES[report.phase], self.language), outline.packages_count(report, self.language))
        yield line(Span(" · ".join(contents), "soft"), indent=2)
        traits = (
            say(given(words.PYTHON, version=python) if python else words.NO_PYTHON, self.language),
            *([clean(environment.platform)] if environment.platform else []),
            *(say(trait, self.language) for trait in outline.traits(report)),
        )
        yield line(Span(" · ".join(traits), "soft"), indent=2)

    def do_first(self, first: outline.First) -> Iterator[Line]:
        yield from heading(say(words.DO_FIRST, self.language))
        yield BLANK
        yield line(Span(say(first.fix.title, self.language), "strong"), indent=2)
        settles = given(words.SETTLES, code=outline.code(first.finding), subject=first.finding.subject)
        cautions = outline.cautions(first.fix, self.language)
        yield line(Span(f"{say(settles, self.language)} · {cautions}", "soft"), indent=2)
        yield from command_lines(first.fix, self.report.environment.platform, self.language)

    def finding(self, finding: Finding | Rest, first: outline.First | None) -> Iterator[Line]:
        if isinstance(finding, Rest):
            yield self.left_out(finding)
            return
        yield self.title(finding)
        yield line(say(finding.message, self.language), indent=2)
        if finding.consequence is not None:
            yield line(self.so(finding), indent=2, hang=4)
        yield from self.evidence(finding)
        for number, fix in enumerate(finding.fixes, 1):
            yield from self.fix(fix, number if len(finding.fixes) > 1 else None, first)

    def evidence(self, finding: Finding) -> Iterator[Line]:
        shown = finding.evidence if self.details else finding.evidence[:EVIDENCE_SHOWN]
        if not shown:
            return
        yield line(Span(say(words.EVIDENCE, self.language), "soft"), indent=2)
        told = tuple((f"- {say(each.says, self.language)}", clean(each.source)) for each in shown)
        beside = all(len(says) + len(source) + 8 <= self.width for says, source in told)
        for says, source in told:
            if beside:
                yield line(says, Span(f"  [{source}]", "soft"), indent=4, wrap=Wrap.WIDE)
            else:
                yield line(says, indent=4, hang=2)
                yield line(Span(source, "soft"), indent=6, wrap=Wrap.WIDE)
        if len(shown) < len(finding.evidence):
            yield self.more(len(finding.evidence) - len(shown), indent=4)

    def fix(self, fix: Fix, number: int | None, first: outline.First | None) -> Iterator[Line]:
        label = words.FIX if number is None else given(words.FIX_OF_SEVERAL, n=number)
        named = Span(labelled(label, self.language), "soft")
        if first is not None and fix == first.fix:
            yield line(named, say(words.SEE_FIRST, self.language), indent=2, hang=2)
            return
        note = Span(f" · {outline.cautions(fix, self.language)}", "soft")
        yield line(named, say(fix.title, self.language), note, indent=2, hang=2)
        yield from command_lines(fix, self.report.environment.platform, self.language)

    def title(self, finding: Finding) -> Line:
        symbol = words.SEVERITY_SYMBOLS[finding.severity]
        certainty = words.CERTAINTIES[finding.certainty]
        likely = bracketed(say(certainty, self.language), self.language) if certainty else ""
        return line(
            Span(f"{symbol} {say(words.SEVERITIES[finding.severity], self.language)}", finding.severity.value),
            likely,
            Span(f"  {outline.code(finding)} {clean(finding.rule)}", "strong"),
            f"  {clean(finding.subject)}",
            hang=2,
        )

    def remark(self, finding: Finding | Rest) -> Iterator[Line]:
        if isinstance(finding, Rest):
            yield self.left_out(finding)
            return
        said, subject = say(finding.message, self.language), clean(finding.subject)
        yield line(
            Span(
                f"{words.SEVERITY_SYMBOLS[Severity.INFO]} {say(words.SEVERITIES[Severity.INFO], self.language)}", "info"
            ),
            Span(f"  {outline.code(finding)}", "strong"),
            f"  {said if subject in said else f'{subject}{colon(self.language)}{said}'}",
            hang=2,
        )
        if finding.consequence is not None:
            yield line(self.so(finding), indent=2, hang=4)

    def left_out(self, rest: Rest) -> Line:
        return line(Span(say(rest.text, self.language), "soft"), hang=2)

    def so(self, finding: Finding) -> str:
        if finding.consequence is None:
            return ""
        return f"{labelled(words.SO, self.language)}{say(finding.consequence, self.language)}"

    def rest(self) -> Iterator[Line]:
        report = self.report
        if report.suppressed:
            yield from heading(say(given(words.SUPPRESSED, n=len(report.suppressed)), self.language))
            yield from self.entries(
                line(
                    Span(f"{outline.code(each.finding)} {clean(each.finding.rule)}", "strong"),
                    f"  {clean(each.finding.subject)}{colon(self.language)}",
                    Span(outline.because(each, self.language), "soft"),
                    indent=2,
                    hang=2,
                )
                for each in report.suppressed
            )
        if report.failed:
            yield from heading(say(given(words.FAILED, n=len(report.failed)), self.language))
            yield from self.entries(
                line(
                    Span(f"✗ {clean(failed.rule)}", "error"),
                    f"{colon(self.language)}{clean(outline.last_line(failed.error))}",
                    indent=2,
                    hang=2,
                )
                for failed in report.failed
            )
        if report.problems:
            yield from heading(say(given(words.COULD_NOT_READ, n=len(report.problems)), self.language))
            yield from self.entries(
                line(
                    clean(problem.source),
                    Span(f"{colon(self.language)}{say(problem.reason, self.language)}", "soft"),
                    indent=2,
                    hang=2,
                )
                for problem in report.problems
            )
        if report.skipped:
            yield from heading(say(given(words.COULD_NOT_DECIDE, n=len(report.skipped)), self.language))
            yield from self.entries(
                line(self.names(rules), Span(f"{colon(self.language)}{reason}", "soft"), indent=2, hang=2)
                for reason, rules in outline.skipped_by_reason(report, self.language)
            )

    def timeline(self) -> Iterator[Line]:
        """A line for each event that matters; cut, since `envguard history` tells it whole."""
        for each in events.compact(self.report.timeline):
            if isinstance(each, events.Gap):
                yield line(Span(say(given(words.MORE_EVENTS, n=each.n), self.language), "soft"), indent=20)
                continue
            when = f"{events.date(each, self.language)[:16]:<16}  "
            said = cut(f"{clean(each.actor, 8):<5} {events.brief(each, self.language)}", min(self.width, PROSE) - 20)
            style = words.MARK_STYLES[each.mark] if each.mark else ""
            yield line(Span(when, "soft"), Span(said, style), indent=2, wrap=Wrap.NEVER)

    def names(self, rules: tuple[str, ...]) -> str:
        return joined(rules, self.language, longest=sys.maxsize if self.details else LONGEST)

    def entries(self, every: Iterator[Line]) -> Iterator[Line]:
        entries = tuple(every)
        shown = entries if self.details else entries[:_REST_SHOWN]
        yield BLANK
        yield from shown
        if len(shown) < len(entries):
            yield self.more(len(entries) - len(shown), indent=2)

    def more(self, n: int, indent: int) -> Line:
        return line(Span(say(given(words.AND_MORE, n=n), self.language), "soft"), indent=indent)

    def pointers(self, findings: Sequence[Finding]) -> Iterator[Line]:
        if findings:
            explain = given(words.EXPLAIN, code=outline.code(findings[0]))
            yield line(Span(say(explain, self.language), "soft"))
        if any(fix.steps for each in outline.grave(self.report) if each.code < _OF_FILES for fix in each.fixes):
            yield line(Span(say(words.PLAN, self.language), "soft"))
        if events.eventful(self.report.timeline):
            yield line(Span(say(words.ALL_OF_IT, self.language), "soft"))
