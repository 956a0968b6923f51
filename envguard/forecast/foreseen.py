"""What comes and goes, package by package: whose it is now, who depends on it, where it would come from."""

from __future__ import annotations

from typing import TYPE_CHECKING

from envguard.commands.command import Placement
from envguard.forecast import installed
from envguard.forecast.books import Books
from envguard.forecast_report import Foreseen
from envguard.probe import reading
from envguard.rules.dependants import aliases, dependants

if TYPE_CHECKING:
    from collections.abc import Iterator

    from envguard.commands.command import Target
    from envguard.facts import CondaPackage, Distribution, Environment
    from envguard.forecast.transaction import Coming, Transaction


def installs(env: Environment, found: Transaction, target: Target) -> tuple[Foreseen, ...]:
    """The packages that would be new."""
    new = [_coming(each) for each in found.comes if _before(env, found, target).get(each.name) is None]
    old = {env.by_record[record].name for record in found.unlinks if record in env.by_record}
    new += [_linked(env, each, None) for each in found.links if each.name not in old]
    return tuple(new)


def replaces(env: Environment, found: Transaction, target: Target) -> tuple[Foreseen, ...]:
    """The packages that would be there in another version, or installed once more."""
    before = _before(env, found, target)
    changed = [_replaced(env, each, before[each.name]) for each in found.comes if each.name in before]
    old = {env.by_record[record].name: env.by_record[record] for record in found.unlinks if record in env.by_record}
    changed += [_linked(env, each, old[each.name]) for each in found.links if each.name in old]
    return tuple(changed)


def removes(env: Environment, found: Transaction, target: Target) -> tuple[Foreseen, ...]:
    """The packages that would be gone; or gone from here, where their successor goes to another folder."""
    back = {each.name for each in found.comes} if target.placement is Placement.SITE else set()
    gone = [
        _removed(env, dist)
        for path in found.goes
        if (dist := env.by_path.get(path)) is not None and dist.name not in back
    ]
    names = {each.name for each in found.links}
    gone += [
        Foreseen(
            name=package.name,
            version=None,
            was=package.version,
            installer="conda",
            owner="conda",
            record=_stem(package),
            dependants=_dependants(env, package),
        )
        for record in found.unlinks
        if (package := env.by_record.get(record)) is not None and package.name not in names
    ]
    return tuple(gone)


def _before(env: Environment, found: Transaction, target: Target) -> dict[str, Distribution]:
    """What is there now under the name of what comes; nothing where it goes to another folder."""
    if target.placement is not Placement.SITE:
        return {}
    going = {dist.name: dist for path in found.goes if (dist := env.by_path.get(path)) is not None}
    return {**installed.visible(env), **going}


def _coming(coming: Coming) -> Foreseen:
    return Foreseen(
        name=coming.name,
        version=None if coming.version == "?" else coming.version,
        was=None,
        installer="pip",
        owner=None,
        compiled=_is_compiled(coming),
        requested=coming.requested,
        source=coming.source,
    )


def _replaced(env: Environment, coming: Coming, dist: Distribution) -> Foreseen:
    package = _package(env, dist)
    return Foreseen(
        name=coming.name,
        version=None if coming.version == "?" else coming.version,
        was=dist.version,
        installer="pip",
        owner="conda" if dist.owner else "pip",
        record=_stem(package) if package else None,
        dependants=_dependants(env, package) if package else (),
        compiled=_is_compiled(coming),
        requested=coming.requested,
        source=coming.source,
    )


def _removed(env: Environment, dist: Distribution) -> Foreseen:
    package = _package(env, dist)
    return Foreseen(
        name=dist.name,
        version=None,
        was=dist.version,
        installer="pip",
        owner="conda" if dist.owner else "pip",
        record=_stem(package) if package else None,
        dependants=_dependants(env, package) if package else (),
        compiled=any(map(reading.is_compiled, Books(env).rows(dist))),
        requested=True,
    )


def _linked(env: Environment, package: CondaPackage, old: CondaPackage | None) -> Foreseen:
    pips = [dist for name in (*package.provides, package.name) for dist in _of_pip(env, name)]
    return Foreseen(
        name=package.name,
        version=package.version,
        was=old.version if old else pips[0].version if pips else None,
        installer="conda",
        owner="conda" if old else "pip" if pips else None,
        record=_stem(old) if old else None,
        dependants=_dependants(env, old) if old else (),
        requested=bool(package.requested),
        source=package.channel,
    )


def _of_pip(env: Environment, name: str) -> Iterator[Distribution]:
    named = env.dists_named.get(reading.normalise(name), ())
    return (dist for dist in named if dist.owner is None and dist.kind != "leftover")


def _package(env: Environment, dist: Distribution) -> CondaPackage | None:
    """The conda package whose distribution it is, also where pip has put another in its place."""
    return env.by_record.get(dist.owner or dist.taken_from or "") or next(
        (package for package in env.conda_packages or () if dist.name in package.provides), None
    )


def _stem(package: CondaPackage) -> str:
    return package.record.rpartition("/")[2].removesuffix(".json")


def _dependants(env: Environment, package: CondaPackage) -> tuple[str, ...]:
    return tuple(other.name for other in dependants(env, aliases(env, package)))


def _is_compiled(coming: Coming) -> bool | None:
    """By the platform of the wheel; None if its file is not known."""
    return None if coming.file is None else not coming.file.endswith("-any.whl")
