"""What a panel may ask of the rest of envguard, for one environment."""

from __future__ import annotations

from typing import TYPE_CHECKING

from envguard import api
from envguard.value import value

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from envguard.cuda_report import CudaReport
    from envguard.model import Report, Timeline


@value
class Doors:
    """The looks at an environment; a door that is None is not offered."""

    check: Callable[[], Report]
    """In a blink."""
    history: Callable[[], Timeline] | None = None
    deep: Callable[[Callable[[int, int], None]], Report] | None = None
    """Hashes every file, and tells the bytes done and all bytes."""
    cuda: Callable[[], CudaReport] | None = None
    prefix: str | None = None
    """What may be repaired; None if nothing may."""


def of(prefix: str | Path | None, real: str) -> Doors:
    """All of them, for the environment that somebody named; `real` is its folder."""
    return Doors(
        check=lambda: api.inspect(prefix),
        history=lambda: api.history(prefix),
        deep=lambda progress: api.inspect(prefix, deep=True, progress=progress),
        cuda=lambda: api.cuda(prefix),
        prefix=real,
    )
