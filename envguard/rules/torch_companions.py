"""Rules about what was built for one torch and meets another: torchvision, torchaudio, and other extensions."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, NamedTuple

from envguard import versions
from envguard.model import Certainty, Evidence, Severity, text
from envguard.rules import cuda_fixes, fixes, steps
from envguard.rules.channel_names import FORGE, canonical
from envguard.rules.cuda_use import said_in
from envguard.rules.names import normalise, providers
from envguard.rules.overlaps import live
from envguard.rules.releases import at_least, below, release
from envguard.rules.rule import Found, Rule, rule
from envguard.tables import cuda as tables
from envguard.tables.torch_companions import NAMES, cuda_must_equal, torch_of

if TYPE_CHECKING:
    from collections.abc import Iterator

    from envguard.cuda import Framework
    from envguard.facts import Distribution, Environment
    from envguard.model import Fix, Text


class There(NamedTuple):
    """The copy of a package that an import meets."""

    name: str
    version: str
    source: str
    cuda: str | None
    cpu: bool | None
    told: str
    """Where it says which CUDA."""
    dist: Distribution | None
    outside: bool = False


@rule("torch-companion-mismatch", code=402, severity=Severity.ERROR, needs=("distributions",))
def torch_companion_mismatch(env: Environment) -> Iterator[Found]:
    """The torchvision or torchaudio here was built for another PyTorch.

    torchvision and torchaudio hold compiled code for one release of torch and one CUDA. Each says for which: in what it
    requires, in a table of the releases, and in its `version.py`. What an import meets first counts, which may be a copy
    outside of the environment.

    Why it matters: an import fails with "undefined symbol" or "operator torchvision::nms does not exist", or with
    "PyTorch and torchvision were compiled with different CUDA versions".

    How to repair: install the one that belongs to this torch, from the same place.

    Not reported: another minor version of CUDA where only the major one is compared (torchvision since 0.16); releases
    that work with several torches; what is newer than the table and names no torch. A torchvision without CUDA beside a
    torch with it is a warning, since only its own operators fail on a GPU.
    """
    torch = _there(env, "torch")
    if torch is None:
        return
    for name in NAMES:
        other = _there(env, name)
        if other is None:
            continue
        found = _other_torch(env, torch, other) or _other_cuda(env, torch, other)
        if found is not None:
            yield found


def _there(env: Environment, name: str) -> There | None:
    for each in sorted(env.elsewhere or (), key=lambda one: one.place if one.place is not None else 1 << 30):
        offered = any(offer.name == name and not offer.namespace for offer in each.offers)
        stranger = next((one for one in each.strangers if one.name == name and one.version), None)
        if each.place is not None and each.before and offered and stranger is not None:
            version = stranger.version or ""
            label = tables.label(version.partition("+")[2])
            return There(name, version, f"{each.path}/{stranger.folder}", label.cuda if label else None, label.cpu if label else None, stranger.folder, None, outside=True)  # fmt: skip
    framework = next(
        (each for each in (env.cuda.frameworks if env.cuda is not None else ()) if each.name == name), None
    )
    dists = sorted(
        (each for each in live(env) if each.name == name and each.version), key=lambda one: one.owner is not None
    )
    package = next((env.by_name[each] for each in providers(name) if each in env.by_name), None)
    if dists:
        dist = dists[0]
        version, source = dist.version or "", dist.path
    elif package is not None:
        dist, version, source = None, package.version, package.record
    else:
        return None
    if framework is not None:
        return There(name, version, source, framework.declared, framework.cpu, said_in(framework), dist)
    label = tables.label(version.partition("+")[2])
    return There(name, version, source, label.cuda if label else None, label.cpu if label else None, source, dist)


def _other_torch(env: Environment, torch: There, other: There) -> Found | None:
    """A companion that names another release of torch than the one that is there."""
    asked = _pinned(other.dist) if other.dist is not None else None
    wanted = asked or torch_of(other.name, other.version)
    if wanted is None or release(wanted)[:2] == release(torch.version)[:2] or len(release(wanted)) < 2:
        return None
    says = text("requires torch {version}", version=wanted) if asked else text("is a release for torch {version}", version=wanted)  # fmt: skip
    return Found(
        subject=other.name,
        message=text(
            "{name} {version} was built for torch {wanted}, and torch {torch} is there",
            name=other.name,
            version=other.version,
            wanted=wanted,
            torch=torch.version,
        ),
        evidence=(Evidence(says, other.source), Evidence(text("torch {version} is installed", version=torch.version), torch.source)),
        consequence=text("importing {name} fails, or its operators do not exist", name=other.name),
        fixes=_belonging(env, torch, other),
    )  # fmt: skip


def _other_cuda(env: Environment, torch: There, other: There) -> Found | None:
    """A companion for the same torch, and for another CUDA."""
    severity, consequence = Severity.ERROR, text("importing {name} ends in: compiled with different CUDA versions", name=other.name)  # fmt: skip
    if torch.cuda and other.cuda:
        ours, theirs = release(torch.cuda), release(other.cuda)
        whole = len(ours) > 1 < len(theirs) and cuda_must_equal(other.name, other.version)
        if ours[:1] == theirs[:1] and not (whole and ours[:2] != theirs[:2]):
            return None
    elif torch.cpu and other.cuda:
        consequence = text("its compiled part needs libraries that a torch without CUDA has not")
    elif torch.cuda and other.cpu and other.name == "torchvision":
        severity, consequence = Severity.WARNING, text("its operators cannot be run on a GPU")
    else:
        return None
    return Found(
        subject=other.name,
        message=text(
            "{name} {version} was built for {theirs}, and torch {torch} for {ours}",
            name=other.name,
            version=other.version,
            theirs=_cuda(other),
            torch=torch.version,
            ours=_cuda(torch),
        ),
        evidence=tuple(
            Evidence(text("{name} {version} is built for {cuda}", name=each.name, version=each.version, cuda=_cuda(each)), each.told)
            for each in (other, torch)
        ),
        consequence=consequence,
        fixes=_belonging(env, torch, other),
        severity=severity,
    )  # fmt: skip


def _cuda(there: There) -> str:
    return f"CUDA {there.cuda}" if there.cuda else "CPU"


def _pinned(dist: Distribution) -> str | None:
    """The one torch that a distribution asks for; None if it asks for several, or for none."""
    for line in dist.requires:
        match = re.match(r"torch\s*\(?\s*==\s*([\w.+]+?)(?:\.\*)?\s*\)?\s*(?:;|$)", line, re.IGNORECASE)
        if match is not None and "extra" not in line.partition(";")[2]:
            return match[1]
    return None


def _belonging(env: Environment, torch: There, other: There) -> tuple[Fix, ...]:
    """The companion that belongs to this torch, from where torch came."""
    if torch.outside or other.outside:
        return ()
    if not fixes.may_write(env):
        return fixes.own_environment(env)
    if torch.dist is None or torch.dist.owner is not None:
        if env.manager == "pixi":
            return ()
        off = (steps.uninstall(env, other.name),) if other.dist is not None and not other.dist.owner else ()
        title = text("Let conda install the {name} that belongs to its torch", name=other.name)
        return (fixes.with_tool(env, title, (*off, steps.conda_install(env, other.name)), pip=bool(off)),)
    off = () if other.dist is None else (steps.uninstall(env, other.name),)
    if other.dist is None or other.dist.owner is not None:
        off = (steps.conda_remove(env, other.name),)
    index = ("--index-url", cuda_fixes.index(torch.cuda)) if torch.cuda else ()
    back = steps.pip_install(env, *index, f"torch=={versions.public(torch.version)}", other.name)
    title = text("Install the {name} that belongs to torch {version}", name=other.name, version=torch.version)
    return (fixes.by_pip(env, title, (*off, back)),)


@rule("extension-abi", code=403, severity=Severity.WARNING, needs=("distributions",))
def extension_abi(env: Environment) -> Iterator[Found]:
    """An extension of PyTorch was built for another one.

    Packages such as flash-attn, xformers, pytorch3d and torch-scatter hold code that is compiled against one release of
    torch. The name of this one's wheel, or what it requires, says which: `+cu118torch2.0cxx11abiFALSE`, `+pt25cu124`,
    `torch==2.0.1`. Another torch is there.

    Why it matters: importing it usually ends in "undefined symbol" with a long name in it.

    How to repair: install the wheel that was made for this torch, or build the package against it.

    Not reported: extensions that do not say what they were built for; another minor version of the same CUDA;
    torchvision and torchaudio (EG402).
    """
    torch = _there(env, "torch")
    if torch is None or torch.outside:
        return
    framework = next(
        (each for each in (env.cuda.frameworks if env.cuda is not None else ()) if each.name == "torch"), None
    )
    compiled = {each.owner for each in env.compiled or ()}
    for dist in live(env):
        if dist.owner is not None or dist.name in (*NAMES, "torch") or dist.editable:
            continue
        for says, message in _misfits(env, torch, framework, dist, has_code=dist.path in compiled):
            yield Found(
                subject=dist.name,
                message=message,
                evidence=(
                    Evidence(says, dist.path),
                    Evidence(text("torch {version} is installed", version=torch.version), torch.source),
                ),
                consequence=text("importing {name} may end in: undefined symbol", name=dist.name),
                fixes=_built_again(env, dist),
                certainty=Certainty.LIKELY,
            )
            break


def _misfits(
    env: Environment, torch: There, framework: Framework | None, dist: Distribution, *, has_code: bool
) -> Iterator[tuple[Text, Text]]:
    """Each sign that an extension was made for another torch: what says so, and the sentence."""
    label = _label(dist)
    args = {"name": dist.name, "version": dist.version or "?", "torch": torch.version}
    says = text("the wheel is called {label}", label=label)
    match = re.search(r"(?:torch|pt)-?(\d+(?:\.\d+)*)", label)
    if match is not None:
        wanted = _release(match[1])
        if wanted is not None and wanted != release(torch.version)[:2]:
            yield says, _sentence(f"{wanted[0]}.{wanted[1]}", args)
    about_torch = match is not None or any(_names_torch(line) for line in dist.requires)
    told = tables.label(re.sub(r"(?:torch|pt)-?[\d.]+", ".", label).replace("cuda", "cu")) if about_torch else None
    if told is not None and told.cuda and torch.cuda and release(told.cuda)[0] != release(torch.cuda)[0]:
        yield says, text("{name} {version} was built for CUDA {cuda}, and torch {torch} for CUDA {other}", **args, cuda=told.cuda, other=torch.cuda)  # fmt: skip
    elif told is not None and told.cuda and torch.cpu:
        yield says, text("{name} {version} was built for CUDA {cuda}, and torch {torch} was built without", **args, cuda=told.cuda)  # fmt: skip
    abi = re.search(r"cxx11abi(true|false)", label)
    ours = _new_abi(env, torch, framework)
    if abi is not None and ours is not None and (abi[1] == "true") is not ours:
        yield says, text("{name} {version} was built with another C++ ABI than torch {torch}", **args)
    pinned = _pinned(dist) if has_code else None
    if pinned is not None and len(release(pinned)) > 1 and release(pinned)[:2] != release(torch.version)[:2]:
        yield text("requires torch {version}", version=pinned), _sentence(pinned, args)


def _sentence(wanted: str, args: dict[str, str]) -> Text:
    return text("{name} {version} was built for torch {wanted}, and torch {torch} is there", **args, wanted=wanted)


def _label(dist: Distribution) -> str:
    """The local part of a version, or else of the name of the wheel that it came as."""
    local = (dist.version or "").partition("+")[2]
    wheel = (dist.direct_url.url if dist.direct_url is not None else "").rpartition("/")[2].replace("%2B", "+")
    if not local and wheel.endswith(".whl"):
        local = wheel.partition("+")[2].partition("-")[0]
    return local.lower()


def _release(digits: str) -> tuple[int, int] | None:
    """2.5 of `2.5.1`, of `2.5` and of `25`; 1.13 of `113`."""
    numbers = release(digits)
    if len(numbers) > 1:
        return numbers[0], numbers[1]
    return (int(digits[0]), int(digits[1:])) if len(digits) > 1 else None


def _names_torch(line: str) -> bool:
    return normalise(re.split(r"[\s\[(<>=!~;]", line.strip(), maxsplit=1)[0]) == "torch"


def _new_abi(env: Environment, torch: There, framework: Framework | None) -> bool | None:
    """Whether torch was built with the newer C++ ABI: conda-forge always, wheels since 2.7, of 2.6 only some."""
    if framework is not None and framework.origin == "conda":
        package = env.by_record.get(framework.record or "")
        channel = canonical(package.channel, env.conda_config) if package is not None else None
        return True if channel == FORGE else None
    if torch.dist is None or torch.dist.owner is not None or not (env.platform or "linux").startswith("linux"):
        return None
    if at_least(torch.version, "2.7"):
        return True
    return False if below(torch.version, "2.6") else None


def _built_again(env: Environment, dist: Distribution) -> tuple[Fix, ...]:
    """The package built on this machine against the torch that is there."""
    if not fixes.may_write(env):
        return fixes.own_environment(env)
    name = f"{dist.name}=={versions.public(dist.version)}" if dist.version else dist.name
    options = ("--force-reinstall", "--no-deps", "--no-build-isolation", "--no-binary", dist.name)
    title = text("Build {requirement} against the torch that is here", requirement=name)
    return (fixes.by_pip(env, title, (steps.pip_install(env, *options, name),)),)


RULES: tuple[Rule, ...] = (torch_companion_mismatch, extension_abi)
