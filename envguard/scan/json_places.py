"""Where in the text of a notebook the source of each cell stands, so that it can be changed and nothing else.

JSON is read once, token by token; a picture of megabytes is one token.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Iterator

_TOKEN = re.compile(r'"(?:[^"\\]+|\\.)*"|[{}\[\],:]|[^\s{}\[\],:"]+', re.DOTALL)
_INSIDE = 2
"""How deep the values of a notebook's own keys lie."""
_CHARACTER = re.compile(
    r"\\u[dD][89abAB][0-9a-fA-F]{2}\\u[dD][c-fC-F][0-9a-fA-F]{2}|\\u[0-9a-fA-F]{4}|\\.|.", re.DOTALL
)


class Literal(NamedTuple):
    """One string of a source: where it begins and ends in the text, its quotes included."""

    start: int
    end: int


def sources(content: str, count: int | None = None) -> list[list[Literal]]:
    """For each cell of a notebook, or the first so many, the strings that its source is kept in."""
    found: list[list[Literal]] = []
    for path, literal in _strings(content):
        if count is not None and isinstance(path[1], int) and path[1] >= count:
            break
        at = _cell(path)
        if at is not None:
            found += [[] for _ in range(at + 1 - len(found))]
            found[at].append(literal)
    return found


def characters(content: str, literals: list[Literal]) -> Iterator[tuple[int, int]]:
    """For each character of a source where it begins and ends in the text."""
    for literal in literals:
        for match in _CHARACTER.finditer(content, literal.start + 1, literal.end - 1):
            yield match.start(), match.end()


def metadata(content: str) -> tuple[int, int]:
    """Where the object of a notebook's own metadata begins and ends, its brackets included; ValueError if there is none."""
    depth, start, key = 0, -1, ""
    for match in _TOKEN.finditer(content):
        first = match[0][0]
        if first in "{[":
            depth += 1
            if depth == _INSIDE and key == "metadata" and first == "{":
                start = match.start()
        elif first in "}]":
            depth -= 1
            if depth == 1 and start >= 0:
                return start, match.end()
        elif depth == 1 and first != ":":
            key = match[0][1:-1] if first == '"' else ""
    raise ValueError("it has no metadata")


def _cell(path: list[str | int]) -> int | None:
    """Which cell's source a path leads to: `cells`, 3, `source`, and perhaps a line of it."""
    if len(path) in (3, 4) and path[0] == "cells" and path[2] == "source" and isinstance(path[1], int):
        return path[1]
    return None


def _strings(content: str) -> Iterator[tuple[list[str | int], Literal]]:
    """Every string that is a value, with the keys and numbers that lead to it."""
    path: list[str | int] = []
    kinds: list[bool] = []  # whether each open bracket is that of an object
    is_key = False
    for match in _TOKEN.finditer(content):
        token = match[0]
        first = token[0]
        if first == "{":
            kinds.append(True)
            path.append("")
            is_key = True
        elif first == "[":
            kinds.append(False)
            path.append(0)
            is_key = False
        elif first in "}]":
            if kinds:
                kinds.pop()
                path.pop()
            is_key = False
        elif first == ",":
            if kinds and not kinds[-1]:
                path[-1] = int(path[-1]) + 1
            is_key = bool(kinds and kinds[-1])
        elif first == ":":
            is_key = False
        elif first == '"':
            if is_key:
                path[-1] = token[1:-1]
            elif len(path) in (3, 4) and path[0] == "cells":
                yield path, Literal(match.start(), match.end())
