"""What is worth knowing and stands against nothing."""

from __future__ import annotations

from typing import TYPE_CHECKING

from envguard.cuda_verdict.case import cuda_version, release, titled
from envguard.model import text
from envguard.tables import cuda as tables

if TYPE_CHECKING:
    from collections.abc import Iterator

    from envguard.cuda_verdict.case import Case
    from envguard.model import Text


def remarks(case: Case) -> Iterator[Text]:
    """In the order in which they matter."""
    yield from _older_minor(case)
    yield from _unknown_builds(case)
    yield from _compiler(case)
    yield from _forks(case)


def _older_minor(case: Case) -> Iterator[Text]:
    can = release(cuda_version(case.driver.version)) if case.driver is not None else ()
    for framework in case.able:
        wanted = release(framework.declared)[:2]
        if can and len(wanted) > 1 and can[0] == wanted[0] and can < wanted:
            yield text(
                "the driver tells of CUDA {can}, and {name} was built for {wanted}: within one major version that runs, only code to be compiled at run time (PTX) may not",
                can=cuda_version(case.driver.version) or "" if case.driver is not None else "",
                name=titled(framework),
                wanted=framework.declared or "",
            )


def _unknown_builds(case: Case) -> Iterator[Text]:
    if case.driver is None or not case.driver.gpus:
        return
    for framework in case.able:
        if framework.name == "torch" and not framework.arch:
            yield text(
                "for which GPUs {name} holds code is not known to this release of envguard", name=titled(framework)
            )


def _compiler(case: Case) -> Iterator[Text]:
    """What nvcc is says nothing on what torch uses; it matters where an extension is compiled."""
    nvcc, torch = case.cuda.nvcc, next((each for each in case.able if each.name == "torch"), None)
    found = release(nvcc.version)[:2] if nvcc is not None else ()
    wanted = release(torch.declared)[:2] if torch is not None else ()
    if nvcc is None or torch is None or not found or not wanted or found == wanted:
        return
    told = {"version": nvcc.version or "", "path": nvcc.path, "wanted": torch.declared or ""}
    if found[0] != wanted[0]:
        yield text(
            "nvcc {version} ({path}) matters for building extensions only, and torch refuses it there: it was built for CUDA {wanted}",
            **told,
        )
    else:
        yield text(
            "nvcc {version} ({path}) matters for building extensions only, where torch warns of it: it was built for CUDA {wanted}",
            **told,
        )


def _forks(case: Case) -> Iterator[Text]:
    process = case.env.process
    if process is None or process.kind != "kernel" or "multiprocessing" not in process.loaded:
        return
    if any(tables.is_driver(each.family) for each in case.cuda.mapped or ()):
        yield text(
            "this kernel has loaded the driver; workers forked from it after it used CUDA cannot use it: start them with `spawn`"
        )
