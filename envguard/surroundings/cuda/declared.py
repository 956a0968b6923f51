"""What CUDA a framework says it was built for: its own files first, then its version, then conda's build.

Nothing is imported. A build without CUDA says so; where nothing is said, nothing is known.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from envguard.tables import cuda as tables
from envguard.value import value

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from envguard.surroundings.cuda.look import Look
    from envguard.surroundings.cuda.present import Present


@value
class Declared:
    """What a framework says of itself."""

    cuda: str | None
    cpu: bool | None
    source: str
    version: str | None = None
    """Its own word on its version, the local part included."""
    arch: tuple[str, ...] = ()
    cudnn: str | None = None


def declared(present: Present, look: Look) -> Declared | None:
    """The first that says something; the version is that of the files, whoever tells of CUDA."""
    by_file = _READERS.get(present.kind.name, _of_version_py)(present, look)
    said = [each for each in (by_file, *_otherwise(present, by_file)) if each is not None]
    return next((each for each in said if each.cpu is not None), said[0] if said else None)


def _otherwise(present: Present, by_file: Declared | None) -> Iterator[Declared]:
    """What names tell: the local part of a version, conda's build string and what the package needs."""
    version = by_file.version if by_file is not None else None
    if present.by_pip and present.distribution is not None:
        said = _of_label(present.distribution.version)
        if said is not None:
            yield Declared(said.cuda, said.cpu, present.distribution.path, version)
    elif present.package is not None:
        built = tables.build(present.package.build)
        if built is not None and built.cuda is not None:
            yield Declared(built.cuda, False, present.package.build, version, cudnn=built.cudnn)
        needed = _needed(present.package.depends)
        if needed is not None and not (built is not None and built.cpu):
            yield Declared(needed[0], False, needed[1], version)
        if built is not None:
            yield Declared(None, built.cpu, present.package.build, version)


def _of_label(version: str | None) -> tables.Build | None:
    local = (version or "").partition("+")[2]
    return tables.label(local) if local else None


_NEEDED = re.compile(r"(?:cudatoolkit|cuda-version) (?:>=|==?)?(\d+)(\.\d+)?")


def _needed(depends: tuple[str, ...]) -> tuple[str, str] | None:
    """The CUDA that conda's record needs: a range tells the major version, an exact one more."""
    for spec in depends:
        match = _NEEDED.match(spec)
        if match is not None:
            return match[1] + (match[2] or "" if ">" not in spec else ""), spec
    return None


def _text(given: Any) -> str | None:
    """A version as a file states it, if it does."""
    return given if isinstance(given, str) and re.fullmatch(r"\d[\w.+-]{0,60}", given) else None


def _file(present: Present, relative: str) -> str:
    return f"{present.site}/{relative}" if present.site else relative


def _of_version_py(present: Present, look: Look) -> Declared | None:
    """torch/version.py and its like: `cuda`, or the local part of `__version__`."""
    relative = _file(present, f"{present.kind.imported}/version.py")
    told = look.literals(relative)
    if told is None:
        return None
    version = _text(told.get("__version__"))
    cuda = _text(told.get("cuda"))
    other = _text(told.get("hip")) or _text(told.get("xpu"))  # built for another maker's GPUs
    if "cuda" in told and (cuda or present.kind.name == "torch"):
        without = told["cuda"] is None and not other
        return Declared(cuda, False if cuda else True if without else None, relative, version)
    label = _of_label(version)
    return Declared(label.cuda if label else None, label.cpu if label else None, relative, version)


def _of_tensorflow(present: Present, look: Look) -> Declared | None:
    relative = _file(present, "tensorflow/python/platform/build_info.py")
    told = look.literals(relative)
    if told is None:
        return None
    info = told.get("build_info")
    info = {**told, **(info if isinstance(info, dict) else {})}
    built = info.get("is_cuda_build")
    if not isinstance(built, bool):
        return Declared(None, None, relative)
    listed = info.get("cuda_compute_capabilities")
    arch = [each for each in listed if isinstance(each, str)] if isinstance(listed, (list, tuple)) else []
    cuda = _text(info.get("cuda_version")) or _text(info.get("cuda_version_number"))
    cudnn = _text(info.get("cudnn_version")) or _text(info.get("cudnn_version_number"))
    if not built:
        return Declared(None, None if info.get("is_rocm_build") is True else True, relative)
    return Declared(cuda, False, relative, arch=tuple(arch[:50]), cudnn=cudnn)


