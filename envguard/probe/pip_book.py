"""pip's book: dist-info and egg-info folders, their metadata and their RECORD."""

from __future__ import annotations

import base64
import binascii
import csv
import json
import os
import posixpath
import re
from typing import TYPE_CHECKING, Any, Iterator, NamedTuple

if TYPE_CHECKING or __package__:
    from envguard.probe import reading
    from envguard.probe.tree import Tree
else:  # run alone, by path: this folder is first on sys.path
    import reading
    from tree import Tree


READ = (
    "PKG-INFO",  # egg-info's name for METADATA
    "METADATA",
    "RECORD",
    "INSTALLER",
    "direct_url.json",
    "top_level.txt",
    "requires.txt",
    "installed-files.txt",  # pip's record of a setup.py install, relative to the egg-info folder
)


class Row(NamedTuple):
    """One file as a RECORD lists it."""

    sha256: str | None
    size: int | None


class Dist(NamedTuple):
    """One distribution while it is being joined: what goes out, its files by key, and the names it may import as."""

    out: dict[str, Any]
    rows: dict[str, Row]
    tops: set[str]


def parse_headers(data: bytes) -> dict[str, list[str]]:
    """The headers of METADATA or PKG-INFO by lower-case name; the description after the blank line is not looked at."""
    headers: dict[str, list[str]] = {}
    last: list[str] | None = None
    for line in data.decode("utf-8-sig", "replace").splitlines():
        if not line.strip():
            break
        if line[0] in " \t":
            if last:
                last[-1] += " " + line.strip()
            continue
        name, colon, value = line.partition(":")
        if colon:
            last = headers.setdefault(name.strip().lower(), [])
            last.append(value.strip())
    return headers


def parse_requires_txt(content: str) -> list[str]:
    """requires.txt of an egg-info as requirements; those of extras are left out."""
    requires = []
    marker = ""
    skip = False
    for line in content.splitlines():
        line = line.strip()  # noqa: PLW2901 - the stripped line is what is meant
        if line.startswith("["):
            extra, _, marker = line.strip("[]").partition(":")
            skip = bool(extra)
        elif line and not skip and not line.startswith("#"):
            requires.append("{}; {}".format(line, marker) if marker else line)
    return requires


def parse_record(content: str, site: str) -> Iterator[tuple[str, Row]]:
    """RECORD's rows as (path below the prefix, row); rows that lead out of the prefix are left out."""
    for line in csv.reader(content.splitlines()):
        if not line or not line[0]:
            continue
        path = line[0].replace("\\", "/")
        if path[0] == "/" or path[1:2] == ":":
            continue  # conda packages ship absolute build paths
        path = site + "/" + path if site else path
        if "/." in path or "//" in path:
            path = posixpath.normpath(path)
            if path.startswith("../") or path == "..":
                continue
        digest = line[1] if len(line) > 1 else ""
        size = line[2] if len(line) > 2 else ""
        yield path, Row(digest if digest.startswith("sha256=") else None, int(size) if size.isdigit() else None)


def hexadecimal(digest: str | None) -> str | None:
    """RECORD's `sha256=` in base64 as the hexadecimal that records use; made only for files that are compared."""
    if digest is None:
        return None
    try:
        raw = base64.urlsafe_b64decode(digest[7:] + "=" * (-len(digest[7:]) % 4))
    except (ValueError, binascii.Error):
        return None
    return raw.hex() if len(raw) == 32 else None


def _direct_url(data: bytes) -> dict[str, Any] | None:
    """direct_url.json (PEP 610); None if it is not one."""
    try:
        value = json.loads(data.decode("utf-8-sig"))
    except (ValueError, RecursionError):
        return None
    if not isinstance(value, dict) or not isinstance(value.get("url"), str):
        return None
    vcs, folder = value.get("vcs_info"), value.get("dir_info")
    vcs = vcs if isinstance(vcs, dict) else {}
    return {
        "url": value["url"],
        "editable": isinstance(folder, dict) and folder.get("editable") is True,
        "vcs": reading.string(vcs.get("vcs")),
        "commit": reading.string(vcs.get("commit_id")),
        "requested_revision": reading.string(vcs.get("requested_revision")),
    }


