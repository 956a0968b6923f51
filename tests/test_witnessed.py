"""The ledger, conda's history and the dates of files tell one story: each change once, and what has gone since."""

from __future__ import annotations

import dataclasses
import datetime
from typing import TYPE_CHECKING

import pytest

from envguard import home, ledger
from envguard.change_report import Done
from envguard.ledger_entry import Deed, Entry, Whence
from envguard.model import Change, Mark, Phase
from envguard.surroundings.ledger import with_ledger
from envguard.timeline import events, notes, phase
from tests.probe.prefix import Prefix
from tests.probe.test_disk import facts
from tests.test_timeline import CREATED, LATER, installed

if TYPE_CHECKING:
    from pathlib import Path

    from envguard.facts import Environment

ADA = Whence("/home/me/a.ipynb", "c1", 3, "ada", 4711)


@pytest.fixture
def prefix(tmp_path: Path) -> Prefix:
    prefix = Prefix(tmp_path / "env")
    return prefix.conda("num", "1.0", prefix.info("num", "1.0", {"num.py": b"one"}, "conda")).history(CREATED)


def entry(when: str, *done: tuple[str | None, str, str | None, str | None], **more: object) -> Entry:
    """An entry of pip's; `done` are actor, name, before and after."""
    began = datetime.datetime.strptime(f"2024-05-{when}", "%Y-%m-%d %H:%M:%S").astimezone()
    utc = began.astimezone(datetime.timezone.utc)
    actors = dict.fromkeys(actor for actor, *_ in done)
    parts = tuple(Done(actor, tuple(Change(*each[1:]) for each in done if each[0] == actor)) for actor in actors)
    command = ("pip", "install", *(each[1] for each in done))
    told = Entry(f"{utc:%Y%m%dT%H%M%SZ}-000000", began.isoformat(), Deed.INSTALL, "pip", "install", command, ADA, parts)
    return dataclasses.replace(told, **more)


def with_entries(prefix: Prefix, *entries: Entry) -> Environment:
    own = home.make(prefix.path)
    for each in entries:
        assert ledger.append(own.folder, each) is None
    return with_ledger(facts(prefix))


def told(env: Environment) -> list[tuple[str, str, str, list[tuple[str, str | None, str | None]], str | None]]:
    return [
        (event.when[8:16], event.actor, event.action, [(c.name, c.before, c.after) for c in event.changes], event.deed)
        for event in events(env)
    ]


MADE = ("04T10:00", "conda", "create", [("num", None, "1.0")], None)


def test_an_install_is_one_event_that_says_from_where(prefix):
    installed(prefix, "extra", "2024-05-05 10:00:40")
    env = with_entries(prefix, entry("05 10:00:01", ("pip", "extra", "0.9", "1.0"), kept=True))
    assert told(env) == [MADE, ("05T10:00", "pip", "install", [("extra", "0.9", "1.0")], "install")]
    event = events(env)[-1]
    assert (event.notebook, event.cell, event.user) == ("/home/me/a.ipynb", "c1", "ada")
    assert (event.command, event.source, event.kept) == ("pip install extra", ".envguard/ledger.jsonl", True)
    assert event.mark is Mark.HANDOVER


def test_several_commands_of_a_cell_are_told_as_typed(prefix):
    words = ("pip", "install", "extra>=1", "&&", "pip", "check")
    env = with_entries(prefix, entry("05 10:00:01", ("pip", "extra", None, "1.0"), command=words))
    assert events(env)[-1].command == "pip install 'extra>=1' && pip check"


@pytest.mark.parametrize(
    ("when", "version"),
    [("05 13:00:00", "1.0"), ("05 09:58:00", "1.0"), ("05 10:00:40", "0.9")],
    ids=["long after", "before", "another version"],
)
def test_a_distribution_of_another_date_or_version_is_another_event(prefix, when, version):
    installed(prefix, "extra", f"2024-05-{when}")
    env = with_entries(prefix, entry("05 10:00:01", ("pip", "extra", None, version)))
    assert [(actor, deed) for _, actor, _, _, deed in told(env)[1:]] in (
        [("pip", "install"), ("pip", None)],
        [("pip", None), ("pip", "install")],
    )


def test_a_transaction_of_condas_is_one_event_that_says_from_where(prefix):
    prefix.history(CREATED + LATER)
    done = entry("06 09:59:10", ("conda", "other", None, "1.0"), tool="conda", command=("conda", "install", "other"))
    env = with_entries(prefix, done)
    assert told(env) == [MADE, ("06T10:00", "conda", "link", [("other", None, "1.0")], "install")]
    assert events(env)[-1].user == "ada"
    assert events(env)[-1].source == "conda-meta/history"


def test_what_conda_did_to_something_else_is_told_twice(prefix):
    prefix.history(CREATED + LATER)
    env = with_entries(prefix, entry("06 09:59:10", ("conda", "another", None, "1.0"), tool="conda"))
    assert [each[3][0][0] for each in told(env)] == ["num", "another", "other"]


def test_a_command_that_brings_both_is_an_event_in_each_lane(prefix):
    prefix.history(CREATED + LATER)
    installed(prefix, "extra", "2024-05-06 10:01:00")
    done = entry("06 09:55:00", ("conda", "other", None, "1.0"), ("pip", "extra", None, "1.0"), tool="conda")
    env = with_entries(prefix, done)
    assert [(when, actor, deed) for when, actor, _, _, deed in told(env)[1:]] == [
        ("06T09:55", "pip", "install"),
        ("06T10:00", "conda", "install"),
    ]
    assert phase(env) is Phase.CONDA_THEN_PIP


