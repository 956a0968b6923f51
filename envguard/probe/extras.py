"""What the files of a prefix tell beside the two books: start-up files, wheels' own libraries, scripts, marks.

Looks only where something is known to lie, and reads only the beginnings of scripts, so that it costs a few milliseconds.
"""

from __future__ import annotations

import contextlib
import os
import re
from typing import TYPE_CHECKING, Any, Iterator

if TYPE_CHECKING or __package__:
    from envguard.probe import reading
    from envguard.probe.books import Books
    from envguard.probe.pip_book import Dist
else:  # run alone, by path: this folder is first on sys.path
    import reading
    from books import Books
    from pip_book import Dist

_PTH_LIMIT = 1 << 16
_PTH_LINES = 500
_LINE = 200  # characters told of a line of code
_LINES = 3
_SCRIPTS = 400  # scripts looked into
_HEAD = 1024
_KNOWN = ("conda", "ipython", "jupyter", "jupyter-kernelspec", "jupyter-lab", "mamba", "pip", "pip3", "wheel")
_LIBRARY = re.compile(r"(?:\.so(?:\.[\d.]+)?|\.dylib|\.dll)$")
_HASH = re.compile(r"-[0-9a-f]{8}(?:\b.*)?$|-[0-9a-f]{32}$")  # what auditwheel, delocate and delvewheel put into names
_VERSION = re.compile(r"(?:\.\d+)+$")
# pip's and uv's way round a path that is too long, or holds a space: a shell script that starts Python
_EXEC = re.compile(rb"#!/bin/sh\r?\n'''exec' (?:\"([^\"\n]+)\"|'([^'\n]+)'|(\S+))")
_PYTHON = re.compile(r"(?:python|pypy)[\d.]*(?:t|w)?(?:\.exe)?", re.IGNORECASE)


def collect(
    prefix: str,
    layout: str,
    sites: list[str],
    books: Books,
    records: list[str],
    dists: list[Dist],
    problems: reading.Problems,
) -> dict[str, Any]:
    """The sections beside the books."""
    pip = [dist for dist in dists if dist.out["owner"] is None]
    scripts = "Scripts" if layout == "windows" else "bin"
    if books.patience.over():
        books.patience.files += 1
        sections = ("pths", "vendored", "shebangs", "pip_warnings", "externally_managed", "pinned")
        return dict.fromkeys(sections)
    return {
        "pths": _pths(prefix, sites, books, records, pip, problems),
        "vendored": _vendored(layout, books, records, pip),
        "shebangs": _shebangs(prefix, scripts, books, records, pip),
        "pip_warnings": _pip_warnings(prefix, books.tree.root),
        "externally_managed": externally_managed(prefix, sites),
        "pinned": _pinned(prefix, books.tree.root, problems),
    }


def inside(path: str, prefix: str, root: str) -> bool:
    """Whether a path lies in the prefix, under whichever name that is reached; an environment below it is another."""
    for found, top in ((os.path.normpath(path), prefix), (os.path.realpath(path), root)):
        here, there = os.path.normcase(found), os.path.normcase(top).rstrip(os.sep)
        if here == there:
            return True
        if here.startswith(there + os.sep):
            return not here[len(there) + 1 :].startswith("envs" + os.sep)
    return False


def _pths(
    prefix: str, sites: list[str], books: Books, records: list[str], pip: list[Dist], problems: reading.Problems
) -> list[dict[str, Any]]:
    """The .pth files that run code or lead out of the prefix; the rest only name folders of their own."""
    found = []
    owner = _owners(pip, ".pth")
    for site in sites:
        here = os.path.join(prefix, *site.split("/"))
        for name in sorted(books.tree.names(books.tree.key(site)) or ()):
            if not name.endswith(".pth"):
                continue
            key = books.tree.key(site + "/" + name)
            path = books.tree.spelled(key)
            try:
                content = reading.read(books.tree.real(key), _PTH_LIMIT, books.tree.root).decode("utf-8-sig", "replace")
            except OSError as error:
                problems.add(path, "could not be read: {error}", error=reading.why(error))
                continue
            lines = [line.rstrip() for line in content.splitlines() if line.strip() and not line.startswith("#")]
            if len(lines) > _PTH_LINES:
                problems.add(path, "has {count} lines, most of which were not looked at", count=len(lines))
                lines = lines[:_PTH_LINES]
            code = [line[:_LINE] for line in lines if line.startswith(("import ", "import\t"))]
            added = [line for line in lines if not line.startswith(("import ", "import\t")) and "\0" not in line]
            outside = [
                where
                for where in (os.path.join(here, line) for line in added)
                if not inside(where, prefix, books.tree.root) and os.path.isdir(where)
            ]
            dead = [line for line in added if os.path.isabs(line) and reading.is_gone(line)]
            if code or outside or dead:
                number = books.owner.get(key)
                whose = records[number] if number is not None else owner.get(key)
                told = {"code": code[:_LINES], "outside": outside[:_LINES], "dead": dead[:_LINES]}
                found.append({"path": path, "owner": whose, **told})
    return found


def _owners(pip: list[Dist], end: str) -> dict[str, str]:
    """Which distribution lists a file, for all files with such an end."""
    return {key: dist.out["path"] for dist in reversed(pip) for key in dist.rows if key.endswith(end)}


def stem(name: str) -> str | None:
    """A library's name without version, extension, and the hash by which wheels tell their copies apart."""
    match = _LIBRARY.search(name) if len(name) <= reading.NAME_LIMIT else None
    if match is None:
        return None
    return _VERSION.sub("", _HASH.sub("", name[: match.start()])) or None


