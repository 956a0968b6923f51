"""Rules about CUDA libraries that a framework does not find, and about extensions that find torch's only after torch."""

from __future__ import annotations

from collections import defaultdict
from typing import TYPE_CHECKING

from envguard.cuda import CudaFile
from envguard.model import Certainty, Evidence, Fix, Safety, Severity, Step, Where, text
from envguard.rules import cuda_fixes, fixes
from envguard.rules.cuda_use import in_memory, major, major_of, pin, said_in, title, told, uses, using
from envguard.rules.releases import at_least
from envguard.rules.rule import Found, Rule, rule
from envguard.tables import cuda as tables

if TYPE_CHECKING:
    from collections.abc import Iterator

    from envguard import library as elf
    from envguard.cuda import Framework
    from envguard.facts import Environment
    from envguard.rules.cuda_use import Use

_SHOWN = 6
_OPENING = ("tensorflow", "onnxruntime-gpu")
"""Frameworks that open libraries by name and have no place of their own where conda's would lie."""
_TORCH = ("libc10", "libtorch", "libshm")


@rule("cuda-not-found-by-framework", code=420, severity=Severity.WARNING, needs=("cuda",))
def cuda_not_found_by_framework(env: Environment) -> Iterator[Found]:
    """A framework does not find the CUDA libraries that it needs.

    The framework was built with CUDA and asks for libraries by name. The loader would look in the folders that its files,
    Python, LD_LIBRARY_PATH and the system name, and finds one of them nowhere. Either its package is not there, or it
    lies where this framework does not look: tensorflow from PyPI, since 2.7, does not search the environment's `lib`, where
    conda puts CUDA.

    Why it matters: torch fails to import with "libcudnn.so.9: cannot open shared object file"; tensorflow goes on without
    a GPU and says so in a line that is easily missed.

    How to repair: install the missing package in the version that the framework asks for. Where conda has the library, start
    the kernel with LD_LIBRARY_PATH set in the `env` of its kernelspec, since a cell comes too late; or take framework and
    library from one side.

    Not reported: the driver's own libraries; what the kernel has in memory already; a tensorflow or another framework that
    goes on without, where conda has brought no CUDA for it.
    """
    for framework in using(env):
        there = {each.family for each in in_memory(env)}
        used = uses(env, framework)
        missing = tuple(use.file for use in used or () if use.file.path is None) or _overlooked(env, framework, used)
        missing = tuple(each for each in missing if each.family not in there)
        if missing:
            yield _missing(env, framework, missing)


def _overlooked(env: Environment, framework: Framework, used: tuple[Use, ...] | None) -> tuple[CudaFile, ...]:
    """What conda put into `lib` for a wheel that opens its libraries by name and does not look there."""
    wanted = major(framework.declared)
    if used is None or wanted is None or framework.origin != "pip" or framework.name not in _OPENING:
        return ()
    found = {use.file.family for use in used if use.file.path is not None}
    condas = {each.family for each in env.cuda.installed if each.origin == "conda" and major_of(env, each) == wanted} if env.cuda is not None else set()  # fmt: skip
    if "cudart" in found or "cudart" not in condas:
        return ()
    names = ((family, name) for family in sorted(condas - found) for name in tables.sonames(family, wanted)[:1])
    return tuple(CudaFile(family, name, None, None, None, "none", "nowhere") for family, name in names)


def _missing(env: Environment, framework: Framework, missing: tuple[CudaFile, ...]) -> Found:
    names = tuple(dict.fromkeys(each.name for each in missing))
    beside = _beside(env, framework, missing)
    evidence = [
        Evidence(text("needs {library}", library=each.name), each.needed_by or said_in(framework))
        for each in missing[:_SHOWN]
    ]
    evidence += [
        Evidence(text("{library} lies here, where nothing looks for it", library=told(each)), each.path or "")
        for each in beside[:_SHOWN]
    ]
    return Found(
        subject=framework.name,
        message=text("{framework} needs {names}, which lies in {folder} where it is not looked for", framework=title(framework), names=names, folder=(beside[0].path or "").rpartition("/")[0])
        if beside
        else text("{framework} needs {names}, which is nowhere to be found", framework=title(framework), names=names),
        evidence=tuple(evidence),
        consequence=text("importing torch ends in: {library}: cannot open shared object file", library=names[0])
        if framework.name == "torch"
        else text("{name} computes without a GPU", name=framework.name),
        fixes=_ways(env, framework, missing, beside),
        certainty=Certainty.CERTAIN if framework.name == "torch" else Certainty.LIKELY,
    )  # fmt: skip


