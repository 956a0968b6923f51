"""The roads to a process: this one, an interpreter that is started, a kernelspec as Jupyter would start it, a client."""

from __future__ import annotations

import dataclasses
import json
import os
import shutil
import subprocess
import sys
import threading
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from jupyter_client.manager import start_new_kernel

from envguard import api, asking, collect
from envguard.analyse import analyse
from envguard.errors import EnvguardError, NoSuchEnvironment, ProbeFailed
from envguard.model import Severity
from envguard.probe import live
from envguard.rules.rule import rule
from envguard.surroundings.launch import Launch, launch

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from envguard.facts import Environment
    from envguard.process import Process

posix = pytest.mark.skipif(os.name == "nt", reason="a script of sh")
PYTHON = [sys.executable, "-m", "ipykernel_launcher", "-f", "{connection_file}"]


@rule("needs-process", code=999, severity=Severity.INFO, needs=("process",))
def needs_process(env: Environment) -> Iterator[Any]:
    """Finds nothing."""
    yield from ()


@pytest.fixture(scope="module")
def venv(tmp_path_factory: pytest.TempPathFactory) -> Path:
    prefix = tmp_path_factory.mktemp("process") / "other"
    subprocess.run([sys.executable, "-m", "venv", "--without-pip", prefix], check=True)
    return prefix


@pytest.fixture
def specs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[..., Path]:
    """Writes kernelspecs where this process's Jupyter looks for them."""
    monkeypatch.setenv("JUPYTER_PATH", str(tmp_path / "jupyter"))
    monkeypatch.setenv("JUPYTER_RUNTIME_DIR", str(tmp_path / "runtime"))
    monkeypatch.setenv("IPYTHONDIR", str(tmp_path / "ipython"))

    def write(name: str, argv: list[str], **more: Any) -> Path:
        folder = tmp_path / "jupyter/kernels" / name
        folder.mkdir(parents=True)
        (folder / "kernel.json").write_text(json.dumps({"argv": argv, "display_name": name, **more}))
        return folder

    return write


def process_of(env: Environment) -> Process:
    assert env.process is not None
    return env.process


def test_this_process_is_asked_only_of_its_own_prefix(venv: Path):
    assert collect.by_import().process is None
    assert collect.by_import(venv, process="kernel").process is None
    told = process_of(collect.by_import(process="kernel"))
    assert (told.kind, told.pid, told.prefix) == ("kernel", os.getpid(), sys.prefix)
    assert "pytest" in told.loaded
    assert "envguard" not in told.loaded
    assert process_of(collect.by_import(sys.prefix, process="fresh")).kind == "fresh"


def test_a_check_starts_no_thread_and_sets_nothing():
    def state() -> Any:
        return threading.enumerate(), dict(os.environ), list(sys.path), Path.cwd()

    before = state()
    api.inspect()
    assert state() == before


def test_what_is_asked_anew_and_what_is_remembered(monkeypatch: pytest.MonkeyPatch):
    first = collect.by_import(process="kernel")
    again = collect.by_import(process="kernel")
    assert again is first
    monkeypatch.setenv("OMP_NUM_THREADS", "3")
    changed = collect.by_import(process="kernel")
    assert changed is not first
    assert process_of(changed).environ["OMP_NUM_THREADS"] == "3"
    assert changed.conda_packages is first.conda_packages
    assert changed.distributions is first.distributions


def test_an_interpreter_tells_what_its_users_would_meet(venv: Path, monkeypatch: pytest.MonkeyPatch, tmp_path: Path):
    monkeypatch.setenv("PYTHONPATH", str(tmp_path))
    told = process_of(collect.by_interpreter(venv / "bin/python"))
    assert (told.kind, told.prefix) == ("fresh", str(venv))
    assert told.path[0].origin == "pythonpath"
    assert not any(each.path == str(Path(live.__file__).parent) for each in told.path)


@pytest.mark.parametrize("value", [None, "0", "1"])
def test_the_variables_that_a_probe_gets_are_not_told(venv: Path, monkeypatch: pytest.MonkeyPatch, value: str | None):
    names = ("PYTHONUTF8", "PYTHONDONTWRITEBYTECODE", "PYTHONSAFEPATH")
    for name in names:
        monkeypatch.delenv(name, raising=False)
        if value is not None:
            monkeypatch.setenv(name, value)
    told = process_of(collect.by_interpreter(venv / "bin/python")).environ
    assert {name: told.get(name) for name in names} == dict.fromkeys(names, value)


