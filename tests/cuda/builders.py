"""Stand-ins of what brings CUDA: torch of both kinds and NVIDIA's wheels, laid out as the real ones, with real ELF files.

The names, the search paths and the versions of symbols are those of the real packages; the functions are not. Versions of
packages, and which file lies where, are the caller's.
"""

from __future__ import annotations

import json
import subprocess
import sys
import sysconfig
import tempfile
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING

from tests.cases.place import XY
from tests.envs import elves
from tests.require import absent, require

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from tests.cases.place import Place

WHEELS: Mapping[int, Mapping[str, tuple[str, str, tuple[str, ...]]]] = {
    11: {
        "cublas": ("cublas", "nvidia_cublas_cu11", ("libcublas.so.11", "libcublasLt.so.11")),
        "cudart": ("cuda_runtime", "nvidia_cuda_runtime_cu11", ("libcudart.so.11.0",)),
        "cudnn": ("cudnn", "nvidia_cudnn_cu11", ("libcudnn.so.8",)),
        "cusparse": ("cusparse", "nvidia_cusparse_cu11", ("libcusparse.so.11",)),
        "nccl": ("nccl", "nvidia_nccl_cu11", ("libnccl.so.2",)),
    },
    12: {
        "cublas": ("cublas", "nvidia_cublas_cu12", ("libcublas.so.12", "libcublasLt.so.12")),
        "cudart": ("cuda_runtime", "nvidia_cuda_runtime_cu12", ("libcudart.so.12",)),
        "cudnn": ("cudnn", "nvidia_cudnn_cu12", ("libcudnn.so.9", "libcudnn_graph.so.9")),
        "cusparse": ("cusparse", "nvidia_cusparse_cu12", ("libcusparse.so.12",)),
        "nccl": ("nccl", "nvidia_nccl_cu12", ("libnccl.so.2",)),
        "nvjitlink": ("nvjitlink", "nvidia_nvjitlink_cu12", ("libnvJitLink.so.12",)),
        "cufft": ("cufft", "nvidia_cufft_cu12", ("libcufft.so.11",)),
        "cufile": ("cufile", "nvidia_cufile_cu12", ("libcufile.so.0",)),
        "cupti": ("cuda_cupti", "nvidia_cuda_cupti_cu12", ("libcupti.so.12",)),
        "curand": ("curand", "nvidia_curand_cu12", ("libcurand.so.10",)),
        "cusolver": ("cusolver", "nvidia_cusolver_cu12", ("libcusolver.so.11",)),
        "cusparselt": ("cusparselt", "nvidia_cusparselt_cu12", ("libcusparseLt.so.0",)),
        "nvshmem": ("nvshmem", "nvidia_nvshmem_cu12", ("libnvshmem_host.so.3",)),
        "nvrtc": ("cuda_nvrtc", "nvidia_cuda_nvrtc_cu12", ("libnvrtc.so.12", "libnvrtc-builtins.so.12.4")),
    },
    13: {
        "cublas": ("cu13", "nvidia_cublas", ("libcublas.so.13", "libcublasLt.so.13")),
        "cudart": ("cu13", "nvidia_cuda_runtime", ("libcudart.so.13",)),
        "cudnn": ("cudnn", "nvidia_cudnn_cu13", ("libcudnn.so.9", "libcudnn_graph.so.9")),
        "cusparse": ("cu13", "nvidia_cusparse", ("libcusparse.so.12",)),
        "nccl": ("nccl", "nvidia_nccl_cu13", ("libnccl.so.2",)),
        "nvjitlink": ("cu13", "nvidia_nvjitlink", ("libnvJitLink.so.13",)),
        "cufft": ("cu13", "nvidia_cufft", ("libcufft.so.12",)),
        "cufile": ("cu13", "nvidia_cufile", ("libcufile.so.0",)),
        "cupti": ("cu13", "nvidia_cuda_cupti", ("libcupti.so.13",)),
        "curand": ("cu13", "nvidia_curand", ("libcurand.so.10",)),
        "cusolver": ("cu13", "nvidia_cusolver", ("libcusolver.so.12",)),
        "cusparselt": ("cusparselt", "nvidia_cusparselt_cu13", ("libcusparseLt.so.0",)),
        "nvshmem": ("nvshmem", "nvidia_nvshmem_cu13", ("libnvshmem_host.so.3",)),
        "nvrtc": ("cu13", "nvidia_cuda_nvrtc", ("libnvrtc.so.13", "libnvrtc-builtins.so.13.0")),
    },
}
"""Major of CUDA -> family -> the folder below `nvidia/`, the distribution, the names by which its files are asked for."""
RELEASES: Mapping[str, Mapping[str, str]] = {
    "11.7": {"cublas": "11.10.3.66", "cudart": "11.7.99", "cudnn": "8.5.0.96", "cusparse": "11.7.4.91", "nccl": "2.14.3"},
    "11.8": {"cublas": "11.11.3.6", "cudart": "11.8.89", "cudnn": "8.7.0.84", "cusparse": "11.7.5.86", "nccl": "2.20.5"},
    "12.1": {
        "cublas": "12.1.3.1", "cudart": "12.1.105", "cudnn": "9.0.0.312", "cusparse": "12.1.0.106", "nccl": "2.18.1",
        "nvjitlink": "12.1.105", "nvrtc": "12.1.105",
    },
    "12.4": {
        "cublas": "12.4.5.8", "cudart": "12.4.127", "cudnn": "9.1.0.70", "cusparse": "12.3.1.170", "nccl": "2.21.5",
        "nvjitlink": "12.4.127", "nvrtc": "12.4.127",
    },
    "12.6": {
        "cublas": "12.6.4.1", "cudart": "12.6.77", "cudnn": "9.5.1.17", "cusparse": "12.5.4.2", "nccl": "2.26.2",
        "nvjitlink": "12.6.85", "nvrtc": "12.6.77",
    },
    "12.8": {
        "cublas": "12.8.4.1", "cudart": "12.8.90", "cudnn": "9.10.2.21", "cusparse": "12.5.8.93", "nccl": "2.27.5",
        "nvjitlink": "12.8.93", "nvrtc": "12.8.93",
    },
    "13.0": {
        "cublas": "13.1.0.3", "cudart": "13.0.96", "cudnn": "9.19.0.56", "cusparse": "12.6.3.3", "nccl": "2.28.9",
        "nvjitlink": "13.0.88", "nvrtc": "13.0.88",
    },
    "13.2": {
        "cublas": "13.4.0.1", "cudart": "13.2.75", "cudnn": "9.26.0.51", "cusparse": "12.7.9.17", "nccl": "2.30.7",
        "nvjitlink": "13.5.37", "nvrtc": "13.2.78",
    },
}  # fmt: skip
"""Release of CUDA -> the versions of its libraries, as torch's METADATA requires them or as PyPI has them."""
USED = ("cublas", "cudart", "cudnn", "cusparse")
"""What the stand-in of torch needs, where nothing else is said."""
ALL = (
    "cublas", "cudnn", "nvrtc", "cudart", "cupti", "cufft", "curand", "nvjitlink", "cusparse", "cusparselt", "cusolver",
    "nccl", "nvshmem", "cufile",
)  # fmt: skip
"""What a torch since 2.10 looks for itself, in its order, and gives up at the first that is missing."""
_USED_SINCE = {"cusparselt": (2, 6), "cufile": (2, 7), "nvshmem": (2, 9)}
"""The release of torch since which it needs a family, and looks for it; the others it always did."""
_JIT = "libnvJitLink.so.12"
"""It has one version of symbols, its own name, and the minor in the names of the functions."""
_START = """
import ctypes, glob, os, sys
from .version import __version__, cuda

_lib = os.path.join(os.path.dirname(__file__), "lib")
_first, _later, _mark = {first!r}, {later!r}, {mark!r}

def _walk(wanted):
    for folder, pattern in wanted:
        places = ["nvidia/" + folder, *(["nvidia/cu" + cuda.split(".")[0]] if {new!r} else []), folder]
        found = [each for path in sys.path for place in places for each in glob.glob(f"{{path}}/{{place}}/lib/{{pattern}}")]
        if not found:
            raise ValueError(pattern)
        ctypes.CDLL(found[0])

try:
    ctypes.CDLL(f"{{_lib}}/libtorch_global_deps.so", mode=ctypes.RTLD_GLOBAL)
    with open("/proc/self/maps") as _file:
        _begin = _mark in _file.read()
    try:
        _walk(_later if _begin else ())
    except Exception:
        pass
except OSError:
    _walk(_first)
    ctypes.CDLL(f"{{_lib}}/libtorch_global_deps.so", mode=ctypes.RTLD_GLOBAL)
_kept = ctypes.CDLL(f"{{_lib}}/{last}")
"""
"""How torch begins, as its releases 2.5.1 to 2.13.0 do: its own walk through sys.path, and when."""


