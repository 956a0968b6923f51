"""Rules about OpenMP, of which a process should hold one runtime: what is in memory, and what variables say of it."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, NamedTuple

from envguard.model import Certainty, Evidence, Fix, Safety, Severity, Step, Where, text
from envguard.rules import fixes, steps
from envguard.rules.names import providers
from envguard.rules.rule import Found, Rule, rule
from envguard.rules.twins import mapped

if TYPE_CHECKING:
    from collections.abc import Iterator

    from envguard.facts import Environment
    from envguard.model import Text

_RUNTIME = r"(?i)(?:lib)?(gomp|iomp5(?:md)?|omp(?:140)?|vcomp\d*)(?:-[0-9a-f]{8,}|\.x86_64|\.aarch64)?(?:\.so(?:\.[\d.]+)?|(?:\.\d+)?\.dylib|\.dll)"
_GNU, _INTEL, _MICROSOFT = "gnu", "intel", "microsoft"
"""Families: LLVM's libomp is Intel's libiomp5 under another name, and the two look for each other in a process."""
_VENDORS = {"g": _GNU, "i": _INTEL, "o": _INTEL, "v": _MICROSOFT}
_SHOWN = 6
_OFF = frozenset(("", "0", "false", "off", "no"))


class Runtime(NamedTuple):
    """One OpenMP runtime that is in memory."""

    name: str
    family: str
    path: str


@rule("two-openmp-runtimes", code=330, severity=Severity.WARNING, needs=("process",))
def two_openmp_runtimes(env: Environment) -> Iterator[Found]:
    """Two OpenMP runtimes are in one process.

    OpenMP shares loops out among threads. GNU's runtime is libgomp, Intel's is libiomp5, LLVM's is libomp, and packages
    bring the one they were built with: here the kernel has loaded more than one.

    Why it matters: each keeps threads of its own. Intel's and LLVM's look for each other, and on macOS and Windows the
    second one ends the process with "OMP: Error #15". On Linux, GNU's beside one of them takes twice the threads, and
    hangs and wrong results are known.

    How to repair: take the packages that compute from one place, so that they share one runtime: all from conda, or all
    from PyPI.

    Not reported: runtimes that lie on the disk but are not loaded; one file under two names, as conda links libgomp to
    libomp.
    """
    found = _runtimes(env)
    if len(found) < 2 or env.process is None:
        return
    kin = [each for each in found if each.family == _INTEL]
    families = {each.family for each in found}
    linux = env.process.system == "Linux"
    if len(kin) > 1:
        severity = Severity.WARNING if linux else Severity.ERROR
        consequence = text("the second one to start ends the process: OMP: Error #15")
    elif len(families) > 1:
        severity = Severity.WARNING if linux else Severity.INFO
        consequence = text("each has its own threads; hangs and wrong results are known")
    else:
        severity, consequence = Severity.INFO, text("each has its own threads")
    yield Found(
        subject=env.name,
        message=text(
            "the kernel has {n} OpenMP runtimes in memory: {names}",
            n=len(found),
            names=tuple(each.name for each in found),
        ),
        evidence=tuple(Evidence(_whose(env, each.path), each.path) for each in found[:_SHOWN]),
        consequence=consequence,
        fixes=_one_place(env, found) if severity is not Severity.INFO else (),
        severity=severity,
    )


@rule("kmp-duplicate-ok-set", code=331, severity=Severity.WARNING, needs=("process",))
def kmp_duplicate_ok_set(env: Environment) -> Iterator[Found]:
    """A variable hides that two OpenMP runtimes are loaded.

    KMP_DUPLICATE_LIB_OK is set. It makes Intel's and LLVM's OpenMP go on where they would end the process because another
    copy is there already.

    Why it matters: its makers call it an unsafe, unsupported way that may crash or give wrong results without a word. The
    cause stays.

    How to repair: take the variable out of where it was set, start the kernel again, and repair what two-openmp-runtimes
    (EG330) tells then.

    Not reported: the variable with a value that means no.
    """
    value = env.process.environ.get("KMP_DUPLICATE_LIB_OK") if env.process is not None else None
    if value is None or value.strip().lower() in _OFF:
        return
    found = _runtimes(env)
    evidence = [Evidence(text("is set to {value}", value=value), "KMP_DUPLICATE_LIB_OK")]
    evidence += [Evidence(_whose(env, each.path), each.path) for each in found[:_SHOWN]]
    yield Found(
        subject="KMP_DUPLICATE_LIB_OK",
        message=text("KMP_DUPLICATE_LIB_OK is set, so that a second OpenMP runtime is not refused"),
        evidence=tuple(evidence),
        consequence=text("crashes and wrong results, with no message"),
        fixes=(_unset("KMP_DUPLICATE_LIB_OK"),),
        severity=Severity.INFO if env.process and env.process.kind == "kernel" and len(found) < 2 else None,
    )


@rule("threading-layer-conflict", code=332, severity=Severity.WARNING, needs=("process",))
def threading_layer_conflict(env: Environment) -> Iterator[Found]:
    """MKL is told to use Intel's OpenMP where GNU's is loaded.

    MKL_THREADING_LAYER says which OpenMP Intel's MKL computes with. It is INTEL here, and the kernel has GNU's libgomp in
    memory. The variable is often set by a package (mkl-service) and handed on to the processes that are started.

    Why it matters: a process that loads libgomp first and MKL after it ends with "MKL_THREADING_LAYER=INTEL is
    incompatible with libgomp.so.1 library". The workers of a data loader are such processes.

    How to repair: import numpy before what loads libgomp; or let MKL use GNU's runtime for such a job.

    Not reported: other layers; libgomp where it is a link to LLVM's runtime, as conda-forge does.
    """
    if env.process is None or env.process.environ.get("MKL_THREADING_LAYER", "").strip().upper() != "INTEL":
        return
    gnu = [each for each in _runtimes(env) if each.family == _GNU]
    if not gnu:
        return
    step = Step(("%env", "MKL_THREADING_LAYER=GNU"), Where.CELL)
    yield Found(
        subject="MKL_THREADING_LAYER",
        message=text("MKL_THREADING_LAYER=INTEL is incompatible with {library}, which is loaded", library=gnu[0].name),
        evidence=(
            Evidence(text("is set to {value}", value="INTEL"), "MKL_THREADING_LAYER"),
            *(Evidence(_whose(env, each.path), each.path) for each in gnu[:_SHOWN]),
        ),
        consequence=text("processes started from here may end when they load MKL"),
        fixes=(Fix(text("Let MKL use GNU's OpenMP in what this kernel starts"), (step,), Safety.REVIEW),),
        certainty=Certainty.LIKELY,
    )


def _runtimes(env: Environment) -> tuple[Runtime, ...]:
    """The OpenMP runtimes in memory, each file once."""
    found: dict[str, Runtime] = {}
    for path in mapped(env):
        name = path.replace("\\", "/").rpartition("/")[2]
        match = re.fullmatch(_RUNTIME, name)
        if match is not None:
            found.setdefault(path, Runtime(name, _VENDORS[match[1][0].lower()], path))
    return tuple(found.values())


def _whose(env: Environment, path: str) -> Text:
    owner = next((each.owner for each in env.libraries or () if each.path == path and each.owner), None)
    return (
        text("is loaded in the kernel; it belongs to {owner}", owner=owner)
        if owner
        else text("is loaded in the kernel")
    )


def _one_place(env: Environment, found: tuple[Runtime, ...]) -> tuple[Fix, ...]:
    """The distributions that brought a runtime, where conda has one as well, in conda's build."""
    if not env.is_conda:
        return ()
    owners = {each.owner for each in env.libraries or () if each.path in {one.path for one in found} and each.owner}
    dists = tuple(dist for owner in sorted(owners) if (dist := env.by_path.get(owner)) is not None and not dist.owner)
    if not dists:
        return ()
    if not fixes.may_write(env):
        return fixes.own_environment(env)
    names = tuple(dict.fromkeys(dist.name for dist in dists))
    condas = tuple((*providers(name)[1:2], name)[0] for name in names)
    title = text("Let conda install {names}, so that all use conda's OpenMP", names=names)
    return (fixes.with_tool(env, title, (steps.uninstall(env, *names), steps.conda_install(env, *condas)), pip=True),)


def _unset(name: str) -> Fix:
    title = text("Take {name} out of where it was set, then start the kernel again", name=name)
    return Fix(title, (Step(("unset", name)),), Safety.MANUAL, restart=True)


RULES: tuple[Rule, ...] = (two_openmp_runtimes, kmp_duplicate_ok_set, threading_layer_conflict)
