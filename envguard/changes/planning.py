"""The way back to a sound state: which steps, in which order, what they lose, and what the rules say of the outcome.

Nothing is changed here. Base, environments of others and frozen ones get no steps, but the words what to do instead.
"""

from __future__ import annotations

import os
import shlex
from dataclasses import replace
from typing import TYPE_CHECKING

from envguard.analyse import analyse, summary
from envguard.changes import losses
from envguard.changes.choose import Chosen, choose, doable, serious, with_stand_in
from envguard.errors import BadArguments
from envguard.forecast.conda_solver import config_of
from envguard.masking import without_secrets
from envguard.model import Act, Change, Fix, Safety, Severity, Verdict, text
from envguard.packages import cached
from envguard.probe.marks import unfinished
from envguard.probe.reading import normalise
from envguard.repair_report import By, Foreseen, Plan, PlannedStep
from envguard.rules import fixes, steps
from envguard.rules.overlaps import live

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterator

    from envguard.facts import Environment
    from envguard.model import Finding, Report, Step, Text

_SYSTEM = ("/", "/usr")
_MANY = 12
"""More packages to put back than these are not a repair any more."""


_PROBLEMS = 6
"""As many of what could not be read are told where nothing can be judged for it."""


def plan(env: Environment, kept: Collection[str] = (), progress: Callable[[Text], None] | None = None) -> Plan:
    """What would bring an environment back; BadArguments if a name in `kept` is none of pip's here."""
    names = frozenset(map(normalise, kept))
    strange = names - {dist.name for dist in env.pip_owned}
    if strange:
        raise BadArguments(text("pip has not installed {names} here", names=tuple(sorted(strange))))
    report = analyse(env)
    refused = tuple(_refusals(env))
    if refused:
        return _not_ours(env, report, refused, names)
    ready = with_stand_in(env)
    chosen = choose(ready, names, progress)
    new, cleared, remains = differences(report, chosen.report)
    rebuild = _rebuild(chosen, remains)
    return Plan(
        environment=summary(env),
        verdict=report.verdict,
        steps=tuple(_planned(env, ready, step) for step in chosen.steps),
        changes=versions(env, chosen.env),
        loses=tuple(losses.told(ready, chosen)),
        needs_restart=any(fix.restart for fix in chosen.fixes),
        proof=Foreseen(chosen.report.verdict, cleared, remains, new, tuple(_remarks(ready, chosen, remains))),
        choices=tuple(losses.choices(ready, names)),
        by_hand=(*_by_hand(chosen, remains, new), *(fixes.anew(env) if rebuild is not None else ())),
        rebuild=rebuild,
        kept=tuple(sorted(names)),
    )


def _refusals(env: Environment) -> Iterator[Text]:
    """Why an environment is left alone."""
    if env.base:
        yield text(
            "{prefix} is the base environment, in which conda itself runs: envguard never changes it", prefix=env.prefix
        )
    if unfinished(env.prefix):
        yield text(
            "{prefix} was left unfinished by a rebuild: `envguard rebuild {target} --resume` begins it anew, `--discard` removes it",
            prefix=env.prefix,
            target=shlex.quote(env.prefix),
        )
    if env.closed_records:
        yield text("conda's records cannot be read: {records}", records=env.closed_records)
    if env.frozen:
        yield text("{prefix} is declared frozen by conda-meta/frozen", prefix=env.prefix)
    elif not env.writable:
        yield text("{prefix} is not writable for you", prefix=env.prefix)
    elif os.path.realpath(env.prefix) in _SYSTEM:
        yield text("{prefix} belongs to the system", prefix=env.prefix)
    elif _is_anothers(env.prefix):
        yield text("{prefix} belongs to another user, and others may work in it", prefix=env.prefix)


def _is_anothers(prefix: str) -> bool:
    try:
        return hasattr(os, "geteuid") and os.stat(prefix).st_uid != os.geteuid()  # noqa: PTH116
    except OSError:
        return False