def jit(minor: int, *, oldest: int = 1) -> tuple[str, ...]:
    """The functions of libnvJitLink.so.12 in a minor release of CUDA 12: one more with each."""
    return tuple(f"__nvJitLinkAddData_12_{each}" for each in range(oldest, minor + 1))


def shared(soname: str, tag: str = "", *, needs: Sequence[str] = (), **more: object) -> bytes:
    """A shared library; files of two tags differ, as those of two releases do. `needs` are names, not files."""
    return _shared(soname, tag, tuple(needs), json.dumps(more, sort_keys=True))


def cuda(soname: str, release: str, *, runpath: str | None = "$ORIGIN", origin: str = "") -> bytes:
    """One of NVIDIA's libraries in a release of CUDA: what it needs of the others, and what it offers them."""
    minor, version = int(release.split(".")[1]), release
    if soname == _JIT:
        offers = {_JIT: (*jit(minor), _mark(f"{origin}{version}"))}
        return shared(soname, origin, runpath=runpath, offers=offers)
    if soname == "libcusparse.so.12" and release.startswith("12."):
        # the near folder is where wheels keep the other one; conda's lie side by side
        near = None if runpath is None else f"$ORIGIN/../../nvjitlink/lib:{runpath}"
        return shared(
            soname, origin + version, needs=(_JIT,), wants=(jit(minor)[-1],), offered=jit(minor), runpath=near
        )
    needs = {"libcudnn.so.9": ("libcudnn_graph.so.9",)}.get(soname, ())
    if soname.startswith("libcublas.so."):
        needs = (f"libcublasLt{soname.removeprefix('libcublas')}",)
    return shared(soname, origin + version, needs=needs, runpath=runpath)


