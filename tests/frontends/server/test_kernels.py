"""Reports on the kernels of a real server: idle, busy, dead, of another language, with envguard in them and without."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Any

import pytest

from envguard import api
from envguard.render.json_v1 import json_v1, timeline_v1
from tests.frontends.server.place import Kernel, Server, libraries
from tests.probe.prefix import SITE, Prefix

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from tests.envs.scenarios import Scenario


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """One that knows the provisioner `far` by an entry point, as clusters' are known."""
    folder = tmp_path_factory.mktemp("server")
    info = folder / "installed/far-1.0.dist-info"
    info.mkdir(parents=True)
    (info / "METADATA").write_text("Metadata-Version: 2.1\nName: far\nVersion: 1.0\n", encoding="utf-8")
    group = "[jupyter_client.kernel_provisioners]\nfar = tests.frontends.server.far:Far\n"
    (info / "entry_points.txt").write_text(group, encoding="utf-8")
    server = Server(folder, path=(folder / "installed",))
    yield server
    server.stop()


@pytest.fixture(scope="module")
def path(server: Server) -> Path:
    return libraries(server.folder / "libraries")


@pytest.fixture(scope="module")
def broken(server: Server, path: Path, scenario: Callable[..., Scenario]) -> Iterator[Kernel]:
    kernel = server.start(server.python("broken", scenario("s1").python, path))
    yield kernel
    kernel.stop()


@pytest.fixture
def kernel(server: Server, path: Path, scenario: Callable[..., Scenario]) -> Iterator[Kernel]:
    """One to be broken."""
    kernel = server.start(server.python("sound", scenario("sound").python, path))
    yield kernel
    kernel.stop()


@pytest.fixture
def far(server: Server, scenario: Callable[..., Scenario]) -> Iterator[Kernel]:
    metadata = {"kernel_provisioner": {"provisioner_name": "far"}}
    name = server.python("far", scenario("s1").python, server.folder / "libraries", metadata=metadata)
    kernel = server.start(name)
    yield kernel
    kernel.stop()


def fingerprints(report: dict[str, Any], but: set[str] = frozenset()) -> set[str]:  # type: ignore[assignment]
    return {each["fingerprint"] for each in report["findings"] if each["rule"] not in but}


def test_files_at_once_and_the_process_when_it_is_asked(broken: Kernel, scenario: Callable[..., Scenario]):
    first = broken.report()
    assert (first["state"], first["road"], first["why"]) == ("disk", "proc", None)
    assert first["report"]["verdict"] == "broken"
    assert first["report"]["environment"]["prefix"] == str(scenario("s1").prefix)
    assert first["kernel"] == {"id": broken.id, "name": "broken", "display_name": "Broken", "where": "local"}
    live = broken.report("?live=1")
    assert (live["state"], live["road"], live["why"]) == ("live", "user_expressions", None)
    assert live["stamp"] != first["stamp"]
    skipped = {each["rule"] for each in live["report"]["skipped"]}
    assert "stale-module" in {each["rule"] for each in first["report"]["skipped"]}
    assert "stale-module" not in skipped
    again = broken.report()
    assert (again["state"], again["stamp"]) == ("live", live["stamp"])
    assert broken.report("?fresh=1")["stamp"] == live["stamp"]


def test_asking_leaves_nothing_in_the_kernel(broken: Kernel):
    broken.run("before = set(globals()), len(In)")
    broken.report("?live=1")
    broken.run("import sys; assert not [each for each in sys.modules if each.startswith('envguard')]")
    broken.run("assert {each for each in globals() if each[0] != '_'} - before[0] <= {'before', 'sys'}")
    broken.run("assert len(In) == before[1] + 3")


