"""NVIDIA's driver against what is installed: facts -> findings."""

from __future__ import annotations

import pytest

from envguard.errors import CannotTell
from envguard.rules.cuda_driver import driver_library_mismatch, driver_too_old, gpu_arch_not_built
from tests.rules.cudas import conda_torch, driver, other, torch, where
from tests.rules.facts import PREFIX, commands, env, only, pkg, told

PIP = f"{PREFIX}/bin/python -m pip"


@pytest.mark.parametrize(
    ("version", "release", "needs", "speaks"),
    [
        (11040, "470.42.01", "12.4", True),
        (12080, "570.26", "13.0", True),
        (10010, "418.87", "10.2", True),
        # before the first driver that runs all of its major version
        (11000, "450.51.05", "11.8", True),
        # the same major version, from 11 on; newer; no driver; not known
        (12010, "530.30.02", "12.8", False),
        (11000, "450.80.02", "11.8", False),
        (11000, None, "11.8", False),
        (13000, "580.65.06", "12.4", False),
        (12040, "550.54.14", "12", False),
        (None, None, "12.4", False),
        (0, None, "12.4", False),
        (11040, "470.42.01", None, False),
    ],
)
def test_too_old(version, release, needs, speaks):
    here = where(torch(declared=needs), driver=driver(version, release=release))
    assert [each.severity for each in told(driver_too_old, here)] == (["error"] if speaks else [])


def test_a_driver_that_is_too_old_in_words():
    found = only(driver_too_old(where(torch(), driver=driver(11040, release="470.42.01"))))
    assert found.message.english() == "torch 2.5.1 was built for CUDA 12.4, and the driver can do 11.4 at most"
    assert found.consequence.english() == "no GPU can be used; CUDA 12.4 needs driver 525.60.13 or later"
    assert commands(found) == [
        [
            f"{PIP} uninstall --yes torch",
            f"{PIP} install --index-url https://download.pytorch.org/whl/cu118 torch==2.5.1",
        ]
    ]


def test_a_build_for_an_older_cuda_by_conda():
    build = "cuda130_mkl_py311_h0_300"
    package = pkg("pytorch", "2.13.0", build, provides=("torch",))
    here = where(conda_torch(build, "2.13.0"), conda=(package,), dists=(), driver=driver(12080))
    install = f"/opt/conda/bin/conda install --prefix {PREFIX}"
    assert commands(only(driver_too_old(here))) == [[f"{install} pytorch=*=*cuda* cuda-version<=12.8"]]
    older = where(other("cupy", "14.0", "13.0", origin="conda"), dists=(), driver=driver(12080))
    assert commands(only(driver_too_old(older))) == [[f"{install} cuda-version<=12.8"]]


def test_without_cuda_no_driver_is_too_old():
    assert told(driver_too_old, where(torch(cpu=True), driver=driver(11040))) == []


def test_a_question_that_failed_is_no_answer():
    failed = driver(None, library=None, failed="it took longer than 20 seconds")
    for rule in (driver_too_old, gpu_arch_not_built, driver_library_mismatch):
        with pytest.raises(CannotTell):
            told(rule, where(torch(), driver=failed))


@pytest.mark.parametrize(
    ("arch", "capabilities", "severity"),
    [
        (("sm_80", "sm_86", "sm_90"), ("12.0",), "error"),
        (("sm_75", "sm_80"), ("7.0",), "error"),
        (("sm_80",), ("12.0", "8.0"), "warning"),
        (("sm_90a",), ("9.1",), "error"),
        # the same major version and a lower minor one; code that is compiled on the spot; nothing known
        (("sm_80",), ("8.6", "8.9"), None),
        (("sm_80", "compute_90"), ("12.0",), None),
        (("sm_120", "compute_120"), ("12.1",), None),
        ((), ("12.0",), None),
        (("sm_80",), (), None),
        (("gfx90a",), ("9.0",), None),
    ],
)
def test_code_for_the_gpu(arch, capabilities, severity):
    here = where(torch(arch=arch), driver=driver(12080, *capabilities))
    assert [each.severity for each in told(gpu_arch_not_built, here)] == ([severity] if severity else [])


def test_a_build_that_knows_the_gpu():
    found = only(gpu_arch_not_built(where(torch(), driver=driver(12080, "12.0"))))
    assert found.message.english() == (
        "torch 2.5.1 holds no code for GPU 12.0 (12.0), only for sm_50, sm_60, sm_70, sm_75, sm_80, sm_86, sm_90"
    )
    assert commands(found)[0][1].endswith("https://download.pytorch.org/whl/cu128 torch==2.11.*")
    old = torch(version="2.15.0", declared="13.2", arch=("sm_75",))
    found = only(gpu_arch_not_built(where(old, driver=driver(12080, "6.1"))))
    assert commands(found)[0][1].endswith("https://download.pytorch.org/whl/cu126 torch==2.15.0")


LOADED = "/usr/lib/x86_64-linux-gnu/libcuda.so.535.104.05"


@pytest.mark.parametrize(
    ("more", "certainty"),
    [
        ({"init": 803}, "certain"),
        ({"nvml": 18}, "certain"),
        ({"nvml": 18, "library": None}, "certain"),
        ({"init": 999, "module": "535.54.03", "library": LOADED}, "likely"),
        # it works all the same, as with the libraries for compatibility; other errors; nothing to compare
        ({"init": 0, "module": "535.54.03", "library": LOADED}, None),
        ({"init": 100, "module": "535.54.03", "library": LOADED}, None),
        ({"init": 804, "module": "535.54.03", "library": LOADED}, None),
        ({"init": 999, "module": "535.104.05", "library": LOADED}, None),
        ({"init": 999, "module": None, "library": LOADED}, None),
        ({"init": 34}, None),
        ({"library": None, "init": None}, None),
    ],
)
def test_two_halves_of_a_driver(more, certainty):
    found = list(driver_library_mismatch(env(driver=driver(12020, **more))))
    assert [each.certainty.value for each in found] == ([certainty] if certainty else [])


def test_two_halves_of_a_driver_in_words():
    found = only(driver_library_mismatch(env(driver=driver(12020, init=803, module="535.54.03", library=LOADED))))
    assert found.message.english() == "the driver's library is 535.104.05, and its kernel module 535.54.03"
    assert commands(found) == [["sudo reboot"]]
