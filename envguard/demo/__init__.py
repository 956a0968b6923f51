"""A small conda environment that pip has damaged, made of files only: no network, and no Python inside.

The story: conda installed `gridmath` 1.4.2, and `plotkit` 2.0.1 which wants `gridmath >=1.4,<2`; ten weeks later
`pip install --upgrade gridmath` put 2.0.0 over it. Both packages are made up. The same call always writes the same
files with the same times. `living` tells the same story in an environment that runs.
"""

from __future__ import annotations

import datetime
from typing import TYPE_CHECKING

from envguard.demo.files import (
    COMPILED_TAG,
    Channel,
    Package,
    conda_meta,
    distribution,
    module,
    settle,
    uninstall,
    write,
)
from envguard.model import Text

if TYPE_CHECKING:
    from pathlib import Path

    from envguard.demo.files import Files

STORY = Text("""\
A made-up environment: conda installed plotkit 2.0.1, which needs gridmath 1.x, and
gridmath 1.4.2 with it. Then somebody ran `pip install --upgrade gridmath`.""")
CONDA_CAME = datetime.datetime(2026, 3, 2, 10, 15, 4)  # noqa: DTZ001 - conda's history is in local time
PIP_CAME = datetime.datetime(2026, 5, 11, 16, 40, 27)  # noqa: DTZ001

GRIDMATH_1: Files = {
    "gridmath/__init__.py": module(
        '"""Arrays on grids."""\n\nfrom gridmath.legacy import interpolate\n\n__version__ = "1.4.2"'
    ),
    "gridmath/legacy.py": module("def interpolate(grid, points):\n    return [grid[round(point)] for point in points]"),
    "gridmath/mesh.py": module(
        "def mesh(rows, columns):\n    return [(row, column) for row in range(rows) for column in range(columns)]"
    ),
}
GRIDMATH_2: Files = {
    "gridmath/__init__.py": module('"""Arrays on grids."""\n\n__version__ = "2.0.0"'),
    "gridmath/mesh.py": module(
        "def mesh(shape):\n    return [(row, column) for row in range(shape[0]) for column in range(shape[1])]"
    ),
    "gridmath/sampling.py": module("def sample(grid, points):\n    return [grid[int(point)] for point in points]"),
}
PLOTKIT_2: Files = {
    "plotkit/__init__.py": module('"""Draws grids."""\n\n__version__ = "2.0.1"'),
    "plotkit/contour.py": module(
        "from gridmath import interpolate\n\n\ndef contour(grid, levels):\n    return interpolate(grid, levels)"
    ),
}
PLOTKIT_REQUIRES = ("gridmath<2,>=1.4",)

_SITE = "lib/python3.11/site-packages"
_CONDA_FORGE = Channel("https://conda.anaconda.org/conda-forge", "linux-64", ".conda")
_LIBRARY = "gridmath/_kernel.cpython-311-x86_64-linux-gnu.so"


def build(prefix: Path) -> None:
    """Writes the damaged environment into an empty or absent folder."""
    python: Files = {
        "lib/python3.11/LICENSE.txt": b"Stands for the interpreter, which this demonstration does without.\n"
    }
    old = _compiled("gridmath", "1.4.2", "conda", {**GRIDMATH_1, _LIBRARY: _library("1.4.2", 200)})
    new = _compiled("gridmath", "2.0.0", "pip", {**GRIDMATH_2, _LIBRARY: _library("2.0.0", 260)})
    plotkit = _compiled("plotkit", "2.0.1", "conda", PLOTKIT_2, PLOTKIT_REQUIRES)
    packages = story(python, "3.11.9", "h0_0_cpython", old, plotkit)
    made: dict[str, datetime.datetime] = {}
    for package in packages:
        write(prefix, package.files, CONDA_CAME, made)
    command = "conda create -n demo -c conda-forge python=3.11 plotkit"
    meta = conda_meta(packages, _CONDA_FORGE, command, ("python=3.11", "plotkit"), CONDA_CAME)
    write(prefix, meta, CONDA_CAME, made)
    uninstall(prefix, old, made)
    write(prefix, new, PIP_CAME, made)
    settle(prefix, made)


def story(python: Files, version: str, build: str, gridmath: Files, plotkit: Files) -> tuple[Package, ...]:
    """The packages that conda installed, for a Python of this version."""
    major, minor = version.split(".")[:2]
    needs = f"python >={major}.{minor},<{major}.{int(minor) + 1}.0a0"
    mark = f"py{major}{minor}h1_0"
    return (
        Package("python", version, build, (), python, f"python={major}.{minor}"),
        Package("gridmath", "1.4.2", mark, (needs,), gridmath),
        Package("plotkit", "2.0.1", mark, ("gridmath >=1.4,<2", needs), plotkit, "plotkit"),
    )


def _compiled(name: str, version: str, installer: str, files: Files, requires: tuple[str, ...] = ()) -> Files:
    return distribution(_SITE, name, version, installer, files, requires, tag=COMPILED_TAG)


def _library(version: str, lines: int) -> bytes:
    """Looks like a compiled extension to whoever looks at names, first bytes and sizes."""
    return b"\x7fELF\x02\x01\x01" + bytes(9) + f"gridmath {version}\n".encode() * lines
