"""The rule about what distributions require of each other: pip check, asked of what is really imported."""

from __future__ import annotations

import re
from collections import defaultdict
from functools import cache
from typing import TYPE_CHECKING

from envguard import ranges, versions
from envguard.model import Evidence, Severity, text
from envguard.rules import fixes, steps
from envguard.rules.names import alike, normalise, providers
from envguard.rules.overlaps import clashes_of, live
from envguard.rules.rule import Found, Rule, rule
from envguard.versions import Answer

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator, Mapping, Sequence

    from envguard.facts import Distribution, Environment
    from envguard.model import Fix
    from envguard.versions import Requirement


@rule("requires-dist-unmet", code=132, severity=Severity.WARNING, needs=("distributions",))
def requires_dist_unmet(env: Environment) -> Iterator[Found]:
    """A distribution requires something that is not there.

    The metadata of a distribution names what it requires (`Requires-Dist`). One of these requirements is not installed,
    or in a version out of its range. This is what `pip check` reports, except that the version asked is the one that
    Python really imports. So is the Python that a distribution of pip's is for (`Requires-Python`).

    Why it matters: the import, or a function of it, may fail. Where pip brought either side, it is a warning. Where both
    come from conda it is information: conda's records may rightly say something else than the metadata inside
    the package.

    How to repair: if pip brought the requirement, let pip install a version in the range; where the
    requirement is conda's, let conda do it.

    Not reported: requirements of extras, markers that are false for this environment's Python or cannot be decided,
    versions that are not valid, names that a conda package provides without saying so, what another distribution with the
    same modules stands for (opencv-python for opencv-python-headless), and versions of conda's that only count a build
    (2.1.0.post300 for 2.1.0).
    """
    known = versions.marker_environment(env)
    copies: dict[str, list[Distribution]] = defaultdict(list)
    for dist in live(env):
        copies[dist.name].append(dist)
    replaced = {dist.path for dist in env.replaced.values()}

    @cache  # many ask for the same in the same words
    def wanted_by(line: str) -> Requirement | None:
        return _wanted(env, line, known, copies)

    for dist in live(env):
        unmet = tuple(
            (wanted, tuple(copies.get(normalise(wanted.name), ())))
            for wanted in filter(None, map(wanted_by, dist.requires))
            if _is_unmet(env, wanted, copies.get(normalise(wanted.name), ()))
        )
        if unmet:
            yield _requires(env, dist, unmet, replaced)
        if dist.owner is None and dist.requires_python and _is_for_another_python(dist, known):
            yield _python(env, dist)


def _is_for_another_python(dist: Distribution, known: Mapping[str, str]) -> bool:
    """Whether no release of this Python is in the range that a distribution tells, as far as its number is known."""
    minor = known.get("python_version")
    if minor is None or (re.search(r"/python\d", f"/{dist.site}") and f"/python{minor}/" not in f"/{dist.site}/"):
        return False  # one that this Python does not see (EG170)
    line = f"python{dist.requires_python}"
    plain = ranges.requirement(line)
    full = known.get("python_full_version")
    pythons = (full,) if full else (f"{minor}.0", f"{minor}.99")
    if plain is not None and versions.plainly_met(plain, pythons, known):
        return False
    wanted = versions.requirement(line)
    return wanted is not None and all(versions.pip_allows(wanted, each) is Answer.NO for each in pythons)


def _python(env: Environment, dist: Distribution) -> Found:
    title = text("Let pip look for a {name} that was made for this Python", name=dist.name)
    newer = fixes.by_pip(env, title, (steps.pip_install(env, "--upgrade", dist.name),))
    return Found(
        subject=dist.name,
        message=text(
            "{name} {version} is for Python {range}, and this is {python}",
            name=dist.name,
            version=dist.version or "?",
            range=dist.requires_python or "",
            python=env.python_version or "?",
        ),
        evidence=(
            Evidence(text("says Requires-Python: {range}", range=dist.requires_python or ""), f"{dist.path}/METADATA"),
        ),
        consequence=text("importing {name}, or a part of it, may fail", name=dist.name),
        fixes=(newer,) if fixes.may_write(env) else fixes.own_environment(env),
    )


def _wanted(
    env: Environment, line: str, known: Mapping[str, str], copies: Mapping[str, Sequence[Distribution]]
) -> Requirement | None:
    """A requirement if it is valid and counts in this environment; None also if it is plainly met."""
    if "extra" in line.partition(";")[2]:
        return None  # extras are asked for by whoever installs, and no file says which were
    plain = ranges.requirement(line)
    if plain is not None:
        there = copies.get(normalise(plain.name), ())
        found = [each.version for each in there]
        if versions.plainly_met(plain, found, known) or (not there and _is_provided(env, plain.name)):
            return None
    versions.require_packaging()
    wanted = versions.requirement(line)
    return wanted if wanted is not None and versions.applies(wanted.marker, known) is Answer.YES else None


