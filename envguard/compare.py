"""What differs between two environments, and whether it matters."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from envguard._version import __version__
from envguard.analyse import now, summary
from envguard.comparison import Comparison, Difference, Kind, Owner, Package, Weight
from envguard.masking import without_secrets
from envguard.model import text
from envguard.rules.channel_names import canonical

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from envguard.facts import CondaPackage, Environment
    from envguard.model import Finding, Report, Text

_MATTERING = frozenset({Kind.OWNER, Kind.VERSION, Kind.BUILD})
_NUMBERS = re.compile(r"(?:\d+!)?v?(\d+(?:\.\d+)*)")
_SUBDIR = re.compile(r"/(?:noarch|(?:linux|osx|win|emscripten|wasi|freebsd|zos)-\w+)$")
_PYTHON_TAG = re.compile(r"(?:py|cp)\d+|h[0-9a-f]{7,}")


def compare(first: Environment, second: Environment, reports: tuple[Report, Report]) -> Comparison:
    """The packages of two environments by name, and the findings that only one of them has.

    Different Pythons need different builds of everything; then a build alone tells nothing more.
    """
    left, right = _packages(first), _packages(second)
    same_python = _numbers(first.python_version)[:2] == _numbers(second.python_version)[:2]
    differences = [
        found
        for name in sorted({*left, *right})
        if (found := _difference(name, left.get(name), right.get(name), same_python)) is not None
    ]
    differences.sort(key=lambda each: (each.weight is not Weight.MATTERS, Kind.ONLY in each.kinds, each.name))
    found_first, found_second = _findings(reports[0], reports[1]), _findings(reports[1], reports[0])
    return Comparison(
        first=summary(first),
        second=summary(second),
        differences=tuple(differences),
        same=len({*left, *right}) - len(differences),
        findings_first=found_first,
        findings_second=found_second,
        envguard_version=__version__,
        made_at=now(),
        notes=tuple(note for env in (first, second) for note in _notes(env)),
    )


def _notes(env: Environment) -> Iterator[Text]:
    """What of an environment is not known, so that what the other one has in its place is no difference."""
    if unread := env.unreadable_records:
        yield text("conda's records in {prefix} cannot be read: {records}", prefix=env.prefix, records=unread)
    if env.distributions is None:
        yield text("what pip has installed in {prefix} cannot be told", prefix=env.prefix)


class _Known:
    """A package, with what decides whether a difference in it matters."""

    def __init__(self, package: Package, *, compiled: bool, asked_for: bool) -> None:
        self.package, self.compiled, self.asked_for = package, compiled, asked_for


def _packages(env: Environment) -> Mapping[str, _Known]:
    """Everything by the name that Python's packagers know, so that conda's pytorch meets pip's torch."""
    own = {package.name for package in env.conda_packages or ()}
    found: dict[str, _Known] = {}
    for package in env.conda_packages or ():
        over = env.replaced.get(package.name)
        owner = Owner.PIP_OVER_CONDA if over else Owner.CONDA
        version, build = (over.version, None) if over else (package.version, package.build)
        channel = None if package.channel is None else without_secrets(package.channel)
        told = Package(version, build, channel, owner)
        found[_name(package, own)] = _Known(told, compiled=package.noarch is None, asked_for=bool(package.requested))
    for dist in env.pip_owned:
        told = Package(dist.version, None, None, Owner.PIP)
        found.setdefault(dist.name, _Known(told, compiled=False, asked_for=dist.requested))
    return found


def _name(package: CondaPackage, own: set[str]) -> str:
    if len(package.provides) == 1 and package.provides[0] not in own:
        return package.provides[0]
    return package.name


def _difference(name: str, first: _Known | None, second: _Known | None, same_python: bool) -> Difference | None:
    if first is None or second is None:
        present = first or second
        asked_for = present is not None and present.asked_for
        return Difference(
            name,
            first.package if first else None,
            second.package if second else None,
            (Kind.ONLY,),
            Weight.MATTERS if asked_for else Weight.MINOR,
        )
    one, other = first.package, second.package
    kinds = []
    if one.owner is not other.owner:
        kinds.append(Kind.OWNER)
    if one.version != other.version:
        kinds.append(Kind.PATCH if _numbers(one.version)[:2] == _numbers(other.version)[:2] else Kind.VERSION)
    elif one.build and other.build and one.build != other.build:
        variant = _variant(one.build, same_python) != _variant(other.build, same_python)
        kinds.append(Kind.BUILD if first.compiled and second.compiled and variant else Kind.REBUILD)
    if one.channel and other.channel and _channel(one.channel) != _channel(other.channel):
        kinds.append(Kind.CHANNEL)
    if not kinds:
        return None
    weight = Weight.MATTERS if _MATTERING & set(kinds) else Weight.MINOR
    return Difference(name, one, other, tuple(kinds), weight)


def _channel(told: str) -> str:
    """A channel however a package manager spells it: conda's records name the folder of the platform, too."""
    return canonical(told) or _SUBDIR.sub("", told.rstrip("/"))


def _numbers(version: str | None) -> tuple[int, ...]:
    """The release numbers of a version, at least two of them; -1 where there are none."""
    match = _NUMBERS.match(version or "")
    numbers = tuple(int(part) for part in match[1].split(".")) if match else (-1,)
    return (*numbers, 0) if len(numbers) == 1 else numbers


def _variant(build: str, same_python: bool) -> str:
    """A build string without the number of the build; without what follows from Python where the Pythons differ."""
    head, _, last = build.rpartition("_")
    variant = head if last.isdecimal() else build
    return variant if same_python else _PYTHON_TAG.sub("", variant)


def _findings(report: Report, other: Report) -> tuple[Finding, ...]:
    known = {(finding.rule, finding.subject) for finding in other.findings}
    return tuple(finding for finding in report.findings if (finding.rule, finding.subject) not in known)
