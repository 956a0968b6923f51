"""The probe that calls NVIDIA's libraries: the contract at its top, with real libraries that answer, fail and crash."""

from __future__ import annotations

import json
import os
import shutil
import signal
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from envguard.cuda import Call
from envguard.probe import native
from tests.cuda import stubs, wheels
from tests.require import require

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

pytestmark = pytest.mark.skipif(not sys.platform.startswith("linux"), reason="the driver is asked on Linux alone")

TELLS = {
    "cudaRuntimeGetVersion": ("int F(int *v) { *v = 12040; return 0; }", 12040, "12.4"),
    "cudaDriverGetVersion": ("int F(int *v) { *v = 13020; return 0; }", 13020, "13.2"),
    "cudaGetDeviceCount": ("int F(int *n) { *n = 0; return 100; }", 100, None),
    "cudnnGetVersion": ("unsigned long F(void) { return 90501; }", 90501, "9.5.1"),
    "cudnnGetCudartVersion": ("unsigned long F(void) { return 12060; }", 12060, "12.6"),
    "ncclGetVersion": ("int F(int *v) { *v = 22005; return 0; }", 22005, "2.20.5"),
    "nvrtcVersion": ("int F(int *a, int *b) { *a = 12; *b = 4; return 0; }", 12040, "12.4"),
    "nvJitLinkVersion": ("int F(unsigned *a, unsigned *b) { *a = 13; *b = 5; return 0; }", 13050, "13.5"),
}
"""Function -> its code, what the probe tells of it, and the version that means; of the others see `code`."""
PROPERTY = ("int F(int which, int *v) { *v = which == 0 ? 12 : which == 1 ? 3 : 1; return 0; }", 120301, "12.3.1")


def ask(*arguments: object, env: Mapping[str, str] | None = None, out: Path, python: str = sys.executable) -> list[Any]:
    """What the probe writes, line by line; each line is whole."""
    ran = run(*arguments, env=env, out=out, python=python)
    assert ran.returncode == 0, ran.stderr
    return lines(out)


def run(
    *arguments: object, env: Mapping[str, str] | None = None, out: Path, python: str = sys.executable
) -> subprocess.CompletedProcess[str]:
    plain = {
        name: value for name, value in os.environ.items() if name not in ("LD_LIBRARY_PATH", "CUDA_VISIBLE_DEVICES")
    }
    command = [python, native.__file__, out, *map(str, arguments)]
    return subprocess.run(
        command, env={**plain, **(env or {})}, capture_output=True, text=True, timeout=60, check=False
    )


def lines(out: Path) -> list[Any]:
    return [json.loads(line) for line in out.read_text(encoding="ascii").splitlines()]


def merged(told: Sequence[Any]) -> dict[str, Any]:
    return {name: value for line in told for name, value in line.get("driver", {}).items()}


def answers(told: Sequence[Any]) -> dict[str, tuple[int | None, str | None]]:
    return {
        line["function"]: (line.get("answer"), line.get("error")) for line in told if {"answer", "error"} & set(line)
    }


def announced(told: Sequence[Any]) -> list[str]:
    return [line["function"] for line in told if "function" in line and not {"answer", "error"} & set(line)]


def test_the_driver_tells_version_devices_and_release(tmp_path: Path) -> None:
    env = stubs.variables(
        version=12080, gpus=(("NVIDIA H100", "9.0"), ("NVIDIA RTX 5090", "12.0")), release="570.86.10"
    )
    told = ask(env=env, out=tmp_path / "out")
    known = merged(told)
    assert known["library"] == str(stubs.folder() / "libcuda.so.1")
    assert (known["version"], known["init"], known["devices"]) == (12080, 0, 2)
    assert (known["nvml"], known["release"]) == (0, "570.86.10")
    assert [line["gpu"] for line in told if "gpu" in line] == [
        {"index": 0, "name": "NVIDIA H100", "capability": "9.0"},
        {"index": 1, "name": "NVIDIA RTX 5090", "capability": "12.0"},
    ]
    assert told[-1] == {"end": True}


