"""What a forecast tells in every form: letter by letter, at every width, against its schema, and in a browser's eyes."""

from __future__ import annotations

import json

import pytest
from rich.cells import cell_len

from envguard.commands.command import Placement, Tool, Verb
from envguard.forecast_report import Concern, Depth, Outcome
from envguard.model import Severity
from envguard.render.forecast_html import forecast_html, forecast_page
from envguard.render.forecast_lines import forecast
from envguard.render.forecast_v1 import forecast_dumps, forecast_v1
from envguard.render.schemas import schema_of

from .checks import angled, assert_closed, assert_refused, uncolored, validator
from .forecasts import FORECASTS, FULL, QUICK
from .golden import assert_golden
from .test_browser import LAB, LAB_RULES, assert_readable, browser, show  # noqa: F401 - fixtures
from .test_golden import one_tag_per_line
from .test_html import Markup


@pytest.mark.parametrize("name", FORECASTS)
def test_golden(name):
    assert_golden(f"forecast-{name}.txt", forecast(FORECASTS[name]))
    assert_golden(f"forecast-{name}.html", one_tag_per_line(forecast_html(FORECASTS[name])))
    assert_golden(f"forecast-{name}.json", forecast_dumps(FORECASTS[name]))


def test_other_forms():
    assert_golden("forecast-full-details.txt", forecast(FULL, details=True))
    assert_golden("forecast-full-narrow.txt", forecast(FULL, 50))
    assert_golden("forecast-quick-color.txt", forecast(QUICK, color=True))


@pytest.mark.parametrize("width", [40, 60, 72, 80, 200])
@pytest.mark.parametrize("details", [False, True])
@pytest.mark.parametrize("name", FORECASTS)
def test_nothing_but_a_command_is_wider_than_the_terminal(name, details, width):
    rows = forecast(FORECASTS[name], width, details=details).splitlines()
    assert [each for each in rows if cell_len(each) > width and not each.startswith("      ")] == []


@pytest.mark.parametrize("name", FORECASTS)
def test_with_and_without_rich_the_words_are_the_same(name):
    assert uncolored(forecast(FORECASTS[name], color=True)) == forecast(FORECASTS[name])


SCHEMA = validator("forecast")


@pytest.mark.parametrize("name", FORECASTS)
def test_everything_fits_the_schema(name):
    SCHEMA.validate(json.loads(forecast_dumps(FORECASTS[name])))


def test_the_schema_is_closed_and_knows_every_word():
    schema = schema_of("forecast")
    assert_closed("forecast")
    known = schema["properties"]
    for name, words in (
        ("tool", Tool),
        ("verb", Verb),
        ("depth", Depth),
        ("verdict", Outcome),
        ("placement", Placement),
    ):
        assert known[name]["enum"] == [each.value for each in words]
    remark = schema["$defs"]["remark"]["properties"]
    assert remark["concern"]["enum"] == [each.value for each in Concern]
    assert remark["severity"]["enum"] == [each.value for each in Severity]


@pytest.mark.parametrize(
    ("path", "value"),
    [
        (("extra",), 1),
        (("verdict",), "fine"),
        (("replaces", 0, "owner"), "mine"),
        (("remarks", 0, "concern"), "other"),
        (("alternatives", 0, "more"), 1),
    ],
)
def test_the_schema_refuses(path, value):
    assert_refused(SCHEMA, forecast_v1(FULL), path, value)


@pytest.mark.parametrize("name", FORECASTS)
def test_the_markup_is_sound(name):
    Markup(forecast_page(FORECASTS[name], details=True))


def test_another_language():
    told = forecast(FULL, 200, details=True, language=angled)
    assert "<needed by>" in told
    assert "<pip would replace conda's numpy 1.26.4" in told


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("name", FORECASTS)
def test_every_word_stands_out(show, name, scheme):  # noqa: F811 - the fixture
    assert_readable(show(forecast_page(FORECASTS[name], details=True), scheme))


@pytest.mark.parametrize("name", FORECASTS)
def test_a_narrow_window_needs_no_sideways_scrolling(show, name):  # noqa: F811 - the fixture
    shown = show(forecast_page(FORECASTS[name], details=True), width=380)
    assert shown.evaluate("document.documentElement.scrollWidth") <= 380
