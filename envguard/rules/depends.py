"""Rules about what conda's records ask for: depends and constrains, against what is really imported."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from envguard import versions
from envguard.errors import CannotTell
from envguard.model import Evidence, Severity, Text, text
from envguard.rules import fixes
from envguard.rules.names import normalise, same_project
from envguard.rules.overlaps import clashes, stand_in, uninstalled
from envguard.rules.ownership import lost
from envguard.rules.rule import Found, Rule, rule
from envguard.versions import Answer

if TYPE_CHECKING:
    from collections.abc import Iterator

    from envguard.facts import CondaPackage, Distribution, Environment
    from envguard.model import Argument, Fix


@dataclass(frozen=True)
class _Unmet:
    """One spec of a record that does not hold, and what stands there instead."""

    spec: str
    name: str
    found: CondaPackage | Distribution | None
    by_pip: bool


class _Importable:
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

    def beside(self, name: str) -> Distribution | None:
        """The distribution of pip's that is the same project as a package of which conda has no record."""
        dist = self.strangers.get(normalise(name))
        return dist if dist is not None and name not in self.env.by_name and same_project(name, dist.name) else None

    def unmet(self, spec: str, *, required: bool) -> _Unmet | None:
        """What a spec meets if it does not hold; None if it holds or nobody can tell."""
        name = versions.spec_name(spec)
        if name is None or versions.is_virtual(name):
            return None
        dist = self.replaced.get(name) or self.beside(name)
        if dist is not None:
            broken = versions.conda_allows_version(spec, name, dist.version) is Answer.NO
            return _Unmet(spec, name, dist, by_pip=True) if broken else None
        package = self.env.by_name.get(name)
        if package is not None:
            broken = versions.conda_allows(spec, package) is Answer.NO
            return _Unmet(spec, name, package, by_pip=False) if broken else None
        return _Unmet(spec, name, None, by_pip=False) if required else None


@rule("conda-depends-unmet", code=130, severity=Severity.ERROR, needs=("conda_packages", "distributions"))
def conda_depends_unmet(env: Environment) -> Iterator[Found]:
    """A conda package depends on something that is not there.

    Every record names what its package depends on. One of these specs does not hold for the version that Python really
    imports, pip's included.

    Why it matters: conda chose the package for another version of its dependency. If pip put a version out of the range
    in its place, that is an error: compiled packages crash or refuse to be imported, others fail where the interface
    has changed. If no file of pip's is involved, conda's own records disagree, for instance after an
    interrupted update or by a fault of the packages; that is a warning, and information for a package that holds no
    files of its own, such as `anaconda`.

    How to repair: give the dependency back to conda, or let conda install one in the range.

    Not reported: names of the machine (`__glibc`), specs that cannot be read, packages whose record is lost (EG105) or
    unreadable, and the build string of a version that pip owns.
    """
    versions.require_conda()
    importable = _Importable(env)
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
            yield _depends(env, package, unmet)


def _depends(env: Environment, package: CondaPackage, unmet: tuple[_Unmet, ...]) -> Found:
    by_pip = tuple(each for each in unmet if each.by_pip)
    specs = tuple(each.spec for each in by_pip or unmet)
    if by_pip:
        message = text(
            "conda's {package} {version} depends on {specs}, but pip put {found} there",
            package=package.name,
            version=package.version,
            specs=specs,
            found=tuple(_label(each.found) for each in by_pip),
        )
        severity = Severity.ERROR if package.files else Severity.WARNING
    else:
        message = text(
            "conda's {package} {version} depends on {specs}, which conda's own records do not meet",
            package=package.name,
            version=package.version,
            specs=specs,
        )
        severity = Severity.WARNING if package.files else Severity.INFO
    return Found(
        subject=package.name,
        message=message,
        evidence=tuple(_evidence(package, each) for each in unmet),
        consequence=text("{package} was made for a version that is not there", package=package.name)
        if by_pip
        else text("conda's records disagree among themselves; no file of pip's is involved"),
        fixes=_give_back(env, by_pip) if by_pip else (),
        severity=severity,
    )


