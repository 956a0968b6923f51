"""`%envpanel` in a real JupyterLab and a real Notebook 7, and what a saved notebook keeps of it."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from typing import TYPE_CHECKING

import pytest
from playwright.sync_api import expect

from envguard import api
from envguard.demo import kernel, living
from envguard.model import Verdict
from tests.browser.accessible import accessible
from tests.browser.jupyter import serve

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from playwright.sync_api import Browser, Locator

    from tests.browser.jupyter import App, Jupyter, Shown

pytestmark = pytest.mark.skipif(os.name == "nt", reason="an environment that runs is made on Linux and macOS only")
Show = "Callable[[Jupyter], Shown]"
PANEL = ".envguard-panel"
CELLS = "%load_ext envguard\n%envpanel"
SOON = 60_000
"""Milliseconds for what a kernel answers, on a machine with much else to do."""


@pytest.fixture(scope="module", params=["lab", "notebook"])
def place(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Jupyter]:
    """A server with a kernel that has ipywidgets and envguard, in an environment that pip has damaged."""
    app: App = request.param
    folder = tmp_path_factory.mktemp(app)
    alive = living.build(folder / "alive")
    with serve(app, folder / "jupyter") as jupyter:
        kernel.write(alive, jupyter.folder / "data" / "kernels")
        jupyter.notebook("panel", kernel.NAME, CELLS, "6 * 7")
        yield jupyter


def opened(shown: Shown) -> Locator:
    """The panel below the first cell."""
    shown.open("panel")
    shown.select(0)
    shown.run("notebook:run-cell")
    panel = shown.page.locator(PANEL)
    expect(panel.get_by_role("button", name="Check again")).to_be_visible(timeout=SOON)
    return panel


def prefix(jupyter: Jupyter) -> Path:
    return jupyter.folder.parent / "alive" / "demo"


@pytest.mark.slow
def test_all_of_it_by_the_keyboard(place: Jupyter, show: Show):
    shown = show(place)
    panel = opened(shown)
    keys = shown.page.keyboard
    panel.get_by_role("button", name="Check again").focus()
    keys.press("Enter")
    expect(panel.get_by_text("ms.")).to_contain_text("Checked at", timeout=SOON)
    keys.press("Tab")
    expect(panel.get_by_role("button", name="Check every file")).to_be_focused()
    keys.press("Enter")
    expect(panel.get_by_text("every file of conda's packages included")).to_be_visible(timeout=SOON)
    keys.press("Tab")
    for name in ("errors", "warnings", "good to know"):
        expect(panel.get_by_role("checkbox", name=name)).to_be_focused()
        if name == "errors":
            keys.press("Space")
            expect(panel.get_by_text("1 finding is not shown, as you have chosen")).to_be_visible(timeout=SOON)
        keys.press("Tab")
    expect(panel.get_by_label("with the words")).to_be_focused()
    keys.type("eg132")
    expect(panel.get_by_text("2 findings are not shown, as you have chosen")).to_be_visible(timeout=SOON)
    expect(panel.get_by_role("article")).to_have_count(1)
    panel.get_by_role("button", name="Commands to copy").focus()
    keys.press("Enter")
    first = panel.get_by_label("in a terminal").first
    expect(first).to_be_visible(timeout=SOON)
    command = first.input_value()
    for _ in range(10):
        keys.press("Tab")
        if first.evaluate("e => e === document.activeElement"):
            break
    assert first.evaluate("e => e.value.slice(e.selectionStart, e.selectionEnd)") == command
    keys.press("Control+c")
    assert shown.page.evaluate("navigator.clipboard.readText()") == command


@pytest.mark.slow
def test_repair_takes_two_clicks(place: Jupyter, show: Show):
    shown = show(place)
    panel = opened(shown)
    panel.get_by_role("button", name="Repair…").click()
    leave, really = (panel.get_by_role("button", name=name) for name in ("Cancel", "Really repair it"))
    expect(really).to_be_visible(timeout=SOON)
    expect(leave).to_be_focused(timeout=SOON)
    shown.page.keyboard.press("Enter")
    expect(really).to_be_hidden(timeout=SOON)
    assert api.inspect(prefix(place), process=None).verdict is Verdict.BROKEN
    panel.get_by_role("button", name="Repair…").click()
    really.click(timeout=SOON)
    expect(panel.locator(".eg-verdict").first).to_contain_text("sound", timeout=SOON)
    assert api.inspect(prefix(place), process=None).verdict is Verdict.SOUND
    panel.get_by_role("button", name="Take the last change back…").click()
    panel.get_by_role("button", name="Really take it back").click(timeout=SOON)
    expect(panel.locator(".eg-verdict").first).to_contain_text("broken", timeout=SOON)
    assert api.inspect(prefix(place), process=None).verdict is Verdict.BROKEN


@pytest.mark.slow
def test_everybody_can_use_it_in_both_themes_and_at_every_width(place: Jupyter, show: Show):
    shown = show(place)
    panel = opened(shown)
    panel.get_by_role("button", name="Commands to copy").click()
    panel.get_by_role("button", name="Look at CUDA").click()
    expect(panel.get_by_text("Driver and GPUs")).to_be_visible(timeout=SOON)
    panel.get_by_role("button", name="Repair…").click()
    expect(panel.get_by_role("button", name="Really repair it")).to_be_visible(timeout=SOON)
    for name in ("JupyterLab Light", "JupyterLab Dark"):
        shown.theme(name)
        accessible(shown.page, PANEL)
    for pixels in (560, 1400):
        shown.page.set_viewport_size({"width": pixels, "height": 900})
        sizes = panel.evaluate("e => [e.clientWidth, e.scrollWidth]")
        assert sizes[1] <= sizes[0] + 1, pixels


@pytest.mark.slow
def test_a_saved_notebook_tells_it_all_without_a_kernel(browser: Browser, tmp_path: Path):
    """As JupyterLab saves it, which by default keeps no state of widgets, and as nbconvert then shows it."""
    alive = living.build(tmp_path / "alive")
    kernel.write(alive, tmp_path / "jupyter/kernels")
    told = {
        "nbformat": 4,
        "nbformat_minor": 5,
        "metadata": {"kernelspec": {"name": kernel.NAME, "display_name": "x", "language": "python"}},
        "cells": [
            {"cell_type": "code", "id": "a", "metadata": {}, "source": CELLS, "outputs": [], "execution_count": None}
        ],
    }
    (tmp_path / "saved.ipynb").write_text(json.dumps(told))
    env = {**os.environ, "JUPYTER_PATH": str(tmp_path / "jupyter")}
    stateless = "--NotebookClient.store_widget_state=False"
    for step in (("--to", "notebook", "--execute", "--inplace", stateless), ("--to", "html")):
        command = [sys.executable, "-m", "nbconvert", "saved.ipynb", *step]
        subprocess.run(command, cwd=tmp_path, env=env, check=True, capture_output=True)
    (output,) = json.loads((tmp_path / "saved.ipynb").read_text())["cells"][0]["outputs"]
    assert {"text/html", "text/plain"} < set(output["data"])
    page = browser.new_context(offline=True, java_script_enabled=False).new_page()
    page.goto((tmp_path / "saved.html").as_uri(), wait_until="domcontentloaded")
    expect(page.locator(".envguard-report").first).to_contain_text("parts of it cannot work as they are")
    expect(page.locator("pre", has_text="-m pip uninstall --yes gridmath").first).to_be_visible()
    page.locator("summary", has_text="All of its history").click()
    expect(page.locator(".eg-lanes")).to_contain_text("hand-over")
    page.context.close()
