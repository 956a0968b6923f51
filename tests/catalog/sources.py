"""Every sentence that a person can read, where it stands in the sources: the message ids of the catalogs."""

from __future__ import annotations

import ast
import functools
import inspect
import json
import re
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

from envguard.frontends.magic import EnvguardMagics
from envguard.languages import parts
from envguard.rules import RULES

if TYPE_CHECKING:
    from collections.abc import Iterator

    Constants = dict[str, list[ast.expr]]

ROOT = Path(__file__).parents[2]
PACKAGE, LABEXTENSION = ROOT / "envguard", ROOT / "labextension"
MAKES = ("Text", "text", "help_of")
"""Calls whose first argument is a sentence, and whose `plural`, or second or third argument, its plural."""
FIELDS = {"Warned": (3, 4), "_failure": (4, 5)}
"""Entries of a table that are sentences, by their place."""
ELSEWHERE = {
    "envguard/facts.py": (1, "made again from what a worker has told"),
    "envguard/surroundings/__init__.py": (1, "likewise"),
    "envguard/frontends/server/workers.py": (1, "likewise"),
    "envguard/model.py": (1, "what makes a Text of whatever it is given"),
    "envguard/redact.py": (1, "the same sentence with other arguments"),
    "envguard/render/language.py": (2, "likewise"),
    "envguard/render/styled.py": (3, "rich's own Text"),
    "envguard/frontends/output.py": (2, "the renderer of that name"),
    "envguard/frontends/arguments.py": (1, "in `help_of` itself"),
    "envguard/frontends/parser.py": (1, "one of the sentences that stand above"),
    "envguard/frontends/modes.py": (1, "one of those of KEPT"),
    "envguard/frontends/check.py": (1, "the docstring of a magic"),
    "envguard/frontends/guard_magic.py": (1, "likewise"),
    "envguard/rules/install_log.py": (2, "one of those of FIELDS"),
}
"""How many calls of a module make a Text of what is no literal, and why none of its words is missed."""
KEPT = {"envguard/frontends/modes.py": r"_NO_\w+"}
"""Constants that are sentences, by module and name."""


@dataclass
class Message:
    """A message id, its plural if it counts, and the files in which it stands."""

    text: str
    plural: str | None = None
    files: set[str] = field(default_factory=set)


class Unfound(Exception):
    """A sentence whose words cannot be found in the source."""


@functools.cache
def messages() -> dict[str, Message]:
    """Everything of the catalog that Python and Lab share."""
    found: dict[str, Message] = {}
    for text, plural, file in (*_python(), *_typescript(), *_schemas(), *_magics()):
        if not re.search(r"[^\W\d_]|[,;:.()]", re.sub(r"\{\w+\}|%\d", "", text)):
            continue  # nothing but arguments and signs that all languages share
        each = found.setdefault(text, Message(text, plural))
        if each.plural != plural and None not in (each.plural, plural):
            raise Unfound(f"{file}: {text!r} has two plurals: {each.plural!r} and {plural!r}")
        if each.plural != plural:
            raise Unfound(f"{file}: {text!r} counts in one place and does not in another ({each.files})")
        each.files.add(file)
    return found


@functools.cache
def pages() -> dict[str, Message]:
    """Everything of the catalog of the pages: titles, paragraphs and items of lists."""
    found: dict[str, Message] = {}
    for rule in RULES:
        for _, said in parts(rule.page):
            if said:
                file = f"envguard/rules/{rule.check.__module__.rpartition('.')[2]}.py"
                found.setdefault(said, Message(said)).files.add(file)
    return found


def _python() -> Iterator[tuple[str, str | None, str]]:
    for path in sorted(PACKAGE.rglob("*.py")):
        file = path.relative_to(ROOT).as_posix()
        tree = ast.parse(path.read_text(encoding="utf-8"))
        constants = _constants(tree)
        for name in constants:
            if file in KEPT and re.fullmatch(KEPT[file], name):
                yield from ((said, None, file) for each in constants[name] for said in _strings(each, {}) if said)
        others = 0
        for node in ast.walk(tree):
            if isinstance(node, ast.Call):
                told = list(_of_call(node, file, constants))
                others += not told and getattr(node.func, "id", "") in MAKES and not _constant(node)
                yield from told
        if others != ELSEWHERE.get(file, (0, ""))[0]:
            raise Unfound(f"{file}: {others} sentences are no literals")


def _constant(node: ast.Call) -> bool:
    """Whether it is made of a Text that stands above under a name, with arguments: `text(REFUSED.text, name=name)`."""
    of = node.args[0] if node.args else None
    return isinstance(of, ast.Attribute) and of.attr == "text" and getattr(of.value, "id", "a").isupper()


