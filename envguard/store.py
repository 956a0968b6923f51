"""What envguard keeps: files, written whole or not at all, and what was learned of a prefix, in memory.

What was learned is kept for as long as nothing it rests on has changed:

* A kept answer is given only if every path that the probe looked at has the same times and the same size as before.
  The time of change (ctime) cannot be set back by copying or unpacking, so that an edit in place is seen, too.
* What changed while the probe was reading, or shortly before, is not kept: a second change within one tick of the file
  system's clock would leave the same times behind.
* Nothing of it is written to a disk, and only the last few prefixes are kept.
"""

from __future__ import annotations

import contextlib
import os
import tempfile
import threading
from collections import OrderedDict
from pathlib import Path
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, Generic, TypeVar

from envguard.probe.reading import Stamp, stamp
from envguard.value import value

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Mapping, Sequence

T = TypeVar("T")


def write_atomically(path: Path, content: bytes, mode: int | None = None) -> None:
    """Writes a file so that whatever interrupts it leaves the old one or the new one; OSError if it cannot be written.

    The new file has this mode; without one that of the file it replaces, or what the umask leaves of a new one.
    """
    handle, name = tempfile.mkstemp(prefix=f".{path.name}.", dir=path.parent)
    try:
        with os.fdopen(handle, "wb") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        Path(name).chmod(_usual(path) if mode is None else mode)  # mkstemp lets only the owner read
        Path(name).replace(path)
    except BaseException:
        with contextlib.suppress(OSError):
            Path(name).unlink()
        raise
    _settle(path.parent)


def _usual(path: Path) -> int:
    with contextlib.suppress(OSError):
        return path.stat().st_mode & 0o777
    mask = os.umask(0)
    os.umask(mask)
    return 0o666 & ~mask


def _settle(folder: Path) -> None:
    """Has the disk keep the new name, too, where the system can be asked for that."""
    with contextlib.suppress(OSError):
        handle = os.open(folder, os.O_RDONLY)
        try:
            os.fsync(handle)
        finally:
            os.close(handle)


KEPT = 4
"""Prefixes remembered at once; each takes about a megabyte."""
SETTLED = 2.0
"""Seconds after which a change is past: FAT counts time in twos, and a file server's clock may be a little off."""
_CHANGED = 0 if os.name == "nt" else 1
"""Which part of a stamp tells the last change: Windows' ctime is the time of creation, and mtime may lie in the future."""


@value
class _Kept(Generic[T]):
    """A value, the paths it rests on with their stamps, and whatever else must be as it was."""

    value: T
    paths: tuple[str, ...]
    stamps: tuple[Stamp | None, ...]
    beside: Any


class Memory(Generic[T]):
    """The last few values by prefix. Safe to use from several threads."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._kept: OrderedDict[str, _Kept[T]] = OrderedDict()

    def recall(self, prefix: str, beside: Callable[[T], Any]) -> T | None:
        """What was kept of a prefix, if it still holds; `beside` tells what else must be equal."""
        with self._lock:
            kept = self._kept.get(prefix)
        if kept is None or beside(kept.value) != kept.beside or stamps(prefix, kept.paths) != kept.stamps:
            return None
        return kept.value

    def keep(
        self,
        prefix: str,
        value: T,
        paths: Collection[str],
        beside: Any,
        started: float,
        known: Mapping[str, Stamp] = MappingProxyType({}),
    ) -> None:
        """Keeps a value that was learned since `started` (as time.time tells it), unless something has just changed.

        `known` are stamps taken on the way, each before what it stands for was looked at.
        """
        rest = iter(stamps(prefix, [path for path in paths if path not in known]))
        taken = tuple(known[path] if path in known else next(rest) for path in paths)
        kept = _Kept(value, tuple(paths), taken, beside)
        settled = (started - SETTLED) * 1e9
        with self._lock:
            self._kept.pop(prefix, None)
            if all(stamp is None or stamp[_CHANGED] < settled for stamp in kept.stamps):
                self._kept[prefix] = kept
                while len(self._kept) > KEPT:
                    self._kept.popitem(last=False)

    def forget(self) -> None:
        """Drops everything."""
        with self._lock:
            self._kept.clear()


class Derived(Generic[T]):
    """What was computed from the last few values, found again by the value's identity and by what was asked of it."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._known: list[tuple[Any, Any, T]] = []

    def get(
        self, value: Any, question: Any, compute: Callable[[], T], keep: Callable[[T], bool] = lambda _answer: True
    ) -> T:
        """The answer to a question about a value, computed unless it was asked of this very object before."""
        with self._lock:
            for source, asked, answer in self._known:
                if source is value and asked == question:
                    return answer
        found = compute()
        if keep(found):
            with self._lock:
                self._known = [*self._known[1 - KEPT :], (value, question, found)]
        return found


def stamps(prefix: str, paths: Sequence[str]) -> tuple[Stamp | None, ...]:
    """The times and the size of each path below a prefix, links not followed; None for what is not there."""
    if os.stat not in os.supports_dir_fd:
        return tuple([_stamp(os.path.join(prefix, path)) for path in paths])  # noqa: PTH118 - thousands of them
    try:
        # relative to an open folder, which spares the kernel a third of the way to each of 10,000 paths
        handle = os.open(prefix, os.O_RDONLY)
    except OSError:
        return (None,) * len(paths)
    try:
        return tuple([_stamp(path or ".", handle) for path in paths])
    finally:
        os.close(handle)


def _stamp(path: str, folder: int | None = None) -> Stamp | None:
    try:
        status = os.stat(path, dir_fd=folder, follow_symlinks=False)
    except (OSError, ValueError):
        return None
    return stamp(status)
