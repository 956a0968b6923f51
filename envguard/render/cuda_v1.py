"""What stands for and against CUDA for programs, version 1, described by `cuda.schema.json`."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from envguard.render.json_v1 import (
    as_json,
    environment_v1,
    evidence_v1,
    finding_v1,
    fix_v1,
    head,
    optional,
    optional_text_v1,
    string,
    text_v1,
)

if TYPE_CHECKING:
    from envguard.cuda_report import CudaDriver, CudaLibrary, CudaReport, CudaRow, CudaVerdict
    from envguard.render.json_v1 import Json


def cuda_dumps(told: CudaReport) -> str:
    """The whole as one JSON document, in ASCII."""
    return as_json(cuda_v1(told))


def cuda_v1(told: CudaReport) -> Json:
    """The whole as values that `json.dumps` takes."""
    return {
        **head("cuda", told),
        "environment": environment_v1(told.environment),
        "verdict": _verdict(told.verdict),
        "asked": [string(each) for each in told.asked],
        "frameworks": [_row(row) for row in told.rows],
        "driver": None if told.driver is None else _driver(told.driver),
        "gpus": [
            {
                "index": gpu.index,
                "name": string(gpu.name),
                "capability": optional(gpu.capability),
                "unfit": [string(each) for each in gpu.unfit],
            }
            for gpu in told.gpus
        ],
        "remarks": [text_v1(remark) for remark in told.remarks],
        "findings": [finding_v1(finding) for finding in told.findings],
        "failed": [string(each) for each in told.failed],
    }


def _verdict(verdict: CudaVerdict) -> Json:
    return {
        "state": verdict.state.value,
        "reason": verdict.reason,
        "certainty": verdict.certainty.value,
        "code": None if verdict.code is None else f"EG{verdict.code}",
        "message": text_v1(verdict.message),
        "consequence": optional_text_v1(verdict.consequence),
        "evidence": [evidence_v1(each) for each in verdict.evidence],
        "fixes": [fix_v1(each) for each in verdict.fixes],
    }


def _row(row: CudaRow) -> Json:
    return {
        "framework": string(row.framework),
        "version": optional(row.version),
        "build": optional(row.build),
        "origin": string(row.origin),
        "owner": optional(row.owner),
        "asked": [string(each) for each in row.asked],
        "declared": optional(row.declared),
        "cpu": row.cpu,
        "source": string(row.source),
        "arch": [string(each) for each in row.arch],
        "resolved": _libraries(row.resolved),
        "mapped": _libraries(row.mapped),
    }


def _libraries(libraries: tuple[CudaLibrary, ...] | None) -> list[dict[str, Any]] | None:
    if libraries is None:
        return None
    return [
        {
            "family": string(each.family),
            "name": string(each.name),
            "version": optional(each.version),
            "origin": string(each.origin),
            "owner": optional(each.owner),
            "path": optional(each.path),
            "way": optional(each.way),
            "needed_by": optional(each.needed_by),
        }
        for each in libraries
    ]


def _driver(driver: CudaDriver) -> Json:
    return {
        "library": optional(driver.library),
        "missing": optional(driver.missing),
        "cuda": optional(driver.cuda),
        "release": optional(driver.release),
        "module": optional(driver.module),
        "answer": driver.answer,
        "failed": optional(driver.failed),
    }
