"""What an editor hears of its cells, version 1, described by `server.schema.json`."""

from __future__ import annotations

from typing import TYPE_CHECKING

from envguard.render.json_v1 import string, text_v1

if TYPE_CHECKING:
    from envguard.model import Finding
    from envguard.render.json_v1 import Json
    from envguard.scan_report import CellFix, CellRemark, CellReport


def cells_v1(told: tuple[CellReport, ...]) -> list[Json]:
    """The cells with their remarks."""
    return [
        {"id": string(cell.id), "remarks": [{**remark_v1(each.finding), **_place(each)} for each in cell.remarks]}
        for cell in told
    ]


def remark_v1(finding: Finding) -> Json:
    """A finding in few words."""
    return {
        "rule": finding.rule,
        "code": f"EG{finding.code}",
        "severity": finding.severity.value,
        "subject": string(finding.subject),
        "message": text_v1(finding.message),
        "evidence": [text_v1(each.says) for each in finding.evidence],
    }


def _place(each: CellRemark) -> Json:
    return {
        "line": each.line,
        "column": each.column,
        "end_line": each.end_line,
        "end_column": each.end_column,
        "fixes": [_fix(fix) for fix in each.fixes],
    }


def _fix(fix: CellFix) -> Json:
    edit = fix.edit
    return {
        "kind": fix.kind,
        "title": text_v1(fix.title),
        "edit": None
        if edit is None
        else {
            "line": edit.line,
            "column": edit.column,
            "end_line": edit.end_line,
            "end_column": edit.end_column,
            "text": string(edit.text),
        },
    }
