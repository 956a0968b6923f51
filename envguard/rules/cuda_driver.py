"""Rules about NVIDIA's driver: too old for a framework, another than the kernel module, and GPUs without code for them."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from envguard.errors import CannotTell
from envguard.model import Certainty, Evidence, Severity, Step, text
from envguard.rules import cuda_fixes, fixes
from envguard.rules.cuda_use import said_in, title, using
from envguard.rules.releases import release
from envguard.rules.rule import Found, Rule, rule
from envguard.tables import cuda as tables

if TYPE_CHECKING:
    from collections.abc import Iterator

    from envguard.cuda import Driver, Framework
    from envguard.facts import Environment
    from envguard.model import Fix

_MISMATCH, _NVML_MISMATCH = 803, 18
_IN_NAME = r"\.so\.(\d{3,}\.\d+(?:\.\d+)?)$"


@rule("driver-too-old", code=430, severity=Severity.ERROR, needs=("driver", "cuda"))
def driver_too_old(env: Environment) -> Iterator[Found]:
    """The NVIDIA driver is too old for the CUDA of a framework.

    The driver says which CUDA it can run at most, the framework says for which it was built. From CUDA 11 on a driver runs
    everything of its major version, but nothing of a later one.

    Why it matters: torch.cuda.is_available() is False, with "The NVIDIA driver on your system is too old (found version
    11040)". 11040 is CUDA 11.4.

    How to repair: update the driver, or install a build of the framework for an older CUDA.

    Not reported: a later minor version of the same major one, from CUDA 11 on; machines without a driver.
    """
    driver = _asked(env)
    if driver.library is None or not driver.version:
        return
    can = tables.spoken(driver.version)
    for framework in using(env):
        needs = framework.declared
        if needs is None or not _too_old(driver, can, needs):
            continue
        least = tables.minimal_driver(needs)
        evidence = [
            Evidence(text("says {number}, that is CUDA {driver}", number=driver.version, driver=can), driver.library),
            Evidence(text("is built for CUDA {cuda}", cuda=needs), said_in(framework)),
        ]
        if driver.release:
            evidence.append(Evidence(text("the driver is {release}", release=driver.release), "libnvidia-ml.so.1"))
        yield Found(
            subject=framework.name,
            message=text(
                "{framework} was built for CUDA {wanted}, and the driver can do {driver} at most",
                framework=title(framework),
                wanted=needs,
                driver=can,
            ),
            evidence=tuple(evidence),
            consequence=text("no GPU can be used; CUDA {cuda} needs driver {release} or later", cuda=needs, release=least)
            if least
            else text("no GPU can be used"),
            fixes=_other_build(env, framework, can),
        )  # fmt: skip


def _asked(env: Environment) -> Driver:
    """What the driver said; CannotTell where the question failed."""
    assert env.driver is not None
    if env.driver.failed:
        raise CannotTell(text("the driver could not be asked: {reason}", reason=env.driver.failed))
    return env.driver


def _too_old(driver: Driver, can: str, needs: str) -> bool:
    has, wants = release(can), release(needs)
    if has >= wants or not wants:
        return False
    if has[0] != wants[0] or wants[0] < 11:
        return has[0] < wants[0] or has < wants
    # of one major version all drivers do but those before the first that promises so
    least = release(tables.minimal_driver(needs))
    return bool(driver.release and least) and release(driver.release) < least


def _other_build(env: Environment, framework: Framework, can: str) -> tuple[Fix, ...]:
    if framework.name != "torch":
        if framework.origin == "conda" and env.manager != "pixi" and release(can) >= (11,):
            return fixes.install_with_conda(env, (f"cuda-version<={can}",))
        return ()
    return cuda_fixes.torch_build(env, framework)


@rule("gpu-arch-not-built", code=431, severity=Severity.ERROR, needs=("driver", "cuda"))
def gpu_arch_not_built(env: Environment) -> Iterator[Found]:
    """A framework holds no code for this GPU.

    Each GPU has a compute capability, 8.6 say, and a framework is built for a list of them. Code for sm_80 runs on 8.0 and
    on later ones of the same major version; code of the kind compute_80 is compiled for any later one when it is first used.

    Why it matters: torch.cuda.is_available() is True, and the first computation ends in "no kernel image is available for
    execution on the device".

    How to repair: install a build that has code for this GPU: new GPUs need a build for a new CUDA, old ones a build for
    an older CUDA.

    It is an error where no GPU can be used, a warning where another one can.

    Not reported: frameworks that do not say what they hold code for, and releases newer than the tables.
    """
    driver = _asked(env)
    known = tuple(gpu for gpu in driver.gpus if gpu.capability)
    for framework in using(env):
        unfit = tuple(gpu for gpu in known if tables.covers(framework.arch, gpu.capability or "") is False)
        if not unfit:
            continue
        names = tuple(dict.fromkeys(f"{gpu.name} ({gpu.capability})" for gpu in unfit))
        yield Found(
            subject=framework.name,
            message=text(
                "{framework} holds no code for {gpus}, only for {arch}",
                framework=title(framework),
                gpus=names,
                arch=framework.arch,
            ),
            evidence=(
                *(Evidence(text("GPU {index} has capability {capability}", index=gpu.index, capability=gpu.capability or "?"), driver.library or "libcuda.so.1") for gpu in unfit),
                Evidence(text("is built for {arch}", arch=framework.arch), said_in(framework)),
            ),
            consequence=text("computing on it ends in: no kernel image is available for execution on the device"),
            fixes=cuda_fixes.torch_build(env, framework) if framework.name == "torch" else (),
            severity=None if len(unfit) == len(known) else Severity.WARNING,
        )  # fmt: skip


@rule("driver-library-mismatch", code=432, severity=Severity.ERROR, needs=("driver",))
def driver_library_mismatch(env: Environment) -> Iterator[Found]:
    """The NVIDIA driver's library and its kernel module are of two versions.

    The driver has two halves: a module in the operating system's kernel, and libraries that programs load. They must be of
    one version. After an update the new libraries are on the disk while the old module is still loaded; in a container
    libraries may have been installed that belong to another driver than the machine's.

    Why it matters: nothing on the GPU works: "system has unsupported display driver / cuda driver combination" (803),
    "Driver/library version mismatch" (nvidia-smi).

    How to repair: restart the machine, or load the module anew. In a container, take the driver's libraries out of the
    image: the machine's are handed in.

    Not reported: two versions where the driver answers without an error, as with NVIDIA's compatibility libraries.
    """
    driver = _asked(env)
    if driver.library is None and driver.nvml != _NVML_MISMATCH:
        return
    library = re.search(_IN_NAME, driver.library or "")
    numbers = library[1] if library else None
    differ = driver.init not in (0, None) and bool(numbers and driver.module and numbers != driver.module)
    certain = driver.init == _MISMATCH or driver.nvml == _NVML_MISMATCH
    if not (certain or (differ and driver.init in (3, 999))):
        return
    evidence = []
    if driver.init == _MISMATCH:
        evidence.append(
            Evidence(
                text("cuInit answers {code} ({name})", code=_MISMATCH, name=tables.error(_MISMATCH) or ""),
                driver.library or "",
            )
        )
    if driver.nvml == _NVML_MISMATCH:
        evidence.append(
            Evidence(
                text(
                    "nvmlInit answers {code} ({name})",
                    code=_NVML_MISMATCH,
                    name=tables.nvml_error(_NVML_MISMATCH) or "",
                ),
                "libnvidia-ml.so.1",
            )
        )
    if driver.module:
        evidence.append(
            Evidence(text("the kernel module is {version}", version=driver.module), "/proc/driver/nvidia/version")
        )
    if numbers:
        evidence.append(Evidence(text("the library is {version}", version=numbers), driver.library or ""))
    yield Found(
        subject="driver",
        message=text("the driver's library is {library}, and its kernel module {module}", library=numbers, module=driver.module)
        if numbers and driver.module and numbers != driver.module
        else text("the driver's library and its kernel module are of two versions"),
        evidence=tuple(evidence),
        consequence=text("no GPU can be used until they are of one version"),
        fixes=reboot(),
        certainty=Certainty.CERTAIN if certain else Certainty.LIKELY,
    )  # fmt: skip


def reboot() -> tuple[Fix, ...]:
    """The kernel takes the module of the driver that is installed."""
    from envguard.model import Fix, Safety

    return (Fix(text("Restart the machine, so that the module of the new driver is loaded"), (Step(("sudo", "reboot")),), Safety.MANUAL, restart=True),)  # fmt: skip


RULES: tuple[Rule, ...] = (driver_too_old, gpu_arch_not_built, driver_library_mismatch)
