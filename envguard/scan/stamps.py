"""The stamp of a notebook: a small record of the environment that it works in, in the notebook's own metadata.

    "envguard": {
      "schema": 1,
      "envguard": "0.1.0",                     the version that wrote it
      "made_at": "2026-03-14T09:26:53+00:00",  when, in UTC
      "python": "3.11.9",                      of the environment, or null
      "platform": "linux-64",                  as conda calls it, or null
      "packages": {                            for each module that the notebook imports, if the environment has it
        "sklearn": {"distribution": "scikit-learn", "version": "1.5.2", "by": "conda"}
      }
    }

`by` is conda or pip: whose book owns the files. Nothing else is in it: no path, no name of a person or a machine.
"""

from __future__ import annotations

from typing import Any

from envguard.scanned import Stamp, Stamped

KEY = "envguard"
SCHEMA = 1
_LONGEST = 200
_MOST = 500


def read(told: Any) -> Stamp | None:
    """The stamp of a notebook, if it has one that can be read."""
    metadata = told.get("metadata") if isinstance(told, dict) else None
    stamp = metadata.get(KEY) if isinstance(metadata, dict) else None
    packages = stamp.get("packages") if isinstance(stamp, dict) and stamp.get("schema") == SCHEMA else None
    if not isinstance(stamp, dict) or not isinstance(packages, dict):
        return None
    found = []
    for module, each in list(packages.items())[:_MOST]:
        parts = (
            [module, *(each.get(key) for key in ("distribution", "version", "by"))] if isinstance(each, dict) else []
        )
        if parts and all(isinstance(part, str) and len(part) <= _LONGEST for part in parts):
            found.append(Stamped(*parts))
    return Stamp(_string(stamp.get("python")), _string(stamp.get("platform")), tuple(found))


def _string(told: object) -> str | None:
    return told if isinstance(told, str) and len(told) <= _LONGEST else None
