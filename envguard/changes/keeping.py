"""The files that are kept for a way back: hard links by the number of their inode, in one folder for all checkpoints.

A link is no copy: who writes into a kept file, writes into what is kept. So what was kept is compared by its hash before it
is used; and what installers change in place is copied. Where links cannot be made, or cost a copy, everything is copied
while a budget lasts.
"""

from __future__ import annotations

import contextlib
import errno
import hashlib
import os
import shutil
from typing import TYPE_CHECKING

from envguard.model import Text, text
from envguard.value import value

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Mapping
    from pathlib import Path

    from envguard.changes.listing import Entry

BUDGET = 1 << 30
"""Bytes copied for one checkpoint, at most; and no more than a tenth of what is free."""
_CHUNK = 1 << 20
_FULL = (errno.ENOSPC, errno.EDQUOT)
_LAYERED = ("overlay", "fuse.fuse-overlayfs", "aufs")
"""File systems on which a link to a file of a lower layer copies it first, without saying so."""


class CannotKeep(Exception):
    """Why there is no way back, for a person to read."""

    def __init__(self, reason: Text) -> None:
        """Carries the sentence untranslated."""
        super().__init__(reason.english())
        self.reason = reason


@value
class Kept:
    """What is kept for a checkpoint."""

    links: bool
    """Whether files are kept as links, by which their inodes may be compared, too."""
    linked: tuple[int, ...]
    """Inodes."""
    copies: Mapping[str, str]
    """Path -> the name of its copy."""
    sums: Mapping[str, str]
    """Path -> sha256, as it was taken."""


