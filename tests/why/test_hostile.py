"""Texts that are long, broken or meant to harm: read in bounded time, shown harmlessly, and never an exception."""

from __future__ import annotations

import json
import random
import time

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from envguard.analyse import analyse
from envguard.render.answer_html import answer_html, answer_page
from envguard.render.answer_lines import answer as as_text
from envguard.render.json_v1 import answer_v1
from envguard.render.schemas import schema_of
from envguard.why.answer import answer, rows
from envguard.why.reading import from_text
from envguard.why.telling import telling
from tests.rules import facts

ENV = facts.env([facts.pkg("numpy"), facts.pkg("pytorch")], [facts.dist("torch"), facts.dist("protobuf", "5.0")])
REPORT = analyse(ENV)


def asked(text: str) -> None:
    told = answer(from_text(text), ENV, REPORT)
    shown = (as_text(told, 80), answer_html(told), answer_page(told))
    assert all("\x1b" not in each for each in shown)
    json.dumps(answer_v1(told))


PIECES = (
    "ImportError: ", "lib", ".so", ".so.1", ": ", "undefined symbol: ", "_Z", "GLIBCXX_3.4.", "numpy.dtype", " 96 ", "'", '"', "`",
    "\n", "\r", "\x1b[0;31m", "\x1b]", "Traceback (most recent call last)\n", '  File "', '", line 1', "(8, 3, 2)", "0x10", "/", "\\",
    "torch", "CUDA", "site-packages/", "Error", "Warning", "\u202e", "\ud800", "\0", "<script>", "{x}", "...", "=", ",", "No module named ",
    "During handling of the above exception", "Headers are 1.10.6", "x" * 50, "é", "无法", "：", "METADATA", ".dist-info", "OMP #15 ",
)  # fmt: skip


@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(st.lists(st.one_of(st.sampled_from(PIECES), st.text(max_size=8)), max_size=40))
def test_any_text(pieces: list[str]):
    asked("".join(pieces))


@settings(max_examples=80, deadline=None)
@given(
    st.lists(st.sampled_from(PIECES), max_size=12), st.sampled_from((ImportError, OSError, AttributeError, ValueError))
)
def test_any_exception(pieces: list[str], kind: type[Exception]):
    assert telling(kind("".join(pieces)), ["!pip install " + "".join(pieces)]) in (True, False)


LONG = {
    "one line": "ImportError: " + "a" * 2_000_000,
    "dots": "a." * 500_000 + "Error: x",
    "words before": "a" * 300_000 + "Error",
    "quotes": "AttributeError: " + "'a" * 500_000,
    "libraries": "ImportError: " + "libx.so.1.2.3.4.5.6.7.8 " * 80_000,
    "versions": "ValueError: " + "1.2.3.4.5.6." * 100_000,
    "colons": "ImportError: " + "a: " * 300_000,
    "ansi": "\x1b[" * 400_000 + "ImportError: x",
    "osc": "\x1b]0;" * 200_000,
    "spaces": " " * 1_500_000 + "Error: x",
    "braces": '{"nbformat"' + "[" * 300_000,
    "frames": '  File "a' * 200_000,
    "many errors": "ImportError: liba.so: x y: z z\n" * 60_000,
    "many chains": "ImportError: a\nDuring handling of the above exception, another exception occurred:\n" * 30_000,
    "mangled": "ImportError: /a/b.so: undefined symbol: _Z" + "N3c10" * 200_000,
    "kinds": "aError: " * 200_000,
    "parentheses": "RuntimeError: " + "(1, 2" * 300_000,
    "underscores": "ImportError: lib.so: " + "A_" * 400_000 + "1",
}


@pytest.mark.parametrize("name", LONG)
def test_bounded_time(name: str):
    started = time.process_time()
    asked(LONG[name])
    assert time.process_time() - started < 3


def test_a_log_of_ten_megabytes():
    chance = random.Random(7)
    words = [
        "INFO",
        "loading",
        "libfoo.so.1",
        "ValueErrors",
        "/a/b/c.py",
        "12:00:01",
        "{json: 1}",
        "wrote",
        "numpy",
        "\x1b[31mred\x1b[0m",
    ]
    lines = [" ".join(chance.choices(words, k=12)) for _ in range(150_000)]
    log = "\n".join([*lines, "ImportError: libzing.so.9: no such thing: at all", *lines[:50]])
    assert len(log) > 10_000_000
    started = time.process_time()
    groups = from_text(log)
    assert time.process_time() - started < 5
    assert any(symptom.missing == "libzing.so.9" for group in groups for symptom in group)


def test_names_cannot_harm_whoever_reads():
    text = "ImportError: lib<img src=x onerror=alert(1)>\u202e.so.1: zing zang: \x1b[2J{0.__class__}"
    told = answer(from_text(text), ENV, REPORT)
    for shown in (answer_html(told), answer_page(told)):
        assert "<img" not in shown
    assert "\u202e" not in as_text(told, 80)


def test_the_wire_is_as_its_schema_says():
    jsonschema = pytest.importorskip("jsonschema")
    for text in (
        "AssertionError: Torch not compiled with CUDA enabled",
        "ImportError: libq.so: a b: c d",
        "",
        "TypeError: Descriptors zing",
    ):
        jsonschema.validate(answer_v1(answer(from_text(text), ENV, REPORT)), schema_of("why"))


def test_no_error_at_all():
    assert from_text("") == ()
    assert from_text("\n \n") == ()
    assert not rows(from_text("KeyError: 'a'")[0][0])