def test_the_same_findings_as_by_every_other_road(broken: Kernel, scenario: Callable[..., Scenario]):
    """A kernel's report, an environment's, the command line's, and that of a panel, which shows what the API gives."""
    prefix = scenario("s1").prefix
    mine = json_v1(api.inspect(prefix, process=None))
    first = broken.report("?fresh=1")
    by_id = broken.server.get(f"environments/{first['environment_id']}/report").json
    assert by_id["kernel"] is None
    assert by_id["state"] == "disk"
    # where Jupyter looks for kernelspecs is the server's own affair
    theirs = {"kernelspec-other-env", "kernelspec-dead", "kernelspec-overridden"}
    assert fingerprints(by_id["report"], theirs) == fingerprints(mine, theirs)
    live = broken.report("?live=1")["report"]
    assert fingerprints(mine, theirs) <= fingerprints(live)


@pytest.mark.parametrize(
    "code",
    ["import time; time.sleep(30)", pytest.param("while True: pass", marks=pytest.mark.slow)],
    ids=["sleeping", "computing"],
)
def test_a_busy_kernel_delays_nothing(kernel: Kernel, code: str):
    kernel.server.get("rules")  # a worker is there
    kernel.busy(code)
    first = kernel.server.get(f"kernels/{kernel.id}/report")
    assert first.json["report"]["verdict"] == "sound"
    assert first.json["state"] == "disk"
    asked = kernel.server.get(f"kernels/{kernel.id}/report?live=1")
    assert (asked.json["state"], asked.json["road"]) == ("busy", "interpreter")
    assert asked.json["why"]["text"] == "the kernel is running a cell"
    skipped = {each["rule"] for each in asked.json["report"]["skipped"]}
    assert "user-site-shadows" not in skipped
    assert first.seconds + asked.seconds < 15  # the cell takes longer; `tests/bench/server.py` measures


def test_a_kernel_that_died_and_one_that_was_ended(kernel: Kernel):
    assert kernel.report()["state"] == "disk"
    kernel.client.execute("import os; os._exit(1)")
    # Jupyter starts it again: another process, of which nothing is known yet
    end = time.monotonic() + 30
    while kernel.report("?live=1")["state"] != "live":
        assert time.monotonic() < end
        kernel.client.kernel_info()  # as a page does: the server hears by it that the new one is idle
        time.sleep(0.2)
    kernel.stop()
    told = kernel.report()
    assert (told["state"], told["why"]["text"]) == ("dead", "the kernel does not run any more")
    assert told["report"]["verdict"] == "sound"
    assert told["kernel"]["name"] == "sound"


def test_a_kernel_that_died_in_a_cell_and_began_again_unheard(
    tmp_path: Path, path: Path, scenario: Callable[..., Scenario]
):
    server = Server(tmp_path, "--ServerApp.kernel_manager_class=tests.frontends.server.deaf.Deaf")
    kernel = server.start(server.python("sound", scenario("sound").python, path))
    try:
        kernel.run("1 + 1")
        assert kernel.report("?live=1")["state"] == "live"
        kernel.busy("import os, time; time.sleep(1); os._exit(1)")
        assert kernel.report("?live=1")["state"] == "busy"
        end = time.monotonic() + 60
        while kernel.report("?live=1")["state"] != "live":  # though the server takes the new one for the old one
            assert time.monotonic() < end
            time.sleep(0.2)
        kernel.busy("import time; time.sleep(30)")
        told = kernel.report("?live=1")
        assert (told["state"], told["why"]["text"]) == ("busy", "the kernel is running a cell")
    finally:
        kernel.stop()
        server.stop()


def test_a_kernel_of_another_language(server: Server, path: Path, scenario: Callable[..., Scenario]):
    kernel = server.start(server.python("r", scenario("sound").python, path, language="R"))
    try:
        for query in ("", "?live=1"):
            told = kernel.report(query)
            assert (told["state"], told["report"], told["environment_id"]) == ("unknown", None, None)
            assert told["why"]["text"] == "the kernel runs R, not Python"
            assert told["changes"] == {"allowed": False, "why": told["why"]}
        assert server.get(f"kernels/{kernel.id}/timeline").status == 503
        assert server.get(f"kernels/{kernel.id}/cuda").status == 503
        assert server.post("jobs", job="forecast", kernel=kernel.id, command="pip install x").status == 503
    finally:
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


