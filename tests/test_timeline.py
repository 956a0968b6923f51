"""Who wrote into an environment, in which order."""

from __future__ import annotations

import dataclasses
import datetime
import os
from typing import TYPE_CHECKING

import pytest

from envguard.model import Change, Mark, Phase
from envguard.timeline import conda_after_pip, events, notes, phase
from tests.probe.prefix import SITE, Prefix
from tests.probe.test_disk import facts

if TYPE_CHECKING:
    from pathlib import Path

    from envguard.facts import Environment

CREATED = "==> 2024-05-04 10:00:00 <==\n# cmd: conda create -n work num\n+local::num-1.0-0\n"
LATER = "==> 2024-05-06 10:00:00 <==\n# cmd: conda install other\n+local::other-1.0-0\n"


@pytest.fixture
def prefix(tmp_path: Path) -> Prefix:
    prefix = Prefix(tmp_path / "env")
    return prefix.conda("num", "1.0", prefix.info("num", "1.0", {"num.py": b"one"}, "conda"))


def installed(prefix: Prefix, name: str, when: str) -> Prefix:
    """A distribution of pip's, dated; `when` is local time as conda writes it."""
    prefix.pip(name, "1.0", {f"{name}.py": b""})
    date = datetime.datetime.strptime(when, "%Y-%m-%d %H:%M:%S").timestamp()  # noqa: DTZ007 - conda writes local time
    os.utime(prefix.path / SITE / f"{name}-1.0.dist-info/RECORD", (date, date))
    return prefix


def told(env: Environment) -> list[tuple[str | None, str, tuple[str, ...]]]:
    return [(event.when, event.actor, event.packages) for event in events(env)]


def test_conda_only(prefix: Prefix) -> None:
    env = facts(prefix.history(CREATED))
    assert phase(env) is Phase.CONDA_ONLY
    assert told(env) == [("2024-05-04T10:00:00", "conda", ("num 1.0",))]


def test_conda_then_pip(prefix: Prefix) -> None:
    env = facts(installed(prefix.history(CREATED), "extra", "2024-05-05 10:00:00"))
    assert phase(env) is Phase.CONDA_THEN_PIP
    assert told(env)[-1] == ("2024-05-05T10:00:00", "pip", ("extra 1.0",))


def test_back_to_conda(prefix: Prefix) -> None:
    env = facts(installed(prefix.history(CREATED + LATER), "extra", "2024-05-05 10:00:00"))
    assert phase(env) is Phase.MIXED
    assert [revision.command for revision in conda_after_pip(env)] == ["conda install other"]
    assert [actor for _, actor, _ in told(env)] == ["conda", "pip", "conda"]


@pytest.mark.parametrize(
    ("history", "when"),
    [
        (CREATED + LATER, "2024-05-06 09:59:30"),  # within the grace: one command's own pip section
        (CREATED + "==> 2024-05-06 10:00:00 <==\n# cmd: conda install nothing\n", "2024-05-05 10:00:00"),
        (CREATED + "==> 2024-05-06 10:00:00 <==\n+pypi::extra-1.0-pypi_0\n", "2024-05-05 10:00:00"),
    ],
    ids=["one command", "empty revision", "pypi entries"],
)
def test_not_back_to_conda(prefix: Prefix, history: str, when: str) -> None:
    env = facts(installed(prefix.history(history), "extra", when))
    assert phase(env) is Phase.CONDA_THEN_PIP


@pytest.mark.parametrize(
    ("history", "dates"),
    [
        (CREATED, ["2020-01-01 10:00:00"]),
        (CREATED + LATER, ["2020-01-01 10:00:00"]),
        (CREATED, ["2020-01-01 10:00:00", "2024-05-05 10:00:00"]),
        ("==> sometime <==\n+local::num-1.0-0\n", ["2024-05-05 10:00:00"]),
        ("", ["2024-05-05 10:00:00"]),
    ],
    ids=["clone", "clone and conda", "clone and pip", "no date", "no history"],
)
def test_who_came_last_is_unknown_where_no_dates_compare(prefix: Prefix, history: str, dates: list[str]) -> None:
    for number, when in enumerate(dates):
        installed(prefix, f"extra{number}", when)
    assert phase(facts(prefix.history(history))) is Phase.UNKNOWN


@pytest.mark.parametrize("missing", ["conda_packages", "distributions"])
def test_what_could_not_be_listed_may_be_anybodys(prefix: Prefix, missing: str) -> None:
    env = facts(installed(prefix.history(CREATED), "extra", "2024-05-05 10:00:00"))
    assert phase(dataclasses.replace(env, **{missing: None})) is Phase.UNKNOWN


def test_without_pip_it_takes_no_history_to_know_who_was_here(prefix: Prefix) -> None:
    assert phase(facts(prefix)) is Phase.CONDA_ONLY


