"""The report for code scanning: SARIF 2.1.0 (OASIS Standard, https://docs.oasis-open.org/sarif/sarif/v2.1.0/).

Files are named relative to the environment's folder, which `originalUriBaseIds` tells, so that two machines agree.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from envguard.languages import english
from envguard.model import Severity
from envguard.render.json_v1 import as_json, string
from envguard.render.language import clean, given, say
from envguard.render.words import LEFT_OUT

if TYPE_CHECKING:
    from envguard.model import Evidence, Finding, Report, RulePage
    from envguard.render.json_v1 import Json
    from envguard.render.made import Made

MOST = 25_000
"""How many results GitHub's code scanning takes of one run (it shows 5,000 of them); it refuses a log with more:
https://docs.github.com/en/code-security/code-scanning/troubleshooting-sarif-uploads/results-exceed-limit"""
_BASE = "PREFIX"
LEVELS = {Severity.ERROR: "error", Severity.WARNING: "warning", Severity.INFO: "note"}
_SCHEMA = "https://docs.oasis-open.org/sarif/sarif/v2.1.0/errata01/os/schemas/sarif-schema-2.1.0.json"
_ABSOLUTE = re.compile(r"(?:[A-Za-z]:)?[/\\]")


def sarif(report: Report, pages: tuple[RulePage, ...] = ()) -> Json:
    """The report as values that `json.dumps` takes; `pages` are the rules, those without a page are only named."""
    rules = {page.rule: rule_descriptor(page) for page in pages}
    told = (*report.findings, *(each.finding for each in report.suppressed))
    named = (
        [each.rule for each in told] + [each.rule for each in report.failed] + [each.rule for each in report.skipped]
    )
    for rule in named:
        rules.setdefault(rule, {"id": rule})
    index = {rule: number for number, rule in enumerate(rules)}
    findings = report.findings[:MOST]
    suppressed = report.suppressed[: MOST - len(findings)]
    left_out = len(told) - len(findings) - len(suppressed)
    return log(
        report,
        list(rules.values()),
        automationDetails={"id": f"envguard/{clean(report.environment.name)}/"},
        originalUriBaseIds={_BASE: {"uri": _folder(report.environment.prefix)}},
        invocations=[_invocation(report, index, left_out)],
        results=[
            *(_result(finding, index) for finding in findings),
            *(
                {
                    **_result(each.finding, index),
                    "suppressions": [{"kind": "external", "justification": string(each.reason)}],
                }
                for each in suppressed
            ),
        ],
        columnKind="utf16CodeUnits",
        properties={"verdict": report.verdict.value, "phase": report.phase.value},
    )


def sarif_dumps(report: Report, pages: tuple[RulePage, ...] = ()) -> str:
    """The SARIF log as one JSON document."""
    return as_json(sarif(report, pages))


def log(told: Made, rules: list[Json], **run: Any) -> Json:
    """A log of one run of envguard, which knows some rules."""
    driver = {"name": "envguard", "semanticVersion": string(told.envguard_version), "rules": rules}
    return {"$schema": _SCHEMA, "version": "2.1.0", "runs": [{"tool": {"driver": driver}, **run}]}


def rule_descriptor(page: RulePage) -> Json:
    """A rule with its page."""
    _, _, rest = page.page.partition("\n")
    said = rest.strip() or page.title
    return {
        "id": page.rule,
        "name": "".join(word.capitalize() for word in page.rule.split("-")),
        "shortDescription": {"text": page.title},
        "fullDescription": {"text": said.partition("\n\n")[0].replace("\n", " ")},
        "help": {"text": page.page, "markdown": page.page},
        "defaultConfiguration": {"level": LEVELS[page.severity]},
        "properties": {"tags": ["environment"], "code": f"EG{page.code}"},
    }


def _result(finding: Finding, index: dict[str, int]) -> Json:
    message = say(finding.message, english)
    if finding.consequence is not None:
        message = f"{message}; so: {say(finding.consequence, english)}"
    files = [each.source for each in finding.evidence if _is_file(each.source)]
    return {
        "ruleId": finding.rule,
        "ruleIndex": index[finding.rule],
        "level": LEVELS[finding.severity],
        "message": {"text": message or finding.rule},
        "locations": [_physical(files[0] if files else ".")],
        "relatedLocations": [_evidence(number, each) for number, each in enumerate(finding.evidence, 1)],
        "partialFingerprints": {"envguard/v1": finding.fingerprint},
        "properties": {
            "subject": string(finding.subject),
            "certainty": finding.certainty.value,
            "fixes": [say(fix.title, english) for fix in finding.fixes],
        },
    }


def _evidence(number: int, evidence: Evidence) -> Json:
    where = _physical(evidence.source) if _is_file(evidence.source) else _logical(evidence.source)
    return {"id": number, "message": {"text": say(evidence.says, english) or "-"}, **where}


def _invocation(report: Report, index: dict[str, int], left_out: int) -> Json:
    told = [
        *([notification("warning", say(given(LEFT_OUT, n=left_out, most=MOST), english))] if left_out else []),
        *(notification("error", failed.error, failed.rule, index) for failed in report.failed),
        *(notification("note", say(skipped.reason, english), skipped.rule, index) for skipped in report.skipped),
        *(notification("warning", f"{clean(each.source)}: {say(each.reason, english)}") for each in report.problems),
    ]
    return {"executionSuccessful": not report.failed, "toolExecutionNotifications": told}


def notification(level: str, said: str, rule: str | None = None, index: dict[str, int] | None = None) -> Json:
    """What the run itself has to say."""
    associated = {} if rule is None or index is None else {"associatedRule": {"id": rule, "index": index[rule]}}
    return {"level": level, "message": {"text": string(said) or "-"}, **associated}


def _is_file(source: str) -> bool:
    """Whether evidence names a file; else it is a place in a program, such as `sys.modules`."""
    return "/" in source or "\\" in source


def _physical(source: str) -> Json:
    if _ABSOLUTE.match(source):
        return {"physicalLocation": {"artifactLocation": {"uri": file_uri(source)}}}
    return {"physicalLocation": {"artifactLocation": {"uri": quoted(source), "uriBaseId": _BASE}}}


def _logical(source: str) -> Json:
    return {"logicalLocations": [{"fullyQualifiedName": string(source) or "-"}]}


def _folder(prefix: str) -> str:
    uri = file_uri(prefix)
    return uri if uri.endswith("/") else f"{uri}/"


def file_uri(path: str) -> str:
    """An absolute path as a URI."""
    told = quoted(path)
    return f"file://{told}" if told.startswith("/") else f"file:///{told}"


def quoted(path: str) -> str:
    """A path as the path of a URI; a colon in its first part would otherwise look like a scheme."""
    from urllib.parse import quote

    drive = re.match(r"[A-Za-z]:(?=[/\\])", path)
    head = drive[0] if drive else ""
    return head + quote(string(path[len(head) :]).replace("\\", "/"))
