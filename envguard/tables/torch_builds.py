"""The releases of torch: the CUDA of each build, the cuDNN it was compiled against, and the GPUs it holds code for.

Sources: the wheels of PyPI for Linux x86_64, unpacked (`torch/version.py`, the code objects in libtorch_cuda); the
compatibility matrix of pytorch's RELEASE.md (copy of March 2026) for the other builds; torch 2.15.0's own table of its
builds in `torch/cuda/__init__.py`; pytorch/builder as of its last state for the channel `pytorch`; conda-forge's
pytorch-cpu-feedstock for theirs. Patch releases are built as their minor version is.
"""

from __future__ import annotations

BUILDS: dict[str, tuple[str, ...]] = {
    "1.12": ("10.2", "11.3", "11.6"),
    "1.13": ("11.7", "11.6"),
    "2.0": ("11.7", "11.8"),
    "2.1": ("12.1", "11.8"),
    "2.2": ("12.1", "11.8"),
    "2.3": ("12.1", "11.8"),
    "2.4": ("12.1", "11.8", "12.4"),
    "2.5": ("12.4", "11.8", "12.1"),
    "2.6": ("12.4", "11.8", "12.6"),
    "2.7": ("12.6", "11.8", "12.8"),
    "2.8": ("12.8", "12.6", "12.9"),
    "2.9": ("12.8", "12.6", "13.0"),
    "2.10": ("12.8", "12.6", "13.0"),
    "2.11": ("13.0", "12.6", "12.8"),
    "2.12": ("13.0",),
    "2.13": ("13.0",),
    "2.14": ("13.0",),
    "2.15": ("13.2", "12.6", "13.0", "13.4"),
}
"""Version -> the CUDA of its wheels for Linux; first that of PyPI, the others lie at pytorch's own index."""

CUDNN: dict[str, dict[str, str]] = {
    "1.13": {"11.6": "8.3.2.44", "11.7": "8.5.0.96"},
    "2.0": {"11.7": "8.5.0.96", "11.8": "8.7.0.84"},
    "2.1": {"11.8": "8.7.0.84", "12.1": "8.9.2.26"},
    "2.2": {"11.8": "8.7.0.84", "12.1": "8.9.2.26"},
    "2.3": {"11.8": "8.7.0.84", "12.1": "8.9.2.26"},
    "2.4": {"11.8": "9.1.0.70", "12.1": "9.1.0.70", "12.4": "9.1.0.70"},
    "2.5": {"11.8": "9.1.0.70", "12.1": "9.1.0.70", "12.4": "9.1.0.70"},
    "2.6": {"11.8": "9.1.0.70", "12.4": "9.1.0.70", "12.6": "9.5.1.17"},
    "2.7": {"11.8": "9.1.0.70", "12.6": "9.5.1.17", "12.8": "9.7.1.26"},
    "2.8": {"12.6": "9.10.2.21", "12.8": "9.10.2.21", "12.9": "9.10.2.21"},
    "2.9": {"12.6": "9.10.2.21", "12.8": "9.10.2.21", "13.0": "9.13.0.50"},
    "2.10": {"12.6": "9.10.2.21", "12.8": "9.10.2.21", "13.0": "9.15.1.9"},
}
"""Version -> CUDA -> the cuDNN it was compiled against; where it comes as a wheel of its own METADATA tells as well."""

_TO_86 = "37 50 60 70 75 80 86"
_TO_90 = "50 60 70 75 80 86 90"
_TO_120 = "70 75 80 86 90 100 120"
_FROM_75 = "75 80 86 90 100 120"
PTX = "+PTX"

ARCH: dict[str, dict[str, dict[str, str]]] = {
    "pip": {
        "1.12": {"10.2": "37 50 60 70"},
        "1.13": {"11.7": _TO_86},
        "2.0": {"11.7": _TO_86},
        "2.1": {"12.1": _TO_90},
        "2.2": {"12.1": _TO_90},
        "2.3": {"12.1": _TO_90},
        "2.4": {"12.1": _TO_90},
        "2.5": {"12.4": _TO_90},
        "2.6": {"12.4": _TO_90},
        "2.7": {"12.6": _TO_90},
        "2.8": {"12.8": _TO_120},
        "2.9": {"12.6": _TO_90, "12.8": _TO_120, "13.0": _FROM_75 + PTX},
        "2.10": {"12.8": _TO_120},
        "2.11": {"12.6": _TO_90, "12.8": _FROM_75, "13.0": _FROM_75 + PTX},
        "2.12": {"13.0": _FROM_75},
        "2.13": {"13.0": _FROM_75},
        "2.14": {"13.0": _FROM_75},
        "2.15": {"12.6": _TO_90, "13.0": _FROM_75, "13.2": _FROM_75, "13.4": _FROM_75},
    },
    "pytorch": {
        "2.5": {
            "11.8": "37+PTX 50 60 61 70 75 80 86 90",
            "12.1": "50 60 61 70 75 80 86 90",
            "12.4": "50 60 61 70 75 80 86 90",
        }
    },
    "conda-forge": {
        "2.13": {"12.9": "50 60 70 75 80 86 90 100 120+PTX", "13.0": "75 80 86 90 100 110 120+PTX"},
    },
}
"""Who built it -> version -> CUDA -> the capabilities it holds code for; `+PTX` is code that newer GPUs can compile."""
