"""What was found in notebooks and other files: findings with their places, complete enough for a renderer."""

from __future__ import annotations

from dataclasses import field
from typing import TYPE_CHECKING

from envguard.value import value

if TYPE_CHECKING:
    from collections.abc import Mapping

    from envguard.model import Failed, Finding, Problem, Severity, Suppressed, Text


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
    suppressed: tuple[Suppressed, ...] = ()
    """What a cell's own metadata have ignored, with the reasons; it does not count."""

    def count(self, severity: Severity) -> int:
        """How many findings have this severity."""
        return sum(each.finding.severity is severity for each in self.remarks)


@value
class Cell:
    """One cell of a notebook, as an editor has it."""

    id: str
    source: str
    number: int | None = None
    """Its place among the cells of its notebook, from 1; None where that is not known."""
    ignored: Mapping[str, str] = field(default_factory=dict)
    """Rules that are ignored in it, with the reasons."""


@value
class Edit:
    """A part of a cell's source, and what is to stand there: lines from 1, columns from 0 in characters, the end exclusive."""

    line: int
    column: int
    end_line: int
    end_column: int
    text: str


@value
class CellFix:
    """A way to put a remark right that an editor can offer."""

    kind: str
    """kernel, conda, protect, pin or ignore."""
    title: Text
    edit: Edit | None
    """None where the reader is asked for something first."""


@value
class CellRemark:
    """A finding in a cell, where it stands, and what an editor can do about it."""

    finding: Finding
    line: int
    column: int
    end_line: int
    end_column: int
    fixes: tuple[CellFix, ...]


@value
class CellReport:
    """One cell."""

    id: str
    remarks: tuple[CellRemark, ...]
