"""What an import meets under the names of conda packages, and which of their specs that does not satisfy."""

from __future__ import annotations

from typing import TYPE_CHECKING

from envguard import versions
from envguard.errors import CannotTell
from envguard.facts import Distribution
from envguard.rules.names import normalise, same_project
from envguard.rules.overlaps import clashes, stand_in, uninstalled
from envguard.rules.ownership import lost
from envguard.value import value
from envguard.versions import Answer

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator

    from envguard.facts import CondaPackage, Environment


@value
class Unmet:
    """One spec of a record that does not hold, and what stands there instead."""

    spec: str
    name: str
    found: CondaPackage | Distribution | None
    by_pip: bool

    @property
    def dist(self) -> Distribution | None:
        """What pip put there."""
        return self.found if isinstance(self.found, Distribution) else None


class Importable:
    """What stands under the names of conda packages: conda's own, or what pip put in its place."""

    def __init__(self, env: Environment) -> None:
        self.env = env
        self.replaced: dict[str, Distribution] = dict(env.replaced)
        self.exchanged = {clash.package.name for clash in clashes(env) if clash.replaces}
        for package in env.conda_packages or ():
            if package.name not in self.replaced and uninstalled(env, package):
                other = stand_in(env, package)
                if other is not None:
                    self.replaced[package.name] = other
                    self.exchanged.add(package.name)
        self.strangers = {dist.name: dist for dist in env.pip_owned}
        self._known: dict[tuple[str, bool], Unmet | None] = {}

    def beside(self, name: str) -> Distribution | None:
        """The distribution of pip's that is the same project as a package of which conda has no record."""
        dist = self.strangers.get(normalise(name))
        return dist if dist is not None and name not in self.env.by_name and same_project(name, dist.name) else None

    def unmet(self, spec: str, *, required: bool) -> Unmet | None:
        """What a spec meets if it does not hold; None if it holds or nobody can tell."""
        asked = spec, required
        if (
            asked not in self._known
        ):  # what many packages need (`python >=3.11`), each of them asks for in the same words
            self._known[asked] = self._unmet(spec, required=required)
        return self._known[asked]

    def _unmet(self, spec: str, *, required: bool) -> Unmet | None:
        name = versions.spec_name(spec)
        if name is None or versions.is_virtual(name):
            return None
        dist = self.replaced.get(name) or self.beside(name)
        if dist is not None:
            broken = versions.conda_allows_version(spec, name, dist.version) is Answer.NO
            return Unmet(spec, name, dist, by_pip=True) if broken else None
        package = self.env.by_name.get(name)
        if package is not None:
            broken = versions.conda_allows(spec, package) is Answer.NO
            return Unmet(spec, name, package, by_pip=False) if broken else None
        return Unmet(spec, name, None, by_pip=False) if required else None


def unmet_by_pip(env: Environment, names: Collection[str]) -> Iterator[tuple[CondaPackage, str, Distribution]]:
    """The specs of some packages that a version of pip's does not meet."""
    versions.require_conda()
    for package, unmet in unmet_depends(env):
        for each in unmet if package.name in names else ():
            if each.by_pip and each.dist is not None:
                yield package, each.spec, each.dist


def unmet_depends(env: Environment) -> Iterator[tuple[CondaPackage, tuple[Unmet, ...]]]:
    """Every package with the specs of it that do not hold."""
    importable = Importable(env)
    excused = _unrecorded(env)
    for package in env.conda_packages or ():
        if package.name in importable.exchanged:
            continue  # its code is pip's, and what that requires stands in its own metadata
        unmet = tuple(
            found
            for spec in package.depends
            if (found := importable.unmet(spec, required=True)) and (found.found or found.name not in excused)
        )
        if unmet:
            yield package, unmet


def _unrecorded(env: Environment) -> frozenset[str]:
    """Names that conda may well have, although no readable record says so."""
    unreadable = {stem.rsplit("-", 2)[0] for stem in env.unreadable_records}
    try:
        return frozenset(unreadable | {package.name for package in lost(env)})
    except CannotTell:
        return frozenset(unreadable)
