"""Every canned report in every form, letter by letter."""

from __future__ import annotations

import re

import pytest

from envguard.render.html import html, page
from envguard.render.json_v1 import dumps
from envguard.render.text import text

from .golden import assert_golden
from .reports import REPORTS

STYLE = re.compile(r"<style>.*?</style>", re.DOTALL)


def one_tag_per_line(markup: str) -> str:
    """The markup without the style sheet, broken where a difference can be read; never inside a text."""
    return STYLE.sub("<style></style>", markup).replace("><", ">\n<") + "\n"


@pytest.mark.parametrize("name", REPORTS)
def test_text(name):
    assert_golden(f"{name}.txt", text(REPORTS[name]))


@pytest.mark.parametrize("name", REPORTS)
def test_html(name):
    assert_golden(f"{name}.html", one_tag_per_line(html(REPORTS[name])))


@pytest.mark.parametrize("name", REPORTS)
def test_json(name):
    assert_golden(f"{name}.json", dumps(REPORTS[name]))


@pytest.mark.parametrize(
    ("name", "told"),
    [
        ("strained-wide.txt", lambda: text(REPORTS["strained"], 200)),
        ("strained-details.txt", lambda: text(REPORTS["strained"], details=True)),
        ("strained-color.txt", lambda: text(REPORTS["strained"], color=True)),
        ("strained-details.html", lambda: one_tag_per_line(html(REPORTS["strained"], details=True))),
        ("sound-page.html", lambda: one_tag_per_line(page(REPORTS["sound"]))),
    ],
)
def test_variants(name, told):
    assert_golden(name, told())
