"""`%envguard` and what sets the guard: in a real shell, with a stand-in for the judge."""

from __future__ import annotations

import gc
import os
import sys
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from IPython.core.completer import provisionalcompleter
from IPython.core.interactiveshell import InteractiveShell
from IPython.utils.capture import capture_output
from traitlets.config import Config

from envguard.forecast_report import Concern
from envguard.frontends import guard, guard_magic
from envguard.settings import Mode
from tests.frontends import stand_in

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

LINE = "envguard: pip would replace conda's numpy 1.0; `%envcheck forecast pip install numpy` tells more\n"
INSTALL = "_ = 'pip install {name}'"


@pytest.fixture
def made(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Callable[..., InteractiveShell]]:
    """Makes a shell with the extension loaded, by this configuration."""
    monkeypatch.setenv("IPYTHONDIR", str(tmp_path))
    monkeypatch.delenv("ENVGUARD_MODE", raising=False)

    def make(**configured: Any) -> InteractiveShell:
        config = Config({"EnvGuard": configured, "HistoryManager": {"enabled": False}})
        InteractiveShell.clear_instance()
        shell = InteractiveShell.instance(ipython_dir=str(tmp_path), config=config)
        shell.run_line_magic("load_ext", "envguard")
        of(shell).judge = stand_in.judge
        return shell

    yield make
    InteractiveShell.clear_instance()
    gc.collect()


@pytest.fixture
def shell(made: Callable[..., InteractiveShell]) -> InteractiveShell:
    return made()


def of(shell: InteractiveShell) -> guard.Guard:
    found = guard.of(shell)
    assert found is not None
    return found


def run(shell: InteractiveShell, cell: str) -> tuple[bool, str, str]:
    """Whether a cell succeeds, and what it says on stdout and stderr."""
    with capture_output() as captured:
        result = shell.run_cell(cell)
    return bool(result.success), captured.stdout, captured.stderr


def test_what_is_shown(shell: InteractiveShell):
    done, out, error = run(shell, "%envguard")
    assert (done, error) == (True, "")
    first, second, third, *_ = out.splitlines()
    assert first == "mode: warn, the default: one line before an install that something speaks against, and it runs"
    assert second == "protection: off"
    assert third == f"loaded by every kernel of {sys.prefix}: off"
    assert "ignored: nothing\n" in out


@pytest.mark.parametrize("mode", list(Mode))
def test_a_mode_is_set(shell: InteractiveShell, mode: Mode):
    assert run(shell, f"%envguard {mode.value}")[1].startswith(f"mode: {mode.value}, set by %envguard: ")
    done, _, error = run(shell, INSTALL.format(name="numpy"))
    assert done is (mode is not Mode.BLOCK)
    # nobody can be asked here, so `ask` warns
    assert (error == LINE) is (mode in (Mode.WARN, Mode.ASK))


def test_who_is_heard(made: Callable[..., InteractiveShell], monkeypatch: pytest.MonkeyPatch):
    shell = made(mode="ask")
    assert of(shell).modes.mode() == (Mode.ASK, "c.EnvGuard.mode")
    monkeypatch.setenv("ENVGUARD_MODE", "Block")
    assert of(shell).modes.mode() == (Mode.BLOCK, "ENVGUARD_MODE")
    run(shell, "%envguard off")
    assert of(shell).modes.mode() == (Mode.OFF, "%envguard")
    run(shell, "%envguard default")
    assert of(shell).mode is Mode.BLOCK
    monkeypatch.delenv("ENVGUARD_MODE")
    run(shell, "%config EnvGuard.mode = 'off'")
    assert of(shell).mode is Mode.OFF


@pytest.mark.parametrize("wrong", ["loud", 3, ["ask"], "w\x1b[31m" * 40])
def test_a_wrong_mode_is_told_once_and_counts_for_nothing(made: Callable[..., InteractiveShell], wrong: Any):
    with capture_output() as captured:
        shell = made(mode=wrong)
    assert captured.stderr.startswith("envguard: c.EnvGuard.mode is ")
    assert captured.stderr.endswith(", which is none of off, warn, ask, block; it counts for nothing\n")
    assert "\x1b" not in captured.stderr
    assert run(shell, INSTALL.format(name="numpy")) == (True, "", LINE)


