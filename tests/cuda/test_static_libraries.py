"""Which libraries of CUDA a process would load, which lie in the prefix, and whose they are; with real ELF files."""

from __future__ import annotations

import json
import os
import sys
import time
from dataclasses import replace
from pathlib import Path

import pytest

from envguard import collect
from envguard.collect import by_import
from envguard.surroundings.cuda import cuda_facts
from tests.cases.place import SITE, Place
from tests.cuda.builders import (
    ALL,
    conda_python,
    cuda,
    cupy_wheel,
    linked,
    nvidia,
    shared,
    toolkit,
    torch_conda,
    torch_wheel,
    torchvision_wheel,
)
from tests.cuda.loader import asked, framework, loads, resolved
from tests.require import require
from tests.rules.facts import kernel

pytestmark = pytest.mark.skipif(not sys.platform.startswith("linux"), reason="ELF is Linux's format")
CUDART = "libcudart.so.12"


@pytest.fixture
def place(tmp_path):
    require("cc")
    made = Place(tmp_path / "env", "own")
    conda_python(made)
    return made


@pytest.fixture
def bare(tmp_path):
    """A prefix without a Python: what lies in it is told all the same."""
    require("cc")
    return Place(tmp_path / "env")


def by_family(files):
    return {each.family: each for each in files}


def told(place):
    found = by_import(place.path, keep=False).cuda
    assert found is not None
    return found


def test_owner_and_version_of_each_library(place):
    nvidia(torch_wheel(place, "2.5.1", "12.4"), "12.4")
    files = by_family(framework(asked(place.python)).resolved)
    assert files["cudart"].owner == f"{SITE}/nvidia_cuda_runtime_cu12-12.4.127.dist-info"
    assert (files["cudart"].version, files["cudart"].name, files["cudart"].way) == ("12.4.127", CUDART, "rpath")
    assert files["cudart"].path == os.path.realpath(place.inside(f"nvidia/cuda_runtime/lib/{CUDART}"))
    assert files["nvjitlink"].way == "runpath"
    assert files["nvjitlink"].needed_by == f"{SITE}/nvidia/cusparse/lib/libcusparse.so.12"
    assert {each.origin for each in files.values()} == {"pip"}


def test_condas_torch_takes_condas_files_through_its_links(place):
    torch_conda(toolkit(place, "12.4"), "2.5.1", "12.4", channel="conda-forge")
    one = framework(asked(place.python))
    files = by_family(one.resolved)
    assert files["cudart"].owner == "conda-meta/cuda-cudart-12.4.127-0.json"
    assert Path(files["cudart"].path).name == "libcudart.so.12.4.127"
    assert {each.origin for each in files.values()} == {"conda"}
    assert files["cusparse"].needed_by == "lib/libtorch_cuda.so"


def test_a_missing_library_is_told_and_the_missing_driver_is_not(place):
    nvidia(torch_wheel(place, "2.5.1", "12.4"), "12.4", ("cublas", "cudart", "cusparse"))
    core = shared("libcaffe2_nvrtc.so", needs=["libcuda.so.1", "libnvrtc.so.12"], rpath="$ORIGIN")
    place.write(f"{SITE}/torch/lib/libcaffe2_nvrtc.so", core)
    files = {each.name: each for each in framework(asked(place.python)).resolved}
    assert {name for name, each in files.items() if each.path is None} == {"libcudnn.so.9", "libnvrtc.so.12"}
    gone = files["libcudnn.so.9"]
    assert (gone.origin, gone.way, gone.owner, gone.version) == ("none", "nowhere", None, None)
    assert "libcuda.so.1" not in files


def test_only_what_the_loader_takes_is_of_the_system(place, tmp_path):
    system = tmp_path / "cuda-13.0" / "lib64"
    system.mkdir(parents=True)
    names = (CUDART, "libcublas.so.12", "libcuda.so.1")
    for name in names:
        (system / name).write_bytes(shared(name, "system"))
    nvidia(torch_wheel(place, "2.5.1", "12.4"), "12.4")
    quiet, loud = asked(place.python), asked(place.python, LD_LIBRARY_PATH=str(system))
    assert resolved(framework(quiet)) == resolved(framework(loud))
    assert quiet.cuda.searched == ()
    assert {each.name: each.origin for each in loud.cuda.searched} == dict.fromkeys(names, "system")
    place.take_off("nvidia_cuda_runtime_cu12", "12.4.127")
    leads = {"LD_LIBRARY_PATH": str(system)}
    one = framework(asked(place.python, **leads))
    cudart = by_family(one.resolved)["cudart"]
    assert (cudart.origin, cudart.way, cudart.owner, cudart.version) == ("system", "library-path", None, "12")
    assert resolved(one) == loads(place.python, place.inside("torch/lib/libtorch_cuda.so"), variables=leads)


