"""Compares with a file under golden/; `ENVGUARD_REGOLD=1 pytest tests/render` writes the files anew, for git to show."""

from __future__ import annotations

import os
from pathlib import Path

GOLDEN = Path(__file__).with_name("golden")


def assert_golden(name: str, told: str) -> None:
    path = GOLDEN / name
    if os.environ.get("ENVGUARD_REGOLD"):
        path.parent.mkdir(exist_ok=True)
        path.write_bytes(told.encode())
    assert told == path.read_bytes().decode(), f"{name} differs; ENVGUARD_REGOLD=1 writes it anew"
