"""Our own ledger of an environment, where there is one: its newest entries, and what can still be taken back."""

from __future__ import annotations

import dataclasses
import os
from typing import TYPE_CHECKING

from envguard import home, ledger
from envguard.model import text

if TYPE_CHECKING:
    from envguard.facts import Environment

UNDO = "undo"
"""The folder of the checkpoints in ours; one that came with a copy of an environment is not looked into."""


def with_ledger(env: Environment) -> Environment:
    """The facts with what the ledger tells; what of it cannot be read is a note for whoever wants to know the history."""
    own = home.look(env.prefix)
    if own.state == "none":
        return env
    if not own.ours:
        return env if own.reason is None else dataclasses.replace(env, ledger_notes=(own.reason,))
    told = ledger.read(own.folder)
    notes = tuple(problem.reason for problem in told.problems)
    if not told.whole:
        notes = (*notes, text("older entries of the ledger are left out"))
    file = os.path.join(own.folder, ledger.NAME)
    return dataclasses.replace(
        env,
        ledger=told.entries,
        ledger_file=os.path.relpath(file, env.prefix).replace(os.sep, "/") if own.in_prefix else file,
        ledger_notes=notes,
        undo_points=_points(own.folder) if own.in_prefix else (),
    )


def _points(folder: str) -> tuple[str, ...]:
    try:
        return tuple(sorted(os.listdir(os.path.join(folder, UNDO))))
    except OSError:
        return ()
