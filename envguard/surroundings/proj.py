"""The databases of PROJ that wheels bring, and the one that conda's activation sends them to instead.

PROJ takes a database if its layout is of the same major version and at least the minor version that its library was made
for. Wheels of rasterio and of fiona take the one that PROJ_DATA or PROJ_LIB names before their own (seen with rasterio
1.3.4, 1.3.9, 1.4.3 and 1.4.4, and fiona 1.10.1); those of pyproj 3.7.2 and pyogrio 0.13.0 take their own in any case.
"""

from __future__ import annotations

import contextlib
import os
import re
from typing import TYPE_CHECKING
from urllib.parse import quote

from envguard.machine import ProjDatabase
from envguard.probe import reading

if TYPE_CHECKING:
    from envguard.facts import Environment

_OBEYING = ("rasterio", "fiona")
_LARGEST = 256 << 20
"""Bytes of a database; PROJ's own has nine million."""
_HEADER = b"SQLite format 3\0"
_ASKED = "SELECT key, value FROM metadata WHERE key LIKE 'DATABASE.LAYOUT.VERSION.%' OR key = 'PROJ.VERSION'"


def proj_databases(env: Environment) -> tuple[ProjDatabase, ...] | None:
    """Those of wheels that obey PROJ_DATA, and conda's beside them; none without both, None where none can be read."""
    wheels = tuple((name, dist) for name in _OBEYING for dist in env.dists_named.get(name, ()) if dist.owner is None)
    package = next((env.by_name[name] for name in ("proj", "libproj", "proj4") if name in env.by_name), None)
    if not wheels or package is None:
        return ()
    try:
        import sqlite3  # noqa: F401 - broken or left out where Python was built without it
    except ImportError:
        return None
    conda = f"{'Library/' if env.layout == 'windows' else ''}share/proj/proj.db"
    places = [(f"{dist.site}/{name}/proj_data/proj.db", dist.path) for name, dist in wheels]
    found = (_database(env, path, owner) for path, owner in [*places, (conda, package.record)])
    return tuple(each for each in found if each is not None)


def _database(env: Environment, path: str, owner: str) -> ProjDatabase | None:
    import sqlite3

    place = os.path.join(env.prefix, *path.split("/"))
    try:
        if not next(reading.chunks(place, _LARGEST, env.prefix), b"").startswith(_HEADER):
            return None
        # nothing is locked, and nothing written beside it
        where = f"file:{quote(place)}?mode=ro&immutable=1"
        with contextlib.closing(sqlite3.connect(where, uri=True)) as connection:
            told = {str(key): str(value) for key, value in connection.execute(_ASKED).fetchmany(16)}
    except (OSError, ValueError, sqlite3.Error):
        return None
    layout = tuple(_number(told.get(f"DATABASE.LAYOUT.VERSION.{part}")) for part in ("MAJOR", "MINOR"))
    return ProjDatabase(path, owner, told.get("PROJ.VERSION"), layout)


def _number(written: str | None) -> int:
    """0 for what is no number, as databases before PROJ 8.1 have none."""
    return int(written) if written is not None and re.fullmatch(r"\d{1,6}", written) else 0
