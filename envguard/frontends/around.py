"""Around a cell with installs: a way back before it where one is wanted, a line in the ledger after it."""

from __future__ import annotations

import os
import subprocess
import sys
from typing import TYPE_CHECKING, Any

from envguard import api, brought
from envguard.changes import around
from envguard.commands.command import Form
from envguard.errors import EnvguardError
from envguard.frontends import output
from envguard.model import text

if TYPE_CHECKING:
    from collections.abc import Callable

    from envguard.changes.around import Begun
    from envguard.frontends.guard import Guard
    from envguard.frontends.installs import Install
    from envguard.model import Text


class Around:
    """What was begun for one cell, and is ended with it."""

    def __init__(self, guard: Guard, info: Any, installs: tuple[Install, ...], begun: Begun) -> None:
        """`installs` are those that concern this kernel's environment."""
        self.guard, self.info, self.installs = guard, info, installs
        self.begun: Begun | None = begun

    def finish(self, result: Any) -> None:
        """Notes how the cell has ended, once; nothing is ever raised."""
        begun, self.begun = self.begun, None
        if begun is None:
            return
        try:
            with brought.visit():
                shell = self.guard.shell
                whence = api.whence(
                    getattr(self.info, "cell_id", None), getattr(result, "execution_count", None), shell.user_ns
                )
                ended = api.end_installs(begun, whence, failed=self._failed(result))
                self.guard.way_back = None if ended.checkpoint is None else ended.checkpoint.id
                for said in around.concluded(ended):
                    self.guard.say(output.ours(said))
        except EnvguardError as error:
            self.guard.say(output.one_line(error))
        except (Exception, KeyboardInterrupt) as error:  # noqa: BLE001 - the cell has run: this must not be an error of it
            self.guard.say(
                output.ours(text("what the cell has changed was not noted: {reason}", reason=type(error).__name__))
            )

    def _failed(self, result: Any) -> bool | None:
        """Whether the install failed or was interrupted; None if that cannot be told."""
        if result is None:
            return True
        if result.error_before_exec is not None:
            return None  # it never ran
        error = result.error_in_exec
        if isinstance(error, (KeyboardInterrupt, subprocess.CalledProcessError)):
            return True
        code = self.guard.shell.user_ns.get("_exit_code")
        return code != 0 if error is None and isinstance(code, int) and self._is_last() else None

    def _is_last(self) -> bool:
        """Whether the cell ends with its only install, so that the exit code that IPython keeps is its own."""
        if len(self.installs) != 1 or self.installs[0].command is None:
            return False
        command = self.installs[0].command
        lines = self.info.raw_cell.splitlines()
        last = max((number for number, line in enumerate(lines, 1) if line.strip()), default=0)
        if command.span.end_line != last:
            return False
        begins = lines[command.span.line - 1].lstrip()
        return command.form is Form.MAGIC or (
            command.form is Form.SHELL and begins.startswith("!") and not begins.startswith("!!")
        )


def begin(guard: Guard, info: Any, installs: tuple[Install, ...], *, needed: bool, guarded: bool) -> Around | None:
    """Notes what is there before the installs of a cell run, and makes a way back if one is wanted; None if nothing is to be noted.

    `guarded` is what makes our folder. EnvguardError if a way back is `needed`, and there is none.
    """
    mine = tuple(each for each in installs if concerns(each))
    if guard.is_noting() or not (mine or needed):
        return None
    begun = begun_in(sys.prefix, mine, lambda said: guard.once(output.ours(said)), needed=needed, guarded=guarded)
    return None if begun is None else Around(guard, info, mine, begun)


def begun_in(
    prefix: str,
    mine: tuple[Install, ...],
    tell: Callable[[Text], None],
    *,
    needed: bool,
    guarded: bool,
    owner: tuple[int, float] | None = None,
) -> Begun | None:
    """Begins it for the installs of an environment; None where nothing is noted there.

    `owner` is the process in which they run, by default this one. EnvguardError if a way back is `needed`, and there is none.
    """
    if not mine:
        if needed:
            raise EnvguardError(text("no undo: nothing in it changes {prefix}", prefix=prefix))
        return None
    home = api.home(prefix)
    if guarded and not home.ours:
        try:
            home = api.make_home(prefix)
        except EnvguardError:
            if needed:
                raise
    if not home.ours:
        if home.reason is not None:
            tell(text("no undo, and nothing is noted: {reason}", reason=home.reason))
        return None
    seen = tuple(around.Seen(each.forecast, each.command) for each in mine)
    begun = api.begin_installs(home, seen, undo=home.undo or needed, owner=owner)
    if needed and begun.no_undo is not None:
        raise EnvguardError(text("no undo: {reason}", reason=begun.no_undo))
    for said in around.announced(begun):
        tell(said)
    return begun


def concerns(install: Install) -> bool:
    """Whether an install, of which more is known than its forecast, may change this kernel's environment."""
    forecast = install.forecast
    if install.command is None:
        return False
    return forecast.is_kernel is not False and forecast.placement == "site" and forecast.verb != "create"


def can_be_made() -> bool:
    """Whether a way back can be offered here: one is not made anyway, and we may write."""
    return os.access(sys.prefix, os.W_OK) and not api.home().undo