def test_parts_of_cudnn_are_looked_for_as_the_loader_does(place, tmp_path):
    """libcudnn comes by torch's RPATH, its part by LD_LIBRARY_PATH, before libcudnn's RUNPATH."""
    nvidia(torch_wheel(place, "2.5.1", "12.4"), "12.4")
    other = tmp_path / "other"
    other.mkdir()
    # the real one opens its parts by name, and needs none of them
    place.inside("nvidia/cudnn/lib/libcudnn.so.9").write_bytes(shared("libcudnn.so.9", runpath="$ORIGIN"))
    (other / "libcudnn_graph.so.9").write_bytes(shared("libcudnn_graph.so.9", "other"))
    near = by_family(framework(asked(place.python)).resolved)["cudnn_graph"]
    far = by_family(framework(asked(place.python, LD_LIBRARY_PATH=str(other))).resolved)
    assert (near.origin, near.way) == ("pip", "runpath")
    assert (far["cudnn"].origin, far["cudnn_graph"].origin) == ("pip", "system")
    assert far["cudnn_graph"].needed_by == f"{SITE}/nvidia/cudnn/lib/libcudnn.so.9"


@pytest.mark.parametrize(
    ("version", "release", "taken"),
    [("2.5.1", "12.4", "conda"), ("2.6.0", "12.4", "pip"), ("2.9.1", "12.8", "pip"), ("2.10.0", "12.8", "pip")],
)
def test_what_torch_loads_on_its_own_account(place, version, release, taken):
    """Since 2.6 nvJitLink, before anything can take that of LD_LIBRARY_PATH."""
    nvidia(torch_wheel(toolkit(place, "12.1"), version, release), release, ALL)
    leads = {"LD_LIBRARY_PATH": str(place.at("lib"))}
    one = framework(asked(place.python, **leads))
    if taken == "pip":
        assert resolved(one) <= loads(place.python, first="torch", variables=leads)
    jit = by_family(one.resolved)["nvjitlink"]
    assert (jit.origin, jit.way) == (taken, "library-path" if taken == "conda" else "preload")


def test_another_majors_wheel_that_torch_meets_first(place):
    """libcusparse.so.12 is the name in CUDA 12 and 13: the folder of the old wheel comes first."""
    nvidia(nvidia(torch_wheel(place, "2.15.0", "13.2", families=ALL), "13.2", ALL), "12.1", ("cusparse", "cudart"))
    files = {each.name: each for each in framework(asked(place.python)).resolved}
    sparse = files["libcusparse.so.12"]
    assert (sparse.way, sparse.version) == ("preload", "12.1.0.106")
    assert files["libcudart.so.13"].version == "13.2.75"
    assert CUDART not in files  # which is loaded as well, and which nothing asks for


def test_two_runtimes_with_torchvision(place):
    nvidia(torch_wheel(place, "2.5.1", "12.4"), "12.4")
    torchvision_wheel(place, "0.20.1", "12.4")
    env = asked(place.python)
    vision = {each.name: each for each in framework(env, "torchvision").resolved}
    hashed = vision["libcudart.3eda8113.so.12"]
    assert hashed.owner == f"{SITE}/torchvision-0.20.1+cu124.dist-info"
    assert (hashed.family, hashed.origin, hashed.version) == ("cudart", "pip", "12")
    assert {each.name for each in env.cuda.installed if each.family == "cudart"} == {CUDART, hashed.name}


def test_what_tensorflow_opens_by_name(place):
    nvidia(place, "12.4", ("cudart", "cudnn"))
    info = {"is_cuda_build": True, "cuda_version": "12.4", "cudnn_version": "9"}
    rpath = "$ORIGIN/../nvidia/cuda_runtime/lib:$ORIGIN/../nvidia/cudnn/lib"
    framework_so = shared("libtensorflow_framework.so.2", rpath=rpath)
    place.wheel("tensorflow", "2.18.0", {
        "tensorflow/libtensorflow_framework.so.2": framework_so,
        "tensorflow/python/platform/build_info.py": f"build_info = {info!r}\n".encode(),
    })  # fmt: skip
    one = framework(asked(place.python), "tensorflow")
    ways = {each.name: each.way for each in one.resolved}
    assert ways == {CUDART: "rpath", "libcudnn.so.9": "rpath", "libcudnn_graph.so.9": "runpath"}
    assert {each.needed_by.rpartition("/")[2] for each in one.resolved} <= {
        "libtensorflow_framework.so.2",
        "libcudnn.so.9",
    }


