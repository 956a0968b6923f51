"""What the handlers ask: kernels and environments looked at by workers, each once for all who want to know, and remembered.

The order for a kernel: the system's list of processes tells its prefix, a worker reads that prefix's files; that is the
answer which comes at once. Then the kernel itself is asked, if it may be; if it is busy or silent, its interpreter is. A
kernel that this server has not started as a process of this machine is only ever asked itself.
"""

from __future__ import annotations

import asyncio
import contextlib
import json
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from envguard import api
from envguard.asking import Busy
from envguard.errors import EnvguardError, NoSuchEnvironment, ProbeFailed
from envguard.frontends.server import kernels
from envguard.frontends.server.answers import Looked
from envguard.frontends.server.environments import Environments, listed, specs
from envguard.frontends.server.kernels import awaited
from envguard.frontends.server.recent import Documents, Recent
from envguard.frontends.server.scans import Scans
from envguard.frontends.server.sharing import Turns
from envguard.frontends.server.workers import said
from envguard.model import text
from envguard.render.json_v1 import text_v1
from envguard.value import value

if TYPE_CHECKING:
    from collections.abc import Callable

    from envguard.frontends.server.kernels import Kernel
    from envguard.frontends.server.options import Options
    from envguard.frontends.server.workers import Told, Workers
    from envguard.model import Text
    from envguard.running import Running

_KERNELS = 200
"""Kernels that are remembered, those that have ended included."""
_MATPLOTLIB = b"/matplotlib/"
"""What stands in the paths of its libraries."""
_DOCUMENTS = 64 << 20
"""Bytes of reports that are kept."""


@value
class _Known:
    """What is remembered of a kernel."""

    told: dict[str, str]
    prefix: str | None = None
    process: tuple[int, float] | None = None
    """Which process it was that has told of itself."""
    disk: str = ""
    """The stamp of the files at that time."""
    live: Looked | None = None
    last: str = ""
    """The stamp of the last report."""


