"""Every mechanism, from three seeds: envguard says what breaks, and is silent about the same thing built sound."""

from __future__ import annotations

from importlib.util import find_spec
from typing import TYPE_CHECKING, Any

import pytest

from envguard.cuda_report import CudaReport
from envguard.model import Severity
from envguard.rules import RULES
from tests.cases.draw import Draw
from tests.cases.mechanism import crashed, worst
from tests.cases.mechanisms import MECHANISMS
from tests.cases.outcome import fired, near
from tests.cases.silences import SILENCES
from tests.require import absent, require

if TYPE_CHECKING:
    from pathlib import Path

    from tests.cases.mechanism import Mechanism, Silence, Told

SEEDS = (0, 1, 2)

each = pytest.mark.parametrize("one", MECHANISMS, ids=lambda one: one.name)
seeds = pytest.mark.parametrize("seed", SEEDS)


@pytest.fixture(autouse=True)
def _needs() -> None:
    require("posix_prefix")
    if not find_spec("rattler"):
        absent("rattler", "py-rattler is not installed")


@seeds
@each
def test_fires(one: Mechanism, seed: int, tmp_path: Path) -> None:
    told = fired(one, seed, tmp_path / "built")
    assert {code: severity for code, severity in worst(told).items() if code in one.codes} == one.codes, _words(told)
    assert crashed(told) == ()


@seeds
@each
def test_near_miss_is_silent(one: Mechanism, seed: int, tmp_path: Path) -> None:
    told = near(one, seed, tmp_path / "built")
    assert not worst(told).keys() & one.codes.keys(), _words(told)
    assert _grave(told) <= one.beside, _words(told)
    assert crashed(told) == ()


@seeds
@pytest.mark.parametrize("one", SILENCES, ids=lambda one: one.name)
def test_what_is_no_damage_is_not_told(one: Silence, seed: int, tmp_path: Path) -> None:
    told = one.build(Draw(one.name, seed), tmp_path / "built")
    assert not worst(told).keys() & one.codes, _words(told)
    assert _grave(told) == set(), _words(told)
    assert crashed(told) == ()


def test_each_stands_in_the_table_once() -> None:
    assert len({one.name for one in MECHANISMS}) == len(MECHANISMS)


def test_every_rule_has_a_mechanism() -> None:
    """Rules about notebooks' cells have their own."""
    codes = {code for one in MECHANISMS for code in one.codes}
    assert {rule.id for rule in RULES if rule.code not in codes and rule.code < 600} == set()


def _grave(told: Told) -> set[int]:
    return {code for code, severity in worst(told).items() if severity is not Severity.INFO}


def _words(told: Told) -> list[str]:
    """What is told, for whoever reads why a test failed."""
    said: list[Any] = list(told.findings if hasattr(told, "findings") else told.causes)
    said += [told.verdict] if isinstance(told, CudaReport) else []
    skipped = [f"skipped {one.rule}: {one.reason.english()}" for one in getattr(told, "skipped", ())]
    return [*(f"EG{one.code} {one.message.english()}" for one in said), *skipped]
