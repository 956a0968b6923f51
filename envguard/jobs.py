"""Work that takes long and was asked for: one after the other for each environment, watched, and ended when nobody wants it.

* Of one environment one job runs at a time, in the order in which they were asked for; of different ones a few at once.
* A job that waits can be cancelled; one that runs, too, unless it says that it must come to its end.
* What has ended is kept for a while, and only so much of it; so is what waits.
* It belongs to one event loop, and knows nothing of what the work is.
"""

from __future__ import annotations

import asyncio
import enum
import secrets
import time
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from envguard.errors import BadArguments, Cancelled, EnvguardError
from envguard.model import text
from envguard.value import value

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

    from envguard.model import Text

    Work = Callable[["Tell"], Awaitable[tuple[bytes, Text | None]]]
    """What it gives is the result, and what did not go as it should have although there is one."""
    Tell = Callable[["Progress"], None]

AT_ONCE = 2
"""Jobs that run at a time, of whatever environment."""
WAITING = 32
"""Jobs that have not ended, at most."""
KEPT = 50
"""Jobs that have ended."""
AGE = 3600.0
"""Seconds for which one that has ended is kept."""


class State(enum.Enum):
    """How far a job is."""

    QUEUED = "queued"
    RUNNING = "running"
    DONE = "done"
    FAILED = "failed"
    CANCELLED = "cancelled"

    @property
    def ended(self) -> bool:
        """Whether nothing more comes of it."""
        return self not in (State.QUEUED, State.RUNNING)


class TooMany(EnvguardError):
    """There is more work than is taken on."""


@value
class Progress:
    """How far the work is, as it tells."""

    says: Text | None = None
    done: int | None = None
    of: int | None = None


_NOTHING = Progress()


@dataclass
class Job:
    """One job. What stands here changes; who waits for that asks `Jobs.changed`."""

    id: str
    kind: str
    key: str
    """The environment: of one key one job runs at a time."""
    stoppable: bool
    state: State = State.QUEUED
    progress: Progress = _NOTHING
    result: bytes | None = None
    error: Text | None = None
    fault: BaseException | None = None
    """What went wrong where that is no condition a user must hear of, but a fault of ours."""
    began: float = 0.0
    ended: float = 0.0
    version: int = 0
    """Grows with each change."""
    task: asyncio.Task[None] | None = None
    news: asyncio.Event = field(default_factory=asyncio.Event)


class Jobs:
    """The jobs of one server."""

    def __init__(self, over: Callable[[Job], None] = lambda _job: None) -> None:
        """`over` hears of each job that has ended."""
        self._over = over
        self._jobs: dict[str, Job] = {}
        self._locks: dict[str, asyncio.Lock] = {}
        self._places = asyncio.Semaphore(AT_ONCE)

    def begin(self, kind: str, key: str, work: Work, *, stoppable: bool = True) -> Job:
        """Takes on a job; TooMany if there are enough."""
        self._forget()
        if sum(not job.state.ended for job in self._jobs.values()) >= WAITING:
            raise TooMany(text("{n} jobs are waiting already", n=WAITING))
        job = Job(secrets.token_hex(8), kind, key, stoppable)
        self._jobs[job.id] = job
        job.task = asyncio.get_running_loop().create_task(self._run(job, work))
        return job

    def get(self, name: str) -> Job | None:
        """The job of this id; None if there is none, or none any more."""
        self._forget()
        return self._jobs.get(name)

    async def changed(self, job: Job, seconds: float) -> None:
        """Waits until a job has changed or ended, for so many seconds at most."""
        if not job.state.ended:
            try:
                await asyncio.wait_for(job.news.wait(), seconds)
            except asyncio.TimeoutError:  # its own class before Python 3.11
                return

    async def cancel(self, job: Job) -> None:
        """Ends a job, and comes back when it has ended; BadArguments if it must come to its own end."""
        if job.state.ended or job.task is None:
            return
        if job.state is State.RUNNING and not job.stoppable:
            raise BadArguments(text("it is at work on files, and comes to its end by itself"))
        job.task.cancel()
        await asyncio.wait([job.task])

    async def close(self) -> None:
        """Cancels what may be; what must come to its end goes on in its own process."""
        tasks = [job.task for job in self._jobs.values() if job.task is not None and not job.task.done()]
        for task in tasks:
            task.cancel()
        if tasks:
            await asyncio.wait(tasks, timeout=10)

    async def _run(self, job: Job, work: Work) -> None:
        def tell(progress: Progress) -> None:
            job.progress = progress
            self._note(job)

        lock = self._locks.setdefault(job.key, asyncio.Lock())
        try:
            async with lock, self._places:
                job.state, job.began = State.RUNNING, time.monotonic()
                self._note(job)
                job.result, job.error = await work(tell)
            job.state = State.DONE
        except (asyncio.CancelledError, Cancelled):
            job.state = State.CANCELLED
        except EnvguardError as error:
            job.state, job.error = State.FAILED, error.text
        except Exception as error:  # noqa: BLE001 - the door round a job: whoever waits for it must hear of its end
            job.state, job.fault = State.FAILED, error
            job.error = text("envguard itself failed; its server's log tells how")
        finally:
            job.ended = time.monotonic()
            job.began = job.began or job.ended
            if not any(other.key == job.key for other in self._jobs.values() if not other.state.ended):
                self._locks.pop(job.key, None)
            self._note(job)
            self._over(job)

    def _note(self, job: Job) -> None:
        """Wakes whoever waits for news of it."""
        job.version += 1
        job.news.set()
        job.news = asyncio.Event()

    def _forget(self) -> None:
        """Lets go of what has ended long ago, and of the oldest where there is too much of it."""
        over = sorted((job for job in self._jobs.values() if job.state.ended), key=lambda job: job.ended)
        now = time.monotonic()
        for place, job in enumerate(over):
            if place < len(over) - KEPT or now - job.ended > AGE:
                del self._jobs[job.id]
