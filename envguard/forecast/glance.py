"""What can be seen of an environment at once, before an install: names of files, and a few small ones of them.

A guard has fifty milliseconds, in which neither all records nor all RECORDs can be read. What a name tells is taken from
the name: `numpy-1.26.4-py311h5eee18b_0.json`, `numpy-1.26.4.dist-info`. Everything else is looked up when it is asked for,
and only as far as it takes to answer. Nothing is raised for what is found; what cannot be read is named in `unread`.
"""

from __future__ import annotations

import json
import os
import re
import sys
import sysconfig
from functools import cached_property
from typing import TYPE_CHECKING, Any, NamedTuple

from envguard.probe import conda_book, extras, join, marks, pip_book, pip_files, reading
from envguard.value import value

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Mapping

_HEAD = 1 << 12
"""Bytes of a record; what it asks for stands before its files, in conda's order of keys and in rattler's."""
_NO_FILES = re.compile(rb'"files"\s*:\s*\[\s*\]')
_STRINGS = rb'"\s*:\s*(\[(?:[^"\]]|"(?:[^"\\]|\\.)*")*\])'
_DEPENDS, _CONSTRAINS = (re.compile(b'"' + name + _STRINGS) for name in (b"depends", b"constrains"))
_SUBDIR = re.compile(rb'"subdir"\s*:\s*"([a-z0-9-]{1,40})"')
_SYSTEMS = {"darwin": "osx", "win32": "win"}


class Record(NamedTuple):
    """One record of conda-meta, as its name tells it; a tuple, since there are hundreds, and they are keys."""

    name: str
    version: str
    build: str

    @property
    def stem(self) -> str:
        """The name of its file without the end."""
        return f"{self.name}-{self.version}-{self.build}"


class Seen(NamedTuple):
    """One dist-info or egg-info, as its name tells it."""

    name: str
    """Normalised (PEP 503)."""
    version: str | None
    path: str
    """Relative to the prefix."""


@value
class Owner:
    """Whose a distribution is."""

    who: str | None
    """conda, pip, or None if that could not be told."""
    record: Record | None = None
    """The conda package that brought it, or brought what it has replaced."""


@value
class Asking:
    """What one conda package asks of others."""

    record: Record
    depends: tuple[str, ...]
    constrains: tuple[str, ...]
    has_files: bool = True


