"""What fails only once CUDA is used: GPUs that nothing was built for, and libraries that do not belong together."""

from __future__ import annotations

from typing import TYPE_CHECKING

from envguard.cuda_verdict.case import by_finding, grave
from envguard.tables import cuda as tables

if TYPE_CHECKING:
    from collections.abc import Iterator

    from envguard.cuda import Framework, Gpu
    from envguard.cuda_report import CudaVerdict
    from envguard.cuda_verdict.case import Case


def unfit(gpu: Gpu, framework: Framework) -> bool:
    """Whether a framework is known to hold no code for a GPU."""
    return gpu.capability is not None and tables.covers(framework.arch, gpu.capability) is False


def not_built(case: Case) -> Iterator[CudaVerdict]:
    """A framework holds no code for any GPU that is here, though `is_available()` says yes."""
    for finding in grave(case.findings(431)):
        yield by_finding("gpu-arch-not-built", finding)


def ill_matched(case: Case) -> Iterator[CudaVerdict]:
    """Libraries of two releases, or of another toolkit than the framework was built for: cuDNN and others."""
    for finding in grave(case.findings(410, 412, 413)):
        yield by_finding("libraries-do-not-match", finding)


def at_odds(case: Case) -> Iterator[CudaVerdict]:
    """Of torch there are two, or it is here with companions for another one, or extensions built for another torch."""
    for finding in grave(case.findings(401, 402, 403)):
        yield by_finding("frameworks-do-not-match", finding)
