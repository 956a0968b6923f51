"""`%envcheck`: in a real shell, in a real terminal IPython, and in a real kernel that runs a notebook."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

import nbformat
import pytest
from IPython.core.completer import provisionalcompleter
from IPython.utils.capture import capture_output

import envguard
from envguard import demo
from envguard.model import Report, Timeline
from envguard.rules import RULES
from tests.frontends.notebooks import notebook
from tests.frontends.shells import a_shell

if TYPE_CHECKING:
    from collections.abc import Iterator

    from IPython.core.interactiveshell import InteractiveShell


@pytest.fixture(scope="module")
def damaged(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The prefix of the demonstration, in a folder with a space in its name."""
    prefix = tmp_path_factory.mktemp("the magic") / "damaged"
    demo.build(prefix)
    return prefix


@pytest.fixture
def shell(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[InteractiveShell]:
    """A shell with the extension loaded."""
    with a_shell(tmp_path, monkeypatch) as made:
        made.history_manager.enabled = False
        yield made


def run(shell: InteractiveShell, line: str) -> tuple[Any, str, str, list[dict[str, Any]]]:
    """What a line returns, says on stdout and stderr, and displays."""
    with capture_output() as captured:
        result = shell.run_cell(line)
    assert result.success
    return result.result, captured.stdout, captured.stderr, [shown.data for shown in captured.outputs]


def test_it_displays_the_report_and_returns_nothing(shell: InteractiveShell, damaged: Path):
    result, out, error, shown = run(shell, f"%envcheck '{damaged}'")
    assert (result, out, error) == (None, "", "")
    assert [set(bundle) for bundle in shown] == [{"text/html", "text/plain"}]
    assert all("gridmath" in value for value in shown[0].values())
    assert "\x1b" not in shown[0]["text/plain"]


def test_it_leaves_no_name_behind(shell: InteractiveShell, damaged: Path):
    before = dict(shell.user_ns)
    run(shell, f"%envcheck '{damaged}'")
    assert set(shell.user_ns) - set(before) <= {"_i", "_ii", "_iii", "_i1"}


def test_the_report_can_be_kept(shell: InteractiveShell, damaged: Path):
    run(shell, f"%envcheck '{damaged}' -o report")
    assert isinstance(shell.user_ns["report"], Report)
    assert shell.user_ns["report"].environment.prefix == str(damaged)


def test_the_folder_may_come_from_a_variable(shell: InteractiveShell, damaged: Path):
    shell.push({"where": str(damaged)})
    run(shell, "%envcheck '{where}' --out report")
    assert shell.user_ns["report"].environment.prefix == str(damaged)


def test_select_and_ignore(shell: InteractiveShell, damaged: Path):
    run(shell, f"%envcheck --select EG102,conda-depends-unmet --ignore 130 '{damaged}' -o report")
    assert {finding.rule for finding in shell.user_ns["report"].findings} == {"pip-overwrote-conda"}
    assert shell.user_ns["report"].checked == 1


def test_the_kernels_own_environment_is_the_default(shell: InteractiveShell):
    run(shell, "%envcheck -o report")
    assert Path(shell.user_ns["report"].environment.prefix).samefile(sys.prefix)


WRONG = {
    "/no/such/place": "envguard: there is no folder /no/such/place\n",
    "udno": "envguard: udno is neither a folder nor a word of `%envcheck`; "
    "`%envcheck --help` and `%envguard --help` list their words\n",
    "--select nonsense": "envguard: there is no rule nonsense; `envguard rules` lists them\n",
    "--nonsense": "envguard: unrecognized arguments: --nonsense\n",
    "--select": "envguard: argument --select: expected one argument\n",
    "-o not-a-name": "envguard: not-a-name is not the name of a variable\n",
    "'unbalanced": "envguard: No closing quotation in the line of the magic\n",
    "one two": "envguard: one folder at a time; put a path that has spaces in quotes\n",
    "explain": "envguard: `explain` takes one rule; `%envcheck rules` lists them\n",
    "forecast": "envguard: `forecast` takes a command: `%envcheck forecast pip install X`\n",
    "undo": "envguard: that is another magic: `%envguard --help` tells of `undo`\n",
    "diff one two": "envguard: `diff` is for the shell: `!envguard diff --help` tells more\n",
    "explain nonsense": "envguard: there is no rule nonsense; `envguard rules` lists them\n",
}


@pytest.mark.parametrize("line", WRONG)
def test_wrong_arguments_are_one_line(shell: InteractiveShell, line: str):
    assert run(shell, f"%envcheck {line}") == (None, "", WRONG[line], [])


def test_a_bug_of_ours_is_told_as_one(shell: InteractiveShell, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr("envguard.api.inspect", lambda *_, **__: 1 / 0)
    _, _, error, shown = run(shell, "%envcheck")
    assert "ZeroDivisionError" in error
    assert error.splitlines()[-1].startswith("envguard: this is a bug of envguard")
    assert shown == []


def test_rules_and_explain(shell: InteractiveShell):
    assert all(rule.id in run(shell, "%envcheck rules")[1] for rule in RULES[:3])
    assert RULES[0].page.split() == run(shell, f"%envcheck explain {RULES[0].id}")[1].split()[3:]


def test_export(shell: InteractiveShell):
    result, out, error, shown = run(shell, "%envcheck export -o file requirements")
    assert (result, error, shown) == (None, "", [])
    assert out == shell.user_ns["file"]
    assert "# The environment " in out
    assert "is no form of an export" in run(shell, "%envcheck export sarif")[2]


def test_stamp(shell: InteractiveShell, tmp_path: Path):
    file = tmp_path / "a.ipynb"
    cell = {"cell_type": "code", "execution_count": None, "metadata": {}, "outputs": [], "source": ["import IPython\n"]}
    whole = {"cells": [cell], "metadata": {}, "nbformat": 4, "nbformat_minor": 4}
    file.write_text(json.dumps(whole, indent=1), encoding="utf-8")
    assert "tells now of 1 module" in run(shell, f"%envcheck stamp '{file}'")[1]
    stamped = nbformat.read(file, as_version=4)
    nbformat.validate(stamped)
    assert stamped.metadata.envguard.packages.IPython.distribution == "ipython"
    assert "takes the file of one notebook" in run(shell, "%envcheck stamp a b")[2]


def test_history(shell: InteractiveShell, damaged: Path):
    result, out, error, shown = run(shell, f"%envcheck history '{damaged}' -o story")
    assert (result, out, error) == (None, "", "")
    assert set(shown[0]) == {"text/html", "text/plain"}
    assert all("hand-over" in value and "gridmath" in value for value in shown[0].values())
    assert isinstance(shell.user_ns["story"], Timeline)
    assert "one folder at a time" in run(shell, "%envcheck history a b")[2]


def test_the_project_of_the_notebook_is_heard(
    shell: InteractiveShell, damaged: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    (tmp_path / "pyproject.toml").write_text('[tool.envguard]\nselect = ["pip-overwrote-conda"]\n')
    monkeypatch.chdir(tmp_path)
    run(shell, f"%envcheck '{damaged}' -o report")
    assert shell.user_ns["report"].checked == 1
    run(shell, f"%envcheck --no-config '{damaged}' -o report")
    assert shell.user_ns["report"].checked > 1


IDS = [rule.id for rule in RULES]


def completed(shell: InteractiveShell, line: str) -> list[str]:
    """The last words that the line can end in, asked as ipykernel and the terminal ask."""
    with provisionalcompleter():
        found = list(shell.Completer.completions(line, len(line)))
    return sorted({(line[: each.start] + each.text).split()[-1] for each in found})


@pytest.mark.parametrize(
    ("line", "expected"),
    [
        ("%envcheck --select pip-over", ["pip-overwrote-conda"]),
        ("%envcheck --select=pip-over", ["--select=pip-overwrote-conda"]),
        ("%envcheck --ignore conda-file-missing,pip-over", ["conda-file-missing,pip-overwrote-conda"]),
        ("%envcheck --ignore ", sorted(IDS)),
        ("%envcheck explain pip-over", ["pip-overwrote-conda"]),
        ("%envcheck --sel", ["--select"]),
        ("%envcheck exp", ["explain", "export"]),
        ("%envcheck export req", ["requirements"]),
        ("%envcheck hist", ["history"]),
        ("%envcheck -o x --ig", ["--ignore"]),
    ],
)
def test_completion(shell: InteractiveShell, line: str, expected: list[str]):
    assert completed(shell, line) == expected


def test_folders_are_still_completed(shell: InteractiveShell, tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    (tmp_path / "somewhere").mkdir()
    monkeypatch.chdir(tmp_path)
    assert any("somewhere" in found for found in completed(shell, "%envcheck somew"))


def test_help(shell: InteractiveShell):
    with capture_output() as captured:
        shell.run_cell("%envcheck?")
    said = captured.stdout + "".join(shown.data["text/plain"] for shown in captured.outputs)
    assert all(word in said for word in ("--select RULE", "--details", "Examples", "%envcheck explain"))
    assert "--select RULE" in run(shell, "%envcheck --help")[1]


def test_unloading_takes_everything_away(shell: InteractiveShell):
    shell.run_line_magic("unload_ext", "envguard")
    assert shell.find_line_magic("envcheck") is shell.find_line_magic("envpanel") is None
    assert "pip-overwrote-conda" not in completed(shell, "%envcheck --select pip-over")
    shell.run_line_magic("load_ext", "envguard")
    assert shell.find_line_magic("envcheck") is not None


def test_loading_imports_nothing_heavy():
    script = "import sys, IPython; before = set(sys.modules); import envguard\n"
    script += "from IPython.core.interactiveshell import InteractiveShell\nshell = InteractiveShell()\nbefore |= set(sys.modules)\n"
    script += "envguard.load_ipython_extension(shell); print(*sorted(set(sys.modules) - before), sep='\\n')"
    ran = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)
    frontends = (
        "frontends",
        *(f"frontends.{name}" for name in ("guard", "hint", "magic", "modes", "unfinished", "watch")),
    )
    commands = ("commands", "commands.cell", "commands.command", "settings", "traces", "value")
    assert set(ran.stdout.split()) <= {f"envguard.{name}" for name in (*frontends, *commands)}


def test_a_terminal_shows_text_in_colour(damaged: Path, tmp_path: Path):
    pexpect = pytest.importorskip("pexpect")
    env = {name: value for name, value in os.environ.items() if name != "NO_COLOR"}
    command = f"%load_ext envguard\n%envcheck '{damaged}'\n"
    (tmp_path / "session.ipy").write_text(command)
    said = pexpect.run(
        f"{sys.executable} -m IPython --no-banner {tmp_path}/session.ipy",
        env={**env, "TERM": "xterm-256color", "IPYTHONDIR": str(tmp_path)},
        timeout=60,
    ).decode()
    assert "gridmath" in said
    assert "\x1b[" in said
    assert "<div" not in said


def test_a_notebook(kernels: Path, damaged: Path):
    outputs = notebook(
        kernels,
        "names = None; names = set(globals())",
        "%load_ext envguard",
        f"%envcheck '{damaged}' -o report",
        "print(sorted(name for name in set(globals()) - names if not name.startswith('_')), report.verdict.value)",
        "%envcheck /no/such/place",
        "42",
    )
    assert outputs[1] == []
    (shown,) = outputs[2]
    assert shown["output_type"] == "display_data"
    assert set(shown["data"]) == {"text/html", "text/plain"}
    assert "gridmath" in shown["data"]["text/html"]
    assert outputs[3][0]["text"] == "['report'] broken\n"
    assert (outputs[4][0]["name"], outputs[4][0]["text"]) == ("stderr", "envguard: there is no folder /no/such/place\n")
    assert outputs[5][0]["data"]["text/plain"] == "42"


BREAK = """
import sys
sys.path.insert(0, {folder!r})
for name in [name for name in sys.modules if name.partition(".")[0] in {names!r}]:
    del sys.modules[name]
"""


@pytest.mark.parametrize("error", ["ImportError('DLL load failed')", "AttributeError('module has no attribute')"])
def test_the_doctor_needs_no_healthy_patient(kernels: Path, damaged: Path, error: str):
    names = ("rich", "rattler", "packaging", "ipywidgets")
    broken = kernels / "broken"
    broken.mkdir()
    for name in names:
        (broken / f"{name}.py").write_text(f"raise {error}\n")
    _, _, report, panel = notebook(
        kernels,
        BREAK.format(folder=str(broken), names=names),
        "%load_ext envguard",
        f"%envcheck '{damaged}'",
        f"%envpanel '{damaged}'",
    )
    for outputs in (report, panel):
        assert [output["output_type"] for output in outputs] == ["display_data"]
        assert set(outputs[0]["data"]) == {"text/html", "text/plain"}
        assert all("pip-overwrote-conda" in value for value in outputs[0]["data"].values())
    assert error.partition("(")[0] in panel[0]["data"]["text/plain"]


def test_the_functions(damaged: Path):
    assert isinstance(envguard.inspect(damaged), Report)
    assert envguard.__version__


@pytest.mark.parametrize(("name", "hides"), [("configparser", True), ("mine", False)])
def test_a_file_that_hides_a_module_of_pythons_own_is_named(tmp_path: Path, name: str, hides: bool):
    (tmp_path / f"{name}.py").write_text("")
    code = (
        "from IPython.core.interactiveshell import InteractiveShell\n"
        "shell = InteractiveShell.instance()\n"
        "shell.history_manager.enabled = False\n"
        "shell.run_line_magic('load_ext', 'envguard')\n"
        "shell.run_line_magic('envcheck', '')\n"
    )
    env = {**os.environ, "IPYTHONDIR": str(tmp_path / "ipython")}
    done = subprocess.run(
        [sys.executable, "-c", code], cwd=tmp_path, env=env, capture_output=True, text=True, check=True
    )
    last = done.stderr.rstrip().rpartition("\n")[2]
    assert (str(tmp_path / "configparser.py") in last) is hides
    assert "bug of envguard" not in done.stderr
