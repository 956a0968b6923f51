"""Ways out where CUDA is concerned, in the flavour that the environment uses: pip's wheels, or conda's builds."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from envguard import versions
from envguard.model import Fix, Safety, Step, text
from envguard.rules import fixes, steps
from envguard.rules.channel_names import canonical
from envguard.rules.releases import release
from envguard.tables import cuda as tables
from envguard.tables.torch_builds import BUILDS
from envguard.tables.torch_companions import NAMES as COMPANIONS

if TYPE_CHECKING:
    from envguard.cuda import Framework
    from envguard.facts import Environment

_INDEX = "https://download.pytorch.org/whl/"
_TOOLKITS = ("pytorch-cuda", "cuda-version", "cuda-toolkit", "cuda-runtime", "cudatoolkit", "CONDA_OVERRIDE_CUDA")
_CHANNELS = ("pytorch", "nvidia")
_CHANNEL_CUDA = ("12.4", "12.1", "11.8")
"""The CUDA of the last builds in the channel pytorch, 2.4 and 2.5."""


def asked_version(env: Environment) -> str | None:
    """The version of CUDA that conda was asked for."""
    asked = {each.name: each.version for each in (env.cuda.asked if env.cuda is not None else ())}
    found = next((found for name in _TOOLKITS if (found := asked.get(name))), None)
    return ".".join(map(str, release(found)[:2])) or None


def driver_version(env: Environment) -> str | None:
    """The newest CUDA that the driver runs; None where it was not asked, or there is none."""
    return tables.spoken(env.driver.version) if env.driver is not None and env.driver.version else None


def index(cuda: str) -> str:
    """PyTorch's own index of the builds for one CUDA."""
    return f"{_INDEX}cu{''.join(map(str, release(cuda)[:2]))}"


def fitting(env: Environment, torch: str | None) -> tuple[str, str] | None:
    """A release of torch and the CUDA of one of its builds that suit driver and GPUs; None if the tables know none.

    The release that is there comes first, then the newest that will do.
    """
    mine = ".".join(map(str, release(torch)[:2]))
    known = tables.torch_builds_of(torch or "")
    if known and (found := _suits(env, known)) is not None:
        return versions.public(torch or ""), found
    for other in sorted(BUILDS, key=release, reverse=True):
        found = _suits(env, BUILDS[other])
        if found is not None and other != mine and (driver_version(env) or _capabilities(env)):
            return f"{other}.*", found
    return None


def _suits(env: Environment, builds: tuple[str, ...]) -> str | None:
    """The newest of some builds that the driver and the GPUs can run, best one that is not newer than the driver."""
    able = [each for each in builds if all(_knows(each, gpu) for gpu in _capabilities(env))]
    driver = release(driver_version(env))
    if driver:
        able = sorted((each for each in able if release(each)[0] <= driver[0]), key=release)
        return next(reversed([each for each in able if release(each) <= driver]), able[0] if able else None)
    wanted = release(asked_version(env))
    return next((each for each in able if wanted and release(each)[0] == wanted[0]), able[0] if able else None)


def _capabilities(env: Environment) -> tuple[str, ...]:
    return tuple(gpu.capability for gpu in (env.driver.gpus if env.driver is not None else ()) if gpu.capability)


def _knows(cuda: str, capability: str) -> bool:
    """Whether a release of CUDA makes code for a GPU."""
    kind = tables.generation(capability)
    if kind is None:
        return True
    return release(kind.first) <= release(cuda) and (kind.last is None or release(cuda) <= release(kind.last))


def torch_build(env: Environment, torch: Framework) -> tuple[Fix, ...]:
    """Another build of torch, from where the one that is there came."""
    if not fixes.may_write(env):
        return fixes.own_environment(env)
    return torch_by_pip(env, torch) if torch.origin == "pip" else torch_by_conda(env, torch)


