"""The rule about HDF5: two versions of one library, of which programs accept only the one they were built with."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from envguard import versions
from envguard.model import Certainty, Evidence, Severity, text
from envguard.rules import fixes, steps, twins
from envguard.rules.overlaps import live
from envguard.rules.releases import release
from envguard.rules.rule import Found, Rule, rule
from envguard.versions import Answer

if TYPE_CHECKING:
    from collections.abc import Iterator

    from envguard.facts import CondaPackage, Environment
    from envguard.machine import VendoredLibrary
    from envguard.model import Fix

_STEMS = ("libhdf5", "hdf5")
_BUILT = re.compile(r">=\s*(\d+\.\d+\.\d+)")
_LENIENT = {
    # series -> the first release whose library accepts programs built with other releases of the series
    # (HDFGroup/hdf5#1494, "Fix release check version logic"; H5check_version in src/H5.c)
    (1, 10): 9,
    (1, 12): 2,
    (1, 13): 1,
}
_LENIENT_SINCE = (1, 14)
_SHOWN = 6


@rule("hdf5-mismatch", code=350, severity=Severity.WARNING, needs=("conda_packages", "distributions"))
def hdf5_mismatch(env: Environment) -> Iterator[Found]:
    """Two versions of the HDF5 library meet.

    A program built for one version of HDF5 asks the library at its first use whether it is the same one. Either
    the record of a package names another version than the one that is installed, although its range allows it; or a wheel
    brought a copy of HDF5 beside conda's.

    Why it matters: where the versions differ the library ends the process: "Headers are 1.10.6, library is 1.10.7". A kernel
    then dies without an exception. Two copies in one process mix up each other's files and handles: "HDF error", or a
    crash. It is an error where the kernel has the libraries loaded.

    How to repair: take the library in the version that the package was built with. Take all of h5py, netCDF4 and PyTables
    from one side, conda or PyPI.

    Not reported: releases that accept each other (since 1.10.9, 1.12.2 and 1.14); ranges that are not met, which EG130 tells;
    packages that the kernel has imported without dying.
    """
    yield from _built_with_another(env)
    loaded = twins.copies(env, *_STEMS)
    if len(loaded) > 1:
        yield Found(
            subject="hdf5",
            message=text("{n} copies of the HDF5 library are loaded in the kernel", n=len(loaded)),
            evidence=twins.evidence(loaded),
            consequence=text("files may fail to open or be damaged, and the kernel may crash"),
            fixes=_from_one_side(env, _beside(env)[0]),
            severity=Severity.ERROR if twins.differ(loaded) else Severity.WARNING,
        )
        return
    copies, users = _beside(env)
    if not copies:
        return
    names = _names(env, copies)
    yield Found(
        subject="hdf5",
        message=text(
            "pip's {names} brought an HDF5 library of their own, while conda's {users} use conda's",
            names=names,
            users=tuple(user.name for user in users),
        ),
        evidence=tuple(
            Evidence(text("conda has {library} as {path}", library=each.stem, path=each.conda_path), each.path)
            for each in copies[:_SHOWN]
        ),
        consequence=text("used in one process, the two fail to open files, or crash"),
        fixes=_from_one_side(env, copies),
        certainty=Certainty.LIKELY,
    )


def speaks_of_copies(env: Environment) -> bool:
    """Whether this rule speaks of two copies of the library, so that no other need to."""
    return len(twins.copies(env, *_STEMS)) > 1 or bool(_beside(env)[0])


def _built_with_another(env: Environment) -> Iterator[Found]:
    library = env.by_name.get("hdf5")
    if library is None:
        return
    there = release(library.version)[:3]
    for user in env.conda_packages or ():
        spec = next((spec for spec in user.depends if versions.spec_name(spec) == "hdf5"), "")
        built = _BUILT.search(spec)
        if built is None or user.name in env.replaced or not _refuses(there, release(built[1])):
            continue
        if versions.conda_allows(spec, library) is Answer.NO or _survived(env, user):
            continue
        loaded = twins.copies(env, *_STEMS)
        yield Found(
            subject=user.name,
            message=text(
                "{name} {version} was built with hdf5 {built}, and hdf5 {found} is installed",
                name=user.name,
                version=user.version,
                built=built[1],
                found=library.version,
            ),
            evidence=(
                Evidence(
                    text("depends on {spec}, a range that begins with what it was built with", spec=spec), user.record
                ),
                Evidence(text("is version {version}", version=library.version), library.record),
                *twins.evidence(loaded),
            ),
            consequence=text("the library may end the process as soon as {name} is imported", name=user.name),
            fixes=_same_version(env, built[1]),
            severity=Severity.ERROR if loaded else None,
            certainty=Certainty.LIKELY,
        )


def _refuses(library: tuple[int, ...], built: tuple[int, ...]) -> bool:
    """Whether a library ends a program that was built with another version."""
    if len(library) < 3 or library == built:
        return False
    series = library[0], library[1]
    if series != (built[0], built[1]):
        return True
    return series < _LENIENT_SINCE and library[2] < _LENIENT.get(series, library[2] + 1)


def _survived(env: Environment, user: CondaPackage) -> bool:
    """Whether the kernel has imported a package, which it would not have outlived."""
    process = env.process
    if process is None:
        return False
    if process.environ.get("HDF5_DISABLE_VERSION_CHECK", "0")[:1] not in ("0", ""):
        return True
    names = {each.name for each in env.importable or () if each.record == user.record} | set(user.provides)
    return process.kind == "kernel" and any(name in process.loaded for name in names)


def _beside(env: Environment) -> tuple[tuple[VendoredLibrary, ...], tuple[CondaPackage, ...]]:
    """The copies that wheels brought, and the Python packages of conda that use conda's; both or none."""
    imported = {dist.path for dist in live(env)}
    copies = tuple(each for each in env.vendored or () if each.stem in _STEMS and each.distribution in imported)
    users = tuple(
        package
        for package in env.conda_packages or ()
        if copies
        and package.provides
        and package.name not in env.replaced
        and any(versions.spec_name(spec) in ("hdf5", "libnetcdf") for spec in package.depends)
    )
    return (copies, users) if users else ((), ())


def _names(env: Environment, copies: tuple[VendoredLibrary, ...]) -> tuple[str, ...]:
    return tuple(
        dict.fromkeys(env.by_path[each.distribution].name for each in copies if each.distribution in env.by_path)
    )


def _same_version(env: Environment, built: str) -> tuple[Fix, ...]:
    if not fixes.may_write(env):
        return fixes.own_environment(env)
    if env.manager == "pixi":
        return ()
    title = text("Install hdf5 {version}", version=built)
    return (fixes.with_tool(env, title, (steps.conda_install(env, f"hdf5={built}"),)),)


def _from_one_side(env: Environment, copies: tuple[VendoredLibrary, ...]) -> tuple[Fix, ...]:
    names = _names(env, copies)
    return fixes.take_from_conda(env, *names) if names else ()


RULES: tuple[Rule, ...] = (hdf5_mismatch,)