def nvidia(
    place: Place, release: str, families: Iterable[str] = USED, *, versions: Mapping[str, str] | None = None
) -> Place:
    """NVIDIA's wheels of a release of CUDA, and what they need of one another."""
    for family in _with_jit(int(release.partition(".")[0]), families):
        place.wheel(*wheel(release, family, (versions or {}).get(family)))
    return place


def wheel(release: str, family: str, version: str | None = None) -> tuple[str, str, dict[str, bytes]]:
    """One of NVIDIA's wheels: distribution, version and files."""
    folder, distribution, sonames = WHEELS[int(release.partition(".")[0])][family]
    told = version or RELEASES[release].get(family, f"{release}.1")
    inside = {f"nvidia/{folder}/__init__.py": b""} if folder != "cu13" else {}
    inside.update({f"nvidia/{folder}/lib/{soname}": cuda(soname, release, origin=told) for soname in sonames})
    return distribution, told, inside


def _with_jit(major: int, families: Iterable[str]) -> tuple[str, ...]:
    asked = tuple(families)
    return tuple(dict.fromkeys((*asked, *(["nvjitlink"] if major == 12 and "cusparse" in asked else []))))


def torch_wheel(
    place: Place,
    version: str,
    cuda_version: str | None,
    *,
    families: Sequence[str] = USED,
    label: bool = True,
    requires: Sequence[str] = (),
) -> Place:
    """torch as pip installs it: `version.py`, and libraries that look for NVIDIA's wheels by DT_RPATH.

    Built without CUDA if there is no `cuda_version`.
    """
    major = int(cuda_version.split(".")[0]) if cuda_version else None
    tag = f"+cu{cuda_version.replace('.', '')}" if cuda_version else "+cpu"
    wheels = WHEELS.get(major or 0, {})
    folders = dict.fromkeys(wheels[family][0] for family in ALL if family in wheels)
    rpath = ":".join([*(f"$ORIGIN/../../nvidia/{each}/lib" for each in folders), "$ORIGIN"])
    needed = [family for family in families if release(version) >= _USED_SINCE.get(family, (0, 0))]
    inside = _torch(version, f"{version}{tag if label else ''}", cuda_version, _sonames(major, needed), rpath)
    return place.wheel("torch", f"{version}{tag}" if label else version, inside, requires=requires)


