"""What `activate` does to a shell, told by variables: how `target` learns which environment was active."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence

VARIABLES = ("CONDA_DEFAULT_ENV", "CONDA_PREFIX", "CONDA_SHLVL", "VIRTUAL_ENV")
_FOLDER = re.compile(r"[/\\](?:bin|Scripts)[/\\]activate(?:\.bat|\.ps1|\.fish|\.csh)?$", re.IGNORECASE)
_HOOK = re.compile(r"conda\.sh\b|shell\.\w+\s+hook|shell\s+hook|\bbashrc|mamba\.sh\b")
_CONDAS = ("conda", "mamba", "micromamba", "conda.exe", "conda.bat")


def is_hook(text: str) -> bool:
    """Whether this makes `conda activate` work: conda.sh, or what `conda shell.bash hook` prints."""
    return bool(_HOOK.search(text))


def activated(words: Sequence[str]) -> dict[str, str | None] | None:
    """The variables after this command; None if it activates nothing.

    A name goes to CONDA_DEFAULT_ENV, a folder to CONDA_PREFIX; one made by venv to VIRTUAL_ENV. CONDA_SHLVL, which a shell
    fills in, comes with conda's. All as written.
    """
    name = re.split(r"[/\\]", words[0])[-1].lower()
    if name in _CONDAS and len(words) > 1:
        if words[1] == "activate":
            return _conda([word for word in words[2:] if word not in ("-n", "--name", "-p", "--prefix", "--stack")])
        return {"CONDA_DEFAULT_ENV": None, "CONDA_SHLVL": None} if words[1] == "deactivate" else None
    if words[0] in ("source", ".") and len(words) > 1:
        words = words[1:]
        name = re.split(r"[/\\]", words[0])[-1].lower()
        if name not in ("activate", "deactivate"):
            return None
    elif name not in ("activate", "activate.bat", "deactivate", "deactivate.bat"):
        return None
    if name.startswith("deactivate"):
        return {"VIRTUAL_ENV": None} if len(words) == 1 else {"CONDA_DEFAULT_ENV": None, "CONDA_SHLVL": None}
    if len(words) == 1 and _FOLDER.search(words[0]):
        return {"VIRTUAL_ENV": _FOLDER.sub("", words[0])}
    if len(words) == 1 and re.search(r"[/\\]", words[0]):
        return {"VIRTUAL_ENV": None}
    return _conda(list(words[1:]))


def _conda(words: list[str]) -> dict[str, str | None]:
    which = words[0] if words else "base"
    key = "CONDA_PREFIX" if re.search(r"[/\\]", which) else "CONDA_DEFAULT_ENV"
    return {key: which, "CONDA_SHLVL": None}
