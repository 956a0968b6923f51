"""NVIDIA's own cudart of three majors, from the wheels that pip installs: pinned, fetched once, unpacked into the cache."""

from __future__ import annotations

import zipfile
from typing import TYPE_CHECKING

from tests.envs import cache, wheelhouse
from tests.require import require

if TYPE_CHECKING:
    from pathlib import Path


CUDART = {
    11: wheelhouse.Wheel(
        "nvidia-cuda-runtime-cu11",
        "11.8.89",
        (("py3", "92d04069a987e1fbc9213f8376d265df0f7bb42617d44f5eda1f496acea7f2d1"),),
    ),
    12: wheelhouse.Wheel(
        "nvidia-cuda-runtime-cu12",
        "12.4.127",
        (("py3", "64403288fa2136ee8e467cdc9c9427e0434110899d07c779f25b5c068934faa5"),),
    ),
    13: wheelhouse.Wheel(
        "nvidia-cuda-runtime",
        "13.5.37",
        (("py3", "df2b79a8852f10d1fef8c848489c49eebb5754051bf870202a862831412b179d"),),
    ),
}
"""One to three MB each."""


def cudart(major: int) -> Path:
    """The real libcudart of a major; skips the test where there is no network, or it is made for another machine."""
    require("linux-64")
    wheel = CUDART[major]
    return next(cache.once("cuda-wheels", str(wheel.pin), lambda place: _fetch(wheel, place)).glob("**/libcudart.so.*"))


def _fetch(wheel: wheelhouse.Wheel, place: Path) -> None:
    require("network")
    wheelhouse._download((wheel,), place)
    for file in place.glob("*.whl"):
        with zipfile.ZipFile(file) as archive:
            archive.extractall(place)
        file.unlink()
