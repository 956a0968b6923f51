"""The report for a terminal: with rich where it works, in plain text where it does not.

Nothing is detected in here: how wide the terminal is and whether it takes colours, the front end says.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from envguard.render.plain import plain
from envguard.render.report_lines import lines

if TYPE_CHECKING:
    from collections.abc import Callable

    from envguard.model import Report
    from envguard.render.language import Translator
    from envguard.render.lines import Line

NARROWEST = 40
"""Below this width lines overflow rather than fall into shreds."""


def text(
    report: Report,
    width: int = 80,
    color: bool = False,
    *,
    details: bool = False,
    language: Translator | None = None,
) -> str:
    """The report as text of at most `width` columns; only commands may be wider, so that they can be copied."""
    return written(lambda room: lines(report, room, details=details, language=language), width, color=color)


def written(tell: Callable[[int], tuple[Line, ...]], width: int, *, color: bool) -> str:
    """Paragraphs as text: `tell` makes them for a number of columns."""
    width = max(width, NARROWEST)
    told = tell(width)
    if not color:
        return plain(told, width)  # the same words in the same rows, and no need to import rich for them
    try:
        from envguard.render.styled import styled

        return styled(told, width, color=color)
    except Exception:  # noqa: BLE001 - rich may be the very package that is broken, in whatever way; the report still comes
        return plain(told, width)
