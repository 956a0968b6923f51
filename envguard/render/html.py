"""The report for a notebook and for a browser: one fragment with its own style sheet and no script.

Readable without the style sheet too (GitHub strips it, browsers before 2024 know only half of it), and without colours: each severity and
the verdict is a word and a symbol. Headings are given by role, not by tag: JupyterLab would list tags in the
notebook's table of contents.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from envguard.render import events, outline, words
from envguard.render.element import element, write
from envguard.render.excerpt import Rest, excerpt, listed
from envguard.render.language import bracketed, clean, colon, comma, given, say
from envguard.render.part_html import document, fix_commands, folded_evidence, footer, fragment, mark, so
from envguard.render.sentence import coded, label, sentence
from envguard.value import value

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from envguard.model import Event, Finding, Fix, Report, Text
    from envguard.render.element import Element, Node
    from envguard.render.language import Translator


def html(
    report: Report,
    *,
    details: bool = False,
    language: Translator | None = None,
    shown: tuple[Finding, ...] | None = None,
) -> str:
    """The report as a fragment that brings its own style, for the output of a notebook cell; `details` unfolds it.

    The headline tells of the whole, and of the findings only those in `shown` are told, by default all.
    """
    return write(_Teller(report, details, language, 2, report.findings if shown is None else shown).tell())


def page(report: Report, *, details: bool = False, language: Translator | None = None, lang: str | None = None) -> str:
    """The report as a document of its own; `lang` names the language that the translator speaks."""
    name = clean(report.environment.name)
    title = f"{name}{colon(language)}{say(words.VERDICTS[report.verdict], language)} · envguard"
    return document(title, _Teller(report, details, language, 1, report.findings).tell(), lang)


@value
class _Teller:
    """The report with what every part of the telling needs; `level` is that of its first heading."""

    report: Report
    details: bool
    language: Translator | None
    level: int
    shown: tuple[Finding, ...]

    def say(self, text: Text) -> str:
        return say(text, self.language)

    def sentence(self, text: Text) -> Node:
        return sentence(text, self.language)

    def tell(self) -> Element:
        first = outline.first(self.report)
        left = len(self.report.findings) - len(self.shown)
        here = {id(each) for each in self.shown}  # compared by value, thousands would take their time
        grave = tuple(each for each in outline.grave(self.report) if id(each) in here)
        slight = tuple(each for each in outline.slight(self.report) if id(each) in here)
        return fragment(
            self.say(given(words.REPORT_ON, name=self.report.environment.name)),
            self.headline(),
            self.do_first(first) if first else None,
            element("p", self.say(given(words.SIFTED, n=left)), class_="eg-soft") if left else None,
            self.part(words.FINDINGS, (self.finding(finding, first) for finding in excerpt(grave))),
            self.part(words.ALSO, (self.remark(finding, first) for finding in excerpt(slight))),
            *self.rest(),
            self.timeline() if events.eventful(self.report.timeline) else None,
            footer(self.report, self.language),
            language=self.language,
        )

    def heading(self, *children: Node | None, below: int, class_: str) -> Element:
        return element("div", *children, role="heading", aria_level=str(self.level + below), class_=class_)

    def mark(self, symbol: str, word: Text, kind: str) -> Element:
        return mark(symbol, word, kind, self.language)

    def headline(self) -> Element:
        report, environment = self.report, self.report.environment
        verdict = report.verdict
        python = environment.python_version
        contents = (self.say(words.PHASES[report.phase]), outline.packages_count(report, self.language))
        traits = (
            self.say(given(words.PYTHON, version=python) if python else words.NO_PYTHON),
            *([clean(environment.platform)] if environment.platform else []),
            *map(self.say, outline.traits(report)),
        )
        return element(
            "header",
            self.heading(
                self.mark(words.VERDICT_SYMBOLS[verdict], words.VERDICTS[verdict], verdict.value),
                " ",
                element("span", clean(environment.name), class_="eg-name"),
                below=0,
                class_="eg-verdict",
            ),
            element(
                "p",
                element("strong", outline.findings_count(report, self.language)),
                colon(self.language),
                self.say(outline.meaning(self.report)),
                element("span", f" · {outline.rules_count(report, self.language)}", class_="eg-soft"),
                class_="eg-meaning",
            ),
            element("p", self.say(given(words.KNOWN, n=report.known)), class_="eg-soft") if report.known else None,
            element("p", coded(restart)) if (restart := outline.restart(report, self.language)) else None,
            element("p", element("code", clean(environment.prefix)), class_="eg-soft"),
            element("p", " · ".join(contents), class_="eg-soft"),
            element("p", " · ".join(traits), class_="eg-soft"),
            class_=f"eg-head eg-{verdict.value}",
        )

    def do_first(self, first: outline.First) -> Element:
        settles = given(words.SETTLES, code=outline.code(first.finding), subject=first.finding.subject)
        return element(
            "section",
            self.heading(self.say(words.DO_FIRST), below=1, class_="eg-title"),
            element("p", self.sentence(first.fix.title), class_="eg-fix"),
            element("p", f"{self.say(settles)} · {outline.cautions(first.fix, self.language)}", class_="eg-soft"),
            *self.commands(first.fix),
            class_="eg-first",
            aria_label=self.say(words.DO_FIRST),
        )

    def part(self, title: Text, told: Iterator[Element]) -> Element | None:
        children = tuple(told)
        if not children:
            return None
        heading = self.heading(self.say(title), below=1, class_="eg-title")
        return element("section", heading, *children, aria_label=self.say(title))

    def finding(self, finding: Finding | Rest, first: outline.First | None) -> Element:
        if isinstance(finding, Rest):
            return self.left_out(finding)
        return element(
            "article",
            self.heading(*self.title(finding), below=2, class_="eg-rule"),
            element("p", self.sentence(finding.message), class_="eg-message"),
            *self.body(finding, first),
            class_=f"eg-finding eg-{finding.severity.value}",
        )

    def remark(self, finding: Finding | Rest, first: outline.First | None) -> Element:
        if isinstance(finding, Rest):
            return self.left_out(finding)
        *title, named = self.title(finding)
        told = clean(finding.subject) in self.say(finding.message)
        summary = element("summary", *title, *(() if told else (named, ": ")), self.sentence(finding.message))
        return self.folded(summary, *self.body(finding, first), class_="eg-finding eg-info")

    def left_out(self, rest: Rest) -> Element:
        return element("p", self.sentence(rest.text), class_="eg-soft")

    def folded(self, summary: Element, *inside: Element, class_: str) -> Element:
        folded = element("details", summary, *inside, class_=class_)
        return folded.having("open", "") if self.details else folded

    def title(self, finding: Finding) -> tuple[Node, ...]:
        severity, certainty = finding.severity, words.CERTAINTIES[finding.certainty]
        return (
            self.mark(words.SEVERITY_SYMBOLS[severity], words.SEVERITIES[severity], severity.value),
            f"{bracketed(self.say(certainty), self.language)} " if certainty else " ",
            element("code", f"{outline.code(finding)} {clean(finding.rule)}", class_="eg-soft eg-rule-id"),
            " ",
            element("bdi", clean(finding.subject), class_="eg-subject"),
        )

    def body(self, finding: Finding, first: outline.First | None) -> Iterator[Element]:
        if finding.consequence is not None:
            yield so(finding.consequence, self.language)
        for number, fix in enumerate(finding.fixes, 1):
            yield from self.fix(fix, number if len(finding.fixes) > 1 else None, first)
        if finding.evidence:
            yield folded_evidence(finding.evidence, self.details, self.language)

    def fix(self, fix: Fix, number: int | None, first: outline.First | None) -> Iterator[Element]:
        name = words.FIX if number is None else given(words.FIX_OF_SEVERAL, n=number)
        if first is not None and fix == first.fix:
            yield element("p", label(name, self.language), self.say(words.SEE_FIRST), class_="eg-fix")
            return
        yield element(
            "p",
            label(name, self.language),
            self.sentence(fix.title),
            element("span", f" · {outline.cautions(fix, self.language)}", class_="eg-soft"),
            class_="eg-fix",
        )
        yield from self.commands(fix)

    def commands(self, fix: Fix) -> Iterator[Element]:
        return fix_commands(fix, self.report.environment.platform, self.language)

    def rest(self) -> Iterator[Element]:
        report = self.report
        if report.failed:
            title = given(words.FAILED, n=len(report.failed))
            yield element(
                "section",
                self.heading(self.mark("✗", title, "error"), below=1, class_="eg-title"),
                self.entries((failed.rule, clean(outline.last_line(failed.error))) for failed in report.failed),
                aria_label=self.say(title),
            )
        if report.suppressed:
            title = given(words.SUPPRESSED, n=len(report.suppressed))
            entries: Iterable[tuple[str, Node]] = (
                (
                    f"{outline.code(each.finding)} {clean(each.finding.rule)} {clean(each.finding.subject)}",
                    outline.because(each, self.language),
                )
                for each in report.suppressed
            )
            yield self.folded(element("summary", self.say(title)), self.entries(entries), class_="eg-rest")
        if report.problems:
            title = given(words.COULD_NOT_READ, n=len(report.problems))
            entries = ((clean(problem.source), self.sentence(problem.reason)) for problem in report.problems)
            yield self.folded(element("summary", self.say(title)), self.entries(entries), class_="eg-rest")
        if report.skipped:
            title = given(words.COULD_NOT_DECIDE, n=len(report.skipped))
            groups = outline.skipped_by_reason(report, self.language)
            entries = ((comma(self.language).join(map(clean, rules)), coded(reason)) for reason, rules in groups)
            yield self.folded(element("summary", self.say(title)), self.entries(entries), class_="eg-rest")

    def timeline(self) -> Element:
        """A line for each event that matters."""
        title = self.say(words.TIMELINE)
        return element(
            "section",
            self.heading(title, below=1, class_="eg-title"),
            element("ol", *map(self.event, events.compact(self.report.timeline)), class_="eg-story"),
            aria_label=title,
        )

    def event(self, event: Event | events.Gap) -> Element:
        if isinstance(event, events.Gap):
            return element("li", self.say(given(words.MORE_EVENTS, n=event.n)), class_="eg-soft")
        when = element("span", events.date(event, self.language), class_="eg-when")
        kind = f"eg-event eg-{event.mark.value}" if event.mark else "eg-event"
        actor = element("strong", clean(event.actor, 12))
        return element("li", when, " ", actor, " ", events.brief(event, self.language), class_=kind)

    def entries(self, entries: Iterable[tuple[str, Node]]) -> Element:
        return self.listed(element("li", element("code", what), colon(self.language), why) for what, why in entries)

    def listed(self, items: Iterable[Element]) -> Element:
        return element("ul", *listed(items, lambda more: element("li", self.say(more), class_="eg-soft")))
