"""What came of a mechanism in this run: the first seed's report is kept for the table of the cases."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tests.cases.draw import Draw
from tests.cases.mechanism import worst

if TYPE_CHECKING:
    from pathlib import Path

    from tests.cases.mechanism import Mechanism, Told

FIRED: dict[str, frozenset[int]] = {}
"""Mechanism -> the codes that were told of it, from its first seed."""


def fired(one: Mechanism, seed: int, where: Path) -> Told:
    """The report on what a mechanism breaks."""
    report = one.build(Draw(one.name, seed), where, False)
    if seed == 0:
        FIRED[one.name] = frozenset(worst(report))
    return report


def near(one: Mechanism, seed: int, where: Path) -> Told:
    """The report on the same thing built sound."""
    return one.build(Draw(one.name, seed), where, True)
