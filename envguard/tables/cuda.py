"""Questions to the tables about CUDA.

* A version is a string of numbers and dots, `12.4`; where more follow (`2.5.1+cu124`, `12.4.127`) the first two count.
* What a table does not know is None, or empty: a torch that is newer than the table holds code for unknown GPUs.
"""

from __future__ import annotations

import re
from typing import NamedTuple

from envguard.tables import cuda_drivers, cuda_libraries, gpus, torch_builds

__all__ = [
    "Build",
    "Generation",
    "arch",
    "build",
    "colliding",
    "conda_package",
    "covers",
    "cudnn",
    "error",
    "family",
    "generation",
    "is_driver",
    "label",
    "majors",
    "minimal_driver",
    "newest_cuda",
    "numbers",
    "nvml_error",
    "packaged_driver",
    "sonames",
    "spoken",
    "torch_builds_of",
    "wheel",
]

_NAME = r"(?P<stem>lib[A-Za-z_0-9]+?(?:-ml|-builtins)?)(?:[-.][0-9a-f]{8,})?\.so(?:\.(?P<version>[\d.]+))?$"
"""`libcudart.so.12`; a wheel that carries a copy puts a hash into its name, `libcudart-3eda8113.so.12`."""
_DLL = r"(?i)(?P<stem>[A-Za-z_\-]+?)(?:64)?_?(?P<version>\d+)?(?:_\d+)?\.dll$"
_SPELLINGS = {stem.lower(): family for stem, family in cuda_libraries.FAMILIES.items()}
_WINDOWS = {"libnvcuda": "cuda", "libnvml": "nvml"}


def family(name: str) -> str | None:
    """What a library of CUDA is, by its SONAME or the name of its file; None for any other library."""
    stem, _ = _split(name)
    if stem is None:
        return None
    if stem.startswith(cuda_libraries.BEGINNINGS):
        return stem[len("lib") :]
    return cuda_libraries.FAMILIES.get(stem)


def majors(name: str) -> tuple[int, ...]:
    """The major versions of CUDA that have a library of this SONAME; empty where it tells none."""
    known = cuda_libraries.MAJORS.get(family(name) or "", {})
    _, version = _split(name)
    parts = version.split(".") if version else []
    for length in range(len(parts), 0, -1):
        found = known.get(".".join(parts[:length]))
        if found is not None:
            return found
    # the name of a file goes on where a SONAME ends: libcudart.so.11.8.89 is known as libcudart.so.11.0
    alike = {each for number, each in known.items() if parts and number.partition(".")[0] == parts[0]}
    return alike.pop() if len(alike) == 1 else ()


def sonames(family: str, major: int) -> tuple[str, ...]:
    """The SONAMEs under which Linux has a library for a major version of CUDA."""
    stem = next((stem for stem, each in cuda_libraries.FAMILIES.items() if each == family), None)
    known = cuda_libraries.MAJORS.get(family, {})
    return tuple(f"{stem}.so.{number}" for number, which in known.items() if major in which)


def numbers(name: str) -> str | None:
    """The version in the name of a library's file: `12.4.127` of `libcudart.so.12.4.127`; None if it has none."""
    return _split(name)[1]


def _split(name: str) -> tuple[str | None, str | None]:
    """The stem, as Linux spells it, and the version in the name of a library."""
    match = re.match(_NAME, name)
    if match is not None:
        return match["stem"], (match["version"] or "").strip(".") or None
    match = re.match(_DLL, name)
    if match is None:
        return None, None
    stem = "lib" + match["stem"]
    known = _WINDOWS.get(stem.lower()) or _SPELLINGS.get(stem.lower())
    if known is not None:
        stem = next(each for each, family in cuda_libraries.FAMILIES.items() if family == known)
    elif not stem.lower().startswith(cuda_libraries.BEGINNINGS):
        return None, None
    version = match["version"]
    # cudart64_110.dll is of 11.0, nvrtc64_120_0.dll of 12
    if version is not None and len(version) > 2:
        version = f"{version[:-1]}.{version[-1]}"
    return stem, version


def is_driver(family: str) -> bool:
    """Whether a library belongs to the driver, and so to the machine."""
    return family in cuda_libraries.DRIVER


def wheel(family: str, major: int) -> str | None:
    """The distribution on PyPI that brings a library for a major version of CUDA."""
    name = cuda_libraries.WHEELS.get("cudnn" if family.startswith("cudnn") else family)
    if name is None:
        return None
    return f"{name}-cu{major}" if major < 13 or name in cuda_libraries.SUFFIXED else name


def conda_package(family: str, major: int) -> str | None:
    """The conda package that brings a library for a major version of CUDA."""
    name = cuda_libraries.CONDA.get("cudnn" if family.startswith("cudnn") else family)
    return "cudatoolkit" if name not in (None, "cudnn", "nccl") and major < 12 else name


def colliding(distribution: str) -> tuple[str, ...]:
    """The other distributions that write files of the same names."""
    return tuple(
        other
        for _, names in cuda_libraries.SAME_FILES
        if distribution in names
        for other in names
        if other != distribution
    )


def arch(torch_version: str, cuda: str, built_by: str = "pip") -> tuple[str, ...]:
    """The architectures a build of torch holds code for, `sm_86`, `compute_120` for what newer GPUs can compile.

    `built_by` is pip, pytorch (the conda channel) or conda-forge.
    """
    listed = torch_builds.ARCH.get(built_by, {}).get(_minor(torch_version), {}).get(_minor(cuda), "")
    found: list[str] = []
    for each in listed.split():
        number = each.removesuffix(torch_builds.PTX)
        found += [f"sm_{number}", *([f"compute_{number}"] if number != each else [])]
    return tuple(found)


