"""From what an installer has printed to the warnings in it: a log, a terminal's output, the outputs of a notebook.

The text may be anything: coloured, wrapped, with progress bars, in UTF-16, cut off, of a hundred megabytes. It is read
once, in parts, in time in proportion to its length; reading fails only for a file that cannot be opened, or a notebook that is
none.
"""

from __future__ import annotations

import io
import json
import re
from pathlib import Path
from typing import IO, TYPE_CHECKING, Any

from envguard.errors import BadArguments
from envguard.machine import LogLine
from envguard.masking import without_secrets
from envguard.model import text
from envguard.value import value

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

AT_MOST = 500
"""Different warnings that are told of one log."""
_ATTEMPTS = 100_000
"""How often one pattern is tried; a log that holds its first word more often is no log."""
_CHUNK = 1 << 20
_AHEAD, _BEHIND = 16_000, 300
"""Characters after the beginning of a warning that may belong to it, and before it."""
_NOTEBOOK = 64 << 20
_SAID = 300
_LONGEST = 200
_ANSI = r"\x1b(?:\[[0-9;:?]{0,40}[ -/]{0,4}[@-~]|\][^\x07\x1b\n]{0,2000}(?:\x07|\x1b\\)?|[@-Z\\-_])"


@value
class Pattern:
    """The words of one warning. A space stands for any white space, since a terminal may have wrapped them."""

    id: str
    marks: tuple[str, ...]
    """What it begins with."""
    whole: str
    """A regular expression that matches from there; its named groups are what the warning names."""
    before: str | None = None
    """A regular expression for what stands in front of it, in the same way."""


def read(source: str | Path | bytes | IO[bytes], patterns: tuple[Pattern, ...]) -> tuple[LogLine, ...]:
    """The warnings in a text, in the bytes or the stream of one, or in a file; in their order."""
    if isinstance(source, Path):
        try:
            with source.open("rb") as file:
                return _read(file, str(source), patterns)
        except (OSError, ValueError) as error:
            reason = getattr(error, "strerror", None) or str(error)
            raise BadArguments(text("{file} cannot be read: {reason}", file=str(source), reason=reason)) from error
    if isinstance(source, str):
        source = source.encode("utf-8", "surrogatepass")
    return _read(io.BytesIO(source) if isinstance(source, bytes) else source, "-", patterns)


def read_texts(texts: Iterable[tuple[str, str]], patterns: tuple[Pattern, ...]) -> tuple[LogLine, ...]:
    """The warnings in some texts, each with the source that is told of it."""
    search: _Search | None = None
    marks = tuple(dict.fromkeys(mark for each in patterns for mark in each.marks))
    for source, said in texts:
        # most texts hold the first word of no warning
        if any([mark in said for mark in marks]):  # noqa: C419 - a third faster, for each of thousands of outputs
            search = search or _Search(patterns)
            search.over(io.StringIO(said, newline=None), _source(source))
    return () if search is None else tuple(search.found.values())


def _source(source: str) -> Callable[[int], str]:
    return lambda _line: source


def _read(file: IO[bytes], name: str, patterns: tuple[Pattern, ...]) -> tuple[LogLine, ...]:
    search = _Search(patterns)
    head = file.read(4096)
    if name.endswith(".ipynb") or (head.lstrip()[:1] == b"{" and b'"cells"' in head):
        for number, output in _outputs(head + file.read(_NOTEBOOK), name):
            search.over(io.StringIO(output, newline=None), _cell(name, number))
    else:
        raw: Any = _Joined(head, file)
        stream = io.TextIOWrapper(io.BufferedReader(raw), encoding=_encoding(head), errors="replace", newline=None)
        search.over(stream, lambda line: f"{name}:{line}" if name != "-" else f"line {line}")
        stream.detach()
    return tuple(search.found.values())


def _cell(name: str, number: int) -> Callable[[int], str]:
    return lambda _line: f"{name}, cell {number}"


class _Joined(io.RawIOBase):
    """A stream with what was already taken from it in front."""

    def __init__(self, head: bytes, rest: IO[bytes]) -> None:
        self.head, self.rest = head, rest

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: bytearray) -> int:  # type: ignore[override]
        data, self.head = self.head[: len(buffer)], self.head[len(buffer) :]
        data = data or self.rest.read(len(buffer))
        buffer[: len(data)] = data
        return len(data)


