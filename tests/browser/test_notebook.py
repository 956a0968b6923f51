"""The panel in a real Notebook 7: no shell of JupyterLab's, no status bar, and a sidebar of its own."""

from __future__ import annotations

import shutil
from typing import TYPE_CHECKING

import pytest
from playwright.sync_api import expect

from tests.browser.test_lab import Own, look

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from tests.browser.jupyter import Jupyter
    from tests.envs.scenarios import Scenario

Show = "Callable[[Jupyter], Shown]"


@pytest.mark.slow
def test_nothing_is_asked_before_the_panel_is_open_and_then_it_is_told(notebook: Jupyter, show: Show):
    shown = show(notebook)
    shown.open("broken")
    assert shown.asked == []
    look(shown, "broken")


@pytest.mark.slow
@pytest.mark.parametrize("name", ["clean", "sound"])
def test_an_environment_that_is_sound(notebook: Jupyter, show: Show, name: str):
    shown = show(notebook)
    shown.open(name)
    look(shown, name)


@pytest.mark.slow
def test_a_busy_kernel_delays_nothing(notebook: Jupyter, show: Show):
    """The first report on a kernel that runs a cell, which ends only after the report has come."""
    end = notebook.busy("busy", "broken")
    shown = show(notebook)
    shown.open("broken")
    shown.show()  # the files have been read once
    shown.open("busy")
    shown.run("notebook:run-cell")
    expect(shown.page.locator(".jp-InputArea-prompt", has_text="[*]:")).to_be_visible()
    shown.run("envguard:open")
    expect(shown.panel.get_by_role("heading", level=2)).to_have_text("broken")
    shown.settled("busy", "broken")
    expect(shown.panel.get_by_role("region", name="The kernel is busy")).to_be_visible()
    end.touch()
    shown.settled("live", "broken")


@pytest.mark.slow
def test_the_page_of_files_has_no_panel(notebook: Jupyter, show: Show):
    shown = show(notebook)
    shown.open(None)
    expect(shown.panel).to_have_count(0)
    assert shown.asked == []


@pytest.mark.slow
def test_the_menu_opens_the_panel(notebook: Jupyter, show: Show):
    shown = show(notebook)
    shown.open("sound")
    shown.page.get_by_role("menuitem", name="Kernel").click()
    shown.page.get_by_role("menuitem", name="Show the Environment Panel").click()
    shown.settled(verdict="handed over to pip")


@pytest.mark.slow
def test_a_fix_is_inserted_and_run(notebook: Jupyter, show: Show, scenario: Callable[..., Scenario], tmp_path: Path):
    mine = Own(notebook, scenario("sound", "conda"), tmp_path, "leftover")
    shutil.copytree(mine.site / "six-1.16.0.dist-info", mine.site / "six-1.15.0.dist-info")
    metadata = mine.site / "six-1.15.0.dist-info" / "METADATA"
    metadata.write_text(metadata.read_text().replace("1.16.0", "1.15.0"))
    shown = show(notebook)
    shown.open("leftover")
    first = shown.show().get_by_role("region", name="Do this first")
    first.get_by_role("button", name="Insert as cell").click()
    shown.run("notebook:run-cell")
    expect(shown.panel.get_by_role("article").filter(has_text="claim six")).to_have_count(0)
    assert not metadata.exists()
    notebook.forget("leftover")


@pytest.mark.slow
def test_a_command_is_run_in_a_terminal_beside(
    notebook: Jupyter, show: Show, scenario: Callable[..., Scenario], tmp_path: Path
):
    mine = Own(notebook, scenario("sound", "conda"), tmp_path, "terminal")
    shutil.copytree(mine.site / "six-1.16.0.dist-info", mine.site / "six-1.15.0.dist-info")
    metadata = mine.site / "six-1.15.0.dist-info" / "METADATA"
    metadata.write_text(metadata.read_text().replace("1.16.0", "1.15.0"))
    shown = show(notebook)
    shown.open("terminal")
    first = shown.show().get_by_role("region", name="Do this first")
    first.get_by_role("button", name="Run in terminal…").click()
    with shown.page.context.expect_page() as opened:
        shown.page.get_by_role("dialog").get_by_role("button", name="Run").click()
    expect(opened.value.locator(".jp-Terminal")).to_be_visible()
    for _ in range(300):
        if not metadata.exists():
            break
        shown.page.wait_for_timeout(100)
    assert not metadata.exists()
    notebook.forget("terminal")
