"""The timeline for a terminal: two lanes, conda's and pip's, one below the other where the terminal is too narrow."""

from __future__ import annotations

from itertools import zip_longest
from typing import TYPE_CHECKING

from envguard.model import Mark
from envguard.render import events, words
from envguard.render.cells import cells, wrapped
from envguard.render.language import clean, given, say
from envguard.render.lines import BLANK, Line, Span, Wrap, footer, heading, line
from envguard.render.text import written
from envguard.value import value

if TYPE_CHECKING:
    from collections.abc import Iterator

    from envguard.model import Event, Phase, Text, Timeline
    from envguard.render.language import Translator

WIDEST = 120
"""Lanes are not stretched beyond this many columns together."""
TWO_LANES = 72
"""Below this many columns the lanes would be too narrow to read."""
_MARGIN, _DATE, _GAP = 2, 16, 2
_TIED = "\ue000"
"""What a no-break space is while rows are broken: no white space, and in no cleaned text."""
_COMMAND = 300
"""How many characters of a command are shown, unless details are asked for."""

Cell = list[tuple[str, str]]
"""Rows of one lane, each with its style."""


def timeline(
    told: Timeline, width: int = 80, color: bool = False, *, details: bool = False, language: Translator | None = None
) -> str:
    """The timeline as text of at most `width` columns."""
    return written(lambda room: tuple(_Teller(told, room, details, language).tell()), width, color=color)


@value
class _Teller:
    """The timeline with the choices that every part of the telling needs."""

    timeline: Timeline
    width: int
    details: bool
    language: Translator | None

    def tell(self) -> Iterator[Line]:
        yield from self.headline()
        yield BLANK
        if not self.timeline.events:
            yield line(self.say(words.NO_EVENTS), indent=_MARGIN)
        elif self.width >= TWO_LANES:
            yield from self.lanes()
        else:
            yield from self.one_lane()
        if self.timeline.notes:
            yield from heading(self.say(words.OPEN_ENDS))
            yield BLANK
            for note in self.timeline.notes:
                yield line(f"- {self.say(note)}", indent=_MARGIN, hang=2)
        yield from footer(self.timeline, self.language)

    def say(self, text: Text) -> str:
        return say(text, self.language)

    def headline(self) -> Iterator[Line]:
        timeline, environment = self.timeline, self.timeline.environment
        yield line(
            Span(phase_mark(timeline.phase, self.language), words.PHASE_STYLES[timeline.phase]),
            "  ",
            Span(clean(environment.name), "strong"),
            hang=2,
        )
        if timeline.violations:
            yield line(self.say(given(words.VIOLATIONS, n=len(timeline.violations))), indent=_MARGIN)
        yield line(Span(clean(environment.prefix), "soft"), indent=_MARGIN, wrap=Wrap.WIDE)

    def lanes(self) -> Iterator[Line]:
        lane = (min(self.width, WIDEST) - _MARGIN - _DATE - _GAP - 3) // 2
        yield _row(self.say(words.WHEN), (self.say(words.CONDA), "strong"), (self.say(words.PIP), "strong"), lane)
        rule = f"{'─' * (_DATE + _GAP + lane)}─┼─{'─' * lane}"
        yield line(Span(rule, "soft"), indent=_MARGIN, wrap=Wrap.NEVER)
        for number, event in enumerate(self.timeline.events):
            if event.mark is Mark.HANDOVER:
                yield from self.handover(_DATE + _GAP + lane + 3 + lane)
            elif number:
                yield _row("", ("", ""), ("", ""), lane)
            cell = self.cell(event, lane)
            left, right = (cell, []) if events.by_conda(event) else ([], cell)
            when = events.date(event, self.language)
            for one, other in zip_longest(left, right, fillvalue=("", "")):
                yield _row(when, one, other, lane)
                when = ""

    def one_lane(self) -> Iterator[Line]:
        for number, event in enumerate(self.timeline.events):
            if event.mark is Mark.HANDOVER:
                yield from self.handover(self.width - _MARGIN)
            elif number:
                yield BLANK
            by_conda = events.by_conda(event)
            indent = _MARGIN if by_conda else _MARGIN + 4
            actor = self.say(words.CONDA) if by_conda else clean(event.actor, 12)
            yield line(Span(events.date(event, self.language), "soft"), f"  {actor}", indent=indent)
            for row, style in self.cell(event, self.width - indent - 2):
                yield line(Span(row, style), indent=indent + 2, wrap=Wrap.NEVER)

    def handover(self, room: int) -> Iterator[Line]:
        """A double line across both lanes, with its words in the middle of it."""
        rows = list(wrapped(f"{words.MARK_SYMBOLS[Mark.HANDOVER]} {self.say(words.HANDOVER)}", room - 8))
        for row in rows:
            left = (room - cells(row) - 2) // 2
            bar = f"{'═' * left} {row} {'═' * (room - left - cells(row) - 2)}"
            yield line(Span(bar, "strong"), indent=_MARGIN, wrap=Wrap.NEVER)

    def cell(self, event: Event, room: int) -> Cell:
        """What stands in the lane: the mark, what was done, the command, and the packages."""
        shown = None if self.details else events.SHOWN
        mark, title = events.mark(event, self.language), events.title(event, self.language)
        parts: list[tuple[str, str, int]] = []
        if mark and event.mark:
            parts.append((mark, words.MARK_STYLES[event.mark], 2))
        if title:
            parts.append((title, "", 0))
        if event.command:
            command = clean(event.command, None if self.details else _COMMAND)
            parts.append((f"$ {command}", "command", 2))
        parts += [(said, "", 2) for said in events.changes(event, self.language, shown)]
        parts += [(said, style, 2) for said, style in events.outcome(event, self.language)]
        origin = events.origin(event, self.language, details=self.details)
        if origin:
            parts.append((origin, "soft", 2))
        return [row for said, style, hang in parts for row in _hanging(said, style, room, hang)]


def phase_mark(phase: Phase, language: Translator | None) -> str:
    """The phase as a symbol and in words."""
    return f"{words.PHASE_SYMBOLS[phase]} {say(words.PHASES[phase], language)}"


def _hanging(said: str, style: str, room: int, hang: int) -> Cell:
    """A paragraph of a lane, from its second row on indented."""
    said = said.replace(events.TIE, _TIED)
    first, *rest = wrapped(said, room)
    again = wrapped(said[len(first) :].lstrip(), room - hang) if rest else ()
    return [(row.replace(_TIED, " "), style) for row in (first, *(" " * hang + row for row in again))]


def _row(when: str, left: tuple[str, str], right: tuple[str, str], lane: int) -> Line:
    return line(
        Span(_fitted(when, _DATE), "soft"),
        " " * _GAP,
        Span(left[0], left[1]),
        " " * (lane - cells(left[0])),
        Span(" │ ", "soft"),
        Span(right[0], right[1]),
        indent=_MARGIN,
        wrap=Wrap.NEVER,
    )


def _fitted(said: str, room: int) -> str:
    """A string in so many columns: filled up, or cut."""
    while cells(said) > room:
        said = said[:-1]
    return said + " " * (room - cells(said))
