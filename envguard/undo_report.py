"""What can be taken back, what would come of it, and what came of it.

Kept to the rules of `envguard.model`: frozen, and complete enough for a renderer.
"""

from __future__ import annotations

import enum
from typing import TYPE_CHECKING

from envguard.value import value

if TYPE_CHECKING:
    from envguard.model import Change, Text


class State(enum.Enum):
    """How far a checkpoint has come."""

    BEGUN = "begun"
    """the command runs, or it was killed"""
    ENDED = "ended"
    UNDOING = "undoing"
    """an undo runs, or it was killed: the next one goes on"""
    UNDONE = "undone"


@value
class Checkpoint:
    """A state of an environment that can be brought back."""

    id: str
    """In the order of time: `20260314T092653Z-1f3a9c`."""
    when: str
    """ISO 8601 with the offset of local time, to the second; when the command began."""
    state: State
    command: tuple[str, ...]
    """Without secrets."""
    failed: bool | None = None
    """Whether the command failed; None if that is not known."""
    changes: tuple[Change, ...] = ()
    """The distributions and conda packages that changed, by name; known once it has ended."""
    added: int = 0
    """Files, as far as is known."""
    removed: int = 0
    replaced: int = 0
    kept: int = 0
    """Files that are kept for it; those that another checkpoint keeps, too, are counted for each."""
    size: int = 0
    """Bytes that only envguard still holds; once it has ended."""
    beside: tuple[str, ...] = ()
    """Checkpoints whose commands ran at the same time."""


@value
class NoUndo:
    """Why a command cannot be taken back."""

    reason: Text


@value
class Left:
    """A path that is not brought back, and why."""

    path: str
    reason: Text


@value
class UndoPlan:
    """What taking back would do. It is done only if `refused` is empty."""

    checkpoint: Checkpoint | None
    """None if there is none to take back."""
    also: tuple[Checkpoint, ...] = ()
    """Later ones that are taken back with it, the latest first."""
    changes: tuple[Change, ...] = ()
    """What that means for distributions and conda packages: from what is there now to what was there."""
    removes: tuple[str, ...] = ()
    """Files that are new since, below the prefix."""
    restores: tuple[str, ...] = ()
    """Files that were replaced, changed or removed since."""
    left: tuple[Left, ...] = ()
    """What cannot be brought back as it was."""
    remarks: tuple[Text, ...] = ()
    """What should be known before."""
    refused: tuple[Text, ...] = ()
    """Why it is not done."""
    basis: object = None
    """What it was read from, so that doing it need not read that again; of no meaning to a reader."""


@value
class Proof:
    """What shows that everything is as it was."""

    same: bool
    """Whether every path is as it was before the command: kind, mode, date, size, target of a link."""
    differs: tuple[str, ...]
    """Paths that are not, the first hundred."""
    by_books: int
    """Restored files whose hash is the one in a conda record or a RECORD."""
    by_hash: int
    """Others whose hash is the one taken by the checkpoint."""
    by_date: int
    """Others of which only size and date are known."""


@value
class Undone:
    """What came of taking back."""

    checkpoint: Checkpoint
    also: tuple[Checkpoint, ...]
    removed: tuple[str, ...]
    restored: tuple[str, ...]
    fetched: tuple[str, ...]
    """Of those restored: from conda's package cache, as what was kept is damaged or not there."""
    left: tuple[Left, ...]
    proof: Proof


@value
class UndoReport:
    """Taking back as a front end shows it: what would be done, and what was."""

    prefix: str
    plan: UndoPlan
    done: Undone | None
    """None if nothing was done."""
    envguard_version: str
    made_at: str
    """ISO 8601 in UTC."""


@value
class UndoList:
    """What can be taken back in a prefix, and what could."""

    prefix: str
    wanted: bool
    """Whether a way back is made before each install."""
    checkpoints: tuple[Checkpoint, ...]
    """The oldest first; those that were taken back, too."""
    unfinished: tuple[str, ...]
    """Ids of those whose command, or whose undo, was killed."""
    reason: Text | None
    """Why nothing there counts: our folder came from elsewhere, or cannot be read."""
    cleared: tuple[Checkpoint, ...]
    """Those that were let go just now."""
    envguard_version: str
    made_at: str
