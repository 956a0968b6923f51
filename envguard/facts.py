"""The typed, frozen view of what the probes say about one environment.

A section that was never collected is `None`; one that was looked at and is empty is `()`. Paths are relative to the
prefix, with forward slashes, symlinked folders resolved. Times are seconds since the epoch unless said otherwise.
"""

from __future__ import annotations

import errno
import os
import sys
from dataclasses import fields, is_dataclass
from functools import cache, cached_property
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any, get_args, get_origin, get_type_hints

from envguard.cuda import Cuda, Driver  # noqa: TC001 - as below
from envguard.ledger_entry import Entry  # noqa: TC001 - as below
from envguard.library import Compiled, Library  # noqa: TC001 - as below
from envguard.machine import (  # noqa: TC001 - from_dict asks for the hints when it runs
    CondaConfig,
    Frontend,
    Kernelspec,
    LogLine,
    PathFile,
    PipOption,
    ProjDatabase,
    Shebang,
    Shell,
    VendoredLibrary,
)
from envguard.model import Problem, Text
from envguard.probe.reading import spec_name as spec_name  # for rules, which ask all about specs of versions
from envguard.process import Elsewhere, Process
from envguard.scanned import Scanned  # noqa: TC001 - as above
from envguard.value import value

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

_CLOSED = frozenset(map(os.strerror, (errno.EACCES, errno.EPERM)))
"""What the system says of a file that is somebody else's, in which there may be nothing wrong."""


@value
class Paths:
    """A set of files by numbers, with a few names: compiled files first, then Python sources."""

    count: int = 0
    compiled: int = 0
    python: int = 0
    sample: tuple[str, ...] = ()


@value
class CondaPackage:
    """One record of conda-meta."""

    name: str
    version: str
    build: str
    build_number: int
    channel: str | None
    subdir: str | None
    noarch: str | None
    depends: tuple[str, ...]
    constrains: tuple[str, ...]
    requested: tuple[str, ...]
    """The specs a user asked for when this package came in; empty for a mere dependency."""
    record: str
    provides: tuple[str, ...]
    """Normalised names of the distributions whose dist-info or egg-info the record lists (numpy-base: numpy)."""
    linked: float | None
    """When the record was written, which is when conda linked the package."""
    files: int
    missing: Paths
    altered: Paths
    """Files whose size or hash shows that they are neither conda's nor explained by a distribution's RECORD."""

    @property
    def spec(self) -> str:
        """The exact match spec of this build, as `conda install` takes it."""
        return f"{self.name}={self.version}={self.build}" if self.build else f"{self.name}={self.version}"


@value
class DirectUrl:
    """direct_url.json of a distribution (PEP 610)."""

    url: str
    editable: bool = False
    vcs: str | None = None
    commit: str | None = None
    requested_revision: str | None = None
    exists: bool | None = None
    """Whether the local folder or file that it names is still there; None if it names none of this machine."""


@value
class Distribution:
    """One dist-info, egg-info or egg-link of a site-packages folder."""

    name: str
    """Normalised (PEP 503)."""
    version: str | None
    path: str
    site: str
    kind: str
    """dist-info, egg-info, egg-link, or leftover (pip's `~` folders)."""
    installer: str | None
    requested: bool
    direct_url: DirectUrl | None
    requires: tuple[str, ...]
    requires_python: str | None
    has_metadata: bool
    has_record: bool
    files: int
    installed: float | None
    owner: str | None
    """The conda record that owns this dist-info by path and by hash; None if conda does not own it."""
    taken_from: str | None
    """The conda record that lists this dist-info's path, though the content is not conda's any more."""
    missing: Paths
    cut: Paths = Paths()
    """Compiled files that end before their own headers say, and before RECORD does."""
    foreign: Paths = Paths()
    """Extension modules made for another Python, system or processor than the folder's, where it has none for this one."""

    @property
    def editable(self) -> bool:
        """Whether the distribution's code lives outside site-packages."""
        return self.kind == "egg-link" or (self.direct_url is not None and self.direct_url.editable)


@value
class OnDisk:
    """Whose content the shared files have now; counts only files about which the two books differ."""

    conda: int = 0
    pip: int = 0
    other: int = 0
    missing: int = 0
    unknown: int = 0


@value
class SharedFile:
    """One path that two books claim with different content."""

    path: str
    conda_hash: str | None
    pip_hash: str | None
    on_disk: str
    """conda, pip, other, missing or unknown."""


