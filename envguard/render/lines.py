"""Paragraphs for a terminal, before anything is wrapped or coloured, and the parts that are alike in whatever is told.

Both ways of writing paragraphs, with rich and without, read this; so they cannot tell different things.
"""

from __future__ import annotations

import enum
from typing import TYPE_CHECKING

from envguard.model import Where
from envguard.render import outline, words
from envguard.render.commands import places
from envguard.render.language import clean, given, labelled, say
from envguard.render.made import made_by
from envguard.value import value

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from envguard.model import Evidence, Fix, Text
    from envguard.render.language import Translator
    from envguard.render.made import Made

PROSE = 100
"""Prose is not stretched beyond this many columns."""
EVIDENCE_SHOWN = 4
"""How many pieces of evidence a finding shows, unless details are asked for."""


class Wrap(enum.Enum):
    """How a paragraph meets the right edge."""

    PROSE = "prose"
    """at spaces, and never wider than one reads easily"""
    WIDE = "wide"
    """at spaces, as wide as the terminal: paths"""
    NEVER = "never"
    """not at all: a command must be copied whole"""
    RULE = "rule"
    """as prose, its only row filled up with a horizontal line"""


@value
class Span:
    """Some words in one style."""

    text: str
    style: str = ""


@value
class Line:
    """A paragraph; from its second line on it is indented by `hang` more."""

    spans: tuple[Span, ...] = ()
    indent: int = 0
    hang: int = 0
    wrap: Wrap = Wrap.PROSE


BLANK = Line()


def line(*parts: str | Span, indent: int = 0, hang: int = 0, wrap: Wrap = Wrap.PROSE) -> Line:
    """A Line of strings and spans."""
    return Line(tuple(part if isinstance(part, Span) else Span(part) for part in parts), indent, hang, wrap)


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


def evidence_lines(evidence: tuple[Evidence, ...], details: bool, language: Translator | None) -> Iterator[Line]:
    """What confirms something, without details the first few."""
    shown = evidence if details else evidence[:EVIDENCE_SHOWN]
    if shown:
        yield line(Span(say(words.EVIDENCE, language), "soft"), indent=2)
    for each in shown:
        yield line(f"- {say(each.says, language)}", indent=4, hang=2)
        yield line(Span(clean(each.source), "soft"), indent=6, wrap=Wrap.WIDE)
    if len(shown) < len(evidence):
        yield line(Span(say(given(words.AND_MORE, n=len(evidence) - len(shown)), language), "soft"), indent=4)


def fixes_lines(ways: tuple[Fix, ...], platform: str | None, language: Translator | None) -> Iterator[Line]:
    """The ways out, each with its commands; numbered if there are several."""
    for number, fix in enumerate(ways, 1):
        yield from fix_lines(fix, number if len(ways) > 1 else None, platform, language)


def fix_lines(fix: Fix, number: int | None, platform: str | None, language: Translator | None) -> Iterator[Line]:
    """A way out with its commands; `number` where there are several."""
    label = words.FIX if number is None else given(words.FIX_OF_SEVERAL, n=number)
    note = outline.cautions(fix, language) if fix.steps else ""
    yield line(
        Span(labelled(label, language), "soft"),
        say(fix.title, language),
        Span(f" · {note}" if note else "", "soft"),
        indent=2,
        hang=2,
    )
    yield from command_lines(fix, platform, language)


def command_lines(fix: Fix, platform: str | None, language: Translator | None) -> Iterator[Line]:
    """The commands of a way out, with the places where they are to be given unless all are for a terminal."""
    groups = places(fix, platform)
    for where, commands in groups:
        if len(groups) > 1 or where is not Where.TERMINAL:
            yield line(Span(say(words.PLACES[where], language), "soft"), indent=4)
        for command in commands:
            yield line(Span(command, "command"), indent=6, wrap=Wrap.NEVER)