def test_without_a_driver_the_loader_is_quoted(tmp_path: Path) -> None:
    stubs.require_no_driver()
    told = ask(out=tmp_path / "out")
    (error,) = [line["error"] for line in told if line.get("path") == native.DRIVER and "error" in line]
    assert error.startswith("libcuda.so.1: cannot open shared object file")
    assert "init" not in merged(told)


@pytest.mark.parametrize("case", stubs.TREE)
def test_errors_of_the_tree_of_causes(case: str, tmp_path: Path) -> None:
    chosen = dict(stubs.TREE[case])
    known = merged(ask(env=stubs.variables(**chosen), out=tmp_path / "out"))  # type: ignore[arg-type]
    assert (known["init"], known["nvml"]) == (chosen.get("init", 0), chosen.get("nvml", 0))
    assert known["version"] == 12040
    assert ("devices" in known) == (case == "works")
    assert ("release" in known) == (known["nvml"] == 0)


def test_hidden_devices_are_none(tmp_path: Path) -> None:
    assert merged(ask(env=stubs.variables(visible="-1"), out=tmp_path / "hidden"))["init"] == 100
    assert merged(ask(env=stubs.variables(visible=""), out=tmp_path / "empty"))["init"] == 100
    gpus = (("A", "8.6"), ("B", "9.0"))
    told = ask(env=stubs.variables(visible="1", gpus=gpus), out=tmp_path / "one")
    assert [line["gpu"]["name"] for line in told if "gpu" in line] == ["B"]


def test_no_context_is_created(tmp_path: Path) -> None:
    assert set(announced(ask(env=stubs.variables(), out=tmp_path / "out"))) == {
        "dlopen",
        "cuDriverGetVersion",
        "cuInit",
        "cuDeviceGetCount",
        "cuDeviceGet",
        "cuDeviceGetName",
        "cuDeviceGetAttribute",
        "nvmlInit_v2",
        "nvmlSystemGetDriverVersion",
        "nvmlShutdown",
    }


@pytest.mark.parametrize("family", native.QUESTIONS)
def test_every_family_answers(family: str, tmp_path: Path) -> None:
    expected = {one.function: TELLS.get(one.function, PROPERTY) for one in native.QUESTIONS[family]}
    code = "\n".join(text.replace("F(", f"{function}(") for function, (text, _, _) in expected.items())
    path = stubs.library(tmp_path / f"lib{family}.so.12", code)
    found = answers(ask(path, env=stubs.variables(), out=tmp_path / "out"))
    assert found == {function: (answer, None) for function, (_, answer, _) in expected.items()}
    for function, (_, answer, version) in expected.items():
        assert Call(str(path), function, answer).version == version


@pytest.mark.parametrize(
    ("function", "answer", "version"),
    [
        ("cudnnGetVersion", 8902, "8.9.2"),
        ("ncclGetVersion", 2408, "2.4.8"),
        ("cudaDriverGetVersion", 0, None),
        ("cudaRuntimeGetVersion", None, None),
    ],
)
def test_older_notations_and_no_version(function: str, answer: int | None, version: str | None) -> None:
    assert Call("x", function, answer).version == version


@pytest.mark.parametrize(
    ("name", "family"),
    [
        ("libcudart.so.12", "cudart"),
        ("libcudart.so.12.4.127", "cudart"),
        ("libcudart.so", "cudart"),
        ("libcudart-d0da41ae.so.11.0", "cudart"),
        ("libcudart.8774224f.so.12.4.127", "cudart"),
        ("libcudnn_graph.so.9", "cudnn_graph"),
        ("libcublasLt.so.12", "cublasLt"),
        ("libnvrtc-672ee683.so.11.2", "nvrtc"),
        ("libnvrtc-builtins.so.12.4", None),
        ("libcudart_static.a", None),
        ("notlibcudart.so.12", None),
    ],
)
def test_the_family_is_told_by_the_name(name: str, family: str | None) -> None:
    assert native.family(f"/some/where/{name}") == family


