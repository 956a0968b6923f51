"""The text report without rich: the same paragraphs, wrapped by the standard library's means, in one colour."""

from __future__ import annotations

import re
import unicodedata
from typing import TYPE_CHECKING

from envguard.render.lines import PROSE, Wrap

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from envguard.render.lines import Line

_WORD = re.compile(r"\s*\S+")


def plain(lines: Iterable[Line], width: int) -> str:
    """The paragraphs as plain text, without trailing spaces."""
    return "".join(f"{row.rstrip()}\n" for line in lines for row in _rows(line, width))


def _rows(line: Line, width: int) -> Iterator[str]:
    said = "".join(span.text for span in line.spans)
    width = width if line.wrap is Wrap.WIDE else min(width, PROSE)
    if line.wrap is Wrap.NEVER:
        yield " " * line.indent + said
        return
    if line.wrap is Wrap.RULE and _cells(said) < width:
        yield f"{said} {'─' * (width - _cells(said) - 1)}"
        return
    indent = line.indent
    for row in _wrapped(said, width - line.indent - line.hang):
        yield " " * indent + row
        indent = line.indent + line.hang


def _wrapped(said: str, room: int) -> Iterator[str]:
    row = ""
    for word in _WORD.findall(said):
        if _cells(row + word) <= room:
            row += word
            continue
        if row:
            yield row
        row = word.lstrip()
        while _cells(row) > room:
            part = _cut(row, room)
            yield part
            row = row[len(part) :]
    yield row


def _cut(word: str, room: int) -> str:
    """The start of a word that fits; at least one character, so that the cutting ends."""
    for end in range(len(word), 1, -1):
        if _cells(word[:end]) <= room:
            return word[:end]
    return word[:1]


def _cells(said: str) -> int:
    """How many columns of a terminal a string takes."""
    return sum(
        0 if unicodedata.combining(char) else 2 if unicodedata.east_asian_width(char) in "WF" else 1 for char in said
    )
