"""The HTML in a real browser: what is really drawn, in both themes, and what really runs."""

from __future__ import annotations

import pytest

from envguard.render.diff_html import comparison_page
from envguard.render.html import html, page
from envguard.render.timeline_html import timeline_fold, timeline_html, timeline_page
from tests.require import require

from .reports import BROKEN, HOSTILE, HURT, REPORTS, STRAINED
from .timelines import COMPARISONS, TIMELINES

CONTRASTS = """() => {
  const rgba = (color) => {
    const parts = color.match(/[\\d.]+/g).map(Number);
    return parts.length === 4 ? parts : [...parts, 1];
  };
  const over = (top, below) => [0, 1, 2].map((i) => top[i] * top[3] + below[i] * (1 - top[3]));
  const behind = (element) => {
    if (!element) return [255, 255, 255];
    const color = rgba(getComputedStyle(element).backgroundColor);
    return color[3] === 1 ? color.slice(0, 3) : over(color, behind(element.parentElement));
  };
  const light = (color) => {
    const [r, g, b] = color.map((c) => c / 255).map((c) => (c <= 0.04045 ? c / 12.92 : ((c + 0.055) / 1.055) ** 2.4));
    return 0.2126 * r + 0.7152 * g + 0.0722 * b;
  };
  const told = [];
  for (const element of document.querySelectorAll('.envguard-report *:not(style)')) {
    const words = [...element.childNodes].filter((node) => node.nodeType === 3).map((node) => node.data).join('').trim();
    if (!words) continue;
    const back = behind(element);
    const front = over(rgba(getComputedStyle(element).color), back);
    const [high, low] = [light(front), light(back)].sort((a, b) => b - a);
    told.push({ words: words.slice(0, 40), kind: element.className, ratio: (high + 0.05) / (low + 0.05) });
  }
  return told;
}"""

# The colours of JupyterLab's own themes, as its theme packages set them on :root.
LAB = {
    "true": "--jp-layout-color0: white; --jp-content-font-color1: rgba(0, 0, 0, 0.87)",
    "false": "--jp-layout-color0: #111111; --jp-content-font-color1: rgba(255, 255, 255, 1)",
}

# As heavy as the heaviest of JupyterLab's rules for what stands in an output, with colours of both its themes.
LAB_RULES = """
.jp-ThemedContainer .jp-RenderedHTMLCommon pre, .jp-ThemedContainer .jp-RenderedHTMLCommon code { color: #777; padding: 0 }
.jp-ThemedContainer .jp-RenderedHTMLCommon :not(pre) > code { background-color: #777; padding: 1px 5px }
.jp-RenderedHTMLCommon ul:not(.list-inline) { padding-left: 2em }
.jp-RenderedHTMLCommon p { margin: 0; margin-bottom: 1em }
"""


@pytest.fixture(scope="module")
def browser():
    path = require("chromium")
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        chromium = playwright.chromium.launch(
            executable_path=path, args=["--no-sandbox", "--disable-dev-shm-usage", "--disable-gpu"]
        )
        yield chromium
        chromium.close()


@pytest.fixture
def show(browser):
    pages = []

    def open_page(markup: str, scheme: str = "light", width: int = 1000):
        pages.append(browser.new_page(viewport={"width": width, "height": 800}, color_scheme=scheme))
        pages[-1].set_content(markup)
        return pages[-1]

    yield open_page
    for each in pages:
        each.close()


def assert_readable(shown) -> None:
    told = shown.evaluate(CONTRASTS)
    assert len(told) > 5
    assert not [each for each in told if each["ratio"] < 4.5]


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("name", REPORTS)
def test_every_word_stands_out_from_its_background(show, name, scheme):
    assert_readable(show(page(REPORTS[name], details=True), scheme))


@pytest.mark.parametrize("lab", LAB)
@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_in_jupyterlab_its_theme_decides_not_the_system(show, lab, scheme):
    output = (
        f'<div class="jp-ThemedContainer"><div class="jp-RenderedHTMLCommon">{html(STRAINED, details=True)}</div></div>'
    )
    style = f"<style>:root {{ {LAB[lab]} }} {LAB_RULES}</style>"
    shown = show(f'<!DOCTYPE html>{style}<body data-jp-theme-light="{lab}">{output}', scheme)
    assert_readable(shown)
    report = shown.locator(".envguard-report")
    assert report.evaluate("e => getComputedStyle(e).colorScheme") == {"true": "light", "false": "dark"}[lab]


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_the_two_themes_differ(show, scheme):
    back = show(page(BROKEN), scheme).evaluate("getComputedStyle(document.body).backgroundColor")
    assert back == {"light": "rgb(255, 255, 255)", "dark": "rgb(21, 24, 28)"}[scheme]


