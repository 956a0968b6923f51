"""Rules about whose CUDA libraries a framework gets: its own, another's, or such as do not work together."""

from __future__ import annotations

from collections import defaultdict
from typing import TYPE_CHECKING, NamedTuple

from envguard.model import Certainty, Evidence, Fix, Severity, text
from envguard.rules import cuda_fixes, fixes, steps
from envguard.rules.cuda_use import (
    NEWER_NVJITLINK,
    OLDER_CUDNN,
    ONE_CUDNN,
    Pair,
    Use,
    broken,
    foreign,
    in_memory,
    major,
    major_of,
    own,
    pin,
    title,
    told,
    toolkit_of,
    uses,
    using,
)
from envguard.rules.names import normalise
from envguard.rules.releases import release
from envguard.rules.rule import Found, Rule, rule
from envguard.tables import cuda as tables
from envguard.tables.cuda_toolkits import next_major, toolkit

if TYPE_CHECKING:
    from collections.abc import Iterator

    from envguard.cuda import CudaFile, Framework
    from envguard.facts import CondaPackage, Environment
    from envguard.model import Text

_SHOWN = 6
_TOOLKITS = ("cudatoolkit", "pytorch-cuda", "cuda-version", "cuda-toolkit", "cuda-runtime")
_WAYS = {
    "library-path": text("LD_LIBRARY_PATH leads there"),
    "rpath": text("a search path in the files leads there (RPATH)"),
    "runpath": text("a search path in the file leads there (RUNPATH)"),
    "cache": text("the system's own list of libraries leads there"),
    "default": text("it lies in a folder of the system"),
    "preload": text("torch loads the first one that it meets on sys.path"),
    "loaded": text("another library brings it before"),
    "memory": text("the kernel has it in memory under that name"),
}


class _Taken(NamedTuple):
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
    for each in _shadowed(env):
        yield _shadow(env, each)


def _shadowed(env: Environment) -> Iterator[_Taken]:
    told_of: set[str | None] = set()
    for framework in using(env):
        # what one framework has brought, the next ones only meet
        used = tuple(use for use in uses(env, framework) or () if use.file.path not in told_of)
        pairs = broken(env, framework, (*(use.file for use in used), *_parts(env)))
        by_folder: dict[str, list[Use]] = defaultdict(list)
        for use in used:
            if foreign(env, framework, use) and _led(env, use):
                by_folder[(use.file.path or "").rpartition("/")[0]].append(use)
        for folder, taken in by_folder.items():
            files = {use.file for use in taken}
            mine = tuple(pair for pair in pairs if files & {pair.first, pair.second})
            told_of.update(use.file.path for use in taken)
            yield _Taken(framework, folder, tuple(taken), mine)


def _led(env: Environment, use: Use) -> bool:
    """Whether a search path leads to a library; what is in memory already may have come by one, or by another framework."""
    if use.way not in ("loaded", "memory"):
        return True
    return env.cuda is not None and use.file.path in {each.path for each in env.cuda.searched}


def _parts(env: Environment) -> tuple[CudaFile, ...]:
    """Parts of cuDNN that it loads by itself, and so no file asks for."""
    return tuple(each for each in in_memory(env) if each.family.startswith("cudnn_"))


def _shadow(env: Environment, each: _Taken) -> Found:
    framework, taken = each.framework, each.taken
    severity = _weight(env, each)
    mine = {use.file.family: own(env, framework, use.file.family) for use in taken}
    evidence = [
        Evidence(_WAYS.get(use.way or "", text("it is found there first")), use.file.path or "")
        for use in taken[:_SHOWN]
    ]
    evidence += [
        Evidence(text("the framework's own is {library}", library=told(file)), file.path or "")
        for file in tuple(mine.values())[:_SHOWN]
        if file is not None
    ]
    evidence += [Evidence(_says(pair), pair.first.path or "") for pair in each.pairs]
    names = tuple(told(use.file) for use in taken)
    consequence: Text | None
    if each.pairs:
        consequence = _ends(each.pairs[0], framework)
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


