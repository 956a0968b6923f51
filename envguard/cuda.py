"""The typed, frozen view of what concerns CUDA: what was asked for, declared, resolved and mapped, and what the driver says.

Parts of `envguard.facts.Environment`, and kept to the same rules. `surroundings/cuda/` tells `Cuda` from files and from the
process; `probe/native.py`, in a process of its own, tells `Driver`.
"""

from __future__ import annotations

from envguard.value import value

_CUDA, _PLAIN, _OLD = (1000, 10), (10000, 100, 1), (1000, 100, 1)
_NOTATIONS = {
    "cublasGetProperty": _PLAIN,
    "cublasLtGetProperty": _PLAIN,
    "cudaDriverGetVersion": _CUDA,
    "cudaRuntimeGetVersion": _CUDA,
    "cudnnGetCudartVersion": _CUDA,
    "cudnnGetVersion": _PLAIN,
    "cufftGetProperty": _PLAIN,
    "curandGetProperty": _PLAIN,
    "cusolverGetProperty": _PLAIN,
    "cusparseGetProperty": _PLAIN,
    "cusparseLtGetProperty": _PLAIN,
    "ncclGetVersion": _PLAIN,
    "nvJitLinkVersion": _CUDA,
    "nvrtcVersion": _CUDA,
}
"""How versions are put into a number: 12040 is 12.4, and 120405 is 12.4.5; before cuDNN 9 and NCCL 2.9 8902 was 8.9.2."""


@value
class Asked:
    """One thing by which conda, or a user of it, chose whether CUDA and which."""

    name: str
    """cudatoolkit, pytorch-cuda, cuda-version, cuda-toolkit, cuda-runtime, pytorch-mutex, cpuonly or CONDA_OVERRIDE_CUDA;
    or a framework's package, if its build was asked for (`pytorch=*=cuda*`)."""
    version: str | None
    build: str | None
    source: str
    """The record, the variable, or the spec."""


@value
class CudaFile:
    """One library of CUDA, or what stands where one is asked for."""

    family: str
    """What it is, whatever its version: cudart, cublas, cublasLt, cudnn, cudnn_graph, cusparse, nvjitlink, nccl …"""
    name: str
    """The SONAME by which it is asked for, or the file's name."""
    path: str | None
    """Absolute, links resolved; None if the loader would find none."""
    version: str | None
    """That of the package which owns it, else what the file's name tells; dots between numbers, `12.4.127`."""
    owner: str | None
    """The conda record or the dist-info that lists it; None for a file of the system, or of nobody."""
    origin: str
    """conda, pip, system (outside the prefix), nobody (in the prefix, in no book), or none (not found)."""
    way: str | None = None
    """How the loader comes to it (`library.Found.way`), or `preload` where torch looks for it itself on sys.path before it
    asks the loader; None for a mapped or merely installed one."""
    needed_by: str | None = None
    """The file that asks for it, relative to the prefix."""


@value
class Framework:
    """One package that uses CUDA, as its files tell."""

    name: str
    """The distribution's name: torch, torchvision, torchaudio, tensorflow, jax, cupy, onnxruntime-gpu, …"""
    version: str | None
    origin: str
    """conda or pip: whose files lie there."""
    record: str | None
    distribution: str | None
    build: str | None
    """conda's build string of what is there; None if pip's files are."""
    declared: str | None
    """The CUDA version it says it was built for, `12.4`; None if it says none or says that it was built without."""
    cpu: bool | None
    """Whether it was built without CUDA; None if that is not known."""
    source: str
    """Where that stands: a file relative to the prefix (`…/torch/version.py`), a build string, a dist-info."""
    arch: tuple[str, ...] = ()
    """The GPU architectures it holds code for (`sm_86`), by its own word or by the table; empty if not known."""
    resolved: tuple[CudaFile, ...] | None = None
    """What a process that starts now would load for it; None where the loader is unknown, or none of its files is there.
    The driver's library is among them only where it is found."""


@value
class Nvcc:
    """A compiler of CUDA on the PATH; only for building extensions."""

    path: str
    version: str | None


@value
class Cuda:
    """What files and process tell about CUDA in one environment."""

    frameworks: tuple[Framework, ...]
    asked: tuple[Asked, ...] = ()
    installed: tuple[CudaFile, ...] = ()
    """CUDA libraries in the prefix, each real file once, whoever brought it."""
    searched: tuple[CudaFile, ...] = ()
    """CUDA libraries in the folders of LD_LIBRARY_PATH, which the loader meets before many others."""
    mapped: tuple[CudaFile, ...] | None = None
    """What the kernel has in memory; None if no kernel was asked."""
    nvcc: Nvcc | None = None


@value
class Gpu:
    """One GPU, as the driver tells."""

    index: int
    name: str
    capability: str | None
    """`8.6`."""


@value
class Call:
    """One question put to a library in a process of its own."""

    path: str
    function: str
    """`dlopen` is the loading itself; told only where that fails."""
    answer: int | None
    """What it answered, None if it could not; of cudaGetDeviceCount the error code, 0 where it sees devices."""
    error: str | None = None
    """Why not: the loader's message, an error code by name, `crashed (SIGSEGV)`, `did not answer within 10 s`."""

    @property
    def version(self) -> str | None:
        """The answer as a version, `12.4`; None where it is none."""
        parts = _NOTATIONS.get(self.function)
        if parts is None or not self.answer:
            return None
        if parts is _PLAIN and self.answer < 10000:
            parts = _OLD
        left, told = self.answer, []
        for part in parts:
            number, left = divmod(left, part)
            told.append(str(number))
        return ".".join(told)


@value
class Driver:
    """What NVIDIA's driver says to a process that has the kernel's environment."""

    library: str | None
    """The path of the libcuda.so.1 that was loaded; None if there is none."""
    missing: str | None
    """The loader's message where it could not be loaded."""
    version: int | None
    """cuDriverGetVersion: 12080 is CUDA 12.8, the newest that the driver can run; None without a driver."""
    init: int | None
    """cuInit's answer: 0, or an error such as 100 (no device), 803, 804, 999."""
    devices: int | None
    gpus: tuple[Gpu, ...] = ()
    release: str | None = None
    """The driver's own version by NVML, `535.104.05`."""
    nvml: int | None = None
    """nvmlInit's answer: 0, or an error such as 18 (library and kernel module differ)."""
    module: str | None = None
    """The version of the kernel module, by /proc/driver/nvidia/version."""
    nodes: tuple[str, ...] = ()
    """The device files: /dev/nvidia0, /dev/nvidiactl, /dev/dxg …"""
    calls: tuple[Call, ...] = ()
    """Versions asked of CUDA libraries: cudaRuntimeGetVersion, cudnnGetVersion, …"""
    failed: str | None = None
    """What of the driver could not be asked, and why: `cuInit did not answer within 10 s`; the rest is told."""
    closed: tuple[str, ...] = ()
    """Those of the device files that the user may not read and write."""
    asked_as: str | None = None
    """With whose variables it was asked: those of a kernel, of a fresh interpreter, or of envguard where no process told."""
