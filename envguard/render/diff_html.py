"""Two environments side by side for a browser."""

from __future__ import annotations

from typing import TYPE_CHECKING

from envguard.render import outline, pairs, words
from envguard.render.element import element
from envguard.render.language import bracketed, clean, colon, comma, given, say
from envguard.render.part_html import document, footer, fragment
from envguard.render.sentence import sentence

if TYPE_CHECKING:
    from collections.abc import Iterator

    from envguard.comparison import Comparison, Difference
    from envguard.render.element import Element
    from envguard.render.language import Translator


def comparison_page(
    told: Comparison,
    *,
    details: bool = False,  # noqa: ARG001 - every renderer takes it, and a page has room for everything
    language: Translator | None = None,
    lang: str | None = None,
) -> str:
    """The comparison as a document of its own."""
    first, second = pairs.names(told)
    title = say(given(words.DIFFERENCES_OF, first=first, second=second), language)
    return document(
        f"{title} · envguard",
        fragment(
            title,
            element(
                "header",
                element("div", title, role="heading", aria_level="1", class_="eg-verdict"),
                element("p", element("strong", pairs.headline(told, language)), class_="eg-meaning"),
                *(_side(name, side.prefix) for name, side in ((first, told.first), (second, told.second))),
                class_="eg-head",
            ),
            *_parts(told, language),
            footer(told, language),
            language=language,
        ),
        lang,
    )


def _side(name: str, prefix: str) -> Element:
    return element("p", element("strong", name), " ", element("code", clean(prefix)), class_="eg-soft")


def _parts(told: Comparison, language: Translator | None) -> Iterator[Element]:
    if told.notes:
        yield element("ul", *(element("li", sentence(note, language)) for note in told.notes))
    if not told.differences:
        yield element("p", sentence(words.NO_DIFFERENCE, language), class_="eg-message")
    for text, differences in pairs.parts(told):
        if differences:
            yield _part(say(text, language), _table(told, differences, language))
    for name, differences in pairs.one_sided(told):
        if differences:
            title = f"{say(given(words.ONLY_IN, name=name), language)}{bracketed(str(len(differences)), language)}"
            yield _part(
                title,
                element(
                    "p", comma(language).join(pairs.alone(each, language) for each in differences), class_="eg-message"
                ),
            )
    for name, findings in pairs.findings(told):
        if findings:
            items = (
                element(
                    "li",
                    element(
                        "strong",
                        element("span", words.SEVERITY_SYMBOLS[finding.severity], aria_hidden="true"),
                        " ",
                        say(words.SEVERITIES[finding.severity], language),
                        class_=f"eg-mark eg-{finding.severity.value}",
                    ),
                    " ",
                    element("code", f"{outline.code(finding)} {clean(finding.rule)}"),
                    " ",
                    element("bdi", clean(finding.subject), class_="eg-subject"),
                    colon(language),
                    sentence(finding.message, language),
                )
                for finding in findings
            )
            yield _part(say(given(words.FINDINGS_ONLY_IN, name=name), language), element("ul", *items))


def _part(title: str, inside: Element) -> Element:
    heading = element("div", title, role="heading", aria_level="2", class_="eg-title")
    return element("section", heading, inside, aria_label=title)


def _table(told: Comparison, differences: tuple[Difference, ...], language: Translator | None) -> Element:
    first, second = pairs.names(told)
    titles = (say(words.PACKAGE, language), first, second, say(words.DIFFERS_IN, language))
    rows = (
        element(
            "tr",
            element("th", clean(each.name), scope="row"),
            element("td", pairs.cell(each.first, each.kinds, language)),
            element("td", pairs.cell(each.second, each.kinds, language)),
            element("td", pairs.kinds(each, language), class_="eg-soft"),
        )
        for each in differences
    )
    head = element("tr", *(element("th", title, scope="col") for title in titles))
    return element("table", element("thead", head), element("tbody", *rows), class_="eg-pairs")
