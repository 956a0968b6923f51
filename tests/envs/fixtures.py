"""The environments as fixtures: `scenario("s1")` to look at, `fresh_scenario("s1")` to change."""

from __future__ import annotations

from functools import cache
from importlib.util import find_spec
from typing import TYPE_CHECKING

import pytest

from tests.envs import scenarios
from tests.envs.wheelhouse import NoWheel, Unavailable
from tests.require import absent, require

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from tests.envs.scenarios import Scenario


@cache
def _kept(name: str, flavour: str) -> Scenario | Unavailable:
    """Checked once per session: reading tests do not change it."""
    try:
        return scenarios.get(name, flavour)
    except Unavailable as error:
        return error


@pytest.fixture(scope="session")
def scenario() -> Callable[..., Scenario]:
    """Gives a kept environment, shared by all tests: `scenario("s1")`, `scenario("s1", flavour="conda")`."""

    def give(name: str, flavour: str = "rattler") -> Scenario:
        _needs(name)
        found = _kept(name, flavour)
        return found if isinstance(found, scenarios.Scenario) else _unavailable(found)

    return give


@pytest.fixture
def fresh_scenario(tmp_path: Path) -> Callable[..., Scenario]:
    """Gives an environment of the test's own, which shares no file with any other: slower, free to be damaged."""

    def give(name: str, flavour: str = "rattler") -> Scenario:
        _needs(name)
        where = tmp_path / flavour / name
        where.parent.mkdir(exist_ok=True)
        try:
            return scenarios.tell(name, flavour, where, alone=True)
        except Unavailable as error:
            return _unavailable(error)

    return give


def _needs(name: str) -> None:
    if not find_spec("rattler"):
        absent("rattler", "py-rattler is not installed")
    for need in ("linux-64", "posix_prefix", *(["git"] if name == "s0" else [])):
        require(need)


def _unavailable(error: Unavailable) -> Scenario:
    if isinstance(error, NoWheel):
        pytest.skip(str(error))
    absent("environments", str(error))
    raise AssertionError
