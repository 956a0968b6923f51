"""What can be taken back, what that would do and what came of it, for a notebook."""

from __future__ import annotations

from typing import TYPE_CHECKING

from envguard.render import undo_rows, words
from envguard.render import undo_words as own
from envguard.render.element import element, write
from envguard.render.language import clean, given, say
from envguard.render.part_html import footer, fragment, heading, mark, sentences
from envguard.render.sentence import sentence
from envguard.render.table_html import table

if TYPE_CHECKING:
    from collections.abc import Iterator

    from envguard.render.element import Element
    from envguard.render.language import Translator
    from envguard.undo_report import Left, UndoList, UndoReport

_SHOWN = 8
_LEVEL = 2
"""Of the first heading: the notebook has one above it."""


def undo_html(told: UndoReport, *, details: bool = False, language: Translator | None = None) -> str:
    """What would be done, or what was, as a fragment that brings its own style; `details` names what is left."""
    return write(_undo(told, details, language))


def undo_list_html(told: UndoList, *, language: Translator | None = None) -> str:
    """What can be taken back, as a fragment that brings its own style."""
    return write(_list(told, language))


def _undo(told: UndoReport, details: bool, language: Translator | None) -> Element:
    kind, plan, done = undo_rows.kind(told), told.plan, told.done
    style_name = undo_rows.STYLES[kind]
    body: list[Element | None] = []
    body += sentences(own.WHY_NOT, undo_rows.refused(plan), language, _LEVEL + 1)
    if plan.also:
        body.append(heading(own.WITH_IT, language, _LEVEL + 1))
        body.append(
            element(
                "ul",
                *(
                    element("li", element("code", undo_rows.command(each, language)), f" · {clean(each.when)}")
                    for each in plan.also
                ),
            )
        )
    if done is not None:
        body += _changes(told, undo_rows.counted(done, language), language, _LEVEL + 1)
        body += (element("p", said, class_="eg-message") for said in undo_rows.proof(done.proof, language))
        body += _left(done.left, details, language, _LEVEL + 1)
    else:
        if not plan.refused and plan.checkpoint is not None:
            body += _changes(told, undo_rows.counts(plan, language), language, _LEVEL + 1)
        body += sentences(own.KNOWN, plan.remarks, language, _LEVEL + 1)
        body += _left(plan.left, details, language, _LEVEL + 1)
    point = plan.checkpoint
    return fragment(
        say(undo_rows.title(told), language),
        element(
            "header",
            element(
                "div",
                mark(undo_rows.SYMBOLS[kind], undo_rows.title(told), style_name, language),
                " ",
                element("code", undo_rows.command(point, language), class_="eg-name") if point is not None else None,
                role="heading",
                aria_level=str(_LEVEL),
                class_="eg-verdict",
            ),
            element("p", sentence(given(own.BEGAN, when=point.when, id=point.id), language), class_="eg-meaning")
            if point is not None
            else None,
            element("p", sentence(given(own.WHERE, prefix=told.prefix), language), class_="eg-soft"),
            class_=f"eg-head eg-{style_name}",
        ),
        *body,
        footer(told, language),
        language=language,
    )


def _changes(told: UndoReport, counts: str, language: Translator | None, level: int) -> Iterator[Element]:
    yield heading(own.CHANGES, language, level)
    rows = undo_rows.changes(told.plan, language)
    if rows:
        yield table(undo_rows.columns(told), rows, language)
    yield element("p", element("strong", counts), class_="eg-message")


def _left(left: tuple[Left, ...], details: bool, language: Translator | None, level: int) -> Iterator[Element]:
    if not left:
        return
    shown = left if details else left[:_SHOWN]
    more = len(left) - len(shown)
    yield heading(own.LEFT, language, level)
    yield element(
        "ul",
        *(element("li", element("code", clean(each.path)), ": ", sentence(each.reason, language)) for each in shown),
        element("li", sentence(given(words.AND_MORE, n=more), language)) if more else None,
    )


def _list(told: UndoList, language: Translator | None) -> Element:
    title = say(given(own.LIST, prefix=told.prefix), language)
    return fragment(
        title,
        element(
            "header",
            element("div", title, role="heading", aria_level=str(_LEVEL), class_="eg-verdict"),
            element("p", sentence(told.reason, language), class_="eg-message") if told.reason is not None else None,
            element("p", sentence(own.ON if told.wanted else own.OFF, language), class_="eg-soft"),
            element("p", sentence(given(own.CLEARED, n=len(told.cleared)), language)) if told.cleared else None,
            class_="eg-head",
        ),
        table(own.LIST_COLUMNS, undo_rows.points(told, language), language)
        if told.checkpoints
        else element("p", sentence(own.NOTHING, language), class_="eg-message"),
        *(element("p", sentence(given(own.OPEN, id=each), language), class_="eg-message") for each in told.unfinished),
        footer(told, language),
        language=language,
    )