def _beside(env: Environment, framework: Framework, missing: tuple[CudaFile, ...]) -> tuple[CudaFile, ...]:
    """The missing libraries where they lie in the prefix all the same, of the CUDA that the framework was built for."""
    wanted = major(framework.declared)
    families = {each.family: each.name for each in missing}
    return tuple(
        each
        for each in (env.cuda.installed if env.cuda is not None else ())
        if each.path and each.family in families and (wanted is None or major_of(env, each) in (None, wanted))
        if _same_name(each, families[each.family])
    )


def _same_name(file: CudaFile, soname: str) -> bool:
    own = (file.path or "").rpartition("/")[2]
    return soname in (file.name, own) or own.startswith(f"{soname}.")


def _ways(env: Environment, framework: Framework, missing: tuple[CudaFile, ...], beside: tuple[CudaFile, ...]) -> tuple[Fix, ...]:  # fmt: skip
    found: list[Fix] = []
    if beside and beside[0].origin == "conda" and framework.origin == "pip":
        folder = f"{env.prefix.rstrip('/')}/lib"
        step = Step(("export", f"LD_LIBRARY_PATH={folder}"))
        found.append(Fix(text("Start the kernel with {folder} in LD_LIBRARY_PATH, by the env of its kernelspec", folder=folder), (step,), Safety.MANUAL, restart=True))  # fmt: skip
    if framework.origin == "pip":
        pins = tuple(dict.fromkeys(filter(None, (pin(env, framework, each.family) for each in missing))))
        if pins:
            return (*found, *cuda_fixes.wheels(env, *pins))
        if framework.name == "tensorflow" and at_least(framework.version, "2.14"):
            return (*found, *fixes.install_requirements(env, (f"{framework.name}[and-cuda]=={framework.version}",)))
        return tuple(found) if framework.name in _OPENING else (*found, *cuda_fixes.complete(env, framework))
    wanted = major(framework.declared)
    names = tuple(dict.fromkeys(filter(None, (tables.conda_package(each.family, wanted or 12) for each in missing))))
    if env.manager == "pixi" or not names:
        return tuple(found)
    there = tuple(env.by_name[name] for name in names if name in env.by_name)
    return fixes.reinstall(env, *there) if there else fixes.install_with_conda(env, names)


@rule("needs-torch-imported-first", code=421, severity=Severity.INFO, needs=("libraries",))
def needs_torch_imported_first(env: Environment) -> Iterator[Found]:
    """An extension can be imported only after PyTorch.

    This module lies in site-packages by itself and needs libraries of torch's (libc10, libtorch), which torch keeps in its
    own folder, where the loader does not look. Once torch is imported they are in memory, and the module finds them.

    Why it matters: imported first, it fails with "libc10.so: cannot open shared object file".

    How to repair: write `import torch` before it.

    Not reported: extensions inside a package, whose own code imports torch first; a kernel that has torch loaded.
    """
    if env.process is not None and env.process.kind == "kernel" and "torch" in env.process.loaded:
        return
    by_owner: dict[str, list[tuple[elf.Library, elf.Found]]] = defaultdict(list)
    for file in env.libraries or ():
        if _alone(env, file):
            for one in file.found or ():
                if one.way == "elsewhere" and one.name.startswith(_TORCH):
                    by_owner[file.owner or file.path].append((file, one))
    for pairs in by_owner.values():
        file = pairs[0][0]
        module = file.path.rpartition("/")[2].partition(".")[0]
        if not module.isidentifier():  # a name that no `import` can say
            continue
        step = Step(("import", "torch", module), Where.CELL)
        yield Found(
            subject=module,
            message=text(
                "{module} needs {names}, which is found only once torch is imported",
                "{module} needs {names}, which are found only once torch is imported",
                n=len({one.name for _, one in pairs}),
                module=module,
                names=tuple(dict.fromkeys(one.name for _, one in pairs)),
            ),
            evidence=tuple(Evidence(text("needs {library}", library=one.name), each.path) for each, one in pairs[:_SHOWN]),
            consequence=text("imported first, it ends in: {library}: cannot open shared object file", library=pairs[0][1].name),
            fixes=(Fix(text("Import torch before {module}", module=module), (step,), Safety.SAFE),),
        )  # fmt: skip


def _alone(env: Environment, file: elf.Library) -> bool:
    """Whether a module lies in a site-packages folder itself, in no package."""
    folder = file.path.rpartition("/")[0]
    prefix = env.prefix.rstrip("/")
    return any(folder == f"{prefix}/{site}" for site in env.site_packages)


RULES: tuple[Rule, ...] = (cuda_not_found_by_framework, needs_torch_imported_first)
