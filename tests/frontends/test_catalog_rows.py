"""The pages and the list of rules keep to the width of a terminal; where there is none, they stay as they are."""

from __future__ import annotations

import pytest

from envguard.frontends import catalog
from envguard.render.cells import cells
from envguard.rules import RULES


def words(told: str) -> list[str]:
    return told.split()


@pytest.mark.parametrize("columns", [60, 80, 200])
def test_a_terminal(columns: int):
    told = catalog.rules_text(RULES, columns)
    assert max(map(cells, told.splitlines())) <= columns
    assert words(told) == words(catalog.rules_text(RULES))
    for rule in RULES:
        page = catalog.rule_text(rule, columns)
        code = [row for row in page.splitlines() if row.startswith("    ")]
        assert max(cells(row) for row in page.splitlines() if row not in code) <= min(columns, 100)
        assert words(page) == words(catalog.rule_text(rule))


def test_no_terminal():
    assert len(catalog.rules_text(RULES).splitlines()) == len(RULES)
    for rule in RULES:
        assert catalog.rule_text(rule).endswith(rule.page)
