"""Every option, as plain values; front ends translate their own kind of option into these."""

from __future__ import annotations

import enum
from typing import TYPE_CHECKING

from envguard.value import value

if TYPE_CHECKING:
    import datetime

    from envguard.model import Problem


@value
class Selection:
    """Which rules run: ids (`pip-overwrote-conda`) or codes (`EG102`, `102`). An empty `select` means all but those that are off by default."""

    select: tuple[str, ...] = ()
    ignore: tuple[str, ...] = ()


class Mode(enum.Enum):
    """What the guard does about an install that something speaks against."""

    OFF = "off"
    WARN = "warn"
    """one line, and the cell runs"""
    ASK = "ask"
    """run, run protected, use conda, or cancel"""
    BLOCK = "block"
    """the cell does not run"""


@value
class Suppression:
    """Findings that a project accepts: those of one rule, or of one rule about one subject."""

    rule: str
    reason: str
    subject: str | None = None
    until: datetime.date | None = None
    """The last day on which it holds."""

    def holds(self, day: datetime.date) -> bool:
        """Whether it has not ended."""
        return self.until is None or self.until >= day

    def means(self, rule: str, subject: str) -> bool:
        """Whether it is about what a rule says of a subject."""
        return self.rule == rule and self.subject in (None, subject)


@value
class Configuration:
    """What `[tool.envguard]` of a pyproject.toml asks for; `source` is that file, None if there is none."""

    source: str | None = None
    select: tuple[str, ...] = ()
    ignore: tuple[str, ...] = ()
    fail_on: str | None = None
    hint: bool = True
    """Whether an error in a cell that envguard may explain gets a line which says so."""
    suppressions: tuple[Suppression, ...] = ()
    problems: tuple[Problem, ...] = ()


@value
class Identity:
    """Whose names and folders a redacted report must not hold."""

    homes: tuple[str, ...] = ()
    users: tuple[str, ...] = ()
    hosts: tuple[str, ...] = ()