def _encoding(head: bytes) -> str:
    """UTF-8, or what PowerShell writes into a file."""
    if head.startswith((b"\xff\xfe", b"\xfe\xff")):
        return "utf-16"
    half = len(head) // 2
    if half and head[1::2].count(0) > half * 0.4:
        return "utf-16-le"
    if half and head[::2].count(0) > half * 0.4:
        return "utf-16-be"
    return "utf-8-sig"


def _outputs(data: bytes, name: str) -> Iterator[tuple[int, str]]:
    """The text of each output of a notebook's cells, with the number of the cell, counted from 1."""
    try:
        cells = json.loads(data.decode("utf-8-sig", "replace"))["cells"]
        for number, cell in enumerate(cells, 1):
            for output in cell.get("outputs") or ():
                told = (
                    output.get("text") or output.get("traceback") or (output.get("data") or {}).get("text/plain") or ""
                )
                yield number, told if isinstance(told, str) else "".join(map(str, told))
    except (ValueError, LookupError, TypeError, AttributeError, RecursionError) as error:
        raise BadArguments(text("{file} is no notebook that can be read", file=name)) from error


class _Search:
    """The patterns, and what was found of them so far."""

    def __init__(self, patterns: tuple[Pattern, ...]) -> None:
        self.rows = tuple(
            (each, _spaced(each.whole), None if each.before is None else _spaced(each.before + r" \Z"))
            for each in patterns
        )
        self.found: dict[tuple[str, tuple[tuple[str, str], ...]], LogLine] = {}
        self.tried = dict.fromkeys((each.id for each in patterns), 0)

    def over(self, stream: IO[str], where: Callable[[int], str]) -> None:
        """Looks through a text; `where` tells the source of a line."""
        held, done, line = "", 0, 1
        while True:
            chunk = stream.read(_CHUNK)
            # to the end of a line, so that no escape sequence is cut
            chunk += stream.readline(_CHUNK) if chunk else ""
            held += re.sub(_ANSI, "", chunk) if "\x1b" in chunk else chunk
            until = len(held) if not chunk else max(done, len(held) - _AHEAD)
            for start, end, pattern, args in sorted(self._matches(held, done, until), key=lambda each: each[0]):
                number = line + held.count("\n", done, start)
                first = max(held.rfind("\n", 0, start) + 1, start - _BEHIND)
                self._keep(pattern, args, held[first:end], where(number))
            if not chunk:
                return
            line += held.count("\n", done, until)
            dropped = max(0, until - _BEHIND)
            held, done = held[dropped:], until - dropped

    def _matches(self, held: str, done: int, until: int) -> Iterator[tuple[int, int, str, tuple[tuple[str, str], ...]]]:
        for pattern, whole, before in self.rows:
            for mark in pattern.marks:
                start = held.find(mark, done, until + len(mark) - 1)
                while 0 <= start < until and self.tried[pattern.id] < _ATTEMPTS:
                    self.tried[pattern.id] += 1
                    match = whole.match(held, start, start + _AHEAD)
                    front = before.search(held, max(0, start - _BEHIND), start) if match and before else None
                    if match and (before is None or front):
                        groups = {**(front.groupdict() if front else {}), **match.groupdict()}
                        said = match.start("listed") if match.groupdict().get("listed") else match.end()
                        yield start, said, pattern.id, _args(groups)
                    start = held.find(mark, (match.end() if match else start) + 1, until + len(mark) - 1)

    def _keep(self, pattern: str, args: tuple[tuple[str, str], ...], said: str, source: str) -> None:
        known = self.found.get((pattern, args))
        if known is not None:
            self.found[pattern, args] = LogLine(pattern, args, known.said, known.source, known.times + 1)
        elif len(self.found) < AT_MOST:
            # first the secrets: what is cut may no longer look like one
            words = without_secrets(" ".join(said.split()))
            self.found[pattern, args] = LogLine(pattern, args, words[:_SAID], source)


def _spaced(expression: str) -> re.Pattern[str]:
    return re.compile(expression.replace(" ", r"\s+").replace(r"\s+\Z", r"\s*\Z"), re.DOTALL)


def _args(groups: dict[str, str | None]) -> tuple[tuple[str, str], ...]:
    return tuple(
        (name, without_secrets(" ".join(value.split()))[: _LONGEST if name != "listed" else _AHEAD])
        for name, value in groups.items()
        if value is not None
    )
