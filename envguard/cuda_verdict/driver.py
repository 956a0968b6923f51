"""The driver: there is none, another thing stands in its place, it is at odds with itself, or too old."""

from __future__ import annotations

from typing import TYPE_CHECKING

from envguard.cuda_verdict.case import blocked, by_finding
from envguard.model import Evidence, Fix, Safety, text
from envguard.tables import cuda as tables

if TYPE_CHECKING:
    from collections.abc import Iterator

    from envguard.cuda import Driver
    from envguard.cuda_report import CudaVerdict
    from envguard.cuda_verdict.case import Case
    from envguard.model import Text

STUB, MISMATCH, COMPAT = 34, 803, 804
_WSL = "/usr/lib/wsl/lib"
CONTAINERS = frozenset(("docker", "podman", "kubernetes", "singularity", "apptainer", "lxc", "containerd"))


def stub(case: Case) -> Iterator[CudaVerdict]:
    """The toolkit's stand-in for the driver, which is only there to link against."""
    driver = case.driver
    if driver is None or not (driver.init == STUB or "/stubs/" in (driver.library or "")):
        return
    folders = tuple(each for each in case.library_path if each.rstrip("/").endswith("stubs"))
    yield blocked(
        "driver-is-a-stub",
        text("the libcuda.so.1 that is found first is a stub of the toolkit, which is there for compiling only"),
        Evidence(text("was loaded as the driver"), driver.library or "libcuda.so.1"),
        *([Evidence(text("is searched first: {folders}", folders=folders), "LD_LIBRARY_PATH")] if folders else []),
        *answer(driver),
        fixes=(by_hand(text("Take the folder `stubs` out of LD_LIBRARY_PATH, and start the kernel anew")),),
        certain=driver.init == STUB or bool(folders),
    )


def no_driver(case: Case) -> Iterator[CudaVerdict]:
    """No libcuda can be loaded: there is no driver, or the container or WSL does not hand it on."""
    driver = case.driver
    if driver is None or driver.library is not None:
        return
    gpu = any("nvidia" in each and "ctl" not in each for each in driver.nodes)
    lost = Evidence(text("the loader says: {message}", message=driver.missing or "not found"), "libcuda.so.1")
    seen = [Evidence(text("the device is there"), each) for each in driver.nodes[:2]]
    if case.container == "wsl" or "/dev/dxg" in driver.nodes:
        yield _wsl(case, lost, seen)
    elif gpu:
        yield blocked(
            "driver-library-missing",
            text("there is a GPU, but the driver's libcuda.so.1 cannot be loaded"),
            lost,
            *seen,
            fixes=(
                by_hand(
                    text(
                        "Install the part of NVIDIA's driver that belongs to programs (libcuda1, nvidia-compute), or hand it on to the container"
                    )
                ),
            ),
        )
    elif case.container in CONTAINERS:
        yield blocked(
            "container-without-gpu",
            text("this container ({container}) was started without the GPU", container=case.container or ""),
            lost,
            Evidence(text("there is no device of NVIDIA's"), "/dev/nvidia*"),
            fixes=(
                by_hand(
                    text(
                        "Start the container with the GPU: `docker run --gpus all …`, `apptainer exec --nv …`, or a pod that asks for nvidia.com/gpu"
                    )
                ),
            ),
            certain=False,
        )
    else:
        yield blocked(
            "no-driver",
            text("there is no driver of NVIDIA's on this machine")
            if not driver.nodes
            else text("the driver of NVIDIA's is not whole: its library cannot be loaded"),
            lost,
            *(seen or [Evidence(text("there is no device of NVIDIA's"), "/dev/nvidia*")]),
            fixes=(by_hand(_install(case)),),
        )


def _wsl(case: Case, lost: Evidence, seen: list[Evidence]) -> CudaVerdict:
    on_path = any(each.rstrip("/") == _WSL for each in case.library_path)
    return blocked(
        "wsl-driver-not-found",
        text("in WSL the driver is that of Windows, and its libcuda.so.1 cannot be loaded"),
        lost,
        *seen,
        Evidence(text("holds the driver where Windows has one"), _WSL),
        fixes=(
            by_hand(text("Install NVIDIA's driver in Windows (none in Linux), then run `wsl --shutdown`")),
            *(
                ()
                if on_path
                else (by_hand(text("Or, if {folder} holds libcuda.so.1, add it to LD_LIBRARY_PATH", folder=_WSL)),)
            ),
        ),
        certain=False,
    )


def _install(case: Case) -> Text:
    wanted = next((each.declared for each in case.able if each.declared), None)
    least = tables.minimal_driver(wanted) if wanted else None
    if least is None:
        return text("Install NVIDIA's driver, if this machine has a GPU of theirs")
    return text(
        "Install NVIDIA's driver, if this machine has a GPU of theirs: {least} or newer for CUDA {cuda}",
        least=least,
        cuda=wanted or "",
    )


def mismatch(case: Case) -> Iterator[CudaVerdict]:
    """The driver's library and the kernel's module are of two releases, as after an update without a restart."""
    for finding in case.findings(432):
        yield by_finding("driver-library-mismatch", finding)


def compat(case: Case) -> Iterator[CudaVerdict]:
    """cuda-compat lets an old driver run a newer CUDA, on GPUs for data centres alone."""
    driver = case.driver
    if driver is None or driver.init != COMPAT:
        return
    yield blocked(
        "compat-on-consumer-gpu",
        text("cuda-compat is found in place of the driver, and it works on GPUs for data centres only"),
        Evidence(text("was loaded as the driver"), driver.library or "libcuda.so.1"),
        *answer(driver),
        fixes=(
            by_hand(
                text(
                    "Take the folder of cuda-compat out of LD_LIBRARY_PATH, or remove the package, and update the driver instead"
                )
            ),
        ),
    )


def too_old(case: Case) -> Iterator[CudaVerdict]:
    """The driver can run no CUDA of that major version; within one it runs newer minor ones."""
    for framework in case.able:
        for finding in case.findings(430, subject=framework.name):
            yield by_finding("driver-too-old", finding)


def answer(driver: Driver) -> Iterator[Evidence]:
    """What the driver said when it was started."""
    where = driver.library or "libcuda.so.1"
    if driver.init:
        name = tables.error(driver.init)
        yield Evidence(
            text("cuInit answers {code} ({name})", code=driver.init, name=name)
            if name
            else text("cuInit answers {code}", code=driver.init),
            where,
        )
    elif driver.devices == 0:
        yield Evidence(text("cuDeviceGetCount answers {count}", count=0), where)
    yield from (Evidence(text("may not be opened by this user"), each) for each in driver.closed)


def by_hand(title: Text) -> Fix:
    """A way out that no command of ours can go."""
    return Fix(title, safety=Safety.MANUAL, restart=True)
