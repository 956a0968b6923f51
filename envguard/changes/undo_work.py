"""One undo: what is to be done to bring a prefix back, where each file comes from, and the doing of it."""

from __future__ import annotations

import contextlib
import itertools
import os
import shutil
import stat
from dataclasses import replace
from functools import cached_property
from typing import TYPE_CHECKING

from envguard.changes import checkpoint, journal, keeping, listing, owned, refetch
from envguard.model import Text, text
from envguard.undo_report import Left, Proof, State, Undone, UndoPlan

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping
    from typing import Any

    from envguard.changes.journal import Noted
    from envguard.changes.listing import Entry, Listing
    from envguard.home import Home

    Listings = dict[tuple[str, int | None, str], Listing]
    """By the checkpoint, when it ended, and which of its listings it is."""

_TOLD = 8
"""Paths named in a sentence."""
_DIFFERS = 100
_TEMPORARY = f"{listing.OURS}-undo~"
_INSTALLED = frozenset(
    (
        "lib",
        "lib64",
        "Lib",
        "bin",
        "Scripts",
        "share",
        "etc",
        "conda-meta",
        "include",
        "Include",
        "condabin",
        "sbin",
        "libexec",
        "ssl",
        "DLLs",
        "Library",
        "man",
        "pyvenv.cfg",
    )
)
"""Where installers put things; elsewhere in a prefix only what a book lists is theirs."""


