"""Broken by CUDA: which one was asked for, brought, found by the loader, and what the driver can do with it."""

from __future__ import annotations

import sysconfig
from typing import TYPE_CHECKING

from tests.cases.mechanism import E, I, W, mechanism
from tests.cases.place import SITE, Place, copy
from tests.cases.watch import Kernel, asked, drivers, files
from tests.cuda import builders, stubs
from tests.envs import elves

if TYPE_CHECKING:
    from pathlib import Path

    from envguard.cuda_report import CudaReport
    from envguard.model import Answer, Report
    from tests.cases.draw import Draw
    from tests.cases.mechanism import Mechanism

_TWELVE = (("2.4.1", "12.1"), ("2.5.1", "12.4"), ("2.6.0", "12.4"), ("2.7.1", "12.6"))
"""torch for CUDA 12, with the release that it was built for."""
_BEFORE = (("2.4.1", "12.4"), ("2.5.0", "12.4"), ("2.5.1", "12.4"))
"""Those that do not look for an nvJitLink of their own before the loader does."""
_THIRTEEN = (("2.11.0", "13.0"), ("2.15.0", "13.2"))
_SUFFIX = sysconfig.get_config_var("EXT_SUFFIX") or ".so"
_SMALL = ("cudart", "cusparse")
"""Enough of CUDA for what breaks here."""


@mechanism({400: W}, "disk")
def cuda_was_asked_for_and_is_unused(draw: Draw, where: Path, sound: bool) -> Report:
    """conda was asked for CUDA, and solved torch without it; the near miss has the build with CUDA."""
    place = Place(where)
    version, channel = (
        f"2.{draw.random.randint(1, 5)}.{draw.random.randint(0, 2)}",
        draw.pick(("pytorch", "conda-forge")),
    )
    if draw.random.random() < 0.5:
        builders.toolkit(place, "11.8", _SMALL)
    else:
        place.library("pytorch-cuda", "11.8", {}, build="h7e8668a_3", channel="pytorch")
    builders.torch_conda(place, version, "11.8" if sound else None, channel=channel, families=_SMALL)
    return files(where)


@mechanism({400: E}, "disk", "driver")
def built_without_cuda_beside_a_gpu(draw: Draw, where: Path, sound: bool) -> CudaReport:
    """A wheel of torch was built without CUDA, and the driver tells of GPUs; the near miss is a wheel with it."""
    place = Place(where / "env", "lent")
    version, release = draw.pick(_TWELVE)
    builders.torch_wheel(place, version, release if sound else None, families=["cudart"])
    if sound:
        builders.nvidia(place, release, ["cudart"])
    return drivers(place.python, **stubs.variables(version=_number(release), gpus=_gpus(draw, "8.6")))


@mechanism({401: E}, "disk", beside=(102, 402))
def condas_libtorch_beside_the_wheel(draw: Draw, where: Path, sound: bool) -> Report:
    """conda brought libtorch for a package of its own, while torch itself is pip's; the near miss is conda's torch on it."""
    place, (version, release) = Place(where), draw.pick(_TWELVE)
    library = {"lib/libtorch_cpu.so": draw.data(), "lib/libc10.so": draw.data()}
    place.library("libtorch", version, library, build=f"cpu_generic_h{draw.random.randbytes(3).hex()}_0")
    place.package(
        draw.pick(("torchvision", "torchaudio")), f"0.{version.split('.')[1]}.0", depends=[f"libtorch {version}"]
    )
    if sound:
        builders.torch_conda(place, version, None, channel="conda-forge", depends=[f"libtorch {version}"])
    else:
        builders.torch_wheel(place, version, release, families=_SMALL)
    return files(where)


