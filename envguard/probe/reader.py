"""Reads the records of a prefix for another process: run alone as `python reader.py PREFIX EACH SECONDS`, it answers on stdout.

There is a frame for each file of conda-meta that should be a record, in their order, but for every EACH-th, which whoever
asked reads: four bytes of length, then what `marshal` makes of (name, bytes read, problems, what is unreadable, record).
The record is (path, what it says, its files by folder and name as `Listed.lean` gives them, how many are strange), or None.
It ends with the last one, when its time is over, or when nobody reads its answers. Standard library only, Python 3.8 or later.
"""

from __future__ import annotations

import gc
import marshal
import os
import sys
from typing import TYPE_CHECKING, Any, BinaryIO, Iterator

if TYPE_CHECKING or __package__:
    from envguard.probe import conda_book, reading
else:  # run alone, by path: this folder is first on sys.path
    import conda_book
    import reading


def is_ours(number: int, each: int) -> bool:
    """Whether whoever asked reads a file itself, by its number from 0 on."""
    return number % each == each - 1


def frames(prefix: str, each: int, patience: reading.Patience) -> Iterator[tuple[Any, ...]]:
    """The frames, before they are packed."""
    for number, name in enumerate(conda_book.names(prefix, reading.Problems()) or ()):
        if is_ours(number, each):
            continue
        if patience.over():
            return
        unreadable: list[str] = []
        problems = reading.Problems()
        size = patience.size
        found = None
        for read in conda_book.read(prefix, [name], unreadable, problems, patience):
            found = (read.path, read.record, read.files.lean(), read.strange)
        yield name, size - patience.size, problems.items, unreadable, found


def main(prefix: str, each: str, seconds: str, out: BinaryIO) -> int:
    """Answers until all is read."""
    gc.disable()  # what is read is let go of at once, and none of it lies in a cycle
    try:
        for frame in frames(prefix, int(each), reading.Patience(float(seconds))):
            packed = marshal.dumps(frame)
            out.write(len(packed).to_bytes(4, "little"))
            out.write(packed)
        out.flush()
    except OSError:  # whoever asked is gone
        os._exit(1)  # without a word about what could not be written
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1], sys.argv[2], sys.argv[3], sys.stdout.buffer))
