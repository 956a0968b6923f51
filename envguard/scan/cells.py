"""The cells of a notebook as an editor has them, while they are being typed: the rules of a scan, with exact places.

* Half of a command is no fault: whatever cannot be parsed tells what can still be seen in it.
* The order of the cells is that of the notebook, as conda after pip is about two of them.
* The environment is looked at only if some cell has a command in it.
"""

from __future__ import annotations

import re
from dataclasses import replace
from typing import TYPE_CHECKING

from envguard.errors import CannotTell
from envguard.rules.cell_magics import cell_magic_without_tool
from envguard.rules.cell_order import cell_conda_after_pip
from envguard.rules.cells import cell_breaks_constraint, cell_shell_pip, cell_unpinned
from envguard.scan import cell_fixes, installs, rewrite
from envguard.scan.scan import NOBODY
from envguard.scan_report import CellRemark, CellReport
from envguard.scanned import Scanned

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from envguard.commands.command import Place
    from envguard.facts import Environment
    from envguard.model import Finding
    from envguard.rules.rule import Rule
    from envguard.scan.cell_fixes import Beside
    from envguard.scan_report import Cell, CellFix
    from envguard.scanned import Install

RULES: tuple[Rule, ...] = (
    cell_shell_pip,
    cell_conda_after_pip,
    cell_unpinned,
    cell_breaks_constraint,
    cell_magic_without_tool,
)
LONGEST = 100_000
"""Characters of a cell that is read; nobody types a longer one."""


def judge(
    cells: Sequence[Cell],
    place: Place | None,
    look: Callable[[], tuple[Environment, Beside]] | None,
    keep: Callable[[Finding], bool] = lambda _: True,
) -> tuple[CellReport, ...]:
    """What is to be said of some cells of one notebook, in their order.

    `place` is where the kernel would run them and `look` tells of its environment; None without a kernel. `keep` says which
    findings somebody wants to hear of.
    """
    found = [list(_installs(number, cell, place)) for number, cell in enumerate(cells)]
    every = tuple(install for each in found for install in each)
    if not every:
        return tuple(CellReport(cell.id, ()) for cell in cells)
    env, beside = (NOBODY, cell_fixes.Beside()) if look is None else look()
    where = replace(env, scanned=(Scanned("", "notebook", every),))
    told: dict[int, list[CellRemark]] = {}
    known = {install.source: install for install in every}
    for finding in _findings(where):
        install = known[finding.evidence[0].source]
        number = install.cell or 0
        cell = cells[number]
        if keep(finding) and not {finding.rule, f"eg{finding.code}"} & set(cell.ignored):
            fixes = cell_fixes.fixes(cells, finding, install, every, None if look is None else env, beside)
            told.setdefault(number, []).append(_remark(cell.source, finding, install, fixes))
    return tuple(
        CellReport(cell.id, tuple(sorted(told.get(number, ()), key=lambda each: (each.line, each.column))))
        for number, cell in enumerate(cells)
    )


def _installs(number: int, cell: Cell, place: Place | None) -> Iterator[Install]:
    """The commands of a cell, each with a source of its own, also where two stand in one line."""
    if len(cell.source) > LONGEST:
        return

    def told(line: int) -> str:
        return f"line {line}" if cell.number is None else f"cell {cell.number}, line {line}"

    if place is None:
        found = installs.of_cell(cell.source, installs.place("", kernel=True), told, number, cell.id)
    else:
        found = installs.in_kernel(cell.source, place, told, number, cell.id)
    seen = set()
    for each in found:
        source = each.source
        if (each.line, number) in seen or cell.number is None:
            source = f"{source}, column {each.column + 1}" + ("" if cell.number is not None else f" ({cell.id[:8]})")
        seen.add((each.line, number))
        yield replace(each, source=source)


def _findings(env: Environment) -> Iterator[Finding]:
    for rule in RULES:
        try:
            yield from list(rule(env))
        except CannotTell:
            continue


def _remark(source: str, finding: Finding, install: Install, fixes: tuple[CellFix, ...]) -> CellRemark:
    start, end = cell_fixes.span(source, install)
    for wanted in install.wanted:
        if finding.subject in (wanted.text, wanted.name) and finding.subject != install.tool:
            found = re.compile(cell_fixes.word(wanted.text)).search(source, start, end)
            if found is not None:
                start, end = found.span()
                break
    return CellRemark(finding, *rewrite.place(source, start), *rewrite.place(source, end), fixes)
