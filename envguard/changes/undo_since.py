"""What an undo takes away, and what speaks against it: which paths are new since, and which somebody else has changed."""

from __future__ import annotations

import itertools
from functools import cached_property
from typing import TYPE_CHECKING

from envguard.changes import checkpoint, listing, owned
from envguard.model import Text, text

if TYPE_CHECKING:
    from envguard.changes.listing import Listing
    from envguard.changes.undo_back import Back

_TOLD = 8
"""Paths named in a sentence."""
TEMPORARY = f"{listing.OURS}-undo~"
"""How the names begin under which files wait beside their places."""
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


class Since:
    """What has come about since the chosen checkpoint began."""

    def __init__(self, prefix: str, back: Back) -> None:
        self.prefix, self.back = prefix, back
        self.before, self.now = back.before, back.now

    @cached_property
    def new(self) -> tuple[str, ...]:
        """Files, links and the like that were not there, and may go; what is ours of an earlier attempt, too."""
        return tuple(
            path
            for path in self.back.paths
            if path not in self.before.entries and not self.now.entries[path].is_folder and self._theirs(path)
        )

    def _theirs(self, path: str) -> bool:
        """Whether a new path is an installer's, so that no file of the user's is taken for one."""
        top = path.partition("/")[0]
        return (
            top in _INSTALLED
            or any(each.startswith(top + "/") for each in self._recorded)
            or path.rpartition("/")[2].startswith(TEMPORARY)
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
        for taken, read in ((self.now, owned.reader(self.prefix)), (self.before, self.back.read)):
            for book in owned.books(taken, read, strange):
                found |= book.files.keys() & strange
        return frozenset(found)

    @cached_property
    def last(self) -> Listing:
        """The prefix as the last of the commands left it; as it is now if none came to an end."""
        ended = [each for each in (self.back.chosen, *self.back.later) if each.ended is not None]
        return self.back.listing(max(ended, key=lambda each: each.ended or 0), "after") if ended else self.now

    def foreign(self) -> tuple[list[str], list[str]]:
        """What somebody else has changed since, or between: among what installers change, and elsewhere."""
        pairs: list[tuple[Listing, Listing]] = []
        chain = [self.back.chosen, *self.back.later]
        for one, other in itertools.pairwise(chain):
            if one.ended is not None and one.ended <= other.began:
                pairs.append((self.back.listing(one, "after"), self.back.listing(other, "before")))
        ended = [each.ended for each in chain]
        if None not in ended:
            pairs.append((self.last, self.now))
        found: dict[str, None] = {}
        for then, since in pairs:
            for path in listing.different(then, since, inodes=False):  # what was put back from a copy has another
                entry = since.entries.get(path) or then.entries[path]
                name = path.rpartition("/")[2]
                if listing.cache(path) or name == "__pycache__" or name.startswith(TEMPORARY):
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

    def refusal(self, foreign: list[str]) -> Text:
        """What is said of an undo in which that would be lost."""
        names = tuple(change.name for change in checkpoint.changes(self.last, self.now))
        return _since(foreign, names)


def _since(foreign: list[str], names: tuple[str, ...]) -> Text:
    if names:
        return text(
            "something else has changed {names} since then, which would be lost: {paths}",
            names=names,
            paths=few(foreign),
        )
    return text("something else has changed files since then, which would be lost: {paths}", paths=few(foreign))


def few(paths: list[str]) -> tuple[str, ...]:
    """The first paths, for a sentence."""
    told = sorted(paths)
    return tuple(told[:_TOLD]) + (("…",) if len(told) > _TOLD else ())
