"""conda's book: the records of conda-meta and its history, of every age since conda 3."""

from __future__ import annotations

import itertools
import json
import operator
import os
import sys
from functools import cached_property, partial
from typing import TYPE_CHECKING, Any, Callable, ItemsView, Iterable, Iterator, Mapping, NamedTuple

if TYPE_CHECKING or __package__:
    from envguard.probe import reading
else:  # run alone, by path: this folder is first on sys.path
    import reading


_HEADERS = frozenset(("METADATA", "metadata", "PKG-INFO", "pkg-info"))
_PACKAGED = ("site-packages/", "python-scripts/")
_PATH = operator.itemgetter("_path")
_OF_FILES = frozenset(("paths_data", "files"))
_UNCOMPARED = frozenset(("softlink", "pyc_file", "directory"))


class Entry(NamedTuple):
    """One file as a conda record lists it; hash and size are None where they do not describe the file on disk."""

    sha256: str | None
    size: int | None
    kind: str


_UNKNOWN = Entry(None, None, "hardlink")


def below(folder: str, names: Iterable[str]) -> Iterator[str]:
    """The paths of some names in a folder."""
    return (folder + "/" + name if folder else name for name in names)


def _channel(record: dict[str, Any]) -> str | None:
    """The channel of a record as it stands there, else what its URL says."""
    channel = record.get("channel")
    if isinstance(channel, dict):  # conda 4.x wrote the whole object
        channel = channel.get("name") or channel.get("canonical_name")
    if isinstance(channel, str) and channel and channel not in ("<unknown>", "None"):
        return channel
    url = reading.string(record.get("url"))
    return url.rsplit("/", 2)[0] if url and url.count("/") > 3 else None


class Listed(Mapping[str, Entry]):
    """The files of a record by path, and by folder and name.

    What the record says of a file stays JSON until somebody asks, as of most of 60,000 files nobody does: to make an
    entry of each would take a third of the time that reading the records takes.
    """

    def __init__(self, paths: Iterable[str], found: Iterable[Any]) -> None:
        self.folders: dict[str, dict[str, Any]] = {}
        last: str | None = None
        names: dict[str, Any] = {}
        for path, entry in zip(paths, found):
            folder, slash, name = path.rpartition("/")
            if folder != last:  # a record lists one folder after the other
                last = folder or None
                names = self.folders.setdefault(folder or slash, {})  # `/x` is not `x`
            names[name] = entry

    def __getitem__(self, path: str) -> Entry:
        folder, _, name = path.rpartition("/")
        names = self.folders[folder]
        found = names[name]
        if type(found) is dict:
            found = names[name] = _entry(found)
        return _UNKNOWN if found is None else found

    def __iter__(self) -> Iterator[str]:
        for folder, names in self.folders.items():
            yield from below(folder, names)

    def __len__(self) -> int:
        return sum(map(len, self.folders.values()))

    @classmethod
    def of(cls, folders: dict[str, dict[str, Any]]) -> Listed:
        """The files of a record by folder and name, as `lean` gives them."""
        made = cls((), ())
        made.folders = folders
        return made

    def lean(self) -> dict[str, dict[str, Any]]:
        """The files by folder and name, as JSON: with what is asked of every check, and None for all others.

        That is what the record says of compiled files, of those of a dist-info, and of what is no plain file.
        """
        compiled = set(filter(reading.is_compiled, self.having(*reading.COMPILED)))
        return {
            folder: {
                name: entry
                if type(entry) is dict
                and (
                    folder.endswith("-info")
                    or entry.get("path_type", "hardlink") != "hardlink"
                    or (compiled and (folder + "/" + name if folder else name) in compiled)
                )
                else None
                for name, entry in names.items()
            }
            for folder, names in self.folders.items()
        }

    @cached_property
    def _names(self) -> str:
        return "\n".join(itertools.chain.from_iterable(self.folders.values()))

    def _raw(self) -> Iterator[Any]:
        return itertools.chain.from_iterable(names.values() for names in self.folders.values())

    def settled(self, record: dict[str, Any]) -> Listed:
        """The same by paths below the prefix, without those that lead out of it.

        What concerns few paths is looked for in all names at once, joined into one text: a look at each of 60,000 would
        take longer than reading the records does.
        """
        folders = "\n" + "\n".join(self.folders)
        if "\\" in folders or "\\" in self._names:
            return self.renamed(lambda path: path.replace("\\", "/")).settled(record)
        if any("\n" + start[:-1] in folders for start in _PACKAGED):
            relocated = _Relocation(record)
            return self.renamed(lambda path: relocated(path) if path.startswith(_PACKAGED) else path).only(_inside)
        odd = "\n/" in folders or "" in self.folders.get("", ())
        return self.only(_inside) if odd or any(m in folders or m in self._names for m in ("..", "\0")) else self

    def having(self, *parts: str) -> list[str]:
        """The paths that may have a name with one of these in it; for most records one look shows that there is none."""
        found = [part for part in parts if part in self._names]
        if len(found) == 1:
            return [
                folder + "/" + name if folder else name
                for folder, names in self.folders.items()
                for name in names
                if found[0] in name
            ]
        return list(self) if found else []

    def renamed(self, name: Callable[[str], str]) -> Listed:
        """The same under other paths."""
        return Listed(map(name, self), self._raw())

    def only(self, wanted: Callable[[str], bool]) -> Listed:
        """The same without some paths."""
        kept = [(path, entry) for path, entry in zip(self, self._raw()) if wanted(path)]
        return Listed((path for path, _ in kept), (entry for _, entry in kept))


