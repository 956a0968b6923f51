"""A worker that hashes files: run alone as `python hashing.py`, it answers on stdout what it is asked on stdin.

A question is a batch: four bytes of length, then entries with a NUL between them, each one letter (`t` for what may be
a text, `b` for what is none), 64 hexadecimal digits that are expected, and the path. The answer is as long as its four
bytes say: a line with the number of bytes hashed, then one line for each file that is not as expected, with the number
of the file in the batch and either the digest it has or `!` and the number of the error. It ends when stdin does, so
that a worker never outlives whoever asked. Standard library only, Python 3.8 or later.
"""

from __future__ import annotations

import hashlib
import os
import stat
import struct
import sys
from typing import BinaryIO, Iterator

_CHUNK = 1 << 20
_TEXT_LIMIT = 32 << 20  # larger texts are not tried in other spellings of their line ends
_FLAGS = os.O_RDONLY | getattr(os, "O_NONBLOCK", 0) | getattr(os, "O_BINARY", 0)  # a FIFO must not hang the worker
_buffer = memoryview(bytearray(_CHUNK))  # one for all files: a fresh one for each would cost more than small files take


def as_expected(path: bytes, expected: str) -> int:
    """The size of a file that one read shows to be as expected; -1 for every other, which `digest` then looks at with care.

    Most files end here, after the fewest possible calls: what a file of 20 kB takes is half calls and half hashing.
    """
    handle = os.open(path, _FLAGS)
    try:
        size = _fill(handle)
    finally:
        os.close(handle)
    return size if size < _CHUNK and hashlib.sha256(_buffer[:size]).hexdigest() == expected else -1


def digest(path: bytes) -> tuple[str, int]:
    """The SHA-256 of a regular file, read to its end, and its size."""
    hasher = hashlib.sha256()
    size = 0
    handle = os.open(path, _FLAGS)
    try:
        if not stat.S_ISREG(os.fstat(handle).st_mode):
            raise OSError(0, "not a regular file")
        while True:
            count = _fill(handle)
            if not count:
                return hasher.hexdigest(), size
            hasher.update(_buffer[:count])
            size += count
    finally:
        os.close(handle)


if hasattr(os, "readv"):

    def _fill(handle: int) -> int:
        """Reads the next bytes into the buffer; returns how many."""
        return os.readv(handle, (_buffer,))

else:

    def _fill(handle: int) -> int:
        """As above, where there is no readv (Windows)."""
        data = os.read(handle, _CHUNK)
        _buffer[: len(data)] = data
        return len(data)


def respelled(path: bytes) -> Iterator[str]:
    """The hashes of a text with its line ends converted, as git and wheels on Windows do."""
    with open(path, "rb") as file:
        data = file.read(_TEXT_LIMIT + 1)
    if b"\n" in data and len(data) <= _TEXT_LIMIT and b"\0" not in data:
        unix = data.replace(b"\r\n", b"\n")
        yield hashlib.sha256(unix).hexdigest()
        yield hashlib.sha256(unix.replace(b"\n", b"\r\n")).hexdigest()


def answer(batch: bytes) -> bytes:
    """The answer to one batch."""
    total = 0
    lines = []
    for number, entry in enumerate(batch.split(b"\0")):
        kind, expected, path = entry[:1], entry[1:65].decode("ascii", "replace"), entry[65:]
        try:
            size = as_expected(path, expected)
            if size >= 0:
                total += size
                continue
            found, size = digest(path)
            total += size
            if found != expected and not (kind == b"t" and expected in respelled(path)):
                lines.append("{} {}".format(number, found))
        except OSError as error:
            lines.append("{} !{}".format(number, error.errno or 0))
    return "\n".join([str(total), *lines]).encode("ascii")


def _take(stream: BinaryIO, count: int) -> bytes:
    """Exactly so many bytes; nothing at the end of the stream."""
    data = stream.read(count)
    return data if len(data) == count else b""


def main(questions: BinaryIO, answers: BinaryIO) -> int:
    """Answers until there are no more questions."""
    while True:
        head = _take(questions, 4)
        if not head:
            return 0
        batch = _take(questions, struct.unpack("<I", head)[0])
        if not batch:
            return 0
        told = answer(batch)
        try:
            answers.write(struct.pack("<I", len(told)) + told)
            answers.flush()
        except OSError:  # whoever asked is gone
            return 1


if __name__ == "__main__":
    sys.exit(main(sys.stdin.buffer, sys.stdout.buffer))
