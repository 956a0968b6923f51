"""Links conda packages by py-rattler where no package manager is here that could: the very builds of the records, or a solution.

What conda keeps of a package is used, and nothing is written into its cache: what has to be unpacked goes into a folder of
our own, on the same file system as the prefix, which is gone afterwards. Of an environment that conda keeps the history is kept
on, too, and nothing of rattler's own is left.
"""

from __future__ import annotations

import contextlib
import datetime
import json
import os
import shutil
import stat
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING, Any

from envguard import store
from envguard._version import __version__
from envguard.model import text
from envguard.packages import asking, cached, credentials, repodata
from envguard.probe import reading
from envguard.value import value

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping

    from envguard.machine import CondaConfig
    from envguard.model import Text
    from envguard.packages.solving import Solved

_TAG = "CACHEDIR.TAG"


@value
class Job:
    """What is to be done to a prefix."""

    prefix: str
    relink: tuple[str, ...] = ()
    drop: tuple[str, ...] = ()
    specs: tuple[str, ...] = ()
    """What was asked for, of a solution."""
    question: Mapping[str, Any] | None = None
    """For a solution: where to look, and the attempts."""


def link(
    job: Job,
    work: Path,
    config: CondaConfig | None,
    command: str,
    *,
    timeout: float,
    cancel: Callable[[], bool] | None = None,
) -> Text | None:
    """Does it; why it could not be done, if so. `work` is a folder of ours on the file system of the prefix."""
    meta = Path(job.prefix, "conda-meta")
    records = sorted(meta.glob("*.json"))
    tagged = Path(job.prefix, _TAG).exists()
    mode = stat.S_IMODE(min((path.stat().st_mode for path in records), default=0o644))
    told = {path: record for path in records if (record := cached.read(path)) is not None}
    wanted = {record["name"]: record for record in told.values() if record.get("name") in job.relink}
    absent = tuple(name for name, record in wanted.items() if cached.source(job.prefix, record, config) is None)
    if absent and repodata.offline(config):
        return text("{packages} would have to be fetched, and conda is set up to use no network", packages=absent)
    own = Path(tempfile.mkdtemp(prefix="packages-", dir=work))
    question = job.question or {"channels": [], "platforms": [], "network": True, "cache": "", "priority": "flexible"}
    request = {
        "do": "link",
        **question,
        "prefix": job.prefix,
        "installed": [str(path) for path in records],
        "relink": list(job.relink),
        "drop": list(job.drop),
        "urls": {name: url for name, told in wanted.items() if (url := _fetched_from(told, config)) is not None},
        "attempts": question.get("attempts", []),
        "archives": {},
        "packages": str(own),
    }
    try:
        request["archives"] = dict(_provided(job.prefix, wanted.values(), own, config))
        reply = asking.ask(request, timeout=timeout, cancel=cancel)
    finally:
        shutil.rmtree(own, ignore_errors=True)
    if reply.data is None:
        return reply.reason
    if not tagged:
        Path(job.prefix, _TAG).unlink(missing_ok=True)  # which would tell backups to leave the environment out
    for path in meta.glob("*.json"):
        if path not in told or told[path].get("name") in job.relink:
            _settle(path, told.get(path, {}), own, job.specs, mode)
    _remember(meta, reply.data["unlinked"], reply.data["linked"], command)
    return None


@value
class New:
    """An environment that is to be made where nothing is yet."""

    prefix: str
    records: tuple[Solved, ...]
    question: Mapping[str, Any]
    """Where to look, and the attempts: exactly these records."""
    asked: Mapping[str, str]
    """The specs that somebody asked for, by name."""
    like: str
    """The prefix whose packages need not be fetched again."""
    network: bool = True
    """Whether a package may be fetched."""


def create(
    job: New,
    work: Path,
    config: CondaConfig | None,
    command: str,
    *,
    timeout: float,
    cancel: Callable[[], bool] | None = None,
) -> Text | None:
    """Makes it; why it could not be made, if so. What was fetched stays in `work`, for a second try.

    What a cache has is used if it is, by its hashes, what the channel names: what somebody edited in place in an
    environment is the cache's, too, by its links.
    """
    own = work / "packages"
    own.mkdir(exist_ok=True)
    meta = Path(job.prefix, "conda-meta")
    if not job.network and (absent := lacking(job.like, job.records, config)):
        return absent
    wanted = _wanted(job.like, job.records)
    request = {
        "do": "link",
        **job.question,
        "prefix": job.prefix,
        "installed": [],
        "relink": [],
        "drop": [],
        "archives": dict(_provided(job.like, wanted, own, config, whole=True)),
        "packages": str(own),
    }
    reply = asking.ask(request, timeout=timeout, cancel=cancel)
    if reply.data is None:
        return reply.reason
    there = {(told["name"], told["version"], told["build"]) for told in _records(job.prefix)}
    missing = [record.stem for record in job.records if (record.name, record.version, record.build) not in there]
    if missing or len(there) != len(job.records):
        return text("the channels have changed since it was planned: {packages}", packages=tuple(missing[:6]))
    Path(job.prefix, _TAG).unlink(missing_ok=True)
    for path in meta.glob("*.json"):
        _settle(path, {}, own, tuple(job.asked.values()), 0o644)
    (meta / "history").touch()
    _remember(meta, reply.data["unlinked"], reply.data["linked"], command, tuple(job.asked.values()))
    return None


