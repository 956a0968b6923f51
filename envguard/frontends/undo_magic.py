"""What `%envguard undo` does: shows what taking back would do, asks whoever sits there, does it, and shows what came of it."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING

from envguard import api
from envguard.errors import BadArguments
from envguard.frontends import undoing
from envguard.frontends.protecting import ledger_file
from envguard.frontends.question import agreed
from envguard.model import text
from envguard.render.language import say
from envguard.undo_report import State, UndoList

if TYPE_CHECKING:
    from collections.abc import Iterator

    from IPython.core.interactiveshell import InteractiveShell

    from envguard.frontends.guard import Guard
    from envguard.undo_report import UndoReport

_YES = ("--yes", "-y")


def undo(shell: InteractiveShell, guard: Guard, words: list[str]) -> None:
    """The magic, with what follows its name."""
    sure = any(word in _YES for word in words)
    match [word for word in words if word not in _YES]:
        case ["list" | "--list"]:
            _show(shell, api.undo_list())
        case ["clear" | "--clear"]:
            _clear(shell, None, sure=sure)
        case ["clear" | "--clear", name]:
            _clear(shell, name, sure=sure)
        case []:
            _undo(shell, guard, None, sure=sure)
        case [name] if not name.startswith("-"):
            _undo(shell, guard, name, sure=sure)
        case _:
            raise BadArguments(text("`%envguard undo` takes an id, list or clear, and --yes"))


def candidates(words: list[str]) -> tuple[str, ...]:
    """The words that may follow `%envguard undo`."""
    if words not in ([], ["clear"]):
        return _YES[:1]
    points = api.undo_list().checkpoints
    ids = tuple(each.id for each in reversed(points) if words or each.state is not State.UNDONE)
    return (*ids, *_YES[:1]) if words else ("clear", "list", *ids, *_YES[:1])


def state() -> Iterator[str]:
    """What the magic alone tells of the ledger and of undo."""
    home = api.home()
    if not home.ours:
        off = text("ledger: off; `envguard enable` begins one")
        yield say(off if home.reason is None else text("ledger: off: {reason}", reason=say(home.reason)))
        yield say(text("undo: off; `envguard enable --undo` makes a way back before each install"))
        return
    file = ledger_file(home)
    noted = text("ledger: on: {file}", file=file)
    yield say(noted if Path(file).exists() else text("ledger: on: {file}, nothing was noted yet", file=file))
    count = sum(each.state is not State.UNDONE for each in api.undo_list().checkpoints)
    left = text("{n} install can be taken back", "{n} installs can be taken back", n=count)
    if home.undo:
        yield say(text("undo: on: a way back is made before each install; {left}", left=say(left)))
    else:
        yield say(text("undo: off; {left}", left=say(left)))


def _undo(shell: InteractiveShell, guard: Guard, name: str | None, *, sure: bool) -> None:
    planned = api.undo_plan(None, name)
    if planned.plan.refused:
        _show(shell, planned)
        return
    if not sure:
        _show(shell, planned)
        if not agreed(shell, undoing.UNDO):
            return
    whence = api.whence(getattr(guard.info, "cell_id", None), shell.execution_count, shell.user_ns)
    _show(shell, undoing.done(planned, whence))


def _clear(shell: InteractiveShell, name: str | None, *, sure: bool) -> None:
    if not sure:
        _show(shell, api.undo_list())
        if not agreed(shell, undoing.CLEAR):
            return
    _show(shell, api.undo_clear(None, name))


def _show(shell: InteractiveShell, told: UndoReport | UndoList) -> None:
    """HTML where that is possible, text elsewhere."""
    if getattr(shell, "kernel", None) is None:
        form = undoing.list_as(told, "text") if isinstance(told, UndoList) else undoing.undo_as(told, "text")
        sys.stdout.write(form)
        return
    from IPython.display import display

    display(undoing.bundle(told), raw=True)  # type: ignore[no-untyped-call]
