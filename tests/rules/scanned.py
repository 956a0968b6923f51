"""Files as a scan has read them, for tables of rules."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from envguard.scan import notebook as notebooks
from envguard.scan import yaml_files

if TYPE_CHECKING:
    from envguard.scanned import Scanned


def notebook(path: str, source: str) -> Scanned:
    """A notebook of one cell."""
    cell = {"cell_type": "code", "source": source}
    return notebooks.read(path, json.dumps({"cells": [cell]}), with_imports=True)


def environment(path: str, content: str) -> Scanned:
    """An environment file."""
    return yaml_files.read_environment(path, content)
