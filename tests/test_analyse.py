"""The engine: what is selected runs, what cannot decide says so, what crashes hides nothing."""

from __future__ import annotations

import dataclasses
from typing import TYPE_CHECKING

import pytest

from envguard.analyse import analyse, select
from envguard.errors import BadArguments, CannotTell
from envguard.facts import Environment
from envguard.model import Severity, Text, Verdict, text
from envguard.probe import disk
from envguard.rules import RULES
from envguard.rules.rule import Found, Rule, rule
from envguard.settings import Selection

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path


@pytest.fixture
def env(tmp_path: Path) -> Environment:
    empty = Environment.from_dict(disk.collect(str(tmp_path)))
    return dataclasses.replace(empty, history=None)


@rule("says-much", code=1, severity=Severity.WARNING, needs=())
def says_much(env: Environment) -> Iterator[Found]:
    """It says two things."""
    yield Found("zeta", text("one"), ())
    yield Found("alpha", text("two"), (), severity=Severity.INFO)


@rule("is-worse", code=2, severity=Severity.ERROR, needs=("distributions",))
def is_worse(env: Environment) -> Iterator[Found]:
    """It says one thing."""
    yield Found("mid", text("three"), ())


@rule("cannot-say", code=3, severity=Severity.ERROR, needs=())
def cannot_say(env: Environment) -> Iterator[Found]:
    """It lacks what it needs."""
    yield Found("lost", text("said before the doubt"), ())
    raise CannotTell(text("{library} is broken", library="rattler"))


@rule("needs-history", code=4, severity=Severity.ERROR, needs=("history",))
def needs_history(env: Environment) -> Iterator[Found]:
    """It needs what was not collected."""
    yield from ()


@rule("crashes", code=5, severity=Severity.ERROR, needs=())
def crashes(env: Environment) -> Iterator[Found]:
    """It has a bug."""
    yield Found("x", text("y"), ())
    raise ZeroDivisionError


ALL: tuple[Rule, ...] = (says_much, is_worse, cannot_say, needs_history, crashes)


def test_findings_are_stamped_and_sorted(env: Environment) -> None:
    report = analyse(env, rules=ALL)
    assert [(f.rule, f.code, f.severity, f.subject) for f in report.findings] == [
        ("is-worse", 2, Severity.ERROR, "mid"),
        ("says-much", 1, Severity.WARNING, "zeta"),
        ("says-much", 1, Severity.INFO, "alpha"),
    ]
    assert (report.count(Severity.ERROR), report.verdict, report.checked) == (1, Verdict.BROKEN, 2)


def test_what_cannot_decide_is_skipped_with_its_reason(env: Environment) -> None:
    report = analyse(env, rules=ALL)
    assert [(s.rule, s.reason.english()) for s in report.skipped] == [
        ("cannot-say", "rattler is broken"),
        ("needs-history", "not collected: history"),
    ]


def test_a_crash_is_told_as_ours(env: Environment) -> None:
    (failed,) = analyse(env, rules=ALL).failed
    assert failed.rule == "crashes"
    assert failed.error.endswith("ZeroDivisionError\n")


def test_nothing_looked_at_is_not_sound(env: Environment) -> None:
    assert analyse(env, rules=()).verdict is Verdict.UNKNOWN


@pytest.mark.parametrize(
    ("selection", "ids"),
    [
        (Selection(), ["says-much", "is-worse", "cannot-say", "needs-history", "crashes"]),
        (Selection(select=("is-worse", "EG1")), ["says-much", "is-worse"]),
        (Selection(select=("eg2", "3"), ignore=("cannot-say",)), ["is-worse"]),
    ],
)
def test_selection(selection: Selection, ids: list[str]) -> None:
    assert [each.id for each in select(ALL, selection)] == ids


def test_a_rule_that_does_not_exist_is_a_wrong_argument() -> None:
    with pytest.raises(BadArguments, match="no rule pip-overwrote-canda"):
        select(RULES, Selection(ignore=("pip-overwrote-canda",)))


def test_a_text_names_its_number() -> None:
    one = text("{n} file", "{n} files", n=1)
    assert (one.english(), dataclasses.replace(one, args={"n": 2}).english()) == ("1 file", "2 files")
    assert text("{names} here", names=("a", "b")).english() == "a, b here"
    assert {Text("a", {"n": 1}), Text("a", {"n": 1})} == {Text("a", {"n": 1})}
