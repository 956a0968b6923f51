"""Draws the pictures of the README: `python -m tests.browser.pictures`, after a look at which they are committed.

The environments are told anew, below a folder that is nobody's in particular.
"""

from __future__ import annotations

import re
import sys
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING

from playwright.sync_api import expect, sync_playwright

from tests.browser.jupyter import Shown, serve
from tests.envs import scenarios
from tests.require import look

if TYPE_CHECKING:
    from playwright.sync_api import Route

SCREENS = Path(__file__).with_name("screens")
_CELLS = ("import numpy as np\nimport pandas as pd\nfrom scipy import optimize", "np.__version__")
_SEED = "import numpy as np\nrng = np.random.default_rng(7)\nrng.normal(size=5)"


def channel(route: Route) -> None:
    """The channel of the tests is a folder of this machine; a reader's is conda-forge."""
    reply = route.fetch()
    told = re.sub(r"file:///[^\" ]*?/channels/\w+", "conda-forge", reply.text())
    route.fulfill(response=reply, body=told)


def draw(home: Path) -> None:
    """Draws all of them."""
    SCREENS.mkdir(exist_ok=True)
    with serve("lab", Path(tempfile.mkdtemp())) as jupyter, sync_playwright() as playwright:
        for name, story in (("analysis", "s1"), ("course", "s0"), ("report", "sound")):
            told = scenarios.tell(story, "conda", home / name, alone=True)
            jupyter.kernelspec(name, told.python)
            jupyter.notebook(name, name, *(_CELLS if name == "analysis" else (_SEED,)))
        browser = playwright.chromium.launch(
            executable_path=look("chromium")[0], args=["--no-sandbox", "--disable-dev-shm-usage", "--disable-gpu"]
        )
        context = browser.new_context(viewport={"width": 1180, "height": 760})
        context.route("**/envguard/v1/**", channel)
        shown = Shown(jupyter, context)

        shown.open("analysis")
        shown.show()
        shown.run("filebrowser:toggle-main")
        shown.page.wait_for_timeout(500)
        shown.width(420)
        picture(shown, "broken")

        shown.open("course")
        shown.show()
        shown.run("filebrowser:toggle-main")
        shown.page.wait_for_timeout(500)
        shown.width(420)
        shown.theme("JupyterLab Dark")
        shown.panel.locator(".jp-eg-Event-head").last.click()
        shown.panel.locator("summary", has_text="How it came to be").evaluate("e => e.scrollIntoView()")
        shown.panel.evaluate("e => e.scrollBy(0, -150)")
        picture(shown, "history")

        shown.open("report")
        shown.theme("JupyterLab Light")
        shown.show()
        shown.run("filebrowser:toggle-main")
        shown.page.wait_for_timeout(500)
        shown.width(420)
        shown.run("envguard:forecast")
        field = shown.panel.get_by_label("What would this command do?")
        field.fill("pip install requests==2.28.0")
        field.press("Enter")
        expect(shown.panel.get_by_role("status", name="forecast")).to_be_visible(timeout=120_000)
        shown.panel.locator(".jp-eg-mod-forecast > summary").scroll_into_view_if_needed()
        shown.panel.locator(".jp-eg-mod-forecast").evaluate("e => e.scrollIntoView()")
        picture(shown, "forecast")
        browser.close()


def picture(shown: Shown, name: str) -> None:
    """Draws one, the mouse out of the way."""
    shown.page.mouse.move(300, 600)
    shown.page.wait_for_timeout(1200)
    shown.page.screenshot(path=str(SCREENS / f"{name}.png"))


if __name__ == "__main__":
    draw(Path(sys.argv[1]))
