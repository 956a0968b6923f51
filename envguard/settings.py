"""Every option, as plain values; front ends translate their own kind of option into these."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Selection:
    """Which rules run: ids (`pip-overwrote-conda`) or codes (`EG102`, `102`). An empty `select` means all."""

    select: tuple[str, ...] = ()
    ignore: tuple[str, ...] = ()
