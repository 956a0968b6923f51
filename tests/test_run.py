"""`envguard.run`: real children, which hang, spawn, flood, or look for secrets."""

from __future__ import annotations

import os
import re
import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from envguard.errors import ProbeFailed
from envguard.masking import without_secrets
from envguard.run import clean_environment, run

if TYPE_CHECKING:
    import subprocess

PYTHON = sys.executable


def test_output_and_exit_code_come_back():
    ran = run([PYTHON, "-c", "import sys; print('grün'); print('no', file=sys.stderr); sys.exit(7)"], 30)
    assert (ran.code, ran.stdout.split(), ran.stderr.split()) == (7, ["grün"], ["no"])


def test_the_child_has_no_input():
    assert run([PYTHON, "-c", "import sys; print(repr(sys.stdin.read()))"], 30).stdout.strip() == "''"


def test_a_missing_program_is_one_line():
    with pytest.raises(ProbeFailed, match=r"^/nowhere/python cannot be started: No such file or directory$"):
        run(["/nowhere/python"], 5)


def test_a_program_that_hangs_is_ended_with_its_children(tmp_path: Path):
    pids = tmp_path / "pids"
    script = (
        "import os, subprocess, sys, time\n"
        "child = subprocess.Popen([sys.executable, '-c', 'import time; time.sleep(600)'])\n"
        f"open({str(pids)!r}, 'w').write(f'{{os.getpid()}} {{child.pid}}')\n"
        "time.sleep(600)\n"
    )
    started = time.monotonic()
    with pytest.raises(ProbeFailed, match=r"did not answer within 3 s$"):
        run([PYTHON, "-c", script], 3)
    assert time.monotonic() - started < 30
    deadline = time.monotonic() + 10
    while any(map(_runs, pids.read_text().split())):
        assert time.monotonic() < deadline, "a child outlived its time"
        time.sleep(0.05)


def _runs(pid: str) -> bool:
    """Whether a process exists and is not merely waiting to be reaped."""
    try:
        return Path("/proc", pid, "stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except OSError:
        return False


def test_a_program_that_cannot_be_killed_is_left_behind(monkeypatch: pytest.MonkeyPatch):
    # as one that hangs in a driver, which none can be made to do here
    left: list[subprocess.Popen[bytes]] = []
    monkeypatch.setattr("envguard.run.kill", left.append)
    started = time.monotonic()
    with pytest.raises(ProbeFailed, match=r"did not answer within 0\.2 s"):
        run([sys.executable, "-c", "import time; time.sleep(60)"], 0.2)
    assert time.monotonic() - started < 20
    left[0].kill()
    left[0].wait()


def test_removed_variables_are_not_inherited(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setenv("CUDA_VISIBLE_DEVICES", "")
    code = "import os; print(os.environ.get('CUDA_VISIBLE_DEVICES'))"
    assert run([sys.executable, "-c", code], 60).stdout == "\n"
    assert run([sys.executable, "-c", code], 60, env={"CUDA_VISIBLE_DEVICES": None}).stdout == "None\n"


def test_a_stray_grandchild_that_keeps_the_pipe_does_not_delay_the_answer():
    script = "import subprocess, sys; subprocess.Popen([sys.executable, '-c', 'import time; time.sleep(600)']); print('done')"
    started = time.monotonic()
    assert run([PYTHON, "-c", script], 60).stdout.strip() == "done"
    assert time.monotonic() - started < 30


def test_a_flood_is_drained_but_only_a_part_kept():
    script = "import sys\nfor n in range(20000): print(f'{n:09d}'); print(f'{n:09d}', file=sys.stderr)"
    ran = run([PYTHON, "-c", script], 60, kept=1000)
    assert ran.code == 0
    assert len(ran.stdout) == len(ran.stderr) == 1000
    assert ran.stdout.startswith("000000000\n")
    assert ran.last_line == "000019999"


SECRETS = {
    "GITHUB_TOKEN": "planted1",
    "AWS_SECRET_ACCESS_KEY": "planted2",
    "PGPASSWORD": "planted3",
    "OPENAI_API_KEY": "planted4",
    "PIP_INDEX_URL": "https://me:planted5@pypi.example.org/simple",
    "CONDA_CHANNEL_ALIAS": "https://conda.example.org/t/me-planted6/main",
}


def test_secrets_do_not_reach_the_child(monkeypatch: pytest.MonkeyPatch):
    for name, value in SECRETS.items():
        monkeypatch.setenv(name, value)
    ran = run([PYTHON, "-c", "import os; print(sorted(os.environ.items()))"], 30)
    assert not re.findall(r"planted\d", ran.stdout)
    assert "https://pypi.example.org/simple" in ran.stdout
    assert "('PYTHONUTF8', '1')" in ran.stdout


def test_what_is_no_secret_stays():
    kept = {"PATH": "/bin", "PYTHONPATH": "/lib", "CONDA_PREFIX": "/env", "MONKEY": "banana", "MAIL": "me@example.org"}
    assert clean_environment(kept) == {**kept, "PYTHONUTF8": "1"}


def test_the_own_environment_is_left_alone(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setenv("GITHUB_TOKEN", "x")
    run([PYTHON, "-c", ""], 30, env={"EXTRA": "1"})
    assert os.environ["GITHUB_TOKEN"] == "x"
    assert "EXTRA" not in os.environ


@pytest.mark.parametrize(
    ("said", "kept"),
    [
        ("fatal: https://me:pw@host/x failed", "fatal: https://host/x failed"),
        ("https://host/t/tk-1/main/noarch", "https://host/t/<TOKEN>/main/noarch"),
        ("me@example.org", "me@example.org"),
        ("https://host/a@b", "https://host/a@b"),
    ],
)
def test_without_secrets(said: str, kept: str):
    assert without_secrets(said) == kept
