"""The parts that are alike in whatever is told, as paragraphs for a terminal: a heading, sentences below one, the last line."""

from __future__ import annotations

from typing import TYPE_CHECKING

from envguard.render.language import clean, say
from envguard.render.lines import BLANK, Span, Wrap, line
from envguard.render.made import made_by

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from envguard.model import Text
    from envguard.render.language import Translator
    from envguard.render.lines import Line
    from envguard.render.made import Made


def heading(title: str) -> Iterator[Line]:
    """What a part is about."""
    yield BLANK
    yield line(Span(f"── {title}", "heading"), wrap=Wrap.RULE)


def sentences(title: Text, said: Iterable[Text], language: Translator | None) -> Iterator[Line]:
    """A part of one sentence after the other; nothing if there is none."""
    every = tuple(said)
    if every:
        yield from heading(say(title, language))
        yield BLANK
        yield from (line("· ", say(each, language), indent=2, hang=2) for each in every)


def printed(title: Text, output: str, language: Translator | None) -> Iterator[Line]:
    """A part of what another program has printed; nothing if that is nothing."""
    if output:
        yield from heading(say(title, language))
        yield BLANK
        yield from (line(Span(clean(row), "soft"), indent=4, hang=2, wrap=Wrap.WIDE) for row in output.splitlines())


def footer(told: Made, language: Translator | None) -> Iterator[Line]:
    """Who made it, and when."""
    yield BLANK
    yield line(Span(say(made_by(told), language), "soft"))
