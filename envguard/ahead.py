"""Has most records of a large prefix read by a process beside this one, which meanwhile lists the folders.

A thread would gain nothing, as reading JSON lets no other run, and a kernel must never be forked. The process runs
`probe/reader.py`, goes as soon as this is over, however it ends, and what it does not answer is read here: without a second
processor, where no process can be started, or if it dies, falls silent or talks nonsense, all is as it is without it.
"""

from __future__ import annotations

import contextlib
import marshal
import os
import subprocess
import sys
import time
from typing import TYPE_CHECKING, Any

from envguard.probe import conda_book, reader, reading
from envguard.run import BY_PATH, clean_environment, kill, processors, start

if TYPE_CHECKING:
    from collections.abc import Iterator

    from envguard.probe.conda_book import Read
    from envguard.probe.disk import Reader

MANY = 150
"""Records from which on it is worth while: the process starts while forty are read."""
EACH = 6
"""Every sixth is read here: about as much as the other, which only reads, is ahead otherwise."""
SILENCE = 5.0
"""Seconds without an answer after which all is read here."""
_GRACE = 2.0
"""Seconds for a killed process to be gone; one that waits for a dead mount goes only with that."""
_CHUNK = 1 << 20
_LARGEST = 256 << 20
"""Bytes of a frame; what a record of the largest size makes."""


@contextlib.contextmanager
def reading_records(prefix: str) -> Iterator[Reader]:
    """What reads the records of a prefix: another process where that is worth while, else `conda_book.read`."""
    process = _begun(prefix)
    if process is None:
        yield conda_book.read
        return
    try:
        yield _Ahead(process).read
    finally:
        kill(process)
        with contextlib.suppress(subprocess.TimeoutExpired):
            process.wait(_GRACE)
        assert process.stdout is not None
        process.stdout.close()


def _begun(prefix: str) -> subprocess.Popen[bytes] | None:
    if os.name != "posix" or processors() < 2 or not sys.executable:
        return None
    try:
        if len(os.listdir(os.path.join(prefix, "conda-meta"))) < MANY:  # noqa: PTH118, PTH208 - as the probe does it
            return None
        # -S: no start-up code, which may print; PYTHONPATH could put another json first
        env = {name: value for name, value in {**clean_environment(), **BY_PATH}.items() if name != "PYTHONPATH"}
        program = [sys.executable, "-S", reader.__file__, prefix, str(EACH), f"{reading.SECONDS:g}"]
        return start(program, env, stderr=subprocess.DEVNULL)
    except (OSError, ValueError):
        return None


class _Ahead:
    """The records, as the other process answers them."""

    def __init__(self, process: subprocess.Popen[bytes]) -> None:
        self._frames = _frames(process)

    def read(
        self,
        prefix: str,
        files: list[str],
        unreadable: list[str],
        problems: reading.Problems,
        patience: reading.Patience,
    ) -> Iterator[Read]:
        """As `conda_book.read`."""
        for number, name in enumerate(files):
            if patience.over():
                patience.records = len(files) - number
                return
            if reader.is_ours(number, EACH):
                yield from conda_book.read(prefix, [name], unreadable, problems, patience)
                continue
            frame = next(self._frames, None)
            if frame is None or frame[0] != name:  # a file has come or gone in between
                yield from conda_book.read(prefix, files[number:], unreadable, problems, patience)
                return
            _, size, told, lost, found = frame
            patience.size -= size
            unreadable += lost
            for each in told:
                problems.add(each["source"], each["reason"], **each["args"])
            if found is not None:
                path, record, folders, strange = found
                yield conda_book.Read(path, record, conda_book.Listed.of(folders), strange)


def _frames(process: subprocess.Popen[bytes]) -> Iterator[tuple[Any, ...]]:
    """What is answered, until there is no more or it makes no sense."""
    assert process.stdout is not None
    answers = _Answers(process.stdout.fileno())
    with contextlib.suppress(OSError, EOFError, ValueError, TypeError):
        while True:
            size = int.from_bytes(answers.take(4), "little")
            if size > _LARGEST:
                return
            frame = marshal.loads(answers.take(size))  # noqa: S302 - of our own, and of JSON alone
            if type(frame) is not tuple or len(frame) != 5:
                return
            yield frame


class _Answers:
    """The bytes that come out of a pipe; EOFError at its end, OSError if it is silent for too long."""

    def __init__(self, pipe: int) -> None:
        import fcntl  # not on Windows
        import select

        self._pipe, self._held, self._at = pipe, b"", 0
        self._poll = select.poll()
        self._poll.register(pipe, select.POLLIN)
        with contextlib.suppress(OSError):
            if hasattr(fcntl, "F_SETPIPE_SZ"):  # on Linux: much may be answered before it is asked for
                fcntl.fcntl(pipe, fcntl.F_SETPIPE_SZ, _CHUNK)

    def take(self, count: int) -> bytes:
        """Exactly so many bytes."""
        parts = []
        while count > len(self._held) - self._at:
            parts.append(self._held[self._at :])
            count -= len(parts[-1])
            self._held, self._at = self._more(), 0
        self._at += count
        parts.append(self._held[self._at - count : self._at])
        return b"".join(parts)

    def _more(self) -> bytes:
        end = time.monotonic() + SILENCE
        while not self._poll.poll(max(0.0, end - time.monotonic()) * 1000):
            if time.monotonic() >= end:
                raise OSError("silent")
        told = os.read(self._pipe, _CHUNK)
        if not told:
            raise EOFError
        return told
