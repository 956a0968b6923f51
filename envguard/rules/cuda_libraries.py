"""The rule about CUDA libraries that do not suit a framework, or each other."""

from __future__ import annotations

from typing import TYPE_CHECKING

from envguard.model import Evidence, Severity, text
from envguard.rules import cuda_fixes, fixes, steps
from envguard.rules.cuda_pairs import NEWER_NVJITLINK, Pair, broken, ends, reason, says
from envguard.rules.cuda_paths import WAYS, parts, shadowed
from envguard.rules.cuda_use import (
    Use,
    major,
    major_of,
    other_major,
    owner,
    pin,
    said_in,
    title,
    told,
    toolkit_of,
    uses,
    using,
)
from envguard.rules.names import normalise
from envguard.rules.releases import release
from envguard.rules.rule import Found, Rule, rule
from envguard.tables import cuda as tables
from envguard.tables.cuda_toolkits import next_major, toolkit

if TYPE_CHECKING:
    from collections.abc import Iterator

    from envguard.cuda import CudaFile, Framework
    from envguard.facts import CondaPackage, Environment
    from envguard.model import Fix


@rule("cuda-library-mismatch", code=412, severity=Severity.ERROR, needs=("cuda",))
def cuda_library_mismatch(env: Environment) -> Iterator[Found]:
    """A framework gets a CUDA library that does not suit it.

    The library that the loader finds, or that the kernel has in memory, is of another major version of CUDA than the one
    the framework was built for; or two libraries that must fit do not: nvJitLink is older than cuSPARSE needs, parts of
    cuDNN are of two versions, or cuDNN is older than the one torch was compiled against.

    Why it matters: an import fails with "undefined symbol"; or nothing is said at all and functions of another CUDA are
    called, since some libraries have the same name in two major versions (`libcusparse.so.12` is that of CUDA 12 and of
    CUDA 13).

    How to repair: take the package that brought the wrong one off, or bring it to the version that suits.

    Not reported: another minor version; libraries that LD_LIBRARY_PATH leads to (EG410); several copies of the CUDA
    runtime of one major version.
    """
    yield from mismatched(env)


def mismatched(env: Environment) -> Iterator[Found]:
    """Every library that does not suit the framework that gets it."""
    elsewhere: set[str | None] = {use.file.path for each in shadowed(env) for use in each.taken}
    for framework in using(env):
        used = uses(env, framework)
        told_of: set[str] = set()
        for use in used or ():
            if use.file.path in elsewhere or not other_major(env, framework, use):
                continue
            told_of.add(use.file.family)
            elsewhere.add(use.file.path)
            yield _of_other_major(env, framework, use)
        for pair in broken(env, framework, (*(use.file for use in used or ()), *parts(env))):
            if {pair.first.path, pair.second.path if pair.second else None} & elsewhere:
                continue
            elsewhere.add(pair.first.path)
            evidence = [Evidence(says(pair), each.path or "") for each in (pair.first, pair.second) if each is not None]
            message = text(
                "{framework} would get {first}, which does not suit: {reason}",
                framework=title(framework),
                first=told(pair.first),
                reason=reason(pair),
            )
            ways = _pair_fixes(env, framework, pair)
            yield Found(framework.name, message, tuple(evidence), ends(pair, framework), ways)
        if framework.origin == "conda":
            for package, has in _conda_strangers(env, framework, used):
                if not told_of:
                    yield _by_record(env, framework, package, has)


def _of_other_major(env: Environment, framework: Framework, use: Use) -> Found:
    file = use.file
    has = toolkit_of(file) or str(major_of(env, file))
    message = text(
        "{framework} was built for CUDA {declared}, and {name}, which it gets, is that of CUDA {has}",
        framework=title(framework),
        declared=framework.declared or "?",
        name=use.name,
        has=has,
    )
    evidence = [
        Evidence(text("is built for CUDA {cuda}", cuda=framework.declared or "?"), said_in(framework)),
        Evidence(text("{library} belongs to {owner}", library=told(file), owner=owner(env, file)), file.path or ""),
    ]
    if use.way in WAYS:
        evidence.append(Evidence(WAYS[use.way], file.path or ""))
    consequence = text("functions of another CUDA are called; nothing may be said of it")
    return Found(framework.name, message, tuple(evidence), consequence, _exchange(env, framework, file))


