"""What envguard itself brought into this process: the modules that came while it was at work.

Whoever opens a door of envguard in somebody's process says so with `visit`. What was there before the first visit, and what
came between two, is the user's. `probe/live.py` asks for it, in this process or from another.
"""

from __future__ import annotations

import sys
from contextlib import contextmanager
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

_brought: set[str] = set()
_before: list[set[str]] = []


@contextmanager
def visit() -> Iterator[None]:
    """While this holds, what is imported is imported by envguard."""
    before = set(sys.modules)
    _before.append(before)
    try:
        yield
    finally:
        _before.remove(before)
        _brought.update(set(sys.modules) - before)


def theirs(names: set[str]) -> None:
    """Says that modules which came during a visit were imported by somebody else beside it."""
    _brought.difference_update(names)


def modules() -> set[str]:
    """The names of the modules that envguard brought, those of a visit that has not ended included."""
    return _brought.union(*(set(sys.modules) - before for before in _before))
