"""Rules about which torch is there: one without CUDA, or two of them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from envguard.model import Evidence, Fix, Severity, text
from envguard.rules import cuda_fixes, fixes, steps
from envguard.rules.cuda_use import said_in, using
from envguard.rules.names import normalise
from envguard.rules.overlaps import clashes_of, live
from envguard.rules.rule import Found, Rule, rule
from envguard.rules.twins import mapped
from envguard.tables import cuda as tables
from envguard.tables.torch_companions import NAMES as COMPANIONS

if TYPE_CHECKING:
    from collections.abc import Iterator

    from envguard.cuda import Asked, Framework
    from envguard.facts import CondaPackage, Distribution, Environment
    from envguard.model import Text

_TOOLKITS = ("cudatoolkit", "cuda-toolkit", "cuda-runtime", "pytorch-cuda", "cuda-version")
_OF_TORCH = ("pytorch", "libtorch", "pytorch-mutex")
_SHOWN = 6


@rule("torch-cpu-build", code=400, severity=Severity.WARNING, needs=("cuda",))
def torch_cpu_build(env: Environment) -> Iterator[Found]:
    """PyTorch was built without CUDA.

    There are builds of torch with CUDA and builds without. conda chooses one by itself: where it sees no driver, as on the
    login node of a cluster or while an image is built, it takes one without. pip takes what the index offers. The one here
    is without, which its own `version.py` or conda's build string says; the names of packages say nothing.

    Why it matters: torch.cuda.is_available() is False, whatever driver, GPU or toolkit there is, and moving anything to a
    GPU ends in "Torch not compiled with CUDA enabled". A cudatoolkit beside it changes nothing.

    How to repair: install another build of the same torch. Where the machine that installs has no driver, conda must be
    told what to count on: CONDA_OVERRIDE_CUDA.

    It is an error if CUDA was asked for and a GPU is there, a warning if one of the two is so, else information.

    Not reported: builds without CUDA that somebody chose (`cpuonly`, a version that ends in `+cpu`, a spec that names
    such a build), unless the driver tells of a GPU; macOS.
    """
    for torch in env.cuda.frameworks if env.cuda is not None else ():
        if torch.name == "torch" and torch.cpu and not (env.platform or "").startswith("osx"):
            yield from _without_cuda(env, torch)


def _without_cuda(env: Environment, torch: Framework) -> Iterator[Found]:
    asked = _asked(env)
    gpus = _gpus(env)
    if not asked and not gpus and _chosen(env, torch):
        return
    names = tuple(_spelled(each) for each in asked)
    severity = (Severity.INFO, Severity.WARNING, Severity.ERROR)[bool(asked) + bool(gpus)]
    package = env.by_record.get(torch.record or "") if torch.origin == "conda" else None
    evidence = []
    if package is None or "/" in torch.source:
        evidence.append(Evidence(text("says that it was built without CUDA"), said_in(torch)))
    if package is not None and torch.build:
        evidence.append(Evidence(text("the build is {build}", build=torch.build), package.record))
    evidence += [
        Evidence(text("{name} asks for CUDA", name=name), each.source) for each, name in zip(asked, names, strict=True)
    ]
    if gpus:
        evidence.append(Evidence(text("the driver tells of {gpus}", gpus=gpus), _driver(env)))
    yield Found(
        subject="torch",
        message=_message(torch, _unused(env, asked), names),
        evidence=tuple(evidence),
        consequence=text("torch.cuda.is_available() is False, although {gpus} is there", gpus=gpus)
        if gpus
        else text("torch.cuda.is_available() is False"),
        fixes=cuda_fixes.torch_build(env, torch),
        severity=severity,
    )


def _message(torch: Framework, unused: tuple[str, ...], asked: tuple[str, ...]) -> Text:
    version = torch.version or "?"
    if torch.origin == "conda" and torch.build:
        if unused:
            return text(
                "torch {version} was built without CUDA: conda chose {build}, while {asked} sits unused",
                version=version,
                build=torch.build,
                asked=unused,
            )
        if asked:
            return text(
                "torch {version} was built without CUDA: conda chose {build}, though {asked} asks for CUDA",
                version=version,
                build=torch.build,
                asked=asked,
            )
        return text("torch {version} was built without CUDA: conda chose {build}", version=version, build=torch.build)
    if unused:
        return text(
            "pip's torch {version} was built without CUDA, while {asked} sits unused", version=version, asked=unused
        )
    if asked:
        return text(
            "pip's torch {version} was built without CUDA, though {asked} asks for CUDA", version=version, asked=asked
        )
    return text("pip's torch {version} was built without CUDA", version=version)


def _asked(env: Environment) -> tuple[Asked, ...]:
    """What shows that somebody wanted CUDA: a toolkit that nothing else brought along, a build, the mutex, the variable."""
    found = []
    for each in env.cuda.asked if env.cuda is not None else ():
        build = each.build or ""
        if each.name in _TOOLKITS:
            package = env.by_record.get(each.source)
            wanted = package is None or bool(package.requested) or not _dependants(env, each.name)
        elif each.name == "CONDA_OVERRIDE_CUDA":
            wanted = bool(each.version)
        else:
            wanted = each.name in _OF_TORCH and ("cuda" in build or "gpu" in build)
        if wanted:
            found.append(each)
    return tuple(found)


def _dependants(env: Environment, name: str) -> tuple[CondaPackage, ...]:
    """Who brought a toolkit, other toolkits apart."""
    ours = (*_TOOLKITS, "pytorch-mutex")
    return tuple(package for _, package in env.depending.get(name, ()) if package.name not in ours)


def _unused(env: Environment, asked: tuple[Asked, ...]) -> tuple[str, ...]:
    """Toolkits that no framework here takes anything from."""
    if any(each.origin == "conda" for each in using(env)):
        return ()
    return tuple(
        _spelled(each)
        for each in asked
        if each.name in _TOOLKITS and each.name != "cuda-version" and not _dependants(env, each.name)
    )


def _spelled(asked: Asked) -> str:
    if asked.name == "CONDA_OVERRIDE_CUDA":
        return f"{asked.name}={asked.version}"
    build = asked.build if asked.name in _OF_TORCH else None
    return " ".join(filter(None, (asked.name, asked.version, build)))


def _gpus(env: Environment) -> tuple[str, ...] | Text:
    """The GPUs that the driver tells of."""
    if env.driver is None:
        return ()
    names = tuple(dict.fromkeys(gpu.name for gpu in env.driver.gpus))
    return names or (text("a GPU") if env.driver.devices else ())


def _driver(env: Environment) -> str:
    return (env.driver.library if env.driver is not None else None) or "libcuda.so.1"


def _chosen(env: Environment, torch: Framework) -> bool:
    """Whether somebody chose a build without CUDA."""
    if torch.origin == "pip":
        dist = env.by_path.get(torch.distribution or "")
        return dist is not None and (dist.version or "").endswith("+cpu")
    for each in env.cuda.asked if env.cuda is not None else ():
        if each.name == "cpuonly" or (each.name == "CONDA_OVERRIDE_CUDA" and not each.version):
            return True
        if each.name in ("pytorch", "libtorch") and "cpu" in (each.build or ""):
            return True
    return False


@rule("torch-from-two-sources", code=401, severity=Severity.WARNING, needs=("conda_packages", "distributions"))
def torch_from_two_sources(env: Environment) -> Iterator[Found]:
    """There are two PyTorch libraries, conda's and pip's.

    conda has a record of pytorch or of its library libtorch, and a torch that pip installed lies there as well. That
    happens where pip installs something that asks for torch, or where conda brings a package such as torchvision that
    depends on its own libtorch.

    Why it matters: `import torch` meets pip's. Packages that conda built against its libtorch load that one into the same
    process: crashes, "undefined symbol", or a torch without CUDA where pip's has it. It is an error if both are in memory,
    or if compiled packages of conda's depend on conda's; otherwise a warning.

    How to repair: take torch, torchvision and torchaudio from one side.

    Not reported: conda's pytorch with the dist-info that it brings itself; a dist-info of pip's whose files conda has put
    back since (EG102).
    """
    dist = next((each for each in live(env) if each.name == "torch" and each.owner is None and not each.editable), None)
    condas = tuple(env.by_name[name] for name in ("pytorch", "libtorch") if name in env.by_name)
    if dist is None or not condas:
        return
    users = tuple(
        package
        for name in ("pytorch", "libtorch")
        for _, package in env.depending.get(name, ())
        if package.noarch is None
        and package.name not in _ITSELF
        and package.provides
        and package.name not in env.replaced
    )
    users = tuple(dict.fromkeys(users))
    copies = tuple(path for path in mapped(env) if path.rpartition("/")[2].startswith("libtorch_cpu."))
    twice = len(copies) > 1
    builds = tuple(f"{each.name} {each.version} {each.build}" for each in condas)
    yield Found(
        subject="torch",
        message=text(
            "torch is here twice: conda's {packages} and pip's torch {version}",
            packages=builds,
            version=dist.version or "?",
        ),
        evidence=(
            *(Evidence(text("{name} {version} is installed", name=each.name, version=each.version), each.record) for each in condas),
            Evidence(text("conda does not own this dist-info"), dist.path),
            *(Evidence(text("{name} {version} was built against conda's torch", name=each.name, version=each.version), each.record) for each in users[:_SHOWN]),
            *(Evidence(text("is loaded in the kernel"), path) for path in copies),
        ),
        consequence=text("{names} may load conda's torch beside pip's into one process", names=tuple(each.name for each in users))
        if users
        else text("what is built against one of them may load the other"),
        fixes=_one_source(env, dist, condas, users),
        severity=Severity.ERROR if twice or users else Severity.WARNING,
    )  # fmt: skip


_ITSELF = frozenset(("pytorch", "libtorch", "pytorch-cpu", "pytorch-gpu"))


def _one_source(
    env: Environment, dist: Distribution, condas: tuple[CondaPackage, ...], users: tuple[CondaPackage, ...]
) -> tuple[Fix, ...]:
    """Conda's side alone, or pip's alone."""
    if not fixes.may_write(env):
        return fixes.own_environment(env)
    clash = next((each for each in clashes_of(env, dist) if each.overlap.differ), None)
    mine = tuple(name for name in COMPANIONS if any(not each.owner for each in env.dists_named.get(name, ())))
    off = steps.uninstall(env, "torch", *mine)
    whole = tuple(each for each in condas if each.name == "pytorch")
    if clash is not None:
        by_conda = fixes.give_back(env, clash)
    elif whole:
        title = text("Take pip's torch {version} off, and put conda's {packages} back", version=dist.version or "?", packages=tuple(each.name for each in condas))  # fmt: skip
        by_conda = (fixes.with_tool(env, title, (off, steps.restore(env, *condas)), pip=True),)
    elif env.manager != "pixi":
        title = text("Take pip's torch {version} off, and let conda install pytorch", version=dist.version or "?")
        specs = ("pytorch=*=*cuda*",) if _with_cuda(dist) else ("pytorch",)
        by_conda = (fixes.with_tool(env, title, (off, steps.conda_install(env, *specs)), pip=True),)
    else:
        by_conda = ()
    if whole or env.manager == "pixi":
        return by_conda
    # conda has no torch to import: it brought libtorch for others, and what the user imports is pip's
    others = tuple(each.name for each in users if each.name in COMPANIONS)
    title = text("Or take conda's {names} off, and let pip install what is needed of it", names=("libtorch", *others))
    away = tuple(steps.conda_remove(env, name) for name in (*others, "libtorch"))
    back = (steps.pip_install(env, *others),) if others else ()
    return (*by_conda, fixes.with_tool(env, title, (*away, *back), pip=True))


def _with_cuda(dist: Distribution) -> bool:
    label = tables.label((dist.version or "").partition("+")[2])
    if label is not None:
        return not label.cpu
    return any(normalise(line).startswith(("nvidia-", "cuda-")) for line in dist.requires)


RULES: tuple[Rule, ...] = (torch_cpu_build, torch_from_two_sources)
