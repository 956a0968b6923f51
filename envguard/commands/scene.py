"""What holds where a command stands: the variables and the folder that were set before it, and whether it may not run."""

from __future__ import annotations

from dataclasses import field
from typing import TYPE_CHECKING

from envguard.value import value

if TYPE_CHECKING:
    from collections.abc import Mapping

    from envguard.commands.command import Form


@value
class Scene:
    """What holds where a piece of a cell begins."""

    form: Form
    windows: bool = False
    """The shell is cmd.exe."""
    variables: Mapping[str, str | None] = field(default_factory=dict)
    folder: str | None = None
    conditional: bool = False
    wrappers: tuple[str, ...] = ()
    hooked: bool = False
    """conda's own function stands ready in the shell, so `conda activate` works."""
    depth: int = 0
    """How many scripts inside scripts this is."""


DEEPEST = 8
"""Scripts inside scripts; deeper ones are somebody's game."""
