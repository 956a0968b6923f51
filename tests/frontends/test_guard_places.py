"""The guard with its own forecast, in real kernels of real environments: the right words in each, and silence."""

from __future__ import annotations

import os
import subprocess
import sys
from typing import TYPE_CHECKING

import nbclient
import nbformat
import pytest
from jupyter_client.manager import KernelManager

from tests.changes import undoing
from tests.envs import scenarios
from tests.envs.wheelhouse import Unavailable
from tests.frontends.kernel import Kernel, variables
from tests.require import absent, require

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from tests.envs.scenarios import Scenario

OFFLINE = {"PIP_NO_INDEX": "1", "UV_OFFLINE": "1", "PIP_NO_INPUT": "1"}
"""What is let run in these environments finds nothing to install."""
NUMPY = (
    "envguard: pip would bring numpy 2.3.5, and conda's scipy asks for another (numpy >=1.26,<2); "
    "`%envcheck forecast pip install numpy==2.3.5` tells more\n"
)


@pytest.fixture(scope="module")
def conda(scenario: Callable[..., Scenario], tmp_path_factory: pytest.TempPathFactory) -> Iterator[Kernel]:
    """A kernel in conda's own environment, in which pip has added nothing yet; a copy, as a guarded install is noted in it."""
    prefix = undoing.linked(scenario("clean").prefix, tmp_path_factory.mktemp("own") / "clean")
    kernel = Kernel(tmp_path_factory.mktemp("conda"), prefix / "bin/python", **OFFLINE)
    assert kernel.run("%load_ext envguard").status == "ok"
    yield kernel
    kernel.stop()


@pytest.fixture
def mode(conda: Kernel) -> Callable[[str], Kernel]:
    def give(name: str) -> Kernel:
        code = f"_g = get_ipython()._envguard_guard; _g.told.clear(); _g.accepted.clear()\n%envguard {name}"
        assert conda.run(code).status == "ok"
        return conda

    return give


def test_in_conda_pip_over_numpy_is_told_once(mode: Callable[[str], Kernel]):
    kernel = mode("warn")
    shown = kernel.run("%pip install numpy==2.3.5")
    assert (shown.status, shown.err) == ("ok", NUMPY)
    assert "No matching distribution found for numpy==2.3.5" in shown.out
    again = kernel.run("import sys\n!{sys.executable} -m pip install numpy==2.3.5")
    assert (again.err, "No matching distribution" in again.out) == ("", True)


SOUND = (
    "%pip install tabulate",
    "%pip install 'numpy<2'",
    "%pip list --format freeze",
    "!pip --version",
    "print('pip install numpy==2.3.5')",
    "# %pip install numpy==2.3.5",
    "%%bash\necho pip install numpy==2.3.5",
    "%pip install --target elsewhere tabulate",
)


@pytest.mark.parametrize(("name", "cells"), [("warn", SOUND), ("ask", SOUND[:1]), ("block", SOUND[1:2])])
def test_what_is_sound_is_met_with_silence(mode: Callable[[str], Kernel], name: str, cells: tuple[str, ...]):
    kernel = mode(name)
    for cell in cells:
        shown = kernel.run(cell)
        assert (shown.status, shown.err, shown.asked, shown.name) == ("ok", "", [], ""), cell


def test_block_says_what_to_do_instead(mode: Callable[[str], Kernel]):
    kernel = mode("block")
    shown = kernel.run("%pip install numpy==2.3.5\nran = 1")
    assert (shown.status, shown.name, shown.out, shown.err) == ("error", "CellNotRun", "", "")
    assert shown.traceback.startswith("envguard: the cell was not run: pip would bring numpy 2.3.5, and conda's scipy")
    assert " Instead: " in shown.traceback
    assert kernel.run("'ran' in globals()").data[0]["text/plain"] == "False"


def test_all_four_answers(mode: Callable[[str], Kernel]):
    kernel = mode("ask")
    cell = "import os\nprint(os.environ.get('PIP_CONSTRAINT'), os.environ.get('UV_CONSTRAINT'))\n"
    install = "%pip install numpy==2.3.5"
    assert kernel.run(cell + install, "").traceback == "envguard: cancelled; the cell was not run"
    shown = kernel.run(cell + install, "p")
    assert [each.startswith("file:///") for each in shown.out.splitlines()[0].split()] == [True, True]
    assert "Cannot install numpy==2.3.5 because these package versions have conflicting dependencies" in shown.out
    assert kernel.run(cell).out == "None None\n"
    # it ends with the cell also where that fails, and where an async one does
    for broken in ("1 / 0", "import asyncio\nawait asyncio.sleep(0)\n1 / 0"):
        shown = kernel.run(f"{cell}{broken}\n{install}", "p")
        assert (shown.name, "file:///" in shown.out) == ("ZeroDivisionError", True)
        assert kernel.run(cell).out == "None None\n"
    # conda's channels have no numpy that its scipy allows, so conda is no way there
    shown = kernel.run(cell + "%pip install --upgrade requests", "c")
    assert (shown.status, shown.out) == ("ok", "")
    [command] = [each["text"] for each in shown.payload]
    assert command.startswith("%conda install ")
    assert "requests" in command
    shown = kernel.run(cell + install, "r")
    assert shown.out.startswith("None None\n")
    assert "No matching distribution" in shown.out
    assert kernel.run(cell + install).asked == []