def torch_conda(
    place: Place,
    version: str,
    cuda_version: str | None,
    *,
    channel: str = "pytorch",
    build: str | None = None,
    name: str = "pytorch",
    families: Sequence[str] = USED,
    depends: Sequence[str] = (),
) -> Place:
    """torch as conda installs it: a build string that tells all, and libraries that look into `lib`."""
    major = int(cuda_version.split(".")[0]) if cuda_version else None
    sonames = _sonames(major, families)
    rpath = "$ORIGIN:$ORIGIN/../../../.."
    inside = _torch(version, version, cuda_version, sonames, rpath)
    if channel != "pytorch":  # the libraries are in `lib` there, and only links to them in the package
        inside = {path: content for path, content in inside.items() if "/lib/libtorch_cuda" not in path}
    data = {} if channel == "pytorch" or major is None else {"lib/libtorch_cuda.so": _libtorch_cuda(sonames, "$ORIGIN")}
    said = build if build is not None else condas_build(cuda_version, channel)
    return place.package(name, version, inside, data=data, channel=channel, build=said, depends=list(depends))


def condas_build(cuda_version: str | None, channel: str) -> str:
    """The build string of a torch of conda's."""
    if channel == "pytorch":
        return f"py{XY}_cuda{cuda_version}_cudnn8.7.0_0" if cuda_version else f"py{XY}_cpu_0"
    return f"cuda{cuda_version.replace('.', '')}_generic_h0a1b2c_200" if cuda_version else "cpu_generic_h0a1b2c_0"


def toolkit(place: Place, release: str, families: Iterable[str] = USED, *, channel: str = "conda-forge") -> Place:
    """conda's CUDA in `lib`: one cudatoolkit up to 11, one package a library from 12 on and with NVIDIA, each with its links."""
    major = int(release.split(".")[0])
    if major < 12 and channel != "nvidia":
        sonames = {soname: family for family in families for soname in WHEELS[major][family][2]}
        return linked(place, "cudatoolkit", f"{release}.0", release, sonames, channel=channel)
    for family in _with_jit(major, families):
        sonames = dict.fromkeys(WHEELS[major][family][2], family)
        linked(place, _CONDAS.get(family, f"lib{family}"), RELEASES[release][family], release, sonames, channel=channel)
    if channel == "nvidia":
        return place
    return place.library("cuda-version", release, {}, noarch="generic", subdir="noarch", channel=channel)


_CONDAS = {"cudart": "cuda-cudart", "cudnn": "cudnn", "nccl": "nccl", "nvrtc": "cuda-nvrtc"}


def linked(
    place: Place,
    name: str,
    version: str,
    release: str,
    sonames: Mapping[str, str],
    *,
    channel: str = "conda-forge",
    below: str = "lib",
) -> Place:
    """A package of conda's with libraries of a release: SONAME -> family; files are named by version, the rest are links."""
    files, links = {}, {}
    for soname, family in sonames.items():
        stem = soname.partition(".so.")[0]
        real = f"{stem}.so.{RELEASES[release][family]}"
        files[f"{below}/{real}"] = cuda(soname, release, runpath=None, origin="conda")
        links.update({f"lib/{stem}.so": real, f"lib/{soname}": real})
    place.library(name, version, files, channel=channel)
    record = place.at(f"conda-meta/{name}-{version}-0.json")
    told = json.loads(record.read_text(encoding="utf-8"))
    told["files"] += links
    told["paths_data"]["paths"] += [{"_path": link, "path_type": "softlink"} for link in links]
    record.write_text(json.dumps(told), encoding="utf-8")
    up = "" if below == "lib" else f"../{below}/"
    for link, real in links.items():
        place.at(link).parent.mkdir(parents=True, exist_ok=True)
        place.at(link).unlink(missing_ok=True)
        place.at(link).symlink_to(up + real)
    return place


