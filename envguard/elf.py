"""ELF files: what their headers ask of the loader, and which symbols they offer and want.

* Only the program headers and the dynamic segment are read, as the loader does, so that a file without sections is read
  too; a tenth of a millisecond for each file, and nothing again of one that has not changed.
* The bytes may be anything: cut off, with offsets that lead nowhere, without an end. Everything is read at a place and
  with a limit, each count has one, and what cannot be read is None.
* Only regular files are opened.

The few structures are read with `struct`, since this is part of every check: pyelftools takes thirty times as long for a
file, and as long as the whole check may take to be imported. The tests hold the two against each other.
"""

from __future__ import annotations

import os
import stat
import struct
from functools import lru_cache
from typing import TYPE_CHECKING, NamedTuple

from envguard.library import Library, VersionNeed
from envguard.value import value

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

__all__ = ["Symbol", "Symbols", "kind", "read", "symbols"]

_HEAD = 4096
_NAME = 4096
"""Bytes of a piece of the table of strings, and so of a name at least."""
_SEGMENTS = 512
_DYNAMIC = 1 << 16
_WINDOW = 1 << 16
"""Bytes of a table of versions; that of libstdc++ has 1,500."""
_LISTED = 4096
_SYMBOLS = 500_000
_STRINGS = 96 << 20
"""Bytes of the names of symbols; libtorch_cpu has 30 MB of them."""

_PT_LOAD, _PT_DYNAMIC = 1, 2
_NEEDED, _HASH, _STRTAB, _SYMTAB, _STRSZ, _SONAME, _RPATH, _RUNPATH = 1, 4, 5, 6, 10, 14, 15, 29
_GNU_HASH, _VERSYM, _VERDEF, _VERDEFNUM, _VERNEED, _VERNEEDNUM = (
    0x6FFFFEF5,
    0x6FFFFFF0,
    0x6FFFFFFC,
    0x6FFFFFFD,
    0x6FFFFFFE,
    0x6FFFFFFF,
)
_BASE = 1  # flag of the version definition that only repeats the file's own name
_MACHINES = {
    3: "i686",
    8: "mips",
    20: "ppc",
    21: "ppc64",
    22: "s390x",
    40: "armv7l",
    62: "x86_64",
    183: "aarch64",
    243: "riscv64",
    258: "loongarch64",
}


class Kind(NamedTuple):
    """What decides whether a process can load a file at all: word size, byte order and processor."""

    bits: int
    little: bool
    machine: int


class Symbol(NamedTuple):
    """A name that a file wants from others."""

    name: str
    version: str | None
    library: str | None
    """Of which library it wants that version."""
    weak: bool
    """Whether the file can do without."""


@value
class Symbols:
    """The dynamic symbols of a file."""

    defined: Mapping[str, tuple[str, ...]]
    """Name -> the versions under which it is offered; none where the file has no versions."""
    undefined: tuple[Symbol, ...]


def read(path: str) -> Library | None:
    """What the headers of an ELF file say; None if it is none, or cannot be read."""
    stamp = _stamp(path)
    return _read(path, stamp)[1] if stamp else None


def symbols(path: str) -> Symbols | None:
    """The dynamic symbols of an ELF file; None if they cannot be read."""
    stamp = _stamp(path)
    return _symbols(path, stamp) if stamp else None


def kind(path: str) -> Kind | None:
    """What a file is built for; None if it is no ELF file, or cannot be read."""
    stamp = _stamp(path)
    return _read(path, stamp)[0] if stamp else None


def _stamp(path: str) -> tuple[int, ...] | None:
    try:
        status = os.stat(path)  # noqa: PTH116 - hundreds of them
    except (OSError, ValueError):
        return None
    regular = stat.S_ISREG(status.st_mode)
    return (status.st_dev, status.st_ino, status.st_mtime_ns, status.st_size) if regular else None


@lru_cache(maxsize=4096)
def _read(path: str, _stamp: tuple[int, ...]) -> tuple[Kind | None, Library | None]:
    kind = None
    try:
        with _File(path) as file:
            kind = file.kind
            return kind, _library(path, file)
    except (OSError, ValueError, struct.error):
        return kind, None


@lru_cache(maxsize=64)
def _symbols(path: str, _stamp: tuple[int, ...]) -> Symbols | None:
    try:
        with _File(path) as file:
            return _tables(file)
    except (OSError, ValueError, struct.error, MemoryError):
        return None


