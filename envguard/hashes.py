"""Hashes many files in worker processes, for a thread gains nothing here and a kernel must never be forked.

Each worker runs `probe/hashing.py` and is fed batches of about equal bytes; a thread apiece waits for its answers, and
the caller alone hears of them. However it ends (all done, Ctrl-C, an error), no worker is left.
"""

from __future__ import annotations

import contextlib
import os
import queue
import struct
import subprocess
import sys
import threading
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from envguard.probe import hashing, reading
from envguard.run import clean_environment, kill, start

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from envguard.probe.deep import Job

BATCH = 16 << 20
"""Bytes in a batch: some 10 ms of work, against which the question and the answer weigh nothing."""
BATCH_FILES = 2000
WORKERS = 8
"""At most; beyond that a disk is the limit."""
_HEARING = 0.1
"""Seconds between two looks at whether Ctrl-C was pressed, where waiting itself does not hear it (Windows)."""


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
    """Files that nobody hashed, as a worker ended before it had answered, or could not be started."""


def hash_files(wanted: Sequence[Job], progress: Callable[[int, int], None] | None = None) -> Hashed:
    """Hashes every file. Ctrl-C is raised as ever, once the workers are gone."""
    total = sum(file.size for file in wanted)
    batches = list(_batches(wanted))
    found = Hashed()
    workers: list[_Worker] = []
    answers: queue.SimpleQueue[tuple[list[int], bytes] | None] = queue.SimpleQueue()
    todo = iter(batches)
    lock = threading.Lock()
    try:
        for _ in range(min(_processors(), len(batches))):
            with contextlib.suppress(OSError, ValueError):  # what nobody hashes is counted below
                workers.append(_Worker(wanted, todo, lock, answers))
        running = len(workers)
        while running:
            try:
                answer = answers.get(timeout=_HEARING)
            except queue.Empty:
                continue
            if answer is None:
                running -= 1
                continue
            _note(found, *answer)
            if progress is not None:
                progress(min(found.bytes, total), total)
    finally:
        for worker in workers:
            worker.end()
    found.lost = len(wanted) - found.files
    return found


def _processors() -> int:
    """How many processors this process may use."""
    try:
        available = len(os.sched_getaffinity(0))
    except AttributeError:  # not on macOS, nor on Windows
        available = os.cpu_count() or 1
    return max(1, min(available, WORKERS))


def _batches(wanted: Sequence[Job]) -> Iterator[list[int]]:
    """Files of a batch's size each for itself and first, lest one of them be what all wait for; the rest in their order."""
    yield from ([n] for n in sorted(range(len(wanted)), key=lambda n: -wanted[n].size) if wanted[n].size >= BATCH)
    batch: list[int] = []
    size = 0
    for number, file in enumerate(wanted):
        if file.size >= BATCH:
            continue
        batch.append(number)
        size += file.size
        if size >= BATCH or len(batch) >= BATCH_FILES:
            yield batch
            batch, size = [], 0
    if batch:
        yield batch


def _note(found: Hashed, batch: list[int], answer: bytes) -> None:
    head, *lines = answer.decode("ascii").split("\n")
    found.bytes += int(head)
    found.files += len(batch)
    for line in lines:
        number, _, told = line.partition(" ")
        if told.startswith("!"):
            found.unreadable[batch[int(number)]] = int(told[1:])
        else:
            found.different[batch[int(number)]] = told


class _Worker:
    """One process, and the thread that talks to it."""

    def __init__(
        self,
        wanted: Sequence[Job],
        todo: Iterator[list[int]],
        lock: threading.Lock,
        answers: queue.SimpleQueue[tuple[list[int], bytes] | None],
    ) -> None:
        self._wanted, self._todo, self._lock, self._answers = wanted, todo, lock, answers
        # -S: no start-up code, which may print; PYTHONPATH could put another hashlib first
        env = {name: value for name, value in clean_environment().items() if name != "PYTHONPATH"}
        program = [sys.executable, "-S", hashing.__file__]
        self.process = start(program, env, stdin=subprocess.PIPE, stderr=subprocess.DEVNULL)
        self._thread = threading.Thread(target=self._talk, daemon=True, name="envguard-hashing")
        self._thread.start()

    def end(self) -> None:
        """Kills the process, if it has not ended by itself, and waits for both."""
        kill(self.process)
        self.process.wait()
        self._thread.join()
        for pipe in (self.process.stdin, self.process.stdout):
            with contextlib.suppress(OSError):  # what it was not told before it died
                assert pipe is not None
                pipe.close()

    def _talk(self) -> None:
        questions, answers = self.process.stdin, self.process.stdout
        assert questions is not None
        assert answers is not None
        try:
            while True:
                with self._lock:
                    batch = next(self._todo, None)
                if batch is None:
                    return
                question = b"\0".join(map(self._entry, batch))
                questions.write(struct.pack("<I", len(question)) + question)
                questions.flush()
                head = answers.read(4)
                told = answers.read(struct.unpack("<I", head)[0]) if len(head) == 4 else b""
                if not told:
                    return  # the process is gone, and this batch with it; the other workers go on
                self._answers.put((batch, told))
        except (OSError, ValueError):
            return
        finally:
            self._answers.put(None)

    def _entry(self, number: int) -> bytes:
        file = self._wanted[number]
        return (b"b" if reading.is_compiled(file.key) else b"t") + file.sha256.encode("ascii") + os.fsencode(file.path)
