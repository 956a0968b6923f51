"""What taking back tells in every form: letter by letter, at every width, against its schema, and in a browser's eyes."""

from __future__ import annotations

import json

import pytest
from rich.cells import cell_len

from envguard.render.schemas import schema_of
from envguard.render.undo_html import undo_html, undo_list_html
from envguard.render.undo_lines import undo, undo_list
from envguard.render.undo_v1 import undo_dumps, undo_list_dumps, undo_v1
from envguard.undo_report import State

from .checks import angled, assert_closed, assert_refused, uncolored, validator
from .golden import assert_golden
from .test_browser import LAB, LAB_RULES, assert_readable, browser, show  # noqa: F401 - fixtures
from .test_golden import one_tag_per_line
from .test_html import Markup
from .undos import LISTS, REPORTS

SCHEMA = validator("undo")
EVERY = {**REPORTS, **LISTS}


def lines(name, *given, **more):
    return undo_list(LISTS[name], *given, **more) if name in LISTS else undo(REPORTS[name], *given, **more)


def dumped(name):
    return undo_list_dumps(LISTS[name]) if name in LISTS else undo_dumps(REPORTS[name])


def page(name):
    told = undo_list_html(LISTS[name]) if name in LISTS else undo_html(REPORTS[name], details=True)
    return f'<!DOCTYPE html><html lang="en"><body class="envguard-page"><main>{told}</main></body></html>'


@pytest.mark.parametrize("name", EVERY)
def test_golden(name):
    assert_golden(f"undo-{name}.txt", lines(name))
    assert_golden(f"undo-{name}.json", dumped(name))


def test_other_forms():
    assert_golden("undo-planned-details.txt", undo(REPORTS["planned"], 60, details=True))
    assert_golden("undo-done-color.txt", undo(REPORTS["done"], color=True))
    assert_golden("undo-done.html", one_tag_per_line(undo_html(REPORTS["done"])))
    assert_golden("undo-list.html", one_tag_per_line(undo_list_html(LISTS["list"])))


@pytest.mark.parametrize("width", [40, 72, 200])
@pytest.mark.parametrize("name", EVERY)
def test_nothing_is_wider_than_the_terminal(name, width):
    assert [each for each in lines(name, width).splitlines() if cell_len(each) > width] == []


@pytest.mark.parametrize("name", EVERY)
def test_with_and_without_rich_the_words_are_the_same(name):
    assert uncolored(lines(name, color=True)) == lines(name)


@pytest.mark.parametrize("name", EVERY)
def test_everything_fits_the_schema(name):
    SCHEMA.validate(json.loads(dumped(name)))


def test_the_schema_is_closed_and_knows_every_word():
    schema = schema_of("undo")
    assert_closed("undo")
    assert schema["$defs"]["checkpoint"]["properties"]["state"]["enum"] == [each.value for each in State]


@pytest.mark.parametrize(
    ("path", "value"),
    [
        (("extra",), 1),
        (("plan", "checkpoint", "state"), "fine"),
        (("done", "proof", "same"), None),
        (("plan", "changes", 0, "by"), "pip"),
    ],
)
def test_the_schema_refuses(path, value):
    assert_refused(SCHEMA, undo_v1(REPORTS["done"]), path, value)


@pytest.mark.parametrize("name", EVERY)
def test_the_markup_is_sound(name):
    Markup(page(name))


def test_another_language():
    assert "<every path is as it was before: kind, mode, date and size>" in lines("done", 200, language=angled)
    assert "<never came to its end>" in lines("list", 200, language=angled)


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("name", ["planned", "partly", "list"])
def test_every_word_stands_out(show, name, scheme):  # noqa: F811 - the fixture
    assert_readable(show(page(name), scheme))


@pytest.mark.parametrize("name", EVERY)
def test_a_narrow_window_needs_no_sideways_scrolling(show, name):  # noqa: F811 - the fixture
    assert show(page(name), width=380).evaluate("document.documentElement.scrollWidth") <= 380