def _not_ours(env: Environment, report: Report, refused: tuple[Text, ...], kept: frozenset[str]) -> Plan:
    """The words for an environment that is left alone: the first way out of each finding."""
    found = serious(report)
    ways = dict.fromkeys(finding.fixes[0] for finding in found if finding.fixes)
    own = dict.fromkeys(_of_ones_own(env) if found and not env.writable else ())
    more = dict.fromkeys(fix for finding in found for fix in finding.fixes if finding.subject == env.name)
    return Plan(
        environment=summary(env),
        verdict=report.verdict,
        steps=(),
        changes=(),
        loses=(),
        needs_restart=False,
        proof=Foreseen(report.verdict, (), found, ()),
        by_hand=tuple({**own, **ways, **more}),
        refused=refused,
        kept=tuple(sorted(kept)),
        unfinished=unfinished(env.prefix),
    )


def _of_ones_own(env: Environment) -> tuple[Fix, ...]:
    """A new environment where the user may write, with what this one was asked for, which may only be read."""
    if not env.is_conda or env.unreadable_records or env.manager == "pixi" or unfinished(env.prefix):
        return ()
    beside = os.path.dirname(env.prefix)  # noqa: PTH120 - a path as the system gave it
    home = os.path.expanduser("~")  # noqa: PTH111 - Path.home() raises where there is none
    own = os.path.join(home, "work" if env.base else f"{env.name}-rebuilt")  # noqa: PTH118
    step = steps.rebuild(env, own if env.base or not os.access(beside, os.W_OK) else None)
    if env.base:
        step = replace(step, argv=(*step.argv, "--from-history"))  # all of it is never made anew
    title = text("Make an environment of your own with what somebody asked for here; this one is only read")
    return (Fix(title, (step,), Safety.MANUAL),)


def differences(before: Report, then: Report) -> tuple[tuple[Finding, ...], tuple[Finding, ...], tuple[Finding, ...]]:
    """What is new, what is cleared and what remains of errors and warnings."""
    old, now = serious(before), serious(then)
    known = {(each.rule, each.subject): each.severity.rank for each in old}
    here = {(each.rule, each.subject) for each in now}
    new = tuple(each for each in now if each.severity.rank < known.get((each.rule, each.subject), len(Severity)))
    cleared = tuple(each for each in old if (each.rule, each.subject) not in here)
    return new, cleared, tuple(each for each in now if each not in new)


def _planned(env: Environment, ready: Environment, step: Step) -> PlannedStep:
    by = By.TOOL
    if step.act is Act.DELETE:
        by = By.ENVGUARD
    elif step.act in (Act.UNINSTALL, Act.PIP_INSTALL):
        by = By.PIP
    elif steps.tool(env) is None:
        by = By.ENVGUARD
    whence = _source(ready, step) if by is By.ENVGUARD and step.act is Act.RELINK else None
    return PlannedStep(_title(ready, step), step, by, whence)


def _source(env: Environment, step: Step) -> Text:
    """Where py-rattler takes from what it puts back."""
    packages = {env.by_name[name].record: env.by_name[name] for name in step.of}
    found = cached.sources(env.prefix, packages, config_of(env))
    absent = tuple(packages[record] for record, place in found.items() if place is None)
    if absent:
        return text(
            "{packages} has to be fetched from {channels}",
            "{packages} have to be fetched from {channels}",
            n=len(absent),
            packages=tuple(each.name for each in absent),
            channels=tuple(dict.fromkeys(without_secrets(each.channel or "?") for each in absent)),
        )
    folders = dict.fromkeys(os.path.dirname(place) for place in found.values() if place)  # noqa: PTH120
    return text("from the package cache {folders}", folders=tuple(folders))