@value
class Overlap:
    """Files that a conda record and the RECORD of a distribution conda does not own both claim."""

    record: str
    distribution: str
    """Path of the dist-info."""
    shared: int
    differ: int
    compiled: int
    """Compiled files among those that differ."""
    on_disk: OnDisk
    sample: tuple[SharedFile, ...]
    extra: Paths
    """Files of the distribution that are on disk and that conda does not claim."""
    twin: str | None = None
    """Path of conda's own dist-info of the same name, if that is still there too."""
    unread: str | None = None
    """The wheel or package whose files nobody has read: the numbers are guesses, good for a judgement and not to be told."""

    @property
    def shape(self) -> str:
        """Whose files are there: "pip" (shape A, pip after conda), "conda" (shape B), "both", or "same" if the books agree."""
        if not self.differ:
            return "same"
        if self.on_disk.pip and self.on_disk.conda:
            return "both"
        if self.on_disk.conda:
            return "conda"
        # nothing could be compared: where conda's dist-info is gone, pip removed it
        return "conda" if self.twin and not self.on_disk.pip else "pip"


@value
class SharedPaths:
    """Files that two books of one kind claim: two conda records, or two RECORDs of distributions conda does not own."""

    first: str
    second: str
    shared: int
    differ: Paths


@value
class Unowned:
    """Files that no book owns, inside a package folder that conda owns."""

    record: str
    folder: str
    files: Paths


@value
class Linked:
    """A package as conda's history names it."""

    name: str
    version: str
    build: str
    channel: str | None


@value
class Revision:
    """One transaction of conda-meta/history. `when` is local time as conda wrote it (`2024-05-04 17:18:39`)."""

    when: str
    command: str | None
    conda_version: str | None
    linked: tuple[Linked, ...]
    unlinked: tuple[Linked, ...]
    whole: bool
    """The lines are the whole state (no + or -), as old conda wrote the first revision."""
    update_specs: tuple[str, ...]
    remove_specs: tuple[str, ...]


@value
class Tool:
    """A package manager that could run a fix on this machine."""

    name: str
    path: str


@value
class CacheDamage:
    """Altered files of a package that are, by their inode, the package cache's own."""

    record: str
    folder: str
    """The package's folder in the cache."""
    files: Paths


@value
class Importable:
    """One top-level name that a site-packages folder offers for import, and who put it there."""

    name: str
    """As `import` takes it; `google.protobuf` for what lies in a namespace package."""
    path: str
    """The folder or file, relative to the prefix."""
    record: str | None
    """The conda record that lists it."""
    distribution: str | None
    """The path of the distribution that lists it, or that conda's record brought with it."""
    gone: bool = False
    """Whether an editable install offers it from a place at which there is nothing."""


@value
class Activation:
    """One script of `etc/conda/activate.d`: the variables it sets, by its text; it was not run."""

    path: str
    record: str | None
    variables: tuple[str, ...]


@value
class Deep:
    """What hashing every recorded file showed; the packages' `altered` is complete then."""

    files: int
    bytes: int
    unknown: int
    """Files of which no record tells the content: a rewritten prefix, a signature."""
    cached: tuple[CacheDamage, ...] = ()


