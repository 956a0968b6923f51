"""Every way of saying a result aloud, by the name that `--format` takes: what all renderers are tested with."""

from __future__ import annotations

from types import MappingProxyType
from typing import TYPE_CHECKING

from envguard.render.diff_html import comparison_page
from envguard.render.diff_text import comparison
from envguard.render.html import page
from envguard.render.json_v1 import comparison_dumps, dumps, timeline_dumps
from envguard.render.lanes import timeline
from envguard.render.markdown import markdown
from envguard.render.sarif import sarif_dumps
from envguard.render.text import text
from envguard.render.timeline_html import timeline_page

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from envguard.comparison import Comparison
    from envguard.model import Report, Timeline

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
