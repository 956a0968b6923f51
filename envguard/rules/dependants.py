"""Who depends on a package, and what conda itself needs to run."""

from __future__ import annotations

from typing import TYPE_CHECKING

from envguard import versions
from envguard.errors import CannotTell
from envguard.model import Text, text
from envguard.versions import Answer

if TYPE_CHECKING:
    from collections.abc import Collection

    from envguard.facts import CondaPackage, Distribution, Environment

_CONDA = ("conda", "mamba")


def aliases(env: Environment, package: CondaPackage, dist: Distribution | None = None) -> frozenset[str]:
    """The names under which others depend on a package's code: numpy-base is meant by numpy, too."""
    names = {package.name}
    for name in (dist.name,) if dist else package.provides:
        other = env.by_name.get(name)
        if other is not None and other.version == package.version:
            names.add(name)
    return frozenset(names)


def dependants(env: Environment, names: Collection[str]) -> tuple[CondaPackage, ...]:
    """The conda packages that depend on one of these, those without files apart."""
    found = {place: package for name in names for place, package in env.depending.get(name, ())}
    return tuple(found[place] for place in sorted(found) if found[place].files and found[place].name not in names)


def labels(packages: Collection[CondaPackage]) -> tuple[str, ...]:
    """Packages as people name them."""
    return tuple(f"{package.name} {package.version}" for package in packages)


def consequence(
    env: Environment, package: CondaPackage, dist: Distribution | None = None, version: str | None = None
) -> Text | None:
    """Who was installed for a package, and whose spec another version of it breaks; None if nobody depends on it."""
    names = aliases(env, package, dist)
    found = dependants(env, names)
    if not found:
        return None
    told = labels(found)
    broken = tuple(
        f"{other.name} ({spec})"
        for other in found
        for spec in other.depends
        if version is not None and versions.spec_name(spec) in names and _broken(spec, version)
    )
    if broken and version is not None:
        return text(
            "{dependants} was installed for {package} {version}; {other} is outside the range of {broken}",
            "{dependants} were installed for {package} {version}; {other} is outside the range of {broken}",
            n=len(told),
            dependants=told,
            package=package.name,
            version=package.version,
            other=version,
            broken=broken,
        )
    return text(
        "{dependants} was installed for {package} {version}",
        "{dependants} were installed for {package} {version}",
        n=len(told),
        dependants=told,
        package=package.name,
        version=package.version,
    )


def needed_by_conda(env: Environment) -> frozenset[str]:
    """The names of everything that conda in this prefix needs to run, itself included."""
    found: set[str] = set()
    ahead = [name for name in _CONDA if name in env.by_name]
    while ahead:
        name = ahead.pop()
        if name in found or name not in env.by_name:
            continue
        found.add(name)
        ahead.extend(other for spec in env.by_name[name].depends if (other := versions.spec_name(spec)))
    return frozenset(found)


def _broken(spec: str, version: str) -> bool:
    name = versions.spec_name(spec)
    try:
        return name is not None and versions.conda_allows_version(spec, name, version) is Answer.NO
    except CannotTell:
        return False  # the finding stands without this part of the sentence
