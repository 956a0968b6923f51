"""The caches of package managers as paragraphs for a terminal."""

from __future__ import annotations

from typing import TYPE_CHECKING

from envguard.model import Text
from envguard.render.commands import command
from envguard.render.language import clean, given, say
from envguard.render.lines import BLANK, Span, Wrap, line
from envguard.render.text import written

if TYPE_CHECKING:
    from collections.abc import Iterator

    from envguard.export_report import Cache, Caches
    from envguard.render.language import Translator
    from envguard.render.lines import Line

_TITLE = Text("{tool}  {size}")
_FREE = Text("{free} of it would be freed; environments share the rest by hard links")
_ALL_FREE = Text("all of it would be freed")
_ARCHIVES = Text("{archives} are packages that are still packed, which nothing needs once they are unpacked")
_NONE = Text("no package cache was found for {prefix}")
_CLEAR = Text("clear it with")
_SIZES = ("B", "kB", "MB", "GB", "TB")


def caches(told: Caches, width: int = 80, color: bool = False, *, language: Translator | None = None) -> str:
    """Each cache with its size and the commands that clear it."""
    return written(lambda _room: tuple(_caches(told, language)), width, color=color)


def bytes_said(count: int) -> str:
    """A number of bytes as people say it."""
    size, unit = float(count), 0
    while size >= 1000 and unit < len(_SIZES) - 1:
        size, unit = size / 1000, unit + 1
    return f"{size:.0f} {_SIZES[unit]}" if unit == 0 or size >= 100 else f"{size:.1f} {_SIZES[unit]}"


def _caches(told: Caches, language: Translator | None) -> Iterator[Line]:
    if not told.caches:
        yield line(say(given(_NONE, prefix=told.prefix), language))
    for each in told.caches:
        yield from _cache(each, language)
        yield BLANK
    for note in told.notes:
        yield line(say(note, language), hang=2)


def _cache(each: Cache, language: Translator | None) -> Iterator[Line]:
    yield line(Span(say(given(_TITLE, tool=each.tool, size=bytes_said(each.size)), language), "strong"))
    yield line(Span(clean(each.path, None), "soft"), indent=2, wrap=Wrap.WIDE)
    free = _ALL_FREE if each.free >= each.size else given(_FREE, free=bytes_said(each.free))
    yield line(say(free, language), indent=2, hang=2)
    if each.archives:
        yield line(say(given(_ARCHIVES, archives=bytes_said(each.archives)), language), indent=2, hang=2)
    for note in each.notes:
        yield line(say(note, language), indent=2, hang=2)
    yield line(f"{say(_CLEAR, language)}:", indent=2)
    for step in each.clear:
        yield line(Span(command(step, None), "code"), indent=4, wrap=Wrap.WIDE)
