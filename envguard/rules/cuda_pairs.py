"""Libraries of CUDA that must fit each other, and what is said of those that do not."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, NamedTuple

from envguard.model import text
from envguard.rules.cuda_use import major, pin, toolkit_of
from envguard.rules.releases import release
from envguard.tables import cuda as tables

if TYPE_CHECKING:
    from collections.abc import Iterable

    from envguard.cuda import CudaFile, Framework
    from envguard.facts import Environment
    from envguard.model import Text

NEWER_NVJITLINK, ONE_CUDNN, OLDER_CUDNN = "nvjitlink", "cudnn", "cudnn-compiled"


class Pair(NamedTuple):
    """Two libraries that do not work together."""

    kind: str
    first: CudaFile
    second: CudaFile | None
    least: str
    """The version that the first one would have to be."""


def broken(env: Environment, framework: Framework, files: Iterable[CudaFile]) -> tuple[Pair, ...]:
    """The known pairs among the libraries of a framework that do not work together."""
    there = [each for each in files if each.path is not None and each.version]
    found = [*_nvjitlink(there), *_one_cudnn(there)]
    compiled = _compiled(env, framework)
    main = next((each for each in there if each.family == "cudnn"), None)
    if compiled and main is not None:
        needs, has = release(compiled)[:2], release(main.version)[:2]
        if len(has) == 2 and (has[0] != needs[0] or has[1] < needs[1]):
            found.append(Pair(OLDER_CUDNN, main, None, compiled))
    return tuple(found)


def _nvjitlink(files: Iterable[CudaFile]) -> list[Pair]:
    """CuSPARSE asks for symbols of nvJitLink that carry the number of its own CUDA."""
    files = list(files)
    return [
        Pair(NEWER_NVJITLINK, linker, sparse, needs)
        for sparse in files
        if sparse.family == "cusparse" and (needs := toolkit_of(sparse)) is not None
        for linker in files
        if linker.family == "nvjitlink" and major(linker.version) == major(needs)
        if len(release(linker.version)) > 1 and release(linker.version)[:2] < release(needs)[:2]
    ]


def _one_cudnn(files: Iterable[CudaFile]) -> list[Pair]:
    """The parts of cuDNN are made for each other."""
    parts = [each for each in files if each.family.startswith("cudnn")]
    main = next((each for each in parts if each.family == "cudnn"), parts[0] if parts else None)
    found: list[Pair] = []
    for each in parts:
        if main is None or each is main or each.owner == main.owner is not None:
            continue
        numbers = [release(file.version)[:3] for file in (main, each)]
        length = min(map(len, numbers))
        # parts of another major version have other names, and so may be there for somebody else
        if length > 1 and numbers[0][0] == numbers[1][0] and numbers[0][:length] != numbers[1][:length]:
            found.append(Pair(ONE_CUDNN, each, main, main.version or "?"))
    return found[:1]


def _compiled(env: Environment, framework: Framework) -> str | None:
    """The cuDNN that torch was compiled against."""
    if framework.name != "torch":
        return None
    told = tables.build(framework.build) if framework.build else None
    if told is not None:
        return told.cudnn
    asked = pin(env, framework, "cudnn")
    match = re.search(r"==([\d.]+)", asked or "")
    if match is not None:
        return match[1]
    by_pip = framework.origin == "pip" and framework.version and framework.declared
    return tables.cudnn(framework.version or "", framework.declared or "") if by_pip else None


def says(pair: Pair) -> Text:
    """Which two versions do not fit."""
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


def ends(pair: Pair, framework: Framework) -> Text:
    """What comes of it."""
    if pair.kind == NEWER_NVJITLINK:
        return text(
            "importing {name} ends in: undefined symbol: __nvJitLink…_{number}",
            name=framework.name,
            number=pair.least.replace(".", "_"),
        )
    if pair.kind == OLDER_CUDNN:
        return text("what uses cuDNN ends in: cuDNN version incompatibility")
    return text("what uses cuDNN fails or crashes: its parts must be of one version")


def reason(pair: Pair) -> str:
    """The versions that would fit, in a few signs."""
    if pair.kind == NEWER_NVJITLINK and pair.second is not None:
        return f"cusparse {pair.second.version} >= {pair.least}"
    return f"cudnn {pair.least}"
