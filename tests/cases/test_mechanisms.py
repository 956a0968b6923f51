"""Every mechanism, from three seeds: envguard says what breaks, and is silent about the same thing built sound."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from envguard.model import Severity
from tests.cases.mechanism import worst
from tests.cases.mechanisms import MECHANISMS
from tests.cases.outcome import fired, near

if TYPE_CHECKING:
    from pathlib import Path

    from tests.cases.mechanism import Mechanism

SEEDS = (0, 1, 2)

each = pytest.mark.parametrize("one", MECHANISMS, ids=lambda one: one.name)


@pytest.mark.parametrize("seed", SEEDS)
@each
def test_fires(one: Mechanism, seed: int, tmp_path: Path) -> None:
    report = fired(one, seed, tmp_path / "built")
    assert {code: severity for code, severity in worst(report).items() if code in one.codes} == one.codes
    assert report.failed == ()


@pytest.mark.parametrize("seed", SEEDS)
@each
def test_near_miss_is_silent(one: Mechanism, seed: int, tmp_path: Path) -> None:
    report = near(one, seed, tmp_path / "built")
    told = worst(report)
    assert not told.keys() & one.codes.keys(), [each.message.english() for each in report.findings]
    assert [code for code, severity in told.items() if severity is not Severity.INFO and code not in one.beside] == []
    assert report.failed == ()


def test_each_stands_in_the_table_once() -> None:
    assert len({one.name for one in MECHANISMS}) == len(MECHANISMS)