class Work:
    """One undo: from the state that is there to the one before the chosen checkpoint's command."""

    def __init__(self, home: Home, chosen: Noted, later: list[Noted], listings: Listings | None = None) -> None:
        """`listings` are those that the same checkpoints were planned by: once written they do not change."""
        self.home, self.chosen, self.later = home, chosen, later
        self.prefix = home.prefix
        self._store = str(journal.kept(home))
        self.listings: Listings = {} if listings is None else listings
        self.before = self._listing(chosen, "before")
        self.now = listing.take(home.prefix)
        self.links = chosen.links
        self.kept = {each: journal.read_keeping(each) for each in (chosen, *later)}
        self.copies: dict[str, str] = {}
        self.sums = dict(self.kept[chosen].sums)
        for path, name in self.kept[chosen].copies.items():
            self.copies[path] = str(chosen.folder / "copies" / name)
        self._later_copies()
        self.trouble = False
        self.left: list[Left] = []
        self.fetched: list[str] = []
        self.by = {"books": 0, "hash": 0, "date": 0}

    def _listing(self, noted: Noted, name: str) -> Listing:
        key = (noted.checkpoint.id, noted.ended, name)
        if key not in self.listings:
            self.listings[key] = journal.read_listing(noted, name)
        return self.listings[key]

    def _later_copies(self) -> None:
        """What a later checkpoint has copied, or hashed, of files that had not changed until then."""
        for each in self.later:
            kept = self.kept[each]
            with contextlib.suppress(OSError, ValueError):
                then = self._listing(each, "before").entries
                for path, entry in self.before.entries.items():
                    if path in then and listing.same(entry, then[path]):
                        if path in kept.copies:
                            self.copies.setdefault(path, str(each.folder / "copies" / kept.copies[path]))
                        if path in kept.sums:
                            self.sums.setdefault(path, kept.sums[path])

    # --- what is to be done

    @cached_property
    def paths(self) -> tuple[str, ...]:
        """All that is not as it was."""
        return tuple(listing.different(self.before, self.now, inodes=self.links))

    @cached_property
    def new(self) -> tuple[str, ...]:
        """Files, links and the like that were not there, and may go; what is ours of an earlier attempt, too."""
        return tuple(
            path
            for path in self.paths
            if path not in self.before.entries and not self.now.entries[path].is_folder and self._theirs(path)
        )

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

    def _theirs(self, path: str) -> bool:
        """Whether a new path is an installer's, so that no file of the user's is taken for one."""
        top = path.partition("/")[0]
        return (
            top in _INSTALLED
            or any(each.startswith(top + "/") for each in self._recorded)
            or path.rpartition("/")[2].startswith(_TEMPORARY)
            or path in self._recorded
        )

    @cached_property
    def _recorded(self) -> frozenset[str]:
        """What the books of both states list outside of the usual folders."""
        strange = {
            path
            for taken in (self.before, self.now)
            for path, entry in taken.entries.items()
            if path and path.partition("/")[0] not in _INSTALLED and not entry.is_folder
        }
        if not strange:
            return frozenset()
        found: set[str] = set()
        for taken, read in ((self.now, owned.reader(self.prefix)), (self.before, self._read)):
            for book in owned.books(taken, read, strange):
                found |= book.files.keys() & strange
        return frozenset(found)

    def plan(self, *, brief: bool) -> UndoPlan:
        """What would be done; a `brief` one tells only whether it may be done."""
        foreign, aside = self._foreign()
        refused: tuple[Text, ...] = ()
        remarks: list[Text] = []
        if foreign:
            names = tuple(change.name for change in checkpoint.changes(self._last, self.now))
            refused = (_since(foreign, names),)
        if aside:
            remarks.append(
                text(
                    "what has changed where installers put nothing stays as it is: {paths}",
                    paths=_few(aside),
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
        left = tuple(self._lost())
        gone = {each.path for each in left}
        return UndoPlan(
            self.chosen.checkpoint,
            tuple(each.checkpoint for each in reversed(self.later)),
            checkpoint.changes(self.now, self.before),
            self.new,
            tuple(path for path in self.changed if path not in gone),
            left,
            tuple(remarks),
            refused,
            self.listings,
        )

    @cached_property
    def _last(self) -> Listing:
        """The prefix as the last of the commands left it; as it is now if none came to an end."""
        ended = [each for each in (self.chosen, *self.later) if each.ended is not None]
        return self._listing(max(ended, key=lambda each: each.ended or 0), "after") if ended else self.now

    def _foreign(self) -> tuple[list[str], list[str]]:
        """What somebody else has changed since, or between: among what installers change, and elsewhere."""
        pairs: list[tuple[Listing, Listing]] = []
        chain = [self.chosen, *self.later]
        for one, other in itertools.pairwise(chain):
            if one.ended is not None and one.ended <= other.began:
                pairs.append((self._listing(one, "after"), self._listing(other, "before")))
        ended = [each.ended for each in chain]
        if None not in ended:
            pairs.append((self._last, self.now))
        found: dict[str, None] = {}
        for then, since in pairs:
            for path in listing.different(then, since, inodes=False):  # what was put back from a copy has another
                entry = since.entries.get(path) or then.entries[path]
                name = path.rpartition("/")[2]
                if listing.cache(path) or name == "__pycache__" or name.startswith(_TEMPORARY):
                    continue
                if entry.is_folder and path in then.entries and path in since.entries:
                    continue
                if listing.same(self.before.entries.get(path), since.entries.get(path), inodes=False):
                    continue
                found[path] = None
        among = [
            path for path in found if (path in self.before.entries and not self._users(path)) or self._theirs(path)
        ]
        return among, [path for path in found if path not in set(among)]

    def _users(self, path: str) -> bool:
        return path.partition("/")[0] not in _INSTALLED and path not in self._recorded

    # --- where it comes from

    def _kept_file(self, path: str) -> str | None:
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
        file = self._kept_file(path)
        if file is None:
            return False
        status = os.stat(file)  # noqa: PTH116
        return status.st_size == entry.size and (status.st_mtime_ns == entry.mtime or path in self.sums)

    def _read(self, path: str) -> bytes | None:
        """The content that a path had before."""
        entry = self.before.entries.get(path)
        if entry is None or not entry.is_file:
            return None
        sources: list[str | None] = [self.copies.get(path), self._kept_file(path)]
        if path in self.now.entries and listing.same(entry, self.now.entries[path], inodes=self.links):
            sources.insert(0, os.path.join(self.prefix, path))  # noqa: PTH118
        for source in sources:
            if source is not None:
                with contextlib.suppress(OSError), open(source, "rb") as file:  # noqa: PTH123
                    return file.read(1 << 27)
        return None

    @cached_property
    def _books(self) -> Mapping[str, tuple[frozenset[str], Mapping[str, Any] | None]]:
        """The hashes that the books of then have for what is to come back, and the record of its package."""
        found: dict[str, tuple[frozenset[str], Mapping[str, Any] | None]] = {}
        wanted = set(self.changed)
        for book in owned.books(self.before, self._read, wanted) if wanted else ():
            for path in wanted & book.files.keys():
                hashes, record = found.get(path, (frozenset(), None))
                told = book.files[path]
                found[path] = (hashes | {told} if told else hashes, book.record or record)
        return found

    def _lost(self) -> Iterable[Left]:
        """What is not kept, and not in a package cache either."""
        for path in self.changed:
            if self._have(path):
                continue
            entry, current = self.before.entries[path], self.now.entries.get(path)
            if current is not None and current.inode == entry.inode and current.size == entry.size and self.links:
                continue  # perhaps only its date or mode; that is seen by its content
            if self._fetch(path) is None:
                yield Left(path, self._why(path))

    def _why(self, path: str) -> Text:
        if self._kept_file(path) is None:
            return text("it was not kept, as nothing said that it would be replaced")
        return text("what was kept of it has been changed since, and no package cache has it")

    def _fetch(self, path: str) -> str | None:
        hashes, record = self._books.get(path, (frozenset(), None))
        if path in self.sums:
            hashes = frozenset((self.sums[path],))
        return refetch.find(self.prefix, path, record, hashes) if record is not None and hashes else None

    # --- doing it

    def done(self, progress: Callable[[int, int], None] | None) -> Undone:
        """Does it, and proves it."""
        process = checkpoint.ourselves()
        for each in (self.chosen, *self.later):
            with contextlib.suppress(OSError):  # on a full disk; what was done is seen without it
                journal.write(journal.changed(replace(each, process=process), state=State.UNDOING))
        total = len(self.new) + len(self.changed)
        count = 0

        def step() -> None:
            nonlocal count
            count += 1
            if progress is not None:
                progress(count, total)

        removed = []
        for path in self.new:
            if self._try(path, self._remove, path):
                removed.append(path)
            step()
        self._folders()
        restored = []
        for path in self.changed:
            brought = self._link if self.before.entries[path].is_link else self._bring
            if self._try(path, brought, path):
                restored.append(path)
            step()
        for path in self.paths:
            if (
                listing.cache(path)
                and path in self.before.entries
                and path in self.now.entries
                and path not in self.changed
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
            for path in self.paths
            if path in self.now.entries and self.now.entries[path].is_folder and not self._was_folder(path)
        ]
        for path in sorted(fresh, key=lambda path: -path.count("/")):
            with contextlib.suppress(OSError):
                os.rmdir(self._file(path))  # noqa: PTH106
        missing = [path for path in self.paths if self._was_folder(path)]
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
        copied = self.copies.get(path)
        if copied is not None and self._as_it_was(path, copied, dated=False):
            self._copy(copied, path, entry)
            return
        file = self._kept_file(path)
        current = self.now.entries.get(path)
        in_place = self.links and current is not None and current.inode == entry.inode
        if file is None and in_place:
            file = self._file(path)
        if file is not None and self._as_it_was(path, file):
            if not in_place:
                beside = self._beside(path)
                self._linked(file, beside)
                self._place(beside, path)
            self._date(path, entry)
            return
        fetched = self._fetch(path)
        if fetched is not None:
            self._copy(fetched, path, entry)
            self._as_it_was(path, fetched, dated=False)
            self.fetched.append(path)
            return
        self.left.append(Left(path, self._why(path)))

    def _linked(self, file: str, beside: str) -> None:
        try:
            os.link(file, beside, follow_symlinks=False)
        except FileExistsError:  # of an undo that was killed
            os.unlink(beside)  # noqa: PTH108
            os.link(file, beside, follow_symlinks=False)

    def _as_it_was(self, path: str, file: str, *, dated: bool = True) -> bool:
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

    def _copy(self, source: str, path: str, entry: Entry) -> None:
        beside = self._beside(path)
        shutil.copyfile(source, beside)
        os.chmod(beside, stat.S_IMODE(entry.mode))  # noqa: PTH101
        os.utime(beside, ns=(entry.mtime, entry.mtime))
        self._place(beside, path)

    def _beside(self, path: str) -> str:
        """A name of ours in the folder of a path."""
        folder, slash, _ = path.rpartition("/")
        return self._file(f"{folder}{slash}{_TEMPORARY}{self.before.entries[path].inode}")

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
            not differs, tuple(sorted(differs)[:_DIFFERS]), self.by["books"], self.by["hash"], self.by["date"]
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


def _since(foreign: list[str], names: tuple[str, ...]) -> Text:
    if names:
        return text(
            "something else has changed {names} since then, which would be lost: {paths}",
            names=names,
            paths=_few(foreign),
        )
    return text("something else has changed files since then, which would be lost: {paths}", paths=_few(foreign))


def _few(paths: list[str]) -> tuple[str, ...]:
    told = sorted(paths)
    return tuple(told[:_TOLD]) + (("…",) if len(told) > _TOLD else ())