@mechanism({401: E, 102: E}, "disk")
def wheel_over_condas_torch(draw: Draw, where: Path, sound: bool) -> Report:
    """pip did not know conda's torch and brought its own, for another CUDA; the near miss took conda's off before."""
    place, (version, release) = Place(where), draw.pick(_TWELVE)
    if not sound:
        builders.torch_conda(place, version, "11.8", families=_SMALL)
    place.package(draw.name(), draw.version(), depends=[] if sound else ["pytorch"])
    builders.torch_wheel(builders.nvidia(place, release, _SMALL), version, release, families=_SMALL)
    return files(where)


@mechanism({402: E}, "disk")
def companion_for_another_cuda(draw: Draw, where: Path, sound: bool) -> Report:
    """torchvision was built for another major of CUDA than torch; the near miss for the same."""
    place, (version, release) = Place(where), draw.pick(_TWELVE)
    other = release if sound else draw.pick(("11.8", "11.7"))
    builders.torch_wheel(builders.nvidia(place, release, _SMALL), version, release, families=_SMALL)
    builders.torchvision_wheel(place, f"0.{int(version.split('.')[1]) + 15}.{version.split('.')[2]}", other)
    return files(where)


@mechanism({402: E}, "process", beside=(200, 201))
def companion_of_a_torch_that_is_hidden(draw: Draw, where: Path, sound: bool) -> Report:
    """torchvision goes with the environment's torch, and an older one of the user's is imported; the near miss hides that."""
    place, base = Place(where / "env", "own"), where / draw.name()
    minor = draw.random.randint(6, 8)
    builders.torch_wheel(place, f"2.{minor}.0", None)
    builders.torchvision_wheel(place, f"0.{minor + 15}.0", None)
    copy(base / SITE, "torch", f"2.{minor - draw.random.randint(1, 3)}.0")
    return asked(place.python, PYTHONUSERBASE=str(base), **({"PYTHONNOUSERSITE": "1"} if sound else {}))


@mechanism({403: W, 343: E}, "disk")
def extension_of_another_torch(draw: Draw, where: Path, sound: bool) -> Report:
    """An extension's wheel is for another torch, of which it needs a library that this one has not; the near miss is for this."""
    place, name, minor = _prefix(where / "env"), draw.name(), draw.random.randint(1, 6)
    builders.torch_wheel(place, f"2.{minor}.0", None)
    wanted = "libtorch_cpu.so" if sound else draw.pick(("libtorch_cuda_cu.so", "libcaffe2.so"))
    label = f"pt2{minor}cpu" if sound else draw.pick(("pt113cpu", "pt112cpu", "pt20cpu"))
    module = builders.shared("", name, needs=[wanted, "libc10.so"])
    inside = {f"{name}/__init__.py": b"", f"{name}/_C.so": module}
    place.wheel(name, f"{draw.version()}+{label}", inside, requires=["torch"])
    return files(place.path)


@mechanism({403: E}, "process", "text")
def another_abi_of_the_compiler(draw: Draw, where: Path, sound: bool) -> Answer:
    """An extension asks for a function with the other ABI of C++'s strings; the near miss is no function of torch's."""
    place, name = Place(where / "env", "lent"), draw.name()
    builders.torch_wheel(place, f"2.{draw.random.randint(1, 6)}.0", None)
    place.wheel(name, draw.version(), requires=["torch"])
    space, kind = f"{len(name)}{name}" if sound else "3c10", draw.pick(("Error", "Warning"))
    symbol = f"_ZN{space}{len(kind)}{kind}C2ENS_14SourceLocationENSt7__cxx1112basic_stringIcSt11char_traitsIcESaIcEEE"
    said = (
        f'Traceback (most recent call last):\n  File "<stdin>", line 1, in <module>\n'
        f'  File "{place.inside(name)}/__init__.py", line 1, in <module>\n    from {name} import _C\n'
        f"ImportError: {place.inside(name)}/_C.so: undefined symbol: {symbol}\n"
    )
    with Kernel(place.python, where) as kernel:
        kernel.run("import torch")
        return kernel.why(said)