class Read(NamedTuple):
    """One record that was read, apart from its files; and those by path."""

    path: str
    record: dict[str, Any]
    files: Listed
    strange: int
    """How many of the files that it lists are no paths below the prefix."""


class Remembered:
    """What a record says of the files that every check asks for; it is read again for whoever asks for others.

    To hold it for all 60,000 files takes 40 MB, and a tenth of a look to be given them by the system.
    """

    def __init__(self, known: dict[str, Entry], again: Callable[[], Listed]) -> None:
        self._known = known
        self._again = again

    @cached_property
    def _whole(self) -> Listed:
        return self._again()

    def get(self, path: str) -> Entry | None:
        """The entry of a path, if it is listed."""
        return self._known.get(path) or self._whole.get(path)

    def __getitem__(self, path: str) -> Entry:
        return self.get(path) or _UNKNOWN  # listed when the record was read first, and not any more

    def items(self) -> ItemsView[str, Entry]:
        """Every path with its entry."""
        return self._whole.items()


def listed(record: dict[str, Any]) -> Listed:
    """The files of a record by their path below the prefix, whatever age the record is of.

    Paths that lead out of the prefix are left out.
    """
    data = record.get("paths_data")
    entries = data.get("paths") if isinstance(data, dict) else None
    if not isinstance(entries, list):  # conda before 4.3 kept no hashes
        return Listed(reading.strings(record.get("files")), itertools.repeat(_UNKNOWN)).settled(record)
    try:
        return Listed(map(_PATH, entries), entries).settled(record)
    except (AttributeError, KeyError, TypeError):  # something in there is not what a record holds
        entries = [each for each in entries if isinstance(each, dict) and isinstance(each.get("_path"), str)]
        return Listed(map(_PATH, entries), entries).settled(record)


def _inside(path: str) -> bool:
    """Whether a recorded path can be one of a file below the prefix."""
    return bool(path) and path[0] != "/" and "\0" not in path and ".." not in path.split("/")


def _strange(record: dict[str, Any], found: int) -> int:
    """How many of the files that a record lists are no paths below the prefix; `found` of them were taken."""
    data = record.get("paths_data")
    paths = data.get("paths") if isinstance(data, dict) else None
    if isinstance(paths, list):
        if len(paths) == found:
            return 0
        paths = [entry.get("_path") if isinstance(entry, dict) else None for entry in paths]
    else:
        paths = record.get("files")
    if not isinstance(paths, list) or len(paths) == found:
        return 0
    return sum(not isinstance(path, str) or not _inside(path.replace("\\", "/")) for path in paths)


