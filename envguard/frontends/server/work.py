"""What a worker does for each kind of question: asks envguard's one door, and writes the answer down.

Nothing of Jupyter's is imported here, nor anything that a server has to know.
"""

from __future__ import annotations

import dataclasses
import hashlib
import json
import os
import shlex
from typing import TYPE_CHECKING, Any

from envguard import api
from envguard.asking import is_here, opened
from envguard.errors import BadArguments, ProbeFailed
from envguard.frontends.installs import installs
from envguard.frontends.server.install_work import INSTALLS, place_of, seen
from envguard.frontends.server.made_at import MADE_AT
from envguard.frontends.server.places import places
from envguard.ledger_entry import Whence
from envguard.model import text
from envguard.render.cells_v1 import cells_v1, remark_v1
from envguard.render.cuda_v1 import cuda_v1
from envguard.render.forecast_v1 import forecast_v1
from envguard.render.json_v1 import json_v1, optional_text_v1, timeline_v1
from envguard.render.undo_v1 import undo_list_v1, undo_v1
from envguard.scan_report import Cell
from envguard.undo_report import State

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from envguard.commands.command import Command, Place
    from envguard.frontends.server.worker import Desk
    from envguard.model import Report

    Answer = tuple[dict[str, Any], bytes]


def _disk(_desk: Desk, _body: bytes, prefix: str, *, fresh: bool = False, known: str | None = None) -> Answer:
    """What the files of a prefix say."""
    if fresh:
        api.look_anew()
    return _told(api.inspect(prefix, process=None), known=known)


def _names(_desk: Desk, _body: bytes, prefix: str) -> Answer:
    """The variables that a kernel of a prefix should be asked for."""
    return {"names": api.activated(prefix)}, b""


def _live(_desk: Desk, body: bytes, names: list[str]) -> Answer:
    """What a kernel has told of itself, with the files of its prefix if those are here."""
    told = _opened(body)
    more = [name for name in api.unasked(told) if name not in names]
    here = is_here(told)
    head, document = _told(_by(told), here=here)
    return {**head, "here": here, "more": more}, document


def _running(_desk: Desk, _body: bytes, process: int, mark: str) -> Answer:
    """What the interpreter of a kernel tells that cannot be asked itself."""
    return _told(api.inspect_running(seen(process, mark)))


def _told(report: Report, known: str | None = None, *, here: bool = True) -> Answer:
    document = _dumps(json_v1(dataclasses.replace(report, made_at=MADE_AT)))
    prefix = report.environment.prefix
    points = api.undo_list(prefix).checkpoints if here else ()
    refused = api.unchangeable(prefix) if here else text("it is not on the machine of this server")
    head = {
        "verdict": report.verdict.value,
        "phase": report.phase.value,
        "prefix": prefix,
        "undoable": sum(point.state is not State.UNDONE for point in points),
        "refused": optional_text_v1(refused),
    }
    head["stamp"] = hashlib.sha256(document + _dumps(head)).hexdigest()[:32]
    return head, b"" if head["stamp"] == known else document


def _timeline(_desk: Desk, _body: bytes, prefix: str) -> Answer:
    return {}, _dumps(timeline_v1(api.history(prefix)))


def _cuda(_desk: Desk, body: bytes, prefix: str | None = None) -> Answer:
    """Of a kernel that has told of itself, else of a prefix."""
    told = api.cuda_told(_opened(body)) if body else api.cuda(prefix, process=None)
    return {}, _dumps(cuda_v1(told))


def _undo_list(_desk: Desk, _body: bytes, prefix: str) -> Answer:
    return {}, _dumps(undo_list_v1(api.undo_list(prefix)))


def _unchangeable(_desk: Desk, _body: bytes, prefix: str) -> Answer:
    refused = api.unchangeable(prefix)
    return {"refused": optional_text_v1(refused)}, b""


def _environments(_desk: Desk, _body: bytes, specs: list[dict[str, Any]], prefixes: list[str]) -> Answer:
    return {"environments": places(specs, prefixes)}, b""


def _rules(_desk: Desk, _body: bytes) -> Answer:
    every = [
        {"id": each.rule, "code": f"EG{each.code}", "severity": each.severity.value, "title": each.title}
        for each in api.pages()
    ]
    pages = {each.rule: each.page for each in api.pages()}
    return {"rules": every, "pages": pages}, b""


