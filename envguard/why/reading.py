"""From an exception, or from a text that somebody pasted, to the errors in it: groups of symptoms, the last one first.

Errors of one chain (`raise ... from`, "During handling of ...") are one group. A text may be anything: a traceback of
Python or IPython with its colours, a log with many errors, one line. Reading never fails and takes time in proportion
to the text.
"""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import TYPE_CHECKING

from envguard.errors import BadArguments
from envguard.model import text
from envguard.why.symptom import LONGEST, Symptom, about, symptom

if TYPE_CHECKING:
    from collections.abc import Iterator

Group = tuple[Symptom, ...]
"""The errors of one chain, the last one first."""

LARGEST = 32 << 20
"""Characters of a text that are looked at: its end."""
_GROUPS, _CHAIN, _FRAMES = 64, 20, 60
_TAILS = (2_000, 30_000)
"""Lines from the end of a long text that are tried before all of it."""
_LINE = 4000
_SHORT = 40
"""So few lines are all taken for what somebody wants explained."""
_FOLLOWING = 12
"""Lines that may belong to a message after its first."""

_ANSI = re.compile(r"\x1b(?:\[[0-9;:?]{0,40}[ -/]{0,4}[@-~]|\][^\x07\x1b\n]{0,2000}(?:\x07|\x1b\\)?|[@-Z\\-_])")
_KIND = re.compile(
    r"(?<![\w./\\-])((?:[A-Za-z_]\w{0,80}\.){0,8}[A-Za-z_]?\w{0,80}(?:Error|Exception|Warning))(?![\w.(/\\])(?::(?:\s+(.*))?|\s*$)"
)
_DOTTED = re.compile(r"((?:[a-z_]\w{0,80}\.){1,8}[A-Z]\w{1,80}): (.+)")
"""A type that does not say by its name that it is an error, as the last line of a traceback has it: with its module."""
_FILE = re.compile(r'\s*File "([^"]{1,1000})", line \d')
_FATAL = "Fatal Python error: "
"""What Python says where it ends itself, in English everywhere; the files follow, the one in which it was first."""
_FILE_OF_IPYTHON = re.compile(r"(?:File )?(\S{1,1000}?\.py)(?::\d+| in )")
_CHAINED = ("The above exception was the direct cause", "During handling of the above exception")
"""Python says these in English everywhere."""
_MARK = re.compile(
    r"\.so\b|\.dylib|\.dll|\.pyd|\bOMP:|GLIBC|CXXABI|MKL|proj\.db|DATABASE\.LAYOUT|HDF5|Headers are|[Qq]t[\s_]|\bsm_\d"
    r"|found version|CUDA|NVML|cuDNN|torchvision::|METADATA|No module named|API version|size changed|Descriptors|_ARRAY_API"
    r"|multiarray|site-packages|SSL"
)
_FRAMING = re.compile(r"\s*(?:Traceback \(|-{3,}|={3,}|Cell In|\d+ |---->|-->|\^+\s*$|~+\^)")


def groups_of(error: BaseException | str | bytes | Path | None) -> tuple[Group, ...]:
    """The groups of whatever holds an error; BadArguments for a file that cannot be read."""
    if isinstance(error, BaseException):
        return from_exception(error)
    if isinstance(error, Path):
        error = _read(error)
    if isinstance(error, bytes):
        error = _decoded(error)
    return from_text(error) if error else ()


def _read(path: Path) -> bytes:
    try:
        with path.open("rb") as file:
            size = file.seek(0, 2)
            # a notebook is nothing without its beginning
            file.seek(0 if path.suffix == ".ipynb" else max(0, size - LARGEST))
            return file.read(4 * LARGEST)
    except (OSError, ValueError) as error:
        reason = getattr(error, "strerror", None) or str(error)
        raise BadArguments(text("{file} cannot be read: {reason}", file=str(path), reason=reason)) from error


def _decoded(data: bytes) -> str:
    """A text in UTF-8, or in what PowerShell writes into a file."""
    if data.startswith((b"\xff\xfe", b"\xfe\xff")):
        return data.decode("utf-16", "replace")
    return data.decode("utf-8-sig", "replace")


def _outputs(notebook: str) -> str | None:
    """The errors in the outputs of a notebook; None if the text is none."""
    if notebook.lstrip()[:1] != "{" or '"nbformat"' not in notebook:
        return None
    try:
        cells = json.loads(notebook)["cells"]
        outputs = [output for cell in cells for output in cell.get("outputs", ())]
        told = [output.get("traceback") or output.get("text") or () for output in outputs]
        return "\n".join(part if isinstance(part, str) else "\n".join(map(str, part)) for part in told)
    except (ValueError, LookupError, TypeError, AttributeError, RecursionError):
        return None


