"""The road to the driver: a process with the kernel's variables, of which a crash, a hang and rubbish are answers."""

from __future__ import annotations

import dataclasses
import os
import shutil
import subprocess
import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from jupyter_client.manager import KernelManager

from envguard import collect, natively
from envguard.cuda import Call, Cuda, CudaFile, Framework, Gpu
from envguard.probe import live
from tests.cuda import stubs, wheels
from tests.envs import elves, wheelhouse
from tests.rules.facts import env, kernel

if TYPE_CHECKING:
    from collections.abc import Iterator

    from envguard.cuda import Driver
    from envguard.facts import Environment

pytestmark = pytest.mark.skipif(not sys.platform.startswith("linux"), reason="the driver is asked on Linux alone")

CRASH = "{ return *(volatile int *)8; }"


@pytest.fixture(autouse=True)
def _plain(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("LD_LIBRARY_PATH", "CUDA_VISIBLE_DEVICES"):
        monkeypatch.delenv(name, raising=False)


def where(variables: dict[str, str], *mapped: str, **more: Any) -> Environment:
    """An environment without a Python, whose process has these variables."""
    more = {"kind": "fresh", **more}
    return env(prefix="/nowhere", interpreter=None, process=kernel(*mapped, variables=variables, **more))


def ask(facts: Environment, *libraries: object, **more: Any) -> Driver:
    found = natively.driver(facts, list(map(str, libraries)), **more)
    assert found is not None
    return found


def by_function(found: Driver) -> dict[str, tuple[int | None, str | None]]:
    return {call.function: (call.answer, call.error) for call in found.calls}


def script(path: Path, text: str) -> str:
    """A program that stands where an interpreter is expected."""
    path.write_text(f"#!/bin/sh\n{text}\n")
    path.chmod(0o755)
    return str(path)


def test_what_a_sound_driver_says() -> None:
    gpus = (("NVIDIA H100", "9.0"), ("NVIDIA RTX 5090", "12.0"))
    found = ask(where(stubs.variables(version=12080, gpus=gpus, release="570.86.10")))
    assert found.library == str(stubs.folder() / "libcuda.so.1")
    assert (found.missing, found.failed, found.calls) == (None, None, ())
    assert (found.version, found.init, found.devices) == (12080, 0, 2)
    assert (found.nvml, found.release) == (0, "570.86.10")
    assert found.gpus == (Gpu(0, "NVIDIA H100", "9.0"), Gpu(1, "NVIDIA RTX 5090", "12.0"))


def test_no_driver_at_all() -> None:
    stubs.require_no_driver()
    found = ask(where({}), wheels.cudart(12))
    assert found.library is None
    assert (found.missing or "").startswith("libcuda.so.1: cannot open shared object file")
    assert (found.version, found.init, found.devices, found.nvml, found.failed) == (None, None, None, None, None)
    assert by_function(found)["cudaGetDeviceCount"] == (35, None)


@pytest.mark.parametrize("case", stubs.TREE)
def test_each_error_of_the_tree_arrives(case: str) -> None:
    chosen: dict[str, Any] = dict(stubs.TREE[case])
    found = ask(where(stubs.variables(**chosen)))
    assert (found.init, found.nvml) == (chosen.get("init", 0), chosen.get("nvml", 0))
    assert found.devices == {0: 1, 100: 0}.get(chosen.get("init", 0))
    assert found.failed is None


def test_real_libraries_answer_beside_the_driver() -> None:
    paths = [wheels.cudart(major) for major in (11, 12, 13)]
    found = ask(where(stubs.variables(init=803, nvml=18, version=12050)), *paths)
    told = {(call.path, call.function): call.version or call.answer for call in found.calls}
    for path, version in zip(paths[1:], ("12.4", "13.5"), strict=True):
        assert told[str(path), "cudaRuntimeGetVersion"] == version
    assert {told[str(path), "cudaDriverGetVersion"] for path in paths} == {"12.5"}
    assert [told[str(path), "cudaGetDeviceCount"] for path in paths] == [803, 803, 35]


def test_a_crash_is_an_answer_and_the_rest_is_asked_without_it(tmp_path: Path) -> None:
    bad = stubs.library(tmp_path / "libcudnn.so.9", f"int cudnnGetVersion(void) {CRASH}")
    worse = stubs.library(
        tmp_path / "libnccl.so.2",
        f"__attribute__((constructor)) static int start(void) {CRASH}\nint ncclGetVersion(int *v) {{ return !v; }}",
    )
    good = stubs.library(tmp_path / "libnvrtc.so.12", "int nvrtcVersion(int *a, int *b) { *a = 12; *b = 6; return 0; }")
    found = ask(where(stubs.variables()), bad, worse, good)
    assert found.calls == (
        Call(str(bad), "cudnnGetVersion", None, "crashed (SIGSEGV)"),
        Call(str(worse), "dlopen", None, "crashed (SIGSEGV)"),
        Call(str(good), "nvrtcVersion", 12060),
    )
    assert (found.init, found.devices, found.failed) == (0, 1, None)


def test_a_library_that_ends_the_process_is_told(tmp_path: Path) -> None:
    code = "#include <unistd.h>\nint ncclGetVersion(int *v) { _exit(!v); }"
    bad = stubs.library(tmp_path / "libnccl.so.2", code)
    assert by_function(ask(where({}), bad)) == {"ncclGetVersion": (None, "ended before everything was answered")}


@pytest.mark.parametrize(
    ("function", "init", "devices", "gpus"),
    [
        ("cuDriverGetVersion", 0, 1, (Gpu(0, "NVIDIA Stub A", "8.6"),)),
        ("cuInit", None, None, ()),
        ("cuDeviceGetCount", 0, None, ()),
        ("cuDeviceGetName", 0, 1, (Gpu(0, "", "8.6"),)),
    ],
)
def test_a_driver_that_crashes(function: str, init: int | None, devices: int | None, gpus: tuple[Gpu, ...]) -> None:
    found = ask(where(stubs.variables(crash=function)))
    assert found.failed == f"{function} crashed (SIGSEGV)"
    assert (found.init, found.devices, found.gpus, found.release) == (init, devices, gpus, "550.54.14")


def test_a_driver_that_hangs_is_left_and_what_needs_none_is_asked(tmp_path: Path) -> None:
    code = "int nvrtcVersion(int *a, int *b) { *a = 12; *b = 6; return 0; }"
    library = stubs.library(tmp_path / "libnvrtc.so.12", code)
    started = time.monotonic()
    found = ask(where(stubs.variables(hang="cuInit")), wheels.cudart(12), library, timeout=1.5)
    assert time.monotonic() - started < 10
    assert found.failed == "cuInit did not answer within 1.5 s"
    assert (found.version, found.init) == (12040, None)
    assert by_function(found) == {"nvrtcVersion": (12060, None)}


def test_a_library_that_hangs_again_ends_it(tmp_path: Path) -> None:
    code = "#include <unistd.h>\nint ncclGetVersion(int *v) { while (v) sleep(60); return 0; }"
    paths = [stubs.library(tmp_path / str(each) / "libnccl.so.2", code) for each in range(4)]
    found = ask(where({}), *paths, timeout=1)
    assert found.calls == tuple(
        Call(str(path), "ncclGetVersion", None, "did not answer within 1 s") for path in paths[:2]
    )


@pytest.mark.parametrize(
    ("text", "failed"),
    [
        ("echo no such thing >&2; exit 127", "no such thing"),
        ("exit 5", "ended with exit code 5"),
        ("kill -9 $$", "crashed (SIGKILL)"),
        ("exit 0", "ended before everything was answered"),
        ('for last; do :; done; echo "\x01\x02 not json" > "$last"', "ended before everything was answered"),
        ('for last; do :; done; head -c 100000 /dev/urandom > "$last"', "ended before everything was answered"),
        ('for last; do :; done; echo \'[1]\n{"driver": 7}\n{"gpu": 7}\n{"end": 1}\n{}\' > "$last"', "ended before everything was answered"),
        ("sleep 60", "interpreter did not answer within 1 s"),
    ],
)  # fmt: skip
def test_an_interpreter_that_does_not_do_it(text: str, failed: str, tmp_path: Path) -> None:
    found = ask(where(stubs.variables()), interpreter=script(tmp_path / "interpreter", text), timeout=1)
    assert (found.failed or "").endswith(failed)
    assert (found.library, found.init, found.calls) == (None, None, ())


def test_no_interpreter(tmp_path: Path) -> None:
    found = ask(where({}), interpreter=str(tmp_path / "absent"))
    assert found.failed == f"{tmp_path}/absent cannot be started: No such file or directory"


def test_a_disk_that_is_full_ends_it_with_the_reason(tmp_path: Path) -> None:
    # a limit of the process, for which the kernel refuses as it does where no room is left
    limited = script(tmp_path / "python", f'ulimit -f 0; exec {sys.executable} "$@"')
    found = ask(where(stubs.variables()), interpreter=limited)
    assert found.failed == "OSError: [Errno 27] File too large"


def test_no_place_for_the_answer(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path / "absent"))
    assert ask(where({})).failed == "no room for its answer: No such file or directory"


