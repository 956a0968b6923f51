"""What a process that starts now would load of CUDA for a framework: ld.so's order, and what the framework does before.

* torch loads `libtorch_global_deps.so` first, then, depending on its version, libraries that it looks for itself on
  sys.path (way `preload`), and then the rest. What is loaded by then wins over every search path.
* cuDNN opens its parts by name when it is first used; they are looked for as the loader would for cuDNN itself.
* tensorflow and jax open the libraries themselves, by the SONAMEs of the CUDA they were built for, and cupy has places of
  its own: of these only what the loader does find is told.
* The driver's library is told where there is one: its absence is a matter of the machine.
"""

from __future__ import annotations

import fnmatch
import os
import re
from typing import TYPE_CHECKING

from envguard import elf, loader
from envguard.cuda import CudaFile
from envguard.tables import cuda as tables

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from envguard.library import Found, Library
    from envguard.loader import Loaded, World
    from envguard.surroundings.cuda.declared import Declared
    from envguard.surroundings.cuda.look import Look
    from envguard.surroundings.cuda.owners import Owners
    from envguard.surroundings.cuda.present import Present

_TORCH_FIRST = "libtorch_global_deps.so"
_TORCH = ("libtorch_python.so", "libtorch_cuda.so", "libtorch_cpu.so", "libc10_cuda.so")
_TORCH_LATER = ("libtorch_cuda_linalg.so", "libtorch_cuda_cpp.so", "libtorch_cuda_cu.so", "libcaffe2_nvrtc.so")
_ROOTS = {
    "torchvision": ("torchvision/_C.so", "torchvision/image.so"),
    "torchaudio": ("torchaudio/lib/libtorchaudio.so", "torchaudio/lib/_torchaudio.so"),
    "onnxruntime-gpu": ("onnxruntime/capi/libonnxruntime_providers_cuda.so",),
    "tensorflow": (
        "tensorflow/libtensorflow_framework.so.2",
        "tensorflow/libtensorflow_cc.so.2",
        "tensorflow/python/_pywrap_tensorflow_internal.so",
    ),
    "xformers": ("xformers/_C.so",),
}
_WALK = (
    ("cublas", "libcublasLt.so.*[0-9]"),
    ("cublas", "libcublas.so.*[0-9]"),
    ("cudnn", "libcudnn.so.*[0-9]"),
    ("cuda_nvrtc", "libnvrtc.so.*[0-9]"),
    ("cuda_nvrtc", "libnvrtc-builtins.so.*[0-9]"),
    ("cuda_runtime", "libcudart.so.*[0-9]"),
    ("cuda_cupti", "libcupti.so.*[0-9]"),
    ("cufft", "libcufft.so.*[0-9]"),
    ("curand", "libcurand.so.*[0-9]"),
    ("nvjitlink", "libnvJitLink.so.*[0-9]"),
    ("cusparse", "libcusparse.so.*[0-9]"),
    ("cusparselt", "libcusparseLt.so.*[0-9]"),
    ("cusolver", "libcusolver.so.*[0-9]"),
    ("nccl", "libnccl.so.*[0-9]"),
    ("nvshmem", "libnvshmem_host.so.*[0-9]"),
    ("cufile", "libcufile.so.*[0-9]"),
)
"""Folder and name of what torch looks for below `nvidia` on sys.path, in its order (`torch/__init__.py`)."""
_SHORT_WALK = (("cuda_nvrtc", "libnvrtc.so.*[0-9]"), ("nvjitlink", "libnvJitLink.so.*[0-9]"))
_SINCE = {"nvjitlink": (2, 5), "cusparselt": (2, 6), "cufile": (2, 7), "nvshmem": (2, 9)}
"""The releases since which torch comes with some of them, by the wheels it requires."""
_WALKS_SHORT, _WALKS_ALL, _ANY_RUNTIME = (2, 6), (2, 10), (2, 9)
"""Since when it walks although nothing is missing: for two of them, and for all; and whichever libcudart it has."""
_ROOTS_OF_CUPY = 30
"""Files of one of its folders; there are a dozen."""
_NEEDS = ("torch", "torchvision", "torchaudio", "xformers", "bitsandbytes")
"""What cannot be imported without a library that it needs, or not without its part for CUDA; the others look for
theirs in several places of their own."""
_OPENED = ("cudart", "cublas", "cublasLt", "cufft", "curand", "cusolver", "cusparse", "nvjitlink")


