"""The guided notebook, run from top to bottom in the environment it is about, and `envguard demo --lab` as a person starts it."""

from __future__ import annotations

import contextlib
import json
import os
import runpy
import signal
import socket
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

import nbclient
import nbformat
import pytest

from envguard import api
from envguard.demo import kernel, living
from envguard.frontends import demo_lab
from envguard.frontends.cli import main
from envguard.model import Phase, Verdict
from tests.envs.wheelhouse import isolated

if TYPE_CHECKING:
    from collections.abc import Iterator

ROOT = Path(__file__).parents[1]
BINDER = ROOT / "binder"
RUNS = pytest.mark.skipif(os.name == "nt", reason="an environment that runs is made on Linux and macOS only")


@pytest.fixture(scope="module")
def alive(tmp_path_factory: pytest.TempPathFactory) -> living.Living:
    """The environment of the demonstration."""
    return living.build(tmp_path_factory.mktemp("demo") / "lab")


@RUNS
@pytest.mark.slow
def test_what_the_story_says_has_happened(alive: living.Living):
    report = api.inspect(alive.prefix, process=None)
    assert (report.verdict, report.phase) == (Verdict.BROKEN, Phase.CONDA_THEN_PIP)
    found = {(each.rule, each.subject) for each in report.findings}
    assert found == {
        ("conda-depends-unmet", "plotkit"),
        ("pip-overwrote-conda", "gridmath"),
        ("requires-dist-unmet", "plotkit"),
    }
    assert not report.failed
    assert not report.problems
    assert [(each.actor, (each.when or "")[:10]) for each in report.timeline] == [
        ("conda", "2026-03-02"),
        ("pip", "2026-05-11"),
    ]
    code = "import pip, sys; print(sys.prefix, pip.__file__)"
    said = subprocess.run([alive.python, "-c", code], capture_output=True, text=True, check=True, env=isolated())
    assert said.stdout.split()[0] == str(alive.prefix)
    assert said.stdout.split()[1].startswith(str(alive.prefix))