def test_the_processs_variables_decide_and_not_ours(monkeypatch: pytest.MonkeyPatch) -> None:
    for name, value in stubs.variables(visible="").items():
        monkeypatch.setenv(name, value)
    facts = where(stubs.variables(version=11080))
    found = ask(facts)
    assert (found.version, found.devices, found.asked_as) == (11080, 1, "fresh")  # our CUDA_VISIBLE_DEVICES is gone
    assert ask(dataclasses.replace(facts, process=None)).asked_as == "envguard"
    assert ask(dataclasses.replace(facts, process=None)).devices == 0
    assert ask(where({**stubs.variables(), "CUDA_VISIBLE_DEVICES": "-1"})).init == 100
    if not Path("/dev/nvidiactl").exists():
        assert ask(where({})).library is None  # nor is our LD_LIBRARY_PATH there


def test_secrets_and_pythons_own_variables_do_no_harm() -> None:
    told = {**stubs.variables(), "CUDA_TOKEN": live.SECRET, "PYTHONHOME": "/nowhere", "PYTHONPATH": "/nowhere"}
    assert ask(where(told)).init == 0


def test_what_a_notebook_sets_late_has_no_effect_on_the_loader() -> None:
    sleeper = [sys.executable, "-c", "import time; print(flush=True); time.sleep(60)"]
    with subprocess.Popen(
        sleeper, env={**os.environ, **stubs.variables(version=12030)}, stdout=subprocess.PIPE
    ) as running:
        try:
            assert running.stdout is not None
            running.stdout.readline()
            late = {**stubs.variables(version=12030), "LD_LIBRARY_PATH": "/set/in/a/cell"}
            facts = where(late, kind="kernel", pid=running.pid, executable=sys.executable)
            assert ask(facts).version == 12030
            assert ask(where(late, kind="kernel", pid=running.pid, executable="/another/python")).version is None
        finally:
            running.kill()


