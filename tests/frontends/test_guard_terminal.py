"""The guard in a real terminal: IPython at a pseudo-terminal, typed into."""

from __future__ import annotations

import os
import re
import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any

import psutil
import pytest

from tests.envs import wheelhouse

if TYPE_CHECKING:
    from collections.abc import Iterator

pexpect = pytest.importorskip("pexpect")
ROOT = Path(__file__).parents[2]
_CONTROL = re.compile(r"\x1b\[[0-9;?]*[A-Za-z]|\r")
_PROMPT = r"In \[(\d+)\]: $"


class Terminal:
    """IPython with a stand-in for the judge."""

    def __init__(self, folder: Path, *options: str, **variables: str) -> None:
        plain = {name: value for name, value in wheelhouse.isolated().items() if not name.startswith("ENVGUARD_")}
        own = {"PYTHONPATH": str(ROOT), "IPYTHONDIR": str(folder / "ipython"), "TERM": "dumb", "NO_COLOR": "1"}
        command = ["-m", "IPython", "--no-banner", "--simple-prompt", "--no-confirm-exit", *options]
        env = {**plain, **own, **variables}
        self.child: Any = pexpect.spawn(
            sys.executable, command, env=env, cwd=str(folder), encoding="utf-8", timeout=60, dimensions=(50, 300)
        )
        self.child.expect(_PROMPT)

    def type(self, line: str, then: str = _PROMPT) -> str:
        """What the terminal shows after a line is typed, until it waits again."""
        self.child.sendline(line)
        self.child.expect(then)
        return _CONTROL.sub("", self.child.before).partition("\n")[2].rstrip("\n")

    def wait(self) -> None:
        """Until it sleeps on its input. An interrupt between the prompt and that sleep is lost: Python looks for one first."""
        process = psutil.Process(self.child.pid)
        deadline, before = time.monotonic() + 60, None
        while time.monotonic() < deadline:
            now = process.cpu_times()[:2] if process.status() == psutil.STATUS_SLEEPING else None
            if now is not None and now == before:
                return
            before = now
            time.sleep(0.2)
        raise AssertionError("it does not come to rest")

    def stop(self) -> None:
        self.child.close(force=True)


@pytest.fixture(scope="module")
def terminal(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Terminal]:
    found = Terminal(tmp_path_factory.mktemp("terminal"))
    assert found.type("%load_ext envguard") == ""
    found.type("from envguard.frontends import guard as _guard; from tests.frontends import stand_in as _stand_in")
    found.type("_guard.register(get_ipython(), _stand_in.judge)")
    found.type("def pip(word, name): return word, name")
    yield found
    found.stop()


QUESTION = r"envguard: r, p, c, or Enter to cancel\? $"
OWN = "Try the IPython magic"
"""In IPython's words on `!pip`."""


def test_warn_says_its_line_in_place_of_ipythons(terminal: Terminal):
    terminal.type("%envguard warn")
    said = terminal.type("!pip install numpy --no-index --quiet --disable-pip-version-check --nothing")
    assert "envguard: pip would replace conda's numpy 1.0; " in said
    assert "no such option: --nothing" in said
    assert OWN not in said
    # judged, and nothing to say
    assert OWN not in terminal.type("!pip install sound --nothing")
    # judged nothing: IPython's own line is as it was
    assert OWN in terminal.type("!pip --version")
    assert terminal.type("print(any('envguard' in str(each) for each in __import__('warnings').filters))") == "False"


def test_the_cells_own_filters_stay(terminal: Terminal):
    terminal.type("import warnings; before = list(warnings.filters)")
    terminal.type("warnings.filterwarnings('ignore', 'mine'); get_ipython().system('echo pip install sound')")
    said = terminal.type("print(len(warnings.filters) - len(before), warnings.filters[1:] == before)")
    assert said.startswith("1 True")


def test_ask_asks(terminal: Terminal):
    terminal.type("%envguard ask")
    for answer in ("", "x"):
        said = terminal.type("!echo RAN pip install scipy", QUESTION)
        assert "  c  use conda: %conda install" in said
        assert terminal.type(answer).startswith("envguard: cancelled; the cell was not run")
    terminal.type("!echo RAN pip install scipy", QUESTION)
    assert "RAN pip install scipy" in terminal.type("r")
    assert "RAN pip install scipy" in terminal.type("!echo RAN pip install scipy")


@pytest.mark.parametrize("key", ["c", "d"])
def test_interrupt_and_end_of_input_cancel(terminal: Terminal, key: str):
    terminal.type("%envguard ask")
    terminal.type("!echo RAN pip install pandas", QUESTION)
    terminal.wait()
    terminal.child.sendcontrol(key)
    terminal.child.expect(_PROMPT)
    assert "cancelled; the cell was not run" in terminal.child.before
    assert "RAN" not in terminal.child.before


def test_conda_is_typed_already(terminal: Terminal):
    terminal.type("%envguard ask")
    terminal.type("!echo RAN pip install numba", QUESTION)
    said = terminal.type("c", r"In \[\d+\]: .*")
    assert "the cell was not run; the next one holds %conda install" in said


def test_block_blocks(terminal: Terminal):
    terminal.type("%envguard block")
    said = terminal.type("!echo RAN pip install numpy")
    assert said.startswith("envguard: the cell was not run: pip would replace conda's numpy 1.0. Instead: ")
    assert "Traceback" not in said
    assert "RAN" not in said


@pytest.mark.slow
def test_every_form_of_an_install_is_caught_before_it_runs(terminal: Terminal, tmp_path: Path):
    script = tmp_path / "rows.py"
    script.write_text(
        "import json, sys\n"
        f"table = json.load(open({str(ROOT / 'tests/commands/cells.json')!r}, encoding='utf-8'))\n"
        "started = []\n"
        "meant = ('subprocess.Popen', 'os.system', 'os.posix_spawn', 'os.exec', 'os.fork', 'pty.spawn')\n"
        "sys.addaudithook(lambda event, arguments: started.append(event) if event in meant else None)\n"
        "_guard.of(get_ipython()).judge = _stand_in.strict\n"
        "found = [type(get_ipython().run_cell(row['source']).error_before_exec).__name__ for row in table['cells']]\n"
        "_guard.of(get_ipython()).judge = _stand_in.judge\n"
    )
    terminal.type("%envguard block")
    terminal.type(f"%run -i {script}")
    told = terminal.type("print(len(started), len(found) - found.count('CellNotRun'), set(found))")
    nothing, others, names = told.split(" ", 2)
    assert (int(nothing), int(others) <= 5) == (0, True), told
    assert set(re.findall(r"\w+", names)) <= {"CellNotRun", "SyntaxError", "IndentationError"}


def test_what_is_piped_in_is_no_answer(tmp_path: Path):
    (tmp_path / "session.ipy").write_text(
        "%load_ext envguard\n"
        "from envguard.frontends import guard; from tests.frontends import stand_in\n"
        "guard.register(get_ipython(), stand_in.judge)\n"
        "!echo RAN pip install numpy\n"
        "print('the next cell')\n"
    )
    command = f"{sys.executable} -m IPython --no-banner --simple-prompt < session.ipy"
    env = {**os.environ, "PYTHONPATH": str(ROOT), "IPYTHONDIR": str(tmp_path / "ipython"), "ENVGUARD_MODE": "ask"}
    said = pexpect.run(f"sh -c {command!r}", env=env, cwd=str(tmp_path), timeout=60, encoding="utf-8")
    assert said.count("envguard: pip would replace conda's numpy 1.0") == 1
    assert "RAN pip install numpy" in said
    assert "the next cell" in said
