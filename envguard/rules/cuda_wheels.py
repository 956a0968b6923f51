"""The rule about NVIDIA's wheels among themselves, and about what torch asks of them."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from envguard import versions
from envguard.model import Evidence, Severity, text
from envguard.rules import cuda_fixes, fixes, steps
from envguard.rules.names import normalise
from envguard.rules.overlaps import live
from envguard.rules.releases import release
from envguard.rules.rule import Found, Rule, rule
from envguard.tables import cuda as tables
from envguard.tables.cuda_toolkits import toolkit
from envguard.versions import Answer

if TYPE_CHECKING:
    from collections.abc import Iterator

    from envguard.facts import Distribution, Environment
    from envguard.model import Fix

_NVIDIA = r"nvidia-[a-z-]+?(?:-cu(\d\d))?$"


@rule("nvidia-wheels-mismatch", code=413, severity=Severity.WARNING, needs=("distributions",))
def nvidia_wheels_mismatch(env: Environment) -> Iterator[Found]:
    """NVIDIA's wheels do not fit each other, or not the framework.

    The CUDA libraries on PyPI are wheels of their own: nvidia-cusparse-cu12, nvidia-cudnn-cu13 and so on. JAX has its CUDA
    in a wheel of its own, too, jax-cuda12-plugin, which only a jaxlib of the same version takes. Three things go wrong with
    NVIDIA's: a version that torch does not allow was put in later; nvidia-nvjitlink is older than the nvidia-cusparse
    beside it needs, which no metadata says; or the wheels of two CUDAs, such as nvidia-cudnn-cu12 and nvidia-cudnn-cu13,
    wrote the same files, and the last one has won.

    Why it matters: "undefined symbol: __nvJitLink…", a cuDNN of another CUDA or version than torch was compiled against.
    pip says nothing of the last two.

    How to repair: install the versions again that the framework asks for.

    Not reported: other minor versions that the framework allows; several wheels of one kind that share no file.
    """
    yield from _overwritten(env)
    yield from _too_old(env)
    yield from _not_as_asked(env)
    yield from _plugin_of_another_jax(env)


def _wheels(env: Environment) -> dict[str, Distribution]:
    return {each.name: each for each in live(env) if each.owner is None and re.match(_NVIDIA, each.name)}


def _overwritten(env: Environment) -> Iterator[Found]:
    """Two wheels of one kind that wrote the same files with different content."""
    for pair in env.shared_distributions:
        both = [env.by_path.get(path) for path in (pair.first, pair.second)]
        first, second = both
        if first is None or second is None or not pair.differ.count or second.name not in tables.colliding(first.name):
            continue
        later = max((first, second), key=lambda dist: dist.installed or 0)
        known = first.installed is not None and second.installed is not None and first.installed != second.installed
        wanted = next((each for each in (first, second) if _asked_by(env, each)), later)
        asking = tuple(each.name for each in _asked_by(env, wanted))
        yield Found(
            subject=wanted.name,
            message=text(
                "{first} {version} and {second} {other} wrote the same files; those of {later} are there",
                first=first.name,
                version=first.version or "?",
                second=second.name,
                other=second.version or "?",
                later=later.name,
            )
            if known
            else text(
                "{first} {version} and {second} {other} wrote the same files",
                first=first.name,
                version=first.version or "?",
                second=second.name,
                other=second.version or "?",
            ),
            evidence=tuple(
                Evidence(text("lists {files}", files=pair.differ.sample[:3]), f"{each.path}/RECORD")
                for each in (first, second)
            ),
            consequence=text("{names} may get the library of another CUDA", names=asking)
            if asking
            else text("whoever asks for one of them may get the other"),
            fixes=fixes.keep_one(env, (first, second), wanted),
        )


def _asked_by(env: Environment, wheel: Distribution) -> tuple[Distribution, ...]:
    return tuple(
        each
        for each in env.pip_owned
        if any(_name(line) == wheel.name for line in each.requires if "extra" not in line)
    )


def _name(line: str) -> str:
    return normalise(re.split(r"[\s\[(<>=!~;]", line.strip(), maxsplit=1)[0])


def _too_old(env: Environment) -> Iterator[Found]:
    """An nvJitLink that is older than the cuSPARSE beside it needs."""
    wheels = _wheels(env)
    for suffix in ("-cu12", "-cu13", ""):
        sparse, linker = wheels.get(f"nvidia-cusparse{suffix}"), wheels.get(f"nvidia-nvjitlink{suffix}")
        needs = toolkit("cusparse", sparse.version) if sparse is not None else None
        if sparse is None or linker is None or needs is None or len(release(linker.version)) < 2:
            continue
        if release(linker.version)[:1] != release(needs)[:1] or release(linker.version)[:2] >= release(needs)[:2]:
            continue
        yield Found(
            subject=linker.name,
            message=text(
                "{linker} {version} is older than {sparse} {other} needs: it is that of CUDA {cuda}",
                linker=linker.name,
                version=linker.version or "?",
                sparse=sparse.name,
                other=sparse.version or "?",
                cuda=needs,
            ),
            evidence=(
                Evidence(text("is version {version}", version=linker.version or "?"), linker.path),
                Evidence(text("is version {version}", version=sparse.version or "?"), sparse.path),
            ),
            consequence=text("loading cuSPARSE ends in: undefined symbol: __nvJitLink…_{number}", number=needs.replace(".", "_")),
            fixes=_at_least(env, linker, needs),
        )  # fmt: skip


def _at_least(env: Environment, linker: Distribution, needs: str) -> tuple[Fix, ...]:
    if not fixes.may_write(env):
        return fixes.own_environment(env)
    wanted = f"{linker.name}>={needs},<{release(needs)[0] + 1}"
    return (fixes.by_pip(env, text("Install {requirement}", requirement=wanted), (steps.pip_install(env, wanted),)),)


def _not_as_asked(env: Environment) -> Iterator[Found]:
    """Wheels in another version than torch pins."""
    torch = next((each for each in live(env) if each.name == "torch" and each.owner is None), None)
    if torch is None:
        return
    wheels = _wheels(env)
    known = versions.marker_environment(env)
    unmet: list[tuple[str, Distribution]] = []
    for line in torch.requires:
        wheel = wheels.get(_name(line))
        wanted = versions.requirement(line) if wheel is not None else None
        if wheel is None or wanted is None or "extra" in line.partition(";")[2]:
            continue
        if versions.applies(wanted.marker, known) is Answer.NO:
            continue
        if versions.pip_allows(wanted, wheel.version) is Answer.NO:
            unmet.append((f"{wheel.name}{wanted.specifier}", wheel))
    if not unmet:
        return
    pins = tuple(pin for pin, _ in unmet)
    yield Found(
        subject="torch",
        message=text(
            "torch {version} asks for {pins}, and {found} is there",
            "torch {version} asks for {pins}, and {found} are there",
            n=len(unmet),
            version=torch.version or "?",
            pins=pins,
            found=tuple(f"{each.name} {each.version or '?'}" for _, each in unmet),
        ),
        evidence=(
            Evidence(text("requires {requirements}", requirements=pins), f"{torch.path}/METADATA"),
            *(Evidence(text("is version {version}", version=each.version or "?"), each.path) for _, each in unmet),
        ),
        consequence=text("torch gets libraries that it was not tried with"),
        fixes=cuda_fixes.wheels(env, *pins),
    )


def _plugin_of_another_jax(env: Environment) -> Iterator[Found]:
    """A CUDA plugin of JAX that its jaxlib passes over, as the two are of different versions."""
    there = {each.name: each for each in live(env)}
    jaxlib = there.get("jaxlib")
    for name, plugin in there.items():
        match = re.match(r"jax-cuda(\d\d)-plugin$", name)
        if match is None or jaxlib is None or release(plugin.version) == release(jaxlib.version):
            continue
        wanted = (f"{name}[with-cuda]=={jaxlib.version}", f"jax-cuda{match[1]}-pjrt=={jaxlib.version}")
        by_pip = plugin.owner is None and jaxlib.owner is None
        title = text("Install {requirements}", requirements=wanted)
        yield Found(
            subject=name,
            message=text(
                "{plugin} {version} is not taken by jaxlib {other}, which wants its own version",
                plugin=name,
                version=plugin.version or "?",
                other=jaxlib.version or "?",
            ),
            evidence=(
                Evidence(text("is version {version}", version=plugin.version or "?"), plugin.path),
                Evidence(text("is version {version}", version=jaxlib.version or "?"), jaxlib.path),
            ),
            consequence=text("JAX computes without CUDA, or ends the process when it begins"),
            fixes=()
            if not by_pip
            else (fixes.by_pip(env, title, (steps.pip_install(env, *wanted),)),)
            if fixes.may_write(env)
            else fixes.own_environment(env),
        )


RULES: tuple[Rule, ...] = (nvidia_wheels_mismatch,)
