"""Which frameworks an environment has, and whose files lie there where conda and pip both brought one."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from envguard.value import value

if TYPE_CHECKING:
    from envguard.facts import CondaPackage, Distribution, Environment


class Kind(NamedTuple):
    """One framework and the names under which it is packaged."""

    name: str
    imported: str
    """The top-level name of its code."""
    dists: tuple[str, ...]
    conda: tuple[str, ...]
    """Packages of conda, first the one that holds the code."""


_CUPY = ("cupy", *(f"cupy-cuda{each}" for each in ("13x", "12x", "11x", "118", "117", "116", "115", "114", "113", "112",
    "111", "110", "102")))  # fmt: skip
KINDS = (
    Kind("torch", "torch", ("torch",), ("pytorch", "libtorch")),
    Kind("torchvision", "torchvision", ("torchvision",), ("torchvision",)),
    Kind("torchaudio", "torchaudio", ("torchaudio",), ("torchaudio",)),
    Kind(
        "tensorflow",
        "tensorflow",
        ("tensorflow", "tensorflow-gpu", "tensorflow-cpu", "tensorflow-intel", "tf-nightly"),
        ("tensorflow-base", "tensorflow"),
    ),
    Kind("jax", "jaxlib", ("jaxlib", "jax"), ("jaxlib", "jax")),
    Kind("cupy", "cupy", _CUPY, ("cupy-core", "cupy")),
    Kind("onnxruntime-gpu", "onnxruntime", ("onnxruntime-gpu",), ("onnxruntime",)),
    Kind("bitsandbytes", "bitsandbytes", ("bitsandbytes",), ("bitsandbytes",)),
    Kind("xformers", "xformers", ("xformers",), ("xformers",)),
    Kind("numba-cuda", "numba_cuda", ("numba-cuda",), ("numba-cuda",)),
)
METAPACKAGES = (
    "cudatoolkit",
    "pytorch-cuda",
    "cuda-version",
    "cuda-toolkit",
    "cuda-runtime",
    "pytorch-mutex",
    "cpuonly",
)
_FRAMEWORKS = frozenset(name for kind in KINDS for name in (*kind.dists, *kind.conda))
_PARTS = ("nvidia-", "cuda-", "libcu", "libnv")
_OWN = frozenset(("cudatoolkit", "cudnn", "nccl", "cutensor", "cusparselt", "cpuonly", "pytorch-cuda", "pytorch-mutex"))
_NO_CUDA = frozenset(("nvidia-ml-py", "nvidia-ml-py3"))


@value
class Present:
    """A framework that is there."""

    kind: Kind
    package: CondaPackage | None
    distribution: Distribution | None
    """That of pip if its files lie there, else conda's own."""
    by_pip: bool
    """Whether pip's files lie there."""
    site: str


def concerned(env: Environment) -> bool:
    """Whether anything here has to do with CUDA, by names alone."""
    return any(_is_cudas(package.name) for package in env.conda_packages or ()) or any(
        _is_cudas(dist.name) for dist in env.distributions or ()
    )


def _is_cudas(name: str) -> bool:
    return name in _FRAMEWORKS or name in _OWN or (name.startswith(_PARTS) and name not in _NO_CUDA)


def is_library(name: str) -> bool:
    """Whether a package or distribution holds nothing but a part of CUDA, so that its version is the library's."""
    return name in _OWN or (name.startswith(_PARTS) and name not in _NO_CUDA)


def present(env: Environment) -> list[Present]:
    """The frameworks, in the order of the table."""
    return [found for kind in KINDS if (found := _present(kind, env)) is not None]


def _present(kind: Kind, env: Environment) -> Present | None:
    dists = [
        dist
        for name in kind.dists
        for dist in env.dists_named.get(name, ())
        if dist.kind not in ("leftover", "egg-link")
    ]
    package = _package(kind, dists, env)
    by_pip = next((dist for dist in dists if dist.owner is None), None)
    if package is None and by_pip is None:
        return None
    if by_pip is not None and (package is None or _is_pips(kind, package, by_pip, env)):
        return Present(kind, package, by_pip, True, by_pip.site)
    own = next((dist for dist in dists if dist.owner is not None), None)
    site = own.site if own is not None else next(iter(env.site_packages), "")
    return Present(kind, package, own, False, site)


def _package(kind: Kind, dists: list[Distribution], env: Environment) -> CondaPackage | None:
    """Conda's package of the code: that which brought the dist-info, or the one of the name."""
    owner = next((dist.owner for dist in dists if dist.owner is not None), None)
    found = env.by_record.get(owner or "") or next(filter(None, map(env.by_name.get, kind.conda)), None)
    if found is not None and kind.name == "onnxruntime-gpu" and not _is_gpus(found):
        return None
    return found


def _is_gpus(package: CondaPackage) -> bool:
    return "cuda" in package.build or any(spec.startswith(("cuda", "__cuda", "cudnn")) for spec in package.depends)


def _is_pips(kind: Kind, package: CondaPackage, dist: Distribution, env: Environment) -> bool:
    """Whether pip's files lie where both brought some."""
    shapes = {each.shape for each in env.overlaps_of.get(dist.path, ()) if each.differ}
    if shapes:
        return shapes != {"conda"}
    offers = [each for each in env.importable or () if each.name == kind.imported]
    if offers:
        return any(each.distribution == dist.path and each.record is None for each in offers)
    return package.name in env.replaced
