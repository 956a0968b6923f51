"""Rules about what comes before the environment on the path: the working folder, and what PYTHONPATH adds."""

from __future__ import annotations

from typing import TYPE_CHECKING

from envguard.model import Certainty, Evidence, Fix, Safety, Severity, Step, text
from envguard.rules.outdated import kernel
from envguard.rules.rule import Found, Rule, rule
from envguard.rules.shadows import absolute, join, needed, python_of, shadows, short, within

if TYPE_CHECKING:
    from collections.abc import Iterator

    from envguard.facts import Environment
    from envguard.process import Elsewhere, Process
    from envguard.rules.shadows import Shadow

_SHOWN = 6
_LOCAL = ("current", "added")


@rule("local-file-shadows", code=203, severity=Severity.WARNING, needs=("process", "elsewhere", "importable"))
def local_file_shadows(env: Environment) -> Iterator[Found]:
    """A file beside the notebook is imported instead of an installed module.

    Python looks into the working folder first. A file or folder there has the name of an installed module, or of one of
    the standard library: `numpy.py`, `random.py`, or the old folder of a package that is now installed editable.

    Why it matters: `import numpy` gives that file. The error that follows names the package, and reinstalling it changes
    nothing.

    How to repair: give the file another name, and restart the kernel.

    Not reported: names that nothing here has imported or requires; a project that
    was installed from this very folder; a kernel that has loaded the installed module.
    """
    process = kernel(env)
    for place in env.elsewhere or ():
        if place.origin not in _LOCAL:
            continue
        for shadow in shadows(env, process, place):
            evidence = _evidence(env, shadow)
            if evidence:
                yield _local(env, shadow, evidence)
        yield from _library(env, process, place)


def _evidence(env: Environment, shadow: Shadow) -> tuple[Evidence, ...]:
    """Why a file that has an installed module's name is more than a coincidence; nothing if it is not."""
    if shadow.loaded is not None:
        return (Evidence(text("the kernel has loaded it from there"), shadow.loaded.file or shadow.path),)
    if shadow.place.origin != "current":
        return ()
    first = Evidence(text("comes first on the path"), shadow.path)
    if absolute(shadow.hidden.path):
        return (first,)
    dist = shadow.dist
    if dist is None:
        return ()
    whose = needed(env, {dist.name}).get(dist.name, ())
    if whose:
        return first, Evidence(text("{names} requires it", names=whose), dist.path)
    # a folder of the name may be the project itself, a single file is not
    asked = dist.requested or any(package.requested for package in (env.by_record.get(dist.owner or ""),) if package)
    return (first,) if asked and "." in shadow.offer.file else ()


def _local(env: Environment, shadow: Shadow, evidence: tuple[Evidence, ...]) -> Found:
    named = {"file": shadow.offer.file, "name": shadow.offer.name}
    if shadow.offer.namespace:
        message = text("the folder {file} is imported instead of {name}, which is installed editable", **named)
    elif shadow.place.origin == "current":
        message = text("{file} in the working folder is imported instead of the installed {name}", **named)
    else:
        message = text("{file} in a folder added to the path is imported instead of the installed {name}", **named)
    return Found(
        subject=shadow.offer.name,
        message=message,
        evidence=(*evidence, Evidence(text("this is the installed one"), shadow.hidden.path)),
        consequence=text("reinstalling {name} changes nothing", name=shadow.offer.name),
        fixes=(_rename(env, shadow.place, shadow.offer.file),),
        certainty=Certainty.CERTAIN if shadow.loaded is not None else Certainty.LIKELY,
    )


def _library(env: Environment, process: Process, place: Elsewhere) -> Iterator[Found]:
    """Modules of the standard library's names that were really loaded from there."""
    for offer in place.offers:
        module = process.loaded.get(offer.name) if offer.library else None
        if module is None or not module.file or not within(module.file, place.path, offer.file):
            continue
        yield Found(
            subject=offer.name,
            message=text(
                "{file} in {folder} is imported instead of the standard library's {name}",
                file=offer.file,
                folder=place.path,
                name=offer.name,
            ),
            evidence=(Evidence(text("the kernel has loaded it from there"), module.file),),
            consequence=text("whatever imports {name} gets this file", name=offer.name),
            fixes=(_rename(env, place, offer.file),),
        )


