"""`%envcheck stamp`: writes into a notebook's file in which environment it works; without a file into that of this notebook.

An editor that has the notebook open does not see it, and could write over it: that is said. What the editor has not saved yet would
be parted from the stamp, so then nothing is written.
"""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import TYPE_CHECKING, Any

from envguard import api
from envguard.errors import BadArguments
from envguard.model import text

if TYPE_CHECKING:
    from IPython.core.interactiveshell import InteractiveShell

    from envguard.model import Text

_LIMIT = 256 << 20


def stamp(shell: InteractiveShell, named: str | None) -> Text:
    """Stamps a file, and says what to do about an editor; BadArguments with what to do instead if it must not be."""
    if named is not None:
        told = api.stamp(named)
        return text("{file} tells now of {n} module; open it anew if it is open", "{file} tells now of {n} modules; open it anew if it is open", file=named, n=len(told))  # fmt: skip
    file = running(shell)
    told = api.stamp(file)
    return text(
        "{file} tells now of {n} module. It was written on the disk, which this editor does not see: reload the notebook from there before you save it",
        "{file} tells now of {n} modules. It was written on the disk, which this editor does not see: reload the notebook from there before you save it",
        file=str(file),
        n=len(told),
    )


def running(shell: InteractiveShell) -> Path:
    """The file of the notebook that runs in this kernel, as it was saved; BadArguments if it is not known or not saved."""
    path = api.whence(None, None, shell.user_ns).notebook
    if path is None:
        raise BadArguments(
            text("which notebook this is, nobody has told this kernel: `%envcheck stamp FILE` names the file")
        )
    file = Path(os.path.abspath(path))  # noqa: PTH100 - a link stays the name that was given
    if file.suffix != ".ipynb" or not file.is_file():
        raise BadArguments(
            text(
                "the notebook was {file} when its kernel started, and is not there: `%envcheck stamp FILE` names the file",
                file=str(file),
            )
        )
    if _is_saved(file, _cell(shell)) is False:
        raise BadArguments(
            text(
                "{file} on the disk is not what stands here: save the notebook first, then run this cell again",
                file=str(file),
            )
        )
    return file


def _cell(shell: InteractiveShell) -> str | None:
    """The source of the cell that runs; None if it is not kept."""
    history = getattr(shell.history_manager, "input_hist_raw", [])
    return history[-1] if history and "stamp" in history[-1] else None


def _is_saved(file: Path, cell: str | None) -> bool | None:
    """Whether a cell stands in the saved file; None if that cannot be told."""
    if cell is None:
        return None
    try:
        with file.open("rb") as handle:
            told: Any = json.loads(handle.read(_LIMIT))
        sources = ["".join(each["source"]) for each in told["cells"]]
    except (OSError, ValueError, LookupError, TypeError, RecursionError):
        return None  # the stamp itself tells what is wrong with it
    return any(source.strip() == cell.strip() for source in sources)