@mechanism({410: E}, "process", beside=(413,))
def older_jit_by_a_variable(draw: Draw, where: Path, sound: bool) -> Report:
    """LD_LIBRARY_PATH leads cuSPARSE to an nvJitLink that is too old for it; the near miss to a cudart, which torch's own comes before."""
    place, (version, release) = Place(where / "env", "lent"), draw.pick(_BEFORE)
    builders.torch_wheel(builders.nvidia(place, release, _SMALL), version, release, families=_SMALL)
    cluster = _cluster(where / draw.name(), "cudart" if sound else "nvjitlink", "12.1")
    return asked(place.python, LD_LIBRARY_PATH=str(cluster))


@mechanism({410: E}, "process")
def other_cudnn_by_a_variable(draw: Draw, where: Path, sound: bool) -> Report:
    """A kernel runs with half of another cuDNN, which LD_LIBRARY_PATH leads to; the near miss is a folder without one."""
    place, (version, release) = Place(where / "env", "lent"), draw.pick(_TWELVE[1:3])
    families = ["cudart", "cudnn"]
    builders.torch_wheel(builders.nvidia(place, release, families), version, release, families=families)
    cluster = _cluster(where / draw.name(), "nccl" if sound else "cudnn", draw.pick(("12.6", "12.8")))
    with Kernel(place.python, where, LD_LIBRARY_PATH=str(cluster)) as kernel:
        kernel.run("import torch")
        return kernel.report()


@mechanism({411: I}, "disk")
def condas_cuda_beside_pips(draw: Draw, where: Path, sound: bool) -> Report:
    """conda's CUDA lies beside a wheel that brings its own, or that looks for one; the near miss has one only."""
    place, (version, release) = _prefix(where / "env"), draw.pick(_TWELVE)
    if not sound:
        builders.toolkit(place, "12.1", _SMALL)
    else:
        place.package(draw.name(), draw.version())
    builders.torch_wheel(builders.nvidia(place, release, _SMALL), version, release, families=_SMALL)
    return files(place.path)


@mechanism({412: E}, "disk")
def library_of_a_newer_major(draw: Draw, where: Path, sound: bool) -> Report:
    """One of conda's CUDA packages is of a newer major than torch was built for; the near miss is of its own."""
    place = _prefix(where / "env")
    release = draw.pick(("11.7", "11.8"))
    builders.toolkit(place, release, ["cudart"], channel="nvidia")
    of = release if sound else "12.1"
    soname = builders.WHEELS[int(of[:2])]["cusparse"][2][0]
    builders.linked(place, "libcusparse", builders.RELEASES[of]["cusparse"], of, {soname: "cusparse"}, channel="nvidia")
    version = f"{draw.random.randint(1, 2)}.13.{draw.random.randint(0, 1)}"
    builders.torch_conda(place, version, release, families=_SMALL, depends=["libcusparse >=11.7"])
    return files(place.path)


@mechanism({413: W}, "disk")
def jit_older_than_its_user(draw: Draw, where: Path, sound: bool) -> Report:
    """pip kept an nvJitLink that is older than cuSPARSE needs; the near miss is of one release."""
    place, (version, release) = _prefix(where / "env"), draw.pick(_TWELVE[1:])
    builders.torch_wheel(builders.nvidia(place, release, _SMALL), version, release, families=_SMALL)
    if not sound:
        place.take_off("nvidia_nvjitlink_cu12", builders.RELEASES[release]["nvjitlink"])
        builders.nvidia(place, "12.1", ["nvjitlink"])
    return files(place.path)


@mechanism({413: W}, "disk", beside=(104,))
def one_file_of_two_majors(draw: Draw, where: Path, sound: bool) -> Report:
    """The wheels for two majors of CUDA wrote the same files, the last one's are there; the near miss shares none."""
    place, family = _prefix(where / "env"), draw.pick(("cudnn", "nccl"))
    version, release = draw.pick(_THIRTEEN)
    builders.torch_wheel(
        builders.nvidia(place, release, ["cudart", family]), version, release, families=["cudart", family]
    )
    builders.nvidia(place, "12.4", ["cudart" if sound else family])
    return files(place.path)


