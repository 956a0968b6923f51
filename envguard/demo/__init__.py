"""A small conda environment that pip has damaged, made of files only: no network, and no Python inside.

The story: conda installed `gridmath` 1.4.2, and `plotkit` 2.0.1 which wants `gridmath >=1.4,<2`; ten weeks later
`pip install --upgrade gridmath` put 2.0.0 over it. Both packages are made up. The same call always writes the same
files with the same times.
"""

from __future__ import annotations

import base64
import datetime
import hashlib
import json
import os
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

STORY = """\
A made-up environment: conda installed plotkit 2.0.1, which needs gridmath 1.x, and
gridmath 1.4.2 with it. Then somebody ran `pip install --upgrade gridmath`."""

Files = dict[str, bytes]

_SITE = "lib/python3.11/site-packages"
_CONDA_CAME = datetime.datetime(2026, 3, 2, 10, 15, 4)  # noqa: DTZ001 - conda's history is in local time
_PIP_CAME = datetime.datetime(2026, 5, 11, 16, 40, 27)  # noqa: DTZ001
_CHANNEL = "https://conda.anaconda.org/conda-forge"
_LIBRARY = "_kernel.cpython-311-x86_64-linux-gnu.so"


def build(prefix: Path) -> None:
    """Writes the damaged environment into an empty or absent folder."""
    made: dict[str, datetime.datetime] = {}
    python: Files = {
        "lib/python3.11/LICENSE.txt": b"Stands for the interpreter, which this demonstration does without.\n"
    }
    for files in (python, _GRIDMATH_1, _PLOTKIT):
        _write(prefix, files, _CONDA_CAME, made)
    _write(prefix, _conda_meta(python), _CONDA_CAME, made)
    _uninstall(prefix, _GRIDMATH_1, made)
    _write(prefix, _GRIDMATH_2, _PIP_CAME, made)
    _settle(prefix, made)


def _module(text: str) -> bytes:
    return (text + "\n").encode()


def _library(version: str) -> bytes:
    """Looks like a compiled extension to whoever looks at names, first bytes and sizes."""
    return b"\x7fELF\x02\x01\x01" + bytes(9) + f"gridmath {version}\n".encode() * (200 if version < "2" else 260)


def _dist_info(name: str, version: str, installer: str, files: Files, requires: tuple[str, ...] = ()) -> Files:
    """A distribution's files with its dist-info, RECORD included."""
    folder = f"{_SITE}/{name}-{version}.dist-info"
    metadata = ["Metadata-Version: 2.1", f"Name: {name}", f"Version: {version}", f"Summary: {name}, a made-up package"]
    metadata += ["Requires-Python: >=3.9", *(f"Requires-Dist: {spec}" for spec in requires)]
    whole = {
        **files,
        f"{folder}/INSTALLER": _module(installer),
        f"{folder}/METADATA": _module("\n".join(metadata)),
        f"{folder}/WHEEL": _module(
            "Wheel-Version: 1.0\nGenerator: made-up 1.0\nRoot-Is-Purelib: false\nTag: cp311-cp311-linux_x86_64"
        ),
        **({f"{folder}/REQUESTED": b""} if installer == "pip" else {}),
    }
    lines = [
        f"{path.removeprefix(_SITE + '/')},sha256={_record_hash(content)},{len(content)}"
        for path, content in whole.items()
    ]
    return {**whole, f"{folder}/RECORD": _module("\n".join((*lines, f"{name}-{version}.dist-info/RECORD,,")))}


def _record_hash(content: bytes) -> str:
    return base64.urlsafe_b64encode(hashlib.sha256(content).digest()).rstrip(b"=").decode()


