"""Builds without CUDA, and machines that have none."""

from __future__ import annotations

from typing import TYPE_CHECKING

from envguard.cuda_verdict.case import blocked, book, by_finding, titled
from envguard.model import Evidence, Text, text
from envguard.rules import cuda_fixes

if TYPE_CHECKING:
    from collections.abc import Iterator

    from envguard.cuda import Asked, Framework
    from envguard.cuda_report import CudaVerdict
    from envguard.cuda_verdict.case import Case
    from envguard.model import Argument

_TOOLKITS = ("cudatoolkit", "pytorch-cuda", "cuda-toolkit", "cuda-runtime")


def on_a_mac(case: Case) -> Iterator[CudaVerdict]:
    """NVIDIA has had no driver for macOS since 2019, and no framework is built for it."""
    process = case.env.process
    if (case.env.platform or "").startswith("osx") or (process is not None and process.system == "Darwin"):
        yield blocked(
            "no-cuda-on-this-system",
            text("there is no CUDA on macOS; torch uses Apple's GPUs through its device `mps`"),
            Evidence(text("the environment is for {platform}", platform=case.env.platform or "macOS"), case.env.prefix),
        )


def cpu_build(case: Case) -> Iterator[CudaVerdict]:
    """Without CUDA were built torch, or all that is there."""
    for framework in case.judged:
        if not framework.cpu or (case.able and framework.name != "torch"):
            continue
        found = case.findings(400, subject=framework.name)
        if found and not _against(case):
            yield by_finding("cpu-build", found[0])
            return
        torch = framework.name == "torch"
        yield blocked(
            "cpu-build",
            _message(case, framework),
            *_evidence(case, framework),
            fixes=cuda_fixes.torch_build(case.env, framework) if torch else (),
            code=400 if torch else None,
        )


def _message(case: Case, framework: Framework) -> Text:
    idle, reasons = case.asked(*_TOOLKITS), tuple(map(_spoken, _against(case)))
    told: dict[str, Argument] = {
        "name": titled(framework),
        "build": framework.build or "?",
        "idle": idle,
        "reasons": reasons,
    }
    if framework.origin != "conda" and idle:
        return Text("{name} was built without CUDA: pip installed this wheel, and {idle} of conda's sits unused", told)
    if framework.origin != "conda":
        return Text("{name} was built without CUDA: pip installed a wheel without it", told)
    if reasons and idle:
        return Text(
            "{name} was built without CUDA: conda chose {build} because of {reasons}, while {idle} sits unused", told
        )
    if reasons:
        return Text("{name} was built without CUDA: conda chose {build} because of {reasons}", told)
    if idle:
        return Text("{name} was built without CUDA: conda chose {build}, while {idle} sits unused", told)
    return Text("{name} was built without CUDA: conda chose {build}", told)


def _against(case: Case) -> tuple[Asked, ...]:
    """What asked conda for builds without CUDA; a mutex is the result where anything else did."""
    found = tuple(each for each in case.cuda.asked if _forbids(each))
    return tuple(each for each in found if each.name != "pytorch-mutex") or found


def _forbids(asked: Asked) -> bool:
    match asked.name:
        case "cpuonly":
            return True
        case "pytorch-mutex":
            return "cpu" in (asked.build or "")
        case "CONDA_OVERRIDE_CUDA":
            return not asked.version
    return False


def _spoken(asked: Asked) -> str:
    if asked.name == "CONDA_OVERRIDE_CUDA":
        return "CONDA_OVERRIDE_CUDA="
    return " ".join(filter(None, (asked.name, asked.version, asked.build if asked.name == "pytorch-mutex" else None)))


def _evidence(case: Case, framework: Framework) -> Iterator[Evidence]:
    if framework.origin == "conda" and framework.build:
        yield Evidence(text("the build is {build}", build=framework.build), book(framework))
    if framework.source != book(framework):
        yield Evidence(text("says that it was built without CUDA"), framework.source)
    for each in _against(case):
        yield Evidence(text("{package} keeps conda from builds with CUDA", package=_spoken(each)), each.source)
    for each in case.cuda.asked:
        if each.name in _TOOLKITS:
            asked = " ".join(filter(None, (each.name, each.version)))
            yield Evidence(text("{package} is installed, and used by nothing", package=asked), each.source)
