"""What a framework really uses of CUDA, of which CUDA that is, and which of the libraries cannot work together."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, NamedTuple

from envguard.rules.names import normalise
from envguard.rules.releases import release
from envguard.tables import cuda as tables
from envguard.tables import cuda_toolkits
from envguard.tables.cuda_libraries import MAJORS

if TYPE_CHECKING:
    from collections.abc import Iterable

    from envguard.cuda import CudaFile, Framework
    from envguard.facts import Distribution, Environment

NEWER_NVJITLINK, ONE_CUDNN, OLDER_CUDNN = "nvjitlink", "cudnn", "cudnn-compiled"
_SUFFIX = re.compile(r"-cu(\d\d)$")


class Use(NamedTuple):
    """One library that a framework uses: what its own search leads to, or what the kernel has under that name."""

    file: CudaFile
    name: str
    """The SONAME that it is asked for by."""
    way: str | None
    """How the loader comes to it; `memory` where the kernel has another file under that name."""


class Pair(NamedTuple):
    """Two libraries that do not work together."""

    kind: str
    first: CudaFile
    second: CudaFile | None
    least: str
    """The version that the first one would have to be."""


def title(framework: Framework) -> str:
    """A framework with its version."""
    return f"{framework.name} {framework.version or '?'}"


def told(file: CudaFile) -> str:
    """A library with its version."""
    return f"{file.family} {file.version}" if file.version else file.family


def using(env: Environment) -> tuple[Framework, ...]:
    """The frameworks that were built with CUDA, as far as is known."""
    return tuple(each for each in env.cuda.frameworks if each.cpu is False) if env.cuda is not None else ()


def in_memory(env: Environment) -> tuple[CudaFile, ...]:
    """What a kernel has in memory; nothing where the process is no kernel."""
    live = env.process is not None and env.process.kind == "kernel"
    return (env.cuda.mapped or ()) if live and env.cuda is not None else ()


def uses(env: Environment, framework: Framework) -> tuple[Use, ...] | None:
    """What a framework uses of CUDA, the driver's own libraries left out; None where that is not known."""
    if framework.resolved is None:
        return None
    mapped = in_memory(env)
    found: dict[tuple[str, str | None], Use] = {}
    for file in framework.resolved:
        if tables.is_driver(file.family):
            continue
        there = next((each for each in mapped if each.path == file.path), None)
        there = there or next(
            (each for each in mapped if each.family == file.family and _answers(each, file.name)), None
        )
        use = Use(file, file.name, file.way)
        if there is not None and there.path != file.path:
            use = Use(there, file.name, "memory")
        found.setdefault((use.file.family, use.file.path), use)
    return tuple(found.values())


def _answers(file: CudaFile, soname: str) -> bool:
    """Whether a file in memory is what the loader takes for a name."""
    own = (file.path or "").rpartition("/")[2]
    return soname in (file.name, own) or own.startswith(f"{soname}.")


def major(version: str | None) -> int | None:
    """The first number of a version."""
    found = release(version)
    return found[0] if found else None


def major_of(env: Environment, file: CudaFile) -> int | None:
    """The major version of CUDA that a library is of; None where its version does not go with CUDA's, or is not known."""
    if file.family not in MAJORS:
        return None
    dist = env.by_path.get(file.owner or "")
    suffix = _SUFFIX.search(dist.name) if dist is not None else None
    if suffix is not None:
        return int(suffix[1])
    name = (file.path or "").rpartition("/")[2]
    if re.search(r"[-.][0-9a-f]{8,}\.so", name):
        return None  # a wheel's own copy, which nobody else takes
    for each in (file.name, name):
        known = tables.majors(each)
        if len(known) == 1:
            return known[0]
    return major(cuda_toolkits.toolkit(file.family, file.version))


def toolkit_of(file: CudaFile) -> str | None:
    """The release of CUDA that a library is of."""
    return cuda_toolkits.toolkit(file.family, file.version)


def required(env: Environment, framework: Framework) -> tuple[str, ...]:
    """The Requires-Dist lines of a framework's distribution."""
    dist = env.by_path.get(framework.distribution or "")
    return dist.requires if dist is not None else ()


