"""Which paths an answer rests on: as long as none of them changes, the probe would answer the same again.

A folder stands for the names in it. A file is listed where more than its existence was looked at: a library's size, the
content of a record. What was absent is listed, too, as it may appear.
"""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, Iterator

if TYPE_CHECKING or __package__:
    from envguard.probe import activation, conda_book, extras, imports, pip_book, pip_files, reading
    from envguard.probe.books import Books
    from envguard.probe.pip_book import Dist
else:  # run alone, by path: this folder is first on sys.path
    import activation
    import conda_book
    import extras
    import imports
    import pip_book
    import pip_files
    import reading
    from books import Books
    from pip_book import Dist

if TYPE_CHECKING:  # disk.py is above this module
    from envguard.probe.disk import Look

_PLACES = (
    "",
    "bin",
    "conda-meta",
    "conda-meta/history",
    "conda-meta/pinned",
    "conda-meta/state",
    "lib",
    "lib64",
    "Lib",
    "Lib/site-packages",
    "lib/python3",
    "lib/python3/dist-packages",
    "pyvenv.cfg",
    "Scripts",
)


def paths(look: Look) -> set[str]:
    """Everything that was looked at, relative to the prefix."""
    facts, books, dists = look.facts, look.books, look.dists
    prefix, sites = facts["prefix"], facts["site_packages"]
    real = books.tree.spelled
    found = set(_PLACES)
    found.update(books.tree.folders())
    found.update("conda-meta/" + name for name in conda_book.names(prefix, reading.Problems()) or ())
    found.update(real(key) for keys in books.compiled for key in keys)
    found.update(map(real, look.explained))
    for keys in books.shared.values():
        found.update(map(real, keys))
    found.update(real(key) for dist in dists for key in dist.rows if key.endswith(reading.COMPILED))
    found.update(_infos(books, dists))
    for site in sites:
        found.update(_parents(site))
        found.update(_starts(site, books))
        found.update(map(real, imports.finders(books, books.tree.key(site))))
    found.update("lib/" + name for name in books.tree.names("lib") or () if name.startswith("python"))
    scripts = "Scripts" if facts["layout"] == "windows" else "bin"
    found.update(map(real, extras.candidates(scripts, books, dists)))
    found.update(os.path.dirname(each["interpreter"]) for each in facts["shebangs"])
    found.update(map(real, activation.scripts(books)))
    found.add("../../conda-meta")  # whether this is an environment below a base
    return found


def _infos(books: Books, dists: list[Dist]) -> Iterator[str]:
    """The folder of each distribution, and the files in it that are read."""
    for dist in dists:
        path = dist.out["path"]
        yield path
        origin = pip_files.local(dist.out["direct_url"]["url"]) if dist.out["direct_url"] else None
        if origin is not None and dist.out["owner"] is None:
            yield origin  # whether it is there
        names = books.tree.names(books.tree.key(path)) or set()
        for file in pip_book.READ:
            if (file.lower() if books.tree.fold else file) in names:
                yield path + "/" + file


def _starts(site: str, books: Books) -> Iterator[str]:
    """The .pth files of a folder, and the folders they name."""
    for name in books.tree.names(books.tree.key(site)) or ():
        if name.endswith(".pth"):
            path = site + "/" + name
            yield path
            try:
                lines = reading.read(
                    books.tree.real(books.tree.key(path)), reading.SMALL_LIMIT, books.tree.root
                ).decode("utf-8", "replace")
            except OSError:
                continue
            yield from (os.path.join(site, line.strip()) for line in lines.splitlines() if "\0" not in line)


def _parents(path: str) -> Iterator[str]:
    while path:
        yield path
        path = path.rpartition("/")[0]
