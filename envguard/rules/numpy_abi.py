"""Rules about packages that were compiled for another numpy than the one that is imported."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from envguard import versions
from envguard.model import Certainty, Evidence, Severity, text
from envguard.rules import fixes, steps
from envguard.rules.numpy_versions import asks_for, first_with, runs_with
from envguard.rules.overlaps import clashes_of, live
from envguard.rules.releases import below, release
from envguard.rules.rule import Found, Rule, rule
from envguard.value import value
from envguard.versions import Answer

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from envguard.facts import CondaPackage, Distribution, Environment
    from envguard.model import Fix

_BUILT_FOR = re.compile(r"(?:^|_)np(1)(\d{1,2})(?=py|h|_|$)")
"""In a build string: `np126py311h8dc8d44_0`, `py27_np111_0`. With `np2` one runs on numpy 1.23 as well."""
_SHOWN = 6


@value
class _Numpy:
    """The numpy that is imported."""

    version: str
    source: str
    dist: Distribution | None
    elsewhere: bool = False
    """Whether this kernel has it from outside of the environment, so that no book tells of it."""


@value
class _Misfit:
    """A conda package that was built for another numpy."""

    package: CondaPackage
    built: str | None
    """The release, if the build string names it."""
    spec: str | None = None
    """What it depends on, if that is what tells."""


@rule("numpy-abi-mismatch", code=310, severity=Severity.WARNING, needs=("conda_packages", "distributions"))
def numpy_abi_mismatch(env: Environment) -> Iterator[Found]:
    """Packages were compiled for a newer numpy than the one that is imported.

    numpy numbers its binary interface. An extension module asks, when it is imported, for the interface it was compiled
    for, and runs with a numpy that has this one or a later one of the same major version. Here the numpy that is imported
    is older.

    Why it matters: the import fails: "module compiled against API version 0x10 but this version of numpy is 0xf". Some
    packages catch that and fail later, with an error that does not name numpy.

    How to repair: bring numpy up to the version the packages were built for, by whoever owns it. If this kernel has numpy from
    another folder than the environment's, take that folder off its path (EG201, EG204).

    Not reported: what a record's `depends` says of the environment's own numpy (EG130); packages from PyPI, of which nothing
    tells what they were compiled for; and what was compiled for numpy 2 and runs with numpy 1 as well.
    """
    yield from _judge(env, newer=False)


@rule("numpy2-with-old-extension", code=311, severity=Severity.WARNING, needs=("conda_packages", "distributions"))
def numpy2_with_old_extension(env: Environment) -> Iterator[Found]:
    """Packages compiled for numpy 1 meet numpy 2.

    numpy 2 changed its binary interface: what was compiled for numpy 1 cannot be used with it. The record of a
    conda package says by its build string or its `depends` that it was compiled for numpy 1, or an extension module of
    pip's names only the modules of numpy 1, as its headers put them there; and numpy 2 is imported.

    Why it matters: the import fails or the process ends: "A module that was compiled using NumPy 1.x cannot be run in NumPy
    2", "numpy.dtype size changed", "numpy.core.multiarray failed to import", "_ARRAY_API not found".

    How to repair: update the packages to builds for numpy 2, or go back to numpy 1, by whoever owns numpy. If this
    kernel has numpy from another folder than the environment's, take that folder off its path (EG201, EG204).

    Not reported: what a record's `depends` says of the environment's own numpy (EG130), what a distribution requires
    (EG132), and what was compiled for numpy 2 and runs with numpy 1 as well.
    """
    yield from _judge(env, newer=True)


def _judge(env: Environment, *, newer: bool) -> Iterator[Found]:
    found = _imported(env)
    if found is None or (release(found.version)[:1] >= (2,)) is not newer:
        return
    versions.require_conda()
    misfits = tuple(_misfits(env, found))
    wheels = tuple(_wheels(env)) if newer else ()
    if misfits or wheels:
        yield _found(env, found, misfits, wheels)


def _imported(env: Environment) -> _Numpy | None:
    """The numpy of the kernel, else of the environment; None where it is not known, or about to be another (EG300)."""
    dist = env.replaced.get("numpy")
    if dist is None:
        copies = tuple(each for each in live(env) if each.name == "numpy")
        dist = copies[0] if len(copies) == 1 else None
    package = env.by_name.get("numpy")
    version = dist.version if dist else package.version if package else None
    process = env.process
    module = process.loaded.get("numpy") if process is not None and process.kind == "kernel" else None
    if process is not None and module is not None and module.version and module.file:
        if module.stale is not None:
            return None
        file = module.file.replace("\\", "/")
        homes = {prefix.replace("\\", "/").rstrip("/") for prefix in (env.prefix, process.prefix)}
        if not any(file.startswith(f"{home}/{site}/") for home in homes for site in env.site_packages):
            return _Numpy(module.version, module.file, None, elsewhere=True)
        return _Numpy(module.version, module.file, dist)
    if version is None:
        return None
    return _Numpy(version, dist.path if dist else package.record if package else "", dist)


def _misfits(env: Environment, numpy: _Numpy) -> Iterator[_Misfit]:
    for package in env.conda_packages or ():
        if package.name in env.replaced or package.noarch or not package.files or package.name in _NUMPY:
            continue
        specs = tuple(spec for spec in (*package.depends, *package.constrains) if versions.spec_name(spec) in _NUMPY)
        unmet = tuple(
            spec
            for spec in specs
            if versions.conda_allows_version(spec, versions.spec_name(spec) or "", numpy.version) is Answer.NO
        )
        named = _BUILT_FOR.search(package.build)
        built = f"{named[1]}.{named[2]}" if named else None
        if numpy.elsewhere and unmet:
            yield _Misfit(package, built, unmet[0])
        elif not unmet and built is not None and runs_with(built, numpy.version) is False:
            yield _Misfit(package, built)


_NUMPY = frozenset(("numpy", "numpy-base"))


_FIRST_FOR_NUMPY_2 = {
    "torch": "2.3",
    "onnxruntime": "1.19",
    "onnxruntime-gpu": "1.19",
    "opencv-python": "4.10.0.84",
    "opencv-python-headless": "4.10.0.84",
    "opencv-contrib-python": "4.10.0.84",
    "opencv-contrib-python-headless": "4.10.0.84",
}
"""The first release made for numpy 2 of wheels whose modules are too large to be looked through, and whose metadata set no limit."""


def _wheels(env: Environment) -> Iterator[tuple[Distribution, Evidence]]:
    """The distributions of pip's that were compiled for numpy 1, each with what shows it."""
    seen = set()
    known = versions.marker_environment(env)
    for each in env.numpy1 or ():
        dist = env.by_path.get(each.owner)
        if dist is not None and each.owner not in seen and not _numpy_excluded(env, dist, known):
            seen.add(each.owner)
            says = text("names the modules of numpy 1 only, as what was compiled with its headers does")
            yield dist, Evidence(says, each.path)
    for dist in live(env):
        first = _FIRST_FOR_NUMPY_2.get(dist.name)
        if first is None or dist.owner is not None or dist.path in seen or not below(dist.version, first):
            continue
        if not _numpy_excluded(env, dist, known):
            says = text("releases of {name} before {version} were made with numpy 1", name=dist.name, version=first)
            yield dist, Evidence(says, dist.path)