def _title(env: Environment, step: Step) -> Text:
    if step.act is Act.UNINSTALL:
        return text("pip takes {names} off", names=tuple(_of_pip(env, name) for name in step.of))
    if step.act is Act.RELINK:
        return text(
            "conda's {packages} comes back, as conda had linked it",
            "conda's {packages} come back, as conda had linked them",
            n=len(step.of),
            packages=_of_conda(env, step.of),
        )
    if step.act is Act.FORGET:
        return text("conda forgets {packages}", packages=_of_conda(env, step.of))
    if step.act is Act.CONDA_REMOVE:
        return text("conda removes {packages}", packages=_of_conda(env, step.of))
    if step.act is Act.CONDA_INSTALL:
        return text("conda installs {specs}", specs=step.of)
    if step.act is Act.PIP_INSTALL:
        return text("pip installs {requirements}", requirements=_requirements(step))
    found = [env.by_path[path] for path in step.of if path in env.by_path]
    if found and all(dist.owner for dist in found):
        # pip takes off whichever of two it meets first
        return text("conda's own {paths} goes first, so that pip takes off nothing but its own", paths=step.of)
    return text("what is stale or left over goes: {paths}", paths=step.of)


def _of_conda(env: Environment, names: tuple[str, ...]) -> tuple[str, ...]:
    return tuple(f"{name} {env.by_name[name].version}" if name in env.by_name else name for name in names)


def _of_pip(env: Environment, name: str) -> str:
    found = [dist.version for dist in env.dists_named.get(name, ()) if dist.owner is None]
    return f"{name} {found[0] or '?'}" if found else name


def _requirements(step: Step) -> tuple[str, ...]:
    return tuple(word for word in step.of if not word.startswith("-"))


def versions(before: Environment, after: Environment) -> tuple[Change, ...]:
    """What an import gives before and after, by the names of distributions; other packages by conda's."""
    old, new = _importable(before), _importable(after)
    return tuple(
        Change(name, old.get(name), new.get(name))
        for name in sorted(old.keys() | new.keys())
        if old.get(name) != new.get(name)
    )


def _importable(env: Environment) -> dict[str, str]:
    # of two copies the one that conda does not own was installed over the other
    ordered = sorted(live(env), key=lambda dist: dist.owner is None)
    found = {dist.name: dist.version or "?" for dist in ordered if not _is_gutted(dist.missing, dist.files)}
    brought = {name for package in env.conda_packages or () for name in package.provides}
    plain = {each.name: each.version for each in env.conda_packages or () if not each.provides}
    return {**{name: version for name, version in plain.items() if name not in brought}, **found}


def _is_gutted(missing: object, files: int) -> bool:
    count: int = getattr(missing, "count", 0)
    return 0 < files <= count


def _by_hand(chosen: Chosen, remains: tuple[Finding, ...], new: tuple[Finding, ...]) -> tuple[Fix, ...]:
    """The ways out of what is left, that envguard takes for nobody."""
    return tuple(
        dict.fromkeys(
            fix for finding in (*remains, *new) for fix in finding.fixes if not doable(fix) or not chosen.steps
        )
    )


def _remarks(env: Environment, chosen: Chosen, remains: tuple[Finding, ...]) -> Iterator[Text]:
    if chosen.report.verdict is Verdict.UNKNOWN:
        told = dict.fromkeys((each.source, each.reason) for each in env.problems)
        for file, problem in tuple(told)[:_PROBLEMS]:
            yield text("{file}: {problem}", file=file, problem=problem)
    yield from chosen.untried
    yield from chosen.refused if remains else ()
    acts = {step.act for finding in remains for fix in finding.fixes for step in fix.steps}
    if acts & {Act.UNINSTALL, Act.PIP_INSTALL} and not steps.has_pip(env):
        yield text(
            "this environment has no pip, without which nothing of pip's can be taken off: let conda install it first"
        )


def _rebuild(chosen: Chosen, remains: tuple[Finding, ...]) -> Text | None:
    back = {name for step in chosen.steps if step.act is Act.RELINK for name in step.of}
    if len(back) > _MANY:
        return text("{n} packages would have to be put back", n=len(back))
    errors = [each for each in remains if each.severity is Severity.ERROR]
    stuck = tuple(dict.fromkeys(each.subject for each in errors if not any(fix.steps for fix in each.fixes)))
    if stuck:
        return text("no step that is known clears what is wrong with {names}", names=stuck)
    if any(each.rule == "alternating-installers" for each in remains):
        return text("conda and pip took turns, and what each brought cannot be told apart any more")
    return None
