"""The command `envguard`: real processes, exit codes, streams, encodings."""

from __future__ import annotations

import argparse
import json
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from envguard import demo
from envguard._version import __version__
from envguard.frontends import magic, terminal
from envguard.frontends.cli import _as_argv, main
from envguard.model import text
from envguard.rules import RULES


@pytest.fixture(scope="module")
def damaged(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The prefix of the demonstration."""
    prefix = tmp_path_factory.mktemp("cli") / "damaged"
    demo.build(prefix)
    return prefix


@pytest.fixture(scope="module")
def sound(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A venv without anything in it."""
    prefix = tmp_path_factory.mktemp("cli") / "sound"
    subprocess.run([sys.executable, "-m", "venv", "--without-pip", prefix], check=True)
    return prefix


def envguard(*argv: object, env: dict[str, str] | None = None, **options: object) -> subprocess.CompletedProcess[str]:
    """Runs `python -m envguard` in a pipe."""
    return subprocess.run(
        [sys.executable, "-m", "envguard", *map(str, argv)],
        capture_output=True,
        encoding="utf-8",
        env={**os.environ, "COLUMNS": "", **(env or {})},
        timeout=120,
        **options,
    )  # type: ignore[call-overload]


CODES = [
    (("check", "SOUND"), 0),
    (("check", "--prefix", "SOUND"), 0),
    (("check", "--python", "SOUND/bin/python"), 0),
    (("check", "DAMAGED"), 1),
    (("check", "DAMAGED", "--fail-on", "warning"), 1),
    (("check", "DAMAGED", "--fail-on", "never"), 0),
    (("check", "DAMAGED", "--format", "json"), 1),
    (("check", "DAMAGED", "--format", "html"), 1),
    (("check", "DAMAGED", "--details"), 1),
    (("check", "DAMAGED", "--select", "pip-overwrote-conda"), 1),
    (("check", "SOUND", "--ignore", "pip-overwrote-conda,EG130", "--ignore", "131"), 0),
    (("check", "DAMAGED", "--format", "markdown"), 1),
    (("check", "DAMAGED", "--format", "sarif"), 1),
    (("check", "SOUND", "--no-config"), 0),
    (("check", "DAMAGED", "--baseline", "/no/such/baseline"), 2),
    (("check", "DAMAGED", "--baseline", "DAMAGED/conda-meta/history"), 2),
    (("check", "SOUND", "--write-baseline", "/no/such/folder/file"), 2),
    (("history", "SOUND"), 0),
    (("history", "DAMAGED"), 0),
    (("history", "--prefix", "DAMAGED", "--format", "json"), 0),
    (("history", "--python", "SOUND/bin/python", "--format", "html"), 0),
    (("history", "DAMAGED", "--details"), 0),
    (("history", "/no/such/place"), 2),
    (("history", "--name", "no-such-environment"), 2),
    (("history", "DAMAGED", "--format", "sarif"), 2),
    (("report", "DAMAGED"), 0),
    (("report", "DAMAGED", "--redact"), 0),
    (("report", "DAMAGED", "--redact", "--format", "text"), 0),
    (("report", "DAMAGED", "--redact", "--format", "json"), 0),
    (("report", "DAMAGED", "--redact", "--format", "html"), 0),
    (("report", "/no/such/place"), 2),
    (("diff", "SOUND", "SOUND"), 0),
    (("diff", "SOUND", "DAMAGED"), 1),
    (("diff", "SOUND", "DAMAGED", "--format", "json"), 1),
    (("diff", "SOUND", "DAMAGED", "--format", "html"), 1),
    (("diff", "SOUND", "/no/such/place"), 2),
    (("diff", "SOUND", "no-such-environment"), 2),
    (("diff", "SOUND"), 2),
    (("explain", "pip-overwrote-conda"), 0),
    (("explain", "eg102", "--format", "json"), 0),
    (("export", "SOUND"), 0),
    (("export", "SOUND", "--format", "explicit"), 2),
    (("clean", "SOUND"), 0),
    (("scan", "SOUND"), 0),
    (("scan",), 2),
    (("rules",), 0),
    (("rules", "--format", "json"), 0),
    (("demo",), 0),
    (("demo", "--format", "json"), 0),
    (("--version",), 0),
    (("--help",), 0),
    (("check", "--help"), 0),
    ((), 2),
    (("chek",), 2),
    (("check", "/no/such/place"), 2),
    (("check", "--name", "no-such-environment"), 2),
    (("check", "--name", "a/b"), 2),
    (("check", "--python", "/no/such/python"), 2),
    (("check", "SOUND", "--prefix", "SOUND"), 2),
    (("check", "SOUND", "--fail-on", "sometimes"), 2),
    (("check", "SOUND", "--select", "no-such-rule"), 2),
    (("check", "SOUND", "--ignore", "no-such-rule"), 2),
    (("explain", "no-such-rule"), 2),
    (("explain",), 2),
    (("demo", "--keep", "SOUND"), 2),
]


@pytest.mark.parametrize(("argv", "code"), CODES, ids=[" ".join(argv) or "nothing" for argv, _ in CODES])
def test_exit_codes(damaged: Path, sound: Path, argv: tuple[str, ...], code: int):
    ran = envguard(*(word.replace("SOUND", str(sound)).replace("DAMAGED", str(damaged)) for word in argv))
    assert ran.returncode == code, ran.stderr
    assert "Traceback" not in ran.stderr
    if code == 2 and argv:
        assert ran.stdout == ""
        assert ran.stderr.startswith("envguard: ")
        assert ran.stderr.count("\n") == 1
    if code < 2:
        assert ran.stdout.strip()
        assert ran.stderr == ""


def test_one_line_says_what_is_wrong():
    assert envguard("check", "/no/such/place").stderr == "envguard: there is no folder /no/such/place\n"


def test_version():
    assert envguard("--version").stdout == f"envguard {__version__}\n"


@pytest.mark.parametrize("program", ["envguard", "jupyter-envguard"])
def test_the_installed_commands(program: str):
    script = shutil.which(program, path=str(Path(sys.executable).parent))
    if script is None:
        pytest.skip("envguard is imported from a checkout here, not installed")
    assert (
        subprocess.run([script, "--version"], capture_output=True, text=True, check=True).stdout
        == f"envguard {__version__}\n"
    )


def test_select_and_ignore_take_lists(damaged: Path):
    def rules(*argv: str) -> set[str]:
        return {
            finding["rule"]
            for finding in json.loads(envguard("check", damaged, "--format", "json", *argv).stdout)["findings"]
        }

    every = rules()
    assert {"pip-overwrote-conda", "conda-depends-unmet"} <= every
    assert rules("--select", "EG102,conda-depends-unmet") == {"pip-overwrote-conda", "conda-depends-unmet"}
    assert rules("--select", "102", "--select", "130") == {"pip-overwrote-conda", "conda-depends-unmet"}
    assert rules("--ignore", "pip-overwrote-conda, conda-depends-unmet") == every - {
        "pip-overwrote-conda",
        "conda-depends-unmet",
    }


def test_rules_and_explain_name_every_rule():
    listed = json.loads(envguard("rules", "--format", "json").stdout)
    assert [entry["rule"] for entry in listed["rules"]] == [rule.id for rule in RULES]
    table = envguard("rules").stdout
    assert all(rule.id in table and rule.title in table for rule in RULES)
    page = json.loads(envguard("explain", RULES[0].id, "--format", "json").stdout)
    assert (page["schema"], page["rule"], page["page"]) == (1, RULES[0].id, RULES[0].page)


@pytest.mark.parametrize("encoding", ["ascii", "latin-1", "utf-8"])
def test_any_encoding_can_be_printed(damaged: Path, encoding: str):
    settings = {"PYTHONIOENCODING": encoding, "PYTHONUTF8": "0"}
    for form in ("text", "html", "json"):
        ran = subprocess.run(
            [sys.executable, "-m", "envguard", "check", damaged, "--format", form],
            capture_output=True,
            env={**os.environ, **settings},
        )
        assert (ran.returncode, ran.stderr) == (1, b"")
        said = ran.stdout.decode(encoding)
        assert "gridmath" in said
        if form == "json":
            assert json.loads(said)["schema"] == 1


def test_a_pipe_gets_80_columns_and_no_colour(damaged: Path):
    said = envguard("check", damaged, "--fail-on", "never").stdout
    assert "\x1b" not in said
    commands = " " * 6  # may be wider, so that they can be copied
    assert max(len(line) for line in said.splitlines() if not line.startswith(commands)) <= 80


@pytest.mark.parametrize(("settings", "colourful"), [({}, True), ({"NO_COLOR": "1"}, False), ({"TERM": "dumb"}, False)])
def test_a_terminal_gets_colour_unless_it_is_unwanted(damaged: Path, settings: dict[str, str], colourful: bool):
    pexpect = pytest.importorskip("pexpect")
    env = {name: value for name, value in os.environ.items() if name not in ("NO_COLOR", "TERM")}
    said, _ = pexpect.run(
        f"{sys.executable} -m envguard check {damaged}",
        env={**env, "TERM": "xterm-256color", **settings},
        withexitstatus=True,
        timeout=60,
    )
    assert b"gridmath" in said
    assert (b"\x1b[" in said) is colourful


def test_a_reader_that_goes_away_is_no_failure(damaged: Path):
    reading, writing = os.pipe()
    os.close(reading)
    try:
        ran = subprocess.run(
            [sys.executable, "-m", "envguard", "check", damaged], stdout=writing, stderr=subprocess.PIPE, timeout=60
        )
    finally:
        os.close(writing)
    assert (ran.returncode, ran.stderr) == (141, b"")


def test_ctrl_c_is_quiet(tmp_path: Path):
    interrupted = "import envguard.api, sys\ndef stop(*_, **__): raise KeyboardInterrupt\nenvguard.api.inspect = stop\n"
    assert _main(interrupted, tmp_path, "check", tmp_path)[:2] == (130, "")


def test_ctrl_c_is_quiet_while_the_command_is_still_imported():
    script = """
import builtins, sys
from envguard.__main__ import main
real = builtins.__import__
def stop(name, *rest):
    if name == "envguard.frontends.cli":
        raise KeyboardInterrupt
    return real(name, *rest)
builtins.__import__ = stop
sys.exit(main())
"""
    ran = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=False)
    assert (ran.returncode, ran.stderr) == (130, "")


