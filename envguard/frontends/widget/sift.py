"""Which findings are shown: by their severity and by words in them.

Boxes to tick and no list to choose from: in a list, JupyterLab takes the letters and arrows that one types for its own shortcuts.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import ipywidgets

from envguard.model import Severity, text
from envguard.render.language import say

if TYPE_CHECKING:
    from collections.abc import Callable

    from envguard.model import Finding, Report

_SEVERITIES = {
    Severity.ERROR: text("errors"),
    Severity.WARNING: text("warnings"),
    Severity.INFO: text("good to know"),
}
_WORDS = text("with the words")
_HINT = text("rule, package, text")


class Sift(ipywidgets.HBox):  # type: ignore[misc]
    """The boxes and a field; `changed` is called whenever what they say is another."""

    def __init__(self, changed: Callable[[], None]) -> None:
        self.boxes = {
            severity: ipywidgets.Checkbox(True, description=say(told), indent=False, layout={"width": "auto"})
            for severity, told in _SEVERITIES.items()
        }
        self.words = ipywidgets.Text(
            description=say(_WORDS),
            placeholder=say(_HINT),
            style={"description_width": "initial"},
            layout={"width": "22em", "max_width": "100%"},
        )
        children = (*self.boxes.values(), self.words)
        for each in children:
            each.observe(lambda _: changed(), "value")
        super().__init__(children, layout={"flex_flow": "row wrap"})
        self.add_class("envguard-panel-sift")

    def lets(self, report: Report) -> tuple[Finding, ...]:
        """The findings that are shown, in their order."""
        words = self.words.value.casefold().split()
        return tuple(
            each
            for each in report.findings
            if self.boxes[each.severity].value and all(word in _told(each) for word in words)
        )


def _told(finding: Finding) -> str:
    consequence = say(finding.consequence) if finding.consequence is not None else ""
    parts = (f"EG{finding.code}", finding.rule, finding.subject, say(finding.message), consequence)
    return " ".join(parts).casefold()