def _exchange(env: Environment, framework: Framework, file: CudaFile) -> tuple[Fix, ...]:
    """The package of the wrong library goes, and what the framework asks for comes."""
    dist = env.by_path.get(file.owner or "")
    package = env.by_record.get(file.owner or "")
    if not fixes.may_write(env):
        return fixes.own_environment(env)
    if dist is not None and dist.owner is None:
        others = tuple(
            each.name
            for each in env.pip_owned
            if each.name != framework.name and any(_asks(line, dist.name) for line in each.requires)
        )
        if others:
            step = steps.create(env, "pip")
            return (fixes.with_tool(env, text("Keep {name} and {others} in environments of their own", name=framework.name, others=others), (step,), restart=False),)  # fmt: skip
        itself = env.by_path.get(framework.distribution or "")
        wanted = steps.pinned(itself) if itself is not None and itself.owner is None else None
        back = pin(env, framework, file.family) or wanted
        title_ = text(
            "Take {name} off, and install what {framework} asks for", name=dist.name, framework=framework.name
        )
        installing = (steps.pip_install(env, back),) if back else ()
        return (fixes.by_pip(env, title_, (steps.uninstall(env, dist.name), *installing)),)
    if package is not None and framework.origin == "pip":
        pins = pin(env, framework, file.family)
        return cuda_fixes.wheels(env, pins) if pins else cuda_fixes.complete(env, framework)
    return _conda_pin(env, framework, package) if package is not None else ()  # fmt: skip


def _asks(line: str, name: str) -> bool:
    return normalise(line).startswith(name) and "extra" not in line


def _pair_fixes(env: Environment, framework: Framework, pair: Pair) -> tuple[Fix, ...]:
    """The lesser half of a pair, in a version that suits the other."""
    dist, package = env.by_path.get(pair.first.owner or ""), env.by_record.get(pair.first.owner or "")
    if not fixes.may_write(env):
        return fixes.own_environment(env)
    wanted = pin(env, framework, pair.first.family)
    if dist is not None and dist.owner is None:
        if wanted is None and pair.kind == NEWER_NVJITLINK:
            wanted = f"{dist.name}>={pair.least}"
        return cuda_fixes.wheels(env, wanted or f"{dist.name}=={pair.least}")
    if package is not None and env.manager != "pixi":
        specs = (f"{package.name}>={pair.least}",)
        return fixes.install_with_conda(env, specs)
    return ()


def _conda_strangers(
    env: Environment, framework: Framework, used: tuple[Use, ...] | None
) -> Iterator[tuple[CondaPackage, str]]:
    """Conda's packages of single libraries that are of a later CUDA than conda's framework, which would take its own there.

    Of each name conda has but one in a prefix; a cudatoolkit brings all libraries under its own versions, though.
    """
    wanted = major(framework.declared)
    if wanted is None or "cudatoolkit" in env.by_name:
        return
    found = {use.file.family for use in used or () if use.file.path is not None}
    for family in ("cusparse", "cusolver", "cublas", "cufft"):
        package = env.by_name.get(tables.conda_package(family, 12) or "")
        if package is None or (used is not None and family in found):
            continue
        beyond = next_major(family, wanted)
        if beyond is not None and release(package.version) >= release(beyond):
            yield package, family


def _by_record(env: Environment, framework: Framework, package: CondaPackage, family: str) -> Found:
    message = text(
        "{framework} was built for CUDA {declared}, and conda's {name} {version} is that of CUDA {has}",
        framework=title(framework),
        declared=framework.declared or "?",
        name=package.name,
        version=package.version,
        has=toolkit(family, package.version) or "?",
    )
    evidence = (
        Evidence(text("is built for CUDA {cuda}", cuda=framework.declared or "?"), said_in(framework)),
        Evidence(text("is version {version}", version=package.version), package.record),
    )
    consequence = text("importing {name} may end in: undefined symbol", name=framework.name)
    return Found(framework.name, message, evidence, consequence, _conda_pin(env, framework, package))


def _conda_pin(env: Environment, framework: Framework, package: CondaPackage) -> tuple[Fix, ...]:
    """Conda's library out of the release of CUDA that the framework was built for."""
    if not fixes.may_write(env):
        return fixes.own_environment(env)
    family = package.name.removeprefix("lib").removeprefix("cuda-")
    wanted = major(framework.declared)
    beyond = next_major(family, wanted) if wanted is not None else None
    if env.manager == "pixi" or beyond is None:
        return ()
    label: tuple[str, ...] = ()
    if "nvidia" in (package.channel or "") and len(release(framework.declared)) == 2:
        # NVIDIA's channel keeps each toolkit under a label of its own
        label = ("--channel", f"nvidia/label/cuda-{framework.declared}.0")
    title_ = text("Let conda install {name} of CUDA {cuda}", name=package.name, cuda=framework.declared or "?")
    return (fixes.with_tool(env, title_, (steps.conda_install(env, *label, f"{package.name}<{beyond}"),)),)


RULES: tuple[Rule, ...] = (cuda_library_mismatch,)
