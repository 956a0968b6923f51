"""A worker that hashes files: run alone as `python hashing.py ASKER ROOT...`, it answers on stdout what it is asked on stdin.

A question is a batch: four bytes of length, then entries with a NUL between them, each one letter (`t` for what may be
a text, `b` for what is none), 64 hexadecimal digits that are expected, the most bytes that the file may have, a blank,
and the path. The answer is as long as its four bytes say: a line with the number of bytes hashed, then one line for
each file that is not as expected: its number in the batch, and the digest it has, or `-` if it is larger than it may
be and was not read, or `!` and the number of the error. It ends when stdin does, and within a file when its parent is
no longer the process ASKER, so that a worker never outlives whoever asked. Only regular files are read, and of links
only those that lead below one of the roots. Standard library only, Python 3.8 or later.
"""

from __future__ import annotations

import errno
import hashlib
import mmap
import os
import stat
import struct
import sys

TYPE_CHECKING = False  # to import it takes half of the time in which a worker starts
if TYPE_CHECKING:
    from typing import BinaryIO, Sequence

TOO_LARGE = "-"
LEADS_OUT = -1
"""In place of an error's number: a link that leads out of the roots."""
_CHUNK = 1 << 20
# neither a FIFO nor a terminal may hold the worker up, and a link must not lead it where it was not sent
_FLAGS = (
    os.O_RDONLY
    | getattr(os, "O_BINARY", 0)
    | getattr(os, "O_NONBLOCK", 0)
    | getattr(os, "O_NOCTTY", 0)
    | getattr(os, "O_NOFOLLOW", 0)
)
_LINKS = (errno.ELOOP, errno.EMLINK)
_asker: int | None = None
# one for all files; on a page's edge, as the kernel copies a fifth slower to where a bytearray happens to begin
_buffer = memoryview(mmap.mmap(-1, _CHUNK))


def _open(path: bytes, roots: Sequence[bytes]) -> int:
    """A handle for reading, of a link's target only below a root."""
    if hasattr(os, "O_NOFOLLOW"):
        try:
            return os.open(path, _FLAGS)
        except OSError as error:
            if error.errno not in _LINKS:
                raise
    if not os.path.islink(path):  # not on Windows
        return os.open(path, _FLAGS)
    os.stat(path)  # a loop, or a link that leads nowhere, is told as that
    real = os.path.realpath(path)
    if not any(real.startswith(os.path.join(root, b"")) for root in roots):
        raise OSError(LEADS_OUT, "a link that leads out")
    return os.open(real, _FLAGS)


def digest(path: bytes, most: int, roots: Sequence[bytes] = ()) -> tuple[str, int]:
    """The SHA-256 of a regular file and the bytes read for it; TOO_LARGE if it has more than `most`.

    What a growing file has gained since it was opened is left alone. There is one call each to open, ask, read and
    close most files: what a file of 20 kB takes is as much calls as hashing.
    """
    handle = _open(path, roots)
    try:
        status = os.fstat(handle)
        if not stat.S_ISREG(status.st_mode):
            raise OSError(0, "not a regular file")
        if status.st_size > most:
            return TOO_LARGE, 0
        count = size = _fill(handle)
        hasher = hashlib.sha256(_buffer[:count])
        while count and size < status.st_size:
            if _asker is not None and os.getppid() != _asker:  # stdin tells only between batches
                sys.exit(1)
            count = _fill(handle)
            hasher.update(_buffer[:count])
            size += count
        return hasher.hexdigest(), size
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


def respelled(path: bytes, most: int, roots: Sequence[bytes] = ()) -> tuple[str, ...]:
    """The hashes of a text with its line ends converted, as git and wheels on Windows do."""
    unix, windows = hashlib.sha256(), hashlib.sha256()
    handle = _open(path, roots)
    try:
        held = b""
        while most >= 0:
            data = os.read(handle, _CHUNK)
            most -= len(data)
            if b"\0" in data:
                return ()
            text = held + data
            held = b"\r" if data and text.endswith(b"\r") else b""  # half of a line end, perhaps
            text = text[: len(text) - len(held)].replace(b"\r\n", b"\n")
            unix.update(text)
            windows.update(text.replace(b"\n", b"\r\n"))
            if not data:
                return unix.hexdigest(), windows.hexdigest()
        return ()
    finally:
        os.close(handle)


def answer(batch: bytes, roots: Sequence[bytes] = ()) -> bytes:
    """The answer to one batch."""
    total = 0
    lines = []
    for number, entry in enumerate(batch.split(b"\0")):
        expected = entry[1:65].decode("ascii")
        limit, _, path = entry[65:].partition(b" ")
        most = int(limit)
        try:
            found, size = digest(path, most, roots)
            total += size
            if found == expected:
                continue
            if found == TOO_LARGE or entry[:1] != b"t" or expected not in respelled(path, most, roots):
                lines.append("{} {}".format(number, found))
        except OSError as error:
            lines.append("{} !{}".format(number, error.errno or 0))
    return "\n".join([str(total), *lines]).encode("ascii")


def _take(stream: BinaryIO, count: int) -> bytes:
    """Exactly so many bytes; nothing at the end of the stream."""
    data = stream.read(count)
    return data if len(data) == count else b""


def main(roots: Sequence[bytes], questions: BinaryIO, answers: BinaryIO) -> int:
    """Answers until there are no more questions."""
    while True:
        head = _take(questions, 4)
        if not head:
            return 0
        batch = _take(questions, struct.unpack("<I", head)[0])
        if not batch:
            return 0
        told = answer(batch, roots)
        try:
            answers.write(struct.pack("<I", len(told)) + told)
            answers.flush()
        except OSError:  # whoever asked is gone
            return 1


if __name__ == "__main__":
    if os.name != "nt":  # where the parent of a venv's Python is its launcher
        _asker = int(sys.argv[1])
    sys.exit(main([os.fsencode(root) for root in sys.argv[2:]], sys.stdin.buffer, sys.stdout.buffer))
