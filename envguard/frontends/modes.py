"""What the guard is to do, and who says so: the magic, the variable ENVGUARD_MODE, IPython's configuration, or nobody."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, Any

import traitlets
from traitlets.config import Configurable

from envguard.settings import Mode

if TYPE_CHECKING:
    from collections.abc import Callable

    from IPython.core.interactiveshell import InteractiveShell

VARIABLE = "ENVGUARD_MODE"
DEFAULT = Mode.WARN
_NO_MODE = "envguard: {source} is {value}, which is none of {names}; it counts for nothing"
_NO_LIST = "envguard: c.EnvGuard.ignore is {value}, which is no list of concerns; it counts for nothing"
_NO_CONCERN = "envguard: c.EnvGuard.ignore names {value}, which is no concern; `%envguard rules` lists them"


class EnvGuard(Configurable):
    """The guard of envguard, which looks at installs before they run.

    Both take anything: what is wrong in them is told in one line and left out, where a stricter trait would stop the
    start of a kernel.
    """

    mode = traitlets.Any(help="off, warn, ask or block; None leaves it to the default, warn").tag(config=True)
    ignore = traitlets.Any((), help='concerns that the guard says nothing about: ["base", "user-site"]').tag(
        config=True
    )


class Modes:
    """The mode in force and the concerns left out, asked anew for every install, as each of the sources may change."""

    def __init__(self, shell: InteractiveShell, tell: Callable[[str], None]) -> None:
        """`tell` hears what is wrong in the settings, each thing once."""
        self.config = EnvGuard(parent=shell)
        self.chosen: Mode | None = None
        """By the magic, for this kernel."""
        self.reasons: dict[str, str] = {}
        """Concern -> why it is ignored, by the magic."""
        self._tell, self._told = tell, set[str]()

    def mode(self) -> tuple[Mode, str]:
        """The mode, and who has set it; nobody is the empty text."""
        if self.chosen is not None:
            return self.chosen, "%envguard"
        for asked, source in ((os.environ.get(VARIABLE), VARIABLE), (self.config.mode, "c.EnvGuard.mode")):
            if asked is None or asked == "":
                continue
            found = mode_named(asked)
            if found is not None:
                return found, source
            self._once(_NO_MODE, source=source, value=_brief(asked), names=names())
        return DEFAULT, ""

    def ignored(self) -> dict[str, str]:
        """Concern -> why nothing is said about it."""
        asked = self.config.ignore
        given = asked.replace(",", " ").split() if isinstance(asked, str) else asked
        if not isinstance(given, (list, tuple, set, frozenset)):
            self._once(_NO_LIST, value=_brief(asked))
            given = ()
        known = set(concerns()) if given else set()
        found = {}
        for concern in given:
            if concern in known:
                found[concern] = "c.EnvGuard.ignore"
            else:
                self._once(_NO_CONCERN, value=_brief(concern))
        return {**found, **self.reasons}

    def _once(self, template: str, **args: str | tuple[str, ...]) -> None:
        # what says it is brought only where there is something to say
        from envguard.model import Text
        from envguard.render.language import say

        line = say(Text(template, args))
        if line not in self._told:
            self._told.add(line)
            self._tell(line)


def names() -> tuple[str, ...]:
    """What the modes are called."""
    return tuple(mode.value for mode in Mode)


def mode_named(name: Any) -> Mode | None:
    """The mode of that name; None if none has it."""
    if isinstance(name, Mode):
        return name
    said = str(name).strip().lower()
    return next((mode for mode in Mode if mode.value == said), None)


def concerns() -> tuple[str, ...]:
    """What the concerns are called; imported when asked for, as most cells need none of it."""
    from envguard.forecast_report import Concern

    return tuple(concern.value for concern in Concern)


def _brief(value: Any) -> str:
    shown = ascii(value)
    return shown if len(shown) <= 60 else f"{shown[:59]}…"
