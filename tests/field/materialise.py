"""Real environments that strangers committed, laid out as they were: texts as found, other files as empty space.

The set itself is not part of the project (licences); it is used where a folder `shared/field` stands beside the
checkout, or where ENVGUARD_FIELD names one.
"""

from __future__ import annotations

import csv
import hashlib
import json
import os
import tarfile
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterator

ROOT = Path(__file__).parents[2]
SOFTLINK, PLACEHOLDER = "120000", "envguard-placeholder"


@dataclass(frozen=True)
class Wild:
    """One committed environment and what an independent oracle says of it."""

    repo: str
    prefix: Path
    kinds: tuple[str, ...]
    complete: bool
    verdict: dict[str, Any]

    @property
    def id(self) -> str:
        return f"{self.repo}:{self.verdict['prefix']}"


def folder() -> Path | None:
    """Where the set lies, if it is here."""
    named = os.environ.get("ENVGUARD_FIELD")
    found = Path(named) if named else ROOT.parent / "shared" / "field"
    return found if (found / "dev-envs.tar.xz").is_file() else None


def materialise(source: Path, where: Path) -> tuple[list[Wild], frozenset[str]]:
    """Unpacks the set into `where`; also the paths of files that are empty space of the right size."""
    with tarfile.open(source / "dev-envs.tar.xz") as archive:
        archive.extractall(where, filter="data")
    manifest = json.loads((where / "MANIFEST.json").read_text(encoding="utf-8"))
    space: set[str] = set()
    found = []
    for item in manifest:
        top = where / item["directory"]
        space.update(_fill(top))
        verdicts = json.loads((where / "verdicts" / f"{item['directory']}.json").read_text(encoding="utf-8"))
        by_prefix = {verdict["prefix"]: verdict for verdict in verdicts}
        for env in item["environments"]:
            verdict = by_prefix[env["prefix"]]
            complete = env["completeness"] > 0.99 and verdict["sp_completeness"] > 0.99
            found.append(Wild(item["repo"], top / env["prefix"], tuple(env["kinds"]), complete, verdict))
    return found, frozenset(space)


def _fill(top: Path) -> list[str]:
    """Makes every listed file that is not there; symlinks whose target can be told by its hash are real ones."""
    made = []
    links = []
    recorded = dict(_recorded(top))
    for line in (top / ".ls-tree.tsv").read_text(encoding="utf-8").splitlines():
        mode, size, blob, name = line.split("\t", 3)
        path = top / name
        if mode == SOFTLINK:
            links.append((path, blob))
        elif not name.endswith((".pyc", ".pyo")) and mode != "160000" and not path.exists():
            path.parent.mkdir(parents=True, exist_ok=True)
            with path.open("wb") as file:
                file.truncate(max(int(size), 0) if int(size) >= 0 else recorded.get(name, 0))
            made.append(str(path))
    for path, blob in links:
        path.parent.mkdir(parents=True, exist_ok=True)
        if not path.is_symlink() and not path.exists():
            siblings = sorted(sibling.name for sibling in path.parent.iterdir())
            path.symlink_to(next((name for name in siblings if _blob(name) == blob), PLACEHOLDER))
    return made


def _recorded(top: Path) -> Iterator[tuple[str, int]]:
    """The sizes that conda and pip wrote down, for files whose size the listing does not know (-1)."""
    for book in top.rglob("*.dist-info/RECORD"):
        site = book.parents[1].relative_to(top).as_posix()
        for row in csv.reader(book.read_text(encoding="utf-8", errors="replace").splitlines()):
            if len(row) == 3 and row[2].isdigit():
                yield os.path.normpath(f"{site}/{row[0]}").replace(os.sep, "/"), int(row[2])
    for meta in top.rglob("conda-meta"):
        prefix = meta.parent.relative_to(top).as_posix()
        for record in meta.glob("*.json"):
            try:
                entries = json.loads(record.read_text(encoding="utf-8-sig"))["paths_data"]["paths"]
            except (ValueError, KeyError, TypeError):
                continue
            for entry in entries:
                yield (f"{prefix}/{entry['_path']}".removeprefix("./"), entry.get("size_in_bytes") or 0)


def _blob(content: str) -> str:
    data = content.encode()
    return hashlib.sha1(b"blob %d\0" % len(data) + data).hexdigest()
