"""What a piece of Python code tells of its own names, and where its nodes stand."""

from __future__ import annotations

import ast
from bisect import bisect_left
from itertools import accumulate
from typing import TYPE_CHECKING

from envguard.commands.command import KERNEL_PYTHON, Span, Word
from envguard.commands.expressions import evaluate

if TYPE_CHECKING:
    from collections.abc import Iterator

    from envguard.commands.text import Holes, Located

Value = str | list[str]
"""What a name is known to hold: a text with holes, or a list of such."""

_ROOTS = {"subprocess", "os", "sys", "shlex", "asyncio", "pip", "conda", "runpy", "IPython", "get_ipython", "pty"}


class Names:
    """What is known of the names of Python where a statement stands."""

    def __init__(self, holes: Holes, interpreter: Word | None = None) -> None:
        self.holes = holes
        self.values: dict[str, Value | None] = {}
        self.modules: dict[str, str] = {}
        self.stars: list[str] = []
        self._interpreter = interpreter or Word(KERNEL_PYTHON)
        self._segments: Segments | None = None

    def written_in(self, source: str) -> None:
        """Unknown parts are told as they stand in this source."""
        self._segments = Segments(source)

    def dotted(self, node: ast.expr) -> str | None:
        """The full name of what an expression names, by the imports: `sp.run` -> `subprocess.run`."""
        parts: list[str] = []
        while isinstance(node, ast.Attribute):
            parts.append(node.attr)
            node = node.value
        if isinstance(node, ast.Call):
            called = self.dotted(node.func)
            base = "get_ipython()" if called in ("get_ipython", "IPython.get_ipython") else None
        elif isinstance(node, ast.Name):
            base = self.modules.get(node.id) or (None if node.id in self.values else node.id)
        else:
            return None
        return ".".join((base, *reversed(parts))) if base else None

    def unknown(self, text: str) -> str:
        """A hole for what is not known."""
        return self.holes.hole(text)

    def written(self, node: ast.expr) -> str:
        """An expression as it stands in the source."""
        return self._segments.of(node) if self._segments else ast.unparse(node)

    def shown(self, expression: ast.expr) -> str | None:
        """What formatting an expression gives; None if a part of that is not known."""
        segments, self._segments = self._segments, None  # the expression stands in a line that is not Python
        value = evaluate(expression, self)
        self._segments = segments
        return value if isinstance(value, str) and self.holes.word(value).known else None

    def interpreter(self) -> str:
        """The hole that stands for `sys.executable`."""
        return self.holes.hole(self._interpreter.text, self._interpreter.known)

    def bind(self, target: ast.expr, expression: ast.expr | None) -> None:
        """After an assignment; None for what cannot be told."""
        if not isinstance(target, ast.Name):
            for name in stored(target):
                self.forget(name)
            return
        alias = self.dotted(expression) if expression is not None else None
        value = evaluate(expression, self) if expression is not None else None
        self.forget(target.id)
        if value is not None:
            self.values[target.id] = value
        elif alias and alias.split(".")[0].removesuffix("()") in _ROOTS:
            self.modules[target.id] = alias
            self.values.pop(target.id, None)

    def forget(self, name: str) -> None:
        """The name holds something that is not known."""
        self.values[name] = None
        self.modules.pop(name, None)

    def imported(self, node: ast.Import | ast.ImportFrom) -> None:
        """After an import."""
        for alias in node.names:
            if isinstance(node, ast.Import):
                name = alias.asname or alias.name.partition(".")[0]
                full = alias.name if alias.asname else name
            elif alias.name == "*":
                self.stars.append(node.module or "")
                continue
            else:
                name, full = alias.asname or alias.name, f"{'.' * node.level}{node.module or ''}.{alias.name}"
            self.values.pop(name, None)
            self.modules[name] = full


def stored(tree: ast.AST) -> Iterator[str]:
    """Every name that a piece of code assigns."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Name) and not isinstance(node.ctx, ast.Load):
            yield node.id
        elif isinstance(node, ast.alias):
            yield (node.asname or node.name).partition(".")[0]
        elif isinstance(node, (ast.MatchAs, ast.MatchStar, ast.ExceptHandler)) and node.name:
            yield node.name


class Segments:
    """Where the nodes of a tree stand: Python counts bytes of UTF-8, a span counts characters."""

    def __init__(self, source: str) -> None:
        self._source = source
        self._starts: list[int] = []
        self._bytes: dict[int, list[int]] = {}

    def of(self, node: ast.expr) -> str:
        """The source of a node."""
        start, end = self._place(node)
        return self._source[start:end] if end > start else ast.unparse(node)

    def span(self, node: ast.expr | ast.stmt, text: Located) -> Span:
        """The place of a node in the text that the code was."""
        return text.span(*self._place(node))

    def _place(self, node: ast.expr | ast.stmt) -> tuple[int, int]:
        if not self._starts:
            self._starts = [0, *accumulate(len(line) + 1 for line in self._source.split("\n"))]
        start = self._at(node.lineno, node.col_offset)
        return start, self._at(node.end_lineno or node.lineno, node.end_col_offset or 0)

    def _at(self, line: int, column: int) -> int:
        if not 0 < line < len(self._starts):
            return 0
        start, end = self._starts[line - 1], self._starts[line] - 1
        if self._source.isascii():
            return start + column
        if line not in self._bytes:
            self._bytes[line] = [0, *accumulate(len(c.encode("utf-8", "replace")) for c in self._source[start:end])]
        return start + bisect_left(self._bytes[line], column)
