"""How a package manager is run for a forecast: its folder, its variables, its time, and who looks on.

It gets what it would get from the user, the credentials of the index too; nothing of that is shown or kept.
"""

from __future__ import annotations

import os
import re
from typing import TYPE_CHECKING

from envguard.errors import Cancelled, ProbeFailed
from envguard.model import Text, text
from envguard.run import Ran, clean_environment, run
from envguard.value import value

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from envguard.commands.command import Command, Place

SECONDS = 180.0
"""For a resolver; it may have to fetch hundreds of megabytes of wheels to read their metadata."""

_NEEDED = re.compile(r"(?:PIP|UV)_|.*_PROXY$|NETRC$|.*_CA_BUNDLE$|SSL_CERT", re.IGNORECASE)
"""Variables in which secrets may stand that the program cannot do without."""
_UNWANTED = re.compile(r"(?:PIP|UV)_(?:QUIET|VERBOSE|LOG|REPORT|DRY_RUN|COLOR|NO_COLOR|NO_BUILD)$", re.IGNORECASE)
"""Variables that would change what the program writes, and nothing else."""


@value
class Watch:
    """How long a forecast may take, whom it tells where it is, and who may end it."""

    timeout: float = SECONDS
    progress: Callable[[Text], None] | None = None
    cancel: Callable[[], bool] | None = None


PATIENT = Watch()


def variables(command: Command, place: Place, named: Sequence[str] = ()) -> dict[str, str | None]:
    """What `run` is to set and to take away, so that the child has the variables of the place and of the command.

    `named` are those that a requirement file fills in, which may be secrets.
    """
    given = {**(place.variables or os.environ)}
    for name, set_to in command.variables.items():
        given.pop(name, None)
        if set_to is not None:
            given[name] = set_to
    needed = needed_of(given, named)
    kept: Mapping[str, str] = {**clean_environment(given), **needed}
    gone: dict[str, str | None] = dict.fromkeys((name for name in os.environ if name not in kept), None)
    return {**gone, **{name: None if _UNWANTED.match(name) else kept[name] for name in kept}}


def needed_of(given: Mapping[str, str], named: Sequence[str] = ()) -> dict[str, str]:
    """The variables without which a package manager cannot work, although they may hold secrets."""
    return {name: given[name] for name in given if _NEEDED.match(name) or name in named}


def folder(command: Command, place: Place) -> str:
    """Where the command would run."""
    return os.path.normpath(os.path.join(place.folder, os.path.expanduser(command.folder or "")))


def ask(
    argv: Sequence[str],
    env: Mapping[str, str | None],
    cwd: str,
    watch: Watch,
    told: Callable[[str], None] | None = None,
) -> Ran | Text:
    """What the program has written; or why there is no answer."""
    try:
        return run(argv, watch.timeout, env=env, cwd=cwd, told=told, cancelled=watch.cancel)
    except Cancelled:
        return text("it was cancelled before there was an answer")
    except ProbeFailed as error:
        return error.text
