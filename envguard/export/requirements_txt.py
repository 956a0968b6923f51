"""requirements.txt: what pip installed; what conda brings stands in it as a comment, for whoever has no conda."""

from __future__ import annotations

from typing import TYPE_CHECKING

from envguard.export.comments import hashed, header, item, said
from envguard.export_report import Depth

if TYPE_CHECKING:
    from envguard.export.inventory import Inventory


def write(told: Inventory) -> str:
    """The whole file."""
    whole = told.depth is not Depth.HISTORY
    how = [f"Install it:  python -m pip install {'--no-deps ' if whole else ''}--requirement requirements.txt"]
    if whole and told.lines:
        how.append("(--no-deps, as every package that pip had installed is listed)")
    content = hashed(header(told, how)) + "".join(f"{line}\n" for line in lines(told))
    if told.given:
        content += hashed(["", "Brought by conda, hence not pip's to install where conda makes the rest:", *told.given])
    return content


def lines(told: Inventory) -> list[str]:
    """The options and requirements, with comments where something is to be known."""
    found: list[str] = []
    for index in told.indexes:
        found += [f"# {said(index.note)}", *filter(None, (index.line,))]
    found += [f"# {item(each)}" for each in told.pip if each.line is None]
    return [*found, *told.lines]
