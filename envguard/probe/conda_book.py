"""conda's book: the records of conda-meta and its history, of every age since conda 3."""

from __future__ import annotations

import ast
import json
import os
import re
from typing import TYPE_CHECKING, Any, Iterator, NamedTuple

if TYPE_CHECKING or __package__:
    from envguard.probe import reading
else:  # run alone, by path: this folder is first on sys.path
    import reading


class Entry(NamedTuple):
    """One file as a conda record lists it; hash and size are None where they do not describe the file on disk."""

    sha256: str | None
    size: int | None
    kind: str


def _channel(record: dict[str, Any]) -> str | None:
    """The channel of a record as it stands there, else what its URL says."""
    channel = record.get("channel")
    if isinstance(channel, dict):  # conda 4.x wrote the whole object
        channel = channel.get("name") or channel.get("canonical_name")
    if isinstance(channel, str) and channel and channel not in ("<unknown>", "None"):
        return channel
    url = reading.string(record.get("url"))
    return url.rsplit("/", 2)[0] if url and url.count("/") > 3 else None


def listed(record: dict[str, Any]) -> Iterator[tuple[str, Entry]]:
    """The files of a record as (path below the prefix, entry), whatever age the record is of."""
    files = [path.replace("\\", "/") for path in reading.strings(record.get("files"))]
    data = record.get("paths_data")
    entries = data.get("paths") if isinstance(data, dict) else None
    if not isinstance(entries, list):
        for path in files:  # conda before 4.3 kept no hashes
            yield path, Entry(None, None, "hardlink")
        return
    known = frozenset(files)
    moved: str | None = None
    scripts = "Scripts/" if any(path.startswith("Scripts/") for path in files) else "bin/"
    for entry in entries:
        if not isinstance(entry, dict) or not isinstance(entry.get("_path"), str):
            continue
        path = entry["_path"].replace("\\", "/")
        if path not in known:
            # conda keeps the paths of the package here and relocates only `files`; pixi relocates both
            if path.startswith("site-packages/"):
                if moved is None:
                    moved = next((f[: -len(path)] for f in files if f.endswith("/" + path)), "")
                path = moved + path
            elif path.startswith("python-scripts/"):
                path = scripts + path[len("python-scripts/") :]
        kind = reading.string(entry.get("path_type")) or "hardlink"
        package, here = reading.string(entry.get("sha256")), reading.string(entry.get("sha256_in_prefix"))
        rewritten = bool(entry.get("prefix_placeholder")) or (
            here is not None and package is not None and here != package
        )
        if kind in ("softlink", "pyc_file", "directory") or "entry_point" in kind:
            yield path, Entry(None, None, kind)  # py-rattler's hash of a softlink is not that of its content
        elif rewritten:
            # a text file's recorded size is the package's, not the file's
            text_mode = entry.get("file_mode") != "binary"
            yield path, Entry(here, None if text_mode else reading.number(entry.get("size_in_bytes")), kind)
        else:
            yield path, Entry(here or package, reading.number(entry.get("size_in_bytes")), kind)


def _load_record(path: str) -> dict[str, Any]:
    """One record as JSON; ValueError or OSError if it is none."""
    record = json.loads(reading.read(path, reading.RECORD_LIMIT).decode("utf-8-sig"))
    if not isinstance(record, dict):
        raise ValueError("not a JSON object")  # noqa: TRY004 - one kind of error for bad content
    for field in ("name", "version"):
        if not isinstance(record.get(field), str) or not record[field]:
            raise ValueError("no {}".format(field))
    return record


def records(
    prefix: str, problems: reading.Problems
) -> tuple[list[tuple[str, dict[str, Any], float]] | None, list[str]]:
    """Every readable record as (path, JSON, mtime), and the stems of the unreadable ones; None without conda-meta."""
    folder = os.path.join(prefix, "conda-meta")
    try:
        names = sorted(name for name in os.listdir(folder) if name.endswith(".json"))
    except FileNotFoundError:
        return None, []
    except OSError as error:
        problems.add("conda-meta", "could not be listed: {error}", error=reading.why(error))
        return None, []
    found = []
    unreadable = []
    for name in names:
        path = os.path.join(folder, name)
        try:
            record = _load_record(path)
            found.append(("conda-meta/" + name, record, os.stat(path).st_mtime))
        except (OSError, ValueError, RecursionError) as error:  # json and unicode errors are ValueErrors
            problems.add("conda-meta/" + name, "record could not be read: {error}", error=reading.why(error))
            unreadable.append(name[: -len(".json")])
    return found, unreadable


