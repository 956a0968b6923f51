"""The report for an issue on GitHub or GitLab.

Names come from the environment under suspicion, so every one stands in a code span whose fence is longer than any run
of backticks in it: there no Markdown, no HTML, no @mention and no #reference works. Names hold no newline once cleaned.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from envguard.model import Severity, Text, Where
from envguard.render import events, outline, words
from envguard.render.commands import places
from envguard.render.excerpt import Rest, excerpt, listed
from envguard.render.language import clean, colon, filled, framed, given, looked_up, say, shown
from envguard.render.made import made_by

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from envguard.model import Argument, Finding, Fix, Report
    from envguard.render.language import Translator

_RUNS = re.compile(r"`+")
_MEANT_BY_MARKDOWN = re.compile(r"(\{\w+\})|[\\*_\[\]<>|~&#@]")


def markdown(report: Report, *, language: Translator | None = None) -> str:
    """The report in GitHub's Markdown; evidence and what could not be told are folded."""
    return "\n\n".join(_Teller(report, language).tell()) + "\n"


def span(said: str) -> str:
    """Foreign words as code."""
    if not said.strip():
        return f"` {said} `" if said else "` `"
    fence = "`" * (max(map(len, _RUNS.findall(said)), default=0) + 1)
    room = " " if said[0] in "` " or said[-1] in "` " else ""
    return f"{fence}{room}{said}{room}{fence}"


def block(rows: Iterable[str], kind: str = "") -> str:
    """Rows to copy, fenced more strongly than anything in them."""
    said = "\n".join(rows)
    fence = "`" * max(max(map(len, _RUNS.findall(said)), default=0) + 1, 3)
    return f"{fence}{kind}\n{said}\n{fence}"


