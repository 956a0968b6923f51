"""What the site-packages folders offer for import at the top, and who put it there.

Names in folders only, which the tree has listed already; the finders of editable installs are the only files read. A
folder without `__init__` (a namespace) belongs to nobody, so what lies in it is told instead: google.protobuf.
"""

from __future__ import annotations

import ast
import os
import re
from typing import TYPE_CHECKING, Any, Iterator, NamedTuple

if TYPE_CHECKING or __package__:
    from envguard.probe import reading
    from envguard.probe.books import Books
    from envguard.probe.pip_book import Dist
else:  # run alone, by path: this folder is first on sys.path
    import reading
    from books import Books
    from pip_book import Dist

_DEEPEST = 3  # names in a namespace in a namespace
_MOST = 20_000
_EXTENSIONS = (".so", ".pyd")
_INIT = r"__init__\.(?:py|pyc|pyd|so|[\w-]+\.(?:so|pyd))"
_FINDER = re.compile(r"__editable___\w+_finder\.py")
_MAPPING = r"(?m)^MAPPING(?:: [^=\n]{1,80})? = (\{.*\})[ \t]*$"


class _Offer(NamedTuple):
    """A name, the key of the file that decides who offers it, and the key of what is told as its place."""

    name: str
    decides: str
    place: str


def collect(
    sites: list[str], books: Books, records: list[str], dists: list[Dist], problems: reading.Problems
) -> list[dict[str, Any]]:
    """Every name of every folder, each once for a folder."""
    found = []
    brought = _brought(dists)
    for site in sites:
        top = books.tree.folder(books.tree.key(site))
        offers = [offer for _, offer in zip(range(_MOST), _offers(books, top, top, 1))]
        listed = _listed(dists, {offer.decides for offer in offers})
        for offer in offers:
            number = books.owner.get(offer.decides)
            record = records[number] if number is not None else None
            distribution = listed.get(offer.decides) or _of_record(brought.get(record or "", {}), offer.name)
            path = books.tree.spelled(offer.place)
            found.append({"name": offer.name, "path": path, "record": record, "distribution": distribution})
        found += _editable(books, top, dists, problems)
    return found


def finders(books: Books, top: str) -> list[str]:
    """The keys of the modules by which setuptools finds editable installs."""
    return [top + "/" + name for name in sorted(books.tree.names(top) or ()) if _FINDER.fullmatch(name)]


def _offers(books: Books, top: str, folder: str, depth: int) -> Iterator[_Offer]:
    """What a folder offers; a package comes before an extension module, and that before a module."""
    tree = books.tree
    names = tree.names(folder) or ()
    seen: set[str] = set()
    for name in sorted(name for name in names if name.isidentifier() and not name.startswith("__")):
        place = folder + "/" + name
        decides = _package(books, place)
        if decides is not None:
            seen.add(name)
            yield _Offer(_dotted(books, top, place), decides, place)
        elif depth < _DEEPEST and not os.path.islink(tree.real(place)):
            yield from _offers(books, top, place, depth + 1)
    modules = sorted(name for name in names if name.endswith((*_EXTENSIONS, ".py")))
    for name in sorted(modules, key=lambda name: name.endswith(".py")):
        module = name.partition(".")[0]
        whole = name == module + ".py" if name.endswith(".py") else True
        if whole and module not in seen and module.isidentifier() and not module.startswith("__"):
            seen.add(module)
            place = folder + "/" + name
            yield _Offer(_dotted(books, top, place).partition(".py")[0], place, place)


def _package(books: Books, folder: str) -> str | None:
    """The key of a folder's `__init__`; None for a namespace, and for what is no folder."""
    if folder not in books.owner.by_folder and os.path.islink(books.tree.real(folder)):
        return folder if os.path.isdir(books.tree.real(folder)) else None  # what a link leads to is not looked into
    usual = folder + "/__init__.py"
    names = books.tree.names(books.tree.folder(folder)) or ()
    if "__init__.py" in names:
        return usual
    return next((folder + "/" + name for name in sorted(names) if re.fullmatch(_INIT, name)), None)


def _dotted(books: Books, top: str, place: str) -> str:
    """The name as `import` takes it, spelled as on disk, without what follows the first dot of a file."""
    below = books.tree.spelled(place)[len(books.tree.spelled(top)) + 1 :] if books.tree.fold else place[len(top) + 1 :]
    folder, _, last = below.rpartition("/")
    last = last.partition(".")[0]
    return folder.replace("/", ".") + "." + last if folder else last


def _listed(dists: list[Dist], wanted: set[str]) -> dict[str, str]:
    """Which distribution's RECORD lists a file; of two that list it the first."""
    found: dict[str, str] = {}
    for dist in dists:
        for key in dist.rows.keys() & wanted:
            found.setdefault(key, dist.out["path"])
    return found


def _brought(dists: list[Dist]) -> dict[str, dict[str, str]]:
    """The distributions that came with each record, by the names that they say they import as; the first under `""`."""
    found: dict[str, dict[str, str]] = {}
    for dist in dists:
        if dist.out["owner"] is not None:
            mine = found.setdefault(dist.out["owner"], {"": dist.out["path"]})
            for top in dist.tops:
                mine.setdefault(top, dist.out["path"])
    return found


def _of_record(dists: dict[str, str], name: str) -> str | None:
    """The distribution of a record that a name belongs to; of several the one that names it."""
    top = name.partition(".")[0]
    return dists.get(top) or dists.get(top.lower()) or dists.get("")


def _editable(books: Books, top: str, dists: list[Dist], problems: reading.Problems) -> Iterator[dict[str, Any]]:
    """What the finders of setuptools offer from folders elsewhere, under their absolute paths."""
    for key in finders(books, top):
        try:
            code = reading.read(books.tree.real(key), reading.SMALL_LIMIT, books.tree.root).decode("utf-8", "replace")
            match = re.search(_MAPPING, code)
            mapping = ast.literal_eval(match.group(1)) if match else {}
        except OSError as error:
            problems.add(books.tree.spelled(key), "could not be read: {error}", error=reading.why(error))
            continue
        except (ValueError, SyntaxError, MemoryError, RecursionError):
            continue  # not setuptools' any more
        whose = _listed(dists, {key}).get(key)
        for name, path in sorted(mapping.items()):
            if isinstance(name, str) and isinstance(path, str) and "\0" not in path and len(path) <= reading.LONGEST:
                yield {"name": name, "path": path, "record": None, "distribution": whose, "gone": not _is_there(path)}


def _is_there(path: str) -> bool:
    """Whether there is what a finder names: a folder, or a module without its extension."""
    if not reading.is_gone(path):
        return True
    folder, name = os.path.split(path)
    try:
        return any(each.startswith(name + ".") for each in os.listdir(folder))
    except OSError as error:
        return not isinstance(error, (FileNotFoundError, NotADirectoryError))
