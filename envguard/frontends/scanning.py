"""What `envguard scan` does: read, judge, put right if asked, show."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

from envguard import api
from envguard.configuration import NEVER
from envguard.frontends import output
from envguard.frontends.arguments import selection
from envguard.frontends.progress import clear, steps
from envguard.frontends.terminal import show
from envguard.model import Severity, text

if TYPE_CHECKING:
    import argparse

    from envguard.scan_report import ScanReport

_FOUND, _WRONG, _FAILED = 1, 2, 3


def scan(options: argparse.Namespace) -> int:
    """The command; 1 for findings at or above the threshold, 2 if a file could not be read, 3 if envguard failed."""
    watch = steps(sys.stderr)
    told = api.scan(
        options.paths,
        selection(options),
        fix=options.fix,
        prefix=options.prefix,
        name=options.name,
        python=options.python,
        kernel=options.kernel,
        progress=None if watch is None else lambda path: watch(text("reading {file}", file=path)),
    )
    clear(sys.stderr)
    show(_as(told, options))
    if told.failed:
        return _FAILED
    if _counts(told, options.fail_on):
        return _FOUND
    return _WRONG if told.problems else 0


def _counts(told: ScanReport, threshold: str) -> bool:
    if threshold == NEVER:
        return False
    rank = Severity(threshold).rank
    return any(each.finding.severity.rank <= rank for each in told.remarks)


def _as(told: ScanReport, options: argparse.Namespace) -> str:
    if options.format == "json":
        from envguard.render.scan_v1 import scan_dumps

        return scan_dumps(told)
    if options.format == "sarif":
        from envguard.render.scan_sarif import scan_sarif_dumps

        return scan_sarif_dumps(told, api.pages())
    if options.format == "github":
        from envguard.render.github import github

        return github(told)
    from envguard.render.scan_lines import scan as lines

    return lines(told, output.columns(), output.wants_color(sys.stdout), details=options.details)