def test_the_libcuda_of_a_kernel_is_the_one_it_has_in_memory(tmp_path: Path) -> None:
    own = Path(shutil.copy(stubs.folder() / "libcuda.so.1", tmp_path / "libcuda.so.535.104.05"))
    variables = {**stubs.variables(), "LD_LIBRARY_PATH": "/nowhere"}
    found = ask(where(variables, str(own), kind="kernel"), wheels.cudart(12))
    assert found.library == str(own)
    assert by_function(found)["cudaDriverGetVersion"] == (12040, None)  # cudart asks for libcuda.so.1, which that is


def test_the_environments_python_has_search_paths_of_its_own(tmp_path: Path) -> None:
    python = elves.program(tmp_path / "bin" / "python", rpath="$ORIGIN/../lib")
    (tmp_path / "lib").mkdir()
    compat = Path(shutil.copy(stubs.folder() / "libcuda.so.1", tmp_path / "lib" / "libcuda.so.1"))
    facts = env(prefix=str(tmp_path), interpreter="bin/python", process=kernel(variables={}, kind="fresh"))
    assert python.exists()
    assert ask(facts).library == str(compat)
    elves.program(tmp_path / "bin" / "python", runpath="$ORIGIN/../lib")  # which is for the program's own needs alone
    assert ask(facts).library != str(compat)


