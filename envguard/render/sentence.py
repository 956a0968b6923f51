"""Sentences in HTML: what a template of ours sets between backticks is code there.

A backtick of somebody else's, in a name or a command, must not become a sign of ours, nor go missing: where one of the
arguments holds any, or where they do not pair, the sentence stays as it stands.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from envguard.model import Text
from envguard.render.element import element
from envguard.render.language import labelled, say

if TYPE_CHECKING:
    from envguard.model import Argument
    from envguard.render.element import Node
    from envguard.render.language import Translator


def sentence(text: Text, language: Translator | None = None) -> Node:
    """A Text, said, with its code as elements."""
    said = say(text, language)
    return said if _quoted(text) else coded(said)


def coded(said: str) -> Node:
    """The same of what has been said already."""
    parts = said.split("`")
    if len(parts) == 1 or len(parts) % 2 == 0:
        return said
    return tuple(element("code", part) if number % 2 else part for number, part in enumerate(parts))


def label(text: Text, language: Translator | None = None) -> Node:
    """A strong word in front of what it announces."""
    said = labelled(text, language)
    word = said.rstrip(" ")
    return element("strong", word), said[len(word) :]


def _quoted(value: Argument) -> bool:
    """Whether an argument, or one of a text's, holds a backtick."""
    if isinstance(value, Text):
        return any(map(_quoted, value.args.values()))
    return any("`" in each for each in value) if isinstance(value, tuple) else "`" in str(value)
