"""The ledger of an environment: one line of JSON for each change that envguard has seen or found.

The contract:

* A line is written in one piece, at the end, under a lock, and is on the disk when `append` returns; no line is ever
  changed. What could not be written whole is taken off again, or closed by whoever writes next.
* Whatever stands in the file, reading raises nothing: what is no entry is skipped and told once.
* Of a large file only the end is read.
* No secret is written, whatever an entry holds.
"""

from __future__ import annotations

import contextlib
import errno
import json
import math
import os
import stat
from typing import TYPE_CHECKING, Any

from envguard import masking
from envguard.change_report import Done
from envguard.ledger_entry import Deed, Entry, Whence
from envguard.model import Change, Problem, text
from envguard.value import value

if TYPE_CHECKING:
    from pathlib import Path

SCHEMA = 1
"""The version of a line; a reader skips lines of a version that it does not know."""
NAME, LOCK = "ledger.jsonl", "ledger.lock"
NEWEST = 1 << 20
"""Bytes that are read of the end."""
PATIENCE = 10.0
_WORDS, _WORD = 400, 2000
_CHANGES = 4000
_STRING = 4096
_LARGEST = 1 << 62
_FLAGS = (
    getattr(os, "O_NOFOLLOW", 0)
    | getattr(os, "O_CLOEXEC", 0)
    | getattr(os, "O_BINARY", 0)
    | getattr(os, "O_NONBLOCK", 0)
)
"""No link is followed to a file of somebody else's, and a named pipe makes nobody wait."""


@value
class Read:
    """What a ledger says, the oldest entry first."""

    entries: tuple[Entry, ...]
    problems: tuple[Problem, ...] = ()
    whole: bool = True
    """False if older entries were left out."""


_last: dict[str, tuple[object, Read]] = {}


def append(folder: str | Path, entry: Entry, timeout: float = PATIENCE) -> Problem | None:
    """Writes an entry to the end of the ledger in a folder of ours; why it could not be written, None if it was."""
    path = _path(folder)
    line = json.dumps(line_of(entry), ensure_ascii=True, separators=(",", ":")).encode("ascii") + b"\n"
    from filelock import FileLock, Timeout

    try:
        lock = FileLock(os.path.join(folder, LOCK), timeout=timeout, mode=_mode(folder))  # noqa: PTH118 - a string is wanted
        with contextlib.ExitStack() as held:
            with contextlib.suppress(
                NotImplementedError
            ):  # a file system without locks; a line is still written in one piece
                held.enter_context(lock)
            _write(path, line, _mode(folder))
    except Timeout:
        return Problem(path, text("it is being written to by somebody else; the change was not noted"))
    except (OSError, ValueError) as error:
        return Problem(path, text("the change was not noted: {reason}", reason=_reason(error)))
    return None


def read(folder: str | Path, newest: int = NEWEST) -> Read:
    """What the ledger in a folder of ours says, from its last bytes; nothing if there is none."""
    path = _path(folder)
    try:
        handle = os.open(path, os.O_RDONLY | _FLAGS)
    except FileNotFoundError:
        return Read(())
    except (OSError, ValueError) as error:
        return Read((), (Problem(path, text("the ledger cannot be read: {reason}", reason=_reason(error))),))
    try:
        status = os.fstat(handle)
        if not stat.S_ISREG(status.st_mode):
            return Read((), (Problem(path, text("the ledger is no file")),))
        mark = (status.st_dev, status.st_ino, status.st_size, status.st_mtime_ns, status.st_ctime_ns, newest)
        known = _last.get(path)
        if known is not None and known[0] == mark:
            return known[1]
        told = _told(path, *_end(handle, status.st_size, newest))
    except OSError as error:
        return Read((), (Problem(path, text("the ledger cannot be read: {reason}", reason=_reason(error))),))
    finally:
        os.close(handle)
    if len(_last) > 8:
        _last.clear()
    _last[path] = (mark, told)
    return told


def line_of(entry: Entry) -> dict[str, Any]:
    """An entry as values that `json.dumps` takes; `ledger.schema.json` describes them."""
    whence = entry.whence
    return {
        "schema": SCHEMA,
        "id": _string(entry.id),
        "when": _string(entry.when),
        "deed": entry.deed.value,
        "tool": _optional(entry.tool),
        "verb": _optional(entry.verb),
        "command": [_string(word)[:_WORD] for word in masking.words(entry.command[:_WORDS])],
        "whence": {
            "notebook": _optional(whence.notebook),
            "cell": _optional(whence.cell),
            "count": whence.count,
            "user": _optional(whence.user),
            "process": whence.process,
        },
        "done": [
            {
                "actor": _optional(done.actor),
                "changes": [
                    {"name": _string(each.name), "before": _optional(each.before), "after": _optional(each.after)}
                    for each in done.changes[:_CHANGES]
                ],
            }
            for done in entry.done
        ],
        "kept": entry.kept,
        "failed": entry.failed,
        "checkpoint": _optional(entry.checkpoint),
        "envguard": _string(entry.envguard_version),
    }


