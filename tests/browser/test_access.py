"""What is shown can be used by everybody: axe-core finds nothing serious in any state and theme, and the keyboard goes everywhere."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
from playwright.sync_api import expect

from envguard import api, demo
from envguard.render.html import page as report_page
from envguard.render.timeline_html import timeline_page
from tests.browser.accessible import accessible, violations
from tests.browser.test_lab import THEMES
from tests.render.reports import REPORTS

if TYPE_CHECKING:
    from pathlib import Path

    from playwright.sync_api import Browser

    from tests.browser.jupyter import Jupyter, Shown

Show = "Callable[[Jupyter], Shown]"
PANEL, STATUS = "#jp-envguard-panel", ".jp-eg-Status"


def test_axe_finds_what_is_wrong(browser: Browser):
    page = browser.new_page()
    page.set_content("<html lang=en><title>x</title><main id=x><img src=y></main><main id=z><p>fine</p></main>")
    assert any(each.startswith("critical: image-alt:") for each in violations(page, "#x"))
    with pytest.raises(AssertionError, match="image-alt"):
        accessible(page, "#x")
    accessible(page, "#z")
    with pytest.raises(AssertionError, match="is not on the page"):
        accessible(page, "#nowhere")
    page.close()


@pytest.mark.slow
@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_the_pages(browser: Browser, scheme: str, tmp_path: Path):
    demo.build(tmp_path / "demo")
    told = [report_page(each, details=True) for each in REPORTS.values()]
    told += [report_page(api.inspect(tmp_path / "demo")), timeline_page(api.history(tmp_path / "demo"))]
    context = browser.new_context(color_scheme=scheme)  # type: ignore[arg-type]
    page = context.new_page()
    for each in told:
        page.set_content(each)
        accessible(page, "html")
    context.close()


@pytest.mark.slow
def test_the_panel_with_all_of_a_report(lab: Jupyter, show: Show):
    shown = show(lab)
    shown.open("broken")
    shown.show()
    for title in ("pieces of evidence", "about this rule", "How it came to be", "CUDA", "Before you install"):
        shown.unfold(title)
    for title in ("Take an install back", "rules could not decide"):
        shown.unfold(title)
    shown.panel.locator(".jp-eg-Event-head").last.click()
    expect(shown.panel.get_by_text("loading …")).to_have_count(0, timeout=60_000)
    for name in THEMES:
        shown.theme(name)
        accessible(shown.page, PANEL, STATUS)
    shown.panel.get_by_role("button", name="Table").click()
    accessible(shown.page, PANEL)


@pytest.mark.slow
def test_the_panel_in_its_other_states(lab: Jupyter, show: Show):
    shown = show(lab)
    shown.open(None)
    shown.run("envguard:open")
    expect(shown.panel.get_by_role("heading", name="No notebook is open")).to_be_visible()
    accessible(shown.page, PANEL)
    lab.notebook("kernelless", None, "1")
    shown.run("docmanager:open", path="kernelless.ipynb")
    shown.page.get_by_role("dialog").get_by_role("button", name="No Kernel").click()
    expect(shown.panel.get_by_role("heading", name="No kernel")).to_be_visible()
    accessible(shown.page, PANEL)
    shown.switch("sound")
    shown.settled()
    accessible(shown.page, PANEL, STATUS)
    shown.page.route("**/envguard/v1/**", lambda route: route.fulfill(status=404, body="<html>no such page</html>"))
    shown.panel.get_by_role("button", name="Check again").click()
    shown.switch("broken")
    expect(shown.panel.get_by_role("heading", name="envguard is not in the server")).to_be_visible(timeout=60_000)
    for name in THEMES:
        shown.theme(name)
        accessible(shown.page, PANEL, STATUS)


@pytest.mark.slow
def test_every_control_of_the_panel_is_reached_by_the_keyboard(lab: Jupyter, show: Show):
    shown = show(lab)
    shown.open("broken")
    panel = shown.show()
    panel.get_by_role("button", name="Check again").focus()
    seen, steps = {_here(shown)}, 0
    while steps < 200:
        steps += 1
        shown.page.keyboard.press("Tab")
        here = _here(shown)
        if here is None:
            break
        assert shown.page.evaluate(_SHOWS_FOCUS), here
        seen.add(here)
    assert steps < 200
    wanted = panel.evaluate(_REACHABLE)
    assert len(wanted) > 10
    assert [each for each in wanted if each not in seen] == []


@pytest.mark.slow
def test_the_focus_stays_where_its_control_goes_away(lab: Jupyter, show: Show):
    shown = show(lab)
    shown.page.route("**/report*", lambda route: route.fulfill(json=_many(route.fetch().json())))
    shown.open("broken")
    panel, press = shown.show(), shown.page.keyboard.press
    again = panel.get_by_role("button", name="Check again")
    again.focus()
    press("Enter")
    shown.settled()
    expect(again).to_be_focused()
    panel.get_by_role("button", name="more findings").focus()
    press("Enter")
    expect(panel.get_by_role("article").nth(20)).to_be_focused()
    shown.run("envguard:forecast")
    field = panel.get_by_label("What would this command do?")
    expect(field).to_be_focused()
    shown.page.keyboard.insert_text("pip install six==1.16.0")
    press("Enter")
    cancel = panel.get_by_role("button", name="Cancel")
    cancel.focus()
    press("Enter")
    expect(cancel).to_have_count(0)
    expect(panel.locator("summary", has_text="Before you install")).to_be_focused()


def _many(told: dict[str, Any]) -> dict[str, Any]:
    """The same answer with so many findings that not all are shown at first."""
    [first, *_] = told["report"]["findings"]
    findings = [{**first, "fingerprint": str(number)} for number in range(25)]
    return {**told, "report": {**told["report"], "findings": findings}}


_MARK = """(element) => {
  window.egMarks = window.egMarks || new Map();
  if (!window.egMarks.has(element)) window.egMarks.set(element, `${window.egMarks.size} ${element.outerHTML.slice(0, 120)}`);
  return window.egMarks.get(element);
}"""
_SHOWS_FOCUS = """() => {
  const style = getComputedStyle(document.activeElement);
  return style.outlineStyle !== 'none' || style.boxShadow !== 'none';
}"""
_REACHABLE = f"""(panel) => {{
  const mark = {_MARK};
  return [...panel.querySelectorAll('button, summary, input, textarea, select, a[href], [tabindex="0"]')]
    .filter((each) => !each.disabled && each.tabIndex >= 0 && each.checkVisibility()).map(mark);
}}"""


def _here(shown: Shown) -> str | None:
    """The control of the panel that has the focus; None outside of it."""
    found: str | None = shown.page.evaluate(
        f"() => document.activeElement.closest('#jp-envguard-panel') ? ({_MARK})(document.activeElement) : null"
    )
    return found
