"""What a scan has found for code scanning: SARIF 2.1.0, files relative to the current folder where they lie below it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from envguard.languages import english
from envguard.render.json_v1 import as_json, string
from envguard.render.language import clean, say
from envguard.render.sarif import LEVELS, MOST, file_uri, log, notification, quoted, rule_descriptor
from envguard.render.scan_lines import place

if TYPE_CHECKING:
    from envguard.model import RulePage
    from envguard.render.json_v1 import Json
    from envguard.scan_report import Remark, ScanReport


def scan_sarif(told: ScanReport, pages: tuple[RulePage, ...]) -> Json:
    """The log as values that `json.dumps` takes."""
    used = {each.finding.rule for each in told.remarks}
    rules = [page for page in pages if page.rule in used]
    index = {page.rule: number for number, page in enumerate(rules)}
    notes = [
        *(notification("error", each.error) for each in told.failed),
        *(
            notification("warning", f"{clean(each.source, None)}: {say(each.reason, english)}")
            for each in told.problems
        ),
    ]
    return log(
        told,
        [rule_descriptor(page) for page in rules],
        automationDetails={"id": "envguard-scan/"},
        invocations=[{"executionSuccessful": not told.failed, "toolExecutionNotifications": notes}],
        results=[_result(each, index) for each in told.remarks[:MOST]],
        columnKind="utf16CodeUnits",
    )


def scan_sarif_dumps(told: ScanReport, pages: tuple[RulePage, ...]) -> str:
    """The log as one JSON document."""
    return as_json(scan_sarif(told, pages))


def _result(each: Remark, index: dict[str, int]) -> Json:
    finding, spot = each.finding, each.spot
    where = (
        f"{say(finding.message, english)} ({place(spot, english)})"
        if spot.cell is not None
        else say(finding.message, english)
    )
    uri = file_uri(spot.file) if spot.file.startswith("/") else quoted(spot.file.removeprefix("./"))
    return {
        "ruleId": finding.rule,
        "ruleIndex": index[finding.rule],
        "level": LEVELS[finding.severity],
        "message": {"text": where},
        "locations": [
            {"physicalLocation": {"artifactLocation": {"uri": uri}, "region": {"startLine": spot.line or 1}}},
        ],
        "partialFingerprints": {"envguard/v1": finding.fingerprint},
        "properties": {"subject": string(finding.subject), "fixable": each.fixable},
    }
