"""How far a long look has come: one line of a terminal, and nothing where nobody watches."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, TextIO

from envguard.model import text
from envguard.render.language import say

if TYPE_CHECKING:
    from collections.abc import Callable

    from envguard.model import Text

_EVERY = 0.1
"""Seconds between two lines; a terminal takes longer to draw one than a batch takes to hash."""
_CELLS = 24


def bar(stream: TextIO) -> Callable[[int, int], None] | None:
    """What to tell of bytes done and all bytes; None if the stream is no terminal."""
    if not stream.isatty():
        return None
    started = time.monotonic()
    drawn = 0.0

    def tell(done: int, total: int) -> None:
        nonlocal drawn
        now = time.monotonic()
        if done >= total:
            stream.write("\r\033[K")
        elif now - drawn >= _EVERY:
            drawn = now
            full = _CELLS * done // total
            speed = done / 1e9 / max(now - started, 1e-3)
            said = text(
                "hashing {bar} {done} of {total} GB, {speed} GB/s",
                bar=f"{'━' * full}{'╌' * (_CELLS - full)}",
                done=f"{done / 1e9:.1f}",
                total=f"{total / 1e9:.1f}",
                speed=f"{speed:.1f}",
            )
            stream.write(f"\r{say(said)}\033[K")
        stream.flush()

    return tell


def files(stream: TextIO) -> Callable[[int, int], None] | None:
    """What to tell of files done and all files; None if the stream is no terminal."""
    if not stream.isatty():
        return None
    drawn = 0.0

    def tell(done: int, total: int) -> None:
        nonlocal drawn
        now = time.monotonic()
        if done >= total:
            stream.write("\r\033[K")
        elif now - drawn >= _EVERY:
            drawn = now
            full = _CELLS * done // total
            bar = f"{'━' * full}{'╌' * (_CELLS - full)}"
            said = say(text("taking back {bar} {done} of {total} files", bar=bar, done=done, total=total))
            stream.write(f"\r{said}\033[K")
        stream.flush()

    return tell


def steps(stream: TextIO) -> Callable[[Text], None] | None:
    """What to tell of each step of something long; None if the stream is no terminal."""
    if not stream.isatty():
        return None

    def tell(step: Text) -> None:
        stream.write(f"\r{say(step)[:76]}\033[K")
        stream.flush()

    return tell


def clear(stream: TextIO) -> None:
    """Takes the line of the last step away."""
    if stream.isatty():
        stream.write("\r\033[K")
        stream.flush()
