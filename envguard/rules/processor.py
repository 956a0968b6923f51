"""The rule about instructions that a package uses and the processor lacks."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from envguard import versions
from envguard.model import Certainty, Evidence, Severity, text
from envguard.rules import fixes, steps
from envguard.rules.overlaps import live
from envguard.rules.releases import at_least, below, release
from envguard.rules.rule import Found, Rule, rule
from envguard.value import value

if TYPE_CHECKING:
    from collections.abc import Iterator

    from envguard.facts import CondaPackage, Distribution, Environment
    from envguard.model import Fix

_V2 = ("cx16", "lahf_lm", "popcnt", "pni", "sse4_1", "sse4_2", "ssse3")
_V3 = (*_V2, "abm", "avx", "avx2", "bmi1", "bmi2", "f16c", "fma", "movbe", "xsave")
_V4 = (*_V3, "avx512bw", "avx512cd", "avx512dq", "avx512f", "avx512vl")
_LEVELS = {1: (), 2: _V2, 3: _V3, 4: _V4}
"""What the levels of x86-64 ask for (System V ABI, AMD64 supplement, "micro-architecture levels"), as /proc/cpuinfo
spells it: pni is SSE3, abm is LZCNT."""
_META = "_x86_64-microarch-level"
"""conda-forge/microarch-level-feedstock: its version is the level, and it depends on `__archspec 1 x86_64_v3`."""
_LEVEL_SPEC = r"_x86_64-microarch-level\s+(?:>=|==?)?\s*([1-4])\b"
_ARCHSPEC = r"__archspec\s+\S+\s+x86_64_v([1-4])\b"


@value
class Wheels:
    """A project whose wheels for x86-64 use instructions without asking whether the processor has them."""

    since: str
    until: str | None
    flags: tuple[str, ...]
    instead: str | None
    """What pip can install in its stead."""
    source: str


_TENSORFLOW = Wheels("1.6", None, ("avx",), None, "tensorflow/tensorflow#17411; tensorflow.org/install/pip")
_POLARS = ("avx", "avx2", "fma")
_POLARS_SOURCE = "polars/_cpu_check.py; pola-rs/polars#15404"
_PROJECTS = {
    "jaxlib": Wheels("0.1.62", None, ("avx",), None, "jax-ml/jax#6671, #31723"),
    "numpy": Wheels("2.4", None, _V2, "numpy<2.4", "BETSRG/GHEDesigner#165, langgenius/dify#30348"),
    "polars": Wheels("0.19", "1.34", _POLARS, "polars-lts-cpu", _POLARS_SOURCE),
    "polars-runtime-32": Wheels("1.34", None, _POLARS, "polars-runtime-compat", _POLARS_SOURCE),
    "polars-runtime-64": Wheels("1.34", None, _POLARS, "polars-runtime-compat", _POLARS_SOURCE),
    "tensorflow": _TENSORFLOW,
    "tensorflow-cpu": _TENSORFLOW,
    "tensorflow-gpu": _TENSORFLOW,
    "tensorflow-intel": _TENSORFLOW,
}


@rule(
    "cpu-features-missing",
    code=370,
    severity=Severity.ERROR,
    needs=("process",),
)
def cpu_features_missing(env: Environment) -> Iterator[Found]:
    """The processor lacks instructions that a package uses.

    Builds for newer processors use instructions that older ones do not have, and some virtual machines hide. Here conda's
    record of a build asks for such a level of x86-64, or a wheel is known to need it, and the processor does not name it.

    Why it matters: the import, or the first computation, ends the process with "Illegal instruction"; a kernel dies without
    an exception. It is an error where the process is a notebook's kernel. In a program on this machine it is a warning: the
    environment may be meant for other machines.

    How to repair: take a build for this processor, or a machine with a newer one.

    Not reported: packages that look at the processor before they choose their code; machines that do not tell what
    their processor can do.
    """
    process = env.process
    if process is None or process.cpu_flags is None or process.machine not in ("x86_64", "AMD64"):
        return
    flags = frozenset(process.cpu_flags)
    severity = None if process.kind == "kernel" else Severity.WARNING
    for package, level in _leveled(env):
        lacking = tuple(flag for flag in _LEVELS[level] if flag not in flags)
        if lacking:
            yield Found(
                subject=package.name,
                message=text(
                    "{name} {version} was built for x86-64-v{level}, and the processor lacks {features}",
                    name=package.name,
                    version=package.version,
                    level=level,
                    features=lacking,
                ),
                evidence=(
                    Evidence(text("asks for level {level} of x86-64", level=level), package.record),
                    Evidence(text("does not name {features}", features=lacking), "/proc/cpuinfo"),
                ),
                consequence=text("using {name} may end the process: Illegal instruction", name=package.name),
                fixes=_other_build(env, package),
                severity=severity,
            )
    here = {dist.name: dist for dist in live(env)}
    for name, wheels in _PROJECTS.items():
        dist = here.get(name)
        lacking = tuple(flag for flag in wheels.flags if flag not in flags)
        if dist is None or dist.owner is not None or not lacking or not _within(dist, wheels):
            continue
        if wheels.instead in here or _runs(env, name):
            continue
        yield Found(
            subject=name,
            message=text(
                "{name} {version} needs instructions that the processor lacks: {features}",
                name=name,
                version=dist.version or "?",
                features=lacking,
            ),
            evidence=(
                Evidence(text("its wheels use them: {source}", source=wheels.source), dist.path),
                Evidence(text("does not name {features}", features=lacking), "/proc/cpuinfo"),
            ),
            consequence=text("importing {name} ends the process or fails: Illegal instruction", name=name),
            fixes=_other_wheel(env, dist, wheels),
            severity=severity,
            certainty=Certainty.LIKELY,
        )


def _leveled(env: Environment) -> Iterator[tuple[CondaPackage, int]]:
    """The packages that ask for a level of x86-64; the package that stands for the level only where no other does."""
    asking = []
    for package in env.conda_packages or ():
        if package.name != _META:
            asked = (
                match for spec in package.depends for match in (re.match(_LEVEL_SPEC, spec), re.match(_ARCHSPEC, spec))
            )
            levels = [int(match[1]) for match in asked if match]
            if levels:
                asking.append((package, max(levels)))
    meta = env.by_name.get(_META)
    level = release(meta.version)[:1] if meta is not None else ()
    if meta is not None and not asking and level and level[0] in _LEVELS:
        asking.append((meta, level[0]))
    yield from asking


def _within(dist: Distribution, wheels: Wheels) -> bool:
    return at_least(dist.version, wheels.since) and (wheels.until is None or below(dist.version, wheels.until))


def _runs(env: Environment, name: str) -> bool:
    """Whether the kernel has imported it and lives."""
    module = "tensorflow" if name.startswith("tensorflow") else name
    return env.process is not None and env.process.kind == "kernel" and module in env.process.loaded


def _other_build(env: Environment, package: CondaPackage) -> tuple[Fix, ...]:
    if not fixes.may_write(env):
        return fixes.own_environment(env)
    if env.manager == "pixi":
        return ()
    title = text("Let conda choose a build of {name} for this processor", name=package.name)
    name = package.name if package.name != _META else "x86_64-microarch-level"
    return (fixes.with_tool(env, title, (steps.conda_install(env, "--force-reinstall", name),)),)


def _other_wheel(env: Environment, dist: Distribution, wheels: Wheels) -> tuple[Fix, ...]:
    if wheels.instead is None:
        return ()
    if not fixes.may_write(env):
        return fixes.own_environment(env)
    install = steps.pip_install(env, wheels.instead)
    beside = wheels.instead.endswith("-compat") or versions.spec_name(wheels.instead) == dist.name
    both = (install,) if beside else (steps.uninstall(env, dist.name), install)
    return (fixes.by_pip(env, text("Install {requirement}", requirement=wheels.instead), both),)


RULES: tuple[Rule, ...] = (cpu_features_missing,)
