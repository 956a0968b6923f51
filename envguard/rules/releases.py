"""The release number of a version, for tables of which builds do what; no library needed."""

from __future__ import annotations

import re

_RELEASE = r"v?\d+(?:\.\d+)*"


def release(version: str | None) -> tuple[int, ...]:
    """The leading numbers of a version: (2, 3, 5) of `2.3.5.post1+cu121`; () where there is none."""
    match = re.match(_RELEASE, version or "")
    return tuple(int(part[:9]) for part in match[0].lstrip("v").split(".")) if match else ()


def below(version: str | None, bound: str) -> bool:
    """Whether a version is known and comes before another."""
    found = release(version)
    return bool(found) and found < release(bound)


def at_least(version: str | None, bound: str) -> bool:
    """Whether a version is known and is another or a later one."""
    found = release(version)
    wanted = release(bound)
    return bool(found) and (*found, *(0 for _ in wanted[len(found) :])) >= wanted
