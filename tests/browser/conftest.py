"""A browser, one JupyterLab and one Notebook 7 for each module, and the environments that their kernels run in."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from tests.browser.jupyter import Shown, serve
from tests.require import absent, look

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from playwright.sync_api import Browser

    from tests.browser.jupyter import Jupyter
    from tests.envs.scenarios import Scenario

KERNELS = {"clean": "clean", "sound": "sound", "broken": "s1"}
"""Kernelspec -> scenario."""
_NOT_OURS = (
    "Cannot read properties of undefined (reading 'schema')",  # Notebook 7.6, on each of its pages
    "Cannot read properties of null (reading 'promise')",  # JupyterLab 4.6, when all notebooks are closed at once
    "Error: Canceled future for create_subshell_request",  # JupyterLab 4.6, when a kernel ends that has just begun
)


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    """$CHROMIUM, else the system's Chromium, else the one that `playwright install chromium` has brought.

    For one module, as an event loop runs in this thread until Playwright ends, beside which no other test can have its own.
    """
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        path = os.environ.get("CHROMIUM") or look("chromium")[0]
        if path is None and not Path(playwright.chromium.executable_path).exists():
            absent("chromium", "no Chromium in $CHROMIUM, on PATH, or from `playwright install chromium`")
        options = ["--no-sandbox", "--disable-dev-shm-usage", "--disable-gpu"]
        chromium = playwright.chromium.launch(executable_path=path, args=options)
        yield chromium
        chromium.close()


@pytest.fixture(scope="module")
def lab(tmp_path_factory: pytest.TempPathFactory, scenario: Callable[..., Scenario]) -> Iterator[Jupyter]:
    """A JupyterLab with a kernel in each environment."""
    with serve("lab", tmp_path_factory.mktemp("lab")) as jupyter:
        _kernels(jupyter, scenario)
        yield jupyter


@pytest.fixture(scope="module")
def notebook(tmp_path_factory: pytest.TempPathFactory, scenario: Callable[..., Scenario]) -> Iterator[Jupyter]:
    """A Notebook 7 with the same."""
    with serve("notebook", tmp_path_factory.mktemp("notebook")) as jupyter:
        _kernels(jupyter, scenario)
        yield jupyter


def _kernels(jupyter: Jupyter, scenario: Callable[..., Scenario]) -> None:
    for name, story in KERNELS.items():
        jupyter.kernelspec(name, scenario(story, "conda").python)
        jupyter.notebook(name, name, "1 + 1")


@pytest.fixture
def show(browser: Browser, request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Callable[[Jupyter], Shown]]:
    """A page of a server; of a test that failed its picture is kept, and after each no kernel is left."""
    shown: list[Shown] = []

    def open_page(jupyter: Jupyter) -> Shown:
        context = browser.new_context(
            viewport={"width": 1360, "height": 860}, permissions=["clipboard-read", "clipboard-write"]
        )
        shown.append(Shown(jupyter, context))
        return shown[-1]

    yield open_page
    for each in shown:
        each.page.screenshot(path=str(tmp_path / "page.png"))
        each.page.context.close()
        each.jupyter.end_kernels()
        assert [error for error in each.errors if not error.startswith(_NOT_OURS)] == []
