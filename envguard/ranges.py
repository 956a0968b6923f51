"""Plain version ranges, decided without a library: what numbers with dots alone can tell.

The guard has a few milliseconds, and the libraries for versions take more to be imported. Nearly all that records and
people write is as plain as `>=1.22.4,<2.0a0`; about these PEP 440 and conda agree. Of anything else the answer is None.
"""

from __future__ import annotations

import operator
import re
from functools import lru_cache
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    Release = tuple[int, ...]
    Term = tuple[str, Release, bool]
    """An operator, the number, and whether `.*` or the like follows: everything that begins so."""

_RELEASE = re.compile(r"\d{1,9}(?:\.\d{1,9}){0,7}")
_TERM = re.compile(r"\s*(==|!=|>=|<=|~=|>|<|=|)\s*(\d{1,9}(?:\.\d{1,9}){0,7})(\.\*|a0)?\s*")
_SPEC = re.compile(
    r"\s*(?:[^\s:\[]+::)?[A-Za-z0-9_][A-Za-z0-9_.-]*(?:\s+|(?=[=<>!~])|$)([^\s|()\[\]]+|)(?:\s+[\w.*]+)?\s*"
)
_LONGEST = 200
COMPARE = {
    "==": operator.eq,
    "!=": operator.ne,
    ">=": operator.ge,
    "<=": operator.le,
    ">": operator.gt,
    "<": operator.lt,
}
"""What an operator says of two versions in their order."""
_REQUIREMENT = re.compile(
    r"([A-Za-z0-9](?:[A-Za-z0-9._-]*[A-Za-z0-9])?)\s*(?:\[[A-Za-z0-9,._\s-]*\]\s*)?"
    r"(?:\(([^()@;]*)\)|([=<>!~][^()@;]*|))\s*(?:;(.*))?"
)
_COMPARISON = re.compile(r"\s*(\w+)\s*(==|!=|>=|<=|>|<)\s*(?:\"([\w.]+)\"|'([\w.]+)')\s*")
_NUMBERED = ("python_version", "python_full_version", "implementation_version")
_WORDS = (
    "implementation_name",
    "os_name",
    "platform_machine",
    "platform_python_implementation",
    "platform_system",
    "sys_platform",
)


class Wanted(NamedTuple):
    """A requirement of a distribution: a name, the ranges that hold for it, and the marker that stands after it."""

    name: str
    terms: tuple[Term, ...]
    marker: str


@lru_cache(maxsize=8192)
def requirement(line: str) -> Wanted | None:
    """A Requires-Dist line; None if it is not plain."""
    match = _REQUIREMENT.fullmatch(line.strip()) if len(line) <= _LONGEST else None
    if match is None:
        return None
    found = terms(match[2] or match[3] or "")
    return None if found is None else Wanted(match[1], found, (match[4] or "").strip())


def marker(wanted: str, known: Mapping[str, str]) -> bool | None:
    """Whether a marker is true where these names are known; None if it is not plain, or asks for more than is known."""
    if not wanted:
        return True
    # what stands between `and` binds closer
    alternatives = [[_compared(each, known) for each in part.split(" and ")] for part in wanted.split(" or ")]
    # packaging knows no half answers: with one name unknown, all is
    if any(None in part for part in alternatives):
        return None
    return any(all(part) for part in alternatives)


def _compared(comparison: str, known: Mapping[str, str]) -> bool | None:
    match = _COMPARISON.fullmatch(comparison)
    value = known.get(match[1]) if match else None
    if match is None or value is None:
        return None
    relation, asked = match[2], match[3] or match[4]
    if match[1] in _NUMBERED:
        number, plain = release(value), release(asked)
        return holds(((relation, plain, False),), number) if number is not None and plain is not None else None
    if match[1] not in _WORDS or release(asked) is not None or relation not in ("==", "!="):
        return None
    return (value == asked) is (relation == "==")


def release(version: str | None) -> Release | None:
    """A version that is nothing but numbers; a local part does not count."""
    plain = (version or "").partition("+")[0].strip()
    return tuple(map(int, plain.split("."))) if len(plain) <= _LONGEST and _RELEASE.fullmatch(plain) else None


def of_spec(spec: str) -> str | None:
    """The versions that a conda spec asks for, empty for any; None if it is not plain."""
    match = _SPEC.fullmatch(spec) if len(spec) <= _LONGEST else None
    if match is None:
        return None
    return "" if match[1] == "*" else match[1]


def terms(wanted: str, *, conda: bool = False) -> tuple[Term, ...] | None:
    """The parts of a range such as `>=1.2,<2`; None if one of them is not plain."""
    if len(wanted) > _LONGEST:
        return None
    found: list[Term] = []
    for part in filter(None, (part.strip() for part in wanted.split(","))):
        match = _TERM.fullmatch(part)
        if match is None:
            return None
        term = _term(match[1], tuple(map(int, match[2].split("."))), match[3] or "", conda)
        if term is None:
            return None
        found += term
    return tuple(found)


def _term(relation: str, number: Release, tail: str, conda: bool) -> tuple[Term, ...] | None:
    """One part, in a form that both kinds share."""
    before, every = tail.endswith("a0"), tail == ".*"
    if relation in ("", "=") and not conda:
        return None
    if relation == "~=" and not tail and len(number) > 1:
        return ((">=", number, False), ("==", number[:-1], True))
    if before:  # comes before the number itself, and after all that is less
        return {
            "<": (("<", number, False),),
            "<=": (("<", number, False),),
            ">": ((">=", number, False),),
            ">=": ((">=", number, False),),
        }.get(relation)
    if every and relation not in ("", "=", "==", "!="):
        return None
    if relation == "=":
        return (("==", number, True),)
    return ((relation or "==", number, every),) if relation != "~=" else None


def holds(wanted: Iterable[Term], version: Release) -> bool | None:
    """Whether a version is in a range; None where the two books would count differently."""
    answers = [_holds(term, version) for term in wanted]
    return False if False in answers else None if None in answers else True


def _holds(term: Term, version: Release) -> bool | None:
    relation, number, every = term
    if every:
        if len(version) < len(number):
            return None
        begins = version[: len(number)] == number
        return begins if relation == "==" else not begins
    longest = max(len(version), len(number))
    here, there = (each + (0,) * (longest - len(each)) for each in (version, number))
    return bool(COMPARE[relation](here, there))


def exact(wanted: str) -> str | None:
    """The only version that a range of PEP 440 allows, as it is written there; None if it names none."""
    named = [part.strip() for part in wanted.split(",")]
    only = [part.lstrip("=").strip() for part in named if part.startswith("==") and not part.endswith("*")]
    return only[0] if only else None


def meet(first: Iterable[Term], second: Iterable[Term]) -> bool | None:
    """Whether some version is in both ranges; tried on the numbers they name and on their neighbours."""
    both = (*first, *second)
    tried: set[Release] = {(0,)}
    for _, number, _ in both:
        tried |= {
            number,
            (*number, 0),
            (*number, 1),
            (*_trimmed(number)[:-1], max(_trimmed(number)[-1] - 1, 0), 999999),
        }
    answers = [holds(both, version) for version in tried]
    return True if True in answers else None if None in answers else False


def _trimmed(number: Release) -> Release:
    while len(number) > 1 and not number[-1]:
        number = number[:-1]
    return number