_GRIDMATH_1 = _dist_info(
    "gridmath",
    "1.4.2",
    "conda",
    {
        f"{_SITE}/gridmath/__init__.py": _module(
            '"""Arrays on grids."""\n\nfrom gridmath.legacy import interpolate\n\n__version__ = "1.4.2"'
        ),
        f"{_SITE}/gridmath/legacy.py": _module(
            "def interpolate(grid, points):\n    return [grid[round(point)] for point in points]"
        ),
        f"{_SITE}/gridmath/mesh.py": _module(
            "def mesh(rows, columns):\n    return [(row, column) for row in range(rows) for column in range(columns)]"
        ),
        f"{_SITE}/gridmath/{_LIBRARY}": _library("1.4.2"),
    },
)
_GRIDMATH_2 = _dist_info(
    "gridmath",
    "2.0.0",
    "pip",
    {
        f"{_SITE}/gridmath/__init__.py": _module('"""Arrays on grids."""\n\n__version__ = "2.0.0"'),
        f"{_SITE}/gridmath/mesh.py": _module(
            "def mesh(shape):\n    return [(row, column) for row in range(shape[0]) for column in range(shape[1])]"
        ),
        f"{_SITE}/gridmath/sampling.py": _module(
            "def sample(grid, points):\n    return [grid[int(point)] for point in points]"
        ),
        f"{_SITE}/gridmath/{_LIBRARY}": _library("2.0.0"),
    },
)
_PLOTKIT = _dist_info(
    "plotkit",
    "2.0.1",
    "conda",
    {
        f"{_SITE}/plotkit/__init__.py": _module('"""Draws grids."""\n\n__version__ = "2.0.1"'),
        f"{_SITE}/plotkit/contour.py": _module(
            "from gridmath import interpolate\n\n\ndef contour(grid, levels):\n    return interpolate(grid, levels)"
        ),
    },
    requires=("gridmath<2,>=1.4",),
)


def _conda_meta(python: Files) -> Files:
    """The book that conda keeps: three records and the history."""
    records = {
        "python-3.11.9-h0_0_cpython": _record("python", "3.11.9", "h0_0_cpython", (), python, "python=3.11"),
        "gridmath-1.4.2-py311h1_0": _record(
            "gridmath", "1.4.2", "py311h1_0", ("python >=3.11,<3.12.0a0",), _GRIDMATH_1, None
        ),
        "plotkit-2.0.1-py311h1_0": _record(
            "plotkit", "2.0.1", "py311h1_0", ("gridmath >=1.4,<2", "python >=3.11,<3.12.0a0"), _PLOTKIT, "plotkit"
        ),
    }
    history = [
        f"==> {_CONDA_CAME:%Y-%m-%d %H:%M:%S} <==",
        "# cmd: conda create -n demo -c conda-forge python=3.11 plotkit",
        "# conda version: 24.5.0",
        *sorted(f"+conda-forge/linux-64::{name}" for name in records),
        "# update specs: ['python=3.11', 'plotkit']",
    ]
    files = {f"conda-meta/{name}.json": _module(json.dumps(record, indent=2)) for name, record in records.items()}
    return {**files, "conda-meta/history": _module("\n".join(history))}


def _record(
    name: str, version: str, build: str, depends: tuple[str, ...], files: Files, spec: str | None
) -> Mapping[str, Any]:
    file_name = f"{name}-{version}-{build}.conda"
    paths = [
        {
            "_path": path,
            "path_type": "hardlink",
            "sha256": hashlib.sha256(content).hexdigest(),
            "sha256_in_prefix": hashlib.sha256(content).hexdigest(),
            "size_in_bytes": len(content),
        }
        for path, content in files.items()
    ]
    return {
        "build": build,
        "build_number": 0,
        "channel": f"{_CHANNEL}/linux-64",
        "constrains": [],
        "depends": list(depends),
        "files": list(files),
        "fn": file_name,
        "license": "BSD-3-Clause",
        "name": name,
        "paths_data": {"paths": paths, "paths_version": 1},
        **({"requested_spec": spec, "requested_specs": [spec]} if spec else {"requested_spec": "None"}),
        "subdir": "linux-64",
        "url": f"{_CHANNEL}/linux-64/{file_name}",
        "version": version,
    }


def _write(prefix: Path, files: Files, when: datetime.datetime, made: dict[str, datetime.datetime]) -> None:
    for name, content in files.items():
        path = prefix / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content)
        made[name] = when


def _uninstall(prefix: Path, files: Files, made: dict[str, datetime.datetime]) -> None:
    """What pip does first: it removes the files of the RECORD, and with them conda's dist-info."""
    for name in files:
        (prefix / name).unlink()
        del made[name]
    for folder in {(prefix / name).parent for name in files}:
        if not any(folder.iterdir()):
            folder.rmdir()


def _settle(prefix: Path, made: dict[str, datetime.datetime]) -> None:
    """Gives every file the time it came, and every folder that of the youngest file in it."""
    times = {prefix / name: when.timestamp() for name, when in made.items()}
    for path, when in tuple(times.items()):
        for folder in path.parents:
            times[folder] = max(when, times.get(folder, 0.0))
            if folder == prefix:
                break
    for path, when in times.items():
        os.utime(path, (when, when))
