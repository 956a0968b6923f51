"""Whose CUDA libraries a framework gets: facts -> findings."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from envguard.rules.cuda_beside import cuda_coexists, cudatoolkit_not_linked
from envguard.rules.cuda_libraries import cuda_library_mismatch
from envguard.rules.cuda_paths import cuda_shadowed_by_path
from tests.rules.cudas import NVIDIA, TORCH, conda_torch, lib, other, own, toolkit, torch, wheel, where
from tests.rules.facts import PREFIX, SITE, Told, commands, dist, kernel, only, pkg, told

if TYPE_CHECKING:
    from envguard.cuda import CudaFile

SYSTEM = "/usr/local/cuda-12.1/lib64"
LIB = f"{PREFIX}/lib"


def led(family: str, name: str, version: str | None, folder: str = SYSTEM, **more) -> CudaFile:
    return lib(family, name, version, folder, **{"way": "library-path", **more})


OLD_LINKER = led("nvjitlink", "libnvJitLink.so.12", "12.1.105")
OLD_CUDNN = led("cudnn", "libcudnn.so.9", "9.0.0", "/opt/cudnn")
NEW_GRAPH = led("cudnn_graph", "libcudnn_graph.so.9", "9.5.1", "/opt/cudnn")


@pytest.mark.parametrize(
    ("taken", "severity", "consequence"),
    [
        (OLD_LINKER, "error", "importing torch ends in: undefined symbol: __nvJitLink…_12_4"),
        (OLD_CUDNN, "error", None),
        (NEW_GRAPH, "error", "what uses cuDNN fails or crashes: its parts must be of one version"),
        (led("cusparse", "libcusparse.so.12", "12.6.2.49"), "error", None),
        # older, though nothing is known to break; not known; newer
        (led("cudart", "libcudart.so.12", "12.1.105"), "warning", "a release that is older may lack what torch needs"),
        (led("cudart", "libcudart.so.12", None), "warning", None),
        (led("cudart", "libcudart.so.12", "12.8.90"), "info", None),
        (led("nvjitlink", "libnvJitLink.so.12", "12.8.93"), "info", None),
        # its own folder on the path
        (wheel("cudart", "libcudart.so.12", NVIDIA["nvidia-cuda-runtime-cu12"], way="library-path"), None, None),
    ],
)  # fmt: skip
def test_a_folder_on_the_path(taken, severity, consequence):
    found = list(cuda_shadowed_by_path(where(torch(resolved=own(taken)))))
    assert [each.severity.value for each in found] == ([severity] if severity else [])
    if consequence:
        assert found[0].consequence.english() == consequence


def test_its_way_out_takes_the_folder_off():
    process = kernel(kind="fresh", variables={"LD_LIBRARY_PATH": f"/opt/mine:{SYSTEM}"})
    found = only(cuda_shadowed_by_path(where(torch(resolved=own(OLD_LINKER)), process=process)))
    assert found.message.english() == f"torch 2.5.1 takes nvjitlink 12.1.105 from {SYSTEM} and not its own"
    assert commands(found) == [["export LD_LIBRARY_PATH=/opt/mine"]]
    process = kernel(kind="fresh", variables={"LD_LIBRARY_PATH": "/usr/local/cuda/lib64"})
    assert commands(only(cuda_shadowed_by_path(where(torch(resolved=own(OLD_LINKER)), process=process)))) == [
        ["unset LD_LIBRARY_PATH"]
    ]


def test_conda_on_the_path_of_pips_torch():
    taken = led("nvjitlink", "libnvJitLink.so.12", "12.1.105", LIB)
    assert only(cuda_shadowed_by_path(where(torch(resolved=own(taken))))).severity.value == "error"


def test_a_missing_wheel_lets_pythons_own_path_lead_to_conda():
    taken = lib("cudart", "libcudart.so.12", "12.1.105", LIB, way="rpath")
    installed = tuple(each for each in own() if each.family != "cudart")
    found = only(cuda_shadowed_by_path(where(torch(resolved=own(taken)), installed=installed)))
    assert found.severity.value == "warning"
    assert commands(found) == [
        [
            f"{PREFIX}/bin/python -m pip install --force-reinstall --no-deps nvidia-cuda-runtime-cu12==12.4.127",
        ]
    ]


def test_a_path_that_a_framework_needs():
    """What brings no library of its own may take another's."""
    framework = other("tensorflow", "2.10.0", "11.2", resolved=(led("cudart", "libcudart.so.11.0", "11.8.89", LIB),))
    assert told(cuda_shadowed_by_path, where(framework, dists=(), installed=())) == []


def test_the_systems_cuda_changes_nothing():
    """On PATH, in ld.so.cache, or on a path behind the framework's own."""
    here = where(torch(), searched=(OLD_LINKER,), mapped=own(), process=kernel())
    for rule in (cuda_shadowed_by_path, cuda_library_mismatch, cuda_coexists, cudatoolkit_not_linked):
        assert told(rule, here) == []


