"""The table of cells: what is found in each, where it stands, and that IPython would run the same."""

from __future__ import annotations

import ast
import json
import subprocess
import sys
from functools import partial
from pathlib import Path
from types import SimpleNamespace

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from IPython.core.inputtransformer2 import TransformerManager
from IPython.core.magics.packaging import PackagingMagics

from envguard.commands import python
from envguard.commands.cell import TRIGGER, invocations, of_line, triggered
from envguard.commands.command import KERNEL_PYTHON, Command, Form, Invocation, Place, Span
from envguard.commands.find import commands
from envguard.commands.find import of_line as commands_of
from tests.growth import growth

TABLE = json.loads((Path(__file__).parent / "cells.json").read_text(encoding="utf-8"))
CELLS, SILENT = TABLE["cells"], TABLE["silent"]
TRIGGERS = json.loads((Path(__file__).parent / "triggers.json").read_text(encoding="utf-8"))["rows"]
SOURCES = [row["source"] for row in (*CELLS, *SILENT)]
PLACE = Place(**TABLE["place"])


def standing(source: str, span: Span) -> str:
    """What stands at a span."""
    lines = source.replace("\r\n", "\n").split("\n")
    if span.line == span.end_line:
        return lines[span.line - 1][span.column : span.end_column]
    first, *between = lines[span.line - 1 : span.end_line - 1]
    return "\n".join((first[span.column :], *between, lines[span.end_line - 1][: span.end_column]))


def told(source: str, command: Command) -> dict[str, object]:
    row: dict[str, object] = {
        "tool": command.tool.value,
        "verb": command.verb.value,
        "requirements": [one.name or one.text for one in command.requirements],
        "form": command.form.value,
        "aim": command.aim.kind.value,
        "aim_value": command.aim.value,
        "certain": command.certain,
        "conditional": command.conditional,
        "text": standing(source, command.span),
    }
    return row | ({"files": [file.path for file in command.files]} if command.files else {})


def words(found: Invocation) -> list[str]:
    """The words, an unknown one with a question mark."""
    return [word.text if word.known else f"?{word.text}" for word in found.words]


def test_the_table_is_as_large_as_it_was_asked_for_and_names_each_row_once():
    assert len(CELLS) >= 150
    assert len(SILENT) >= 60
    assert len({row["id"] for row in (*CELLS, *SILENT)}) == len(SOURCES)


@pytest.mark.parametrize("row", CELLS, ids=[row["id"] for row in CELLS])
def test_the_commands_of_a_cell(row):
    source = row["source"]
    assert [told(source, command) for command in commands(source, PLACE)] == row["commands"]


@pytest.mark.parametrize("row", SILENT, ids=[row["id"] for row in SILENT])
def test_a_cell_that_only_mentions_one(row):
    assert commands(row["source"], PLACE) == ()


@pytest.mark.parametrize("row", TRIGGERS, ids=lambda row: repr(row["source"]))
def test_the_cheap_look_that_typescript_repeats(row):
    assert triggered(row["source"]) is row["triggered"]


@pytest.mark.parametrize("row", CELLS, ids=[row["id"] for row in CELLS])
def test_every_command_has_a_word_that_triggers_the_look(row):
    assert TRIGGER.search(row["source"])
    assert triggered(row["source"])


# What IPython makes of a cell, read by its tree, leads to the same commands.


def transformed(source: str) -> str:
    """The cell as IPython would compile it."""
    return TransformerManager().transform_cell(source)


def sense(found: Invocation) -> tuple[object, ...]:
    return (*words(found), dict(found.variables), found.wrappers, found.folder, found.conditional)


def agrees(source: str) -> bool:
    """Whether both roads see the same; None of what IPython cannot parse is compared."""
    try:
        code = transformed(source)
        tree = ast.parse(code)
    except (SyntaxError, ValueError):
        return True
    one, other = invocations(source), python.of_tree(tree, code)
    assert [sense(found) for found in one] == [sense(found) for found in other], code
    return bool(one)


