"""What an install has made worse, told in a line or two under the cell in which it came about.

Installs are found by what they leave behind, so also those that no cell shows: `!{command}`, a subprocess, pip in the
process, a terminal beside the notebook (of which the next cell tells). Nothing is said of one that is sound, see
`envguard.aftermath`.

Every cell passes here: two looks at a few folders, nothing imported, and nothing ever raised. With the guard in the mode
`off` this is silent, too.
"""

from __future__ import annotations

import sys
from contextlib import suppress
from typing import TYPE_CHECKING, Any

from envguard import traces

if TYPE_CHECKING:
    from IPython.core.interactiveshell import InteractiveShell

    from envguard.change_report import Changed
    from envguard.model import Report

_ATTRIBUTE = "_envguard_watch"


class Watch:
    """What a shell calls before and after every cell."""

    def __init__(self, shell: InteractiveShell) -> None:
        """Looks at what is there."""
        self.shell = shell
        self.folders = traces.places()
        self.stamps = traces.stamps(self.folders)
        self.traces = traces.take(self.folders)
        self.before: Report | None = None
        self.recent = False
        """Whether that report was taken for the cell that runs now."""
        self.between = False
        self.stale: frozenset[str] = frozenset()

    def start(self, _info: Any = None) -> None:
        """The event pre_run_cell: notes whether anything was installed since the last cell."""
        self.recent = False
        if traces.stamps(self.folders) != self.stamps:
            self.between = True

    def end(self, _result: Any = None) -> None:
        """The event post_run_cell."""
        stamps = traces.stamps(self.folders)
        if stamps == self.stamps:
            return
        between, self.between, self.stamps = self.between, False, stamps
        with suppress(Exception):  # what is said of a cell must never be an error of it
            self._tell(between=between)

    def expect(self) -> None:
        """An install is about to be run: notes what the report says before it.

        That takes a quarter of a second the first time and a twentieth later, of a cell that takes seconds; without it
        nobody could tell what the install has made worse from what was wrong before.
        """
        with suppress(Exception):
            if not self._is_off():
                self.before, self.recent = self._report(), True

    def _tell(self, *, between: bool) -> None:
        found = traces.take(self.folders)
        before, self.traces = self.traces, found
        if before == found:
            return  # a folder for byte code, for one
        if self._is_off():
            self.before = None
            return
        from envguard import brought

        with brought.visit():
            from envguard.changed import difference

            changed = difference(before, found)
            if changed is None:
                return
            for line in self._lines(changed, between=between):
                _write(line)

    def _lines(self, changed: Changed, *, between: bool) -> tuple[str, ...]:
        from envguard import api
        from envguard.render.change_lines import lines

        report = self._report()
        told = api.aftermath(
            changed, report, self.before, self.stale, recent=self.recent and not between, between=between
        )
        self.before = report
        if report.restart is not None:
            self.stale = frozenset(report.restart.names if report.restart.needed else ())
        return lines(told) if told is not None else ()

    def _report(self) -> Report:
        """What `%envcheck` would tell."""
        from envguard import api, brought
        from envguard.settings import Selection

        with brought.visit():
            settings = api.configured()
            return api.accept(api.inspect(None, Selection(settings.select, settings.ignore)), settings)

    def _is_off(self) -> bool:
        guard = getattr(self.shell, "_envguard_guard", None)
        return guard is not None and guard.mode.value == "off"


def _write(line: str) -> None:
    """Beside the output of the cell, not in it."""
    encoding = getattr(sys.stderr, "encoding", None) or "utf-8"
    sys.stdout.flush()
    sys.stderr.write(line.encode(encoding, "replace").decode(encoding) + "\n")


def expect(shell: InteractiveShell) -> None:
    """An install is about to be run in this shell, as far as the cell shows."""
    watch = getattr(shell, _ATTRIBUTE, None)
    if watch is not None:
        watch.expect()


def register(shell: InteractiveShell) -> None:
    """From now on what cells install is seen."""
    unregister(shell)
    watch = Watch(shell)
    setattr(shell, _ATTRIBUTE, watch)
    shell.events.register("pre_run_cell", watch.start)
    shell.events.register("post_run_cell", watch.end)


def unregister(shell: InteractiveShell) -> None:
    """From now on it is not."""
    watch = getattr(shell, _ATTRIBUTE, None)
    if watch is not None:
        shell.events.unregister("pre_run_cell", watch.start)
        shell.events.unregister("post_run_cell", watch.end)
        delattr(shell, _ATTRIBUTE)
