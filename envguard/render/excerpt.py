"""How much of a long report a reader is shown: a few findings of each rule, and how many more there are.

The counts know every finding, and so does the JSON; ten thousand paragraphs would make a notebook or a terminal useless.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from typing import TYPE_CHECKING

from envguard.render import words
from envguard.render.language import given

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from envguard.model import Finding, Text

SHOWN = 20
"""How many findings of one rule are shown; of Markdown more would not fit into a comment on GitHub (65,536 characters)."""


@dataclass(frozen=True)
class Rest:
    """Findings of the same rule and severity as the one before, which are counted only."""

    n: int

    @property
    def text(self) -> Text:
        """What stands in their place."""
        return given(words.MORE_OF_RULE, n=self.n)


def excerpt(findings: Iterable[Finding]) -> Iterator[Finding | Rest]:
    """The first findings of each rule, in the order given; what is left out is counted where it would begin."""
    every = tuple(findings)
    totals = Counter((finding.severity, finding.rule) for finding in every)
    met: Counter[object] = Counter()
    for finding in every:
        kind = (finding.severity, finding.rule)
        met[kind] += 1
        if met[kind] <= SHOWN:
            yield finding
        elif met[kind] == SHOWN + 1:
            yield Rest(totals[kind] - SHOWN)
