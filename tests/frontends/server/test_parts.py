"""The parts of the server's extension by themselves: sharing, processes seen from outside, places, events, workers."""

from __future__ import annotations

import asyncio
import importlib
import json
import os
import subprocess
import sys
import time
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any

import pytest
import yaml
from jupyter_events import EventLogger

from envguard import api, running
from envguard.errors import NoSuchEnvironment
from envguard.frontends.server import app, events, installs, kernels, metrics
from envguard.frontends.server.environments import Environments, specs
from envguard.frontends.server.kernels import Kernel
from envguard.frontends.server.places import prefix_of_spec
from envguard.frontends.server.refusals import Refused
from envguard.frontends.server.sharing import Turns
from envguard.frontends.server.workers import Broken, Workers
from envguard.model import text
from tests.frontends.server.place import ROOT, gone, processes

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.envs.scenarios import Scenario


def test_work_is_shared_but_not_with_those_who_came_after_it_had_begun():
    async def story() -> None:
        turns: Turns[int] = Turns()
        begun, gate = 0, asyncio.Event()

        async def work() -> int:
            nonlocal begun
            begun += 1
            mine = begun
            await gate.wait()
            return mine

        first = [asyncio.ensure_future(turns.share("x", work)) for _ in range(5)]
        await asyncio.sleep(0.01)
        later = [asyncio.ensure_future(turns.share("x", work)) for _ in range(5)]
        other = asyncio.ensure_future(turns.share("y", work))
        await asyncio.sleep(0.01)
        later[0].cancel()  # which takes it from nobody else
        gate.set()
        assert await asyncio.gather(*first) == [1] * 5
        assert await other == 2
        assert await asyncio.gather(*later[1:]) == [3] * 4
        assert not turns._running
        assert not turns._next

        async def fails() -> int:
            raise ZeroDivisionError

        for result in await asyncio.gather(*(turns.share("x", fails) for _ in range(2)), return_exceptions=True):
            assert isinstance(result, ZeroDivisionError)

    asyncio.run(story())


def test_a_python_is_seen_through_whatever_started_it(scenario: Callable[..., Scenario], tmp_path: Path):
    env = scenario("sound")
    code = "import time; time.sleep(60)"
    variables = {**os.environ, "MINE": "1", "SOME_TOKEN": "secret"}
    shell = ["sh", "-c", f"cd {tmp_path} && {env.python} -c '{code}' the-mark & wait"]
    process = subprocess.Popen(shell, env=variables, start_new_session=True)
    try:
        end = time.monotonic() + 20
        while (seen := running.look(process.pid, "the-mark")) is None or seen.program != str(env.python):
            assert time.monotonic() < end
            time.sleep(0.05)
        assert seen.process != process.pid
        assert (seen.prefix, seen.folder) == (str(env.prefix), str(tmp_path))
        assert seen.variables["MINE"] == "1"
        assert "SOME_TOKEN" not in {name for name, value in seen.variables.items() if value is not None}
        assert running.look(process.pid, "another-mark") is None
        assert str(env.prefix).encode() in running.maps(seen.process)
        told = api.inspect_running(seen)
        assert "user-site-shadows" not in {each.rule for each in told.skipped}
    finally:
        os.killpg(process.pid, 9)
        process.wait()
    assert running.look(process.pid, "the-mark") is None
    assert running.maps(process.pid) == b""


@pytest.mark.parametrize(
    ("spec", "prefix"),
    [
        ({"argv": [sys.executable, "-m"]}, sys.prefix),
        ({"argv": ["python3"]}, sys.prefix),
        ({"argv": ["bash"], "conda_env_path": "/somewhere"}, "/somewhere"),
        ({"argv": ["/nowhere/bin/python"]}, None),
        ({"argv": ["docker", "run"]}, None),
        ({"argv": []}, None),
        ({"argv": [7]}, None),
        ({"argv": [sys.executable], "language": "R"}, None),
        ({"argv": ["sh"], "conda_env_path": 7}, None),
    ],
)
def test_the_prefix_of_a_kernelspec(spec: dict[str, Any], prefix: str | None):
    assert prefix_of_spec({"name": "x", "language": "python", **spec}) == prefix


def test_of_a_kernelspec_only_what_says_where_it_leads():
    found = {"x": {"spec": {"argv": ["a", "b"], "env": {"TOKEN": "1"}, "metadata": 7}}, "y": {}}
    assert specs(found) == [
        {"name": "x", "language": None, "argv": ["a"], "conda_env_path": None},
        {"name": "y", "language": None, "argv": [], "conda_env_path": None},
    ]


def test_an_id_leads_only_where_it_was_given_out(tmp_path: Path):
    known = Environments()
    (tmp_path / "link").symlink_to(tmp_path)
    name = known.id_of(str(tmp_path))
    assert known.id_of(str(tmp_path / "link")) == name
    assert known.prefix_of(name) == str(tmp_path)
    with pytest.raises(NoSuchEnvironment):
        known.prefix_of("0" * 16)


