"""What a user must hear, as opposed to a bug of ours.

Everything raised here ends as one line and an exit code at a front end; any other exception is envguard's own fault.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from envguard.model import Text


class EnvguardError(Exception):
    """A condition that the user must hear of, in one line."""

    def __init__(self, text: Text) -> None:
        """Carries the line untranslated; the front end says it in the user's language."""
        super().__init__(text.english())
        self.text = text


class BadArguments(EnvguardError):
    """What was asked for cannot be done as asked (exit code 2)."""


class NoSuchEnvironment(EnvguardError):
    """There is no environment where one was named (exit code 2)."""


class ProbeFailed(EnvguardError):
    """An interpreter could not be asked: it is dead, too old, or too slow (exit code 2)."""


class Cancelled(EnvguardError):
    """Whoever asked does not want the answer any more."""


class CannotTell(EnvguardError):
    """Raised by a rule that lacks what it needs to decide; becomes a Skipped with this reason."""
