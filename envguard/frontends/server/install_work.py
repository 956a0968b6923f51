"""What a worker does for cells that install in a kernel of the server: looks at them, and stands around their run.

The kernel may be without envguard. What would be judged and noted by its own guard is judged and noted by the same code here.
"""

from __future__ import annotations

import copyreg
import dataclasses
import io
import json
import os
import pickle
import shlex
from types import MappingProxyType
from typing import TYPE_CHECKING, Any

from envguard import api
from envguard.changes.around import concluded
from envguard.errors import BadArguments, EnvguardError, ProbeFailed
from envguard.frontends import around, weighing
from envguard.frontends.installs import installs
from envguard.ledger_entry import Whence
from envguard.model import text
from envguard.render.forecast_v1 import forecast_v1
from envguard.render.json_v1 import finding_v1, optional_text_v1, string, text_v1
from envguard.settings import Configuration, Selection

if TYPE_CHECKING:
    from collections.abc import Callable

    from envguard.changes.around import Begun
    from envguard.commands.command import Place
    from envguard.forecast_report import Remark
    from envguard.frontends.installs import Install
    from envguard.frontends.server.worker import Desk
    from envguard.model import Report, Text
    from envguard.running import Running

    Answer = tuple[dict[str, Any], bytes]


_LOOKED_FOR = 5
"""Installs of one request for which another way is looked for, as each may take seconds."""


def seen(process: int, mark: str) -> Running:
    """The process of a kernel; ProbeFailed if it cannot be seen."""
    found = api.running(process, mark)
    if found is None:
        raise ProbeFailed(text("the process of the kernel cannot be seen"))
    return found


def place_of(kernel: Running) -> Place:
    """Where a command in a cell of a kernel would run, as far as that can be seen from outside."""
    place = api.place_in(kernel.prefix)
    variables = {name: value for name, value in kernel.variables.items() if value is not None}
    return dataclasses.replace(
        place,
        python=kernel.program,
        prefix=kernel.prefix,
        folder=kernel.folder or kernel.prefix,
        variables=variables or place.variables,
        is_kernel=True,
    )


def _installs(
    _desk: Desk, _body: bytes, prefix: str, process: int, mark: str, cells: list[list[str]], ways: bool = False
) -> Answer:
    """The installs of cells; with `ways` what conda could do instead is looked for."""
    place = place_of(seen(process, mark))
    project = api.project(place.folder)
    writable = os.access(prefix, os.W_OK)
    left = _LOOKED_FOR if ways else 0
    told = []
    for name, source in cells:
        found = []
        for each in installs(source, place):
            against = next(weighing.objections((each,), (), project), None)
            if against is not None and left:
                against, left = weighing.with_ways(against), left - 1
            found.append(_told(each, against, undoable=writable and around.concerns(each)))
        told.append({"id": name, "installs": found})
    refused = api.unchangeable(prefix)
    return {"refused": optional_text_v1(refused)}, _dumps(told)


def _told(each: Install, against: Install | None, *, undoable: bool) -> dict[str, Any]:
    """One install; `against` is the same with only what counts against it, None if nothing does."""
    forecast = each.forecast
    remarks: tuple[Remark, ...] = ()
    if against is not None:
        forecast = dataclasses.replace(forecast, alternatives=against.forecast.alternatives)
        remarks = against.forecast.remarks
    return {
        "said": string(shlex.join(forecast.command)),
        "forecast": forecast_v1(forecast),
        "severity": remarks[0].severity.value if remarks else None,
        "objections": [text_v1(remark.says) for remark in remarks],
        "ways": {kind: _lines(against, kind) for kind in ("conda", "kernel")},
        "protectable": against is not None and weighing.protectable(against),
        "undoable": undoable,
    }


def _lines(against: Install | None, kind: str) -> list[str] | None:
    found = () if against is None else weighing.way((against,), kind)
    return [string(line) for line in found] or None


def _before(_desk: Desk, _body: bytes, prefix: str, folder: str | None) -> Answer:
    """How an environment is before an install, and whether what changes in it is noted."""
    home = api.home(prefix)
    weights = api.weights(_report(prefix, folder))
    known = [[rule, subject, rank] for (rule, subject), rank in weights.items()]
    return {"known": known, "noted": home.ours, "undo": home.ours and home.undo}, b""


