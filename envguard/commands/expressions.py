"""What an expression of Python is, as far as literals tell: nothing is run, and what is not known is a hole."""

from __future__ import annotations

import ast
import shlex
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from envguard.commands.names import Names


def text_of(node: ast.expr, names: Names) -> str:
    """An expression as one text; a hole where it is not known."""
    value = evaluate(node, names)
    return value if isinstance(value, str) else names.unknown(names.written(node))


def evaluate(node: ast.expr, names: Names) -> str | list[str] | None:
    """A literal, and what can be made of literals without running anything; None for all else."""
    if isinstance(node, ast.Constant):
        if isinstance(node.value, bytes):
            return node.value.decode("utf-8", "replace")
        return (
            str(node.value) if isinstance(node.value, (str, int, float)) and not isinstance(node.value, bool) else None
        )
    if isinstance(node, ast.Name):
        if names.modules.get(node.id) == "sys.executable":
            return names.interpreter()
        return names.values.get(node.id)
    if isinstance(node, ast.Attribute):
        return names.interpreter() if names.dotted(node) == "sys.executable" else None
    if isinstance(node, ast.JoinedStr):
        return "".join(_formatted(part, names) for part in node.values)
    if isinstance(node, (ast.List, ast.Tuple)):
        return listed(node, names)
    if isinstance(node, ast.BinOp) and isinstance(node.op, ast.Add):
        return _sum(node, names)
    if isinstance(node, ast.BinOp) and isinstance(node.op, ast.Mod):
        return _percent(node, names)
    return _called(node, names) if isinstance(node, ast.Call) else None


def _formatted(part: ast.expr, names: Names) -> str:
    if not isinstance(part, ast.FormattedValue):
        return text_of(part, names)
    value = evaluate(part.value, names)
    if isinstance(value, str) and part.format_spec is None and part.conversion == -1:
        return value
    return names.unknown("{" + names.written(part.value) + "}")


def listed(node: ast.List | ast.Tuple, names: Names) -> list[str]:
    """The elements of a list as texts; `*name` for an unknown part of it."""
    words: list[str] = []
    for one in node.elts:
        if isinstance(one, ast.Starred):
            words += several(one.value, names, "*")
        else:
            words.append(text_of(one, names))
    return words


def several(node: ast.expr, names: Names, sign: str = "") -> list[str]:
    """The elements of an expression that should be a list; one hole, written behind `sign`, if that is not known."""
    value = evaluate(node, names)
    return value if isinstance(value, list) else [names.unknown(sign + names.written(node))]


def _sum(node: ast.BinOp, names: Names) -> str | list[str] | None:
    parts: list[ast.expr] = []
    whole: ast.expr = node
    while isinstance(whole, ast.BinOp) and isinstance(whole.op, ast.Add):  # as deep as it is long
        parts.append(whole.right)
        whole = whole.left
    parts.append(whole)
    values = [(part, evaluate(part, names)) for part in reversed(parts)]
    if any(isinstance(value, list) for _, value in values):
        return [word for part, value in values for word in (value if isinstance(value, list) else several(part, names))]
    if not any(isinstance(value, str) for _, value in values):
        return None
    return "".join(value if isinstance(value, str) else names.unknown(names.written(part)) for part, value in values)


def _percent(node: ast.BinOp, names: Names) -> str | None:
    template = evaluate(node.left, names)
    if not isinstance(template, str):
        return None
    given = node.right.elts if isinstance(node.right, ast.Tuple) else [node.right]
    parts = template.split("%s")
    if len(parts) != len(given) + 1 or "%" in template.replace("%s", ""):
        return names.unknown(names.written(node))
    return "".join(
        part + (text_of(given[place], names) if place < len(given) else "") for place, part in enumerate(parts)
    )


def _called(node: ast.Call, names: Names) -> str | list[str] | None:
    """`"…".split()`, `" ".join(…)`, `"…".format(…)`, `shlex.split(…)`, `str(…)`, `list(…)`."""
    name = names.dotted(node.func)
    if name == "shlex.split" and node.args:
        text = evaluate(node.args[0], names)
        try:
            return shlex.split(text) if isinstance(text, str) else None
        except ValueError:
            return None
    if name in ("str", "list", "tuple", "shlex.quote") and len(node.args) == 1:
        return evaluate(node.args[0], names)
    if not isinstance(node.func, ast.Attribute):
        return None
    held = evaluate(node.func.value, names)
    if not isinstance(held, str):
        return None
    if node.func.attr == "split" and not node.args:
        return held.split()
    if node.func.attr == "split" and len(node.args) == 1 and evaluate(node.args[0], names) == " ":
        return held.split(" ")
    if node.func.attr == "strip" and not node.args:
        return held.strip()
    if node.func.attr == "join" and len(node.args) == 1:
        return held.join(several(node.args[0], names))
    if node.func.attr == "format" and not node.keywords and held.count("{}") == len(node.args) == held.count("{"):
        parts = held.split("{}")
        return "".join(
            part + (text_of(node.args[place], names) if place < len(node.args) else "")
            for place, part in enumerate(parts)
        )
    return None
