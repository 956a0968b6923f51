"""The timeline and the comparison in every form: letter by letter, at every width, against their schemas, in a browser's eyes."""

from __future__ import annotations

import json
from itertools import pairwise

import pytest
from hypothesis import given, settings
from rich.cells import cell_len

from envguard.model import Mark
from envguard.render import events
from envguard.render.diff_html import comparison_page
from envguard.render.diff_text import comparison
from envguard.render.json_v1 import comparison_v1, timeline_dumps, timeline_v1
from envguard.render.lanes import timeline
from envguard.render.timeline_html import timeline_html, timeline_page
from tests.render.forms import COMPARISON_RENDERERS, TIMELINE_RENDERERS

from .checks import assert_closed, validator
from .golden import assert_golden
from .test_golden import one_tag_per_line
from .test_hostile import NAMES
from .test_html import Markup
from .timelines import COMPARISONS, COPIED, EVENTS, TIMELINES, hostile

TIMELINE, COMPARISON = validator("timeline"), validator("diff")


@pytest.mark.parametrize("name", TIMELINES)
def test_timeline(name):
    assert_golden(f"timeline-{name}.txt", timeline(TIMELINES[name]))
    assert_golden(f"timeline-{name}.html", one_tag_per_line(timeline_html(TIMELINES[name])))
    assert_golden(f"timeline-{name}.json", timeline_dumps(TIMELINES[name]))


@pytest.mark.parametrize("name", COMPARISONS)
def test_comparison(name):
    for form, ending in (("text", "txt"), ("html", "html"), ("json", "json")):
        said = COMPARISON_RENDERERS[form](COMPARISONS[name])
        assert_golden(f"diff-{name}.{ending}", one_tag_per_line(said) if form == "html" else said)


def test_other_widths():
    assert_golden("timeline-mixed-narrow.txt", timeline(TIMELINES["mixed"], 50))
    assert_golden("timeline-mixed-wide.txt", timeline(TIMELINES["mixed"], 200))
    assert_golden("timeline-mixed-details.txt", timeline(TIMELINES["mixed"], details=True))
    assert_golden("timeline-mixed-color.txt", timeline(TIMELINES["mixed"], color=True))


@pytest.mark.parametrize("width", [40, 71, 72, 80, 200])
def test_nothing_is_wider_than_the_terminal(width):
    told = [timeline(each, width, details=more) for each in TIMELINES.values() for more in (False, True)]
    told += [comparison(each, width, details=more) for each in COMPARISONS.values() for more in (False, True)]
    for said in told:
        assert max(map(cell_len, said.splitlines())) <= width
        assert all(row == row.rstrip() for row in said.splitlines())


def test_lanes_stand_straight():
    rows = [row for row in timeline(TIMELINES["mixed"]).splitlines() if "│" in row]
    assert {cell_len(row.partition("│")[0]) for row in rows} == {49}


def test_marks_are_words_and_shapes_not_only_colours():
    for said in (timeline(TIMELINES["mixed"]), Markup(timeline_html(TIMELINES["mixed"])).text):
        assert "⇒ hand-over: pip installs" in " ".join(said.split())
        assert said.count("✗ conda after pip") == 2
    assert "○ dated before this" in timeline(TIMELINES["copied"])


@pytest.mark.parametrize("name", TIMELINES)
def test_timelines_fit_their_schema(name):
    TIMELINE.validate(timeline_v1(TIMELINES[name]))
    assert json.loads(timeline_dumps(TIMELINES[name])) == timeline_v1(TIMELINES[name])


def test_the_document_points_at_its_events():
    told = timeline_v1(TIMELINES["mixed"])
    assert (told["kind"], told["handover"], told["violations"]) == ("timeline", 2, [4, 6])
    assert told["events"][1]["changes"][0] == {"name": "numpy", "before": "1.26.3", "after": "1.26.4"}


@pytest.mark.parametrize("name", COMPARISONS)
def test_comparisons_fit_their_schema(name):
    COMPARISON.validate(comparison_v1(COMPARISONS[name]))


@pytest.mark.parametrize("document", ["timeline", "diff"])
def test_schemas_are_closed(document):
    assert_closed(document)


@pytest.mark.parametrize("told", [*TIMELINES.values(), *COMPARISONS.values()])
def test_pages(told):
    page = timeline_page(told) if told in TIMELINES.values() else comparison_page(told)
    markup = Markup(page)
    assert not markup.tags & {"script", "link", "img", "iframe", "a"}
    assert not markup.attributes & {"id", "href", "src", "style"}
    assert markup.headings[0] == 1
    assert all(after - before <= 1 for before, after in pairwise(markup.headings))


@settings(max_examples=25, deadline=None)
@given(NAMES)
def test_nothing_hostile_gets_through(name):
    told = hostile(name)
    for width in (40, 80):
        assert all(row.isprintable() and row == row.rstrip() for row in timeline(told, width).split("\n"))
    markup = Markup(timeline_page(told, details=True))
    assert markup.text.replace("\n", "").isprintable()
    assert "<script" not in timeline_html(told)
    TIMELINE.validate(timeline_v1(told))


@pytest.mark.parametrize("form", TIMELINE_RENDERERS)
def test_every_form_ends_with_one_newline(form):
    for told in TIMELINES.values():
        said = TIMELINE_RENDERERS[form](told)
        assert said.endswith("\n")
        assert not said.endswith("\n\n")


@pytest.mark.parametrize(
    ("told", "expected"),
    [
        ((), []),
        (EVENTS[:2], [0, 1]),
        (EVENTS, [0, "1 left out", 2, "1 left out", 4, "1 left out", 6]),
        ((EVENTS[0], *[EVENTS[1]] * 9), [0, "6 left out", 7, 8, 9]),
        ((COPIED, EVENTS[0]), [0, 1]),
    ],
)
def test_a_report_shows_the_events_that_matter(told, expected):
    shown = events.compact(told)
    kept = [f"{each.n} left out" if isinstance(each, events.Gap) else each for each in shown]
    assert kept == [each if isinstance(each, str) else told[each] for each in expected]


@pytest.mark.parametrize(
    ("told", "eventful"), [((), False), (EVENTS[:1], False), (EVENTS[:2], True), (EVENTS[5:6], False)]
)
def test_a_report_is_silent_of_what_was_only_made(told, eventful):
    assert events.eventful(told) is eventful


def test_every_mark_has_its_words():
    assert {event.mark for event in (*EVENTS, COPIED)} == {None, *Mark}