def test_a_wrong_variable_leaves_the_next_one_its_say(
    made: Callable[..., InteractiveShell], monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setenv("ENVGUARD_MODE", "strict")
    with capture_output() as captured:
        shell = made(mode="block")
    assert captured.stderr == (
        "envguard: ENVGUARD_MODE is 'strict', which is none of off, warn, ask, block; it counts for nothing\n"
    )
    assert of(shell).mode is Mode.BLOCK


def test_concerns_are_ignored_and_heeded(made: Callable[..., InteractiveShell]):
    with capture_output() as captured:
        shell = made(ignore=["other-environment", "nonsense"])
    assert captured.stderr == (
        "envguard: c.EnvGuard.ignore names 'nonsense', which is no concern; `%envguard rules` lists them\n"
    )
    run(shell, "%envguard block")
    assert run(shell, INSTALL.format(name="away")) == (True, "", "")
    assert run(shell, "%envguard ignore replaces-conda we mean to") == (True, "", "")
    assert run(shell, INSTALL.format(name="numpy")) == (True, "", "")
    said = run(shell, "%envguard")[1]
    assert "ignored: other-environment (c.EnvGuard.ignore), replaces-conda (we mean to)\n" in said
    assert "(ignored: we mean to)" in run(shell, "%envguard rules")[1]
    # one of two is left
    assert not run(shell, INSTALL.format(name="forced"))[0]
    run(shell, "%envguard heed replaces-conda")
    assert not run(shell, INSTALL.format(name="numpy"))[0]
    assert run(shell, "%envguard heed other-environment")[2] == (
        "envguard: other-environment is ignored by c.EnvGuard.ignore; change it there\n"
    )


def test_a_project_says_what_it_accepts(
    made: Callable[..., InteractiveShell], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.chdir(tmp_path)
    file = tmp_path / "pyproject.toml"
    shell = made()
    run(shell, "%envguard block")
    file.write_text('[tool.envguard]\nsuppress = [{rule = "replaces-conda", reason = "ours", subject = "numpy"}]\n')
    assert run(shell, INSTALL.format(name="numpy")) == (True, "", "")
    assert not run(shell, INSTALL.format(name="scipy"))[0]
    assert "ignored: nothing\n" in run(shell, "%envguard")[1]
    file.write_text('[tool.envguard]\nignore = ["replaces-conda", "EG102"]\n')
    assert run(shell, INSTALL.format(name="scipy")) == (True, "", "")
    assert f"ignored: replaces-conda ({file})\n" in run(shell, "%envguard")[1]
    said = f"envguard: replaces-conda is ignored by {file}; change it there\n"
    assert run(shell, "%envguard heed replaces-conda")[2] == said
    file.write_text("[tool.envguard")  # what cannot be read accepts nothing
    assert not run(shell, INSTALL.format(name="scipy"))[0]


@pytest.mark.parametrize("given", [7, "nonsense", {"base": 1}])
def test_a_wrong_list_is_one_line(made: Callable[..., InteractiveShell], given: Any):
    with capture_output() as captured:
        shell = made(ignore=given)
    assert captured.stderr.startswith("envguard: c.EnvGuard.ignore ")
    assert captured.stderr.count("\n") == 1
    assert run(shell, INSTALL.format(name="numpy")) == (True, "", LINE)


@pytest.mark.parametrize(
    ("line", "said"),
    [
        ("loud", "`%envguard loud` is nothing it knows; `%envguard --help` tells"),
        ("ask me", "`%envguard ask me` is nothing it knows; `%envguard --help` tells"),
        ("ignore nonsense", "there is no concern nonsense; `%envguard rules` lists them"),
        ("protect", "`%envguard protect` takes on or off"),
    ],
)
def test_wrong_words_are_one_line(shell: InteractiveShell, line: str, said: str):
    assert run(shell, f"%envguard {line}") == (True, "", f"envguard: {said}\n")


def test_the_rules(shell: InteractiveShell):
    assert set(guard_magic.ABOUT) == set(Concern)
    said = run(shell, "%envguard rules")[1].splitlines()
    assert [line.split()[0] for line in said] == [concern.value for concern in Concern]


def test_help(shell: InteractiveShell):
    said = run(shell, "%envguard --help")[1]
    assert all(f"%envguard {word}" in said for word in ("off | warn | ask | block", "protect on | off", "rules"))
    assert all(f"\n  {mode.value} " in said for mode in Mode)


@pytest.mark.parametrize(
    ("line", "expected"),
    [
        ("%envguard b", ["block"]),
        ("%envguard ", sorted(guard_magic.WORDS)),
        ("%envguard protect ", ["off", "on"]),
        ("%envguard ignore repl", ["replaces-conda"]),
        ("%envguard --h", ["--help"]),
    ],
)
def test_completion(shell: InteractiveShell, line: str, expected: list[str]):
    with provisionalcompleter():
        found = list(shell.Completer.completions(line, len(line)))
    assert sorted({(line[: each.start] + each.text).split()[-1] for each in found}) == expected


def test_unloading_takes_everything_away(shell: InteractiveShell):
    before = {name: list(each) for name, each in shell.events.callbacks.items()}
    shell.run_line_magic("unload_ext", "envguard")
    assert shell.find_line_magic("envguard") is None
    assert guard.of(shell) is None
    assert not any("envguard" in type(each).__module__ for each in shell.configurables)
    left = [each for callbacks in shell.events.callbacks.values() for each in callbacks]
    assert not any("envguard" in type(getattr(each, "__self__", None)).__module__ for each in left)
    assert run(shell, INSTALL.format(name="numpy")) == (True, "", "")
    shell.run_line_magic("load_ext", "envguard")
    assert {name: len(each) for name, each in shell.events.callbacks.items()} == {
        name: len(each) for name, each in before.items()
    }


def test_it_can_unload_itself_in_a_cell_it_looks_at(shell: InteractiveShell):
    assert run(shell, "%unload_ext envguard\n" + INSTALL.format(name="numpy"))[0]
    assert shell.ast_transformers == []


PIECES = st.sampled_from(
    ["pip install numpy", "pip install boom", "pip install sound", "pip install interrupted", "\n", " ", "(", "'", "%%capture\n", "%time ", "!", "await x", "1/0", "x = 1", "def f():\n    ", "{", "\x00", "�", "%%bash\n", "get_ipython().run_cell('''", "''')"]
)  # fmt: skip


@pytest.fixture(scope="module")
def lasting(tmp_path_factory: pytest.TempPathFactory) -> Iterator[InteractiveShell]:
    """One shell for many cells, in which nothing is started."""
    folder = tmp_path_factory.mktemp("lasting")
    InteractiveShell.clear_instance()
    shell = InteractiveShell.instance(ipython_dir=str(folder), config=Config({"HistoryManager": {"enabled": False}}))
    shell.run_line_magic("load_ext", "envguard")
    of(shell).judge = stand_in.judge
    shell.system = shell.getoutput = lambda *_, **__: ""
    for magic in ("bash",):
        shell.magics_manager.magics["cell"][magic] = lambda line, cell=None: None
    yield shell
    InteractiveShell.clear_instance()


@settings(max_examples=150, deadline=None)
@given(st.lists(PIECES, max_size=8).map("".join), st.sampled_from(["warn", "block", "ask"]))
def test_whatever_a_cell_holds_only_a_refusal_is_raised_and_nothing_is_left(
    lasting: InteractiveShell, cell: str, mode: str
):
    own = of(lasting)
    own.modes.chosen = Mode(mode)
    with capture_output():
        result = lasting.run_cell(cell)
    error = result.error_before_exec
    refused = isinstance(error, guard.CellNotRun)
    assert not (refused and mode == "warn" and "interrupted" not in cell)
    assert lasting.ast_transformers == []
    assert own._held == []
    assert own._waiting == {}
    assert os.environ.get("PIP_CONSTRAINT") is None
