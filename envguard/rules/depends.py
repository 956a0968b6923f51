"""Rules about what conda's records ask for: depends and constrains, against what is really imported."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from envguard import versions
from envguard.facts import CondaPackage
from envguard.model import Evidence, Fix, Safety, Severity, Text, text
from envguard.rules import fixes
from envguard.rules.importable import Importable, Unmet, unmet_depends
from envguard.rules.overlaps import clashes_of
from envguard.rules.rule import Found, Rule, rule

if TYPE_CHECKING:
    from collections.abc import Iterator

    from envguard.facts import Distribution, Environment
    from envguard.model import Argument

    _Group = tuple[str, tuple[tuple[CondaPackage, Unmet], ...]]

_MANY = 3
"""So many packages with one unmet name have one cause, and are told once."""

_SHOWN = 6
_WANTED = re.compile(r"[\s=>~](\d+\.\d+)")


@rule("conda-depends-unmet", code=130, severity=Severity.ERROR, needs=("conda_packages", "distributions"))
def conda_depends_unmet(env: Environment) -> Iterator[Found]:
    """A conda package depends on something that is not there.

    Every record names what its package depends on. One of these specs does not hold for the version that Python really
    imports, pip's included.

    Why it matters: conda chose the package for another version of its dependency. If pip put a version out of the range
    in its place, that is an error: compiled packages crash or refuse to be imported, others fail where the interface
    has changed. If no file of pip's is involved, conda's own records disagree, for instance after an
    interrupted update or by a fault of the packages; that is a warning, and information for a package that holds no
    files of its own, such as `anaconda`. Where three packages or more lack the same one, as after an update of Python in
    base, that is told once.

    How to repair: give the dependency back to conda, or let conda install one in the range.

    Not reported: names of the machine (`__glibc`), specs that cannot be read, packages whose record is lost (EG105) or
    unreadable, and the build string of a version that pip owns.
    """
    told = tuple(unmet_depends(env))
    common = _common(told)
    for group in common.values():
        yield _as_shipped(env, group)
    for package, unmet in told:
        alone = unmet if _by_pip(unmet) else tuple(each for each in unmet if each.name not in common)
        if alone:
            yield _depends(env, package, alone)


def _by_pip(unmet: tuple[Unmet, ...]) -> bool:
    return any(each.by_pip for each in unmet)


def _common(told: tuple[tuple[CondaPackage, tuple[Unmet, ...]], ...]) -> dict[str, _Group]:
    """The names that many packages miss in conda's own records, each with those packages and their first such spec."""
    groups: dict[str, dict[str, tuple[CondaPackage, Unmet]]] = {}
    for package, unmet in told:
        for each in () if _by_pip(unmet) else unmet:
            groups.setdefault(each.name, {}).setdefault(package.record, (package, each))
    return {name: (name, tuple(group.values())) for name, group in groups.items() if len(group) >= _MANY}


def _as_shipped(env: Environment, group: _Group) -> Found:
    """One finding for all the packages that conda itself left without the same dependency."""
    name, members = group
    packages = tuple(package.name for package, _ in members)
    found = env.by_name.get(name)
    wanted = {match[1] for _, each in members if (match := _WANTED.search(each.spec))}
    args: dict[str, Argument] = {"n": len(members), "name": name, "packages": packages}
    if found is None:
        message = Text("{n} packages depend on {name}, of which conda has no record: {packages}", args)
    elif len(wanted) == 1 and not found.version.startswith((*wanted,)):
        args.update(wanted=wanted.pop(), found=found.version)
        message = Text("{n} packages were built for {name} {wanted}, and {name} {found} is installed: {packages}", args)
    else:
        args["found"] = found.version
        message = Text("{n} packages depend on another {name} than the {found} that is installed: {packages}", args)
    return Found(
        subject=name,
        message=message,
        evidence=tuple(_evidence(package, each) for package, each in members[:_SHOWN]),
        consequence=text("conda's records disagree among themselves; no file of pip's is involved"),
        severity=Severity.WARNING if any(package.files for package, _ in members) else Severity.INFO,
    )


