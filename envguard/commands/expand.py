"""`{expression}` and `$name` in a magic line, which IPython replaces before a shell sees them."""

from __future__ import annotations

import ast
import re
from bisect import bisect_left
from typing import TYPE_CHECKING, Protocol

from envguard.commands.quiet import parsed

if TYPE_CHECKING:
    from collections.abc import Iterator

    from envguard.commands.text import Located

_MARK = re.compile(r"\$?\{|\$\$?[A-Za-z_][\w.]*")
_BRACE = re.compile(r"[{}]")
_LONGEST = 400


class Names(Protocol):
    """What is known of Python's names where the line stands."""

    def shown(self, expression: ast.expr) -> str | None:
        """What formatting the expression gives; None if a part of that is not known."""

    def unknown(self, text: str) -> str:
        """A hole for what is not known."""


def expanded(text: Located, names: Names) -> Located:
    """The line as the shell gets it. What is no expression, or no name that Python has, is left to the shell."""
    edits = list(_edits(text.text, names))
    return text.edited(edits) if edits else text


def _edits(text: str, names: Names) -> Iterator[tuple[int, int, str]]:
    quotes = [found.start() for found in re.finditer("'", text)] if "$" in text else []
    at = 0
    while found := _MARK.search(text, at):
        at = found.end()
        if found[0] == "${" or found[0].startswith("$$"):
            continue
        if found[0] == "{":
            if text.startswith("{", at):  # `{{` is a brace
                at += 1
                continue
            end = _closing(text, at)
            if end is None:
                continue
            expression = _expression(text[at:end])
            if expression is None:
                continue
            shown = names.shown(expression)
            yield found.start(), end + 1, names.unknown(text[found.start() : end + 1]) if shown is None else shown
            at = end + 1
        elif (len(quotes) - bisect_left(quotes, at)) % 2 == 0:  # `$name` in single quotes stays
            name = found[0][1:].rstrip(".")
            expression = _expression(name)
            shown = names.shown(expression) if expression is not None else None
            if shown is not None:
                yield found.start(), found.start() + 1 + len(name), shown


def _closing(text: str, at: int) -> int | None:
    depth = 0
    for found in _BRACE.finditer(text, at, at + _LONGEST):
        if found[0] == "{":
            depth += 1
        elif depth == 0:
            return found.start()
        else:
            depth -= 1
    return None


def _expression(text: str) -> ast.expr | None:
    for candidate in (text, re.sub(r"(?:![rsa])?(?::[^:'\"\[\]]*)?$", "", text)):
        tree = parsed(candidate.strip(), "eval")
        if isinstance(tree, ast.Expression):
            return tree.body
    return None
