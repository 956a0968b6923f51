"""Takes out of a report what a project accepts, keeping count and reason of each."""

from __future__ import annotations

import dataclasses
import datetime
from typing import TYPE_CHECKING

from envguard.analyse import verdict
from envguard.forecast_report import Concern
from envguard.model import Problem, Suppressed, Verdict, text

if TYPE_CHECKING:
    from collections.abc import Callable

    from envguard.model import Finding, Report
    from envguard.rules.rule import Rule
    from envguard.settings import Configuration

_CONCERNS = tuple(concern.value for concern in Concern)


def checked(configuration: Configuration, rules: tuple[Rule, ...]) -> Configuration:
    """The configuration without what names no rule, which becomes a problem; suppressions name rules by their ids.

    What names a concern about installs is no problem: a report has nothing to do with it.
    """
    problems = list(configuration.problems)

    def known(selector: str) -> str | None:
        return next((rule.id for rule in rules if rule.named(selector)), None)

    def selectors(key: str, names: tuple[str, ...]) -> tuple[str, ...]:
        spared = _CONCERNS if key == "ignore" else ()
        problems.extend(
            _problem(configuration, key, name) for name in names if known(name) is None and name not in spared
        )
        return tuple(name for name in names if known(name) is not None)

    suppressions = []
    for each in configuration.suppressions:
        rule = known(each.rule)
        if rule is None and each.rule in _CONCERNS:
            continue
        if rule is None:
            problems.append(_problem(configuration, "suppress", each.rule))
        else:
            suppressions.append(dataclasses.replace(each, rule=rule))
    return dataclasses.replace(
        configuration,
        select=selectors("select", configuration.select),
        ignore=selectors("ignore", configuration.ignore),
        suppressions=tuple(suppressions),
        problems=tuple(problems),
    )


def suppress(report: Report, configuration: Configuration, today: datetime.date | None = None) -> Report:
    """The report with accepted findings set apart; the verdict is that on the others. What has expired holds no more."""
    day = today or datetime.datetime.now().astimezone().date()
    valid = tuple(each for each in configuration.suppressions if each.holds(day))
    expired = tuple(each for each in configuration.suppressions if each not in valid)
    source = configuration.source or ""
    set_apart, left = [], []
    for finding in report.findings:
        accepted = next((each for each in valid if each.means(finding.rule, finding.subject)), None)
        if accepted is None:
            left.append(finding)
        else:
            until = accepted.until.isoformat() if accepted.until else None
            set_apart.append(Suppressed(finding, accepted.reason, until, source))
    late = tuple(
        Problem(
            source,
            text(
                "the suppression of {rule} ended on {date}, so it does not hold any more; its reason was: {reason}",
                rule=each.rule,
                date=each.until.isoformat() if each.until else "",
                reason=each.reason,
            ),
        )
        for each in expired
    )
    return dataclasses.replace(
        report,
        findings=tuple(left),
        suppressed=(*report.suppressed, *set_apart),
        problems=(*report.problems, *configuration.problems, *late),
        verdict=verdict(left, known=report.verdict is not Verdict.UNKNOWN) if set_apart else report.verdict,
    )


def counts(configuration: Configuration, today: datetime.date | None = None) -> Callable[[Finding], bool]:
    """Says of a single finding whether a project has neither ignored its rule nor accepted it."""
    day = today or datetime.datetime.now().astimezone().date()
    valid = tuple(each for each in configuration.suppressions if each.holds(day))
    ignored = {name.lower() for name in configuration.ignore}

    def counted(finding: Finding) -> bool:
        named = {finding.rule, f"eg{finding.code}", str(finding.code)} & ignored
        return not named and not any(each.means(finding.rule, finding.subject) for each in valid)

    return counted


def _problem(configuration: Configuration, key: str, name: str) -> Problem:
    return Problem(
        configuration.source or "",
        text("{key} names the rule {rule}, which does not exist; `envguard rules` lists them", key=key, rule=name),
    )