def _of_call(node: ast.Call, file: str, constants: Constants) -> Iterator[tuple[str, str | None, str]]:
    name = getattr(node.func, "id", "")
    for place in FIELDS.get(name, ()):
        yield from ((each, None, file) for each in _strings(node.args[place], {}) if each)
    if name not in MAKES or not node.args:
        return
    singular = _strings(node.args[0], constants)
    rest = {"Text": node.args[2:3], "text": node.args[1:2]}.get(name, [])
    plural = [*rest, *(each.value for each in node.keywords if each.arg == "plural")]
    plurals = _strings(plural[0], constants) if plural else [None] * len(singular)
    if len(plurals) != len(singular):
        raise Unfound(f"{file}:{node.lineno}: {ast.unparse(node)[:80]}")
    yield from ((one, many, file) for one, many in zip(singular, plurals, strict=True) if one)


def _constants(tree: ast.Module) -> Constants:
    """What names hold in a module, those of functions included: a template is chosen from a table, or in a branch."""
    held: Constants = {}
    for node in ast.walk(tree):
        if isinstance(node, ast.Assign) and isinstance(node.targets[0], ast.Name):
            held.setdefault(node.targets[0].id, []).append(node.value)
    return held


def _strings(node: ast.expr, constants: Constants, depth: int = 3) -> list[str | None]:
    """The strings that an expression can be: a literal, one of two, or one of a table."""
    if isinstance(node, ast.Constant):
        return [node.value] if isinstance(node.value, str) else [None]
    if isinstance(node, ast.IfExp):
        return [*_strings(node.body, constants, depth), *_strings(node.orelse, constants, depth)]
    if isinstance(node, ast.Dict):
        return [each for value in node.values for each in _strings(value, constants, depth)]
    if isinstance(node, ast.Name) and node.id in constants and depth:
        return [said for each in constants[node.id] for said in _strings(each, constants, depth - 1)]
    if isinstance(node, ast.Subscript):
        return _strings(node.value, constants, depth)
    if isinstance(node, ast.Call) and getattr(node.func, "id", "") == "MappingProxyType":
        return _strings(node.args[0], constants, depth)
    if isinstance(node, ast.Call) and getattr(node.func, "attr", "") == "get":
        return _strings(node.func.value, constants, depth)  # type: ignore[attr-defined]
    return []


_TRANSLATES = re.compile(r"\b(?:trans|words)?\.?(__|_n|gettext|ngettext|_p|_np)\(\s*")
_LITERAL = re.compile(r"""'((?:[^'\\\n]|\\.)*)'|"((?:[^"\\\n]|\\.)*)"|`((?:[^`\\$]|\\.)*)`""")
_NO_LITERAL = {"labextension/src/language.ts": 2, "labextension/src/lab/schema.ts": 1}
"""Files that translate what comes from Python, or stands in a schema, and how often."""


def _typescript() -> Iterator[tuple[str, str | None, str]]:
    for path in sorted((LABEXTENSION / "src").rglob("*.ts*")):
        file, source = path.relative_to(ROOT).as_posix(), path.read_text(encoding="utf-8")
        others = 0
        for call in _TRANSLATES.finditer(source):
            said, at = _sentence(source, call.end())
            if said is None:
                others += 1
                continue
            plural = None
            if call[1] in ("_n", "ngettext"):
                comma = re.compile(r"\s*,\s*").match(source, at)
                plural = _sentence(source, comma.end())[0] if comma else None
            if call[1] in ("_p", "_np") or (call[1] in ("_n", "ngettext") and plural is None):
                raise Unfound(f"{file}: {call[0]}{said!r}")
            yield said, plural, file
        if others > _NO_LITERAL.get(file, 0):
            raise Unfound(f"{file}: a translation of what is no literal")


def _sentence(source: str, at: int) -> tuple[str | None, int]:
    """A literal, or several with a plus between, and where it ends."""
    told = []
    while match := _LITERAL.match(source, at):
        said = next(each for each in match.groups() if each is not None)
        told.append(re.sub(r"\\(.)", r"\1", said.replace("\\n", "\n")))
        at = match.end()
        plus = re.compile(r"\s*\+\s*").match(source, at)
        if plus is None:
            break
        at = plus.end()
    return ("".join(told) if told else None), at


def _schemas() -> Iterator[tuple[str, str | None, str]]:
    for path in sorted((LABEXTENSION / "schema").glob("*.json")):
        schema = json.loads(path.read_text(encoding="utf-8"))
        yield from ((said, None, path.relative_to(ROOT).as_posix()) for said in _read(schema))


def _read(schema: object) -> Iterator[str]:
    """What src/lab/schema.ts translates."""
    if isinstance(schema, list):
        for each in schema:
            yield from _read(each)
    elif isinstance(schema, dict):
        for key, value in schema.items():
            if key in ("title", "description", "jupyter.lab.setting-icon-label") and isinstance(value, str):
                yield value
            else:
                yield from _read(value)


def _magics() -> Iterator[tuple[str, str | None, str]]:
    """The help of the magics, which is their docstring."""
    for name in ("envcheck", "envguard"):
        yield inspect.getdoc(getattr(EnvguardMagics, name)) or "", None, "envguard/frontends/magic.py"
