"""pip's book: dist-info and egg-info folders, their metadata and their RECORD."""

from __future__ import annotations

import json
import os
import posixpath
import re
from typing import TYPE_CHECKING, Any, NamedTuple
from urllib.parse import quote

if TYPE_CHECKING or __package__:
    from envguard.probe import pip_files, reading
    from envguard.probe.pip_files import Row
    from envguard.probe.tree import Names, Tree
else:  # run alone, by path: this folder is first on sys.path
    import pip_files
    import reading
    from pip_files import Row
    from tree import Names, Tree


READ = {
    "PKG-INFO": reading.HEADERS_LIMIT,  # egg-info's name for METADATA
    "METADATA": reading.HEADERS_LIMIT,
    "RECORD": reading.RECORD_LIMIT,
    "INSTALLER": reading.SMALL_LIMIT,
    "direct_url.json": reading.SMALL_LIMIT,
    "top_level.txt": reading.SMALL_LIMIT,
    "requires.txt": reading.SMALL_LIMIT,
    "installed-files.txt": reading.BOOK_LIMIT,  # pip's record of a setup.py install, relative to the egg-info folder
}
"""The files that are read, and how many bytes of each at most."""

_SITES = 16


class Dist(NamedTuple):
    """One distribution while it is being joined: what goes out, its files by key, and the names it may import as."""

    out: dict[str, Any]
    rows: dict[str, Row]
    tops: set[str]


def find_sites(prefix: str, problems: reading.Problems) -> tuple[list[str], bool]:
    """The site-packages folders of a prefix, each once, under the name that is no symlink; and whether they are all.

    One that lies outside the prefix is not looked into.
    """
    every = True
    candidates = ["Lib/site-packages", "lib/python3/dist-packages"]
    for lib in ("lib", "lib64"):
        try:
            names = sorted(os.listdir(os.path.join(prefix, lib)))
        except (FileNotFoundError, NotADirectoryError):
            continue
        except OSError as error:
            problems.add(lib, "could not be listed: {error}", error=reading.why(error))
            every = False
            continue
        candidates += ["{}/{}/site-packages".format(lib, n) for n in names if re.match(r"(?:python|pypy)\d", n)]
    root = os.path.realpath(prefix)
    found: list[str] = []
    for candidate in candidates:
        real = os.path.realpath(os.path.join(prefix, *candidate.split("/")))
        site = os.path.relpath(real, root).replace(os.sep, "/")
        if not reading.below(real, root) or site == ".":
            if os.path.isdir(real):
                problems.add(candidate, reading.OUTSIDE)
                every = False
        elif os.path.isdir(real) and site not in found:
            found.append(site)
        elif os.path.islink(os.path.join(prefix, *candidate.split("/")[:2])) and not os.path.exists(real):
            problems.add(candidate, "a link that leads nowhere")
    if len(found) > _SITES:
        problems.add(found[_SITES], "{count} more site-packages folders were not looked at", count=len(found) - _SITES)
    return found[:_SITES], every and len(found) <= _SITES


