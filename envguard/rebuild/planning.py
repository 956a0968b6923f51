"""What a new environment would hold, solved before anything is made: conda's part by the solver, from nothing.

What the channels do not have any more ends it, unless looser specs may be tried: then the same versions without builds, then
only what was once asked for. Which of them held is told.
"""

from __future__ import annotations

import os
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from envguard import versions
from envguard.analyse import analyse, summary
from envguard.export.channels import plain
from envguard.export_report import Depth
from envguard.forecast.child import SECONDS
from envguard.forecast.conda_solver import PLATFORM, answered, config_of
from envguard.masking import without_secrets
from envguard.model import Text, text
from envguard.packages import repodata, solving
from envguard.packages.channels import channels
from envguard.packages.solving import Wish
from envguard.probe.marks import unfinished
from envguard.rebuild import by_hand, kernel, offline, remarks, target
from envguard.rebuild.wanted import brings, settled, wanted
from envguard.rebuild_report import NewPackage, NewRequirement, RebuildPlan
from envguard.tables import BASICS
from envguard.value import value

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

    from envguard.facts import Environment
    from envguard.machine import CondaConfig
    from envguard.packages.repodata import Sources
    from envguard.packages.solving import Solved
    from envguard.rebuild.options import Options
    from envguard.rebuild.wanted import Wanted

CARRIED = ("conda-meta/pinned", "conda-meta/state", ".condarc", "condarc", "pip.conf")
"""Settings of an environment: what is pinned, the variables that activation sets, channels, indexes."""
_RUNGS = (Depth.EXACT, Depth.VERSIONS, Depth.HISTORY)


@value
class Prepared:
    """A plan, and what it takes to carry it out; that may hold secrets, the plan holds none."""

    plan: RebuildPlan
    wanted: Wanted | None = None
    records: tuple[Solved, ...] = ()
    question: Mapping[str, Any] | None = None
    """For the solver: where to look, and exactly these packages."""
    offline: bool = False
    """Whether nothing may be fetched."""


def prepare(
    env: Environment,
    folder: str,
    options: Options,
    progress: Callable[[Text], None] | None = None,
    *,
    resumed: bool = False,
) -> Prepared:
    """What would be made in `folder`, or why nothing is; BadArguments for names in `keep` that cannot be left to pip.

    `resumed` says that `folder` holds what an earlier try has left there.
    """
    refused = tuple(_refusals(env, folder, options, resumed=resumed))
    if refused:
        return Prepared(_refused(env, folder, options, refused))
    tried: list[Text] = []
    for depth in _RUNGS[_RUNGS.index(options.depth) :] if options.loosen else (options.depth,):
        told = wanted(env, depth, options.keep)
        found = _solved(env, told, options, progress)
        if not isinstance(found, Text):
            records, sources = found
            told = settled(env, told, records, options.keep)
            if _offline(env, options) and (gone := tuple(offline.refusals(env, told, records))):
                return Prepared(_refused(env, folder, options, gone))
            return _prepared(env, folder, options, told, records, sources, tuple(tried))
        tried.append(found)
    if not options.loosen and options.depth is not Depth.HISTORY:
        tried.append(text("`--loosen` tries other builds, then other versions, and tells which"))
    return Prepared(_refused(env, folder, options, tuple(dict.fromkeys(tried))))


def _offline(env: Environment, options: Options) -> bool:
    return not options.network or repodata.offline(config_of(env))


def _refusals(env: Environment, folder: str, options: Options, *, resumed: bool) -> Iterator[Text]:
    yield from target.refusals(env.prefix, folder, resumed=resumed)
    if unfinished(env.prefix):
        yield text("{prefix} was itself left unfinished by a rebuild", prefix=env.prefix)
    elif not env.is_conda:
        yield text("{prefix} is no environment of conda's", prefix=env.prefix)
    elif env.unreadable_records:
        yield text("conda's records cannot be read: {records}", records=tuple(env.unreadable_records))
    elif env.conda_packages is None:
        yield text("what conda owns in {prefix} cannot be told", prefix=env.prefix)
    elif env.distributions is None:
        yield text("what pip has installed in {prefix} cannot be told", prefix=env.prefix)
    elif env.base and options.depth is not Depth.HISTORY:
        yield text(
            "{prefix} is the base environment, in which conda itself runs; `--from-history` makes an environment of what was asked for in it",
            prefix=env.prefix,
        )