def compared(source: str) -> bool:
    """Automagic is no matter of the transformer, nor is a line that its help swallows."""
    return len(source.strip().splitlines()) > 1 or source.lstrip()[:1] in "!%"


@pytest.mark.filterwarnings("ignore::SyntaxWarning", "ignore::DeprecationWarning")
def test_the_source_and_what_ipython_makes_of_it_lead_to_the_same():
    seen = [agrees(source) for source in SOURCES if compared(source)]
    assert sum(seen) > 200


# What an invocation tells beside its words.

SURROUNDED = [
    ("!A=1 B='x y' pip install x", {"A": "1", "B": "x y"}, (), None),
    ("!export A=1; B=2; pip install x", {"A": "1"}, (), None),
    ("!export A=$HOME/x; pip install x", {"A": None}, (), None),
    ("!env -u B A=1 pip install x", {"A": "1"}, ("env",), None),
    ("!sudo -E A=1 nice -n 5 pip install x", {"A": "1"}, ("sudo", "nice"), None),
    ("!cd a && cd b && pip install x", {}, (), "a/b"),
    ("!(cd a); pip install x", {}, (), None),
    ("!cd /a && pip install x", {}, (), "/a"),
    ("!cd {where} && pip install x", {}, (), "{where}"),
    ("%cd a\n!cd b && pip install x", {}, (), "a/b"),
    ("!cd a\n!pip install x", {}, (), None),
    ("import os\nos.chdir('a')\n!pip install x", {}, (), "a"),
    ("%env A=1\n%pip install x", {"A": "1"}, (), None),
    ("import os\nos.environ['A'] = '1'\nos.environ['B'] = b\n!pip install x", {"A": "1", "B": None}, (), None),
    ("import subprocess\nsubprocess.run(['pip', 'install', 'x'], cwd='a', env=dict(A='1'))", {"A": "1"}, (), "a"),
    ("!bash -c 'cd a; sudo pip install x'", {}, ("bash", "sudo"), "a"),
    ("!. v/bin/activate; pip install x", {"VIRTUAL_ENV": "v"}, (), None),
    ("!source v/bin/activate && pip install x", {"VIRTUAL_ENV": "v"}, (), None),
    ("!conda activate e && pip install x", {"CONDA_DEFAULT_ENV": "e", "CONDA_SHLVL": None}, (), None),
    ("!conda activate /e && pip install x", {"CONDA_PREFIX": "/e", "CONDA_SHLVL": None}, (), None),
    ("!source activate e && pip install x", {"CONDA_DEFAULT_ENV": "e", "CONDA_SHLVL": "1"}, (), None),
    (
        "%%bash\nsource /c/etc/profile.d/conda.sh\nconda activate e\npip install x",
        {"CONDA_DEFAULT_ENV": "e", "CONDA_SHLVL": "1"},
        (),
        None,
    ),
    (
        "%%cmd\nset A=1\ncd /d C:\\x\ncall e\\Scripts\\activate.bat\npip install x",
        {"A": "1", "VIRTUAL_ENV": "e"},
        (),
        "C:\\x",
    ),
    ("!find . -name r.txt -exec pip install -r {} \\;", {}, ("find",), None),
    ("!cat r | xargs -I % pip install %", {}, ("xargs",), None),
]


@pytest.mark.parametrize(("source", "variables", "wrappers", "folder"), SURROUNDED)
def test_what_holds_where_a_command_stands(source, variables, wrappers, folder):
    found = [one for one in invocations(source) if "install" in words(one)]
    assert [(dict(one.variables), one.wrappers, one.folder) for one in found] == [(variables, wrappers, folder)]


