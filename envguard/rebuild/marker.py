"""What marks a half-built environment: a folder in it that says what it is to become, there from the first moment to the last.

While it is there the environment is unfinished, whatever ended the work. It goes once everything else is done.
"""

from __future__ import annotations

import json
import os
import shutil
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING, Any

from envguard import store
from envguard.analyse import now
from envguard.changes import busy
from envguard.errors import BadArguments
from envguard.model import text
from envguard.probe.marks import UNFINISHED
from envguard.value import value

if TYPE_CHECKING:
    from collections.abc import Mapping

NAME, _, _FILE = UNFINISHED.partition("/")
SCHEMA = 1
_LIMIT = 1 << 20


@value
class Marker:
    """An unfinished rebuild."""

    target: str
    source: str
    """The old prefix."""
    options: Mapping[str, Any]
    """As it was asked for."""
    process: int
    started: float
    """When that process began, by which another one of its number is told apart."""
    made_at: str


def read(target: str) -> Marker | None:
    """The marker of a folder; None if it has none, or one that came here with a copy."""
    try:
        with Path(target, NAME, _FILE).open("rb") as file:
            told = json.loads(file.read(_LIMIT).decode("utf-8"))
        if told["schema"] != SCHEMA or told["target"] != target:
            return None
        return Marker(
            str(told["target"]),
            str(told["source"]),
            dict(told["options"]),
            int(told["process"]),
            float(told["started"]),
            str(told["made_at"]),
        )
    except (OSError, ValueError, KeyError, TypeError):
        return None


def begin(target: str, source: str, options: Mapping[str, Any]) -> Path:
    """Makes the folder, if need be, and marks it; our folder in it. BadArguments if somebody else was first."""
    place = Path(target, NAME)
    made = False
    try:
        made = not Path(target).is_dir()
        Path(target).mkdir(exist_ok=True)
        if read(target) is None:
            for left in [each.name for each in os.scandir(target) if remnant(each.name)]:
                shutil.rmtree(Path(target, left))
        work = Path(tempfile.mkdtemp(prefix=f"{NAME}.", dir=target))
        _write(work, target, source, options)
        work.rename(place)  # with its file, or not at all
    except OSError as error:
        if made:
            shutil.rmtree(target, ignore_errors=True)
        if read(target) is not None:
            raise BadArguments(text("another rebuild works on {folder}", folder=target)) from error
        reason = error.strerror or str(error)
        raise BadArguments(text("{folder} cannot be made: {reason}", folder=target, reason=reason)) from error
    return place


def remnant(name: str) -> bool:
    """Whether something in a folder without a marker is what an end before the first moment, or after the last, left there."""
    return name == NAME or name.startswith(f"{NAME}.")


def again(found: Marker) -> Path:
    """Takes an unfinished rebuild over and empties it, but for what was fetched; our folder in it."""
    place = Path(found.target, NAME)
    _undisturbed(found)
    try:
        _write(place, found.target, found.source, found.options)
        for entry in os.scandir(found.target):
            if entry.name != NAME:
                _remove(entry.path)
    except OSError as error:
        reason = error.strerror or str(error)
        raise BadArguments(text("{folder} cannot be emptied: {reason}", folder=found.target, reason=reason)) from error
    return place


def end(target: str) -> None:
    """Declares it finished: the file goes first, which alone decides."""
    Path(target, NAME, _FILE).unlink()
    shutil.rmtree(Path(target, NAME), ignore_errors=True)


def discard(target: str) -> Marker:
    """Removes an unfinished environment; BadArguments if it is none of ours, or is being built."""
    found = read(target)
    if found is None:
        raise BadArguments(text("{folder} is no environment that a rebuild has left unfinished", folder=target))
    _undisturbed(found)
    try:
        # all else first: while the mark is there, it can be said what this is
        for entry in os.scandir(target):
            if entry.name != NAME:
                _remove(entry.path)
        shutil.rmtree(target)
    except OSError as error:
        reason = error.strerror or str(error)
        raise BadArguments(text("{folder} cannot be removed: {reason}", folder=target, reason=reason)) from error
    return found


def _undisturbed(found: Marker) -> None:
    """BadArguments if it is being built, or an installer that a killed rebuild has left behind still works on it."""
    if running(found):
        raise BadArguments(
            text("{folder} is being built just now (process {process})", folder=found.target, process=found.process)
        )
    busy.refuse(found.target)


def running(found: Marker) -> bool:
    """Whether the process that builds it is still at work."""
    import psutil

    try:
        process = psutil.Process(found.process)
        alive = process.status() != psutil.STATUS_ZOMBIE and found.process != os.getpid()
        return alive and abs(process.create_time() - found.started) < 1
    except psutil.Error:
        return False


def _write(place: Path, target: str, source: str, options: Mapping[str, Any]) -> None:
    import psutil

    told = {
        "schema": SCHEMA,
        "says": "envguard is building this environment, or was interrupted: `envguard rebuild FOLDER --resume` begins it anew, `--discard` removes it",
        "target": target,
        "source": source,
        "options": dict(options),
        "process": os.getpid(),
        "started": psutil.Process().create_time(),
        "made_at": now(),
    }
    store.write_atomically(place / _FILE, json.dumps(told, indent=1).encode(), 0o600)


def _remove(path: str) -> None:
    if os.path.isdir(path) and not os.path.islink(path):  # noqa: PTH112, PTH114
        shutil.rmtree(path)
    else:
        Path(path).unlink()
