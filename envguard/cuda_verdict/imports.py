"""What keeps a framework from being imported, or its CUDA part from being loaded: libraries that are missing or too old."""

from __future__ import annotations

from typing import TYPE_CHECKING

from envguard.cuda_verdict.case import blocked, by_finding, grave, libraries, proof, release, titled
from envguard.model import Evidence, Fix, Safety, Text, text
from envguard.rules import fixes, steps
from envguard.tables import cuda as tables

if TYPE_CHECKING:
    from collections.abc import Iterator

    from envguard.cuda import CudaFile, Framework
    from envguard.cuda_report import CudaVerdict
    from envguard.cuda_verdict.case import Case
    from envguard.model import Argument

_LINKER = "nvjitlink"


def older_linker(case: Case) -> Iterator[CudaVerdict]:
    """An nvJitLink that is older than cuSPARSE, which asks for functions by the release that they came with."""
    for finding in grave(case.findings(410, 412)):
        if any(_LINKER in str(each).lower() for each in (finding.subject, *finding.message.args.values())):
            yield by_finding("nvjitlink-too-old", finding)
    for framework in case.able:
        wanted = release(framework.declared)[:2]
        for file in libraries(framework):
            found = release(file.version)[:2]
            if file.family != _LINKER or file.path is None or not wanted or len(found) < 2:
                continue
            if found[0] == wanted[0] and found < wanted:
                yield blocked(
                    "nvjitlink-too-old",
                    text(
                        "{name} cannot be imported: it finds nvJitLink {found}, older than the CUDA {wanted} it was built for, in a folder of LD_LIBRARY_PATH",
                        name=titled(framework),
                        found=file.version or "",
                        wanted=framework.declared or "",
                    )
                    if file.way == "library-path"
                    else text(
                        "{name} cannot be imported: it finds nvJitLink {found}, older than the CUDA {wanted} it was built for",
                        name=titled(framework),
                        found=file.version or "",
                        wanted=framework.declared or "",
                    ),
                    Evidence(text("this is nvJitLink {version}", version=file.version or ""), file.path),
                    proof(framework),
                    *searched(case, file),
                    fixes=_off_the_path(case, file),
                    code=410 if file.way == "library-path" else 412,
                    certain=False,
                )


def searched(case: Case, file: CudaFile) -> Iterator[Evidence]:
    """That LD_LIBRARY_PATH led to a file."""
    if file.way == "library-path" and case.library_path:
        yield Evidence(text("is searched first: {folders}", folders=case.library_path), "LD_LIBRARY_PATH")


def _off_the_path(case: Case, file: CudaFile) -> tuple[Fix, ...]:
    known = case.fixes(410)
    return known or ((_unset(),) if file.way == "library-path" else ())


def _unset() -> Fix:
    title = text("Start the kernel without LD_LIBRARY_PATH, or take this folder out of it where it is set")
    return Fix(title, safety=Safety.MANUAL, restart=True)


def missing(case: Case) -> Iterator[CudaVerdict]:
    """A library that a file of the framework names is nowhere."""
    for framework in case.able:
        lost = tuple(each for each in libraries(framework) if each.path is None and each.needed_by)
        if not lost:
            continue
        told: dict[str, Argument] = {
            "name": titled(framework),
            "libraries": tuple(dict.fromkeys(each.name for each in lost)),
        }
        message = (
            Text("{name} cannot be imported: the loader finds no {libraries}", told)
            if framework.name == "torch"
            else Text("{name} cannot load its part for CUDA: the loader finds no {libraries}", told)
        )
        evidence = (
            Evidence(text("needs {library}, which is nowhere", library=each.name), each.needed_by or "")
            for each in lost
        )
        code = 420 if case.findings(420, subject=framework.name) else 343
        yield blocked("library-missing", message, *evidence, fixes=_bring(case, framework, lost), code=code)


def not_found(case: Case) -> Iterator[CudaVerdict]:
    """A framework that opens its libraries by name, and looks where they are not."""
    for finding in case.findings(420):
        if any(each.name == finding.subject for each in case.able):
            yield by_finding("not-found-by-framework", finding)


def _bring(case: Case, framework: Framework, lost: tuple[CudaFile, ...]) -> tuple[Fix, ...]:
    """The packages that should have brought them, in the flavour of the framework."""
    known = case.fixes(420, subject=framework.name)
    env, major = case.env, next(iter(release(framework.declared)), None)
    if known or major is None:
        return known
    if framework.origin == "conda":
        names = tuple(dict.fromkeys(filter(None, (tables.conda_package(each.family, major) for each in lost))))
        here = tuple(env.by_name[name] for name in names if name in env.by_name)
        if here:
            return fixes.reinstall(env, *here)
        return fixes.install_with_conda(env, names) if names else ()
    wheels = dict.fromkeys(filter(None, (tables.wheel(each.family, major) for each in lost)))
    pins = tuple(dict.fromkeys(_pin(case, framework, wheel) for wheel in wheels))
    if not pins or not fixes.may_write(env):
        return fixes.own_environment(env) if pins else ()
    step = steps.pip_install(env, "--force-reinstall", "--no-deps", *pins)
    return (fixes.by_pip(env, text("Install {requirements} again", requirements=pins), (step,)),)


def _pin(case: Case, framework: Framework, wheel: str) -> str:
    """A wheel in the version that the framework requires."""
    dist = case.env.by_path.get(framework.distribution or "")
    for each in dist.requires if dist is not None else ():
        name, _, version = each.partition(";")[0].replace("(", "").replace(")", "").partition("==")
        if name.strip() == wheel and version:
            return f"{wheel}=={version.strip()}"
    return wheel
