from __future__ import annotations

from html.parser import HTMLParser
from itertools import pairwise

import pytest

from envguard.render.element import element, write
from envguard.render.html import html, page

from .reports import BROKEN, HOSTILE, REPORTS, STRAINED

VOID = {"meta"}


class Markup(HTMLParser):
    """What a browser would read: tags in balance, attributes, and the text between."""

    def __init__(self, markup: str) -> None:
        super().__init__()
        self.open: list[str] = []
        self.tags: set[str] = set()
        self.attributes: set[str] = set()
        self.headings: list[int] = []
        self.text = ""
        self.feed(markup)
        self.close()
        assert not self.open

    def handle_starttag(self, tag, attrs):
        self.tags.add(tag)
        self.attributes.update(name for name, _ in attrs)
        given = dict(attrs)
        if given.get("role") == "heading":
            self.headings.append(int(given["aria-level"]))
        if tag not in VOID:
            self.open.append(tag)

    def handle_endtag(self, tag):
        assert self.open.pop() == tag

    def handle_data(self, data):
        if self.open[-1:] != ["style"]:
            self.text += data


@pytest.mark.parametrize(
    ("node", "markup"),
    [
        ("a < b & \"c\" 'd'", "a &lt; b &amp; &quot;c&quot; &#x27;d&#x27;"),
        (element("p", "<script>", None, element("b", "x")), "<p>&lt;script&gt;<b>x</b></p>"),
        (element("p", class_='a" onclick="b'), '<p class="a&quot; onclick=&quot;b"></p>'),
        (element("div", aria_label="x"), '<div aria-label="x"></div>'),
        (element("meta", charset="utf-8"), '<meta charset="utf-8">'),
        (element("style", "a > b {}"), "<style>a > b {}</style>"),
    ],
)
def test_element(node, markup):
    assert write(node) == markup


def test_a_style_sheet_cannot_be_left():
    with pytest.raises(ValueError, match="style sheet"):
        write(element("style", "</style><script>"))


@pytest.mark.parametrize("name", REPORTS)
def test_no_script_no_reference_no_identifier(name):
    for told in (html(REPORTS[name]), html(REPORTS[name], details=True), page(REPORTS[name])):
        markup = Markup(told)
        assert not markup.tags & {"script", "link", "img", "iframe", "a"}
        # An id would be there twice as soon as a notebook shows two reports.
        assert not markup.attributes & {"id", "href", "src", "style"}
        assert not any(name.startswith("on") for name in markup.attributes)
        assert "url(" not in told


@pytest.mark.parametrize("name", REPORTS)
def test_headings_leave_no_level_out(name):
    for told, top in ((html(REPORTS[name]), 2), (page(REPORTS[name]), 1)):
        levels = Markup(told).headings
        assert levels[0] == top
        assert levels.count(top) == 1
        assert all(after - before <= 1 for before, after in pairwise(levels))


def test_hostile_values_are_text():
    assert "<script>document.title='owned'</script>" in Markup(html(HOSTILE)).text


def test_details_unfold():
    assert 'open=""' not in html(STRAINED)
    told = html(STRAINED, details=True)
    assert told.count("<details") == told.count('open=""')


def test_page_is_a_document():
    told = page(BROKEN, lang="de")
    assert told.startswith('<!DOCTYPE html>\n<html lang="de"><head><meta charset="utf-8">')
    assert "<title>analysis: broken · envguard</title>" in told
    assert '<meta name="color-scheme" content="light dark">' in told
    assert '<meta name="viewport" content="width=device-width, initial-scale=1">' in told


def test_readable_without_the_style_sheet():
    told = Markup(html(BROKEN)).text
    for fact in (
        "✗ broken",
        "2 errors",
        "Do this first",
        "✗ error",
        "EG102 pip-overwrote-conda",
        "numpy",
        "3 pieces of evidence",
    ):
        assert fact in told
