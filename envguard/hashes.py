"""Hashes many files in worker processes: threads gain nothing here, and a kernel must never be forked.

Each worker runs `probe/hashing.py` and is fed batches of about equal bytes; a thread apiece waits for its answers, and
the caller alone hears of them. However it ends (all done, too late, Ctrl-C, an error), no worker is left. What a worker had
in hand when it ended, fell silent or answered nonsense is lost, and counted.
"""

from __future__ import annotations

import contextlib
import os
import queue
import struct
import subprocess
import sys
import threading
import time
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, NamedTuple

from envguard.probe import hashing, reading
from envguard.run import clean_environment, kill, processors, start

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from envguard.probe.deep import Job

BATCH = 16 << 20
"""Bytes in a batch: some 10 ms of work, against which the question and the answer weigh nothing."""
BATCH_FILES = 2000
WORKERS = 8
"""At most; beyond that a disk is the limit."""
SECONDS = 3600.0
"""For all files; a network share at a tenth of a disk's speed takes minutes."""
SILENCE = 60.0
"""Seconds that a worker may be silent over one batch, besides those that its bytes take a slow disk."""
_SLOW = 4 << 20
"""Bytes a second of such a disk."""
_HEARING = 0.1
"""Seconds between two looks at the clock and for Ctrl-C, which a longer wait would not notice on Windows."""
_GRACE = 2.0
"""Seconds for a killed worker to be gone; one that waits for a dead mount goes only with that."""
_LINE = 80
"""Bytes of an answer for each file, at most."""


@dataclass
class Hashed:
    """What came of it; files by their number among those wanted."""

    bytes: int = 0
    files: int = 0
    different: dict[int, str] = field(default_factory=dict)
    """The digest that a file has instead."""
    unreadable: dict[int, int] = field(default_factory=dict)
    """The number of the error."""
    lost: int = 0
    """Files that nobody hashed: a worker ended, fell silent or could not be started, or the time was over."""
    late: bool = False


def hash_files(
    wanted: Sequence[Job],
    progress: Callable[[int, int], None] | None = None,
    roots: Sequence[str] = (),
) -> Hashed:
    """Hashes every file, those that are links only if they lead below a root. Ctrl-C is raised as ever."""
    total = sum(file.size or 0 for file in wanted)
    found = Hashed()
    workers: list[_Worker] = []
    answers: queue.SimpleQueue[tuple[_Worker, _Answer | None]] = queue.SimpleQueue()
    # what is in the batches is found while the workers start
    share = _Share(wanted, _batches(wanted), answers, threading.Lock())
    batches = total // BATCH + len(wanted) // BATCH_FILES + min(len(wanted), 1)
    end = time.monotonic() + SECONDS
    try:
        for _ in range(
            min(min(processors(), WORKERS) + 1, batches)
        ):  # one more: each rests while its next batch is made
            with contextlib.suppress(OSError, ValueError):  # what nobody hashes is counted below
                workers.append(_Worker(share, roots))
        running = set(workers)
        while running and not found.late:
            found.late = time.monotonic() > end
            try:
                worker, answer = answers.get(timeout=_HEARING)
            except queue.Empty:
                running = {worker for worker in running if not worker.silent()}
                continue
            if answer is None:
                running.discard(worker)
                continue
            answer.note(found)
            if progress is not None:
                progress(min(found.bytes, total), total)
    finally:
        for worker in workers:
            kill(worker.process)
        for worker in workers:
            worker.end()
    found.lost = len(wanted) - found.files
    return found


def _batches(wanted: Sequence[Job]) -> Iterator[list[int]]:
    """Files of a batch's size each for itself and first, lest one of them be what all wait for; the rest in their order."""
    sizes = [file.size or 0 for file in wanted]
    large = [number for number, size in enumerate(sizes) if size >= BATCH]
    yield from ([number] for number in sorted(large, key=lambda number: -sizes[number]))
    batch: list[int] = []
    total = 0
    for number, size in enumerate(sizes):
        if size >= BATCH:
            continue
        batch.append(number)
        total += size
        if total >= BATCH or len(batch) >= BATCH_FILES:
            yield batch
            batch, total = [], 0
    if batch:
        yield batch


class _Answer:
    """What a worker said of a batch; ValueError or LookupError if it makes no sense."""

    def __init__(self, batch: list[int], told: bytes) -> None:
        head, *lines = told.decode("ascii").split("\n")
        self._bytes, self._files = int(head), len(batch)
        self._different: dict[int, str] = {}
        self._unreadable: dict[int, int] = {}
        for line in lines:
            number, _, word = line.partition(" ")
            if word.startswith("!"):
                self._unreadable[batch[int(number)]] = int(word[1:])
            else:
                self._different[batch[int(number)]] = word

    def note(self, found: Hashed) -> None:
        """Adds it to what was found."""
        found.bytes += self._bytes
        found.files += self._files
        found.different.update(self._different)
        found.unreadable.update(self._unreadable)


class _Share(NamedTuple):
    """What all workers have in common."""

    wanted: Sequence[Job]
    todo: Iterator[list[int]]
    answers: queue.SimpleQueue[tuple[_Worker, _Answer | None]]
    lock: threading.Lock

    def next(self) -> list[int] | None:
        with self.lock:
            return next(self.todo, None)


class _Worker:
    """One process, and the thread that talks to it."""

    def __init__(self, share: _Share, roots: Sequence[str]) -> None:
        self._share = share
        self._due = time.monotonic() + SILENCE
        # -S: no start-up code, which may print; PYTHONPATH could put another hashlib first
        env = {name: value for name, value in clean_environment().items() if name != "PYTHONPATH"}
        python = sys.executable or ""  # none to name where Python is embedded
        program = [python, "-S", hashing.__file__, str(os.getpid()), *roots]
        self.process = start(program, env, stdin=subprocess.PIPE, stderr=subprocess.DEVNULL)
        self._thread = threading.Thread(target=self._talk, daemon=True, name="envguard-hashing")
        self._thread.start()

    def silent(self) -> bool:
        """Whether its time to answer is over; it is killed then."""
        if time.monotonic() < self._due:
            return False
        kill(self.process)
        return True

    def end(self) -> None:
        """Waits for the killed process, and lets go of it."""
        with contextlib.suppress(subprocess.TimeoutExpired):
            self.process.wait(_GRACE)
        self._thread.join(_GRACE)
        if self._thread.is_alive():
            return  # it holds the pipes, and goes with the process
        for pipe in (self.process.stdin, self.process.stdout):
            with contextlib.suppress(OSError):  # what it was not told before it died
                assert pipe is not None
                pipe.close()

    def _talk(self) -> None:
        questions, answers = self.process.stdin, self.process.stdout
        assert questions is not None
        assert answers is not None
        try:
            while (batch := self._share.next()) is not None:
                files = [self._share.wanted[number] for number in batch]
                self._due = time.monotonic() + SILENCE + sum(file.size or 0 for file in files) / _SLOW
                question = b"\0".join(map(_entry, files))
                questions.write(struct.pack("<I", len(question)) + question)
                questions.flush()
                length = int.from_bytes(answers.read(4), "little")
                # nothing, or too much: it is gone or no worker of ours, and this batch with it; the others go on
                told = answers.read(length) if length <= _LINE * (len(batch) + 1) else b""
                self._share.answers.put((self, _Answer(batch, told)))
        except (OSError, ValueError, LookupError):
            return
        finally:
            self._share.answers.put((self, None))


def _entry(file: Job) -> bytes:
    kind = "b" if reading.is_compiled(file.key) else "t"
    return f"{kind}{file.sha256}{file.most} ".encode("ascii") + file.path
