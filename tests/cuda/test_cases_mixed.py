"""Two CUDAs in one environment: what envguard says was resolved is what the loader of this machine takes."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.cases.place import SITE, Place
from tests.cuda.builders import ALL, conda_python, nvidia, toolkit, torch_wheel
from tests.cuda.loader import asked, framework, loads, owners, refusal, resolved
from tests.require import require

if TYPE_CHECKING:
    from pathlib import Path

_TORCH = "torch/lib/libtorch_cuda.so"


@pytest.fixture(autouse=True)
def _needs() -> None:
    require("posix_prefix")


@pytest.fixture
def place(tmp_path: Path) -> Place:
    """A prefix with a Python that looks into its `lib`, as conda's does."""
    made = Place(tmp_path / "env", "own")
    conda_python(made)
    return made


def test_conda_beside_pip_all_from_the_wheels(place: Place) -> None:
    torch_wheel(toolkit(place, "12.1"), "2.5.1", "12.4")
    nvidia(place, "12.4")
    one = framework(asked(place.python))
    assert resolved(one) == loads(place.python, place.inside(_TORCH))
    assert set(owners(one).values()) == {"pip"}
    assert (one.declared, one.cpu, one.origin) == ("12.4", False, "pip")
    assert refusal(place.python, "torch") is None


def test_condas_folder_in_the_loaders_path(place: Place) -> None:
    """Only the library that another one looks for by RUNPATH is conda's, and that is older than what it is asked for."""
    torch_wheel(toolkit(place, "12.1"), "2.5.1", "12.4")
    nvidia(place, "12.4")
    leads = {"LD_LIBRARY_PATH": str(place.at("lib"))}
    one = framework(asked(place.python, **leads))
    assert resolved(one) == loads(place.python, place.inside(_TORCH), variables=leads)
    told = owners(one)
    assert told["nvjitlink"] == "conda"
    assert {told[each] for each in ("cublas", "cudart", "cudnn", "cusparse")} == {"pip"}
    assert "undefined symbol: __nvJitLinkAddData_12_4" in (refusal(place.python, "torch", leads) or "")


def test_condas_runtime_is_taken_where_pips_is_missing(place: Place) -> None:
    torch_wheel(toolkit(place, "12.1"), "2.5.1", "12.4")
    nvidia(place, "12.4")
    place.take_off("nvidia_cuda_runtime_cu12", "12.4.127")
    one = framework(asked(place.python))
    assert resolved(one) == loads(place.python, place.inside(_TORCH))
    assert one.resolved is not None
    runtime = next(each for each in one.resolved if each.family == "cudart")
    assert (runtime.origin, runtime.way, runtime.version) == ("conda", "rpath", "12.1.105")
    assert refusal(place.python, "torch") is None


def test_missing_everywhere(place: Place) -> None:
    torch_wheel(place, "2.5.1", "12.4")
    nvidia(place, "12.4", ("cublas", "cudart", "cusparse"))
    one = framework(asked(place.python))
    assert one.resolved is not None
    assert [(each.origin, each.path) for each in one.resolved if each.family == "cudnn"] == [("none", None)]
    assert "libcudnn.so.9: cannot open shared object file" in (refusal(place.python, "torch") or "")


def test_another_cudnn_in_the_loaders_path(place: Place, tmp_path: Path) -> None:
    """What torch asks for is the wheel's, and what that asks for in its turn is the other one's: two releases together."""
    torch_wheel(place, "2.5.1", "12.4")
    nvidia(place, "12.4")
    other = nvidia(Place(tmp_path / "other"), "12.6", ["cudnn"]).inside("nvidia/cudnn/lib")
    leads = {"LD_LIBRARY_PATH": str(other)}
    env = asked(place.python, **leads)
    one = framework(env)
    assert resolved(one) == loads(place.python, place.inside(_TORCH), variables=leads)
    told = owners(one)
    assert (told["cudnn"], told["cudnn_graph"]) == ("pip", "system")
    assert env.cuda is not None
    assert {each.family for each in env.cuda.searched} == {"cudnn", "cudnn_graph"}