def torchvision_wheel(place: Place, version: str, cuda_version: str | None, *, hashed: bool = True) -> Place:
    """torchvision, with the copy of cudart that its wheel carries under a name with a hash."""
    tag = f"+cu{cuda_version.replace('.', '')}" if cuda_version else "+cpu"
    said = f"__version__ = {version + tag!r}\ngit_version = 'a1'\nfrom torchvision.extension import _check\n"
    inside = {"torchvision/__init__.py": b"", "torchvision/version.py": f"{said}cuda = {cuda_version!r}\n".encode()}
    needs = ["libtorch_cpu.so"]
    if cuda_version and hashed:
        major = cuda_version.split(".")[0]
        carried = f"libcudart.3eda8113.so.{'11.0' if major == '11' else major}"
        needs = [carried, "libtorch_cuda.so"]
        inside[f"torchvision.libs/{carried}"] = shared(carried, f"vision {cuda_version}")
    inside["torchvision/_C.so"] = shared("", f"vision {version}", needs=needs, runpath="$ORIGIN/../torchvision.libs")
    return place.wheel("torchvision", version + tag, inside)


def tensorflow_wheel(place: Place, version: str, cuda_version: str, soname: str) -> Place:
    """tensorflow, which asks for CUDA only when it looks for GPUs, and by name: its libraries need none of it."""
    info = {"cuda_version": cuda_version, "cudnn_version": "8", "is_cuda_build": True}
    said = f"import collections\nbuild_info = collections.OrderedDict({sorted(info.items())!r})\n"
    return place.wheel(
        "tensorflow",
        version,
        {
            "tensorflow/__init__.py": b"",
            "tensorflow/python/platform/build_info.py": said.encode(),
            "tensorflow/python/_pywrap_tensorflow_internal.so": shared("", f"tf {version} {soname}"),
        },
    )


def cupy_wheel(place: Place, version: str, cuda_version: str) -> Place:
    """cupy for one major of CUDA, which looks for CUDA in several places when it is imported."""
    major = cuda_version.split(".")[0]
    told = {"cuda": f"{major}.x", "packaging": "pip", "cudnn": {"version": "8.8.1"}}
    needs = [soname for family in ("cudart", "cublas") for soname in WHEELS[int(major)][family][2][:1]]
    return place.wheel(
        f"cupy_cuda{major}x",
        version,
        {
            "cupy/__init__.py": b"",
            "cupy/.data/_wheel.json": json.dumps(told).encode(),
            f"cupy/_core/core.cpython-{XY.replace('.', '')}-x86_64-linux-gnu.so": shared(
                "", f"cupy {version}", needs=needs
            ),
        },
    )


def conda_python(place: Place) -> Path:
    """A Python that runs and finds libraries in the prefix's `lib` by DT_RPATH, as conda's does; for a Place with its "own"."""
    name = sysconfig.get_config_var("LDLIBRARY") or ""
    base = Path(sys.base_prefix) / "lib"
    libraries = [base / each for each in (f"{name}.1.0", name) if ".so" in each and (base / each).is_file()]
    if not libraries:
        absent("libpython", "this Python has no shared library to start one with")
    program = place.at(f"bin/python{XY}")
    program.unlink()
    command: list[str | Path] = [
        require("cc"), "-x", "c", "-o", program, "-", "-x", "none", "-Wl,--no-as-needed", libraries[0],
        "-Wl,--disable-new-dtags", "-Wl,-rpath,$ORIGIN/../lib",
    ]  # fmt: skip
    code = "extern int Py_BytesMain(int, char **); int main(int n, char **a) { return Py_BytesMain(n, a); }"
    subprocess.run(command, input=code, text=True, check=True, capture_output=True, timeout=60)
    return place.python


