"""One piece of work for all who want its result: what has begun is waited for only by those who wanted it before it began.

Who comes later waits for the next turn, which all of them share: what has begun may have looked already at what has changed since.
"""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any, Generic, TypeVar

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Hashable

T = TypeVar("T")


class Turns(Generic[T]):
    """Work by keys, of each of which one turn runs and one waits at most."""

    def __init__(self) -> None:
        self._running: dict[Hashable, asyncio.Task[T]] = {}
        self._next: dict[Hashable, asyncio.Task[T]] = {}

    async def share(self, key: Hashable, work: Callable[[], Awaitable[T]]) -> T:
        """The result of a turn that has not begun before this call. Whoever stops waiting takes it from nobody else."""
        task = self._next.get(key)
        if task is None:
            task = asyncio.ensure_future(self._turn(key, self._running.get(key), work))
            self._next[key] = task
        return await asyncio.shield(task)

    async def _turn(self, key: Hashable, before: asyncio.Task[T] | None, work: Callable[[], Awaitable[T]]) -> T:
        if before is not None:
            await asyncio.wait([before])
        mine: Any = self._next.pop(key)
        self._running[key] = mine
        try:
            return await work()
        finally:
            if self._running.get(key) is mine:
                del self._running[key]
