"""Which extension modules of pip's were compiled with the headers of numpy 1, where numpy 2 is installed.

The headers put the name of the module that they import into whatever is compiled with them: those of numpy 1 only
`numpy.core._multiarray_umath` (from 1.16 on), those of numpy 2 `numpy._core._multiarray_umath` as well. Seen in wheels
of pandas 1.5.3, contourpy 1.2.0 and h5py 3.10.0 on the one hand, of pandas 2.2.3 and scipy 1.14.1 on the other.
"""

from __future__ import annotations

import os
from dataclasses import replace
from typing import TYPE_CHECKING

from envguard.probe import reading
from envguard.store import Derived

if TYPE_CHECKING:
    from envguard.facts import Environment
    from envguard.library import Compiled

_OLD, _NEW = b"numpy.core._multiarray_umath", b"numpy._core._multiarray_umath"
_LARGEST = 16 << 20
"""Bytes of a file that is looked through; pandas' largest has three million."""

_told: Derived[tuple[Compiled, ...]] = Derived()


def made_for_numpy1(env: Environment) -> tuple[Compiled, ...] | None:
    """Of the modules the probe names those of pip's; none where there is no numpy 2, None where the probe named none."""
    if env.compiled is None:
        return None
    if not _has_numpy2(env):
        return ()
    return _told.get(env.compiled, env.prefix, lambda: tuple(each for each in env.compiled or () if _is_old(each, env)))


def foreseen(before: Environment, after: Environment) -> Environment:
    """The environment after a change with those of its modules that numpy 2 would meet first then."""
    if after.compiled is None or _has_numpy2(before) or not _has_numpy2(after):
        return after
    return replace(after, numpy1=tuple(each for each in after.compiled if _is_old(each, after)))


def _has_numpy2(env: Environment) -> bool:
    package = env.by_name.get("numpy")
    versions = [each.version for each in env.dists_named.get("numpy", ())] + ([package.version] if package else [])
    return any((version or "").startswith("2.") for version in versions)


def _is_old(each: Compiled, env: Environment) -> bool:
    dist = env.by_path.get(each.owner)
    if dist is None or dist.owner is not None or dist.name == "numpy":
        return False
    if not any(reading.spec_name(line) == "numpy" for line in dist.requires):
        return False  # most are made without numpy, and some are large
    old, tail = False, b""
    try:
        for chunk in reading.chunks(os.path.join(env.prefix, *each.path.split("/")), _LARGEST, env.prefix):
            data = tail + chunk
            if _NEW in data:
                return False
            old = old or _OLD in data
            tail = data[-len(_NEW) :]
    except OSError:
        return False
    return old
