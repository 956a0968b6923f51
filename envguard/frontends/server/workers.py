"""The worker processes of a server: a few that stay, and one for each job.

* A prefix goes to the same worker each time, as that remembers it; where that one is at work, to one that is not.
* A worker answers one question at a time. One that takes too long is killed, and one that has grown too large is let go.
* They end when the server ends, whatever way that goes: each reads from a pipe that only the server holds.
* The event loop only waits; pipes are read and written in threads.
"""

from __future__ import annotations

import asyncio
import contextlib
import functools
import json
import os
import subprocess
import sys
import threading
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING, Any

from envguard.errors import BadArguments, Cancelled, EnvguardError, NoSuchEnvironment, ProbeFailed
from envguard.frontends.server.recent import Recent
from envguard.model import Text, text
from envguard.run import clean_environment, kill, start
from envguard.value import value

if TYPE_CHECKING:
    from collections.abc import Callable

    from envguard.model import Argument

_START = "import sys; sys.path[:] = [each for each in sys.path if each]; from envguard.frontends.server import worker; worker.main()"
"""Not by `-m`: the folder that the server was started in, with the user's own `random.py`, would come first."""
_LONGEST = 256 << 20
_JOBS = 8
"""Threads for the workers of jobs; fewer jobs than this run at once."""
_REMEMBERED = 256
"""Prefixes for which it is remembered which worker has read them."""
_GRACE = 5.0
"""Seconds for a worker to end by itself, which are more than it takes to end what it has started."""
UNSTOPPABLE = ("undo", "install-begin", "install-end")
"""Work that changes files: it must come to its end."""
_KINDS: dict[str, type[EnvguardError]] = {
    each.__name__: each for each in (BadArguments, NoSuchEnvironment, ProbeFailed, Cancelled)
}


class Broken(Exception):
    """A worker has failed in a way that is no answer: it crashed, fell silent, or has a fault of ours."""


@value
class Told:
    """What a worker has answered."""

    head: dict[str, Any]
    document: bytes


class Worker:
    """One process, which answers one question at a time; to be used from one thread at a time."""

    def __init__(self) -> None:
        self.questions = 0
        self.idle = True
        """Whether it has answered what it was asked."""
        self.unstoppable = False
        """Whether it is at something that must come to its end."""
        self.size = 0
        """Bytes of memory, as it has last told."""
        self.process = start(
            [sys.executable, "-c", _START],
            clean_environment(),
            os.path.abspath(os.sep),  # noqa: PTH100 - a worker holds no folder
            stdin=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
        )

    @property
    def alive(self) -> bool:
        """Whether the process still runs."""
        return self.process.poll() is None

    def ask(self, question: dict[str, Any], body: bytes, progress: Callable[[dict[str, Any]], None] | None) -> Told:
        """Asks and waits for the answer; an EnvguardError that it tells, or Broken."""
        into, out = self.process.stdin, self.process.stdout
        assert into is not None
        assert out is not None
        self.questions += 1
        self.idle, self.unstoppable = False, question["do"] in UNSTOPPABLE
        try:
            into.write(json.dumps({**question, "body": len(body)}).encode("ascii") + b"\n" + body)
            into.flush()
            while line := out.readline():
                told = json.loads(line)
                if "progress" in told:
                    if progress is not None:
                        progress(told["progress"])
                    continue
                if "error" in told:
                    self.idle = True
                    raise _error(told)
                length = int(told["length"])
                document = out.read(length) if 0 <= length <= _LONGEST else b""
                if len(document) != length:
                    break
                self.size = int(told["head"].pop("size", 0))
                self.idle = True
                return Told(told["head"], document)
        except (OSError, ValueError, LookupError) as error:
            raise Broken(f"a worker is gone: {error}") from error
        raise Broken("a worker has ended before it answered")

    def end(self) -> None:
        """Has it end by itself, with what it has started; one that changes files goes on until it has done so."""
        assert self.process.stdin is not None
        assert self.process.stdout is not None
        with contextlib.suppress(OSError):
            self.process.stdin.close()
        try:
            self.process.wait(_GRACE)
        except subprocess.TimeoutExpired:
            if self.unstoppable:
                self.process.wait()
            kill(self.process)
            with contextlib.suppress(subprocess.TimeoutExpired):
                self.process.wait(_GRACE)
        if not self.alive:  # so that nothing is read from it any more
            self.process.stdout.close()


def _error(told: dict[str, Any]) -> Exception:
    if told["error"] is None:
        return Broken(str(told.get("trace") or told.get("kind")))
    return _KINDS.get(told["kind"], EnvguardError)(said(told["error"]))


