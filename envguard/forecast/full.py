"""The full forecast: what the resolver says would come and go, and what the rules say of the environment after it."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from envguard import collect
from envguard.analyse import analyse, now, summary
from envguard.commands.command import Placement, Tool, Verb
from envguard.errors import CannotTell, EnvguardError
from envguard.forecast import after, child, conda, foreseen, pip, uv
from envguard.forecast.child import Watch
from envguard.forecast.quick import quick
from envguard.forecast.remarks import remarks
from envguard.forecast.transaction import Transaction
from envguard.forecast_report import Depth, Forecast, Outcome
from envguard.model import Severity, text
from envguard.rules.outdated import outdated
from envguard.rules.stale import stale_module
from envguard.surroundings import numpies

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from envguard.commands.command import Command, Place, Target
    from envguard.facts import Environment
    from envguard.forecast_report import Alternative, Remark
    from envguard.model import Finding, Report, Text
    from envguard.process import Process


def full(
    command: Command,
    target: Target,
    place: Place,
    *,
    build: bool = False,
    progress: Callable[[Text], None] | None = None,
    cancel: Callable[[], bool] | None = None,
    timeout: float = child.SECONDS,
    alternatives: bool = True,
    process: str | Process | None = "kernel",
) -> Forecast:
    """What a command would do, by its own resolver and by the rules; with `build`, source code is built to know it.

    Other ways are looked for where something speaks against it, unless `alternatives` says not to. `process` is what the
    kernel of the place has told, "kernel" if it is this very process, None if it has told nothing.
    """
    quickly = replace(quick(command, target, place), depth=Depth.FULL)
    if quickly.refusal is not None or target.prefix is None or command.verb is Verb.CREATE:
        return quickly
    try:
        env = collect.by_import(target.prefix, process=process if place.is_kernel else None)
    except EnvguardError as error:
        return replace(quickly, outcome=Outcome.UNKNOWN, unknown=(error.text,))
    watch = Watch(timeout, progress, cancel)
    found = _plan(command, target, env, place, build, watch)
    if found.refusal is not None:
        return replace(
            quickly,
            alternatives=_ways(quickly, command, target, env, watch) if alternatives else quickly.alternatives,
            environment=summary(env),
            installs=(),
            replaces=(),
            removes=(),
            outcome=Outcome.REFUSED,
            unknown=found.unknown,
            refusal=found.refusal,
            made_at=now(),
        )
    changed = numpies.foreseen(env, after.apply(env, _inside(found, target)))
    new, cleared = _difference(analyse(env), analyse(changed))
    installs, replaces, removes = (
        tell(env, found, target) for tell in (foreseen.installs, foreseen.replaces, foreseen.removes)
    )
    landings = conda.landings(env, found) if found.link_files is not None else None
    told = remarks(quickly, env, found, (*installs, *replaces, *removes), new, landings)
    outcome = _outcome(found, told, new)
    wanted = alternatives and outcome in (Outcome.RISKY, Outcome.HARMFUL)
    return replace(
        quickly,
        environment=summary(env),
        installs=installs,
        replaces=replaces,
        removes=removes,
        remarks=told,
        new_findings=new,
        cleared_findings=cleared,
        outcome=outcome,
        alternatives=_ways(quickly, command, target, env, watch) if wanted else quickly.alternatives,
        unknown=found.unknown,
        stale=_stale(env, changed),
        made_at=now(),
    )


def _plan(command: Command, target: Target, env: Environment, place: Place, build: bool, watch: Watch) -> Transaction:
    if command.tool is Tool.PIP:
        return pip.plan(command, target, env, place, build=build, watch=watch)
    if command.tool is Tool.UV:
        return uv.plan(command, target, env, place, build=build, watch=watch)
    if command.tool.is_conda:
        return conda.plan(command, target, env, timeout=watch.timeout, cancel=watch.cancel, progress=watch.progress)
    return Transaction(unknown=(text("{tool} is not asked in a forecast", tool=command.tool.value),))


def _ways(
    quickly: Forecast, command: Command, target: Target, env: Environment, watch: Watch
) -> tuple[Alternative, ...]:
    """The other ways: the kernel's own environment, and what the channels have."""
    # few commands come here, and it brings the solver
    from envguard.forecast import alternatives as ways

    limit = min(watch.timeout, ways.SECONDS)
    found = ways.alternatives(command, target, env, timeout=limit, cancel=watch.cancel, progress=watch.progress)
    return (*quickly.alternatives, *found)


def _inside(found: Transaction, target: Target) -> Transaction:
    """The part of a transaction that changes the environment: with --user, --target or --prefix, what comes goes elsewhere."""
    if target.placement is Placement.SITE:
        return found
    return Transaction(goes=found.goes)


def _difference(before: Report, then: Report) -> tuple[tuple[Finding, ...], tuple[Finding, ...]]:
    """The findings that appear, and those that disappear; nothing of a rule that could not decide before or after."""
    silent = {stale_module.id}  # of which the forecast tells in a word of its own
    for report in (before, then):
        silent.update(each.rule for each in report.skipped)
        silent.update(each.rule for each in report.failed)
    old = {each.fingerprint for each in before.findings}
    new = {each.fingerprint for each in then.findings}
    return (
        tuple(each for each in then.findings if each.fingerprint not in old and each.rule not in silent),
        tuple(each for each in before.findings if each.fingerprint not in new and each.rule not in silent),
    )


def _outcome(found: Transaction, remarks: Iterable[Remark], new: Iterable[Finding]) -> Outcome:
    weights = {each.severity for each in remarks} | {each.severity for each in new}
    if Severity.ERROR in weights:
        return Outcome.HARMFUL
    if Severity.WARNING in weights:
        return Outcome.RISKY
    return Outcome.UNKNOWN if found.unknown else Outcome.HARMLESS


def _stale(env: Environment, changed: Environment) -> tuple[str, ...]:
    """The packages that the kernel has loaded and that would no longer be what is on disk."""
    try:
        old = {each.name for each in outdated(env)[0]}
        return tuple(each.name for each in outdated(changed)[0] if each.name not in old)
    except CannotTell:
        return ()
