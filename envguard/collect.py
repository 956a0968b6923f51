"""The roads to the facts: the probe called here, and the probe run by another interpreter.

Both give the same dict, which becomes an `Environment`, and what is set up round it is added. Neither writes anything
into the prefix. Nothing but the standard library is needed, for what is broken may be whatever envguard would import.
"""

from __future__ import annotations

import json
import os
import shutil
import sys
import tempfile
from pathlib import Path
from typing import Any

from envguard.errors import NoSuchEnvironment, ProbeFailed
from envguard.facts import Environment
from envguard.model import text
from envguard.prefixes import is_environment, named
from envguard.probe import disk
from envguard.run import run
from envguard.surroundings import surround

__all__ = ["by_import", "by_interpreter", "named"]

SECONDS = 60.0
"""For an interpreter to start and read its files; network file systems can be slow, a hung one must end."""

_TOO_OLD = 3
"""The probe's exit code under a Python below 3.8."""


def by_import(prefix: str | Path | None = None) -> Environment:
    """The facts about a prefix, by default that of the running interpreter; NoSuchEnvironment if there is none."""
    found = disk.collect(sys.prefix if prefix is None else str(_existing(Path(prefix))))
    return surround(Environment.from_dict(found))


def by_interpreter(executable: str | Path, timeout: float = SECONDS) -> Environment:
    """The facts about another interpreter's own prefix, told by itself; ProbeFailed if it cannot.

    The interpreter runs plainly, not with -I: that would hide what its users have on their path. It answers into a
    file, for a sitecustomize may print, and writes no .pyc.
    """
    given = os.path.expanduser(executable)  # noqa: PTH111 - a bare `python` must stay bare for which()
    program = shutil.which(given)
    if program is None:
        raise ProbeFailed(text("there is no program {program}", program=given))
    with tempfile.TemporaryDirectory(prefix="envguard-") as folder:
        answer = Path(folder, "facts.json")
        ran = run([program, disk.__file__, "-", answer], timeout, env={"PYTHONDONTWRITEBYTECODE": "1"})
        if ran.code == _TOO_OLD or ran.last_line.startswith("SyntaxError"):
            raise ProbeFailed(text("{program} is older than Python 3.8, which the probe needs", program=given))
        if ran.code != 0:
            reason = ran.last_line or f"exit code {ran.code}"
            raise ProbeFailed(text("{program} could not run the probe: {reason}", program=given, reason=reason))
        return surround(Environment.from_dict(_answer(answer, given)))


def _existing(prefix: Path) -> Path:
    folder = Path(os.path.abspath(prefix.expanduser()))  # noqa: PTH100 - resolve() would follow a linked environment
    if not folder.is_dir():
        raise NoSuchEnvironment(text("there is no folder {prefix}", prefix=str(folder)))
    if not is_environment(folder):
        raise NoSuchEnvironment(
            text("{prefix} is not an environment: it holds neither conda-meta nor a Python", prefix=str(folder))
        )
    return folder


def _answer(path: Path, program: str) -> Any:
    try:
        return json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise ProbeFailed(text("{program} ran but did not answer; is it a Python?", program=program)) from error
