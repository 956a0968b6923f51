"""Databases as PROJ's, with nothing in them but what they say of themselves."""

from __future__ import annotations

import contextlib
import sqlite3
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pathlib import Path


def database(path: Path, major: int, minor: int, version: str = "9.4.1") -> bytes:
    """Writes one of this layout; its content."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.unlink(missing_ok=True)
    told = {"DATABASE.LAYOUT.VERSION.MAJOR": major, "DATABASE.LAYOUT.VERSION.MINOR": minor, "PROJ.VERSION": version}
    with contextlib.closing(sqlite3.connect(path)) as connection, connection:
        connection.execute("CREATE TABLE metadata (key TEXT, value TEXT)")
        connection.executemany("INSERT INTO metadata VALUES (?, ?)", [(key, str(each)) for key, each in told.items()])
    return path.read_bytes()
