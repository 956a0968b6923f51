"""What stands in the cells of the table about CUDA, for the text and the HTML alike."""

from __future__ import annotations

from typing import TYPE_CHECKING

from envguard.render import cuda_words as words
from envguard.render.language import bracketed, clean, given, say

if TYPE_CHECKING:
    from envguard.cuda_report import CudaDriver, CudaGpu, CudaLibrary, CudaRow
    from envguard.render.language import Translator

_SHOWN = ("cudart", "cudnn")
"""The libraries that a cell names in any case: by them people speak of a version."""


def cells(row: CudaRow, language: Translator | None) -> tuple[tuple[str, ...], ...]:
    """The cells of a row, each in lines."""
    return (
        (framework(row),),
        tuple(map(clean, row.asked)) or (say(words.NOTHING, language),),
        (declared(row, language),),
        _loaded(row.resolved, row.origin, say(words.NOT_KNOWN, language), say(words.NOTHING, language), language),
        _loaded(row.mapped, row.origin, say(words.NOT_ASKED, language), say(words.NOT_LOADED, language), language),
        (origin(row.origin, language),),
    )


def framework(row: CudaRow) -> str:
    """Its name and version."""
    return " ".join(clean(part) for part in (row.framework, row.version) if part)


def declared(row: CudaRow, language: Translator | None) -> str:
    """The CUDA it was built for."""
    if row.declared:
        return clean(row.declared)
    return say(words.WITHOUT if row.cpu else words.NOT_KNOWN, language)


def origin(name: str, language: Translator | None) -> str:
    """Who brought something."""
    return say(words.ORIGINS[name], language) if name in words.ORIGINS else clean(name)


def _loaded(
    libraries: tuple[CudaLibrary, ...] | None,
    own: str,
    unknown: str,
    none: str,
    language: Translator | None,
) -> tuple[str, ...]:
    """The libraries that matter: by which a version is known, what is missing, and what somebody else brought."""
    if libraries is None:
        return (unknown,)
    if not libraries:
        return (none,)
    told = [each for each in libraries if each.family in _SHOWN or each.origin != own] or list(libraries[:1])
    lines = tuple(dict.fromkeys(_library(each, own, language) for each in told))
    rest = len(libraries) - len(told)
    return (*lines, say(given(words.MORE, n=rest), language)) if rest > 0 else lines


def _library(library: CudaLibrary, own: str, language: Translator | None) -> str:
    if library.path is None and library.origin == "none":
        return say(given(words.LOST, family=library.family), language)
    said = f"{clean(library.family)} {clean(library.version or '?')}"
    return said if library.origin == own else f"{said}{bracketed(origin(library.origin, language), language)}"


def library(each: CudaLibrary, language: Translator | None) -> tuple[str, str, str]:
    """A library in full: what it is, whose and how it is found, and where it lies."""
    way = [say(words.WAYS[each.way], language)] if each.way is not None and each.way in words.WAYS else []
    by = [say(given(words.NEEDED_BY, file=each.needed_by), language)] if each.needed_by else []
    owner = [clean(each.owner)] if each.owner else []
    head = f"{clean(each.name)} {clean(each.version or '')}".rstrip()
    return head, " · ".join((origin(each.origin, language), *owner, *way, *by)), clean(each.path or "")


def driver(told: CudaDriver | None, language: Translator | None) -> str:
    """The driver in a line."""
    if told is None:
        return say(words.DRIVER_NOT_ASKED, language)
    if told.failed is not None:
        return say(given(words.DRIVER_FAILED, reason=told.failed), language)
    if told.library is None:
        return say(given(words.NO_DRIVER, message=told.missing or "libcuda.so.1"), language)
    parts = (
        given(words.RELEASE, release=told.release) if told.release else None,
        given(words.RUNS, cuda=told.cuda) if told.cuda else None,
        given(words.MODULE, module=told.module) if told.module and told.module != told.release else None,
        given(words.ANSWERS, code=told.answer) if told.answer else None,
    )
    return " · ".join((*(say(each, language) for each in parts if each is not None), clean(told.library)))


def gpu(told: CudaGpu, language: Translator | None) -> str:
    """A GPU in a line."""
    parts = [clean(told.name)]
    if told.capability:
        parts.append(say(given(words.CAPABILITY, capability=told.capability), language))
    if told.unfit:
        parts.append(say(given(words.UNFIT, frameworks=told.unfit, n=len(told.unfit)), language))
    return " · ".join(parts)
