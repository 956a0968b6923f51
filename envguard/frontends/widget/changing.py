"""What a panel can change: repair the environment, or take the last change back. Never with one click.

The first click shows what would be done, or why it must not; only then there is a second button that does it. It is done in
the kernel's own thread, so that no cell runs in an environment that is half repaired.
"""

from __future__ import annotations

from dataclasses import replace
from functools import partial
from typing import TYPE_CHECKING

import ipywidgets

from envguard import api, brought
from envguard.frontends import repairing, undoing
from envguard.frontends.widget.status import Status
from envguard.model import text
from envguard.render.language import say
from envguard.undo_report import UndoReport

if TYPE_CHECKING:
    from collections.abc import Callable

    from envguard.model import Text
    from envguard.repair_report import RepairReport

    Guarded = Callable[[Callable[[], None], Status], None]
    """Runs something, and tells in a line what goes wrong with it."""

_REPAIR, _UNDO = text("Repair…"), text("Take the last change back…")
_REPAIR_TIP = text("Show what would bring this environment back to a sound state; nothing is changed yet")
_UNDO_TIP = text("Show what taking the last install or repair back would do; nothing is changed yet")
_REALLY_REPAIR, _REALLY_UNDO = text("Really repair it"), text("Really take it back")
_LEAVE = text("Cancel")
_PLANNING, _WORKING = text("Looking for a way back…"), text("Changing the environment…")
_PLANNED = text("This is what would be done. Nothing has been changed yet.")
_NOTHING = text("There is nothing to do; nothing has been changed.")
_REFUSED = text("That is not done here: {reason}")
_LEFT = text("Nothing has been changed.")
_DONE = text("Done; what came of it stands below.")


class Changing(ipywidgets.VBox):  # type: ignore[misc]
    """Two buttons that ask, what they tell, and a question."""

    def __init__(self, prefix: str, guarded: Guarded, changed: Callable[[], None]) -> None:
        """`changed` is called when the environment is another one."""
        self._prefix, self._changed = prefix, changed
        self._planned: RepairReport | UndoReport | None = None
        self.repair = ipywidgets.Button(description=say(_REPAIR), icon="wrench", tooltip=say(_REPAIR_TIP))
        self.undo = ipywidgets.Button(description=say(_UNDO), icon="undo", tooltip=say(_UNDO_TIP))
        self.really = ipywidgets.Button(button_style="danger")
        self.leave = ipywidgets.Button(description=say(_LEAVE))
        for button in (self.repair, self.undo, self.really, self.leave):
            button.layout.width = "auto"
        self.status, self.told = Status(), ipywidgets.HTML()
        self.question = ipywidgets.HBox([self.leave, self.really], layout={"display": "none"})
        for button, work in (
            (self.repair, self._plan_repair),
            (self.undo, self._plan_undo),
            (self.really, self._really),
            (self.leave, self._leave),
        ):
            button.on_click(partial(lambda work, _button: guarded(work, self.status), work))
        row = {"flex_flow": "row wrap", "align_items": "center"}
        asked = ipywidgets.HBox([self.repair, self.undo, self.status], layout=row)
        super().__init__([asked, self.told, self.question])

    def _plan_repair(self) -> None:
        self.status.busy(say(_PLANNING))
        told = api.repair_plan(self._prefix, progress=lambda step: self.status.busy(say(step)))
        self._show(told, repairing.bundle(told)["text/html"])
        self._ask(told.plan.refused, doable=bool(told.plan.steps), really=_REALLY_REPAIR)

    def _plan_undo(self) -> None:
        self.status.busy(say(_PLANNING))
        told = api.undo_plan(self._prefix)
        self._show(told, undoing.bundle(told)["text/html"])
        self._ask(told.plan.refused, doable=True, really=_REALLY_UNDO)

    def _show(self, told: RepairReport | UndoReport, shown: str) -> None:
        self._planned, self.told.value = told, shown

    def _ask(self, refused: tuple[Text, ...], *, doable: bool, really: Text) -> None:
        if refused or not doable:
            self._forget()
            said = text(_REFUSED.text, reason=say(refused[0])) if refused else _NOTHING
            self.status.say(say(said), failed=bool(refused))
            return
        self.really.description = say(really)
        self.question.layout.display = ""
        self.status.say(say(_PLANNED))
        self.leave.focus()  # whoever only presses Enter changes nothing

    def _leave(self) -> None:
        self._forget()
        self.told.value = ""
        self.status.say(say(_LEFT))

    def _forget(self) -> None:
        self._planned = None
        self.question.layout.display = "none"

    def _really(self) -> None:
        planned = self._planned
        self._forget()  # a second click must find nothing to do
        if planned is None:
            return
        self.status.busy(say(_WORKING))
        with brought.visit():
            if isinstance(planned, UndoReport):
                done, problem = api.undo(planned.prefix, plan=planned.plan)
                self.told.value = undoing.bundle(replace(planned, done=done))["text/html"]
            else:
                came = api.repair(planned, tell=lambda step: self.status.busy(say(step)))
                self.told.value = repairing.bundle(replace(planned, done=came))["text/html"]
                problem = None
        self._changed()
        self.status.say(say(_DONE if problem is None else problem), failed=problem is not None)
