"""The libraries of CUDA: their names, the SONAMEs of each major version, and the packages that bring them.

Sources: NEEDED entries and the contents of the wheels torch 1.12.1 to 2.15.0, and of the nvidia wheels they require
(PyPI, November 2026); for CUDA 10 the wheel torch 1.12.1 and general knowledge. That cusolver kept its SONAME in CUDA 11.0
is general knowledge, too.
"""

from __future__ import annotations

FAMILIES = {
    "libcuda": "cuda",
    "libnvidia-ml": "nvml",
    "libcudart": "cudart",
    "libcublas": "cublas",
    "libcublasLt": "cublasLt",
    "libcudadebugger": "cudadebugger",
    "libcufft": "cufft",
    "libcufftw": "cufftw",
    "libcufile": "cufile",
    "libcufile_rdma": "cufile_rdma",
    "libcuinj64": "cuinj",
    "libcupti": "cupti",
    "libcurand": "curand",
    "libcusolver": "cusolver",
    "libcusolverMg": "cusolverMg",
    "libcusparse": "cusparse",
    "libcusparseLt": "cusparseLt",
    "libcutensor": "cutensor",
    "libcutensorMg": "cutensorMg",
    "libnccl": "nccl",
    "libnvJitLink": "nvjitlink",
    "libnvToolsExt": "nvtx",
    "libnvblas": "nvblas",
    "libnvfatbin": "nvfatbin",
    "libnvjpeg": "nvjpeg",
    "libnvrtc": "nvrtc",
    "libnvrtc-builtins": "nvrtc-builtins",
    "libnvshmem_host": "nvshmem",
    "libnvvm": "nvvm",
}
"""The stem of a file's name -> what it is. Those of cuDNN and of NPP are told by their beginning."""

BEGINNINGS = ("libcudnn", "libnpp")

DRIVER = frozenset(("cuda", "nvml", "cudadebugger"))
"""Families that come with the driver, never with a toolkit."""

MAJORS: dict[str, dict[str, tuple[int, ...]]] = {
    "cudart": {"10.0": (10,), "10.1": (10,), "10.2": (10,), "11.0": (11,), "12": (12,), "13": (13,)},
    "cublas": {"10": (10,), "11": (11,), "12": (12,), "13": (13,)},
    "cublasLt": {"10": (10,), "11": (11,), "12": (12,), "13": (13,)},
    "cufft": {"10": (10, 11), "11": (12,), "12": (13,)},
    "curand": {"10": (10, 11, 12, 13)},
    "cusolver": {"10": (10, 11), "11": (11, 12), "12": (13,)},
    "cusparse": {"10": (10,), "11": (11,), "12": (12, 13)},
    "nvrtc": {"10.0": (10,), "10.1": (10,), "10.2": (10,), "11.2": (11,), "12": (12,), "13": (13,)},
    "nvjitlink": {"12": (12,), "13": (13,)},
    "cupti": {"12": (12,), "13": (13,)},
}
"""Family -> the number in its SONAME -> the major versions of CUDA that have it.

Where there are several, the SONAME does not tell which CUDA a file is of. cuDNN (8, 9), NCCL (2), cuSPARSELt (0), cuFile
(0), NVSHMEM (3) and NVTX (1) count by themselves and are not listed.
"""

WHEELS = {
    "cudart": "nvidia-cuda-runtime",
    "cublas": "nvidia-cublas",
    "cublasLt": "nvidia-cublas",
    "cudnn": "nvidia-cudnn",
    "cufft": "nvidia-cufft",
    "cufftw": "nvidia-cufft",
    "cufile": "nvidia-cufile",
    "cufile_rdma": "nvidia-cufile",
    "cupti": "nvidia-cuda-cupti",
    "curand": "nvidia-curand",
    "cusolver": "nvidia-cusolver",
    "cusolverMg": "nvidia-cusolver",
    "cusparse": "nvidia-cusparse",
    "cusparseLt": "nvidia-cusparselt",
    "nccl": "nvidia-nccl",
    "nvjitlink": "nvidia-nvjitlink",
    "nvrtc": "nvidia-cuda-nvrtc",
    "nvrtc-builtins": "nvidia-cuda-nvrtc",
    "nvshmem": "nvidia-nvshmem",
    "nvtx": "nvidia-nvtx",
}
"""Family -> the distribution that brings it; up to CUDA 12 `-cu12` follows, from 13 on only for those of `SUFFIXED`."""

SUFFIXED = frozenset(("nvidia-cudnn", "nvidia-cusparselt", "nvidia-nccl", "nvidia-nvshmem"))
"""Distributions that still carry `-cu13` in their names, since they are released apart from the toolkit."""

CONDA = {
    "cudart": "cuda-cudart",
    "cublas": "libcublas",
    "cublasLt": "libcublas",
    "cudnn": "cudnn",
    "cufft": "libcufft",
    "cufftw": "libcufft",
    "cufile": "libcufile",
    "cufile_rdma": "libcufile",
    "cupti": "cuda-cupti",
    "curand": "libcurand",
    "cusolver": "libcusolver",
    "cusolverMg": "libcusolver",
    "cusparse": "libcusparse",
    "cusparseLt": "cusparselt",
    "nccl": "nccl",
    "nvjitlink": "libnvjitlink",
    "nvrtc": "cuda-nvrtc",
    "nvrtc-builtins": "cuda-nvrtc",
    "nvtx": "cuda-nvtx",
}
"""Family -> conda's package of it from CUDA 12 on; up to 11.8 `cudatoolkit` has all of them but cuDNN and NCCL."""

SAME_FILES = (
    ("nvidia/cudnn/", ("nvidia-cudnn-cu11", "nvidia-cudnn-cu12", "nvidia-cudnn-cu13")),
    ("nvidia/nccl/", ("nvidia-nccl-cu11", "nvidia-nccl-cu12", "nvidia-nccl-cu13")),
)
"""Distributions that write files of the same names, so that the last one installed wins.

Seen for cu12 and cu13: eight files of cuDNN, and libnccl.so.2; cu11 has the same layout.
"""
