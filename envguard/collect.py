"""The roads to the facts: the probes called here, and the probes run by another interpreter.

All give the same dicts, which become an `Environment`, and what is set up round it is added. None writes anything
into the prefix. Nothing but the standard library is needed, for what is broken may be whatever envguard would import.
"""

from __future__ import annotations

import dataclasses
import json
import os
import shutil
import sys
import tempfile
import time
from pathlib import Path
from typing import TYPE_CHECKING

from envguard import brought
from envguard.errors import NoSuchEnvironment, ProbeFailed
from envguard.facts import Environment, process_from_dict
from envguard.model import text
from envguard.prefixes import is_environment, named
from envguard.probe import disk, live, reading, witness
from envguard.run import run
from envguard.store import Derived, Memory
from envguard.surroundings import surround

if TYPE_CHECKING:
    from collections.abc import Callable

    Progress = Callable[[int, int], None]

__all__ = ["by_import", "by_interpreter", "deeply", "forget", "named"]

_read: Memory[Environment] = Memory()
_told: Derived[Environment] = Derived()

SECONDS = 60.0
"""For an interpreter to start and read its files; network file systems can be slow, a hung one must end."""

_SHARE = 0.75
"""Of that time for the probe's looks, so that it can still answer."""

_ANSWER = 256 << 20
"""Bytes of an answer at most; that of a full Anaconda has one MB."""

_TOO_OLD = 3
"""The probe's exit code under a Python below 3.8."""


def by_import(prefix: str | Path | None = None, *, keep: bool = True, process: str | None = None) -> Environment:
    """The facts about a prefix, by default that of the running interpreter; NoSuchEnvironment if there is none.

    `process` is the kind of process that this one is ("kernel" or "fresh"); then it is asked, too, if the prefix is its own.
    Where nothing has changed since the last time, the very same object as then; `keep=False` is for a process that
    looks once and ends, for which it is not worth while to note what it rests on.
    """
    where = _where(prefix)
    known = _read.recall(where, _beside)
    if known is None:
        started = time.time()
        look = disk.look(where)
        known = Environment.from_dict(look.facts)
        if (
            keep and not known.problems
        ):  # what could not be read whole may be readable the next time, though no date tells
            beside = (look.facts["tools"], look.facts["writable"])
            _read.keep(where, known, witness.paths(look), beside, started, look.books.tree.stamps)
    with brought.visit():
        found = surround(_with_process(known, process))
    return _told.get(known, found, lambda: found)


def _with_process(env: Environment, kind: str | None) -> Environment:
    """The facts with those about this process, if the prefix is its own."""
    if kind is None or os.path.realpath(env.prefix) != os.path.realpath(sys.prefix):
        return env
    names = {name for script in env.activation or () for name in script.variables}
    return dataclasses.replace(env, process=process_from_dict(live.collect(kind, names)))


def deeply(
    prefix: str | Path | None = None, progress: Progress | None = None, *, process: str | None = None
) -> Environment:
    """As `by_import`, and every file of conda's that can be compared has been hashed.

    `progress` is told the bytes done and all bytes there are. Ctrl-C ends the workers, too.
    """
    # few ask for it, and the first check of every kernel would pay for the import
    from envguard.hashes import hash_files
    from envguard.probe import compiled, deep

    look = disk.look(_where(prefix))
    jobs, unknown = deep.jobs(look)
    hashed = hash_files(jobs, progress, deep.roots(look))
    found = deep.conclude(look, jobs, hashed.different, hashed.unreadable)
    if hashed.lost:
        reason = "{count} files were not hashed: " + (
            "it took too long" if hashed.late else "a worker process ended, fell silent or could not be started"
        )
        found["problems"].append({"source": "", "reason": reason, "args": {"count": hashed.lost}})
    facts = {
        **look.facts,
        "conda_packages": found["conda_packages"],
        "problems": [*look.facts["problems"], *found["problems"]],
        "compiled": compiled.every(look),
        "deep": {"files": hashed.files, "bytes": hashed.bytes, "unknown": unknown, "cached": found["cached"]},
    }
    with brought.visit():
        return surround(_with_process(Environment.from_dict(facts), process))


def forget() -> None:
    """Drops what is known of every prefix, so that the next look is a fresh one."""
    _read.forget()


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
        ran = run(
            [program, disk.__file__, "-", answer, f"{timeout * _SHARE:g}"],
            timeout,
            env={"PYTHONDONTWRITEBYTECODE": "1"},
        )
        if ran.code == _TOO_OLD or ran.last_line.startswith("SyntaxError"):
            raise ProbeFailed(text("{program} is older than Python 3.8, which the probe needs", program=given))
        if ran.code != 0:
            reason = ran.last_line or f"exit code {ran.code}"
            raise ProbeFailed(text("{program} could not run the probe: {reason}", program=given, reason=reason))
        return surround(_answer(answer, given))


def _where(prefix: str | Path | None) -> str:
    return sys.prefix if prefix is None else str(_existing(Path(prefix)))


def _beside(env: Environment) -> tuple[object, ...]:
    """What the probe tells of a prefix that no path in it shows: the programs on the PATH, and what may be written."""
    return disk.tools(env.prefix), disk.writable(env.prefix, list(env.site_packages))


def _existing(prefix: Path) -> Path:
    # resolve() would follow a linked environment, and pathlib raises for a user who does not exist and a closed folder
    folder = Path(os.path.abspath(os.path.expanduser(prefix)))  # noqa: PTH100, PTH111
    if not os.path.isdir(folder):  # noqa: PTH112
        raise NoSuchEnvironment(text("there is no folder {prefix}", prefix=str(folder)))
    if not is_environment(folder):
        raise NoSuchEnvironment(
            text("{prefix} is not an environment: it holds neither conda-meta nor a Python", prefix=str(folder))
        )
    return folder


def _answer(path: Path, program: str) -> Environment:
    try:
        return Environment.from_dict(json.loads(reading.read(str(path), _ANSWER)))
    except (OSError, ValueError, TypeError, LookupError, AttributeError, RecursionError) as error:
        raise ProbeFailed(text("{program} ran but did not answer; is it a Python?", program=program)) from error
