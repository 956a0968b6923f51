"""What clients ask for, read strictly: what is not as the schema says is refused, and nothing is guessed."""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING, Any

from envguard.frontends.server.refusals import Refused
from envguard.model import text
from envguard.value import value

if TYPE_CHECKING:
    from tornado.web import RequestHandler

KINDS = ("forecast", "undo-plan", "undo")
MOST_SECONDS = 20.0
LONGEST_COMMAND = 8000
MOST_CELLS = 500
LONGEST_ID = 200
_IDS = {
    "kernel": re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}"),
    "environment": re.compile(r"[0-9a-f]{16}"),
    "checkpoint": re.compile(r"[0-9]{8}T[0-9]{6}Z-[0-9a-f]{6}"),
}
_FIELDS = {
    "forecast": ("job", "kernel", "environment", "command"),
    "undo-plan": ("job", "kernel", "environment", "checkpoint"),
    "undo": ("job", "kernel", "environment", "checkpoint"),
}


@value
class JobWanted:
    """A job that somebody asks for: of a kernel or of an environment."""

    kind: str
    kernel: str | None
    environment: str | None
    command: str | None
    checkpoint: str | None


def wanted(body: bytes) -> JobWanted:
    """The job that a body asks for."""
    try:
        asked = json.loads(body)
    except (ValueError, RecursionError) as error:
        raise Refused(400, "bad-request", text("the body is not JSON")) from error
    if not isinstance(asked, dict) or asked.get("job") not in KINDS:
        raise Refused(400, "bad-request", text("the body does not name a job: {names}", names=KINDS))
    kind: str = asked["job"]
    strange = tuple(sorted(str(name)[:60] for name in asked.keys() - set(_FIELDS[kind])))
    if strange:
        raise Refused(400, "bad-request", text("a job of this kind has no {names}", names=strange))
    ids = {name: _id(asked, name) for name in _IDS}
    if (ids["kernel"] is None) == (ids["environment"] is None):
        raise Refused(400, "bad-request", text("a job is for a kernel or for an environment, and for one of them"))
    command = asked.get("command")
    if kind == "forecast" and not (isinstance(command, str) and 0 < len(command.strip()) <= LONGEST_COMMAND):
        raise Refused(
            400, "bad-request", text("a forecast needs a command of at most {n} characters", n=LONGEST_COMMAND)
        )
    if kind == "undo" and ids["checkpoint"] is None:
        raise Refused(400, "bad-request", text("an undo needs the id of a checkpoint"))
    return JobWanted(kind, ids["kernel"], ids["environment"], command, ids["checkpoint"])


@value
class CellsWanted:
    """Cells of which somebody wants to hear, in the order of their notebook."""

    kernel: str | None
    cells: list[dict[str, Any]]


@value
class StampWanted:
    """A notebook's stamp and its cells."""

    stamp: dict[str, Any]
    cells: list[dict[str, Any]]


def cells_wanted(body: bytes) -> CellsWanted:
    """The cells that a body holds."""
    asked = _object(body, ("kernel", "cells"))
    return CellsWanted(_id(asked, "kernel"), _cells(asked))


def stamp_wanted(body: bytes) -> StampWanted:
    """The stamp that a body holds."""
    asked = _object(body, ("stamp", "cells"))
    if not isinstance(asked.get("stamp"), dict):
        raise Refused(400, "bad-request", text("there is no stamp"))
    return StampWanted(asked["stamp"], _cells(asked))


def _object(body: bytes, fields: tuple[str, ...]) -> dict[str, Any]:
    try:
        asked = json.loads(body)
    except (ValueError, RecursionError) as error:
        raise Refused(400, "bad-request", text("the body is not JSON")) from error
    if not isinstance(asked, dict) or asked.keys() - set(fields):
        raise Refused(400, "bad-request", text("the body has {names} and nothing else", names=fields))
    return asked


def _cells(asked: dict[str, Any]) -> list[dict[str, Any]]:
    told = asked.get("cells")
    if not isinstance(told, list) or len(told) > MOST_CELLS or not all(map(_is_cell, told)):
        raise Refused(
            400, "bad-request", text("cells are a list of at most {n}, each with id and source", n=MOST_CELLS)
        )
    return told


def _is_cell(told: Any) -> bool:
    if not isinstance(told, dict) or told.keys() - {"id", "source", "number", "ignored"}:
        return False
    number, ignored = told.get("number"), told.get("ignored")
    return (
        isinstance(told.get("id"), str)
        and len(told["id"]) <= LONGEST_ID
        and isinstance(told.get("source"), str)
        and (number is None or (type(number) is int and 0 < number < 1 << 31))
        and (ignored is None or (isinstance(ignored, dict) and all(isinstance(each, str) for each in ignored.values())))
    )


def _id(asked: dict[str, Any], name: str) -> str | None:
    given = asked.get(name)
    if given is None:
        return None
    if not isinstance(given, str) or not _IDS[name].fullmatch(given):
        raise Refused(400, "bad-request", text("this is not the id of a {kind}", kind=name))
    return given


def flag(handler: RequestHandler, name: str) -> bool:
    """A query argument that is 0 or 1."""
    given = handler.get_query_argument(name, "0")
    if given not in ("0", "1"):
        raise Refused(400, "bad-request", text("{name} is 0 or 1", name=name))
    return given == "1"


def seconds(handler: RequestHandler, name: str) -> float:
    """A query argument that is a number of seconds."""
    given = handler.get_query_argument(name, "0")
    if not re.fullmatch(r"[0-9]{1,3}(\.[0-9]{1,3})?", given) or float(given) > MOST_SECONDS:
        raise Refused(
            400, "bad-request", text("{name} is a number of seconds, at most {n}", name=name, n=int(MOST_SECONDS))
        )
    return float(given)
