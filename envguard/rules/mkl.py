"""Rules about Intel's MKL: a version that conda's torch cannot work with, and a numpy that does without it."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from envguard import versions
from envguard.model import Evidence, Severity, text
from envguard.rules import fixes, steps
from envguard.rules.channel_names import canonical
from envguard.rules.overlaps import clashes, live
from envguard.rules.releases import at_least, below
from envguard.rules.rule import Found, Rule, rule
from envguard.rules.twins import mapped

if TYPE_CHECKING:
    from collections.abc import Iterator

    from envguard.facts import CondaPackage, Environment
    from envguard.model import Fix

_BROKEN_SINCE = "2024.1"
"""The first MKL without iJIT_NotifyEvent (pytorch/pytorch#123097)."""
_LAST_GOOD = "2024.0"
_TORCH_SINCE = "1.5"
"""The first release with a libtorch_cpu.so, in which the symbol is missed."""
_TORCH_UNTIL = "2.6"
"""Reported for 1.12.1, 2.0.1 and later up to 2.5.1 (pytorch/pytorch#123097, deepchem/deepchem#4698), the last release
of that channel; its recipe asked for no more than `mkl >=2018` (pytorch/builder conda/pytorch-nightly/meta.yaml)."""
_TORCH_CHANNELS = frozenset(("pytorch", "pytorch-lts", "pytorch-nightly", "pytorch-test"))
_TORCH_BUILD = r"py\d\.\d+_(?:cpu|cuda)\S*"
"""How the makers of torch name their builds; conda-forge and defaults write py310 without a dot."""
_MKL_BUILD = r"(?:.*_)?mkl"
_SHOWN = 6


@rule("mkl-breaks-torch", code=320, severity=Severity.ERROR, needs=("conda_packages",))
def mkl_breaks_torch(env: Environment) -> Iterator[Found]:
    """PyTorch cannot be imported with this version of MKL.

    The torch of the channel `pytorch` takes Intel's MKL from the environment, and a function named iJIT_NotifyEvent from
    it. MKL 2024.1 and later have no such function. The records allow both together, since that torch asks for any MKL
    from 2018 on.

    Why it matters: `import torch` fails with "undefined symbol: iJIT_NotifyEvent".

    How to repair: go back to MKL 2024.0.

    Not reported: torch from conda-forge or defaults, which name the MKL they were built for; torch from PyPI, which
    carries its MKL inside; macOS and Windows.
    """
    torch, mkl = env.by_name.get("pytorch"), env.by_name.get("mkl")
    if torch is None or mkl is None or env.platform not in (None, "linux-64") or "pytorch" in env.replaced:
        return
    version = _mkl_version(env, mkl)
    affected = at_least(torch.version, _TORCH_SINCE) and below(torch.version, _TORCH_UNTIL)
    if not affected or not _of_its_makers(env, torch) or not at_least(version, _BROKEN_SINCE):
        return
    asked = next((spec for spec in torch.depends if versions.spec_name(spec) == "mkl"), None)
    if asked is None:
        return  # a build that links no MKL
    yield Found(
        subject="pytorch",
        message=text(
            "pytorch {version} cannot be imported with mkl {mkl}, which lacks the function iJIT_NotifyEvent",
            version=torch.version,
            mkl=version,
        ),
        evidence=(
            Evidence(text("the build {build} asks for {spec}", build=torch.build, spec=asked), torch.record),
            Evidence(text("is version {version}", version=version), mkl.record),
        ),
        consequence=text("import torch ends in: undefined symbol: iJIT_NotifyEvent"),
        fixes=_older_mkl(env, mkl, version),
    )


def _mkl_version(env: Environment, package: CondaPackage) -> str:
    """The version whose libraries are there: pip's mkl puts its own into the same folder."""
    for clash in clashes(env):
        if clash.package is package and clash.overwrites and clash.dist.name == "mkl" and clash.dist.version:
            return clash.dist.version
    return package.version


def _of_its_makers(env: Environment, torch: CondaPackage) -> bool:
    channel = canonical(torch.channel, env.conda_config)
    return channel in _TORCH_CHANNELS or (channel is None and re.fullmatch(_TORCH_BUILD, torch.build) is not None)


def _older_mkl(env: Environment, mkl: CondaPackage, version: str) -> tuple[Fix, ...]:
    if not fixes.may_write(env):
        return fixes.own_environment(env)
    if env.manager == "pixi":
        return ()
    title = text("Go back to mkl {version}", version=_LAST_GOOD)
    step = steps.conda_install(env, f"mkl={_LAST_GOOD}")
    if version != mkl.version:
        return (fixes.with_tool(env, title, (steps.uninstall(env, "mkl"), step), pip=True),)
    return (fixes.with_tool(env, title, (step,)),)


@rule("pip-numpy-in-mkl-env", code=321, severity=Severity.INFO, needs=("conda_packages", "distributions"))
def pip_numpy_in_mkl_env(env: Environment) -> Iterator[Found]:
    """NumPy comes from pip where conda's packages use MKL.

    The BLAS of this environment, the library that does linear algebra, is Intel's MKL. The numpy of PyPI does not use it:
    it brings a BLAS of its own, in most wheels OpenBLAS.

    Why it matters: two such libraries, each with threads of its own, live in one process. Results may differ in the last
    digits from those of conda's numpy, and speed may, too. Nothing is damaged by that.

    How to repair: nothing, as long as you do not miss MKL. Otherwise take numpy from conda.

    Not reported: environments whose BLAS is not MKL, or in which no other conda package uses it. That files of conda's
    numpy were overwritten is told by EG102.
    """
    numpy = next(
        (dist for dist in live(env) if dist.name == "numpy" and dist.owner is None and not dist.editable), None
    )
    chosen = next(filter(None, map(env.by_name.get, ("libblas", "blas"))), None)
    if numpy is None or chosen is None or "mkl" not in env.by_name or not re.fullmatch(_MKL_BUILD, chosen.build):
        return
    gone = set(env.replaced)
    users = tuple(
        package
        for package in env.conda_packages or ()
        if package.provides and package.name not in gone and _uses_mkl(package)
    )
    if not users:
        return
    loaded = tuple(
        path for path in mapped(env) if "libmkl_" in path or "/numpy.libs/" in path or "/numpy/.libs/" in path
    )
    yield Found(
        subject="numpy",
        message=text(
            "pip's numpy {version} brings a BLAS of its own, while conda's {names} use MKL",
            version=numpy.version or "?",
            names=tuple(package.name for package in users[:_SHOWN]),
        ),
        evidence=(
            Evidence(text("conda does not own this dist-info"), numpy.path),
            Evidence(text("the build {build} chooses MKL", build=chosen.build), chosen.record),
            *(Evidence(text("is loaded in the kernel"), path) for path in loaded[:_SHOWN]),
        ),
    )


_BLAS = frozenset(("mkl", "blas", "libblas", "libcblas", "liblapack", "mkl-service", "numpy-base"))


def _uses_mkl(package: CondaPackage) -> bool:
    """Whether a package, apart from numpy itself, is linked with the environment's BLAS."""
    if package.name in ("numpy", "numpy-base") or package.name.startswith("mkl"):
        return False
    return any(versions.spec_name(spec) in _BLAS for spec in package.depends)


RULES: tuple[Rule, ...] = (mkl_breaks_torch, pip_numpy_in_mkl_env)
