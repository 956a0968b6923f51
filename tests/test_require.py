"""Needs of the machine: found, skipped with a reason, or demanded."""

from __future__ import annotations

import subprocess
import sys

import pytest

from tests.require import ABSENT, absent, look, require, summary


def test_a_need_that_is_met_gives_what_meets_it(monkeypatch: pytest.MonkeyPatch) -> None:
    version = "{}.{}".format(*sys.version_info[:2])
    python = require(f"python{version}")
    done = subprocess.run([python, "-c", "import sys; print(sys.version)"], capture_output=True, text=True, check=True)
    assert done.stdout.startswith(version)


def test_a_python_that_nobody_has_is_absent_with_a_reason() -> None:
    assert look("python3.2") == (None, "no Python 3.2 on PATH or in pyenv that runs")


@pytest.mark.parametrize(
    ("demanded", "outcome"),
    [
        ("", pytest.skip.Exception),
        ("git,python3.8", pytest.skip.Exception),
        ("all", pytest.fail.Exception),
        ("git, rocket", pytest.fail.Exception),
        ("all,-rocket", pytest.skip.Exception),
    ],
)
def test_an_absent_need_skips_or_fails(
    demanded: str, outcome: type[BaseException], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("ENVGUARD_REQUIRE", demanded)
    lines: list[str] = []
    try:
        with pytest.raises(outcome, match="no rocket here"):
            absent("rocket", "no rocket here")
        summary(lines.append)
    finally:
        ABSENT.pop("rocket")  # invented, so not to be told at the end of the run
    assert "absent: rocket (no rocket here)" in lines