@pytest.mark.parametrize(
    ("mapped", "searched", "severity"),
    [
        ((OLD_LINKER,), (OLD_LINKER,), "error"),
        # from elsewhere, and no path leads there; another runtime of the same major that came first
        ((lib("cudart", "libcudart.so.12", "12.8.90", "/opt/other"),), (), None),
        ((), (OLD_LINKER,), None),
    ],
)
def test_what_the_kernel_has_counts_more(mapped, searched, severity):
    here = where(torch(), mapped=mapped, searched=searched, process=kernel())
    assert [each.severity.value for each in cuda_shadowed_by_path(here)] == ([severity] if severity else [])
    assert told(cuda_library_mismatch, here) == []
    fresh = where(torch(), mapped=mapped, searched=searched, process=kernel(kind="fresh"))
    assert told(cuda_shadowed_by_path, fresh) == []


CU13 = dist("torch", "2.15.0", requires=("cuda-toolkit[cusparse,cudart]==13.2.2", "nvidia-cudnn-cu13==9.26.0.51"))
STRAY = dist("nvidia-cusparse-cu12", "12.1.0.106")
TORCH13 = torch(
    version="2.15.0",
    declared="13.2",
    distribution=CU13.path,
    resolved=(wheel("cusparse", "libcusparse.so.12", STRAY, way="preload"),),
)


def test_one_name_of_two_cudas():
    found = only(cuda_library_mismatch(where(TORCH13, dists=(CU13, STRAY), installed=())))
    assert found.severity.value == "error"
    assert found.message.english() == (
        "torch 2.15.0 was built for CUDA 13.2, and libcusparse.so.12, which it gets, is that of CUDA 12.1"
    )
    assert commands(found) == [
        [
            f"{PREFIX}/bin/python -m pip uninstall --yes nvidia-cusparse-cu12",
            f"{PREFIX}/bin/python -m pip install torch==2.15.0",
        ]
    ]


@pytest.mark.parametrize(
    ("framework", "file", "speaks"),
    [
        ("13.2", ("cusparse", "libcusparse.so.12", "12.7.9.17"), False),
        ("13.2", ("cusparse", "libcusparse.so.12", "12.5.10.65"), True),
        ("12.4", ("cusparse", "libcusparse.so.12", "12.6.2.49"), True),
        ("12.4", ("cusparse", "libcusparse.so.12", "12.1.0.106"), False),
        ("12.4", ("cusparse", "libcusparse.so.12", None), False),
        ("12.4", ("curand", "libcurand.so.10", "10.3.0.86"), True),
        ("12.4", ("curand", "libcurand.so.10", "10.3.2.56"), False),
        ("13.2", ("cusolver", "libcusolver.so.11", "11.6.1.9"), True),
        # another minor version; newer than the table; those that do not go with CUDA; a copy under a name of its own
        ("12.4", ("cudart", "libcudart.so.12", "12.9.79"), False),
        ("13.2", ("nvjitlink", "libnvJitLink.so.13", "13.5.37"), False),
        ("13.2", ("cusparse", "libcusparse.so.12", "13.0.0.1"), False),
        ("13.2", ("nccl", "libnccl.so.2", "2.18.1"), False),
        ("13.2", ("cudnn", "libcudnn.so.9", "9.1.0.70"), False),
        ("13.2", ("cudart", "libcudart-3eda8113.so.12", "12.4.127"), False),
    ],
)  # fmt: skip
def test_the_major_version_decides(framework, file, speaks):
    mine = lib(*file, f"{PREFIX}/{SITE}/nvidia/somewhere/lib", way="rpath")
    here = where(torch(declared=framework, distribution=None, version="9.9", resolved=(mine,)), dists=(), installed=())
    assert bool(told(cuda_library_mismatch, here)) is speaks


def test_pairs_that_no_path_broke():
    old = dist("nvidia-nvjitlink-cu12", "12.1.105")
    mine = own(wheel("nvjitlink", "libnvJitLink.so.12", old))
    found = only(cuda_library_mismatch(where(torch(resolved=mine), dists=(TORCH, old))))
    assert found.consequence.english() == "importing torch ends in: undefined symbol: __nvJitLink…_12_4"
    assert commands(found) == [
        [f"{PREFIX}/bin/python -m pip install --force-reinstall --no-deps nvidia-nvjitlink-cu12==12.4.127"]
    ]
    assert told(cuda_library_mismatch, where(torch())) == []


