"""A few compiled files of each package, whose headers show whether it can be loaded at all.

All files of one package are built at once and mostly alike, so the first few are asked: those nearest to the top, which
the others rest on. `every` gives them all, to who has the time.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any, Iterable

if TYPE_CHECKING or __package__:
    from envguard.probe.books import Books
    from envguard.probe.pip_book import Dist
else:  # run alone, by path: this folder is first on sys.path
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


def _is_module(key: str, folders: tuple[str, ...]) -> bool:
    return key.endswith(".so") and key.startswith(folders) and ".libs/" not in key


def _first(keys: Iterable[str], count: int | None) -> list[str]:
    return sorted(keys, key=lambda key: (key.count("/"), key))[:count]