def test_what_cupy_may_find_by_itself_is_not_missing(place):
    cupy_wheel(place, "13.3.0", "12.4")
    assert framework(asked(place.python), "cupy").resolved == ()
    toolkit(place, "12.4", ("cudart",))
    (cudart,) = framework(asked(place.python), "cupy").resolved
    assert (cudart.family, cudart.origin, cudart.way) == ("cudart", "conda", "rpath")


def test_bitsandbytes_takes_the_library_for_torchs_cuda(place):
    nvidia(torch_wheel(place, "2.5.1", "12.4"), "12.4")
    names = {f"bitsandbytes/libbitsandbytes_cuda{each}.so": major for each, major in (("118", "11.0"), ("124", "12"))}
    files = {path: shared("", path, needs=[f"libcudart.so.{major}"]) for path, major in names.items()}
    place.wheel("bitsandbytes", "0.50.2", files)
    (cudart,) = framework(asked(place.python), "bitsandbytes").resolved
    assert (cudart.name, cudart.way) == (CUDART, "loaded")


def test_a_framework_without_cuda_takes_nothing_of_it(place):
    toolkit(torch_wheel(place, "2.5.1", None), "12.4")
    one = framework(asked(place.python))
    assert (one.cpu, one.arch, one.resolved) == (True, (), ())


def test_a_link_is_no_file_of_its_own(bare):
    toolkit(bare, "11.8")
    linked(bare, "cuda-cudart", "12.4.127", "12.4", {CUDART: "cudart"}, below="targets/x86_64-linux/lib")
    found = told(bare).installed
    cudarts = {each.name: each for each in found if each.family == "cudart"}
    assert set(cudarts) == {"libcudart.so.11.0", CUDART}
    assert cudarts[CUDART].path.endswith("targets/x86_64-linux/lib/libcudart.so.12.4.127")
    assert cudarts[CUDART].owner == "conda-meta/cuda-cudart-12.4.127-0.json"
    assert (cudarts["libcudart.so.11.0"].version, cudarts["libcudart.so.11.0"].origin) == ("11.8.0", "conda")


def test_a_file_that_is_a_link_into_the_package_cache(bare, tmp_path):
    """conda links so where the cache lies on another disk."""
    toolkit(bare, "12.4", ("cudart",))
    real = bare.at("lib/libcudart.so.12.4.127")
    cached = tmp_path / "pkgs" / "libcudart.so.12.4.127"
    cached.parent.mkdir()
    real.rename(cached)
    real.symlink_to(cached)
    (cudart,) = told(bare).installed
    assert (cudart.origin, cudart.owner) == ("conda", "conda-meta/cuda-cudart-12.4.127-0.json")


def test_a_file_that_no_book_lists(bare):
    toolkit(bare, "12.4", ("cudart",)).write("lib/libnccl.so.2.21.5", shared("libnccl.so.2"))
    nccl = by_family(told(bare).installed)["nccl"]
    assert (nccl.origin, nccl.owner, nccl.version, nccl.name) == ("nobody", None, "2.21.5", "libnccl.so.2")


def test_of_two_distributions_the_one_whose_file_it_is(bare):
    nvidia(nvidia(bare, "13.0", ("cudnn",)), "12.4", ("cudnn",))
    assert {each.version for each in told(bare).installed if each.family == "cudnn"} == {"9.1.0.70"}
    old = cuda("libcudnn.so.9", "13.0", origin="9.19.0.56") + b"\0" * 8
    record = bare.inside("nvidia_cudnn_cu13-9.19.0.56.dist-info/RECORD")
    lines = record.read_text().splitlines()
    place = next(n for n, line in enumerate(lines) if "libcudnn.so.9" in line)
    lines[place] = f"{lines[place].rpartition(',')[0]},{len(old)}"
    record.write_text("\n".join(lines))
    bare.inside("nvidia/cudnn/lib/libcudnn.so.9").write_bytes(old)
    assert by_family(told(bare).installed)["cudnn"].owner.endswith("nvidia_cudnn_cu13-9.19.0.56.dist-info")


@pytest.mark.parametrize("content", [b"", b"[", b"[1]", b'{"files": 5}', b'{"files": [5, "\\u0000/libcudart.so.12"]}'])
def test_a_broken_book_owns_nothing(bare, content):
    toolkit(bare, "12.4", ("cudart",))
    env = by_import(bare.path, keep=False)
    bare.at("conda-meta/cuda-cudart-12.4.127-0.json").write_bytes(content)
    (cudart,) = cuda_facts(env).installed
    assert cudart.origin == "nobody"


