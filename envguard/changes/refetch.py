"""Finds a file of a conda package where conda keeps what it has unpacked; nothing is downloaded."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

from envguard.changes import keeping
from envguard.probe import package_cache

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator, Mapping
    from typing import Any


def find(prefix: str, path: str, record: Mapping[str, Any], hashes: Collection[str]) -> str | None:
    """A file in a package cache with one of these hashes, as the package of this record has it; None if there is none."""
    for folder in _folders(prefix, record):
        for file in package_cache.within(folder, path):
            if os.path.isfile(file) and keeping.digest(file) in hashes:  # noqa: PTH113
                return file
    return None


def _folders(prefix: str, record: Mapping[str, Any]) -> Iterator[str]:
    """Where the package may lie unpacked: where the record says, and in every cache that is known here."""
    link = record.get("link")
    told = (record.get("extracted_package_dir"), link.get("source") if isinstance(link, dict) else None)
    yield from (folder for folder in told if isinstance(folder, str) and os.path.isabs(folder))  # noqa: PTH117
    stem = "-".join(str(record.get(key)) for key in ("name", "version", "build"))
    for cache in package_cache.folders(prefix):
        try:
            names = sorted(os.listdir(cache))  # noqa: PTH208
        except OSError:
            continue
        yield from (os.path.join(cache, name) for name in package_cache.named(names, stem))  # noqa: PTH118
