"""Puts `%pip` in the place of `!pip`: in the source of cells alone, so that every other character of the file stays.

Only a line that is one plain command is changed. Where the shell would do more with it than start a program (a pipe, a
second command, a variable), the magic might mean something else, and the line is left to people.
"""

from __future__ import annotations

import json
import re
import shlex
from pathlib import Path
from typing import TYPE_CHECKING

from envguard import store
from envguard.scan.json_places import characters, sources
from envguard.scan.notebook import loads, source_of

if TYPE_CHECKING:
    from collections.abc import Iterable

    from envguard.scanned import Install

_HEAD = re.compile(
    r"![ \t]*(?:(?:python(?:\d[\d.]*)?[ \t]+-m[ \t]+)?pip(?:\d[\d.]*)?|(?P<conda>conda|mamba|micromamba))(?=[ \t])"
)
_OPERATORS = re.compile(r"[|&;<>()`$]+")
_LINE_END = re.compile(r"\r\n?|\n")
_CONTINUED = re.compile(r"\\\r?\n")


def rewritten(source: str, install: Install) -> tuple[int, int, str] | None:
    """Which part of a cell's source is replaced by what; None if the command is not plain enough."""
    begin = offset(source, install.line, 0)
    line = source[begin : _end(source, begin)]
    match = _HEAD.match(line.lstrip(" \t"))
    if install.form != "shell" or match is None or install.column > len(line) - len(line.lstrip()) + match.end():
        return None
    indent = len(line) - len(line.lstrip(" \t"))
    rest = _CONTINUED.sub(" ", line[indent + match.end() :])
    if not plain(rest, quotes=match["conda"] is None):
        return None
    start = begin + indent
    return start, start + match.end(), f"%{match['conda'] or 'pip'}"


def plain(rest: str, *, quotes: bool) -> bool:
    """Whether a shell makes nothing of some words but arguments."""
    if not quotes and re.search(r"['\"\\]", rest):
        return False  # those magics lose quotes on their way
    try:
        lexer = shlex.shlex(rest, posix=False, punctuation_chars=True)
        lexer.commenters = ""
        words = list(lexer)
    except ValueError:
        return False
    return not any(
        word.startswith("#")
        or (word[0] not in "'\"" and _OPERATORS.search(word))
        or (word[0] != "'" and re.search(r"[$`]", word))
        for word in words
    )


def fix(path: str, content: str, installs: Iterable[Install]) -> tuple[Install, ...]:
    """Rewrites what can be in a notebook's file, whole or not at all; which commands it were. OSError if it cannot."""
    cells = loads(content)
    wanted: dict[int, list[tuple[int, int, str]]] = {}
    done = []
    for install in installs:
        if install.cell is None:
            continue
        change = rewritten(source_of(cells[install.cell - 1]), install)
        if change is not None and change not in wanted.setdefault(install.cell - 1, []):
            wanted[install.cell - 1].append(change)
            done.append(install)
    if not done:
        return ()
    changed = _with(content, {cell: sorted(changes) for cell, changes in wanted.items()})
    if not _only_sources_differ(content, changed, {cell for cell, changes in wanted.items() if changes}):
        return ()
    store.write_atomically(Path(path).resolve(), changed.encode("utf-8"))
    return tuple(done)


def _with(content: str, wanted: dict[int, list[tuple[int, int, str]]]) -> str:
    places = sources(content, max(wanted) + 1)
    edits = []
    for cell, changes in wanted.items():
        where = list(characters(content, places[cell])) if cell < len(places) else []
        edits += [(where[start][0], where[end - 1][1], new) for start, end, new in changes if end <= len(where)]
    parts, at = [], 0
    for start, end, new in sorted(edits):
        parts += [content[at:start], new]
        at = end
    return "".join((*parts, content[at:]))


def _only_sources_differ(before: str, after: str, cells: set[int]) -> bool:
    """Whether two notebooks are one but for the sources of these cells."""
    first, second = json.loads(before.removeprefix("\ufeff")), json.loads(after.removeprefix("\ufeff"))
    for number in cells:
        first["cells"][number].pop("source", None)
        second["cells"][number].pop("source", None)
    return bool(first == second)


def offset(source: str, line: int, column: int) -> int:
    """Where a line, counted from 1, and a column of it stand in a source."""
    at = 0
    for _ in range(line - 1):
        match = _LINE_END.search(source, at)
        if match is None:
            break
        at = match.end()
    return at + column


def place(source: str, at: int) -> tuple[int, int]:
    """The line, from 1, and the column of a character in a source."""
    ends = [match.end() for match in _LINE_END.finditer(source, 0, at)]
    return len(ends) + 1, at - (ends[-1] if ends else 0)


def _end(source: str, begin: int) -> int:
    """The end of a line and of those that it goes on with."""
    at = begin
    while True:
        match = _LINE_END.search(source, at)
        if match is None:
            return len(source)
        if not source[: match.start()].endswith("\\"):
            return match.start()
        at = match.end()
