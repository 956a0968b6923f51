"""What happened to the environment, in one order: conda's transactions and what pip left dated.

conda writes local time into its history, pip dates nothing: a distribution's RECORD is as old as its install. Files
that conda hard-links keep the package's old time, so only distributions that conda does not own are dated this way.
"""

from __future__ import annotations

import datetime
from typing import TYPE_CHECKING

from envguard.model import Event, Phase

if TYPE_CHECKING:
    from collections.abc import Iterator

    from envguard.facts import Distribution, Environment, Revision

GRACE = datetime.timedelta(minutes=2)
"""How much later a conda transaction must be than an install to count as having followed it."""

TOGETHER = 60.0
"""Seconds within which installs belong to one command."""


def events(env: Environment) -> tuple[Event, ...]:
    """Every change that left a date, oldest first; what left none is not told."""
    found = [*_conda(env), *_pip(env)]
    return tuple(sorted(found, key=lambda event: event.when or ""))


def phase(env: Environment) -> Phase:
    """Who has written into the environment, and in which order.

    Shape B (conda's files over pip's dist-info) proves that conda came back, whatever the dates say.
    """
    if not env.is_conda:
        return Phase.NOT_CONDA
    if not env.pip_owned and not env.overlaps:
        return Phase.CONDA_ONLY
    if any(overlap.shape in ("conda", "both") for overlap in env.overlaps) or conda_after_pip(env):
        return Phase.MIXED
    return Phase.CONDA_THEN_PIP


def conda_after_pip(env: Environment) -> tuple[Revision, ...]:
    """The transactions that changed packages after pip had installed something that is still there.

    Installs dated before the first transaction are not judged: a cloned or copied environment keeps the old dates.
    """
    dated = [(date, revision) for revision in env.history or () if (date := _date(revision)) is not None]
    installs = [when for dist in env.pip_owned if (when := _installed(dist)) is not None]
    if not dated or not installs:
        return ()
    born = min(date for date, _ in dated)
    later = [when for when in installs if when > born]
    if not later:
        return ()
    return tuple(revision for date, revision in dated if date > min(later) + GRACE and _by_conda(revision))


def _by_conda(revision: Revision) -> bool:
    """Whether a transaction moved packages of conda's own; history may also list pip's, under the channel pypi."""
    return any(dist.channel != "pypi" for dist in (*revision.linked, *revision.unlinked))


def _date(revision: Revision) -> datetime.datetime | None:
    try:
        return datetime.datetime.strptime(revision.when, "%Y-%m-%d %H:%M:%S")  # noqa: DTZ007 - conda writes local time
    except ValueError:
        return None


def _installed(dist: Distribution) -> datetime.datetime | None:
    if dist.installed is None:
        return None
    return datetime.datetime.fromtimestamp(dist.installed)  # noqa: DTZ006 - compared with conda's local time


def _conda(env: Environment) -> Iterator[Event]:
    for revision in env.history or ():
        date = _date(revision)
        changed = revision.linked or revision.unlinked
        yield Event(
            when=date.isoformat() if date else None,
            actor="conda",
            action="link" if revision.linked else "unlink" if changed else "nothing",
            packages=tuple(f"{dist.name} {dist.version}" for dist in changed),
            command=revision.command,
            source="conda-meta/history",
        )


def _pip(env: Environment) -> Iterator[Event]:
    """Installs within a minute of each other by one installer are one event."""
    dated = sorted(
        ((dist.installed, dist) for dist in env.pip_owned if dist.installed is not None), key=lambda pair: pair[0]
    )
    group: list[tuple[float, Distribution]] = []
    for pair in [*dated, None]:
        if group and (pair is None or pair[0] - group[-1][0] > TOGETHER or pair[1].installer != group[-1][1].installer):
            when = datetime.datetime.fromtimestamp(group[0][0])  # noqa: DTZ006 - beside conda's local time
            yield Event(
                when=when.isoformat(timespec="seconds"),
                actor=group[0][1].installer or "unknown",
                action="install",
                packages=tuple(f"{dist.name} {dist.version or '?'}" for _, dist in group),
                command=None,
                source=group[0][1].path,
            )
            group = []
        if pair is not None:
            group.append(pair)
