"""Jobs: one at a time for each environment, watched, cancelled, forgotten."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any

import pytest

from envguard import jobs
from envguard.errors import BadArguments, ProbeFailed
from envguard.jobs import Job, Jobs, Progress, State, TooMany
from envguard.model import text

if TYPE_CHECKING:
    from collections.abc import Callable

DONE = (b"{}", None)


async def settle() -> None:
    for _ in range(10):
        await asyncio.sleep(0)


class Gate:
    """Work that waits to be let through."""

    def __init__(self) -> None:
        self.open, self.begun, self.ended = asyncio.Event(), asyncio.Event(), asyncio.Event()

    async def work(self, _tell: Callable[[Progress], None]) -> tuple[bytes, None]:
        self.begun.set()
        try:
            await self.open.wait()
        finally:
            self.ended.set()
        return DONE


def test_of_one_environment_one_at_a_time_and_in_order():
    async def story() -> None:
        over: list[str] = []
        every = Jobs(lambda job: over.append(job.kind))
        first, second, other = Gate(), Gate(), Gate()
        a = every.begin("a", "env", first.work)
        b = every.begin("b", "env", second.work)
        c = every.begin("c", "elsewhere", other.work)
        await settle()
        assert [job.state for job in (a, b, c)] == [State.RUNNING, State.QUEUED, State.RUNNING]
        first.open.set()
        await every.changed(a, 5)
        await settle()
        assert (a.state, a.result, b.state) == (State.DONE, b"{}", State.RUNNING)
        second.open.set()
        other.open.set()
        for job in (b, c):
            while not job.state.ended:
                await every.changed(job, 5)
        assert sorted(over) == ["a", "b", "c"]
        assert every.get(a.id) is a
        assert every.get("nothing") is None

    asyncio.run(story())


def test_only_a_few_run_at_once(monkeypatch: pytest.MonkeyPatch):
    async def story() -> None:
        every, gates = Jobs(), [Gate() for _ in range(4)]
        begun = [every.begin("x", str(place), gate.work) for place, gate in enumerate(gates)]
        await settle()
        assert sum(job.state is State.RUNNING for job in begun) == jobs.AT_ONCE
        monkeypatch.setattr(jobs, "WAITING", 4)
        with pytest.raises(TooMany, match="4 jobs are waiting"):
            every.begin("x", "one more", Gate().work)
        await every.close()
        assert {job.state for job in begun} == {State.CANCELLED}

    asyncio.run(story())


def test_what_is_cancelled_and_what_is_not():
    async def story() -> None:
        every, running, waiting, firm = Jobs(), Gate(), Gate(), Gate()
        a = every.begin("a", "env", running.work)
        b = every.begin("b", "env", waiting.work)
        c = every.begin("undo", "other", firm.work, stoppable=False)
        d = every.begin("undo", "other", Gate().work, stoppable=False)
        await settle()
        await every.cancel(b)
        assert (b.state, waiting.begun.is_set()) == (State.CANCELLED, False)
        await every.cancel(a)
        assert (a.state, running.ended.is_set()) == (State.CANCELLED, True)
        with pytest.raises(BadArguments, match="comes to its end by itself"):
            await every.cancel(c)
        await every.cancel(d)  # it has not begun
        assert (c.state, d.state) == (State.RUNNING, State.CANCELLED)
        firm.open.set()
        await every.changed(c, 5)
        await settle()
        await every.cancel(c)  # nothing, for it has ended
        assert c.state is State.DONE

    asyncio.run(story())


def test_progress_wakes_who_waits():
    async def story() -> None:
        every, told = Jobs(), asyncio.Event()

        async def work(tell: Callable[[Progress], None]) -> tuple[bytes, None]:
            await told.wait()
            tell(Progress(text("half"), 1, 2))
            await asyncio.sleep(30)
            return DONE

        job = every.begin("x", "env", work)
        await settle()
        version = job.version
        waiting = asyncio.ensure_future(every.changed(job, 20))
        await settle()
        assert not waiting.done()
        told.set()
        await asyncio.wait_for(waiting, 5)
        assert (job.progress.done, job.progress.of) == (1, 2)
        assert job.version > version
        await asyncio.wait_for(every.changed(job, 0.01), 5)  # nothing new
        await every.close()

    asyncio.run(story())


@pytest.mark.parametrize(("error", "fault"), [(ProbeFailed(text("it is dead")), False), (ZeroDivisionError("x"), True)])
def test_what_fails_says_why_and_of_a_fault_of_ours_not_how(error: Exception, fault: bool):
    async def story() -> None:
        seen: list[Job] = []
        every = Jobs(seen.append)

        async def work(_tell: Any) -> tuple[bytes, None]:
            raise error

        job = every.begin("x", "env", work)
        await every.changed(job, 5)
        await settle()
        assert (job.state, job.result) == (State.FAILED, None)
        assert job.error is not None
        assert (job.fault is error) is fault
        assert ("x" in job.error.english().split()) is False
        assert seen == [job]

    asyncio.run(story())


def test_what_has_ended_is_forgotten(monkeypatch: pytest.MonkeyPatch):
    async def story() -> None:
        every = Jobs()

        async def work(_tell: Any) -> tuple[bytes, None]:
            return DONE

        monkeypatch.setattr(jobs, "KEPT", 3)
        ended = []
        for number in range(6):
            job = every.begin("x", str(number), work)
            await every.changed(job, 5)
            await settle()
            ended.append(job)
        assert [every.get(job.id) is job for job in ended] == [False] * 3 + [True] * 3
        monkeypatch.setattr(jobs, "AGE", 0.0)
        await asyncio.sleep(0.01)
        assert every.get(ended[-1].id) is None
        assert not every._locks

    asyncio.run(story())
