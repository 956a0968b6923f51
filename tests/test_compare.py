"""Two environments in one line each: what differs, and whether it matters."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from envguard import api
from envguard.compare import compare
from envguard.comparison import Kind, Owner, Weight
from tests.probe.prefix import Prefix
from tests.render.reports import NUMPY, PANDAS, report
from tests.rules.facts import dist, env, overlap, pkg

if TYPE_CHECKING:
    from pathlib import Path

    from envguard.comparison import Comparison, Difference
    from envguard.facts import Environment


def compared(first: Environment, second: Environment) -> Comparison:
    return compare(first, second, (report(), report()))


def only(comparison: Comparison) -> Difference:
    (found,) = comparison.differences
    return found


MATTERS, MINOR = Weight.MATTERS, Weight.MINOR


@pytest.mark.parametrize(
    ("first", "second", "kinds", "weight"),
    [
        (pkg("a", "1.2"), pkg("a", "2.0"), (Kind.VERSION,), MATTERS),
        (pkg("a", "1.2"), pkg("a", "1.3"), (Kind.VERSION,), MATTERS),
        (pkg("a", "1"), pkg("a", "1.1"), (Kind.VERSION,), MATTERS),
        (pkg("a", "1.2.3"), pkg("a", "1.2.4"), (Kind.PATCH,), MINOR),
        (pkg("a", "1.2"), pkg("a", "1.2.post1"), (Kind.PATCH,), MINOR),
        (pkg("a", "master"), pkg("a", "dev"), (Kind.PATCH,), MINOR),
        (pkg("a", build="cuda118_h1_0"), pkg("a", build="cpu_h1_0"), (Kind.BUILD,), MATTERS),
        (pkg("a", build="py311h1_0"), pkg("a", build="py311h1_1"), (Kind.REBUILD,), MINOR),
        (pkg("a", build="pyh1_0", noarch="python"), pkg("a", build="pyh2_0", noarch="python"), (Kind.REBUILD,), MINOR),
        (pkg("a"), pkg("a", channel="pkgs/main"), (Kind.CHANNEL,), MINOR),
        (pkg("a"), dist("a"), (Kind.OWNER,), MATTERS),
        (pkg("a", "1.0"), dist("a", "2.0"), (Kind.OWNER, Kind.VERSION), MATTERS),
        (dist("a", "1.0.1"), dist("a", "1.0.2"), (Kind.PATCH,), MINOR),
        (pkg("pytorch", provides=("torch",)), dist("torch"), (Kind.OWNER,), MATTERS),
    ],
)
def test_one_package(first, second, kinds, weight):
    def having(each):
        return env([], [each]) if hasattr(each, "installer") else env([each])

    found = only(compared(having(first), having(second)))
    assert (found.kinds, found.weight) == (kinds, weight)


def test_what_pip_put_over_conda_is_what_counts():
    numpy, other = pkg("numpy", "1.26.4"), dist("numpy", "2.1.0")
    damaged = env([numpy], [other], overlaps=(overlap(numpy, other),))
    found = only(compared(env([numpy]), damaged))
    assert found.second is not None
    assert (found.second.version, found.second.owner) == ("2.1.0", Owner.PIP_OVER_CONDA)
    assert found.kinds == (Kind.OWNER, Kind.VERSION)


def test_another_python_explains_other_builds():
    first = env([pkg("a", build="py310habcdef1_0")], python_version="3.10.1")
    second = env([pkg("a", build="py311h1234567_0")], python_version="3.11.1")
    assert only(compared(first, second)).weight is MINOR


@pytest.mark.parametrize(
    ("package", "weight"),
    [(pkg("a", requested=("a",)), MATTERS), (pkg("a"), MINOR)],
)
def test_in_one_only(package, weight):
    told = compared(env([package]), env([]))
    assert (only(told).kinds, only(told).weight) == ((Kind.ONLY,), weight)
    assert told.only_in(first=True) == told.differences
    assert told.only_in(first=False) == ()


def test_the_same():
    told = compared(env([pkg("a")]), env([pkg("a")]))
    assert (told.differences, told.same, told.matters) == ((), 1, False)


def test_findings_of_one_only():
    told = compare(env(), env(), (report(findings=(NUMPY, PANDAS)), report(findings=(PANDAS,))))
    assert (told.findings_first, told.findings_second, told.matters) == ((NUMPY,), (), True)


def test_two_prefixes(tmp_path: Path):
    for name, version in (("one", "1.0"), ("two", "2.0")):
        prefix = Prefix(tmp_path / name)
        prefix.conda("num", version, prefix.info("num", version, {"num.py": version.encode()}, "conda"))
        prefix.pip("extra", "1.0", {"extra.py": b""})
    told = api.diff(tmp_path / "one", str(tmp_path / "two"))
    assert [(each.name, each.kinds) for each in told.differences] == [("num", (Kind.VERSION,))]
    assert (told.first.name, told.second.name, told.same) == ("one", "two", 1)
