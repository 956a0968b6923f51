"""What the ledger remembers of one change of an environment: values only."""

from __future__ import annotations

import enum
from typing import TYPE_CHECKING

from envguard.value import value

if TYPE_CHECKING:
    from envguard.change_report import Done


class Deed(enum.Enum):
    """What happened."""

    INSTALL = "install"
    """a command that envguard saw before it ran"""
    FOUND = "found"
    """a change that envguard found afterwards"""
    UNDO = "undo"
    """an install was taken back"""


@value
class Whence:
    """From where: all of it None for what was found afterwards."""

    notebook: str | None = None
    """The notebook's path, as the server or the front end tells it."""
    cell: str | None = None
    """The cell's id."""
    count: int | None = None
    """Its execution count."""
    user: str | None = None
    process: int | None = None


@value
class Entry:
    """One line of the ledger. Nothing in it is secret: addresses and options were masked before it was made."""

    id: str
    """Unique, and in the order of time: `20260314T092653Z-1f3a9c`."""
    when: str
    """ISO 8601 with the offset of local time, to the second; when it began."""
    deed: Deed
    tool: str | None
    verb: str | None
    command: tuple[str, ...]
    whence: Whence
    done: tuple[Done, ...]
    """What changed: before and after, by who did it."""
    kept: bool | None = None
    """Whether the forecast was what happened; None if there was none, or a quick one that named nothing."""
    failed: bool | None = None
    """Whether the command failed or was interrupted; None if that is not known."""
    checkpoint: str | None = None
    """The checkpoint by which it can be taken back, or which was taken back."""
    envguard_version: str = ""
