"""Rules about places where pip had better not install."""

from __future__ import annotations

from typing import TYPE_CHECKING

from envguard.model import Evidence, Severity, text
from envguard.rules import fixes
from envguard.rules.dependants import needed_by_conda
from envguard.rules.overlaps import clashes
from envguard.rules.rule import Found, Rule, rule

if TYPE_CHECKING:
    from collections.abc import Iterator

    from envguard.facts import Environment


@rule("pip-in-base", code=240, severity=Severity.WARNING, needs=("conda_packages", "distributions"))
def pip_in_base(env: Environment) -> Iterator[Found]:
    """The base environment holds what pip installed.

    The environment called base is the one in which conda itself lives. pip has put distributions there.

    Why it matters: conda is a Python program and runs with base's packages. A distribution that replaces one of them can
    stop conda for all environments at once. Where that has happened, it is an error; otherwise a warning.

    How to repair: keep base for conda. Make an environment for your work and install there. What conda itself needs
    must be put back by conda before anything of pip's is taken off.

    Not reported: environments other than base.
    """
    if not env.base or not env.pip_owned:
        return
    needed = needed_by_conda(env)
    harmed = {
        clash.package.name: clash
        for clash in clashes(env)
        if clash.package.name in needed and clash.overwrites and clash.severity is not Severity.INFO
    }
    owned = tuple(dict.fromkeys(dist.name for dist in env.pip_owned))
    touching = {clash.dist.name for clash in clashes(env)}
    added = tuple(dict.fromkeys(dist.name for dist in env.pip_owned if dist.name not in touching))
    ways = fixes.leave_base(env, tuple(dist for dist in env.pip_owned if dist.requested and dist.name in added), added)
    if not harmed:
        yield Found(
            subject=env.name,
            message=text(
                "pip installed {n} distribution into base: {names}",
                "pip installed {n} distributions into base: {names}",
                n=len(owned),
                names=owned,
            ),
            evidence=tuple(
                Evidence(text("conda does not own this dist-info"), dist.path) for dist in env.pip_owned[:_SHOWN]
            ),
            consequence=text("an update by pip can stop conda itself, for all environments"),
            fixes=ways,
        )
        return
    first = tuple(dict.fromkeys(fix for clash in harmed.values() for fix in fixes.give_back(env, clash)))
    yield Found(
        subject=env.name,
        message=text(
            "pip overwrote {names} in base, which conda itself needs to run",
            names=tuple(harmed),
        ),
        evidence=tuple(
            Evidence(
                text(
                    "pip's {name} {version} claims the same files",
                    name=clash.dist.name,
                    version=clash.dist.version or "?",
                ),
                clash.package.record,
            )
            for clash in harmed.values()
        ),
        consequence=text("conda may fail to start, for all environments"),
        fixes=(*first, *ways),
        severity=Severity.ERROR,
    )


_SHOWN = 6

RULES: tuple[Rule, ...] = (pip_in_base,)