def test_a_bug_of_ours_is_told_as_one(tmp_path: Path):
    code, _, error = _main(
        "import envguard.api\ndef stop(*_, **__): raise RuntimeError('oh')\nenvguard.api.inspect = stop\n",
        tmp_path,
        "check",
    )
    assert code == 3
    assert "RuntimeError: oh" in error
    assert error.splitlines()[-1].startswith("envguard: this is a bug of envguard")


def test_a_rule_that_crashes_does_not_hide_the_others(damaged: Path, tmp_path: Path):
    broken = (
        "import dataclasses, envguard.analyse as a, envguard.api, envguard.rules\n"
        "def crash(env): raise ZeroDivisionError('of ours')\n"
        "first, *rest = envguard.rules.RULES\n"
        "rules = (dataclasses.replace(first, check=crash), *rest)\n"
        "envguard.api.analyse = lambda env, selection: a.analyse(env, selection, rules)\n"
    )
    code, said, _ = _main(broken, tmp_path, "check", damaged, "--format", "json", "--fail-on", "never")
    report = json.loads(said)
    assert code == 3
    assert [failed["rule"] for failed in report["failed"]] == [RULES[0].id]
    assert report["findings"]


def _main(before: str, folder: Path, *argv: object) -> tuple[int, str, str]:
    """Runs the command in a process that first runs a few lines of sabotage."""
    script = folder / "sabotage.py"
    script.write_text(f"{before}\nimport sys\nfrom envguard.frontends.cli import main\nsys.exit(main(sys.argv[1:]))\n")
    ran = subprocess.run([sys.executable, script, *map(str, argv)], capture_output=True, text=True, timeout=60)
    return ran.returncode, ran.stdout, ran.stderr


