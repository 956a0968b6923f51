"""The parts that are alike in whatever is told, for a notebook and for a browser: the frame, a heading, sentences, ways out."""

from __future__ import annotations

import functools
from typing import TYPE_CHECKING

from envguard.model import Where
from envguard.render import outline, words
from envguard.render.commands import places
from envguard.render.element import element, write
from envguard.render.excerpt import listed
from envguard.render.language import clean, given, lang_of, say, spoken_tag
from envguard.render.made import made_by
from envguard.render.sentence import label, sentence

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from envguard.model import Evidence, Fix, Text
    from envguard.render.element import Element, Node
    from envguard.render.language import Translator
    from envguard.render.made import Made


def document(title: str, told: Element, lang: str | None) -> str:
    """A fragment as a document of its own; `lang` is that of its sentences, None for that of this process."""
    head = element(
        "head",
        element("meta", charset="utf-8"),
        element("meta", name="viewport", content="width=device-width, initial-scale=1"),
        element("meta", name="color-scheme", content="light dark"),
        element("title", title),
    )
    body = element("body", element("main", told), class_="envguard-page")
    return f"<!DOCTYPE html>\n{write(element('html', head, body, lang=lang or spoken_tag()))}\n"


@functools.cache
def style() -> str:
    """The style sheet that every fragment brings along."""
    import importlib.resources  # late: it brings zipfile and tempfile

    return importlib.resources.files("envguard.render").joinpath("report.css").read_text(encoding="utf-8")


def fragment(title: str, *parts: Element | None, language: Translator | None) -> Element:
    """Parts as one section that brings its own style; `title` is what it is called where it is only heard."""
    return element(
        "section",
        element("style", style()),
        *parts,
        class_="envguard-report",
        **lang_of(language),
        aria_label=title,
    )


def footer(told: Made, language: Translator | None) -> Element:
    """Who made it, and when."""
    return element("footer", say(made_by(told), language), class_="eg-soft")


def mark(symbol: str, word: Text, kind: str, language: Translator | None) -> Element:
    """A word with the symbol that repeats it."""
    hidden = element("span", symbol, aria_hidden="true", class_="eg-symbol")
    return element("strong", hidden, " ", say(word, language), class_=f"eg-mark eg-{kind}")


def heading(title: Text, language: Translator | None, level: int) -> Element:
    """What a part is about."""
    return element("div", say(title, language), role="heading", aria_level=str(level), class_="eg-title")


def so(consequence: Text, language: Translator | None) -> Element:
    """What follows from a finding."""
    return element("p", label(words.SO, language), sentence(consequence, language), class_="eg-so")


def fixes(ways: tuple[Fix, ...], platform: str | None, language: Translator | None) -> Iterator[Element]:
    """The ways out, each with its commands; numbered if there are several."""
    for number, fix in enumerate(ways, 1):
        yield from fix_parts(fix, number if len(ways) > 1 else None, platform, language)


def sentences(title: Text, said: Iterable[Text], language: Translator | None, level: int) -> Iterator[Element]:
    """A heading and one sentence after the other below it; nothing if there is none."""
    every = tuple(said)
    if every:
        yield heading(title, language, level)
        yield element("ul", *(element("li", sentence(each, language)) for each in every))


def folded_evidence(evidence: tuple[Evidence, ...], details: bool, language: Translator | None) -> Element:
    """What confirms something, to be unfolded."""
    items = (
        element("li", sentence(each.says, language), " ", element("code", clean(each.source), class_="eg-source"))
        for each in evidence
    )
    title = say(given(words.EVIDENCE_COUNT, n=len(evidence)), language)
    shown = listed(items, lambda more: element("li", say(more, language), class_="eg-soft"))
    folded = element("details", element("summary", title), element("ul", *shown), class_="eg-evidence")
    return folded.having("open", "") if details else folded


def fix_parts(fix: Fix, number: int | None, platform: str | None, language: Translator | None) -> Iterator[Element]:
    """A way out with its commands; `number` where there are several."""
    name = words.FIX if number is None else given(words.FIX_OF_SEVERAL, n=number)
    note = outline.cautions(fix, language) if fix.steps else ""
    yield element(
        "p",
        label(name, language),
        sentence(fix.title, language),
        element("span", f" · {note}", class_="eg-soft") if note else None,
        class_="eg-fix",
    )
    yield from fix_commands(fix, platform, language)


def fix_commands(fix: Fix, platform: str | None, language: Translator | None) -> Iterator[Element]:
    """The commands of a way out, with the places where they are to be given unless all are for a terminal."""
    groups = places(fix, platform)
    for where, commands in groups:
        if len(groups) > 1 or where is not Where.TERMINAL:
            yield element("p", sentence(words.PLACES[where], language), class_="eg-place eg-soft")
        for command in commands:
            yield element("pre", element("code", *unbroken(command)))


def unbroken(command: str) -> Iterator[Node]:
    """Words, each to be kept in one piece: a browser would break `--force-reinstall`, and a date, in two."""
    for number, word in enumerate(command.split(" ")):
        if number:
            yield " "
        yield element("span", word)
