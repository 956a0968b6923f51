"""From a cell, a line or an argument vector to the install commands in it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from envguard.commands import tools
from envguard.commands.command import Form, Invocation, Span, Word

if TYPE_CHECKING:
    from collections.abc import Sequence

    from envguard.commands.command import Command, Place


def commands(source: str, place: Place, windows: bool = False) -> tuple[Command, ...]:
    """The install commands of a notebook cell, in order."""
    from envguard.commands import cell

    return _understood(cell.invocations(source, windows=windows), place)


def of_line(line: str, place: Place, windows: bool = False) -> tuple[Command, ...]:
    """The install commands of a line or a script for a shell."""
    from envguard.commands import cell

    return _understood(cell.of_line(line, windows=windows), place)


def of_argv(argv: Sequence[str], place: Place) -> Command | None:
    """The install command that these words are, as a program would get them; None if they are none."""
    words = tuple(Word(word) for word in argv)
    return tools.understand(Invocation(words, Form.LINE, Span(1, 0, 1, 0)), place) if words else None


def _understood(invocations: Sequence[Invocation], place: Place) -> tuple[Command, ...]:
    found = (tools.understand(invocation, place) for invocation in invocations)
    return tuple(command for command in found if command is not None)
