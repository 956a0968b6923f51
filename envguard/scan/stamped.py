"""Compares the stamp of a notebook that is open in an editor with the environment of its kernel."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

from envguard.rules.notebook_imports import import_not_in_environment, stamp_differs
from envguard.scan import imports, installs, stamps
from envguard.scan.cells import LONGEST
from envguard.scanned import Scanned

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from envguard.facts import Environment
    from envguard.model import Finding
    from envguard.scan_report import Cell
    from envguard.scanned import Imported, Install


def differences(stamp: Mapping[str, Any], cells: Sequence[Cell], env: Environment) -> tuple[Finding, ...]:
    """The imported packages of the stamp that differ here or are missing; the worst first."""
    told = stamps.read({"metadata": {stamps.KEY: stamp}})
    if told is None:
        return ()
    known = {each.module for each in told.packages}
    used = tuple(each for cell in cells for each in _imports(cell))
    found = tuple(each for cell in cells for each in _installs(cell))
    # what the stamp does not name was not there either, or lies beside the notebook, where nobody has looked
    here = tuple(each for each in used if each.name in known)
    scanned = Scanned("", "notebook", found, imports=used, stamp=told)
    missing = import_not_in_environment(replace(env, scanned=(replace(scanned, imports=here),)))
    other = stamp_differs(replace(env, scanned=(scanned,)))
    return tuple(sorted((*missing, *other), key=lambda each: (each.severity.rank, each.code, each.subject)))


def _imports(cell: Cell) -> Iterator[Imported]:
    if len(cell.source) <= LONGEST:
        yield from imports.of_cell(cell.source, lambda line: _place(cell, line), cell.number or 0)


def _installs(cell: Cell) -> Iterator[Install]:
    if len(cell.source) <= LONGEST:
        where = installs.place("", kernel=True)
        yield from installs.of_cell(cell.source, where, lambda line: _place(cell, line), cell.number or 0, cell.id)


def _place(cell: Cell, line: int) -> str:
    return f"line {line}" if cell.number is None else f"cell {cell.number}, line {line}"
