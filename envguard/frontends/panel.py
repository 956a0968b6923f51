"""`%envpanel` and `envguard.panel()`: a report with what can be looked up and done beside it, or the report alone where ipywidgets fails."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from envguard import api, brought
from envguard.frontends import output
from envguard.model import Text
from envguard.render.language import given, say

if TYPE_CHECKING:
    from pathlib import Path

_NO_PANEL = Text("No panel, as ipywidgets does not work here ({reason}); run the cell again to check again.")


def panel(prefix: str | Path | None = None) -> Any:
    """The panel on a prefix, by default this kernel's; something that a notebook shows either way."""
    with brought.visit():
        report = api.inspect(prefix)
        try:
            from envguard.frontends.widget import Panel, doors

            return Panel(report, doors.of(prefix, report.environment.prefix))
        except Exception as error:  # noqa: BLE001 - a damaged ipywidgets may fail in any way, and may be what is to be found
            shown = output.with_history(output.bundle(report, details=False), output.fold(api.history(prefix)))
            return _Without(shown, f"{type(error).__name__}: {error}")


class _Without:
    """The report with one line on why there is no panel."""

    def __init__(self, bundle: dict[str, str], reason: str) -> None:
        self._bundle, self._reason = bundle, reason

    def _repr_mimebundle_(self, **_kwargs: Any) -> dict[str, str]:
        return output.with_note(
            self._bundle,
            say(given(_NO_PANEL, reason=self._reason)),
        )
