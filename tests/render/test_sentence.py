"""The code of sentences, and what names with backticks and markup make of it."""

from __future__ import annotations

import dataclasses

import pytest

from envguard.frontends.output import with_note
from envguard.model import text
from envguard.render.element import element, write
from envguard.render.html import html, page
from envguard.render.sentence import coded, label, sentence

from .reports import NUMPY, report
from .test_html import Markup

MARKUP = "<img src=x onerror=alert(1)>"
ESCAPED = "&lt;img src=x onerror=alert(1)&gt;"


@pytest.mark.parametrize(
    ("said", "markup"),
    [
        ("nothing special", "nothing special"),
        ("", ""),
        ("use `pip check`, then `conda list`", "use <code>pip check</code>, then <code>conda list</code>"),
        ("`pip check`", "<code>pip check</code>"),
        ("one ` alone", "one ` alone"),
        ("`pip check` in a`b", "`pip check` in a`b"),
        (f"{MARKUP} `{MARKUP}`", f"{ESCAPED} <code>{ESCAPED}</code>"),
    ],
)
def test_what_is_said(said, markup):
    assert write(element("p", coded(said))) == f"<p>{markup}</p>"


@pytest.mark.parametrize(
    ("told", "markup"),
    [
        (text("run `undo {id}`", id="7"), "run <code>undo 7</code>"),
        (text("run `undo {id}`", id=MARKUP), f"run <code>undo {ESCAPED}</code>"),
        (text("run `undo {id}`", id="a`b"), "run `undo a`b`"),
        (text("run `undo {id}`", id="`a`"), "run `undo `a``"),
        (text("{names} are `pinned`", names=("a", f"`{MARKUP}`")), f"a, `{ESCAPED}` are `pinned`"),
        (text("“{says}”", says=text("run `undo {id}`", id="7")), "“run <code>undo 7</code>”"),
        (text("“{says}”", says=text("run {id}", id="`7`")), "“run `7`”"),
        (text("{n} of `{m}`", n=1, m=2), "1 of <code>2</code>"),
    ],
)
def test_what_is_told(told, markup):
    assert write(sentence(told)) == markup


def test_a_word_in_front_of_what_it_announces():
    assert write(label(text("fix:"))) == "<strong>fix:</strong> "
    assert write(label(text("fix:"), lambda *_: "修复：")) == "<strong>修复：</strong>"


@pytest.mark.parametrize("name", ["`", "``", f"`{MARKUP}`", f"`</code>{MARKUP}", "<code>`", "a`b`c`d`"])
def test_hostile_names_in_a_report(name):
    told = text("{name} is left behind: `pip uninstall {name}` removes it", name=name)
    hostile = dataclasses.replace(NUMPY, message=told, consequence=told)
    for markup in (html(report(findings=(hostile,)), details=True), page(report(findings=(hostile,)))):
        read = Markup(markup)  # whose tags are in balance
        assert "img" not in read.tags
        assert f"{name} is left behind: `pip uninstall {name}` removes it" in read.text


def test_a_note_above_what_is_shown():
    shown = with_note({"text/html": "<p>x</p>", "text/plain": "x"}, f"`%envcheck` {MARKUP}")
    assert shown["text/html"] == f"<p><code>%envcheck</code> {ESCAPED}</p><p>x</p>"
    assert shown["text/plain"] == f"`%envcheck` {MARKUP}\n\nx"
