"""Around the run of a cell that installs, by a real server: real pips in kernels, a way back, protection, and sudden ends."""

from __future__ import annotations

import hashlib
import json
import os
import signal
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from envguard import home, ledger
from tests.changes import undoing
from tests.frontends.server.place import ROOT, Server, gone, libraries
from tests.frontends.server.test_installs import Place, wheels

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from tests.envs.scenarios import Scenario

pytestmark = pytest.mark.slow
SOURCE = "%pip install -q pytz==2025.1"


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    server = Server(tmp_path_factory.mktemp("around"), "--EnvguardApp.allow_changes=True")
    yield server
    server.stop()


@pytest.fixture
def place(server: Server, scenario: Callable[..., Scenario], tmp_path: Path) -> Iterator[Place]:
    prefix = undoing.linked(scenario("clean").prefix, tmp_path / "env")
    found = Place(server, prefix, wheels(tmp_path / "w"), tmp_path)
    yield found
    found.kernel.stop()


def test_an_install_got_worse_and_is_taken_back_byte_for_byte(place: Place):
    kernel, source = place.kernel, "%pip install -q pytz==2025.1"
    before = place.tree()
    begun = place.begin(source, undo=True)
    assert (begun["undo"], begun["no_undo"], begun["variables"]) == (True, None, None)
    [point] = place.server.get(f"kernels/{kernel.id}/undo").json["checkpoints"]
    assert point["state"] == "begun"
    refused = place.server.job(job="undo-plan", kernel=kernel.id)
    assert "has not ended yet" in str(refused["result"]["plan"]["refused"])
    kernel.run(source)
    ended = place.end(begun["token"], failed=False, cell="cell-1", notebook="work/a.ipynb")
    assert ended["worse"] is True
    assert {each["subject"] for each in ended["new_findings"]} == {"pytz"}
    assert ended["checkpoint"] == point["id"]
    assert place.server.post("jobs", job="install-end", kernel=kernel.id, token=begun["token"]).status == 404
    [entry] = ledger.read(place.prefix / ".envguard").entries
    assert (entry.whence.notebook, entry.whence.cell, entry.checkpoint) == ("work/a.ipynb", "cell-1", point["id"])
    assert (entry.command, entry.failed) == (("pip", "install", "-q", "pytz==2025.1"), False)
    place.undo(ended["checkpoint"])
    undoing.tree(place.prefix, before)


def test_without_a_way_back_nothing_is_written(place: Place):
    begun = place.begin(SOURCE)
    assert (begun["undo"], begun["no_undo"], begun["says"]) == (False, None, [])
    place.kernel.run(SOURCE)
    ended = place.end(begun["token"])
    assert (ended["worse"], ended["checkpoint"], ended["cleared"]) == (True, None, 0)
    assert not (place.prefix / ".envguard").exists()
    # nothing gets worse by it, and what was bad before is not told again
    begun = place.begin("%pip install -q gizmo==1.0")
    place.kernel.run("%pip install -q gizmo==1.0")
    ended = place.end(begun["token"])
    assert (ended["worse"], ended["new_findings"]) == (False, [])
    # conda's version comes back
    begun = place.begin("%pip install -q pytz==2024.2")
    assert place.end(begun["token"])["cleared"] == 0


def test_a_prefix_in_which_all_is_noted_gets_a_line_and_a_way_back_unasked(place: Place):
    home.make(place.prefix, undo=True)
    before = place.tree()
    begun = place.begin(SOURCE)
    assert begun["undo"] is True
    place.kernel.run(SOURCE)
    ended = place.end(begun["token"], failed=None)
    assert "is noted from now on" in ended["says"][0]["text"]
    [entry] = ledger.read(place.prefix / ".envguard").entries
    assert (entry.failed, entry.kept, entry.checkpoint) == (None, True, ended["checkpoint"])
    place.undo(ended["checkpoint"])
    undoing.tree(place.prefix, before)


def test_protected_it_fails_and_nothing_changes(place: Place):
    before = place.tree()
    begun = place.begin(SOURCE, protect=True)
    assert set(begun["variables"]) == {"PIP_CONSTRAINT", "UV_CONSTRAINT"}
    file = Path(begun["variables"]["PIP_CONSTRAINT"].removeprefix("file://"))
    assert "pytz==2024.2\n" in file.read_text()
    assert file.parent.stat().st_mode & 0o777 == 0o700
    place.kernel.run(f"import os\nos.environ.update({begun['variables']!r})")
    place.kernel.run(SOURCE)  # %pip tells of it and does not raise
    ended = place.end(begun["token"], failed=True)
    assert (ended["worse"], ended["new_findings"]) == (False, [])
    assert not file.exists()
    undoing.tree(place.prefix, before)
    [entry] = ledger.read(place.prefix / ".envguard").entries
    assert entry.failed is True


