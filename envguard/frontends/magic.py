"""The magics `%envcheck` and `%envpanel`.

Loading this module imports nothing heavy: each magic brings what it needs when it is called. A magic shows something and
returns None; whatever goes wrong is told in one line and leaves no traceback, except for a bug of envguard.
"""

from __future__ import annotations

import sys
import traceback
from pathlib import Path
from typing import TYPE_CHECKING, Any

from IPython.core.completer import CompletionContext, SimpleCompletion, context_matcher
from IPython.core.magic import Magics, line_magic, magics_class

from envguard.frontends import hint, watch

if TYPE_CHECKING:
    from collections.abc import Callable

    from IPython.core.interactiveshell import InteractiveShell

_NAMES = ("envcheck", "envpanel")
_MATCHER = "envguard"


@magics_class
class EnvguardMagics(Magics):
    """The magics; their docstrings are what `%envcheck?` shows."""

    @line_magic
    def envcheck(self, line: str) -> None:
        """Tell whether conda and pip agree about this kernel's environment. Looks only; changes nothing.

        Usage:
          %envcheck [--deep] [--select RULE] [--ignore RULE] [--details] [-o NAME] [PREFIX]
          %envcheck history [--details] [-o NAME] [PREFIX]
          %envcheck why [--details] [-o NAME] [FILE]
          %envcheck cuda [--details] [-o NAME] [PREFIX]
          %envcheck explain RULE
          %envcheck rules

        Options:
          PREFIX           the folder of another environment; default: the environment of this kernel
          --deep           read and hash every file of conda's packages: seconds instead of a blink
          --select RULE    run only these rules; ids or codes, separated by commas, may be repeated
          --ignore RULE    leave these rules out; likewise
          --details        show all evidence, and why rules were skipped
          --no-config      do not read [tool.envguard] of the nearest pyproject.toml
          -o, --out NAME   also keep the report in the variable NAME
          history          how the environment came to be: what conda and pip did, in which order
          why              what caused the last error of this session, or the one in FILE
          cuda             whether CUDA works, and if not, why: torch and others, their libraries, the driver
          explain RULE     what a rule means, and how to repair what it finds
          rules            list all rules

        Examples:
          %envcheck
          %envcheck --ignore unowned-files-in-package
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
    """Adds the magics to a shell, the completion of what they take, and the hint under errors."""
    shell.register_magics(EnvguardMagics)
    _forget_completion(shell)
    shell.Completer.custom_matchers.append(_complete)
    hint.register(shell)
    watch.register(shell)


def unregister(shell: InteractiveShell) -> None:
    """Takes all of it away."""
    for name in _NAMES:
        shell.magics_manager.magics["line"].pop(name, None)
    _forget_completion(shell)
    hint.unregister(shell)
    watch.unregister(shell)


def _forget_completion(shell: InteractiveShell) -> None:
    """Takes the completion away; a reloaded module brings a new function, hence by identifier."""
    matchers = shell.Completer.custom_matchers
    matchers[:] = [each for each in matchers if getattr(each, "matcher_identifier", "") != _MATCHER]


@context_matcher(identifier=_MATCHER)  # type: ignore[untyped-decorator]
def _complete(context: CompletionContext) -> dict[str, Any]:
    line = context.text_until_cursor
    if line.lstrip(" %").partition(" ")[0] != "envcheck":
        return {"completions": []}
    from envguard.frontends.completion import complete

    found = complete(line, context.token)
    # Suppressed are the names of Python that would be offered, too; where nothing is found, folders are completed.
    return {"completions": [SimpleCompletion(each) for each in found], "suppress": bool(found), "ordered": True}


def _guarded(work: Callable[[], None]) -> None:
    from envguard import brought

    # first, so that whatever comes is known to be ours
    with brought.visit():
        _told(work)


def _told(work: Callable[[], None]) -> None:
    fault = "envguard: it cannot be imported"
    try:
        from envguard.errors import EnvguardError
        from envguard.frontends import output

        fault = output.OUR_FAULT
        try:
            work()
        except EnvguardError as error:
            sys.stderr.write(output.one_line(error) + "\n")
    except Exception:  # noqa: BLE001 - the door of the front end
        hiding = _hiding()
        if hiding:  # said in plain English, as anything that says it better may not be there
            fault = f"envguard: a file beside the notebook hides a module of Python's library: {', '.join(hiding)}; rename it and restart the kernel"
        sys.stderr.write(f"{traceback.format_exc()}{fault}\n")


def _hiding() -> list[str]:
    """The files beside the notebook that stand in the way of a module of Python's own library, which envguard may need."""
    files = (Path(f"{name}.py").absolute() for name in sys.stdlib_module_names)
    return [str(file) for file in files if file.is_file()] if {"", str(Path.cwd())} & set(sys.path) else []