class _Teller:
    """The report with the language that every part of the telling needs; each part is a block of Markdown."""

    def __init__(self, report: Report, language: Translator | None) -> None:
        self.report, self.language = report, language
        self.told: set[Fix] = set()

    def tell(self) -> Iterator[str]:
        report = self.report
        symbol, verdict = words.VERDICT_SYMBOLS[report.verdict], self.plain(words.VERDICTS[report.verdict])
        yield f"## {symbol} {verdict}: {span(clean(report.environment.name))}"
        found, checked = (count(report, self.language) for count in (outline.findings_count, outline.rules_count))
        meaning = self.plain(outline.meaning(report))
        summary = framed(words.SUMMARY, self.language, meaning=meaning, checked=checked)
        yield f"**{found}**{colon(self.language)}{summary}"
        yield self.items(self.facts())
        for finding in excerpt(outline.grave(report)):
            yield from self.finding(finding)
        slight = outline.slight(report)
        if slight:
            yield f"### {self.plain(words.ALSO)}"
        for finding in excerpt(slight):
            yield from self.finding(finding)
        if events.eventful(report.timeline):
            yield f"### {self.plain(words.TIMELINE)}"
            yield self.items(self.timeline())
        yield from self.rest()
        yield f"<sub>{self.text(made_by(report))}</sub>"

    def plain(self, text: Text) -> str:
        return _escaped(say(text, self.language))

    def text(self, text: Text) -> str:
        """A sentence: its arguments as code; where the template itself has a code span they become a part of it."""
        told = []
        for number, part in enumerate(looked_up(text, self.language).split("`")):
            if number % 2:
                told.append(span(filled(part, text, lambda value: shown(value, self.language))))
            else:
                told.append(filled(_escaped(part), text, self.argument))
        return "".join(told)

    def argument(self, value: Argument) -> str:
        if isinstance(value, int):
            return str(value)
        if isinstance(value, Text):
            return self.text(value)
        names = value if isinstance(value, tuple) else (value,)
        kept = names[:12]
        more = self.plain(given(words.AND_MORE, n=len(names) - len(kept)))
        return ", ".join(span(clean(name)) for name in kept) + (f" {more}" if len(kept) < len(names) else "")

    def items(self, items: Iterable[str]) -> str:
        return "\n".join(f"- {item}" for item in listed(items, self.plain))

    def folded(self, title: str, inside: str) -> str:
        return f"<details><summary>{title}</summary>\n\n{inside}\n\n</details>"

    def facts(self) -> Iterator[str]:
        report, environment = self.report, self.report.environment
        yield span(clean(environment.prefix))
        yield f"{self.plain(words.PHASES[report.phase])} · {outline.packages_count(report, self.language)}"
        python = environment.python_version
        traits = (
            self.text(given(words.PYTHON, version=python) if python else words.NO_PYTHON),
            *([span(clean(environment.platform))] if environment.platform else []),
            *map(self.plain, outline.traits(report)),
        )
        yield " · ".join(traits)
        if report.known:
            yield self.plain(given(words.KNOWN, n=report.known))
        restart = outline.restart(report, self.language)
        if restart:
            yield _escaped(restart)

    def finding(self, finding: Finding | Rest) -> Iterator[str]:
        if isinstance(finding, Rest):
            yield self.text(finding.text)
            return
        symbol, severity = words.SEVERITY_SYMBOLS[finding.severity], self.plain(words.SEVERITIES[finding.severity])
        certainty = words.CERTAINTIES[finding.certainty]
        likely = f" ({self.plain(certainty)})" if certainty else ""
        yield (
            f"#### {symbol} {severity}{likely}: {span(clean(finding.subject))}"
            f" ({outline.code(finding)} {span(clean(finding.rule))})"
        )
        yield self.text(finding.message)
        if finding.consequence is not None:
            yield f"**{self.plain(words.SO)}** {self.text(finding.consequence)}"
        for number, fix in enumerate(finding.fixes, 1):
            yield from self.fix(fix, number if len(finding.fixes) > 1 else None)
        if finding.evidence:
            title = self.plain(given(words.EVIDENCE_COUNT, n=len(finding.evidence)))
            items = (f"{self.text(each.says)} — {span(clean(each.source))}" for each in finding.evidence)
            yield self.folded(title, self.items(items))

    def fix(self, fix: Fix, number: int | None) -> Iterator[str]:
        label = words.FIX if number is None else given(words.FIX_OF_SEVERAL, n=number)
        above = fix in self.told
        self.told.add(fix)
        note = self.plain(words.AS_ABOVE) if above else _escaped(outline.cautions(fix, self.language))
        yield f"**{self.plain(label)}** {self.text(fix.title)} ({note})"
        if above:
            return
        groups = places(fix, self.report.environment.platform)
        for where, commands in groups:
            if len(groups) > 1 or where is not Where.TERMINAL:
                yield self.plain(words.PLACES[where])
            yield block(commands, "sh" if where is Where.TERMINAL else "python")

    def timeline(self) -> Iterator[str]:
        for each in events.compact(self.report.timeline):
            if isinstance(each, events.Gap):
                yield self.plain(given(words.MORE_EVENTS, n=each.n))
                continue
            told = events.brief(each, self.language)
            yield f"{span(events.date(each, self.language))} {span(clean(each.actor))} {span(told)}"

    def rest(self) -> Iterator[str]:
        report = self.report
        for failed in report.failed:
            yield f"**{words.SEVERITY_SYMBOLS[Severity.ERROR]} {self.plain(given(words.FAILED, n=1))}**: {span(failed.rule)}"
            yield block(clean(row, None) for row in failed.error.splitlines()[-40:])
        lists = (
            (
                given(words.SUPPRESSED, n=len(report.suppressed)),
                [
                    f"{span(clean(each.finding.rule))} {span(clean(each.finding.subject))}:"
                    f" {span(outline.because(each, self.language))}"
                    for each in report.suppressed
                ],
            ),
            (
                given(words.COULD_NOT_READ, n=len(report.problems)),
                [f"{span(clean(problem.source))}: {self.text(problem.reason)}" for problem in report.problems],
            ),
            (
                given(words.COULD_NOT_DECIDE, n=len(report.skipped)),
                [f"{span(clean(skipped.rule))}: {self.text(skipped.reason)}" for skipped in report.skipped],
            ),
        )
        for title, items in lists:
            if items:
                yield self.folded(self.plain(title), self.items(items))


def _escaped(said: str) -> str:
    """Words of ours in which Markdown would see something; their code spans are left."""
    return _MEANT_BY_MARKDOWN.sub(lambda match: match[1] or f"\\{match[0]}", said)
