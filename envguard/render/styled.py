"""The text report through rich: the only module that imports it, and only when a text is asked for."""

from __future__ import annotations

import io
from typing import TYPE_CHECKING

from rich.console import Console
from rich.text import Text

from envguard.render.cells import rows
from envguard.render.lines import PROSE, Wrap

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

from envguard.render.lines import Line

STYLES = {
    "sound": "bold green",
    "strained": "bold yellow",
    "broken": "bold red",
    "unknown": "bold magenta",
    "error": "bold red",
    "warning": "bold yellow",
    "info": "bold blue",
    "strong": "bold",
    "soft": "dim",
    "heading": "bold",
    "command": "cyan",
}
"""The sixteen colours only: they are the user's own, chosen to be readable on the user's background."""


def styled(lines: Iterable[Line], width: int, *, color: bool) -> str:
    """The paragraphs wrapped to the width and, if wanted, coloured; without trailing spaces."""
    out = io.StringIO()
    # Everything is given, so that no variable of the surroundings (COLUMNS, NO_COLOR, TERM) and no terminal is asked.
    console = Console(
        file=out,
        width=width,
        height=100,
        color_system="standard" if color else None,
        force_terminal=color,
        no_color=not color,
        force_jupyter=False,
        force_interactive=False,
        legacy_windows=False,
        highlight=False,
        markup=False,
        emoji=False,
        _environ={},
    )
    for line in lines:
        for row in _rows(line, width):
            row.rstrip()
            console.print(row, soft_wrap=True)
    return out.getvalue()


def _rows(line: Line, width: int) -> Iterator[Text]:
    said = Text.assemble(*((span.text, STYLES.get(span.style, "")) for span in line.spans))
    width = width if line.wrap is Wrap.WIDE else min(width, PROSE)
    if line.wrap is Wrap.NEVER:
        yield Text(" " * line.indent) + said
        return
    if line.wrap is Wrap.RULE and said.cell_len < width:
        yield said + Text(f" {'─' * (width - said.cell_len - 1)}", STYLES["soft"])
        return
    indent = line.indent
    for start, end in rows(said.plain, width - line.indent - line.hang):
        yield Text(" " * indent) + said[start:end]
        indent = line.indent + line.hang
