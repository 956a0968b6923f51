"""The modules that a cell imports, by its syntax; what cannot be parsed is searched line by line."""

from __future__ import annotations

import ast
import re
import sys
import warnings
from typing import TYPE_CHECKING

from envguard.scanned import Imported

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

_ESCAPE = re.compile(r"^([ \t]*)(?:[!%?][^\n]*|[^\n#'\"=]*\?{1,2}[ \t]*)$", re.MULTILINE)
_LINE = re.compile(r"^(?:import[ \t]+(\w+)|from[ \t]+(\w+)[\w.]*[ \t]+import\b)", re.MULTILINE)
_PYTHON = ("%%time", "%%capture")
"""Cell magics whose body is Python."""
_TRIED = ("ImportError", "ModuleNotFoundError", "Exception", "BaseException")


def of_cell(source: str, told: Callable[[int], str], cell: int | None, *, offset: int = 0) -> Iterator[Imported]:
    """Each module's first name, with its line in the cell, or in the file that has `offset` lines before the cell.

    Those of the standard library are left out.
    """
    begin = source.lstrip()
    if "import" not in source or (begin.startswith("%%") and not begin.startswith(_PYTHON)):
        return
    plain = _ESCAPE.sub(r"\1pass", source)
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # of escapes in somebody's strings
            tree = ast.parse(plain)
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        found = [
            (match[1] or match[2], plain.count("\n", 0, match.start()) + 1, False) for match in _LINE.finditer(plain)
        ]
    else:
        found = list(_imports(tree, guarded=False))
    for name, line, guarded in found:
        if name not in sys.stdlib_module_names:
            yield Imported(name, told(line + offset), line + offset, cell, guarded)


def _imports(node: ast.AST, *, guarded: bool) -> Iterator[tuple[str, int, bool]]:
    stack = [(node, guarded)]
    while stack:
        each, tried = stack.pop()
        if isinstance(each, ast.Import):
            yield from ((alias.name.partition(".")[0], each.lineno, tried) for alias in each.names)
        elif isinstance(each, ast.ImportFrom):
            if each.module and not each.level:
                yield each.module.partition(".")[0], each.lineno, tried
        elif isinstance(each, ast.Try):
            inside = tried or any(_catches(handler) for handler in each.handlers)
            stack += [(child, inside) for child in each.body]
            # what a handler imports is the other way out
            stack += [(child, True) for handler in each.handlers for child in handler.body]
            stack += [(child, tried) for child in (*each.orelse, *each.finalbody)]
        else:
            stack += [(child, tried) for child in ast.iter_child_nodes(each)]


def _catches(handler: ast.ExceptHandler) -> bool:
    if handler.type is None:
        return True
    named = handler.type.elts if isinstance(handler.type, ast.Tuple) else [handler.type]
    return any(isinstance(each, ast.Name) and each.id in _TRIED for each in named)
