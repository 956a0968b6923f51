"""What was found in notebooks and other files: findings with their places, complete enough for a renderer."""

from __future__ import annotations

from typing import TYPE_CHECKING

from envguard.value import value

if TYPE_CHECKING:
    from envguard.model import Failed, Finding, Problem, Severity


@value
class Spot:
    """Where in a file."""

    file: str
    line: int | None
    """Of the file as an editor of text shows it; None if that is not known."""
    cell: int | None = None
    """Which of a notebook's cells, from 1."""
    cell_id: str | None = None
    cell_line: int | None = None
    """The line in that cell, from 1."""


@value
class Remark:
    """A finding and its place."""

    finding: Finding
    spot: Spot
    fixable: bool = False
    """Whether --fix would put it right."""


@value
class ScanReport:
    """All of it, by file and place."""

    target: str | None
    """The prefix that was held against the files; None if none was named."""
    files: int
    """How many were read."""
    remarks: tuple[Remark, ...]
    problems: tuple[Problem, ...]
    """Files that could not be read, one each."""
    failed: tuple[Failed, ...]
    fixed: tuple[Spot, ...]
    """What --fix has put right."""
    envguard_version: str
    made_at: str

    def count(self, severity: Severity) -> int:
        """How many findings have this severity."""
        return sum(each.finding.severity is severity for each in self.remarks)
