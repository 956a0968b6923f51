"""The roads to the facts: the probes called here, and the probes run by another interpreter.

All give the same dicts, which become an `Environment`, and what is set up round it is added. None writes anything
into the prefix. Nothing but the standard library is needed, for what is broken may be whatever envguard would import.
"""

from __future__ import annotations

import dataclasses
import errno
import os
import shlex
import shutil
import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any

from envguard import ahead, asking, brought
from envguard.errors import NoSuchEnvironment, ProbeFailed
from envguard.facts import Environment, process_from_dict
from envguard.model import text
from envguard.prefixes import is_environment, named
from envguard.probe import disk, live, marks, witness
from envguard.process import Process
from envguard.store import Derived, Memory
from envguard.surroundings import surround

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping

    Progress = Callable[[int, int], None]

__all__ = [
    "activated",
    "by_answer",
    "by_client",
    "by_files",
    "by_import",
    "by_interpreter",
    "by_kernelspec",
    "by_started",
    "deeply",
    "forget",
    "named",
    "unasked",
    "with_driver",
]

_read: Memory[Environment] = Memory()
_told: Derived[Environment] = Derived()
_last: dict[str, tuple[dict[str, Any], Process]] = {}

SECONDS = 60.0
"""For an interpreter to start and read its files; network file systems can be slow, a hung one must end."""

_SHARE = 0.75
"""Of that time for the probe's looks, so that it can still answer."""

PATIENCE = 2.0
"""Seconds for a kernel to answer; one that runs a cell may do so for hours."""


def by_import(
    prefix: str | Path | None = None,
    *,
    keep: bool = True,
    process: str | Process | None = None,
    meanwhile: Callable[[], object] | None = None,
) -> Environment:
    """The facts about a prefix, by default that of the running interpreter; NoSuchEnvironment if there is none.

    `process` is the kind of process that this one is ("kernel" or "fresh"); then it is asked, too, if the prefix is its own.
    It may also be what another one has told, which is taken if that one's prefix it is.
    Where nothing has changed since the last time, the very same object as then; `keep=False` is for a process that
    looks once and ends, for which it is not worth while to note what it rests on. `meanwhile` is done before the files are
    looked at, if they are: another process may begin to read then.
    """
    known = _files(folder_of(prefix), keep=keep, meanwhile=meanwhile)
    with brought.visit():
        other = isinstance(process, Process) and os.path.realpath(process.prefix) != os.path.realpath(known.prefix)
        found = surround(_with_process(known, None if other else process))
    return _told.get(known, found, lambda: found)


def by_files(prefix: str | Path) -> Environment:
    """What the files of a prefix tell, without what is set up round it: for questions that come with each key typed."""
    return _files(folder_of(prefix))


def _files(where: str, *, keep: bool = True, meanwhile: Callable[[], object] | None = None) -> Environment:
    """What the files of a prefix say, from memory where they are as they were."""
    known = _read.recall(where, _beside)
    if known is not None:
        return known
    started = time.time()
    with ahead.reading_records(where) as read:
        if meanwhile is not None:
            meanwhile()
        look = disk.look(where, read=read)
    known = Environment.from_dict(look.facts)
    if keep and not known.problems:  # what could not be read whole may be readable the next time, though no date tells
        beside = (look.facts["tools"], look.facts["writable"])
        _read.keep(where, known, witness.paths(look), beside, started, look.books.tree.stamps)
    return known


def _with_process(env: Environment, kind: str | Process | None) -> Environment:
    """The facts with those about this process, if the prefix is its own."""
    if isinstance(kind, Process):
        return dataclasses.replace(env, process=kind)
    if kind is None or os.path.realpath(env.prefix) != os.path.realpath(sys.prefix):
        return env
    return dataclasses.replace(env, process=_typed(asking.here(kind, _activated(env))))


def _typed(told: dict[str, Any]) -> Process:
    """The typed view of what this process tells; the same object as the last time if it tells the same."""
    known = _last.get("told")
    if known is None or known[0] != told:
        known = _last["told"] = (told, process_from_dict(told))
    return known[1]


def _activated(env: Environment) -> tuple[str, ...]:
    """The variables that scripts of the environment set when it is activated."""
    return tuple(sorted({name for script in env.activation or () for name in script.variables}))


def deeply(
    prefix: str | Path | None = None, progress: Progress | None = None, *, process: str | Process | None = None
) -> Environment:
    """As `by_import`, and every file of conda's that can be compared has been hashed.

    `process` may also be what another one has told.
    `progress` is told the bytes done and all bytes there are. Ctrl-C ends the workers, too.
    """
    # few ask for it, and the first check of every kernel would pay for the import
    from envguard.hashes import hash_files
    from envguard.probe import compiled, deep

    look = disk.look(folder_of(prefix), whole=True)
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


def with_driver(env: Environment) -> Environment:
    """The facts with what NVIDIA's driver and CUDA libraries say, called in a process that has the variables of env.process.

    Unchanged where that cannot be: not on Linux, or not on the machine of the environment.
    """
    # few ask for it, and the first check of every kernel would pay for the import
    from envguard import natively

    if env.distributions is None and env.conda_packages is None:
        return env
    told = natively.driver(env, natively.files(env))
    return env if told is None else dataclasses.replace(env, driver=told)


def forget() -> None:
    """Drops what is known of every prefix, so that the next look is a fresh one."""
    _read.forget()


