"""What holds only while a cell runs, or while the user wants it, and is undone after it."""

from __future__ import annotations

import warnings
from contextlib import ExitStack, contextmanager, suppress
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterator

    from IPython.core.interactiveshell import InteractiveShell

    from envguard.frontends.around import Around

_IPYTHONS_OWN = r"(?#envguard)You executed the system command !(pip|conda) "
"""How IPython's own words on `!pip` begin; the remark makes the filter ours, so that none of the user's is taken off."""


class Held:
    """Contexts that are left when the cell ends, in whatever way that is."""

    def __init__(self, causes: frozenset[tuple[str, str]] = frozenset()) -> None:
        """`causes` are those that the user has let run in this cell, also where another is nested in it."""
        self.causes = causes
        self.contexts = ExitStack()
        self.around: Around | None = None
        """What is noted of the cell's installs."""

    def finish(self, result: Any) -> None:
        """Notes how the cell has ended, once; None for one that was cancelled."""
        if self.around is not None:
            self.around.finish(result)

    def undo(self) -> None:
        """Leaves the contexts, those first that were entered last."""
        with suppress(Exception):
            self.contexts.close()


@contextmanager
def ipythons_own_words_left_out(shell: InteractiveShell) -> Iterator[None]:
    """While this holds, a terminal's IPython does not say that `!pip` may not work; in a kernel it never does.

    The filter alone is taken off again: what the cell itself does to the filters stays.
    """
    if getattr(shell, "kernel", None) is not None:
        yield
        return
    warnings.filterwarnings("ignore", _IPYTHONS_OWN, UserWarning)
    ours = warnings.filters[0]
    try:
        yield
    finally:
        # a filter that ignores leaves nothing in the registries of modules, so none of them has to be forgotten
        with suppress(ValueError):
            warnings.filters.remove(ours)  # type: ignore[attr-defined]