def test_what_came_and_went_is_told(prefix):
    env = with_entries(
        prefix,
        entry("05 10:00:00", ("pip", "gone", None, "1.0")),
        entry("05 11:00:00", (None, "gone", "1.0", None), verb="remove", command=("pip", "uninstall", "gone")),
    )
    assert told(env)[1:] == [
        ("05T10:00", "pip", "install", [("gone", None, "1.0")], "install"),
        ("05T11:00", "pip", "remove", [("gone", "1.0", None)], "install"),
    ]
    assert phase(env) is Phase.CONDA_ONLY
    assert [event.mark for event in events(env)] == [None, None, None]
    assert [note.english() for note in notes(env)] == [
        "what pip replaced or removed before 2024-05-05 is not told: there envguard's ledger begins"
    ]


def test_what_another_kernel_found_is_not_told_again(prefix):
    installed(prefix, "extra", "2024-05-05 10:00:40")
    found = {"deed": Deed.FOUND, "tool": None, "verb": None, "command": (), "whence": Whence()}
    env = with_entries(
        prefix,
        entry("05 10:00:50", ("pip", "extra", None, "1.0"), **found),
        entry("05 10:00:01", ("pip", "extra", None, "1.0")),
        entry("05 10:30:50", ("pip", "extra", None, "1.0"), ("uv", "alone", None, "2"), **found),
    )
    assert [(actor, deed) for _, actor, _, _, deed in told(env)[1:]] == [("pip", "install"), ("uv", "found")]


def test_what_was_found_is_as_old_as_its_files(prefix):
    installed(prefix, "extra", "2024-05-05 10:00:40")
    env = with_entries(prefix, entry("07 10:00:00", ("pip", "extra", None, "1.0"), deed=Deed.FOUND, tool=None))
    assert told(env)[1:] == [("05T10:00", "pip", "install", [("extra", None, "1.0")], "found")]


def test_undo_and_what_can_be_taken_back(prefix):
    first, second = (
        entry(f"0{day} 10:00:00", ("pip", name, None, "1.0"), checkpoint=f"point-{name}")
        for day, name in ((5, "a"), (6, "b"))
    )
    undo = entry("07 10:00:00", (None, "b", "1.0", None), deed=Deed.UNDO, checkpoint="point-b", tool=None, command=())
    installed(prefix, "a", "2024-05-05 10:00:01")
    env = with_entries(prefix, first, second, undo)
    (prefix.path / ".envguard/undo/point-a").mkdir(parents=True)
    env = with_ledger(env)
    assert [(event.actor, event.action, event.undo, event.undone) for event in events(env)[1:]] == [
        ("pip", "install", "point-a", False),
        ("pip", "install", None, True),
        ("envguard", "undo", "point-b", False),
    ]
    assert [event.mark for event in events(env)] == [None, Mark.HANDOVER, None, None]


def test_what_was_taken_back_does_not_hand_over(prefix):
    prefix.history(CREATED + LATER)
    done = entry("05 10:00:00", ("pip", "a", None, "1.0"), checkpoint="x")
    undo = entry("05 11:00:00", (None, "a", "1.0", None), deed=Deed.UNDO, checkpoint="x", tool=None, command=())
    env = with_entries(prefix, done, undo)
    assert phase(env) is Phase.CONDA_ONLY
    assert {event.mark for event in events(env)} == {None}


def test_conda_came_back_although_pip_has_upgraded_since(prefix):
    prefix.history(CREATED + LATER)
    installed(prefix, "a", "2024-05-07 10:00:01")
    upgrade = entry("07 10:00:00", ("pip", "a", "0.9", "1.0"))
    assert phase(with_entries(prefix, upgrade)) is Phase.CONDA_THEN_PIP
    env = with_entries(prefix, entry("05 10:00:00", ("pip", "a", None, "0.9")))
    assert [event.mark for event in events(env)] == [None, Mark.HANDOVER, Mark.VIOLATION, None]
    assert phase(env) is Phase.MIXED


def test_failure_is_told_and_success_without_a_change_is_not(prefix):
    env = with_entries(
        prefix, entry("05 10:00:00"), entry("05 11:00:00", failed=True), entry("05 12:00:00", failed=False)
    )
    assert told(env) == [MADE, ("05T11:00", "pip", "nothing", [], "install")]


def test_what_came_with_a_copy_is_not_read(prefix, tmp_path):
    with_entries(prefix, entry("05 10:00:00", ("pip", "a", None, "1.0")))
    copy = tmp_path / "copy"
    copy.mkdir()
    for path in prefix.path.iterdir():
        path.rename(copy / path.name)
    moved = Prefix.__new__(Prefix)
    moved.path, moved.site = copy, prefix.site
    env = with_ledger(facts(moved))
    assert env.ledger is None
    assert told(env) == [MADE]
    assert any("came here with a copied or moved environment" in note.english() for note in notes(env))


def test_dates_that_are_none(prefix):
    bad = dataclasses.replace(entry("05 10:00:00", ("pip", "a", None, "1.0")), when="yesterday")
    env = with_entries(prefix, bad, dataclasses.replace(bad, when="0001-01-01T00:00:00+14:00"))
    assert [event.when for event in events(env)][:2] == [None, None]


def test_nothing_is_told_of_an_environment_without_a_ledger(prefix):
    env = facts(prefix)
    assert with_ledger(env) is env