def test_names_that_two_majors_share(place: Place) -> None:
    """torch for CUDA 13 takes CUDA 12's cuSPARSE, which has the same SONAME, since it looks through the wheels itself."""
    torch_wheel(place, "2.15.0", "13.2", families=ALL)
    nvidia(nvidia(place, "13.2", ALL), "12.1", ["cusparse"])
    one = framework(asked(place.python))
    real = loads(place.python, first="torch")
    assert str(place.inside("nvidia/cusparse/lib/libcusparse.so.12")) in real
    assert resolved(one) == real


def test_names_that_two_majors_share_without_the_walk(place: Place) -> None:
    """By DT_RPATH alone an older torch finds its own."""
    torch_wheel(place, "2.9.1", "13.0")
    nvidia(nvidia(place, "13.0"), "12.1", ["cusparse"])
    one = framework(asked(place.python))
    assert resolved(one) == loads(place.python, place.inside(_TORCH))
    assert {each.path for each in one.resolved or () if each.family == "cusparse"} == {
        str(place.inside("nvidia/cu13/lib/libcusparse.so.12"))
    }


def test_one_file_of_two_wheels(place: Place) -> None:
    """nvidia-cudnn-cu12 and -cu13 bring the same paths; the file that is there is the last one's."""
    torch_wheel(place, "2.15.0", "13.2", families=ALL)
    nvidia(nvidia(place, "13.2", ALL), "12.4", ["cudnn"])
    one = framework(asked(place.python))
    assert resolved(one) == loads(place.python, first="torch")
    assert one.resolved is not None
    (cudnn,) = [each for each in one.resolved if each.family == "cudnn"]
    assert (cudnn.origin, cudnn.version) == ("pip", "9.1.0.70")
    assert cudnn.owner is not None
    assert "cu12" in cudnn.owner


def test_two_majors_side_by_side(place: Place) -> None:
    """Each finds its own; this is no damage."""
    torch_wheel(nvidia(nvidia(place, "12.4"), "11.8", ["cudart"]), "2.5.1", "12.4")
    env = asked(place.python)
    assert resolved(framework(env)) == loads(place.python, place.inside(_TORCH))
    assert env.cuda is not None
    assert {each.name for each in env.cuda.installed if each.family == "cudart"} == {
        "libcudart.so.12",
        "libcudart.so.11.0",
    }


@pytest.mark.parametrize("version", ["2.6.0", "2.7.1", "2.8.0", "2.9.1", "2.10.0", "2.12.1"])
def test_newer_releases_load_the_right_jit_first(place: Place, version: str) -> None:
    """Since 2.6 torch loads the nvJitLink that it finds on sys.path, and only then what would look elsewhere for it."""
    torch_wheel(toolkit(place, "12.1"), version, "12.4", families=ALL)
    nvidia(place, "12.4", ALL)
    leads = {"LD_LIBRARY_PATH": str(place.at("lib"))}
    assert refusal(place.python, "torch", leads) is None
    one = framework(asked(place.python, **leads))
    assert resolved(one) == loads(place.python, first="torch", variables=leads)
    assert owners(one)["nvjitlink"] == "pip"


@pytest.mark.parametrize("version", ["2.6.0", "2.9.1"])
def test_they_give_up_where_the_compiler_is_missing(place: Place, version: str) -> None:
    """It looks for nvrtc before, and for nothing more where that is missing."""
    torch_wheel(toolkit(place, "12.1"), version, "12.4", families=["cudart", "cusparse"])
    nvidia(place, "12.4", ["cudart", "cusparse"])
    leads = {"LD_LIBRARY_PATH": str(place.at("lib"))}
    one = framework(asked(place.python, **leads))
    assert resolved(one) == loads(place.python, place.inside(_TORCH), variables=leads)
    assert owners(one)["nvjitlink"] == "conda"


@pytest.mark.parametrize("version", ["2.5.1", "2.8.0", "2.12.1"])
def test_wheels_elsewhere_on_the_path(place: Place, tmp_path: Path, version: str) -> None:
    """Where its own search paths lead to nothing, torch looks for NVIDIA's wheels on sys.path."""
    torch_wheel(place, version, "12.4", families=ALL)
    other = nvidia(Place(tmp_path / "other"), "12.4", ALL).at(SITE)
    leads = {"PYTHONPATH": str(other)}
    assert refusal(place.python, "torch", leads) is None
    one = framework(asked(place.python, **leads))
    assert resolved(one) == loads(place.python, first="torch", variables=leads)
