"""What numpy's binary interface was in which release, for rules and for the reading of errors.

Measured on the wheels of 1.8.2, 1.9.3, 1.10.4, 1.11.3, 1.12.1, 1.13.3, 1.14.6, 1.15.4, 1.16.6, 1.17.5, 1.18.5, 1.19.5,
1.20.3, 1.21.6, 1.22.4, 1.23.5, 1.24.4, 1.25.2, 1.26.4, 2.0.2, 2.1.3, 2.2.6, 2.3.5 and 2.4.0 for Linux on x86-64: the numbers
as their headers (`_numpyconfig.h`, `numpyconfig.h`) have them, the sizes as `__basicsize__` of the running types.
"""

from __future__ import annotations

import re
from types import MappingProxyType

from envguard.rules.releases import release

API: tuple[tuple[int, str], ...] = (
    (0x9, "1.8"),
    (0xA, "1.10"),
    (0xB, "1.13"),
    (0xC, "1.14"),
    (0xD, "1.16"),
    (0xE, "1.20"),
    (0xF, "1.22"),
    (0x10, "1.23"),
    (0x11, "1.25"),
    (0x12, "2.0"),
    (0x13, "2.1"),
    (0x14, "2.3"),
    (0x15, "2.4"),
)
"""NPY_API_VERSION, and the first release that has it. NPY_ABI_VERSION is 0x1000009 in all of 1.x and 0x2000000 in 2.x."""

SIZES = MappingProxyType(
    {
        "numpy.dtype": ((88, "1.8"), (96, "1.10"), (88, "2.0")),
        "numpy.ndarray": ((80, "1.8"), (88, "1.20"), (96, "1.22")),
        "numpy.ufunc": ((192, "1.8"), (216, "1.16"), (232, "1.22"), (240, "2.1")),
    }
)
"""The size of a type in bytes, and the first release of each. A type that has only grown since is no damage: an error is
raised where the running type is smaller than the one compiled against, at most a warning where it is larger."""

_REMOVED = re.compile(r"\bnumpy['\"]? has no attribute ['\"](?:bool|complex|float|int|long|object|str|unicode)['\"]")
_REMOVED_IN = re.compile(r"`np\.\w{1,60}` was removed in the NumPy (\d{1,3}\.\d{1,3}) release")
"""What numpy itself says of a name that it has no more: the first of 1.24's aliases, the second of 2.0's."""

_TARGETS = (("2.3", 0x10), ("2.1", 0xE), ("1.25", 0xD))
"""From these releases on an extension asks, unless told otherwise, only for this older interface."""


def removed_since(message: str) -> str | None:
    """The first release without the name that an AttributeError is about, where numpy took it away."""
    found = _REMOVED_IN.search(message)
    return found[1] if found else "1.24" if _REMOVED.search(message) else None


def api(version: str | None) -> int | None:
    """The API number of a release; None for one older than the table, or unknown. A newer one counts as the newest."""
    found = release(version)
    return next((number for number, first in reversed(API) if found and found >= release(first)), None)


def first_with(number: int) -> str | None:
    """The first release that has an API number."""
    return dict(API).get(number)


def asks_for(version: str | None) -> int | None:
    """The API number that an extension needs when it runs, if it was compiled with the headers of this release."""
    found = release(version)
    return next((number for first, number in _TARGETS if found and found >= release(first)), api(version))


def runs_with(built: str | None, running: str | None) -> bool | None:
    """Whether an extension compiled against one release can run with another; None if that is not known."""
    needed, there = asks_for(built), api(running)
    if needed is None or there is None:
        return None
    if release(running)[0] >= 2 > release(built)[0]:
        return False
    return needed <= there


def with_size(name: str, size: int) -> tuple[tuple[str, str | None], ...]:
    """The ranges of releases in which a type has a size: the first of each, and the first that no longer belongs to it."""
    known = SIZES.get(name)
    if known is None:
        return ()
    ends = (*(first for _, first in known[1:]), None)
    return tuple((first, end) for (each, first), end in zip(known, ends, strict=True) if each == size)
