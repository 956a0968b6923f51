"""Reading files that may be anything: regular or not, huge, locked, cut off."""

from __future__ import annotations

import errno
import hashlib
import os
import re
import stat
import time
from functools import lru_cache
from typing import Any, Iterable, Iterator, Tuple

Stamp = Tuple[int, int, int]  # evaluated when run, hence in Python 3.8's spelling

RECORD_LIMIT = 64 << 20  # bytes of one record or RECORD; the largest seen in the wild is 9 MB
BOOK_LIMIT = 16 << 20  # bytes of a history
HEADERS_LIMIT = 4 << 20  # bytes of a METADATA; those with a whole manual in them have half a megabyte
SMALL_LIMIT = 256 << 10  # bytes of a file of a few lines
TOTAL = 1 << 30  # bytes of both books together; those of a full Anaconda have 60 MB
HASH_BUDGET = 64 << 20  # bytes of suspects hashed in one check
SECONDS = 45.0  # for all looks together; a cold network share takes 20
LISTING_SHARE = 0.6  # of that time for the folders, so that the books themselves are read to their end
SAMPLE = 6  # paths named per set of files
PROBLEMS = 200  # problems told one by one
SAME = 50  # of them of one kind
LISTED = 5000  # requirements of one package
LONGEST = 4096  # characters of a path or another text, more than which no system opens
NAME_LIMIT = 255  # characters of a file's name

COMPILED = (".so", ".pyd", ".dll", ".dylib", ".PYD", ".DLL")
_VERSIONED = re.compile(r"\.so\.[\d.]+$")
BYTECODE = (".pyc", ".pyo")
CACHE = "__pycache__"
NOT_IMPORTED = frozenset(("test", "tests", "testing", "doc", "docs", "example", "examples", "benchmarks"))


_YEAR_9999 = 253370764800
OUTSIDE = "a link that leads out of the environment, which was not followed"

_SPEC_NAME = re.compile(r"\s*(?:[^\s:\[]+::)?([A-Za-z0-9_][A-Za-z0-9_.-]*)")
FOLDER_NAME = re.compile(r"(?P<name>.+?)-(?P<version>[^-]+?)(?:-py\d[\d.]*(?:-.*)?)?\.(?:dist|egg)-info$")


class Problems:
    """What could not be read, told once each and not without end."""

    def __init__(self) -> None:
        self.items: list[dict[str, Any]] = []
        self.untold = 0
        self._same: dict[str, int] = {}

    def add(self, source: str, reason: str, **args: Any) -> None:
        """Notes one problem; `reason` is a template for `args`."""
        same = self._same[reason] = self._same.get(reason, 0) + 1
        if same <= SAME and len(self.items) < PROBLEMS:
            self.items.append({"source": source, "reason": reason, "args": args})
        else:
            self.untold += 1

    def told(self) -> list[dict[str, Any]]:
        """Every problem, the last entry counting those beyond the limit."""
        if not self.untold:
            return self.items
        more = {"source": "", "reason": "{count} more files could not be read", "args": {"count": self.untold}}
        return [*self.items, more]


class Patience:
    """How long and how much is read; beyond that nothing more is looked at, and what is left out is counted."""

    def __init__(self, seconds: float = SECONDS, size: int = TOTAL) -> None:
        self.seconds = seconds
        self.size = size
        start = time.monotonic()
        self._end, self._listing_end = start + seconds, start + seconds * LISTING_SHARE
        self.folders = 0
        self.files = 0
        self.records = 0
        self.distributions = 0

    def over(self) -> bool:
        """Whether no more files are to be opened."""
        return self.size < 0 or time.monotonic() > self._end

    def listing_over(self) -> bool:
        """Whether no more folders are to be listed for their names."""
        return time.monotonic() > self._listing_end

    def tell(self, problems: Problems) -> None:
        """Notes what was left out, if anything was."""
        folders, files = self.folders + self.distributions, self.files + self.records
        if folders or files:
            reason = (
                "reading took more than {seconds} s" if self.size >= 0 else "there is more than {megabytes} MB to read"
            )
            reason += ": {folders} folders and {files} files were not looked at, what is in them is unknown"
            limits = {"seconds": "{:g}".format(self.seconds)} if self.size >= 0 else {"megabytes": TOTAL >> 20}
            problems.add("", reason, folders=folders, files=files, **limits)


def is_gone(path: str) -> bool:
    """Whether there is nothing at a path, which what may not be looked at does not show."""
    try:
        os.stat(path)
    except (FileNotFoundError, NotADirectoryError):
        return True
    except (OSError, ValueError):
        pass
    return False


def names(path: str, root: str) -> list[str]:
    """The names in a folder; OSError if it is a link that leads out of the prefix."""
    if os.path.islink(path) and not below(os.path.realpath(path), root):
        raise OSError(OUTSIDE)
    return os.listdir(path)


def below(path: str, root: str) -> bool:
    """Whether a resolved path is the resolved prefix, or lies in it."""
    return path == root or path.startswith(root.rstrip(os.sep) + os.sep)


