"""What `envguard undo` does: shows what taking back would do, asks, does it, and tells what came of it."""

from __future__ import annotations

import shlex
import sys
from dataclasses import replace
from typing import TYPE_CHECKING

from envguard import api
from envguard.errors import BadArguments, EnvguardError
from envguard.frontends import output
from envguard.frontends.progress import files
from envguard.frontends.terminal import aside, asked, show
from envguard.model import text

if TYPE_CHECKING:
    import argparse

    from envguard.ledger_entry import Whence
    from envguard.undo_report import UndoList, UndoReport

_WIDTH = 80
_REFUSED, _WRONG = 1, 2

UNDO = text("take it back? [y/N] ")
CLEAR = text("let go of it? [y/N] ")


def undo(options: argparse.Namespace) -> int:
    """The command; its exit code: 0 done, 1 refused or not whole, 2 nobody could be asked or there is none of that id."""
    if options.id is not None and ("/" in options.id or "\\" in options.id):
        raise BadArguments(
            text(
                "{folder} is no way back but a folder: `--prefix {quoted}` names an environment",
                folder=options.id,
                quoted=shlex.quote(options.id),
            )
        )
    prefix = api.prefix_of(options.prefix, name=options.name, python=options.python, kernel=options.kernel)
    if options.list:
        show(list_as(api.undo_list(prefix), options.format))
        return 0
    if options.clear:
        return _clear(prefix, options)
    planned = api.undo_plan(prefix, options.id)
    if planned.plan.refused:
        _show(planned, options)
        return _WRONG if options.id is not None and planned.plan.checkpoint is None else _REFUSED
    if not options.yes:
        _show(planned, options)
        code = asked(UNDO, options)
        if code is not None:
            return code
    try:
        told = done(planned)
    except EnvguardError as error:
        aside(error.text)
        return _REFUSED
    _show(told, options)
    return 0 if whole(told) else _REFUSED


def done(planned: UndoReport, whence: Whence | None = None) -> UndoReport:
    """Does what was planned, with progress where somebody watches; EnvguardError if it must not be done after all."""
    came, problem = api.undo(planned.prefix, plan=planned.plan, whence=whence, progress=files(sys.stderr))
    if problem is not None:
        aside(problem)
    return replace(planned, done=came)


def whole(told: UndoReport) -> bool:
    """Whether all is as it was."""
    return told.done is not None and told.done.proof.same and not told.done.left


def undo_as(told: UndoReport, form: str, *, details: bool = False) -> str:
    """What would be done, or was, in one of the formats of `undo`."""
    from envguard.render.undo_lines import undo as lines
    from envguard.render.undo_v1 import undo_dumps

    if form == "json":
        return undo_dumps(told)
    return lines(told, output.columns(), output.wants_color(sys.stdout), details=details)


def list_as(told: UndoList, form: str) -> str:
    """What can be taken back, likewise."""
    from envguard.render.undo_lines import undo_list
    from envguard.render.undo_v1 import undo_list_dumps

    if form == "json":
        return undo_list_dumps(told)
    return undo_list(told, output.columns(), output.wants_color(sys.stdout))


def bundle(told: UndoReport | UndoList) -> dict[str, str]:
    """Either as Jupyter stores it in a notebook."""
    from envguard.render import undo_html, undo_lines
    from envguard.undo_report import UndoList

    if isinstance(told, UndoList):
        return {"text/html": undo_html.undo_list_html(told), "text/plain": undo_lines.undo_list(told, _WIDTH)}
    return {"text/html": undo_html.undo_html(told), "text/plain": undo_lines.undo(told, _WIDTH)}


def _clear(prefix: str, options: argparse.Namespace) -> int:
    told = api.undo_list(prefix)
    if options.id is not None and options.id not in {each.id for each in told.checkpoints}:
        raise BadArguments(text("there is no checkpoint {id}", id=options.id))
    if told.checkpoints and not options.yes:
        if options.format != "json":
            show(list_as(told, options.format))
        code = asked(CLEAR, options)
        if code is not None:
            return code
    show(list_as(api.undo_clear(prefix, options.id), options.format))
    return 0


def _show(told: UndoReport, options: argparse.Namespace) -> None:
    show(undo_as(told, options.format, details=options.details))