WORDS = [
    ('!pip install "a b" \'c\'"d"e\\ f', ["pip", "install", "a b", "cde f"]),
    ("!pip install $'a\\'b'", ["pip", "install", "a'b"]),
    ("!X='a b'; pip install $X \"$X\" ${X}", ["pip", "install", "a", "b", "a b", "a", "b"]),
    ("!X=; pip install $X y", ["pip", "install", "y"]),
    ("!X=1; pip install y==$X.0", ["pip", "install", "y==1.0"]),
    ("!pip install ${X:-numpy}", ["pip", "install", "?${X:-numpy}"]),
    ("!pip install $(cat r.txt)", ["pip", "install", "?$(cat r.txt)"]),
    ("!pip install {a,b}", ["pip", "install", "?{a,b}"]),
    ("!pip install '{x}' $$x", ["pip", "install", "?{x}", "?$$x"]),
    ("n = 'a'\nn = input()\n!pip install {n}", ["pip", "install", "?{n}"]),
    ("n = 'a'\nif x:\n    n = 'b'\n!pip install {n}", ["pip", "install", "?{n}"]),
    ("n = 'a'\nif x:\n    n = 'b'\n    !pip install {n}", ["pip", "install", "b"]),
    ("n = 'a'\nfor x in y:\n    !pip install {n}\n    n = x", ["pip", "install", "?{n}"]),
    ("n = ['a', 'b']\n!pip install {' '.join(n)}", ["pip", "install", "a", "b"]),
    ("n = ['a']\nn.append(x)\n!pip install {' '.join(n)}", ["pip", "install", "?{' '.join(n)}"]),
    ("v = 2\n!pip install a=={v} b=={w!r}", ["pip", "install", "a==2", "?b=={w!r}"]),
    ("def f(n):\n    !pip install {n}\nn = 'a'", ["pip", "install", "?{n}"]),
    ("import sys\npy = sys.executable\n!{py} -m pip install a", [KERNEL_PYTHON, "-m", "pip", "install", "a"]),
    (
        "%%python3\nimport os, sys\nos.system(sys.executable + ' -m pip install a')",
        ["python3", "-m", "pip", "install", "a"],
    ),
    ("!pip install a>log b", ["pip", "install", "a", "b"]),
    ("!pip install 'a", ["pip", "install", "?'a"]),
    ('!pip install "a b', ["pip", "install", '?"a b']),
    ("!pip install 'a \\\n b'", ["pip", "install", "a   b"]),
    ("\\\n!pip install a", ["pip", "install", "a"]),
    ("x = \\\n  !pip install a", ["pip", "install", "a"]),
    ("print(1)\n>>> !pip install a", ["pip", "install", "a"]),
    ("!pip install a \\\n  # comment", ["pip", "install", "a"]),
]


@pytest.mark.parametrize(("source", "expected"), WORDS)
def test_the_words_of_a_command(source, expected):
    assert [words(one) for one in invocations(source)] == [expected]


LINES = [
    ("pip install a && conda install b", ["pip install a", "conda install b"]),
    ("#!/bin/sh\nset -e\npip install a\n", ["pip install a"]),
    ("echo pip install a", []),
    ("pip install {a}", ["pip install {a}"]),
]


@pytest.mark.parametrize(("line", "expected"), LINES)
def test_a_line_of_a_shell(line, expected):
    found = of_line(line)
    assert [" ".join(words(one)).replace("?", "") for one in found] == expected
    assert {one.form for one in found} <= {Form.LINE}


