"""Rules about the order in which conda and pip wrote, and about who had better have written."""

from __future__ import annotations

import datetime
from dataclasses import replace
from typing import TYPE_CHECKING

from envguard import versions
from envguard.model import Evidence, Severity, text
from envguard.packages.names import advice, conda_names
from envguard.rules import fixes, steps
from envguard.rules.names import normalise
from envguard.rules.overlaps import clashes, live
from envguard.rules.rule import Found, Rule, rule
from envguard.timeline import GRACE, conda_after_pip, events
from envguard.versions import Answer

if TYPE_CHECKING:
    from collections.abc import Iterator

    from envguard.facts import Distribution, Environment, Revision
    from envguard.model import Event, Fix

_SHOWN = 6
_NO_CHANGE = ("nothing", "notice")

_ABI = frozenset(("numpy", "protobuf", "pyarrow"))
"""Packages whose next main version breaks what was compiled, or generated, for the last one."""


@rule("conda-after-pip", code=150, severity=Severity.WARNING, needs=("history", "distributions"))
def conda_after_pip_rule(env: Environment) -> Iterator[Found]:
    """Packages were changed by conda after pip had installed.

    The sound order is: first conda, then pip, and never back to conda. Here conda's history has a transaction that is
    later than an installation by pip which is still there.

    Why it matters: conda does not see what pip requires, and may overwrite, update or remove it. It is a warning where
    that has left a trace: files that both claim and that differ, files of pip's that conda took off with a package of its
    own, or a requirement of pip's packages that conda's version no longer meets. Otherwise it went well, and is information.

    How to repair: repair what the other findings name. Next time name everything conda shall bring in one command,
    or make a new environment, and let pip install last.

    Not reported: clones and copies, whose files keep their old dates; transactions within two minutes of the
    installation; and transactions that changed nothing of conda's.
    """
    later = conda_after_pip(env)
    if not later:
        return
    harmed = (*_shared(env), *_emptied(env, later))
    broken = tuple(_outdated(env, later))
    owned = tuple(dict.fromkeys(dist.name for dist in env.pip_owned))
    evidence = [
        Evidence(
            text("on {when} conda changed {packages}", when=each.when, packages=_changed(each)), "conda-meta/history"
        )
        for each in later[:_SHOWN]
    ]
    evidence += [
        Evidence(
            text(
                "{name} {version} requires {requirement}", name=dist.name, version=dist.version or "?", requirement=line
            ),
            dist.path,
        )
        for dist, line in broken[:_SHOWN]
    ]
    if harmed or broken:
        names = tuple(dict.fromkeys((*harmed, *(dist.name for dist, _ in broken))))
        yield Found(
            subject=env.name,
            message=text(
                "conda changed packages {n} time after pip had installed, and these no longer fit: {names}",
                "conda changed packages {n} times after pip had installed, and these no longer fit: {names}",
                n=len(later),
                names=names,
            ),
            evidence=tuple(evidence),
            consequence=text("conda does not know what pip's packages require, and does not keep to it"),
            fixes=_again(env, tuple(dist for dist, _ in broken)),
        )
        return
    yield Found(
        subject=env.name,
        message=text(
            "conda changed packages {n} time after pip had installed {names}; nothing shows that it did harm",
            "conda changed packages {n} times after pip had installed {names}; nothing shows that it did harm",
            n=len(later),
            names=owned,
        ),
        evidence=tuple(evidence),
        severity=Severity.INFO,
    )


def _shared(env: Environment) -> tuple[str, ...]:
    """What both books claim with different content, strangers' documents apart."""
    return tuple(
        clash.dist.name for clash in clashes(env) if clash.overlap.differ and clash.severity is not Severity.INFO
    )


def _emptied(env: Environment, later: tuple[Revision, ...]) -> tuple[str, ...]:
    """Distributions of pip's whose code is gone, where one of these transactions took conda's of that name off."""
    gone = {normalise(each.name) for revision in later for each in revision.unlinked}
    return tuple(
        dist.name for dist in env.pip_owned if dist.name in gone and (dist.missing.compiled or dist.missing.python)
    )


def _changed(revision: Revision) -> tuple[str, ...]:
    changed = revision.linked or revision.unlinked
    return tuple(f"{each.name} {each.version}" for each in changed if each.channel != "pypi")


def _outdated(env: Environment, later: tuple[Revision, ...]) -> Iterator[tuple[Distribution, str]]:
    """Distributions of pip's with a requirement that a version of conda's, brought by one of these transactions, breaks."""
    before = {each.name: each.version for revision in later for each in revision.unlinked}
    after = {each.name: each.version for revision in later for each in revision.linked if each.channel != "pypi"}
    brought = {
        dist.name: dist
        for dist in live(env)
        if dist.owner is not None and (package := env.by_record.get(dist.owner)) and package.name in after
    }
    if not brought:
        return
    known = versions.marker_environment(env)
    for dist in env.pip_owned:
        for line in dist.requires:
            wanted = versions.requirement(line) if "extra" not in line.partition(";")[2] else None
            target = brought.get(normalise(wanted.name)) if wanted is not None else None
            if wanted is None or target is None or versions.applies(wanted.marker, known) is not Answer.YES:
                continue
            old, new = before.get(wanted.name.lower()), target.version
            leap = target.name in _ABI and old and new and _main(old) != _main(new)
            if leap or versions.pip_allows(wanted, new) is Answer.NO:
                yield dist, f"{wanted.name}{wanted.specifier}"
                break