def test_where_our_interpreter_does_not_start_the_environments_is_asked(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    facts = env(prefix=sys.prefix, interpreter="bin/python", process=kernel(variables=stubs.variables(), kind="fresh"))
    monkeypatch.setattr("sys.executable", script(tmp_path / "python", "echo symbol lookup error >&2; exit 127"))
    found = ask(facts)
    assert (found.init, found.failed) == (0, None)
    assert ask(dataclasses.replace(facts, interpreter=None)).failed == "symbol lookup error"


def test_what_a_library_needs_of_the_named_ones_is_loaded_before(tmp_path: Path) -> None:
    graph = stubs.library(
        tmp_path / "one" / "libcudnn_graph.so.9", "unsigned long cudnnGetVersion(void) { return 90501; }"
    )
    shim = elves.library(tmp_path / "two" / "libcudnn.so.9", offers=["cudnnGetCudartVersion"], needs=[graph])
    found = ask(where({}), shim, graph)
    assert found.calls == (Call(str(graph), "cudnnGetVersion", 90501), Call(str(shim), "cudnnGetCudartVersion", 1))
    (alone,) = ask(where({}), shim).calls
    assert (alone.function, alone.answer) == ("dlopen", None)
    assert (alone.error or "").startswith("libcudnn_graph.so.9: cannot open shared object file")


def test_nothing_is_told_of_other_systems(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("sys.platform", "darwin")
    assert natively.driver(where({})) is None
    monkeypatch.setattr("sys.platform", "win32")
    assert natively.driver(where({})) is None


def test_files_are_the_mapped_ones_else_those_that_would_be_loaded() -> None:
    def file(path: str | None) -> CudaFile:
        return CudaFile("cudart", "libcudart.so.12", path, None, None, "pip")

    def torch(*files: CudaFile) -> Framework:
        return Framework("torch", "2.5.1", "pip", None, None, None, "12.4", False, "torch/version.py", (), files)

    cuda = Cuda((torch(file("/a"), file(None)), torch(file("/a"), file("/b"))))
    assert natively.files(env(cuda=cuda)) == ("/a", "/b")
    assert natively.files(env(cuda=dataclasses.replace(cuda, mapped=(file("/c"),)))) == ("/c",)
    assert natively.files(env(cuda=dataclasses.replace(cuda, mapped=()))) == ()
    assert natively.files(env(cuda=None)) == ()


def test_collect_adds_it_where_the_environment_is_on_this_machine(monkeypatch: pytest.MonkeyPatch) -> None:
    for name, value in stubs.variables(version=12070).items():
        monkeypatch.setenv(name, value)
    facts = collect.by_import(sys.prefix)
    assert facts.driver is None
    found = collect.with_driver(facts).driver
    assert found is not None
    assert (found.version, found.asked_as) == (12070, "envguard")
    elsewhere = dataclasses.replace(facts, distributions=None, conda_packages=None)
    assert collect.with_driver(elsewhere) is elsewhere


IN_A_KERNEL = """
import sys
heard = []
sys.addaudithook(lambda event, args: heard.append((event, args)) if event.startswith('ctypes.') else None)
from envguard import collect
found = collect.with_driver(collect.by_import(process='kernel')).driver
assert found.init == 0 and found.devices == 1 and found.asked_as == 'kernel', found
get_ipython().run_line_magic('load_ext', 'envguard')
get_ipython().run_line_magic('envcheck', 'cuda')
mapped = [line for line in open('/proc/self/maps') if 'libcuda' in line or 'nvidia' in line]
print('NATIVE', heard, mapped)
"""


@pytest.fixture
def client(tmp_path: Path) -> Iterator[Any]:
    """A kernel on a machine that has a driver, as far as it can tell."""
    manager = KernelManager()
    home = {**wheelhouse.isolated(), **stubs.variables(), "IPYTHONDIR": str(tmp_path / "ipython")}
    manager.start_kernel(env=home, cwd=str(tmp_path))
    client = manager.client()
    client.start_channels()
    try:
        client.wait_for_ready(timeout=60)
        yield client
    finally:
        client.stop_channels()
        manager.shutdown_kernel(now=True)


def said(client: Any, code: str) -> str:
    heard: list[str] = []

    def hear(message: dict[str, Any]) -> None:
        content = message["content"]
        shown = content.get("data", {}).get("text/html") or content.get("data", {}).get("text/plain", "")
        heard.append(content.get("text", "") + shown + "\n".join(content.get("traceback", ())))

    client.execute_interactive(code, timeout=60, output_hook=hear)
    return "".join(heard)


def test_nothing_native_is_called_in_the_kernel_and_no_driver_loaded(client: Any) -> None:
    told = said(client, IN_A_KERNEL)
    assert "550.54.14" in told, told  # the driver was asked, elsewhere
    assert "NATIVE [] []" in told


def test_a_kernels_variables_hold_when_it_is_asked_from_outside(client: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    said(client, "import os; os.environ['CUDA_VISIBLE_DEVICES'] = '-1'; os.environ['LD_LIBRARY_PATH'] = '/too/late'")
    monkeypatch.setenv("STUB_CUDA_VERSION", "12090")  # not one of those that a kernel tells
    found = collect.with_driver(collect.by_client(client, timeout=60)).driver
    assert found is not None
    assert (found.version, found.init, found.devices, found.asked_as) == (12090, 100, 0, "kernel")
    assert "LIBS []" in said(client, "print('LIBS', [each for each in open('/proc/self/maps') if 'libcuda' in each])")
