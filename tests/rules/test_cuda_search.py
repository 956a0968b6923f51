"""CUDA libraries that are not found, and extensions that need torch first: facts -> findings."""

from __future__ import annotations

import pytest

from envguard.library import Found
from envguard.process import Module
from envguard.rules.cuda_search import cuda_not_found_by_framework, needs_torch_imported_first
from tests.rules.cudas import NVIDIA, TORCH, conda_torch, gone, lib, other, own, torch, wheel, where
from tests.rules.facts import PREFIX, SITE, Told, commands, dist, elf, env, kernel, only, pkg, told

PIP = f"{PREFIX}/bin/python -m pip"
CUDNN = gone("cudnn", "libcudnn.so.9")
SMALL = tuple(each for each in own() if not each.family.startswith("cudnn"))


def test_a_missing_wheel():
    found = only(cuda_not_found_by_framework(where(torch(resolved=own(CUDNN)), installed=SMALL)))
    assert found.severity.value == "warning"
    assert found.message.english() == "torch 2.5.1 needs libcudnn.so.9, which is nowhere to be found"
    assert found.consequence.english() == "importing torch ends in: libcudnn.so.9: cannot open shared object file"
    assert commands(found) == [[f"{PIP} install --force-reinstall --no-deps nvidia-cudnn-cu12==9.1.0.70"]]


def test_a_wheel_that_asks_by_way_of_another():
    late = dist("torch", "2.15.0", requires=("cuda-toolkit[cusparse]==13.2.2",))
    framework = torch(
        version="2.15.0", declared="13.2", distribution=late.path, resolved=(gone("cusparse", "libcusparse.so.12"),)
    )
    found = only(cuda_not_found_by_framework(where(framework, dists=(late,), installed=())))
    assert commands(found) == [[f"{PIP} install torch==2.15.0"]]


@pytest.mark.parametrize(
    ("resolved", "mapped"),
    [
        (own(), None),
        # the driver is the machine's; in memory already
        (own(gone("cuda", "libcuda.so.1")), None),
        (own(CUDNN), (wheel("cudnn", "libcudnn.so.9", NVIDIA["nvidia-cudnn-cu12"]),)),
        (None, None),
    ],
)
def test_nothing_is_missing(resolved, mapped):
    here = where(torch(resolved=resolved), installed=SMALL, mapped=mapped, process=kernel())
    assert told(cuda_not_found_by_framework, here) == []


def test_a_build_without_cuda_misses_nothing():
    assert told(cuda_not_found_by_framework, where(torch(cpu=True, declared=None, resolved=(CUDNN,)))) == []


CONDAS = lib("cudart", "libcudart.so.11.0", "11.8.89", f"{PREFIX}/lib")


def test_tensorflow_does_not_look_where_conda_puts_cuda():
    framework = other("tensorflow", "2.10.0", "11.2")
    found = only(cuda_not_found_by_framework(where(framework, installed=(CONDAS,))))
    assert found.message.english() == (
        f"tensorflow 2.10.0 needs libcudart.so.11.0, which lies in {PREFIX}/lib where it is not looked for"
    )
    assert found.consequence.english() == "tensorflow computes without a GPU"
    assert commands(found) == [[f"export LD_LIBRARY_PATH={PREFIX}/lib"]]


def test_newer_tensorflow_can_bring_its_own():
    condas = lib("cudart", "libcudart.so.12", "12.2.140", f"{PREFIX}/lib")
    found = only(cuda_not_found_by_framework(where(other("tensorflow", "2.15.0", "12.2"), installed=(condas,))))
    assert commands(found)[1:] == [[f"{PIP} install tensorflow[and-cuda]==2.15.0"]]


@pytest.mark.parametrize(
    ("framework", "installed"),
    [
        # it is on the path; its own wheels; conda's is of another CUDA; conda's tensorflow; nobody wanted CUDA
        (other("tensorflow", "2.10.0", "11.2", resolved=(CONDAS,)), (CONDAS,)),
        (other("tensorflow", "2.15.0", "12.2", resolved=own()), (CONDAS,)),
        (other("tensorflow", "2.15.0", "12.2"), (CONDAS,)),
        (other("tensorflow", "2.10.0", "11.2", origin="conda"), (CONDAS,)),
        (other("tensorflow", "2.10.0", "11.2"), ()),
        (other("cupy", "13.0", "11.2"), (CONDAS,)),
    ],
)
def test_others_that_open_by_name(framework, installed):
    assert told(cuda_not_found_by_framework, where(framework, installed=installed)) == []


def test_conda_brings_what_conda_lacks():
    framework = conda_torch("cuda124_py311_h0_0", resolved=(gone("cudart", "libcudart.so.12"),))
    found = only(cuda_not_found_by_framework(where(framework, dists=(), installed=())))
    assert commands(found) == [[f"/opt/conda/bin/conda install --prefix {PREFIX} cuda-cudart"]]
    cudart = pkg("cuda-cudart", "12.4.127", "0", provides=())
    found = only(cuda_not_found_by_framework(where(framework, conda=(cudart,), dists=(), installed=())))
    assert "--force-reinstall" in commands(found)[0][0]


C10 = Found("libc10.so", f"{PREFIX}/{SITE}/torch/lib/libc10.so", "elsewhere", inside=True)
FLASH = dist("flash-attn", "2.7.3")


def extension(path: str, *found: Found):
    return elf(f"{PREFIX}/{SITE}/{path}", None, owner=FLASH.path, found=found)


def test_a_module_by_itself_needs_torch_first():
    here = env((), (TORCH, FLASH), libraries=(extension("flash_attn_2_cuda.cpython-311-x86_64-linux-gnu.so", C10),))
    assert told(needs_torch_imported_first, here) == [
        Told(
            "info",
            "flash_attn_2_cuda",
            "flash_attn_2_cuda needs libc10.so, which is found only once torch is imported",
        )
    ]


@pytest.mark.parametrize(
    ("path", "found", "process"),
    [
        # inside a package, which imports torch itself; found by its own path; torch is there
        ("torchvision/_C.so", C10, kernel(kind="fresh")),
        ("a.so", Found("libc10.so", C10.path, "runpath"), kernel(kind="fresh")),
        ("a.so", Found("libnvrtc.so.13", "/x", "elsewhere"), kernel(kind="fresh")),
        ("a.so", C10, kernel(modules=(Module("torch", None),))),
        ("a-b.so", C10, kernel(kind="fresh")),  # no `import` can name it
    ],
)
def test_others_do_not(path, found, process):
    here = env((), (TORCH, FLASH), libraries=(extension(path, found),), process=process)
    assert told(needs_torch_imported_first, here) == []
