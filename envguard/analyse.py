"""Runs the rules over an environment: select, skip, isolate, sort, count."""

from __future__ import annotations

import datetime
import traceback
from typing import TYPE_CHECKING

from envguard._version import __version__
from envguard.errors import BadArguments, CannotTell
from envguard.model import Failed, Finding, Report, Severity, Skipped, Summary, Verdict, text
from envguard.rules import RULES
from envguard.settings import Selection
from envguard.timeline import events, phase

if TYPE_CHECKING:
    from envguard.facts import Environment
    from envguard.rules.rule import Rule


def analyse(env: Environment, selection: Selection = Selection(), rules: tuple[Rule, ...] = RULES) -> Report:  # noqa: B008 - frozen
    """The report on an environment; a rule that crashes is told as failed and the others go on."""
    findings: list[Finding] = []
    skipped: list[Skipped] = []
    failed: list[Failed] = []
    chosen = select(rules, selection)
    for rule in chosen:
        missing = tuple(need for need in rule.needs if getattr(env, need) is None)
        if missing:
            skipped.append(Skipped(rule.id, text("not collected: {sections}", sections=missing)))
            continue
        try:
            findings.extend(list(rule(env)))
        except CannotTell as reason:
            skipped.append(Skipped(rule.id, reason.text))
        except Exception:  # noqa: BLE001 - the door round a rule: its bug must not hide what the others found
            failed.append(Failed(rule.id, traceback.format_exc()))
    findings.sort(key=lambda finding: (finding.severity.rank, finding.code, finding.subject))
    return Report(
        environment=summary(env),
        phase=phase(env),
        verdict=_verdict(env, findings),
        findings=tuple(findings),
        skipped=tuple(skipped),
        failed=tuple(failed),
        problems=env.problems,
        timeline=events(env),
        checked=len(chosen) - len(skipped) - len(failed),
        envguard_version=__version__,
        made_at=datetime.datetime.now(datetime.timezone.utc).isoformat(timespec="seconds"),
    )


def select(rules: tuple[Rule, ...], selection: Selection) -> tuple[Rule, ...]:
    """The rules that a selection leaves; BadArguments if it names one that does not exist."""
    for selector in (*selection.select, *selection.ignore):
        if not any(rule.named(selector) for rule in rules):
            raise BadArguments(text("there is no rule {rule}; `envguard rules` lists them", rule=selector))
    return tuple(
        rule
        for rule in rules
        if (not selection.select or any(rule.named(selector) for selector in selection.select))
        and not any(rule.named(selector) for selector in selection.ignore)
    )


def summary(env: Environment) -> Summary:
    """The headline's figures."""
    return Summary(
        prefix=env.prefix,
        name=env.name,
        python_version=env.python_version,
        platform=env.platform,
        base=env.base,
        writable=env.writable and not env.frozen,
        conda_packages=len(env.conda_packages or ()) + len(env.unreadable_records),
        distributions=len(env.distributions or ()),
        pip_distributions=len(env.pip_owned),
    )


def _verdict(env: Environment, findings: list[Finding]) -> Verdict:
    severities = {finding.severity for finding in findings}
    if Severity.ERROR in severities:
        return Verdict.BROKEN
    if Severity.WARNING in severities:
        return Verdict.STRAINED
    return Verdict.SOUND if env.conda_packages or env.distributions else Verdict.UNKNOWN


def at_or_above(report: Report, threshold: Severity | None) -> tuple[Finding, ...]:
    """The findings that count for an exit code: those at least as bad as the threshold; None lets everything pass."""
    return tuple(f for f in report.findings if threshold is not None and f.severity.rank <= threshold.rank)
