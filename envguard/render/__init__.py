"""Says a report aloud: in a terminal, in a notebook, to a program. Pure functions of a Report that judge nothing."""

from __future__ import annotations

from types import MappingProxyType
from typing import TYPE_CHECKING

from envguard.render.html import html, page
from envguard.render.json_v1 import dumps, json_v1, schema
from envguard.render.language import say
from envguard.render.text import text

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from envguard.model import Report

__all__ = ["RENDERERS", "html", "json_v1", "page", "say", "schema", "text"]

RENDERERS: Mapping[str, Callable[[Report], str]] = MappingProxyType({"text": text, "html": page, "json": dumps})
"""What `--format` offers: each makes the whole answer of a command, to be printed or written to a file."""