def parse_dist(line: str) -> dict[str, Any] | None:
    """A package as conda's history writes it: `channel/subdir::name-version-build`, in any age's spelling."""
    channel, _, rest = line.strip().rpartition("::")
    rest = re.sub(r"\.(?:tar\.bz2|conda)$", "", rest.strip())
    parts = rest.rsplit("-", 2)
    if len(parts) != 3 or not all(parts) or " " in rest:
        return None
    return {"name": parts[0], "version": parts[1], "build": parts[2], "channel": channel or None}


def parse_history(content: str) -> tuple[list[dict[str, Any]], int]:
    """conda-meta/history as revisions, and the number of lines that are neither package nor comment."""
    revisions: list[dict[str, Any]] = []
    odd = 0
    for line in content.splitlines():
        line = line.strip()  # noqa: PLW2901 - the stripped line is what is meant
        head = re.match(r"==>\s*(.+?)\s*<==$", line)
        if head:
            revisions.append(
                {
                    "when": head.group(1),
                    "command": None,
                    "conda_version": None,
                    "linked": [],
                    "unlinked": [],
                    "whole": False,
                    "update_specs": [],
                    "remove_specs": [],
                }
            )
        elif not line:
            continue
        elif not revisions:
            odd += not line.startswith(("#", "//"))  # pixi's history is a comment only
        elif line.startswith("#"):
            _comment(revisions[-1], line)
        else:
            dist = parse_dist(line.lstrip("+-"))
            if dist is None:
                odd += 1
            elif line.startswith("-"):
                revisions[-1]["unlinked"].append(dist)
            else:
                revisions[-1]["linked"].append(dist)
                revisions[-1]["whole"] = revisions[-1]["whole"] or not line.startswith("+")
    return revisions, odd


def _comment(revision: dict[str, Any], line: str) -> None:
    key, _, value = line.lstrip("# ").partition(":")
    value = value.strip()
    if key == "cmd":
        revision["command"] = value
    elif key == "conda version":
        revision["conda_version"] = value
    elif key in ("update specs", "install specs", "remove specs", "uninstall specs"):
        try:
            specs = reading.strings(list(ast.literal_eval(value)))
        except (ValueError, SyntaxError, TypeError, MemoryError, RecursionError):
            specs = [part.strip() for part in value.split(",") if part.strip()]
        revision["remove_specs" if key in ("remove specs", "uninstall specs") else "update_specs"] += specs


def history(prefix: str, problems: reading.Problems) -> list[dict[str, Any]] | None:
    """The revisions of conda-meta/history; None if there is no such file."""
    try:
        content = reading.read(os.path.join(prefix, "conda-meta", "history"), reading.RECORD_LIMIT).decode(
            "utf-8-sig", "replace"
        )
    except FileNotFoundError:
        return None
    except OSError as error:
        problems.add("conda-meta/history", "could not be read: {error}", error=reading.why(error))
        return None
    revisions, odd = parse_history(content)
    if odd:
        problems.add("conda-meta/history", "{count} lines are neither packages nor comments", count=odd)
    return revisions


def package(path: str, record: dict[str, Any], mtime: float, entries: dict[str, Entry]) -> dict[str, Any]:
    """What goes out of one record, its missing and altered files still to be looked for."""
    requested = reading.strings(record.get("requested_specs")) or [
        s for s in [reading.string(record.get("requested_spec"))] if s and s != "None"
    ]
    provides = set()
    for key in entries:
        parent, _, name = key.rpartition("/")
        folder = parent.rpartition("/")[2] if name in ("METADATA", "metadata", "PKG-INFO", "pkg-info") else name
        match = reading.FOLDER_NAME.match(folder) if folder.endswith("-info") else None
        if match:
            provides.add(reading.normalise(match.group("name")))
    noarch = record.get("noarch")
    return {
        "name": record["name"],
        "version": record["version"],
        "build": reading.string(record.get("build")) or "",
        "build_number": reading.number(record.get("build_number")) or 0,
        "channel": _channel(record),
        "subdir": reading.string(record.get("subdir")),
        "noarch": noarch if isinstance(noarch, str) else "python" if noarch is True else None,
        "depends": reading.strings(record.get("depends") or record.get("requires")),
        "constrains": reading.strings(record.get("constrains")),
        "requested": requested,
        "record": path,
        "provides": sorted(provides),
        "linked": mtime,
        "files": len(entries),
        "missing": reading.summarise(()),
        "altered": reading.summarise(()),
    }
