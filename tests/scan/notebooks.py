"""Notebooks to scan: cells in one line each, as Jupyter writes them."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from envguard.scan.scan import scan

if TYPE_CHECKING:
    from pathlib import Path

    from envguard.facts import Environment
    from envguard.scan_report import ScanReport


def code(source: str | list[str], *outputs: dict[str, Any], id: str = "") -> dict[str, Any]:  # noqa: A002
    lines = source.splitlines(keepends=True) if isinstance(source, str) else source
    cell = {"cell_type": "code", "execution_count": None, "metadata": {}, "outputs": list(outputs), "source": lines}
    return {"cell_type": "code", "id": id, **cell} if id else cell


def stream(text: str) -> dict[str, Any]:
    return {"name": "stdout", "output_type": "stream", "text": text.splitlines(keepends=True)}


def notebook(*cells: str | dict[str, Any], **metadata: Any) -> str:
    """As Jupyter writes it."""
    made = [code(cell) if isinstance(cell, str) else cell for cell in cells]
    whole = {"cells": made, "metadata": metadata, "nbformat": 4, "nbformat_minor": 5}
    return json.dumps(whole, indent=1, ensure_ascii=False, sort_keys=True) + "\n"


def write(folder: Path, name: str, content: str) -> Path:
    path = folder / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(content, encoding="utf-8", newline="")
    return path


def of(folder: Path, name: str, content: str, env: Environment | None = None) -> ScanReport:
    """The scan of one file."""
    return scan([str(write(folder, name, content))], env)


def told(report: ScanReport, *, hints: bool = True) -> list[tuple[str, str]]:
    """The rule and the place of each finding: `c2:1` is the first line of the second cell."""
    assert report.problems == ()
    assert report.failed == ()
    return [
        (each.finding.rule, f"c{each.spot.cell}:{each.spot.cell_line}" if each.spot.cell else f"{each.spot.line}")
        for each in report.remarks
        if hints or each.finding.severity.value != "info"
    ]
