"""`envguard cuda` and `%envcheck cuda`: as commands with a driver of our own, in a real shell, in real kernels."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from typing import TYPE_CHECKING

import nbclient
import nbformat
import pytest
from IPython.utils.capture import capture_output

from envguard.cuda_report import CudaReport, State
from envguard.frontends import cli
from tests.cases.place import Place
from tests.cuda import stubs
from tests.cuda.builders import conda_python, nvidia, toolkit, torch_conda, torch_wheel
from tests.frontends.shells import a_shell
from tests.require import require

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from pathlib import Path

    from IPython.core.interactiveshell import InteractiveShell

pytestmark = pytest.mark.skipif(not sys.platform.startswith("linux"), reason="the driver is asked on Linux")


@pytest.fixture
def place(tmp_path: Path) -> Place:
    """An environment with a Python and nothing else."""
    require("posix_prefix")
    made = Place(tmp_path / "env", "own")
    conda_python(made)
    return made


@pytest.fixture
def wheels(place: Place) -> Place:
    """torch 2.5.1 for CUDA 12.4 with NVIDIA's wheels."""
    return nvidia(torch_wheel(place, "2.5.1", "12.4"), "12.4")


def cuda(place: Place, *options: str, variables: Mapping[str, str] | None = None) -> subprocess.CompletedProcess[str]:
    """The real command on the interpreter of a place, with a driver or without one."""
    leading = ("LD_", "CUDA", "STUB_", "CONDA")
    env = {name: value for name, value in os.environ.items() if not name.startswith(leading)}
    return subprocess.run(
        [sys.executable, "-m", "envguard", "cuda", "--python", str(place.python), *options],
        env={**env, "COLUMNS": "80", "NO_COLOR": "1", **(variables or {})},
        capture_output=True,
        text=True,
        encoding="utf-8",
        timeout=120,
        check=False,
    )


def verdict(place: Place, variables: Mapping[str, str] | None = None) -> tuple[int, str, str]:
    done = cuda(place, "--format", "json", variables=variables)
    told = json.loads(done.stdout)
    assert told["kind"] == "cuda"
    return done.returncode, told["verdict"]["state"], told["verdict"]["reason"]


HIDDEN = {"init": 100, "visible": "-1"}
TREE = [
    ({}, 0, "works"),
    ({"version": 11040}, 1, "driver-too-old"),
    (HIDDEN, 1, "gpu-hidden"),
    ({"init": 100}, 1, "no-gpu"),
    ({"init": 34}, 1, "driver-is-a-stub"),
    ({"init": 46}, 1, "gpu-busy"),
    ({"init": 304}, 1, "device-not-accessible"),
    ({"init": 802}, 1, "fabric-manager"),
    ({"init": 803, "nvml": 18}, 1, "driver-library-mismatch"),
    ({"init": 804}, 1, "compat-on-consumer-gpu"),
    ({"init": 999}, 1, "driver-unknown-error"),
    ({"gpus": (("NVIDIA GeForce RTX 5090", "12.0"),)}, 1, "gpu-arch-not-built"),
    ({"crash": "cuInit"}, 0, "driver-not-told"),
]


@pytest.mark.parametrize(("driver", "code", "reason"), TREE, ids=[row[2] for row in TREE])
def test_the_tree_with_a_driver(wheels: Place, driver: dict[str, object], code: int, reason: str):
    found = verdict(wheels, stubs.variables(**driver))  # type: ignore[arg-type]
    if reason == "no-gpu" and found[2] == "container-without-gpu":
        reason = "container-without-gpu"  # where the tests run in one
    assert (found[0], found[2]) == (code, reason)


def test_text_and_html(wheels: Place):
    driver = stubs.variables(version=12080, gpus=(("NVIDIA A100", "8.0"),))
    shown = cuda(wheels, "--details", variables=driver)
    assert shown.stderr == ""
    assert shown.returncode == 0
    assert shown.stdout.startswith("✓ works  env: CUDA works as far as can be seen from here: torch 2.5.1")
    assert "GPU 0   NVIDIA A100 · capability 8.0" in shown.stdout
    assert "libcudart.so.12 12.4.127 · pip" in shown.stdout
    page = cuda(wheels, "--format", "html", variables=driver).stdout
    assert page.startswith("<!DOCTYPE html>")
    assert "cudart 12.4.127" in page


