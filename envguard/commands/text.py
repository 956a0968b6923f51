"""Text that knows where in the cell it came from: a part of it, or one with names put in by IPython.

What is known only when the cell runs is a hole: one character of a private plane, for which a word stands aside. So a
text with holes can be cut, joined and parsed as any other.
"""

from __future__ import annotations

import re
from bisect import bisect_right
from typing import TYPE_CHECKING

from envguard.commands.command import Span, Word

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

_FIRST = 0xF0000
_MOST = 0xFFFD
_HOLE = re.compile("[\U000f0000-\U000ffffd]")
_LINE_END = re.compile("\r\n?")


class Holes:
    """The words behind the holes of one cell."""

    def __init__(self) -> None:
        self._words: list[Word] = []

    def hole(self, text: str, known: bool = False) -> str:
        """A character that stands for this word."""
        if len(self._words) == _MOST:  # more of them than any cell has: all the others are one
            return chr(_FIRST + _MOST - 1)
        self._words.append(Word(text, known))
        return chr(_FIRST + len(self._words) - 1)

    def word(self, text: str) -> Word:
        """The word that a text with holes stands for."""
        known = True

        def behind(found: re.Match[str]) -> str:
            nonlocal known
            place = ord(found[0]) - _FIRST
            word = self._words[place] if place < len(self._words) else Word("…", known=False)
            known = known and word.known
            return word.text

        told = _HOLE.sub(behind, text)
        return Word(told, known)

    def written(self, text: str) -> str:
        """The text as it was written."""
        return self.word(text).text


class Located:
    """A text whose pieces stand in a source, or which as a whole stands for one place of it."""

    def __init__(
        self,
        text: str,
        pieces: tuple[tuple[int, int, int], ...],
        lines: list[int],
        whole: Span | None = None,
    ) -> None:
        self.text = text
        self._pieces = pieces or ((0, 0, 0),)  # (start in the text, start and end in the source), in order
        self._starts = [piece[0] for piece in self._pieces]
        self._lines = lines
        self._whole = whole

    @staticmethod
    def of(source: str) -> Located:
        """A whole source; lines end at LF, CRLF or CR, as they do for Python and for editors."""
        text = _HOLE.sub("\ufffd", _LINE_END.sub("\n", source) if "\r" in source else source)
        lines = [0, *(found.end() for found in re.finditer("\n", text))]
        if text.startswith("\ufeff"):  # the mark of an encoding is no part of the first command
            return Located(text[1:], ((0, 1, len(text)),), lines)
        return Located(text, ((0, 0, len(text)),), lines)

    @staticmethod
    def at(text: str, span: Span) -> Located:
        """A text whose every part is told to stand at the same place: what a call is given."""
        return Located(text, (), [0], span)

    def part(self, start: int, end: int) -> Located:
        """From one position to another."""
        end = max(start, min(end, len(self.text)))
        if self._whole:
            return Located(self.text[start:end], (), self._lines, self._whole)
        first = max(0, bisect_right(self._starts, start) - 1)
        last = max(first + 1, bisect_right(self._starts, max(start, end - 1)))
        pieces = [self._cut(index, start, end) for index in range(first, last)]
        return Located(self.text[start:end], tuple(pieces), self._lines)

    def edited(self, edits: Iterable[tuple[int, int, str]]) -> Located:
        """With something else in place of some parts, given in order."""
        texts: list[str] = []
        pieces: list[tuple[int, int, int]] = []
        length = done = 0
        for start, end, new in edits:
            if start > done:
                kept = self.part(done, start)
                pieces += kept.moved(length)
                texts.append(kept.text)
                length += start - done
            if new:
                pieces.append((length, self._origin(start), self._origin_end(end)))
                texts.append(new)
                length += len(new)
            done = end
        kept = self.part(done, len(self.text))
        if kept.text or not pieces:
            pieces += kept.moved(length)
            texts.append(kept.text)
        return Located("".join(texts), tuple(pieces), self._lines, self._whole)

    def moved(self, by: int) -> Iterator[tuple[int, int, int]]:
        """Its pieces, further back in a longer text."""
        return ((at + by, origin, stop) for at, origin, stop in self._pieces)

    def span(self, start: int, end: int) -> Span:
        """Where in the source a part of the text stands."""
        if self._whole:
            return self._whole
        first, last = self._origin(start), self._origin_end(end)
        line, last_line = (bisect_right(self._lines, place) for place in (first, max(first, last)))
        return Span(line, first - self._lines[line - 1], last_line, max(first, last) - self._lines[last_line - 1])

    def _length(self, index: int) -> int:
        end = self._starts[index + 1] if index + 1 < len(self._starts) else len(self.text)
        return end - self._starts[index]

    def _cut(self, index: int, start: int, end: int) -> tuple[int, int, int]:
        at, origin, stop = self._pieces[index]
        length = self._length(index)
        if stop - origin != length:  # something that was put in: it stands for all that it replaced
            return (max(0, at - start), origin, stop)
        return (max(0, at - start), origin + max(0, start - at), origin + max(0, min(length, end - at)))

    def _origin(self, place: int) -> int:
        index = max(0, bisect_right(self._starts, place) - 1)
        at, origin, stop = self._pieces[index]
        return origin + place - at if stop - origin == self._length(index) else origin

    def _origin_end(self, place: int) -> int:
        if place <= 0:
            return self._origin(0)
        index = max(0, bisect_right(self._starts, place - 1) - 1)
        at, origin, stop = self._pieces[index]
        return origin + place - at if stop - origin == self._length(index) else stop
