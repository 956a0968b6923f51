"""Whether versions are allowed: at once where that is plain, by the libraries for versions where it is not."""

from __future__ import annotations

from typing import TYPE_CHECKING

from envguard import ranges
from envguard.errors import CannotTell

if TYPE_CHECKING:
    from collections.abc import Iterable

    from envguard.commands.command import Requirement
    from envguard.forecast.glance import Glance


def pip_allows(specifier: str, version: str | None) -> bool | None:
    """Whether a range of PEP 440 holds a version; None if that cannot be told."""
    if not specifier:
        return True
    if version is None:
        return None
    terms, release = ranges.terms(specifier), ranges.release(version)
    if terms is not None and release is not None and (told := ranges.holds(terms, release)) is not None:
        return told
    from envguard import versions

    try:
        wanted = versions.requirement(f"name{specifier}")
        return None if wanted is None else _told(versions.pip_allows(wanted, version))
    except CannotTell:
        return None


def conda_allows(spec: str, name: str, version: str | None) -> bool | None:
    """Whether a spec of conda holds a version, its build aside; None if that cannot be told."""
    wanted, release = ranges.of_spec(spec), ranges.release(version)
    if wanted == "":
        return True
    if version is None:
        return None
    terms = ranges.terms(wanted, conda=True) if wanted is not None else None
    if terms is not None and release is not None and (told := ranges.holds(terms, release)) is not None:
        return told
    from envguard import versions

    try:
        return _told(versions.conda_allows_version(spec, name, version))
    except CannotTell:
        return None


def can_meet(specifier: str, spec: str) -> bool | None:
    """Whether some version is in a range of PEP 440 and in one of conda's; None if that is not plain."""
    wanted = ranges.of_spec(spec)
    condas = ranges.terms(wanted, conda=True) if wanted is not None else None
    pips = ranges.terms(specifier)
    return None if condas is None or pips is None else ranges.meet(condas, pips)


def applies(requirement: Requirement, look: Glance) -> bool | None:
    """Whether a marker is true for the Python of an environment."""
    if requirement.marker is None:
        return True
    # rare, and it takes a library
    from envguard import versions
    from envguard.facts import Environment

    env = Environment(
        prefix=look.prefix,
        layout=look.layout,
        platform=look.platform,
        interpreter=None,
        python_version=look.python_version,
        base=look.is_base,
        frozen=False,
        writable=True,
        manager=None,
        tools=(),
        site_packages=look.sites,
        conda_packages=None,
        distributions=None,
        history=None,
    )
    try:
        wanted = versions.requirement(f"name; {requirement.marker}")
        return None if wanted is None else _told(versions.applies(wanted.marker, versions.marker_environment(env)))
    except CannotTell:
        return None


def joined(parts: Iterable[str]) -> str:
    """Several ranges as one that holds what all of them hold."""
    return ",".join(dict.fromkeys(part.strip() for each in parts for part in each.split(",") if part.strip()))


def _told(answer: object) -> bool | None:
    return {"yes": True, "no": False}.get(getattr(answer, "value", ""))