def keep(
    prefix: str,
    store: Path,
    copies: Path,
    entries: Mapping[str, Entry],
    paths: Iterable[str],
    copied: Collection[str],
    budget: int | None = None,
) -> Kept:
    """Keeps files; CannotKeep if that cannot be done within the budget."""
    wanted = [path for path in paths if path in entries and entries[path].is_file]
    obstacle = _obstacle(prefix, store, entries, wanted)
    linked: list[int] = []
    rest = [path for path in wanted if path in copied] if obstacle is None else wanted
    if obstacle is None:
        alone = set(rest)
        refused = _link(prefix, store, entries, [path for path in wanted if path not in alone], linked)
        rest += [path for path, _ in refused]
        obstacle = refused[0][1] if refused else None
    size = sum(entries[path].size for path in rest)
    most = min(BUDGET, shutil.disk_usage(store).free // 10) if budget is None else budget
    if size > most and obstacle is not None:
        raise CannotKeep(
            text(
                "{megabytes} MB would have to be copied, as files cannot be linked there ({reason}); at most {most} are",
                megabytes=-(-size // 10**6),
                most=most // 10**6,
                reason=obstacle,
            )
        )
    names: dict[str, str] = {}
    sums: dict[str, str] = {}
    if rest:
        copies.mkdir(exist_ok=True)
    for path in rest:
        try:
            sums[path] = copy(os.path.join(prefix, path), copies / str(len(names)))  # noqa: PTH118
        except OSError as error:
            if full(error):
                raise
            continue  # gone since, or not for us to read: it is told as not kept if it is missed
        names[path] = str(len(names))
    return Kept(obstacle is None or bool(linked), tuple(linked), names, sums)


def copy(source: str | Path, target: str | Path) -> str:
    """Copies a file with its mode and dates; its sha256."""
    digest = hashlib.sha256()
    with open(source, "rb") as old, open(target, "wb") as new:  # noqa: PTH123
        while chunk := old.read(_CHUNK):
            digest.update(chunk)
            new.write(chunk)
    shutil.copystat(source, target)
    return digest.hexdigest()


def digest(path: str | Path) -> str | None:
    """The sha256 of a file; None if it cannot be read."""
    found = hashlib.sha256()
    try:
        with open(path, "rb", buffering=0) as file:  # noqa: PTH123
            while chunk := file.read(_CHUNK):
                found.update(chunk)
    except OSError:
        return None
    return found.hexdigest()


def sums(prefix: str, entries: Mapping[str, Entry], paths: Iterable[str], budget: int) -> dict[str, str]:
    """The hashes of as many files as the budget of bytes lasts for."""
    found = {}
    for path in paths:
        size = entries[path].size
        if size <= budget and (told := digest(os.path.join(prefix, path))) is not None:  # noqa: PTH118
            found[path] = told
            budget -= size
    return found


def sweep(store: Path, used: Collection[int]) -> None:
    """Lets go of what no checkpoint needs any more."""
    try:
        names = os.listdir(store)  # noqa: PTH208 - there may be 60,000
    except FileNotFoundError:
        return
    for name in names:
        if not name.isdigit() or int(name) not in used:
            with contextlib.suppress(FileNotFoundError):
                os.unlink(f"{store}{os.sep}{name}")  # noqa: PTH108


def full(error: OSError) -> bool:
    """Whether an error says that the disk is full."""
    return error.errno in _FULL


def _obstacle(prefix: str, store: Path, entries: Mapping[str, Entry], wanted: list[str]) -> str | None:
    """Why links will not do, by trying one; None if they will."""
    layers = _layers(str(store))
    if layers is not None:
        return layers
    trial = store / "trial"
    for path in wanted[:5]:
        try:
            trial.unlink(missing_ok=True)
            os.link(os.path.join(prefix, path), trial, follow_symlinks=False)  # noqa: PTH118
            status = trial.lstat()
        except FileNotFoundError:
            continue
        except OSError as error:
            if full(error):
                raise
            if error.errno in (errno.EXDEV, errno.EMLINK):
                continue  # of this one file or folder, perhaps
            return error.strerror or str(error)
        finally:
            trial.unlink(missing_ok=True)
        if status.st_nlink < 2 or status.st_ino != entries[path].inode:
            return "a link there is a file of its own"
    return None


def _layers(folder: str) -> str | None:
    """The file system of layers that a folder lies on, if it does."""
    try:
        with open("/proc/self/mountinfo", encoding="utf-8", errors="surrogateescape") as file:  # noqa: PTH123
            lines = [line.split() for line in file]
    except OSError:
        return None
    found, longest = None, -1
    for line in lines:
        if "-" not in line or len(line) < 6:
            continue
        place = line[4].encode("latin-1", "surrogateescape").decode("unicode_escape", "surrogateescape")
        if (folder == place or folder.startswith(place.rstrip("/") + "/")) and len(place) >= longest:
            found, longest = line[line.index("-") + 1], len(place)
    return found if found in _LAYERED else None


def _link(
    prefix: str, store: Path, entries: Mapping[str, Entry], paths: list[str], linked: list[int]
) -> list[tuple[str, str]]:
    """Links files into the store; those that could not be, and why."""
    refused = []
    have = {int(name) for name in os.listdir(store) if name.isdigit()}  # noqa: PTH208
    relative = os.link in os.supports_dir_fd
    here = os.open(prefix, os.O_RDONLY) if relative else None
    there = os.open(store, os.O_RDONLY) if relative else None
    link = os.link
    try:
        for path in paths:
            inode = entries[path].inode
            if inode not in have:
                try:
                    if relative:
                        link(path, str(inode), src_dir_fd=here, dst_dir_fd=there, follow_symlinks=False)
                    else:
                        link(os.path.join(prefix, path), store / str(inode), follow_symlinks=False)  # noqa: PTH118
                except FileNotFoundError:
                    continue
                except OSError as error:
                    if full(error):
                        raise
                    refused.append((path, error.strerror or str(error)))
                    continue
                have.add(inode)
            linked.append(inode)
        if there is not None:
            os.fsync(there)
    finally:
        for handle in (here, there):
            if handle is not None:
                os.close(handle)
    return refused
