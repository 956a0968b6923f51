"""What a scan has found as annotations of GitHub Actions, one line each.

https://docs.github.com/en/actions/reference/workflows-and-actions/workflow-commands#setting-a-warning-message
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from envguard.model import Severity
from envguard.render.language import clean, say
from envguard.render.scan_lines import place

if TYPE_CHECKING:
    from collections.abc import Iterator

    from envguard.scan_report import ScanReport

_LEVELS = {Severity.ERROR: "error", Severity.WARNING: "warning", Severity.INFO: "notice"}


def github(told: ScanReport) -> str:
    """Every finding, and every file that could not be read."""
    return "".join(f"{line}\n" for line in _lines(told))


def _lines(told: ScanReport) -> Iterator[str]:
    for each in told.remarks:
        finding, spot = each.finding, each.spot
        message = say(finding.message)
        if spot.cell is not None:
            message = f"{place(spot)}: {message}"
        where = f"file={_property(spot.file)},line={spot.line or 1},title={_property(finding.rule)}"
        yield f"::{_LEVELS[finding.severity]} {where}::{_data(message)}"
    for problem in told.problems:
        yield f"::warning file={_property(problem.source)}::{_data(say(problem.reason))}"
    for failed in told.failed:
        yield f"::error title={_property(failed.rule)}::{_data(failed.error)}"


def _data(value: str) -> str:
    return value.replace("%", "%25").replace("\r", "%0D").replace("\n", "%0A")


def _property(value: str) -> str:
    return _data(clean(value, None)).replace(":", "%3A").replace(",", "%2C")
