"""Which release of CUDA a library is of, where its own version counts by itself: libcusparse 12.3 is of CUDA 12.4.

Source: the pins of the metapackage `cuda-toolkit` on PyPI, 11.8.0 to 13.5.0, the first release of each minor version
(November 2026); 12.7 was never released.
"""

from __future__ import annotations

import re

__all__ = ["next_major", "toolkit"]

_OWN = frozenset(("cudart", "nvrtc", "nvjitlink", "cupti"))
"""Families whose version is that of CUDA."""

FIRST: dict[str, dict[str, str]] = {
    "cublas": {
        "11.8": "11.11.3.6",
        "12.0": "12.0.1.189",
        "12.1": "12.1.0.26",
        "12.2": "12.2.1.16",
        "12.3": "12.3.2.9",
        "12.4": "12.4.2.65",
        "12.5": "12.5.2.13",
        "12.6": "12.6.0.22",
        "12.8": "12.8.3.14",
        "12.9": "12.9.0.13",
        "13.0": "13.0.0.19",
        "13.1": "13.2.0.9",
        "13.2": "13.3.0.5",
        "13.3": "13.5.1.27",
        "13.4": "13.7.0.27",
        "13.5": "13.10.0.20",
    },
    "cufft": {
        "11.8": "10.9.0.58",
        "12.0": "11.0.0.21",
        "12.1": "11.0.2.4",
        "12.2": "11.0.8.15",
        "12.3": "11.0.11.19",
        "12.4": "11.2.0.44",
        "12.5": "11.2.3.18",
        "12.6": "11.2.6.28",
        "12.8": "11.3.3.41",
        "12.9": "11.4.0.6",
        "13.0": "12.0.0.15",
        "13.1": "12.1.0.31",
        "13.2": "12.2.0.37",
        "13.3": "12.3.0.29",
        "13.4": "12.4.0.34",
        "13.5": "12.5.0.14",
    },
    "curand": {
        "11.8": "10.3.0.86",
        "12.0": "10.3.1.50",
        "12.1": "10.3.2.56",
        "12.2": "10.3.3.53",
        "12.3": "10.3.4.52",
        "12.4": "10.3.5.119",
        "12.5": "10.3.6.39",
        "12.6": "10.3.7.37",
        "12.8": "10.3.9.55",
        "12.9": "10.3.10.19",
        "13.0": "10.4.0.35",
        "13.1": "10.4.1.34",
        "13.2": "10.4.2.51",
        "13.3": "10.4.3.29",
        "13.4": "10.4.4.49",
        "13.5": "10.4.5.25",
    },
    "cusolver": {
        "11.8": "11.4.1.48",
        "12.0": "11.4.2.57",
        "12.1": "11.4.4.55",
        "12.2": "11.5.0.53",
        "12.3": "11.5.3.52",
        "12.4": "11.6.0.99",
        "12.5": "11.6.2.40",
        "12.6": "11.6.4.38",
        "12.8": "11.7.2.55",
        "12.9": "11.7.4.40",
        "13.0": "12.0.3.29",
        "13.1": "12.0.7.41",
        "13.2": "12.1.0.51",
        "13.3": "12.2.2.18",
        "13.4": "12.3.2.15",
        "13.5": "12.4.1.2",
    },
    "cusparse": {
        "11.8": "11.7.5.86",
        "12.0": "12.0.0.76",
        "12.1": "12.0.2.55",
        "12.2": "12.1.1.53",
        "12.3": "12.1.3.153",
        "12.4": "12.3.0.142",
        "12.5": "12.4.1.24",
        "12.6": "12.5.2.23",
        "12.8": "12.5.7.53",
        "12.9": "12.5.9.5",
        "13.0": "12.6.2.49",
        "13.1": "12.7.2.19",
        "13.2": "12.7.9.17",
        "13.3": "12.8.1.7",
        "13.4": "12.8.6.49",
        "13.5": "12.9.4.2",
    },
}
"""Family -> CUDA -> the library's version in its first release."""


def toolkit(family: str, version: str | None) -> str | None:
    """The release of CUDA that a library of some version is of, `12.4`; None where the table does not tell."""
    numbers = _numbers(version)
    family = "cublas" if family == "cublasLt" else family
    if family in _OWN:
        return ".".join(map(str, numbers[:2])) if len(numbers) > 1 else None
    first = FIRST.get(family)
    if first is None or len(numbers) < 3:
        return None
    ordered = [(_numbers(each), release) for release, each in first.items()]
    if numbers[0] > ordered[-1][0][0] or numbers < ordered[0][0]:
        return None
    return max((each, release) for each, release in ordered if each <= numbers)[1]


def next_major(family: str, major: int) -> str | None:
    """The first version of a library that is of a later major version of CUDA than this one."""
    later = (each for release, each in FIRST.get(family, {}).items() if int(release.partition(".")[0]) > major)
    return next(later, None)


def _numbers(version: str | None) -> tuple[int, ...]:
    match = re.match(r"\d+(?:\.\d+)*", version or "")
    return tuple(int(part[:9]) for part in match[0].split(".")) if match else ()