WINDOWS = [
    ("!pip install x & pip install y", [["pip", "install", "x"], ["pip", "install", "y"]]),
    ("!pip install \"x>=2\" 'y' ^\n  z", [["pip", "install", "x>=2", "'y'"]]),
    ("!C:\\py\\python.exe -m pip install x", [["C:\\py\\python.exe", "-m", "pip", "install", "x"]]),
    ("!py -3.11 -m pip install x", [["py", "-3.11", "-m", "pip", "install", "x"]]),
    ("!set P=x&& pip install %P% %Q%", [["pip", "install", "x", "?%Q%"]]),
    ('!cmd /c "pip install x"', [["pip", "install", "x"]]),
    ("!echo pip install x", []),
    ("!pip install x > nul 2>&1 || pip install y", [["pip", "install", "x"], ["pip", "install", "y"]]),
    ("import subprocess\nsubprocess.run('pip install x')", [["pip", "install", "x"]]),
    ("import subprocess\nsubprocess.run(['pip', 'install', 'x'], shell=True)", [["pip", "install", "x"]]),
    ("%%bash\npip install x & pip install y", [["pip", "install", "x"], ["pip", "install", "y"]]),
]


@pytest.mark.parametrize(("source", "expected"), WINDOWS)
def test_where_the_shell_is_that_of_windows(source, expected):
    assert [words(one) for one in invocations(source, windows=True)] == expected


# Whatever is typed.

HOSTILE = [
    "!pip install \0x",
    "\ufeff!pip install x",
    "!pip install " + "(" * 3000,
    "!pip install " + "$(" * 3000,
    "x = " + "(" * 3000 + "'pip'",
    "x = " + "-" * 50_000 + "1  # pip",
    "x = " + "+".join(["'pip'"] * 20_000),
    "pip" + ".a" * 20_000,
    "import os\nos.system('''" + "pip install x && " * 3000 + "true''')",
    "".join(" " * depth + "if x:\n" for depth in range(150)) + " " * 150 + "!pip install x",
    "if a:\n  pass\n" + "elif b:\n  !pip install x\n" * 2000,
    "'''unfinished\n!pip install x",
    "!pip install 'unfinished\n!pip install \"unfinished\nx = 'unfinished",
    "%%bash\n" + "if true; then\n" * 500 + "pip install x",
    "%%time\n" * 50 + "!pip install x",
    "get_ipython().run_cell(\"get_ipython().run_cell('!pip install x')\")",
    "!pip install \U000f0000 \U000ffffd \ud800",
    "!bash -c '" + "bash -c " * 50 + "pip install x'",
]


MISREAD = (
    ("""install "numpy>=2" six""", ["numpy>=2"]),
    ("install 'numpy<2'", ["numpy<2"]),
    ("install 'numpy >=1.26,<2' -y", ["numpy >=1.26,<2"]),
    ("install 'numpy=1.25|1.26'", ["numpy=1.25|1.26"]),
    ("install numpy\\>=2", ["numpy>=2"]),
    ("install numpy=2 six", []),
    ("install 'numpy!=2.0'", []),
    ("install six > log.txt 2>&1", []),
    ("""install "'numpy>=2'" six""", []),
    ("""install '"numpy>=2"'""", []),
    ("""install 'numpy[version=">=2"]'""", []),
    ("install -c conda-forge 'conda-forge::numpy==2.*'", []),
)


@pytest.mark.parametrize(("line", "misread"), MISREAD, ids=[row[0] for row in MISREAD])
def test_what_becomes_of_quotes_that_ipython_takes_off(line, misread, tmp_path):
    """Against IPython's own magic: either conda gets the words that we say it gets, or we say which it does not get."""
    log, conda = tmp_path / "log", tmp_path / "conda"
    conda.write_text(f"#!{sys.executable}\nimport json, sys\nopen({str(log)!r}, 'w').write(json.dumps(sys.argv[1:]))\n")
    conda.chmod(0o755)
    shell = SimpleNamespace(system=lambda said: subprocess.run(said, shell=True, cwd=tmp_path, capture_output=True))
    PackagingMagics._run_command(SimpleNamespace(shell=shell), str(conda), line)
    got = json.loads(log.read_text()) if log.exists() else []
    [command] = commands(f"%conda {line}", PLACE)
    assert list(command.misread) == misread
    assert (set(command.argv[1:]) <= set(got)) is not bool(misread)
    for other in (f"!conda {line}", f"%pip {line}"):
        assert [each.misread for each in commands(other, PLACE)] == [()]


