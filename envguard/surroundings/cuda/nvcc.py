"""The compiler of CUDA that a process would start, which matters only for building extensions. It is not run."""

from __future__ import annotations

import os
import re
import shutil
from typing import TYPE_CHECKING

from envguard.cuda import Nvcc
from envguard.surroundings.started import environ

if TYPE_CHECKING:
    from envguard.surroundings.cuda.look import Look

_VERSION = re.compile(r"\d+(?:\.\d+){1,3}")
_FOLDER = re.compile(r"cuda-(\d+\.\d+)")
_PACKAGES = ("cuda-nvcc", "cuda-nvcc-tools", "cuda-nvcc-impl", "cudatoolkit-dev")
_PIP = ("nvidia-cuda-nvcc", "nvidia-cuda-nvcc-cu12", "nvidia-cuda-nvcc-cu11")


def nvcc(look: Look) -> Nvcc | None:
    """The first on the PATH of the process."""
    search = environ(look.env).get("PATH")
    path = shutil.which("nvcc", path=search) if search else None
    return Nvcc(path, _version(path, look)) if path is not None else None


def _version(path: str, look: Look) -> str | None:
    """As the files beside it tell, the package that brought it, or the folder's name."""
    real = os.path.realpath(path)
    if look.inside(path):
        brought = next(filter(None, map(look.env.by_name.get, _PACKAGES)), None)
        if brought is not None and os.path.basename(os.path.dirname(os.path.dirname(real))) != "nvidia":
            return brought.version
        dist = next((each for name in _PIP for each in look.env.dists_named.get(name, ())), None)
        if dist is not None:
            return dist.version
    root = os.path.dirname(os.path.dirname(real))
    told = look.json(os.path.join(root, "version.json"))
    for part in ("cuda_nvcc", "cuda"):
        each = told.get(part) if isinstance(told, dict) else None
        version = each.get("version") if isinstance(each, dict) else None
        if isinstance(version, str) and _VERSION.fullmatch(version):
            return version
    match = _VERSION.search(look.text(os.path.join(root, "version.txt")) or "")
    if match is not None:
        return match[0]
    named = [match[1] for each in (real, path) for match in _FOLDER.finditer(each)]
    return named[0] if named else None
