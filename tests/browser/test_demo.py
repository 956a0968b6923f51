"""`envguard demo --lab` as a person meets it: started, opened in a browser, and run from top to bottom."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from playwright.sync_api import expect

from tests.test_demo_lab import started

if TYPE_CHECKING:
    from pathlib import Path

    from playwright.sync_api import Browser

RUN = "() => { void window.jupyterapp.commands.execute('notebook:run-all-cells'); }"


@pytest.mark.slow
def test_all_cells_run_in_the_browser(browser: Browser, tmp_path: Path):
    with started(folder=tmp_path) as (url, _):
        page = browser.new_page(viewport={"width": 1280, "height": 900})
        page.set_default_timeout(120_000)
        page.goto(url)
        page.wait_for_function("() => window.jupyterapp !== undefined")
        expect(page.get_by_role("heading", name="A damaged environment, and the way back")).to_be_visible(
            timeout=60_000
        )
        page.wait_for_function(
            "() => window.jupyterapp.shell.currentWidget?.sessionContext?.kernelDisplayStatus === 'idle'"
        )
        page.evaluate(RUN)
        # the last cell has run, and none of those that are drawn as one scrolls was left out
        page.wait_for_function(
            """() => {
              const cells = window.jupyterapp.shell.currentWidget.content.model.cells;
              const code = [...cells].filter((each) => each.type === 'code');
              return code.every((each) => each.executionState === 'idle' && each.executionCount !== null);
            }"""
        )
        outputs = page.evaluate(
            """() => [...window.jupyterapp.shell.currentWidget.content.model.cells]
              .filter((each) => each.type === 'code').map((each) => JSON.stringify(each.outputs.toJSON()))"""
        )
        assert "✗ broken" in outputs[1]
        assert "CellNotRun" in outputs[5]
        assert "✓ repaired" in outputs[10]
        assert "[1, 9]" in outputs[12]
        assert not [each for each in outputs if "this is a bug of envguard" in each]
        page.close()