_JAX_PLUGIN = re.compile(r"jax-cuda(\d+)-plugin")


def _of_jax(present: Present, look: Look) -> Declared | None:
    """The plugin that stands beside it; without one a wheel is for processors, unless an old one says otherwise."""
    version = present.distribution.version if present.distribution is not None else None
    majors = {match[1]: name for name in look.env.dists_named if (match := _JAX_PLUGIN.fullmatch(name))}
    if majors:
        newest = max(majors, key=int)
        return Declared(newest, False, majors[newest], version)
    if not present.by_pip:
        return None
    return _of_jax_label(version) if version else None


def _of_jax_label(version: str) -> Declared:
    label = _of_label(version)
    return Declared(label.cuda if label else None, label.cpu if label else True, "jaxlib", version)


def _of_cupy(present: Present, look: Look) -> Declared | None:
    relative = _file(present, "cupy/.data/_wheel.json")
    told = look.json(relative)
    cuda = told.get("cuda") if isinstance(told, dict) else None
    if isinstance(cuda, str) and re.fullmatch(r"\d+\.(?:\d+|x)", cuda):
        return Declared(cuda.removesuffix(".x"), False, relative)
    match = re.fullmatch(r"cupy-cuda(\d\d)(?:x|(\d))", present.distribution.name if present.distribution else "")
    if match is not None and present.distribution is not None:
        return Declared(match[1] + (f".{match[2]}" if match[2] else ""), False, present.distribution.name)
    return None


def _of_onnxruntime(present: Present, look: Look) -> Declared | None:
    relative = _file(present, "onnxruntime/capi/build_and_package_info.py")
    told = look.literals(relative)
    if told is None:
        return None
    cuda = _text(told.get("cuda_version"))
    name = told.get("package_name")
    return Declared(
        cuda, False if cuda else True if name == "onnxruntime" else None, relative, _text(told.get("__version__"))
    )


_BITSANDBYTES = re.compile(r"libbitsandbytes_(?:cuda(\d{3})|(cpu))\.(?:so|dll)")


def _of_bitsandbytes(present: Present, look: Look) -> Declared | None:
    """It brings a library for each CUDA, and takes that of torch."""
    found = [match for name in look.names(_file(present, "bitsandbytes")) if (match := _BITSANDBYTES.fullmatch(name))]
    many = [match for match in found if match[1]]
    if not many:
        return Declared(None, True, f"bitsandbytes/{found[0][0]}") if found else None
    only = f"{many[0][1][:-1]}.{many[0][1][-1]}" if len(many) == 1 else None
    return Declared(only, False, f"bitsandbytes/{many[0][0]}")


def _of_xformers(present: Present, look: Look) -> Declared | None:
    relative = _file(present, "xformers/cpp_lib.json")
    told = look.json(relative)
    version = told.get("version") if isinstance(told, dict) else None
    if not isinstance(version, dict) or "cuda" not in version:
        return None
    number = version["cuda"]
    if isinstance(number, int) and not isinstance(number, bool) and 0 < number < 1 << 20:
        return Declared(f"{number // 100}.{number % 100}", False, relative)
    return Declared(None, True if number is None and not version.get("hip") else None, relative)


def _of_numba_cuda(present: Present, look: Look) -> Declared | None:  # noqa: ARG001 - as the others
    """It takes whichever CUDA it finds, and names none."""
    return Declared(None, None, present.distribution.path if present.distribution is not None else present.kind.name)


_READERS: dict[str, Callable[[Present, Look], Declared | None]] = {
    "tensorflow": _of_tensorflow,
    "jax": _of_jax,
    "cupy": _of_cupy,
    "onnxruntime-gpu": _of_onnxruntime,
    "bitsandbytes": _of_bitsandbytes,
    "xformers": _of_xformers,
    "numba-cuda": _of_numba_cuda,
}
