"""How wide a string is in a terminal, and how it is broken into rows; without rich, which may be broken itself."""

from __future__ import annotations

import re
import unicodedata
from functools import lru_cache
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

_CLOSING, _OPENING = "，。：；！？、）】》”’…", "（【《“‘"
"""What does not begin a row, and what does not end one."""
_UNSPACED = r"\u2e80-\u9fff\uac00-\ud7a3\uf900-\ufaff"
"""Scripts in which a row may end after each letter."""


_SPACED = "\u2e80"
"""Below it are only scripts with spaces."""
_WORDS = re.compile(r"\s*\S+")


@lru_cache(maxsize=1)
def _letters() -> re.Pattern[str]:
    """What stays together: a word, or, of a script without spaces, a letter; each with the signs that belong to it.

    Made when it is first asked for: so large a class of letters takes as long as twenty modules to import. An ellipsis in
    the name of a file ends no word.
    """
    word = rf"(?:[^\s{_UNSPACED}{_CLOSING}{_OPENING}]|…(?=[.A-Za-z0-9/]))+"
    return re.compile(rf"\s*(?:[{_OPENING}]*(?:[{_UNSPACED}]|{word})[{_CLOSING}]*|\S)")


def wrapped(said: str, room: int) -> Iterator[str]:
    """The rows of a paragraph, broken at spaces and between letters of scripts without spaces.

    A word is broken only if it is wider than a row.
    """
    return (said[start:end] for start, end in rows(said, room))


def rows(said: str, room: int) -> Iterator[tuple[int, int]]:
    """Where the rows begin and end; the spaces between two rows are in none."""
    start = end = 0
    pieces = _letters() if max(said, default="") >= _SPACED else _WORDS
    for piece in pieces.finditer(said):
        if cells(said[start : piece.end()]) <= room:
            end = piece.end()
            continue
        if end > start:
            yield start, end
        start, end = piece.end() - len(piece[0].lstrip()), piece.end()
        while cells(said[start:end]) > room:
            part = _cut(said[start:end], room)
            if len(part) > 1 and said[start + len(part)] in _CLOSING:
                part = part[:-1]
            yield start, start + len(part)
            start += len(part)
    yield start, end


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
    if said.isascii():
        return len(said)
    return sum(
        0 if unicodedata.combining(char) else 2 if unicodedata.east_asian_width(char) in "WF" else 1 for char in said
    )
