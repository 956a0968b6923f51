"""Where a conda package is to be had on this machine: unpacked in a cache, or as its archive there."""

from __future__ import annotations

import json
import os
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

from envguard.packages import repodata
from envguard.probe import hashing, reading

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from envguard.machine import CondaConfig

_RECORD = 64 << 20


def sources(prefix: str, records: Iterable[str], config: CondaConfig | None = None) -> dict[str, str | None]:
    """Where each of several packages would be taken from; they are named by their records' paths below the prefix."""
    told = {path: read(Path(prefix, path)) for path in records}
    return {path: None if record is None else source(prefix, record, config) for path, record in told.items()}


def source(
    prefix: str, record: Mapping[str, Any], config: CondaConfig | None = None, *, whole: bool = False
) -> str | None:
    """Where a package would be taken from: its folder in a cache, or its archive; None if it is not here.

    With `whole` only what has the hashes that its package lists: what somebody edited in place in an environment is the
    cache's, too, by its links.
    """
    places = _places(prefix, record, config)
    return next((place for place in places if not whole or _is_whole(place, record.get("sha256"))), None)


def _places(prefix: str, record: Mapping[str, Any], config: CondaConfig | None) -> Iterator[str]:
    told = record.get("extracted_package_dir")
    if isinstance(told, str) and os.path.isabs(told) and Path(told, "info", "paths.json").is_file():  # noqa: PTH117
        yield told
    name = record.get("fn") or record.get("file_name") or str(record.get("url", "")).rpartition("/")[2]
    if isinstance(name, str) and name:
        yield from (str(file) for cache in repodata.caches(prefix, config) if (file := Path(cache, name)).is_file())
    stem = "-".join(str(record.get(key)) for key in ("name", "version", "build"))
    for folder in repodata.packages_of(prefix, stem, config):
        # of this name another channel may have another package
        if (
            record.get("sha256")
            and (read(folder / "info" / "repodata_record.json") or {}).get("sha256") == record["sha256"]
        ):
            yield str(folder)


def read(path: Path) -> dict[str, Any] | None:
    """A record; None if it cannot be read."""
    try:
        told = json.loads(reading.read(str(path), _RECORD))
    except (OSError, ValueError):
        return None
    return told if isinstance(told, dict) else None


def _is_whole(place: str, sha256: object) -> bool:
    """Whether an archive has this hash, or an unpacked folder the files that its package lists."""
    try:
        if not os.path.isdir(place):  # noqa: PTH112
            return isinstance(sha256, str) and _digest(place) == sha256
        listed = json.loads(reading.read(f"{place}/info/paths.json", _RECORD))["paths"]
        return all(
            entry.get("path_type") == "softlink" or _digest(f"{place}/{entry['_path']}") == entry["sha256"]
            for entry in listed
        )
    except (OSError, ValueError, LookupError, TypeError, AttributeError):
        return False


def _digest(path: str) -> str:
    return hashing.digest(os.fsencode(path), sys.maxsize)[0]