@value
class Environment:
    """Everything known about one prefix."""

    prefix: str
    layout: str
    """unix or windows."""
    platform: str | None
    """conda's name of it, such as linux-64; None if no record tells."""
    interpreter: str | None
    python_version: str | None
    base: bool
    frozen: bool
    """conda-meta/frozen exists: the environment is declared read-only (CEP 22)."""
    writable: bool
    manager: str | None
    """conda, pixi, rattler, venv or None."""
    tools: tuple[Tool, ...]
    site_packages: tuple[str, ...]
    conda_packages: tuple[CondaPackage, ...] | None
    distributions: tuple[Distribution, ...] | None
    history: tuple[Revision, ...] | None
    overlaps: tuple[Overlap, ...] = ()
    shared_records: tuple[SharedPaths, ...] = ()
    shared_distributions: tuple[SharedPaths, ...] = ()
    unowned: tuple[Unowned, ...] = ()
    unreadable_records: tuple[str, ...] = ()
    """Names (file stems) of records that exist but could not be read."""
    problems: tuple[Problem, ...] = ()
    unlooked: int = 0
    """Folders and files that nobody looked at, since time was up."""
    pths: tuple[PathFile, ...] | None = None
    vendored: tuple[VendoredLibrary, ...] | None = None
    shebangs: tuple[Shebang, ...] | None = None
    """Of the scripts that pip's distributions and the well-known tools brought."""
    pip_warnings: tuple[str, ...] | None = None
    """conda's own entry points that import conda.cli.pip_warning, which only a conda from PyPI has."""
    externally_managed: tuple[str, ...] | None = None
    pinned: tuple[str, ...] | None = None
    """The specs of conda-meta/pinned."""
    conda_config: CondaConfig | None = None
    pip_config: tuple[PipOption, ...] | None = None
    kernelspecs: tuple[Kernelspec, ...] | None = None
    frontends: tuple[Frontend, ...] | None = None
    shell: Shell | None = None
    deep: Deep | None = None
    importable: tuple[Importable, ...] | None = None
    activation: tuple[Activation, ...] | None = None
    process: Process | None = None
    cuda: Cuda | None = None
    driver: Driver | None = None
    """Asked only when somebody wants to know about CUDA."""
    unasked: Text | None = None
    """Why there is no process, where one was to be asked."""
    elsewhere: tuple[Elsewhere, ...] | None = None
    """The folders outside the prefix from which the process may import, and the user's own."""
    compiled: tuple[Compiled, ...] | None = None
    """A few extension modules of each package, for `libraries`."""
    libraries: tuple[Library, ...] | None = None
    """The ELF headers of what is mapped, or of what may not find its libraries."""
    numpy1: tuple[Compiled, ...] | None = None
    """Of `compiled` those of pip's that were made with the headers of numpy 1; looked for only beside numpy 2."""
    proj: tuple[ProjDatabase, ...] | None = None
    """The databases of wheels that take another one if a variable names it, and conda's; none unless there are both."""
    install_log: tuple[LogLine, ...] | None = None
    """The warnings in what an installer printed, where somebody gave that."""
    scanned: tuple[Scanned, ...] | None = None
    """What notebooks and other files ask installers for, where somebody gave them."""
    ledger: tuple[Entry, ...] | None = None
    """The newest entries of our ledger; None if there is none, or one that came from elsewhere."""
    ledger_file: str | None = None
    ledger_notes: tuple[Text, ...] = ()
    """What of it could not be read, or why it is not read."""
    undo_points: tuple[str, ...] = ()
    """The checkpoints that are kept."""

    @classmethod
    def from_dict(cls, data: Mapping[str, Any]) -> Environment:
        """The typed view of a probe's answer; unknown keys are ignored, so that a newer probe can be read."""
        return _build(cls, data)  # type: ignore[no-any-return]

    @classmethod
    def unread(cls, prefix: str = "", layout: str = "unix", python_version: str | None = None) -> Environment:
        """One of whose files nobody can know anything: it is on another machine, or there is none."""
        return cls(
            prefix=prefix,
            layout=layout,
            platform=None,
            interpreter=None,
            python_version=python_version,
            base=False,
            frozen=False,
            writable=False,
            manager=None,
            tools=(),
            site_packages=(),
            conda_packages=None,
            distributions=None,
            history=None,
        )

    @property
    def is_conda(self) -> bool:
        """Whether conda keeps a book here."""
        unknown = self.conda_packages is None and self.manager not in (None, "venv")
        return bool(self.conda_packages) or bool(self.unreadable_records) or unknown

    @property
    def closed_records(self) -> tuple[str, ...]:
        """The records that only somebody else may read, in which there may be nothing wrong."""
        damaged = self.damaged_records
        return tuple(stem for stem in self.unreadable_records if f"conda-meta/{stem}.json" not in damaged)

    @property
    def damaged_records(self) -> Mapping[str, Text]:
        """Why each record that is there holds none, by its path; of those that only their owner may read nothing is known."""
        paths = {f"conda-meta/{stem}.json" for stem in self.unreadable_records}
        told = ((each.source, each.reason) for each in self.problems if each.source in paths)
        return {path: reason for path, reason in told if reason.args.get("error") not in _CLOSED}

    @property
    def name(self) -> str:
        """What people call it: `base`, or the last part of the prefix."""
        return "base" if self.base else self.prefix.replace("\\", "/").rstrip("/").rpartition("/")[2] or self.prefix

    @cached_property
    def by_record(self) -> Mapping[str, CondaPackage]:
        """Conda packages by the path of their record."""
        return {package.record: package for package in self.conda_packages or ()}

    @cached_property
    def by_name(self) -> Mapping[str, CondaPackage]:
        """Conda packages by name."""
        return {package.name: package for package in self.conda_packages or ()}

    @cached_property
    def by_path(self) -> Mapping[str, Distribution]:
        """Distributions by the path of their dist-info."""
        return {dist.path: dist for dist in self.distributions or ()}

    @cached_property
    def depending(self) -> Mapping[str, tuple[tuple[int, CondaPackage], ...]]:
        """The conda packages that depend on a name, each with its place among all."""
        found: dict[str, dict[int, CondaPackage]] = {}
        for place, package in enumerate(self.conda_packages or ()):
            for spec in package.depends:
                found.setdefault(spec_name(spec) or "", {})[place] = package
        return {name: tuple(packages.items()) for name, packages in found.items()}

    @cached_property
    def overlaps_of(self) -> Mapping[str, tuple[Overlap, ...]]:
        """Overlaps by the path of the distribution's dist-info."""
        found: dict[str, list[Overlap]] = {}
        for overlap in self.overlaps:
            found.setdefault(overlap.distribution, []).append(overlap)
        return {path: tuple(overlaps) for path, overlaps in found.items()}

    @cached_property
    def dists_named(self) -> Mapping[str, tuple[Distribution, ...]]:
        """Distributions by their normalised name."""
        found: dict[str, list[Distribution]] = {}
        for dist in self.distributions or ():
            found.setdefault(dist.name, []).append(dist)
        return {name: tuple(dists) for name, dists in found.items()}

    @cached_property
    def records_of_dists(self) -> frozenset[str | None]:
        """The records that own a distribution, or from which one was taken."""
        return frozenset(record for dist in self.distributions or () for record in (dist.owner, dist.taken_from))

    @cached_property
    def pip_owned(self) -> tuple[Distribution, ...]:
        """Distributions that conda does not own, leftovers apart."""
        return tuple(dist for dist in self.distributions or () if dist.owner is None and dist.kind != "leftover")

    @cached_property
    def replaced(self) -> Mapping[str, Distribution]:
        """Conda package name -> the distribution whose code is imported in its stead (shape A).

        Besides the package whose files were overwritten (numpy-base) the one of the same name (numpy) counts: what
        depends on it imports the same code.
        """
        found: dict[str, Distribution] = {}
        for overlap in self.overlaps:
            package, dist = self.by_record.get(overlap.record), self.by_path.get(overlap.distribution)
            if package is None or dist is None or overlap.shape not in ("pip", "both"):
                continue
            for name in (package.name, dist.name):
                other = self.by_name.get(name)
                if other is not None and other.version == package.version and dist.name in package.provides:
                    found[name] = dist
        return found


