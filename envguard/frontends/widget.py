"""The panel itself; the only module that imports ipywidgets, so that the rest works without."""

from __future__ import annotations

import datetime
import time
import traceback
from html import escape
from typing import TYPE_CHECKING, Any

import ipywidgets

from envguard import brought
from envguard.errors import EnvguardError
from envguard.frontends import output
from envguard.model import Text
from envguard.render.language import framed, say

if TYPE_CHECKING:
    from collections.abc import Callable

    from envguard.model import Report, Timeline

_FAILED = Text("{error} — the report below is the last one that worked.")
_CHECKED = Text("Checked at {when}.")
_CHECKED_IN = Text("Checked at {when}, in {milliseconds} ms.")
_IDLE, _BUSY = Text("Check again"), Text("Checking…")
_TOOLTIP = Text("Read the environment again and update the report")
_DETAILS = Text("Details")


class Panel(ipywidgets.VBox):  # type: ignore[misc]
    """A report, a button that checks again, and a line that says when and how that went.

    A failed check keeps the last report in sight and says in the line that it is an old one.
    """

    def __init__(
        self,
        report: Report,
        check: Callable[[], Report],
        history: Callable[[], Timeline] | None = None,
        **kwargs: Any,
    ) -> None:
        """`check` makes the next report, `history` the timeline below it."""
        self.report, self._check, self._history = report, check, history
        self.button = ipywidgets.Button(description=say(_IDLE), icon="refresh", tooltip=say(_TOOLTIP))
        self.button.on_click(lambda _button: self.refresh())
        self.status = ipywidgets.HTML()
        self.body = ipywidgets.HTML()
        self.story = ipywidgets.HTML()
        bar = ipywidgets.HBox([self.button, self.status], layout={"align_items": "center"})
        super().__init__([bar, self.body, self.story], **kwargs)
        self._show(report, 0.0)

    def refresh(self) -> None:
        """Checks again; the kernel is busy meanwhile, and the button says so.

        The button is not disabled, as that would take the keyboard's focus from it; a second click just checks twice.
        """
        self.button.description = say(_BUSY)
        started = time.perf_counter()
        try:
            with brought.visit():
                report = self._check()
                self._show(report, time.perf_counter() - started)
        except EnvguardError as error:
            self._say(framed(_FAILED, error=output.one_line(error)))
        except Exception:  # noqa: BLE001 - the door of the front end; ipywidgets would only log it where nobody looks
            self._say(output.OUR_FAULT, traceback.format_exc())
        finally:
            self.button.description = say(_IDLE)

    def _show(self, report: Report, seconds: float) -> None:
        self.body.value = output.bundle(report, details=False)["text/html"]
        if self._history is not None:
            self.story.value = output.fold(self._history())
        self.report = report
        when = datetime.datetime.fromisoformat(report.made_at).astimezone()
        took = f"{seconds * 1000:.0f}" if seconds else ""
        self._say(framed(_CHECKED_IN if took else _CHECKED, when=f"{when:%H:%M:%S}", milliseconds=took))

    def _say(self, line: str, more: str = "") -> None:
        folded = (
            f"<details><summary>{escape(say(_DETAILS))}</summary><pre>{escape(more)}</pre></details>" if more else ""
        )
        self.status.value = f'<span role="status" aria-live="polite">{escape(line)}</span>{folded}'

    def _repr_mimebundle_(self, **kwargs: Any) -> dict[str, Any]:
        """The widget, and the report itself for where no widget can be shown: a static page, a plain viewer."""
        return {
            **super()._repr_mimebundle_(**kwargs),
            **output.with_history(output.bundle(self.report, details=False), self.story.value),
        }
