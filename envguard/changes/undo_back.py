"""What an undo brings back, and where each file comes from: a copy, a link that was kept, or conda's package cache.

Nothing is taken for what it was without its content being compared, where a hash of it is known.
"""

from __future__ import annotations

import contextlib
import os
from functools import cached_property
from typing import TYPE_CHECKING

from envguard.changes import journal, keeping, listing, owned, refetch
from envguard.model import Text, text
from envguard.undo_report import Left

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from typing import Any

    from envguard.changes.journal import Noted
    from envguard.changes.listing import Listing
    from envguard.home import Home

    Listings = dict[tuple[str, int | None, str], Listing]
    """By the checkpoint, when it ended, and which of its listings it is."""


class Back:
    """The prefix as it was before the chosen checkpoint's command, beside how it is now."""

    def __init__(self, home: Home, chosen: Noted, later: list[Noted], listings: Listings | None = None) -> None:
        """`listings` are those that the same checkpoints were planned by: once written they do not change."""
        self.chosen, self.later = chosen, later
        self.prefix = home.prefix
        self._store = str(journal.kept(home))
        self.listings: Listings = {} if listings is None else listings
        self.before = self.listing(chosen, "before")
        self.now = listing.take(home.prefix)
        self.links = chosen.links
        self.kept = {each: journal.read_keeping(each) for each in (chosen, *later)}
        self.copies: dict[str, str] = {}
        self.sums = dict(self.kept[chosen].sums)
        for path, name in self.kept[chosen].copies.items():
            self.copies[path] = str(chosen.folder / "copies" / name)
        self._later_copies()
        self.by = {"books": 0, "hash": 0, "date": 0}

    def listing(self, noted: Noted, name: str) -> Listing:
        """A listing of a checkpoint, read once; OSError or ValueError if it cannot be."""
        key = (noted.checkpoint.id, noted.ended, name)
        if key not in self.listings:
            self.listings[key] = journal.read_listing(noted, name)
        return self.listings[key]

    def _later_copies(self) -> None:
        """What a later checkpoint has copied, or hashed, of files that had not changed until then."""
        for each in self.later:
            kept = self.kept[each]
            with contextlib.suppress(OSError, ValueError):
                then = self.listing(each, "before").entries
                for path, entry in self.before.entries.items():
                    if path in then and listing.same(entry, then[path]):
                        if path in kept.copies:
                            self.copies.setdefault(path, str(each.folder / "copies" / kept.copies[path]))
                        if path in kept.sums:
                            self.sums.setdefault(path, kept.sums[path])

    @cached_property
    def paths(self) -> tuple[str, ...]:
        """All that is not as it was."""
        return tuple(listing.different(self.before, self.now, inodes=self.links))

    @cached_property
    def changed(self) -> tuple[str, ...]:
        """Files and links that are to come back."""
        return tuple(
            path
            for path in self.paths
            if path in self.before.entries
            and (self.before.entries[path].is_file or self.before.entries[path].is_link)
            and (not listing.cache(path) or self._have(path))
        )

    def kept_file(self, path: str) -> str | None:
        """The link that is kept of a file, if it still is that file."""
        entry = self.before.entries[path]
        file = f"{self._store}{os.sep}{entry.inode}"
        try:
            return file if os.lstat(file).st_ino == entry.inode else None
        except OSError:
            return None

    def _have(self, path: str) -> bool:
        """Whether a file can come from what is kept, as far as that is seen without reading it."""
        entry = self.before.entries[path]
        if entry.is_link or path in self.copies:
            return True
        file = self.kept_file(path)
        if file is None:
            return False
        status = os.stat(file)  # noqa: PTH116
        return status.st_size == entry.size and (status.st_mtime_ns == entry.mtime or path in self.sums)

    def read(self, path: str) -> bytes | None:
        """The content that a path had before."""
        entry = self.before.entries.get(path)
        if entry is None or not entry.is_file:
            return None
        sources: list[str | None] = [self.copies.get(path), self.kept_file(path)]
        if path in self.now.entries and listing.same(entry, self.now.entries[path], inodes=self.links):
            sources.insert(0, os.path.join(self.prefix, path))  # noqa: PTH118
        for source in sources:
            if source is not None:
                with contextlib.suppress(OSError), open(source, "rb") as file:  # noqa: PTH123
                    return file.read(1 << 27)
        return None

    @cached_property
    def _books(self) -> Mapping[str, tuple[frozenset[str], Mapping[str, Any] | None]]:
        """The hashes that the records of that time have for what is to come back, and the record of its package."""
        found: dict[str, tuple[frozenset[str], Mapping[str, Any] | None]] = {}
        wanted = set(self.changed)
        for book in owned.books(self.before, self.read, wanted) if wanted else ():
            for path in wanted & book.files.keys():
                hashes, record = found.get(path, (frozenset(), None))
                told = book.files[path]
                found[path] = (hashes | {told} if told else hashes, book.record or record)
        return found

    def lost(self) -> Iterable[Left]:
        """Files that are neither kept nor in a package cache."""
        for path in self.changed:
            if self._have(path):
                continue
            entry, current = self.before.entries[path], self.now.entries.get(path)
            if current is not None and current.inode == entry.inode and current.size == entry.size and self.links:
                continue  # perhaps only its date or mode; that is seen by its content
            if self.fetch(path) is None:
                yield Left(path, self.why(path))

    def why(self, path: str) -> Text:
        """Why a path cannot come back."""
        if self.kept_file(path) is None:
            return text("it was not kept, as nothing said that it would be replaced")
        return text("what was kept of it has been changed since, and no package cache has it")

    def fetch(self, path: str) -> str | None:
        """The file in a package cache that is what the path was; None if there is none."""
        hashes, record = self._books.get(path, (frozenset(), None))
        if path in self.sums:
            hashes = frozenset((self.sums[path],))
        return refetch.find(self.prefix, path, record, hashes) if record is not None and hashes else None

    def as_it_was(self, path: str, file: str, *, dated: bool = True) -> bool:
        """Whether a file has the content that the path had, and by what that is known."""
        hashes, _ = self._books.get(path, (frozenset(), None))
        entry = self.before.entries[path]
        status = os.stat(file)  # noqa: PTH116
        if status.st_size != entry.size:
            return False
        untouched = dated and status.st_mtime_ns == entry.mtime
        if not hashes and path not in self.sums:
            self.by["date"] += untouched
            return untouched
        digest = keeping.digest(file)
        if path in self.sums and digest != self.sums[path]:
            return False
        if digest in hashes:
            self.by["books"] += 1
        elif path in self.sums:
            self.by["hash"] += 1
        elif untouched:  # it was not what its book says before, either; or it was changed without a trace
            self.by["date"] += 1
        else:
            return False
        return True
