"""`envguard.collect`: both roads to the facts give the same answer, change nothing, and fail in one line."""

from __future__ import annotations

import dataclasses
import hashlib
import os
import shutil
import stat
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from envguard import collect, demo
from envguard.errors import NoSuchEnvironment, ProbeFailed

if TYPE_CHECKING:
    from envguard.facts import Environment


@pytest.fixture
def damaged(tmp_path: Path) -> Path:
    """The prefix of the demonstration."""
    demo.build(tmp_path / "damaged")
    return tmp_path / "damaged"


def _state(prefix: Path) -> dict[str, tuple[str, ...]]:
    """Everything a check could change: contents, times, modes, and the folders' own times."""
    found = {}
    for folder, folders, files in os.walk(prefix):
        for name in (".", *folders, *files):
            path = Path(folder, name)
            status = path.lstat()
            content = hashlib.sha256(path.read_bytes()).hexdigest() if stat.S_ISREG(status.st_mode) else ""
            found[str(path)] = (str(status.st_mtime_ns), str(status.st_mode), str(status.st_size), content)
    return found


def _script(path: Path, *lines: str) -> Path:
    """A program of a few shell lines, for use as an interpreter."""
    path.write_text("\n".join(("#!/bin/sh", *lines)) + "\n")
    path.chmod(0o755)
    return path


def test_a_prefix_by_import(damaged: Path):
    env = collect.by_import(damaged)
    assert env.prefix == str(damaged)
    assert {package.name for package in env.conda_packages or ()} == {"python", "gridmath", "plotkit"}
    assert {(dist.name, dist.version, dist.owner is None) for dist in env.distributions or ()} == {
        ("gridmath", "2.0.0", True),
        ("plotkit", "2.0.1", False),
    }


def test_a_check_leaves_the_prefix_as_it_was(damaged: Path):
    before = _state(damaged)
    collect.by_import(damaged)
    assert _state(damaged) == before


def test_by_default_the_running_interpreters_own_prefix():
    assert Path(collect.by_import().prefix).samefile(sys.prefix)


def test_another_interpreter_tells_the_same_as_the_import(tmp_path: Path):
    other = _venv(tmp_path / "other")
    before = _state(other)
    env = collect.by_interpreter(other / "bin/python")
    assert _state(other) == before
    assert _files_of(env) == dataclasses.replace(_files_of(collect.by_import(other)), prefix=env.prefix)
    assert Path(env.prefix).samefile(other)
    assert env.process is not None
    assert (env.process.kind, env.process.prefix) == ("fresh", env.prefix)


def test_an_interpreter_that_prints_and_warns_is_understood(tmp_path: Path):
    other = _venv(tmp_path / "other")
    site = next(other.glob("lib/python*/site-packages"))
    (site / "sitecustomize.py").write_text(
        "import sys\nprint('{\"not\": \"the answer\"}')\nprint('hm', file=sys.stderr)\n"
    )
    assert Path(collect.by_interpreter(other / "bin/python").prefix).samefile(other)


