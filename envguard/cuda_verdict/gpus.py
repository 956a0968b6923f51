"""The GPUs: they are hidden, there is none, or the driver does not start."""

from __future__ import annotations

from typing import TYPE_CHECKING

from envguard.cuda_verdict.case import blocked
from envguard.cuda_verdict.driver import COMPAT, CONTAINERS, MISMATCH, STUB, answer, by_hand
from envguard.model import Evidence, Text, text

if TYPE_CHECKING:
    from collections.abc import Iterator

    from envguard.cuda import Driver
    from envguard.cuda_report import CudaVerdict
    from envguard.cuda_verdict.case import Case

INITIALIZATION, BUSY, NO_DEVICE = 3, 46, 100
DENIED, NOT_READY, UNKNOWN = 304, 802, 999


def hidden(case: Case) -> Iterator[CudaVerdict]:
    """CUDA_VISIBLE_DEVICES leaves no GPU."""
    driver, value = case.driver, case.variable("CUDA_VISIBLE_DEVICES")
    if driver is None or value is None or not _none(driver):
        return
    first = value.split(",")[0].strip()
    hides = first in ("", "-1", "NoDevFiles")
    if not hides and not any("nvidia" in each for each in driver.nodes):
        return
    message = (
        text("the GPUs are hidden: CUDA_VISIBLE_DEVICES is empty")
        if not value.strip()
        else text("the GPUs are hidden: CUDA_VISIBLE_DEVICES is {value}", value=value)
        if hides
        else text("no GPU answers to CUDA_VISIBLE_DEVICES, which is {value}", value=value)
    )
    yield blocked(
        "gpu-hidden",
        message,
        Evidence(text("is set in the process"), "CUDA_VISIBLE_DEVICES"),
        *answer(driver),
        fixes=(
            by_hand(
                text(
                    "Start the kernel without CUDA_VISIBLE_DEVICES; to change it in a running one comes too late once CUDA was asked"
                )
            ),
        ),
        certain=hides,
    )


def no_device(case: Case) -> Iterator[CudaVerdict]:
    """The driver is there and knows of no GPU."""
    driver = case.driver
    if driver is None or not _none(driver):
        return
    if driver.closed:
        reason, message, cure = _CODES[DENIED]
        yield blocked(reason, message, *answer(driver), fixes=(by_hand(cure),))
        return
    inside = case.container in CONTAINERS and not any("nvidia" in each for each in driver.nodes)
    yield blocked(
        "container-without-gpu" if inside else "no-gpu",
        text("this container ({container}) was started without the GPU", container=case.container or "")
        if inside
        else text("the driver is there, but it sees no GPU"),
        *answer(driver),
        *(Evidence(text("the device is there"), each) for each in driver.nodes[:2]),
        fixes=(
            by_hand(
                text(
                    "Start the container with the GPU: `docker run --gpus all …`, `apptainer exec --nv …`, or a pod that asks for nvidia.com/gpu"
                )
                if inside
                else text("Look with `nvidia-smi`: the job may have been given no GPU, or the GPU has failed")
            ),
        ),
        certain=not inside,
    )


_CODES: dict[int, tuple[str, Text, Text]] = {
    NOT_READY: (
        "fabric-manager",
        text("the system is not ready: on machines whose GPUs are joined by NVSwitch the fabric manager must run"),
        text("Start nvidia-fabricmanager, in the very release of the driver; inside a container ask for the host's"),
    ),
    BUSY: (
        "gpu-busy",
        text("the GPUs are busy or not available: another process may have one for itself (compute mode EXCLUSIVE)"),
        text("Look with `nvidia-smi` who uses it; end that process, or ask for the mode DEFAULT"),
    ),
    DENIED: (
        "device-not-accessible",
        text("the system refused the driver a call: the devices may not be opened, or nvidia-uvm is not loaded"),
        text("Look at the rights of /dev/nvidia*, and load the module nvidia-uvm (`nvidia-modprobe -u`)"),
    ),
    UNKNOWN: (
        "driver-unknown-error",
        text(
            "the driver fails with an error that it does not name; mostly nvidia-uvm is not loaded or stale, as after suspend"
        ),
        text("Reload the module nvidia-uvm, or restart the machine; set no variable of CUDA after its first use"),
    ),
    INITIALIZATION: (
        "forked-after-cuda",
        text("CUDA cannot be initialised: this process was forked from one that had used CUDA"),
        text("Start workers with the method `spawn` (torch.multiprocessing.set_start_method), not `fork`"),
    ),
}


def by_code(case: Case) -> Iterator[CudaVerdict]:
    """Whatever else the driver answers instead of starting."""
    driver = case.driver
    if driver is None or driver.library is None or driver.init in (None, 0, NO_DEVICE, STUB, MISMATCH, COMPAT):
        return
    code = driver.init or 0
    reason, message, cure = _CODES.get(
        code,
        (
            "driver-error",
            text("the driver does not start: it answers {code}", code=code),
            text("Look the code up in NVIDIA's list of CUresult, and ask `nvidia-smi`"),
        ),
    )
    yield blocked(reason, message, *answer(driver), fixes=(by_hand(cure),), certain=code == NOT_READY)


def _none(driver: Driver) -> bool:
    return driver.init == NO_DEVICE or (driver.init == 0 and driver.devices == 0)
