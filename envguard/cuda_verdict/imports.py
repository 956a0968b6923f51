"""What keeps a framework from being imported, or its CUDA part from being loaded: libraries that are missing or too old."""

from __future__ import annotations

from typing import TYPE_CHECKING

from envguard.cuda_verdict.case import by_finding, grave, libraries
from envguard.rules.cuda_pairs import NEWER_NVJITLINK, broken

if TYPE_CHECKING:
    from collections.abc import Iterator

    from envguard.cuda_report import CudaVerdict
    from envguard.cuda_verdict.case import Case


def older_linker(case: Case) -> Iterator[CudaVerdict]:
    """An nvJitLink that is older than cuSPARSE, which asks for functions by the release that they came with."""
    for finding in grave(case.findings(410, 412)):
        sources = {each.source for each in finding.evidence}
        for framework in case.able:
            pairs = broken(case.env, framework, libraries(framework)) if framework.name == finding.subject else ()
            if any(pair.kind == NEWER_NVJITLINK and pair.first.path in sources for pair in pairs):
                yield by_finding("nvjitlink-too-old", finding)


def missing(case: Case) -> Iterator[CudaVerdict]:
    """A library that a file of the framework names is nowhere, or where nobody looks for it."""
    for framework in case.able:
        for finding in case.findings(420, subject=framework.name):
            yield by_finding("library-missing", finding)
