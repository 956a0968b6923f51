"""What pip is to install: every distribution conda does not own, at its exact version.

* pip, setuptools and wheel are left out: conda brings them, and who makes the environment anew renews them.
* One whose code is conda's again (shape B) is left out, and so is a second dist-info of one name.
* With `from-history` only what somebody asked pip for is listed, and what nothing else asks for: that came by an extra, or by
  a tool that does not note what it was asked for.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from envguard import versions
from envguard.export import origins
from envguard.export_report import Depth, Lost
from envguard.model import Text, text
from envguard.rules.overlaps import live
from envguard.tables import BASICS
from envguard.value import value
from envguard.versions import Answer

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from envguard.facts import Distribution, Environment

_NAME = re.compile(r"[a-z0-9](?:[a-z0-9-]{0,98}[a-z0-9])?")


@value
class PipItem:
    """One distribution for pip."""

    name: str
    version: str
    line: str | None
    """The requirement; None if pip cannot be told to get it anywhere else."""
    note: Text | None = None
    """What to do about it, or why it is there."""


@value
class PipPart:
    """What pip is to bring, and what it cannot."""

    items: tuple[PipItem, ...]
    lost: tuple[Lost, ...]


def items(env: Environment, depth: Depth) -> PipPart:
    """The requirements by name."""
    lost: list[Lost] = []
    alive = live(env)
    paths = {dist.path for dist in alive}
    wanted: dict[str, Distribution] = {}
    for dist in sorted(env.pip_owned, key=lambda dist: (dist.name, dist.installed or 0.0)):
        if dist.path not in paths:
            said = text("pip's {name} {version} is left out: conda has put its own back over it", **_told(dist))
            lost.append(Lost(dist.name, said))
        elif dist.name in BASICS:
            lost.append(Lost(dist.name, text("pip's own {name} {version} is left out, as whoever makes it anew has one", **_told(dist))))  # fmt: skip
        else:
            if dist.name in wanted:
                lost.append(Lost(dist.name, text("{name} is here more than once; {version}, the newest by date, is written down", **_told(dist))))  # fmt: skip
            wanted[dist.name] = dist
    chosen = wanted.values() if depth is not Depth.HISTORY else _roots(env, wanted.values())
    found = tuple(_item(env, dist, lost) for dist in chosen)
    return PipPart(found, tuple(lost))


def given(env: Environment) -> tuple[str, ...]:
    """What conda's packages bring, as pip would name it."""
    return tuple(
        sorted(
            f"{dist.name}=={dist.version}"
            for dist in live(env)
            if dist.owner is not None and dist.name not in BASICS and _NAME.fullmatch(dist.name) and _version(dist)
        )
    )


def _item(env: Environment, dist: Distribution, lost: list[Lost]) -> PipItem:
    version = _version(dist)
    if not _NAME.fullmatch(dist.name):
        lost.append(Lost(dist.path, text("{path} tells no name that pip could install", path=dist.path)))
        return PipItem(dist.name, version or "?", None, text("it tells no name that pip could install"))
    if dist.editable or dist.direct_url is not None:
        found = origins.requirement(env, dist)
        if found.lost is not None:
            lost.append(Lost(dist.name, found.lost))
        return PipItem(dist.name, version or "?", found.line, found.note)
    if version is None:
        said = text("{name} tells no version that pip could install", name=dist.name)
        lost.append(Lost(dist.name, said))
        return PipItem(dist.name, dist.version or "?", None, said)
    if dist.missing.compiled or dist.missing.python:
        lost.append(
            Lost(
                dist.name,
                text(
                    "{n} file of pip's {name} is missing here, and comes back",
                    "{n} files of pip's {name} are missing here, and come back",
                    n=dist.missing.count,
                    name=dist.name,
                ),
            )
        )
    return PipItem(dist.name, version, f"{dist.name}=={version}")


def _version(dist: Distribution) -> str | None:
    return versions.pep440(dist.version or "")


def _told(dist: Distribution) -> dict[str, str]:
    return {"name": dist.name, "version": dist.version or "?"}


def _roots(env: Environment, dists: Iterable[Distribution]) -> Iterator[Distribution]:
    """What was asked for, and what none of that needs."""
    every = {dist.name: dist for dist in dists}
    needs = {name: tuple(_needs(env, dist, every)) for name, dist in every.items()}
    reached: set[str] = set()

    def reach(names: Iterable[str]) -> None:
        queue = list(names)
        while queue:
            name = queue.pop()
            if name not in reached:
                reached.add(name)
                queue += needs[name]

    asked = {name for name, dist in every.items() if dist.requested}
    reach(asked)
    # of what nothing asked for needs: first what none of the rest needs either, then whatever stands in a circle
    for name in sorted(every, key=lambda name: any(name in needs[other] for other in every if other not in reached)):
        if name not in reached:
            asked.add(name)
            reach((name,))
    yield from (dist for name, dist in every.items() if name in asked)


def _needs(env: Environment, dist: Distribution, every: dict[str, Distribution]) -> Iterator[str]:
    """The names that a distribution requires, extras apart."""
    known = versions.marker_environment(env)
    for line in dist.requires:
        wanted = versions.requirement(line)
        if wanted is None:
            continue
        name = re.sub(r"[-_.]+", "-", wanted.name).lower()
        if name in every and name != dist.name and versions.applies(wanted.marker, known) is not Answer.NO:
            yield name
