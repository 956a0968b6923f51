"""The packages that are to be linked, as far as this machine has them: their records, and a folder of ours with what is unpacked."""

from __future__ import annotations

import os
import shutil
from pathlib import Path
from typing import TYPE_CHECKING, Any

from envguard.model import text
from envguard.packages import cached, credentials

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from envguard.machine import CondaConfig
    from envguard.model import Text
    from envguard.packages.solving import Solved


def lacking(prefix: str, records: Iterable[Solved], config: CondaConfig | None) -> Text | None:
    """What of an environment would have to be fetched, where nothing is to be; None if every package is here and whole."""
    wanted = wanted_records(prefix, records)
    absent = tuple(
        "-".join((told["name"], told["version"], told["build"]))
        for told in wanted
        if cached.source(prefix, told, config, whole=True) is None
    )
    if not absent:
        return None
    return text(
        "{packages} is not in the package cache as its channel has it, and the network is not to be used",
        "{packages} are not in the package cache as their channels have them, and the network is not to be used",
        n=len(absent),
        packages=absent,
    )


def wanted_records(prefix: str, records: Iterable[Solved]) -> list[dict[str, Any]]:
    """The records of a solution, each with what an environment knows of the same package."""
    old = {(told.get("name"), told.get("version"), told.get("build")): told for told in records_of(prefix)}
    wanted = []
    for record in records:
        known = old.get((record.name, record.version, record.build), {})
        same = record.sha256 is None or known.get("sha256") in (None, record.sha256)
        wanted.append({**(known if same else {}), **_described(record)})
    return wanted


def records_of(prefix: str) -> Iterator[dict[str, Any]]:
    """The records of an environment that can be read, whole, by the names of their files."""
    for path in sorted(Path(prefix, "conda-meta").glob("*.json")):
        if (told := cached.read(path)) is not None:
            yield told


def fetched_from(record: Mapping[str, Any], config: CondaConfig | None) -> str | None:
    """The package's address with the secret that is configured for its channel; None if the record's own address will do."""
    url = record.get("url")
    found = credentials.authenticated_file(url, config) if isinstance(url, str) else url
    return found if found != url else None


def _described(record: Solved) -> dict[str, Any]:
    told = {"name": record.name, "version": record.version, "build": record.build, "url": record.url}
    return {**told, "fn": record.file_name, "sha256": record.sha256}


def provide(
    prefix: str,
    records: Iterable[Mapping[str, Any]],
    own: Path,
    config: CondaConfig | None,
    *,
    whole: bool = False,
) -> Iterator[tuple[str, str]]:
    """Links what a cache has unpacked into our folder `own`; yields the other archives, each with the folder to unpack it into.

    With `whole` only packages that still have the hashes that they list. A package that no cache has is left out.
    """
    for record in records:
        place = cached.source(prefix, record, config, whole=whole)
        target = own / "-".join(str(record.get(key)) for key in ("name", "version", "build"))
        if place is None:
            continue
        if whole:
            shutil.rmtree(target, ignore_errors=True)  # what an earlier try left there
        if Path(place).is_dir():
            _mirror(place, target)
        else:
            yield place, str(target)


def _mirror(source: str, target: Path) -> None:
    """Makes the same folders with the same files, as hard links where the file system allows them."""
    for folder, inner, names in os.walk(source):
        links = [name for name in inner if os.path.islink(os.path.join(folder, name))]  # noqa: PTH114, PTH118
        here = target / os.path.relpath(folder, source)
        here.mkdir(parents=True, exist_ok=True)
        for name in (*names, *links):
            old, new = os.path.join(folder, name), here / name  # noqa: PTH118
            try:
                os.link(old, new, follow_symlinks=False)
            except OSError:
                shutil.copy2(old, new, follow_symlinks=False)