def torch_builds_of(torch_version: str) -> tuple[str, ...]:
    """The CUDA versions that a release of torch was built for as a wheel, first that of PyPI."""
    return torch_builds.BUILDS.get(_minor(torch_version), ())


def cudnn(torch_version: str, cuda: str) -> str | None:
    """The cuDNN that a wheel of torch was compiled against."""
    return torch_builds.CUDNN.get(_minor(torch_version), {}).get(_minor(cuda))


def covers(arch_list: tuple[str, ...], capability: str) -> bool | None:
    """Whether a GPU of a capability such as `8.6` runs code for one of these architectures; None if there are none."""
    major, _, minor = capability.partition(".")
    if not arch_list or not (major.isdigit() and minor.isdigit()):
        return None
    device = int(major) * 10 + int(minor)
    for each in arch_list:
        match = re.fullmatch(r"(sm|compute)_(\d+)([af]?)", each)
        if match is None:
            return None
        kind, number, only = match[1], int(match[2]), bool(match[3])
        if number == device:
            return True
        if only:
            continue
        if kind == "compute" and number < device:
            return True
        alone = number in gpus.EMBEDDED or device in gpus.EMBEDDED
        if kind == "sm" and not alone and number // 10 == device // 10 and number < device:
            return True
    return False


class Generation(NamedTuple):
    """A kind of GPU, and the toolkits that make code for it."""

    name: str
    first: str
    last: str | None
    """None where the current toolkits do."""


def generation(capability: str) -> Generation | None:
    """What a GPU of a capability such as `8.6` is."""
    found = gpus.GENERATIONS.get(capability)
    return Generation(*found) if found else None


def packaged_driver(toolkit: str, system: str = "Linux") -> str | None:
    """The driver that came with a toolkit's first release."""
    linux, windows = cuda_drivers.PACKAGED.get(_minor(toolkit), (None, None))
    return windows if system == "Windows" else linux


def minimal_driver(toolkit: str, system: str = "Linux") -> str | None:
    """The driver below which a toolkit does not run at all: from 11 on that of its major version."""
    major = toolkit.partition(".")[0]
    least = cuda_drivers.LEAST.get(int(major)) if major.isdigit() else None
    if least is None:
        return packaged_driver(toolkit, system)
    return least[1] if system == "Windows" else least[0]


def newest_cuda(driver_version: str) -> str | None:
    """The newest CUDA that a driver such as `535.104.05` runs; None of a driver newer than the table."""
    branch = driver_version.partition(".")[0]
    if not branch.isdigit() or int(branch) > cuda_drivers.NEWEST_BRANCH:
        return None
    older = [each for each in cuda_drivers.BRANCHES if each <= int(branch)]
    return cuda_drivers.BRANCHES[max(older)] if older else None


def spoken(number: int) -> str:
    """A version as CUDA's functions tell it: 12080 is 12.8."""
    return f"{number // 1000}.{number % 1000 // 10}"


def error(code: int) -> str | None:
    """The name of an error of the runtime or of the driver."""
    return cuda_drivers.ERRORS.get(code)


def nvml_error(code: int) -> str | None:
    """The name of an error of NVML."""
    return cuda_drivers.NVML_ERRORS.get(code)


class Build(NamedTuple):
    """What a build of a package tells of CUDA."""

    cuda: str | None
    cpu: bool
    cudnn: str | None = None


_DOTTED = r"(?:^|_)cuda(\d+\.\d+)(?:_cudnn(\d[\d.]*))?(?:_|$)"
_JOINED = r"(?:^|_)cu(?:da)?(\d{2,3})(?=py|_|h|$)"
_BARE = r"(?:^|_)(?:cuda|gpu)(?=_|$)"
_CPU = r"(?:^|_)cpu(?=_|py|$)"


def build(string: str) -> Build | None:
    """What conda's build string tells; None if it says nothing of CUDA.

    `py3.10_cuda11.8_cudnn8.7.0_0` and `py3.8_cpu_0` (the channel pytorch), `cuda129_mkl_py312_h…`, `cuda118py310h…`,
    `cpu_mkl_…` (conda-forge), `gpu_cuda130_h…`, `cpu_openblas_h…` (Anaconda).
    """
    match = re.search(_DOTTED, string)
    if match is not None:
        return Build(match[1], cpu=False, cudnn=match[2])
    match = re.search(_JOINED, string)
    if match is not None:
        return Build(_dotted(match[1]), cpu=False)
    if re.search(_CPU, string):
        return Build(None, cpu=True)
    return Build(None, cpu=False) if re.search(_BARE, string) else None


_LABEL = r"cu(?:da)?(\d{2,3})(?![0-9])"


def label(local: str) -> Build | None:
    """What the local part of a version tells (`cu124`, `cpu`); None if it says nothing of CUDA."""
    for part in re.split(r"[._-]", local.lower()):
        match = re.match(_LABEL, part)
        if match is not None:
            return Build(_dotted(match[1]), cpu=False)
        if part == "cpu":
            return Build(None, cpu=True)
    return None


def _dotted(digits: str) -> str:
    """12.4 of 124, 9.2 of 92; 12 says no more than 12."""
    return digits if re.fullmatch(r"1\d", digits) else f"{digits[:-1]}.{digits[-1]}"


def _minor(version: str) -> str:
    """The first two numbers of a version."""
    match = re.match(r"\d+(?:\.\d+)?", version)
    return match[0] if match else version