def _depends(env: Environment, package: CondaPackage, unmet: tuple[Unmet, ...]) -> Found:
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


def _give_back(env: Environment, unmet: tuple[Unmet, ...]) -> tuple[Fix, ...]:
    """The fixes that bring conda's version of each dependency back, each once."""
    found: dict[Fix, None] = {}
    for each in unmet:
        package = env.by_name.get(each.name)
        copies = env.dists_named.get(each.found.name, ()) if each.found else ()
        dist = next((dist for dist in copies if dist is each.found and dist.owner is None), None)
        if dist is None:
            continue
        clash = next((clash for clash in clashes_of(env, dist) if clash.replaces), None)
        if clash is not None:
            ways = fixes.give_back(env, clash)
        elif package is not None:
            ways = fixes.give_back_stand_in(env, package, dist)
        else:
            ways = fixes.meet_constraint(env, dist, each.spec, versions.pip_specifier(each.spec))
        found.update(dict.fromkeys(ways))
    return tuple(found)


@rule("conda-constrains-violated", code=131, severity=Severity.ERROR, needs=("conda_packages", "distributions"))
def conda_constrains_violated(env: Environment) -> Iterator[Found]:
    """A version lies outside what a conda package can work with.

    A record may say which versions of an optional neighbour its package works with (`constrains`). conda keeps to
    it; pip does not read it. Here such a neighbour has a version out of the range.

    Why it matters: the package uses the neighbour where it finds it, for instance pandas uses sqlalchemy for
    `read_sql`, and fails there, long after the installation. Neither `pip check` nor conda says anything. If pip brought
    the neighbour it is an error; if conda's own records disagree, it is a warning. So is a version that `conda-meta/pinned`
    does not allow: pip does not read that file, and conda undoes or refuses it with its next change.

    How to repair: let pip install a version in the range, or leave the neighbour to conda. Where a pin is out of date,
    correct it.

    Not reported: neighbours and pinned packages that are not installed, specs that cannot be read, and conda packages that
    only share their name with a project on PyPI, such as tzdata.
    """
    importable = Importable(env)
    for package in env.conda_packages or ():
        if package.name in importable.exchanged:
            continue
        for spec in package.constrains:
            unmet = importable.unmet(spec, required=False)
            if unmet is not None:
                yield _constrains(env, package, unmet)
    for spec in env.pinned or ():
        unmet = importable.unmet(spec, required=False)
        if unmet is not None:
            yield _pinned(env, unmet)


def _pinned(env: Environment, unmet: Unmet) -> Found:
    args: dict[str, Argument] = {"spec": unmet.spec, "found": _label(unmet.found)}
    by_pip = Text("conda-meta/pinned allows {spec} only, but pip put {found} there", args)
    by_conda = Text("conda-meta/pinned allows {spec} only, and conda's {found} is installed", args)
    return Found(
        subject=unmet.name,
        message=by_pip if unmet.by_pip else by_conda,
        evidence=(Evidence(text("pins {spec}", spec=unmet.spec), "conda-meta/pinned"), _there(unmet)),
        consequence=text("conda's next change puts another {name} there, or fails because of the pin", name=unmet.name),
        fixes=_give_back(env, (unmet,)) if unmet.by_pip else _as_pinned(env, unmet),
        severity=Severity.WARNING,
    )


def _there(unmet: Unmet) -> Evidence:
    found = unmet.found
    source = found.record if isinstance(found, CondaPackage) else found.path if found is not None else ""
    return Evidence(text("{found} is installed", found=_label(found)), source)


def _as_pinned(env: Environment, unmet: Unmet) -> tuple[Fix, ...]:
    title = text("Correct the line {spec} in conda-meta/pinned, if the version that is there is meant", spec=unmet.spec)
    mended = (Fix(title, (), Safety.MANUAL),) if fixes.may_write(env) else ()
    return (*mended, *fixes.install_with_conda(env, (unmet.spec,)))


def _constrains(env: Environment, package: CondaPackage, unmet: Unmet) -> Found:
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


def _evidence(package: CondaPackage, unmet: Unmet) -> Evidence:
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