def torch_by_pip(env: Environment, torch: Framework) -> tuple[Fix, ...]:
    """A wheel of torch, and of its companions, for a CUDA that suits."""
    chosen = fitting(env, torch.version)
    if chosen is None:
        return ()
    version, cuda = chosen
    others = tuple(name for name in COMPANIONS if any(not dist.owner for dist in env.dists_named.get(name, ())))
    title = text("Install torch {version} built for CUDA {cuda}", version=version, cuda=cuda)
    off = steps.uninstall(env, "torch", *others)
    back = steps.pip_install(env, "--index-url", index(cuda), f"torch=={version}", *others)
    return (fixes.by_pip(env, title, (off, back)),)


def torch_by_conda(env: Environment, torch: Framework) -> tuple[Fix, ...]:
    """Conda's build of torch with CUDA, no newer than the driver runs."""
    if env.manager == "pixi":
        return ()
    package = env.by_record.get(torch.record or "")
    channel = canonical(package.channel, env.conda_config) if package is not None else None
    limit = driver_version(env)
    first = (steps.conda_remove(env, "cpuonly"),) if "cpuonly" in env.by_name else ()
    if channel == "pytorch":
        known = [each for each in _CHANNEL_CUDA if limit is None or release(each)[0] <= release(limit)[0]]
        asked = asked_version(env)
        cuda = next((each for each in known if asked and release(each)[0] == release(asked)[0]), None)
        specs = ("pytorch=*=*cuda*", *([f"pytorch-cuda={cuda or known[0]}"] if known else []))
        where = tuple(part for name in _CHANNELS for part in ("--channel", name))
    else:
        specs = ("pytorch=*=*cuda*", *([f"cuda-version<={limit}"] if limit and release(limit) >= (11,) else []))
        where = ()
    last = steps.conda_install(env, *where, *specs)
    asked = asked_version(env)
    if driver_version(env) is None and asked and env.layout == "unix":
        # where no driver is seen, conda takes builds without CUDA unless it is told
        last = Step(("env", f"CONDA_OVERRIDE_CUDA={asked}", *last.argv))
        title = text(
            "Let conda install a build of pytorch with CUDA, as if the driver for CUDA {cuda} were here", cuda=asked
        )
    else:
        title = text("Let conda install a build of pytorch with CUDA")
    return (fixes.with_tool(env, title, (*first, last)),)


def without_folders(env: Environment, folders: tuple[str, ...]) -> tuple[Fix, ...]:
    """The kernel without folders in LD_LIBRARY_PATH; nothing where that variable is not set."""
    value = env.process.environ.get("LD_LIBRARY_PATH", "") if env.process is not None else ""
    entries = [each for each in re.split("[:;]", value) if each]
    wrong = [each for each in entries if each.rstrip("/") in folders]
    # a folder may be named by a link, as /usr/local/cuda is
    wrong = wrong or [each for each in entries if re.search("cuda|cudnn|nvidia|nccl", each, re.IGNORECASE)] or entries
    if not wrong:
        return ()
    rest = ":".join(each for each in entries if each not in wrong)
    step = Step(("export", f"LD_LIBRARY_PATH={rest}") if rest else ("unset", "LD_LIBRARY_PATH"))
    title = text("Start the kernel without {folders} in LD_LIBRARY_PATH", folders=tuple(wrong))
    return (Fix(title, (step,), Safety.MANUAL, restart=True),)


def wheels(env: Environment, *requirements: str) -> tuple[Fix, ...]:
    """NVIDIA's wheels in the versions that a framework asks for, written anew whatever lies there."""
    if not fixes.may_write(env):
        return fixes.own_environment(env)
    step = steps.pip_install(env, "--force-reinstall", "--no-deps", *requirements)
    return (fixes.by_pip(env, text("Install {requirements} again", requirements=requirements), (step,)),)


def complete(env: Environment, framework: Framework) -> tuple[Fix, ...]:
    """What a framework's wheel asks for and is not there."""
    dist = env.by_path.get(framework.distribution or "")
    wanted = steps.pinned(dist) if dist is not None and dist.owner is None else None
    return fixes.install_requirements(env, (wanted,)) if wanted else ()