@mechanism({412: E}, "disk")
def one_name_of_two_majors(draw: Draw, where: Path, sound: bool) -> Report:
    """torch for CUDA 13 takes CUDA 12's cuSPARSE, of the same name; the near miss is a library whose name tells."""
    place = _prefix(where / "env")
    version, release = draw.pick(_THIRTEEN)
    builders.torch_wheel(builders.nvidia(place, release, builders.ALL), version, release, families=_SMALL)
    builders.nvidia(place, "12.4", ["cudart" if sound else "cusparse"])
    return files(place.path)


@mechanism({414: I}, "disk", beside=(411,))
def condas_choice_is_not_used(draw: Draw, where: Path, sound: bool) -> Report:
    """conda has a CUDA that was asked for, and torch loads the wheels'; the near miss is conda's torch, which loads it."""
    place = _prefix(where / "env")
    builders.toolkit(place, "11.8", _SMALL)
    version, release = draw.pick(_TWELVE)
    if sound:
        builders.torch_conda(place, version, "11.8", families=_SMALL)
    else:
        builders.torch_wheel(builders.nvidia(place, release, _SMALL), version, release, families=_SMALL)
    return files(place.path)


@mechanism({420: W}, "disk", "process")
def condas_cuda_is_not_looked_for(draw: Draw, where: Path, sound: bool) -> Report:
    """tensorflow's wheel asks for CUDA by name, and conda's lies where nothing looks; the near miss has the variable."""
    place = Place(where / "env", "lent")
    builders.toolkit(place, "11.8", ["cudart", "cublas", "cudnn"])
    minor = draw.random.randint(7, 13)
    builders.tensorflow_wheel(place, f"2.{minor}.{draw.random.randint(0, 1)}", "11.2", "libcudart.so.11.0")
    return asked(place.python, **({"LD_LIBRARY_PATH": str(place.at("lib"))} if sound else {}))


@mechanism({421: I}, "disk", "process")
def found_once_torch_is_imported(draw: Draw, where: Path, sound: bool) -> Report:
    """A module by itself needs libraries that torch keeps in its own folder; the near miss names that folder."""
    place, name = Place(where / "env", "lent"), draw.name()
    version, release = draw.pick(_TWELVE)
    builders.torch_wheel(builders.nvidia(place, release, ["cudart"]), version, release, families=["cudart"])
    wanted = draw.pick((["libc10.so"], ["libtorch_cpu.so", "libc10.so"], ["libtorch.so"]))
    module = builders.shared("", name, needs=wanted, runpath="$ORIGIN/torch/lib" if sound else "$ORIGIN")
    place.wheel(name, draw.version(), {f"{name}{_SUFFIX}": module}, requires=["torch"])
    return asked(place.python)


@mechanism({430: E}, "disk", "driver")
def toolkit_newer_than_the_driver(draw: Draw, where: Path, sound: bool) -> CudaReport:
    """conda's CUDA is of a newer major than the driver can run; the near miss is a newer minor, which runs."""
    place = Place(where / "env", "lent")
    release = draw.pick(("11.7", "11.8"))
    builders.toolkit(place, release, _SMALL)
    builders.torch_conda(place, draw.pick(("1.13.1", "2.0.1")), release, families=_SMALL)
    return _told(place, draw, f"11.{draw.random.randint(1, 4)}" if sound else f"10.{draw.random.randint(0, 2)}")


@mechanism({430: E}, "driver", "process")
def wheel_newer_than_the_driver(draw: Draw, where: Path, sound: bool) -> CudaReport:
    """A wheel of torch is for a newer major of CUDA than the driver can run; the near miss is a newer minor."""
    place = Place(where / "env", "lent")
    version, release = draw.pick((*_TWELVE, *_THIRTEEN))
    builders.torch_wheel(builders.nvidia(place, release, ["cudart"]), version, release, families=["cudart"])
    major = int(release.partition(".")[0])
    return _told(place, draw, f"{major}.0" if sound else f"{major - 1}.{draw.random.randint(1, 8)}")


