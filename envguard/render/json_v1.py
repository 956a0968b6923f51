"""The report for programs, version 1 of the wire format, described by `report.schema.json`.

Written out field by field: the names below are public, those of the dataclasses are not. Names, paths and commands are
told as they are, not cleaned as for a reader; only `text` is what a reader would see.
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from envguard.languages import english
from envguard.model import Severity, Text
from envguard.render.language import say

if TYPE_CHECKING:
    from envguard.comparison import Comparison, Package
    from envguard.model import (
        Answer,
        Argument,
        Change,
        Event,
        Evidence,
        Finding,
        Fix,
        Report,
        Restart,
        Step,
        Summary,
        Timeline,
    )
    from envguard.render.made import Made

SCHEMA = 1
"""The version of the wire format; a change that a reader could stumble over raises it."""

Json = dict[str, Any]


def as_json(document: Json) -> str:
    """A document as text, in ASCII, so that it survives every pipe and terminal."""
    return json.dumps(document, indent=2) + "\n"


def head(kind: str, told: Made) -> Json:
    """How every document but the report begins."""
    return {
        "schema": SCHEMA,
        "kind": kind,
        "envguard": string(told.envguard_version),
        "made_at": string(told.made_at),
    }


def json_v1(report: Report) -> Json:
    """The report as values that `json.dumps` takes."""
    return {
        "schema": SCHEMA,
        "envguard": report.envguard_version,
        "made_at": report.made_at,
        "environment": environment_v1(report.environment),
        "verdict": report.verdict.value,
        "phase": report.phase.value,
        "findings": [finding_v1(finding) for finding in report.findings],
        "skipped": [{"rule": skipped.rule, "reason": text_v1(skipped.reason)} for skipped in report.skipped],
        "failed": [{"rule": failed.rule, "error": string(failed.error)} for failed in report.failed],
        "problems": [
            {"source": string(problem.source), "reason": text_v1(problem.reason)} for problem in report.problems
        ],
        "suppressed": [
            {
                "finding": finding_v1(each.finding),
                "reason": string(each.reason),
                "until": optional(each.until),
                "source": string(each.source),
            }
            for each in report.suppressed
        ],
        "timeline": [_event(event) for event in report.timeline],
        "counts": {
            "error": report.count(Severity.ERROR),
            "warning": report.count(Severity.WARNING),
            "info": report.count(Severity.INFO),
            "skipped": len(report.skipped),
            "failed": len(report.failed),
            "problems": len(report.problems),
            "checked": report.checked,
            "suppressed": len(report.suppressed),
            "known": report.known,
        },
        "restart": None if report.restart is None else _restart(report.restart),
    }


def dumps(report: Report) -> str:
    """The report as one JSON document."""
    return as_json(json_v1(report))


def timeline_dumps(timeline: Timeline) -> str:
    """The timeline as one JSON document."""
    return as_json(timeline_v1(timeline))


def comparison_dumps(comparison: Comparison) -> str:
    """The comparison as one JSON document."""
    return as_json(comparison_v1(comparison))


def timeline_v1(timeline: Timeline) -> Json:
    """The timeline as values that `json.dumps` takes."""
    return {
        **head("timeline", timeline),
        "environment": environment_v1(timeline.environment),
        "phase": timeline.phase.value,
        "handover": timeline.handover,
        "violations": list(timeline.violations),
        "events": [_event(event) for event in timeline.events],
        "notes": [text_v1(note) for note in timeline.notes],
    }


def answer_dumps(answer: Answer) -> str:
    """The answer as one JSON document."""
    return as_json(answer_v1(answer))


def answer_v1(answer: Answer) -> Json:
    """Why an error came about, as values that `json.dumps` takes."""
    return {
        **head("why", answer),
        "environment": environment_v1(answer.environment),
        "error": string(answer.error) or None,
        "causes": [
            {
                "rule": cause.rule,
                "code": f"EG{cause.code}",
                "certainty": cause.certainty.value,
                "subject": string(cause.subject),
                "message": text_v1(cause.message),
                "evidence": [evidence_v1(evidence) for evidence in cause.evidence],
                "fixes": [fix_v1(fix) for fix in cause.fixes],
            }
            for cause in answer.causes
        ],
        "notes": [text_v1(note) for note in answer.notes],
        "looked_at": [text_v1(each) for each in answer.looked],
        "would_help": [text_v1(each) for each in answer.advice],
    }


def comparison_v1(comparison: Comparison) -> Json:
    """The comparison of two environments as values that `json.dumps` takes."""
    return {
        **head("diff", comparison),
        "first": environment_v1(comparison.first),
        "second": environment_v1(comparison.second),
        "differences": [
            {
                "name": string(each.name),
                "first": None if each.first is None else _package(each.first),
                "second": None if each.second is None else _package(each.second),
                "kinds": [kind.value for kind in each.kinds],
                "weight": each.weight.value,
            }
            for each in comparison.differences
        ],
        "same": comparison.same,
        "findings_only_in_first": [finding_v1(finding) for finding in comparison.findings_first],
        "findings_only_in_second": [finding_v1(finding) for finding in comparison.findings_second],
        "notes": [text_v1(note) for note in comparison.notes],
    }


def _package(package: Package) -> Json:
    return {
        "version": optional(package.version),
        "build": optional(package.build),
        "channel": optional(package.channel),
        "owner": package.owner.value,
    }


def environment_v1(summary: Summary) -> Json:
    """The headline's figures."""
    return {
        "prefix": string(summary.prefix),
        "name": string(summary.name),
        "python_version": optional(summary.python_version),
        "platform": optional(summary.platform),
        "base": summary.base,
        "writable": summary.writable,
        "conda_packages": summary.conda_packages,
        "distributions": summary.distributions,
        "pip_distributions": summary.pip_distributions,
    }