def _weight(env: Environment, each: _Taken) -> Severity:
    if each.pairs or any(_other_major(env, each.framework, use) for use in each.taken):
        return Severity.ERROR
    for use in each.taken:
        mine = own(env, each.framework, use.file.family)
        known = release(mine.version if mine is not None else _pinned(env, each.framework, use.file.family))
        if not use.file.version or (known and release(use.file.version)[:2] < known[:2]):
            return Severity.WARNING
    return Severity.INFO


def _pinned(env: Environment, framework: Framework, family: str) -> str | None:
    return (pin(env, framework, family) or "").partition("==")[2] or None


def _other_major(env: Environment, framework: Framework, use: Use) -> bool:
    wanted, has = major(framework.declared), major_of(env, use.file)
    return use.file.path is not None and None not in (wanted, has) and wanted != has


def _put_back(env: Environment, framework: Framework, taken: tuple[Use, ...]) -> tuple[Fix, ...]:
    """The framework's own libraries, in the versions it asks for."""
    pins = tuple(dict.fromkeys(filter(None, (pin(env, framework, use.file.family) for use in taken))))
    if pins:
        return cuda_fixes.wheels(env, *pins)
    return cuda_fixes.complete(env, framework) if framework.origin == "pip" else ()


def _says(pair: Pair) -> Text:
    if pair.kind == NEWER_NVJITLINK and pair.second is not None:
        return text(
            "nvJitLink is {version}, and cuSPARSE {other} needs {least} or later",
            version=pair.first.version or "?",
            other=pair.second.version or "?",
            least=pair.least,
        )
    if pair.kind == ONE_CUDNN:
        return text("this part of cuDNN is {version}, and libcudnn {other}", version=pair.first.version or "?", other=pair.least)  # fmt: skip
    return text("cuDNN is {version}, and torch was compiled against {least}", version=pair.first.version or "?", least=pair.least)  # fmt: skip


def _ends(pair: Pair, framework: Framework) -> Text:
    if pair.kind == NEWER_NVJITLINK:
        return text(
            "importing {name} ends in: undefined symbol: __nvJitLink…_{number}",
            name=framework.name,
            number=pair.least.replace(".", "_"),
        )
    if pair.kind == OLDER_CUDNN:
        return text("what uses cuDNN ends in: cuDNN version incompatibility")
    return text("what uses cuDNN fails or crashes: its parts must be of one version")


@rule("cuda-coexists", code=411, severity=Severity.INFO, needs=("cuda",))
def cuda_coexists(env: Environment) -> Iterator[Found]:
    """CUDA libraries of conda and of pip are in one environment.

    conda's packages brought CUDA libraries into `lib`, and pip's wheels brought some into site-packages. Each framework
    finds those that it was built for, as far as files and the kernel's memory tell.

    Why it matters: nothing is wrong with that. A search path that is set later (LD_LIBRARY_PATH) or a library that is taken
    off can change who gets which.

    How to repair: nothing. Who wants one CUDA only takes the framework and its libraries from one side.

    Not reported: where a framework gets libraries that do not suit it (EG410, EG412); the same file under several names,
    as `libcudart.so` is a link to `libcudart.so.12`; copies that a wheel keeps for itself under a name with a hash.
    """
    if env.cuda is None or not using(env):
        return
    sides = {
        side: tuple(each for each in env.cuda.installed if each.origin == side and not tables.is_driver(each.family))
        for side in ("conda", "pip")
    }
    families = {each.family for each in sides["conda"]} & {each.family for each in sides["pip"]}
    if (
        not families
        or any(True for _ in _mismatched(env))
        or any(_weight(env, each) is not Severity.INFO for each in _shadowed(env))
    ):
        return
    owners = {
        side: tuple(dict.fromkeys(_owner(env, each) for each in files if each.family in families))
        for side, files in sides.items()
    }
    yield Found(
        subject=env.name,
        message=text(
            "CUDA libraries of conda's ({conda}) and of pip's ({pip}) are both here, and each framework gets its own",
            conda=owners["conda"][:_SHOWN],
            pip=owners["pip"][:_SHOWN],
        )
        if all(each.resolved is not None for each in using(env))
        else text(
            "CUDA libraries of conda's ({conda}) and of pip's ({pip}) are both here",
            conda=owners["conda"][:_SHOWN],
            pip=owners["pip"][:_SHOWN],
        ),
        evidence=tuple(
            Evidence(text("{library} belongs to {owner}", library=told(each), owner=_owner(env, each)), each.path or each.name)
            for side in ("conda", "pip")
            for each in [one for one in sides[side] if one.family in families][:3]
        ),
    )  # fmt: skip


