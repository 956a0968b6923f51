"""The kind of processor: facts -> findings."""

from __future__ import annotations

import pytest

from envguard.library import Library
from envguard.rules.architecture import architecture_mismatch
from tests.rules.facts import PREFIX, SITE, Told, env, kernel, pkg, told

MAC = {"platform": "osx-64"}
INTEL, APPLE = pkg("numpy", subdir="osx-64"), pkg("scipy", subdir="osx-arm64")
PURE = pkg("rich", subdir="noarch", noarch="python")
LINUX, ARM = pkg("numpy"), pkg("scipy", subdir="linux-aarch64")


def mac(**more):
    return kernel(**{"system": "Darwin", "machine": "x86_64", **more})


TRANSLATED = "Python for Intel processors runs on an Apple processor by translation (Rosetta)"
INTEL_ON_ARM = "conda's packages are for osx-64, and Python runs as a program for arm64"


@pytest.mark.parametrize(
    ("packages", "more", "expected"),
    [
        (
            (INTEL, APPLE, PURE),
            MAC,
            [Told("error", "lab", "conda's packages are for 2 platforms: osx-64, osx-arm64")],
        ),
        (
            (LINUX, ARM),
            {},
            [Told("error", "lab", "conda's packages are for 2 platforms: linux-64, linux-aarch64")],
        ),
        ((INTEL, PURE), MAC, []),
        # translated: works, only slower
        ((INTEL,), {**MAC, "process": mac(translated=True)}, [Told("info", "lab", TRANSLATED)]),
        ((INTEL,), {**MAC, "process": mac(translated=False)}, []),
        ((INTEL,), {**MAC, "process": mac(translated=None)}, []),
        (
            (INTEL,),
            {**MAC, "process": mac(translated=True, variables={"DYLD_LIBRARY_PATH": "/usr/lib:/opt/homebrew/lib"})},
            [Told("warning", "lab", TRANSLATED)],
        ),
        (
            (INTEL,),
            {**MAC, "process": mac(translated=True, variables={"DYLD_LIBRARY_PATH": "/usr/local/lib"})},
            [Told("info", "lab", TRANSLATED)],
        ),
        ((INTEL,), {**MAC, "process": mac(machine="arm64")}, [Told("error", "lab", INTEL_ON_ARM)]),
        ((APPLE,), {"platform": "osx-arm64", "process": mac(machine="arm64", translated=False)}, []),
        # not this environment's Python
        ((INTEL,), {**MAC, "process": mac(machine="arm64", prefix="/opt/other")}, []),
        # what the next conda install would bring
        (
            (LINUX,),
            {"process": kernel(variables={"CONDA_SUBDIR": "linux-aarch64"})},
            [
                Told(
                    "warning",
                    "lab",
                    "CONDA_SUBDIR is linux-aarch64, and the environment's packages are for linux-64",
                )
            ],
        ),
        ((LINUX,), {"process": kernel(variables={"CONDA_SUBDIR": "linux-64"})}, []),
        # 64-bit ARM has two names
        ((ARM,), {"platform": "linux-aarch64", "process": kernel(machine="arm64")}, []),
        (
            (LINUX,),
            {"platform": "win-64", "layout": "windows", "process": kernel(machine="AMD64", system="Windows")},
            [],
        ),
    ],
)
def test_architecture(packages, more, expected):
    assert told(architecture_mismatch, env(packages, **more)) == expected


def library(name: str, machine: str) -> Library:
    return Library(f"{PREFIX}/{SITE}/{name}", None, (), (), (), (), (), machine)


@pytest.mark.parametrize(
    ("libraries", "expected"),
    [
        ((library("foolib/_c.cpython-311-aarch64-linux-gnu.so", "aarch64"),), "1 extension module is for another processor"),
        (
            (library("a/a.abi3.so", "aarch64"), library("b/b.cpython-311-ppc64le-linux-gnu.so", "ppc64le")),
            "2 extension modules are for another processor",
        ),
        ((library("foolib/_c.cpython-311-x86_64-linux-gnu.so", "x86_64"),), None),
        # data of debuggers and emulators, which no import loads
        ((library("debugpy/attach_linux_x86.so", "i686"),), None),
        (None, None),
    ],
)  # fmt: skip
def test_extension_modules(libraries, expected):
    wanted = [Told("error", "lab", f"{expected} than Python's x86_64")] if expected else []
    assert told(architecture_mismatch, env((LINUX,), libraries=libraries, process=kernel())) == wanted
