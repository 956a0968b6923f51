"""What a new environment is to hold, by what the old one's books tell: conda's specs, pip's requirements, and whose what is.

What both have is conda's, if it was asked for there or something of conda's needs it; what `kept` names stays pip's. So pip
writes over nothing. What the old one has only on this machine (folders, files) is taken again, for the new one is on it, too.
"""

from __future__ import annotations

import re
from dataclasses import replace
from typing import TYPE_CHECKING

from envguard.errors import BadArguments, CannotTell
from envguard.export import conda_part
from envguard.export.indexes import beyond_configuration
from envguard.export.inventory import inventory
from envguard.export_report import Depth
from envguard.masking import without_secrets
from envguard.model import text
from envguard.packages.names import pypi_name
from envguard.packages.solving import asked_for
from envguard.probe.reading import normalise, spec_name
from envguard.rebuild import local
from envguard.rules.overlaps import clashes
from envguard.rules.ownership import lost
from envguard.value import value

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Mapping

    from envguard.export.inventory import Inventory
    from envguard.facts import Environment, Linked
    from envguard.model import Text
    from envguard.packages.solving import Solved

_CONDA_ITSELF = re.compile(
    r"conda|mamba|micromamba|libmambapy|constructor|anaconda(?:-.+)?|conda-(?:libmamba-solver|build|anaconda-.+|content-trust|token|repo-cli|pack|lock|tree)|_anaconda_depends|navigator-updater"
)
"""What a base environment has because conda runs in it."""
_ONLY_HERE = ("conda-meta/pinned", "conda-meta/state")
"""What an export leaves out, and a new environment on the same machine gets as a copy."""


@value
class Requirement:
    """One line for pip; it may hold a secret."""

    name: str
    line: str


@value
class Wanted:
    """What is asked for."""

    depth: Depth
    specs: tuple[str, ...]
    channels: tuple[str, ...]
    requirements: tuple[Requirement, ...]
    options: tuple[tuple[str, str], ...]
    """pip's options, as (option, value)."""
    asked: Mapping[str, str]
    """The packages that somebody once asked conda for, each with its spec."""
    asked_of_pip: frozenset[str]
    loses: tuple[Text, ...]
    gains: tuple[Text, ...]

    @property
    def with_dependencies(self) -> bool:
        """Whether pip has to find dependencies itself; else every one is listed."""
        return self.depth is Depth.HISTORY


def wanted(env: Environment, depth: Depth, kept: Collection[str]) -> Wanted:
    """What an environment of the same kind is made of; BadArguments if a name in `kept` is none of pip's here."""
    keeps = frozenset(map(normalise, kept))
    strange = keeps - {dist.name for dist in env.pip_owned}
    if strange:
        raise BadArguments(text("pip has not installed {names} here", names=tuple(sorted(strange))))
    told = inventory(env, depth)
    strangers = _strangers(env) - keeps
    requirements: list[Requirement] = []
    losses: list[Text] = []
    for item in told.pip:
        if item.name in strangers:
            losses.append(
                text(
                    "pip's {name} {version}: it cannot be there without files of conda's",
                    name=item.name,
                    version=item.version,
                )
            )
            continue
        line: str | None = item.line
        if line is None:
            line, reason = local.line(env, item.name)
            losses += [] if reason is None else [reason]
        if line is not None:
            requirements.append(Requirement(item.name, line))
    asked = _asked(env)
    specs = _specs(env, told, depth, keeps, asked)
    if env.base:
        left = tuple(sorted(name for name in asked if _CONDA_ITSELF.fullmatch(name)))
        specs = {name: spec for name, spec in specs.items() if name not in left}
        losses += (
            [
                text(
                    "{names} stays in base, where conda runs",
                    "{names} stay in base, where conda runs",
                    n=len(left),
                    names=left,
                )
            ]
            if left
            else []
        )
    losing, gains = _told(env, told, {*specs, *strangers, *(each.name for each in requirements)})
    return Wanted(
        depth=depth,
        specs=tuple(specs.values()),
        channels=told.channels,
        requirements=tuple(requirements),
        options=beyond_configuration(env, told.pip),
        asked={name: spec for name, spec in asked.items() if name in specs},
        asked_of_pip=frozenset(dist.name for dist in env.pip_owned if dist.requested),
        loses=(*losses, *losing),
        gains=gains,
    )