@value
class Glance:
    """An environment at a glance; what is not in its fields is looked up when it is asked for."""

    prefix: str
    root: str
    """The prefix without links."""
    records: tuple[Record, ...] | None
    """None if conda's book is there and could not be opened."""
    seen: tuple[Seen, ...]
    sites: tuple[str, ...]
    every: bool
    """Whether all site-packages could be listed."""

    @cached_property
    def unread(self) -> dict[str, str]:
        """What could not be read so far, and why."""
        return {}

    @cached_property
    def by_name(self) -> Mapping[str, Record]:
        """Conda's packages by name."""
        return {record.name: record for record in self.records or ()}

    @cached_property
    def named(self) -> Mapping[str, tuple[Seen, ...]]:
        """Distributions by name."""
        found: dict[str, list[Seen]] = {}
        for dist in self.seen:
            found.setdefault(dist.name, []).append(dist)
        return {name: tuple(dists) for name, dists in found.items()}

    @cached_property
    def is_conda(self) -> bool:
        """Whether conda keeps a book here."""
        return self.records is None or bool(self.records)

    @cached_property
    def is_base(self) -> bool:
        """Whether conda itself lives here."""
        return marks.is_base(self.prefix, set(self.by_name))

    @cached_property
    def is_frozen(self) -> bool:
        """Whether it is declared read-only (CEP 22)."""
        return os.path.exists(os.path.join(self.prefix, "conda-meta", "frozen"))

    @cached_property
    def is_venv(self) -> bool:
        """Whether it is a virtual environment."""
        return os.path.isfile(os.path.join(self.prefix, "pyvenv.cfg"))

    @cached_property
    def writable(self) -> bool:
        """Whether the user may write wherever an install would."""
        return marks.writable(self.prefix, list(self.sites))

    @cached_property
    def externally_managed(self) -> tuple[str, ...]:
        """The marks of PEP 668."""
        return () if self.is_venv else tuple(extras.externally_managed(self.prefix, list(self.sites)))

    @cached_property
    def python_version(self) -> str | None:
        """The version of its Python, as far as files tell."""
        packages = [{"name": each.name, "version": each.version} for each in self.records or ()]
        return marks.python_version(self.prefix, packages, list(self.sites))

    @cached_property
    def layout(self) -> str:
        """Unix or windows."""
        return marks.layout(self.prefix, None)

    @cached_property
    def platform(self) -> str | None:
        """Conda's name of the system: that of its Python's record, else that of this machine."""
        record = self.by_name.get("python")
        match = _SUBDIR.search(self._bytes(record)) if record else None
        if match and match[1] != b"noarch":
            return match[1].decode("ascii")
        return f"{_SYSTEMS.get(sys.platform, sys.platform)}-{_machine()}"

    @property
    def name(self) -> str:
        """What people call it."""
        return "base" if self.is_base else self.prefix.replace("\\", "/").rstrip("/").rpartition("/")[2] or self.prefix

    def where(self, path: str) -> str:
        """A path of the prefix as the system takes it."""
        return os.path.join(self.prefix, *path.split("/"))

    # whose a distribution is

    def owners(self, dists: Iterable[Seen]) -> Mapping[Seen, Owner]:
        """Whose these distributions are: conda's if a record lists it and its content is still the record's."""
        asked = tuple(dists)
        if not self.is_conda:
            return dict.fromkeys(asked, Owner("pip"))
        homeless = []
        for dist in asked:
            if dist in self._owners:
                continue
            own = self._projects.get(dist.name, ())
            near = (*own, *(each for each in self._versions.get(dist.version, ()) if each not in own))
            lister = next((record for record in near if self._lists(record, dist)), None)
            if lister is not None:
                self._owners[dist] = self._still(lister, dist)
            elif own and own[0].stem not in self.unread:
                # conda's package of this name has another dist-info: what is here came from elsewhere
                self._owners[dist] = Owner("pip", own[0])
            elif own and own[0].version == dist.version and self._installer(dist) == "conda":
                self._owners[dist] = Owner("conda", own[0])  # by name, for want of a path
            else:
                homeless.append(dist)
        for dist, lister in self._search(homeless).items():
            blind = self.records is None or bool(self.unread)
            self._owners[dist] = self._still(lister, dist) if lister else Owner(None if blind else "pip")
        return {dist: self._owners[dist] for dist in asked}

    @cached_property
    def _projects(self) -> Mapping[str, tuple[Record, ...]]:
        """Conda's packages by the name that a distribution of the same name has."""
        found: dict[str, tuple[Record, ...]] = {}
        for record in self.records or ():
            name = reading.normalise(record.name)
            found[name] = (*found.get(name, ()), record)
        return found

    @cached_property
    def _versions(self) -> Mapping[str | None, tuple[Record, ...]]:
        """Conda's packages by version: torch's is called pytorch, and has the same."""
        found: dict[str | None, tuple[Record, ...]] = {}
        for record in self.records or ():
            found[record.version] = (*found.get(record.version, ()), record)
        return found

    @cached_property
    def _owners(self) -> dict[Seen, Owner]:
        return {}

    @cached_property
    def pip_owned(self) -> tuple[Seen, ...]:
        """The distributions that conda does not own; an INSTALLER that says conda is believed here."""
        doubtful = [dist for dist in self.seen if not self.is_conda or self._installer(dist) != "conda"]
        owners = self.owners(doubtful)
        return tuple(dist for dist in doubtful if owners[dist].who == "pip")

    def _installer(self, dist: Seen) -> str:
        data = reading.head(self.where(dist.path + "/INSTALLER"), 100, self.root)
        return data.decode("utf-8-sig", "replace").strip().lower()

    def is_local(self, dist: Seen) -> bool:
        """Whether it came from a folder, a repository or an archive that somebody named."""
        return os.path.lexists(self.where(dist.path + "/direct_url.json"))

    def requires(self, dist: Seen) -> tuple[str, ...]:
        """The names of the distributions that it requires, extras and markers aside."""
        for file in ("METADATA", "PKG-INFO"):
            data = reading.head(self.where(f"{dist.path}/{file}"), reading.SMALL_LIMIT, self.root)
            if data:
                lines = pip_files.parse_headers(data).get("requires-dist", [])
                named = (reading.spec_name(line) for line in lines if "extra" not in line.partition(";")[2])
                return tuple(dict.fromkeys(reading.normalise(name) for name in named if name))
        return ()

    def _bytes(self, record: Record) -> bytes:
        """A record as it is on disk; nothing, and an entry of `unread`, if it cannot be read."""
        if record not in self._read:
            try:
                path = self.where(f"conda-meta/{record.stem}.json")
                self._read[record] = reading.read(path, reading.RECORD_LIMIT, self.root)
            except OSError as error:
                self._read[record] = b""
                self.unread[record.stem] = reading.why(error)
        return self._read[record]

    @cached_property
    def _read(self) -> dict[Record, bytes]:
        return {}

    def _lists(self, record: Record, dist: Seen) -> bool:
        folder = dist.path.rpartition("/")[2].encode("utf-8", "surrogateescape")
        data = self._bytes(record)
        return b"/" + folder + b"/" in data or b"/" + folder + b'"' in data

    def _still(self, record: Record, dist: Seen) -> Owner:
        """Whether what a record lists has still the content that conda put there."""
        folder = self.where(dist.path)
        keys = {file: f"{dist.path}/{file}" for file in ("RECORD", "METADATA", "PKG-INFO")}
        raw = {file: reading.head(os.path.join(folder, file), reading.HEADERS_LIMIT, self.root) for file in keys}
        found = _entries(self._bytes(record), dist.path.rpartition("/")[2])
        entries = conda_book.listed({"paths_data": {"paths": found}, "files": [each["_path"] for each in found]})
        # a package that is for all systems keeps its paths as they were before conda put them into this prefix
        mine = {
            path if path in keys.values() else f"{dist.path}/{path.rpartition('/')[2]}": e
            for path, e in entries.items()
        }
        return Owner("conda" if join.kept(mine, keys, raw) else "pip", record)

    def _search(self, dists: list[Seen]) -> dict[Seen, Record | None]:
        """The record that lists each of these, of all that there are."""
        found: dict[Seen, Record | None] = dict.fromkeys(dists)
        left = list(dists)
        for record in self.records or () if left else ():
            for dist in [dist for dist in left if self._lists(record, dist)]:
                found[dist] = record
                left.remove(dist)
            if not left:
                break
        return found

    def is_compiled(self, record: Record) -> bool | None:
        """Whether a conda package holds libraries or extension modules; None if that cannot be read."""
        data = self._bytes(record)
        if not data:
            return None
        return any(end in data for end in (b'.so"', b".so.", b'.pyd"', b'.dll"', b'.dylib"'))

    # what conda's packages ask for

    def asking(self, names: Collection[str]) -> tuple[Asking, ...]:
        """The conda packages that depend on one of these, or constrain it."""
        wanted = frozenset(names)
        marked = tuple(f'"{name}'.encode() for name in wanted) + tuple(f"::{name}".encode() for name in wanted)
        found = []
        for record, head in self._heads.items():
            if head is None or any(mark in head for mark in marked):
                asks = self._asks(record, head)
                if asks and any(reading.spec_name(spec) in wanted for spec in (*asks.depends, *asks.constrains)):
                    found.append(asks)
        return tuple(found)

    @cached_property
    def _heads(self) -> dict[Record, bytes | None]:
        """The beginning of every record; None where what it asks for does not stand there."""
        heads: dict[Record, bytes | None] = {}
        folder = self.where("conda-meta/")
        for record in self.records or ():
            data = reading.head(f"{folder}{record.stem}.json", _HEAD, self.root)
            depends, files = data.find(b'"depends"'), data.find(b'"files"')
            whole = 0 <= depends < files or (depends >= 0 > files and _DEPENDS.search(data) is not None)
            heads[record] = data if whole else None
        return heads

    def _asks(self, record: Record, head: bytes | None) -> Asking | None:
        if record not in self._asked:
            depends = _DEPENDS.search(head) if head is not None else None
            if head is None or depends is None:
                self._asked[record] = self._whole(record)
            else:
                constrains = _CONSTRAINS.search(head, 0, max(head.find(b'"files"'), depends.end()))
                has_files = _NO_FILES.search(head) is None
                self._asked[record] = Asking(record, _strings(depends), _strings(constrains), has_files)
        return self._asked[record]

    @cached_property
    def _asked(self) -> dict[Record, Asking | None]:
        return {}

    def _whole(self, record: Record) -> Asking | None:
        """What a record asks for, the whole of it being read."""
        problems = reading.Problems()
        unreadable: list[str] = []
        name = record.stem + ".json"
        for _, data in conda_book.records(self.prefix, [name], unreadable, problems, reading.Patience()):
            depends = reading.strings(data.get("depends") or data.get("requires"))
            return Asking(
                record, tuple(depends), tuple(reading.strings(data.get("constrains"))), bool(data.get("files"))
            )
        for problem in problems.items:
            self.unread[record.stem] = str(problem["args"].get("error", problem["reason"]))
        return None


