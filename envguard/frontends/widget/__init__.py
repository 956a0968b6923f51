"""The panel itself; the only folder that imports ipywidgets, so that the rest works without."""

from __future__ import annotations

import datetime
import importlib.resources
import time
import traceback
from typing import TYPE_CHECKING, Any

import ipywidgets

from envguard import brought
from envguard.errors import Cancelled, EnvguardError
from envguard.frontends import output
from envguard.frontends.widget import fixes
from envguard.frontends.widget.beside import Beside
from envguard.frontends.widget.changing import Changing
from envguard.frontends.widget.sift import Sift
from envguard.frontends.widget.status import Status
from envguard.model import Text, text
from envguard.render.html import html
from envguard.render.language import framed, say

if TYPE_CHECKING:
    from collections.abc import Callable

    from envguard.frontends.widget.doors import Doors
    from envguard.model import Report

_FAILED = Text("{error} — the report below is the last one that worked.")
_CHECKED = Text("Checked at {when}.")
_CHECKED_IN = Text("Checked at {when}, in {milliseconds} ms.")
_CHECKED_ALL = text("Checked at {when}, every file of conda's packages included.")
_IDLE, _BUSY = Text("Check again"), Text("Checking…")
_TOOLTIP = Text("Read the environment again and update the report")
_DEEP, _HASHING = text("Check every file"), text("Reading every file…")
_DEEP_TIP = text(
    "Read and hash every file of conda's packages, to find what was edited in place; cells can run meanwhile"
)
_CANCEL, _CUDA, _ASKING = text("Cancel"), text("Look at CUDA"), text("Asking the driver…")
_CUDA_TIP = text("Whether CUDA works here, and if not, why; the driver is asked in a process of its own")
_CUDA_TOLD = text("What stands for and against CUDA is told below.")
_COMMANDS, _COMMANDS_TIP = text("Commands to copy"), text("Show or hide the commands of the ways out")


