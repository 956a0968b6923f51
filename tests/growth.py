"""How the time for some work grows with its size: whether a file or a cell can make envguard work without end.

No benchmark (those are in `tests/bench`): the sizes lie so far apart that work which grows with the square is told from
work which does not, on a machine that does something else as well.
"""

from __future__ import annotations

import gc
import time
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable

LEAST = 0.02  # seconds; what takes less is not told from the clock's own error


def growth(prepare: Callable[[int], Callable[[], object]], small: int, large: int) -> float:
    """How many times longer the larger size takes; `prepare` makes the work of one size, its own time does not count."""
    return seconds(prepare(large)) / max(seconds(prepare(small)), LEAST)


def seconds(work: Callable[[], object]) -> float:
    """The least of three tries in seconds of this process alone; no collection of what earlier tests left is among them."""
    taken = []
    for _ in range(3):
        gc.collect()
        gc.disable()
        try:
            started = time.process_time()
            work()
            taken.append(time.process_time() - started)
        finally:
            gc.enable()
    return min(taken)