def test_the_demo_can_be_kept(tmp_path: Path):
    assert envguard("demo", "--keep", tmp_path / "kept").returncode == 0
    assert (tmp_path / "kept/conda-meta/history").is_file()
    assert envguard("check", tmp_path / "kept").returncode == 1


def test_the_demo_leaves_nothing_behind(tmp_path: Path):
    assert envguard("demo", env={"TMPDIR": str(tmp_path)}).returncode == 0
    assert not list(tmp_path.iterdir())


THIRD_PARTIES = ("rich", "rattler", "packaging", "ipywidgets", "IPython", "traitlets", "pygments")


@pytest.mark.parametrize("error", ["ImportError('numpy.core.multiarray failed to import')", "SystemError('bad call')"])
def test_the_doctor_needs_no_healthy_patient(damaged: Path, tmp_path: Path, error: str):
    for name in THIRD_PARTIES:
        (tmp_path / f"{name}.py").write_text(f"raise {error}\n")
    ran = envguard("check", damaged, env={"PYTHONPATH": str(tmp_path)})
    assert (ran.returncode, ran.stderr) == (1, "")
    assert "pip-overwrote-conda" in ran.stdout
    ran = envguard("check", damaged, "--format", "json", env={"PYTHONPATH": str(tmp_path)})
    report = json.loads(ran.stdout)
    assert "pip-overwrote-conda" in {finding["rule"] for finding in report["findings"]}
    assert report["failed"] == []


