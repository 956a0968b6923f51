"""What stands around the run of cells that install: what is looked at before, begun, and ended after it.

* Between beginning and end only this is held: what was remembered, as bytes that a worker has written, and the file of
  constraints. No worker waits, and no turn of the environment is taken.
* What nobody ends is ended here once the kernel has been idle for a while, or is gone: the page may have been closed.
* What the kernel's own guard notes is not noted here, too.
"""

from __future__ import annotations

import asyncio
import contextlib
import datetime
import functools
import secrets
import tempfile
import time
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from envguard.errors import BadArguments
from envguard.frontends.server import answers, kernels
from envguard.frontends.server.refusals import Refused
from envguard.model import text
from envguard.render.json_v1 import SCHEMA
from envguard.value import value

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Mapping, Sequence

    from envguard.frontends.server.kernels import Kernel
    from envguard.frontends.server.requests import Cell, JobWanted
    from envguard.frontends.server.service import Service
    from envguard.frontends.server.workers import Told
    from envguard.jobs import Job
    from envguard.running import Running

    Work = Callable[..., Awaitable[tuple[bytes, None]]]

OPEN = 64
"""Installs that have begun and not ended, at most."""
TICK = 5.0
"""Seconds between two looks at the kernels of those."""
IDLE = 60.0
"""Seconds for which a kernel runs nothing before its installs are taken to be over."""


@value
class Where:
    """A kernel, and its process."""

    kernel: Kernel
    seen: Running

    @property
    def told(self) -> dict[str, Any]:
        """The process as a worker is asked about it."""
        return {"process": self.seen.process, "mark": self.kernel.mark}


@value
class Begun:
    """An install that has begun."""

    token: str
    kernel: str
    process: int
    prefix: str
    folder: str | None
    known: list[Any]
    """What was found in the environment before it."""
    since: str
    noted: bytes = b""
    """What a worker has noted before it; nothing where it has not."""
    undo: bool = False
    """Whether a way back was made."""
    file: Path | None = None
    """The constraints."""


