"""The rules themselves, as the commands `rules` and `explain` show them."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterable

    from envguard.rules.rule import Rule

_SCHEMA = 1


def rule_text(rule: Rule) -> str:
    """The page of a rule under its names."""
    return f"EG{rule.code} {rule.id} ({rule.severity.value}{_off(rule)})\n\n{rule.page}"


def rules_text(rules: Iterable[Rule]) -> str:
    """One line for each rule."""
    told = tuple(rules)
    width = max((len(rule.id) for rule in told), default=0)
    return "\n".join(
        f"EG{rule.code}  {rule.id:<{width}}  {rule.severity.value:<7}  {rule.title}{_off(rule)}" for rule in told
    )


def rule_json(rule: Rule) -> str:
    """A rule for a program, page included."""
    return json.dumps({"schema": _SCHEMA, **_fields(rule), "page": rule.page}, indent=2)


def rules_json(rules: Iterable[Rule]) -> str:
    """All rules for a program."""
    return json.dumps({"schema": _SCHEMA, "rules": [_fields(rule) for rule in rules]}, indent=2)


def _off(rule: Rule) -> str:
    return "" if rule.default else " (off by default)"


def _fields(rule: Rule) -> dict[str, Any]:
    return {
        "rule": rule.id,
        "code": rule.code,
        "severity": rule.severity.value,
        "title": rule.title,
        "default": rule.default,
    }