@pytest.mark.parametrize(
    "content", [b"\xff\xfe", b'"', b"nvidia/\0,,\n", b"nvidia/cuda_runtime/lib/libcudart.so.12,sha256=,9" * 9]
)
def test_a_broken_record_owns_nothing(bare, content):
    nvidia(bare, "12.4", ("cudart",))
    env = by_import(bare.path, keep=False)
    bare.inside("nvidia_cuda_runtime_cu12-12.4.127.dist-info/RECORD").write_bytes(content)
    (cudart,) = cuda_facts(env).installed
    assert cudart.origin in ("nobody", "pip")


def test_what_a_kernel_has_in_memory(bare, tmp_path):
    nvidia(bare, "12.4", ("cudart",))
    env = by_import(bare.path, keep=False)
    path = str(bare.inside(f"nvidia/cuda_runtime/lib/{CUDART}"))
    outside = str(tmp_path / "libcuda.so.535.104.05")
    process = kernel(path, outside, "/usr/lib/libm.so.6", prefix=str(bare.path))
    assert env.cuda.mapped is None
    mapped = cuda_facts(replace(env, process=process)).mapped
    assert [(each.family, each.origin, each.version, each.way) for each in mapped] == [
        ("cudart", "pip", "12.4.127", None),
        ("cuda", "system", "535.104.05", None),
    ]
    assert cuda_facts(replace(env, process=replace(process, kind="fresh"))).mapped is None
    assert cuda_facts(replace(env, process=replace(process, mapped=None))).mapped is None


@pytest.mark.parametrize(
    ("folder", "files", "version"),
    [
        ("cuda-12.4", {}, "12.4"),
        (
            "toolkit",
            {"version.json": {"cuda": {"version": "12.4.1"}, "cuda_nvcc": {"version": "12.4.131"}}},
            "12.4.131",
        ),
        ("toolkit", {"version.json": {"cuda": {"version": "12.4.1"}}}, "12.4.1"),
        ("toolkit", {"version.json": {"cuda": {"version": ["12"]}}}, None),
        ("toolkit", {"version.json": [1]}, None),
        ("cuda-11.8", {"version.json": "x"}, "11.8"),
        ("toolkit", {"version.txt": "CUDA Version 10.2.89"}, "10.2.89"),
        ("toolkit", {}, None),
    ],
)
def test_nvcc_on_the_path(bare, tmp_path, folder, files, version):
    toolkit(bare, "12.4", ("cudart",))
    program = tmp_path / folder / "bin" / "nvcc"
    program.parent.mkdir(parents=True)
    program.write_text("#!/bin/sh\nexit 1\n")
    program.chmod(0o755)
    for name, content in files.items():
        text = json.dumps(content) if name.endswith(".json") else content
        (tmp_path / folder / name).write_text(text)
    env = by_import(bare.path, keep=False)
    assert env.cuda.nvcc is None  # another prefix's process has a PATH of its own
    process = kernel(kind="fresh", variables={"PATH": f"/nowhere:{program.parent}"})
    found = cuda_facts(replace(env, process=process)).nvcc
    assert (found.path, found.version) == (str(program), version)


def test_condas_own_nvcc(bare):
    bare.library("cuda-nvcc", "12.4.131", {"bin/nvcc": b"#!/bin/sh\n"})
    bare.at("bin/nvcc").chmod(0o755)
    env = by_import(bare.path, keep=False)
    process = kernel(kind="fresh", variables={"PATH": str(bare.at("bin"))})
    assert cuda_facts(replace(env, process=process)).nvcc.version == "12.4.131"


def test_the_answer_is_kept_until_something_changes(place):
    nvidia(torch_wheel(place, "2.5.1", "12.4"), "12.4")
    long_ago = time.time() - 3600
    for path in (place.path, *place.path.rglob("*")):
        os.utime(path, (long_ago, long_ago), follow_symlinks=False)
    time.sleep(2.1)  # what has just changed is not kept, by its time of change
    collect.forget()
    env = by_import(place.path)
    again = cuda_facts(env)
    assert again == env.cuda
    assert again.frameworks is cuda_facts(env).frameworks
    place.inside("torch/version.py").write_text("cuda = '12.6'\n")
    assert framework(replace(env, cuda=cuda_facts(env))).declared == "12.6"
    place.inside(f"nvidia/cuda_runtime/lib/{CUDART}").unlink()
    assert "cudart" not in by_family(cuda_facts(env).installed)
