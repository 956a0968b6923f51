"""Work that takes its time, done beside the cells: the kernel stays free, and whoever waits can see how far it is, or end it.

What cells import in the meantime is the user's, although envguard is at work, too.
"""

from __future__ import annotations

import sys
import threading
from typing import TYPE_CHECKING, Any

from envguard import brought
from envguard.errors import Cancelled
from envguard.model import text

if TYPE_CHECKING:
    from collections.abc import Callable

    from envguard.model import Text


class Beside:
    """One piece of work in a thread of its own."""

    def __init__(self, work: Callable[[Beside], None]) -> None:
        """`work` hears of this, to tell how far it is; what it raises is its own affair."""
        self._given_up = threading.Event()
        self._thread = threading.Thread(target=self._run, args=(work,), daemon=True, name="envguard-panel")
        self._cells = _Cells()

    def start(self) -> None:
        """Begins."""
        self._cells.watch()
        self._thread.start()

    def cancel(self) -> None:
        """Asks it to end at the next step that it tells of."""
        self._given_up.set()

    def wait(self, seconds: float) -> bool:
        """Whether it has ended, waited for so long."""
        self._thread.join(seconds)
        return not self._thread.is_alive()

    def go_on(self) -> None:
        """Cancelled if somebody has cancelled it."""
        if self._given_up.is_set():
            raise Cancelled(CANCELLED)

    @property
    def cancelled(self) -> bool:
        """Whether somebody has."""
        return self._given_up.is_set()

    def _run(self, work: Callable[[Beside], None]) -> None:
        try:
            work(self)
        finally:
            brought.theirs(self._cells.end())


CANCELLED: Text = text("cancelled; what is shown is as old as it says")


class _Cells:
    """What the cells of this shell import while something else is at work."""

    def __init__(self) -> None:
        self._shell: Any = None
        self._before: set[str] | None = None
        self._imported: set[str] = set()

    def watch(self) -> None:
        ipython = sys.modules.get("IPython")
        self._shell = ipython.get_ipython() if ipython is not None else None
        if self._shell is not None:
            self._shell.events.register("pre_run_cell", self._begins)
            self._shell.events.register("post_run_cell", self._ended)

    def end(self) -> set[str]:
        if self._shell is not None:
            self._shell.events.unregister("pre_run_cell", self._begins)
            self._shell.events.unregister("post_run_cell", self._ended)
        self._ended()
        return self._imported

    def _begins(self, *_: object) -> None:
        self._before = set(sys.modules)

    def _ended(self, *_: object) -> None:
        if self._before is not None:
            self._imported |= set(sys.modules) - self._before
            self._before = None
