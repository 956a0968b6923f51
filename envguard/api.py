"""The one door of every front end: one function per verb, and no logic."""

from __future__ import annotations

from typing import TYPE_CHECKING

from envguard import collect
from envguard.analyse import analyse, select
from envguard.rules import RULES
from envguard.settings import Selection

if TYPE_CHECKING:
    from pathlib import Path

    from envguard.model import Report
    from envguard.rules.rule import Rule

_ALL = Selection()


def inspect(prefix: str | Path | None = None, selection: Selection = _ALL) -> Report:
    """The report on a prefix, by default the running interpreter's own."""
    return analyse(collect.by_import(prefix), selection)


def inspect_python(executable: str | Path, selection: Selection = _ALL) -> Report:
    """The report on the environment of another interpreter, which is started with the probe."""
    return analyse(collect.by_interpreter(executable), selection)


def inspect_name(name: str, selection: Selection = _ALL) -> Report:
    """The report on the environment conda knows by this name."""
    return analyse(collect.by_import(collect.named(name)), selection)


def rules() -> tuple[Rule, ...]:
    """Every rule, in the order of their codes."""
    return RULES


def explain(selector: str) -> Rule:
    """The rule that an id or a code names; its `page` is the explanation."""
    return select(RULES, Selection(select=(selector,)))[0]
