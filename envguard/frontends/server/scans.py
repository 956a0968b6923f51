"""Questions to workers, each in its turn: what would read the same files is not asked twice at a time."""

from __future__ import annotations

import asyncio
import contextlib
import time
from typing import TYPE_CHECKING, Any
from weakref import WeakValueDictionary

from envguard.errors import EnvguardError
from envguard.frontends.server import metrics

if TYPE_CHECKING:
    from envguard.frontends.server.workers import Told, Workers

_BESIDE = ("cuda", "ways")
"""What asks a driver or conda, and may take long."""
_FIRST = ("disk", "installs", "install-before", "install-begin", "install-end", "install-after")
"""The files, and what a cell waits for."""


class Scans:
    """The questions of one server."""

    def __init__(self, workers: Workers) -> None:
        self._workers = workers
        self._locks: WeakValueDictionary[tuple[str, bool], asyncio.Lock] = WeakValueDictionary()

    async def ask(self, prefix: str, question: dict[str, Any], body: bytes = b"") -> Told:
        """Asks a worker: one at a time about a prefix, for all of them would read the same files.

        The files come first, and what a cell waits for: of everything else about a prefix one piece at a time waits for its
        turn beside them.
        """
        started, outcome = time.monotonic(), "failed"
        try:
            async with contextlib.AsyncExitStack() as turn:
                if prefix and question["do"] not in _BESIDE:
                    if question["do"] not in _FIRST:
                        await turn.enter_async_context(self._lock(prefix, behind=True))
                    await turn.enter_async_context(self._lock(prefix, behind=False))
                told = await self._workers.ask(prefix, question, body)
            outcome = "done"
        except EnvguardError:
            outcome = "refused"
            raise
        else:
            return told
        finally:
            metrics.counted("scan", question["do"], outcome, time.monotonic() - started)

    def _lock(self, prefix: str, *, behind: bool) -> asyncio.Lock:
        return self._locks.setdefault((prefix, behind), asyncio.Lock())
