"""Every path of a prefix as it is: kind, mode, date, size, number of the inode, and where links lead.

* Not listed: our own folder, and what a base environment holds beside itself (`envs`, `pkgs`, `conda-bld`).
* A link is never followed, so nothing outside of the prefix is listed.
* Paths are below the prefix, with `/`; the prefix itself is the empty one.
"""

from __future__ import annotations

import functools
import itertools
import json
import os
import stat
import zlib
from typing import TYPE_CHECKING, NamedTuple

from envguard.probe.disk import uncollected
from envguard.value import value

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

LIMIT = 500_000
"""Paths; the largest environments have a third of that."""
OURS = ".envguard"
"""How the names of what is ours begin, in the prefix and beside files that are being restored."""
_BESIDE = frozenset(("envs", "pkgs", "conda-bld"))
_KEPT = 1 << 28
"""Bytes of a listing, unpacked, beyond which it is none of ours."""


class Entry(NamedTuple):
    """One path."""

    mode: int
    """With its kind."""
    mtime: int
    """Nanoseconds."""
    size: int
    inode: int
    target: str | None = None
    """Where a link leads."""

    @property
    def is_folder(self) -> bool:
        """Whether it is a folder, not a link to one."""
        return stat.S_ISDIR(self.mode)

    @property
    def is_file(self) -> bool:
        """Whether it is a regular file."""
        return stat.S_ISREG(self.mode)

    @property
    def is_link(self) -> bool:
        """Whether it is a symbolic link."""
        return stat.S_ISLNK(self.mode)


@value
class Listing:
    """A prefix at one moment."""

    entries: Mapping[str, Entry]
    unread: tuple[str, ...] = ()
    """Folders that could not be listed."""


class TooLarge(Exception):
    """There is more in the prefix than is listed."""


def take(prefix: str, limit: int = LIMIT) -> Listing:
    """Lists a prefix; OSError if that cannot be done at all, TooLarge if it has too many paths."""
    found: dict[str, Entry] = {"": _entry(os.lstat(prefix), None)}
    with uncollected():
        return Listing(found, tuple(sorted(_walk(prefix, limit, found))))


def _walk(prefix: str, limit: int, found: dict[str, Entry]) -> list[str]:
    """Puts what is below a prefix into `found`; the folders that could not be listed."""
    unread = []
    folders = [("", prefix)]
    top = True
    while folders:
        below, folder = folders.pop()
        try:
            with os.scandir(folder) as names:
                for each in names:
                    if top and (each.name in _BESIDE or each.name.startswith(OURS)):
                        continue
                    try:
                        status = each.stat(follow_symlinks=False)
                        mode = status.st_mode
                        target = os.readlink(each.path) if stat.S_ISLNK(mode) else None  # noqa: PTH115
                    except OSError:
                        continue  # gone since
                    path = below + each.name
                    found[path] = _made((mode, status.st_mtime_ns, status.st_size, status.st_ino, target))
                    if stat.S_ISDIR(mode):
                        folders.append((path + "/", each.path))
        except OSError:
            if top:
                raise
            unread.append(below.rstrip("/"))
        top = False
        if len(found) > limit:
            raise TooLarge
    return unread


def one(prefix: str, path: str) -> Entry | None:
    """One path as it is; None if it is not there."""
    file = os.path.join(prefix, path) if path else prefix  # noqa: PTH118
    try:
        status = os.lstat(file)
        return _entry(status, os.readlink(file) if stat.S_ISLNK(status.st_mode) else None)  # noqa: PTH115
    except (OSError, ValueError):
        return None


def pack(listing: Listing) -> bytes:
    """The listing for a file: by folders, as most of a path is that of its folder."""
    folders: dict[str, list[tuple[str, Entry]]] = {}
    for path, entry in listing.entries.items():
        folder, _, name = path.rpartition("/")
        folders.setdefault(folder, []).append((name, entry))
    told = [
        [
            folder,
            [name for name, _ in inside],
            [entry.mode for _, entry in inside],
            [entry.mtime for _, entry in inside],
            [entry.size for _, entry in inside],
            [entry.inode for _, entry in inside],
            {name: entry.target for name, entry in inside if entry.target is not None},
        ]
        for folder, inside in folders.items()
    ]
    content = json.dumps({"folders": told, "unread": listing.unread}, separators=(",", ":"))
    return zlib.compress(content.encode("ascii"), 1)


def unpack(content: bytes) -> Listing:
    """The listing of such a file; ValueError if it is none."""
    machine = zlib.decompressobj()
    try:
        plain = machine.decompress(content, _KEPT)
        if not machine.eof:
            raise ValueError("cut off")
        found: dict[str, Entry] = {}
        with uncollected():
            told = json.loads(plain)
            for folder, names, *columns, targets in told["folders"]:
                joined = "".join(names)
                if not _sound(folder) or "/" in joined or "\0" in joined or ".." in names:
                    raise ValueError("a path that leads out of the prefix")
                if len(columns) != 4 or not all(set(map(type, numbers)) <= {int} for numbers in columns):
                    raise ValueError("no number where one belongs")
                ends = map(targets.get, names) if targets else itertools.repeat(None, len(names))
                paths = [f"{folder}/{name}" for name in names] if folder else names
                found.update(zip(paths, map(_made, zip(*columns, ends, strict=True)), strict=True))
        return Listing(found, tuple(map(str, told["unread"])))
    except (zlib.error, TypeError, LookupError, AttributeError, RecursionError) as error:
        raise ValueError(str(error)) from error


def cache(path: str) -> bool:
    """Whether it is byte code that Python makes anew by itself."""
    return path.endswith(".pyc") and "__pycache__/" in path


def same(one: Entry | None, other: Entry | None, *, inodes: bool = True) -> bool:
    """Whether nothing has changed; of a folder its mode alone counts, since its date changes with what is in it."""
    if one is None or other is None:
        return one is other
    if one.mode != other.mode:
        return False
    if one.is_folder:
        return True
    if one.is_link:
        return one.target == other.target
    return one.mtime == other.mtime and one.size == other.size and (not inodes or one.inode == other.inode)


def different(before: Listing, after: Listing, *, inodes: bool = True) -> Iterator[str]:
    """Paths that came, went or changed."""
    old, new = before.entries, after.entries
    was = old.get
    for path in [path for path, entry in new.items() if was(path) != entry]:  # most are the same to the last number
        if not same(was(path), new[path], inodes=inodes):
            yield path
    yield from [path for path in old if path not in new]


def inside(path: str, folders: tuple[str, ...]) -> bool:
    """Whether a path lies in one of the folders."""
    return any(path == folder or path.startswith(folder + "/") for folder in folders)


_made = functools.partial(tuple.__new__, Entry)
"""What `Entry(...)` makes of five values in a tuple, without a call of Python for each of 60,000."""


def _entry(status: os.stat_result, target: str | None) -> Entry:
    return Entry(status.st_mode, status.st_mtime_ns, status.st_size, status.st_ino, target)


def _sound(path: str) -> bool:
    return path[:1] != "/" and "\0" not in path and (".." not in path or ".." not in path.split("/"))
