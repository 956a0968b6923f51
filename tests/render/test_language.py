from __future__ import annotations

import pytest
from hypothesis import given as forall
from hypothesis import strategies as st

from envguard.model import text
from envguard.render import words
from envguard.render.language import LONGEST, clean, given, joined, say

from .reports import LONG

ANY = st.text(st.characters())


@pytest.mark.parametrize(
    ("given_text", "said"),
    [
        (text("plain"), "plain"),
        (text("{a} over {b}", a="x", b=3), "x over 3"),
        (text("needs {names}", names=("a", "b")), "needs a, b"),
        (text("needs {names}", names=()), "needs "),
        (text("{n} file", "{n} files", n=1), "1 file"),
        (text("{n} file", "{n} files", n=0), "0 files"),
        (text("{n} file", "{n} files", n=2), "2 files"),
        (text("a file", "files"), "files"),
        (text("{missing} and {a}", a="x"), "{missing} and x"),
        (text("{a.__class__} {0} {} {a!r} {", a="x"), "{a.__class__} {0} {} {a!r} {"),
        (text("{{a}} {a}", a="{a}"), "{a} {a}"),
        (text("name {a}", a="\x1b[31mred\x1b[0m"), r"name \x1b[31mred\x1b[0m"),
        (text("name {a}", a="two\nlines\r\tand"), r"name two\nlines\r\tand"),
        (text("name {a}", a="\u202egnp.exe\u2066\u200b\u2028"), r"name \u202egnp.exe\u2066\u200b\u2028"),
        (text("name {a}", a="caf\udce9"), r"name caf\udce9"),
        (text("name {a}", a="naïve-包"), "name naïve-包"),
    ],
)
def test_say(given_text, said):
    assert say(given_text) == said


def test_without_mischief_it_says_what_the_model_says():
    for sentence in (text("{n} of {names}", "{n} from {names}", n=2, names=("a", "b")), text("one", "many")):
        assert say(sentence) == sentence.english()


def test_a_translator_gets_template_plural_and_number():
    asked = []

    def german(template: str, plural: str | None, n: int) -> str:
        asked.append((template, plural, n))
        return {"{n} file": "{n} Datei" if n == 1 else "{n} Dateien"}[template]

    assert say(text("{n} file", "{n} files", n=3), german) == "3 Dateien"
    assert asked == [("{n} file", "{n} files", 3)]


def test_a_long_argument_is_cut():
    assert say(text("{a}", a=LONG)) == "a" * (LONGEST - 1) + "…"
    assert clean(LONG, longest=None) == LONG
    assert len(clean("\u202e" * 500)) == LONGEST


def test_of_a_long_list_the_first_names_are_told_and_how_many_more():
    assert joined(["numpy"] * 500) == ", ".join(["numpy"] * 28) + " and 472 more"
    assert joined([LONG, "b"]).endswith("… and 1 more")
    assert joined(map(str, range(1000)), longest=10_000).endswith(", 999")


@forall(ANY, st.lists(ANY), st.integers())
def test_never_fails_and_lets_nothing_unprintable_through(one, many, number):
    assert say(text("{a} {b} {n}", "{n} {b} {a}", a=one, b=tuple(many), n=number)).isprintable()


@forall(ANY)
def test_a_broken_template_is_said_as_it_stands(template):
    assert isinstance(say(text(template, a="x")), str)


def test_every_fixed_word_fills_with_what_it_names():
    assert say(given(words.CHECKED, n=1)) == "1 rule checked"
    assert say(given(words.CHECKED, n=2)) == "2 rules checked"