def process_from_dict(data: Mapping[str, Any]) -> Process:
    """The typed view of what a process tells of itself."""
    return _build(Process, data)  # type: ignore[no-any-return]


def _build(kind: Any, data: Any) -> Any:
    """Turns plain JSON values into the frozen value of a type hint."""
    build = _builder(kind)
    return data if build is None else build(data)


@cache
def _builder(kind: Any) -> Callable[[Any], Any] | None:
    """What turns a JSON value into one of a type hint; None where it is one as it stands."""
    if kind in _PLAIN:
        return None
    if kind is Problem:
        return lambda data: Problem(data["source"], Text(data["reason"], data.get("args", {})))
    if isinstance(kind, type) and is_dataclass(kind):
        return lambda data: kind(
            **{
                name: data[name] if build is None else build(data[name])
                for name, build in _builders(kind)
                if name in data
            }
        )
    options = get_args(kind)
    if get_origin(kind) is tuple:
        item = _builder(options[0])
        return tuple if item is None else lambda data: tuple(map(item, data))
    inner = _builder(next(option for option in options if option is not type(None)))
    return inner and (lambda data: None if data is None else inner(data))


_PLAIN = (str, int, float, bool, str | None, int | None, float | None)
_WRITTEN_PLAIN = frozenset(("str", "int", "float", "bool", "str | None", "int | None", "float | None"))


@cache
def _builders(kind: Any) -> tuple[tuple[str, Callable[[Any], Any] | None], ...]:
    """The name of every field of a dataclass, and what turns a JSON value into its own.

    Most hints are plain, which their text shows: to evaluate those, too, takes longer than a hundred packages do.
    """
    written = {field.name: field.type for field in fields(kind)}
    others = SimpleNamespace(__annotations__={n: hint for n, hint in written.items() if hint not in _WRITTEN_PLAIN})
    hints = get_type_hints(others, vars(sys.modules[kind.__module__]))
    return tuple((name, _builder(hints[name]) if name in hints else None) for name in written)