class Installs:
    """The installs of one server."""

    def __init__(self, service: Service, take_on: Callable[..., Job]) -> None:
        """`take_on` begins a job by its kind, the prefix, the work, and whether it may be cancelled."""
        self._service, self._take_on = service, take_on
        self._open: dict[str, Begun] = {}
        self._folder: tempfile.TemporaryDirectory[str] | None = None
        self._watching: asyncio.Task[None] | None = None

    async def where(self, name: str) -> Where:
        """A kernel and its process; NoSuchEnvironment if there is none, BadArguments if nothing can be said about it."""
        kernel = self._service.kernel(name)
        if (why := kernels.stranger(kernel)) is not None:
            raise BadArguments(why)
        seen = await self._service.seen(kernel)
        if seen is None:
            raise BadArguments(text("the process of the kernel cannot be seen"))
        return Where(kernel, seen)

    async def told(self, where: Where, cells: Sequence[Cell], *, ways: bool) -> bytes:
        """The installs of cells, each with its forecast; with `ways` also what conda could do instead."""
        asked = {
            "do": "ways" if ways else "installs",
            "prefix": where.seen.prefix,
            **where.told,
            "cells": [[each.id, each.source] for each in cells],
            "ways": ways,
        }
        told = await self._service.scan(where.seen.prefix, asked)
        head = {
            "schema": SCHEMA,
            "kind": "installs",
            "prefix": where.seen.prefix,
            "changes": self._service.changes(told.head["refused"]),
        }
        return answers.joined(head, "cells", told.document)

    async def begin(self, asked: JobWanted) -> Job:
        """Takes on what is to be done before cells run; refused where that would change what must not be changed."""
        where = await self.where(asked.kernel or "")
        wants, ours = asked.details, asked.details["by"] == "server"
        why = await self._service.refusal(where.seen.prefix) if ours else None
        if why is not None and (wants["undo"] or wants["protect"]):
            raise Refused(403, "not-allowed", why)
        if len(self._open) >= OPEN:
            raise Refused(429, "too-many", text("{n} installs have begun and not ended", n=OPEN))
        work = functools.partial(self._begin, where, wants, ours and why is None)
        return self._take_on(asked.kind, where.seen.prefix, work)

    def end(self, asked: JobWanted, user: str | None) -> Job:
        """Takes on what is to be done after cells have run; refused if nothing is known of their beginning."""
        begun = self._open.get(asked.details["token"])
        if begun is None or begun.kernel != asked.kernel:
            raise Refused(404, "not-found", text("no install of this token has begun, or it has ended already"))
        return self._ended(begun, {**asked.details, "user": user})

    async def close(self) -> None:
        """Takes away the constraints; what has begun stays what has not ended."""
        if self._watching is not None:
            self._watching.cancel()
        if self._folder is not None:
            self._folder.cleanup()

    async def _begin(self, where: Where, wants: Mapping[str, Any], ours: bool, _tell: object) -> tuple[bytes, None]:
        prefix, folder = where.seen.prefix, where.seen.folder
        token = secrets.token_hex(8)
        since = f"{datetime.datetime.now(datetime.timezone.utc):%Y%m%dT%H%M%SZ}"
        before = (await self._service.scan(prefix, {"do": "install-before", "prefix": prefix, "folder": folder})).head
        begun = Begun(token, where.kernel.id, where.seen.process, prefix, folder, before["known"], since)
        told: dict[str, Any] = {"undo": False, "no_undo": None, "variables": None, "says": []}
        if ours and (wants["undo"] or wants["protect"] or before["noted"]):
            file = self._file(token) if wants["protect"] else None
            question = {
                "do": "install-begin",
                **where.told,
                "cells": [each.source for each in wants["cells"]],
                "undo": wants["undo"],
                "protect": None if file is None else str(file),
            }
            try:
                noted = await self._asked(prefix, question, long=wants["undo"] or before["undo"])
            except BaseException:
                _remove(file)
                raise
            told = noted.head
            begun = replace(begun, noted=noted.document, undo=told["undo"], file=file)
        self._open[token] = begun
        if self._watching is None or self._watching.done():
            self._watching = asyncio.get_running_loop().create_task(self._watch())
        return answers.document("install-begun", token=token, **told), None

    def _ended(self, begun: Begun, wants: Mapping[str, Any]) -> Job:
        job = self._take_on("install-end", begun.prefix, functools.partial(self._end, begun, wants), stoppable=False)
        del self._open[begun.token]
        return job

    async def _end(self, begun: Begun, wants: Mapping[str, Any], _tell: object) -> tuple[bytes, None]:
        _remove(begun.file)
        prefix, says, point = begun.prefix, [], None
        if begun.noted:
            details = {name: wants[name] for name in ("failed", "cell", "notebook", "user")}
            question = {"do": "install-end", "process": begun.process, **details}
            told = (await self._asked(prefix, question, begun.noted, long=begun.undo)).head
            says, point = told["says"], told["checkpoint"]
        question = {
            "do": "install-after",
            "prefix": prefix,
            "folder": begun.folder,
            "known": begun.known,
            "process": begun.process,
            "since": begun.since,
        }
        after = await self._service.scan(prefix, question)
        head = {"schema": SCHEMA, "kind": "install-ended", **after.head, "says": says}
        if begun.noted:
            head["checkpoint"] = point
        return answers.joined(head, "new_findings", after.document), None

    async def _asked(self, prefix: str, question: dict[str, Any], body: bytes = b"", *, long: bool) -> Told:
        """Has a worker do it: one of its own if it takes long, else one that stays."""
        if long:
            return await self._service.workers.work(question, body)
        return await self._service.scan(prefix, question, body)

    def _file(self, token: str) -> Path:
        """Where the constraints of an install are written: a folder that only this user can enter, and that goes with the server."""
        if self._folder is None:
            self._folder = tempfile.TemporaryDirectory(prefix="envguard-")
        return Path(self._folder.name, f"{token}.txt")

    async def _watch(self) -> None:
        """Ends what nobody else has ended."""
        idle: dict[str, float] = {}
        while self._open:
            await asyncio.sleep(TICK)
            for begun in tuple(self._open.values()):
                now = time.monotonic()
                kernel = kernels.find(self._service.managers, begun.kernel)
                gone = kernel is None or not await kernels.is_alive(kernel)
                if not gone and (kernel is None or kernel.state != "idle"):
                    idle.pop(begun.token, None)
                elif (gone or now - idle.setdefault(begun.token, now) >= IDLE) and begun.token in self._open:
                    with contextlib.suppress(Refused):  # there is too much to do: the next time, then
                        self._ended(begun, dict.fromkeys(("failed", "cell", "notebook", "user")))


def _remove(file: Path | None) -> None:
    if file is not None:
        file.unlink(missing_ok=True)
