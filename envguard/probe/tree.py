"""The prefix as a tree of names: what exists, and the one name under which both books know it."""

from __future__ import annotations

import os
import stat
from typing import TYPE_CHECKING, Iterator, KeysView, Set, Union

if TYPE_CHECKING or __package__:
    from envguard.probe import reading
else:  # run alone, by path: this folder is first on sys.path
    import reading

Names = Union[Set[str], KeysView[str]]  # evaluated when run, hence in Python 3.8's spelling

_DEEPEST = 128  # folders within each other


class Tree:
    """The prefix as a tree of names, each folder listed at most once, symlinked folders under one name.

    Folders of byte code are not looked at unless somebody asks what is in one: Python fills them as it runs.

    `key` turns a recorded path into the one under which both books meet: symlinks resolved (python3.1 -> python3.10),
    and lower case where the file system does not tell cases apart.
    """

    def __init__(self, prefix: str, fold: bool, windows: bool, patience: reading.Patience | None = None) -> None:
        self.prefix = prefix
        self._below = os.path.join(
            prefix, ""
        )  # os.path.join for every folder would take a quarter of the listing's time
        self.root = os.path.realpath(prefix)
        self.fold = fold
        self.windows = windows
        self._names: dict[str, Names | None] = {}
        self._canonical: dict[str, str] = {"": ""}
        self._spelling: dict[str, str] = {}
        self._patience = patience or reading.Patience()
        self._gone: set[str] = set()
        self._silent: dict[str, str] = {}
        self._outside: set[str] = set()
        self.stamps: dict[str, reading.Stamp] = {}
        """The times and sizes of what was looked at itself, by the path as it is written on disk: as they were before."""

    def names(self, folder: str) -> Names | None:
        """The names in a canonical folder; None if it is not there, not readable, or outside the prefix."""
        try:
            return self._names[folder]
        except KeyError:
            pass
        names: set[str] | None = None
        if folder.startswith("!") or (folder.endswith(reading.CACHE) and self._is_link(folder)):
            pass
        elif self._patience.listing_over():
            self._patience.folders += 1
        else:
            here = self._spelling.get(folder, folder)
            try:
                names = set(os.listdir(self._below + here))
            except (FileNotFoundError, NotADirectoryError, ValueError):  # a ValueError: no file can have such a name
                self._gone.add(folder)
            except OSError as error:
                self._silent[here] = reading.why(error)
            else:
                names = {self._spell(folder, here, name) for name in names} if self.fold else names
        self._names[folder] = names
        return names

    def share(self, folder: str, names: Names) -> None:
        """Takes somebody else's names for those in a folder, which are the same, so that none are kept twice."""
        self._names[folder] = names

    def listed(self, folder: str) -> Names | None:
        """The names in a folder as they are written there, if it was listed already."""
        return None if self.fold else self._names.get(self._canonical.get(folder, folder))

    def _spell(self, folder: str, here: str, name: str) -> str:
        """The folded form of a name, the way it is written being kept where it differs."""
        folded = name.lower()
        if folded != name or folder != here:
            self._spelling[folder + "/" + folded if folder else folded] = here + "/" + name if here else name
        return folded

    def folder(self, folder: str) -> str:
        """The canonical form of a folder; starts with `!` if a symlink leads out of the prefix, or no disk can hold it."""
        known = self._canonical.get(folder)
        if known is not None:
            return known
        if len(folder) > reading.LONGEST or folder.count("/") > _DEEPEST:
            return "!" + folder
        parent, _, name = folder.rpartition("/")
        above = self._canonical.get(parent)
        if above is None:
            above = self.folder(parent)
        result = above + "/" + name if above else name
        if name == reading.CACHE:  # every fourth folder, and nobody links one
            return result
        if not above.startswith("!") and not self._patience.listing_over():
            if self.fold:
                self.names(above)  # learns how the folder is spelled
            if self._is_link(self._spelling.get(result, result)):
                real = self._below + self._spelling.get(result, result)
                real = os.path.realpath(real)
                inside = os.path.relpath(real, self.root).replace(os.sep, "/") if real != self.root else ""
                if inside == ".." or inside.startswith("../") or os.path.isabs(inside):
                    self._outside.add(self._spelling.get(result, result))
                    result = "!" + result
                else:
                    result = inside.lower() if self.fold else inside
        self._canonical[folder] = result
        return result

    def _is_link(self, path: str) -> bool:
        status = self.status(path)
        return status is not None and stat.S_ISLNK(status.st_mode)

    def status(self, path: str) -> os.stat_result | None:
        """What a path as it is written on disk is, links not followed; None if it is not there."""
        try:
            status = os.lstat(self._below + path)
        except (OSError, ValueError):
            return None
        self.stamps[path] = reading.stamp(status)
        return status

    def folders(self) -> Iterator[str]:
        """Every folder that was asked for, and what each symlinked one stands for, as they are written on disk."""
        for folder, canonical in self._canonical.items():
            yield self._spelling.get(folder, folder)
            if canonical != folder and not canonical.startswith("!"):
                yield self._spelling.get(canonical, canonical)

    def key(self, path: str) -> str:
        """The path under which both books meet."""
        if self.fold:
            path = path.lower()
        folder, _, name = path.rpartition("/")
        canonical = self._canonical.get(folder)
        if canonical is None:
            canonical = self.folder(folder)
        if canonical == folder:
            return path
        return canonical + "/" + name if canonical else name

    def has(self, key: str) -> bool | None:
        """Whether a path exists, by the names in its folder; None if that cannot be told."""
        folder, _, name = key.rpartition("/")
        names = self.names(folder)
        if names is not None:
            return name in names
        return False if folder in self._gone else None

    def spelled(self, key: str) -> str:
        """A key as it is written on disk; where the file is gone, as far as its folders are."""
        if not self.fold:
            return key
        folder, _, name = key.rpartition("/")
        self.names(folder)
        return self._spelling.get(key) or (self._spelling.get(folder, folder) + "/" + name if folder else name)

    def real(self, key: str) -> str:
        """Where a key lies on disk."""
        return self._below + self.spelled(key)

    def tell(self, problems: reading.Problems) -> None:
        """Notes the folders that could not be looked into; what is below one of them is not told again."""
        for folder in sorted(self._outside):
            problems.add(folder, reading.OUTSIDE)
        last = None
        for folder in sorted(self._silent):
            if last is None or not (folder + "/").startswith(last + "/"):
                last = folder
                problems.add(folder, "could not be listed: {error}", error=self._silent[folder])
