"""The magics `%envcheck` and `%envpanel`.

Loading this module imports nothing heavy: each magic brings what it needs when it is called. A magic shows something and
returns None; whatever goes wrong is told in one line and leaves no traceback, except for a bug of envguard.
"""

from __future__ import annotations

import sys
import traceback
from typing import TYPE_CHECKING, Any

from IPython.core.error import TryNext
from IPython.core.magic import Magics, line_magic, magics_class

if TYPE_CHECKING:
    from collections.abc import Callable

    from IPython.core.interactiveshell import InteractiveShell

_NAMES = ("envcheck", "envpanel")
_COMMAND = "%envcheck"


@magics_class
class EnvguardMagics(Magics):
    """The magics; their docstrings are what `%envcheck?` shows."""

    @line_magic
    def envcheck(self, line: str) -> None:
        """Tell whether conda and pip agree about this kernel's environment. Looks only; changes nothing.

        Usage:
          %envcheck [--select RULE] [--ignore RULE] [--details] [-o NAME] [PREFIX]
          %envcheck explain RULE
          %envcheck rules

        Options:
          PREFIX           the folder of another environment; default: the environment of this kernel
          --select RULE    run only these rules; ids or codes, separated by commas, may be repeated
          --ignore RULE    leave these rules out; likewise
          --details        show all evidence, and why rules were skipped
          -o, --out NAME   also keep the report in the variable NAME
          explain RULE     what a rule means, and how to repair what it finds
          rules            list all rules

        Examples:
          %envcheck
          %envcheck --ignore mixed-channels
          %envcheck -o report ~/miniforge3/envs/work
          %envcheck explain pip-overwrote-conda
        """

        def work() -> None:
            from envguard.frontends import check

            check.envcheck(self._shell(), line)

        _guarded(work)

    @line_magic
    def envpanel(self, line: str) -> None:
        """Show the report on this kernel's environment as a panel with a button to check again.

        Usage:
          %envpanel [PREFIX]

        PREFIX is the folder of another environment; default: the environment of this kernel. Where ipywidgets does not
        work the report is shown without the button.
        """

        def work() -> None:
            from envguard.frontends import check

            check.envpanel(line)

        _guarded(work)

    def _shell(self) -> InteractiveShell:
        assert self.shell is not None  # it is None only for magics made without a shell
        return self.shell


def register(shell: InteractiveShell) -> None:
    """Adds the magics to a shell, and the completion of rule ids."""
    shell.register_magics(EnvguardMagics)
    shell.set_hook("complete_command", _complete, str_key=_COMMAND)  # type: ignore[no-untyped-call]


def unregister(shell: InteractiveShell) -> None:
    """Takes the magics away."""
    for name in _NAMES:
        shell.magics_manager.magics["line"].pop(name, None)
    shell.strdispatchers["complete_command"].strs.pop(_COMMAND, None)  # there is no public way back from set_hook


def _complete(_shell: InteractiveShell, event: Any) -> list[str]:
    from envguard.frontends.completion import complete

    found = complete(event.text_until_cursor, event.symbol)
    if not found:
        raise TryNext  # lets IPython complete the name of a folder
    return found


def _guarded(work: Callable[[], None]) -> None:
    from envguard.errors import EnvguardError
    from envguard.frontends import output

    try:
        work()
    except EnvguardError as error:
        sys.stderr.write(output.one_line(error) + "\n")
    except Exception:  # noqa: BLE001 - the door of the front end
        sys.stderr.write(f"{traceback.format_exc()}{output.OUR_FAULT}\n")