_FLAGS = os.O_RDONLY | getattr(os, "O_NONBLOCK", 0) | getattr(os, "O_BINARY", 0) | getattr(os, "O_NOCTTY", 0)


def _open(path: str, root: str | None) -> int:
    """A handle for reading that waits for nothing; with a root, OSError for a link that leads out of it."""
    if root is None:
        return os.open(path, _FLAGS)
    if not hasattr(os, "O_NOFOLLOW"):
        if os.path.islink(path) and not below(os.path.realpath(path), root):
            raise OSError(OUTSIDE)
        return os.open(path, _FLAGS)
    try:
        return os.open(path, _FLAGS | os.O_NOFOLLOW)
    except OSError as error:
        if error.errno not in (errno.ELOOP, errno.EMLINK) or not os.path.islink(path):
            raise
    real = os.path.realpath(path)
    if not below(real, root):
        raise OSError(OUTSIDE)
    return os.open(real, _FLAGS | os.O_NOFOLLOW)


def head(path: str, size: int, root: str | None = None) -> bytes:
    """The first bytes of a regular file, with a root only of one below it; nothing of anything else."""
    try:
        handle = _open(path, root)
    except (OSError, ValueError):
        return b""
    try:
        return os.read(handle, size) if stat.S_ISREG(os.fstat(handle).st_mode) else b""
    except OSError:
        return b""
    finally:
        os.close(handle)


def chunks(path: str, limit: int, root: str | None = None) -> Iterator[bytes]:
    """The content of a regular file; OSError for anything else, so that a FIFO or a device cannot hang the check.

    With the prefix as the root, a link that leads out of it is an error, too.
    """
    try:
        handle = _open(path, root)
    except ValueError as error:  # a NUL, or what no file name can hold
        raise OSError(str(error)) from error
    try:
        status = os.fstat(handle)
        if not stat.S_ISREG(status.st_mode):
            raise OSError("not a regular file")
        left = limit if status.st_size <= limit else -1
        # for the whole file and a byte more, since less than was asked for is the end of it: one call for most files
        ask = min(max(status.st_size + 1, 1 << 12), 1 << 20)
        while left >= 0:  # a file may grow, or claim no size at all
            chunk = os.read(handle, min(left + 1, ask))
            left -= len(chunk)
            if chunk:
                yield chunk
            if not chunk or 0 < status.st_size == len(chunk) < ask:
                return
        size = "{} MB".format(limit >> 20) if limit >> 20 else "{} kB".format(limit >> 10)
        raise OSError("larger than " + size)
    finally:
        os.close(handle)


def read(path: str, limit: int, root: str | None = None) -> bytes:
    """The whole of `chunks`."""
    return b"".join(chunks(path, limit, root))


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


def hashes(path: str, text: bool, root: str | None = None) -> frozenset[str]:
    """The hashes a file answers to: of its content, and of its other line ends if it is a text; empty if unreadable."""
    try:
        if text:
            return frozenset(spellings(read(path, HASH_BUDGET, root)))
        digest = hashlib.sha256()
        for chunk in chunks(path, HASH_BUDGET, root):
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
    count = len(compiled) + len(python) + len(rest)
    # of most packages there is none
    sample = (sorted(compiled)[:SAMPLE] + sorted(python)[:SAMPLE] + sorted(rest)[:SAMPLE])[:SAMPLE] if count else []
    return {
        "count": count,
        "compiled": len(compiled),
        "python": len(python),
        "sample": sample,
    }


@lru_cache(maxsize=4096)
def normalise(name: str) -> str:
    """A distribution's name as PEP 503 compares it."""
    return re.sub(r"[-_.]+", "-", name).strip("-").lower()


@lru_cache(maxsize=16384)
def spec_name(spec: str) -> str | None:
    """The package a conda spec is about, without parsing the rest and without a library; None if it names none."""
    match = _SPEC_NAME.match(spec)
    return match.group(1).lower() if match else None


def strings(value: Any) -> list[str]:
    """The strings of a JSON list, endless ones apart; nothing of anything else."""
    return [s for s in value if isinstance(s, str) and len(s) <= LONGEST] if isinstance(value, list) else []


def string(value: Any) -> str | None:
    """A JSON value if it is a string, and none without end."""
    return value if isinstance(value, str) and len(value) <= LONGEST else None


def number(value: Any) -> int | None:
    """A JSON value if it is a whole number."""
    return value if isinstance(value, int) and not isinstance(value, bool) and abs(value) < 1 << 63 else None


def stamp(status: os.stat_result) -> Stamp:
    """What shows that a path has changed: its times and its size."""
    return status.st_mtime_ns, status.st_ctime_ns, status.st_size


def mtime(path: str) -> float | None:
    """When a file was last written; None if it is not there, or its date is none that a calendar has."""
    try:
        when = os.lstat(path).st_mtime
    except (OSError, ValueError):
        return None
    return when if 0 <= when < _YEAR_9999 else None