def settled(env: Environment, told: Wanted, records: Iterable[Solved], kept: Collection[str]) -> Wanted:
    """The same once conda's part is known: what that brings is not pip's. BadArguments if `kept` wants it otherwise."""
    brought = {name: each for each in records for name in brings(env, each)}
    requirements, losses = [], []
    asked = dict(told.asked)
    versions = {dist.name: dist.version or "?" for dist in env.pip_owned}
    for each in told.requirements:
        record = brought.get(each.name)
        if record is None:
            requirements.append(each)
        elif each.name in map(normalise, kept):
            raise BadArguments(
                text(
                    "{name} cannot be left to pip: conda brings {package} {version}, which others of its packages need",
                    name=each.name,
                    package=record.name,
                    version=record.version,
                )
            )
        else:
            if each.name in told.asked_of_pip:
                asked.setdefault(record.name, record.name)  # somebody still wants it
            losses.append(
                text(
                    "pip's {name} {version}: conda's {other} is there instead",
                    name=each.name,
                    version=versions.get(each.name, "?"),
                    other=record.version,
                )
            )
    return replace(told, requirements=tuple(requirements), loses=(*losses, *told.loses), asked=asked)


def brings(env: Environment, record: Solved) -> dict[str, str]:
    """The distributions that a package brings, with their versions: as the old one's does, else by the table of names.

    What it brings for itself alone (setuptools' `_vendor`) stands in no site-packages, and is none of them.
    """
    here = env.by_name.get(record.name)
    if here is None:
        name = pypi_name(record.name)
        return {} if name is None else {name: record.version}
    instead = env.replaced.get(record.name)
    found = {
        dist.name: dist.version or record.version
        for dist in env.distributions or ()
        if here.record in (dist.owner, dist.taken_from)
    }
    own = {pypi_name(record.name), None if instead is None else instead.name} & set(here.provides)
    found.update({name: record.version for name in own if name is not None})
    if here.version != record.version or instead is not None:
        return dict.fromkeys(found, record.version)
    return found


def _specs(
    env: Environment, told: Inventory, depth: Depth, kept: frozenset[str], asked: Mapping[str, str]
) -> dict[str, str]:
    """Conda's specs by name: with what pip has replaced, if somebody had asked conda for it, and without what stays pip's."""
    specs = {item.name: item.spec for item in told.conda}
    for name, dist in env.replaced.items():
        package = env.by_name[name]
        if dist.name in kept:
            specs.pop(name, None)
        elif name in asked_for(env):
            specs[name] = asked[name] if depth is Depth.HISTORY else conda_part.spec_of(package, depth)
    for gone in _lost(env):
        if gone.name in asked and normalise(gone.name) not in kept:
            specs[gone.name] = asked[gone.name] if depth is Depth.HISTORY else f"{gone.name}=={gone.version}"
    return specs


def _asked(env: Environment) -> dict[str, str]:
    """What somebody once asked conda for, that of which the record was lost among it."""
    written = {
        name: spec for revision in env.history or () for spec in revision.update_specs if (name := spec_name(spec))
    }
    told = {package.name: written[package.name] for package in _lost(env) if package.name in written}
    # what was asked for by an address with a secret is asked for by its name: it is written into the new one's books
    gone = {name: spec if without_secrets(spec) == spec else name for name, spec in told.items()}
    return {**conda_part.asked(env, []), **gone}


def _strangers(env: Environment) -> frozenset[str]:
    """What pip cannot install without writing over files of another project's that conda owns."""
    return frozenset(
        clash.dist.name
        for clash in clashes(env)
        if clash.stranger and clash.overwrites and clash.overlap.differ and clash.package.name not in env.replaced
    )


def _told(env: Environment, told: Inventory, again: set[str]) -> tuple[tuple[Text, ...], tuple[Text, ...]]:
    """What an export tells as lost and is so here, too; and what comes back."""
    settled = {*env.replaced, *again, *_ONLY_HERE}
    without_record = {package.name for package in _lost(env)}
    loses, gains = [], []
    for each in told.lost:
        if each.says.template().endswith(("come back", "comes back")) or each.subject in without_record & again:
            gains.append(each.says)
        elif each.subject not in settled | without_record and not each.subject.startswith(("--", "channel ")):
            loses.append(each.says)
    return tuple(loses), tuple(gains)


def _lost(env: Environment) -> tuple[Linked, ...]:
    """The packages that conda has linked and of which it has no record any more."""
    try:
        return tuple(lost(env))
    except CannotTell:
        return ()