def test_the_event_is_as_its_schema_says():
    told = yaml.safe_load(Path(events.__file__).with_name("environment_changed.v1.yaml").read_text(encoding="utf-8"))
    assert told["$id"] == events.SCHEMA_ID
    heard: list[dict[str, Any]] = []

    async def listen(logger: EventLogger, schema_id: str, data: dict[str, Any]) -> None:
        heard.append(data)

    async def story() -> None:
        logger = EventLogger()
        events.register(logger)
        logger.add_listener(schema_id=events.SCHEMA_ID, listener=listen)
        for verdict in ("sound", "broken"):
            events.environment_changed(logger, "kernel", None, verdict, "conda then pip")
        await asyncio.sleep(0.05)

    asyncio.run(story())
    assert heard[-1] == {
        "kernel_id": "kernel",
        "environment_id": None,
        "verdict": "broken",
        "phase": "conda then pip",
    }


def test_counting_survives_an_import_anew():
    metrics.counted("scan", "disk", "done", 0.1)
    again = importlib.reload(metrics)
    again.counted("scan", "disk", "done", 0.1)
    from prometheus_client import REGISTRY

    counted = REGISTRY.get_sample_value("envguard_scans_total", {"kind": "disk", "outcome": "done"})
    assert counted is not None
    assert counted >= 2


def test_a_server_starts_without_what_a_request_needs():
    code = (
        "import sys, envguard; envguard._jupyter_server_extension_points();"
        "print([name for name in sys.modules if name.startswith('envguard.')])"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, cwd=ROOT)
    loaded = done.stdout
    for name in ("envguard.api", "envguard.rules", "envguard.collect", "envguard.frontends.server.service", "rattler"):
        assert f"'{name}'" not in loaded
    assert app.EnvguardApp.name == "envguard"


def test_the_extension_is_switched_on_by_installing_it():
    pyproject = (ROOT / "pyproject.toml").read_text(encoding="utf-8")
    file = "envguard/frontends/server/jupyter_server_config.json"
    assert f'"{file}" = "etc/jupyter/jupyter_server_config.d/envguard.json"' in pyproject
    assert json.loads((ROOT / file).read_text())["ServerApp"]["jpserver_extensions"] == {"envguard": True}


def test_workers_are_few_and_are_replaced_and_end():
    async def story() -> None:
        workers = Workers(2, 60, 1 << 40, 3)
        prefix = sys.prefix
        first = await workers.ask(prefix, {"do": "unchangeable", "prefix": prefix})
        started = processes(os.getpid())
        for _ in range(2):
            again = await workers.ask(prefix, {"do": "unchangeable", "prefix": prefix})
            assert again.head == first.head
        # after three questions it is let go of
        await workers.ask(prefix, {"do": "unchangeable", "prefix": prefix})
        assert not gone([pid for pid in started if pid not in processes(os.getpid())])
        with pytest.raises(NoSuchEnvironment):
            await workers.ask("x", {"do": "disk", "prefix": "/nowhere/at/all"})
        with pytest.raises(Broken, match="TypeError"):
            await workers.ask("x", {"do": "disk", "nothing": 1})
        with pytest.raises(Broken, match="KeyError"):
            await workers.ask("x", {"do": "anything"})
        together = [workers.ask(str(n), {"do": "unchangeable", "prefix": prefix}) for n in range(12)]
        assert len(await asyncio.gather(*together)) == 12
        left = processes(os.getpid())
        await workers.close()
        assert not gone(left)
        with pytest.raises(Broken):
            await workers.ask(prefix, {"do": "unchangeable", "prefix": prefix})

    asyncio.run(story())


def test_an_install_that_nobody_ends_is_over_when_its_kernel_has_been_idle(monkeypatch: pytest.MonkeyPatch):
    """A page may be closed between; a kernel that is at work is still at it."""
    state = "busy"

    class Manager:
        def is_alive(self) -> bool:
            return True

    kernel = Kernel("k", "python", "Python", "python", 1, "mark", state, Manager())
    monkeypatch.setattr(installs, "TICK", 0.01)
    monkeypatch.setattr(installs, "IDLE", 0.1)
    monkeypatch.setattr(kernels, "find", lambda _managers, _name: replace(kernel, state=state))

    async def story() -> None:
        nonlocal state
        ended: list[str] = []

        def take_on(kind: str, prefix: str, _work: object, **_more: bool) -> Any:
            if not ended:  # the first time there is too much to do
                ended.append("")
                raise Refused(429, "too-many", text("too much"))
            ended.append(f"{kind} {prefix}")

        service: Any = SimpleNamespace(managers=None)
        known = installs.Installs(service, take_on)
        known._open["t"] = installs.Begun("t", "k", 1, "/prefix", None, [], "20260314T092653Z")
        watching = asyncio.ensure_future(known._watch())
        await asyncio.sleep(0.3)
        assert not ended
        state = "idle"
        await asyncio.wait_for(watching, 30)
        assert (ended, known._open) == (["", "install-end /prefix"], {})

    asyncio.run(story())
