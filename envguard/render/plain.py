"""The text report without rich: the same paragraphs, wrapped by the standard library's means, in one colour."""

from __future__ import annotations

from typing import TYPE_CHECKING

from envguard.render.cells import cells, wrapped
from envguard.render.lines import PROSE, Wrap

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from envguard.render.lines import Line


def plain(lines: Iterable[Line], width: int) -> str:
    """The paragraphs as plain text, without trailing spaces."""
    return "".join(f"{row.rstrip()}\n" for line in lines for row in _rows(line, width))


def _rows(line: Line, width: int) -> Iterator[str]:
    said = "".join(span.text for span in line.spans)
    width = width if line.wrap is Wrap.WIDE else min(width, PROSE)
    if line.wrap is Wrap.NEVER:
        yield " " * line.indent + said
        return
    if line.wrap is Wrap.RULE and cells(said) < width:
        yield f"{said} {'─' * (width - cells(said) - 1)}"
        return
    indent = line.indent
    for row in wrapped(said, width - line.indent - line.hang):
        yield " " * indent + row
        indent = line.indent + line.hang