def test_what_protection_does_not_hold_is_not_begun(place: Place):
    told = place.refused("%pip install --force-reinstall pytz==2024.2", by="server", undo=False, protect=True)
    assert (told["state"], told["result"]) == ("failed", None)
    assert "--force-reinstall" in told["error"]["text"]
    told = place.begin("print('pip')", undo=True)
    assert (told["undo"], "nothing in it changes" in told["no_undo"]["text"]) == (False, True)
    assert not (place.prefix / ".envguard").exists()


def test_two_kernels_at_once(place: Place, server: Server):
    """The second one's checkpoint tells that the first one's ran beside it."""
    other = Place.__new__(Place)
    other.__dict__.update(place.__dict__, kernel=server.start(place.kernelspec))
    try:
        before = place.tree()
        first = place.begin("%pip install -q gizmo==1.0", undo=True)
        second = other.begin(SOURCE, undo=True)
        place.kernel.run("%pip install -q gizmo==1.0")
        other.kernel.run(SOURCE)
        later = other.end(second["token"])
        sooner = place.end(first["token"])
        assert later["worse"] is True
        assert later["checkpoint"] != sooner["checkpoint"]
        place.undo(sooner["checkpoint"])
        undoing.tree(place.prefix, before)
    finally:
        other.kernel.stop()


def test_a_long_install_holds_up_nobody(place: Place):
    begun = place.begin(SOURCE, undo=True)
    place.kernel.busy("import time; time.sleep(600)")
    started = time.monotonic()
    assert place.installs("%pip install extra")["cells"][0]["installs"]
    plan = place.server.job(job="forecast", kernel=place.kernel.id, command="%pip install extra")
    assert plan["state"] == "done"
    assert time.monotonic() - started < 60
    assert place.end(begun["token"])["checkpoint"] is None


def test_what_was_cancelled_leaves_nothing(place: Place):
    (place.prefix / "large").mkdir()
    for number in range(3000):
        (place.prefix / f"large/{number}").touch()
    cells = [{"id": "a", "source": SOURCE}]
    asked = {"cells": cells, "by": "server", "undo": True, "protect": False}
    job = place.server.post("jobs", job="install-begin", kernel=place.kernel.id, **asked).json["id"]
    folder = place.prefix / ".envguard/undo"
    end = time.monotonic() + 60
    while not folder.exists() and time.monotonic() < end:
        time.sleep(0.001)
    told = place.server.ask("DELETE", f"jobs/{job}").json
    assert told["state"] in ("cancelled", "done")
    if told["state"] == "cancelled":
        while [each for each in folder.iterdir() if each.name != "kept"]:
            assert time.monotonic() < end, list(folder.iterdir())
            time.sleep(0.05)
        assert place.server.get(f"kernels/{place.kernel.id}/undo").json["checkpoints"] == []


def test_the_kernels_own_guard_notes_and_the_server_finds_its_way_back(place: Place):
    """One asks, one notes: the answer goes to the guard, and only what was before is remembered here."""
    kernel = place.kernel
    kernel.run(f"import sys; sys.path.append({str(ROOT)!r})\n%load_ext envguard")
    before = place.tree()
    begun = place.begin(SOURCE, by="guard", undo=True)
    assert (begun["undo"], begun["no_undo"], begun["variables"]) == (False, None, None)
    digest = hashlib.sha256(SOURCE.encode()).hexdigest()
    asked = f"__import__('sys').modules['envguard.frontends.guard'].answered('{digest}', 'undo')"
    reply = kernel.client.execute("", silent=True, user_expressions={"a": asked}, reply=True, timeout=60)
    assert reply["content"]["user_expressions"]["a"]["data"]["text/plain"] == "True"
    kernel.run(SOURCE)
    ended = place.end(begun["token"], failed=False)
    assert ended["worse"] is True
    [point] = place.server.get(f"kernels/{kernel.id}/undo").json["checkpoints"]
    assert (ended["checkpoint"], point["state"]) == (point["id"], "ended")
    place.undo(ended["checkpoint"])
    undoing.tree(place.prefix, before)
    assert len(ledger.read(place.prefix / ".envguard").entries) == 2  # the install, once, and the undo