def _rename(env: Environment, place: Elsewhere, file: str) -> Fix:
    stem, dot, end = file.partition(".")
    old, new = join(place.path, file), f"{stem}_local{dot}{end}"
    step = Step(("cmd", "/c", "ren", old, new)) if env.layout == "windows" else Step(("mv", old, join(place.path, new)))
    return Fix(text("Give {file} another name", file=file), (step,), Safety.REVIEW, restart=True)


@rule("pythonpath-shadows", code=204, severity=Severity.WARNING, needs=("process", "elsewhere", "importable"))
def pythonpath_shadows(env: Environment) -> Iterator[Found]:
    """PYTHONPATH puts other packages before the environment's.

    The variable PYTHONPATH names folders that Python asks before the environment's own packages. One of them belongs to
    another version of Python, or holds a module that is installed here, too.

    Why it matters: the other one is imported. Compiled modules of another Python fail with "undefined symbol" or
    "cannot import name", which is an error; a module that is hidden is a warning. Most often a set-up script in
    `~/.bashrc` exports the variable (ROS, Spark, a vendor's toolkit).

    How to repair: start Jupyter without the variable, and set it only where that other program is used.

    Not reported: folders in which nothing has the name of an installed module; the same version of a package; a project
    that was installed from that very folder.
    """
    process = env.process
    for place in env.elsewhere or ():
        if process is None or place.origin != "pythonpath":
            continue
        other = python_of(place.path)
        if other is not None and other != short(process.python_version) and place.offers:
            yield _foreign(env, process, place, other)
            continue
        hidden = [shadow for shadow in shadows(env, process, place) if not shadow.same_version]
        if not hidden:
            continue
        yield Found(
            subject=place.path,
            message=text(
                "PYTHONPATH hides {n} installed module: {names}",
                "PYTHONPATH hides {n} installed modules: {names}",
                n=len(hidden),
                names=tuple(shadow.offer.name for shadow in hidden),
            ),
            evidence=(
                Evidence(text("comes first on the path"), place.path),
                *(
                    Evidence(text("the kernel has loaded it from there"), shadow.loaded.file or shadow.path)
                    if shadow.loaded is not None
                    else Evidence(text("this is the installed one"), shadow.hidden.path)
                    for shadow in hidden[:_SHOWN]
                ),
            ),
            consequence=text("what is installed here is not what is imported"),
            fixes=(_start_without(env, "PYTHONPATH"),),
        )


def _foreign(env: Environment, process: Process, place: Elsewhere, other: str) -> Found:
    loaded = tuple(
        module.file
        for module in process.modules
        if process.kind == "kernel" and module.file and within(module.file, place.path)
    )
    return Found(
        subject=place.path,
        message=text(
            "PYTHONPATH names the packages of Python {other}, and this is Python {version}",
            other=other,
            version=short(process.python_version),
        ),
        evidence=(
            Evidence(text("comes first on the path"), place.path),
            *(Evidence(text("the kernel has loaded it from there"), file) for file in loaded[:_SHOWN]),
        ),
        consequence=text("compiled modules in there cannot be loaded, and hide those that could"),
        fixes=(_start_without(env, "PYTHONPATH"),),
        severity=Severity.ERROR,
    )


def _start_without(env: Environment, variable: str) -> Fix:
    windows = env.layout == "windows"
    argv = ("cmd", "/c", f"set {variable}=&& jupyter lab") if windows else ("env", "-u", variable, "jupyter", "lab")
    return Fix(text("Start Jupyter without {variable}", variable=variable), (Step(argv),), Safety.REVIEW, restart=True)


RULES: tuple[Rule, ...] = (local_file_shadows, pythonpath_shadows)
