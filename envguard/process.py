"""The typed, frozen view of one Python process: what it looks for modules in, what it has loaded, what it was told.

Parts of `envguard.facts.Environment`, and kept to the same rules; `probe/live.py` tells them. Paths are absolute, as the
process has them. What looks like a secret is masked before it leaves the process.
"""

from __future__ import annotations

from functools import cached_property
from typing import TYPE_CHECKING

from envguard.value import value

if TYPE_CHECKING:
    from collections.abc import Mapping


@value
class PathEntry:
    """One entry of sys.path, in its order."""

    path: str
    """Absolute; the entry `""` is told as the current folder."""
    origin: str
    """stdlib, site-packages, user-site, pth, pythonpath, current (the working folder), added (while running), or other."""
    source: str | None = None
    """What put it there: the .pth file, or PYTHONPATH."""
    exists: bool = True


@value
class Module:
    """One module in sys.modules, envguard's own and what it brought apart."""

    name: str
    file: str | None
    """Its `__file__`; None for built-in ones and for namespace packages."""
    version: str | None = None
    """Its own `__version__`, if that is a string; of top-level modules only."""
    stale: str | None = None
    """What `probe/stale.py` found, of a file written since the process started: "differs" and "gone" are certain, "changed"
    could not be compared. None where the loaded code is the file's; and for the rest of a package once one module is stale."""


@value
class Mapped:
    """One shared library or extension module that the process has in memory."""

    path: str
    deleted: bool = False
    """The file was removed or replaced since; the process goes on with the old one."""
    stale: str | None = None
    """As of a Module, of deleted ones only: None also where the same library was put there once more."""


@value
class Variable:
    """One variable of the process's environment that matters here."""

    name: str
    value: str


@value
class Process:
    """Everything known about one process; what an interpreter started for the purpose tells is a fresh one's view."""

    kind: str
    """kernel (the very process of a notebook), or fresh (an interpreter that was started to be asked)."""
    pid: int
    executable: str
    prefix: str
    base_prefix: str
    python_version: str
    system: str
    """platform.system(): Linux, Darwin or Windows."""
    machine: str
    """platform.machine(): x86_64, arm64, aarch64 or AMD64."""
    started: float | None
    """When it was started, in seconds since the epoch."""
    cwd: str | None
    user_site: str | None
    """The user's own site-packages, whether or not there is such a folder."""
    path: tuple[PathEntry, ...]
    variables: tuple[Variable, ...]
    modules: tuple[Module, ...]
    mapped: tuple[Mapped, ...] | None = None
    """None where the system does not tell."""
    cpu_flags: tuple[str, ...] | None = None
    """What the processor can do, as Linux spells it (avx2, sse4_1); None where the system does not tell."""
    translated: bool | None = None
    """Whether an Intel Python runs on Apple's processor (Rosetta); None where that cannot be."""
    container: str | None = None
    """docker, podman, singularity, kubernetes, wsl … by what they leave; None if nothing hints at one."""
    glibc: str | None = None

    @cached_property
    def environ(self) -> Mapping[str, str]:
        """The variables by name."""
        return {variable.name: variable.value for variable in self.variables}

    @cached_property
    def loaded(self) -> Mapping[str, Module]:
        """The modules by name."""
        return {module.name: module for module in self.modules}


@value
class Offer:
    """One top-level name that a folder offers for import."""

    name: str
    file: str
    """As it is called in the folder: `numpy`, `numpy.py`, `numpy.cpython-311-x86_64-linux-gnu.so`."""
    namespace: bool = False
    """A folder without `__init__`, which Python takes only where nothing else on the path has the name."""
    library: bool = False
    """The standard library has a module of the same name."""


@value
class Stranger:
    """A distribution that lies outside the prefix."""

    name: str
    """Normalised (PEP 503)."""
    version: str | None
    folder: str
    """The name of its dist-info."""
    direct: bool = False
    """The prefix has it, too, and it came from an address or a folder (direct_url.json): its code may lie elsewhere again."""


@value
class Elsewhere:
    """A folder outside the prefix's own from which the process may import, with the names in it; no file of it is run."""

    path: str
    origin: str
    """As of the entry of sys.path; `user-site` for the user's own folder, also where the process does not look there."""
    place: int | None
    """Its place in the process's path; None if it is not on it."""
    before: bool
    """Whether it comes before the first site-packages folder of the prefix."""
    offers: tuple[Offer, ...]
    strangers: tuple[Stranger, ...]