def _forecast(
    desk: Desk,
    body: bytes,
    prefix: str,
    command: str | None = None,
    source: str | None = None,
    install: int | None = None,
    process: int | None = None,
    mark: str = "",
) -> Answer:
    """Of a command as it would be typed into a notebook of the kernel, or into a terminal in which the prefix is active.

    Or of one install of a cell, by its number.
    """
    place = api.place_in(prefix) if process is None else place_of(seen(process, mark))
    told = api.forecast(
        _command(command, place) if command is not None else _install(source or "", install, place),
        place,
        progress=desk.tell,
        cancel=desk.cancelled,
        process=api.process_of(_opened(body)) if body else None,
    )
    return {}, _dumps(forecast_v1(told))


def _cells(_desk: Desk, body: bytes, process: int | None = None, mark: str = "") -> Answer:
    """Remarks on cells, by the environment of a kernel if there is one."""
    place = None if process is None else place_of(seen(process, mark))
    return {}, _dumps(cells_v1(api.cells(_read(json.loads(body)), place)))


def _stamp(_desk: Desk, body: bytes, prefix: str) -> Answer:
    """How a prefix differs from a notebook's stamp."""
    told = json.loads(body)
    found = api.stamp_differs(told["stamp"], _read(told["cells"]), prefix)
    return {}, _dumps([remark_v1(each) for each in found])


def _read(told: list[dict[str, Any]]) -> tuple[Cell, ...]:
    return tuple(Cell(each["id"], each["source"], each.get("number"), _reasons(each)) for each in told)


def _reasons(cell: dict[str, Any]) -> dict[str, str]:
    """The rules that a cell ignores; one without a reason is not ignored, as in `scan`."""
    return {name.lower(): reason for name, reason in (cell.get("ignored") or {}).items() if reason.strip()}


def _command(line: str, place: Place) -> Command:
    """A line as a cell or as a shell would take it."""
    try:
        return api.command_of_cell(line, place)
    except BadArguments:
        try:
            return api.command(shlex.split(line), place)
        except ValueError:  # a quotation that does not end
            raise BadArguments(text("this is not one command that can be understood")) from None


def _install(source: str, number: int | None, place: Place) -> Command:
    """One of the installs in a cell."""
    found = [each.command for each in installs(source, place)]
    command = found[number] if number is not None and number < len(found) else None
    if command is None:
        raise BadArguments(text("the cell has no such install"))
    return command


def _undo_plan(_desk: Desk, _body: bytes, prefix: str, checkpoint: str | None) -> Answer:
    return {}, _dumps(undo_v1(api.undo_plan(prefix, checkpoint)))


def _undo(desk: Desk, _body: bytes, prefix: str, checkpoint: str, user: str | None) -> Answer:
    """Takes an install back; whether that is allowed, the server has decided before."""
    refused = api.unchangeable(prefix)
    if refused is not None:
        raise BadArguments(refused)
    planned = api.undo_plan(prefix, checkpoint)
    if planned.plan.refused:
        raise BadArguments(planned.plan.refused[0])
    with desk.unstoppable():
        done, problem = api.undo(
            planned.prefix,
            plan=planned.plan,
            whence=Whence(user=user, process=os.getpid()),
            progress=lambda done, of: desk.tell(None, done, of),
        )
    told = undo_v1(dataclasses.replace(planned, done=done))
    return {"problem": optional_text_v1(problem)}, _dumps(told)


def _by(told: Mapping[str, Any]) -> Report:
    try:
        return api.inspect_told(told)
    except (TypeError, LookupError, AttributeError) as error:
        raise ProbeFailed(text("what the kernel answered is not what the probe tells")) from error


def _opened(body: bytes) -> dict[str, Any]:
    """What a kernel has told, as it sent it."""
    return opened(body.decode("ascii", "replace"))


def _dumps(told: Any) -> bytes:
    return json.dumps(told).encode("ascii")


WORK: dict[str, Callable[..., Answer]] = {
    "disk": _disk,
    "names": _names,
    "live": _live,
    "running": _running,
    "timeline": _timeline,
    "cuda": _cuda,
    "undo-list": _undo_list,
    "unchangeable": _unchangeable,
    "environments": _environments,
    "rules": _rules,
    "cells": _cells,
    "stamp": _stamp,
    "forecast": _forecast,
    "undo-plan": _undo_plan,
    "undo": _undo,
    **INSTALLS,
}
