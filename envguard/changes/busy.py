"""Whether an installer works on a prefix at this moment, by the processes that can be seen.

What waits for our own end (`conda run`, `uv run jupyter lab`) and what only shows or runs something is not at work. Processes
on another machine that shares the prefix cannot be seen.
"""

from __future__ import annotations

import contextlib
import os
import re
from typing import TYPE_CHECKING, Any

from envguard.errors import BadArguments
from envguard.model import text
from envguard.value import value

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from envguard.model import Text

_INSTALLER = re.compile(
    r"(pip(\d[\d.]*)?|uv|conda|mamba|micromamba|pixi|poetry|pdm|easy_install)(\.exe|-script\.py)?", re.IGNORECASE
)
_PYTHON = re.compile(r"(python|pypy)[\d.]*w?(\.exe)?", re.IGNORECASE)
_HARMLESS = frozenset(
    (
        "run",
        "exec",
        "x",
        "shell",
        "shell-hook",
        "activate",
        "deactivate",
        "list",
        "info",
        "show",
        "freeze",
        "search",
        "config",
        "check",
        "tree",
        "cache",
        "help",
        "hash",
        "inspect",
        "index",
        "debug",
        "completion",
        "doctor",
        "notices",
        "compare",
        "python",
        "tool",
        "version",
        "self",
        "auth",
        "hook",
        "commands",
    )
)
"""Verbs that change no environment."""
_VALUED = frozenset(
    ("-n", "--name", "-p", "--prefix", "--python", "--directory", "--project", "-C", "--log", "--proxy")
)


@value
class Busy:
    """A process that works on the prefix."""

    process: int
    program: str
    """pip, uv, conda, …"""


def working_on(prefix: str) -> tuple[Busy, ...]:
    """The installers that work on a prefix now, ourselves and those who wait for us apart."""
    import psutil

    mine = {os.getpid()}
    with contextlib.suppress(psutil.Error):
        mine |= {parent.pid for parent in psutil.Process().parents()}
    where = _plain(prefix)
    found = []
    for process in psutil.process_iter(["cmdline", "status"]):
        argv = process.info["cmdline"] or []
        if process.pid in mine or process.info["status"] == psutil.STATUS_ZOMBIE or not argv:
            continue
        program = installer(argv)
        if program is not None and _concerns(process, argv, where):
            found.append(Busy(process.pid, program))
    return tuple(found)


def objections(prefix: str) -> Iterator[Text]:
    """Why a prefix is to be left alone at this moment: each installer that works on it."""
    for one in working_on(prefix):
        yield text(
            "{program} works on {prefix} just now (process {process})",
            program=one.program,
            prefix=prefix,
            process=one.process,
        )


def refuse(prefix: str) -> None:
    """BadArguments if an installer works on a prefix at this moment."""
    for objection in objections(prefix):
        raise BadArguments(objection)


def installer(argv: Sequence[str]) -> str | None:
    """Which installer changes something by this command line; None if it is none, or only shows something."""
    rest = list(argv)
    name = os.path.basename(rest.pop(0))  # noqa: PTH119
    if _PYTHON.fullmatch(name):
        while rest and rest[0].startswith("-") and rest[0] not in ("-m", "-c"):
            rest = rest[2:] if rest[0] in ("-W", "-X") else rest[1:]
        if not rest or rest[0] == "-c":
            return None
        if rest[0] == "-m":
            rest = rest[1:]
        if not rest:
            return None
        script = rest.pop(0)
        name = os.path.basename(script.replace("\\", "/"))  # noqa: PTH119
        if name in ("__main__.py", "__pip-runner__.py"):
            name = os.path.basename(os.path.dirname(script)) if name == "__main__.py" else "pip"  # noqa: PTH119, PTH120
        elif name.endswith(".whl") or script.endswith(".whl/pip"):
            name = "pip"
    found = _INSTALLER.fullmatch(name)
    if found is None:
        return None
    verb = _verb(rest)
    if found[1].lower() == "uv" and verb == "pip":
        verb = _verb(rest[rest.index("pip") + 1 :])
    return None if verb is None or verb in _HARMLESS else re.sub(r"[\d.]+$", "", found[1].lower())


def _verb(words: list[str]) -> str | None:
    rest = iter(words)
    for word in rest:
        if word in _VALUED:
            next(rest, None)
        elif not word.startswith("-"):
            return word
    return None


def _concerns(process: Any, argv: Sequence[str], prefix: str) -> bool:
    """Whether a process has to do with the prefix, by its words, program, variables, folder or open files."""
    import psutil

    if any(_below(word.partition("=")[2] or word, prefix) for word in argv if os.sep in word):
        return True
    named = [argv[place + 1] for place, word in enumerate(argv[:-1]) if word in ("-n", "--name")]
    if os.path.basename(prefix) in named:  # noqa: PTH119
        return True

    def environ() -> bool:
        told = process.environ()
        return any(_plain(told[name]) == prefix for name in ("CONDA_PREFIX", "VIRTUAL_ENV") if told.get(name))

    looks: tuple[Callable[[], bool], ...] = (
        lambda: _below(process.exe(), prefix),
        environ,
        lambda: _below(process.cwd(), prefix),
        lambda: any(_below(file.path, prefix) for file in process.open_files()),
    )
    for look in looks:
        try:
            if look():
                return True
        except (psutil.Error, OSError):
            continue
    return False


def _plain(path: str) -> str:
    return os.path.normcase(os.path.realpath(path))


def _below(path: str, prefix: str) -> bool:
    """Whether a path as a process names it lies in the prefix; its links are not followed, a venv's python is one."""
    if not path:
        return False
    for plain in (os.path.normcase(os.path.normpath(path)), _plain(path)):
        if plain == prefix or plain.startswith(prefix.rstrip(os.sep) + os.sep):
            return True
    return False
