"""What clients ask for, read strictly: what is not as the schema says is refused, and nothing is guessed."""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING, Any

from envguard.frontends.server.refusals import Refused
from envguard.model import text
from envguard.value import value

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from tornado.web import RequestHandler

    from envguard.model import Text

MOST_SECONDS = 20.0
LONGEST_COMMAND = 8000
MOST_CELLS = 2000
LONGEST_ID = 200
_LONGEST_PATH = 4096
_IDS = {
    "kernel": re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}"),
    "environment": re.compile(r"[0-9a-f]{16}"),
    "checkpoint": re.compile(r"[0-9]{8}T[0-9]{6}Z-[0-9a-f]{6}"),
    "token": re.compile(r"[0-9a-f]{16}"),
}


@value
class JobWanted:
    """A job that somebody asks for: of a kernel or of an environment."""

    kind: str
    kernel: str | None
    environment: str | None
    details: Mapping[str, Any]
    """What else it is told, each field that it may have; None where it was not given."""


@value
class Cell:
    """One cell that was sent."""

    id: str
    source: str


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


def wanted(body: bytes) -> JobWanted:
    """The job that a body asks for."""
    asked = _read(body)
    if asked.get("job") not in KINDS:
        raise _bad(text("the body does not name a job: {names}", names=KINDS))
    kind: str = asked["job"]
    fields = _FIELDS[kind]
    strange = tuple(sorted(str(name)[:60] for name in asked.keys() - {"job", "kernel", "environment", *fields}))
    if strange:
        raise _bad(text("a job of this kind has no {names}", names=strange))
    kernel, environment = _id(asked, "kernel"), _id(asked, "environment")
    if (kernel is None) == (environment is None):
        raise _bad(text("a job is for a kernel or for an environment, and for one of them"))
    if kernel is None and kind in _OF_KERNELS:
        raise _bad(text("a job of this kind is for a kernel"))
    details = {name: read(asked, name) for name, read in fields.items()}
    given = {name for name, each in details.items() if each is not None}
    if kind == "forecast" and given not in ({"command"}, {"source", "install"}):
        raise _bad(
            text("a forecast needs a command of at most {n} characters, or a source and an install", n=LONGEST_COMMAND)
        )
    if kind == "undo" and details["checkpoint"] is None:
        raise _bad(text("an undo needs the id of a checkpoint"))
    missing = tuple(name for name in _NEEDED.get(kind, ()) if name not in given)
    if missing:
        raise _bad(text("a job of this kind needs {names}", names=missing))
    return JobWanted(kind, kernel, environment, details)


def cells(body: bytes) -> tuple[Cell, ...]:
    """The cells that a body holds, of which the installs are asked for."""
    return _cells(_fields(body, ("cells",)), "cells") or ()


def cells_wanted(body: bytes) -> CellsWanted:
    """The cells that a body holds, on which there may be remarks."""
    asked = _fields(body, ("kernel", "cells"))
    return CellsWanted(_id(asked, "kernel"), _noted(asked))


def stamp_wanted(body: bytes) -> StampWanted:
    """The stamp that a body holds."""
    asked = _fields(body, ("stamp", "cells"))
    if not isinstance(asked.get("stamp"), dict):
        raise _bad(text("there is no stamp"))
    return StampWanted(asked["stamp"], _noted(asked))


def _fields(body: bytes, names: tuple[str, ...]) -> dict[str, Any]:
    """What a body holds that has no other fields, and cells among them."""
    asked = _read(body)
    if asked.keys() - set(names):
        raise _bad(text("the body has {names} and nothing else", names=names))
    if not isinstance(asked.get("cells"), list):
        raise _bad(text("the body has no cells"))
    return asked


def _read(body: bytes) -> dict[str, Any]:
    try:
        asked = json.loads(body)
    except (ValueError, RecursionError) as error:
        raise _bad(text("the body is not JSON")) from error
    if not isinstance(asked, dict):
        raise _bad(text("the body is not an object"))
    return asked


def _bad(says: Text) -> Refused:
    return Refused(400, "bad-request", says)


