"""A notebook, read by its format (https://nbformat.readthedocs.io/en/latest/format_description.html), versions 3 and 4.

nbformat itself would hold every notebook against its JSON Schema, which takes longer than all that is done here.
"""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import TYPE_CHECKING, Any

from envguard import install_log
from envguard.rules.install_warnings import PATTERNS
from envguard.scan import imports, installs, stamps
from envguard.scanned import Scanned

if TYPE_CHECKING:
    from collections.abc import Iterator

    from envguard.scanned import Imported, Install

_PYTHON = ("python", "ipython", "python3", "")
_MOST_IGNORED = 100


class NotANotebook(ValueError):
    """It is JSON, but no notebook."""


def loads(content: str) -> list[dict[str, Any]]:
    """The cells of a notebook; ValueError if it is none."""
    return _cells(_json(content))


def _json(content: str) -> Any:
    try:
        return json.loads(content.removeprefix("\ufeff"))
    except RecursionError as error:
        raise NotANotebook("nested too deeply") from error


def _cells(told: Any) -> list[dict[str, Any]]:
    cells = told.get("cells") if isinstance(told, dict) else None
    if cells is None and isinstance(told, dict) and isinstance(told.get("worksheets"), list):
        cells = [cell for sheet in told["worksheets"] if isinstance(sheet, dict) for cell in sheet.get("cells") or ()]
    if not isinstance(cells, list):
        raise NotANotebook("it has no cells")
    return [cell if isinstance(cell, dict) else {} for cell in cells] if _is_python(told) else []


def source_of(cell: dict[str, Any]) -> str:
    """The source of a cell of code; empty for any other."""
    if cell.get("cell_type") != "code":
        return ""
    told = cell.get("source", cell.get("input", ""))
    return joined(told)


def joined(told: object) -> str:
    """A text that a notebook keeps whole or line by line."""
    return told if isinstance(told, str) else "".join(map(str, told)) if isinstance(told, list) else ""


def read(path: str, content: str, *, with_imports: bool) -> Scanned:
    """What a notebook asks for, has been warned of, and imports."""
    where = installs.place(path, kernel=True)
    whole = _json(content)
    cells = _cells(whole)
    found: list[Install] = []
    used: list[Imported] = []
    for number, cell in enumerate(cells, 1):
        source = source_of(cell)
        if not source:
            continue

        def told(line: int, number: int = number) -> str:
            return f"{path}, cell {number}, line {line}"

        name = cell.get("id")
        found += installs.of_cell(source, where, told, number, name if isinstance(name, str) else None)
        if with_imports:
            used += imports.of_cell(source, told, number)
    return Scanned(
        path,
        "notebook",
        tuple(found),
        install_log.read_texts(_outputs(path, cells), PATTERNS),
        tuple(used),
        beside(path) if used else frozenset(),
        stamps.read(whole) if used else None,
        ignored={number: reasons for number, cell in enumerate(cells, 1) if (reasons := ignored(cell.get("metadata")))},
    )


def ignored(metadata: Any) -> dict[str, str]:
    """The rules that a cell's metadata have ignored, `{"envguard": {"ignore": {RULE: REASON}}}`; none without a reason."""
    own = metadata.get(stamps.KEY) if isinstance(metadata, dict) else None
    told = own.get("ignore") if isinstance(own, dict) else None
    return {
        rule.lower(): reason.strip()
        for rule, reason in (list(told.items())[:_MOST_IGNORED] if isinstance(told, dict) else ())
        if isinstance(reason, str) and reason.strip()
    }


def _is_python(told: dict[str, Any]) -> bool:
    metadata = told.get("metadata")
    info = metadata if isinstance(metadata, dict) else {}
    for key, name in (("kernelspec", "language"), ("language_info", "name")):
        part = info.get(key)
        if isinstance(part, dict) and isinstance(part.get(name), str):
            return part[name].lower() in _PYTHON
    return True


def _outputs(path: str, cells: list[dict[str, Any]]) -> Iterator[tuple[str, str]]:
    for number, cell in enumerate(cells, 1):
        outputs = cell.get("outputs")
        for output in outputs if isinstance(outputs, list) else ():
            if isinstance(output, dict):
                data = output.get("data")
                plain = data.get("text/plain") if isinstance(data, dict) else None
                said = joined(output.get("text") or output.get("traceback") or plain or "")
                if said:
                    yield f"{path}, cell {number}", said


def beside(path: str) -> frozenset[str]:
    """The modules that a cell could import from the notebook's own folder."""
    found = set()
    try:
        for entry in os.scandir(Path(path).parent):
            found.add(entry.name.partition(".")[0])
    except OSError:
        pass
    return frozenset(found)