def _entry(entry: dict[str, Any]) -> Entry:
    """An entry of paths_data."""
    kind, package = entry.get("path_type", "hardlink"), entry.get("sha256")
    here = entry.get("sha256_in_prefix")
    if kind == "hardlink" and (here == package or not here or not package) and not entry.get("prefix_placeholder"):
        return Entry(here or package, entry.get("size_in_bytes"), "hardlink")
    return _special(entry, kind)


def _special(entry: dict[str, Any], kind: Any) -> Entry:
    """What a record says of a file that is not simply a copy of the package's, as far as it describes the one on disk."""
    if not isinstance(kind, str) or kind in _UNCOMPARED or "entry_point" in kind:
        return Entry(
            None, None, kind if isinstance(kind, str) else "unknown"
        )  # py-rattler's hash of a softlink is not that of its content
    # a text file's recorded size is the package's, not the file's
    size = entry.get("size_in_bytes") if entry.get("file_mode") == "binary" else None
    return Entry(entry.get("sha256_in_prefix"), size, kind)


class _Relocation:
    """Where the files of a `noarch: python` package went.

    conda keeps the paths of the package in paths_data and relocates only `files`; pixi relocates both.
    """

    def __init__(self, record: dict[str, Any]) -> None:
        self._record = record
        self._files: frozenset[str] | None = None
        self._site = ""
        self._scripts = ""

    def __call__(self, path: str) -> str:
        """The path below the prefix of a path of the package."""
        if self._files is None:
            files = [file.replace("\\", "/") for file in reading.strings(self._record.get("files"))]
            self._files = frozenset(files)
            marker = "/site-packages/"
            self._site = next((f.partition(marker)[0] + "/" for f in files if marker in f), "")
            self._scripts = "Scripts/" if any(file.startswith("Scripts/") for file in files) else "bin/"
        if path in self._files:
            return path
        if path.startswith("site-packages/"):
            return self._site + path
        return self._scripts + path[len("python-scripts/") :]


def _whole(digits: str) -> int:
    """A JSON number that is not too long; from 1,000,000 digits an older Python takes minutes to make an int."""
    if len(digits) > 4000:
        raise ValueError("a number of {} digits".format(len(digits)))
    return int(digits)


# newer Pythons refuse such numbers themselves, and a call for each number would take a twentieth of the time
_parse = json.loads if hasattr(sys, "get_int_max_str_digits") else partial(json.loads, parse_int=_whole)


def _load_record(path: str, root: str, patience: reading.Patience) -> dict[str, Any]:
    """One record as JSON; ValueError or OSError if it is none."""
    data = reading.read(path, reading.RECORD_LIMIT, root)
    patience.size -= len(data)
    try:
        record = _parse(data.decode("utf-8-sig"))
    except UnicodeDecodeError as error:
        raise ValueError("it is no text in UTF-8, from byte {} on".format(error.start)) from error
    except json.JSONDecodeError as error:
        cut = error.msg.startswith("Unterminated") or not error.doc[error.pos :].strip()
        raise ValueError("it is cut short" if cut and error.doc.strip() else str(error)) from error
    except RecursionError as error:
        raise ValueError("it is nested too deeply") from error
    if not isinstance(record, dict):
        raise ValueError("not a JSON object")  # noqa: TRY004 - one kind of error for bad content
    for field in ("name", "version"):
        value = record.get(field)
        if not isinstance(value, str) or not value:
            raise ValueError("no {}".format(field))
        # a name that begins with a dash would be an option of the commands that repair
        if len(value) > reading.NAME_LIMIT or not value.isprintable() or " " in value or value[0] == "-":
            raise ValueError("no package can have its {}".format(field))
    for field in ("depends", "constrains"):
        if isinstance(record.get(field), list) and len(record[field]) > reading.LISTED:
            raise ValueError("{} entries in {}".format(len(record[field]), field))
    return record


