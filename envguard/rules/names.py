"""When a conda package and a distribution of the same name are the same project."""

from __future__ import annotations

import re
from functools import lru_cache

from envguard.packages.names_table import NAMESAKES

_PROVIDERS = {
    # conda packages that bring the modules of a distribution and, in some or all builds, no dist-info
    "opencv-python": ("opencv", "py-opencv", "libopencv"),
    "opencv-python-headless": ("opencv", "py-opencv", "libopencv"),
    "opencv-contrib-python": ("opencv", "py-opencv", "libopencv"),
    "opencv-contrib-python-headless": ("opencv", "py-opencv", "libopencv"),
    "faiss-cpu": ("faiss", "faiss-cpu", "faiss-gpu"),
    "faiss-gpu": ("faiss", "faiss-cpu", "faiss-gpu"),
    "pyqt5": ("pyqt",),
    "pyqt5-sip": ("pyqt5-sip", "pyqt", "sip"),
    "tables": ("pytables",),
    "torch": ("pytorch",),
    "tensorflow": ("tensorflow-base",),
}

_ALIKE = (
    # distributions that bring the same modules, of which an environment has one
    ("cupy", "cupy-cuda11x", "cupy-cuda12x", "cupy-cuda13x"),
    ("faiss", "faiss-cpu", "faiss-gpu", "faiss-gpu-cu11", "faiss-gpu-cu12"),
    ("intel-tensorflow", "tensorflow", "tensorflow-cpu", "tensorflow-gpu", "tensorflow-intel", "tensorflow-macos"),
    ("onnxruntime", "onnxruntime-directml", "onnxruntime-gpu", "onnxruntime-openvino"),
    ("opencv-contrib-python", "opencv-contrib-python-headless", "opencv-python", "opencv-python-headless"),
    ("pillow", "pillow-simd"),
    ("psycopg2", "psycopg2-binary"),
    ("xgboost", "xgboost-cpu"),
)


@lru_cache(maxsize=8192)
def normalise(name: str) -> str:
    """A name as PEP 503 compares it."""
    return re.sub(r"[-_.]+", "-", name).lower()


def same_project(conda: str, distribution: str) -> bool:
    """Whether the two names mean one project; those known to be namesakes do not."""
    name = normalise(conda)
    return name == distribution and name not in NAMESAKES


def providers(distribution: str) -> tuple[str, ...]:
    """The conda packages that may bring a distribution without saying so in a dist-info."""
    own = () if distribution in NAMESAKES else (distribution,)
    return (*own, *_PROVIDERS.get(distribution, ()))


def alike(distribution: str) -> tuple[str, ...]:
    """The other distributions that bring the same modules, so that one of them stands for the rest."""
    return tuple(name for names in _ALIKE if distribution in names for name in names if name != distribution)
