"""conda's book by path: which record owns which file, and which of its files are not there."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Iterable

if TYPE_CHECKING or __package__:
    from envguard.probe import reading
    from envguard.probe.conda_book import Entry
    from envguard.probe.tree import Tree
else:  # run alone, by path: this folder is first on sys.path
    import reading
    from conda_book import Entry
    from tree import Tree

_UNMISSED = frozenset(("pyc_file", "directory"))


class Books:
    """Every record's files, under the names that both books share."""

    def __init__(self, tree: Tree) -> None:
        self.tree = tree
        self.owner: dict[str, int] = {}
        self.entries: list[dict[str, Entry]] = []
        self.shared: dict[tuple[int, int], list[str]] = {}
        self.missing: list[list[str]] = []
        self.compiled: list[list[str]] = []
        self.folders: dict[str, int] = {}
        """Every folder with a recorded file, and the first record that has one there."""

    def add(self, listed: Iterable[tuple[str, Entry]]) -> dict[str, Entry]:
        """Adds the files of the next record, and gives them back by key.

        This is the one loop that sees every file of the environment (63,000 of them), hence its looks: a record lists
        its files folder by folder, so what concerns the folder is done once for a run of them.
        """
        number = len(self.entries)
        mine: dict[str, Entry] = {}
        missing: list[str] = []
        compiled: list[str] = []
        tree, owner = self.tree, self.owner
        last: str | None = None
        stem, names, moved = "", None, False
        for path, entry in listed:
            if not path or path[0] == "/" or "../" in path:
                continue  # a record that points out of its prefix is not followed
            where = path.lower() if tree.fold else path
            folder, _, name = where.rpartition("/")
            if folder != last:
                last = folder
                canonical = tree.folder(folder)
                stem, names, moved = canonical + "/" if canonical else "", tree.names(canonical), canonical != folder
                self.folders.setdefault(canonical, number)
            if moved:
                where = stem + name
            mine[where] = entry
            first = owner.setdefault(where, number)
            if first != number:
                self.shared.setdefault((first, number), []).append(where)
            if ".so" in name or name.endswith(reading.COMPILED):
                compiled.append(where)
            if names is None or name not in names:
                missing.append(where)
        self.entries.append(mine)
        self.missing.append([where for where in missing if self._is_gone(where, mine[where])])
        self.compiled.append([where for where in compiled if reading.is_compiled(where)])
        return mine

    def _is_gone(self, key: str, entry: Entry) -> bool:
        """Whether a file that its folder does not name is missing, rather than somewhere that cannot be looked at."""
        return entry.kind not in _UNMISSED and not key.endswith(reading.BYTECODE) and self.tree.has(key) is False

    def summarise(self, keys: Iterable[str]) -> dict[str, Any]:
        """Files by numbers, with a few names as they are spelled on disk."""
        found = reading.summarise(keys)
        return {**found, "sample": [self.tree.spelled(key) for key in found["sample"]]}
