"""One quiet line under an error of a kind that envguard may explain; once for each error.

Every cell of a notebook passes here, so nothing is imported until there is an error, and nothing ever leaves here but
the line. ENVGUARD_HINT=0, or `hint = false` in [tool.envguard] of pyproject.toml, keeps it silent.
"""

from __future__ import annotations

import os
import sys
from contextlib import suppress
from types import ModuleType
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from IPython.core.interactiveshell import InteractiveShell

LINE = "envguard may know why: %envcheck why"
_OFF = ("0", "no", "off", "false")
_AT_MOST = 1000
_MARKS = (
    ".so", ".dll", ".dylib", ".pyd", "dll", "glibc", "numpy", "_array_api", "torch", "cuda", "nvidia", "cudnn", "gpu", "sm_",
    "descriptors", "proto", "proj", "mkl", "omp", "qt", "hdf5", "headers", "ssl", "_z", "0x", "winerror",
)  # fmt: skip
"""What the messages have in them that the table of causes knows, in small letters; ImportErrors are all looked at."""
_ATTRIBUTE = "_envguard_hint"


class Hint:
    """What a shell calls after every cell."""

    def __init__(self, shell: InteractiveShell) -> None:
        """Remembers which errors of this shell were met."""
        self.shell = shell
        self.told: set[tuple[str, str]] = set()

    def after(self, result: Any) -> None:
        """The event post_run_cell."""
        error = result.error_in_exec
        if error is None:
            return
        with suppress(Exception):  # a hint must never be a second error
            self.about(error)

    def about(self, error: BaseException) -> None:
        """Says the line, if the error is worth it and new."""
        key = (type(error).__name__, str(error)[:500])
        if key in self.told or len(self.told) >= _AT_MOST:
            return
        self.told.add(key)
        if not _plausible(error, key[1]):
            return
        if os.environ.get("ENVGUARD_HINT", "").strip().lower() in _OFF:
            return
        from envguard import brought

        with brought.visit():
            from pathlib import Path

            from envguard import configuration
            from envguard.model import Text
            from envguard.render.language import say
            from envguard.why.telling import telling

            worth = (
                telling(error, getattr(self.shell.history_manager, "input_hist_raw", ()))
                and configuration.configured(Path.cwd()).hint
            )
        if worth:
            sys.stdout.write(f"{say(Text(LINE))}\n")


def _plausible(error: BaseException, message: str) -> bool:
    """Whether the error may have a cause that envguard knows; the import of what judges it takes a tenth of a second, once in a kernel."""
    if isinstance(error, ImportError) or isinstance(getattr(error, "obj", None), ModuleType):
        return True
    said = message.lower()
    return any(mark in said for mark in _MARKS)


def register(shell: InteractiveShell) -> None:
    """Looks at the error of every cell from now on."""
    unregister(shell)
    hint = Hint(shell)
    setattr(shell, _ATTRIBUTE, hint)
    shell.events.register("post_run_cell", hint.after)


def unregister(shell: InteractiveShell) -> None:
    """Stops looking at cells."""
    hint = getattr(shell, _ATTRIBUTE, None)
    if hint is not None:
        shell.events.unregister("post_run_cell", hint.after)
        delattr(shell, _ATTRIBUTE)
