"""The files of a dist-info, each by itself: METADATA, requires.txt, RECORD, direct_url.json. Whatever they hold, nothing is raised."""

from __future__ import annotations

import base64
import binascii
import csv
import io
import json
import os
import posixpath
import re
from typing import TYPE_CHECKING, Any, Iterator, NamedTuple
from urllib.parse import unquote

if TYPE_CHECKING or __package__:
    from envguard.probe import reading
else:  # run alone, by path: this folder is first on sys.path
    import reading


class Row(NamedTuple):
    """One file as a RECORD lists it."""

    sha256: str | None
    size: int | None


def parse_headers(data: bytes) -> dict[str, list[str]]:
    """The headers of METADATA or PKG-INFO by lower-case name; the description after the blank line is not looked at."""
    ends = [end for end in (data.find(b"\n\n"), data.find(b"\n\r\n")) if end >= 0]
    text = data[: min(ends)] if ends else data
    found: list[tuple[str, list[str]]] = []
    # not splitlines: a form feed in somebody's name ends no line; a line of spaces only is one of a longer value
    for line in text.decode("utf-8-sig", "replace").replace("\r\n", "\n").replace("\r", "\n").split("\n"):
        if not line:
            break
        if line[0] in " \t":
            if found:
                found[-1][1].append(line.strip())
            continue
        name, colon, value = line.partition(":")
        if colon:
            found.append((name.strip().lower(), [value.strip()]))
    headers: dict[str, list[str]] = {}
    for name, parts in found:
        headers.setdefault(name, []).append(" ".join(parts))
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


def _rows(content: str, odd: list[str]) -> Iterator[list[str]]:
    """The rows of a RECORD; those that are none are added to `odd`, and the others still come."""
    if '"' in content or "\0" in content:
        # a quote without its other half would swallow everything after it
        lines = content.split("\n")
        strange = [number for number, line in enumerate(lines) if "\0" in line or line.count('"') % 2]
        for number in strange:
            odd.append(lines[number])
            lines[number] = ""
        content = "\n".join(lines)
    reader = csv.reader(io.StringIO(content, newline=""))
    while True:
        try:
            yield from reader
        except csv.Error as error:  # a field without end
            odd.append(str(error))
        else:
            return


def parse_record(content: str, site: str, odd: list[str] | None = None) -> Iterator[tuple[str, Row]]:
    """RECORD's rows as (path below the prefix, row); rows that lead out of the prefix are left out.

    What is no row at all is added to `odd`.
    """
    for line in _rows(content, [] if odd is None else odd):
        if not line or not line[0] or len(line[0]) > reading.LONGEST:
            continue
        path = line[0].replace("\\", "/")
        if path[0] == "/" or path[1:2] == ":":
            continue  # conda packages ship absolute build paths
        path = site + "/" + path if site else path
        if "/." in path or "//" in path:
            path = posixpath.normpath(path)
            if path.startswith("../") or path in ("..", "."):
                continue
        digest = line[1] if len(line) > 1 else ""
        size = line[2] if len(line) > 2 else ""
        known = size.isdigit() and size.isascii() and len(size) < 19  # "²".isdigit()
        yield path, Row(digest if digest.startswith("sha256=") else None, int(size) if known else None)


def hexadecimal(digest: str | None) -> str | None:
    """RECORD's `sha256=` in base64 as the hexadecimal that records use; made only for files that are compared."""
    if digest is None:
        return None
    try:
        raw = base64.urlsafe_b64decode(digest[7:] + "=" * (-len(digest[7:]) % 4))
    except (ValueError, binascii.Error):
        return None
    return raw.hex() if len(raw) == 32 else None


def direct_url(data: bytes) -> dict[str, Any] | None:
    """direct_url.json (PEP 610); None if it is not one."""
    try:
        value = json.loads(data.decode("utf-8-sig"))
    except (ValueError, RecursionError):
        return None
    if not isinstance(value, dict) or reading.string(value.get("url")) is None:
        return None
    vcs, folder = value.get("vcs_info"), value.get("dir_info")
    vcs = vcs if isinstance(vcs, dict) else {}
    return {
        "url": value["url"],
        "editable": isinstance(folder, dict) and folder.get("editable") is True,
        "vcs": reading.string(vcs.get("vcs")),
        "commit": reading.string(vcs.get("commit_id")),
        "requested_revision": reading.string(vcs.get("requested_revision")),
        "exists": None,
    }


def local(url: str) -> str | None:
    """The path that a `file:` URL names on this machine; None for any other, and for one of another system or host."""
    if not url.lower().startswith("file:///") or "\0" in url:
        return None
    path = unquote(url[len("file://") :].partition("#")[0].partition("?")[0])
    drive = re.match(r"/[A-Za-z]:", path)
    if path.startswith("//") or "\0" in path or len(path) > reading.LONGEST or bool(drive) != (os.name == "nt"):
        return None
    return path[1:] if drive else path
