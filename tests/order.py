"""Which files are begun first: what takes minutes must not be begun when nothing else is left for the other workers."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import pytest

HERE = Path(__file__).parent
LONGEST = (
    "changes/test_undo_killed.py",
    "changes/test_repair.py",
    "browser/test_before.py",
    "test_scenarios.py",
    "browser/test_diagnostics.py",
    "export/test_round_trip.py",
    "changes/test_undo.py",
    "browser/test_lab.py",
    "rebuild/test_rebuild.py",
    "forecast/test_full_pip.py",
    "browser/test_access.py",
    "browser/test_widget.py",
    "browser/test_notebook.py",
    "rebuild/test_origins.py",
    "browser/test_chinese.py",
    "changes/test_repair_killed.py",
    "rebuild/test_rebuild_killed.py",
    "frontends/server/test_installs_around.py",
    "bench/test_bench.py",
    "browser/test_demo.py",
    "scan/test_cells.py",
    "cuda/test_cases_wheels.py",
    "labextension/test_labextension.py",
    "test_demo_lab.py",
    "changes/test_protect.py",
)
"""Files below this folder whose tests take longest, slow ones included; the others are begun in the order of their names."""
_RANKS = {HERE / name: rank for rank, name in enumerate(LONGEST)}


def longest_first(items: list[pytest.Item]) -> None:
    """Sorts what was collected; the tests of a file stay together and in their order."""
    items.sort(key=lambda item: _RANKS.get(item.path, len(LONGEST)))