def find_sites(prefix: str) -> list[str]:
    """The site-packages folders of a prefix, each once, under the name that is no symlink."""
    candidates = ["Lib/site-packages", "lib/python3/dist-packages"]
    for lib in ("lib", "lib64"):
        try:
            names = sorted(os.listdir(os.path.join(prefix, lib)))
        except OSError:
            continue
        candidates += ["{}/{}/site-packages".format(lib, n) for n in names if re.match(r"(?:python|pypy)\d", n)]
    root = os.path.realpath(prefix)
    found: list[str] = []
    for candidate in candidates:
        real = os.path.realpath(os.path.join(prefix, *candidate.split("/")))
        site = os.path.relpath(real, root).replace(os.sep, "/") if real.startswith(root + os.sep) else candidate
        if os.path.isdir(real) and site not in found:
            found.append(site)
    return found


def describe(
    prefix: str, site: str, name: str, kind: str, tree: Tree, problems: reading.Problems
) -> tuple[Dist, dict[str, bytes]]:
    """One dist-info folder, egg-info folder or egg-info file, with the raw RECORD and METADATA for the join."""
    path = site + "/" + name
    real = os.path.join(prefix, *path.split("/"))
    found: dict[str, bytes | None] = {}
    names: set[str] = set()
    try:
        names = set(os.listdir(real))
    except NotADirectoryError:
        found["METADATA"] = _take(real, path, problems)
    except OSError as error:
        problems.add(path, "could not be listed: {error}", error=reading.why(error))
    for file in READ:
        if file in names:
            key = "METADATA" if file == "PKG-INFO" else file
            found[key] = _take(os.path.join(real, file), path + "/" + file, problems)
    raw = {file: data for file, data in found.items() if data is not None}
    headers = parse_headers(raw.get("METADATA", b""))
    guess = reading.FOLDER_NAME.match(name)
    shown = (headers.get("name") or [""])[0] or (guess.group("name") if guess else name.rpartition(".")[0])
    version = (headers.get("version") or [""])[0] or (guess.group("version") if guess else None)
    direct_url = _direct_url(raw["direct_url.json"]) if "direct_url.json" in raw else None
    if "direct_url.json" in raw and direct_url is None:
        problems.add(path + "/direct_url.json", "not a direct_url.json")
    requires = headers.get("requires-dist", [])
    if "requires.txt" in raw and not requires:
        requires = parse_requires_txt(raw["requires.txt"].decode("utf-8-sig", "replace"))
    rows: dict[str, Row] = {}
    if "installed-files.txt" in raw:
        for line in raw["installed-files.txt"].decode("utf-8-sig", "replace").splitlines():
            target = posixpath.normpath(path + "/" + line.strip().replace("\\", "/"))
            if line.strip() and not target.startswith(("../", "/")):
                rows[tree.key(target)] = Row(None, None)
    out = _blank(
        reading.normalise(shown), site, name, kind, reading.mtime(os.path.join(real, "RECORD")) or reading.mtime(real)
    )
    installer = raw.get("INSTALLER", b"").decode("utf-8", "replace").strip()[:100]
    out.update(
        version=version,
        installer=installer or None,
        requested="REQUESTED" in names,
        direct_url=direct_url,
        requires=requires,
        requires_python=next(iter(headers.get("requires-python", ())), None),
        # a file that may not be read is there all the same; one without a name says nothing
        has_metadata=bool(headers.get("name")) or ("METADATA" not in raw and bool(names & {"METADATA", "PKG-INFO"})),
        has_record=bool(names & {"RECORD", "installed-files.txt"}),
        files=len(rows),
    )
    tops = {line.strip() for line in raw.get("top_level.txt", b"").decode("utf-8", "replace").splitlines()}
    return Dist(out, rows, {reading.normalise(shown), reading.normalise(shown).replace("-", "_"), *tops}), raw


def _take(real: str, path: str, problems: reading.Problems) -> bytes | None:
    """The content of a file of a dist-info; None, and a problem, if it cannot be read."""
    try:
        return reading.read(real, reading.RECORD_LIMIT)
    except OSError as error:
        problems.add(path, "could not be read: {error}", error=reading.why(error))
        return None


def leftover(site: str, name: str, installed: float | None) -> Dist:
    """A `~` name: what pip moved aside during an uninstall that never ended."""
    return Dist(
        _blank(reading.normalise(name.lstrip("~").partition("-")[0]), site, name, "leftover", installed), {}, set()
    )


def egg_link(site: str, name: str, installed: float | None) -> Dist:
    """A development install of setuptools; what it points to lies elsewhere and is not read."""
    out = _blank(reading.normalise(name[: -len(".egg-link")]), site, name, "egg-link", installed)
    return Dist({**out, "has_metadata": True}, {}, set())


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
    }