def test_what_activation_sets_is_told(venv: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    prefix = shutil.copytree(venv, tmp_path / "conda", symlinks=True)
    (prefix / "conda-meta").mkdir()
    (prefix / "etc/conda/activate.d").mkdir(parents=True)
    (prefix / "etc/conda/activate.d/foo.sh").write_text("export FOO_HOME=/opt/foo\n")
    monkeypatch.setenv("FOO_HOME", "/opt/other")
    env = collect.by_interpreter(prefix / "bin/python")
    assert [each.variables for each in env.activation or ()] == [("FOO_HOME",)]
    assert process_of(env).environ["FOO_HOME"] == "/opt/other"


LAUNCHES = [
    (["python", "-m", "ipykernel_launcher", "-f", "{connection_file}"], ["python", "P", "a b"]),
    (["/x/python", "-Xfrozen_modules=off", "-m", "ipykernel", "-f", "{connection_file}"], ["/x/python", "-Xfrozen_modules=off", "P", "a b"]),
    (["conda", "run", "-n", "x", "python", "-m", "ipykernel_launcher", "-f", "{connection_file}"], ["conda", "run", "-n", "x", "python", "P", "a b"]),
    (["python", "-m", "nb_conda_kernels.runner", "/c", "/c/envs/x", "/c/envs/x/bin/python", "-m", "ipykernel_launcher", "-f", "{connection_file}"], ["python", "-m", "nb_conda_kernels.runner", "/c", "/c/envs/x", "/c/envs/x/bin/python", "P", "a b"]),
    (["bash", "-c", "source /x/activate && exec python -m ipykernel_launcher -f '{connection_file}' --debug"], ["bash", "-c", "source /x/activate && exec python P 'a b' --debug"]),
]  # fmt: skip


@posix
@pytest.mark.parametrize(("argv", "expected"), LAUNCHES)
def test_the_probe_stands_where_the_kernel_would(argv: list[str], expected: list[str]):
    assert Launch("x", tuple(argv), {}).command(["P", "a b"]) == expected


def test_a_kernel_that_is_no_python_command():
    with pytest.raises(
        ProbeFailed, match=r"the kernelspec x starts xpython -f {connection_file}, which cannot be asked"
    ):
        Launch("x", ("xpython", "-f", "{connection_file}"), {}).command(["P"])


def test_a_kernelspec(venv: Path, specs: Callable[..., Path], tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setenv("BASE", "/opt")
    argv = [str(venv / "bin/python"), *PYTHON[1:]]
    specs(
        "Mine",
        argv,
        env={"PYTHONPATH": str(tmp_path), "OMP_NUM_THREADS": "2", "MKL_X": "${BASE}/x ${NOT_SET}", "PIP_X": 7},
    )
    told = process_of(collect.by_kernelspec("mine"))
    assert (told.kind, told.prefix, told.path[0].origin) == ("fresh", str(venv), "pythonpath")
    assert told.environ["OMP_NUM_THREADS"] == "2"
    assert told.environ["MKL_X"] == "/opt/x ${NOT_SET}"
    assert "PIP_X" not in told.environ
    report = api.inspect_kernelspec("MINE")
    assert report.environment.prefix == str(venv)
    assert api.inspect_kernelspec("mine", deep=True).environment.prefix == str(venv)
    assert api.history(kernel="mine").environment.prefix == str(venv)


@pytest.mark.parametrize("flag", ["-I", "-P", "-E", "-s"])
def test_a_kernelspec_with_options_for_python(venv: Path, specs: Callable[..., Path], flag: str):
    if flag == "-P" and sys.version_info < (3, 11):
        pytest.skip("Python 3.11 brought -P")
    specs("mine", [str(venv / "bin/python"), flag, *PYTHON[1:]], env={"PYTHONPATH": "/somewhere"})
    told = process_of(collect.by_kernelspec("mine"))
    assert told.prefix == str(venv)
    assert ("pythonpath" in {each.origin for each in told.path}) == (flag in ("-P", "-s"))
    assert str(Path(live.__file__).parent) not in {each.path for each in told.path}


def test_a_bare_python_is_jupyters_own(specs: Callable[..., Path]):
    specs("mine", ["python", *PYTHON[1:]], env={"PATH": "/nowhere"})
    assert process_of(collect.by_kernelspec("mine")).prefix == sys.prefix


def test_the_native_kernel_needs_no_file(specs: Callable[..., Path], monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setenv("JUPYTER_NO_CONFIG", "1")
    assert process_of(collect.by_kernelspec("python3")).prefix == sys.prefix


@posix
def test_what_comes_before_the_kernel_is_run(venv: Path, specs: Callable[..., Path], tmp_path: Path):
    activate = tmp_path / "activate.sh"
    activate.write_text("export CONDA_PREFIX=/activated OMP_NUM_THREADS=5\n")
    line = f". '{activate}' && exec '{venv}/bin/python' -m ipykernel_launcher -f '{{connection_file}}'"
    specs("wrapped", ["/bin/sh", "-c", line], metadata={"conda_env_path": str(venv)})
    told = process_of(collect.by_kernelspec("wrapped"))
    assert told.prefix == str(venv)
    assert (told.environ["CONDA_PREFIX"], told.environ["OMP_NUM_THREADS"]) == ("/activated", "5")


DEAD = [
    ({"argv": ["/gone/bin/python", *PYTHON[1:]]}, "the kernelspec bad starts /gone/bin/python, which is not there"),
    ({"argv": ["no-such-program", *PYTHON[1:]]}, "the kernelspec bad starts no-such-program, which is not there"),
    ({"argv": PYTHON, "metadata": {"conda_env_path": "/gone/env"}}, "the kernelspec bad starts /gone/env, which is not there"),
    ({"argv": []}, "the kernelspec bad does not say what to start"),
    ({"argv": "python"}, "the kernelspec bad does not say what to start"),
    ({"argv": ["R", "--slave"], "language": "R"}, "the kernel bad is one of R, not of Python"),
]  # fmt: skip


@pytest.mark.parametrize(("spec", "said"), DEAD)
def test_a_kernelspec_that_cannot_start(specs: Callable[..., Path], spec: dict[str, Any], said: str):
    specs("bad", spec.pop("argv"), **spec)
    with pytest.raises(EnvguardError) as raised:
        collect.by_kernelspec("bad")
    assert str(raised.value) == said


@pytest.mark.parametrize("content", ["{", "[]", "\x00", "[" * 100_000])
def test_a_kernelspec_that_is_none(specs: Callable[..., Path], content: str):
    (specs("bad", PYTHON) / "kernel.json").write_text(content)
    with pytest.raises(ProbeFailed, match="the kernelspec bad "):
        launch("bad")


def test_a_kernelspec_that_dies(specs: Callable[..., Path]):
    specs("bad", [shutil.which("false") or "false", "-m", "ipykernel_launcher"])
    with pytest.raises(ProbeFailed, match="bad could not run the probe: exit code 1"):
        collect.by_kernelspec("bad")


def test_no_such_kernelspec(specs: Callable[..., Path]):
    specs("Mine", PYTHON)
    with pytest.raises(NoSuchEnvironment, match=r"there is no kernelspec nope; there are .*mine"):
        collect.by_kernelspec("nope")


def test_the_command(specs: Callable[..., Path], venv: Path):
    specs("mine", [str(venv / "bin/python"), *PYTHON[1:]])
    specs("dead", ["/gone/python", *PYTHON[1:]])

    def run(*argv: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run([sys.executable, "-m", "envguard", *argv], capture_output=True, text=True)

    for verb in ("check", "report", "history"):
        ran = run(verb, "--kernel", "mine", "--format", "json")
        assert (ran.returncode, ran.stderr) == (0, "")
        assert json.loads(ran.stdout)["environment"]["prefix"] == str(venv)
    ran = run("check", "--kernel", "dead")
    assert (ran.returncode, ran.stdout) == (2, "")
    assert ran.stderr == "envguard: the kernelspec dead starts /gone/python, which is not there\n"
    assert run("check", "--kernel", "mine", "--name", "x").returncode == 2


@pytest.fixture(scope="module")
def running(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Any]:
    """A real kernel and its client."""
    manager, client = start_new_kernel(cwd=str(tmp_path_factory.mktemp("kernel")), startup_timeout=60)
    yield client
    client.stop_channels()
    manager.shutdown_kernel(now=True)


def told_by(client: Any, code: str) -> str:
    """What a cell prints."""
    said: list[str] = []

    def hear(message: dict[str, Any]) -> None:
        if message["msg_type"] == "stream":
            said.append(message["content"]["text"])
        assert message["msg_type"] != "error", message["content"]["traceback"]

    client.execute_interactive(code, timeout=60, output_hook=hear)
    return "".join(said)


STATE = """
import json, os, sys, threading
print(json.dumps({
    "names": sorted(name for name in globals() if not name.startswith("_")),
    "variables": __import__("builtins").dict(os.environ),
    "threads": sorted(each.name for each in threading.enumerate()),
    "last": repr((Out, _)),
    "path": sys.path,
    "modules": sorted(set(sys.modules)),
}))
"""


def test_a_running_kernel(running: Any, tmp_path: Path):
    (tmp_path / "foolib.py").write_text("__version__ = '1.5'\n")
    told_by(running, f"import sys; sys.path.insert(0, {str(tmp_path)!r}); import foolib; exec = list = dict = None")
    told_by(running, "1; 41 + 1")
    told_by(running, STATE)
    before = json.loads(told_by(running, STATE))
    env = collect.by_client(running, timeout=30)
    told = process_of(env)
    assert (told.kind, told.prefix, Path(env.prefix).samefile(sys.prefix)) == ("kernel", sys.prefix, True)
    assert told.pid != os.getpid()
    assert (told.loaded["foolib"].version, told.loaded["foolib"].file) == ("1.5", str(tmp_path / "foolib.py"))
    assert "ipykernel.kernelapp" in told.loaded
    assert (told.path[0].path, told.path[0].origin) == (str(tmp_path), "added")
    assert env.distributions
    assert json.loads(told_by(running, STATE)) == before
    assert api.inspect_client(running, timeout=30).environment.prefix == env.prefix


def test_a_check_does_not_count_as_a_cell(running: Any):
    counts = []
    for _ in range(2):
        counts.append(running.execute("1", reply=True, timeout=30)["content"]["execution_count"])
        collect.by_client(running, timeout=30)
    assert counts[1] == counts[0] + 1


def test_a_busy_kernel(running: Any, venv: Path, tmp_path: Path):
    end = tmp_path / "end"
    running.execute(f"import os, time\nwhile not os.path.exists({str(end)!r}): time.sleep(0.05)")
    with pytest.raises(asking.Busy, match="kernel busy"):
        collect.by_client(running, timeout=0.5)
    env = collect.by_client(running, timeout=0.5, prefix=venv)
    end.touch()  # so both have waited for no end of it
    assert (env.prefix, env.process) == (str(venv), None)
    (skipped,) = analyse(env, rules=(needs_process,)).skipped
    assert skipped.reason.english() == "kernel busy"
    told = process_of(collect.by_client(running, timeout=60))
    assert told.kind == "kernel"  # late answers to the earlier questions are not taken for this one's


def test_a_dead_kernel(tmp_path: Path):
    manager, client = start_new_kernel(cwd=str(tmp_path), startup_timeout=60)
    try:
        manager.shutdown_kernel(now=True)
        with pytest.raises(ProbeFailed):
            collect.by_client(client, timeout=1)
    finally:
        client.stop_channels()


def test_a_kernel_on_another_machine(running: Any, monkeypatch: pytest.MonkeyPatch):
    answer = asking.client(running, (), 30)
    monkeypatch.setattr(asking, "client", lambda *_: {**answer, "place": [0, 0]})
    env = collect.by_client(running)
    assert (env.conda_packages, env.distributions, env.kernelspecs) == (None, None, None)
    assert process_of(env).prefix == env.prefix == sys.prefix
    assert not analyse(env).failed


def test_nothing_of_the_process_names_somebody_in_a_redacted_report(venv: Path, tmp_path: Path):
    env = collect.by_import(venv)
    told = process_of(collect.by_import(process="kernel"))
    home = "/home/zeppelina"
    told = dataclasses.replace(
        told, prefix=str(venv), cwd=f"{home}/secret-project", user_site=f"{home}/.local/lib/python3.11/site-packages"
    )

    @rule("tells-all", code=998, severity=Severity.INFO, needs=("process",))
    def tells_all(env: Environment) -> Iterator[Any]:
        """Tells everything of the process."""
        from envguard.model import Evidence, text
        from envguard.rules.rule import Found

        process = process_of(env)
        said = text("{all}", all=repr(process))
        yield Found(subject=process.cwd or "", message=said, evidence=(Evidence(said, process.user_site or ""),))

    report = analyse(dataclasses.replace(env, process=told), rules=(tells_all,))
    assert "zeppelina" in repr(report)
    hidden = repr(api.redact(report))
    assert "zeppelina" not in hidden
    assert "secret-project" not in hidden
