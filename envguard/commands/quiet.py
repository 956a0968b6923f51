"""Python's own parser, without its warnings and without an exception."""

from __future__ import annotations

import ast
import warnings


def parsed(source: str, mode: str = "exec") -> ast.AST | None:
    """The tree; None for what this Python cannot parse."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        try:
            return ast.parse(source, mode=mode)
        except (SyntaxError, ValueError, RecursionError, MemoryError, OverflowError):
            return None
