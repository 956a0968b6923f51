"""Which files of a prefix belong to distributions, and which hashes the books have for files.

Both from the conda records and the RECORDs, read from wherever the caller has them: from the prefix, or from what was
kept of an earlier state.
"""

from __future__ import annotations

import json
import os
from typing import TYPE_CHECKING, Any

from envguard.probe import conda_book, pip_files, reading
from envguard.value import value

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterator, Mapping

    from envguard.changes.listing import Listing

    Read = Callable[[str], bytes | None]
    """The content of a path below the prefix; None if it cannot be had."""

_SITES = ("site-packages", "dist-packages")
_SCRIPTS = ("bin/", "Scripts/", "condabin/")
_TEXT = 64 << 10
"""Bytes of a file that installers may change in place; what is larger is none of those."""
_MARKS = 32
"""Names that are looked for in a book before it is parsed; more would take as long as parsing it."""


@value
class Book:
    """One conda record or RECORD: what it lists."""

    path: str
    files: Mapping[str, str | None]
    """Path -> sha256 in hexadecimal, where it has one that describes the file on disk."""
    record: Mapping[str, Any] | None = None
    """The whole conda record."""


def reader(prefix: str) -> Read:
    """A function that reads a file of a prefix as it is now; None for one that cannot be read."""

    def read(path: str) -> bytes | None:
        try:
            return reading.read(os.path.join(prefix, path), reading.RECORD_LIMIT)  # noqa: PTH118
        except OSError:
            return None

    return read


def sites(listing: Listing) -> tuple[str, ...]:
    """The folders in which distributions stand."""
    return tuple(
        path
        for path in [path for path in listing.entries if path.endswith(_SITES)]
        if listing.entries[path].is_folder and path.rpartition("/")[2] in _SITES and path.count("/") < 4
    )


def infos(listing: Listing) -> dict[str, tuple[str, str]]:
    """The dist-infos and egg-infos by their path: normalised name and version."""
    found = {}
    places = set(sites(listing))
    for path in [path for path in listing.entries if path.endswith("-info")]:
        folder, _, name = path.rpartition("/")
        if folder in places and (match := reading.FOLDER_NAME.match(name)):
            found[path] = reading.normalise(match["name"]), match["version"]
    return found


def records(listing: Listing) -> dict[str, tuple[str, str]]:
    """The conda records by their path: name and version."""
    found = {}
    for path in [path for path in listing.entries if path.startswith("conda-meta/")]:
        if path.endswith(".json") and path.count("/") == 1:
            name, _, rest = path[11:-5].rpartition("-")[0].rpartition("-")
            if name and rest:
                found[path] = name, rest
    return found


def of(listing: Listing, names: Collection[str], read: Read) -> set[str]:
    """The files of distributions and conda packages of these names, byte code too."""
    wanted = set(names)
    folders = [path for path, (name, _) in infos(listing).items() if name in wanted]
    found: set[str] = set()
    below: list[str] = list(folders)
    for folder in folders:
        book = _record_of(folder, read)
        if book is not None:
            found |= book.files.keys()
        else:  # an egg-info tells at most the names of its packages
            site = folder.rpartition("/")[0]
            told = (read(f"{folder}/top_level.txt") or b"").decode("utf-8", "replace").split()
            below += [f"{site}/{name}" for name in told if name.isidentifier()]
            found |= {f"{site}/{name}.py" for name in told}
    marks = [f"site-packages/{folder.rpartition('/')[2]}/".encode("utf-8", "replace") for folder in folders]
    for path, (name, _) in records(listing).items():
        data = read(path)
        if data is None or not (reading.normalise(name) in wanted or any(mark in data for mark in marks)):
            continue
        book = _book(path, data)
        if book is not None:
            found |= book.files.keys()
    within = tuple(below)
    found |= {path for path in listing.entries if within and path.startswith(tuple(f"{each}/" for each in within))}
    found |= {path for path in listing.entries if path.endswith(".pyc") and _source(path) in found}
    return found & listing.entries.keys()