def test_nothing_hostile_runs_or_leaves_the_page(browser):
    context = browser.new_context()
    asked = []
    context.route("**/*", lambda route: (asked.append(route.request.url), route.abort()))
    shown = context.new_page()
    shown.set_content(page(HOSTILE, details=True))
    assert shown.title() != "owned"
    assert shown.title().endswith("envguard")
    assert shown.evaluate("document.scripts.length") == 0
    assert shown.locator("[onerror], [onclick], a, img, iframe").count() == 0
    assert asked == []
    context.close()


@pytest.mark.parametrize("name", REPORTS)
def test_a_narrow_window_needs_no_sideways_scrolling(show, name):
    shown = show(page(REPORTS[name], details=True), width=380)
    assert shown.evaluate("document.documentElement.scrollWidth") <= 380


def test_a_screen_reader_finds_its_way(show):
    shown = show(page(STRAINED))
    assert shown.get_by_role("heading", level=1).inner_text().split() == ["!", "strained", "base"]
    assert shown.get_by_role("heading", level=2).all_inner_texts() == ["Do this first", "Findings", "Good to know"]
    assert shown.get_by_role("heading", level=3).count() == 2
    assert shown.get_by_role("region", name="envguard report on base").count() == 1
    # The symbol beside the word is not read out.
    assert shown.get_by_role("heading", name="strained base", exact=True).count() == 1


def test_evidence_unfolds_by_keyboard(show):
    shown = show(page(BROKEN))
    evidence = shown.locator(".eg-evidence").first
    assert not evidence.locator("li").first.is_visible()
    evidence.locator("summary").focus()
    shown.keyboard.press("Enter")
    assert evidence.locator("li").first.is_visible()


def test_a_command_is_copied_whole(show):
    shown = show(page(BROKEN), width=380)
    code = shown.locator("pre code").first
    code.click()
    assert (
        shown.evaluate("getSelection().toString()")
        == "/opt/conda/envs/analysis/bin/python -m pip uninstall --yes numpy"
    )


def test_reasons_are_there_when_unfolded(show):
    shown = show(page(HURT))
    shown.get_by_text("11 problems met while reading").click()
    assert shown.get_by_text("not JSON: line 11").is_visible()


OTHER_PAGES = {
    **{f"timeline {name}": lambda told=told: timeline_page(told) for name, told in TIMELINES.items() if told.events},
    **{f"diff {name}": lambda told=told: comparison_page(told) for name, told in COMPARISONS.items()},
}


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("name", OTHER_PAGES)
def test_timelines_and_comparisons_are_readable(show, name, scheme):
    assert_readable(show(OTHER_PAGES[name](), scheme))


@pytest.mark.parametrize("name", OTHER_PAGES)
def test_timelines_and_comparisons_fit_a_narrow_window(show, name):
    assert show(OTHER_PAGES[name](), width=380).evaluate("document.documentElement.scrollWidth") <= 380


def test_the_timeline_is_a_table_to_a_screen_reader(show):
    shown = show(timeline_page(TIMELINES["mixed"]))
    table = shown.get_by_role("table")
    assert [each.inner_text() for each in table.get_by_role("columnheader").all()] == [
        "when",
        "conda",
        "pip and others",
    ]
    assert table.get_by_role("rowheader").count() == len(TIMELINES["mixed"].events)
    assert table.get_by_role("row", name="conda after pip").count() == 2


def test_the_keys_go_from_event_to_event_with_the_place_in_sight(show):
    told = TIMELINES["remembered"]
    shown = show(timeline_page(told))
    seen = []
    for _ in told.events:
        shown.keyboard.press("Tab")
        seen.append(shown.evaluate("document.activeElement.innerText.slice(0, 10)"))
        assert shown.evaluate("getComputedStyle(document.activeElement).outlineStyle") == "solid"
    assert seen == [event.when[:10] for event in told.events]


def test_the_history_below_a_report_unfolds_by_keyboard(show):
    shown = show(timeline_fold(TIMELINES["remembered"]))
    assert not shown.get_by_role("table").is_visible()
    shown.keyboard.press("Tab")
    shown.keyboard.press("Enter")
    assert shown.get_by_role("table").is_visible()
    assert shown.get_by_text("can be taken back: envguard undo").is_visible()
    assert_readable(shown)


@pytest.mark.parametrize("lab", LAB)
def test_the_timeline_in_jupyterlab(show, lab):
    rules = ".jp-RenderedHTMLCommon table { font-size: 9px; margin-left: auto } .jp-RenderedHTMLCommon td { text-align: right; background: #777; max-width: none }"
    output = f'<div class="jp-ThemedContainer"><div class="jp-RenderedHTMLCommon">{timeline_html(TIMELINES["mixed"])}</div></div>'
    shown = show(
        f'<!DOCTYPE html><style>:root {{ {LAB[lab]} }} {LAB_RULES} {rules}</style><body data-jp-theme-light="{lab}">{output}'
    )
    assert_readable(shown)
    assert shown.locator(".eg-event td").first.evaluate("e => getComputedStyle(e).textAlign") == "start"