def _id(asked: dict[str, Any], name: str) -> str | None:
    given = asked.get(name)
    if given is None:
        return None
    if not isinstance(given, str) or not _IDS[name].fullmatch(given):
        raise _bad(text("this is not the id of a {kind}", kind=name))
    return given


def _of(kind: type, longest: int = 0) -> Callable[[dict[str, Any], str], Any]:
    """What reads a field of a kind; a string of `longest` characters at most, if that is given."""

    def read(asked: dict[str, Any], name: str) -> Any:
        given = asked.get(name)
        known: bool = given is None or type(given) is kind
        if not known or (longest and given is not None and len(given) > longest) or (kind is int and (given or 0) < 0):
            raise _bad(text("this is no {name}", name=name))
        return given

    return read


def _command(asked: dict[str, Any], name: str) -> str | None:
    given = asked.get(name)
    if given is None:
        return None
    if not (isinstance(given, str) and 0 < len(given.strip()) <= LONGEST_COMMAND):
        raise _bad(text("a command has {n} characters at most", n=LONGEST_COMMAND))
    return given


def _cells(asked: dict[str, Any], name: str) -> tuple[Cell, ...] | None:
    given = asked.get(name)
    return None if given is None else tuple(Cell(each["id"], each["source"]) for each in _checked(given, ()))


def _noted(asked: dict[str, Any]) -> list[dict[str, Any]]:
    """Cells with what their notebook says of them."""
    return _checked(asked["cells"], ("number", "ignored"))


def _checked(given: Any, more: tuple[str, ...]) -> list[dict[str, Any]]:
    if not isinstance(given, list) or len(given) > MOST_CELLS or not all(_is_cell(each, more) for each in given):
        raise _bad(text("cells are a list of at most {n}, each with id and source", n=MOST_CELLS))
    return given


def _is_cell(given: Any, more: tuple[str, ...]) -> bool:
    if not isinstance(given, dict) or given.keys() - {"id", "source", *more}:
        return False
    name, source, number, ignored = (given.get(key) for key in ("id", "source", "number", "ignored"))
    return (
        isinstance(name, str)
        and len(name) <= LONGEST_ID
        and isinstance(source, str)
        and (number is None or (type(number) is int and 0 < number < 1 << 31))
        and (ignored is None or (isinstance(ignored, dict) and all(isinstance(each, str) for each in ignored.values())))
    )


def _by(asked: dict[str, Any], name: str) -> str | None:
    given = asked.get(name)
    if given not in (None, "server", "guard"):
        raise _bad(text("{name} is server or guard", name=name))
    return given


_FIELDS: dict[str, dict[str, Callable[[dict[str, Any], str], Any]]] = {
    "forecast": {"command": _command, "source": _of(str), "install": _of(int)},
    "undo-plan": {"checkpoint": _id},
    "undo": {"checkpoint": _id},
    "install-begin": {"cells": _cells, "undo": _of(bool), "protect": _of(bool), "by": _by},
    "install-end": {
        "token": _id,
        "failed": _of(bool),
        "cell": _of(str, LONGEST_ID),
        "notebook": _of(str, _LONGEST_PATH),
    },
}
_NEEDED = {"install-begin": ("cells", "undo", "protect", "by"), "install-end": ("token",)}
_OF_KERNELS = ("install-begin", "install-end")
KINDS = tuple(_FIELDS)


def flag(handler: RequestHandler, name: str) -> bool:
    """A query argument that is 0 or 1."""
    given = handler.get_query_argument(name, "0")
    if given not in ("0", "1"):
        raise _bad(text("{name} is 0 or 1", name=name))
    return given == "1"


def seconds(handler: RequestHandler, name: str) -> float:
    """A query argument that is a number of seconds."""
    given = handler.get_query_argument(name, "0")
    if not re.fullmatch(r"[0-9]{1,3}(\.[0-9]{1,3})?", given) or float(given) > MOST_SECONDS:
        raise _bad(text("{name} is a number of seconds, at most {n}", name=name, n=int(MOST_SECONDS)))
    return float(given)
