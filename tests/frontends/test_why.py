"""`envguard why`, `%envcheck why` and the quiet line under an error: as commands, in a real shell, in real kernels."""

from __future__ import annotations

import io
import json
import subprocess
import sys
from typing import TYPE_CHECKING, Any

import nbclient
import nbformat
import pytest
from IPython.utils.capture import capture_output

from envguard import configuration
from envguard.frontends import cli
from envguard.frontends.hint import LINE
from envguard.model import Answer
from tests.frontends.shells import a_shell
from tests.probe.prefix import Prefix

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from IPython.core.interactiveshell import InteractiveShell

GONE = "ImportError: libquux.so.4: cannot open shared object file: No such file or directory"
RAISE = f"raise ImportError({GONE.partition(': ')[2]!r})"


@pytest.fixture
def prefix(tmp_path: Path) -> Path:
    """An environment without a library that conda's record lists."""
    made = Prefix(tmp_path / "lab").conda("quux", "1.2", {"lib/libquux.so.4": b"x", "lib/other": b"x"})
    (made.path / "lib/libquux.so.4").unlink()
    return made.path


def test_a_file(prefix: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]):
    file = tmp_path / "error.txt"
    file.write_text(GONE, encoding="utf-8")
    assert cli.main(["why", str(file), str(prefix)]) == 1
    shown = capsys.readouterr().out
    assert shown.startswith("ImportError: libquux.so.4")
    assert "EG100 conda-file-missing  quux" in shown
    assert "(certain)" in shown


def test_the_standard_input(prefix: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]):
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(GONE.encode())))
    assert cli.main(["why", "-", "--prefix", str(prefix), "--format", "json"]) == 1
    told = json.loads(capsys.readouterr().out)
    assert (told["kind"], told["error"], told["causes"][0]["code"]) == ("why", GONE, "EG100")


def test_html(prefix: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]):
    file = tmp_path / "error.txt"
    file.write_text(GONE, encoding="utf-8")
    assert cli.main(["why", str(file), str(prefix), "--format", "html", "--details"]) == 1
    shown = capsys.readouterr().out
    assert shown.startswith("<!DOCTYPE html>")
    assert "conda-file-missing" in shown


def test_exit_codes(prefix: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]):
    file = tmp_path / "error.txt"
    file.write_text(GONE.replace("quux", "quuz"), encoding="utf-8")
    assert cli.main(["why", str(file), str(prefix)]) == 0
    assert "nothing that envguard knows of lab explains this error" in capsys.readouterr().out
    assert cli.main(["why", str(tmp_path / "none.txt"), str(prefix)]) == 2
    assert "none.txt cannot be read: No such file or directory" in capsys.readouterr().err
    assert cli.main(["why"]) == 2
    assert cli.main(["why", str(file), "/no/such/place"]) == 2
    file.write_text("all is well\n", encoding="utf-8")
    assert cli.main(["why", str(file), str(prefix)]) == 0
    assert capsys.readouterr().out == "there is no error here to explain\n"


