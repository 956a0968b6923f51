"""Forecasts and undos as jobs of a real server: on real prefixes, with real pips, cancelled and ended."""

from __future__ import annotations

import json
import os
import signal
import socket
import subprocess
import sys
import threading
from typing import TYPE_CHECKING, Any

import pytest
import websocket
from prometheus_client.parser import text_string_to_metric_families

from envguard import home, ledger
from envguard.frontends.server.events import SCHEMA_ID
from envguard.ledger_entry import Deed
from tests.changes import undoing
from tests.frontends.server.place import TOKEN, Server, gone, libraries, processes

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from tests.envs.scenarios import Scenario


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    server = Server(tmp_path_factory.mktemp("work"), "--EnvguardApp.allow_changes=True")
    yield server
    server.stop()


class Place:
    """A prefix of a test's own, in which pip has installed something that can be taken back."""

    def __init__(self, server: Server, found: Scenario, folder: Path) -> None:
        self.server = server
        self.prefix = undoing.linked(found.prefix, folder / "env")
        self.python = self.prefix / "bin/python"
        self.wheels = undoing.wheels(folder / "wheels")
        self.environ = undoing.environ(self.prefix, PYTHONDONTWRITEBYTECODE="1")
        self.pip("--version")
        server.python(folder.name.lower().replace("_", "-")[:20], self.python, libraries(server.folder / "libraries"))
        self.kernelspec = folder.name.lower().replace("_", "-")[:20]

    def pip(self, *words: str) -> None:
        command = [str(self.python), "-m", "pip", *words]
        subprocess.run(command, env=self.environ, check=True, capture_output=True)

    def envguard(self, *words: str) -> None:
        command = [sys.executable, "-m", "envguard", *words]
        done = subprocess.run(command, env=self.environ, capture_output=True, text=True, check=False)
        assert done.returncode == 0, done.stdout + done.stderr

    @property
    def id(self) -> str:
        told = self.server.get("environments").json["environments"]
        return next(str(each["id"]) for each in told if each["prefix"] == str(self.prefix))


@pytest.fixture
def place(server: Server, scenario: Callable[..., Scenario], tmp_path: Path) -> Place:
    return Place(server, scenario("sound"), tmp_path)


def test_an_install_is_taken_back(place: Place):
    before = undoing.tree(place.prefix)
    install = (str(place.python), "-m", "pip", "install", *undoing.links(place.wheels), "-q", "gizmo==2.0")
    home.make(place.prefix, undo=True)
    place.envguard("protect", "--", *install)
    assert undoing.tree(place.prefix) != before
    server, name = place.server, place.id
    report = server.get(f"environments/{name}/report").json
    assert (report["undoable"], report["changes"]) == (1, {"allowed": True, "why": None})
    [point] = server.get(f"environments/{name}/undo").json["checkpoints"]
    planned = server.job(job="undo-plan", environment=name)
    assert (planned["state"], planned["result"]["done"]) == ("done", None)
    assert planned["result"]["plan"]["checkpoint"]["id"] == point["id"]
    done = server.job(job="undo", environment=name, checkpoint=point["id"])
    assert (done["state"], done["error"], done["environment_id"]) == ("done", None, name)
    assert done["result"]["done"]["proof"]["same"] is True
    assert done["progress"]["done"] == done["progress"]["of"]
    undoing.tree(place.prefix, before)
    after = server.get(f"environments/{name}/report").json
    assert after["undoable"] == 0
    assert after["stamp"] != report["stamp"]
    told = ledger.read(str(place.prefix / ".envguard")).entries[-1]
    assert told.deed is Deed.UNDO
    assert told.checkpoint == point["id"]
    assert told.whence.user  # whom the server knows
    assert told.whence.user in server.session.get(server.url("/api/me"), timeout=30).json()["identity"]["username"]
    again = server.job(job="undo", environment=name, checkpoint=point["id"])
    assert (again["state"], again["result"]) == ("failed", None)
    assert again["error"]["text"] == f"{point['id']} has been taken back already"


@pytest.mark.slow
def test_a_forecast_for_a_kernel_and_for_an_environment(place: Place):
    line = f"pip install {' '.join(undoing.links(place.wheels))} gizmo==2.0"
    told = place.server.job(job="forecast", environment=place.id, command=line)
    assert told["state"] == "done", told
    result = told["result"]
    assert (result["verdict"], result["depth"]) == ("harmless", "full")
    assert [(each["name"], each["version"]) for each in result["installs"]] == [("gizmo", "2.0")]
    assert result["environment"]["prefix"] == str(place.prefix)
    kernel = place.server.start(place.kernelspec)
    try:
        of_kernel = place.server.job(job="forecast", kernel=kernel.id, command="%" + line)
        assert of_kernel["result"]["is_kernel"] is True
        assert of_kernel["result"]["installs"] == result["installs"]
        address = place.server.url("/api/events/subscribe").replace("http", "ws", 1)
        bus = websocket.create_connection(address, header={"Authorization": f"token {TOKEN}"}, timeout=30)
        first = kernel.report()
        place.pip("install", *undoing.links(place.wheels), "-q", "extra")
        second = kernel.report()
        assert first["stamp"] != second["stamp"]
        told = json.loads(bus.recv())
        bus.close()
        assert told["schema_id"] == SCHEMA_ID
        assert (told["kernel_id"], told["environment_id"]) == (kernel.id, second["environment_id"])
        assert (told["verdict"], told["phase"]) == (second["report"]["verdict"], second["report"]["phase"])
    finally:
        kernel.stop()
    nonsense = place.server.job(job="forecast", environment=place.id, command="print('no command')")
    assert nonsense["state"] == "failed"
    assert "not one command" in nonsense["error"]["text"]