def names(prefix: str, problems: reading.Problems) -> list[str] | None:
    """The files of conda-meta that should be records; None if there is such a folder, which cannot be looked into."""
    meta = os.path.join(prefix, "conda-meta")
    try:
        return sorted(name for name in reading.names(meta, os.path.realpath(prefix)) if name.endswith(".json"))
    except FileNotFoundError:
        return []
    except OSError as error:
        problems.add("conda-meta", "could not be listed: {error}", error=reading.why(error))
        return None


def records(
    prefix: str, files: list[str], unreadable: list[str], problems: reading.Problems, patience: reading.Patience
) -> Iterator[tuple[str, dict[str, Any]]]:
    """Every readable record as (path, JSON), one at a time: together they take ten times the memory of the answer.

    The stems of the others are added to `unreadable`.
    """
    root = os.path.realpath(prefix)
    for number, name in enumerate(files):
        if patience.over():
            patience.records = len(files) - number
            return
        path = os.path.join(prefix, "conda-meta", name)
        try:
            yield "conda-meta/" + name, _load_record(path, root, patience)
        except (OSError, ValueError) as error:
            if isinstance(error, FileNotFoundError) and not os.path.lexists(path):
                problems.add("conda-meta/" + name, "was removed while the environment was being read")
                continue
            problems.add("conda-meta/" + name, "record could not be read: {error}", error=reading.why(error))
            unreadable.append(name[: -len(".json")])


def read(
    prefix: str, files: list[str], unreadable: list[str], problems: reading.Problems, patience: reading.Patience
) -> Iterator[Read]:
    """Every readable record with its files; for the arguments see `records`."""
    for path, record in records(prefix, files, unreadable, problems, patience):
        found = listed(record)
        strange = _strange(record, len(found))
        yield Read(path, {name: value for name, value in record.items() if name not in _OF_FILES}, found, strange)


def again(prefix: str, path: str, patience: reading.Patience) -> Listed:
    """The files of a record that was read before; none if it cannot be read any more."""
    try:
        return listed(_load_record(os.path.join(prefix, path), os.path.realpath(prefix), patience))
    except (OSError, ValueError):
        return Listed((), ())


def package(prefix: str, found: Read, entries: Listed, problems: reading.Problems) -> dict[str, Any]:
    """What goes out of one record, its missing and altered files still to be looked for; `entries` are its files by key."""
    path, record = found.path, found.record
    if found.strange:
        problems.add(path, "{count} of the files it lists are no paths inside the environment", count=found.strange)
    requested = reading.strings(record.get("requested_specs")) or [
        s for s in [reading.string(record.get("requested_spec"))] if s and s != "None"
    ]
    provides = set()
    infos = [path for path in entries.having("-info") if path.endswith("-info")]
    infos += [
        folder
        for folder, names in entries.folders.items()
        if folder.endswith("-info") and not _HEADERS.isdisjoint(names)
    ]
    for info in infos:
        name = info.rpartition("/")[2]
        match = reading.FOLDER_NAME.match(name) if len(name) <= reading.NAME_LIMIT else None
        if match:
            provides.add(reading.normalise(match.group("name")))
    noarch = record.get("noarch")
    return {
        "name": record["name"],
        "version": record["version"],
        "build": reading.string(record.get("build")) or "",
        "build_number": reading.number(record.get("build_number")) or 0,
        "channel": _channel(record),
        "subdir": reading.string(record.get("subdir")),
        "noarch": noarch if isinstance(noarch, str) else "python" if noarch is True else None,
        "depends": reading.strings(record.get("depends") or record.get("requires")),
        "constrains": reading.strings(record.get("constrains")),
        "requested": requested,
        "record": path,
        "provides": sorted(provides),
        "linked": reading.mtime(os.path.join(prefix, path)),
        "files": len(entries),
        "missing": reading.summarise(()),
        "altered": reading.summarise(()),
    }