def test_an_interpreter_is_found_on_the_path(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    other = _venv(tmp_path / "other")
    monkeypatch.setenv("PATH", str(other / "bin"), prepend=os.pathsep)
    assert Path(collect.by_interpreter("python").prefix).samefile(other)


def _files_of(env: Environment) -> Environment:
    """Without what only a process tells."""
    return dataclasses.replace(env, process=None, elsewhere=None)


def _venv(prefix: Path) -> Path:
    subprocess.run([sys.executable, "-m", "venv", "--without-pip", prefix], check=True)
    return prefix


DEAD = {
    "no-such": ((), "there is no program {exe}"),
    "dead": (("echo 'libpython3.11.so: cannot open shared object file' >&2", "exit 127"), "{exe} could not run the probe: libpython3.11.so: cannot open shared object file"),
    "mute": (("exit 9",), "{exe} could not run the probe: exit code 9"),
    "no-python": (("exit 0",), "{exe} ran but did not answer; is it a Python?"),
    "garbled": (('echo "{" > "$3"',), "{exe} ran but did not answer; is it a Python?"),
    "list": (('echo "[]" > "$3"',), "{exe} ran but did not answer; is it a Python?"),
    "half": (('echo "{\\"prefix\\": 1}" > "$3"',), "{exe} ran but did not answer; is it a Python?"),
    "bytes": (('head -c 100000 /dev/urandom > "$3"',), "{exe} ran but did not answer; is it a Python?"),
    "deep": (("head -c 1000000 /dev/zero | tr '\\0' '[' > \"$3\"",), "{exe} ran but did not answer; is it a Python?"),
    "endless": (('truncate -s 8G "$3"',), "{exe} ran but did not answer; is it a Python?"),
    "fifo": (('rm -f "$3"; mkfifo "$3"',), "{exe} ran but did not answer; is it a Python?"),
    "chatty": (("head -c 1000000000 /dev/zero", "head -c 100000000 /dev/zero >&2", "echo >&2; echo dead >&2; exit 1"), "{exe} could not run the probe: dead"),
    "forking": (("(sleep 600 &) ; (setsid sleep 60 >&- 2>&- &)", "exit 9"), "{exe} could not run the probe: exit code 9"),
    "old": (("echo 'envguard-probe: Python 3.7 is too old, 3.8 is needed' >&2", "exit 3"), "{exe} is older than Python 3.8, which the probe needs"),
    "ancient": (("echo 'SyntaxError: invalid syntax' >&2", "exit 1"), "{exe} is older than Python 3.8, which the probe needs"),
    "slow": (("sleep 600",), "{exe} did not answer within 1 s"),
    "leaking": (("echo 'E: https://me:pw@host/ refused' >&2", "exit 1"), "{exe} could not run the probe: E: https://host/ refused"),
}  # fmt: skip


@pytest.mark.parametrize("case", DEAD)
def test_an_interpreter_that_cannot_answer_is_one_line(tmp_path: Path, case: str):
    script, expected = DEAD[case]
    exe = tmp_path / case
    if script:
        _script(exe, *script)
    with pytest.raises(ProbeFailed) as raised:
        collect.by_interpreter(exe, timeout=1 if case == "slow" else 30)
    assert str(raised.value) == expected.format(exe=exe)


def test_what_keeps_every_other_python_from_starting_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setenv("PYTHONHOME", "/opt/other")
    with pytest.raises(ProbeFailed, match="exit code 9; PYTHONHOME is /opt/other"):
        collect.by_interpreter(_script(tmp_path / "dead", "exit 9"))


def test_nothing_is_left_in_the_temporary_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    (tmp_path / "tmp").mkdir()
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path / "tmp"))
    collect.by_interpreter(sys.executable)
    with pytest.raises(ProbeFailed):
        collect.by_interpreter(_script(tmp_path / "dead", "exit 1"))
    assert not list((tmp_path / "tmp").iterdir())


def test_a_real_python_3_8_runs_the_probe(tmp_path: Path):
    from tests.require import require

    python = require("python3.8")
    subprocess.run([python, "-m", "venv", "--without-pip", tmp_path / "old"], check=True)
    env = collect.by_interpreter(tmp_path / "old/bin/python")
    assert _files_of(env) == dataclasses.replace(_files_of(collect.by_import(tmp_path / "old")), prefix=env.prefix)
    assert env.process is not None
    assert env.process.python_version.startswith("3.8.")


@pytest.mark.parametrize("make", ["nothing", "file", "empty folder"])
def test_where_there_is_no_environment(tmp_path: Path, make: str):
    path = tmp_path / "place"
    if make == "file":
        path.touch()
    elif make == "empty folder":
        path.mkdir()
    with pytest.raises(NoSuchEnvironment, match=str(path)):
        collect.by_import(path)


def test_a_home_relative_and_a_relative_prefix(damaged: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setenv("HOME", str(damaged.parent))
    monkeypatch.chdir(damaged.parent)
    assert collect.by_import("~/damaged") == collect.by_import("damaged") == collect.by_import(damaged)


def test_a_prefix_without_permission_to_write(damaged: Path):
    copy = shutil.copytree(damaged, damaged.parent / "copy", copy_function=shutil.copy2)
    for folder, _, _ in os.walk(copy):
        Path(folder).chmod(0o555)
    try:
        assert collect.by_import(copy).distributions == collect.by_import(damaged).distributions
    finally:
        for folder, _, _ in os.walk(copy):
            Path(folder).chmod(0o755)
