"""NVIDIA's driver for machines without one: real libraries of our own, whose answers a test chooses.

`variables(...)` gives what to put into the environment of a process; its LD_LIBRARY_PATH leads to the stubs. With
`monkeypatch.setenv` for each, or as `env=` of a subprocess. `TREE` holds what every error of the tree of causes is told by.
"""

from __future__ import annotations

import subprocess
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from tests.envs import cache
from tests.require import require

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

SOURCES = Path(__file__).parent / "stubs"
LIBRARIES = {"libcuda.so.1": "libcuda.c", "libnvidia-ml.so.1": "libnvml.c"}

TREE: Mapping[str, Mapping[str, int]] = {
    "works": {},
    "stub-library": {"init": 34},
    "driver-too-old": {"init": 35},
    "busy": {"init": 46},
    "no-device": {"init": 100},
    "invalid-device": {"init": 101},
    "os-call-failed": {"init": 304},
    "not-initialised": {"init": 802},
    "driver-mismatch": {"init": 803, "nvml": 18},
    "compat-refused": {"init": 804},
    "unknown": {"init": 999},
}
"""What `variables` is to be given for each; "driver too old" is what cuInit seldom says itself, so see to `version`, too.
There is no driver at all where LD_LIBRARY_PATH is not set."""


def folder() -> Path:
    """The folder with libcuda.so.1 and libnvidia-ml.so.1, compiled once; skips the test where there is no compiler."""
    compiler = require("cc")
    texts = [(SOURCES / name).read_text(encoding="utf-8") for name in LIBRARIES.values()]
    return cache.once("cuda-stubs", cache.digest(*texts), lambda place: _build(compiler, place))


def variables(
    *,
    version: int = 12040,
    init: int = 0,
    gpus: Sequence[tuple[str, str]] = (("NVIDIA Stub A", "8.6"),),
    nvml: int = 0,
    release: str = "550.54.14",
    crash: str = "",
    hang: str = "",
    visible: str | None = None,
    before: Sequence[str | Path] = (),
) -> dict[str, str]:
    """The environment of a process that has this driver; `gpus` are names with capabilities, `visible` hides some.

    `crash` and `hang` name a function of libcuda that does so; `before` are folders that the loader searches first.
    """
    told = {
        "LD_LIBRARY_PATH": ":".join(map(str, (*before, folder()))),
        "STUB_CUDA_VERSION": str(version),
        "STUB_CUDA_INIT": str(init),
        "STUB_CUDA_NAMES": "|".join(name for name, _ in gpus),
        "STUB_CUDA_CAPABILITIES": "|".join(capability for _, capability in gpus),
        "STUB_CUDA_CRASH": crash,
        "STUB_CUDA_HANG": hang,
        "STUB_NVML_INIT": str(nvml),
        "STUB_NVML_RELEASE": release,
    }
    return told if visible is None else {**told, "CUDA_VISIBLE_DEVICES": visible}


def library(path: Path, code: str, *, soname: str | None = None) -> Path:
    """A library of a test's own code, such as one whose cudnnGetVersion crashes."""
    path.parent.mkdir(parents=True, exist_ok=True)
    _compile(require("cc"), path, soname or path.name, "-", code)
    return path


def _build(compiler: str, place: Path) -> None:
    for soname, source in LIBRARIES.items():
        _compile(compiler, place / soname, soname, str(SOURCES / source))


def _compile(compiler: str, path: Path, soname: str, source: str, code: str | None = None) -> None:
    command = [
        compiler, "-x", "c", "-std=gnu11", "-D_GNU_SOURCE", "-Wall", "-Wextra", "-O1", "-shared", "-fPIC",
        f"-Wl,-soname,{soname}", "-o", path, source, "-ldl",
    ]  # fmt: skip
    done = subprocess.run(command, input=code, capture_output=True, text=True, timeout=60, check=False)
    assert done.returncode == 0, done.stderr


def require_no_driver() -> None:
    """Skips a test of what is said without a driver on a machine that has one."""
    if Path("/dev/nvidiactl").exists():
        pytest.skip("this machine has a driver of its own")
