"""Kernels that this server has not started as processes of its machine: a cluster's, a gateway's."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.frontends.server.place import Kernel, Server, libraries

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from tests.envs.scenarios import Scenario


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """One that knows the provisioner `far` by an entry point, as clusters' are known."""
    folder = tmp_path_factory.mktemp("far")
    info = folder / "installed/far-1.0.dist-info"
    info.mkdir(parents=True)
    (info / "METADATA").write_text("Metadata-Version: 2.1\nName: far\nVersion: 1.0\n", encoding="utf-8")
    group = "[jupyter_client.kernel_provisioners]\nfar = tests.frontends.server.far:Far\n"
    (info / "entry_points.txt").write_text(group, encoding="utf-8")
    server = Server(folder, path=(folder / "installed",))
    libraries(folder / "libraries")
    yield server
    server.stop()


@pytest.fixture
def far(server: Server, scenario: Callable[..., Scenario]) -> Iterator[Kernel]:
    metadata = {"kernel_provisioner": {"provisioner_name": "far"}}
    name = server.python("far", scenario("s1").python, server.folder / "libraries", metadata=metadata)
    kernel = server.start(name)
    yield kernel
    kernel.stop()


def test_what_it_tells_itself_counts_and_nothing_else(far: Kernel, scenario: Callable[..., Scenario]):
    told = far.report()
    assert (told["kernel"]["where"], told["state"], told["road"]) == ("remote", "live", "user_expressions")
    # it told that its prefix is the folder of that name here
    assert told["report"]["environment"]["prefix"] == str(scenario("s1").prefix)
    assert told["report"]["verdict"] == "broken"
    far.run("import sys; sys.prefix = sys.prefix + '/of/another/machine'")
    away = far.report("?live=1")
    assert (away["state"], away["environment_id"], away["undoable"]) == ("live", None, 0)
    assert away["report"]["environment"]["conda_packages"] == 0
    assert away["report"]["verdict"] in ("unknown", "strained", "sound")
    assert away["changes"]["allowed"] is False
    assert away["changes"]["why"]["text"] == "it is not on the machine of this server"
    assert far.server.get(f"kernels/{far.id}/timeline").status == 503


def test_one_that_is_busy_and_not_here(far: Kernel):
    far.busy("while True: pass")
    told = far.report("?live=1")
    assert (told["state"], told["report"], told["environment_id"]) == ("busy", None, None)


@pytest.mark.slow
def test_kernels_of_a_gateway(tmp_path: Path, scenario: Callable[..., Scenario]):
    """Another server runs them; this one knows neither their processes nor their kernelspecs' files."""
    # Jupyter's client of a gateway sends no token with its socket
    other = Server(tmp_path / "other", "--ServerApp.disable_check_xsrf=True", token="")
    near = Server(tmp_path / "near", f"--GatewayClient.url={other.url('')}")
    try:
        other.python("there", scenario("s1").python, libraries(other.folder / "libraries"))
        reply = near.session.post(near.url("/api/kernels"), json={"name": "there"}, timeout=60)
        assert reply.status_code == 201, near.log.read_text()
        name = reply.json()["id"]
        for _ in range(20):  # it is starting, there
            told = near.get(f"kernels/{name}/report?live=1").json
            if told["state"] != "busy":
                break
        assert told["kernel"]["where"] == "remote"
        assert (told["state"], told["road"]) == ("live", "user_expressions"), told
        assert told["report"]["verdict"] == "broken"
        assert near.get("environments").status == 200
        near.session.delete(near.url(f"/api/kernels/{name}"), timeout=60)
        assert near.get(f"kernels/{name}/report").json["state"] == "dead"
    finally:
        near.stop()
        other.stop()
