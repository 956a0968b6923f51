"""What an install would do for programs, version 1, described by `forecast.schema.json`."""

from __future__ import annotations

from typing import TYPE_CHECKING

from envguard.render.json_v1 import (
    as_json,
    environment_v1,
    evidence_v1,
    finding_v1,
    head,
    optional,
    optional_text_v1,
    step_v1,
    string,
    text_v1,
)

if TYPE_CHECKING:
    from envguard.forecast_report import Alternative, Forecast, Foreseen, Remark
    from envguard.render.json_v1 import Json


def forecast_dumps(told: Forecast) -> str:
    """The whole as one JSON document, in ASCII."""
    return as_json(forecast_v1(told))


def forecast_v1(told: Forecast) -> Json:
    """The whole as values that `json.dumps` takes."""
    return {
        **head("forecast", told),
        "command": [string(word) for word in told.command],
        "tool": told.tool,
        "verb": told.verb,
        "depth": told.depth.value,
        "environment": None if told.environment is None else environment_v1(told.environment),
        "python": optional(told.python),
        "placement": told.placement,
        "folder": optional(told.folder),
        "is_kernel": told.is_kernel,
        "verdict": told.outcome.value,
        "refusal": optional_text_v1(told.refusal),
        "installs": [_foreseen(each) for each in told.installs],
        "replaces": [_foreseen(each) for each in told.replaces],
        "removes": [_foreseen(each) for each in told.removes],
        "remarks": [_remark(each) for each in told.remarks],
        "new_findings": [finding_v1(each) for each in told.new_findings],
        "cleared_findings": [finding_v1(each) for each in told.cleared_findings],
        "stale": [string(each) for each in told.stale],
        "alternatives": [_alternative(each) for each in told.alternatives],
        "unknown": [text_v1(each) for each in told.unknown],
    }


def _foreseen(each: Foreseen) -> Json:
    return {
        "name": string(each.name),
        "version": optional(each.version),
        "was": optional(each.was),
        "installer": each.installer,
        "owner": each.owner,
        "record": optional(each.record),
        "dependants": [string(name) for name in each.dependants],
        "compiled": each.compiled,
        "requested": each.requested,
        "source": optional(each.source),
    }


def _remark(remark: Remark) -> Json:
    return {
        "concern": remark.concern.value,
        "severity": remark.severity.value,
        "subject": string(remark.subject),
        "message": text_v1(remark.says),
        "evidence": [evidence_v1(each) for each in remark.evidence],
    }


def _alternative(way: Alternative) -> Json:
    return {
        "kind": way.kind,
        "title": text_v1(way.title),
        "steps": [step_v1(step) for step in way.steps],
        "proven": way.proven,
        "says": optional_text_v1(way.says),
    }
