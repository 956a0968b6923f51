"""What fails only once CUDA is used: GPUs that nothing was built for, and libraries that do not belong together."""

from __future__ import annotations

from typing import TYPE_CHECKING

from envguard.cuda_verdict.case import blocked, by_finding, grave, titled
from envguard.model import Evidence, Fix, Safety, text
from envguard.tables import cuda as tables

if TYPE_CHECKING:
    from collections.abc import Iterator

    from envguard.cuda import Framework, Gpu
    from envguard.cuda_report import CudaVerdict
    from envguard.cuda_verdict.case import Case
    from envguard.model import Text


def unfit(gpu: Gpu, framework: Framework) -> bool:
    """Whether a framework is known to hold no code for a GPU."""
    return gpu.capability is not None and tables.covers(framework.arch, gpu.capability) is False


def not_built(case: Case) -> Iterator[CudaVerdict]:
    """A framework holds no code for a GPU that is here, though `is_available()` says yes."""
    driver = case.driver
    for framework in case.able:
        gpus = tuple(each for each in (driver.gpus if driver else ()) if unfit(each, framework))
        if not gpus:
            continue
        found = next(iter(case.findings(431, subject=framework.name)), None)
        if found is not None:
            yield by_finding("gpu-arch-not-built", found)
            continue
        yield blocked(
            "gpu-arch-not-built",
            text(
                "{name} was not built for this GPU: {gpu} has the capability {capability}",
                name=titled(framework),
                gpu=gpus[0].name,
                capability=gpus[0].capability or "",
            ),
            Evidence(text("holds code for {arch}", arch=framework.arch), framework.source),
            *(
                Evidence(
                    text("{gpu} has the capability {capability}", gpu=each.name, capability=each.capability or ""),
                    f"GPU {each.index}",
                )
                for each in gpus
            ),
            fixes=(Fix(_other_build(gpus[0]), safety=Safety.MANUAL, restart=True),),
            code=431,
            certain=False,
        )


def _other_build(gpu: Gpu) -> Text:
    """Which CUDA makes code for it."""
    known = tables.generation(gpu.capability or "")
    if known is None:
        return text("Install a build that names this capability in its list")
    if known.last is not None:
        return text(
            "Install a build for a CUDA from {first} to {last}: newer ones make no code for {generation}",
            first=known.first,
            last=known.last,
            generation=known.name,
        )
    return text(
        "Install a build for CUDA {first} or newer, which makes code for {generation}",
        first=known.first,
        generation=known.name,
    )


def ill_matched(case: Case) -> Iterator[CudaVerdict]:
    """Libraries of two releases, or of another toolkit than the framework was built for: cuDNN and others."""
    for finding in grave(case.findings(410, 412, 413)):
        yield by_finding("libraries-do-not-match", finding)


def at_odds(case: Case) -> Iterator[CudaVerdict]:
    """Of torch there are two, or it is here with companions for another one, or extensions built for another torch."""
    for finding in grave(case.findings(401, 402, 403)):
        yield by_finding("frameworks-do-not-match", finding)