def by_interpreter(executable: str | Path, timeout: float = SECONDS) -> Environment:
    """The facts about another interpreter's own prefix, told by itself; ProbeFailed if it cannot."""
    given = os.path.expanduser(executable)  # noqa: PTH111 - a bare `python` must stay bare for which()
    program = shutil.which(given)
    if program is None:
        raise ProbeFailed(text("there is no program {program}", program=given))

    def command(probe: Iterable[str]) -> list[str]:
        return [program, *probe]

    share = f"{timeout * _SHARE:g}"
    answer = asking.answer_of(command, given, disk.__file__, lambda out: ["-", out, share], timeout)
    try:
        env = Environment.from_dict(answer)
        process = process_from_dict(asking.program(command, given, _activated(env), timeout))
    except (TypeError, LookupError, AttributeError, ValueError) as error:
        raise asking.not_understood(given) from error
    return surround(dataclasses.replace(env, process=process))


def by_kernelspec(name: str, timeout: float = SECONDS) -> Environment:
    """The facts about the environment of a kernel, asked of an interpreter that is started as Jupyter would start it."""
    from envguard.surroundings.launch import launch

    found = launch(name)
    return _by_process(lambda names: asking.program(found.command, name, names, timeout, found.variables))


def by_client(kernel: Any, timeout: float = PATIENCE, prefix: str | Path | None = None) -> Environment:
    """The facts about a running kernel's environment, told by itself to its client.

    If it is too busy to answer, those about the files of `prefix`, where that is known; asking.Busy where it is not.
    """
    try:
        return _by_process(lambda names: asking.client(kernel, names, timeout))
    except asking.Busy as busy:
        if prefix is None:
            raise
        return dataclasses.replace(by_import(prefix), unasked=busy.text)


def _by_process(ask: Callable[[Iterable[str]], Mapping[str, Any]]) -> Environment:
    """What a process tells, and what the files of its prefix say if they are on this machine."""
    told = ask(())
    more = unasked(told)
    return by_answer(ask(more) if more else told)


def activated(prefix: str | Path) -> tuple[str, ...]:
    """The variables that scripts of a prefix set when it is activated, and that a process tells only if asked."""
    names = _activated(_files(folder_of(prefix)))
    return tuple(name for name in names if not live.TOLD.fullmatch(name))


def unasked(told: Mapping[str, Any]) -> tuple[str, ...]:
    """The variables that a process has not been asked for, and that scripts of its environment set."""
    if not asking.is_here(told):
        return ()
    known = {each["name"] for each in told["variables"]}
    return tuple(name for name in activated(told["prefix"]) if name not in known)


def by_answer(told: Mapping[str, Any]) -> Environment:
    """What a process has told of itself, and what the files of its prefix say if they are on this machine."""
    if not asking.is_here(told):
        return dataclasses.replace(_elsewhere(told), process=process_from_dict(told))
    env = _files(folder_of(told["prefix"]))
    found = surround(dataclasses.replace(env, process=process_from_dict(told)))
    return _told.get(env, found, lambda: found)


def by_started(
    program: str, prefix: str, variables: Mapping[str, str | None], folder: str | None, timeout: float = SECONDS
) -> Environment:
    """The facts about a prefix, its files and what an interpreter tells that is started as a running one was.

    `variables` and `folder` are that one's; None stands for a variable that it has not.
    """
    env = _files(folder_of(prefix))
    told = asking.program(lambda probe: [program, *probe], program, _activated(env), timeout, variables, folder)
    return surround(dataclasses.replace(env, process=process_from_dict(told)))


def _elsewhere(told: Mapping[str, Any]) -> Environment:
    """The environment of a process on another machine, of whose files nothing is known."""
    layout = "windows" if told["system"] == "Windows" else "unix"
    return Environment.unread(told["prefix"], layout, told["python_version"])


def folder_of(prefix: str | Path | None) -> str:
    """The folder of an environment, by default that of the running interpreter; NoSuchEnvironment if there is none."""
    return sys.prefix if prefix is None else str(_existing(Path(prefix)))


def _beside(env: Environment) -> tuple[object, ...]:
    """What the probe tells of a prefix that no path in it shows: the programs on the PATH, and what may be written."""
    return disk.tools(env.prefix), marks.writable(env.prefix, list(env.site_packages))


def _existing(prefix: Path) -> Path:
    # resolve() would follow a linked environment, and pathlib raises for a user who does not exist and a closed folder
    folder = Path(os.path.abspath(os.path.expanduser(prefix)))  # noqa: PTH100, PTH111
    if not os.path.isdir(folder):  # noqa: PTH112
        raise NoSuchEnvironment(text("there is no folder {prefix}", prefix=str(folder)))
    if not is_environment(folder):
        if not os.access(folder, os.R_OK | os.X_OK):
            reason = os.strerror(errno.EACCES)
            raise NoSuchEnvironment(text("{file} cannot be read: {reason}", file=str(folder), reason=reason))
        if marks.unfinished(str(folder)):
            raise NoSuchEnvironment(
                text(
                    "{prefix} was left unfinished by a rebuild: `envguard rebuild {target} --resume` begins it anew, `--discard` removes it",
                    prefix=str(folder),
                    target=shlex.quote(str(folder)),
                )
            )
        raise NoSuchEnvironment(
            text("{prefix} is not an environment: it holds neither conda-meta nor a Python", prefix=str(folder))
        )
    return folder
