"""The benchmark runs; no figure of it is judged."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.bench import run, scan, server

if TYPE_CHECKING:
    from pathlib import Path


@pytest.mark.slow
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
        "before its cell runs",
        "cells that are typed",
        "check of 40 packages",
    ):
        assert what in told


@pytest.mark.slow
def test_a_server_under_load(tmp_path: Path) -> None:
    """Small, to see that it works; how late the event loop is depends on the machine, and is no test's affair."""
    told = server.measure(tmp_path, clients=6, kernels=3, packages=40, seconds=6)
    assert told["load"]["failed"] == []
    assert told["load"]["report"]["n"] > 0
    assert (told["processes left"], told["processes left after kill -9"]) == (0, 0)
    assert max(told["lag under load"]["workers MB"], default=0) < 512


def test_scan(capsys: pytest.CaptureFixture[str]) -> None:
    assert scan.main(["--quick"]) == 0
    told = capsys.readouterr().out
    assert "40 small notebooks" in told
    assert "one notebook of 2 MB" in told
