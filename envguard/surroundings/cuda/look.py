"""Reading in one prefix, with a note of each path, so that an answer can be kept until one of them changes."""

from __future__ import annotations

import ast
import json
import os
import warnings
from typing import TYPE_CHECKING, Any

from envguard.probe import reading

if TYPE_CHECKING:
    from envguard.facts import Environment

_TEXT = 64 << 10
"""Bytes of a file of which a few lines count; torch/version.py has 300."""
_NAMES = 50_000
"""Names in one folder."""


class Look:
    """One look at a prefix. Paths are absolute, or relative to it with forward slashes."""

    def __init__(self, env: Environment) -> None:
        self.env = env
        self.prefix = env.prefix
        self.root = os.path.realpath(env.prefix)
        self.paths: set[str] = set()
        """What was looked at, absolute."""

    def absolute(self, path: str) -> str:
        """A path below the prefix as the system takes it; an absolute one as it is."""
        return os.path.join(self.prefix, *path.split("/")) if not os.path.isabs(path) else path

    def names(self, folder: str) -> list[str]:
        """The names in a folder, sorted; none of one that is not there."""
        path = self.absolute(folder)
        self.paths.add(path)
        try:
            found = os.listdir(path)
        except (OSError, ValueError):
            return []
        return sorted(found[:_NAMES])

    def exists(self, path: str) -> bool:
        """Whether there is a file or folder of this name."""
        self.paths.add(self.absolute(path))
        return os.path.exists(self.absolute(path))

    def text(self, path: str, limit: int = _TEXT) -> str | None:
        """A small text; None of what is none, or cannot be read."""
        self.paths.add(self.absolute(path))
        try:
            return reading.read(self.absolute(path), limit).decode("utf-8-sig")
        except (OSError, ValueError):
            return None

    def json(self, path: str, limit: int = _TEXT) -> Any:
        """A small JSON file; None of what is none."""
        text = self.text(path, limit)
        try:
            return json.loads(text) if text is not None else None
        except (ValueError, RecursionError):
            return None

    def literals(self, path: str) -> dict[str, Any] | None:
        """The plain values a Python file assigns at its top; None if it cannot be read."""
        text = self.text(path)
        return literals(text) if text is not None else None

    def inside(self, path: str) -> bool:
        """Whether a path lies in the prefix, links resolved."""
        return reading.below(os.path.realpath(path), self.root)


def literals(text: str) -> dict[str, Any] | None:
    """The plain values that Python source assigns at its top, unrun; None if it is no Python.

    `OrderedDict([("a", 1)])` counts as a dict.
    """
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # of its escapes, say
            body = ast.parse(text).body
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return None
    found: dict[str, Any] = {}
    for names, given in map(_assigned, body):
        try:
            value = _value(given) if given is not None else None
        except (ValueError, TypeError, SyntaxError, RecursionError, MemoryError):
            for name in names:
                found.pop(name, None)  # what it was before does not hold any more
        else:
            found.update(dict.fromkeys(names, value))
    return found


def _assigned(node: ast.stmt) -> tuple[list[str], ast.expr | None]:
    """The names to which a statement gives a value, and that value."""
    if isinstance(node, ast.Assign):
        return [target.id for target in node.targets if isinstance(target, ast.Name)], node.value
    if isinstance(node, ast.AnnAssign) and node.value is not None and isinstance(node.target, ast.Name):
        return [node.target.id], node.value
    return [], None


def _value(node: ast.expr) -> Any:
    if isinstance(node, ast.Call) and len(node.args) == 1 and not node.keywords:
        function = node.func
        name = function.attr if isinstance(function, ast.Attribute) else getattr(function, "id", None)
        if name in ("OrderedDict", "dict"):
            return dict(ast.literal_eval(node.args[0]))
    return ast.literal_eval(node)
