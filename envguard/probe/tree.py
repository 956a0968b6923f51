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
        self._links: dict[str, set[str]] = {}
        self._canonical: dict[str, str] = {"": ""}
        self._spelling: dict[str, str] = {}

    def names(self, folder: str) -> set[str] | None:
        """The names in a canonical folder; None if it is not there, not readable, or outside the prefix."""
        if folder in self._names:
            return self._names[folder]
        names: set[str] | None = None
        if not folder.startswith("!"):
            real = os.path.join(self.prefix, self._spelling.get(folder, folder))
            links = set()
            try:
                with os.scandir(real) as entries:
                    names = set()
                    for entry in entries:
                        name = entry.name.lower() if self.fold else entry.name
                        names.add(name)
                        if self.fold and name != entry.name:
                            here = self._spelling.get(folder, folder)
                            self._spelling[folder + "/" + name if folder else name] = (
                                here + "/" + entry.name if here else entry.name
                            )
                        elif self.fold and folder in self._spelling:
                            self._spelling[folder + "/" + name] = self._spelling[folder] + "/" + name
                        if entry.is_symlink():
                            links.add(name)
            except OSError:
                names = None
            self._links[folder] = links
        self._names[folder] = names
        return names

    def folder(self, folder: str) -> str:
        """The canonical form of a folder; starts with `!` if a symlink leads out of the prefix."""
        known = self._canonical.get(folder)
        if known is not None:
            return known
        parent, _, name = folder.rpartition("/")
        above = self.folder(parent)
        result = above + "/" + name if above else name
        if not above.startswith("!"):
            self.names(above)
            if name in self._links.get(above, ()):
                real = os.path.realpath(os.path.join(self.prefix, self._spelling.get(result, result)))
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
        return canonical + "/" + name if canonical else name

    def has(self, key: str) -> bool | None:
        """Whether a path exists, by the names in its folder; None if that cannot be told."""
        folder, _, name = key.rpartition("/")
        names = self._names[folder] if folder in self._names else self.names(folder)
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