class _File:
    """An open ELF file, read by address; ValueError for what is none."""

    def __init__(self, path: str) -> None:
        flags = os.O_RDONLY | getattr(os, "O_NONBLOCK", 0) | getattr(os, "O_BINARY", 0) | getattr(os, "O_NOCTTY", 0)
        self._handle = os.open(path, flags)
        try:
            status = os.fstat(self._handle)
            # what was there a moment ago may have been replaced
            self.size = status.st_size if stat.S_ISREG(status.st_mode) else 0
            self._parse(self.at(0, _HEAD))
        except BaseException:
            os.close(self._handle)
            raise

    def __enter__(self) -> _File:
        return self

    def __exit__(self, *_error: object) -> None:
        os.close(self._handle)

    def _parse(self, head: bytes) -> None:
        if head[:4] != b"\x7fELF" or len(head) < 6 or head[4] not in (1, 2) or head[5] not in (1, 2):
            raise ValueError("not an ELF file")
        wide, order = head[4] == 2, "<" if head[5] == 1 else ">"
        self.order, self.word = order, "Q" if wide else "I"
        fields = struct.unpack_from(order + ("HHIQQQIHHHHHH" if wide else "HHIIIIIHHHHHH"), head, 16)
        machine, start, size, count = fields[1], fields[4], fields[8], min(fields[9], _SEGMENTS)
        self.kind = Kind(64 if wide else 32, order == "<", machine)
        form = struct.Struct(order + ("IIQQQQQQ" if wide else "IIIIIIII"))
        if size < form.size:
            raise ValueError("no program headers")
        table = head[start : start + size * count]
        if len(table) < size * count:
            table = self.at(start, size * count)
        self.loaded: list[tuple[int, int, int]] = []
        self.dynamic = (0, 0)
        for place in range(0, len(table) - form.size + 1, size):
            segment = form.unpack_from(table, place)
            what, offset, address = segment[0], *(segment[2:4] if wide else segment[1:3])
            length = segment[5] if wide else segment[4]
            if what == _PT_LOAD:
                self.loaded.append((address, length, offset))
            elif what == _PT_DYNAMIC:
                self.dynamic = (offset, min(length, _DYNAMIC))

    def at(self, offset: int, size: int) -> bytes:
        """The bytes at a place of the file, fewer at its end."""
        if not 0 <= offset < self.size:
            raise ValueError("beyond the end")
        return os.pread(self._handle, size, offset) if hasattr(os, "pread") else self._seek(offset, size)

    def _seek(self, offset: int, size: int) -> bytes:
        os.lseek(self._handle, offset, os.SEEK_SET)
        return os.read(self._handle, size)

    def offset(self, address: int) -> int:
        """Where in the file an address lies once the file is loaded."""
        for start, length, offset in self.loaded:
            if start <= address < start + length:
                return address - start + offset
        raise ValueError("an address that is not loaded")

    def tags(self) -> Iterator[tuple[int, int]]:
        """The entries of the dynamic segment."""
        if not self.dynamic[1]:
            return
        content = self.at(*self.dynamic)
        form = struct.Struct(self.order + self.word * 2)
        for tag, number in form.iter_unpack(content[: len(content) // form.size * form.size]):
            if tag == 0:
                return
            yield tag, number


class _Names:
    """The table of strings, read in pieces: those of one file mostly lie together, at its end."""

    def __init__(self, file: _File, address: int) -> None:
        self._file, self._start = file, file.offset(address)
        self._pieces: dict[int, bytes] = {}

    def _piece(self, number: int) -> bytes:
        if number not in self._pieces:
            self._pieces[number] = self._file.at(self._start + number * _NAME, _NAME)
        return self._pieces[number]

    def __getitem__(self, place: int) -> str:
        number, start = divmod(place, _NAME)
        piece = self._piece(number)
        end = piece.find(b"\0", start)
        if end < 0:
            piece += self._piece(number + 1)
            end = piece.index(b"\0", start)
        return piece[start:end].decode("utf-8", "replace")


def _library(path: str, file: _File) -> Library:
    machine = _MACHINES.get(file.kind.machine, f"machine {file.kind.machine}")
    tags = list(file.tags())
    by_tag = dict(reversed(tags))
    if _STRTAB not in by_tag:  # linked statically, or with debugging information only
        return Library(path, None, (), (), (), (), (), machine + ("le" if machine == "ppc64" else ""))
    names = _Names(file, by_tag[_STRTAB])

    def told(wanted: int) -> tuple[str, ...]:
        return tuple(names[value] for tag, value in tags if tag == wanted)[:_LISTED]

    def folders(wanted: int) -> tuple[str, ...]:
        return tuple(folder for each in told(wanted)[:1] for folder in each.split(":"))

    return Library(
        path=path,
        soname=next(iter(told(_SONAME)), None),
        needed=told(_NEEDED),
        rpath=folders(_RPATH),
        runpath=folders(_RUNPATH),
        needs=tuple(
            VersionNeed(library, tuple(each.name for each in versions))
            for library, versions in _needs(file, by_tag, names)
        ),
        defines=tuple(version.name for version in _defines(file, by_tag, names)),
        machine=machine + ("le" if machine == "ppc64" and file.kind.little else ""),
    )


class _Version(NamedTuple):
    number: int
    name: str


def _needs(file: _File, tags: Mapping[int, int], names: _Names) -> Iterator[tuple[str, list[_Version]]]:
    """The libraries of which versions are needed, with those versions."""
    if _VERNEED not in tags:
        return
    table, place, left = file.at(file.offset(tags[_VERNEED]), _WINDOW), 0, _LISTED
    need, version = struct.Struct(file.order + "HHIII"), struct.Struct(file.order + "IHHII")
    for _ in range(min(tags.get(_VERNEEDNUM, 0), _LISTED)):
        _, count, library, first, following = need.unpack_from(table, place)
        found, inner = [], place + first
        for _ in range(min(count, left)):
            _, _, number, name, after = version.unpack_from(table, inner)
            found.append(_Version(number & 0x7FFF, names[name]))
            inner, left = inner + after, left - 1
        yield names[library], found
        if not following:
            return
        place += following


def _defines(file: _File, tags: Mapping[int, int], names: _Names) -> Iterator[_Version]:
    """The versions that are offered, the file's own name apart."""
    if _VERDEF not in tags:
        return
    table, place = file.at(file.offset(tags[_VERDEF]), _WINDOW), 0
    form = struct.Struct(file.order + "HHHHIII")
    for _ in range(min(tags.get(_VERDEFNUM, 0), _LISTED)):
        _, flags, number, _, _, first, following = form.unpack_from(table, place)
        if not flags & _BASE:
            (name,) = struct.unpack_from(file.order + "I", table, place + first)
            yield _Version(number & 0x7FFF, names[name])
        if not following:
            return
        place += following


def _tables(file: _File) -> Symbols:
    tags = dict(reversed(list(file.tags())))
    names = _Names(file, tags[_STRTAB]) if _STRTAB in tags else None
    if names is None or _SYMTAB not in tags:
        return Symbols({}, ())
    offered = {version.number: version.name for version in _defines(file, tags, names)}
    wanted = {
        version.number: (library, version.name) for library, each in _needs(file, tags, names) for version in each
    }
    form = struct.Struct(file.order + ("IBBHQQ" if file.word == "Q" else "IIIBBH"))
    count = min(_count(file, tags, form.size), _SYMBOLS)
    content = file.at(file.offset(tags[_SYMTAB]), count * form.size)
    numbers = file.at(file.offset(tags[_VERSYM]), count * 2) if _VERSYM in tags else b""
    strings = file.at(file.offset(tags[_STRTAB]), min(tags.get(_STRSZ, 0), _STRINGS))
    defined: dict[str, tuple[str, ...]] = {}
    undefined = []
    for at, entry in enumerate(form.iter_unpack(content[: len(content) // form.size * form.size])):
        start, info, section = (entry[0], entry[1], entry[3]) if file.word == "Q" else (entry[0], entry[3], entry[5])
        end = strings.find(b"\0", start, start + _NAME)
        if end <= start or not info >> 4:  # without a name, without an end, or local
            continue
        name = strings[start:end].decode("utf-8", "replace")
        number = struct.unpack_from(file.order + "H", numbers, at * 2)[0] & 0x7FFF if len(numbers) > at * 2 + 1 else 1
        if section:
            version = offered.get(number)
            defined[name] = defined.get(name, ()) + ((version,) if version else ())
        else:
            library, named = wanted.get(number, (None, None))
            undefined.append(Symbol(name, named, library, weak=info >> 4 == _WEAK))
    return Symbols(defined, tuple(undefined))


_WEAK = 2


def _count(file: _File, tags: Mapping[int, int], size: int) -> int:
    """How many symbols there are, which only the tables for looking them up tell."""
    if _HASH in tags:
        return int(struct.unpack_from(file.order + "I", file.at(file.offset(tags[_HASH]), 8), 4)[0])
    if _GNU_HASH in tags:
        start = file.offset(tags[_GNU_HASH])
        buckets, first, bloom, _ = struct.unpack(file.order + "IIII", file.at(start, 16))
        here = start + 16 + bloom * (8 if file.word == "Q" else 4)
        if buckets > _SYMBOLS:
            raise ValueError("more symbols than any file has")
        last = max(struct.unpack(f"{file.order}{buckets}I", file.at(here, buckets * 4)), default=0)
        if last >= first and last:
            chains = file.at(here + buckets * 4 + (last - first) * 4, 4 * _LISTED)
            ends = (at for at in range(len(chains) // 4) if struct.unpack_from(file.order + "I", chains, at * 4)[0] & 1)
            return last + next(ends, 0) + 1
    # nothing is offered: the symbols end where the next table begins
    beyond = (value for tag, value in tags.items() if tag in _ADDRESSES and value > tags[_SYMTAB])
    return (min(beyond, default=tags[_SYMTAB]) - tags[_SYMTAB]) // size


_ADDRESSES = frozenset((_STRTAB, _HASH, _GNU_HASH, _VERSYM, _VERDEF, _VERNEED, 7, 17, 23))
"""The dynamic entries that are addresses of tables; 7, 17 and 23 are those of the relocations."""
