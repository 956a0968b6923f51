"""What `cuda` tells in every form: letter by letter, at every width, against its schema, and in a browser's eyes."""

from __future__ import annotations

import json

import pytest
from rich.cells import cell_len

from envguard.cuda_report import State
from envguard.model import Certainty
from envguard.render.cuda_html import cuda_html, cuda_page
from envguard.render.cuda_lines import cuda
from envguard.render.cuda_v1 import cuda_dumps, cuda_v1
from envguard.render.schemas import schema_of

from .checks import angled, assert_closed, assert_refused, uncolored, validator
from .cudas import CPU_BUILD, CUDAS, HOSTILE, LOST, WORKS
from .golden import assert_golden
from .test_browser import LAB, LAB_RULES, assert_readable, browser, show  # noqa: F401 - fixtures
from .test_golden import one_tag_per_line
from .test_html import Markup


@pytest.mark.parametrize("name", CUDAS)
def test_golden(name):
    assert_golden(f"cuda-{name}.txt", cuda(CUDAS[name]))
    assert_golden(f"cuda-{name}.html", one_tag_per_line(cuda_html(CUDAS[name])))
    assert_golden(f"cuda-{name}.json", cuda_dumps(CUDAS[name]))


def test_other_forms():
    assert_golden("cuda-works-details.txt", cuda(WORKS, details=True))
    assert_golden("cuda-works-narrow.txt", cuda(WORKS, 50))
    assert_golden("cuda-works-wide.txt", cuda(WORKS, 200))
    assert_golden("cuda-lost-color.txt", cuda(LOST, color=True))


@pytest.mark.parametrize("width", [40, 60, 72, 80, 200])
@pytest.mark.parametrize("details", [False, True])
@pytest.mark.parametrize("name", CUDAS)
def test_nothing_but_a_command_is_wider_than_the_terminal(name, details, width):
    rows = cuda(CUDAS[name], width, details=details).splitlines()
    assert [each for each in rows if cell_len(each) > width and not each.startswith("      ")] == []


@pytest.mark.parametrize("name", CUDAS)
def test_with_and_without_rich_the_words_are_the_same(name):
    assert uncolored(cuda(CUDAS[name], color=True)) == cuda(CUDAS[name])


SCHEMA = validator("cuda")


@pytest.mark.parametrize("name", CUDAS)
def test_everything_fits_the_schema(name):
    SCHEMA.validate(json.loads(cuda_dumps(CUDAS[name])))


def test_the_schema_is_closed_and_knows_every_word():
    schema = schema_of("cuda")
    assert_closed("cuda")
    verdict = schema["$defs"]["verdict"]["properties"]
    assert verdict["state"]["enum"] == [each.value for each in State]
    assert verdict["certainty"]["enum"] == [each.value for each in Certainty]


@pytest.mark.parametrize(
    ("path", "value"),
    [
        (("extra",), 1),
        (("schema",), 2),
        (("verdict", "state"), "fine"),
        (("frameworks", 0, "cpu"), "no"),
        (("frameworks", 0, "resolved", 0, "more"), 1),
        (("gpus", 0, "index"), -1),
    ],
)
def test_the_schema_refuses(path, value):
    assert_refused(SCHEMA, cuda_v1(WORKS), path, value)


@pytest.mark.parametrize("name", CUDAS)
def test_the_markup_is_sound(name):
    Markup(cuda_page(CUDAS[name], details=True))


def test_another_language():
    told = cuda(WORKS, 200, details=True, language=angled)
    assert "<would load>" in told
    assert "<CUDA works as far as can be seen from here" in told


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("name", CUDAS)
def test_every_word_stands_out(show, name, scheme):  # noqa: F811 - the fixture
    if name != "absent":
        assert_readable(show(cuda_page(CUDAS[name], details=True), scheme))


@pytest.mark.parametrize("name", CUDAS)
def test_a_narrow_window_needs_no_sideways_scrolling(show, name):  # noqa: F811 - the fixture
    shown = show(cuda_page(CUDAS[name], details=True), width=380)
    assert shown.evaluate("document.documentElement.scrollWidth") <= 380


def test_the_table_folds_in_a_narrow_window(show):  # noqa: F811 - the fixture
    heads = "getComputedStyle(document.querySelector('.eg-grid td'), '::before').content"
    assert show(cuda_page(WORKS)).evaluate(heads) == "none"
    assert show(cuda_page(WORKS), width=380).evaluate(heads) == '"asked of conda"'


def test_it_is_a_table_to_a_screen_reader(show):  # noqa: F811 - the fixture
    shown = show(cuda_page(WORKS))
    assert shown.get_by_role("heading", level=1, name="works CUDA in analysis", exact=True).count() == 1
    assert shown.get_by_role("table").get_by_role("columnheader").count() == 6
    assert [each.inner_text() for each in shown.get_by_role("rowheader").all()] == [
        "torch 2.5.1",
        "torchvision 0.20.1",
        "tensorflow 2.21.0",
    ]


@pytest.mark.parametrize("lab", LAB)
def test_in_jupyterlab(show, lab):  # noqa: F811 - the fixture
    output = f'<div class="jp-ThemedContainer"><div class="jp-RenderedHTMLCommon">{cuda_html(CPU_BUILD, details=True)}</div></div>'
    assert_readable(
        show(
            f'<!DOCTYPE html><style>:root {{ {LAB[lab]} }} {LAB_RULES}</style><body data-jp-theme-light="{lab}">{output}'
        )
    )


def test_nothing_hostile_runs(show):  # noqa: F811 - the fixture
    shown = show(cuda_page(HOSTILE, details=True))
    assert shown.title() != "owned"
    assert shown.evaluate("document.scripts.length") == 0
