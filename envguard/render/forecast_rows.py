"""What would come, change and go, as the rows of a table; for the text and the HTML alike."""

from __future__ import annotations

import shlex
import sys
from typing import TYPE_CHECKING

from envguard.forecast_report import Outcome
from envguard.render import forecast_words as own
from envguard.render.language import LONGEST, clean, colon, comma, given, joined, labelled, say

if TYPE_CHECKING:
    from envguard.forecast_report import Alternative, Forecast, Foreseen
    from envguard.model import Text
    from envguard.render.language import Translator


def rows(told: Forecast, language: Translator | None) -> tuple[tuple[tuple[str, ...], ...], ...]:
    """What is replaced and removed, each with a cell for every column."""
    replaced = tuple(_row(each, own.VERSION_UNKNOWN, language) for each in told.replaces)
    return (*replaced, *(_row(each, own.GONE, language) for each in told.removes))


def new(told: Forecast, *, details: bool, language: Translator | None) -> str:
    """What would be new, in one sentence: what was asked for before its dependencies; empty if nothing is."""
    names = tuple(
        f"{each.name} {each.version}" if each.version else each.name
        for each in sorted(told.installs, key=lambda each: (not each.requested, each.name))
    )
    if not names:
        return ""
    listed = joined(names, language, sys.maxsize if details else LONGEST)
    return f"{labelled(own.COMES, language)}{listed}"


def _row(each: Foreseen, otherwise: Text, language: Translator | None) -> tuple[tuple[str, ...], ...]:
    nothing = say(own.ABSENT, language)
    owner = say(own.OWNERS[each.owner], language) if each.owner is not None else nothing
    return (
        (clean(each.name, 60),),
        (clean(each.was, 40) if each.was else nothing,),
        (clean(each.version, 40) if each.version else say(otherwise, language),),
        (owner,),
        (joined(each.dependants, language, longest=60) if each.dependants else nothing,),
    )


def counts(told: Forecast, language: Translator | None) -> str:
    """How many would come, change and go."""
    numbers = ((own.REPLACED, told.replaces), (own.REMOVED, told.removes), (own.NEW, told.installs))
    said = [say(given(words, n=len(each)), language) for words, each in numbers if each]
    nothing = own.NOT_KNOWN if told.outcome is Outcome.UNKNOWN else own.NOTHING
    return comma(language).join(said) or say(nothing, language)


def tried(way: Alternative, language: Translator | None) -> str:
    """What came of another way in its dry run."""
    if way.says is None:
        return say(own.TRIED[way.proven], language)
    said = say(way.says, language)
    return f"{say(own.TRIED[False], language)}{colon(language)}{said}" if way.proven is False else said


def name(told: Forecast, language: Translator | None) -> str:
    """What to call the environment that would change."""
    return say(own.NOWHERE, language) if told.environment is None else clean(told.environment.name)


def command(told: Forecast) -> str:
    """The command as one would type it."""
    return clean(shlex.join(told.command))