@pytest.mark.parametrize("columns", [70, 80, 200])
def test_the_help_fits_the_terminal(columns: int):
    said = envguard("--help", env={"COLUMNS": str(columns)}).stdout
    assert max(map(len, said.splitlines())) <= columns
    rows = said.splitlines()
    start = next(n for n, row in enumerate(rows) if row.startswith("  envguard check --name work "))
    goes_on = rows[start + 1].startswith(" " * rows[start].index("an environment"))
    assert goes_on is (columns < 100)


def test_the_help_names_rules_that_exist():
    said = envguard("--help").stdout + magic.EnvguardMagics.envcheck.__doc__
    named = set(re.findall(r"(?:explain|--ignore|--select) ([a-z]+(?:-[a-z]+)+)", said))
    assert len(named) >= 2
    assert named <= {rule.id for rule in RULES}


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="needs /dev/full")
def test_an_output_that_takes_nothing_is_no_bug():
    with Path("/dev/full").open("w", encoding="utf-8") as full:
        ran = subprocess.run(
            [sys.executable, "-m", "envguard", "rules"], stdout=full, stderr=subprocess.PIPE, text=True, check=False
        )
    assert (ran.returncode, ran.stderr) == (3, "envguard: the output: No space left on device\n")


@pytest.mark.parametrize("words", [["why", "-"], ["explain-log", "-"]])
def test_no_standard_input(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], words: list[str]):
    monkeypatch.setattr(sys, "stdin", None)
    assert main(words) == 2
    assert capsys.readouterr().err == "envguard: there is no standard input\n"
    assert terminal.asked(text("sure?"), argparse.Namespace(format="text")) == 2


@pytest.mark.parametrize("words", [["!pip install 'a b'"], ["%pip", "install", "a b"], ["pip", "install", "a b"]])
def test_a_command_as_a_cell_has_it(words: list[str]):
    assert _as_argv(words) == ["pip", "install", "a b"]


def test_undo_takes_an_environment_by_its_option(tmp_path: Path, capsys: pytest.CaptureFixture[str]):
    assert main(["undo", str(tmp_path)]) == 2
    assert f"is no way back but a folder: `--prefix {tmp_path}` names an environment" in capsys.readouterr().err
