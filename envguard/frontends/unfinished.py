"""Whether an install was cut off, of which a way back is there: offered in one line when the extension is loaded.

Every kernel that loads envguard passes here: one look at a folder that most do not have, and nothing imported. The line
comes with the end of a cell, as what a kernel says while it starts is seen by nobody.
"""

from __future__ import annotations

import os
import sys
from contextlib import suppress
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

_OPEN = (b'"begun"', b'"undoing"')
_HEAD = 256
"""Bytes of a checkpoint in which its state stands."""


def there_may_be() -> bool:
    """Whether there may be one in this process's environment."""
    return any(_is_open(path) for path in _checkpoints(sys.prefix))


def offer(say: Callable[[str], None]) -> None:
    """Offers it in one line, if there is one."""
    from envguard import brought

    with suppress(Exception), brought.visit():  # whatever lies there is no error of the cell
        for line in _lines():
            say(line)


def _checkpoints(prefix: str) -> Iterator[str]:
    folder = os.path.join(prefix, ".envguard", "undo")  # noqa: PTH118 - pathlib costs more than the look
    try:
        names = os.listdir(folder)  # noqa: PTH208
    except OSError:
        return
    for name in names:
        if name[:1].isdigit():
            yield os.path.join(folder, name, "checkpoint.json")  # noqa: PTH118


def _is_open(path: str) -> bool:
    try:
        with open(path, "rb") as file:  # noqa: PTH123
            head = file.read(_HEAD)
    except OSError:
        return False
    return any(state in head for state in _OPEN)


def _lines() -> Iterator[str]:
    from envguard import api
    from envguard.frontends import output
    from envguard.model import text
    from envguard.undo_report import State

    told = api.undo_list(sys.prefix)
    for each in told.checkpoints:
        if each.id not in told.unfinished:
            continue
        if each.state is State.UNDOING:
            yield output.ours(text("an undo was cut off: `%envguard undo {id}` goes on with it", id=each.id))
        else:
            yield output.ours(
                text(
                    "an install was cut off ({command}): `%envguard undo {id}` takes it back, `%envguard undo clear {id}` lets it be",
                    command=" ".join(each.command),
                    id=each.id,
                )
            )
