"""The compiled files of packages: a few whose headers are worth a look, and what names and sizes tell of pip's.

All files of one package are built at once and mostly alike, so the first few are asked: those nearest to the top, which
the others rest on. `every` gives them all, to who has the time. `judge` asks for the size of each of pip's and reads
the beginning of those alone that are smaller than their RECORD says.
"""

from __future__ import annotations

import re
import stat
import struct
from typing import TYPE_CHECKING, Any, Iterable

if TYPE_CHECKING or __package__:
    from envguard.probe import reading
    from envguard.probe.books import Books
    from envguard.probe.pip_book import Dist
else:  # run alone, by path: this folder is first on sys.path
    import reading
    from books import Books
    from pip_book import Dist

if TYPE_CHECKING:
    from envguard.probe.disk import Look

_OF_PIP = 3  # files of one distribution
_OF_CONDA = 1  # of one record
_PIPS = 90  # files of all distributions that conda does not own
_CONDAS = 60
_STDLIB = re.compile(
    # the standard library's modules that need a library beside it
    r"lib/python3\.\d+t?/lib-dynload/"
    r"(?:_bz2|_ctypes|_curses|_dbm|_gdbm|_hashlib|_lzma|_sqlite3|_ssl|_tkinter|_uuid|_zstd|pyexpat|readline|zlib)\."
)
_TAG = r"\.(?:cpython-(\d+t?)[dmu]*|cp(\d+t?))(?:-([\w-]+))?\.(?:so|pyd)$"
"""What Python puts into the name of an extension module that only one release of it can import."""
_OF_SITE = r"/python(\d+)\.(\d+t?)/site-packages$"
_SYSTEMS = {
    "linux-32": "i386-linux-gnu",
    "linux-64": "x86_64-linux-gnu",
    "linux-aarch64": "aarch64-linux-gnu",
    "linux-ppc64le": "powerpc64le-linux-gnu",
    "linux-s390x": "s390x-linux-gnu",
    "osx-64": "darwin",
    "osx-arm64": "darwin",
    "win-32": "win32",
    "win-64": "win_amd64",
    "win-arm64": "win_arm64",
}
_HEAD = 4096


def collect(
    sites: list[str], books: Books, records: list[str], pip: list[Dist], whole: bool = False
) -> list[dict[str, Any]]:
    """Path and owner of extension modules, pip's first."""
    folders = tuple(books.tree.key(site) + "/" for site in sites)
    found: dict[str, str] = {}
    for dist in pip:
        own = [key for key in dist.rows if _is_module(key, folders) and books.tree.has(key)]
        for key in _first(own, None if whole else _OF_PIP):
            found.setdefault(key, dist.out["path"])
    pips = len(found)
    condas = []
    for number, keys in enumerate(books.compiled):
        own = [key for key in keys if key not in found and key not in books.missing[number]]
        condas += [(key, records[number], True) for key in own if _STDLIB.match(key)]
        modules = (key for key in own if _is_module(key, folders))
        condas += [(key, records[number], False) for key in _first(modules, None if whole else _OF_CONDA)]
    condas.sort(key=lambda each: not each[2])
    kept = list(found.items()) if whole else list(found.items())[:_PIPS]
    kept += [(key, record) for key, record, _ in (condas if whole else condas[: _CONDAS + max(0, _PIPS - pips)])]
    return [{"path": books.tree.spelled(key), "owner": owner} for key, owner in kept]


def every(look: Look) -> list[dict[str, Any]] | None:
    """All of them, of a prefix that was looked at."""
    if look.facts["compiled"] is None:
        return None
    records = [package["record"] for package in look.facts["conda_packages"]]
    pip = [dist for dist in look.dists if dist.out["owner"] is None]
    return collect(look.facts["site_packages"], look.books, records, pip, whole=True)


def judge(dists: list[Dist], books: Books, platform: str | None, python_version: str | None) -> None:
    """Notes of each distribution which compiled files are cut short, and which are for another Python or system."""
    system = _SYSTEMS.get(platform or "")
    of_windows = "".join((python_version or "").split(".")[:2])
    for dist in dists:
        own = [key for key in dist.rows if key.endswith((".so", ".pyd", ".dll", ".dylib")) and books.tree.has(key)]
        if not own:
            continue
        cut = [key for key in own if _is_cut(key, dist, books)]
        # what another book lists, too, may well be the other's file
        others = [other for other in dists if other is not dist] if cut else []
        mine = (key for key in cut if key not in books.owner and not any(key in other.rows for other in others))
        dist.out["cut"] = books.summarise(mine)
        match = re.search(_OF_SITE, "/" + dist.out["site"])
        python = match.group(1) + match.group(2) if match else of_windows if books.tree.windows else ""
        if python:
            dist.out["foreign"] = books.summarise(_foreign(own, python, system))