@pytest.mark.slow
def test_one_that_is_busy_and_not_here(far: Kernel):
    far.busy("while True: pass")
    told = far.report("?live=1")
    assert (told["state"], told["report"], told["environment_id"]) == ("busy", None, None)


def test_names_with_markup_are_told_as_they_are_and_shown_harmless(server: Server, tmp_path: Path):
    made = Prefix(tmp_path / "<img src=x onerror=alert(1)>")
    for number, name in enumerate(("<script>x", "\x1b[31mred", "\u202eevil")):
        made.conda(f"n{number}", "1", {f"{SITE}/n{number}/{name}.py": b"old"}, depends=[f"n0 {name}"])
        made.pip(f"n{number}", "2", {f"n{number}/{name}.py": b"new"})
    server.spec("hostile", ["sh"], metadata={"conda_env_path": str(made.path)})
    told = server.get("environments").json["environments"]
    [name] = [each["id"] for each in told if each["kernelspecs"] == ["hostile"]]
    answer = server.get(f"environments/{name}/report")
    assert answer.headers["Content-Type"].startswith("application/json")
    assert answer.headers["X-Content-Type-Options"] == "nosniff"
    report = answer.json["report"]
    assert report["environment"]["name"] == "<img src=x onerror=alert(1)>"
    shown = [found["message"]["text"] for found in report["findings"]]
    shown += [each["says"]["text"] for found in report["findings"] for each in found["evidence"]]
    assert any("<script>x" in each for each in shown)
    assert not [each for each in shown if "\x1b" in each or "\u202e" in each]
    server.get(f"environments/{name}/timeline")


def test_what_else_is_told_of_a_kernel_and_of_its_environment(broken: Kernel, scenario: Callable[..., Scenario]):
    server = broken.server
    name = broken.report()["environment_id"]
    for place in (f"kernels/{broken.id}", f"environments/{name}"):
        timeline = server.get(f"{place}/timeline").json
        assert timeline["events"] == timeline_v1(api.history(scenario("s1").prefix))["events"]
        assert server.get(f"{place}/cuda").json["kind"] == "cuda"
        assert server.get(f"{place}/undo").json["checkpoints"] == []
    told = server.get("environments").json["environments"]
    mine = next(each for each in told if each["id"] == name)
    assert "broken" in mine["kernelspecs"]
    assert mine["name"] == broken.report()["report"]["environment"]["name"]


def test_the_rules_and_their_pages(server: Server):
    every = server.get("rules").json["rules"]
    assert [each["id"] for each in every] == [each.rule for each in api.pages()]
    by_code = server.get("rules/EG102").json
    assert by_code == server.get("rules/pip-overwrote-conda").json == server.get("rules/102").json
    assert by_code["page"].startswith(by_code["title"])
    assert by_code["language"] == server.get("rules/EG102?language=xx").json["language"] == "en"
    chinese = server.get("rules/EG102?language=zh_CN").json
    assert (chinese["title"], chinese["language"]) == ("conda 包的文件被 pip 覆盖。", "zh-CN")
    assert chinese["page"].startswith(chinese["title"])
    assert server.get("rules/nothing-of-that-name").json["error"] == "not-found"


def test_ids_that_name_nothing(server: Server):
    nobody = "0" * 8 + "-0000-0000-0000-" + "0" * 12
    for path in (f"kernels/{nobody}/report", f"kernels/{nobody}/cuda", f"environments/{'0' * 16}/report"):
        answer = server.get(path)
        assert (answer.status, answer.json["error"]) == (404, "not-found")
    assert server.get(f"kernels/{nobody}/undo").status == 404
    assert server.get(f"environments/{'0' * 16}/timeline").status == 404
