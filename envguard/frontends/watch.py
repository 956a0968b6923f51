"""What an install has made worse, told in a line or two under the cell in which it came about.

Installs are found by what they leave behind, so also those that no cell shows: `!{command}`, a subprocess, pip in the
process, a terminal beside the notebook (of which the next cell tells). Nothing is said of one that is sound, see
`envguard.aftermath`.

Every cell passes here: two looks at a few folders, nothing imported, and nothing ever raised. With the guard in the mode
`off` this is silent, too. Where there is a ledger, what no install of a cell explains is noted there, in whatever mode.
"""

from __future__ import annotations

import os
import sys
from contextlib import suppress
from typing import TYPE_CHECKING, Any

from envguard import traces

if TYPE_CHECKING:
    from IPython.core.interactiveshell import InteractiveShell

    from envguard.change_report import Changed
    from envguard.frontends.guard import Guard
    from envguard.model import Report
    from envguard.traces import Traces

_ATTRIBUTE = "_envguard_watch"


class Watch:
    """What a shell calls before and after every cell."""

    def __init__(self, shell: InteractiveShell) -> None:
        """Looks at what is there."""
        self.shell = shell
        self.folders = traces.places()
        self.stamps = traces.stamps(self.folders)
        self.traces = traces.take(self.folders)
        self.noted = self.traces
        """What is there as far as the ledger tells, where there is one."""
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
            with suppress(Exception):
                self._note(traces.take(self.folders))

    def end(self, result: Any = None) -> None:
        """The event post_run_cell."""
        stamps = traces.stamps(self.folders)
        if stamps == self.stamps:
            return
        between, self.between, self.stamps = self.between, False, stamps
        with suppress(Exception):  # what is said of a cell must never be an error of it
            self._tell(result, between=between)

    def expect(self) -> None:
        """An install is about to be run: notes what the report says before it.

        That takes a quarter of a second the first time and a twentieth later, of a cell that takes seconds; without it
        nobody could tell what the install has made worse from what was wrong before.
        """
        with suppress(Exception):
            if not self._is_off():
                self.before, self.recent = self._report(), True

    def _tell(self, result: Any, *, between: bool) -> None:
        found = traces.take(self.folders)
        before, self.traces = self.traces, found
        if before == found:
            return  # a folder for byte code, for one
        guard = self._guard()
        if guard is not None:
            guard.settle(result)  # what the guard has seen coming is noted as that, and not as found
        self._note(found)
        if self._is_off():
            self.before = None
            return
        from envguard import brought

        with brought.visit():
            from envguard.changed import difference

            changed = difference(before, found)
            if changed is None:
                return
            undo = guard is not None and guard.way_back is not None
            for line in self._lines(changed, between=between, undo=undo):
                _write(line)

    def _note(self, found: Traces) -> None:
        """Notes in the ledger, if there is one, what nobody has seen coming."""
        before = self.noted
        if before == found:
            return
        self.noted = found
        if not os.path.lexists(os.path.join(sys.prefix, ".envguard")) and os.access(sys.prefix, os.W_OK):  # noqa: PTH118
            return  # that is where it would be
        from envguard import brought

        with brought.visit():
            from envguard import api
            from envguard.changed import difference
            from envguard.changes import around
            from envguard.frontends import output

            home, changed = api.home(), difference(before, found)
            if changed is None or not home.ours:
                return
            told = api.note_found(home, changed)
            if told is None:
                self.noted = before  # another's install runs: the next look tells whose it is
                return
            file, problem = told
            for said in (*([around.first(file)] if file else []), *([problem] if problem else [])):
                _write(output.ours(said))

    def _lines(self, changed: Changed, *, between: bool, undo: bool) -> tuple[str, ...]:
        from envguard import api
        from envguard.render.change_lines import lines

        report = self._report()
        told = api.aftermath(
            changed, report, self.before, self.stale, recent=self.recent and not between, between=between
        )
        self.before = report
        if report.restart is not None:
            self.stale = frozenset(report.restart.names if report.restart.needed else ())
        return lines(told, undo=undo) if told is not None else ()

    def _report(self) -> Report:
        """What `%envcheck` would tell."""
        from envguard import api, brought
        from envguard.settings import Selection

        with brought.visit():
            settings = api.configured()
            return api.accept(api.inspect(None, Selection(settings.select, settings.ignore)), settings)

    def _guard(self) -> Guard | None:
        found: Guard | None = getattr(self.shell, "_envguard_guard", None)
        return found

    def _is_off(self) -> bool:
        guard = self._guard()
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
