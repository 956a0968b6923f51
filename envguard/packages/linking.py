"""Links conda packages by py-rattler where no package manager is here that could: the very builds of the records, or a solution.

What conda keeps of a package is used, and nothing is written into its cache: what has to be unpacked goes into a folder of
our own, on the same file system as the prefix, which is gone afterwards. Of an environment that conda keeps the history is kept
on, too, and nothing of rattler's own is left.
"""

from __future__ import annotations

import shutil
import stat
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING, Any

from envguard.model import text
from envguard.packages import asking, bookkeeping, cached, provided, repodata
from envguard.value import value

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from envguard.machine import CondaConfig
    from envguard.model import Text
    from envguard.packages.solving import Solved

_TAG = "CACHEDIR.TAG"


@value
class Job:
    """What is to be done to a prefix."""

    prefix: str
    relink: tuple[str, ...] = ()
    """Names of installed packages whose very builds are linked once more."""
    drop: tuple[str, ...] = ()
    """Names of installed packages that conda is to forget."""
    specs: tuple[str, ...] = ()
    """What was asked for, where it is a solution that is linked."""
    question: Mapping[str, Any] | None = None
    """What the solver is asked: where to look, and the attempts; None if nothing is to be solved."""


def link(
    job: Job,
    work: Path,
    config: CondaConfig | None,
    command: str,
    *,
    timeout: float,
    cancel: Callable[[], bool] | None = None,
) -> Text | None:
    """Changes the prefix as the job says; the reason if it could not be done, else None.

    `work` is a folder of ours on the file system of the prefix; `command` is what conda's history will say; `timeout`
    is in seconds.
    """
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
        "urls": {
            name: url for name, told in wanted.items() if (url := provided.fetched_from(told, config)) is not None
        },
        "attempts": question.get("attempts", []),
        "archives": {},
        "packages": str(own),
    }
    try:
        request["archives"] = dict(provided.provide(job.prefix, wanted.values(), own, config))
        reply = asking.ask(request, timeout=timeout, cancel=cancel)
    finally:
        shutil.rmtree(own, ignore_errors=True)
    if reply.data is None:
        return reply.reason
    if not tagged:
        Path(job.prefix, _TAG).unlink(missing_ok=True)  # it would tell backups to leave the environment out
    for path in meta.glob("*.json"):
        if path not in told or told[path].get("name") in job.relink:
            bookkeeping.settle(path, told.get(path, {}), own, job.specs, mode)
    bookkeeping.remember(meta, reply.data["unlinked"], reply.data["linked"], command)
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
    """Makes the environment; the reason if it could not be made, else None. What was fetched stays in `work` for a second try.

    A package in the cache is used only if its hashes are those that the channel names: its files may be hard links of an
    environment's, so that what somebody edited there is edited in the cache, too.
    """
    own = work / "packages"
    own.mkdir(exist_ok=True)
    meta = Path(job.prefix, "conda-meta")
    if not job.network and (absent := provided.lacking(job.like, job.records, config)):
        return absent
    wanted = provided.wanted_records(job.like, job.records)
    request = {
        "do": "link",
        **job.question,
        "prefix": job.prefix,
        "installed": [],
        "relink": [],
        "drop": [],
        "archives": dict(provided.provide(job.like, wanted, own, config, whole=True)),
        "packages": str(own),
    }
    reply = asking.ask(request, timeout=timeout, cancel=cancel)
    if reply.data is None:
        return reply.reason
    there = {(told["name"], told["version"], told["build"]) for told in provided.records_of(job.prefix)}
    missing = [record.stem for record in job.records if (record.name, record.version, record.build) not in there]
    if missing or len(there) != len(job.records):
        return text("the channels have changed since it was planned: {packages}", packages=tuple(missing[:6]))
    Path(job.prefix, _TAG).unlink(missing_ok=True)
    for path in meta.glob("*.json"):
        bookkeeping.settle(path, {}, own, tuple(job.asked.values()), 0o644)
    (meta / "history").touch()
    bookkeeping.remember(meta, reply.data["unlinked"], reply.data["linked"], command, tuple(job.asked.values()))
    return None
