"""What a kernel has loaded that an install has left behind, by package."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from envguard import versions
from envguard.errors import CannotTell
from envguard.model import text
from envguard.rules.names import normalise
from envguard.versions import Answer

if TYPE_CHECKING:
    from envguard.facts import CondaPackage, Distribution, Environment, Importable
    from envguard.process import Mapped, Module, Process

_LATER = 2.0
"""Seconds after the start of a process from which on an install is surely a later one."""


@dataclass
class Outdated:
    """One package of which a kernel holds something that is not on disk now."""

    name: str
    """As it is imported; of a library that is no module's, its file."""
    loaded: str | None = None
    """The version that is loaded."""
    dist: Distribution | None = None
    package: CondaPackage | None = None
    modules: list[Module] = field(default_factory=list)
    libraries: list[Mapped] = field(default_factory=list)
    installed: str | None = None
    """The version that is on disk."""
    certain: bool = True
    """Whether what is loaded was compared with what is on disk."""

    @property
    def label(self) -> str:
        """The version on disk, with the name of the distribution where that is another."""
        if self.dist is None or normalise(self.name) == self.dist.name:
            return self.installed or "?"
        return f"{self.dist.name} {self.installed or '?'}"

    @property
    def stale(self) -> set[str | None]:
        """What was found of its modules and libraries."""
        return {each.stale for each in self.modules} | {each.stale for each in self.libraries}

    @property
    def gone(self) -> bool:
        """Whether nothing of it is installed any more."""
        return self.installed is None and self.stale == {"gone"}

    @property
    def differs(self) -> bool:
        """Whether another version is loaded than the one on disk; by PEP 440, without the local part."""
        return versions.same(self.loaded, self.installed) is Answer.NO


def kernel(env: Environment) -> Process:
    """The kernel that is asked; CannotTell where only an interpreter was started to be asked."""
    if env.process is None or env.process.kind != "kernel":
        raise CannotTell(text("what is loaded is known of a running kernel only"))
    return env.process


def outdated(env: Environment) -> tuple[tuple[Outdated, ...], tuple[Outdated, ...]]:
    """The packages of which something else is loaded than what is on disk, and those of which that cannot be told."""
    process = kernel(env)
    places = _Places(env, process)
    found: dict[str, Outdated] = {}
    for module in process.modules:
        if module.stale is not None and (group := places.of_module(module)):
            found.setdefault(group.name, group).modules.append(module)
    for library in process.mapped or ():
        if library.stale is not None and (group := places.of_library(library, found)):
            found.setdefault(group.name, group).libraries.append(library)
    if env.layout == "windows":
        _by_metadata(process, places, found)
    certain, open_ = [], []
    for group in found.values():
        if group.stale & {"differs", "gone"}:
            certain.append(group)
        elif group.differs:
            group.certain = False
            certain.append(group)
        else:
            open_.append(group)
    return tuple(certain), tuple(open_)


def _by_metadata(process: Process, places: _Places, found: dict[str, Outdated]) -> None:
    """Where a file keeps its old dates when conda links it: versions that differ, and metadata written since."""
    for module in process.modules:
        if "." in module.name or module.name in found or module.version is None:
            continue
        group = places.of_module(module)
        if group and group.differs and (group.dist or group.package) and _newer(process, group.dist, group.package):
            group.certain = False
            group.modules.append(module)
            found[group.name] = group


def installed_since(env: Environment, process: Process) -> bool:
    """Whether anything was installed since a process started."""
    return any(_newer(process, dist, None) for dist in env.distributions or ()) or any(
        _newer(process, None, package) for package in env.conda_packages or ()
    )


def _newer(process: Process, dist: Distribution | None, package: CondaPackage | None) -> bool:
    if process.started is None:
        return False
    times = (dist.installed if dist else None, package.linked if package else None)
    return any(when is not None and when > process.started + _LATER for when in times)