def finding_v1(finding: Finding) -> Json:
    """One finding."""
    return {
        "rule": finding.rule,
        "code": f"EG{finding.code}",
        "severity": finding.severity.value,
        "certainty": finding.certainty.value,
        "subject": string(finding.subject),
        "message": text_v1(finding.message),
        "consequence": optional_text_v1(finding.consequence),
        "evidence": [evidence_v1(evidence) for evidence in finding.evidence],
        "fixes": [fix_v1(fix) for fix in finding.fixes],
        "fingerprint": finding.fingerprint,
    }


def _restart(restart: Restart) -> Json:
    return {
        "needed": restart.needed,
        "names": [string(name) for name in restart.names],
        "says": [text_v1(text) for text in restart.says],
    }


def evidence_v1(evidence: Evidence) -> Json:
    """One piece of evidence."""
    return {"says": text_v1(evidence.says), "source": string(evidence.source)}


def fix_v1(fix: Fix) -> Json:
    """One way out."""
    return {
        "title": text_v1(fix.title),
        "steps": [step_v1(step) for step in fix.steps],
        "safety": fix.safety.value,
        "restart": fix.restart,
    }


def step_v1(step: Step) -> Json:
    """One command of a fix."""
    return {"argv": [string(argument) for argument in step.argv], "where": step.where.value}


def _event(event: Event) -> Json:
    return {
        "when": optional(event.when),
        "actor": string(event.actor),
        "action": string(event.action),
        "packages": [string(package) for package in event.packages],
        "command": optional(event.command),
        "source": string(event.source),
        "changes": [
            {"name": string(change.name), "before": optional(change.before), "after": optional(change.after)}
            for change in event.changes
        ],
        "mark": event.mark.value if event.mark else None,
        "deed": optional(event.deed),
        "notebook": optional(event.notebook),
        "cell": optional(event.cell),
        "user": optional(event.user),
        "undo": optional(event.undo),
        "undone": event.undone,
        "failed": event.failed,
        "kept": event.kept,
    }


def text_v1(text: Text) -> Json:
    """A sentence: its template, its arguments, and what a reader would see; in English, whoever's machine it is."""
    return {
        "id": text.text,
        "args": {name: _argument(value) for name, value in text.args.items()},
        "text": say(text, english),
    }


def _argument(value: Argument) -> str | int | list[str] | Json:
    if isinstance(value, Text):
        return text_v1(value)
    if isinstance(value, tuple):
        return [string(name) for name in value]
    return string(value) if isinstance(value, str) else value


def optional(value: str | None) -> str | None:
    """A string, or nothing."""
    return None if value is None else string(value)


def optional_text_v1(value: Text | None) -> Json | None:
    """A sentence, or nothing."""
    return None if value is None else text_v1(value)


def change_v1(change: Change) -> Json:
    """What became of a package; null where it was, or is, absent."""
    return {"name": string(change.name), "before": optional(change.before), "after": optional(change.after)}


def string(value: str) -> str:
    """A string that UTF-8 can hold: the undecodable bytes of a file name become escapes."""
    return value.encode("utf-8", "backslashreplace").decode("utf-8")
