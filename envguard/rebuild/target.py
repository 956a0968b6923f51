"""Where a new environment may be made: an empty or absent folder of the user's own, inside no other environment."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING

from envguard.model import text
from envguard.rebuild import marker

if TYPE_CHECKING:
    from collections.abc import Iterator

    from envguard.model import Text

_MARKS = ("conda-meta", "pyvenv.cfg")
_ODD = frozenset("\n\r\t'\"\\$`#;")
"""Characters that first lines of scripts and activation cannot carry."""
_LONGEST = 254
"""Bytes of a prefix: as many as the place for it in packages holds, and as a file system lets one folder's name have."""


def folder(prefix: str) -> str:
    """The folder as it will be called: absolute, links of its parents resolved."""
    path = os.path.abspath(os.path.expanduser(prefix))  # noqa: PTH100, PTH111 - Path.expanduser raises for a stranger
    return os.path.join(os.path.realpath(os.path.dirname(path)), os.path.basename(path))  # noqa: PTH118, PTH119, PTH120


def refusals(old: str, new: str, *, resumed: bool = False) -> Iterator[Text]:
    """Why a new environment cannot be made at `new`; with `resumed` an unfinished one of ours may stand there."""
    path, parent = Path(new), Path(new).parent
    if not path.name or _ODD & set(new) or not new.isprintable() or len(os.fsencode(new)) > _LONGEST:
        yield text("{folder} is no name for an environment", folder=new)
    elif os.path.realpath(new) == os.path.realpath(old):
        yield text("{folder} is the environment itself; a new one stands beside it", folder=new)
    elif not parent.is_dir():
        yield text("there is no folder {folder}", folder=str(parent))
    elif (other := _around(path)) is not None:
        yield text(
            "{folder} lies inside the environment {prefix}; choose a folder beside it",
            folder=new,
            prefix=str(other),
        )
    elif os.path.lexists(new) and not (resumed and marker.read(new) is not None):
        yield from _occupied(path)
    elif not os.access(new if path.is_dir() else parent, os.W_OK | os.X_OK):
        yield text("{folder} is not writable for you", folder=new if path.is_dir() else str(parent))


def _occupied(path: Path) -> Iterator[Text]:
    if marker.read(str(path)) is not None:
        yield text(
            "{folder} was left unfinished by a rebuild: `--resume` begins it anew, `--discard` removes it",
            folder=str(path),
        )
    elif path.is_symlink() or not path.is_dir():
        yield text("{folder} is there already, and no folder", folder=str(path))
    elif not all(marker.remnant(each.name) for each in path.iterdir()):
        yield text("{folder} is not empty", folder=str(path))
    elif not os.access(path, os.W_OK | os.X_OK):
        yield text("{folder} is not writable for you", folder=str(path))


def _around(path: Path) -> Path | None:
    """The environment in which a folder lies; the `envs` of an installation are where environments belong."""
    for above in path.parents:
        if any(os.path.lexists(above / mark) for mark in _MARKS):
            return None if path.parent == above / "envs" and (above / "conda-meta").is_dir() else above
    return None
