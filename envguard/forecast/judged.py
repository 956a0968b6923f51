"""What the quick forecast has found about what a command names."""

from __future__ import annotations

from dataclasses import field
from typing import TYPE_CHECKING

from envguard.model import Evidence, text
from envguard.value import value

if TYPE_CHECKING:
    from collections.abc import Iterable

    from envguard.forecast_report import Foreseen, Remark
    from envguard.model import Text

TOLD = 6
"""Names that a sentence lists, at most."""


@value
class Judged:
    """What would come, be replaced and go, as far as it is named, and what speaks against it."""

    installs: list[Foreseen] = field(default_factory=list)
    replaces: list[Foreseen] = field(default_factory=list)
    removes: list[Foreseen] = field(default_factory=list)
    remarks: list[Remark] = field(default_factory=list)
    unknown: list[Text] = field(default_factory=list)
    refusals: list[Text] = field(default_factory=list)

    def add(self, other: Judged) -> None:
        """Takes over what was found apart."""
        for name in ("installs", "replaces", "removes", "remarks", "unknown", "refusals"):
            getattr(self, name).extend(getattr(other, name))


def few(names: Iterable[str]) -> tuple[str, ...]:
    """As many names as fit into a sentence."""
    every = tuple(dict.fromkeys(names))
    return every if len(every) <= TOLD else (*every[:TOLD], "…")


def of_conda(each: Foreseen) -> tuple[Evidence, ...]:
    """The evidence that a package is conda's: its record, and what depends on it."""
    found = []
    if each.record:
        found.append(Evidence(text("says that conda installed it"), f"conda-meta/{each.record}.json"))
    if each.dependants:
        depends = text(
            "{packages} depends on it",
            "{packages} depend on it",
            n=len(each.dependants),
            packages=few(each.dependants),
        )
        found.append(Evidence(depends, "conda-meta"))
    return tuple(found)
