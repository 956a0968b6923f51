"""conda's book by path: which record owns which file, and which of its files are not there."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Iterable, Iterator

if TYPE_CHECKING or __package__:
    from envguard.probe import reading
    from envguard.probe.conda_book import Listed
    from envguard.probe.tree import Tree
else:  # run alone, by path: this folder is first on sys.path
    import reading
    from conda_book import Listed
    from tree import Tree

_UNMISSED = frozenset(("pyc_file", "directory"))


def _maybe_compiled(paths: Iterable[str]) -> list[str]:
    """The paths of which a look at each is worth while: most records hold no compiled file, and most others one kind."""
    every = "\n".join(paths)
    kinds = [suffix for suffix in reading.COMPILED if suffix in every]
    return [path for path in paths if kinds[0] in path] if len(kinds) == 1 else list(paths) if kinds else []


def _below(folder: str, names: Iterable[str]) -> Iterator[str]:
    """The keys of some names in a folder."""
    return (folder + "/" + name if folder else name for name in names)


def _by_folder(paths: Iterable[str]) -> dict[str, list[str]]:
    """The names of files by their folders."""
    found: dict[str, list[str]] = {}
    last, names = None, [""]
    for path in paths:
        folder, _, name = path.rpartition("/")
        if folder != last:  # a record lists one folder after the other
            last, names = folder, found.setdefault(folder, [])
        names.append(name)
    return found


class Books:
    """Every record's files, under the names that both books share."""

    def __init__(self, tree: Tree, patience: reading.Patience | None = None) -> None:
        self.tree = tree
        self.patience = patience or reading.Patience()
        self.blind = False
        """Whether there are distributions that could not be looked for."""
        self.owner: dict[str, int] = {}
        self.entries: list[Listed] = []
        self.shared: dict[tuple[int, int], list[str]] = {}
        self.missing: list[list[str]] = []
        self.compiled: list[list[str]] = []
        self.folders: dict[str, set[str]] = {}
        """Every folder with a recorded file, and the names in it that are in no record so far."""

    def add(self, mine: Listed) -> Listed:
        """Adds the files of the next record, by path, and gives them back by key.

        Here every file of the environment comes by (63,000 of them), so what can be done for a whole folder, or for
        a whole record at once, is.
        """
        number = len(self.entries)
        if self.tree.fold:
            mine = mine.renamed(str.lower)
        folders = _by_folder(mine)
        if any(self.tree.folder(folder) != folder for folder in folders):  # one is a link, so that paths are no keys
            mine = mine.renamed(self.tree.key)
            folders = _by_folder(mine)
        again = (_below(folder, folders[folder]) for folder in self.folders.keys() & folders.keys())
        twice = {key for keys in again for key in keys if key in self.owner}
        for key in sorted(twice):
            self.shared.setdefault((self.owner[key], number), []).append(key)
        doubtful = [key for folder, names in folders.items() for key in self._claim(folder, names)]
        self.owner.update(dict.fromkeys(mine.keys() - twice if twice else mine, number))
        self.entries.append(mine)
        self.missing.append([key for key in doubtful if self._is_gone(key, mine)])
        # one cheap look at each before the exact one, and none at all where the whole record has no such name
        self.compiled.append([key for key in _maybe_compiled(mine) if reading.is_compiled(key)])
        return mine

    def _claim(self, folder: str, names: list[str]) -> Iterator[str]:
        """Takes a record's files out of those that are in no record; gives the keys of what is not there."""
        there = self.tree.names(folder) or set()
        if folder in self.folders:
            self.folders[folder].difference_update(names)
        else:
            self.folders[folder] = there.difference(names)
        if not there.issuperset(names):
            yield from _below(folder, set(names).difference(there))

    def strangers(self) -> Iterator[str]:
        """What lies in a folder where a record has a file, and is in no record."""
        for folder, names in self.folders.items():
            yield from _below(folder, names)

    def _is_gone(self, key: str, mine: Listed) -> bool:
        """Whether a file that its folder does not name is missing, rather than somewhere that cannot be looked at."""
        return not key.endswith(reading.BYTECODE) and self.tree.has(key) is False and mine[key].kind not in _UNMISSED

    def summarise(self, keys: Iterable[str]) -> dict[str, Any]:
        """Files by numbers, with a few names as they are spelled on disk."""
        found = reading.summarise(keys)
        return {**found, "sample": [self.tree.spelled(key) for key in found["sample"]]}
