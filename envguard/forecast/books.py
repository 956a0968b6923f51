"""The books of an environment read once more, file by file: facts hold only counts of what a forecast has to look at."""

from __future__ import annotations

import json
import os
import zipfile
from typing import TYPE_CHECKING
from urllib.parse import unquote, urlsplit
from urllib.request import url2pathname

from envguard.facts import Paths
from envguard.masking import without_secrets
from envguard.probe import conda_book, pip_files, reading

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Mapping

    from envguard.facts import Distribution, Environment
    from envguard.forecast.transaction import Coming
    from envguard.probe.conda_book import Entry
    from envguard.probe.pip_files import Row

_UNMISSED = ("pyc_file", "directory")


class Books:
    """The files of records and of distributions, each read when first asked; one that cannot be read lists none."""

    def __init__(self, env: Environment) -> None:
        self.env = env
        self._records: dict[str, Mapping[str, Entry]] = {}
        self._rows: dict[str, Mapping[str, Row]] = {}

    def record(self, path: str) -> Mapping[str, Entry]:
        """What a conda record lists, byte code and folders apart."""
        if path not in self._records:
            self._records[path] = self._read_record(path)
        return self._records[path]

    def rows(self, dist: Distribution) -> Mapping[str, Row]:
        """What the RECORD of a distribution lists, byte code apart."""
        if dist.path not in self._rows:
            content = self._read(f"{dist.path}/RECORD", reading.RECORD_LIMIT)
            listed = pip_files.parse_record(content.decode("utf-8-sig", "replace"), dist.site)
            self._rows[dist.path] = {path: row for path, row in listed if not path.endswith(reading.BYTECODE)}
        return self._rows[dist.path]

    def is_there(self, path: str) -> bool:
        """Whether there is such a file now."""
        return os.path.lexists(os.path.join(self.env.prefix, *path.split("/")))

    def _read_record(self, path: str) -> Mapping[str, Entry]:
        try:
            record = json.loads(self._read(path, reading.RECORD_LIMIT).decode("utf-8-sig"))
            listed = conda_book.listed(record) if isinstance(record, dict) else {}
        except (ValueError, RecursionError):
            return {}
        return {
            path: entry
            for path, entry in listed.items()
            if entry.kind not in _UNMISSED and not path.endswith(reading.BYTECODE)
        }

    def _read(self, path: str, limit: int) -> bytes:
        try:
            return reading.read(
                os.path.join(self.env.prefix, *path.split("/")), limit, os.path.realpath(self.env.prefix)
            )
        except (OSError, ValueError):
            return b""


def paths(files: Iterable[str]) -> Paths:
    """Some files summed up: how many there are of each kind, and a few of their names."""
    told = reading.summarise(files)
    return Paths(told["count"], told["compiled"], told["python"], tuple(told["sample"]))


def wheel(coming: Coming, site: str) -> Mapping[str, Row] | None:
    """What a wheel on this machine would put where; None if it is elsewhere, or cannot be read."""
    path = _local(coming.source)
    if path is None or not path.endswith(".whl"):
        return None
    try:
        with zipfile.ZipFile(path) as archive:
            book = next((name for name in archive.namelist() if name.endswith(".dist-info/RECORD")), None)
            content = archive.read(book) if book and archive.getinfo(book).file_size <= reading.RECORD_LIMIT else b""
            names = archive.namelist()
    except (OSError, ValueError, zipfile.BadZipFile, RuntimeError, NotImplementedError):
        return None
    rows = dict(pip_files.parse_record(content.decode("utf-8-sig", "replace"), site))
    data = f"{site}/" + next((name.split("/")[0] for name in names if ".data/" in name), "\0")
    placed = {path: row for path, row in rows.items() if not path.startswith(data)}
    for path, row in rows.items():
        kind, _, below = path.removeprefix(f"{data}/").partition("/")
        if path.startswith(data) and kind in ("purelib", "platlib") and below:
            placed[f"{site}/{below}"] = row
    return placed or None


def _local(source: str | None) -> str | None:
    """The path of a file of this machine that a source names."""
    if not source or without_secrets(source) != source:
        return None
    if source.lower().startswith("file:"):
        try:
            return url2pathname(unquote(urlsplit(source).path))
        except ValueError:
            return None
    return source if os.path.isabs(source) else None


def top_names(files: Collection[str], site: str) -> frozenset[str]:
    """The names that some files below a site-packages folder offer for import."""
    found = set()
    for path in files:
        first, slash, below = path.removeprefix(f"{site}/").partition("/")
        if not path.startswith(f"{site}/") or first.endswith((".dist-info", ".data")):
            continue
        if slash and below == "__init__.py":
            found.add(first)
        elif not slash and (first.endswith(".py") or reading.is_compiled(first)):
            found.add(first.partition(".")[0])
    return frozenset(found)
