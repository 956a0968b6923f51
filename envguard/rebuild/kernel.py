"""The kernelspec by which notebooks find a new environment, as `ipykernel install --user` would write it.

It goes into the user's own folder of Jupyter's, whole or not at all, and never over one that starts something else.
"""

from __future__ import annotations

import contextlib
import json
import os
import re
import shutil
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING

from envguard.errors import BadArguments
from envguard.model import text
from envguard.rebuild_report import Kernel
from envguard.surroundings.jupyter import user_kernels

if TYPE_CHECKING:
    from collections.abc import Collection

_NAME = re.compile(r"[a-z0-9._-]{1,100}")
_FILE = "kernel.json"
_LOGOS = ("logo-32x32.png", "logo-64x64.png", "logo-svg.svg")


def planned(folder: str, name: str | None, packages: Collection[str]) -> Kernel | None:
    """The kernelspec there would be; None without ipykernel. BadArguments if another one has its name."""
    if name is not None and not _NAME.fullmatch(name.lower()):
        raise BadArguments(text("{name} is no name for a kernel: letters, digits, `.`, `_` and `-` are", name=name))
    if "ipykernel" not in packages:
        if name is not None:
            raise BadArguments(text("there will be no ipykernel in {folder}, so no kernel", folder=folder))
        return None
    place = user_kernels()
    if place is None:
        return None
    called = name or re.sub(r"[^a-z0-9._-]+", "-", Path(folder).name.lower()).strip("-") or "rebuilt"
    title = f"Python ({Path(folder).name})"
    found = Path(place, called.lower())
    if os.path.lexists(found) and not _starts(found, folder):
        raise BadArguments(
            text(
                "there is a kernel {name} already, in {place}; `--kernel-name` chooses another name, `--no-kernelspec` none",
                name=called,
                place=str(found),
            )
        )
    return Kernel(called.lower(), title, str(found))


def write(kernel: Kernel, prefix: str) -> None:
    """Writes it; BadArguments if that cannot be, or if another one has come there meanwhile."""
    place = Path(kernel.folder)
    python = next((each for each in _pythons(prefix) if each.exists()), _pythons(prefix)[0])
    told = {
        "argv": [str(python), "-m", "ipykernel_launcher", "-f", "{connection_file}"],
        "display_name": kernel.title,
        "language": "python",
        "metadata": {"debugger": True},
    }
    try:
        place.parent.mkdir(parents=True, exist_ok=True)
        work = Path(tempfile.mkdtemp(prefix=f".{place.name}.", dir=place.parent))
        try:
            for logo in _logos(prefix):
                shutil.copyfile(logo, work / logo.name)
            (work / _FILE).write_text(json.dumps(told, indent=1) + "\n", encoding="utf-8")
            work.chmod(0o755)
            if _starts(place, prefix):
                shutil.rmtree(place)
            work.rename(place)
        finally:
            shutil.rmtree(work, ignore_errors=True)
    except OSError as error:
        reason = error.strerror or str(error)
        raise BadArguments(
            text("the kernel could not be written into {place}: {reason}", place=str(place), reason=reason)
        ) from error


def _starts(place: Path, prefix: str) -> bool:
    """Whether the kernelspec in a folder starts a Python of the prefix."""
    with contextlib.suppress(OSError, ValueError, LookupError, TypeError):
        program = Path(json.loads((place / _FILE).read_text(encoding="utf-8"))["argv"][0])
        return program in _pythons(prefix)
    return False


def _pythons(prefix: str) -> tuple[Path, ...]:
    return (Path(prefix, "bin", "python"), Path(prefix, "python.exe"))


def _logos(prefix: str) -> tuple[Path, ...]:
    found = (*Path(prefix).glob("lib/python3*/site-packages/ipykernel/resources"), *Path(prefix).glob("Lib/site-packages/ipykernel/resources"))  # fmt: skip
    return tuple(folder / name for folder in found[:1] for name in _LOGOS if (folder / name).is_file())