def test_a_line_is_one_for_the_shell_that_reads_it():
    line = "pip install six^>=1"
    for windows, text in ((False, "six^"), (True, "six>=1")):
        [command] = commands_of(line, PLACE, windows=windows)
        assert [each.text for each in command.requirements] == [text]


@pytest.mark.parametrize("source", HOSTILE, ids=range(len(HOSTILE)))
@pytest.mark.parametrize("windows", [False, True])
def test_no_text_is_too_strange(source, windows):
    assert isinstance(invocations(source, windows=windows), tuple)
    assert isinstance(of_line(source, windows=windows), tuple)


@pytest.mark.parametrize(
    "line",
    [
        "x = 'größe'  # pip\n",
        "!pip install numpy\n",
        "f(a, [b], {'c': 1})\n",
        "x = (\n",
        '"""\n',
        "os.system('pip install x')\n",
    ],
)
def test_time_grows_as_the_text_does(line):
    """Ten times the text costs ten times, not a hundred times."""
    assert growth(lambda lines: partial(invocations, "import os\n# pip\n" + line * lines), 300, 3000) < 30


FRAGMENTS = st.sampled_from(
    ["pip", "install", "!", "%", "%%bash\n", "\n", " ", "'", '"', "&&", "||", ";", "|", "$(", ")", "(", "{", "}", "$x", "\\\n",
     "#", "<<EOF\n", "EOF\n", "if x:\n", "  ", "x = ", "conda", "os.system(", "`", ">", "2>&1", "é", "\r\n", "?", "export A=1",
     "cd a", "numpy", "f'", "'''", "[", "]", "sudo", "bash -c", "\0", "^", "for i in a; do ", "done", "fi", "then "]
)  # fmt: skip
FAST = settings(max_examples=150, deadline=None, suppress_health_check=list(HealthCheck))


@FAST
@given(st.one_of(st.text(), st.lists(FRAGMENTS, max_size=25).map("".join)), st.booleans())
def test_any_text_is_read_without_an_exception(text, windows):
    for source in (text, f"!pip {text}", f"%%bash\npip {text}", f"import os\nos.system({text!r} 'pip install x')"):
        for one in (*invocations(source, windows=windows), *of_line(source, windows=windows)):
            assert one.span.line <= one.span.end_line <= source.count("\n") + source.count("\r") + 1
            assert one.words


@FAST
@given(st.sampled_from(SOURCES), st.data())
def test_a_changed_row_is_read_without_an_exception(source, data):
    start = data.draw(st.integers(0, len(source)))
    end = data.draw(st.integers(start, min(len(source), start + 8)))
    changed = source[:start] + data.draw(FRAGMENTS) + source[end:]
    for one in invocations(changed):
        assert standing(changed.replace("\r", "\n") if "\r\n" not in changed else changed, one.span).strip()


@FAST
@given(st.lists(st.one_of(FRAGMENTS, st.text(max_size=8)), max_size=30).map("".join))
def test_nothing_is_found_without_a_word_that_triggers(text):
    if TRIGGER.search(text) is None:
        assert not triggered(text)
        assert invocations(text) == of_line(text) == ()
    else:
        assert triggered(text)


def test_a_cell_without_such_a_word_loads_nothing():
    code = (
        "import sys; before = set(sys.modules)\n"
        "from envguard.commands.cell import invocations\n"
        "invocations('import numpy as np\\n!ls\\n')\n"
        "heavy = {'ast', 'tree_sitter', 'IPython', 'envguard.commands.shell', 'envguard.commands.python'}\n"
        "print(sorted(heavy & (set(sys.modules) - before)))\n"
        "invocations('import pip')\n"
        "print('tree_sitter' in sys.modules)"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.split("\n")[1:] == ["False", ""]
    assert "tree_sitter" not in done.stdout
    assert "shell" not in done.stdout
