"""A plan, or what came of it, for a notebook and for a browser."""

from __future__ import annotations

from typing import TYPE_CHECKING

from envguard.render import repair_rows, words
from envguard.render import repair_words as own
from envguard.render.element import element, write
from envguard.render.finding_html import finding_html
from envguard.render.language import clean, given, say
from envguard.render.part_html import document, fix_commands, fixes, footer, fragment, heading, mark, sentences
from envguard.render.sentence import sentence
from envguard.render.table_html import table

if TYPE_CHECKING:
    from collections.abc import Iterator

    from envguard.model import Finding, Fix, Text
    from envguard.render.element import Element
    from envguard.render.language import Translator
    from envguard.repair_report import Plan, Repaired, RepairReport

_LEVEL = 2


def repair_html(told: RepairReport, *, details: bool = False, language: Translator | None = None) -> str:
    """What would be done, or what was, as a fragment that brings its own style; `details` unfolds the evidence."""
    return write(_repair(told, details, language, _LEVEL))


def repair_page(
    told: RepairReport, *, details: bool = False, language: Translator | None = None, lang: str | None = None
) -> str:
    """The same as a document of its own."""
    return document(f"{say(repair_rows.title(told), language)} · envguard", _repair(told, details, language, 1), lang)


def _repair(told: RepairReport, details: bool, language: Translator | None, level: int) -> Element:
    kind, plan, done = repair_rows.kind(told), told.plan, told.done
    style_name = repair_rows.STYLES[kind]
    return fragment(
        say(repair_rows.title(told), language),
        element(
            "header",
            element(
                "div",
                mark(repair_rows.SYMBOLS[kind], repair_rows.title(told), style_name, language),
                " ",
                repair_rows.verdicts(told, language),
                role="heading",
                aria_level=str(level),
                class_="eg-verdict",
            ),
            element("p", sentence(given(own.WHERE, prefix=told.prefix), language), class_="eg-soft"),
            class_=f"eg-head eg-{style_name}",
        ),
        *sentences(own.WHY_NOT, plan.refused, language, level + 1),
        *(
            _planned(told, plan, details, language, level + 1)
            if done is None
            else _came(told, done, details, language, level + 1)
        ),
        footer(told, language),
        language=language,
    )


def _planned(
    told: RepairReport, plan: Plan, details: bool, language: Translator | None, level: int
) -> Iterator[Element]:
    platform, proof = plan.environment.platform, plan.proof
    if plan.steps:
        yield heading(own.STEPS, language, level)
    for number, step in enumerate(plan.steps, 1):
        note = repair_rows.note(step, language)
        yield element(
            "p",
            element("strong", f"{number}"),
            " ",
            sentence(step.title, language),
            element("span", f" · {note}", class_="eg-soft") if note else None,
            class_="eg-fix",
        )
        yield from fix_commands(repair_rows.as_fix(step), platform, language)
    yield from _changes(told, language, level)
    yield from sentences(own.LOSES, plan.loses, language, level)
    if plan.choices and plan.steps:
        yield heading(own.CHOICES, language, level)
        told_choices = (repair_rows.choice(each, language) for each in plan.choices)
        yield element(
            "ul",
            *(
                element("li", whose, " · ", element("span", otherwise, class_="eg-soft"))
                for whose, otherwise in told_choices
            ),
        )
    if plan.steps:
        yield from _checked(own.PROOF, proof.cleared, (*proof.remains, *proof.new), language, level)
    yield from _findings(own.REMAINS, proof.remains, platform, details, language, level)
    yield from _findings(own.NEW, proof.new, platform, details, language, level)
    yield from sentences(own.REBUILD, () if plan.rebuild is None else (plan.rebuild,), language, level)
    yield from _by_hand(own.INSTEAD if plan.refused else own.BY_HAND, plan.by_hand, platform, language, level)
    yield from sentences(own.KNOWN, proof.remarks, language, level)
    if plan.steps:
        if plan.needs_restart:
            yield element("p", sentence(words.RESTART, language), class_="eg-message")
        if not plan.interrupted:
            yield element("p", sentence(own.APPLY, language), class_="eg-message")
    if plan.interrupted:
        yield element("p", sentence(own.RESUME, language), class_="eg-message")


def _came(
    told: RepairReport, done: Repaired, details: bool, language: Translator | None, level: int
) -> Iterator[Element]:
    platform = told.plan.environment.platform
    if done.failure is not None:
        yield element("p", sentence(done.failure, language), class_="eg-message")
    if done.output:
        yield heading(own.SAID, language, level)
        yield element("pre", element("code", *(f"{clean(said)}\n" for said in done.output.splitlines())))
    yield from _changes(told, language, level)
    if done.taken_back is None:
        yield from _checked(own.CHECKED, done.cleared, (*done.remains, *done.new), language, level)
        yield from _findings(own.REMAINS, done.remains, platform, details, language, level)
        yield from _findings(own.NEW, done.new, platform, details, language, level)
        yield from _by_hand(own.BY_HAND, told.plan.by_hand, platform, language, level)
    yield from sentences(own.KNOWN, done.remarks, language, level)
    if told.plan.needs_restart and done.taken_back is None:
        yield element("p", sentence(own.RESTART_NOW, language), class_="eg-message")
    if done.checkpoint is not None:
        yield element("p", sentence(given(own.UNDO, id=done.checkpoint), language), class_="eg-message")


def _changes(told: RepairReport, language: Translator | None, level: int) -> Iterator[Element]:
    rows = repair_rows.changes(told, language)
    if rows:
        yield heading(own.CHANGES, language, level)
        yield table(repair_rows.columns(told), rows, language)


def _checked(
    title: Text, cleared: tuple[Finding, ...], left: tuple[Finding, ...], language: Translator | None, level: int
) -> Iterator[Element]:
    yield heading(title, language, level)
    yield element("p", repair_rows.cleared(cleared, language), class_="eg-message")
    if not left:
        yield element("p", element("strong", say(own.NONE_LEFT, language)), class_="eg-message")


def _findings(
    title: Text,
    found: tuple[Finding, ...],
    platform: str | None,
    details: bool,
    language: Translator | None,
    level: int,
) -> Iterator[Element]:
    if found:
        yield heading(title, language, level)
    yield from (finding_html(each, platform, details, language, level + 1) for each in found)


def _by_hand(
    title: Text, ways: tuple[Fix, ...], platform: str | None, language: Translator | None, level: int
) -> Iterator[Element]:
    if ways:
        yield heading(title, language, level)
        yield from fixes(ways, platform, language)
