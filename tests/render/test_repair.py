"""What a plan and a repair tell in every form: letter by letter, at every width, against its schema, and in a browser's eyes."""

from __future__ import annotations

import json

import pytest
from rich.cells import cell_len

from envguard.model import Verdict
from envguard.render import repair_rows
from envguard.render.repair_html import repair_html, repair_page
from envguard.render.repair_lines import repair
from envguard.render.repair_v1 import repair_dumps, repair_v1
from envguard.render.schemas import schema_of
from envguard.repair_report import By

from .checks import angled, assert_closed, assert_refused, uncolored, validator
from .golden import assert_golden
from .repairs import REPAIRS
from .test_browser import LAB, LAB_RULES, assert_readable, browser, show  # noqa: F401 - fixtures
from .test_golden import one_tag_per_line
from .test_html import Markup

SCHEMA = validator("repair")
COMMANDS = ("    ", "     ")


@pytest.mark.parametrize("name", REPAIRS)
def test_golden(name):
    assert_golden(f"repair-{name}.txt", repair(REPAIRS[name]))


def test_other_forms():
    assert_golden("repair-plan.json", repair_dumps(REPAIRS["plan"]))
    assert_golden("repair-back.json", repair_dumps(REPAIRS["back"]))
    assert_golden("repair-partly-plan-details.txt", repair(REPAIRS["partly-plan"], 60, details=True))
    assert_golden("repair-done-color.txt", repair(REPAIRS["done"], color=True))
    assert_golden("repair-plan.html", one_tag_per_line(repair_html(REPAIRS["plan"])))


def test_every_outcome_has_a_word():
    assert {repair_rows.kind(each) for each in REPAIRS.values()} == set(repair_rows.SYMBOLS) == set(repair_rows.STYLES)


@pytest.mark.parametrize("width", [40, 72, 200])
@pytest.mark.parametrize("name", REPAIRS)
def test_nothing_but_commands_is_wider_than_the_terminal(name, width):
    wide = [each for each in repair(REPAIRS[name], width).splitlines() if cell_len(each) > width]
    assert [each for each in wide if not each.startswith(COMMANDS)] == []


@pytest.mark.parametrize("name", REPAIRS)
def test_with_and_without_rich_the_words_are_the_same(name):
    assert uncolored(repair(REPAIRS[name], color=True)) == repair(REPAIRS[name])


@pytest.mark.parametrize("name", REPAIRS)
def test_everything_fits_the_schema(name):
    SCHEMA.validate(json.loads(repair_dumps(REPAIRS[name])))


def test_the_schema_is_closed_and_knows_every_word():
    schema = schema_of("repair")
    assert_closed("repair")
    assert schema["$defs"]["plannedStep"]["properties"]["by"]["enum"] == [each.value for each in By]
    assert schema["$defs"]["foreseen"]["properties"]["verdict"]["enum"] == [each.value for each in Verdict]


@pytest.mark.parametrize(
    ("path", "value"),
    [
        (("extra",), 1),
        (("plan", "steps", 0, "by"), "me"),
        (("plan", "verdict"), "fine"),
        (("done", "taken_back"), "yes"),
    ],
)
def test_the_schema_refuses(path, value):
    assert_refused(SCHEMA, repair_v1(REPAIRS["done"]), path, value)


@pytest.mark.parametrize("name", REPAIRS)
def test_the_markup_is_sound(name):
    Markup(repair_page(REPAIRS[name], details=True))


def test_another_language():
    said = repair(REPAIRS["plan"], 200, language=angled)
    assert "<plan of a repair>" in said
    assert "<no error and no warning is left>" in said


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("name", ["partly-plan"])
def test_every_word_stands_out(show, name, scheme):  # noqa: F811 - the fixture
    assert_readable(show(repair_page(REPAIRS[name]), scheme))


@pytest.mark.parametrize("name", ["plan", "mischief", "mischief-done"])
def test_a_narrow_window_needs_no_sideways_scrolling(show, name):  # noqa: F811 - the fixture
    assert show(repair_page(REPAIRS[name]), width=380).evaluate("document.documentElement.scrollWidth") <= 380