@mechanism({431: E}, "process")
def gpu_newer_than_the_build(draw: Draw, where: Path, sound: bool) -> CudaReport:
    """torch holds no code for a GPU of this generation; the near miss is one of an older generation that it has."""
    place = Place(where / "env", "lent")
    version, release, unfit, fit = draw.pick(
        (("1.12.1", "10.2", "8.6", "7.0"), ("2.5.1", "12.4", "12.0", "9.0"), ("2.15.0", "13.2", "6.1", "8.9"))
    )
    builders.torch_wheel(place, version, release, families=[])
    return drivers(
        place.python, **stubs.variables(version=13020, gpus=_gpus(draw, fit if sound else unfit), release="595.45.04")
    )


@mechanism({432: E}, "driver")
def driver_in_two_releases(draw: Draw, where: Path, sound: bool) -> CudaReport:
    """The driver's libraries were updated under a running kernel module; the near miss has no GPU, which is something else."""
    place = Place(where / "env", "lent")
    version, release = draw.pick(_TWELVE)
    builders.torch_wheel(builders.nvidia(place, release, ["cudart"]), version, release, families=["cudart"])
    init, nvml = (100, 0) if sound else (803, 18)
    return drivers(
        place.python, **stubs.variables(version=_number(release), gpus=_gpus(draw, "8.0"), init=init, nvml=nvml)
    )


def _told(place: Place, draw: Draw, newest: str) -> CudaReport:
    """What is told with a driver that runs CUDA up to a release."""
    return drivers(place.python, **stubs.variables(version=_number(newest), gpus=_gpus(draw, "8.0")))


def _number(release: str) -> int:
    major, minor = release.split(".")
    return int(major) * 1000 + int(minor) * 10


def _gpus(draw: Draw, capability: str) -> tuple[tuple[str, str], ...]:
    return ((f"NVIDIA {draw.name()}", capability),) * draw.random.randint(1, 2)


def _prefix(where: Path) -> Place:
    """A prefix whose Python finds libraries beside it, as conda's does; it does not run."""
    place = Place(where)
    elves.program(place.at("bin/python"), rpath="$ORIGIN/../lib")
    return place


def _cluster(where: Path, family: str, release: str) -> Path:
    """A folder outside the environment with a library of a release, as a cluster's modules have them."""
    folder = where / f"cuda-{release}" / "lib64"
    folder.mkdir(parents=True)
    for soname in builders.WHEELS[12][family][2]:
        real = f"{soname.partition('.so.')[0]}.so.{builders.RELEASES[release][family]}"
        (folder / real).write_bytes(builders.cuda(soname, release, runpath=None, origin="cluster"))
        (folder / soname).symlink_to(real)
    return folder


MECHANISMS: tuple[Mechanism, ...] = (
    cuda_was_asked_for_and_is_unused,
    built_without_cuda_beside_a_gpu,
    condas_libtorch_beside_the_wheel,
    wheel_over_condas_torch,
    companion_for_another_cuda,
    companion_of_a_torch_that_is_hidden,
    extension_of_another_torch,
    another_abi_of_the_compiler,
    older_jit_by_a_variable,
    other_cudnn_by_a_variable,
    condas_cuda_beside_pips,
    library_of_a_newer_major,
    jit_older_than_its_user,
    one_file_of_two_majors,
    one_name_of_two_majors,
    condas_choice_is_not_used,
    condas_cuda_is_not_looked_for,
    found_once_torch_is_imported,
    toolkit_newer_than_the_driver,
    wheel_newer_than_the_driver,
    gpu_newer_than_the_build,
    driver_in_two_releases,
)
