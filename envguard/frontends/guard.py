"""Looks at an install before the cell that holds it runs.

Before a cell runs, one search goes over its source. Only where that finds the word of an installer, a transformer of
syntax trees is put in front of all others for this one cell: the only place at which IPython lets a cell be refused. It
asks a judge what the installs of the cell would do, and lets the cell run, asks the user, or refuses it. It changes no
tree, wraps no function of the shell, and whatever goes wrong in it never stops a cell.
"""

from __future__ import annotations

import ast
import sys
import threading
import time
from contextlib import suppress
from typing import TYPE_CHECKING, Any

from IPython.core.error import InputRejected

from envguard.commands.cell import triggered
from envguard.frontends import unfinished
from envguard.frontends.modes import Modes

if TYPE_CHECKING:
    from collections.abc import Callable

    from IPython.core.interactiveshell import InteractiveShell

    from envguard.changes.protect import Protected
    from envguard.frontends.held import Held
    from envguard.frontends.installs import Install
    from envguard.frontends.verdict import Verdict
    from envguard.settings import Mode

    Judge = Callable[[str], tuple[Install, ...]]

_ATTRIBUTE = "_envguard_guard"
ANSWERS = ("run", "undo", "protected")
"""The answers that a user may have given in a dialog of JupyterLab before the cell arrives here."""
_FRESH = 600.0
"""Seconds for which such an answer counts."""


class CellNotRun(InputRejected):
    """Why a cell was not run; shown as that one line, for a traceback would be envguard's own."""

    def _render_traceback_(self) -> list[str]:
        return [str(self)]


class Once:
    """The transformer of one cell: it is asked for the tree of that cell, and lets every later one pass."""

    def __init__(self, guard: Guard, info: Any, given: str | None = None) -> None:
        """The cell is the next that this thread transforms: nothing runs in between. `given` is the user's answer."""
        self.guard, self.given, self.thread = guard, given, threading.get_ident()
        self.info: Any = info

    def visit(self, node: ast.AST) -> ast.AST:
        """The tree as it is; an empty one where something else stands ready to be run instead; or CellNotRun."""
        if self.info is None or threading.get_ident() != self.thread:
            return node
        info, self.info = self.info, None
        return node if self.guard.lets_run(info, self.given) else ast.Module(body=[], type_ignores=[])


class Guard:
    """What a shell calls before and after every cell."""

    def __init__(self, shell: InteractiveShell, judge: Judge | None = None) -> None:
        """`judge` foretells what the installs in a source would do; by default `installs.installs`."""
        self.shell, self.judge = shell, judge
        self.modes = Modes(shell, self.say)
        self.told: set[tuple[str, str]] = set()
        """Causes that were told."""
        self.accepted: set[tuple[str, str]] = set()
        """Causes that the user has let run."""
        self.protection: Protected | None = None
        """What protects conda's packages from every install of this kernel."""
        self.info: Any = None
        """The cell that runs, or the last one."""
        self.way_back: str | None = None
        """The checkpoint by which that cell's installs can be taken back, once it has ended."""
        self._answer: tuple[str, str, float] | None = None
        """The digest of a source, what the user has answered about it elsewhere, and when."""
        self._offers = unfinished.there_may_be()
        self._waiting: dict[int, Once] = {}
        self._held: list[tuple[Any, Held]] = []

    @property
    def mode(self) -> Mode:
        """The mode in force."""
        return self.modes.mode()[0]

    def before(self, info: Any) -> None:
        """The event pre_run_cell."""
        self.info, self.way_back = info, None
        if self._waiting:
            self._forget()
        answer, self._answer = self._answer, None
        if triggered(info.raw_cell):
            once = Once(self, info, None if answer is None else _given(info.raw_cell, *answer))
            self._waiting[once.thread] = once
            self._transformers.insert(0, once)

    def after(self, result: Any) -> None:
        """The event post_run_cell, which comes after a cell that never got as far as its tree, too."""
        if self._waiting:
            self._forget()
        if self._held:
            self._release(result)
        if self._offers:
            self._offers = False
            unfinished.offer(self.say)

    def answered(self, digest: str, answer: str) -> bool:
        """Remembers what the user has answered about the cell that comes next; whether that counts here."""
        if self.mode.value == "off" or answer not in ANSWERS:
            return False
        self._answer = digest, answer, time.monotonic()
        return True

    def lets_run(self, info: Any, given: str | None = None) -> bool:
        """Whether a cell may run; CellNotRun if it is refused. Nothing else is ever raised.

        `given` is what the user has answered about it elsewhere, so that nobody is asked twice.
        """
        from envguard import brought

        verdict: Verdict | None = None
        try:
            with brought.visit():
                from envguard.frontends.verdict import verdict_on

                verdict = verdict_on(self, info, given)
        except KeyboardInterrupt:
            raise CellNotRun(_interrupted()) from None
        except BaseException as error:  # noqa: BLE001 - a guard that fails must not keep anybody from working
            with suppress(Exception):
                self._failed(error)
        if verdict is None:
            return True
        if verdict.held is not None:
            self._held.append((info, verdict.held))
        if verdict.refusal is not None:
            raise CellNotRun(verdict.refusal)
        return not verdict.replaced

    def held_causes(self) -> set[tuple[str, str]]:
        """Causes that the user has let run for the cell that is running, in which this one is nested."""
        return {cause for _, held in self._held for cause in held.causes}

    def is_noting(self) -> bool:
        """Whether what the installs of a cell change is noted already, in which this one may be nested."""
        return any(held.around is not None for _, held in self._held)

    def settle(self, result: Any) -> None:
        """Notes what the installs of a cell that has ended have changed, before anybody else tells of it."""
        for _, held in reversed(self._held[self._first(result) :]):
            held.finish(result)

    def say(self, line: str) -> None:
        """Says one line beside the output of the cell, not in it."""
        with suppress(Exception):  # streams may be closed, or anything that a user has put in their place
            sys.stdout.flush()
            sys.stderr.write(f"{line}\n")
            sys.stderr.flush()

    def once(self, line: str) -> None:
        """Says such a line, unless this kernel has heard it before."""
        if ("", line) not in self.told:
            self.told.add(("", line))
            self.say(line)

    def close(self) -> None:
        """Undoes everything that is still in force."""
        for once in list(self._waiting.values()):
            self._remove(once)
        self._waiting.clear()
        while self._held:
            _, held = self._held.pop()
            held.finish(None)
            held.undo()
        if self.protection is not None:
            self.protection.off()
            self.protection = None

    def _forget(self) -> None:
        once = self._waiting.pop(threading.get_ident(), None)
        if once is not None:
            self._remove(once)

    def _remove(self, once: Once) -> None:
        self._transformers[:] = [each for each in self._transformers if each is not once]

    @property
    def _transformers(self) -> list[Any]:
        """Those of the shell, which asks no more of one than that it visits a tree."""
        return self.shell.ast_transformers

    def _release(self, result: Any) -> None:
        """Undoes what held for the cell that has ended, and for those nested in it of whose end nobody told."""
        first = self._first(result)
        self.settle(result)
        while len(self._held) > first:
            self._held.pop()[1].undo()

    def _first(self, result: Any) -> int:
        """Where in the list those begin that end with this cell."""
        if result is None:  # the cell was cancelled: it is the last one that began
            return max(len(self._held) - 1, 0)
        # the result of a cell that brought down its loop has a copy of the info
        ended = getattr(result, "info", None)
        same = [number for number, (info, _) in enumerate(self._held) if _are_one(info, ended)]
        return same[-1] if same else len(self._held)

    def _failed(self, error: BaseException) -> None:
        from envguard.frontends.verdict import failure

        self.once(failure(error))


