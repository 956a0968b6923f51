"""`%envcheck stamp` without a file: which notebook this is, and what an editor that has it open does not know."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest

from envguard.errors import BadArguments
from envguard.frontends import stamp_magic
from tests.frontends.kernel import Kernel
from tests.frontends.shells import a_shell

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from IPython.core.interactiveshell import InteractiveShell

STAMP = "%envcheck stamp"


@pytest.fixture
def shell(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[InteractiveShell]:
    """A shell that keeps its cells, as that of a kernel does."""
    monkeypatch.delenv("JPY_SESSION_NAME", raising=False)
    with a_shell(tmp_path, monkeypatch, loaded=False) as made:
        made.history_manager.input_hist_raw.append(STAMP)
        yield made


def saved(file: Path, *cells: str) -> Path:
    told = [
        {"cell_type": "code", "execution_count": None, "metadata": {}, "outputs": [], "source": cell} for cell in cells
    ]
    file.write_text(json.dumps({"cells": told, "metadata": {}, "nbformat": 4, "nbformat_minor": 4}), encoding="utf-8")
    return file


def refused(shell: InteractiveShell) -> str:
    with pytest.raises(BadArguments) as error:
        stamp_magic.running(shell)
    return str(error.value)


def test_which_notebook_this_is(shell: InteractiveShell, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    assert "nobody has told this kernel" in refused(shell)
    monkeypatch.setenv("JPY_SESSION_NAME", "console-1-0b0a9d5e-8f0e-4a52-a1f3-000000000000")
    assert "nobody has told this kernel" in refused(shell)
    file = tmp_path / "a.ipynb"
    monkeypatch.setenv("JPY_SESSION_NAME", str(file))
    assert "is not there" in refused(shell)
    saved(file, "import IPython", f"{STAMP}\n")
    assert stamp_magic.running(shell) == file
    # VS Code tells it in a variable
    monkeypatch.delenv("JPY_SESSION_NAME")
    shell.user_ns["__vsc_ipynb_file__"] = str(file)
    assert stamp_magic.running(shell) == file


def test_what_is_not_saved_is_not_stamped(
    shell: InteractiveShell, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    file = saved(tmp_path / "a.ipynb", "import IPython")
    before = file.read_bytes()
    monkeypatch.setenv("JPY_SESSION_NAME", str(file))
    assert "save the notebook first" in refused(shell)
    with pytest.raises(BadArguments):
        stamp_magic.stamp(shell, None)
    assert file.read_bytes() == before
    # where nothing is kept of the cell nobody can tell
    shell.history_manager.input_hist_raw.append("")
    assert stamp_magic.running(shell) == file


@pytest.mark.slow
def test_in_a_kernel(tmp_path: Path) -> None:
    file = saved(tmp_path / "a.ipynb", "import IPython", STAMP)
    kernel = Kernel(tmp_path / "kernel", JPY_SESSION_NAME=str(file))
    try:
        kernel.run("%load_ext envguard")
        shown = kernel.run(STAMP)
    finally:
        kernel.stop()
    assert "reload the notebook from there before you save it" in " ".join(shown.out.split())
    assert json.loads(file.read_text(encoding="utf-8"))["metadata"]["envguard"]["packages"].keys() == {"IPython"}
