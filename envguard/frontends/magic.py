"""The magics `%envcheck`, `%envguard` and `%envpanel`.

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

from envguard.frontends import guard, hint, watch

if TYPE_CHECKING:
    from collections.abc import Callable

    from IPython.core.interactiveshell import InteractiveShell

_NAMES = ("envcheck", "envguard", "envpanel")
_MATCHER = "envguard"


@magics_class
class EnvguardMagics(Magics):
    """The magics; their docstrings are what `%envcheck?` shows."""

    @line_magic
    def envcheck(self, line: str) -> None:
        """Tell whether conda and pip agree about this kernel's environment. Looks only; changes nothing but by `repair --apply` and `stamp`.

        Usage:
          %envcheck [--deep] [--select RULE] [--ignore RULE] [--details] [-o NAME] [PREFIX]
          %envcheck history [--details] [-o NAME] [PREFIX]
          %envcheck why [--details] [-o NAME] [FILE]
          %envcheck cuda [--details] [-o NAME] [PREFIX]
          %envcheck [--quick] [--build] [--details] [-o NAME] forecast COMMAND
          %envcheck plan [--keep-pip NAME] [--details] [-o NAME] [PREFIX]
          %envcheck repair [--apply] [--yes] [--resume] [--keep-pip NAME] [--details] [-o NAME] [PREFIX]
          %envcheck export [-o NAME] [FORM]
          %envcheck stamp [NOTEBOOK]
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
          forecast COMMAND what a command such as `pip install X` would change here, and what would break
          --quick          look only at what the command names: at once, and without a network
          --build          build what is only there as source, to learn what it needs: runs its code
          plan             what would bring the environment back to a sound state; changes nothing
          repair --apply   do that: ask, make a way back, carry it out, check again, take it back if it fails
          --keep-pip NAME  leave this package to pip for good, instead of giving it back to conda
          --resume         take back what an interrupted repair had done, and do it anew
          --yes            do not ask
          export FORM      this environment as a file: environment-yml, explicit, requirements or dockerfile
          stamp NOTEBOOK   write into the notebook's file, by default this one's, which versions it imports here; `envguard scan --name ENV` compares
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
    def envguard(self, line: str) -> None:
        """Show or set what envguard does about an install before it runs in this kernel.

        Usage:
          %envguard                            show what is set, and by whom
          %envguard off | warn | ask | block   set it for this kernel
          %envguard default                    leave it to ENVGUARD_MODE, c.EnvGuard.mode, or else warn
          %envguard protect on | off           keep pip and uv from conda's packages
          %envguard undo [ID] [--yes]          take the last install back, or this one and all later ones
          %envguard undo list                  list what can be taken back
          %envguard undo clear [ID] [--yes]    let go of one way back, or of all
          %envguard ignore CONCERN [REASON]    say nothing more about it in this kernel
          %envguard heed CONCERN               say it again
          %envguard rules                      list the concerns

        Modes:
          off     installs are not looked at
          warn    one line before an install that something speaks against, and it runs (the default)
          ask     such an install waits for your answer: run, with a way back or protected, use conda, or cancel
          block   a cell with such an install does not run

        Of an install that nothing speaks against nothing is said in any mode.
        """

        def work() -> None:
            from envguard.frontends import guard_magic

            guard_magic.envguard(self._shell(), line)

        _guarded(work)

    @line_magic
    def envpanel(self, line: str) -> None:
        """Show the report on this kernel's environment as a panel: look again, filter, copy commands, repair, take back.

        Usage:
          %envpanel [PREFIX]

        PREFIX is the folder of another environment; default: the environment of this kernel. Nothing is changed by one
        click: the first shows what would be done, the second does it. Where ipywidgets does not work the report is shown
        without the buttons.
        """

        def work() -> None:
            from envguard.frontends import check

            check.envpanel(line)

        _guarded(work)

    def _shell(self) -> InteractiveShell:
        assert self.shell is not None  # it is None only for magics made without a shell
        return self.shell


def register(shell: InteractiveShell) -> None:
    """Adds the magics to a shell, the completion of what they take, the guard, and the hint under errors."""
    shell.register_magics(EnvguardMagics)
    _forget_completion(shell)
    shell.Completer.custom_matchers.append(_complete)
    hint.register(shell)
    watch.register(shell)
    guard.register(shell)


def unregister(shell: InteractiveShell) -> None:
    """Takes all of it away."""
    for name in _NAMES:
        shell.magics_manager.magics["line"].pop(name, None)
    # IPython keeps every object with magics for `%config`; a reloaded module brings a new class, hence by name
    kept: list[Any] = shell.configurables
    kept[:] = [each for each in kept if type(each).__qualname__ != EnvguardMagics.__qualname__]
    _forget_completion(shell)
    guard.unregister(shell)
    hint.unregister(shell)
    watch.unregister(shell)


def _forget_completion(shell: InteractiveShell) -> None:
    """Takes the completion away; a reloaded module brings a new function, hence by identifier."""
    matchers = shell.Completer.custom_matchers
    matchers[:] = [each for each in matchers if getattr(each, "matcher_identifier", "") != _MATCHER]


@context_matcher(identifier=_MATCHER)  # type: ignore[untyped-decorator]
def _complete(context: CompletionContext) -> dict[str, Any]:
    line = context.text_until_cursor
    magic, _, rest = line.lstrip(" %").partition(" ")
    if magic == "envcheck":
        from envguard.frontends.completion import complete

        found = complete(line, context.token)
    elif magic == "envguard":
        from envguard.frontends import guard_magic

        found = guard_magic.complete(rest.removesuffix(context.token).split(), context.token)
    else:
        return {"completions": []}
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
