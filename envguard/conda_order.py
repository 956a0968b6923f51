"""Plain specs of conda's, decided without a library, whose import takes as long as all the rest of the rules.

Nearly all that records ask of each other is a list of ranges and a build with asterisks. Versions are ordered as conda's
documentation says: by their parts, numbers by their value, words before numbers, `dev` before everything and `post` after
it. Of anything else the answer is None, and the library is asked.
"""

from __future__ import annotations

import re
from functools import lru_cache
from itertools import zip_longest
from typing import TYPE_CHECKING

from envguard.ranges import COMPARE

if TYPE_CHECKING:
    Part = tuple[tuple[int, int, str], ...]
    Order = tuple[Part, ...]
    Term = tuple[str, Order, bool]
    """An operator, a version, and whether `.*` or the like follows: everything that begins so."""

_LONGEST = 200
_NUMBERS = r"\d{1,9}(?:\.\d{1,9}){0,7}"
_VERSION = re.compile(_NUMBERS + r"(?:[a-z]{1,5}\d{0,9})?(?:\.(?:post|dev)\d{1,9})?")
_TERM = re.compile(r"(==|!=|>=|<=|>|<|=|)([0-9a-z.]+?)(\.\*)?")
_SPEC = re.compile(
    r"[A-Za-z0-9_][A-Za-z0-9_.-]*(?:\s+|(?=[=<>!]))((?:[0-9a-z.,*|]|[=<>!]=?)+)(?:\s+([A-Za-z0-9_.*]+))?"
)
_PIECE = re.compile(r"\d+|[a-z]+")
_ZERO = (2, 0, "")
_RANKS = {"dev": 0, "post": 3}


def allows(spec: str, version: str, build: str | None = None) -> bool | None:
    """Whether a spec holds for a version, and for a build if there is one; the name is not asked."""
    match = _SPEC.fullmatch(spec.strip()) if len(spec) <= _LONGEST else None
    found = _in_range(match[1], version) if match else None
    if match is None or found is None:
        return None
    return found if build is None or not match[2] else _matches(match[2], build) and found


@lru_cache(maxsize=8192)
def _in_range(wanted: str, version: str) -> bool | None:
    order, alternatives = _order(version), _alternatives(wanted)
    if order is None or alternatives is None:
        return None
    answers = [_all(terms, order) for terms in alternatives]
    return True if True in answers else None if None in answers else False


def _all(terms: tuple[Term, ...], version: Order) -> bool | None:
    answers = [_holds(term, version) for term in terms]
    return False if False in answers else None if None in answers else True


def _matches(wanted: str, build: str) -> bool:
    return build == wanted or ("*" in wanted and _pattern(wanted).fullmatch(build) is not None)


@lru_cache(maxsize=8192)
def _pattern(build: str) -> re.Pattern[str]:
    return re.compile(".*".join(map(re.escape, build.split("*"))))


@lru_cache(maxsize=8192)
def _alternatives(wanted: str) -> tuple[tuple[Term, ...], ...] | None:
    found = tuple(_terms(each) for each in wanted.split("|"))
    return None if None in found else tuple(each for each in found if each is not None)


def _terms(wanted: str) -> tuple[Term, ...] | None:
    found: list[Term] = []
    for part in wanted.split(",") if wanted != "*" else ():
        match = _TERM.fullmatch(part)
        order = _order(match[2]) if match else None
        if match is None or order is None:
            return None
        relation, every = match[1], match[3] is not None
        if every and relation not in ("", "=", "==", "!="):
            return None
        if relation == "=":
            relation, every = "==", True
        if every and any(len(piece) > 1 for piece in order):
            return None  # whether `1.1a.*` is the beginning of `1.1ab` is nothing to decide here
        found.append((relation or "==", order, every))
    return tuple(found)


def _holds(term: Term, version: Order) -> bool | None:
    relation, wanted, every = term
    if every:
        begin = version[: len(wanted)]
        if len(begin) < len(wanted) or any(len(piece) > 1 for piece in begin):
            return None
        return (begin == wanted) is (relation == "==")
    return bool(COMPARE[relation](_compare(version, wanted), 0))


def _compare(first: Order, second: Order) -> int:
    for one, other in zip_longest(first, second, fillvalue=(_ZERO,)):
        if one == other:
            continue
        for piece, against in zip_longest(one, other, fillvalue=_ZERO):
            if piece != against:
                return -1 if piece < against else 1
    return 0


@lru_cache(maxsize=8192)
def _order(version: str) -> Order | None:
    """The parts of a version, each as its pieces; None if it is not plain."""
    if len(version) > _LONGEST or _VERSION.fullmatch(version) is None or not version.isascii():
        return None
    return tuple(_pieces(part) for part in version.split("."))


def _pieces(part: str) -> Part:
    found = [
        (2, int(piece), "") if piece.isdigit() else (_RANKS.get(piece, 1), 0, "" if piece in _RANKS else piece)
        for piece in _PIECE.findall(part)
    ]
    return tuple(found if found[0][0] == _ZERO[0] else [_ZERO, *found])