def _owner(env: Environment, file: CudaFile) -> str:
    package, dist = env.by_record.get(file.owner or ""), env.by_path.get(file.owner or "")
    if package is not None:
        return f"{package.name} {package.version}"
    return f"{dist.name} {dist.version or '?'}" if dist is not None else file.owner or "?"


@rule("cuda-library-mismatch", code=412, severity=Severity.ERROR, needs=("cuda",))
def cuda_library_mismatch(env: Environment) -> Iterator[Found]:
    """A framework gets a CUDA library that does not suit it.

    The library that the loader finds, or that the kernel has in memory, is of another major version of CUDA than the one
    the framework was built for; or two libraries that must fit do not: nvJitLink is older than cuSPARSE needs, parts of
    cuDNN are of two versions, or cuDNN is older than the one torch was compiled against.

    Why it matters: an import fails with "undefined symbol"; or nothing is said at all and functions of another CUDA are
    called, since some libraries have the same name in two major versions (`libcusparse.so.12` is that of CUDA 12 and of
    CUDA 13).

    How to repair: take the package that brought the wrong one off, or bring it to the version that suits.

    Not reported: another minor version; libraries that LD_LIBRARY_PATH leads to (EG410); several copies of the CUDA
    runtime of one major version.
    """
    for framework, message, evidence, consequence, ways in _mismatched(env):
        yield Found(subject=framework.name, message=message, evidence=evidence, consequence=consequence, fixes=ways)


_Mismatch = tuple["Framework", "Text", tuple[Evidence, ...], "Text", tuple[Fix, ...]]


def _mismatched(env: Environment) -> Iterator[_Mismatch]:
    elsewhere: set[str | None] = {use.file.path for each in _shadowed(env) for use in each.taken}
    for framework in using(env):
        used = uses(env, framework)
        told_of: set[str] = set()
        for use in used or ():
            if use.file.path in elsewhere or not _other_major(env, framework, use):
                continue
            told_of.add(use.file.family)
            elsewhere.add(use.file.path)
            yield _of_other_major(env, framework, use)
        for pair in broken(env, framework, (*(use.file for use in used or ()), *_parts(env))):
            if {pair.first.path, pair.second.path if pair.second else None} & elsewhere:
                continue
            elsewhere.add(pair.first.path)
            ways = _pair_fixes(env, framework, pair)
            evidence = [
                Evidence(_says(pair), each.path or "") for each in (pair.first, pair.second) if each is not None
            ]
            yield framework, text("{framework} would get {first}, which does not suit: {reason}", framework=title(framework), first=told(pair.first), reason=_reason(pair)), tuple(evidence), _ends(pair, framework), ways  # fmt: skip
        if framework.origin == "conda":
            for package, has in _conda_strangers(env, framework, used):
                if not told_of:
                    yield _by_record(env, framework, package, has)


def _reason(pair: Pair) -> str:
    if pair.kind == NEWER_NVJITLINK and pair.second is not None:
        return f"cusparse {pair.second.version} >= {pair.least}"
    return f"cudnn {pair.least}"


