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
    started = time.monotonic()

    def said(bar: str, done: int, total: int) -> Text:
        speed = done / 1e9 / max(time.monotonic() - started, 1e-3)
        return text(
            "hashing {bar} {done} of {total} GB, {speed} GB/s",
            bar=bar,
            done=f"{done / 1e9:.1f}",
            total=f"{total / 1e9:.1f}",
            speed=f"{speed:.1f}",
        )

    return _drawn(stream, said)


def files(stream: TextIO) -> Callable[[int, int], None] | None:
    """What to tell of files done and all files; None if the stream is no terminal."""
    return _drawn(
        stream,
        lambda bar, done, total: text("taking back {bar} {done} of {total} files", bar=bar, done=done, total=total),
    )


def _drawn(stream: TextIO, said: Callable[[str, int, int], Text]) -> Callable[[int, int], None] | None:
    """Draws a line of a bar and of what is done of all; the last takes it away."""
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
            line = "━" * full + "╌" * (_CELLS - full)
            stream.write(f"\r{say(said(line, done, total))}\033[K")
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