class Session:
    """A process in which frameworks are imported one after the other, each in a copy of it but for torch."""

    def __init__(self, world: World, look: Look, owners: Owners) -> None:
        self.world = world
        self._look = look
        self._owners = owners
        self._torch: str | None = None
        self._preloaded: dict[str, tuple[Loaded, ...]] = {}
        """SONAME -> what torch loads on its own account, which is used only where something asks for that name."""

    def resolved(self, present: Present, declared: Declared | None) -> tuple[CudaFile, ...] | None:
        """The libraries of CUDA that are loaded for one framework; None where none of its files is there."""
        kind = present.kind.name
        if kind == "torch":
            version = declared.version if declared is not None else None
            if version is None:
                book = present.distribution or present.package
                version = book.version if book is not None else None
            self._torch = declared.cuda if declared is not None else None
            loads = list(self._load_torch(present, version, self._torch))
        else:
            loads = [loader.load(path, self.world) for path in self._roots(present)]
        if not any(loads):
            return None
        found: dict[str, CudaFile] = {}
        for loaded in loads:
            for each, one in _found(loaded):
                self._note(each.library.path, one, found)
        for soname, loaded in self._preloaded.items():
            for each, one in _found(loaded) if soname in found else ():
                self._note(each.library.path, one, found)
        if kind in ("tensorflow", "jax") and declared is not None and declared.cuda is not None:
            self._open(loads, declared, found)
        self._parts_of_cudnn(loads, found)
        # what the others do not find as the loader does, they may find by themselves
        return tuple(each for each in found.values() if kind in _NEEDS or each.path is not None)

    def _note(self, needs: str, one: Found, found: dict[str, CudaFile]) -> None:
        family = tables.family(one.name)
        if family is None or one.name in found:
            return
        asks = self._relative(needs)
        if one.path is None:
            if not tables.is_driver(family):
                found[one.name] = CudaFile(family, one.name, None, None, None, "none", one.way, asks)
            return
        way = "preload" if one.way == "loaded" and one.name in self._preloaded else one.way
        found[one.name] = self._owners.file(one.path, name=one.name, way=way, needed_by=asks)

    def _relative(self, path: str) -> str:
        real = os.path.realpath(path)
        inside = self._look.inside(path)
        return os.path.relpath(real, self._look.root).replace(os.sep, "/") if inside else real

    def _load_torch(self, present: Present, version: str | None, cuda: str | None) -> Iterator[tuple[Loaded, ...]]:
        """What `import torch` loads, in its order; the process keeps it."""
        folders = [f"{present.site}/torch/lib", "lib"]
        first = self._first(folders, _TORCH_FIRST)
        if first is not None:
            yield self._begin(first, version, cuda)
        for name in (*_TORCH, *_TORCH_LATER):
            path = self._first(folders, name)
            if path is not None:
                brought = loader.load(path, self.world)
                self.world = self.world.with_loaded(brought)
                yield brought

    def _first(self, folders: Iterable[str], name: str) -> str | None:
        return next(
            (self._look.absolute(f"{each}/{name}") for each in folders if self._look.exists(f"{each}/{name}")), None
        )

    def _begin(self, first: str, version: str | None, cuda: str | None) -> tuple[Loaded, ...]:
        """What torch loads before all else, and the walk that it takes after it, or before where that fails."""
        match = re.match(r"(\d+)\.(\d+)", version or "")
        release = (int(match[1]), int(match[2])) if match is not None else (0, 0)
        newer = f"nvidia/cu{cuda.partition('.')[0]}" if cuda is not None and release >= _ANY_RUNTIME else None
        brought = loader.load(first, self.world)
        if any(one.path is None for _, one in _found(brought)):
            self._walk(_WALK, release, newer)
            brought = loader.load(first, self.world)
            self.world = self.world.with_loaded(brought)
            return brought
        self.world = self.world.with_loaded(brought)
        mark = "libcudart.so" if release >= _ANY_RUNTIME else "nvidia/cuda_runtime/lib/libcudart.so"
        if any(mark in os.path.realpath(path) for path in self.world.loaded.values()):
            self._walk(
                _WALK if release >= _WALKS_ALL else _SHORT_WALK if release >= _WALKS_SHORT else (), release, newer
            )
        return brought

    def _walk(self, wanted: Iterable[tuple[str, str]], release: tuple[int, int], newer: str | None) -> None:
        """Loads the first of each name on sys.path, and gives up where there is none."""
        for folder, pattern in wanted:
            path = self._on_sys_path(folder, pattern, newer)
            if path is None and release < _SINCE.get(folder, (0, 0)):
                continue
            if path is None:
                return
            brought = loader.load(path, self.world)
            soname = brought[0].library.soname or os.path.basename(path) if brought else ""
            if brought and soname not in self.world.loaded:
                self._preloaded[soname] = brought
                self.world = self.world.with_loaded(brought)

    def _on_sys_path(self, folder: str, pattern: str, newer: str | None) -> str | None:
        process = self._look.env.process
        entries = [each.path for each in process.path] if process is not None else []
        for entry in entries or [self._look.absolute(site) for site in self._look.env.site_packages]:
            for place in ("nvidia/" + folder, newer, folder):
                inner = os.path.join(entry, *place.split("/"), "lib") if place is not None else ""
                names = self._look.names(inner) if os.path.isdir(inner) else []
                name = next((each for each in names if fnmatch.fnmatchcase(each, pattern)), None)
                if name is not None:
                    return os.path.join(inner, name)
        return None

    def _roots(self, present: Present) -> Iterator[str]:
        """The files by which a framework asks for CUDA."""
        site, kind = present.site, present.kind.name
        paths = [f"{site}/{each}" for each in _ROOTS.get(kind, ())]
        if kind == "cupy":
            for folder in ("cupy_backends/cuda/api", "cupy_backends/cuda/libs", "cupy/_core"):
                names = [name for name in self._look.names(f"{site}/{folder}") if name.endswith(".so")]
                paths += [f"{site}/{folder}/{name}" for name in names[:_ROOTS_OF_CUPY]]
        elif kind == "jax":
            plugins = f"{site}/jax_plugins"
            paths += [f"{plugins}/{name}/xla_cuda_plugin.so" for name in self._look.names(plugins)]
            paths += [f"{site}/jaxlib/xla_extension.so", f"{site}/jaxlib/libjax_common.so"]
        elif kind == "bitsandbytes" and self._torch is not None:
            digits = self._torch.replace(".", "")
            paths.append(f"{site}/bitsandbytes/libbitsandbytes_cuda{digits}.so")
        return (self._look.absolute(path) for path in paths if self._look.exists(path))

    def _open(self, loads: Iterable[tuple[Loaded, ...]], declared: Declared, found: dict[str, CudaFile]) -> None:
        """What a framework opens by name, as far as it is there."""
        opener = next((loaded[0].library for loaded in loads if loaded), None)
        if opener is None or declared.cuda is None:
            return
        names = [name for family in _OPENED for name in tables.sonames(family, int(declared.cuda.partition(".")[0]))]
        if declared.cudnn is not None:
            names.append(f"libcudnn.so.{declared.cudnn.partition('.')[0]}")
        for name in names:
            one = loader.resolve(name, (opener,), self.world)
            if one.path is not None:
                self._note(opener.path, one, found)

    def _parts_of_cudnn(self, loads: Iterable[tuple[Loaded, ...]], found: dict[str, CudaFile]) -> None:
        """The libraries that cuDNN opens, by the names of those beside it."""
        whole = next((each for each in found.values() if each.family == "cudnn" and each.path is not None), None)
        library = elf.read(whole.path) if whole is not None and whole.path is not None else None
        if whole is None or library is None:
            return
        chain: tuple[Library, ...] = next(
            (each.chain for loaded in loads for each in loaded if os.path.realpath(each.library.path) == whole.path),
            (library,),
        )
        ending = whole.name.partition(".so")[2]
        for name in self._look.names(os.path.dirname(library.path)):
            if name.startswith("libcudnn_") and name.partition(".so")[2] == ending:
                self._note(library.path, loader.resolve(name, chain, self.world), found)


def _found(loaded: Iterable[Loaded]) -> Iterator[tuple[Loaded, Found]]:
    for each in loaded:
        for one in each.found:
            yield each, one
