"""The prefix as a tree of names: what exists, and the one name under which both books know it."""

from __future__ import annotations

import os


class Tree:
    """The prefix as a tree of names, each folder listed at most once, symlinked folders under one name.

    `key` turns a recorded path into the one under which both books meet: symlinks resolved (python3.1 -> python3.10),
    and lower case where the file system does not tell cases apart.
    """

    def __init__(self, prefix: str, fold: bool, windows: bool) -> None:
        self.prefix = prefix
        self.root = os.path.realpath(prefix)
        self.fold = fold
        self.windows = windows
        self._names: dict[str, set[str] | None] = {}
        self._canonical: dict[str, str] = {"": ""}
        self._spelling: dict[str, str] = {}

    def names(self, folder: str) -> set[str] | None:
        """The names in a canonical folder; None if it is not there, not readable, or outside the prefix."""
        try:
            return self._names[folder]
        except KeyError:
            pass
        names: set[str] | None = None
        if not folder.startswith("!"):
            here = self._spelling.get(folder, folder)
            try:
                names = set(os.listdir(os.path.join(self.prefix, here)))
            except OSError:
                pass
            else:
                names = {self._spell(folder, here, name) for name in names} if self.fold else names
        self._names[folder] = names
        return names

    def _spell(self, folder: str, here: str, name: str) -> str:
        """The folded form of a name, the way it is written being kept where it differs."""
        folded = name.lower()
        if folded != name or folder != here:
            self._spelling[folder + "/" + folded if folder else folded] = here + "/" + name if here else name
        return folded

    def folder(self, folder: str) -> str:
        """The canonical form of a folder; starts with `!` if a symlink leads out of the prefix."""
        known = self._canonical.get(folder)
        if known is not None:
            return known
        parent, _, name = folder.rpartition("/")
        above = self.folder(parent)
        result = above + "/" + name if above else name
        if not above.startswith("!"):
            if self.fold:
                self.names(above)  # learns how the folder is spelled
            real = os.path.join(self.prefix, self._spelling.get(result, result))
            if os.path.islink(real):
                real = os.path.realpath(real)
                inside = os.path.relpath(real, self.root).replace(os.sep, "/") if real != self.root else ""
                if inside == ".." or inside.startswith("../") or os.path.isabs(inside):
                    result = "!" + result
                else:
                    result = inside.lower() if self.fold else inside
        self._canonical[folder] = result
        return result

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
        if folder.startswith("!"):
            return None
        return False if not os.path.lexists(self.real(folder)) else None

    def spelled(self, key: str) -> str:
        """A key as it is written on disk; where the file is gone, as far as its folders are."""
        if not self.fold:
            return key
        folder, _, name = key.rpartition("/")
        self.names(folder)
        return self._spelling.get(key) or (self._spelling.get(folder, folder) + "/" + name if folder else name)

    def real(self, key: str) -> str:
        """Where a key lies on disk."""
        return os.path.join(self.prefix, self.spelled(key))