@pytest.mark.parametrize("major", wheels.CUDART)
def test_real_cudart_without_a_driver(major: int, tmp_path: Path) -> None:
    stubs.require_no_driver()
    found = answers(ask(wheels.cudart(major), out=tmp_path / "out"))
    runtime = {11: (None, "cudaErrorInsufficientDriver (35)"), 12: (12040, None), 13: (13050, None)}[major]
    assert found["cudaRuntimeGetVersion"] == runtime
    assert found["cudaDriverGetVersion"] == (0, None)
    assert found["cudaGetDeviceCount"] == (35, None)


@pytest.mark.parametrize("code", [34, 35, 46, 100, 101, 304, 802, 803, 804, 999])
def test_real_cudart_passes_the_drivers_error_on(code: int, tmp_path: Path) -> None:
    found = answers(ask(wheels.cudart(12), env=stubs.variables(init=code, version=12050), out=tmp_path / "out"))
    assert found["cudaRuntimeGetVersion"] == (12040, None)
    assert found["cudaDriverGetVersion"] == (12050, None)
    assert found["cudaGetDeviceCount"] == (code, None)


def test_real_cudart_newer_than_the_driver_is_refused_whatever_that_says(tmp_path: Path) -> None:
    env = stubs.variables(init=803, version=12040)
    assert answers(ask(wheels.cudart(13), env=env, out=tmp_path / "out"))["cudaGetDeviceCount"] == (35, None)


def test_the_last_announced_call_is_the_one_that_crashed(tmp_path: Path) -> None:
    code = "int cudnnGetVersion(void) { return *(volatile int *)8; } int cudnnGetCudartVersion(void) { return 12060; }"
    bad, good = stubs.library(tmp_path / "libcudnn.so.9", code), stubs.library(tmp_path / "libnccl.so.2", "int x;")
    ran = run("--no-driver", bad, good, out=tmp_path / "out")
    assert ran.returncode == -signal.SIGSEGV
    assert lines(tmp_path / "out")[-1] == {"path": str(bad), "function": "cudnnGetVersion"}
    told = ask("--no-driver", "--without", "cudnnGetVersion", bad, bad, good, out=tmp_path / "again")
    assert answers(told) == {"cudnnGetCudartVersion": (12060, None)}
    assert [line["done"] for line in told if "done" in line] == [str(bad), str(good)]


def test_loading_can_be_what_crashes(tmp_path: Path) -> None:
    code = "__attribute__((constructor)) static void start(void) { *(volatile int *)8 = 1; }"
    bad = stubs.library(tmp_path / "libcudnn.so.9", code)
    assert run("--no-driver", bad, out=tmp_path / "out").returncode == -signal.SIGSEGV
    assert lines(tmp_path / "out")[-1] == {"path": str(bad), "function": "dlopen"}
    assert answers(ask("--no-driver", "--without", "dlopen", bad, bad, out=tmp_path / "again")) == {}


def test_no_driver_asks_no_driver(tmp_path: Path) -> None:
    code = "".join(TELLS[one.function][0].replace("F(", f"{one.function}(") for one in native.QUESTIONS["cudart"])
    told = ask(
        "--no-driver", stubs.library(tmp_path / "libcudart.so.12", code), env=stubs.variables(), out=tmp_path / "out"
    )
    assert announced(told) == []


def test_a_function_of_another_file_is_not_called(tmp_path: Path) -> None:
    stubs.library(tmp_path / "libcudnn_graph.so.9", "unsigned long cudnnGetVersion(void) { return 90501; }")
    shim = tmp_path / "libcudnn.so.9"
    command = [
        require("cc"), "-x", "c", "-shared", "-fPIC", "-Wl,--no-as-needed", "-Wl,-rpath,$ORIGIN", "-o", shim, "-",
        "-x", "none", tmp_path / "libcudnn_graph.so.9",
    ]  # fmt: skip
    subprocess.run(command, input="int x;", text=True, check=True)
    told = ask("--no-driver", shim, out=tmp_path / "out")
    assert announced(told) == ["dlopen"]
    assert answers(told) == {}