def test_condas_files_over_pips_dist_info_prove_the_order_without_dates(tmp_path: Path) -> None:
    prefix = Prefix(tmp_path / "env").pip("num", "2.0", {"num.py": b"two!"})
    prefix.conda("num", "1.0", prefix.info("num", "1.0", {"num.py": b"one"}, "conda"))
    assert phase(facts(prefix)) is Phase.MIXED


def test_not_conda(tmp_path: Path) -> None:
    assert phase(facts(Prefix(tmp_path / "env").pip("a", "1", {}))) is Phase.NOT_CONDA


def test_installs_within_a_minute_are_one_event(prefix: Prefix) -> None:
    for name, when in (("a", "10:00:00"), ("b", "10:00:40"), ("c", "10:03:00")):
        installed(prefix, name, f"2024-05-05 {when}")
    assert [packages for _, _, packages in told(facts(prefix))] == [("a 1.0", "b 1.0"), ("c 1.0",)]


def marks(env: Environment) -> list[Mark | None]:
    return [event.mark for event in events(env)]


def test_the_hand_over_and_who_broke_it(prefix: Prefix) -> None:
    for name, day in (("a", "05"), ("b", "07")):
        installed(prefix, name, f"2024-05-{day} 10:00:00")
    env = facts(prefix.history(CREATED + LATER))
    assert marks(env) == [None, Mark.HANDOVER, Mark.VIOLATION, None]
    assert [event.action for event in events(env)] == ["create", "install", "link", "install"]


def test_what_is_older_than_the_environment_is_copied(prefix: Prefix) -> None:
    installed(prefix, "old", "2020-01-01 10:00:00")
    installed(prefix, "new", "2024-05-05 10:00:00")
    env = facts(prefix.history(CREATED))
    assert marks(env) == [Mark.COPIED, None, Mark.HANDOVER]
    assert any("cloned or copied" in note.english() for note in notes(env))


def changed(env: Environment) -> list[list[tuple[str, str | None, str | None]]]:
    return [[(each.name, each.before, each.after) for each in event.changes] for event in events(env)]


def test_what_each_revision_did(prefix: Prefix) -> None:
    prefix.history(
        "==> 2024-05-01 10:00:00 <==\n+local::num-1.0-0\n+local::tk-8-0\n"
        "==> 2024-05-02 10:00:00 <==\n-local::num-1.0-0\n+local::num-2.0-0\n-local::tk-8-0\n+local::six-1-0\n"
        "==> 2024-05-03 10:00:00 <==\n-local::num-2.0-0\n+local::num-2.0-1\n"
        "==> 2024-05-04 10:00:00 <==\n# cmd: conda install num\n"
        "==> 2024-05-05 10:00:00 <==\n+pypi::extra-1-pypi_0\n"
        "==> 2024-05-06 10:00:00 <==\n+local::x-1-0\n+pypi::more-1-pypi_0\n"
        "==> 2024-05-07 10:00:00 <==\n-local::x-1-0\n"
    )
    env = facts(prefix)
    assert changed(env) == [
        [("num", None, "1.0"), ("tk", None, "8")],
        [("num", "1.0", "2.0"), ("six", None, "1"), ("tk", "8", None)],
        [("num", "2.0 0", "2.0 1")],
        [],
        [("extra", None, "1")],
        [("x", None, "1")],
        [("x", "1", None)],
    ]
    actions = ["create", "update", "update", "nothing", "notice", "link", "unlink"]
    assert [event.action for event in events(env)] == actions


def test_a_list_of_everything_is_compared_with_what_was_there(prefix: Prefix) -> None:
    prefix.history(
        "==> 2015-05-01 10:00:00 <==\nnum-1.0-0\ntk-8-0\n==> 2015-05-02 10:00:00 <==\nnum-2.0-0\ntk-8-0\nsix-1-0\n"
    )
    assert changed(facts(prefix)) == [
        [("num", None, "1.0"), ("tk", None, "8")],
        [("num", "1.0", "2.0"), ("six", None, "1")],
    ]


def test_a_package_of_pips_says_what_it_is(prefix: Prefix) -> None:
    env = facts(installed(prefix.history(CREATED), "extra", "2024-05-05 10:00:00"))
    assert events(env)[-1].changes == (Change("extra", None, "1.0"),)


def test_what_the_timeline_cannot_tell_is_said(tmp_path: Path) -> None:
    prefix = Prefix(tmp_path / "env").pip("num", "2.0", {"num.py": b"two!"})
    prefix.conda("num", "1.0", prefix.info("num", "1.0", {"num.py": b"one"}, "conda"))
    said = [note.english() for note in notes(facts(prefix))]
    assert any("history is not there" in note for note in said)
    assert any("no date says when" in note for note in said)
    assert any("pip keeps no log" in note for note in said)
    assert notes(facts(Prefix(tmp_path / "other").history(CREATED))) == ()
