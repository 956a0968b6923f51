"""What was used last, up to a bound: a server runs for months, and meets ever more kernels and environments."""

from __future__ import annotations

from collections import OrderedDict
from typing import TypeVar

V = TypeVar("V")


class Recent(OrderedDict[str, V]):
    """A dictionary that keeps so many entries; the one that was put in longest ago goes first."""

    def __init__(self, most: int) -> None:
        super().__init__()
        self._most = most

    def put(self, name: str, entry: V) -> V:
        """Keeps an entry as the newest, also where there was one of this name; the entry."""
        self[name] = entry
        self.move_to_end(name)
        while len(self) > self._most:
            self.popitem(last=False)
        return entry


class Documents:
    """Reports by their stamps, each once for all who have it; the last one used stays, however large it is."""

    def __init__(self, most: int) -> None:
        """`most` are the bytes of all of them together."""
        self._most = most
        self._kept: OrderedDict[str, bytes] = OrderedDict()

    def get(self, stamp: str) -> bytes | None:
        """The document of a stamp; None if it is not kept any more."""
        return self._kept.get(stamp)

    def keep(self, stamp: str, document: bytes) -> bytes:
        """The document that is kept under this stamp: the one that was there before, if there was one."""
        kept = self._kept.setdefault(stamp, document)
        self._kept.move_to_end(stamp)
        while sum(map(len, self._kept.values())) > self._most and len(self._kept) > 1:
            self._kept.popitem(last=False)
        return kept
