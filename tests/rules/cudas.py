"""What concerns CUDA in one line each, for tables of facts -> findings."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from envguard.cuda import Asked, Cuda, CudaFile, Driver, Framework, Gpu
from envguard.tables import cuda as tables
from tests.rules.facts import PREFIX, SITE, dist, env, pkg, record

if TYPE_CHECKING:
    from envguard.facts import Distribution, Environment

WHEELS = {
    "nvidia-cuda-runtime-cu12": "12.4.127",
    "nvidia-cusparse-cu12": "12.3.1.170",
    "nvidia-nvjitlink-cu12": "12.4.127",
    "nvidia-cudnn-cu12": "9.1.0.70",
}
"""What torch 2.5.1 pins."""
TORCH = dist("torch", "2.5.1", requires=tuple(f"{name}=={version}" for name, version in WHEELS.items()))
NVIDIA = {name: dist(name, version) for name, version in WHEELS.items()}


def torch(**more: Any) -> Framework:
    """pip's torch 2.5.1 for CUDA 12.4, which finds what it needs."""
    values = {
        "version": "2.5.1",
        "origin": "pip",
        "record": None,
        "distribution": TORCH.path,
        "build": None,
        "declared": "12.4",
        "cpu": False,
        "source": "torch/version.py",
        "arch": tables.arch("2.5", "12.4"),
        "resolved": own(),
        **more,
    }
    return Framework(name=values.pop("name", "torch"), **values)


def conda_torch(build: str, version: str = "2.5.1", **more: Any) -> Framework:
    """conda's torch, from a build."""
    told = tables.build(build)
    return torch(
        version=version,
        origin="conda",
        record=record("pytorch", version, build),
        distribution=None,
        build=build,
        **{"declared": told.cuda if told else None, "cpu": told.cpu if told else None, "resolved": (), **more},
    )


def other(name: str, version: str, declared: str | None, **more: Any) -> Framework:
    """A framework of pip's that has nothing resolved."""
    return torch(
        name=name, version=version, declared=declared, **{"arch": (), "resolved": (), "distribution": None, **more}
    )


def lib(family: str, name: str, version: str | None, folder: str, **more: Any) -> CudaFile:
    """One library; whose it is, and how it is found, by its folder."""
    origin = "pip" if SITE in folder else "conda" if folder.startswith(PREFIX) else "system"
    return CudaFile(family, name, f"{folder}/{name}", version, **{"owner": None, "origin": origin, "way": None, **more})


def wheel(family: str, name: str, distribution: Distribution, **more: Any) -> CudaFile:
    """A library out of one of NVIDIA's wheels."""
    folder = f"{PREFIX}/{SITE}/nvidia/{family}/lib"
    return lib(family, name, distribution.version, folder, **{"owner": distribution.path, "way": "rpath", **more})


def gone(family: str, name: str) -> CudaFile:
    """A library that the loader does not find."""
    return CudaFile(family, name, None, None, None, "none", "nowhere", f"{SITE}/torch/lib/libtorch_cuda.so")


SONAMES = {
    "cudart": ("libcudart.so.12", "nvidia-cuda-runtime-cu12"),
    "cusparse": ("libcusparse.so.12", "nvidia-cusparse-cu12"),
    "nvjitlink": ("libnvJitLink.so.12", "nvidia-nvjitlink-cu12"),
    "cudnn": ("libcudnn.so.9", "nvidia-cudnn-cu12"),
    "cudnn_graph": ("libcudnn_graph.so.9", "nvidia-cudnn-cu12"),
}


def own(*instead: CudaFile) -> tuple[CudaFile, ...]:
    """The libraries of torch 2.5.1's own wheels, some of them replaced by others of their family."""
    taken = {each.family: each for each in instead}
    mine = {family: wheel(family, soname, NVIDIA[by]) for family, (soname, by) in SONAMES.items()}
    return tuple({**mine, **taken}.values())


def where(
    *frameworks: Framework, conda: Any = (), dists: Any = None, asked: tuple[Asked, ...] = (), **more: Any
) -> Environment:
    """An environment with these frameworks; `installed`, `searched` and `mapped` are CUDA's own."""
    parts = {name: more.pop(name) for name in ("installed", "searched", "mapped") if name in more}
    dists = (TORCH, *NVIDIA.values()) if dists is None else dists
    told = Cuda(frameworks=frameworks, asked=asked, **{"installed": own(), **parts})
    return env(conda, dists, cuda=told, **more)


def toolkit(
    name: str = "cudatoolkit", version: str = "11.8.0", build: str = "h37601d7_10", **more: Any
) -> tuple[Any, Asked]:
    """conda's package of a toolkit, and what it says was asked for."""
    package = pkg(name, version, build, provides=(), **more)
    return package, Asked(name, version, build, package.record)


def driver(version: int | None = 12080, *gpus: str, **more: Any) -> Driver:
    """A driver that works, with GPUs of these capabilities."""
    values = {
        "library": "/usr/lib/libcuda.so.570.86.10",
        "missing": None,
        "init": 0,
        "devices": len(gpus),
        "release": "570.86.10",
        **more,
    }
    cards = tuple(Gpu(number, f"GPU {each}", each) for number, each in enumerate(gpus))
    return Driver(version=version, gpus=cards, **values)
