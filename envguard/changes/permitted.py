"""Whether a server may change a prefix for whoever sits before a browser, and where a command would run in it.

Stricter than the command line, which does what its user may do: there a person stands in a terminal of their own.
"""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

from envguard.commands.command import Place
from envguard.forecast.glance import glance
from envguard.model import text
from envguard.run import clean_environment

if TYPE_CHECKING:
    from envguard.model import Text


def refusal(prefix: str) -> Text | None:
    """Why a server should not change a prefix; None if it may."""
    try:
        status = os.stat(prefix)  # noqa: PTH116
    except OSError:
        return text("{prefix} is not there", prefix=prefix)
    look = glance(prefix)
    if look.is_base:
        return text("{prefix} is the base environment, on which conda itself stands", prefix=prefix)
    if look.is_frozen:
        return text("{prefix} is declared read-only (conda-meta/frozen)", prefix=prefix)
    if hasattr(os, "geteuid") and status.st_uid != os.geteuid():
        return text("{prefix} belongs to another user", prefix=prefix)
    if not look.writable:
        return text("{prefix} is not writable for this server", prefix=prefix)
    return None


def place(prefix: str) -> Place:
    """Where a command would run in a fresh shell in which a prefix is active."""
    programs = ("bin/python", "bin/python3", "python.exe", "Scripts/python.exe")
    there = (path for path in (os.path.join(prefix, each) for each in programs) if os.path.lexists(path))  # noqa: PTH118
    program = next(there, os.path.join(prefix, programs[0]))  # noqa: PTH118
    variables = clean_environment()
    for name in ("CONDA_PREFIX", "CONDA_DEFAULT_ENV", "VIRTUAL_ENV", "PYTHONHOME"):
        variables.pop(name, None)
    conda = os.path.isdir(os.path.join(prefix, "conda-meta"))  # noqa: PTH112, PTH118
    variables["CONDA_PREFIX" if conda else "VIRTUAL_ENV"] = prefix
    variables["PATH"] = os.pathsep.join((os.path.dirname(program), variables.get("PATH", os.defpath)))  # noqa: PTH120
    return Place(program, prefix, prefix, variables, is_kernel=False)
