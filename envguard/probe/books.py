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
_NOTHING: set[str] = set()


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
        self.folders: dict[str, int] = {}
        """Every folder with a recorded file, and the first record that has one there."""

    def add(self, mine: dict[str, Entry]) -> dict[str, Entry]:
        """Adds the files of the next record, by path, and gives them back by key.

        Here every file of the environment comes by (63,000 of them). A record lists its files folder by folder, so
        what concerns the folder is done once for a run of them; what can be is done for the whole record at once.
        """
        number = len(self.entries)
        if self.tree.fold:
            mine = {path.lower(): entry for path, entry in mine.items()}
        missing = self._absent(mine, number)
        if missing is None:
            mine = {self.tree.key(path): entry for path, entry in mine.items()}
            missing = self._absent(mine, number) or []
        twice = self.owner.keys() & mine.keys()
        for key in sorted(twice):
            self.shared.setdefault((self.owner[key], number), []).append(key)
        self.owner.update(dict.fromkeys(mine.keys() - twice if twice else mine, number))
        self.entries.append(mine)
        self.missing.append([key for key in missing if self._is_gone(key, mine[key])])
        # one cheap look at each before the exact one, and none at all where the whole record has no such name
        maybe = (
            [key for key in mine if ".so" in key or key.endswith(reading.COMPILED)] if _may_be_compiled(mine) else ()
        )
        self.compiled.append([key for key in maybe if reading.is_compiled(key)])
        return mine

    def _absent(self, mine: Iterable[str], number: int) -> list[str] | None:
        """The files that their folders do not name; None if a folder is a link, so that paths are no keys."""
        tree = self.tree
        last: str | None = None
        names: set[str] = set()
        missing = []
        for path in mine:
            folder, _, name = path.rpartition("/")
            if folder != last:
                last = folder
                if tree.folder(folder) != folder:
                    return None
                names = tree.names(folder) or _NOTHING
                self.folders.setdefault(folder, number)
            if name not in names:
                missing.append(path)
        return missing

    def _is_gone(self, key: str, entry: Entry) -> bool:
        """Whether a file that its folder does not name is missing, rather than somewhere that cannot be looked at."""
        return entry.kind not in _UNMISSED and not key.endswith(reading.BYTECODE) and self.tree.has(key) is False

    def summarise(self, keys: Iterable[str]) -> dict[str, Any]:
        """Files by numbers, with a few names as they are spelled on disk."""
        found = reading.summarise(keys)
        return {**found, "sample": [self.tree.spelled(key) for key in found["sample"]]}