class Service:
    """The state of one server's extension, made for the first request."""

    def __init__(
        self, options: Options, workers: Workers, managers: Any, kernelspecs: Any, tell: Callable[..., None]
    ) -> None:
        """`managers` and `kernelspecs` are the server's; `tell` hears of a kernel whose report is another than the last."""
        self.options = options
        self.workers = workers
        self.scan = Scans(workers).ask
        self.environments = Environments()
        self.managers, self._kernelspecs, self._tell = managers, kernelspecs, tell
        self._turns: Turns[Any] = Turns()
        self._known: Recent[_Known] = Recent(_KERNELS)
        self._documents = Documents(_DOCUMENTS)
        self._stamps: Recent[str] = Recent(_KERNELS)
        """By prefix: the stamp of its files when they were read last."""
        self._anew: set[str] = set()
        """Prefixes that somebody wants to be read anew, whatever their dates say."""
        self._names: Recent[list[str]] = Recent(_KERNELS)
        """By the stamp of the files: the variables to ask kernels for."""
        self._rules: Any = None

    # --- reports

    async def report(self, name: str, *, live: bool, fresh: bool) -> Looked:
        """What is known of a kernel, at once or after it has been asked; NoSuchEnvironment if there never was one."""
        kernel = kernels.find(self.managers, name)
        if kernel is None or not await kernels.is_alive(kernel):
            return await self._dead(name, kernel)
        known = self._known.put(name, replace(self._known.get(name) or _Known(kernel.told()), told=kernel.told()))
        if (why := kernels.stranger(kernel)) is not None:
            return Looked("unknown", self._changes(why), kernel.told(), why=why, stamp=f"unknown {kernel.language}")
        seen = await self.seen(kernel)
        if seen is None:
            return await self._of_answer(kernel)
        try:
            disk = await self._disk(seen.prefix, fresh=fresh)
        except EnvguardError as error:  # the environment was removed under the kernel
            return Looked("silent", self._changes(error.text), kernel.told(), why=error.text, stamp="silent")
        process = (seen.process, seen.started)
        kernel = self._believed(kernel, seen)
        self._compare(name, known, disk)
        known = self._known.put(name, replace(known, prefix=seen.prefix, last=disk.stamp))
        looked = replace(disk, kernel=kernel.told(), road="proc")
        if not live:
            kept = known.live
            if kept is not None and (known.process, known.disk) == (process, disk.stamp):
                return replace(kept, kernel=kernel.told())
            return looked
        found = await self._turns.share(("live", name), lambda: self._live(kernel, seen, looked))
        if found.state == "live":
            self._known.put(name, replace(self._known.get(name, known), process=process, disk=disk.stamp, live=found))
        return found  # type: ignore[no-any-return]

    async def report_of(self, prefix: str, *, fresh: bool) -> Looked:
        """What the files of an environment say."""
        return await self._disk(prefix, fresh=fresh)

    async def _disk(self, prefix: str, *, fresh: bool) -> Looked:
        if fresh:
            self._anew.add(prefix)
        return await self._turns.share(("disk", prefix), lambda: self._read(prefix))  # type: ignore[no-any-return]

    async def _read(self, prefix: str) -> Looked:
        """The files of a prefix, read by a worker; it repeats no document that is here already."""
        known = self._stamps.get(prefix, "")
        document = self._documents.get(known)
        fresh = prefix in self._anew
        self._anew.discard(prefix)
        question = {"do": "disk", "prefix": prefix, "fresh": fresh, "known": None if document is None else known}
        told = await self.scan(prefix, question)
        if not told.document and document is not None:
            told = replace(told, document=document)
        self._stamps.put(prefix, told.head["stamp"])
        return self._looked(told, "disk")

    def _looked(self, told: Told, state: str, *, here: bool = True, stamp: str = "") -> Looked:
        head = told.head
        return Looked(
            state,
            self.changes(head["refused"]),
            environment=self.environments.id_of(head["prefix"]) if here else None,
            undoable=head["undoable"],
            stamp=head["stamp"] + stamp,
            document=self._documents.keep(head["stamp"], told.document),
            verdict=head["verdict"],
            phase=head["phase"],
        )

    def _believed(self, kernel: Kernel, seen: Running) -> Kernel:
        """The kernel, not "busy" where that may still be told of a process that has ended.

        A kernel that dies in a cell and is started again begins before Jupyter listens to it; what is missed then is never told
        again, and it stays "busy" until a cell is run.
        """
        known = self._known.get(kernel.id)
        told = None if known is None else known.process
        if kernel.state == "busy" and told is not None and told != (seen.process, seen.started):
            return replace(kernel, state="unknown")
        return kernel

    async def _live(self, kernel: Kernel, seen: Running, disk: Looked) -> Looked:
        """What is known once the kernel was asked; if it cannot be, what its interpreter tells, or the files alone."""
        try:
            names = await self._activated(seen.prefix, disk.stamp)
            packed, road = await kernels.ask(kernel, names, subshells=await self._subshells(seen))
            told = await self.scan(seen.prefix, {"do": "live", "names": list(names)}, packed.encode("ascii"))
        except Busy as error:
            state, why = "busy", error.text
        except EnvguardError as error:
            state, why = "silent", error.text
        else:
            found = self._looked(told, "live", here=told.head["here"], stamp=f"-{seen.process}")
            return replace(found, kernel=kernel.told(), road=road)
        question = {"do": "running", "process": seen.process, "mark": kernel.mark}
        try:
            told = await self.scan(seen.prefix, question)
        except EnvguardError:
            return replace(disk, state=state, why=why, stamp=f"{disk.stamp}-{state}")
        found = self._looked(told, state, stamp=f"-{state}")
        return replace(found, kernel=kernel.told(), why=why, road="interpreter")

    async def _of_answer(self, kernel: Kernel) -> Looked:
        """What a kernel tells of which nothing can be seen from here."""
        return await self._turns.share(("answer", kernel.id), lambda: self._asked(kernel))  # type: ignore[no-any-return]

    async def _asked(self, kernel: Kernel) -> Looked:
        names: list[str] = []
        try:
            packed, road = await kernels.ask(kernel, names, subshells=self.options.subshells)
            told = await self.scan(kernel.id, {"do": "live", "names": names}, packed.encode("ascii"))
            if told.head["more"]:
                names = told.head["more"]
                packed, road = await kernels.ask(kernel, names, subshells=self.options.subshells)
                told = await self.scan(kernel.id, {"do": "live", "names": names}, packed.encode("ascii"))
        except EnvguardError as error:
            before = self._known.get(kernel.id)
            kept = None if before is None else before.live
            state = "busy" if isinstance(error, Busy) else "unknown" if not kernel.local else "silent"
            if kept is not None and state == "busy":
                return replace(kept, kernel=kernel.told(), state=state, why=error.text, stamp=f"{kept.stamp}-busy")
            nothing = self._changes(error.text)
            return Looked(state, nothing, kernel.told(), why=error.text, stamp=state)
        here = told.head["here"]
        found = self._looked(told, "live", here=here, stamp=f"-{kernel.id}")
        found = replace(found, kernel=kernel.told(), road=road)
        prefix = told.head["prefix"] if here else None
        known = self._known.get(kernel.id) or _Known(kernel.told())
        self._compare(kernel.id, known, found)
        self._known.put(kernel.id, replace(known, prefix=prefix, live=found, last=found.stamp))
        return found

    def _compare(self, name: str, known: _Known, looked: Looked) -> None:
        """Tells those who listen if a kernel's report is another than the last one."""
        if known.last and known.last != looked.stamp:
            self._tell(name, looked.environment, looked.verdict, looked.phase)

    async def _dead(self, name: str, kernel: Kernel | None) -> Looked:
        """What is known of a kernel that has ended: what the files say, if its prefix is known."""
        known = self._known.get(name)
        if known is None and kernel is None:
            raise NoSuchEnvironment(text("there is no kernel of this id"))
        told = known.told if known is not None else kernel.told() if kernel is not None else None
        why = text("the kernel does not run any more")
        if known is not None and known.prefix is not None:
            disk = await self._disk(known.prefix, fresh=False)
            return replace(disk, state="dead", kernel=told, why=why, stamp=f"{disk.stamp}-dead")
        return Looked("dead", self._changes(why), told, why=why, stamp="dead")

    async def seen(self, kernel: Kernel) -> Running | None:
        """The process of a kernel, if it is one of this machine and can be seen."""
        if kernel.process is None or not kernel.mark:
            return None
        return await asyncio.get_running_loop().run_in_executor(None, api.running, kernel.process, kernel.mark)

    async def _subshells(self, seen: Running) -> bool:
        """Whether a kernel may be asked while it runs a cell: never one that may be about to draw."""
        if not self.options.subshells:
            return False
        mapped = await asyncio.get_running_loop().run_in_executor(None, api.maps, seen.process)
        return _MATPLOTLIB not in mapped

    async def _activated(self, prefix: str, stamp: str) -> list[str]:
        """The variables that scripts of a prefix set, as its files of this stamp say."""
        names = self._names.get(stamp)
        if names is None:
            told = await self.scan(prefix, {"do": "names", "prefix": prefix})
            names = self._names.put(stamp, told.head["names"])
        return names

    # --- other documents

    async def document(self, do: str, prefix: str) -> bytes:
        """The timeline, the CUDA table or the list of checkpoints of a prefix."""
        told = await self._turns.share((do, prefix), lambda: self.scan(prefix, {"do": do, "prefix": prefix}))
        return told.document  # type: ignore[no-any-return]

    async def cuda(self, name: str) -> bytes:
        """The CUDA table of a kernel: of the process if it can be asked, else of its files."""
        kernel = self.kernel(name)
        if (why := kernels.stranger(kernel)) is not None:
            raise ProbeFailed(why)
        return await self._turns.share(("cuda", name), lambda: self._cuda(kernel))  # type: ignore[no-any-return]

    async def _cuda(self, kernel: Kernel) -> bytes:
        seen = await self.seen(kernel)
        prefix = kernel.id if seen is None else seen.prefix
        try:
            names: list[str] = []
            if seen is not None:
                kernel = self._believed(kernel, seen)
                names = await self._activated(seen.prefix, (await self._disk(seen.prefix, fresh=False)).stamp)
            packed, _ = await kernels.ask(kernel, names, subshells=self.options.subshells)
        except EnvguardError:
            if seen is None:
                raise
            return (await self.scan(prefix, {"do": "cuda", "prefix": prefix})).document
        return (await self.scan(prefix, {"do": "cuda"}, packed.encode("ascii"))).document

    async def cells(self, name: str | None, cells: list[dict[str, Any]]) -> bytes:
        """Remarks on the cells of a notebook: without an environment where its kernel has none that can be seen from here."""
        kernel = None if name is None else kernels.find(self.managers, name)
        if kernel is not None and kernels.stranger(kernel) is not None:
            return json.dumps([{"id": each["id"], "remarks": []} for each in cells]).encode("ascii")
        body = json.dumps(cells).encode("ascii")
        seen = None if kernel is None else await self.seen(kernel)
        if kernel is not None and seen is not None:
            question = {"do": "cells", "process": seen.process, "mark": kernel.mark}
            with contextlib.suppress(EnvguardError):  # the kernel or its environment has gone in this moment
                return (await self.scan(seen.prefix, question, body)).document
        return (await self.scan("", {"do": "cells"}, body)).document

    async def stamp(self, prefix: str, stamp: dict[str, Any], cells: list[dict[str, Any]]) -> bytes:
        """How a prefix differs from a notebook's stamp, as JSON."""
        body = json.dumps({"stamp": stamp, "cells": cells}).encode("ascii")
        return (await self.scan(prefix, {"do": "stamp", "prefix": prefix}, body)).document

    async def prefix_of_kernel(self, name: str) -> str:
        """The prefix of a kernel, alive or not; EnvguardError if it is not on this machine or not known."""
        kernel = kernels.find(self.managers, name)
        if kernel is not None and (why := kernels.stranger(kernel)) is not None:
            raise ProbeFailed(why)
        seen = None if kernel is None else await self.seen(kernel)
        if seen is not None:
            return seen.prefix
        looked = await self.report(name, live=False, fresh=False)
        known = self._known.get(name)
        if known is None or known.prefix is None:
            raise ProbeFailed(looked.why or text("which environment the kernel has is not known"))
        return known.prefix

    async def prefix_of_environment(self, name: str) -> str:
        """The prefix of an id; they are listed anew where it is not known."""
        if name not in self.environments:
            await self.every()
        return self.environments.prefix_of(name)

    async def every(self) -> list[Any]:
        """The environments of this server's kernelspecs and kernels."""
        return await self._turns.share("environments", self._every)  # type: ignore[no-any-return]

    async def _every(self) -> list[Any]:
        found = await awaited(self._kernelspecs.get_all_specs())
        prefixes = []
        for name in list(self.managers.list_kernel_ids()):
            each = kernels.find(self.managers, name)
            seen = None if each is None else await self.seen(each)
            if seen is not None:
                prefixes.append(seen.prefix)
        told = await self.scan("", {"do": "environments", "specs": specs(found), "prefixes": prefixes})
        return listed(told.head["environments"], self.environments, self.changes)

    async def rules(self) -> tuple[list[dict[str, Any]], dict[str, str]]:
        """Every rule, and their pages."""
        if self._rules is None:
            told = await self.scan("", {"do": "rules"})
            self._rules = told.head["rules"], told.head["pages"]
        return self._rules  # type: ignore[no-any-return]

    # --- changes

    def _changes(self, why: Text) -> dict[str, Any]:
        return self.changes(text_v1(why))

    def changes(self, refused: dict[str, Any] | None) -> dict[str, Any]:
        """Whether a prefix may be changed, by what speaks against it itself and by what holds for the whole server."""
        ours = self.forbidden()
        why = refused if ours is None else text_v1(ours)
        return {"allowed": why is None, "why": why}

    def forbidden(self) -> Text | None:
        """Why this server changes nothing at all; None if it does."""
        if self.options.changes:
            return None
        if not self.options.terminals:
            return text("this server offers no terminals, and so changes no environment for a browser")
        return text("changes are switched off on this server")

    async def refusal(self, prefix: str) -> Text | None:
        """Why this server does not change a prefix; None if it does."""
        if (why := self.forbidden()) is not None:
            return why
        told = (await self.scan(prefix, {"do": "unchangeable", "prefix": prefix})).head["refused"]
        return None if told is None else said(told)

    def changed(self, question: dict[str, Any]) -> None:
        """Has a prefix that a job has changed read anew."""
        if question["do"] == "undo":
            self._anew.add(question["prefix"])

    # --- work

    def kernel(self, name: str) -> Kernel:
        """The kernel of this id; NoSuchEnvironment if there is none."""
        kernel = kernels.find(self.managers, name)
        if kernel is None:
            raise NoSuchEnvironment(text("there is no kernel of this id"))
        return kernel

    async def close(self) -> None:
        """Ends the workers."""
        await self.workers.close()