def entry_of(line: object) -> Entry | None:
    """The entry that a line is; None if it is none. Keys that are not known are ignored."""
    if not isinstance(line, dict) or line.get("schema") != SCHEMA:
        return None
    try:
        whence = line.get("whence") or {}
        return Entry(
            _kind(line["id"], str),
            _kind(line["when"], str),
            Deed(line["deed"]),
            _kind(line.get("tool"), str, None),
            _kind(line.get("verb"), str, None),
            tuple(_kind(word, str) for word in _kind(line.get("command", []), list)),
            Whence(
                _kind(whence.get("notebook"), str, None),
                _kind(whence.get("cell"), str, None),
                _number(whence.get("count")),
                _kind(whence.get("user"), str, None),
                _number(whence.get("process")),
            ),
            tuple(_done(each) for each in _kind(line["done"], list)),
            _kind(line.get("kept"), bool, None),
            _kind(line.get("failed"), bool, None),
            _kind(line.get("checkpoint"), str, None),
            _kind(line.get("envguard", ""), str),
        )
    except (KeyError, TypeError, ValueError, AttributeError):
        return None


def _done(data: Any) -> Done:
    changes = tuple(
        Change(_kind(each["name"], str), _kind(each.get("before"), str, None), _kind(each.get("after"), str, None))
        for each in _kind(data["changes"], list)
    )
    return Done(_kind(data.get("actor"), str, None), changes)


def _kind(data: Any, *kinds: type | None) -> Any:
    """A value of one of these kinds; TypeError for any other."""
    if data is None and None in kinds:
        return None
    if type(data) not in kinds:
        raise TypeError
    return data


def _number(data: Any) -> int | None:
    if data is None:
        return None
    number: int = _kind(data, int)
    return number if abs(number) < _LARGEST else None


def _told(path: str, data: bytes, whole: bool) -> Read:
    """The entries of the lines, and one problem for all those that are none."""
    entries: list[Entry] = []
    strange = newer = 0
    *lines, rest = data.split(b"\n")
    for line in lines:
        if not line.strip(b" \t\r\0\xef\xbb\xbf"):
            continue
        told = _parsed(line)
        entry = entry_of(told)
        if entry is not None:
            entries.append(entry)
        elif isinstance(told, dict) and type(told.get("schema")) is int and told["schema"] > SCHEMA:
            newer += 1
        else:
            strange += 1
    torn = False
    if rest.strip():
        last = entry_of(_parsed(rest))
        torn = last is None
        entries += [last] if last is not None else []
    problems = []
    if strange:
        said = text(
            "{n} line of the ledger is no entry and was left out",
            "{n} lines of the ledger are no entries and were left out",
            n=strange,
        )
        problems.append(Problem(path, said))
    if torn:
        problems.append(Problem(path, text("the last line of the ledger was not written whole")))
    if newer:
        said = text(
            "{n} line of the ledger was written by a newer envguard",
            "{n} lines of the ledger were written by a newer envguard",
            n=newer,
        )
        problems.append(Problem(path, said))
    return Read(tuple(entries), tuple(problems), whole)


def _parsed(line: bytes) -> object:
    try:
        return json.loads(line.decode("utf-8-sig"), parse_constant=lambda _name: math.nan)
    except (ValueError, RecursionError):
        return None


def _end(handle: int, size: int, newest: int) -> tuple[bytes, bool]:
    """The lines that begin within the last bytes, and whether these are all."""
    os.lseek(handle, max(0, size - newest), os.SEEK_SET)
    parts, left = [], newest
    while left and (part := os.read(handle, left)):
        parts.append(part)
        left -= len(part)
    data = b"".join(parts)
    if size <= newest:
        return data, True
    return data[data.find(b"\n") + 1 :] if b"\n" in data else b"", False


def _write(path: str, line: bytes, mode: int) -> None:
    """Writes a line in one piece; what could not be written whole is taken off again."""
    handle = _opened(path, mode)
    try:
        status = os.fstat(handle)
        if not stat.S_ISREG(status.st_mode):
            raise ValueError("it is no file")
        size = status.st_size
        if size and not _ends(handle, size):
            line = b"\n" + line  # somebody was stopped in the middle of a line
        try:
            if os.write(handle, line) != len(line):
                raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))  # noqa: TRY301 - undone as an error of its own is
            os.fsync(handle)
        except OSError:
            with contextlib.suppress(OSError):  # the lock is ours, nobody has written since
                os.ftruncate(handle, size)
            raise
    finally:
        os.close(handle)


def _opened(path: str, mode: int) -> int:
    flags = os.O_RDWR | os.O_APPEND | _FLAGS
    try:
        handle = os.open(path, flags | os.O_CREAT | os.O_EXCL, 0o600)
    except FileExistsError:
        return os.open(path, flags)
    if hasattr(os, "fchmod"):
        with contextlib.suppress(OSError):
            os.fchmod(handle, mode)
    return handle


def _ends(handle: int, size: int) -> bool:
    os.lseek(handle, size - 1, os.SEEK_SET)
    return os.read(handle, 1) == b"\n"


def _mode(folder: str | Path) -> int:
    """Who may enter the folder may read the ledger, and who may write into it may write the ledger."""
    return os.stat(folder).st_mode & 0o666  # noqa: PTH116 - a string or a Path


def _path(folder: str | Path) -> str:
    return os.path.join(folder, NAME)  # noqa: PTH118 - a string is wanted


def _reason(error: Exception) -> str:
    return getattr(error, "strerror", None) or str(error)


def _string(said: str) -> str:
    """A string without secrets that UTF-8 can hold, of a length that anybody would read."""
    return masking.without_secrets(said[:_STRING]).encode("utf-8", "backslashreplace").decode("utf-8")


def _optional(said: str | None) -> str | None:
    return None if said is None else _string(said)