def _numpy_excluded(env: Environment, dist: Distribution, known: Mapping[str, str]) -> bool:
    """Whether its metadata exclude this numpy, which EG132 tells."""
    numpy = next((each for each in live(env) if each.name == "numpy"), None)
    for line in dist.requires:
        wanted = versions.requirement(line)
        if wanted is None or wanted.name.lower() != "numpy" or numpy is None:
            continue
        applies = versions.applies(wanted.marker, known) is Answer.YES
        if applies and versions.pip_allows(wanted, numpy.version) is Answer.NO:
            return True
    return False


def _found(
    env: Environment, numpy: _Numpy, misfits: tuple[_Misfit, ...], wheels: tuple[tuple[Distribution, Evidence], ...]
) -> Found:
    names = (*(each.package.name for each in misfits), *(dist.name for dist, _ in wheels))
    old = release(numpy.version)[:1] >= (2,)
    return Found(
        subject="numpy",
        message=text(
            "numpy {version} is imported, and {n} package was built for numpy 1: {packages}"
            if old
            else "numpy {version} is imported, and {n} package was built for a newer one: {packages}",
            "numpy {version} is imported, and {n} packages were built for numpy 1: {packages}"
            if old
            else "numpy {version} is imported, and {n} packages were built for a newer one: {packages}",
            n=len(names),
            version=numpy.version,
            packages=names,
        ),
        evidence=(
            Evidence(
                text("this kernel has numpy {version} from outside of the environment", version=numpy.version)
                if numpy.elsewhere
                else text("says {name} {version}", name="numpy", version=numpy.version),
                numpy.source,
            ),
            *(
                Evidence(
                    text("depends on {spec}", spec=each.spec)
                    if each.spec is not None
                    else text(
                        "its build {build} was made with numpy {built}",
                        build=each.package.build,
                        built=each.built or "?",
                    ),
                    each.package.record,
                )
                for each in misfits[:_SHOWN]
            ),
            *(evidence for _, evidence in wheels[:_SHOWN]),
        ),
        consequence=text("importing {packages} may fail, or end the process", packages=names),
        fixes=_ways(env, numpy, misfits, tuple(dist for dist, _ in wheels)),
        certainty=Certainty.LIKELY,
    )


def _ways(
    env: Environment, numpy: _Numpy, misfits: tuple[_Misfit, ...], wheels: tuple[Distribution, ...]
) -> tuple[Fix, ...]:
    if numpy.elsewhere:
        return ()  # the rules about the user's site-packages and PYTHONPATH (EG201, EG204) know the way
    names = tuple(dist.name for dist in wheels if dist.direct_url is None and not dist.editable)
    if names and not misfits and fixes.may_write(env):
        title = text("Let pip bring releases of {names} that were made for numpy 2", names=names)
        newer = fixes.by_pip(env, title, (steps.pip_install(env, "--upgrade", *names),))
        return (newer, *_numpy_1(env, numpy, misfits))
    return _numpy_1(env, numpy, misfits)


def _numpy_1(env: Environment, numpy: _Numpy, misfits: tuple[_Misfit, ...]) -> tuple[Fix, ...]:
    if numpy.dist is not None and numpy.dist.owner is None:
        clash = next((each for each in clashes_of(env, numpy.dist) if each.replaces), None)
        return fixes.give_back(env, clash) if clash else fixes.install_requirements(env, (f"numpy{_range(misfits)}",))
    return () if env.manager == "pixi" else fixes.install_with_conda(env, (f"numpy{_range(misfits)}",))


def _range(misfits: tuple[_Misfit, ...]) -> str:
    """The releases of numpy 1 with which all of them run."""
    least = max((number for each in misfits if (number := asks_for(each.built)) is not None), default=None)
    first = first_with(least) if least is not None else None
    return f">={first},<2" if first else "<2"


RULES: tuple[Rule, ...] = (numpy_abi_mismatch, numpy2_with_old_extension)
