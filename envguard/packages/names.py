"""What PyPI and conda call one project: a table where the names differ, the same name otherwise."""

from __future__ import annotations

import enum
from functools import lru_cache
from typing import TYPE_CHECKING

from envguard.packages.names_table import EXTRAS, FEEDSTOCK, LINES, NAMESAKES
from envguard.probe.reading import normalise
from envguard.value import value

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping


class Advice(enum.Enum):
    """Why a sound environment takes a package from conda when it can."""

    NUMERIC = "numeric"
    """a numeric core, built against the environment's BLAS, HDF5 and the like"""
    LEARNING = "learning"
    """a deep-learning framework, or what is built against one"""
    COMPILED = "compiled"
    """a binding to a compiled library that conda has, too"""
    SYSTEM = "system"
    """a tool of the system"""


@value
class Row:
    """One project with two names."""

    distribution: str
    """PyPI's name, normalised (PEP 503)."""
    conda: tuple[str, ...]
    """conda's names, the best first."""
    source: str
    """Where that can be checked."""
    advice: Advice | None


@value
class ExtraRow:
    """What conda installs for a distribution with an extra."""

    distribution: str
    extra: str
    conda: tuple[str, ...]
    source: str


@lru_cache(maxsize=1)
def rows() -> tuple[Row, ...]:
    """The whole table."""
    found = []
    for line in LINES.split("\n"):
        if words := line.split():
            distribution, *conda, source, advice = words
            found.append(Row(distribution, tuple(conda), _source(source), None if advice == "-" else Advice(advice)))
    return tuple(found)


@lru_cache(maxsize=1)
def extra_rows() -> tuple[ExtraRow, ...]:
    """The table of extras."""
    found = []
    for line in EXTRAS.split("\n"):
        if words := line.split():
            wanted, *conda, source = words
            distribution, _, extra = wanted.rstrip("]").partition("[")
            found.append(ExtraRow(distribution, extra, tuple(conda), _source(source)))
    return tuple(found)


@lru_cache(maxsize=1)
def _by_distribution() -> Mapping[str, Row]:
    return {row.distribution: row for row in rows()}


@lru_cache(maxsize=1)
def _by_conda() -> Mapping[str, str]:
    found: dict[str, str] = {}
    for place in range(max(len(row.conda) for row in rows())):  # a best name before anybody's second
        for row in rows():
            if place < len(row.conda):
                found.setdefault(row.conda[place], row.distribution)
    return found


def conda_names(distribution: str) -> tuple[str, ...]:
    """What conda may call a distribution of PyPI's, the likeliest first."""
    name = normalise(distribution)
    row = _by_distribution().get(name)
    if row is not None:
        return row.conda
    # channels disagree about the hyphen, and keep the dot of a namespace
    own = () if name in NAMESAKES else (name,)
    return tuple(dict.fromkeys((*own, name.replace("-", "_"), distribution.lower()) if own else ()))


def pypi_name(conda: str) -> str | None:
    """The distribution that a conda package brings; None for a library or program that PyPI has under no name."""
    name = conda.lower()
    own = _by_distribution().get(normalise(name))
    if own is not None and name in own.conda:
        return own.distribution
    known = _by_conda().get(name)
    return known if known is not None else (None if name in NAMESAKES else normalise(name))


def with_extras(distribution: str, extras: Iterable[str]) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """The packages of conda's that a distribution's extras stand for, and the extras that the table does not know."""
    name = normalise(distribution)
    known = {(row.distribution, row.extra): row.conda for row in extra_rows()}
    found: dict[str, None] = {}
    strange = []
    for extra in map(normalise, extras):
        told = known.get((name, extra))
        if told is None:
            strange.append(extra)
        else:
            found.update(dict.fromkeys(told))
    return tuple(found), tuple(strange)


def is_known(distribution: str) -> bool:
    """Whether the table tells conda's name, so that nothing has to be guessed."""
    return normalise(distribution) in _by_distribution()


def advice(distribution: str) -> Advice | None:
    """Why to take a distribution from conda, if there is a reason; rule pip-where-conda-has-it tells it."""
    row = _by_distribution().get(normalise(distribution))
    return row.advice if row is not None else None


def _source(word: str) -> str:
    return word if "://" in word else FEEDSTOCK.format(word)