class Panel(ipywidgets.VBox):  # type: ignore[misc]
    """A report, what can be looked up or done beside it, and a line that says when and how that went.

    A failed check keeps the last report in sight and says in the line that it is an old one.
    """

    def __init__(self, report: Report, doors: Doors, **kwargs: Any) -> None:
        """`report` is the first that is shown, `doors` are what may be asked for."""
        self.report, self._doors = report, doors
        self.work: Beside | None = None
        """What goes on beside the cells."""
        self.status, self.below = Status(), Status()
        self.body, self.story, self.cuda = (ipywidgets.HTML() for _ in range(3))
        self.button = _button(_IDLE, "refresh", _TOOLTIP, self.refresh)
        self.deep = _button(_DEEP, "search", _DEEP_TIP, self._look_deeply)
        self.look = _button(_CUDA, "microchip", _CUDA_TIP, self._look_at_cuda)
        self.cancel = _button(_CANCEL, "times", _CANCEL, self._cancel)
        self.cancel.layout.display = "none"
        self.sift = Sift(self._draw)
        self.commands = ipywidgets.VBox(layout={"display": "none"})
        self.offer = ipywidgets.ToggleButton(description=say(_COMMANDS), icon="copy", tooltip=say(_COMMANDS_TIP))
        self.offer.layout.width = "auto"
        self.offer.observe(lambda _: self._draw_commands(), "value")
        self.changing = Changing(doors.prefix, self._guarded, self._again) if doors.prefix is not None else None
        buttons = [self.button, *([self.deep] if doors.deep else []), self.cancel, self.status]
        more = [self.offer, *([self.look] if doors.cuda else []), self.below]
        row = {"align_items": "center", "flex_flow": "row wrap"}
        parts = [
            *(
                ipywidgets.HTML(f"<style>{_style()}</style>"),
                ipywidgets.HBox(buttons, layout=row),
                self.sift,
                self.body,
            ),
            *(self.story, ipywidgets.HBox(more, layout=row), self.commands, self.cuda),
            *([self.changing] if self.changing is not None else []),
        ]
        super().__init__(parts, **kwargs)
        self.add_class("envguard-panel")
        self._show(report, _CHECKED)

    def refresh(self) -> None:
        """Checks again; the kernel is busy for as long as a blink, and the button says so.

        The button is not disabled, as that would take the keyboard's focus from it; a second click just checks twice.
        """
        self.button.description = say(_BUSY)
        try:
            self._guarded(self._again, self.status)
        finally:
            self.button.description = say(_IDLE)

    def _again(self) -> None:
        started = time.perf_counter()
        report = self._doors.check()
        took = f"{(time.perf_counter() - started) * 1000:.0f}"
        self._show(report, _CHECKED_IN, took)

    def _look_deeply(self) -> None:
        door = self._doors.deep
        assert door is not None

        def work(beside: Beside) -> None:
            def progress(done: int, total: int) -> None:
                beside.go_on()
                self.status.hashed(say(_HASHING), done, total)

            self._show(door(progress), _CHECKED_ALL)

        self._beside(work, _HASHING, self.status, cancellable=True)

    def _look_at_cuda(self) -> None:
        door = self._doors.cuda
        assert door is not None

        def work(_: Beside) -> None:
            self.cuda.value = output.cuda_bundle(door(), details=False)["text/html"]
            self.below.say(say(_CUDA_TOLD))

        self._beside(work, _ASKING, self.below)

    def _beside(self, work: Callable[[Beside], None], line: Text, status: Status, *, cancellable: bool = False) -> None:
        """Begins something beside the cells; one thing at a time."""
        if self.work is not None and not self.work.wait(0):
            return
        self.cancel.layout.display = "" if cancellable else "none"

        def guarded(beside: Beside) -> None:
            try:
                self._guarded(lambda: work(beside), status)
            finally:
                self.cancel.layout.display = "none"

        status.busy(say(line))
        self.work = Beside(guarded)
        self.work.start()

    def _cancel(self) -> None:
        if self.work is not None:
            self.work.cancel()

    def _guarded(self, work: Callable[[], None], status: Status) -> None:
        """Does something, and tells in a line what goes wrong; nothing is ever raised."""
        try:
            with brought.visit():
                work()
        except Cancelled as error:
            status.say(say(error.text))
        except EnvguardError as error:
            said = output.one_line(error)
            status.say(framed(_FAILED, error=said) if status is self.status else said, failed=True)
        except Exception:  # noqa: BLE001 - the door of the front end; ipywidgets would only log it where nobody looks
            status.say(output.OUR_FAULT, traceback.format_exc(), failed=True)

    def _show(self, report: Report, line: Text, took: str = "") -> None:
        if self._doors.history is not None:
            self.story.value = output.fold(self._doors.history())
        self.report = report
        self._draw()
        when = datetime.datetime.fromisoformat(report.made_at).astimezone()
        self.status.say(framed(line, when=f"{when:%H:%M:%S}", milliseconds=took))

    def _draw(self) -> None:
        self.body.value = html(self.report, shown=self.sift.lets(self.report))
        self._draw_commands()

    def _draw_commands(self) -> None:
        self.commands.layout.display = "" if self.offer.value else "none"
        platform = self.report.environment.platform
        self.commands.children = fixes.fields(self.sift.lets(self.report), platform) if self.offer.value else ()

    def _repr_mimebundle_(self, **kwargs: Any) -> dict[str, Any]:
        """The widget, and all that it shows, for where no widget can be shown: a static page, a plain viewer."""
        shown = output.bundle(self.report, details=False)
        told = self.changing.told.value if self.changing is not None else ""
        return {
            **super()._repr_mimebundle_(**kwargs),
            **output.with_history(shown, f"{self.story.value}{self.cuda.value}{told}"),
        }


def _button(said: Text, icon: str, tip: Text, click: Callable[[], None]) -> ipywidgets.Button:
    button = ipywidgets.Button(description=say(said), icon=icon, tooltip=say(tip), layout={"width": "auto"})
    button.on_click(lambda _: click())
    return button


def _style() -> str:
    return importlib.resources.files(__name__).joinpath("panel.css").read_text(encoding="utf-8")
