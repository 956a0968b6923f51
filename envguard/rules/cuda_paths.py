"""The rule about search paths that lead to other CUDA libraries than a framework's own."""

from __future__ import annotations

from collections import defaultdict
from typing import TYPE_CHECKING, NamedTuple

from envguard.model import Certainty, Evidence, Severity, text
from envguard.rules import cuda_fixes
from envguard.rules.cuda_pairs import Pair, broken, ends, says
from envguard.rules.cuda_use import Use, foreign, in_memory, other_major, own, pin, title, told, uses, using
from envguard.rules.releases import release
from envguard.rules.rule import Found, Rule, rule

if TYPE_CHECKING:
    from collections.abc import Iterator

    from envguard.cuda import CudaFile, Framework
    from envguard.facts import Environment
    from envguard.model import Fix, Text

_SHOWN = 6
WAYS = {
    "library-path": text("LD_LIBRARY_PATH leads there"),
    "rpath": text("a search path in the files leads there (RPATH)"),
    "runpath": text("a search path in the file leads there (RUNPATH)"),
    "cache": text("the system's own list of libraries leads there"),
    "default": text("it lies in a folder of the system"),
    "preload": text("torch loads the first one that it meets on sys.path"),
    "loaded": text("another library brings it before"),
    "memory": text("the kernel has it in memory under that name"),
}


class Taken(NamedTuple):
    """Libraries that one framework takes from elsewhere, out of one folder."""

    framework: Framework
    folder: str
    taken: tuple[Use, ...]
    pairs: tuple[Pair, ...]
    """Known pairs that are broken by them."""


@rule("cuda-shadowed-by-path", code=410, severity=Severity.ERROR, needs=("cuda",))
def cuda_shadowed_by_path(env: Environment) -> Iterator[Found]:
    """A search path leads to other CUDA libraries than the framework's own.

    The framework brought its CUDA libraries with it, or asks for them as packages. The loader finds another file of the
    same name first: LD_LIBRARY_PATH names a folder that comes before the framework's own, or the library is not where it
    belongs and another one is met later on the way.

    Why it matters: a library of another release may lack what the others need: "undefined symbol: __nvJitLink…",
    "cuDNN version incompatibility: compiled against … but found …". It is an error where it is of another major version,
    or where two of a pair that must fit do not; a warning where it is older than the framework's; else information.

    How to repair: start the kernel without that folder in LD_LIBRARY_PATH (a module that is loaded before Jupyter, a line in
    .bashrc, the `env` of the kernelspec), or put the missing library back.

    Not reported: a framework that brings no library of its own and so needs the path; a system's CUDA that no search path
    leads to.
    """
    for each in shadowed(env):
        yield _shadow(env, each)


def shadowed(env: Environment) -> Iterator[Taken]:
    """What frameworks take from elsewhere although they have their own, one folder at a time."""
    told_of: set[str | None] = set()
    for framework in using(env):
        # what one framework has brought, the next ones only meet
        used = tuple(use for use in uses(env, framework) or () if use.file.path not in told_of)
        pairs = broken(env, framework, (*(use.file for use in used), *parts(env)))
        by_folder: dict[str, list[Use]] = defaultdict(list)
        for use in used:
            if foreign(env, framework, use) and _led(env, use):
                by_folder[(use.file.path or "").rpartition("/")[0]].append(use)
        for folder, taken in by_folder.items():
            files = {use.file for use in taken}
            mine = tuple(pair for pair in pairs if files & {pair.first, pair.second})
            told_of.update(use.file.path for use in taken)
            yield Taken(framework, folder, tuple(taken), mine)


def _led(env: Environment, use: Use) -> bool:
    """Whether a search path leads to a library; what is in memory already may have come by one, or by another framework."""
    if use.way not in ("loaded", "memory"):
        return True
    return env.cuda is not None and use.file.path in {each.path for each in env.cuda.searched}


def parts(env: Environment) -> tuple[CudaFile, ...]:
    """Parts of cuDNN that it loads by itself, and so no file asks for."""
    return tuple(each for each in in_memory(env) if each.family.startswith("cudnn_"))


def _shadow(env: Environment, each: Taken) -> Found:
    framework, taken = each.framework, each.taken
    severity = weight(env, each)
    mine = {use.file.family: own(env, framework, use.file.family) for use in taken}
    evidence = [
        Evidence(WAYS.get(use.way or "", text("it is found there first")), use.file.path or "")
        for use in taken[:_SHOWN]
    ]
    evidence += [
        Evidence(text("the framework's own is {library}", library=told(file)), file.path or "")
        for file in tuple(mine.values())[:_SHOWN]
        if file is not None
    ]
    evidence += [Evidence(says(pair), pair.first.path or "") for pair in each.pairs]
    names = tuple(told(use.file) for use in taken)
    consequence: Text | None
    if each.pairs:
        consequence = ends(each.pairs[0], framework)
    elif severity is Severity.ERROR:
        consequence = text("it is of another major version of CUDA than {name} was built for", name=framework.name)
    else:
        consequence = (
            text("a release that is older may lack what {name} needs", name=framework.name)
            if severity is Severity.WARNING
            else None
        )
    by_path = any(use.way in ("library-path", "loaded", "memory") for use in taken)
    return Found(
        subject=framework.name,
        message=text(
            "{framework} takes {libraries} from {folder} and not its own",
            framework=title(framework),
            libraries=names,
            folder=each.folder,
        ),
        evidence=tuple(evidence),
        consequence=consequence,
        fixes=cuda_fixes.without_folders(env, (each.folder,)) if by_path else _put_back(env, framework, taken),
        severity=severity,
        certainty=Certainty.CERTAIN if severity is not Severity.WARNING else Certainty.LIKELY,
    )  # fmt: skip


def weight(env: Environment, each: Taken) -> Severity:
    """How bad that is."""
    if each.pairs or any(other_major(env, each.framework, use) for use in each.taken):
        return Severity.ERROR
    for use in each.taken:
        mine = own(env, each.framework, use.file.family)
        known = release(mine.version if mine is not None else _pinned(env, each.framework, use.file.family))
        if not use.file.version or (known and release(use.file.version)[:2] < known[:2]):
            return Severity.WARNING
    return Severity.INFO


def _pinned(env: Environment, framework: Framework, family: str) -> str | None:
    return (pin(env, framework, family) or "").partition("==")[2] or None


def _put_back(env: Environment, framework: Framework, taken: tuple[Use, ...]) -> tuple[Fix, ...]:
    """The framework's own libraries, in the versions it asks for."""
    pins = tuple(dict.fromkeys(filter(None, (pin(env, framework, use.file.family) for use in taken))))
    if pins:
        return cuda_fixes.wheels(env, *pins)
    return cuda_fixes.complete(env, framework) if framework.origin == "pip" else ()


RULES: tuple[Rule, ...] = (cuda_shadowed_by_path,)
