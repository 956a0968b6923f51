"""Says a report aloud: in a terminal, in a notebook, to a program. Pure functions of a Report that judge nothing."""

from __future__ import annotations

from types import MappingProxyType
from typing import TYPE_CHECKING

from envguard.render.diff_html import comparison_page
from envguard.render.diff_text import comparison
from envguard.render.html import html, page
from envguard.render.json_v1 import comparison_dumps, dumps, json_v1, schema, timeline_dumps
from envguard.render.lanes import timeline
from envguard.render.language import say
from envguard.render.markdown import markdown
from envguard.render.sarif import sarif, sarif_dumps
from envguard.render.text import text
from envguard.render.timeline_html import timeline_page

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from envguard.comparison import Comparison
    from envguard.model import Report, Timeline

__all__ = [
    "COMPARISON_RENDERERS",
    "RENDERERS",
    "TIMELINE_RENDERERS",
    "html",
    "json_v1",
    "markdown",
    "page",
    "sarif",
    "say",
    "schema",
    "text",
]

RENDERERS: Mapping[str, Callable[[Report], str]] = MappingProxyType(
    {"text": text, "html": page, "json": dumps, "markdown": markdown, "sarif": sarif_dumps}
)
"""What `--format` offers: each makes the whole answer of a command, to be printed or written to a file."""

TIMELINE_RENDERERS: Mapping[str, Callable[[Timeline], str]] = MappingProxyType(
    {"text": timeline, "html": timeline_page, "json": timeline_dumps}
)
"""The same for the timeline."""

COMPARISON_RENDERERS: Mapping[str, Callable[[Comparison], str]] = MappingProxyType(
    {"text": comparison, "html": comparison_page, "json": comparison_dumps}
)
"""The same for the comparison of two environments."""