def test_a_cudnn_that_is_older_than_the_compiled_one():
    old = dist("nvidia-cudnn-cu12", "9.0.0.312")
    both = [
        wheel(family, name, old)
        for family, name in (("cudnn", "libcudnn.so.9"), ("cudnn_graph", "libcudnn_graph.so.9"))
    ]
    found = only(cuda_library_mismatch(where(torch(resolved=own(*both)), dists=(TORCH, old))))
    assert found.consequence.english() == "what uses cuDNN ends in: cuDNN version incompatibility"
    new = dist("nvidia-cudnn-cu12", "9.5.1.17")
    both = [
        wheel(family, name, new)
        for family, name in (("cudnn", "libcudnn.so.9"), ("cudnn_graph", "libcudnn_graph.so.9"))
    ]
    assert told(cuda_library_mismatch, where(torch(resolved=own(*both)), dists=(TORCH, new))) == []


def test_parts_of_cudnn_that_only_the_kernel_shows():
    there = (*own(), lib("cudnn_ops", "libcudnn_ops.so.9", "9.5.1", "/opt/cudnn"))
    assert told(cuda_library_mismatch, where(torch(), mapped=there, process=kernel()))
    beside = (*own(), lib("cudnn_ops_infer", "libcudnn_ops_infer.so.8", "8.9.2", "/opt/cudnn"))
    assert told(cuda_library_mismatch, where(torch(), mapped=beside, process=kernel())) == []


CONDA117 = conda_torch("py3.10_cuda11.7_cudnn8.5.0_0", "1.13.0")
PYTORCH = pkg("pytorch", "1.13.0", CONDA117.build, channel="pytorch", depends=("libcusparse",))


@pytest.mark.parametrize(
    ("version", "more", "speaks"),
    [
        ("12.0.0.76", (), True),
        ("11.7.4.91", (), False),
        ("12.0.0.76", (pkg("cudatoolkit", "11.7", provides=()),), False),
    ],
)
def test_condas_library_of_a_later_cuda(version, more, speaks):
    sparse = pkg("libcusparse", version, "0", channel="nvidia", provides=())
    here = where(CONDA117, conda=(PYTORCH, sparse, *more), dists=(), installed=())
    found = list(cuda_library_mismatch(here))
    assert [each.message.english() for each in found] == (
        ["torch 1.13.0 was built for CUDA 11.7, and conda's libcusparse 12.0.0.76 is that of CUDA 12.0"]
        if speaks
        else []
    )
    if speaks:
        install = (
            f"/opt/conda/bin/conda install --prefix {PREFIX} --channel nvidia/label/cuda-11.7.0 libcusparse<12.0.0.76"
        )
        assert commands(found[0]) == [[install]]


TOOLKIT, ASKED = toolkit("cuda-version", "12.1", "0")
CUDART = pkg("cuda-cudart", "12.1.105", provides=())
CONDAS = lib("cudart", "libcudart.so.12", "12.1.105", f"{PREFIX}/targets/x86_64-linux/lib", owner=CUDART.record)


def test_two_cudas_side_by_side_are_information():
    here = where(torch(), conda=(TOOLKIT, CUDART), installed=(*own(), CONDAS), asked=(ASKED,))
    assert told(cuda_coexists, here) == [
        Told(
            "info",
            "lab",
            "CUDA libraries of conda's (cuda-cudart 12.1.105) and of pip's (nvidia-cuda-runtime-cu12 12.4.127) are both "
            "here, and each framework gets its own",
        )
    ]
    assert told(cuda_shadowed_by_path, here) == told(cuda_library_mismatch, here) == []
    assert told(cudatoolkit_not_linked, here) == [
        Told(
            "info",
            "torch",
            "conda's cuda-version 12.1 is installed, and torch 2.5.1 takes CUDA 12.4 from nvidia-cuda-runtime-cu12 12.4.127",
        )
    ]


@pytest.mark.parametrize(
    ("frameworks", "installed"),
    [
        # one side only; other libraries; nobody who would use them; where something does not suit
        ((torch(),), own()),
        ((conda_torch("cuda121_py311_h0_0"),), (CONDAS,)),
        ((torch(),), (*own(), lib("cufft", "libcufft.so.11", "11.0", LIB))),
        ((), (*own(), CONDAS)),
        ((torch(resolved=own(OLD_LINKER)),), (*own(), CONDAS)),
    ],
)
def test_no_coexistence(frameworks, installed):
    assert told(cuda_coexists, where(*frameworks, installed=installed)) == []


def test_a_toolkit_that_is_used():
    by_conda = conda_torch("cuda121_py311_h0_0", resolved=(CONDAS,))
    assert told(cudatoolkit_not_linked, where(by_conda, asked=(ASKED,))) == []
    second = other("tensorflow", "2.10", "11.2", resolved=(lib("cudart", "libcudart.so.11.0", "11.8.89", LIB),))
    assert told(cudatoolkit_not_linked, where(torch(), second, asked=(ASKED,))) == []
    assert told(cudatoolkit_not_linked, where(torch())) == []
