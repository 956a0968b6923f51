"""The events of a timeline in words, for the text and the HTML alike; and the few that a report shows of them."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from envguard.model import Mark
from envguard.render import words
from envguard.render.language import bracketed, clauses, clean, colon, comma, given, say, semicolon
from envguard.value import value

if TYPE_CHECKING:
    from collections.abc import Iterable

    from envguard.model import Change, Event, Text
    from envguard.render.language import Translator

SHOWN = 8
"""How many packages of one kind an event names, unless details are asked for."""
BRIEF = 3
"""How many packages an event names in a report."""
COMPACT = 4
"""How many events a report shows."""

TIE = "\N{NO-BREAK SPACE}"
"""Stands between a name and its versions; a renderer that cannot keep them together writes a plain space."""


@value
class Gap:
    """Events that a report leaves out."""

    n: int


def date(event: Event, language: Translator | None) -> str:
    """When it was, to the minute."""
    return clean(event.when.replace("T", " ")[:16]) if event.when else say(words.NO_DATE, language)


def by_conda(event: Event) -> bool:
    """In which of the two lanes an event stands."""
    return event.actor == "conda"


def mark(event: Event, language: Translator | None) -> str | None:
    """What is remarkable, as a symbol and in words; the hand-over is told by a row of its own."""
    said = words.MARKS[event.mark] if event.mark else None
    return f"{words.MARK_SYMBOLS[event.mark]} {say(said, language)}" if event.mark and said else None


def title(event: Event, language: Translator | None) -> str | None:
    """What was done, where the list of packages does not say it."""
    action = words.ACTIONS.get(event.action)
    if action is not None:
        return say(action, language)
    if event.actor not in ("conda", "pip"):
        return say(given(words.BY_ACTOR, actor=event.actor), language)
    return None if event.changes else clean(event.action)


def origin(event: Event, language: Translator | None, *, details: bool = False) -> str | None:
    """Who did it, from which notebook; only its last part unless details are asked for."""
    said = []
    if event.notebook:
        name = event.notebook if details else re.split(r"[\\/]", event.notebook)[-1]
        said.append(given(words.IN_NOTEBOOK, notebook=name))
    if event.cell:
        said.append(given(words.IN_CELL, cell=event.cell))
    if event.user:
        said.append(given(words.BY_USER, user=event.user))
    return clauses((say(each, language) for each in said), language) or None


def outcome(event: Event, language: Translator | None) -> tuple[tuple[str, str], ...]:
    """What else the ledger knows of it, each with its style."""
    told: list[tuple[Text, str]] = []
    if event.deed == "found":
        told.append((words.FOUND_LATER, "soft"))
    if event.failed:
        told.append((words.COMMAND_FAILED, "warning"))
    if event.kept is False:
        told.append((words.NOT_FORECAST, "warning"))
    if event.undone:
        told.append((words.TAKEN_BACK, "soft"))
    elif event.undo and event.action != "undo":
        told.append((given(words.UNDO_POINT, command=f"envguard undo {event.undo}"), "strong"))
    return tuple((say(said, language), style) for said, style in told)


def changes(
    event: Event, language: Translator | None, shown: int | None = SHOWN, between: str | None = None
) -> tuple[str, ...]:
    """What became of packages: those changed, those removed, those added; each with as many names as are to be shown."""
    if not event.changes:
        return (_named(map(clean, event.packages), shown, language),) if event.packages else ()
    kinds: tuple[tuple[Text, Text, list[Change]], ...] = (
        (words.CHANGED, words.CHANGED_COUNT, [each for each in event.changes if each.before and each.after]),
        (words.REMOVED, words.REMOVED_COUNT, [each for each in event.changes if each.before and not each.after]),
        (words.ADDED, words.ADDED_COUNT, [each for each in event.changes if not each.before]),
    )
    told = []
    for few, many, those in kinds:
        if those:
            names = _named([_change(each) for each in those], shown, language)
            said = given(many if shown is not None and len(those) > shown else few, n=len(those))
            told.append(f"{say(said, language)}{colon(language) if between is None else between}{names}")
    return tuple(told)


def brief(event: Event, language: Translator | None) -> str:
    """An event in one line."""
    said = mark(event, language)
    action = words.ACTIONS.get(event.action)
    told = (*([said] if said else []), *([say(action, language)] if action else []))
    lists = changes(event, language, BRIEF, " ") if event.action != "create" else ()
    over = bracketed(say(words.HANDOVER_SHORT, language), language) if event.mark is Mark.HANDOVER else ""
    return colon(language).join((*told, *([semicolon(language).join(lists).replace(TIE, " ")] if lists else []))) + over


def eventful(events: tuple[Event, ...]) -> bool:
    """Whether anything but the making of the environment left a trace."""
    return sum(event.action != "nothing" for event in events) > 1


def compact(events: tuple[Event, ...]) -> tuple[Event | Gap, ...]:
    """The events that say most: the first, the hand-over, where conda came back, the last; what is left out is counted."""
    order = sorted(range(len(events)), key=lambda number: _weight(number, events))
    told: list[Event | Gap] = []
    left = 0
    for number in sorted(order[:COMPACT]):
        between = number - left
        if between:
            told.append(Gap(between))
        told.append(events[number])
        left = number + 1
    return (*told, Gap(len(events) - left)) if left < len(events) else tuple(told)


def _weight(number: int, events: tuple[Event, ...]) -> tuple[int, int]:
    event = events[number]
    if number == 0 or event.mark is Mark.HANDOVER:
        return 0, number
    if event.mark is Mark.VIOLATION:
        return 1, -number
    return (2, -number) if event.action != "nothing" else (3, -number)


def _change(change: Change) -> str:
    if change.before and change.after:
        return TIE.join((clean(change.name), clean(change.before), "→", clean(change.after)))
    return TIE.join(filter(None, (clean(change.name), clean(change.before or change.after or ""))))


def _named(names: Iterable[str], shown: int | None, language: Translator | None) -> str:
    every = tuple(names)
    told = comma(language).join(every[:shown])
    more = len(every) - len(every[:shown])
    return f"{told} {say(given(words.AND_MORE, n=more), language)}" if more else told
