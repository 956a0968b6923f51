"""Rules about requirements: conda's depends and constrains, and what distributions require of each other."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from typing import TYPE_CHECKING

from envguard import versions
from envguard.errors import CannotTell
from envguard.model import Evidence, Severity, Text, text
from envguard.rules import fixes
from envguard.rules.names import normalise, providers, same_project
from envguard.rules.overlaps import clashes, live, stand_in, uninstalled
from envguard.rules.ownership import lost
from envguard.rules.rule import Found, Rule, rule
from envguard.versions import Answer

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator, Mapping

    from envguard.facts import CondaPackage, Distribution, Environment
    from envguard.model import Argument, Fix
    from envguard.versions import Requirement


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


@rule("requires-dist-unmet", code=132, severity=Severity.WARNING, needs=("distributions",))
def requires_dist_unmet(env: Environment) -> Iterator[Found]:
    """A distribution requires something that is not there.

    The metadata of a distribution names what it requires (`Requires-Dist`). One of these requirements is not installed,
    or in a version out of its range. This is what `pip check` reports, except that the version asked is the one that
    Python really imports.

    Why it matters: the import, or a function of it, may fail. Where pip brought either side, it is a warning. Where both
    come from conda it is information: conda's records may rightly say something else than the metadata inside
    the package.

    How to repair: if pip brought the requirement, let pip install a version in the range; where the
    requirement is conda's, let conda do it.

    Not reported: requirements of extras, markers that are false for this environment's Python or cannot be decided,
    versions that are not valid, and names that a conda package provides without saying so.
    """
    versions.require_packaging()
    known = versions.marker_environment(env)
    copies: dict[str, list[Distribution]] = defaultdict(list)
    for dist in live(env):
        copies[dist.name].append(dist)
    replaced = {dist.path for dist in env.replaced.values()}
    for dist in live(env):
        unmet = tuple(
            (wanted, tuple(copies.get(normalise(wanted.name), ())))
            for wanted in _requirements(dist, known)
            if _is_unmet(env, wanted, copies.get(normalise(wanted.name), ()))
        )
        if unmet:
            yield _requires(env, dist, unmet, replaced)


def _requirements(dist: Distribution, known: Mapping[str, str]) -> Iterator[Requirement]:
    """The valid requirements of a distribution that count in this environment."""
    for line in dist.requires:
        if "extra" in line.partition(";")[2]:
            continue  # extras are asked for by whoever installs, and no file says which were
        wanted = versions.requirement(line)
        if wanted is not None and versions.applies(wanted.marker, known) is Answer.YES:
            yield wanted


def _is_unmet(env: Environment, wanted: Requirement, copies: Collection[Distribution]) -> bool:
    if not copies:
        silent = (env.by_name.get(name) for name in providers(normalise(wanted.name)))
        return not any(package is not None and not package.provides for package in silent)
    return all(versions.pip_allows(wanted, dist.version) is Answer.NO for dist in copies)


def _requires(
    env: Environment,
    dist: Distribution,
    unmet: tuple[tuple[Requirement, tuple[Distribution, ...]], ...],
    replaced: Collection[str],
) -> Found:
    by_pip = dist.owner is None or any(copy.owner is None for _, copies in unmet for copy in copies)
    source = f"{dist.path}/{'METADATA' if dist.kind == 'dist-info' else 'requires.txt'}"
    return Found(
        subject=dist.name,
        message=text(
            "{name} {version} requires {requirements}, which is not met",
            "{name} {version} requires {requirements}, which are not met",
            n=len(unmet),
            name=dist.name,
            version=dist.version or "?",
            requirements=tuple(_spelled(wanted) for wanted, _ in unmet),
        ),
        evidence=tuple(
            Evidence(
                text(
                    "{requirement} is required, and {found} is installed",
                    requirement=_spelled(wanted),
                    found=tuple(map(_label, copies)),
                )
                if copies
                else text(
                    "{requirement} is required, and nothing of that name is installed", requirement=_spelled(wanted)
                ),
                source,
            )
            for wanted, copies in unmet
        ),
        consequence=text("importing {name}, or a part of it, may fail", name=dist.name),
        fixes=_ways(env, dist, unmet, replaced) if by_pip else (),
        severity=Severity.WARNING if by_pip else Severity.INFO,
    )


def _ways(
    env: Environment,
    dist: Distribution,
    unmet: tuple[tuple[Requirement, tuple[Distribution, ...]], ...],
    replaced: Collection[str],
) -> tuple[Fix, ...]:
    """The version of conda's back where pip replaced it; else pip installs what it owns and conda what it owns."""
    by_pip: list[str] = []
    by_conda: list[str] = []
    found: dict[Fix, None] = {}
    for wanted, copies in unmet:
        if any(copy.path in replaced for copy in copies):
            for clash in clashes(env):
                if clash.replaces and clash.dist in copies:
                    found.update(dict.fromkeys(fixes.give_back(env, clash)))
        elif any(copy.owner for copy in copies):
            if wanted.name.lower() in env.by_name and env.manager != "pixi":
                by_conda.append(f"{wanted.name.lower()}{_range(wanted)}")
        elif copies or dist.owner is None:
            by_pip.append(_spelled(wanted))
    if by_conda:
        found.update(dict.fromkeys(fixes.install_with_conda(env, tuple(by_conda))))
    if by_pip:
        found.update(dict.fromkeys(fixes.install_requirements(env, tuple(by_pip))))
    return tuple(found)


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


def _range(wanted: Requirement) -> str:
    return ",".join(sorted(str(part) for part in wanted.specifier))


def _spelled(wanted: Requirement) -> str:
    return f"{wanted.name}{_range(wanted)}" if wanted.url is None else wanted.name


RULES: tuple[Rule, ...] = (conda_depends_unmet, conda_constrains_violated, requires_dist_unmet)