def _of_other_major(env: Environment, framework: Framework, use: Use) -> _Mismatch:
    file = use.file
    has = toolkit_of(file) or str(major_of(env, file))
    message = text(
        "{framework} was built for CUDA {declared}, and {name}, which it gets, is that of CUDA {has}",
        framework=title(framework),
        declared=framework.declared or "?",
        name=use.name,
        has=has,
    )
    evidence = [
        Evidence(text("is built for CUDA {cuda}", cuda=framework.declared or "?"), framework.source),
        Evidence(text("{library} belongs to {owner}", library=told(file), owner=_owner(env, file)), file.path or ""),
    ]
    if use.way in _WAYS:
        evidence.append(Evidence(_WAYS[use.way], file.path or ""))
    consequence = text("functions of another CUDA are called; nothing may be said of it")
    return framework, message, tuple(evidence), consequence, _exchange(env, framework, file)


def _exchange(env: Environment, framework: Framework, file: CudaFile) -> tuple[Fix, ...]:
    """The package of the wrong library goes, and what the framework asks for comes."""
    dist = env.by_path.get(file.owner or "")
    package = env.by_record.get(file.owner or "")
    if not fixes.may_write(env):
        return fixes.own_environment(env)
    if dist is not None and dist.owner is None:
        others = tuple(
            each.name
            for each in env.pip_owned
            if each.name != framework.name and any(_asks(line, dist.name) for line in each.requires)
        )
        if others:
            step = steps.create(env, "pip")
            return (fixes.with_tool(env, text("Keep {name} and {others} in environments of their own", name=framework.name, others=others), (step,), restart=False),)  # fmt: skip
        itself = env.by_path.get(framework.distribution or "")
        wanted = steps.pinned(itself) if itself is not None and itself.owner is None else None
        back = pin(env, framework, file.family) or wanted
        title_ = text(
            "Take {name} off, and install what {framework} asks for", name=dist.name, framework=framework.name
        )
        installing = (steps.pip_install(env, back),) if back else ()
        return (fixes.by_pip(env, title_, (steps.uninstall(env, dist.name), *installing)),)
    if package is not None and framework.origin == "pip":
        pins = pin(env, framework, file.family)
        return cuda_fixes.wheels(env, pins) if pins else cuda_fixes.complete(env, framework)
    return _conda_pin(env, framework, package) if package is not None else ()  # fmt: skip


def _asks(line: str, name: str) -> bool:
    return normalise(line).startswith(name) and "extra" not in line


def _pair_fixes(env: Environment, framework: Framework, pair: Pair) -> tuple[Fix, ...]:
    """The lesser half of a pair, in a version that suits the other."""
    dist, package = env.by_path.get(pair.first.owner or ""), env.by_record.get(pair.first.owner or "")
    if not fixes.may_write(env):
        return fixes.own_environment(env)
    wanted = pin(env, framework, pair.first.family)
    if dist is not None and dist.owner is None:
        if wanted is None and pair.kind == NEWER_NVJITLINK:
            wanted = f"{dist.name}>={pair.least}"
        return cuda_fixes.wheels(env, wanted or f"{dist.name}=={pair.least}")
    if package is not None and env.manager != "pixi":
        specs = (f"{package.name}>={pair.least}",)
        return fixes.install_with_conda(env, specs)
    return ()


def _conda_strangers(
    env: Environment, framework: Framework, used: tuple[Use, ...] | None
) -> Iterator[tuple[CondaPackage, str]]:
    """Conda's packages of single libraries that are of a later CUDA than conda's framework, which would take its own there.

    Of each name conda has but one in a prefix; a cudatoolkit brings all libraries under its own versions, though.
    """
    wanted = major(framework.declared)
    if wanted is None or "cudatoolkit" in env.by_name:
        return
    found = {use.file.family for use in used or () if use.file.path is not None}
    for family in ("cusparse", "cusolver", "cublas", "cufft"):
        package = env.by_name.get(tables.conda_package(family, 12) or "")
        if package is None or (used is not None and family in found):
            continue
        beyond = next_major(family, wanted)
        if beyond is not None and release(package.version) >= release(beyond):
            yield package, family


