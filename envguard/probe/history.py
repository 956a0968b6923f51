"""conda's history: the transactions that conda-meta/history tells, in any age's spelling."""

from __future__ import annotations

import os
import re
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING or __package__:
    from envguard.probe import reading
else:  # run alone, by path: this folder is first on sys.path
    import reading

_LINE = 1 << 16  # characters of a line of the history
_REVISIONS = 200_000
_QUOTED = r"""'((?:[^'\\]|\\.)*)'|"((?:[^"\\]|\\.)*)\""""


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
        if len(line) > _LINE or len(revisions) >= _REVISIONS:
            odd += 1
        elif line.startswith("==>") and line.endswith("<==") and line[3:-3].strip():
            revisions.append(
                {
                    "when": line[3:-3].strip(),
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
        # not ast.literal_eval, which can bring the interpreter down
        quoted = re.findall(_QUOTED, value) if value.startswith(("[", "(", "{")) else []
        specs = [one or other for one, other in quoted] or [part.strip(" []") for part in value.split(",")]
        specs = [spec for spec in specs if spec]
        revision["remove_specs" if key in ("remove specs", "uninstall specs") else "update_specs"] += specs


def revisions(prefix: str, problems: reading.Problems) -> list[dict[str, Any]] | None:
    """The revisions of conda-meta/history; None if there is no such file."""
    try:
        path = os.path.join(prefix, "conda-meta", "history")
        content = reading.read(path, reading.BOOK_LIMIT, os.path.realpath(prefix)).decode("utf-8-sig", "replace")
    except FileNotFoundError:
        return None
    except OSError as error:
        problems.add("conda-meta/history", "could not be read: {error}", error=reading.why(error))
        return None
    found, odd = parse_history(content)
    if odd:
        problems.add("conda-meta/history", "{count} lines are neither packages nor comments", count=odd)
    return found
