"""A table in a terminal: columns as wide as what stands in them, as far as there is room; one below the other where not."""

from __future__ import annotations

from typing import TYPE_CHECKING

from envguard.render.cells import cells, wrapped
from envguard.render.language import colon, comma
from envguard.render.lines import BLANK, Span, Wrap, line

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from envguard.render.lines import Line

GAP = 2
NARROWEST = 7
"""Columns of a terminal below which no column of the table is pressed."""

Row = tuple[tuple[str, ...], ...]
"""Cells, each in lines."""


def grid(head: Sequence[str], rows: Sequence[Row], width: int, indent: int) -> Iterator[Line]:
    """The rows under their heads."""
    widths = _widths(head, rows, width - indent)
    if widths is None:
        yield from _stacked(head, rows, indent)
        return
    yield from _lines(tuple((title,) for title in head), widths, indent, "soft")
    for row in rows:
        yield from _lines(row, widths, indent, "")


def _widths(head: Sequence[str], rows: Sequence[Row], room: int) -> list[int] | None:
    """How wide each column is; None if they do not fit beside each other."""
    widths = [
        max(cells(title), *(cells(said) for row in rows for said in row[number])) for number, title in enumerate(head)
    ]
    room -= GAP * (len(head) - 1)
    if room < NARROWEST * len(head) + 16:
        return None
    while sum(widths) > room:
        widest = max(range(len(widths)), key=widths.__getitem__)
        widths[widest] -= 1
    return widths


def _lines(row: Row, widths: list[int], indent: int, style: str) -> Iterator[Line]:
    columns = [
        [part for said in cell for part in wrapped(said, width)] for cell, width in zip(row, widths, strict=True)
    ]
    for number in range(max(map(len, columns))):
        parts = [column[number] if number < len(column) else "" for column in columns]
        said = "".join(
            part + " " * (width + GAP - cells(part)) for part, width in zip(parts, widths, strict=True)
        ).rstrip()
        yield line(Span(said, style), indent=indent, wrap=Wrap.NEVER)


def _stacked(head: Sequence[str], rows: Sequence[Row], indent: int) -> Iterator[Line]:
    for number, row in enumerate(rows):
        if number:
            yield BLANK
        yield line(Span(comma().join(row[0]), "strong"), indent=indent, hang=2)
        for title, cell in zip(head[1:], row[1:], strict=True):
            yield line(Span(f"{title}{colon()}", "soft"), comma().join(cell), indent=indent + 2, hang=2)
