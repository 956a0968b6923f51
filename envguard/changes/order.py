"""The steps of several fixes as one sequence: each kind once, in the order that harms nothing.

First pip's own go, while its RECORD still tells which files they are. Then conda puts back what is its own, and installs
what a solver has to choose. Then what is stale or left over goes, which conda would not take off. pip installs last.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from envguard.model import Act
from envguard.rules import steps

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from envguard.facts import Environment
    from envguard.model import Fix, Step

_AHEAD, _OFF, _CLEARED, _BACK, _FORGOTTEN, _SOLVED, _STALE, _LAST = range(8)


def merged(env: Environment, fixes: Iterable[Fix]) -> tuple[Step, ...]:
    """All steps of some fixes, each once."""
    phases: dict[int, list[Step]] = {}
    for fix in fixes:
        for phase, step in _phased(fix.steps):
            found = phases.setdefault(phase, [])
            # of two distributions of one name pip takes off one at a time, so that a fix may have a step twice
            if found.count(step) < fix.steps.count(step):
                found.append(step)
    return tuple(step for phase in sorted(phases) for step in _joined(env, phases[phase]))


def _phased(sequence: tuple[Step, ...]) -> Iterator[tuple[int, Step]]:
    for place, step in enumerate(sequence):
        rest = {each.act for each in sequence[place + 1 :]}
        if step.act is Act.DELETE:
            yield _AHEAD if Act.UNINSTALL in rest else _CLEARED if Act.RELINK in rest else _STALE, step
        else:
            yield _PHASES[step.act], step


_PHASES = {
    Act.UNINSTALL: _OFF,
    Act.RELINK: _BACK,
    Act.FORGET: _FORGOTTEN,
    Act.CONDA_REMOVE: _FORGOTTEN,
    Act.CONDA_INSTALL: _SOLVED,
    Act.PIP_INSTALL: _LAST,
    None: _LAST,
}


def _joined(env: Environment, found: list[Step]) -> tuple[Step, ...]:
    """The steps of one phase, in one command where that is the same."""
    act = found[0].act
    names = tuple(name for step in found for name in step.of)
    if len(found) == 1 or any(step.act is not act for step in found):
        return tuple(found)
    if act is Act.UNINSTALL and len(set(names)) == len(names):
        return (steps.uninstall(env, *names),)
    if act is Act.RELINK:
        known = dict.fromkeys(name for name in names if name in env.by_name)
        return (steps.restore(env, *(env.by_name[name] for name in known)),)
    if act is Act.CONDA_INSTALL:
        return (steps.conda_install(env, *dict.fromkeys(names)),)
    if act is Act.FORGET:
        return (steps.conda_forget(env, *dict.fromkeys(names)),)
    return tuple(found)
