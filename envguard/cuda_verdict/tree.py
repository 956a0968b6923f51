"""The branches in their order: what stands first against CUDA hides what comes after it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from envguard.cuda_report import CudaVerdict, State
from envguard.cuda_verdict import builds, driver, gpus, imports, running
from envguard.cuda_verdict.case import cuda_version, proof, titled
from envguard.model import Certainty, Evidence, text

if TYPE_CHECKING:
    from envguard.cuda_verdict.case import Case
    from envguard.facts import Environment
    from envguard.model import Text

BRANCHES = (
    imports.older_linker,
    imports.missing,
    builds.on_a_mac,
    builds.cpu_build,
    driver.stub,
    driver.no_driver,
    driver.mismatch,
    driver.compat,
    gpus.hidden,
    gpus.no_device,
    driver.too_old,
    gpus.by_code,
    running.not_built,
    running.ill_matched,
    running.at_odds,
)
"""Import, build, driver, GPU, use: in the order in which a program meets them."""


def decide(case: Case) -> CudaVerdict:
    """The first branch that applies; else that nothing stands against it, or why that cannot be told."""
    if not case.cuda.frameworks:
        return absent(case)
    for branch in BRANCHES:
        found = next(branch(case), None)
        if found is not None:
            return found
    driver, known = case.env.driver, tuple(proof(each) for each in case.able)
    if driver is None:
        return unknown("driver-not-asked", case.env.unasked or text("the driver was not asked"), *known)
    if driver.init is None and driver.failed is not None:
        return unknown("driver-not-told", text("asking the driver failed: {reason}", reason=driver.failed), *known)
    if driver.init is None:
        return unknown("driver-not-told", text("the driver did not tell whether it works"), *known)
    return works(case)


def works(case: Case) -> CudaVerdict:
    """Nothing stands against it. A calculation on the GPU was not tried."""
    driver = case.driver
    can = (cuda_version(driver.version) or "?") if driver is not None else "?"
    first = case.able[0] if case.able else case.judged[0]
    gpus = tuple(each.name for each in driver.gpus) if driver is not None else ()
    told = {"name": titled(first), "driver": can}
    message = (
        text(
            "CUDA works as far as can be seen from here: {name} was built for CUDA {cuda}, and the driver runs {driver} on {gpus}",
            **told,
            cuda=first.declared,
            gpus=gpus,
        )
        if first.declared and gpus
        else text("CUDA works as far as can be seen from here: the driver runs CUDA {driver}", driver=can)
    )
    return CudaVerdict(
        State.WORKS,
        "works",
        message,
        Certainty.LIKELY,
        (
            Evidence(
                text("the driver starts and has {n} GPU", "the driver starts and has {n} GPUs", n=len(gpus)),
                (driver.library if driver else None) or "libcuda.so.1",
            ),
        ),
    )


def absent(case: Case) -> CudaVerdict:
    """Nothing is installed that would use it."""
    asked = case.asked()
    if asked:
        message = text(
            "nothing that uses CUDA is installed (torch, tensorflow, jax, cupy and others); {idle} alone does nothing",
            idle=asked,
        )
    else:
        message = text("nothing that uses CUDA is installed (torch, tensorflow, jax, cupy and others)")
    return CudaVerdict(State.ABSENT, "no-framework", message, Certainty.CERTAIN)


def unknown(reason: str, why: Text, *known: Evidence) -> CudaVerdict:
    """It cannot be told, and why not."""
    return CudaVerdict(State.UNKNOWN, reason, why, Certainty.CERTAIN, known)


def unseen(env: Environment) -> CudaVerdict:
    """Nothing is known of the files."""
    if env.conda_packages is None and env.distributions is None:
        return unknown("elsewhere", text("the files of this environment are on another machine"))
    return unknown("not-looked", env.unasked or text("the files of this environment were not looked at for CUDA"))