def _solved(
    env: Environment, told: Wanted, options: Options, progress: Callable[[Text], None] | None
) -> tuple[tuple[Solved, ...], Sources] | Text:
    """The records of conda's part, and where the channels were read; why there is none, if so."""
    if not told.specs:
        return text("nothing tells what conda was asked for")
    if progress is not None:
        progress(text("solving from the channels {channels}", channels=told.channels))
    config = config_of(env)
    chosen = channels(config, named=told.channels, override=True)
    outcome, sources = answered(
        _empty(env),
        Wish(told.specs, priority=_priority(config)),
        chosen,
        config,
        platform=env.platform or PLATFORM,
        network=options.network,
        timeout=SECONDS,
    )
    if isinstance(outcome, Text):
        return outcome
    if outcome.records is None:
        return outcome.reason or text("no packages fit together")
    return outcome.records, sources


def _priority(config: CondaConfig | None) -> str:
    return config.channel_priority if config is not None else "flexible"


def _empty(env: Environment) -> Environment:
    """An environment of the same kind with nothing in it."""
    return replace(env, conda_packages=(), history=())


def _prepared(
    env: Environment,
    folder: str,
    options: Options,
    told: Wanted,
    records: tuple[Solved, ...],
    sources: Sources,
    tried: tuple[Text, ...],
) -> Prepared:
    exact = Wish(
        tuple(f"{each.name} =={each.version} {each.build}" for each in records), priority=_priority(config_of(env))
    )
    question = {**sources.base(), "priority": exact.priority, "attempts": solving.attempts(_empty(env), exact)}
    packages = tuple(
        NewPackage(
            each.name,
            each.version,
            each.build,
            plain(each.channel or ""),
            env.by_name[each.name].version if each.name in env.by_name else None,
            each.name in told.asked,
        )
        for each in sorted(records, key=lambda each: each.name)
    )
    pins = _pins(env, records)
    there = tuple(path for path in CARRIED if Path(env.prefix, path).is_file())
    plan = RebuildPlan(
        environment=summary(env),
        verdict=analyse(env).verdict,
        target=folder,
        depth=told.depth,
        channels=told.channels,
        packages=packages,
        requirements=tuple(
            NewRequirement(each.name, without_secrets(each.line), each.name in told.asked_of_pip)
            for each in told.requirements
        ),
        options=tuple(f"{option} {without_secrets(value)}" for option, value in told.options),
        constraints=tuple(f"{name}=={version}" for name, version in sorted(pins.items())),
        with_dependencies=told.with_dependencies,
        carried=tuple(path for path in there if os.access(Path(env.prefix, path), os.R_OK)),
        loses=(*told.loses, *remarks.scripts(env), *remarks.closed(env, there)),
        gains=told.gains,
        remarks=tuple(remarks.remarks(env, told, pins, sources, tried)),
        kernel=kernel.planned(folder, options.kernel_name, _names(told, records)) if options.kernel else None,
        commands=by_hand.commands(env, folder, told, records),
        kept=options.keep,
    )
    return Prepared(plan, told, records, question, _offline(env, options))


def _refused(env: Environment, folder: str, options: Options, refused: tuple[Text, ...]) -> RebuildPlan:
    return RebuildPlan(
        environment=summary(env),
        verdict=analyse(env).verdict,
        target=folder,
        depth=options.depth,
        channels=(),
        packages=(),
        requirements=(),
        options=(),
        constraints=(),
        with_dependencies=False,
        carried=(),
        loses=(),
        gains=(),
        remarks=(),
        kernel=None,
        commands=(),
        refused=refused,
        instead=by_hand.instead(env, folder),
        kept=options.keep,
    )


def _names(told: Wanted, records: tuple[Solved, ...]) -> frozenset[str]:
    return frozenset((*(each.name for each in records), *(each.name for each in told.requirements)))


def _pins(env: Environment, records: tuple[Solved, ...]) -> dict[str, str]:
    """The versions that conda will bring, by pip's names: as far as records tell; the real ones are read before pip runs."""
    found = {}
    for record in records:
        for name, version in brings(env, record).items():
            spelled = versions.pep440(version)
            if spelled is not None and name not in BASICS:
                found[name] = spelled
    return found
