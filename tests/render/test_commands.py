from __future__ import annotations

import json
import os
import shlex
import subprocess
import sys

import pytest
from hypothesis import given
from hypothesis import strategies as st

from envguard.model import Fix, Step, Where, text
from envguard.render.commands import command, places
from envguard.render.language import clean


@pytest.mark.parametrize(
    ("argv", "where", "platform", "line"),
    [
        (("conda", "install", "numpy=1.26"), Where.TERMINAL, "linux-64", "conda install numpy=1.26"),
        (("conda", "install", "numpy<2"), Where.TERMINAL, None, "conda install 'numpy<2'"),
        (("/opt/my env/bin/python", "-m", "pip"), Where.TERMINAL, "osx-arm64", "'/opt/my env/bin/python' -m pip"),
        (("evil\n$(id)",), Where.TERMINAL, "linux-64", r"'evil\n$(id)'"),
        (
            (r"C:\Users\ada\env\python.exe", "-m", "pip"),
            Where.TERMINAL,
            "win-64",
            r"C:\Users\ada\env\python.exe -m pip",
        ),
        ((r"C:\Program Files\py.exe", "numpy<2"), Where.TERMINAL, "win-64", r'"C:\Program Files\py.exe" "numpy<2"'),
        (("pip", 'a"b & calc', "$(calc)"), Where.TERMINAL, "win-64", 'pip "a""b & calc" "`$(calc)"'),
        (("pip", "install", "numpy<2"), Where.CELL, "linux-64", "%pip install 'numpy<2'"),
        (("%pip", "install", "numpy"), Where.CELL, "linux-64", "%pip install numpy"),
        (("conda", "install", "numpy<2"), Where.CELL, "linux-64", "%conda install \"'numpy<2'\""),
        (("%load_ext", "envguard"), Where.CELL, "linux-64", "%load_ext envguard"),
        (("%envcheck",), Where.CELL, "linux-64", "%envcheck"),
        (("uv", "pip", "list"), Where.CELL, "linux-64", "!uv pip list"),
        (("!uv", "pip", "{x}"), Where.CELL, "linux-64", "!uv pip '{{x}}'"),
        (("import", "torch", "ext_1"), Where.CELL, "linux-64", "import torch, ext_1"),
        (("import", "torch", "x\nevil()"), Where.CELL, "linux-64", r"!import torch 'x\nevil()'"),
        (("import", "torch"), Where.TERMINAL, "linux-64", "import torch"),
        ((), Where.CELL, "linux-64", ""),
        (("restart",), Where.KERNEL, "linux-64", "restart"),
    ],
)
def test_command(argv, where, platform, line):
    assert command(Step(argv, where), platform) == line


@given(st.lists(st.text(st.characters()), min_size=1))
def test_a_shell_reads_back_what_was_meant(argv):
    line = command(Step(tuple(argv)), "linux-64")
    assert line.isprintable()
    assert shlex.split(line) == [clean(argument, longest=None) for argument in argv]


def test_neighbours_for_the_same_place_stand_together():
    steps = (Step(("a",)), Step(("b",)), Step(("pip", "c"), Where.CELL), Step(("d",)))
    assert places(Fix(text("title"), steps), None) == (
        (Where.TERMINAL, ("a", "b")),
        (Where.CELL, ("%pip c",)),
        (Where.TERMINAL, ("d",)),
    )


HEARD = """
import json, sys
from IPython.core.history import HistoryManager
from IPython.core.interactiveshell import InteractiveShell

HistoryManager.enabled = False
shell = InteractiveShell.instance()
shell.user_ns["x"] = "EXPANDED"
sys.prefix = sys.argv[1]
heard = []
# What IPython's own `system` does before it hands the line to a shell.
shell.system = lambda line: heard.append(shell.var_expand(line, depth=1))
for line in json.load(sys.stdin):
    shell.run_cell(line)
with open(sys.argv[2], "w") as out:
    json.dump(heard, out)
"""


@pytest.mark.skipif(os.name == "nt", reason="the quoting of POSIX")
def test_ipython_hands_the_shell_what_was_meant(tmp_path):
    # A hostile package name in braces would otherwise be evaluated when the suggested line is pasted and run.
    arguments = ["numpy<2", "{x}", "{{x}}", "$x", "$$x", "${x}", "$(id)", "`id`", "a;b", "it's", '"q"', "b\\c", "{x"]
    (tmp_path / "conda-meta").mkdir()
    (tmp_path / "conda-meta" / "history").touch()
    tools = ("pip", "conda", "mamba", "uv")
    steps = [Step((tool, "install", argument), Where.CELL) for tool in tools for argument in arguments]
    out = tmp_path / "heard.json"
    subprocess.run(
        [sys.executable, "-c", HEARD, str(tmp_path), str(out)],
        input=json.dumps([command(step, "linux-64") for step in steps]),
        text=True,
        check=True,
        capture_output=True,
        timeout=60,
        env={**os.environ, "IPYTHONDIR": str(tmp_path)},
    )
    heard = [shlex.split(line)[-1] for line in json.loads(out.read_text())]
    assert heard == [step.argv[-1] for step in steps]