def test_what_nobody_ends_is_ended_when_the_kernel_is_gone(place: Place):
    begun = place.begin(SOURCE, undo=True, protect=True)
    file = Path(begun["variables"]["PIP_CONSTRAINT"].removeprefix("file://"))
    assert file.exists()
    place.kernel.run("%pip install -q gizmo==1.0")
    kernel = place.kernel.id
    place.kernel.stop()
    end = time.monotonic() + 60
    while file.exists() or any(each.checkpoint.state.value == "begun" for each in undoing_points(place)):
        assert time.monotonic() < end
        time.sleep(0.2)
    asked = {"job": "install-end", "kernel": kernel, "token": begun["token"]}
    assert place.server.post("jobs", **asked).status == 404


def undoing_points(place: Place) -> Any:
    from envguard.changes import journal

    return journal.every(home.look(place.prefix))


def test_the_server_is_killed_between_beginning_and_end(tmp_path: Path, scenario: Callable[..., Scenario]):
    server = Server(tmp_path / "server", "--EnvguardApp.allow_changes=True")
    prefix = undoing.linked(scenario("clean").prefix, tmp_path / "env")
    place = Place(server, prefix, wheels(tmp_path / "w"), tmp_path)
    before = place.tree()
    begun = place.begin(SOURCE, undo=True)
    assert begun["undo"] is True
    place.kernel.run(SOURCE)
    [noted] = undoing_points(place)
    os.kill(server.process.pid, signal.SIGKILL)
    server.process.wait(30)
    assert noted.process is not None
    assert not gone([noted.process[0]], 30)  # a kernel ends with its server
    place.kernel.close()
    server.stop()
    again = Server(tmp_path / "again", "--EnvguardApp.allow_changes=True")
    try:
        again.python("again", prefix / "bin/python", libraries(tmp_path / "again/libraries"))
        name = next(
            each["id"] for each in again.get("environments").json["environments"] if each["prefix"] == str(prefix)
        )
        told = again.get(f"environments/{name}/undo").json
        assert told["unfinished"] == [noted.checkpoint.id]
        done = again.job(job="undo", environment=name, checkpoint=noted.checkpoint.id)
        assert (done["state"], done["error"]) == ("done", None), json.dumps(done)
        undoing.tree(prefix, before)
    finally:
        again.stop()


def test_a_kernel_of_another_language_just_runs(server: Server, scenario: Callable[..., Scenario]):
    path = libraries(server.folder / "libraries")
    kernel = server.start(server.python("r", scenario("sound").python, path, language="R"))
    try:
        cells = [{"id": "a", "source": SOURCE}]
        asked = {"job": "install-begin", "kernel": kernel.id, "undo": False, "protect": False, "by": "server"}
        for answer in (
            server.post(f"kernels/{kernel.id}/installs", cells=cells),
            server.post("jobs", **asked, cells=cells),
        ):
            assert (answer.status, answer.json["message"]["text"]) == (409, "the kernel runs R, not Python")
    finally:
        kernel.stop()


def test_where_changes_are_not_allowed(tmp_path: Path, scenario: Callable[..., Scenario]):
    server = Server(tmp_path / "server", "--EnvguardApp.allow_changes=False")
    try:
        prefix = undoing.linked(scenario("clean").prefix, tmp_path / "env")
        place = Place(server, prefix, wheels(tmp_path / "w"), tmp_path)
        home.make(prefix, undo=True)
        assert place.installs(SOURCE)["changes"]["allowed"] is False
        cells = [{"id": "a", "source": SOURCE}]
        for undo, protect in ((True, False), (False, True)):
            asked = {"cells": cells, "by": "server", "undo": undo, "protect": protect}
            answer = server.post("jobs", job="install-begin", kernel=place.kernel.id, **asked)
            assert (answer.status, answer.json["error"]) == (403, "not-allowed")
        begun = place.begin(SOURCE)
        place.kernel.run(SOURCE)
        ended = place.end(begun["token"])
        assert (begun["undo"], ended["worse"], ended["checkpoint"]) == (False, True, None)
        assert ledger.read(prefix / ".envguard").entries == ()
        place.kernel.stop()
    finally:
        server.stop()