def glance(prefix: str) -> Glance:
    """What the names of files tell about an environment."""
    if "\0" in prefix:
        return Glance(prefix, prefix, (), (), (), every=False)  # no folder can have such a name
    where = os.path.abspath(prefix)
    problems = reading.Problems()
    sites, every = pip_book.find_sites(where, problems)
    root = os.path.realpath(where)
    seen: list[Seen] = []
    for site in sites:
        try:
            names = reading.names(os.path.join(where, *site.split("/")), root)
        except OSError:
            every = False
            continue
        seen += [dist for name in sorted(names) if (dist := _dist(site, name))]
    files = conda_book.names(where, problems)
    records = None if files is None else tuple(record for name in files if (record := _record(name)))
    return Glance(where, root, records, tuple(seen), tuple(sites), every)


def _machine() -> str:
    """Conda's name for the processor of this machine."""
    name = sysconfig.get_platform().rpartition("-")[2].lower()
    return {"x86_64": "64", "amd64": "64"}.get(name, name)


def _record(file: str) -> Record | None:
    parts = file.removesuffix(".json").rsplit("-", 2)
    return Record(*parts) if len(parts) == 3 and all(parts) else None


def _dist(site: str, name: str) -> Seen | None:
    if not name.endswith((".dist-info", ".egg-info")) or name.startswith("~"):
        return None
    match = reading.FOLDER_NAME.match(name)
    shown = match["name"] if match else name.rpartition(".")[0]
    return Seen(reading.normalise(shown), match["version"] if match else None, f"{site}/{name}")


def _strings(found: re.Match[bytes] | None) -> tuple[str, ...]:
    """The strings of a JSON list."""
    try:
        return tuple(reading.strings(json.loads(found[1].decode("utf-8", "replace")))) if found else ()
    except (ValueError, RecursionError):
        return ()


def _entries(data: bytes, folder: str) -> list[dict[str, Any]]:
    """The entries of a record about the two files of a dist-info by which it is known again."""
    found = []
    for file in ("RECORD", "METADATA"):
        place = data.find(f'/{folder}/{file}"'.encode(), max(data.find(b'"paths_data"'), 0))
        if place < 0:
            continue
        try:
            entry = json.loads(data[data.rfind(b"{", 0, place) : data.find(b"}", place) + 1])
        except (ValueError, RecursionError):
            continue
        if isinstance(entry, dict) and isinstance(entry.get("_path"), str):
            found.append(entry)
    return found
