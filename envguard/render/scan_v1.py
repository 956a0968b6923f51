"""What a scan has found for programs, version 1, described by `scan.schema.json`."""

from __future__ import annotations

from typing import TYPE_CHECKING

from envguard.model import Severity
from envguard.render.json_v1 import as_json, finding_v1, head, optional, string, text_v1

if TYPE_CHECKING:
    from envguard.render.json_v1 import Json
    from envguard.scan_report import Remark, ScanReport, Spot


def scan_dumps(told: ScanReport) -> str:
    """All of it as one JSON document, in ASCII."""
    return as_json(scan_v1(told))


def scan_v1(told: ScanReport) -> Json:
    """All of it as values that `json.dumps` takes."""
    return {
        **head("scan", told),
        "target": optional(told.target),
        "files": told.files,
        "findings": [_remark(each) for each in told.remarks],
        "fixed": [_spot(each) for each in told.fixed],
        "problems": [{"source": string(each.source), "reason": text_v1(each.reason)} for each in told.problems],
        "failed": [{"rule": each.rule, "error": string(each.error)} for each in told.failed],
        "suppressed": [
            {
                "rule": each.finding.rule,
                "code": f"EG{each.finding.code}",
                "subject": string(each.finding.subject),
                "message": text_v1(each.finding.message),
                "reason": string(each.reason),
                "source": string(each.source),
            }
            for each in told.suppressed
        ],
        "counts": {severity.value: told.count(severity) for severity in Severity},
    }


def _remark(each: Remark) -> Json:
    return {**finding_v1(each.finding), "place": _spot(each.spot), "fixable": each.fixable}


def _spot(spot: Spot) -> Json:
    return {
        "file": string(spot.file),
        "line": spot.line,
        "cell": spot.cell,
        "cell_id": optional(spot.cell_id),
        "cell_line": spot.cell_line,
    }