def lacking(prefix: str, records: Iterable[Solved], config: CondaConfig | None) -> Text | None:
    """What of an environment would have to be fetched, where nothing is to be; None if every package is here and whole."""
    wanted = _wanted(prefix, records)
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


def _wanted(prefix: str, records: Iterable[Solved]) -> list[dict[str, Any]]:
    """The records of a solution, each with what an environment knows of the same package."""
    old = {(told.get("name"), told.get("version"), told.get("build")): told for told in _records(prefix)}
    wanted = []
    for record in records:
        known = old.get((record.name, record.version, record.build), {})
        same = record.sha256 is None or known.get("sha256") in (None, record.sha256)
        wanted.append({**(known if same else {}), **_described(record)})
    return wanted


def _records(prefix: str) -> Iterator[dict[str, Any]]:
    for path in sorted(Path(prefix, "conda-meta").glob("*.json")):
        if (told := cached.read(path)) is not None:
            yield told


def _fetched_from(record: Mapping[str, Any], config: CondaConfig | None) -> str | None:
    """Where a package can be had, by the secret that is configured for its channel; None if that is where the record says."""
    url = record.get("url")
    found = credentials.authenticated_file(url, config) if isinstance(url, str) else url
    return found if found != url else None


def _described(record: Solved) -> dict[str, Any]:
    told = {"name": record.name, "version": record.version, "build": record.build, "url": record.url}
    return {**told, "fn": record.file_name, "sha256": record.sha256}


def _provided(
    prefix: str,
    records: Iterable[Mapping[str, Any]],
    own: Path,
    config: CondaConfig | None,
    *,
    whole: bool = False,
) -> Iterator[tuple[str, str]]:
    """Makes our folder hold what a cache has unpacked, by links; the archives that have to be unpacked, and where.

    With `whole` only what has the hashes that its package lists.
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
    """The same folders with the same files, by links where they can be made."""
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


def _settle(path: Path, before: Mapping[str, Any], own: Path, specs: tuple[str, ...], mode: int) -> None:
    """Makes a new record like its neighbours: with what was asked for, readable to whom they are, naming no folder of ours and no secret."""
    with contextlib.suppress(OSError, ValueError):
        told = json.loads(path.read_bytes())
        asked = [spec for spec in specs if reading.spec_name(spec) == told.get("name")]
        for key, value in (("requested_spec", asked[-1] if asked else None), ("requested_specs", asked)):
            if before.get(key) or value:
                told[key] = before.get(key) or value
        for key in ("url", "channel"):  # py-rattler writes the address by which it was fetched, with its secret
            if isinstance(told.get(key), str):
                told[key] = before.get(key) or credentials.bare(told[key])
        for key in ("extracted_package_dir", "package_tarball_full_path", "link"):
            if str(own) in json.dumps(told.get(key)):
                told.pop(key)
                if before.get(key):
                    told[key] = before[key]
        store.write_atomically(path, json.dumps(told, indent=2, sort_keys=True).encode(), mode)


def _remember(meta: Path, unlinked: list[str], linked: list[str], command: str, asked: tuple[str, ...] = ()) -> None:
    """A transaction in conda's history, if conda keeps one there: else its next command would take it for its own."""
    history = meta / "history"
    with contextlib.suppress(OSError):
        if (unlinked or linked) and (history.stat().st_size or asked):
            # local time, as conda writes it
            when = datetime.datetime.now().astimezone().strftime("%Y-%m-%d %H:%M:%S")
            lines = [
                f"==> {when} <==",
                f"# cmd: {command}",
                f"# envguard version: {__version__}",
                *(f"-{each}" for each in unlinked),
                *(f"+{each}" for each in linked),
                *([f"# update specs: {sorted(asked)!r}"] if asked else []),
            ]
            with history.open("a", encoding="utf-8") as file:
                file.write("\n".join(lines) + "\n")
