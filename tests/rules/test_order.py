"""order: facts -> findings."""

from __future__ import annotations

import datetime

import pytest

from envguard.analyse import analyse
from envguard.facts import DirectUrl, OnDisk
from envguard.rules.order import alternating_installers, conda_after_pip_rule, pip_where_conda_has_it
from envguard.settings import Selection
from tests.rules.facts import SITE, Told, commands, dist, env, only, overlap, owned, paths, pkg, revision, told


def at(hour: float, day: int = 4) -> float:
    """A time of conda's local clock as a file has it."""
    return (datetime.datetime(2024, 5, day) + datetime.timedelta(hours=hour)).timestamp()  # noqa: DTZ001


MADE = revision("+numpy-1.26.4-py311_0", "+idna-3.6-py311_0", when="2024-05-04 08:00:00")
LATER = revision("-idna-3.6-py311_0", "+idna-3.7-py311_0", when="2024-05-05 08:00:00")
GONE = revision("-idna-3.6-py311_0", when="2024-05-05 08:00:00")
IDNA, NUMPY = pkg("idna", "3.7"), pkg("numpy", "2.1.0")
BOOKS = [owned("idna", "3.7", by=IDNA.record), owned("numpy", "2.1.0", by=NUMPY.record)]
RICH = dist("rich", installed=at(10))
JUMP = revision("-numpy-1.26.4-py311_0", "+numpy-2.1.0-py311_0", when="2024-05-05 08:00:00")
INFO = "conda changed packages 1 time after pip had installed rich; nothing shows that it did harm"


@pytest.mark.parametrize(
    ("where", "expected"),
    [
        # first conda, then pip
        (env([IDNA], [RICH], history=(MADE,)), []),
        (env([IDNA], [*BOOKS], history=(MADE, LATER)), []),
        # back to conda, and nothing came of it
        (env([IDNA], [RICH, *BOOKS], history=(MADE, LATER)), [Told("info", "lab", INFO)]),
        # a requirement that conda's new version still meets, and one that it does not
        (
            env([IDNA], [dist("rich", installed=at(10), requires=("idna>=3",)), *BOOKS], history=(MADE, LATER)),
            [Told("info", "lab", INFO)],
        ),
        (
            env([IDNA], [dist("rich", installed=at(10), requires=("idna<3.7",)), *BOOKS], history=(MADE, LATER)),
            [
                Told(
                    "warning",
                    "lab",
                    "conda changed packages 1 time after pip had installed, and these no longer fit: rich",
                )
            ],
        ),
        # what was compiled for numpy 1
        (
            env([NUMPY], [dist("rich", installed=at(10), requires=("numpy>=1.20",)), *BOOKS], history=(MADE, JUMP)),
            [
                Told(
                    "warning",
                    "lab",
                    "conda changed packages 1 time after pip had installed, and these no longer fit: rich",
                )
            ],
        ),
        # conda took its package off, and with it what pip had put there
        (
            env(
                [], [dist("idna", "3.8", installed=at(10), missing=paths(f"{SITE}/idna/core.py"))], history=(MADE, GONE)
            ),
            [
                Told(
                    "warning",
                    "lab",
                    "conda changed packages 1 time after pip had installed, and these no longer fit: idna",
                )
            ],
        ),
        # shape B
        (
            env(
                [IDNA],
                [dist("idna", "3.5", installed=at(10)), *BOOKS],
                history=(MADE, LATER),
                overlaps=(overlap(IDNA, dist("idna", "3.5", installed=at(10)), on_disk=OnDisk(conda=12)),),
            ),
            [
                Told(
                    "warning",
                    "lab",
                    "conda changed packages 1 time after pip had installed, and these no longer fit: idna",
                )
            ],
        ),
        # a clone keeps the old dates; conda's own aftermath is no return
        (env([IDNA], [dist("rich", installed=at(10, day=1)), *BOOKS], history=(MADE, LATER)), []),
        (env([IDNA], [dist("rich", installed=at(7.99, day=5)), *BOOKS], history=(MADE, LATER)), []),
    ],
)
def test_conda_after_pip(where, expected):
    assert told(conda_after_pip_rule, where) == expected


def test_pip_chooses_anew():
    where = env([IDNA], [dist("rich", installed=at(10), requires=("idna<3.7",)), *BOOKS], history=(MADE, LATER))
    (lines,) = commands(only(conda_after_pip_rule(where)))
    assert lines[0].endswith("-m pip install --upgrade rich")


AGAIN = revision("-idna-3.7-py311_0", "+idna-3.8-py311_0", when="2024-05-07 08:00:00")
TURNS = [dist("rich", installed=at(10)), dist("attrs", installed=at(10, day=6))]


@pytest.mark.parametrize(
    ("dists", "history", "expected"),
    [
        (TURNS, (MADE, LATER), [("info", "conda and pip took turns 3 times in this environment")]),
        (TURNS, (MADE, LATER, AGAIN), [("info", "conda and pip took turns 4 times in this environment")]),
        (TURNS[:1], (MADE, LATER), []),
        (TURNS, (MADE,), []),
        (TURNS, (), []),
    ],
)
def test_alternating(dists, history, expected):
    findings = told(alternating_installers, env([IDNA], [*dists, *BOOKS], history=history))
    assert [(each.severity, each.message) for each in findings] == expected


def test_alternating_is_a_warning_where_files_are_contested():
    other = dist("idna", "3.5", installed=at(10))
    where = env(
        [IDNA],
        [other, TURNS[1], *BOOKS],
        history=(MADE, LATER),
        overlaps=(overlap(IDNA, other, on_disk=OnDisk(conda=1)),),
    )
    assert [each.severity for each in told(alternating_installers, where)] == ["warning"]


SOURCE = DirectUrl("https://example.org/numpy.git", vcs="git")


@pytest.mark.parametrize(
    ("where", "names"),
    [
        (env([IDNA], [dist("numpy"), dist("torch"), dist("rich")]), "numpy, torch"),
        (env([IDNA], [dist("torch", "2.3.1+cu121"), dist("scipy", direct_url=SOURCE)]), None),
        (env([IDNA], BOOKS), None),
        (env((), [dist("numpy")]), None),
        (env([NUMPY], [dist("numpy")], overlaps=(overlap(NUMPY, dist("numpy")),)), None),
    ],
)
def test_pip_where_conda_has_it(where, names):
    expected = [Told("info", "lab", f"pip installed {names}, which conda has, too")] if names else []
    assert told(pip_where_conda_has_it, where) == expected


def test_it_runs_only_when_asked_for():
    where = env([IDNA], [dist("torch")])
    assert [f.rule for f in analyse(where).findings] == []
    assert [f.rule for f in analyse(where, Selection(select=("EG152",))).findings] == ["pip-where-conda-has-it"]
    assert commands(only(pip_where_conda_has_it(where)))[0][1].endswith("install --prefix /opt/conda/envs/lab pytorch")