def _is_cut(key: str, dist: Dist, books: Books) -> bool:
    """Whether a file is smaller than RECORD says and ends before its own headers do, which one that was stripped does not."""
    if books.patience.over():
        books.patience.files += 1
        return False
    status = books.tree.status(books.tree.spelled(key))
    if status is None or not stat.S_ISREG(status.st_mode):
        return False
    listed = dist.rows[key].size
    if status.st_size and (listed is None or status.st_size >= listed):
        return False
    return listed != 0 and ends(reading.head(books.tree.real(key), _HEAD, books.tree.root)) > status.st_size


def ends(head: bytes) -> float:
    """The size that a compiled file has by its headers, at least; infinity for what is none, 0 where it cannot be told."""
    try:
        if head[:4] == b"\x7fELF":
            return _end_of_elf(head)
        if head[:4] == b"\xcf\xfa\xed\xfe":
            return _end_of_macho(head)
        if head[:2] == b"MZ":
            return _end_of_pe(head)
    except struct.error:  # the headers themselves are not whole, or longer than what was read
        return 0 if len(head) == _HEAD else float("inf")
    return 0 if head[:4] in (b"\xca\xfe\xba\xbe", b"\xce\xfa\xed\xfe") else float("inf")


def _end_of_elf(head: bytes) -> int:
    if head[4:6] != b"\x02\x01":  # neither of 64 bits nor little-endian
        return 0
    segments: int
    sections: int
    segments, sections = struct.unpack_from("<QQ", head, 32)
    size, count, section, number = struct.unpack_from("<HHHH", head, 54)
    found: list[int] = [sections + section * number]
    for place in range(segments, segments + size * count, size or 1):
        start, _, _, length = struct.unpack_from("<QQQQ", head, place + 8)
        found.append(start + length)
    return max(found)


def _end_of_macho(head: bytes) -> int:
    (count,) = struct.unpack_from("<I", head, 16)
    place, found = 32, 0
    for _ in range(count):
        command, size = struct.unpack_from("<II", head, place)
        if command == 0x19:  # LC_SEGMENT_64
            start, length = struct.unpack_from("<QQ", head, place + 40)
            found = max(found, start + length)
        place += max(size, 8)
    return found


def _end_of_pe(head: bytes) -> int:
    (place,) = struct.unpack_from("<I", head, 60)
    (count,) = struct.unpack_from("<H", head, place + 6)
    (optional,) = struct.unpack_from("<H", head, place + 20)
    first = place + 24 + optional
    found = 0
    for section in range(first, first + 40 * count, 40):
        length, start = struct.unpack_from("<II", head, section + 16)
        found = max(found, start + length)
    return found


def _foreign(own: list[str], python: str, system: str | None) -> list[str]:
    """The extension modules that a Python cannot import by their names; none where one fits, or they are for many Pythons."""
    found: dict[str, set[str]] = {}
    for key in own:
        folder, _, name = key.rpartition("/")
        match = re.search(_TAG, name) if ".cp" in name else None
        if match is None or not reading.NOT_IMPORTED.isdisjoint(folder.split("/")):
            continue
        made_for, other = match.group(1) or match.group(2), match.group(3)
        if made_for == python and (system is None or other == system or other not in _SYSTEMS.values()):
            return []
        found.setdefault(made_for, set()).add(key)
    if len(found) != 1:
        return []
    (keys,) = found.values()
    for_any = {_stem(key) for key in own if not re.search(_TAG, key)}
    return sorted(key for key in keys if _stem(key) not in for_any)


def _stem(key: str) -> str:
    """A module's key without what follows its name."""
    return key[: key.find(".", key.rfind("/") + 1)]


def _is_module(key: str, folders: tuple[str, ...]) -> bool:
    return key.endswith(".so") and key.startswith(folders) and ".libs/" not in key


def _first(keys: Iterable[str], count: int | None) -> list[str]:
    return sorted(keys, key=lambda key: (key.count("/"), key))[:count]
