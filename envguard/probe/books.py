"""conda's book by path: which record owns which file, and which of its files are not there."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Callable, Iterable, Iterator

if TYPE_CHECKING or __package__:
    from envguard.probe import reading
    from envguard.probe.conda_book import Listed, Remembered, below
    from envguard.probe.tree import Tree
else:  # run alone, by path: this folder is first on sys.path
    import reading
    from conda_book import Listed, Remembered, below
    from tree import Tree

_INFO = "-info"  # of dist and egg
_UNMISSED = frozenset(("pyc_file", "directory"))


class Owners:
    """The number of the record that lists a file, of several the first; kept by folder, as most are of one record alone."""

    def __init__(self) -> None:
        self.by_folder: dict[str, dict[str, int]] = {}

    def get(self, key: str) -> int | None:
        """The record of a file; None if it is in none."""
        folder, _, name = key.rpartition("/")
        names = self.by_folder.get(folder)
        return None if names is None else names.get(name)

    def __contains__(self, key: str) -> bool:
        return self.get(key) is not None

    def __getitem__(self, key: str) -> int:
        number = self.get(key)
        if number is None:
            raise KeyError(key)
        return number


def _is_bytecode(names: Iterable[str]) -> bool:
    """Whether all names are those of byte code."""
    listed = "\n".join([*names, ""])
    return listed.count("\n") == listed.count(".pyc\n")


def _by_key(tree: Tree, files: Listed) -> Listed:
    """The files of a record by key."""
    if tree.fold:
        files = files.renamed(str.lower)
    if any(tree.folder(folder) != folder for folder in files.folders):  # one is a link, so that paths are no keys
        return files.renamed(tree.key)
    return files


def _remembered(tree: Tree, mine: Listed, compiled: list[str], again: Callable[[], Listed]) -> Remembered:
    """What is kept of a record: its compiled files, whose size is looked at, and those of a dist-info.

    It knows the tree and not the books, in which it stands: without a circle all of it goes as soon as a look is over.
    """
    folders = [(folder, names) for folder, names in mine.folders.items() if folder.endswith(_INFO)]
    infos = [key for folder, names in folders for key in below(folder, names)]
    return Remembered({key: mine[key] for key in (*compiled, *infos)}, lambda: _by_key(tree, again()))


class Books:
    """Every record's files, under the names that both books share."""

    def __init__(self, tree: Tree, patience: reading.Patience | None = None, whole: bool = False) -> None:
        self.tree = tree
        self.patience = patience or reading.Patience()
        self.blind = False
        """Whether there are distributions that could not be looked for."""
        self.owner = Owners()
        self.whole = whole
        """Whether all that the records say is kept, since all of it will be asked for."""
        self.entries: list[Listed | Remembered] = []
        self.shared: dict[tuple[int, int], list[str]] = {}
        self.missing: list[list[str]] = []
        self.compiled: list[list[str]] = []
        self._strange: dict[str, set[str]] = {}
        """The folders with a recorded file in which there are names that are in no record so far."""

    def add(self, mine: Listed, again: Callable[[], Listed]) -> Listed:
        """Adds the files of the next record, by path, and gives them back by key; `again` reads them anew.

        Here every file of the environment comes by (63,000 of them), so what can be done for a whole folder, or for
        a whole record at once, is.
        """
        number = len(self.entries)
        mine = _by_key(self.tree, mine)
        twice: list[str] = []
        doubtful: list[str] = []
        for folder, names in mine.folders.items():
            self._claim(number, folder, names, twice, doubtful)
        for key in sorted(twice):
            self.shared.setdefault((self.owner[key], number), []).append(key)
        compiled = [key for key in mine.having(*reading.COMPILED) if reading.is_compiled(key)]
        self.entries.append(mine if self.whole else _remembered(self.tree, mine, compiled, again))
        self.missing.append([key for key in doubtful if self._is_gone(key, mine)])
        self.compiled.append(compiled)
        return mine

    def _claim(self, number: int, folder: str, names: dict[str, Any], twice: list[str], doubtful: list[str]) -> None:
        """Takes a record's files out of those that are in no record; adds what an earlier one lists, and what is not there."""
        bytecode = folder.endswith(reading.CACHE) and _is_bytecode(names)
        if bytecode and not self.whole:
            return  # every fourth folder: what is in it is never missed, and nobody asks whose it is
        mine = dict.fromkeys(names, number)
        there = set(mine) if bytecode else self.tree.names(folder) or set()
        before = self.owner.by_folder.get(folder)
        if before is None:
            self.owner.by_folder[folder] = mine
            assert isinstance(there, set), "shared by a record, and yet in none"
            rest = there.difference(mine)
            complete = len(there) - len(rest) == len(mine)
            if rest:
                self._strange[folder] = rest
            elif complete and not bytecode:
                self.tree.share(folder, mine.keys())  # as of most folders: one copy of the names is enough
        else:
            if not isinstance(there, set):  # what it is shared with gets more names here
                there = set(there)
                self.tree.share(folder, there)
            self._strange.get(folder, set()).difference_update(mine)
            complete = there.issuperset(mine)
            again = mine.keys() & before.keys()
            twice += below(folder, again)
            before.update(dict.fromkeys(mine.keys() - again, number) if again else mine)
        if not complete:
            doubtful += below(folder, mine.keys() - there)

    def strangers(self) -> Iterator[str]:
        """What lies in a folder where a record has a file, and is in no record."""
        for folder, names in self._strange.items():
            yield from below(folder, names)

    def _is_gone(self, key: str, mine: Listed) -> bool:
        """Whether a file that its folder does not name is missing, rather than somewhere that cannot be looked at."""
        return not key.endswith(reading.BYTECODE) and self.tree.has(key) is False and mine[key].kind not in _UNMISSED

    def summarise(self, keys: Iterable[str]) -> dict[str, Any]:
        """Files by numbers, with a few names as they are spelled on disk."""
        found = reading.summarise(keys)
        return {**found, "sample": [self.tree.spelled(key) for key in found["sample"]]}