def pin(env: Environment, framework: Framework, family: str) -> str | None:
    """The requirement by which a framework's wheel asks for the library, `nvidia-cudnn-cu12==9.1.0.70`; None without one."""
    wanted = major(framework.declared)
    name = tables.wheel(family, wanted) if wanted is not None else None
    for line in required(env, framework) if name else ():
        asked, _, marker = line.partition(";")
        if normalise(re.split(r"[\s\[(<>=!~]", asked.strip(), maxsplit=1)[0]) == name and "extra" not in marker:
            return re.sub(r"[\s()]", "", asked)
    return None


def own(env: Environment, framework: Framework, family: str) -> CudaFile | None:
    """The library of a family that came with the framework, from the same side; None if there is none in the prefix."""
    wanted = major(framework.declared)
    there = [
        each
        for each in (env.cuda.installed if env.cuda is not None else ())
        if each.family == family and each.origin == framework.origin
    ]
    fitting = [each for each in there if wanted is None or major_of(env, each) in (None, wanted)]
    return next(iter(fitting), None)


def foreign(env: Environment, framework: Framework, use: Use) -> bool:
    """Whether a library is taken from another side although the framework brought its own, or asks for it."""
    file = use.file
    if file.path is None or file.origin in (framework.origin, "none"):
        return False
    return own(env, framework, file.family) is not None or (
        framework.origin == "pip" and pin(env, framework, file.family) is not None
    )


def broken(env: Environment, framework: Framework, files: Iterable[CudaFile]) -> tuple[Pair, ...]:
    """The known pairs among the libraries of a framework that do not work together."""
    there = [each for each in files if each.path is not None and each.version]
    found = [*_nvjitlink(there), *_one_cudnn(there)]
    compiled = _compiled(env, framework)
    main = next((each for each in there if each.family == "cudnn"), None)
    if compiled and main is not None:
        needs, has = release(compiled)[:2], release(main.version)[:2]
        if len(has) == 2 and (has[0] != needs[0] or has[1] < needs[1]):
            found.append(Pair(OLDER_CUDNN, main, None, compiled))
    return tuple(found)


def _nvjitlink(files: Iterable[CudaFile]) -> list[Pair]:
    """CuSPARSE asks for symbols of nvJitLink that carry the number of its own CUDA."""
    files = list(files)
    return [
        Pair(NEWER_NVJITLINK, linker, sparse, needs)
        for sparse in files
        if sparse.family == "cusparse" and (needs := toolkit_of(sparse)) is not None
        for linker in files
        if linker.family == "nvjitlink" and major(linker.version) == major(needs)
        if len(release(linker.version)) > 1 and release(linker.version)[:2] < release(needs)[:2]
    ]


def _one_cudnn(files: Iterable[CudaFile]) -> list[Pair]:
    """The parts of cuDNN are made for each other."""
    parts = [each for each in files if each.family.startswith("cudnn")]
    main = next((each for each in parts if each.family == "cudnn"), parts[0] if parts else None)
    found: list[Pair] = []
    for each in parts:
        if main is None or each is main or each.owner == main.owner is not None:
            continue
        numbers = [release(file.version)[:3] for file in (main, each)]
        length = min(map(len, numbers))
        # parts of another major version have other names, and so may be there for somebody else
        if length > 1 and numbers[0][0] == numbers[1][0] and numbers[0][:length] != numbers[1][:length]:
            found.append(Pair(ONE_CUDNN, each, main, main.version or "?"))
    return found[:1]


def _compiled(env: Environment, framework: Framework) -> str | None:
    """The cuDNN that torch was compiled against."""
    if framework.name != "torch":
        return None
    told = tables.build(framework.build) if framework.build else None
    if told is not None:
        return told.cudnn
    asked = pin(env, framework, "cudnn")
    match = re.search(r"==([\d.]+)", asked or "")
    if match is not None:
        return match[1]
    by_pip = framework.origin == "pip" and framework.version and framework.declared
    return tables.cudnn(framework.version or "", framework.declared or "") if by_pip else None


def owner_of(env: Environment, file: CudaFile) -> Distribution | None:
    """Pip's distribution that a library belongs to."""
    return env.by_path.get(file.owner or "")