def test_libraries_of_one_name_answer_each_for_itself(tmp_path: Path) -> None:
    paths = [
        stubs.library(
            tmp_path / release / "libcudnn.so.9", f"unsigned long cudnnGetVersion(void) {{ return {release}; }}"
        )
        for release in ("90100", "90501")
    ]
    told = ask("--no-driver", *paths, out=tmp_path / "out")
    assert [line["answer"] for line in told if "answer" in line] == [90100, 90501]


def test_a_library_that_cannot_be_loaded_is_told_in_the_loaders_words(tmp_path: Path) -> None:
    (tmp_path / "libnccl.so.2").write_text("no library")
    found = answers(ask("--no-driver", tmp_path / "libnccl.so.2", tmp_path / "libcufft.so.11", out=tmp_path / "out"))
    assert found["dlopen"][1] == f"{tmp_path}/libcufft.so.11: cannot open shared object file: No such file or directory"
    told = lines(tmp_path / "out")
    assert any(
        "invalid ELF header" in line.get("error", "") or "file too short" in line.get("error", "") for line in told
    )


def test_an_error_without_a_name_is_told_by_number(tmp_path: Path) -> None:
    path = stubs.library(tmp_path / "libnccl.so.2", "int ncclGetVersion(int *v) { *v = 1; return 3; }")
    assert answers(ask("--no-driver", path, out=tmp_path / "out")) == {"ncclGetVersion": (None, "error 3")}


def test_a_full_disk_ends_it_with_the_reason() -> None:
    ran = run(out=Path("/dev/full"))
    assert ran.returncode == 1
    assert "No space left on device" in ran.stderr


def test_it_is_one_file_for_python_3_8(tmp_path: Path) -> None:
    python = require("python3.8")
    alone = tmp_path / "alone" / "native.py"
    alone.parent.mkdir()
    shutil.copy(native.__file__, alone)
    code = "unsigned long cudnnGetVersion(void) { return 8902; }"
    library = stubs.library(tmp_path / "libcudnn.so.8", code)
    command = [python, "-I", "-S", "-B", alone, tmp_path / "out", library]
    ran = subprocess.run(
        command, env={**os.environ, **stubs.variables()}, capture_output=True, text=True, timeout=60, check=False
    )
    assert ran.returncode == 0, ran.stderr
    assert lines(tmp_path / "out") == ask(library, env=stubs.variables(), out=tmp_path / "ours")


@pytest.mark.parametrize(
    ("text", "version"),
    [
        ("NVRM version: NVIDIA UNIX x86_64 Kernel Module  535.104.05  Sat Aug 19 01:15:15 UTC 2023\nGCC version: gcc 12", "535.104.05"),
        ("NVRM version: NVIDIA UNIX Open Kernel Module for x86_64  580.65.06  Release Build  (x)\n", "580.65.06"),
        ("something else entirely 1.2.3\n", None),
        ("", None),
    ],
)  # fmt: skip
def test_the_kernel_module_tells_its_version(text: str, version: str | None, tmp_path: Path) -> None:
    (tmp_path / "version").write_text(text)
    assert native.module(str(tmp_path / "version")) == version
    assert native.module(str(tmp_path / "absent")) is None


def test_device_files_are_told_and_nothing_else(tmp_path: Path) -> None:
    for name in ("nvidia0", "nvidiactl", "nvidia-uvm", "dxg", "null", "anvidia"):
        (tmp_path / name).touch()
    (tmp_path / "nvidia-caps").mkdir()
    expected = [str(tmp_path / name) for name in ("dxg", "nvidia-uvm", "nvidia0", "nvidiactl")]
    assert native.nodes(str(tmp_path)) == expected
    assert native.nodes(str(tmp_path / "absent")) == []


def test_device_files_that_the_user_may_not_open_are_told(tmp_path: Path) -> None:
    path = tmp_path / "nvidia0"
    path.touch(mode=0)
    user = os.geteuid()
    if user == 0:
        os.seteuid(65534)  # who may not even enter the folder
    try:
        assert native.closed([str(path), "/dev/null"]) == [str(path)]
    finally:
        os.seteuid(user)
