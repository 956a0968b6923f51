"""Kernels of a gateway: another server runs them, and this one hands on."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.frontends.server.place import Server, libraries

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from tests.envs.scenarios import Scenario


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