def test_a_forecast_is_cancelled_and_nothing_of_it_goes_on(place: Place):
    """pip waits for an index that takes the connection and never answers."""
    with socket.create_server(("127.0.0.1", 0)) as index:
        asked, ended = threading.Event(), threading.Event()

        def take() -> None:
            connection, _ = index.accept()
            with connection:
                asked.set()
                ended.wait(60)

        threading.Thread(target=take, daemon=True).start()
        line = f"pip install --index-url http://127.0.0.1:{index.getsockname()[1]}/simple gizmo"
        server, before = place.server, processes(place.server.process.pid)
        job = server.post("jobs", job="forecast", environment=place.id, command=line).json
        second = server.post("jobs", job="undo-plan", environment=place.id).json
        assert asked.wait(60)
        assert server.get(f"jobs/{job['id']}").json["state"] == "running"
        assert server.get(f"jobs/{second['id']}?wait=0.2").json["state"] == "queued"  # one at a time for a prefix
        told = server.ask("DELETE", f"jobs/{job['id']}")
        assert (told.status, told.json["state"], told.json["result"]) == (200, "cancelled", None)
        assert server.ended(second["id"])["state"] == "done"
        kept = {pid for pid in processes(server.process.pid) if pid in before}
        assert not gone([pid for pid in processes(server.process.pid) if pid not in kept], 15)
        ended.set()
    assert server.ask("DELETE", f"jobs/{job['id']}").json["state"] == "cancelled"
    assert server.get(f"jobs/{'0' * 16}").status == 404


def test_base_and_frozen_prefixes_are_never_changed(server: Server, scenario: Callable[..., Scenario], tmp_path: Path):
    frozen = undoing.linked(scenario("sound").prefix, tmp_path / "frozen")
    (frozen / "conda-meta/frozen").touch()
    path = libraries(server.folder / "libraries")
    server.python("based", scenario("base_with_pip").python, path)
    server.python("frozen", frozen / "bin/python", path)
    told = {each["kernelspecs"][0]: each for each in server.get("environments").json["environments"]}
    for name, word in (("based", "base environment"), ("frozen", "read-only")):
        changes = told[name]["changes"]
        assert changes["allowed"] is False
        assert word in changes["why"]["text"]
        asked = {"job": "undo", "environment": told[name]["id"], "checkpoint": "20260314T092653Z-1f3a9c"}
        answer = server.post("jobs", **asked)
        assert (answer.status, answer.json["message"]) == (403, changes["why"])
    assert (told["based"]["base"], told["frozen"]["writable"]) == (True, False)


def test_what_is_counted(server: Server):
    server.get("rules")
    server.get("environments")
    told = server.session.get(server.url("/metrics"), timeout=30).text
    families = {family.name: family for family in text_string_to_metric_families(told)}
    looks = {sample.labels["kind"]: sample.value for sample in families["envguard_scans"].samples if sample.value}
    assert looks["environments"] >= 1
    assert any(sample.value > 0 for sample in families["envguard_scan_seconds"].samples)


@pytest.mark.parametrize(
    "sign", [pytest.param(signal.SIGTERM, marks=pytest.mark.slow), signal.SIGKILL], ids=["asked", "killed"]
)
def test_no_process_is_left_when_the_server_ends(tmp_path: Path, scenario: Callable[..., Scenario], sign: int):
    server = Server(tmp_path)
    server.python("sound", scenario("sound").python, libraries(server.folder / "libraries"))
    [name] = [
        each["id"] for each in server.get("environments").json["environments"] if each["kernelspecs"] == ["sound"]
    ]
    server.get(f"environments/{name}/report")
    with socket.create_server(("127.0.0.1", 0)) as index:
        line = f"pip install --index-url http://127.0.0.1:{index.getsockname()[1]}/simple gizmo"
        job: dict[str, Any] = server.post("jobs", job="forecast", environment=name, command=line).json
        index.settimeout(60)
        asked, _ = index.accept()
        assert server.get(f"jobs/{job['id']}").json["state"] == "running"
        started = processes(server.process.pid)
        assert len(started) >= 3  # a worker, a job's, and pip
        os.kill(server.process.pid, sign)
        server.process.wait(30)
        assert not gone(started, 15)
        asked.close()
    server.stop()
