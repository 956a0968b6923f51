"""What a report tells together, for the text and the HTML alike. Nothing here judges; it picks and groups."""

from __future__ import annotations

from typing import TYPE_CHECKING

from envguard.model import Severity
from envguard.render import words
from envguard.render.language import clauses, clean, comma, given, say, semicolon
from envguard.value import value

if TYPE_CHECKING:
    from envguard.model import Finding, Fix, Report, Suppressed, Text
    from envguard.render.language import Translator


REASONS_SHOWN = 3
"""How many reasons for a restart the headline gives; each is a finding, too."""


@value
class First:
    """What to do first: a fix, and the finding it belongs to."""

    finding: Finding
    fix: Fix


def first(report: Report) -> First | None:
    """The first fix of the first error or warning that has one."""
    for finding in grave(report):
        for fix in finding.fixes:
            return First(finding, fix)
    return None


def grave(report: Report) -> tuple[Finding, ...]:
    """Errors and warnings, in the order of the report."""
    return tuple(finding for finding in report.findings if finding.severity is not Severity.INFO)


def slight(report: Report) -> tuple[Finding, ...]:
    """Information, in the order of the report."""
    return tuple(finding for finding in report.findings if finding.severity is Severity.INFO)


def code(finding: Finding) -> str:
    """The number of a rule as people write it."""
    return f"EG{finding.code}"


def meaning(report: Report) -> Text:
    """What the verdict says about the environment."""
    return words.LOG_READ if report.of_log else words.MEANINGS[report.verdict]


def findings_count(report: Report, language: Translator | None) -> str:
    """How many of each severity, the zeros left out."""
    counts = ((words.SEVERITY_COUNTS[severity], report.count(severity)) for severity in Severity)
    told = tuple(say(given(text, n=n), language) for text, n in counts if n)
    return comma(language).join(told) or say(
        words.NO_FINDINGS if report.known is None else words.NO_NEW_FINDINGS, language
    )


def rules_count(report: Report, language: Translator | None) -> str:
    """How many rules were checked, and how many could not be."""
    told = [say(given(words.CHECKED, n=report.checked), language)]
    rest = ((words.UNDECIDED, len(report.skipped)), (words.CRASHED, len(report.failed)))
    return clauses(told + [say(given(text, n=n), language) for text, n in rest if n], language)


def packages_count(report: Report, language: Translator | None) -> str:
    """How many packages each of the two books holds."""
    environment = report.environment
    counts = ((words.FROM_CONDA, environment.conda_packages), (words.FROM_PIP, environment.pip_distributions))
    return comma(language).join(say(given(text, n=n), language) for text, n in counts)


def traits(report: Report) -> tuple[Text, ...]:
    """What else the headline says of the environment."""
    environment = report.environment
    base = (words.BASE,) if environment.base else ()
    return base if environment.writable else (*base, words.READ_ONLY)


def cautions(fix: Fix, language: Translator | None) -> str:
    """How careful to be with a fix, and whether the kernel must be restarted."""
    told = [words.SAFETIES[fix.safety], *([words.RESTART] if fix.restart else [])]
    return semicolon(language).join(say(text, language) for text in told)


def restart(report: Report, language: Translator | None) -> str | None:
    """Whether the kernel must be restarted, and why; None where that is not in question."""
    if report.restart is None:
        return None
    reasons = tuple(say(text, language) for text in report.restart.says)
    rest = len(reasons) - REASONS_SHOWN
    more = (say(given(words.AND_MORE, n=rest), language),) if rest > 0 else ()
    return say(
        given(
            words.RESTARTS[report.restart.needed], reasons=semicolon(language).join((*reasons[:REASONS_SHOWN], *more))
        ),
        language,
    )


def skipped_by_reason(report: Report, language: Translator | None) -> tuple[tuple[str, tuple[str, ...]], ...]:
    """The reasons why rules could not decide, each with its rules."""
    groups: dict[str, list[str]] = {}
    for skipped in report.skipped:
        groups.setdefault(say(skipped.reason, language), []).append(skipped.rule)
    return tuple((reason, tuple(rules)) for reason, rules in groups.items())


def because(suppressed: Suppressed, language: Translator | None) -> str:
    """Why a finding was accepted, and how long."""
    until = say(given(words.UNTIL, date=suppressed.until), language) if suppressed.until else None
    return " · ".join(filter(None, (clean(suppressed.reason), until)))


def last_line(traceback: str) -> str:
    """The line of a traceback that names the error."""
    lines = traceback.strip().splitlines()
    return lines[-1] if lines else ""
