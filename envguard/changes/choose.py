"""Which of the fixes that findings name are needed: the fewest after which the same rules find no error and no warning.

Each fix is tried on the facts, those without a solver first. It is taken if less is found afterwards. In the end every one is
left out once, to see whether the others do without it.
"""

from __future__ import annotations

import time
from dataclasses import replace
from typing import TYPE_CHECKING

from envguard.analyse import analyse
from envguard.changes import foretell, order
from envguard.facts import Tool
from envguard.model import Act, Safety, Severity, text
from envguard.rules import fixes, steps
from envguard.rules.overlaps import clashes
from envguard.value import value

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

    from envguard.facts import Environment
    from envguard.model import Finding, Fix, Report, Step, Text

_ROUNDS = 8
_ASKING = text("asking the solver")


@value
class Chosen:
    """Some steps, and the environment as it would be after them."""

    steps: tuple[Step, ...]
    fixes: tuple[Fix, ...]
    env: Environment
    report: Report
    untried: tuple[Text, ...] = ()
    refused: tuple[Text, ...] = ()
    """Why fixes that findings name were not taken."""


def choose(env: Environment, kept: frozenset[str], progress: Callable[[Text], None] | None = None) -> Chosen:
    """The steps for an environment; what stands in `kept` (names of distributions) stays pip's."""
    return _Search(env, kept, progress).chosen()


def serious(report: Report) -> tuple[Finding, ...]:
    """Errors and warnings."""
    return tuple(each for each in report.findings if each.severity is not Severity.INFO)


def with_stand_in(env: Environment) -> Environment:
    """The environment with a package manager, so that a fix which only lacks one is not left to the reader."""
    if steps.tool(env) is not None:
        return env
    name = "pixi" if env.manager == "pixi" else "conda"
    return replace(env, tools=(*env.tools, Tool(name, name)))


def doable(fix: Fix) -> bool:
    """Whether envguard may do it when it is asked to: in the environment alone, and not a matter of taste."""
    return bool(fix.steps) and fix.safety is not Safety.MANUAL and all(step.act is not None for step in fix.steps)


class _Search:
    def __init__(self, env: Environment, kept: frozenset[str], progress: Callable[[Text], None] | None) -> None:
        self.start = env
        self.kept = kept
        self.progress = progress
        # one time for all that is tried, so that two ways to one environment are seen to be the same
        self.when = time.time()
        self.refused: dict[Text, None] = {}
        self._solved: dict[tuple[int, Step], foretell.Foretold] = {}

    def chosen(self) -> Chosen:
        now = Chosen((), (), self.start, analyse(self.start))
        asked = self._left_to_pip(self.start)
        if asked:
            now = self._merged(asked) or now
        taken = list(now.fixes)
        tried: set[tuple[Step, ...]] = set()
        for _ in range(_ROUNDS):
            before = now
            for fix in self._candidates(now):
                if fix.steps in tried:
                    continue
                then = self._done((*taken, fix), fix.steps, now)
                if then is None or _weight(then.report) >= _weight(now.report):
                    continue
                taken.append(fix)
                tried.add(fix.steps)
                now = then
                if not serious(now.report):
                    break
            if now is before or not serious(now.report):
                break
        if not taken:
            return replace(now, refused=tuple(self.refused))
        for fix in taken[len(asked) :] if len(taken) > 1 else ():
            fewer = tuple(each for each in taken if each is not fix)
            then = self._merged(fewer)
            if then is not None and _weight(then.report) <= _weight(now.report):
                taken = list(fewer)
        ordered = self._merged(tuple(taken))
        if ordered is None or _weight(ordered.report) > _weight(now.report):
            ordered = now  # one after the other, as the findings name them
        return replace(ordered, refused=tuple(self.refused))

    def _merged(self, taken: tuple[Fix, ...]) -> Chosen | None:
        return self._done(taken, order.merged(self.start, taken))

    def _done(self, taken: tuple[Fix, ...], sequence: Iterable[Step], after: Chosen | None = None) -> Chosen | None:
        """What comes of some steps; None if one of them would fail."""
        env = self.start if after is None else after.env
        done = [] if after is None else list(after.steps)
        untried = [] if after is None else list(after.untried)
        for step in sequence:
            told = self._step(env, step)
            if told.refused is not None:
                self.refused[told.refused] = None
                return None
            if told.untried is not None:
                untried.append(told.untried)
            env = told.env
            done.append(step)
        return Chosen(tuple(done), taken, env, analyse(env), tuple(dict.fromkeys(untried)))

    def _step(self, env: Environment, step: Step) -> foretell.Foretold:
        if not foretell.needs_solver(step):
            return foretell.after_step(env, step, self.when)
        key = hash((env.conda_packages, env.distributions)), step
        if key not in self._solved:
            if self.progress is not None:
                self.progress(_ASKING)
            self._solved[key] = foretell.after_step(env, step, self.when)
        return self._solved[key]

    def _candidates(self, now: Chosen) -> Iterator[Fix]:
        """The fixes of what is found now: first ways before second ones, and those without a solver before the others."""
        # causes have lower codes than what follows from them
        found = sorted(serious(now.report), key=lambda finding: finding.code)
        # conda gets back what is its own, if a finding leaves the choice
        ways = [
            sorted((fix for fix in self._of(now.env, finding) if doable(fix)), key=_by_pip_alone) for finding in found
        ]
        first = [each[0] for each in ways if each]
        others = [fix for each in ways for fix in each[1:]]
        for group in (first, others):
            for costly in (False, True):
                for fix in dict.fromkeys(group):
                    if any(map(foretell.needs_solver, fix.steps)) is costly:
                        yield fix

    def _of(self, env: Environment, finding: Finding) -> Iterator[Fix]:
        kept = set(_claimed(env, self.kept))
        for fix in finding.fixes:
            touched = {name for step in fix.steps if step.act is Act.UNINSTALL for name in step.of} & self.kept
            linked = {name for step in fix.steps if step.act is Act.RELINK for name in step.of} & kept
            dropped = {path for step in fix.steps if step.act is Act.DELETE for path in step.of}
            named = any(dist.name in self.kept for path in dropped if (dist := env.by_path.get(path)))
            if not touched and not linked and not named:
                yield fix

    def _left_to_pip(self, env: Environment) -> tuple[Fix, ...]:
        """The fixes that leave to pip what the user wants it to keep, whatever the check says."""
        found: dict[str, Fix] = {}
        for clash in clashes(env):
            if clash.dist.name in self.kept and not clash.stranger and clash.overlap.differ:
                packages = tuple(each.package for each in clashes(env) if each.dist is clash.dist and not each.stranger)
                for fix in fixes.leave_to_pip(env, packages, clash.dist)[:1]:
                    found[clash.dist.path] = fix
        return tuple(found.values())


def _claimed(env: Environment, kept: frozenset[str]) -> Iterator[str]:
    """The conda packages whose files distributions that are kept claim, too."""
    return (clash.package.name for clash in clashes(env) if clash.dist.name in kept)


def _by_pip_alone(fix: Fix) -> bool:
    return {step.act for step in fix.steps} == {Act.PIP_INSTALL}


def _weight(report: Report) -> tuple[int, int]:
    return report.count(Severity.ERROR), report.count(Severity.WARNING)
