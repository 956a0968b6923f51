"""Rules about CUDA of conda's that lies beside the one in use: information only."""

from __future__ import annotations

from typing import TYPE_CHECKING

from envguard.model import Evidence, Severity, text
from envguard.rules.cuda_libraries import mismatched
from envguard.rules.cuda_paths import shadowed, weight
from envguard.rules.cuda_use import in_memory, owner, title, told, uses, using
from envguard.rules.rule import Found, Rule, rule
from envguard.tables import cuda as tables

if TYPE_CHECKING:
    from collections.abc import Iterator

    from envguard.facts import Environment

_SHOWN = 6
_TOOLKITS = ("cudatoolkit", "pytorch-cuda", "cuda-version", "cuda-toolkit", "cuda-runtime")


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
        or any(True for _ in mismatched(env))
        or any(weight(env, each) is not Severity.INFO for each in shadowed(env))
    ):
        return
    owners = {
        side: tuple(dict.fromkeys(owner(env, each) for each in files if each.family in families))
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
            Evidence(text("{library} belongs to {owner}", library=told(each), owner=owner(env, each)), each.path or each.name)
            for side in ("conda", "pip")
            for each in [one for one in sides[side] if one.family in families][:3]
        ),
    )  # fmt: skip


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
            owner=owner(env, main) if main.owner else main.path or "?",
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


RULES: tuple[Rule, ...] = (cuda_coexists, cudatoolkit_not_linked)
