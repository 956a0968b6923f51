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
    from envguard.cuda import CudaFile, Framework
    from envguard.facts import Environment

_SUFFIX = re.compile(r"-cu(\d\d)$")


class Use(NamedTuple):
    """One library that a framework uses: what its own search leads to, or what the kernel has under that name."""

    file: CudaFile
    name: str
    """The SONAME that it is asked for by."""
    way: str | None
    """How the loader comes to it; `memory` where the kernel has another file under that name."""


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


def other_major(env: Environment, framework: Framework, use: Use) -> bool:
    """Whether a library is of another major version of CUDA than the framework was built for."""
    wanted, has = major(framework.declared), major_of(env, use.file)
    return use.file.path is not None and None not in (wanted, has) and wanted != has


def owner(env: Environment, file: CudaFile) -> str:
    """The package that a library belongs to, with its version."""
    package, dist = env.by_record.get(file.owner or ""), env.by_path.get(file.owner or "")
    if package is not None:
        return f"{package.name} {package.version}"
    return f"{dist.name} {dist.version or '?'}" if dist is not None else file.owner or "?"


def said_in(framework: Framework) -> str:
    """The file in which a framework says what it was built for; its book where that is a mere build string or name."""
    if "/" in framework.source:
        return framework.source
    return (framework.record if framework.origin == "conda" else framework.distribution) or framework.source