def test_a_protected_kernel(mode: Callable[[str], Kernel]):
    kernel = mode("warn")
    look = "import os\nprint('PIP_CONSTRAINT' in os.environ)"
    assert kernel.run("%envguard protect on").out.startswith("protection: on: ")
    try:
        assert kernel.run(look).out == "True\n"
        # pip itself refuses it, and says why
        assert kernel.run("%pip install numpy==2.3.5").err == ""
        for cell in ("%pip install --force-reinstall numpy==1.26.4", "%pip uninstall --yes numpy"):
            shown = kernel.run(cell)
            assert (shown.name, shown.out) == ("CellNotRun", ""), shown
            assert "the cell was not run: " in shown.traceback
    finally:
        assert kernel.run("%envguard protect off").out == "protection: off\n"
    assert kernel.run(look).out == "False\n"


def test_a_notebook_that_runs_by_itself(scenario: Callable[..., Scenario], tmp_path: Path):
    cells = (
        "%load_ext envguard",
        "%pip install numpy==2.3.5",
        "%envguard block",
        "%pip install numpy==2.3.5",
        "print('after it')",
    )
    made = nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell(cell) for cell in cells])
    python = scenario("clean").python
    manager = KernelManager()
    manager.kernel_spec.argv[0] = str(python)
    client = nbclient.NotebookClient(made, km=manager, timeout=120, allow_errors=True)
    try:
        client.execute(env={**variables(tmp_path, python), **OFFLINE, "ENVGUARD_MODE": "ask"}, cwd=str(tmp_path))
    finally:
        client.kc.stop_channels()
        manager.shutdown_kernel(now=True)
    told = [output for output in made.cells[1].outputs if output.get("name") == "stderr"]
    assert [each.text for each in told] == [NUMPY]
    assert [(each.output_type, each.ename) for each in made.cells[3].outputs] == [("error", "CellNotRun")]
    assert made.cells[4].outputs[0].text == "after it\n"


def told(folder: Path, python: Path | str, *cells: str, **more: str) -> list[str]:
    """What a kernel of its own says beside the output of each of some cells."""
    kernel = Kernel(folder, python, **{**OFFLINE, **more})
    try:
        assert kernel.run("%load_ext envguard").err == ""
        return [kernel.run(cell).err for cell in cells]
    finally:
        kernel.stop()


def test_in_a_venv(tmp_path: Path):
    venv = tmp_path / "venv"
    subprocess.run([sys.executable, "-m", "venv", "--without-pip", venv], check=True)
    other = tmp_path / "other"
    subprocess.run([sys.executable, "-m", "venv", "--without-pip", other], check=True)
    (other / "bin/pip").write_text(f"#!{other}/bin/python\n")
    (other / "bin/pip").chmod(0o755)
    path = {"PATH": f"{other}/bin:/usr/bin:/bin"}
    uv, pip, named = told(
        tmp_path / "folder",
        venv / "bin/python",
        "!uv pip install tabulate",
        "!pip install tabulate",
        f"!{other}/bin/pip install tabulate",
        **path,
    )
    assert pip == (
        f"envguard: pip would change {other}, and this kernel runs in {venv}; `%pip install tabulate` would be for this "
        "kernel; `%envcheck forecast pip install tabulate` tells more\n"
    )
    assert named == ""
    assert uv.startswith("envguard: there is no program uv; ")


def test_in_base(scenario: Callable[..., Scenario], tmp_path: Path):
    base = scenario("base_with_pip")
    pip, conda = told(tmp_path, base.python, "%pip install tabulate", "%conda install six")
    assert pip == (
        "envguard: pip would install into base, in which conda itself runs; `%envcheck forecast pip install tabulate` tells more\n"
    )
    assert conda == (
        "envguard: conda does not know what pip has installed here, and may write over it: requests; "
        "`%envcheck forecast conda install six` tells more\n"
    )


def test_where_nobody_may_write_and_where_the_system_manages(tmp_path: Path):
    for need in ("linux-64", "posix_prefix"):
        require(need)
    try:
        found = scenarios.tell("sound", "rattler", tmp_path / "env", alone=True)
    except Unavailable as error:
        absent("environments", str(error))
    closed = "import os\nos.setresuid(65534, 0, 0)  # what os.access answers for\n"
    mark = "import os, sysconfig\nos.setresuid(0, 0, 0)\n"
    mark += "_ = open(sysconfig.get_path('stdlib') + '/EXTERNALLY-MANAGED', 'w').write('[externally-managed]')\n"
    if os.geteuid():
        for folder in [found.site, found.prefix]:
            folder.chmod(0o555)
        closed = mark = ""
    _, first, _, managed = told(
        tmp_path / "folder", found.python, closed, "%pip install tabulate==0.8", mark, "%pip install tabulate==0.8"
    )
    assert first == ("envguard: env cannot be written to; `%envcheck forecast pip install tabulate==0.8` tells more\n")
    assert managed == (
        f"envguard: pip will refuse: the Python in {found.prefix} belongs to the system's package manager; "
        "`%envcheck forecast pip install tabulate==0.8` tells more\n"
    )