def _vendored(layout: str, books: Books, records: list[str], pip: list[Dist]) -> list[dict[str, Any]]:
    """The libraries that wheels brought in `*.libs` or `.dylibs`, and of which conda has one too."""
    own = [
        (key, dist)
        for dist in pip
        for key in dist.rows
        if (".libs/" in key or "/.dylibs/" in key) and key not in books.owner
    ]
    if not own:
        return []
    folder = books.tree.key("Library/bin" if layout == "windows" else "lib")
    condas: dict[str, str] = {}
    for name in sorted(books.tree.names(folder) or (), key=len):
        if ".so" in name or name.endswith((".dylib", ".dll")):
            known = stem(name)
            if known and folder + "/" + name in books.owner:
                condas.setdefault(known, folder + "/" + name)
    found = []
    for key, dist in sorted(own, key=lambda pair: pair[0]):
        known = stem(key.rpartition("/")[2])
        if known in condas:
            found.append(
                {
                    "stem": known,
                    "path": books.tree.spelled(key),
                    "distribution": dist.out["path"],
                    "conda_path": books.tree.spelled(condas[known]),
                    "record": records[books.owner[condas[known]]],
                }
            )
    return found


def interpreter(start: bytes) -> str | None:
    """The Python that a script names by its path; None if it is no script, or leaves Python to the PATH."""
    if not start.startswith(b"#!"):
        return None
    match = _EXEC.match(start)
    if match:
        named = match.group(1) or match.group(2) or match.group(3)
    else:
        line = start[2:].splitlines()[0].strip() if start[2:].strip() else b""
        quoted = re.match(rb'"([^"]+)"', line)
        # a path with spaces and no quotes is no valid shebang on Unix, and what launchers on Windows accept
        named = quoted.group(1) if quoted else line if line.lower().endswith(b".exe") else line.partition(b" ")[0]
    path = named.decode("utf-8", "replace")
    base = path.replace("\\", "/").rpartition("/")
    return path if base[1] and "\0" not in path and _PYTHON.fullmatch(base[2]) else None


def candidates(scripts: str, books: Books, pip: list[Dist]) -> Iterator[str]:
    """The scripts of pip's distributions, and those of conda's that everybody uses."""
    folder = books.tree.key(scripts)
    names = books.tree.names(folder) or set()
    for name in _KNOWN:
        for spelled in (name, name + "-script.py"):
            if spelled in names:
                yield folder + "/" + spelled
    for dist in pip:
        for key in dist.rows:
            if key.startswith(folder + "/") and key[len(folder) + 1 :] in names:
                yield key


def _shebangs(prefix: str, scripts: str, books: Books, records: list[str], pip: list[Dist]) -> list[dict[str, Any]]:
    """Which Pythons the scripts start."""
    found: dict[str, list[str]] = {}
    folder = books.tree.key(scripts) + "/"
    owner = {key: dist.out["path"] for dist in pip for key in dist.rows if key.startswith(folder)}
    for key in sorted(set(candidates(scripts, books, pip)))[:_SCRIPTS]:
        named = interpreter(reading.head(books.tree.real(key), _HEAD, books.tree.root))
        if named is not None:
            found.setdefault(named, []).append(key)
    # not the interpreter itself: in a venv it is a link that leads out
    return [
        {
            "interpreter": named,
            "inside": inside(os.path.dirname(named), prefix, books.tree.root),
            "count": len(keys),
            "scripts": [books.tree.spelled(key) for key in keys[: reading.SAMPLE]],
            "owners": sorted({*(owner[key] for key in keys if key in owner), *_recorded(keys, owner, books, records)}),
        }
        for named, keys in sorted(found.items())
    ]


def _recorded(keys: list[str], owner: dict[str, str], books: Books, records: list[str]) -> Iterator[str]:
    """The records of the scripts that pip has not written anew."""
    for key in keys:
        if key not in owner and key in books.owner:
            yield records[books.owner[key]]


def _pip_warnings(prefix: str, root: str) -> list[str]:
    candidates = {name: os.path.join(prefix, *name.split("/")) for name in ("bin/conda", "Scripts/conda-script.py")}
    return [name for name, path in candidates.items() if b"conda.cli.pip_warning" in reading.head(path, _HEAD, root)]


def externally_managed(prefix: str, sites: list[str]) -> list[str]:
    """The marks of PEP 668, which lie beside the standard library."""
    folders = {os.path.dirname(site) for site in sites}
    with contextlib.suppress(OSError):
        names = os.listdir(os.path.join(prefix, "lib"))
        folders.update("lib/" + name for name in names if re.match(r"python3\.\d", name))
    marks = (folder + "/EXTERNALLY-MANAGED" for folder in sorted(folders))
    return [mark for mark in marks if os.path.isfile(os.path.join(prefix, *mark.split("/")))]


def _pinned(prefix: str, root: str, problems: reading.Problems) -> list[str]:
    path = os.path.join(prefix, "conda-meta", "pinned")
    try:
        content = reading.read(path, _PTH_LIMIT, root).decode("utf-8-sig", "replace")
    except FileNotFoundError:
        return []
    except OSError as error:
        problems.add("conda-meta/pinned", "could not be read: {error}", error=reading.why(error))
        return []
    lines = (line.partition("#")[0].strip() for line in content.splitlines())
    return [line for line in lines if line]
