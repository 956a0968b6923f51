"""The report for programs, version 1 of the wire format, described by `report.schema.json`.

Written out field by field: the names below are public, those of the dataclasses are not. Names, paths and commands are
told as they are, not cleaned as for a reader; only `text` is what a reader would see.
"""

from __future__ import annotations

import functools
import json
from typing import TYPE_CHECKING, Any

from envguard.model import Severity
from envguard.render.language import say

if TYPE_CHECKING:
    from envguard.model import Argument, Event, Evidence, Finding, Fix, Report, Step, Summary, Text

SCHEMA = 1
"""The version of the wire format; a change that a reader could stumble over raises it."""

Json = dict[str, Any]


def json_v1(report: Report) -> Json:
    """The report as values that `json.dumps` takes."""
    return {
        "schema": SCHEMA,
        "envguard": report.envguard_version,
        "made_at": report.made_at,
        "environment": _environment(report.environment),
        "verdict": report.verdict.value,
        "phase": report.phase.value,
        "findings": [_finding(finding) for finding in report.findings],
        "skipped": [{"rule": skipped.rule, "reason": _text(skipped.reason)} for skipped in report.skipped],
        "failed": [{"rule": failed.rule, "error": _string(failed.error)} for failed in report.failed],
        "problems": [
            {"source": _string(problem.source), "reason": _text(problem.reason)} for problem in report.problems
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
        },
    }


def dumps(report: Report) -> str:
    """The report as one JSON document, in ASCII, so that it survives every pipe and terminal."""
    return json.dumps(json_v1(report), indent=2) + "\n"


@functools.cache
def _schema() -> str:
    import importlib.resources  # late: it brings zipfile and tempfile

    return importlib.resources.files("envguard.render").joinpath("report.schema.json").read_text(encoding="utf-8")


def schema() -> Json:
    """The JSON Schema of what `json_v1` returns."""
    loaded: Json = json.loads(_schema())
    return loaded


def _environment(summary: Summary) -> Json:
    return {
        "prefix": _string(summary.prefix),
        "name": _string(summary.name),
        "python_version": _optional(summary.python_version),
        "platform": _optional(summary.platform),
        "base": summary.base,
        "writable": summary.writable,
        "conda_packages": summary.conda_packages,
        "distributions": summary.distributions,
        "pip_distributions": summary.pip_distributions,
    }


def _finding(finding: Finding) -> Json:
    return {
        "rule": finding.rule,
        "code": f"EG{finding.code}",
        "severity": finding.severity.value,
        "certainty": finding.certainty.value,
        "subject": _string(finding.subject),
        "message": _text(finding.message),
        "consequence": None if finding.consequence is None else _text(finding.consequence),
        "evidence": [_evidence(evidence) for evidence in finding.evidence],
        "fixes": [_fix(fix) for fix in finding.fixes],
    }


def _evidence(evidence: Evidence) -> Json:
    return {"says": _text(evidence.says), "source": _string(evidence.source)}


def _fix(fix: Fix) -> Json:
    return {
        "title": _text(fix.title),
        "steps": [_step(step) for step in fix.steps],
        "safety": fix.safety.value,
        "restart": fix.restart,
    }


def _step(step: Step) -> Json:
    return {"argv": [_string(argument) for argument in step.argv], "where": step.where.value}


def _event(event: Event) -> Json:
    return {
        "when": _optional(event.when),
        "actor": _string(event.actor),
        "action": _string(event.action),
        "packages": [_string(package) for package in event.packages],
        "command": _optional(event.command),
        "source": _string(event.source),
    }


def _text(text: Text) -> Json:
    return {
        "id": text.text,
        "args": {name: _argument(value) for name, value in text.args.items()},
        "text": say(text),
    }


def _argument(value: Argument) -> str | int | list[str]:
    if isinstance(value, tuple):
        return [_string(name) for name in value]
    return _string(value) if isinstance(value, str) else value


def _optional(value: str | None) -> str | None:
    return None if value is None else _string(value)


def _string(value: str) -> str:
    """A string that UTF-8 can hold: the undecodable bytes of a file name become escapes."""
    return value.encode("utf-8", "backslashreplace").decode("utf-8")