def _give_back(env: Environment, unmet: tuple[_Unmet, ...]) -> tuple[Fix, ...]:
    """The fixes that bring conda's version of each dependency back, each once."""
    found: dict[Fix, None] = {}
    for each in unmet:
        package = env.by_name.get(each.name)
        dist = next((dist for dist in env.pip_owned if dist is each.found), None)
        if dist is None:
            continue
        clash = next((clash for clash in clashes(env) if clash.dist is dist and clash.replaces), None)
        if clash is not None:
            ways = fixes.give_back(env, clash)
        elif package is not None:
            ways = fixes.give_back_stand_in(env, package, dist)
        else:
            ways = fixes.meet_constraint(env, dist, each.spec, versions.pip_specifier(each.spec))
        found.update(dict.fromkeys(ways))
    return tuple(found)


def _unrecorded(env: Environment) -> frozenset[str]:
    """Names that conda may well have, although no readable record says so."""
    unreadable = {stem.rsplit("-", 2)[0] for stem in env.unreadable_records}
    try:
        return frozenset(unreadable | {package.name for package in lost(env)})
    except CannotTell:
        return frozenset(unreadable)


@rule("conda-constrains-violated", code=131, severity=Severity.ERROR, needs=("conda_packages", "distributions"))
def conda_constrains_violated(env: Environment) -> Iterator[Found]:
    """A version lies outside what a conda package can work with.

    A record may say which versions of an optional neighbour its package works with (`constrains`). conda keeps to
    it; pip does not read it. Here such a neighbour has a version out of the range.

    Why it matters: the package uses the neighbour where it finds it, for instance pandas uses sqlalchemy for
    `read_sql`, and fails there, long after the installation. Neither `pip check` nor conda says anything. If pip brought
    the neighbour it is an error; if conda's own records disagree, it is a warning.

    How to repair: let pip install a version in the range, or leave the neighbour to conda.

    Not reported: neighbours that are not installed, specs that cannot be read, and conda packages that only share their
    name with a project on PyPI, such as tzdata.
    """
    versions.require_conda()
    importable = _Importable(env)
    for package in env.conda_packages or ():
        if package.name in importable.exchanged:
            continue
        for spec in package.constrains:
            unmet = importable.unmet(spec, required=False)
            if unmet is not None:
                yield _constrains(env, package, unmet)


def _constrains(env: Environment, package: CondaPackage, unmet: _Unmet) -> Found:
    args: dict[str, Argument] = {
        "package": package.name,
        "version": package.version,
        "spec": unmet.spec,
        "found": _label(unmet.found),
    }
    if not unmet.by_pip:
        return Found(
            subject=package.name,
            message=Text(
                "conda's {package} {version} works with {spec} only, and conda's {found} is outside that range", args
            ),
            evidence=(_evidence(package, unmet),),
            consequence=text("conda's records disagree among themselves; no file of pip's is involved"),
            severity=Severity.WARNING,
        )
    return Found(
        subject=package.name,
        message=Text("conda's {package} {version} works with {spec} only, but pip put {found} there", args),
        evidence=(_evidence(package, unmet),),
        consequence=text(
            "{package} fails where it uses {name}; pip does not read this limit", package=package.name, name=unmet.name
        ),
        fixes=_give_back(env, (unmet,)),
    )


def _evidence(package: CondaPackage, unmet: _Unmet) -> Evidence:
    if unmet.found is None:
        return Evidence(text("{spec} is asked for, and conda has no record of it", spec=unmet.spec), package.record)
    if unmet.by_pip:
        return Evidence(
            text("{spec} is asked for, and pip's {found} is there", spec=unmet.spec, found=_label(unmet.found)),
            package.record,
        )
    return Evidence(
        text("{spec} is asked for, and conda's {found} is there", spec=unmet.spec, found=_label(unmet.found)),
        package.record,
    )


def _label(side: CondaPackage | Distribution | None) -> str:
    if side is None:
        return ""
    build = getattr(side, "build", "")
    return " ".join(filter(None, (side.name, side.version, build)))


RULES: tuple[Rule, ...] = (conda_depends_unmet, conda_constrains_violated)