def _by_record(env: Environment, framework: Framework, package: CondaPackage, family: str) -> _Mismatch:
    message = text(
        "{framework} was built for CUDA {declared}, and conda's {name} {version} is that of CUDA {has}",
        framework=title(framework),
        declared=framework.declared or "?",
        name=package.name,
        version=package.version,
        has=toolkit(family, package.version) or "?",
    )
    evidence = (
        Evidence(text("is built for CUDA {cuda}", cuda=framework.declared or "?"), framework.source),
        Evidence(text("is version {version}", version=package.version), package.record),
    )
    consequence = text("importing {name} may end in: undefined symbol", name=framework.name)
    return framework, message, evidence, consequence, _conda_pin(env, framework, package)


def _conda_pin(env: Environment, framework: Framework, package: CondaPackage) -> tuple[Fix, ...]:
    """Conda's library out of the release of CUDA that the framework was built for."""
    if not fixes.may_write(env):
        return fixes.own_environment(env)
    family = package.name.removeprefix("lib").removeprefix("cuda-")
    wanted = major(framework.declared)
    beyond = next_major(family, wanted) if wanted is not None else None
    if env.manager == "pixi" or beyond is None:
        return ()
    label: tuple[str, ...] = ()
    if "nvidia" in (package.channel or "") and len(release(framework.declared)) == 2:
        # NVIDIA's channel keeps each toolkit under a label of its own
        label = ("--channel", f"nvidia/label/cuda-{framework.declared}.0")
    title_ = text("Let conda install {name} of CUDA {cuda}", name=package.name, cuda=framework.declared or "?")
    return (fixes.with_tool(env, title_, (steps.conda_install(env, *label, f"{package.name}<{beyond}"),)),)


@rule("cudatoolkit-not-linked", code=414, severity=Severity.INFO, needs=("cuda",))
def cudatoolkit_not_linked(env: Environment) -> Iterator[Found]:
    """PyTorch does not use the CUDA toolkit that conda installed.

    conda has a record of a toolkit: cudatoolkit, pytorch-cuda, cuda-version or the like. The torch that is there takes its
    CUDA libraries from elsewhere, as pip's torch does: its wheels bring all of it.

    Why it matters: the version that `conda list` shows is not the one that torch computes with. Installing another toolkit
    changes nothing for torch.

    How to repair: nothing. Ask torch.version.cuda for the version; take the toolkit off if nothing else needs it.

    Not reported: a torch without CUDA (EG400); a toolkit that some framework here uses.
    """
    for torch in using(env):
        if torch.name != "torch":
            continue
        used = [use for use in uses(env, torch) or () if use.file.path is not None]
        if not used or any(use.file.origin == "conda" for use in used) or _used_elsewhere(env):
            continue
        toolkits = tuple(each for each in (env.cuda.asked if env.cuda is not None else ()) if each.name in _TOOLKITS)
        if not toolkits:
            continue
        main = next((use.file for use in used if use.file.family == "cudart"), used[0].file)
        names = tuple(f"{each.name} {each.version}" if each.version else each.name for each in toolkits)
        message = text(
            "conda's {names} is installed, and {torch} takes CUDA {cuda} from {owner}",
            names=names,
            torch=title(torch),
            cuda=torch.declared or main.version or "?",
            owner=_owner(env, main) if main.owner else main.path or "?",
        )
        evidence = [
            Evidence(text("{name} is installed", name=name), each.source)
            for name, each in zip(names, toolkits, strict=True)
        ]
        live = any(each.path == main.path for each in in_memory(env))
        evidence.append(
            Evidence(text("is loaded in the kernel") if live else text("torch would load this one"), main.path or "")
        )
        yield Found(subject="torch", message=message, evidence=tuple(evidence))


def _used_elsewhere(env: Environment) -> bool:
    """Whether any framework takes something of conda's."""
    return any(use.file.origin == "conda" for each in using(env) for use in uses(env, each) or ())


RULES: tuple[Rule, ...] = (cuda_shadowed_by_path, cuda_coexists, cuda_library_mismatch, cudatoolkit_not_linked)
