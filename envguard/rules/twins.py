"""One library twice in a process: which copies of it a kernel has in memory."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from envguard.model import Evidence, text
from envguard.probe.extras import stem
from envguard.value import value

if TYPE_CHECKING:
    from collections.abc import Iterable

    from envguard.facts import Environment
    from envguard.machine import VendoredLibrary

_SO_VERSION = re.compile(r"\.so\.(\d+(?:\.\d+)*)$")


@value
class Copy:
    """One file of a library that a kernel has in memory."""

    path: str
    version: str | None
    """What stands behind `.so.`; None on other systems."""


def mapped(env: Environment) -> tuple[str, ...]:
    """The files that a kernel has in memory; none where the process is no kernel, or the system does not tell."""
    if env.process is None or env.process.kind != "kernel":
        return ()
    return tuple(dict.fromkeys(each.path for each in env.process.mapped or ()))


def copies(env: Environment, *stems: str) -> tuple[Copy, ...]:
    """The copies of a library that a kernel has in memory, by the library's possible names (`libhdf5`, `hdf5`)."""
    found = []
    for path in mapped(env):
        name = _name(path)
        if stem(name) in stems:
            version = _SO_VERSION.search(name)
            found.append(Copy(path, version[1] if version else None))
    return tuple(found)


def differ(found: Iterable[Copy]) -> bool:
    """Whether copies are known to be of different versions."""
    return len({copy.version for copy in found if copy.version}) > 1


def both_loaded(env: Environment, twin: VendoredLibrary) -> bool:
    """Whether a kernel has a wheel's own copy of a library in memory, and conda's as well."""
    files = mapped(env)
    for path in (each.replace("\\", "/") for each in files):
        if not path.endswith(f"/{twin.path}"):
            continue
        # a link such as libgomp.so is mapped under the name of the file it leads to
        folder = path.removesuffix(twin.path) + twin.conda_path.rpartition("/")[0]
        if any(
            each.replace("\\", "/").rpartition("/")[0] == folder and stem(_name(each)) == twin.stem for each in files
        ):
            return True
    return False


def evidence(found: Iterable[Copy]) -> tuple[Evidence, ...]:
    """The copies as evidence."""
    return tuple(Evidence(text("is loaded in the kernel"), copy.path) for copy in found)


def _name(path: str) -> str:
    return path.replace("\\", "/").rpartition("/")[2]
