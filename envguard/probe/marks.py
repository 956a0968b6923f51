"""What a prefix is, by a few marks: how it is laid out, whether it is base, its Python, whether it may be written."""

from __future__ import annotations

import os
import re
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING or __package__:
    from envguard.probe import reading
else:  # run alone, by path: this folder is first on sys.path
    import reading


def layout(prefix: str, platform: str | None) -> str:
    """Whether the prefix is laid out as on Windows: by its files, for a prefix without records, or by its platform."""
    if os.path.isfile(os.path.join(prefix, "python.exe")) or os.path.isdir(os.path.join(prefix, "Scripts")):
        return "windows"
    return "windows" if (platform or "").startswith("win-") else "unix"


def is_base(prefix: str, names: set[str]) -> bool:
    """Whether conda itself lives here; an environment below another prefix's `envs` may contain conda and is no base."""
    parent, grandparent = os.path.dirname(prefix), os.path.dirname(os.path.dirname(prefix))
    if os.path.basename(parent) == "envs" and os.path.isdir(os.path.join(grandparent, "conda-meta")):
        return False
    return "conda" in names


def python_version(prefix: str, packages: list[dict[str, Any]], sites: list[str]) -> str | None:
    """The version of its Python: of the record, else as a venv notes it, else by the name of a folder."""
    for package in packages:
        if package["name"] == "python":
            return str(package["version"])
    try:
        data = reading.read(os.path.join(prefix, "pyvenv.cfg"), reading.SMALL_LIMIT, os.path.realpath(prefix))
        for line in data.decode("utf-8-sig", "replace").splitlines():
            key, _, value = line.partition("=")
            if key.strip() in ("version", "version_info"):
                return ".".join(value.strip().split(".")[:3])
    except OSError:
        pass
    versions = [match.group(1) for match in (re.search(r"/python(\d+\.\d+)/", site) for site in sites) if match]
    return max(versions, key=lambda v: [int(part) for part in v.split(".")]) if versions else None


def interpreter(prefix: str, layout: str) -> str | None:
    """Where its Python is, relative to it."""
    candidates = ("python.exe", "Scripts/python.exe") if layout == "windows" else ("bin/python", "bin/python3")
    return next((name for name in candidates if os.path.lexists(os.path.join(prefix, *name.split("/")))), None)


def writable(prefix: str, sites: list[str]) -> bool:
    """Whether the user may write wherever an install would."""
    folders = [prefix, os.path.join(prefix, "conda-meta"), *(os.path.join(prefix, *site.split("/")) for site in sites)]
    return all(os.access(folder, os.W_OK) for folder in folders if os.path.isdir(folder))


UNFINISHED = ".envguard-rebuild/rebuild.json"
"""What stands in an environment as long as a rebuild of envguard's has not finished it."""


def unfinished(prefix: str) -> bool:
    """Whether a rebuild works on an environment, or has left it unfinished."""
    return os.path.isfile(os.path.join(prefix, *UNFINISHED.split("/")))
