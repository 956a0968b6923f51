"""The guard in real kernels: what it lets run, what it asks, what it refuses, and that it changes nothing else."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from tests.frontends.kernel import Kernel, Shown

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator


GUARDED = """
%load_ext envguard
from envguard.frontends import guard as _guard
from tests.frontends import stand_in as _stand_in
_guard.register(get_ipython(), _stand_in.judge)
import os as _os, sys as _sys
_events = []
_MEANT = ("subprocess.Popen", "os.system", "os.posix_spawn", "os.exec", "os.fork", "pty.spawn")
_sys.addaudithook(lambda event, arguments: _events.append(event) if event in _MEANT else None)
"""
"""A kernel in which a stand-in judges, and which notes whatever is started."""

SILENT = """
%load_ext envguard
__import__("envguard.frontends.guard", fromlist=["_"]).register(
    get_ipython(), __import__("tests.frontends.stand_in", fromlist=["_"]).silent
)
"""
"""A kernel in which whatever holds the word of an installer is judged as an install, and a sound one."""

INSTALL = "!echo RAN pip install {name}"
RAN = "RAN pip install numpy\r\n"


@pytest.fixture(scope="module")
def kernel(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Kernel]:
    found = Kernel(tmp_path_factory.mktemp("guard"))
    assert found.run(GUARDED).status == "ok"
    yield found
    found.stop()


@pytest.fixture
def guarded(kernel: Kernel) -> Callable[[str], Kernel]:
    """The kernel in a mode, with nothing told or accepted yet."""

    def give(mode: str) -> Kernel:
        told = kernel.run(
            f"_g = _guard.of(get_ipython()); _g.told.clear(); _g.accepted.clear(); _events.clear()\n"
            f"get_ipython().run_line_magic('envguard', '{mode}')\n"
            "assert not get_ipython().ast_transformers and not _g._held, (get_ipython().ast_transformers, _g._held)\n"
        )
        assert told.status == "ok", told
        return kernel

    return give


def started(kernel: Kernel) -> int:
    """How many programs the kernel has started since it was given."""
    return int(kernel.run("print(len(_events))").out)


def test_warn_says_one_line_and_runs(guarded: Callable[[str], Kernel]):
    kernel = guarded("warn")
    shown = kernel.run(INSTALL.format(name="numpy"))
    line = "envguard: pip would replace conda's numpy 1.0; `%envcheck forecast pip install numpy` tells more\n"
    assert (shown.status, shown.err, shown.out) == ("ok", line, RAN)
    # once per kernel and cause, also in another form of the same
    assert kernel.run("x = !echo pip install numpy\nprint(x)").err == ""
    two = kernel.run("!echo pip install scipy\n!echo pip install pandas\n!echo pip install numpy").err
    assert two.count("\n") == 1
    assert "conda's scipy 1.0; and one more install of this cell is worth a look" in two
    assert kernel.run("!echo pip install pandas").err == ""


TABLE = json.loads((Path(__file__).parents[1] / "commands/cells.json").read_text(encoding="utf-8"))


def test_every_form_of_an_install_is_caught_before_it_runs(guarded: Callable[[str], Kernel]):
    kernel = guarded("block")
    kernel.run("_g.judge = _stand_in.strict")
    refused = 0
    try:
        for row in TABLE["cells"]:
            shown = kernel.run(row["source"])
            # what is no Python here (a print statement, another system's magic) does not run either
            assert (shown.status, shown.out) == ("error", ""), row
            assert shown.name.lstrip("_") in (
                "CellNotRun",
                "SyntaxError",
                "IndentationError",
                "IncompleteInputError",
            ), row
            refused += shown.name == "CellNotRun"
        assert refused >= len(TABLE["cells"]) - 5
        assert started(kernel) == 0
    finally:
        kernel.run("_g.judge = _stand_in.judge")


def test_a_sound_install_is_met_with_silence(guarded: Callable[[str], Kernel]):
    for mode in ("warn", "ask", "block", "off"):
        shown = guarded(mode).run(INSTALL.format(name="sound"))
        assert (shown.status, shown.err, shown.asked) == ("ok", "", [])


def test_off_is_off(guarded: Callable[[str], Kernel]):
    shown = guarded("off").run(INSTALL.format(name="numpy"))
    assert (shown.status, shown.err, shown.out) == ("ok", "", RAN)


def test_block_blocks_each_time(guarded: Callable[[str], Kernel]):
    kernel = guarded("block")
    before = kernel.run("0").count
    for number in (1, 2):
        shown = kernel.run(f"import json\n{INSTALL.format(name='numpy')}\nsentinel = 1")
        assert (shown.status, shown.name, shown.out, shown.err) == ("error", "CellNotRun", "", "")
        assert shown.traceback == shown.value
        assert shown.value == (
            "envguard: the cell was not run: pip would replace conda's numpy 1.0. Instead: `%conda install "
            "\"'numpy>=1,<2'\"`. `%envcheck forecast pip install numpy` tells more, `%envguard ask` lets you choose"
        )
        assert shown.count == before + number
    assert kernel.run("'sentinel' in globals()").data[0]["text/plain"] == "False"
    assert started(kernel) == 0


def test_ask_runs(guarded: Callable[[str], Kernel]):
    kernel = guarded("ask")
    shown = kernel.run(INSTALL.format(name="numpy"), "r")
    assert (shown.status, shown.out) == ("ok", RAN)
    assert shown.asked == ["envguard: r, p, c, or Enter to cancel? "]
    assert "pip would replace conda's numpy 1.0" in shown.err
    assert "\n  r  run: as it is\n  p  run protected: " in shown.err
    assert "\n  c  use conda: %conda install \"'numpy>=1,<2'\"\n" in shown.err
    # what was let run is not asked again; something new is
    assert kernel.run(INSTALL.format(name="numpy")).asked == []
    assert len(kernel.run(INSTALL.format(name="scipy"), "run").asked) == 1


@pytest.mark.parametrize("answer", ["", "cancel", "\x04", "n"])
def test_ask_cancels(guarded: Callable[[str], Kernel], answer: str):
    kernel = guarded("ask")
    for _ in range(2):  # what was not let run is asked again
        shown = kernel.run(INSTALL.format(name="numpy"), answer)
        assert (shown.status, shown.out, len(shown.asked)) == ("error", "", 1)
        assert shown.traceback == "envguard: cancelled; the cell was not run"
    assert started(kernel) == 0


@pytest.mark.parametrize("cell", [INSTALL, "import asyncio\nawait asyncio.sleep(0)\n" + INSTALL])
def test_an_interrupt_cancels(guarded: Callable[[str], Kernel], cell: str):
    kernel = guarded("ask")
    shown = kernel.run(cell.format(name="numpy"), interrupt=True)
    assert (shown.status, shown.out, shown.traceback) == ("error", "", "envguard: cancelled; the cell was not run")
    assert started(kernel) == 0
    assert kernel.run("1").status == "ok"


def test_another_word_is_asked_for_again(guarded: Callable[[str], Kernel]):
    kernel = guarded("ask")
    shown = kernel.run(INSTALL.format(name="numpy"), "yes", "Run")
    assert (shown.status, len(shown.asked)) == ("ok", 2)
    assert "'yes' is none of the answers" in shown.err
    shown = kernel.run(INSTALL.format(name="scipy"), "y", "o\x1b", "u")
    assert (shown.status, len(shown.asked)) == ("error", 3)
    assert "\x1b" not in shown.err


def test_conda_is_put_in_the_next_cell(guarded: Callable[[str], Kernel]):
    kernel = guarded("ask")
    shown = kernel.run(INSTALL.format(name="numpy"), "c")
    # a front end looks at what is to come next only where a cell has not failed
    assert (shown.status, shown.out, shown.data) == ("ok", "", [])
    command = "%conda install \"'numpy>=1,<2'\""
    assert [(each["source"], each["text"], each["replace"]) for each in shown.payload] == [
        ("set_next_input", command, False)
    ]
    assert f"the cell was not run; the next one holds {command}" in shown.err
    assert started(kernel) == 0


def test_what_goes_elsewhere_is_offered_for_this_kernel(guarded: Callable[[str], Kernel]):
    kernel = guarded("ask")
    shown = kernel.run(INSTALL.format(name="away"), "p", "k")
    assert shown.asked[0] == "envguard: r, k, or Enter to cancel? "
    assert [each["text"] for each in shown.payload] == ["%pip install away"]
    assert started(kernel) == 0


def test_async_cells_are_asked_about(guarded: Callable[[str], Kernel]):
    kernel = guarded("ask")
    cell = "import asyncio\nawait asyncio.sleep(0)\n" + INSTALL
    assert kernel.run(cell.format(name="numpy"), "").status == "error"
    shown = kernel.run(cell.format(name="numpy"), "r")
    assert (shown.status, shown.out, len(shown.asked)) == ("ok", RAN, 1)


def test_where_nobody_can_be_asked_it_warns(guarded: Callable[[str], Kernel]):
    kernel = guarded("ask")
    shown = kernel.run(INSTALL.format(name="numpy"), stdin=False)
    assert (shown.status, shown.out, shown.asked) == ("ok", RAN, [])
    assert shown.err.count("\n") == 1
    assert kernel.run(INSTALL.format(name="numpy"), stdin=False).err == ""


def test_what_is_nested_is_asked_about_once(guarded: Callable[[str], Kernel]):
    kernel = guarded("ask")
    shown = kernel.run("%%capture seen\n!echo RAN pip install numpy", "r")
    assert (shown.status, len(shown.asked)) == ("ok", 1)
    assert kernel.run("seen.stdout").data[0]["text/plain"] == repr(RAN)
    # refused inside of a cell that shows nothing of it
    shown = kernel.run("code = 'pip ' + 'install scipy'; r = get_ipython().run_cell('!echo ' + code)\nr.success", "")
    assert (len(shown.asked), shown.data) == (1, [{"text/plain": "False"}])


def test_what_goes_wrong_in_the_guard_stops_no_cell(guarded: Callable[[str], Kernel]):
    kernel = guarded("block")
    shown = kernel.run(INSTALL.format(name="boom"))
    assert (shown.status, shown.out) == ("ok", RAN.replace("numpy", "boom"))
    assert "the guard failed ('ZeroDivisionError: boom\\x1b[31m'), which is a bug of envguard" in shown.err
    assert kernel.run(INSTALL.format(name="boom")).err == ""
    shown = kernel.run(INSTALL.format(name="unreadable"))
    assert shown.status == "ok"
    assert shown.err == "envguard: unreadable cannot be read; the cell runs without having been looked at\n"
    shown = kernel.run(INSTALL.format(name="interrupted"))
    assert (shown.status, shown.traceback) == ("error", "envguard: interrupted; the cell was not run")


SAME = (
    "x = 'pip install numpy'\nx",
    "_",
    "def f(local):\n    !echo pip install {local}\nf('here')",
    "def g(local):\n    found = !echo pip install {local}\n    return found\ng('here')",
    "import asyncio\nawait asyncio.sleep(0)\n'pip install scipy'",
    "async def h():\n    return 'pip install'\nawait h()",
    "pip install (",
    "if 1:\n!echo pip install numpy",
    "  y = 1  # pip install numpy\n z = 2",
    "%%capture seen\n!echo pip install numpy\nprint('conda')\n7",
    "seen.stdout, seen.stderr, seen.outputs",
    "%%bash\necho pip install numpy; exit 3",
    "%%sh --out told\necho pip install numpy",
    "told",
    "r = get_ipython().run_cell('40 + 2  # pip install numpy')\nr.result, r.execution_count",
    "r = get_ipython().run_cell('pip install numpy (', silent=True)\nr.success",
    "r = get_ipython().run_cell('!echo pip install numpy', store_history=True)\nr.execution_count",
    "%%writefile script.ipy\nprint('pip install numpy')\n!echo conda install numpy\nhere = 1",
    "%run script.ipy",
    "%%writefile broken.py\nname = 'pip install numpy'\nraise KeyError(name)",
    "%run broken.py",
    "1 / 0  # pip install numpy",
    "def deep(n):\n    return deep(n - 1) if n else [][1]  # pip install\ndeep(2)",
    "import sys\nsys.exit('pip install numpy')",
    "raise KeyboardInterrupt('pip install')",
    "import warnings\nwarnings.warn('pip install numpy')",
    "from IPython.display import display\ndisplay({'text/plain': 'pip install'}, raw=True)\nprint('conda', file=sys.stderr)",
    "%%time?pip",
    "%sx echo pip install numpy",
    "get_ipython().system('echo pip install numpy; exit 2'); _exit_code",
    "!echo pip install {undefined}",
    "input('pip install? ')",
    "class Doubling:\n    def visit(self, tree):\n        raise ValueError('pip install')\nget_ipython().ast_transformers.append(Doubling())",
    "'pip install'  # its transformer fails and is taken off",
    "get_ipython().ast_transformers == [] or len(get_ipython().ast_transformers)",
    "from IPython.core.error import InputRejected\nclass No:\n    def visit(self, tree):\n        if 'rejected' in __import__('ast').dump(tree):\n            raise InputRejected('pip')\n        return tree\nget_ipython().ast_transformers.append(No())",
    "'pip install, rejected'",
    "'pip install'",
    "'rejected'",
    "%reset_selective -f nothing",
    "get_ipython().events.register('post_run_cell', lambda result: get_ipython().ast_transformers.clear())",
    "before = list(__import__('warnings').filters); 'pip install'",
    "list(__import__('warnings').filters) == before",
    "len(In), sorted(Out)[-1], In[1]",
    "%history -n 1-2",
)
"""Cells with the words of an installer, which must come out as they do without envguard."""


def test_every_other_cell_runs_as_without_the_guard(tmp_path: Path):
    kernels = [Kernel(tmp_path / name) for name in ("with", "without")]
    try:
        for kernel, first in zip(kernels, (SILENT, "pass"), strict=True):
            assert kernel.run(first).status == "ok"
            kernel.run("In[1] = In[2] = get_ipython().history_manager.input_hist_raw[1] = 'pass'")
        for cell in SAME:
            first, second = (_normal(kernel.run(cell, "typed")) for kernel in kernels)
            assert first == second, cell
        judged = kernels[0].run("print(len(__import__('tests.frontends.stand_in', fromlist=['_']).JUDGED))")
        assert int(judged.out) > len(SAME) / 2
    finally:
        for kernel in kernels:
            kernel.stop()


def _normal(shown: Shown) -> dict[str, object]:
    """What was shown, without what differs from process to process."""

    def settled(value: object) -> object:
        if isinstance(value, str):
            value = re.sub(r"ipykernel_\d+", "ipykernel_PID", value)
            value = re.sub(r"0x[0-9a-f]+", "0xADDRESS", value)
            return re.sub(r"/(with|without)/", "/FOLDER/", value)
        if isinstance(value, dict):
            return {key: settled(each) for key, each in value.items()}
        return [settled(each) for each in value] if isinstance(value, list) else value

    return {name: settled(value) for name, value in vars(shown).items()}
