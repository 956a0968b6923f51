"""What an install leaves behind in the folders of a running Python's packages, at the price of a few looks at a folder.

Installers add and remove a `dist-info` in site-packages, or a record in conda-meta, and either changes the times of the
folder. So `stamps` around a cell tell whether there may be something, and only then `take` lists what is there. Looked at are
conda-meta, and every site-packages folder from which this process imports, the user's own among them. Not seen: files
that are edited in place, and folders that `--target` fills.

Every cell of a notebook passes here, hence the standard library only, and of it what a kernel has loaded anyway.
"""

from __future__ import annotations

import os
import site
import sys

Stamps = tuple[object, ...]
Traces = dict[str, dict[str, int]]
"""Folder -> name of a dist-info, an egg-info or a record -> when it was written, in nanoseconds."""

RECORDS = "conda-meta"
_INFOS = (".dist-info", ".egg-info")


def places() -> tuple[str, ...]:
    """The folders of this process in which installs leave their traces, each once; some may not be there yet."""
    found = [os.path.join(sys.prefix, RECORDS), *site.getsitepackages()]  # noqa: PTH118 - pathlib costs more than the look
    if site.ENABLE_USER_SITE:
        found.append(site.getusersitepackages())
    # lib64 is a link to lib in many environments
    return tuple(dict.fromkeys(os.path.realpath(folder) for folder in found))


def stamps(folders: tuple[str, ...]) -> Stamps:
    """What differs once a name in one of the folders came or went; its size, too, where times are told in seconds."""
    found: list[object] = []
    for folder in folders:
        try:
            status = os.stat(folder)  # noqa: PTH116 - twice as fast
        except (OSError, ValueError):
            found.append(None)
        else:
            found += (status.st_mtime_ns, status.st_nlink, status.st_size)
    return tuple(found)


def take(folders: tuple[str, ...]) -> Traces:
    """The traces in the folders; what cannot be listed has none."""
    return {folder: _traces(folder) for folder in folders}


def _traces(folder: str) -> dict[str, int]:
    endings = ".json" if os.path.basename(folder) == RECORDS else _INFOS  # noqa: PTH119
    found: dict[str, int] = {}
    try:
        with os.scandir(folder) as entries:
            for entry in entries:
                if entry.name.endswith(endings) and entry.name[0] not in "~.":  # what pip sets aside, and what hides
                    try:
                        found[entry.name] = entry.stat().st_mtime_ns
                    except OSError:
                        continue
    except (OSError, ValueError):
        return found
    return found
