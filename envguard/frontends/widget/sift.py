"""Which findings are shown: by their severity and by words in them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import ipywidgets

from envguard.model import Severity, text
from envguard.render.language import say

if TYPE_CHECKING:
    from collections.abc import Callable

    from envguard.model import Finding, Report

_ALL = text("everything")
_GRAVE = text("errors and warnings")
_ERRORS = text("errors")
_SHOW, _WORDS = text("Show"), text("with the words")
_HINT = text("rule, package, text")


class Sift(ipywidgets.HBox):  # type: ignore[misc]
    """Two fields; `changed` is called whenever what they say is another."""

    def __init__(self, changed: Callable[[], None]) -> None:
        ranks = ((_ALL, Severity.INFO), (_GRAVE, Severity.WARNING), (_ERRORS, Severity.ERROR))
        self.least = ipywidgets.Dropdown(
            options=[(say(told), severity) for told, severity in ranks],
            value=Severity.INFO,
            description=say(_SHOW),
            style={"description_width": "initial"},
            layout={"width": "auto"},
        )
        self.words = ipywidgets.Text(
            description=say(_WORDS),
            placeholder=say(_HINT),
            style={"description_width": "initial"},
            layout={"width": "22em", "max_width": "100%"},
        )
        for each in (self.least, self.words):
            each.observe(lambda _: changed(), "value")
        super().__init__([self.least, self.words], layout={"flex_flow": "row wrap"})

    def lets(self, report: Report) -> tuple[Finding, ...]:
        """The findings that are shown, in their order."""
        words = self.words.value.casefold().split()
        least: Any = self.least.value
        return tuple(
            each
            for each in report.findings
            if each.severity.rank <= least.rank and all(word in _told(each) for word in words)
        )


def _told(finding: Finding) -> str:
    consequence = say(finding.consequence) if finding.consequence is not None else ""
    parts = (f"EG{finding.code}", finding.rule, finding.subject, say(finding.message), consequence)
    return " ".join(parts).casefold()