@pytest.fixture
def shell(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[InteractiveShell]:
    """A shell with the extension loaded, and no error behind it."""
    monkeypatch.chdir(tmp_path)
    for name in ("last_exc", "last_value", "last_type", "last_traceback"):
        monkeypatch.delattr(sys, name, raising=False)
    with a_shell(tmp_path, monkeypatch) as made:
        yield made
    for name in ("last_exc", "last_value", "last_type", "last_traceback"):
        if hasattr(sys, name):
            delattr(sys, name)


def run(shell: InteractiveShell, cell: str) -> tuple[str, list[dict[str, Any]]]:
    with capture_output() as captured:
        shell.run_cell(cell, store_history=True)
    return captured.stdout, [shown.data for shown in captured.outputs]


def test_no_error_is_one_line(shell: InteractiveShell):
    (shown,) = run(shell, "%envcheck why")[1]
    assert shown["text/plain"] == "there is no error here to explain\n"


def test_the_last_error(shell: InteractiveShell):
    run(shell, RAISE)
    run(shell, "1 + 1")
    (shown,) = run(shell, "%envcheck why -o told")[1]
    assert set(shown) == {"text/html", "text/plain"}
    assert "libquux.so.4" in shown["text/plain"]
    assert isinstance(shell.user_ns["told"], Answer)
    assert shell.user_ns["told"].environment.prefix


def test_a_file_in_the_magic(shell: InteractiveShell, tmp_path: Path):
    (tmp_path / "e.txt").write_text(GONE, encoding="utf-8")
    (shown,) = run(shell, f"%envcheck why --details '{tmp_path}/e.txt'")[1]
    assert GONE in shown["text/plain"].replace("\n ", "")
    with capture_output() as captured:
        shell.run_cell("%envcheck why a b")
    assert captured.stderr.startswith("envguard: `why` takes one file at most")


TELLING = (
    RAISE,
    "raise ValueError('numpy.dtype size changed, zing. Expected 96 from C header, got 88 from PyObject')",
    "raise OSError('/a/lib/libfoo.so: undefined symbol: foo_bar')",
    "raise ModuleNotFoundError(\"No module named '_ssl'\", name='_ssl')",
    "raise AssertionError('Torch not compiled with CUDA enabled')",
    "raise AttributeError('_ARRAY_API not found')",
)
SILENT = (
    "1 / 0",
    "import no_such_module_at_all",
    "from json import no_such_name",
    "open('no such file')",
    "[].no_such_method",
    "import os; os.no_such_name",
    "raise ValueError('3 is not 4')",
    "raise RuntimeError('out of cheese')",
    "raise KeyboardInterrupt",
    "no syntax at all",
    "1 + 1",
)


@pytest.mark.parametrize("cell", TELLING)
def test_the_hint(shell: InteractiveShell, cell: str):
    assert run(shell, cell)[0].count(LINE) == 1
    assert LINE not in run(shell, cell)[0]


@pytest.mark.parametrize("cell", SILENT)
def test_no_hint(shell: InteractiveShell, cell: str):
    assert LINE not in run(shell, cell)[0]


def test_a_module_that_was_just_installed_deserves_one(shell: InteractiveShell):
    shell.history_manager.input_hist_raw.append("%pip install -q 'no-such_module-at.all>=1' other")
    assert LINE in run(shell, "import no_such_module_at_all")[0]
    shell.history_manager.input_hist_raw.append("# %pip install zing_zang\nprint('pip install zing_zong')")
    assert LINE not in run(shell, "import zing_zang")[0]
    assert LINE not in run(shell, "import zing_zong")[0]


def test_it_can_be_switched_off(shell: InteractiveShell, tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    (tmp_path / "pyproject.toml").write_text("[tool.envguard]\nhint = false\n", encoding="utf-8")
    assert LINE not in run(shell, RAISE)[0]
    (tmp_path / "pyproject.toml").unlink()
    monkeypatch.setenv("ENVGUARD_HINT", "0")
    assert LINE not in run(shell, RAISE.replace("quux", "quuz"))[0]
    monkeypatch.delenv("ENVGUARD_HINT")
    assert LINE in run(shell, RAISE.replace("quux", "quuy"))[0]


def test_the_option_is_true_or_false(tmp_path: Path):
    (tmp_path / "pyproject.toml").write_text("[tool.envguard]\nhint = 'perhaps'\n", encoding="utf-8")
    told = configuration.configured(tmp_path)
    assert told.hint
    assert [each.reason.english() for each in told.problems] == ["hint is perhaps, not true or false"]


def test_it_goes_with_the_extension(shell: InteractiveShell):
    run(shell, "%reload_ext envguard")
    assert run(shell, RAISE)[0].count(LINE) == 1
    run(shell, "%unload_ext envguard")
    assert LINE not in run(shell, RAISE.replace("quux", "quuz"))[0]
    run(shell, "%load_ext envguard")


def test_an_error_that_cannot_be_said_is_no_second_error(shell: InteractiveShell):
    cell = "class Odd(ImportError):\n    def __str__(self): raise SystemError('odd')\nraise Odd"
    with capture_output() as captured:
        shell.run_cell(cell)
    assert "envguard" not in captured.stdout + captured.stderr


def test_loading_it_brings_nothing_heavy():
    code = "import sys, IPython.core.completer, IPython.core.magic; b = set(sys.modules); import envguard.frontends.magic; print(sorted(m for m in set(sys.modules) - b if m.startswith('envguard')))"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    brought = json.loads(done.stdout.replace("'", '"'))
    frontends = (
        "frontends",
        *(f"frontends.{name}" for name in ("guard", "hint", "magic", "modes", "unfinished", "watch")),
    )
    light = ("_version", "commands", "commands.cell", "commands.command", "settings", "traces", "value")
    assert set(brought) <= {"envguard", *(f"envguard.{name}" for name in (*frontends, *light))}


def test_a_real_kernel(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.delenv("ENVGUARD_HINT", raising=False)
    monkeypatch.setenv("IPYTHONDIR", str(tmp_path))
    (tmp_path / "tabnanny.py").write_text("zing = 1\n", encoding="utf-8")
    source = [
        "%load_ext envguard",
        "import os, sys\nsys.path.insert(0, os.getcwd())\nimport tabnanny\ntabnanny.check",
        "import tabnanny\ntabnanny.check",
        "%envcheck why",
        RAISE,
        "%envcheck why",
    ]
    notebook = nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell(cell) for cell in source])
    client = nbclient.NotebookClient(
        notebook, kernel_name="python3", allow_errors=True, timeout=120, resources={"metadata": {"path": str(tmp_path)}}
    )
    client.execute()
    told = [
        "".join(out.get("text", "") or out.get("data", {}).get("text/plain", "") for out in cell.outputs)
        for cell in notebook.cells
    ]
    assert [text.count(LINE) for text in told] == [0, 1, 0, 0, 1, 0]
    assert "EG203 local-file-shadows  tabnanny" in told[3]
    assert "(certain)" in told[3]
    assert "nothing that envguard knows of" in told[5]