def from_exception(error: BaseException) -> tuple[Group, ...]:
    """The one group of an exception and of those that led to it."""
    found: list[Symptom] = []
    ahead: list[BaseException | None] = [error]
    seen: set[int] = set()
    while ahead and len(found) < _CHAIN:
        each = ahead.pop(0)
        if each is None or id(each) in seen:
            continue
        seen.add(id(each))
        found.append(_symptom_of(each))
        inner = getattr(each, "exceptions", ())
        ahead.extend(inner[:_CHAIN] if isinstance(inner, tuple) else ())
        ahead.append(each.__cause__ or (None if each.__suppress_context__ else each.__context__))
    return (tuple(found),)


def from_text(pasted: str) -> tuple[Group, ...]:
    """The groups of a text, or of the outputs of a notebook."""
    pasted = _outputs(pasted) or pasted
    lines = _ANSI.sub("", pasted[-LARGEST:]).replace("\r\n", "\n").replace("\r", "\n").split("\n")
    groups: list[list[Symptom]] = []
    for size in (*_TAILS, len(lines)):
        groups = _grouped(lines[-size:])
        if len(groups) >= _GROUPS or size >= len(lines):
            break
    return tuple(tuple(reversed(group[-_CHAIN:])) for group in reversed(groups))


def _grouped(lines: list[str]) -> list[list[Symptom]]:
    """The errors of each chain, in the order of the text."""
    groups: list[list[Symptom]] = []
    chained = False
    for found in _errors(lines):
        if found is None:
            chained = True
            continue
        if chained and groups:
            groups[-1].append(found)
        else:
            groups.append([found])
            del groups[:-_GROUPS]
        chained = False
    return groups


def _symptom_of(error: BaseException) -> Symptom:
    try:
        message = str(error)[:LONGEST]
    except Exception:  # noqa: BLE001 - a foreign __str__ may do anything
        message = ""
    frames: list[str] = []
    trace = error.__traceback__
    while trace is not None and len(frames) < 1000:
        frames.append(trace.tb_frame.f_code.co_filename)
        trace = trace.tb_next
    found = symptom(type(error).__name__, message, tuple(frames[-_FRAMES:]))
    if isinstance(error, ImportError):
        return about(found, error.name, error.path)
    return about(found, None, error.filename) if isinstance(error, OSError) else found


def _errors(lines: list[str]) -> Iterator[Symptom | None]:
    """Every error in its order; None where Python says that the next one follows from the last."""
    short = sum(1 for line in lines if line.strip()) <= _SHORT
    frames: list[str] = []
    n = 0
    while n < len(lines):
        line = lines[n][:_LINE]
        n += 1
        if not line or line.isspace():
            continue
        kind = _kind(line)
        file = _FILE.match(line) or (_FILE_OF_IPYTHON.match(line) if ".py" in line and kind is None else None)
        if file:
            frames.append(file[1])
            continue
        if line.startswith("Traceback (") or "Traceback (most" in line:
            frames = []
            continue
        if line.startswith(_CHAINED):
            yield None
            continue
        if line.startswith(_FATAL):
            ahead = [match[1] for each in lines[n : n + _FRAMES] if (match := _FILE.match(each))]
            yield symptom(None, line.strip(), tuple(reversed(ahead)))
            n += next((at for at, each in enumerate(lines[n:]) if not each.strip()), 0)
            frames = []
            continue
        if kind is not None:
            message, n = _whole(kind[1], lines, n, indented=False)
            yield symptom(kind[0], message, tuple(frames[-_FRAMES:]))
            frames = []
        elif _MARK.search(line) or (short and not _FRAMING.match(line) and not line.startswith("  ")):
            message, n = _whole(line.strip(), lines, n, indented=True)
            yield symptom(None, message)


def _kind(line: str) -> tuple[str, str] | None:
    if "Error" not in line and "Warning" not in line and "Exception" not in line:
        dotted = _DOTTED.fullmatch(line)
        return (dotted[1].rpartition(".")[2], dotted[2]) if dotted else None
    match = _KIND.search(line)
    if match is None:
        return None
    before = line[: match.start()]
    if match[2] is None and before.strip():
        return None  # a sentence that ends in the word
    return match[1].rpartition(".")[2], match[2] or ""


def _whole(first: str, lines: list[str], n: int, *, indented: bool) -> tuple[str, int]:
    """A message with the lines that still belong to it, and where the next begins."""
    told = [first]
    for line in (each[:_LINE] for each in lines[n : n + _FOLLOWING]):
        ends = not line.strip() or "Traceback (most" in line or line.startswith((*_CHAINED, *_STARTS))
        if ends or (indented and not line[0].isspace()) or _FILE.match(line) or _kind(line):
            break
        told.append(line)
        n += 1
    return "\n".join(told)[:LONGEST], n


_STARTS = ("$ ", ">>> ", "In [", "%", "!")
"""What begins another command."""
