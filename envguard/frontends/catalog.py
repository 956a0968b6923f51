"""The rules themselves, as the commands `rules` and `explain` show them."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from envguard.languages import ENGLISH, page, parts, spoken
from envguard.model import Text
from envguard.render.cells import cells, wrapped
from envguard.render.language import bracketed, comma, say
from envguard.render.words import SEVERITIES

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from envguard.rules.rule import Rule

_SCHEMA = 1
_OFF = Text("off by default")
_WIDTH = 100
"""Columns of a page; where there is no terminal, an English one stands in the lines in which it was written."""
_LEAST = 40
"""Columns in which a title can be read; where fewer are left, it stands in a row of its own."""


def rule_text(rule: Rule, columns: int | None = None) -> str:
    """The page of a rule under its names, in the language of this process; for a terminal of so many columns, or for none."""
    names = comma().join((say(SEVERITIES[rule.severity]), *_off(rule)))
    width = min(columns or _WIDTH, _WIDTH)
    as_written = columns is None and spoken() == ENGLISH
    told = rule.page if as_written else "\n".join(_rows(page(rule.page, spoken()), width))
    return f"EG{rule.code} {rule.id}{bracketed(names)}\n\n{told}"


def _rows(told: str, width: int) -> Iterator[str]:
    for lead, said in parts(told):
        if not said:
            yield lead
        for number, row in enumerate(wrapped(said, width - len(lead)) if said else ()):
            yield f"{' ' * len(lead) if number else lead}{row}"


def rules_text(rules: Iterable[Rule], columns: int | None = None) -> str:
    """One line for each rule; more where a terminal is too narrow for it."""
    told = tuple(rules)
    words = {severity: say(word) for severity, word in SEVERITIES.items()}
    width = max((len(rule.id) for rule in told), default=0)
    wide = max(map(cells, words.values()))
    rows = []
    for rule in told:
        word = words[rule.severity]
        lead = f"EG{rule.code}  {rule.id:<{width}}  {word}{' ' * (wide - cells(word))}  "
        title = f"{_title(rule)}{''.join(bracketed(said) for said in _off(rule))}"
        rows.append("\n".join(_hung(lead, title, columns)))
    return "\n".join(rows)


def _hung(lead: str, said: str, columns: int | None) -> Iterator[str]:
    if columns is None or cells(lead) + cells(said) <= columns:
        yield f"{lead}{said}"
        return
    indent = cells(lead)
    if columns - indent < _LEAST:
        yield lead.rstrip()
        lead, indent = "    ", 4
    for number, row in enumerate(wrapped(said, columns - indent)):
        yield f"{' ' * indent if number else lead}{row}"


def rule_json(rule: Rule) -> str:
    """A rule for a program, page included; in English."""
    return json.dumps({"schema": _SCHEMA, **_fields(rule), "page": rule.page}, indent=2)


def rules_json(rules: Iterable[Rule]) -> str:
    """All rules for a program."""
    return json.dumps({"schema": _SCHEMA, "rules": [_fields(rule) for rule in rules]}, indent=2)


def _title(rule: Rule) -> str:
    return page(rule.title, spoken())


def _off(rule: Rule) -> tuple[str, ...]:
    return () if rule.default else (say(_OFF),)


def _fields(rule: Rule) -> dict[str, Any]:
    return {
        "rule": rule.id,
        "code": rule.code,
        "severity": rule.severity.value,
        "title": rule.title,
        "default": rule.default,
    }