def _interrupted() -> str:
    from envguard.model import text
    from envguard.render.language import say

    return say(text("envguard: interrupted; the cell was not run"))


def _are_one(info: Any, ended: Any) -> bool:
    return info is ended or (ended is not None and info.raw_cell == ended.raw_cell)


def _given(source: str, digest: str, answer: str, when: float) -> str | None:
    """The answer, if it is about this cell and not an old one."""
    import hashlib

    ours = hashlib.sha256(source.encode("utf-8", "replace")).hexdigest()
    return answer if ours == digest and time.monotonic() - when <= _FRESH else None


def answered(digest: str, answer: str) -> bool:
    """Takes what the user has answered, before it is run, about the cell whose source has this SHA-256; one of `ANSWERS`.

    A front end calls it by a silent request. It counts once, for the next cell, and not where the mode is `block`. False
    where no guard looks at the cells of this process, so that whoever has asked has to do what was answered.
    """
    from IPython.core.getipython import get_ipython

    shell = get_ipython()
    guard = None if shell is None else of(shell)
    return guard is not None and guard.answered(digest, answer)


def of(shell: InteractiveShell) -> Guard | None:
    """The guard of a shell; None if it has none."""
    found: Guard | None = getattr(shell, _ATTRIBUTE, None)
    return found


def register(shell: InteractiveShell, judge: Judge | None = None) -> None:
    """Has the guard look at the installs of every cell from now on."""
    unregister(shell)
    guard = Guard(shell, judge)
    setattr(shell, _ATTRIBUTE, guard)
    shell.events.register("pre_run_cell", guard.before)
    shell.events.register("post_run_cell", guard.after)
    _configurables(shell).append(guard.modes.config)
    guard.modes.mode(), guard.modes.ignored()


def unregister(shell: InteractiveShell) -> None:
    """Takes the guard away, and leaves nothing of it."""
    guard = of(shell)
    if guard is None:
        return
    shell.events.unregister("pre_run_cell", guard.before)
    shell.events.unregister("post_run_cell", guard.after)
    configurables = _configurables(shell)
    configurables[:] = [each for each in configurables if each is not guard.modes.config]
    guard.close()
    delattr(shell, _ATTRIBUTE)


def _configurables(shell: InteractiveShell) -> list[Any]:
    """What `%config` lists; IPython types it by its first entry, the shell itself."""
    return shell.configurables
