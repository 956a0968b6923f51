"""A Python that is running on this machine, seen from outside: what it is, where it stands, which prefix it has.

* Nothing is asked of the process and nothing is run: only what the system tells of any process is read.
* The interpreter is the first word of its command line, not the program that the system names: of a venv, that is another's.
* Whatever started it (a shell, `conda run`, a runner of kernels) is passed by: the words that only a kernel has decide.
"""

from __future__ import annotations

import os
import re
import shutil
from pathlib import Path
from typing import TYPE_CHECKING, Any

from envguard.commands import lookup
from envguard.prefixes import is_environment
from envguard.run import clean_environment
from envguard.value import value

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping


_PYTHON = re.compile(r"(?:python|pypy)[\d.]*(?:t|w)?(?:\.exe)?", re.IGNORECASE)
_MOST = 200
"""Processes looked at below one; a runner of kernels has two or three."""


@value
class Running:
    """One running Python."""

    process: int
    started: float
    """Seconds since 1970; together with its number it tells it from a later process."""
    program: str
    """Absolute, as it was started."""
    prefix: str
    folder: str | None
    """Where it stands; None if that cannot be told."""
    environ: Mapping[str, str] | None
    """All its variables as it was started, secrets too; None if they cannot be told."""

    @property
    def variables(self) -> Mapping[str, str | None]:
        """What to set for a process that is started as it was: without secrets, and None for what it has not."""
        if self.environ is None:
            return {}
        return {**dict.fromkeys(os.environ), **clean_environment(self.environ)}


def look(process: int, mark: str) -> Running | None:
    """The Python that runs as this process or below it and has `mark` in one of its words; None if none can be seen."""
    import psutil

    for each in _below(process):
        try:
            argv = each.cmdline()
            if not argv or not any(mark in word for word in argv[1:]):
                continue
            variables = _try(each.environ)
            folder = _try(each.cwd)
            program = _program(argv[0], variables, folder)
            if program is None:
                continue
            prefix = lookup.prefix_of(program)
            if is_environment(Path(prefix)):
                return Running(each.pid, each.create_time(), program, prefix, folder, variables)
        except psutil.Error:
            continue
    return None


def maps(process: int) -> bytes:
    """What a process has mapped, as Linux tells it; nothing elsewhere, or where it may not be known."""
    try:
        return Path(f"/proc/{process}/maps").read_bytes()
    except OSError:
        return b""


def _below(process: int) -> Iterator[Any]:
    """The process and those that it has started, the nearest first."""
    import psutil

    waiting = [process]
    for _ in range(_MOST):
        if not waiting:
            return
        try:
            found = psutil.Process(waiting.pop(0))
            yield found
            # its children by the system's own list, which does not look at every process there is
            waiting += _children(found)
        except psutil.Error:
            continue


def _children(process: Any) -> list[int]:
    try:
        with open(f"/proc/{process.pid}/task/{process.pid}/children", encoding="ascii") as file:  # noqa: PTH123
            return [int(word) for word in file.read().split()]
    except (OSError, ValueError):
        return [each.pid for each in process.children()]


def _program(word: str, variables: Mapping[str, str] | None, folder: str | None) -> str | None:
    """The file that the first word of a command line names; None if it is no Python, or cannot be told."""
    if not _PYTHON.fullmatch(os.path.basename(word)):  # noqa: PTH119
        return None
    if os.path.isabs(word):  # noqa: PTH117
        return word
    if os.sep in word:
        return None if folder is None else os.path.normpath(os.path.join(folder, word))  # noqa: PTH118
    return shutil.which(word, path=(variables or {}).get("PATH", "")) if variables else None


def _try(ask: Any) -> Any:
    import psutil

    try:
        return ask()
    except (psutil.Error, OSError):
        return None