def _begin(
    desk: Desk,
    _body: bytes,
    process: int,
    mark: str,
    cells: list[str],
    undo: bool,
    protect: str | None,
) -> Answer:
    """Notes and makes what is wanted before cells run; `protect` is the file into which the constraints are written."""
    kernel = seen(process, mark)
    place = place_of(kernel)
    mine = tuple(each for source in cells for each in installs(source, place) if around.concerns(each))
    with desk.unstoppable():
        variables = None if protect is None else _protected(mine, protect, place)
        says: list[Text] = []
        begun, no_undo = _begun(mine, kernel, says, undo=undo, protect=protect is not None)
        if begun is not None and desk.cancelled():  # the cells will not run, or run without it
            api.drop_installs(begun)
            begun = None
    made = begun is not None and begun.checkpoint is not None
    no_undo = no_undo or (None if begun is None or not undo else begun.no_undo)
    head = {
        "undo": made,
        "no_undo": optional_text_v1(no_undo),
        "variables": variables,
        "says": [text_v1(each) for each in says],
    }
    return head, b"" if begun is None else _kept(begun)


def _begun(
    mine: tuple[Install, ...], kernel: Running, says: list[Text], *, undo: bool, protect: bool
) -> tuple[Begun | None, Text | None]:
    """What was begun, and why there is no way back where one was wanted."""
    owner = kernel.process, kernel.started
    try:
        begun = around.begun_in(kernel.prefix, mine, says.append, needed=undo, guarded=undo or protect, owner=owner)
    except EnvguardError as error:
        if undo:
            return None, error.text
        says.append(error.text)
        return None, None
    return begun, None


def _protected(mine: tuple[Install, ...], file: str, place: Place) -> dict[str, str]:
    """The variables that protect conda's packages from these installs; BadArguments where nothing would."""
    for stubborn in weighing.unstoppable(mine):
        raise BadArguments(stubborn.forecast.remarks[0].says)
    return api.protected_by(file, place.prefix, place.variables)


def _end(
    desk: Desk,
    body: bytes,
    process: int,
    failed: bool | None,
    cell: str | None,
    notebook: str | None,
    user: str | None,
) -> Answer:
    """Notes what has changed since `_begin`, of which the body tells."""
    with desk.unstoppable():
        ended = api.end_installs(_opened(body), Whence(notebook, cell, None, user, process), failed=failed)
    point = None if ended.checkpoint is None else ended.checkpoint.id
    return {"checkpoint": point, "says": [text_v1(each) for each in concluded(ended)]}, b""


def _after(
    _desk: Desk, _body: bytes, prefix: str, folder: str | None, known: list[list[Any]], process: int, since: str
) -> Answer:
    """What has got worse since `_before`, and the checkpoint that the kernel itself has made since."""
    before = {(rule, subject): rank for rule, subject, rank in known}
    report = _report(prefix, folder)
    worse = api.newer(report, before)
    head = {
        "worse": bool(worse),
        "cleared": api.cleared(report, before),
        "checkpoint": api.checkpoint_of(prefix, process, since),
    }
    return head, _dumps([finding_v1(finding) for finding in worse])


def _report(prefix: str, folder: str | None) -> Report:
    """The report on the files of a prefix, without what the project in a folder accepts."""
    settings = Configuration() if folder is None else api.configured(folder)
    return api.accept(api.inspect(prefix, Selection(settings.select, settings.ignore), process=None), settings)


def _unchanging(told: dict[Any, Any]) -> MappingProxyType[Any, Any]:
    return MappingProxyType(told)


class _Pickler(pickle.Pickler):
    """One that knows mappings which nobody changes."""

    dispatch_table = copyreg.dispatch_table.copy()
    dispatch_table[MappingProxyType] = lambda told: (_unchanging, (dict(told),))


def _kept(begun: Begun) -> bytes:
    """What another worker of this server opens again: the one that has begun may be gone by then."""
    file = io.BytesIO()
    _Pickler(file).dump(begun)
    return file.getvalue()


def _opened(kept: bytes) -> Begun:
    begun: Begun = pickle.loads(kept)  # noqa: S301 - `_kept` has written it
    return begun


def _dumps(told: Any) -> bytes:
    return json.dumps(told).encode("ascii")


INSTALLS: dict[str, Callable[..., Answer]] = {
    "installs": _installs,
    "ways": _installs,
    "install-before": _before,
    "install-begin": _begin,
    "install-end": _end,
    "install-after": _after,
}
