"""What an install has changed in a running environment, and what came of it.

Kept to the rules of `envguard.model`: frozen, and complete enough for a renderer.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from envguard.value import value

if TYPE_CHECKING:
    from envguard.model import Change, Finding


@value
class Done:
    """What one installer has done."""

    actor: str | None
    """conda, or what INSTALLER says (pip, uv, …); None if nothing tells."""
    changes: tuple[Change, ...]
    """By name. The same version before and after: it was put there once more, or another build of it."""


@value
class Changed:
    """What came, went or was replaced between two looks; conda first."""

    done: tuple[Done, ...]

    @property
    def names(self) -> frozenset[str]:
        """Of everything that changed, as its installer calls it."""
        return frozenset(change.name for done in self.done for change in done.changes)


@value
class Aftermath:
    """What a change has made worse; where that is nothing there is no Aftermath."""

    changed: Changed
    between: bool
    """It came about between two cells: from a terminal, or from another notebook."""
    stale: tuple[str, ...]
    """Modules of this kernel that have been left behind by it."""
    findings: tuple[Finding, ...]
    """Errors and warnings that were not there before, the gravest first."""
    compared: bool
    """Whether the findings before are known; if not, `findings` are those about what has changed."""
