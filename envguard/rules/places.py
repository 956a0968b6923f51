"""Rules about places where pip had better not install."""

from __future__ import annotations

from typing import TYPE_CHECKING

from envguard import versions
from envguard.model import Evidence, Severity, text
from envguard.rules import fixes, steps
from envguard.rules.dependants import needed_by_conda
from envguard.rules.files import widespread
from envguard.rules.importable import unmet_by_pip
from envguard.rules.overlaps import clashes, pip_copies
from envguard.rules.rule import Found, Rule, rule

if TYPE_CHECKING:
    from collections.abc import Iterator

    from envguard.facts import CondaPackage, Environment
    from envguard.model import Fix


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


@rule("conda-itself-damaged", code=241, severity=Severity.ERROR, needs=("conda_packages", "distributions"))
def conda_itself_damaged(env: Environment) -> Iterator[Found]:
    """The program conda itself is damaged.

    conda is a Python program in base. Here its command was replaced by the one of a conda from PyPI, which only says that
    it must not be installed that way; or files of a package that it needs are gone; or pip put a version of such a package
    there with which conda does not work.

    Why it matters: without conda no environment can be repaired by conda.

    How to repair: with another tool, such as micromamba, or with conda as long as it starts: put conda and what is
    damaged back first, and take off nothing before. In another environment than base take the conda of PyPI off.

    Not reported: environments other than base, unless the command there is that of PyPI (a warning); files that are missing
    in more than twelve packages at once (EG100); what pip overwrote there and conda may live with (EG240); conda's own
    records that disagree among themselves (EG130).
    """
    evidence = [
        Evidence(text("imports conda.cli.pip_warning, which only a conda from PyPI has"), path)
        for path in env.pip_warnings or ()
    ]
    if not env.base:
        yield from _from_pypi(env, tuple(evidence))
        return
    needed = needed_by_conda(env)
    damaged = {each.name: each for each in env.conda_packages or () if env.pip_warnings and each.name == "conda"}
    told_by_240 = {clash.package.name for clash in clashes(env) if clash.overwrites}
    for package in env.conda_packages or ():
        code_gone = package.missing.compiled or package.missing.python
        if code_gone and package.name in needed and package.name not in told_by_240 and not widespread(env):
            damaged[package.name] = package
            evidence.append(
                Evidence(text("files that conda needs are gone: {files}", files=package.missing.sample), package.record)
            )
    for package, spec, dist in unmet_by_pip(env, needed):
        found = env.by_name.get(versions.spec_name(spec) or "")
        damaged[(found or package).name] = found or package
        evidence.append(
            Evidence(
                text(
                    "{spec} is asked for, and pip's {found} is there",
                    spec=spec,
                    found=f"{dist.name} {dist.version or '?'}",
                ),
                package.record,
            )
        )
    if not evidence:
        return
    names = tuple(damaged) or ("conda",)
    yield Found(
        subject="conda",
        message=text("conda itself is damaged: {names}", names=names),
        evidence=tuple(evidence[:_SHOWN]),
        consequence=text("conda may fail to start, for all environments"),
        fixes=_repair_conda(env, tuple(damaged.values())),
    )


def _from_pypi(env: Environment, evidence: tuple[Evidence, ...]) -> Iterator[Found]:
    """In an environment other than base the command of PyPI hides that of base."""
    if not evidence:
        return
    dist = next(iter(pip_copies(env, "conda")), None)
    title = text("Take pip's conda off")
    yield Found(
        subject="conda",
        message=text("the command `conda` is that of a conda from PyPI, which refuses to work"),
        evidence=evidence,
        consequence=text("`conda` fails wherever this environment is active"),
        fixes=()
        if dist is None
        else (fixes.by_pip(env, title, (steps.uninstall(env, dist.name),)),)
        if fixes.may_write(env)
        else fixes.own_environment(env),
        severity=Severity.WARNING,
    )


def _repair_conda(env: Environment, packages: tuple[CondaPackage, ...]) -> tuple[Fix, ...]:
    if not packages:
        return ()
    if not fixes.may_write(env):
        return fixes.own_environment(env)
    title = text("Put {names} back before anything else", names=tuple(each.name for each in packages))
    return (fixes.with_tool(env, title, (steps.restore(env, *packages, independent=True),)),)


_SHOWN = 6

RULES: tuple[Rule, ...] = (pip_in_base, conda_itself_damaged)
