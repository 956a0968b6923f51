"""The guided notebook, and a kernel for it in the demonstration's environment."""

from __future__ import annotations

import importlib.resources
import json
import os
import sys
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from envguard.demo.living import Living

NAME = "envguard-demo"
"""Of the kernelspec, as the notebook asks for it."""
GUIDE = "guide.ipynb"


def write(living: Living, kernels: Path) -> None:
    """Writes the kernelspec into a folder of kernelspecs."""
    folder = kernels / NAME
    folder.mkdir(parents=True, exist_ok=True)
    told = {
        "argv": [str(living.python), str(Path(__file__).with_name("launch.py")), "-f", "{connection_file}"],
        "display_name": "Damaged environment",
        "language": "python",
        "env": {
            **living.variables(),
            "ENVGUARD_DEMO_LIBRARIES": os.pathsep.join(_libraries()),
            "IPYTHONDIR": str(living.folder / "ipython"),  # nobody's own start-up files
        },
    }
    (folder / "kernel.json").write_text(json.dumps(told, indent=1), encoding="utf-8")


def _libraries() -> list[str]:
    """Where this process has envguard and what a kernel needs from."""
    package = str(Path(__file__).parents[2])
    sites = (each for each in sys.path if Path(each).name in ("site-packages", "dist-packages"))
    return list(dict.fromkeys((*sites, package)))


def guide() -> bytes:
    """The guided notebook, as its file holds it."""
    return importlib.resources.files("envguard.demo").joinpath(GUIDE).read_bytes()
