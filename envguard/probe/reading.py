"""Reading files that may be anything: regular or not, huge, locked, cut off."""

from __future__ import annotations

import hashlib
import os
import re
import stat
from typing import Any, Iterable, Iterator

RECORD_LIMIT = 64 << 20  # bytes of one record or RECORD; the largest seen in the wild is 9 MB
HASH_BUDGET = 64 << 20  # bytes of suspects hashed in one check
SAMPLE = 6  # paths named per set of files
PROBLEMS = 200  # problems told one by one

COMPILED = (".so", ".pyd", ".dll", ".dylib", ".PYD", ".DLL")
_VERSIONED = re.compile(r"\.so\.[\d.]+$")
BYTECODE = (".pyc", ".pyo")
NOT_IMPORTED = frozenset(("test", "tests", "testing", "doc", "docs", "example", "examples", "benchmarks"))


FOLDER_NAME = re.compile(r"(?P<name>.+?)-(?P<version>[^-]+?)(?:-py\d[\d.]*(?:-.*)?)?\.(?:dist|egg)-info$")


class Problems:
    """What could not be read, told once each and not without end."""

    def __init__(self) -> None:
        self.items: list[dict[str, Any]] = []
        self.untold = 0

    def add(self, source: str, reason: str, **args: Any) -> None:
        """Notes one problem; `reason` is a template for `args`."""
        if len(self.items) < PROBLEMS:
            self.items.append({"source": source, "reason": reason, "args": args})
        else:
            self.untold += 1

    def told(self) -> list[dict[str, Any]]:
        """Every problem, the last entry counting those beyond the limit."""
        if not self.untold:
            return self.items
        more = {"source": "", "reason": "{count} more files could not be read", "args": {"count": self.untold}}
        return [*self.items, more]


def read(path: str, limit: int) -> bytes:
    """The content of a regular file; OSError for anything else, so that a FIFO or a device cannot hang the check."""
    handle = os.open(path, os.O_RDONLY | getattr(os, "O_NONBLOCK", 0) | getattr(os, "O_BINARY", 0))
    try:
        status = os.fstat(handle)
        if not stat.S_ISREG(status.st_mode):
            raise OSError("not a regular file")
        if status.st_size > limit:
            raise OSError("larger than {} MB".format(limit >> 20))
        chunks = []
        left = limit + 1  # a file may grow, or claim no size at all
        while left > 0:
            chunk = os.read(handle, min(left, 1 << 20))
            if not chunk:
                break
            chunks.append(chunk)
            left -= len(chunk)
        return b"".join(chunks)
    finally:
        os.close(handle)


def why(error: BaseException) -> str:
    """An error in a few words, without the path, which the problem's source names already."""
    if isinstance(error, OSError) and error.strerror:
        return error.strerror
    return str(error).partition("\n")[0][:200] or type(error).__name__


def spellings(data: bytes) -> Iterator[str]:
    """The hashes of a text, as it is and before its line ends were converted (git and wheels on Windows)."""
    yield hashlib.sha256(data).hexdigest()
    unix = data.replace(b"\r\n", b"\n")
    yield hashlib.sha256(unix).hexdigest()
    yield hashlib.sha256(unix.replace(b"\n", b"\r\n")).hexdigest()


def hashes(path: str, text: bool) -> frozenset[str]:
    """The hashes a file answers to: of its content, and of its other line ends if it is a text; empty if unreadable."""
    try:
        if text:
            return frozenset(spellings(read(path, RECORD_LIMIT)))
        digest = hashlib.sha256()
        with open(path, "rb", buffering=0) as file:
            for chunk in iter(lambda: file.read(1 << 20), b""):
                digest.update(chunk)
    except OSError:
        return frozenset()
    return frozenset((digest.hexdigest(),))


def is_compiled(path: str) -> bool:
    """Whether a file is a library or an extension module, by its name."""
    return path.endswith(COMPILED) or (".so." in path and _VERSIONED.search(path) is not None)


def summarise(paths: Iterable[str]) -> dict[str, Any]:
    """Files by numbers, with a few names: compiled ones first, then Python sources."""
    compiled: list[str] = []
    python: list[str] = []
    rest: list[str] = []
    for path in paths:
        (compiled if is_compiled(path) else python if path.endswith(".py") else rest).append(path)
    sample = (sorted(compiled)[:SAMPLE] + sorted(python)[:SAMPLE] + sorted(rest)[:SAMPLE])[:SAMPLE]
    return {
        "count": len(compiled) + len(python) + len(rest),
        "compiled": len(compiled),
        "python": len(python),
        "sample": sample,
    }


def normalise(name: str) -> str:
    """A distribution's name as PEP 503 compares it."""
    return re.sub(r"[-_.]+", "-", name).strip("-").lower()


def strings(value: Any) -> list[str]:
    """The strings of a JSON list; nothing of anything else."""
    return [item for item in value if isinstance(item, str)] if isinstance(value, list) else []


def string(value: Any) -> str | None:
    """A JSON value if it is a string."""
    return value if isinstance(value, str) else None


def number(value: Any) -> int | None:
    """A JSON value if it is a whole number."""
    return value if isinstance(value, int) and not isinstance(value, bool) else None


def mtime(path: str) -> float | None:
    """When a file was last written; None if it is not there."""
    try:
        return os.lstat(path).st_mtime
    except OSError:
        return None