class _Places:
    """Whose a file is, by the folder of sys.path in which it lies."""

    def __init__(self, env: Environment, process: Process) -> None:
        self.env = env
        self.process = process
        here = {_slashed(f"{prefix}/{site}") for prefix in (env.prefix, process.prefix) for site in env.site_packages}
        told = {_slashed(each.path) for each in process.path if each.origin in ("site-packages", "user-site")}
        self.sites = tuple(sorted(here | told, key=len, reverse=True))
        self.library = tuple(_slashed(each.path) for each in process.path if each.origin == "stdlib")
        self.prefixes = tuple({_slashed(env.prefix), _slashed(process.prefix)})
        self.here = frozenset(here)
        self.offers = {each.name: each for each in env.importable or ()}

    def of_module(self, module: Module) -> Outdated | None:
        """The package of a module; None for the user's own code, and for what was installed to be edited."""
        inside = self._inside(module.file or "")
        if inside is None:
            if not any(_slashed(module.file or "").startswith(folder) for folder in self.library):
                return None
            package = self.env.by_name.get("python")
            installed = package.version if package else self.env.python_version
            return Outdated("python", self.process.python_version, None, package, installed=installed)
        name = self._offered(module.name)
        group = self._named(name, known=inside in self.here)
        if group is not None:
            top = self.process.loaded.get(name)
            group.loaded = top.version if top else None
        return group

    def of_library(self, library: Mapped, found: dict[str, Outdated]) -> Outdated | None:
        """The package of a library; None for one that is not of the environment."""
        path = _slashed(library.path).rstrip("/")
        site = self._inside(path)
        if site is not None:
            top = self._before(path[len(site) :].partition("/")[0].partition(".")[0])
            for group in found.values():
                if top == group.name.partition(".")[0] or (group.dist and normalise(top) == group.dist.name):
                    return group
            name = self._offered(top)
            loaded = self.process.loaded.get(name)
            made = self._named(name, known=site in self.here)
            if made is not None and loaded is not None:
                made.loaded = loaded.version
            return made
        if not any(path.startswith(prefix) for prefix in self.prefixes):
            return None
        owner = next((each.owner for each in self.env.libraries or () if each.path == library.path), None)
        package = self.env.by_record.get(owner or "")
        return Outdated(path.rpartition("/")[2], None, None, package, installed=package.version if package else None)

    def _before(self, top: str) -> str:
        """What pip has set aside to take it off (`~cipy`), under its name: that of a module as long and ending alike."""
        if not top.startswith("~"):
            return top
        tail = top.lstrip("~-.=%0123456789")
        names = {each.partition(".")[0] for each in self.process.loaded}
        alike = [each for each in names if len(each) == len(top) and each.endswith(tail)]
        return alike[0] if len(alike) == 1 else top

    def _inside(self, path: str) -> str | None:
        path = _slashed(path).rstrip("/")
        return next((site for site in self.sites if path.startswith(site)), None)

    def _offered(self, module: str) -> str:
        """The longest name offered for import that a module belongs to; else its first part."""
        parts = module.split(".")
        for length in range(len(parts), 0, -1):
            name = ".".join(parts[:length])
            if name in self.offers:
                return name
        return parts[0]

    def _named(self, name: str, *, known: bool) -> Outdated | None:
        if not known:
            return Outdated(name)  # the user's own site-packages, of whose metadata nothing is known
        dist, package = whose(self.env, self.offers.get(name), name)
        if dist is not None and dist.editable:
            return None
        version = dist.version if dist else package.version if package else None
        return Outdated(name, None, dist, package, installed=version)


def whose(env: Environment, offer: Importable | None, name: str) -> tuple[Distribution | None, CondaPackage | None]:
    """The distribution and the conda package whose files stand under an import name."""
    package = env.by_record.get((offer.record if offer else None) or "")
    dist = env.by_path.get((offer.distribution if offer else None) or "")
    if package is not None and package.name in env.replaced:
        return env.replaced[package.name], None
    if offer is None:
        copies = tuple(each for each in env.dists_named.get(normalise(name), ()) if each.kind != "leftover")
        dist = copies[0] if len(copies) == 1 else None
    return dist, package


def _slashed(path: str) -> str:
    return path.replace("\\", "/").rstrip("/") + "/"
