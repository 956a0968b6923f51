"""Cells that are being typed, and the stamps of notebooks, asked of a real server about real kernels; without one: `test_access`."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest

from envguard.frontends.server.handler import LONGEST_CELLS
from tests.frontends.server.place import Kernel, Server, libraries

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from tests.envs.scenarios import Scenario

pytestmark = pytest.mark.slow
SHELL = {"id": "a", "source": "!pip install six==1.16.0", "number": 3}
STAMP = {"schema": 1, "python": "3.11.9", "platform": "linux-64", "packages": {}}


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    server = Server(tmp_path_factory.mktemp("cells"))
    yield server
    server.stop()


@pytest.fixture(scope="module")
def kernel(server: Server, scenario: Callable[..., Scenario]) -> Iterator[Kernel]:
    kernel = server.start(server.python("sound", scenario("sound").python, libraries(server.folder / "libraries")))
    yield kernel
    kernel.stop()


def remarks(server: Server, kernel: str | None, *cells: dict[str, Any]) -> list[dict[str, Any]]:
    told = server.post("cells", kernel=kernel, cells=list(cells))
    assert told.status == 200, told.text
    assert [each["id"] for each in told.json["cells"]] == [cell["id"] for cell in cells]
    return [remark for cell in told.json["cells"] for remark in cell["remarks"]]


def test_with_a_kernel(server: Server, kernel: Kernel, scenario: Callable[..., Scenario]):
    pip = {"id": "b", "source": "%pip install requests"}
    shell, loose = remarks(server, kernel.id, SHELL, pip)
    # whose pip a shell of that kernel starts
    assert shell["severity"] in ("warning", "error", "info")
    pins = [fix for fix in loose["fixes"] if fix["kind"] == "pin"]
    python = scenario("sound").run("import importlib.metadata as m; print(m.version('requests'))")
    assert [fix["edit"]["text"] for fix in pins] == [f"requests=={python}"]
    other = f"!{scenario('clean').python} -m pip install six==1.16.0"
    [remark] = remarks(server, kernel.id, {"id": "c", "source": other})
    assert str(scenario("clean").prefix) in remark["message"]["text"]
    assert str(scenario("sound").prefix) in remark["message"]["text"]


def test_a_kernel_of_another_language_or_none_that_is_known(server: Server, kernel: Kernel):
    name = server.spec("echo", kernel_of("sound", server), language="R")
    other = server.start(name)
    try:
        assert remarks(server, other.id, SHELL) == []
    finally:
        other.stop()


def kernel_of(name: str, server: Server) -> list[str]:
    """How a kernelspec starts its kernel."""
    told = json.loads((server.folder / "jupyter/kernels" / name / "kernel.json").read_text())
    return ["env", f"PYTHONPATH={told['env']['PYTHONPATH']}", *told["argv"]]


@pytest.mark.parametrize("body", [b"", b"{", b'{"cells": []}', b'{"cells": [], "stamp": []}', b'{"stamp": {}}'])
def test_what_is_no_stamp(server: Server, kernel: Kernel, body: bytes):
    assert server.ask("POST", f"kernels/{kernel.id}/stamp", data=body).status == 400


def test_a_stamp_that_is_too_large(server: Server, kernel: Kernel):
    assert server.ask("POST", f"kernels/{kernel.id}/stamp", data=b"x" * (LONGEST_CELLS + 1)).status == 413


@pytest.mark.parametrize(
    "source",
    ["!pip install \x00", "!pip install '" + "x" * 90_000, "!" + "$(" * 20_000 + "pip install", "!pip install \ud800 \U0001f600", "%pip install -r /dev/zero", "%pip install -r " + "../" * 9000],
    ids=["nul", "long", "nested", "surrogate", "device", "path"],
)  # fmt: skip
def test_hostile_cells_are_answered(server: Server, kernel: Kernel, source: str):
    for name in (None, kernel.id):
        remarks(server, name, {"id": "a", "source": source})


def stamp(server: Server, kernel: Kernel, told: dict[str, Any], *sources: str) -> list[dict[str, Any]]:
    cells = [{"id": f"{n}", "source": source, "number": n} for n, source in enumerate(sources, 1)]
    answer = server.post(f"kernels/{kernel.id}/stamp", stamp=told, cells=cells)
    assert answer.status == 200, answer.text
    return list(answer.json["remarks"])


def test_a_stamp_from_elsewhere(server: Server, kernel: Kernel, scenario: Callable[..., Scenario]):
    def at(version: str, name: str = "requests", by: str = "conda") -> dict[str, Any]:
        return {"distribution": name, "version": version, "by": by}

    here = scenario("sound").run("import importlib.metadata as m; print(m.version('requests'))")
    python = scenario("sound").run("import platform; print(platform.python_version())")
    told = {**STAMP, "python": python, "packages": {"requests": at("1.0"), "numpy": at("0.1"), "gone": at("1", "gone")}}
    found = stamp(server, kernel, told, "import requests, gone\n", "x = 1")
    assert [(each["rule"], each["subject"], each["severity"]) for each in found] == [
        ("import-not-in-environment", "gone", "warning"),
        ("stamp-differs", "requests", "warning"),
    ]
    assert here in found[1]["message"]["text"]
    assert stamp(server, kernel, told, "import scipy") == []
    assert stamp(server, kernel, told) == []
    assert stamp(server, kernel, {"schema": 7}, "import requests") == []
    assert stamp(server, kernel, {**told, "packages": {"requests": 7, "x" * 999: at("1")}}, "import requests") == []
    old = stamp(server, kernel, {**told, "python": "2.7", "packages": {}}, "import requests")
    assert [each["subject"] for each in old] == ["python"]
