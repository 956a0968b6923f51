"""How much of a long report a reader is shown: a few findings of each rule, and how many more there are.

The counts know every finding, and so does the JSON; ten thousand paragraphs would make a notebook or a terminal useless.
"""

from __future__ import annotations

import itertools
from collections import Counter
from typing import TYPE_CHECKING, TypeVar

from envguard.render import words
from envguard.render.language import given
from envguard.value import value

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

    from envguard.model import Finding, Text

Entry = TypeVar("Entry")

SHOWN = 20
"""How many findings of one rule are shown: three such rules still fit into a comment on GitHub (65,536 characters)."""
LISTED = 50
"""How many entries a folded list shows: evidence, suppressed findings, files that could not be read."""


@value
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


def listed(entries: Iterable[Entry], more: Callable[[Text], Entry]) -> Iterator[Entry]:
    """The first entries of a list, and one more that `more` makes of how many there are beside them."""
    every = iter(entries)
    yield from itertools.islice(every, LISTED)
    left = sum(1 for _ in every)
    if left:
        yield more(given(words.AND_MORE, n=left))