@RUNS
@pytest.mark.slow
def test_the_guided_notebook(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    alive = living.build(tmp_path / "lab")
    kernel.write(alive, tmp_path / "jupyter/kernels")
    monkeypatch.setenv("JUPYTER_PATH", str(tmp_path / "jupyter"))
    monkeypatch.setenv("JUPYTER_DATA_DIR", str(tmp_path / "data"))
    told = nbformat.reads(kernel.guide().decode(), as_version=4)
    nbformat.validate(told)
    nbclient.NotebookClient(told, timeout=120, resources={"metadata": {"path": str(tmp_path)}}).execute()
    said = {each["id"]: _said(each) for each in told.cells if each.cell_type == "code"}
    for cell, (wanted, unwanted) in _TELLS.items():
        assert all(each in said[cell] for each in wanted), said[cell]
        assert not any(each in said[cell] for each in unwanted), said[cell]
    assert set(said) == set(_TELLS)
    assert {each["id"] for each in told.cells if "raises-exception" in each.metadata.get("tags", ())} == {"blocked"}
    assert api.inspect(alive.prefix, process=None).verdict is Verdict.SOUND


_TELLS: dict[str, tuple[tuple[str, ...], tuple[str, ...]]] = {
    "fails": (("cannot import name 'interpolate' from 'gridmath'",), ()),
    "check": (("✗ broken", "1 error, 2 warnings", "but pip put gridmath 2.0.0", "first conda, then pip"), ()),
    "history": (("hand-over: pip installs from here on", "added: gridmath 2.0.0"), ()),
    "forecast": (("! risky", "replace conda's plotkit 2.0.1 with 3.0.0", "Run it protected"), ()),
    "guard": (("mode: block",), ()),
    "blocked": (("CellNotRun", "pip would replace conda's plotkit 2.0.1 with 3.0.0"), ("Traceback",)),
    "protect": (("mode: warn", "protection: on"), ()),
    "refused": (("(constraint) plotkit==2.0.1", "ResolutionImpossible"), ("Successfully installed",)),
    "allowed": (("Successfully installed gridlabels-1.0.0",), ("envguard:",)),
    "plan": (("broken → sound", "pip takes gridmath 2.0.0 off", "conda's gridmath 1.4.2 comes back"), ("✗",)),
    "repair": (("✓ repaired", "broken → sound", "no error and no warning is left"), ("failed", "taken back")),
    "again": (("✓ sound", "no findings"), ()),
    "works": (("[1, 9]",), ("Error",)),
    "panel": (("✓ sound",), ()),
}
"""Cell -> what it shows, and what it does not."""


def _said(cell: Any) -> str:
    """All that a cell shows, as text."""
    parts = []
    for each in cell.outputs:
        if each.output_type == "stream":
            parts.append(each.text)
        elif each.output_type == "error":
            parts.append(f"{each.ename}: {each.evalue}")
        else:
            parts.append(each.data["text/plain"])
    return "\n".join(parts)


def test_the_notebook_is_the_same_on_binder_and_holds_no_outputs():
    assert (BINDER / kernel.GUIDE).read_bytes() == kernel.guide()
    told = nbformat.reads(kernel.guide().decode(), as_version=4)
    assert told.metadata.kernelspec.name == kernel.NAME
    assert not [each for each in told.cells if each.get("outputs") or each.get("execution_count")]


def test_nothing_is_wrong_with_what_binder_gets(capsys: pytest.CaptureFixture[str]):
    assert main(["scan", str(BINDER), "--fail-on", "info"]) == 0
    assert "nothing found" in capsys.readouterr().out
    assert os.access(BINDER / "postBuild", os.X_OK)


def test_without_jupyterlab_one_line_says_what_to_do(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
):
    monkeypatch.setattr(demo_lab, "_NEEDED", ("ipykernel", "no_such_lab"))
    assert main(["demo", "--lab"]) == 2
    assert capsys.readouterr().err == (
        "envguard: `demo --lab` needs no_such_lab: `pip install 'jupyter-envguard[lab]'` brings them\n"
    )


def test_a_port_that_is_taken(capsys: pytest.CaptureFixture[str]):
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        assert main(["demo", "--lab", "--port", str(taken.getsockname()[1])]) == 2
    assert "cannot be used" in capsys.readouterr().err
    assert main(["demo", "--port", "8888"]) == 2


def test_a_folder_that_holds_something_is_left_alone(tmp_path: Path, capsys: pytest.CaptureFixture[str]):
    (tmp_path / "mine").write_text("")
    assert main(["demo", "--lab", "--keep", str(tmp_path)]) == 2
    assert [each.name for each in tmp_path.iterdir()] == ["mine"]


@contextlib.contextmanager
def started(*options: str, folder: Path) -> Iterator[tuple[str, subprocess.Popen[str]]]:
    """`envguard demo --lab` as a process, with its temporary folders in `folder`; its address."""
    env = {**isolated(), "TMPDIR": str(folder), "PYTHONUNBUFFERED": "1"}
    command = [sys.executable, "-m", "envguard", "demo", "--lab", "--no-browser", *options]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, env=env) as process:
        assert process.stdout is not None
        url = process.stdout.readline().strip()
        try:
            assert url.startswith("http://127.0.0.1:"), process.stderr and process.stderr.read()
            yield url, process
        finally:
            process.send_signal(signal.SIGINT)
            process.wait(30)


def test_a_browser_is_opened_without_the_token_on_its_command_line(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    url = "http://127.0.0.1:8888/lab/tree/guide.ipynb?token=abc&x"
    opened = demo_lab._redirect(tmp_path, url)
    assert "abc" not in opened
    page = tmp_path / "open.html"
    assert opened == page.as_uri()
    assert "url=http://127.0.0.1:8888/lab/tree/guide.ipynb?token=abc&amp;x" in page.read_text()
    assert os.name == "nt" or page.stat().st_mode & 0o077 == 0
    monkeypatch.setattr("sys.platform", "linux")
    for name in ("DISPLAY", "WAYLAND_DISPLAY"):
        monkeypatch.delenv(name, raising=False)
    assert not demo_lab._has_screen()
    monkeypatch.setenv("DISPLAY", ":0")
    assert demo_lab._has_screen()


@RUNS
@pytest.mark.slow
def test_binder_gets_a_kernel(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(sys, "argv", ["envguard.demo", str(tmp_path / "demo")])
    monkeypatch.setattr(sys, "prefix", str(tmp_path / "prefix"))
    runpy.run_module("envguard.demo", run_name="__main__")
    spec = json.loads((tmp_path / "prefix/share/jupyter/kernels" / kernel.NAME / "kernel.json").read_text())
    assert spec["argv"][0] == str(tmp_path / "demo/demo/bin/python")
    assert Path(spec["argv"][1]).is_file()


@RUNS
@pytest.mark.slow
def test_ctrl_c_ends_it_and_removes_everything(tmp_path: Path):
    with started(folder=tmp_path) as (url, process):
        assert "token=" in url
        assert [each.name for each in tmp_path.glob("envguard-*/lab/notebooks/*")] == ["guide.ipynb"]
    assert process.returncode == 0
    assert list(tmp_path.glob("envguard-*/lab")) == []
    with socket.socket() as probe:
        assert probe.connect_ex(("127.0.0.1", int(url.split(":")[2].split("/")[0]))) != 0
