"""A dry run of pip in which nothing is built: run as `python dry_run.py REFUSED PIP ARGUMENTS…` by the interpreter in question.

* pip runs in this very process. Whatever it would have to build, and whatever it would clone, it starts a program for; here
  none is started but those in `_HARMLESS`, whose names cannot be a build backend's.
* What was refused is written into the file REFUSED, a line for each; the file is there only if something was.
* PIP is the folder of the pip that is run, or `-` for the interpreter's own.
* Standard library only, Python 3.8 or later; an older one, which has no audit hooks, is refused with exit code 3.
"""

from __future__ import annotations

import sys

if sys.version_info < (3, 8):  # noqa: UP036 - run by any interpreter; above every other import, so that an old Python gets this far
    sys.stderr.write("envguard-probe: Python %d.%d is too old, 3.8 is needed\n" % sys.version_info[:2])  # noqa: UP031 - as above
    sys.exit(3)

import os
import runpy
from typing import Any

_STARTS = (
    "subprocess.Popen",
    "os.system",
    "os.exec",
    "os.posix_spawn",
    "os.spawn",
    "os.fork",
    "os.forkpty",
    "pty.spawn",
)
_HARMLESS = ("lsb_release", "uname", "rustc", "keyring", "ldd")
"""What pip asks about the machine for its index, and where a password may be kept."""


def _words(event: str, args: tuple[Any, ...]) -> list[str]:
    """The command line that an audit event is about."""
    if event == "subprocess.Popen":
        line = args[1] if len(args) > 1 and args[1] else args[0]
    elif event in ("os.fork", "os.forkpty"):
        return [event]
    else:
        line = args[1] if len(args) > 1 and isinstance(args[1], (list, tuple)) else args[0]
    parts = line if isinstance(line, (list, tuple)) else [line]
    return [os.fsdecode(part) if isinstance(part, (str, bytes)) else str(part) for part in parts]


def _is_harmless(words: list[str]) -> bool:
    name = os.path.splitext(os.path.basename(words[0]))[0] if words else ""
    return name in _HARMLESS or name.startswith("ld-musl")


def main(refused: str, pip: str, *arguments: str) -> None:
    """Runs pip with these arguments; ends as pip does."""

    def refuse(event: str, args: tuple[Any, ...]) -> None:
        if event not in _STARTS:
            return
        words = _words(event, args)
        if _is_harmless(words):
            return
        with open(refused, "a", encoding="utf-8", errors="surrogateescape") as file:
            file.write(" ".join(words).replace("\n", " ") + "\n")
        raise PermissionError("envguard lets a forecast start no program")

    sys.addaudithook(refuse)
    here = os.path.dirname(os.path.abspath(__file__))
    sys.path[:] = [entry for entry in sys.path if os.path.abspath(entry or os.curdir) != here]
    sys.argv[1:] = arguments
    if pip == "-":
        runpy.run_module("pip", run_name="__main__", alter_sys=True)
    else:
        runpy.run_path(os.path.join(pip, "__pip-runner__.py"), run_name="__main__")


if __name__ == "__main__":
    if len(sys.argv) < 4:
        sys.stderr.write("usage: python dry_run.py REFUSED PIP ARGUMENT...\n")
        sys.exit(2)
    main(*sys.argv[1:])