def _is_unmet(env: Environment, wanted: Requirement, copies: Collection[Distribution]) -> bool:
    if not copies:
        return not _is_provided(env, wanted.name)
    return not any(_allows(wanted, dist) for dist in copies)


def _allows(wanted: Requirement, dist: Distribution) -> bool:
    if versions.pip_allows(wanted, dist.version) is not Answer.NO:
        return True
    # as conda-forge numbers its builds of PyTorch
    plain = re.sub(r"\.post\d+$", "", dist.version or "")
    return dist.owner is not None and plain != dist.version and versions.pip_allows(wanted, plain) is Answer.YES


def _is_provided(env: Environment, name: str) -> bool:
    """Whether a conda package may bring a distribution without saying so, or another one stands for it."""
    if any(env.dists_named.get(other) for other in alike(normalise(name))):
        return True
    silent = (env.by_name.get(each) for each in providers(normalise(name)))
    return any(package is not None and not package.provides for package in silent)


def _requires(
    env: Environment,
    dist: Distribution,
    unmet: tuple[tuple[Requirement, tuple[Distribution, ...]], ...],
    replaced: Collection[str],
) -> Found:
    by_pip = dist.owner is None or any(copy.owner is None for _, copies in unmet for copy in copies)
    source = f"{dist.path}/{'METADATA' if dist.kind == 'dist-info' else 'requires.txt'}"
    return Found(
        subject=dist.name,
        message=text(
            "{name} {version} requires {requirements}, which is not met",
            "{name} {version} requires {requirements}, which are not met",
            n=len(unmet),
            name=dist.name,
            version=dist.version or "?",
            requirements=tuple(_spelled(wanted) for wanted, _ in unmet),
        ),
        evidence=tuple(
            Evidence(
                text(
                    "{requirement} is required, and {found} is installed",
                    requirement=_spelled(wanted),
                    found=tuple(f"{copy.name} {copy.version or '?'}" for copy in copies),
                )
                if copies
                else text(
                    "{requirement} is required, and nothing of that name is installed", requirement=_spelled(wanted)
                ),
                source,
            )
            for wanted, copies in unmet
        ),
        consequence=text("importing {name}, or a part of it, may fail", name=dist.name),
        fixes=_ways(env, dist, unmet, replaced) if by_pip else (),
        severity=Severity.WARNING if by_pip else Severity.INFO,
    )


def _ways(
    env: Environment,
    dist: Distribution,
    unmet: tuple[tuple[Requirement, tuple[Distribution, ...]], ...],
    replaced: Collection[str],
) -> tuple[Fix, ...]:
    """The version of conda's back where pip replaced it; else pip installs what it owns and conda what it owns."""
    by_pip: list[str] = []
    by_conda: list[str] = []
    found: dict[Fix, None] = {}
    for wanted, copies in unmet:
        if any(copy.path in replaced for copy in copies):
            for copy in copies:
                for clash in clashes_of(env, copy):
                    if clash.replaces:
                        found.update(dict.fromkeys(fixes.give_back(env, clash)))
        elif any(copy.owner for copy in copies):
            name = wanted.name.lower()
            if name not in env.by_name or env.manager == "pixi":
                continue
            asked = _asked(env, name)
            if versions.reconcilable(wanted, tuple(asked.values())):
                by_conda.append(f"{name}{_range(wanted)}")
            else:
                found[fixes.other_version(dist, env.by_name[name], tuple(asked))] = None
        elif copies or dist.owner is None:
            by_pip.append(_spelled(wanted))
    if by_conda:
        found.update(dict.fromkeys(fixes.install_with_conda(env, tuple(by_conda))))
    if by_pip:
        found.update(dict.fromkeys(fixes.install_requirements(env, tuple(by_pip))))
    return tuple(found)


def _asked(env: Environment, name: str) -> dict[str, str]:
    """Which conda packages ask for one, and in which range."""
    return {
        package.name: spec
        for package in env.conda_packages or ()
        if package.name != name
        for spec in package.depends
        if versions.spec_name(spec) == name
    }


def _range(wanted: Requirement) -> str:
    return ",".join(sorted(str(part) for part in wanted.specifier))


def _spelled(wanted: Requirement) -> str:
    return f"{wanted.name}{_range(wanted)}" if wanted.url is None else wanted.name


RULES: tuple[Rule, ...] = (requires_dist_unmet,)
