"""Runs the rules over an environment: select, skip, isolate, sort, count."""

from __future__ import annotations

import datetime
import traceback
from typing import TYPE_CHECKING

from envguard._version import __version__
from envguard.errors import BadArguments, CannotTell
from envguard.model import Failed, Finding, Report, Severity, Skipped, Summary, Text, Timeline, Verdict, text
from envguard.rules import RULES
from envguard.rules.stale import restart, stale_module
from envguard.settings import Selection
from envguard.timeline import events, notes, phase

if TYPE_CHECKING:
    from collections.abc import Iterable

    from envguard.facts import Environment
    from envguard.rules.rule import Rule

_REASONS = {
    "deep": text("only with --deep"),
    "process": text("only files were read; `--kernel` and `--python` ask a process, too"),
    "driver": text("the driver is asked by `envguard cuda` and `%envcheck cuda` only"),
    "install_log": text("only `envguard explain-log` reads what an installer has printed"),
    "scanned": text("only `envguard scan` reads notebooks and other files"),
    "libraries": text("there is no Python here, or how its libraries are found is not known"),
}
"""Why a section is missing, where that is known."""


def analyse(env: Environment, selection: Selection = Selection(), rules: tuple[Rule, ...] = RULES) -> Report:  # noqa: B008 - frozen
    """The report on an environment; a rule that crashes is told as failed and the others go on."""
    findings: list[Finding] = []
    skipped: list[Skipped] = []
    failed: list[Failed] = []
    # a rule about files is none about an environment: where nobody gave files it is only told of if it was named
    chosen = tuple(
        rule
        for rule in select(rules, selection)
        if selection.select or env.scanned is not None or "scanned" not in rule.needs
    )
    for rule in chosen:
        missing = tuple(need for need in rule.needs if getattr(env, need) is None)
        if missing:
            skipped.append(Skipped(rule.id, _why(env, missing)))
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
        verdict=verdict(findings, known=_is_known(env)),
        findings=tuple(findings),
        skipped=tuple(skipped),
        failed=tuple(failed),
        problems=env.problems,
        timeline=events(env),
        checked=len(chosen) - len(skipped) - len(failed),
        envguard_version=__version__,
        made_at=now(),
        restart=restart(env)
        if stale_module in chosen and stale_module.id not in (each.rule for each in failed)
        else None,
    )


def _why(env: Environment, sections: tuple[str, ...]) -> Text:
    if "process" in sections and env.unasked is not None:
        return env.unasked
    known = next((_REASONS[section] for section in sections if section in _REASONS), None)
    return known or text("not collected: {sections}", sections=sections)


def timeline(env: Environment) -> Timeline:
    """How an environment came to be."""
    return Timeline(
        environment=summary(env),
        phase=phase(env),
        events=events(env),
        notes=notes(env),
        envguard_version=__version__,
        made_at=now(),
    )


def now() -> str:
    """The time that stands in everything envguard makes: UTC, to the second."""
    return datetime.datetime.now(datetime.timezone.utc).isoformat(timespec="seconds")


def select(rules: tuple[Rule, ...], selection: Selection) -> tuple[Rule, ...]:
    """The rules that a selection leaves; BadArguments if it names one that does not exist."""
    for selector in (*selection.select, *selection.ignore):
        if not any(rule.named(selector) for rule in rules):
            raise BadArguments(text("there is no rule {rule}; `envguard rules` lists them", rule=selector))
    return tuple(
        rule
        for rule in rules
        if (any(rule.named(selector) for selector in selection.select) if selection.select else rule.default)
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


def _is_known(env: Environment) -> bool:
    """Whether there was anything to judge, and all of it was looked at."""
    whole = env.conda_packages is not None and env.distributions is not None and not env.unlooked
    return whole and bool(env.conda_packages or env.distributions)


def verdict(findings: Iterable[Finding], *, known: bool) -> Verdict:
    """One word for some findings; `known` is whether there was anything to judge."""
    severities = {finding.severity for finding in findings}
    if Severity.ERROR in severities:
        return Verdict.BROKEN
    if Severity.WARNING in severities:
        return Verdict.STRAINED
    return Verdict.SOUND if known else Verdict.UNKNOWN


def at_or_above(report: Report, threshold: Severity | None) -> tuple[Finding, ...]:
    """The findings that count for an exit code: those at least as bad as the threshold; None lets everything pass."""
    return tuple(f for f in report.findings if threshold is not None and f.severity.rank <= threshold.rank)