def _main(version: str) -> str:
    return version.partition(".")[0]


def _again(env: Environment, dists: tuple[Distribution, ...]) -> tuple[Fix, ...]:
    """Lets pip choose anew what fits to conda's versions."""
    if not dists:
        return ()
    if not fixes.may_write(env):
        return fixes.own_environment(env)
    names = tuple(dict.fromkeys(dist.name for dist in dists if dist.direct_url is None and not dist.editable))
    if not names:
        return ()
    title = text("Let pip choose versions of {names} that fit", names=names)
    return (fixes.by_pip(env, title, (steps.pip_install(env, "--upgrade", *names),)),)


@rule("alternating-installers", code=151, severity=Severity.WARNING, needs=("history", "distributions"))
def alternating_installers(env: Environment) -> Iterator[Found]:
    """The installers conda and pip have taken turns.

    Conda came first, then pip, then conda again, then pip again: the environment went back and forth at least twice.

    Why it matters: every turn works on what the other left, and neither tool can undo a step. It is a warning where both
    claim files that differ; where nothing overlaps it is information, and a reason to write down how the environment
    is made.

    How to repair: export what you asked for, and make the environment anew: conda's part in one command, then pip's.

    Not reported: conda and then pip, in that order, as often as pip ran; clones and copies; what left no date.
    """
    turns = _turns(env)
    if len(turns) < 4:
        return
    harmed = _shared(env)
    yield Found(
        subject=env.name,
        message=text(
            "conda and pip took turns {n} time in this environment",
            "conda and pip took turns {n} times in this environment",
            n=len(turns) - 1,
        ),
        evidence=tuple(
            Evidence(
                text(
                    "on {when} {actor} changed {packages}",
                    when=event.when or "?",
                    actor=event.actor,
                    packages=event.packages,
                ),
                event.source,
            )
            for event in turns[-_SHOWN:]
        ),
        consequence=text("files of {names} belong to both", names=harmed) if harmed else None,
        severity=Severity.WARNING if harmed else Severity.INFO,
    )


def _turns(env: Environment) -> list[Event]:
    """The first event of each turn, conda's first; copies' old dates and conda's own aftermath are no turns."""
    found: list[Event] = []
    last: datetime.datetime | None = None
    # the ledger may tell of what was taken back or has gone since: what is there decides
    for event in events(env if env.ledger is None else replace(env, ledger=None)):
        if event.when is None or event.action in _NO_CHANGE or (not found and event.actor != "conda"):
            continue
        when = datetime.datetime.fromisoformat(event.when)
        turned = not found or (event.actor == "conda") != (found[-1].actor == "conda")
        if turned and (event.actor != "conda" or last is None or when > last + GRACE):
            found.append(event)
        last = when
    return found


@rule(
    "pip-where-conda-has-it",
    code=152,
    severity=Severity.INFO,
    needs=("conda_packages", "distributions"),
    default=False,
)
def pip_where_conda_has_it(env: Environment) -> Iterator[Found]:
    """Packages that are better taken from conda came from PyPI.

    pip installed numeric cores, deep-learning frameworks or bindings to compiled libraries, which conda has, too.

    Why it matters: conda builds these against the libraries of the environment; wheels bring copies of their own. Both
    work, until two copies of one library meet in one process.

    How to repair: if there is no reason to have them from PyPI, take them off and let conda install them. A reason
    can be a version, or a build for a certain GPU, that conda does not have.

    Not reported: what was installed from a folder, a repository or with a build label (`+cu121`), which somebody chose;
    what already overwrote conda's (EG102). This rule is off by default; ask for it with `--select`.
    """
    told_by_102 = {clash.dist.path for clash in clashes(env)}
    found = tuple(
        dist
        for dist in env.pip_owned
        if advice(dist.name) is not None
        and dist.direct_url is None
        and dist.kind == "dist-info"
        and "+" not in (dist.version or "")
        and dist.path not in told_by_102
    )
    if not env.is_conda or not found:
        return
    names = tuple(dist.name for dist in found)
    yield Found(
        subject=env.name,
        message=text("pip installed {names}, which conda has, too", names=names),
        evidence=tuple(Evidence(text("conda does not own this dist-info"), dist.path) for dist in found),
        fixes=_from_conda(env, names),
    )


def _from_conda(env: Environment, names: tuple[str, ...]) -> tuple[Fix, ...]:
    if not fixes.may_write(env) or env.manager == "pixi":
        return ()
    condas = tuple(dict.fromkeys(conda_names(name)[0] for name in names))
    title = text("Let conda install {names} instead of pip", names=condas)
    return (fixes.with_tool(env, title, (steps.uninstall(env, *names), steps.conda_install(env, *condas)), pip=True),)


RULES: tuple[Rule, ...] = (conda_after_pip_rule, alternating_installers, pip_where_conda_has_it)