def describe(
    prefix: str, site: str, name: str, kind: str, tree: Tree, problems: reading.Problems
) -> tuple[Dist, dict[str, bytes]]:
    """One dist-info folder, egg-info folder or egg-info file, with the raw RECORD and METADATA for the join."""
    path = site + "/" + name
    real = os.path.join(prefix, *path.split("/"))
    found: dict[str, bytes | None] = {}
    names: Names = set()
    outside: list[str] = []
    try:
        names = tree.listed(path) or set(reading.names(real, tree.root))
    except NotADirectoryError:
        names = {"METADATA"}
        found["METADATA"] = _take(real, path, READ["METADATA"], tree.root, outside, problems)
    except OSError as error:
        names = {"METADATA", "RECORD"}  # it is not known that they are not there
        if not tree.folder(path).startswith("!"):  # of which the tree tells
            problems.add(path, "could not be listed: {error}", error=reading.why(error))
    else:
        for file, limit in READ.items():
            if file in names:
                key = "METADATA" if file == "PKG-INFO" else file
                found[key] = _take(os.path.join(real, file), path + "/" + file, limit, tree.root, outside, problems)
    if outside:
        problems.add(path, "{count} files in it are links that lead out of the environment", count=len(outside))
    raw = {file: data for file, data in found.items() if data is not None}
    headers = pip_files.parse_headers(raw.get("METADATA", b""))
    guess = reading.FOLDER_NAME.match(name)
    shown = _told(headers, "name") or (guess.group("name") if guess else name.rpartition(".")[0])
    version = _told(headers, "version") or (guess.group("version") if guess else None)
    direct_url = pip_files.direct_url(raw["direct_url.json"]) if "direct_url.json" in raw else None
    if "direct_url.json" in raw and direct_url is None:
        problems.add(path + "/direct_url.json", "not a direct_url.json")
    requires = headers.get("requires-dist", [])
    if "requires.txt" in raw and not requires:
        requires = pip_files.parse_requires_txt(raw["requires.txt"].decode("utf-8-sig", "replace"))
    if len(requires) > reading.LISTED:
        problems.add(path, "names {count} requirements, most of which were not looked at", count=len(requires))
    rows: dict[str, Row] = {}
    if "installed-files.txt" in raw:
        for line in raw["installed-files.txt"].decode("utf-8-sig", "replace").splitlines():
            target = posixpath.normpath(path + "/" + line.strip().replace("\\", "/"))
            if line.strip() and "\0" not in line and not target.startswith(("../", "/")) and target not in ("..", "."):
                rows[tree.key(target)] = Row(None, None)
    out = _blank(
        reading.normalise(shown), site, name, kind, reading.mtime(os.path.join(real, "RECORD")) or reading.mtime(real)
    )
    installer = raw.get("INSTALLER", b"").decode("utf-8-sig", "replace").strip()
    if len(installer) > 100 or not installer.isprintable() or "\ufffd" in installer:
        problems.add(path + "/INSTALLER", "names no installer")
        installer = ""
    out.update(
        version=version,
        installer=installer or None,
        requested="REQUESTED" in names,
        direct_url=direct_url,
        requires=[line for line in requires[: reading.LISTED] if len(line) <= reading.LONGEST],
        requires_python=_told(headers, "requires-python") or None,
        # a file that may not be read is there all the same; one without a name says nothing
        has_metadata=bool(headers.get("name")) or ("METADATA" not in raw and bool(names & {"METADATA", "PKG-INFO"})),
        has_record=bool(names & {"RECORD", "installed-files.txt"}),
        files=len(rows),
    )
    tops = {line.strip() for line in raw.get("top_level.txt", b"").decode("utf-8", "replace").splitlines()}
    return Dist(out, rows, {reading.normalise(shown), reading.normalise(shown).replace("-", "_"), *tops}), raw


def _told(headers: dict[str, list[str]], name: str) -> str:
    """What a header says first; nothing if that is longer than any value can be."""
    value = (headers.get(name) or [""])[0]
    return value if len(value) <= reading.NAME_LIMIT else ""


def _take(real: str, path: str, limit: int, root: str, outside: list[str], problems: reading.Problems) -> bytes | None:
    """The content of a file of a dist-info; None, and a problem, if it cannot be read."""
    try:
        return reading.read(real, limit, root)
    except OSError as error:
        if error.args == (reading.OUTSIDE,):
            outside.append(path)
            return None
        problems.add(path, "could not be read: {error}", error=reading.why(error))
        return None


def leftover(site: str, name: str, installed: float | None) -> Dist:
    """A `~` name: what pip moved aside during an uninstall that never ended."""
    return Dist(
        _blank(reading.normalise(name.lstrip("~").partition("-")[0]), site, name, "leftover", installed), {}, set()
    )


def egg_link(site: str, name: str, installed: float | None, data: bytes) -> Dist:
    """A development install of setuptools; what it points to lies elsewhere and is not read."""
    out = _blank(reading.normalise(name[: -len(".egg-link")]), site, name, "egg-link", installed)
    folder = data.decode("utf-8", "replace").partition("\n")[0].strip().replace("\\", "/")
    if folder.startswith("/") or folder[1:3] == ":/":
        url = "file://" + ("" if folder.startswith("/") else "/") + quote(folder, safe="/:")
        out["direct_url"] = pip_files.direct_url(
            json.dumps({"url": url, "dir_info": {"editable": True}}).encode("ascii")
        )
    return Dist({**out, "has_metadata": True}, {}, set())


def look_for_origin(dist: Dist) -> None:
    """Notes whether the folder or file that a distribution was installed from is still there, if it is a local one."""
    origin = dist.out["direct_url"]
    path = pip_files.local(origin["url"]) if origin else None
    if path is not None:
        origin["exists"] = os.path.exists(path)


def _blank(name: str, site: str, file: str, kind: str, installed: float | None) -> dict[str, Any]:
    """A distribution of which nothing but its place is known yet."""
    return {
        "name": name,
        "version": None,
        "path": site + "/" + file,
        "site": site,
        "kind": kind,
        "installer": None,
        "requested": False,
        "direct_url": None,
        "requires": [],
        "requires_python": None,
        "has_metadata": False,
        "has_record": False,
        "files": 0,
        "installed": installed,
        "owner": None,
        "taken_from": None,
        "missing": reading.summarise(()),
        "cut": reading.summarise(()),
        "foreign": reading.summarise(()),
    }