def test_without_a_driver(wheels: Place):
    code, state, reason = verdict(wheels)
    assert state == State.BLOCKED.value
    assert (code, reason in ("no-driver", "container-without-gpu", "wsl-driver-not-found")) == (1, True)


def test_a_build_without_cuda_beside_condas_toolkit(place: Place):
    torch_conda(toolkit(place, "12.1"), "2.5.1", None, channel="conda-forge")
    done = cuda(place, variables=stubs.variables())
    assert done.returncode == 1
    first = " ".join(done.stdout.split("evidence")[0].split())
    assert first.startswith("✗ does not work env: torch 2.5.1 was built without CUDA: conda chose")


def test_condas_folder_on_the_path_breaks_the_import(place: Place):
    torch_wheel(toolkit(place, "12.1"), "2.5.1", "12.4")
    nvidia(place, "12.4")
    assert verdict(place, {"LD_LIBRARY_PATH": str(place.at("lib"))})[1:] == ("blocked", "nvjitlink-too-old")


def test_a_missing_library(place: Place):
    nvidia(torch_wheel(place, "2.5.1", "12.4"), "12.4", ("cublas", "cudart", "cusparse"))
    assert verdict(place, stubs.variables())[1:] == ("blocked", "library-missing")


def test_wrong_arguments(capsys: pytest.CaptureFixture[str]):
    assert cli.main(["cuda", "/no/such/place"]) == 2
    assert "there is no folder /no/such/place" in capsys.readouterr().err
    assert cli.main(["cuda", "--kernel", "no such kernel"]) == 2
    assert cli.main(["cuda", "--format", "sarif"]) == 2


def test_another_environment_by_its_folder(wheels: Place, capsys: pytest.CaptureFixture[str]):
    code = cli.main(["cuda", str(wheels.path), "--format", "json"])
    told = json.loads(capsys.readouterr().out)
    assert [(each["framework"], each["declared"], each["origin"]) for each in told["frameworks"]] == [
        ("torch", "12.4", "pip")
    ]
    assert code == (told["verdict"]["state"] == "blocked")


# --- in a notebook


@pytest.fixture
def shell(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[InteractiveShell]:
    """A shell with the extension loaded."""
    monkeypatch.chdir(tmp_path)
    with a_shell(tmp_path, monkeypatch) as made:
        yield made


def test_the_magic(shell: InteractiveShell, wheels: Place):
    with capture_output() as captured:
        shell.run_cell(f"%envcheck cuda --details -o told '{wheels.path}'")
    (shown,) = (each.data for each in captured.outputs)
    assert set(shown) == {"text/html", "text/plain"}
    assert "torch 2.5.1" in shown["text/plain"]
    assert isinstance(shell.user_ns["told"], CudaReport)
    with capture_output() as captured:
        shell.run_cell("%envcheck cuda a b")
    assert captured.stderr.startswith("envguard: ")


def test_the_word_is_completed(shell: InteractiveShell):
    from envguard.frontends.completion import complete

    assert complete("envcheck cu", "cu") == ["cuda"]
    assert "%envcheck cuda" in str(shell.find_line_magic("envcheck").__doc__)


def test_a_real_kernel_without_torch(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setenv("IPYTHONDIR", str(tmp_path))
    cells = [
        "%load_ext envguard",
        "%envcheck cuda",
        "import sys; print('ctypes.util' in sys.modules, 'torch' in sys.modules)",
    ]
    notebook = nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell(cell) for cell in cells])
    nbclient.NotebookClient(
        notebook, kernel_name="python3", timeout=120, resources={"metadata": {"path": str(tmp_path)}}
    ).execute()
    (shown,) = notebook.cells[1].outputs
    said = " ".join(shown["data"]["text/plain"].split())
    assert said.startswith("– nothing to judge")
    assert "nothing that uses CUDA is installed" in said
    assert "text/html" in shown["data"]
