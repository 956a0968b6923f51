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


def _may_be_compiled(paths: Iterable[str]) -> bool:
    """Whether a look at each file is worth while: most records hold no compiled one."""
    every = "\n".join(paths)
    return ".so" in every or any(suffix in every for suffix in reading.COMPILED)


class Books:
    """Every record's files, under the names that both books share."""

    def __init__(self, tree: Tree, patience: reading.Patience | None = None) -> None:
        self.tree = tree
        self.patience = patience or reading.Patience()
        self.blind = False
        """Whether there are distributions that could not be looked for."""
        self.owner: dict[str, int] = {}
        self.entries: list[dict[str, Entry]] = []
        self.shared: dict[tuple[int, int], list[str]] = {}
        self.missing: list[list[str]] = []
        self.compiled: list[list[str]] = []
        self.strangers: set[str] = set()
        """What lies in a folder where a record has a file, and is in no record so far."""
        self.folders: set[str] = set()
        """Every folder with a recorded file."""

    def add(self, mine: dict[str, Entry]) -> dict[str, Entry]:
        """Adds the files of the next record, by path, and gives them back by key.

        Here every file of the environment comes by (63,000 of them), so what can be done for a whole folder, or for
        a whole record at once, is.
        """
        number = len(self.entries)
        if self.tree.fold:
            mine = {path.lower(): entry for path, entry in mine.items()}
        folders = {path.rpartition("/")[0] for path in mine}
        if any(self.tree.folder(folder) != folder for folder in folders):  # one is a link, so that paths are no keys
            mine = {self.tree.key(path): entry for path, entry in mine.items()}
            folders = {key.rpartition("/")[0] for key in mine}
        for folder in folders - self.folders:
            names = self.tree.names(folder) or ()
            self.strangers.update(map((folder + "/").__add__, names) if folder else names)
        self.folders |= folders
        doubtful = mine.keys() - self.strangers
        self.strangers.difference_update(mine)
        twice = self.owner.keys() & mine.keys()
        for key in sorted(twice):
            self.shared.setdefault((self.owner[key], number), []).append(key)
        self.owner.update(dict.fromkeys(mine.keys() - twice if twice else mine, number))
        self.entries.append(mine)
        self.missing.append([key for key in doubtful if self._is_gone(key, mine[key])])
        # one cheap look at each before the exact one, and none at all where the whole record has no such name
        maybe = (
            [key for key in mine if ".so" in key or key.endswith(reading.COMPILED)] if _may_be_compiled(mine) else ()
        )
        self.compiled.append([key for key in maybe if reading.is_compiled(key)])
        return mine

    def _is_gone(self, key: str, entry: Entry) -> bool:
        """Whether a file that its folder does not name is missing, rather than somewhere that cannot be looked at."""
        return entry.kind not in _UNMISSED and not key.endswith(reading.BYTECODE) and self.tree.has(key) is False

    def summarise(self, keys: Iterable[str]) -> dict[str, Any]:
        """Files by numbers, with a few names as they are spelled on disk."""
        found = reading.summarise(keys)
        return {**found, "sample": [self.tree.spelled(key) for key in found["sample"]]}
