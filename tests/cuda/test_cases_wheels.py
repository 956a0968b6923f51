"""NVIDIA's real wheels round a stand-in of torch: what is told of them, and what the loader of this machine takes."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from envguard import collect
from tests.cases.place import Place
from tests.cases.watch import Kernel
from tests.cuda.builders import conda_python, linked, torch_wheel
from tests.cuda.installed import fetched, install, install_what_lies_here
from tests.cuda.loader import asked, framework, loads, owners, refusal, resolved
from tests.require import absent, require

if TYPE_CHECKING:
    from pathlib import Path

CUDART = {
    11: "nvidia-cuda-runtime-cu11==11.8.89",
    12: "nvidia-cuda-runtime-cu12==12.4.127",
    13: "nvidia-cuda-runtime==13.0.96",
}
_TORCH = "torch/lib/libtorch_cuda.so"


@pytest.fixture
def place(tmp_path: Path) -> Place:
    require("posix_prefix")
    for spec in CUDART.values():
        fetched(spec)
    made = Place(tmp_path / "env", "own")
    conda_python(made)
    return made


@pytest.mark.parametrize(
    ("major", "version", "release"), [(11, "2.0.1", "11.7"), (12, "2.5.1", "12.4"), (13, "2.9.1", "13.0")]
)
def test_each_torch_finds_its_own_of_three_majors(place: Place, major: int, version: str, release: str) -> None:
    torch_wheel(install(place, *CUDART.values()), version, release, families=["cudart"])
    env = asked(place.python)
    one = framework(env)
    assert one.resolved is not None
    (cudart,) = [each for each in one.resolved if each.family == "cudart"]
    assert (cudart.origin, cudart.version) == ("pip", CUDART[major].partition("==")[2])
    assert resolved(one) == loads(place.python, place.inside(_TORCH))
    assert env.cuda is not None
    told = {(each.name, each.version) for each in env.cuda.installed if each.family == "cudart"}
    assert told == {("libcudart.so.11.0", "11.8.89"), ("libcudart.so.12", "12.4.127"), ("libcudart.so.13", "13.0.96")}


def test_condas_is_taken_where_the_wheel_was_taken_off(place: Place) -> None:
    torch_wheel(install(place, CUDART[12]), "2.5.1", "12.4", families=["cudart"])
    linked(place, "cuda-cudart", "12.1.105", "12.1", {"libcudart.so.12": "cudart"})
    assert owners(framework(asked(place.python))) == {"cudart": "pip"}
    place.inside("nvidia/cuda_runtime/lib/libcudart.so.12").unlink()
    one = framework(asked(place.python))
    assert owners(one) == {"cudart": "conda"}
    assert resolved(one) == loads(place.python, place.inside(_TORCH))


def test_another_one_was_loaded_first(place: Place, tmp_path: Path) -> None:
    """What a process has under a SONAME is taken by all that ask for it, whatever their search paths say."""
    other = install(Place(tmp_path / "other", "own"), "nvidia-cuda-runtime-cu12==12.1.105").inside(
        "nvidia/cuda_runtime/lib/libcudart.so.12"
    )
    torch_wheel(install(place, CUDART[12]), "2.5.1", "12.4", families=["cudart"])
    with Kernel(place.python, tmp_path) as kernel:
        kernel.run(f"import ctypes; kept = ctypes.CDLL({str(other)!r})\nimport torch")
        env = collect.by_client(kernel, 30)
    own = place.inside("nvidia/cuda_runtime/lib/libcudart.so.12")
    assert resolved(framework(env)) == loads(place.python, place.inside(_TORCH)) == {str(own)}  # in the next process
    assert env.cuda is not None
    assert env.cuda.mapped is not None
    assert [(each.path, each.origin) for each in env.cuda.mapped if each.family == "cudart"] == [(str(other), "system")]


@pytest.mark.slow
def test_the_real_cusparse_and_an_older_jit(place: Place, tmp_path: Path) -> None:
    """The error that the stand-ins imitate, with the real files."""
    install(place, CUDART[12], "nvidia-cusparse-cu12==12.3.1.170", "nvidia-nvjitlink-cu12==12.4.127")
    torch_wheel(place, "2.5.1", "12.4", families=["cudart", "cusparse"])
    older = install(Place(tmp_path / "other", "own"), "nvidia-nvjitlink-cu12==12.1.105").inside("nvidia/nvjitlink/lib")
    for leads in ({}, {"LD_LIBRARY_PATH": str(older)}):
        one = framework(asked(place.python, **leads))
        assert resolved(one) == loads(place.python, place.inside(_TORCH), variables=leads)
        assert owners(one)["nvjitlink"] == ("system" if leads else "pip")
        said = refusal(place.python, "torch", leads)
        assert ("__nvJitLink" in (said or "")) == bool(leads)


@pytest.mark.slow
def test_a_real_torch_without_cuda(tmp_path: Path) -> None:
    """Where pip has a torch built without CUDA to hand."""
    require("posix_prefix")
    made = install_what_lies_here(Place(tmp_path / "env", "own"), "torch")
    said = made.inside("torch/version.py").read_text(encoding="utf-8")
    if "cuda: Optional[str] = None" not in said:
        absent("torch without CUDA beside pip", "the torch beside pip has CUDA")
    env = asked(made.python)
    one = framework(env)
    assert (one.cpu, one.declared, one.origin) == (True, None, "pip")
    assert one.version is not None
    assert one.version in said
    assert resolved(one) == frozenset() == loads(made.python, made.inside("torch/lib/libtorch_cpu.so"))