def always(path: str) -> bool:
    """Whether a path is kept whatever is installed: records, scripts, and what installers change in place."""
    return path.startswith("conda-meta/") or path.startswith(_SCRIPTS) or edited(path)


def edited(path: str) -> bool:
    """Whether installers change it in place, so that a link to it would not keep it."""
    return (
        path.startswith("etc/")
        or path in ("conda-meta/history", "conda-meta/state", "conda-meta/pinned", "pyvenv.cfg", ".condarc")
        or path.endswith((".pth", ".egg-link"))
    )


def rewritten(listing: Listing) -> frozenset[str]:
    """The records, where they belong to pixi or another that is built on rattler.

    That writes what was asked for into records that are there already, in place (seen with py-rattler 0.28), and leaves conda's
    history empty or does without; conda itself makes every record anew.
    """
    history = listing.entries.get("conda-meta/history")
    if "conda-meta/pixi" not in listing.entries and history is not None and history.size:
        return frozenset()
    return frozenset(records(listing))


def small(size: int) -> bool:
    """Whether a file of this many bytes is small enough to be copied in any case."""
    return size <= _TEXT


def described(path: str) -> bool:
    """Whether a file is of a kind for which neither conda's records nor RECORD give a hash that holds."""
    return path.startswith("conda-meta/") or path.startswith(_SCRIPTS) or "-info/" in path or edited(path)


def books(listing: Listing, read: Read, wanted: Collection[str]) -> Iterator[Book]:
    """The books that list any of the wanted paths."""
    marks = _marks(wanted, sites(listing))
    for path in records(listing):
        data = read(path)
        if data is None or (marks is not None and not any(mark in data for mark in marks)):
            continue
        book = _book(path, data)
        if book is not None and not book.files.keys().isdisjoint(wanted):
            yield book
    for folder in infos(listing):
        book = _record_of(folder, read, wanted, marks)
        if book is not None and not book.files.keys().isdisjoint(wanted):
            yield book


def _marks(wanted: Collection[str], places: Collection[str]) -> set[bytes] | None:
    """What stands in every book that lists any of the wanted paths; None if that cannot be told, or is too much.

    Of what lies in a folder below site-packages that is the folder's name, of the rest the file's own.
    """
    found = set()
    for path in wanted:
        site = next((each for each in places if path.startswith(each + "/")), None)
        top, slash, _ = path[len(site) + 1 :].partition("/") if site is not None else ("", "", "")
        mark = top if slash else path.rpartition("/")[2]
        if not mark.isascii() or "\\" in mark or '"' in mark:
            return None  # JSON and CSV may spell it in another way
        found.add(mark.encode("ascii"))
    return found if len(found) <= _MARKS else None


def _book(path: str, data: bytes) -> Book | None:
    try:
        record = json.loads(data.decode("utf-8-sig"))
        files = conda_book.listed(record)
    except (ValueError, RecursionError, AttributeError):
        return None
    return Book(path, {name: entry.sha256 for name, entry in files.items()}, record)


def _record_of(
    folder: str, read: Read, wanted: Collection[str] = (), marks: Collection[bytes] | None = None
) -> Book | None:
    """A RECORD, with the hashes of what is wanted; None, too, if it has none of the marks."""
    path = f"{folder}/RECORD"
    data = read(path)
    if data is None or (marks is not None and not any(mark in data for mark in marks)):
        return None
    site = folder.rpartition("/")[0]
    rows = pip_files.parse_record(data.decode("utf-8-sig", "replace"), site)
    return Book(path, {name: pip_files.hexadecimal(row.sha256) if name in wanted else None for name, row in rows})


def _source(path: str) -> str:
    """The source of byte code, as PEP 3147 places it."""
    folder, _, name = path.rpartition("/")
    stem = name.partition(".")[0] + ".py"
    if folder.endswith("/__pycache__"):
        return f"{folder[:-12]}/{stem}"
    return f"{folder}/{name[:-1]}"
