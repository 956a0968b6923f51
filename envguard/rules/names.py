"""When a conda package and a distribution of the same name are the same project."""

from __future__ import annotations

import re
from functools import lru_cache

from envguard.packages.names_table import NAMESAKES

_PROVIDERS = {
    # conda packages that bring the modules of a distribution and, in some or all builds, no dist-info
    "opencv-python": ("opencv", "py-opencv", "libopencv"),
    "opencv-python-headless": ("opencv", "py-opencv", "libopencv"),
    "pyqt5": ("pyqt",),
    "pyqt5-sip": ("pyqt5-sip", "pyqt", "sip"),
    "tables": ("pytables",),
    "torch": ("pytorch",),
    "tensorflow": ("tensorflow-base",),
}


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