def _torch(number: str, version: str, cuda_version: str | None, sonames: Sequence[str], rpath: str) -> dict[str, bytes]:
    said = [
        "from typing import Optional",
        f"__version__ = {version!r}",
        "debug = False",
        f"cuda: Optional[str] = {cuda_version!r}",
        "git_version = 'a1b2'",
        "hip: Optional[str] = None",
    ]
    core = f"torch/_C.cpython-{XY.replace('.', '')}-x86_64-linux-gnu.so"
    last = "libtorch_cuda.so" if cuda_version else "libtorch_cpu.so"
    start = _start(number, cuda_version, last)
    deps = [each for each in sonames if each.startswith("libcudart.")]
    inside = {
        "torch/__init__.py": start,
        "torch/lib/libtorch_global_deps.so": shared("libtorch_global_deps.so", "", needs=[*deps], rpath=rpath),
        "torch/version.py": ("\n".join(said) + "\n").encode(),
        core: shared("", f"torch {version}", needs=["libtorch_python.so"], rpath="$ORIGIN/lib"),
        "torch/lib/libtorch_python.so": shared("libtorch_python.so", version, needs=["libtorch.so"], rpath=rpath),
        "torch/lib/libtorch.so": shared("libtorch.so", version, needs=[last], rpath=rpath),
        "torch/lib/libtorch_cpu.so": shared("libtorch_cpu.so", version, needs=["libc10.so"], rpath=rpath),
        "torch/lib/libc10.so": shared("libc10.so", version, rpath=rpath),
    }
    if cuda_version:
        inside["torch/lib/libtorch_cuda.so"] = _libtorch_cuda(sonames, rpath)
        runtime = [soname for soname in sonames if soname.startswith("libcudart.")]
        inside["torch/lib/libc10_cuda.so"] = shared(
            "libc10_cuda.so", version, needs=["libc10.so", *runtime], rpath=rpath
        )
    return inside


def _libtorch_cuda(sonames: Sequence[str], rpath: str) -> bytes:
    return shared("libtorch_cuda.so", "", needs=[*sonames], rpath=rpath)


def _sonames(major: int | None, families: Sequence[str]) -> tuple[str, ...]:
    return () if major is None else tuple(WHEELS[major][family][2][0] for family in families)


def release(version: str) -> tuple[int, int]:
    """The first two numbers of a version."""
    numbers = version.split(".")
    return int(numbers[0]), int(numbers[1])


def _start(number: str, cuda_version: str | None, last: str) -> bytes:
    """How a release of torch begins; without CUDA it looks for nothing."""
    major = int(cuda_version.split(".")[0]) if cuda_version else 0
    wanted = [
        (_OLD.get(family, family), f"{soname.partition('.so.')[0]}.so.*[0-9]")
        for family in ALL
        if family in WHEELS.get(major, {}) and release(number) >= _USED_SINCE.get(family, (0, 0))
        for soname in sorted(WHEELS[major][family][2], reverse=family == "cublas")
        if "graph" not in soname
    ]
    some = [each for each in wanted if each[0] in ("cuda_nvrtc", "nvjitlink") and "builtins" not in each[1]]
    since = release(number)
    later = wanted if since >= (2, 10) else some if since >= (2, 6) else []
    mark = "libcudart.so" if since >= (2, 9) else "nvidia/cuda_runtime/lib/libcudart.so"
    return _START.format(
        first=wanted, later=sorted(later, key=_nvrtc_first) if since < (2, 10) else later, mark=mark, new=since >= (2, 9), last=last
    ).encode()  # fmt: skip


def _nvrtc_first(each: tuple[str, str]) -> bool:
    return each[0] != "cuda_nvrtc"


_OLD = {"cudart": "cuda_runtime", "cupti": "cuda_cupti", "nvrtc": "cuda_nvrtc"}
"""Folders that are not called like what is in them."""


def _mark(tag: str) -> str:
    """A function by which the files of two releases differ."""
    return "of_" + "".join(each if each.isalnum() else "_" for each in tag)


@cache
def _shelf() -> tempfile.TemporaryDirectory[str]:
    """Where the files are compiled, each once for all tests of a run."""
    return tempfile.TemporaryDirectory(prefix="envguard-cuda-")


@cache
def _shared(soname: str, tag: str, needs: tuple[str, ...], more: str) -> bytes:
    told = json.loads(more)
    shelf = Path(_shelf().name)
    offers = told.pop("offers", None) or [_mark(f"{soname} {tag}")]
    offered = told.pop("offered", None)
    made = []
    for each in needs:
        stub = shelf / f"stub-{_mark(f'{each} {offered}')[-80:]}" / each
        if not stub.exists():
            elves.library(stub, soname=each, offers={each: offered} if offered and each == _JIT else [_mark(each)])
        made.append(stub)
    path = shelf / f"made-{len(list(shelf.iterdir()))}" / (soname or "module.so")
    return elves.library(path, soname=soname or None, offers=offers, needs=made, **told).read_bytes()
