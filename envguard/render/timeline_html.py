"""The timeline for a notebook and for a browser: a table of two lanes, one row for each event."""

from __future__ import annotations

from typing import TYPE_CHECKING

from envguard.model import Mark
from envguard.render import events, words
from envguard.render.element import element, write
from envguard.render.language import clean, given, say
from envguard.render.part_html import document, footer, fragment, mark, unbroken
from envguard.render.sentence import sentence
from envguard.value import value

if TYPE_CHECKING:
    from collections.abc import Iterator

    from envguard.model import Event, Text, Timeline
    from envguard.render.element import Element
    from envguard.render.language import Translator


def timeline_html(told: Timeline, *, details: bool = False, language: Translator | None = None) -> str:
    """The timeline as a fragment that brings its own style, for the output of a notebook cell."""
    return write(_Teller(told, details, language, level=2).tell())


def timeline_fold(told: Timeline, *, language: Translator | None = None) -> str:
    """The timeline behind one line, for below a report."""
    return write(_Teller(told, False, language, level=2).fold())


def timeline_page(
    told: Timeline, *, details: bool = False, language: Translator | None = None, lang: str | None = None
) -> str:
    """The timeline as a document of its own."""
    teller = _Teller(told, details, language, level=1)
    return document(f"{teller.title()} · envguard", teller.tell(), lang)


@value
class _Teller:
    """The timeline with what every part of the telling needs."""

    timeline: Timeline
    details: bool
    language: Translator | None
    level: int

    def say(self, text: Text) -> str:
        return say(text, self.language)

    def tell(self) -> Element:
        timeline = self.timeline
        return fragment(
            self.title(),
            self.headline(),
            self.table() if timeline.events else element("p", self.say(words.NO_EVENTS), class_="eg-message"),
            *self.notes(),
            footer(timeline, self.language),
            language=self.language,
        )

    def fold(self) -> Element:
        """The table alone: the report above says the rest."""
        timeline = self.timeline
        return fragment(
            self.title(),
            element(
                "details",
                element("summary", self.say(given(words.HISTORY, n=len(timeline.events)))),
                self.table() if timeline.events else element("p", self.say(words.NO_EVENTS), class_="eg-message"),
                *self.notes(),
            ),
            language=self.language,
        )

    def title(self) -> str:
        return self.say(given(words.TIMELINE_OF, name=self.timeline.environment.name))

    def headline(self) -> Element:
        timeline = self.timeline
        violations = given(words.VIOLATIONS, n=len(timeline.violations))
        return element(
            "header",
            element(
                "div",
                mark(
                    words.PHASE_SYMBOLS[timeline.phase],
                    words.PHASES[timeline.phase],
                    words.PHASE_STYLES[timeline.phase],
                    self.language,
                ),
                " ",
                element("span", clean(timeline.environment.name), class_="eg-name"),
                role="heading",
                aria_level=str(self.level),
                class_="eg-verdict",
            ),
            element("p", self.say(violations), class_="eg-meaning") if timeline.violations else None,
            element("p", element("code", clean(timeline.environment.prefix)), class_="eg-soft"),
            class_="eg-head",
        )

    def table(self) -> Element:
        titles = (words.WHEN, words.CONDA, words.PIP)
        head = element("tr", *(element("th", self.say(title), scope="col") for title in titles))
        return element(
            "table",
            element("thead", head),
            element("tbody", *(row for event in self.timeline.events for row in self.rows(event))),
            class_="eg-lanes",
        )

    def rows(self, event: Event) -> Iterator[Element]:
        if event.mark is Mark.HANDOVER:
            symbol = element("span", words.MARK_SYMBOLS[Mark.HANDOVER], aria_hidden="true")
            yield element("tr", element("td", symbol, " ", self.say(words.HANDOVER), colspan="3"), class_="eg-border")
        cell = element("td", *self.inside(event))
        lanes = (cell, element("td")) if events.by_conda(event) else (element("td"), cell)
        when = element("th", *unbroken(events.date(event, self.language)), scope="row")
        kind = f" eg-{event.mark.value}" if event.mark else " eg-undone" if event.undone else ""
        # so that the keys of a keyboard go from event to event; there is no script that could do more
        yield element("tr", when, *lanes, class_=f"eg-event{kind}", tabindex="0")

    def inside(self, event: Event) -> Iterator[Element]:
        said = words.MARKS[event.mark] if event.mark else None
        if event.mark and said:
            kind = words.MARK_STYLES[event.mark]
            yield element("p", mark(words.MARK_SYMBOLS[event.mark], said, kind, self.language))
        title = events.title(event, self.language)
        if title:
            yield element("p", title)
        if event.command:
            yield element("p", element("code", clean(event.command, None if self.details else 300)))
        for told in events.changes(event, self.language, None if self.details else events.SHOWN):
            yield element("p", told.replace(events.TIE, " "))
        for told, kind in events.outcome(event, self.language):
            yield element("p", element("span", told, class_=f"eg-{kind}"))
        origin = events.origin(event, self.language, details=self.details)
        if origin:
            yield element("p", origin, class_="eg-soft")

    def notes(self) -> Iterator[Element]:
        if not self.timeline.notes:
            return
        title = self.say(words.OPEN_ENDS)
        yield element(
            "section",
            element("div", title, role="heading", aria_level=str(self.level + 1), class_="eg-title"),
            element("ul", *(element("li", sentence(note, self.language)) for note in self.timeline.notes)),
            aria_label=title,
        )
