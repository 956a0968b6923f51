"""Whatever a person reads goes through the translator: no front end writes a sentence that is a plain string."""

from __future__ import annotations

import ast
import re
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

PACKAGE = Path(__file__).parents[1] / "envguard"
FOLDERS = ("frontends", "changes", "export", "forecast", "commands", "packages", "scan")
WRITES = (
    "say",
    "_say",
    "write",
    "print",
    "_write",
    "_aside",
    "once",
    "_once",
    "tell",
    "_tell",
    "CellNotRun",
    "Verdict",
    "ask",
    "with_note",
)
"""Calls whose arguments somebody reads, in whatever module."""
SENTENCE = re.compile(r"[A-Za-z]{2,}[^A-Za-z]*\s[^A-Za-z]*[A-Za-z]{2,}|envguard: ")
"""Two words, or our name in front."""
ALLOWED = {
    ("frontends/magic.py", "envguard: it cannot be imported"): "told where nothing that translates may be there",
    ("frontends/magic.py", "envguard: a file beside the notebook hides"): "likewise",
    ("frontends/output.py", "envguard: this is a bug of envguard"): "stands below a traceback; programs look for it",
    ("frontends/output.py", "envguard: "): "our name alone, before a sentence that is translated",
    ("frontends/hint.py", "envguard may know why"): "one fixed line, which must cost nothing",
    ("frontends/modes.py", "envguard: "): "templates, which `_once` gives to the translator",
}


def found(source: str) -> list[tuple[int, str]]:
    """The sentences that are written, returned or kept as they are: strings that say `envguard: `, or go where people read."""
    return list(dict.fromkeys(_found(source)))


def _found(source: str) -> Iterator[tuple[int, str]]:
    tree = ast.parse(source)
    inside = {
        id(part)
        for node in ast.walk(tree)
        if isinstance(node, ast.Call) and _name(node) in ("text", "Text", "BadArguments", "EnvguardError")
        for part in ast.walk(node)
    }
    docs = {id(node.value) for node in ast.walk(tree) if isinstance(node, ast.Expr)}
    for node in ast.walk(tree):
        shown: list[ast.AST] = []
        if isinstance(node, ast.Call) and _name(node) in WRITES:
            shown = [*node.args, *(each.value for each in node.keywords)]
        for part in (part for each in shown for part in ast.walk(each)):
            if id(part) not in inside and SENTENCE.search(_said(part)):
                yield part.lineno, _said(part)  # type: ignore[attr-defined]
        if id(node) not in inside | docs and _said(node).startswith("envguard: "):
            yield node.lineno, _said(node)  # type: ignore[attr-defined]


def _name(call: ast.Call) -> str:
    return getattr(call.func, "id", getattr(call.func, "attr", ""))


def _said(node: ast.AST) -> str:
    """What a string or an f-string says, its fields left out."""
    if isinstance(node, ast.JoinedStr):
        return "".join(_said(each) for each in node.values)
    return node.value if isinstance(node, ast.Constant) and isinstance(node.value, str) else ""


def test_every_sentence_goes_through_the_translator():
    wrong = []
    for folder in FOLDERS:
        for path in sorted((PACKAGE / folder).rglob("*.py")):
            place = path.relative_to(PACKAGE).as_posix()
            for line, said in found(path.read_text(encoding="utf-8")):
                if not any(place == where and said.startswith(start) for where, start in ALLOWED):
                    wrong.append(f"{place}:{line}: {said!r}")
    assert wrong == []


def test_what_is_looked_for_is_found():
    assert [said for _, said in found('guard.say(f"{x}; the cell was not run")')] == ["; the cell was not run"]
    assert [said for _, said in found('line = f"envguard: {x}"')] == ["envguard: "]
    assert (found('"""envguard: a page"""\nsay(text("two words", x="and more"))\nwrite(f"{a}\\n")')) == []
    assert (found('raise BadArguments(text("it is {reason}"))\nprint(json.dumps(x), file=y)')) == []
