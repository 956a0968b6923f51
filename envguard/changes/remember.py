"""From what a front end knows of a change to an entry of the ledger."""

from __future__ import annotations

import datetime
import getpass
import os
import secrets
from typing import TYPE_CHECKING

from envguard import masking
from envguard._version import __version__
from envguard.forecast_report import Depth
from envguard.ledger_entry import Deed, Entry, Whence

if TYPE_CHECKING:
    from collections.abc import Mapping

    from envguard.change_report import Changed
    from envguard.commands.command import Command
    from envguard.forecast_report import Forecast

_SESSION = "JPY_SESSION_NAME"
"""The variable in which Jupyter's server tells a kernel the path of its notebook."""
_VSCODE = "__vsc_ipynb_file__"
"""The variable in which VS Code tells it."""


def entry(
    deed: Deed,
    changed: Changed | None,
    *,
    command: Command | None = None,
    forecast: Forecast | None = None,
    whence: Whence | None = None,
    began: datetime.datetime | None = None,
    failed: bool | None = None,
    checkpoint: str | None = None,
) -> Entry:
    """What the ledger is to remember of a change that has come to its end.

    `began` is when it began, by default now.
    """
    began = (began or datetime.datetime.now(datetime.timezone.utc)).astimezone()
    words = masking.words(command.argv) if command is not None else forecast.command if forecast is not None else ()
    return Entry(
        id=new_id(began),
        when=began.isoformat(timespec="seconds"),
        deed=deed,
        tool=command.tool.value if command is not None else forecast.tool if forecast is not None else None,
        verb=command.verb.value if command is not None else forecast.verb if forecast is not None else None,
        command=words,
        whence=Whence() if whence is None else whence,
        done=() if changed is None else changed.done,
        kept=kept(forecast, changed),
        failed=failed,
        checkpoint=checkpoint,
        envguard_version=__version__,
    )


def new_id(when: datetime.datetime | None = None) -> str:
    """A name that nothing else has, in the order of time."""
    utc = (when or datetime.datetime.now(datetime.timezone.utc)).astimezone(datetime.timezone.utc)
    return f"{utc:%Y%m%dT%H%M%SZ}-{secrets.token_hex(3)}"


def whence(cell: str | None = None, count: int | None = None, namespace: Mapping[str, object] | None = None) -> Whence:
    """Where a change made by this process comes from; the front end knows the cell and the user's variables."""
    return Whence(notebook(namespace or {}), cell, count, _user(), os.getpid())


def notebook(namespace: Mapping[str, object]) -> str | None:
    """The path of the notebook, as the server or VS Code tells it; None for a console and a terminal."""
    told = namespace.get(_VSCODE)
    if not isinstance(told, str) or not told:
        told = os.environ.get(_SESSION, "")
    # a console's session has a name that ends in a UUID
    return told if os.path.splitext(told)[1] else None  # noqa: PTH122 - of any system


def kept(forecast: Forecast | None, changed: Changed | None) -> bool | None:
    """Whether a forecast was what happened; None if there was none, or one that named nothing.

    A full forecast names everything that comes and goes; a quick one what the command itself asks for.
    """
    if forecast is None:
        return None
    comes, goes = (*forecast.installs, *forecast.replaces), forecast.removes
    foreseen = (*comes, *goes)
    if forecast.refusal is not None or (not foreseen and (forecast.depth is Depth.QUICK or forecast.unknown)):
        return None
    happened = {change.name: change.after for done in (changed.done if changed else ()) for change in done.changes}
    said = all(each.name in happened and _comes(each.version, happened[each.name]) for each in comes)
    said = said and all(each.name in happened and happened[each.name] is None for each in goes)
    if forecast.depth is Depth.QUICK or not said:
        return said
    return set(happened) == {each.name for each in foreseen}


def _comes(foreseen: str | None, after: str | None) -> bool:
    return after is not None and foreseen in (None, after)


def _user() -> str | None:
    try:
        return getpass.getuser()
    except (OSError, KeyError, ImportError):  # a user id without an entry in the list of users
        return None
