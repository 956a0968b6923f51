"""How wide a string is in a terminal, and how it is broken into rows; without rich, which may be broken itself."""

from __future__ import annotations

import re
import unicodedata
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

_WORD = re.compile(r"\s*\S+")


def wrapped(said: str, room: int) -> Iterator[str]:
    """The rows of a paragraph, broken at spaces, and inside a word only if the word is wider than a row."""
    row = ""
    for word in _WORD.findall(said):
        if cells(row + word) <= room:
            row += word
            continue
        if row:
            yield row
        row = word.lstrip()
        while cells(row) > room:
            part = _cut(row, room)
            yield part
            row = row[len(part) :]
    yield row


def _cut(word: str, room: int) -> str:
    """The start of a word that fits; at least one character, so that the cutting ends."""
    for end in range(len(word), 1, -1):
        if cells(word[:end]) <= room:
            return word[:end]
    return word[:1]


def cut(said: str, room: int) -> str:
    """A string in at most so many columns, an ellipsis for the rest."""
    if cells(said) <= room:
        return said
    while said and cells(said) >= room:
        said = said[:-1]
    return said.rstrip() + "…"


def cells(said: str) -> int:
    """How many columns of a terminal a string takes."""
    return sum(
        0 if unicodedata.combining(char) else 2 if unicodedata.east_asian_width(char) in "WF" else 1 for char in said
    )
