"""The verdict, and the table, the driver and the GPUs beside it: all that `cuda` tells of an environment."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from envguard._version import __version__
from envguard.analyse import now, summary
from envguard.cuda_report import CudaDriver, CudaGpu, CudaLibrary, CudaReport, CudaRow, CudaVerdict
from envguard.cuda_verdict.case import CODES, Case, cuda_version, libraries
from envguard.cuda_verdict.remarks import remarks
from envguard.cuda_verdict.running import unfit
from envguard.cuda_verdict.tree import decide, unseen
from envguard.rules import RULES
from envguard.tables import cuda as tables

if TYPE_CHECKING:
    from envguard.cuda import CudaFile, Driver, Framework, Gpu
    from envguard.facts import Environment
    from envguard.model import Finding, Report

_MODULES = {"onnxruntime-gpu": "onnxruntime", "numba-cuda": "numba"}


def told(env: Environment, report: Report) -> CudaReport:
    """What stands for and against CUDA, by the facts and by what the rules found in them."""
    case = Case(env, report, env.cuda) if env.cuda is not None else None
    verdict = decide(case) if case is not None else unseen(env)
    return CudaReport(
        environment=summary(env),
        verdict=verdict,
        asked=case.asked() if case is not None else (),
        rows=tuple(_row(each, case) for each in case.cuda.frameworks) if case is not None else (),
        driver=_driver(env.driver) if env.driver is not None else None,
        gpus=tuple(_gpu(each, case) for each in env.driver.gpus) if env.driver is not None else (),
        remarks=tuple(remarks(case)) if case is not None else (),
        findings=tuple(each for each in report.findings if each.code in CODES and not _same(each, verdict)),
        failed=tuple(each.rule for each in report.failed if each.rule in _RULES),
        envguard_version=__version__,
        made_at=now(),
    )


_RULES = frozenset(rule.id for rule in RULES if rule.code in CODES)


def _same(finding: Finding, verdict: CudaVerdict) -> bool:
    """Whether a finding says what the verdict says already."""
    return finding.code == verdict.code and (
        finding.message == verdict.message
        or finding.fixes == verdict.fixes
        or verdict.reason in ("cpu-build", "driver-too-old", "driver-library-mismatch")
    )


def _row(framework: Framework, case: Case) -> CudaRow:
    conda = framework.origin == "conda"
    return CudaRow(
        framework=framework.name,
        version=framework.version,
        build=framework.build,
        origin=framework.origin,
        owner=(framework.record if conda else None) or framework.distribution or framework.record,
        asked=case.asked() if conda else (),
        declared=framework.declared,
        cpu=framework.cpu,
        source=framework.source,
        arch=framework.arch,
        resolved=tuple(map(_library, libraries(framework))) if framework.resolved is not None else None,
        mapped=_mapped(framework, case),
    )


def _mapped(framework: Framework, case: Case) -> tuple[CudaLibrary, ...] | None:
    """What the kernel has in memory of the libraries that the framework uses; nothing where it was not imported."""
    process = case.env.process
    if case.cuda.mapped is None or process is None or process.kind != "kernel":
        return None
    if _MODULES.get(framework.name, framework.name.replace("-", "_")) not in process.loaded:
        return ()
    families = {each.family for each in libraries(framework)}
    return tuple(
        _library(each)
        for each in case.cuda.mapped
        if not tables.is_driver(each.family) and (each.family in families or not families)
    )


def _library(file: CudaFile) -> CudaLibrary:
    return CudaLibrary(
        family=file.family,
        name=file.name,
        version=file.version,
        origin=file.origin,
        owner=file.owner,
        path=file.path,
        way=file.way,
        needed_by=file.needed_by,
    )


def _driver(driver: Driver) -> CudaDriver:
    return CudaDriver(
        library=driver.library,
        missing=driver.missing,
        cuda=cuda_version(driver.version),
        release=driver.release,
        module=_release(driver.module),
        answer=driver.init,
        failed=driver.failed,
    )


def _release(module: str | None) -> str | None:
    """The number alone, where the whole line of /proc stands."""
    match = re.search(r"\d{3}\.\d+(?:\.\d+)?", module or "")
    return match[0] if match else module


def _gpu(gpu: Gpu, case: Case | None) -> CudaGpu:
    against = () if case is None else tuple(each.name for each in case.able if unfit(gpu, each))
    return CudaGpu(gpu.index, gpu.name, gpu.capability, against)