def said(told: dict[str, Any]) -> Text:
    """A sentence as it came from a worker."""
    return Text(told["id"], {name: _argument(each) for name, each in told["args"].items()})


def _argument(told: Any) -> Argument:
    if isinstance(told, dict):
        return said(told)
    return tuple(told) if isinstance(told, list) else told


class Workers:
    """The workers that stay, and those of jobs."""

    def __init__(self, count: int, seconds: float, largest: int, questions: int) -> None:
        """`count` workers, each with `seconds` for an answer, and replaced after it has grown to `largest` bytes or answered `questions`."""
        self._seconds, self._largest, self._questions = seconds, largest, questions
        self._threads = ThreadPoolExecutor(count + _JOBS, thread_name_prefix="envguard-worker")
        self._workers: list[Worker | None] = [None] * count
        self._asked = [False] * count
        self._places = asyncio.Semaphore(count)
        self._has: Recent[int] = Recent(_REMEMBERED)
        """By prefix: the place of the worker that remembers it."""
        self._jobs: set[Worker] = set()
        self._closed = False

    def warm(self) -> None:
        """Starts a worker that will be asked in a moment; in any thread."""
        with contextlib.suppress(OSError):  # what is wrong is told to whoever asks
            self._workers[0] = self._workers[0] or Worker()

    async def ask(self, prefix: str, question: dict[str, Any], body: bytes = b"") -> Told:
        """The answer about a prefix; an EnvguardError that the work itself has told, or Broken."""
        async with self._places:
            place = self._place(prefix)
            self._asked[place] = True
            whole = False
            try:
                worker = self._workers[place]
                if worker is None or not worker.alive:
                    worker = self._workers[place] = await self._started()
                try:
                    return await self._answer(worker, question, body, self._seconds)
                finally:
                    whole = worker.idle and worker.size <= self._largest and worker.questions < self._questions
            finally:
                if not whole:
                    self._let_go(place)
                self._asked[place] = False

    async def work(
        self,
        question: dict[str, Any],
        body: bytes = b"",
        progress: Callable[[dict[str, Any]], None] | None = None,
        seconds: float = 3600.0,
    ) -> Told:
        """The answer of a worker that is started for it and ends with it, or when nobody waits for it any more."""
        loop = asyncio.get_running_loop()

        def tell(told: dict[str, Any]) -> None:
            if progress is not None:
                with contextlib.suppress(RuntimeError):  # the loop is closed
                    loop.call_soon_threadsafe(progress, told)

        worker = await self._started()
        self._jobs.add(worker)
        try:
            return await self._answer(worker, question, body, seconds, tell)
        finally:
            self._jobs.discard(worker)
            _end([worker])

    async def close(self) -> None:
        """Ends all; a job that must come to its end does, in its process."""
        self._closed = True
        workers = [worker for worker in (*self._workers, *self._jobs) if worker is not None]
        self._workers = [None] * len(self._workers)
        for each in _end(workers):
            await asyncio.get_running_loop().run_in_executor(None, each.join, _GRACE)
        self._threads.shutdown(wait=False, cancel_futures=True)

    def _place(self, prefix: str) -> int:
        """The worker that has the prefix if nobody else asks it, else the one with the fewest of those nobody asks."""
        free = [place for place, asked in enumerate(self._asked) if not asked]
        usual = self._has.get(prefix)
        if usual is None:
            usual = min(free, key=lambda place: sum(each == place for each in self._has.values()))
        self._has.put(prefix, usual)
        return usual if usual in free else free[0]

    async def _started(self) -> Worker:
        if self._closed:
            raise Broken("the server is going down")
        worker: Worker = await asyncio.get_running_loop().run_in_executor(self._threads, Worker)
        return worker

    async def _answer(
        self,
        worker: Worker,
        question: dict[str, Any],
        body: bytes,
        seconds: float,
        progress: Callable[[dict[str, Any]], None] | None = None,
    ) -> Told:
        ask = functools.partial(worker.ask, question, body, progress)
        asked = asyncio.get_running_loop().run_in_executor(self._threads, ask)
        try:
            return await asyncio.wait_for(asked, seconds)
        except asyncio.TimeoutError as error:  # its own class before Python 3.11
            raise ProbeFailed(text("it was not done within {seconds} s", seconds=f"{seconds:g}")) from error

    def _let_go(self, place: int) -> None:
        """Ends a worker; the next question starts another."""
        worker, self._workers[place] = self._workers[place], None
        if worker is not None:
            _end([worker])


def _end(workers: list[Worker]) -> list[threading.Thread]:
    """Ends workers in threads of their own, since each takes a moment."""
    ending = [threading.Thread(target=worker.end, daemon=True, name="envguard-ending") for worker in workers]
    for each in ending:
        each.start()
    return ending
