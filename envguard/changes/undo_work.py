"""One undo: what it would do, and the doing of it."""

from __future__ import annotations

import contextlib
import os
import shutil
import stat
from dataclasses import replace
from typing import TYPE_CHECKING

from envguard.changes import checkpoint, journal, listing
from envguard.changes.undo_back import Back
from envguard.changes.undo_since import TEMPORARY, Since, few
from envguard.model import Text, text
from envguard.undo_report import Left, Proof, State, Undone, UndoPlan

if TYPE_CHECKING:
    from collections.abc import Callable

    from envguard.changes.journal import Noted
    from envguard.changes.listing import Entry, Listing
    from envguard.changes.undo_back import Listings
    from envguard.home import Home

_DIFFERS = 100
"""Paths told that are not as they were."""


class Work:
    """One undo: from the state that is there to the one before the chosen checkpoint's command."""

    def __init__(self, home: Home, chosen: Noted, later: list[Noted], listings: Listings | None = None) -> None:
        """`listings` are those that the same checkpoints were planned by."""
        self.home, self.chosen, self.later = home, chosen, later
        self.prefix = home.prefix
        self.back = Back(home, chosen, later, listings)
        self.since = Since(home.prefix, self.back)
        self.before, self.now, self.links = self.back.before, self.back.now, self.back.links
        self.trouble = False
        self.left: list[Left] = []
        self.fetched: list[str] = []

    def plan(self, *, brief: bool) -> UndoPlan:
        """What would be done; a `brief` one tells only whether it may be done."""
        foreign, aside = self.since.foreign()
        refused: tuple[Text, ...] = ()
        remarks: list[Text] = []
        if foreign:
            refused = (self.since.refusal(foreign),)
        if aside:
            remarks.append(
                text(
                    "what has changed where installers put nothing stays as it is: {paths}",
                    paths=few(aside),
                )
            )
        if (self.later or [self.chosen])[-1].ended is None:
            remarks.append(
                text(
                    "the command never came to an end, so everything that has changed since then is taken for its doing"
                )
            )
        if brief:
            return UndoPlan(
                self.chosen.checkpoint, tuple(each.checkpoint for each in reversed(self.later)), refused=refused
            )
        left = tuple(self.back.lost())
        gone = {each.path for each in left}
        return UndoPlan(
            self.chosen.checkpoint,
            tuple(each.checkpoint for each in reversed(self.later)),
            checkpoint.changes(self.now, self.before),
            self.since.new,
            tuple(path for path in self.back.changed if path not in gone),
            left,
            tuple(remarks),
            refused,
            self.back.listings,
        )

    def done(self, progress: Callable[[int, int], None] | None) -> Undone:
        """Does it, and proves it."""
        process = checkpoint.ourselves()
        for each in (self.chosen, *self.later):
            with contextlib.suppress(OSError):  # on a full disk; what was done is seen without it
                journal.write(journal.changed(replace(each, process=process), state=State.UNDOING))
        total = len(self.since.new) + len(self.back.changed)
        count = 0

        def step() -> None:
            nonlocal count
            count += 1
            if progress is not None:
                progress(count, total)

        removed = []
        for path in self.since.new:
            if self._try(path, self._remove, path):
                removed.append(path)
            step()
        self._folders()
        restored = []
        for path in self.back.changed:
            brought = self._link if self.before.entries[path].is_link else self._bring
            if self._try(path, brought, path):
                restored.append(path)
            step()
        for path in self.back.paths:
            if (
                listing.cache(path)
                and path in self.before.entries
                and path in self.now.entries
                and path not in self.back.changed
            ):
                self._try(path, self._remove, path)  # byte code of what is no longer there
        now = self._settle()
        return self._told(now, tuple(removed), tuple(path for path in restored if path not in self._left))

    @property
    def _left(self) -> set[str]:
        return {each.path for each in self.left}

    def _try(self, path: str, work: Callable[[str], None], on: str) -> bool:
        try:
            work(on)
        except OSError as error:
            self.trouble = True
            self.left.append(Left(path, text("{reason}", reason=error.strerror or str(error))))
            return False
        return path not in self._left if self.left else True

    def _file(self, path: str) -> str:
        return f"{self.prefix}{os.sep}{path}"

    def _remove(self, path: str) -> None:
        with contextlib.suppress(FileNotFoundError, NotADirectoryError):
            os.unlink(self._file(path))  # noqa: PTH108

    def _folders(self) -> None:
        """Takes new folders away if nothing is left in them, and makes those that are missing."""
        fresh = [
            path
            for path in self.back.paths
            if path in self.now.entries and self.now.entries[path].is_folder and not self._was_folder(path)
        ]
        for path in sorted(fresh, key=lambda path: -path.count("/")):
            with contextlib.suppress(OSError):
                os.rmdir(self._file(path))  # noqa: PTH106
        missing = [path for path in self.back.paths if self._was_folder(path)]
        for path in sorted(missing, key=lambda path: path.count("/")):
            self._try(path, self._make, path)

    def _was_folder(self, path: str) -> bool:
        return path in self.before.entries and self.before.entries[path].is_folder

    def _make(self, path: str) -> None:
        current = listing.one(self.prefix, path)
        if current is not None and not current.is_folder:
            os.unlink(self._file(path))  # noqa: PTH108
        if current is None or not current.is_folder:
            os.mkdir(self._file(path))  # noqa: PTH102
        mode = stat.S_IMODE(self.before.entries[path].mode)
        if current is None or stat.S_IMODE(current.mode) != mode:
            os.chmod(self._file(path), mode | 0o700)  # noqa: PTH101 - what is to be in it comes first

    def _link(self, path: str) -> None:
        entry = self.before.entries[path]
        beside = self._beside(path)
        with contextlib.suppress(FileNotFoundError):
            os.unlink(beside)  # noqa: PTH108
        os.symlink(entry.target or "", beside)  # noqa: PTH211
        self._place(beside, path)
        if os.utime in os.supports_follow_symlinks:
            os.utime(self._file(path), ns=(entry.mtime, entry.mtime), follow_symlinks=False)

    def _bring(self, path: str) -> None:
        """Brings one file back: from its copy, its link, or a package cache."""
        entry = self.before.entries[path]
        copied = self.back.copies.get(path)
        if copied is not None and self.back.as_it_was(path, copied, dated=False):
            self._copy(copied, path, entry)
            return
        file = self.back.kept_file(path)
        current = self.now.entries.get(path)
        in_place = self.links and current is not None and current.inode == entry.inode
        if file is None and in_place:
            file = self._file(path)
        if file is not None and self.back.as_it_was(path, file):
            if not in_place:
                beside = self._beside(path)
                self._linked(file, beside)
                self._place(beside, path)
            self._date(path, entry)
            return
        fetched = self.back.fetch(path)
        if fetched is not None:
            self._copy(fetched, path, entry)
            self.back.as_it_was(path, fetched, dated=False)
            self.fetched.append(path)
            return
        self.left.append(Left(path, self.back.why(path)))

    def _linked(self, file: str, beside: str) -> None:
        try:
            os.link(file, beside, follow_symlinks=False)
        except FileExistsError:  # of an undo that was killed
            os.unlink(beside)  # noqa: PTH108
            os.link(file, beside, follow_symlinks=False)

    def _copy(self, source: str, path: str, entry: Entry) -> None:
        beside = self._beside(path)
        shutil.copyfile(source, beside)
        os.chmod(beside, stat.S_IMODE(entry.mode))  # noqa: PTH101
        os.utime(beside, ns=(entry.mtime, entry.mtime))
        self._place(beside, path)

    def _beside(self, path: str) -> str:
        """A name of ours in the folder of a path."""
        folder, slash, _ = path.rpartition("/")
        return self._file(f"{folder}{slash}{TEMPORARY}{self.before.entries[path].inode}")

    def _place(self, beside: str, path: str) -> None:
        file = self._file(path)
        try:
            os.replace(beside, file)  # noqa: PTH105
        except IsADirectoryError:
            os.rmdir(file)  # noqa: PTH106
            os.replace(beside, file)  # noqa: PTH105
        except OSError:
            with contextlib.suppress(OSError):
                os.unlink(beside)  # noqa: PTH108
            raise

    def _date(self, path: str, entry: Entry) -> None:
        status = os.lstat(self._file(path))
        if stat.S_IMODE(status.st_mode) != stat.S_IMODE(entry.mode):
            os.chmod(self._file(path), stat.S_IMODE(entry.mode))  # noqa: PTH101
        if status.st_mtime_ns != entry.mtime:
            os.utime(self._file(path), ns=(entry.mtime, entry.mtime))

    def _settle(self) -> Listing:
        """Gives every folder its mode and its date back; how the prefix is then."""
        taken = listing.take(self.prefix)
        found = dict(taken.entries)
        for path, entry in self.before.entries.items():
            current = found.get(path)
            if entry.is_folder and current is not None and current.is_folder and current[:2] != entry[:2]:
                with contextlib.suppress(OSError):
                    os.chmod(self._file(path), stat.S_IMODE(entry.mode))  # noqa: PTH101
                    os.utime(self._file(path), ns=(entry.mtime, entry.mtime))
                found[path] = listing.one(self.prefix, path) or current
        return replace(taken, entries=found)

    def _told(self, now: Listing, removed: tuple[str, ...], restored: tuple[str, ...]) -> Undone:
        differs = [
            path
            for path in listing.different(self.before, now, inodes=False)
            if not listing.cache(path) and not path.endswith("__pycache__")
        ]
        proof = Proof(
            not differs,
            tuple(sorted(differs)[:_DIFFERS]),
            self.back.by["books"],
            self.back.by["hash"],
            self.back.by["date"],
        )
        chain = (self.chosen, *self.later)
        if not self.trouble:
            with contextlib.suppress(OSError):
                for each in chain:
                    journal.write(journal.changed(each, state=State.UNDONE, size=0, kept=0))
                for each in chain:
                    journal.empty(self.home, each)
        state = State.UNDOING if self.trouble else State.UNDONE
        told = [replace(each.checkpoint, state=state) for each in chain]
        return Undone(
            told[0], tuple(reversed(told[1:])), removed, restored, tuple(self.fetched), tuple(self.left), proof
        )
