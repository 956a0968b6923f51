"""The benchmark runs; no figure of it is judged."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tests.bench import run, scan

if TYPE_CHECKING:
    from pathlib import Path

    import pytest


def test_quick(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run.main(["--quick", "--where", str(tmp_path)]) == 0
    told = capsys.readouterr().out
    for what in (
        "first check",
        "repeated check",
        "first quick forecast",
        "live part beyond the disk check",
        "`envguard check`",
        "MB",
        "--deep",
        "stdlib json",
        "load_ext",
        "guard, ordinary cell",
        "check of 40 packages",
    ):
        assert what in told


def test_scan(capsys: pytest.CaptureFixture[str]) -> None:
    assert scan.main(["--quick"]) == 0
    told = capsys.readouterr().out
    assert "40 small notebooks" in told
    assert "one notebook of 2 MB" in told
