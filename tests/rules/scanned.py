"""Files as a scan has read them, for tables of rules."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import TYPE_CHECKING

from envguard.model import text
from envguard.scan import notebook as notebooks
from envguard.scan import yaml_files
from envguard.scanned import Goes

if TYPE_CHECKING:
    from envguard.scanned import Scanned


def notebook(path: str, source: str, **stamped: str) -> Scanned:
    """A notebook of one cell, with a stamp that tells of these versions."""
    cell = {"cell_type": "code", "source": source}
    packages = {name: {"distribution": name, "version": version, "by": "pip"} for name, version in stamped.items()}
    stamp = {"schema": 1, "python": "3.8.1", "platform": "linux-64", "packages": packages}
    whole = {"cells": [cell], "metadata": {"envguard": stamp} if stamped else {}}
    return notebooks.read(path, json.dumps(whole), with_imports=True)


def lost(path: str, source: str) -> Scanned:
    """A notebook of one cell, none of whose commands has a tool in its kernel."""
    found = notebook(path, source)
    goes = Goes(None, "/opt/lab", None, named=False, reason=text("there is none"))
    return replace(found, installs=tuple(replace(each, goes=goes) for each in found.installs))


def environment(path: str, content: str) -> Scanned:
    """An environment file."""
    return yaml_files.read_environment(path, content)
