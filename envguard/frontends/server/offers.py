"""The jobs that a server takes on: forecasts, taking installs back, and what stands around installs."""

from __future__ import annotations

import functools
import time
from typing import TYPE_CHECKING, Any

from envguard.errors import EnvguardError
from envguard.frontends.server import kernels, metrics
from envguard.frontends.server.installs import Installs
from envguard.frontends.server.refusals import Refused
from envguard.frontends.server.workers import said
from envguard.jobs import Jobs, Progress, TooMany
from envguard.model import text

if TYPE_CHECKING:
    from collections.abc import Callable
    from logging import Logger

    from envguard.frontends.server.requests import JobWanted
    from envguard.frontends.server.service import Service
    from envguard.jobs import Job, Work
    from envguard.model import Text


class Offers:
    """Takes on jobs and keeps them until they are fetched."""

    def __init__(self, service: Service, log: Logger) -> None:
        self._service, self._log = service, log
        self._jobs = Jobs(self._over)
        self.installs = Installs(service, self._take_on)

    async def begin(self, asked: JobWanted, user: str | None) -> Job:
        """Takes on a job for the user of this name; refused where it is not allowed, or there is too much to do."""
        if asked.kind == "install-begin":
            return await self.installs.begin(asked)
        if asked.kind == "install-end":
            return self.installs.end(asked, user)
        if asked.kind == "undo" and (why := self._service.forbidden()) is not None:
            raise Refused(403, "not-allowed", why)
        if asked.kernel is not None:
            prefix = await self._service.prefix_of_kernel(asked.kernel)
        else:
            prefix = await self._service.prefix_of_environment(asked.environment or "")
        if asked.kind == "undo" and (why := await self._service.refusal(prefix)) is not None:
            raise Refused(403, "not-allowed", why)
        question: dict[str, Any] = {"do": asked.kind, "prefix": prefix, **asked.details}
        if asked.kind == "undo":
            question["user"] = user
        work = functools.partial(self._work, question, asked.kernel)
        return self._take_on(asked.kind, prefix, work, stoppable=asked.kind != "undo")

    def _take_on(self, kind: str, prefix: str, work: Work, *, stoppable: bool = True) -> Job:
        try:
            return self._jobs.begin(kind, self._service.environments.id_of(prefix), work, stoppable=stoppable)
        except TooMany as error:
            raise Refused(429, "too-many", error.text) from error

    def get(self, name: str) -> Job:
        """The job of this id; refused if there is none."""
        found = self._jobs.get(name)
        if found is None:
            raise Refused(404, "not-found", text("there is no job of this id, or none any more"))
        return found

    async def changed(self, job: Job, seconds: float) -> None:
        """Waits for news of a job."""
        await self._jobs.changed(job, seconds)

    async def cancel(self, job: Job) -> None:
        """Ends a job, if it may be ended."""
        await self._jobs.cancel(job)

    async def close(self) -> None:
        """Ends all of them that may be ended."""
        await self._jobs.close()
        await self.installs.close()

    async def _work(
        self, question: dict[str, Any], kernel: str | None, tell: Callable[[Progress], None]
    ) -> tuple[bytes, Text | None]:
        body = b""
        if question["do"] == "forecast" and kernel is not None:
            more, body = await self._of_kernel(kernel, question["prefix"])
            question = {**question, **more}
        told = await self._service.workers.work(question, body, lambda news: tell(_progress(news)))
        self._service.changed(question)
        problem = told.head.get("problem")
        return told.document, None if problem is None else said(problem)

    async def _of_kernel(self, name: str, prefix: str) -> tuple[dict[str, Any], bytes]:
        """Where a command of a kernel would run, and what the kernel has loaded if it tells that now."""
        kernel = self._service.kernel(name)
        seen = await self._service.seen(kernel)
        if seen is None or seen.prefix != prefix:
            return {}, b""
        where = {"process": seen.process, "mark": kernel.mark}
        try:
            packed, _ = await kernels.ask(kernel, (), subshells=False)
        except EnvguardError:
            return where, b""
        return where, packed.encode("ascii")

    def _over(self, job: Job) -> None:
        metrics.counted("job", job.kind, job.state.value, time.monotonic() - job.began)
        if job.fault is not None:
            self._log.error("%s: %s", job.kind, job.fault)


def _progress(news: dict[str, Any]) -> Progress:
    says = news.get("says")
    return Progress(None if says is None else said(says), news.get("done"), news.get("of"))
