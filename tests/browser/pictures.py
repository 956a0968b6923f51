"""Draws the pictures of the README: `python -m tests.browser.pictures FOLDER`, after a look at which they are committed.

The environments are told anew, below a folder that is nobody's in particular.
"""

from __future__ import annotations

import contextlib
import re
import shutil
import sys
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING

from playwright.sync_api import expect, sync_playwright

from envguard.demo import kernel, living
from tests.browser.jupyter import ANOTHER, Shown, serve
from tests.envs import scenarios
from tests.require import look

if TYPE_CHECKING:
    from collections.abc import Iterator

    from playwright.sync_api import Browser, Route

SCREENS = Path(__file__).with_name("screens")
_CELLS = ("import numpy as np\nimport pandas as pd\nfrom scipy import optimize", "np.__version__")
_ASKS = "@jupyter-envguard/labextension:installs"
"""What asks before the kernel says its line."""
_SEED = "import numpy as np\nrng = np.random.default_rng(7)\nrng.normal(size=5)"


def channel(route: Route) -> None:
    """The channel of the tests is a folder of this machine; a reader's is conda-forge."""
    reply = route.fetch()
    told = re.sub(r"file:///[^\" ]*?/channels/\w+", "conda-forge", reply.text())
    route.fulfill(response=reply, body=told)


def empty(folder: Path) -> Path:
    """The folder without what another picture has left there."""
    shutil.rmtree(folder, ignore_errors=True)
    return folder


def draw(home: Path) -> None:
    """Draws those of the side panel."""
    SCREENS.mkdir(exist_ok=True)
    with serve("lab", Path(tempfile.mkdtemp())) as jupyter, _browser() as browser:
        for name, story in (("analysis", "s1"), ("course", "s0"), ("report", "sound")):
            told = scenarios.tell(story, "conda", empty(home / name), alone=True)
            jupyter.kernelspec(name, told.python)
            jupyter.notebook(name, name, *(_CELLS if name == "analysis" else (_SEED,)))
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


def tour(home: Path) -> None:
    """Draws the guided notebook, and the panel in a notebook."""
    SCREENS.mkdir(exist_ok=True)
    with serve("lab", Path(tempfile.mkdtemp())) as jupyter, _browser() as browser:
        alive = living.build(empty(home / "tour"))
        kernel.write(alive, jupyter.folder / "data" / "kernels")
        (jupyter.notebooks / kernel.GUIDE).write_bytes(kernel.guide())
        jupyter.notebook("panel", kernel.NAME, "%load_ext envguard\n%envpanel")
        shown = Shown(jupyter, browser.new_context(viewport={"width": 1180, "height": 760}))

        shown.open("guide")
        shown.run("filebrowser:toggle-main")
        for cell in (2, 4):
            shown.select(cell)
            shown.run("notebook:run-cell")
        expect(shown.page.locator(".envguard-report").first).to_be_visible(timeout=60_000)
        shown.page.locator(".jp-Cell").nth(1).evaluate("e => e.scrollIntoView()")
        picture(shown, "guide")

        shown.open("panel")
        shown.select(0)
        shown.run("notebook:run-cell")
        panel = shown.page.locator(".envguard-panel")
        panel.get_by_role("checkbox", name="warnings").click(timeout=60_000)
        panel.get_by_role("button", name="Commands to copy").click()
        panel.get_by_role("button", name="Repair…").click()
        expect(panel.get_by_role("button", name="Really repair it")).to_be_visible(timeout=60_000)
        panel.locator("article").first.evaluate("e => e.scrollIntoView()")
        picture(shown, "widget")


def magics(home: Path) -> None:
    """Draws what the magics say in a notebook: the report, and the line before an install."""
    ours = f"import sys\nsys.path.append({str(Path(__file__).parents[2])!r})"
    with serve("lab", Path(tempfile.mkdtemp()), disabled=(ANOTHER, _ASKS)) as jupyter, _browser() as browser:
        cells = {
            "analysis": ("s1", ("%load_ext envguard\n%envcheck",)),
            "work": (
                "clean",
                (
                    "%load_ext envguard\nimport numpy",
                    "!pip install -q --root-user-action ignore numpy==2.3.5",
                    "%envguard",
                ),
            ),
        }
        for name, (story, sources) in cells.items():
            told = scenarios.tell(story, "conda", empty(home / name), alone=True)
            for record in (home / name / "conda-meta").glob("*.json"):
                record.write_text(re.sub(r'file:///[^" ]*?/channels/\w+', "conda-forge", record.read_text()))
            jupyter.kernelspec(name, told.python, before=ours)
            jupyter.notebook(name, name, *sources)
        shown = Shown(jupyter, browser.new_context(viewport={"width": 1000, "height": 1050}))
        shown.open("analysis")
        shown.run("filebrowser:toggle-main")
        shown.run("notebook:run-cell")
        expect(shown.page.locator(".envguard-report")).to_be_visible(timeout=60_000)
        picture(shown, "notebook")

        shown.page.set_viewport_size({"width": 1000, "height": 620})
        shown.open("work")
        shown.run("filebrowser:toggle-main")
        shown.run("notebook:run-all-cells")
        expect(shown.page.get_by_text("tells what can be set")).to_be_visible(timeout=120_000)
        shown.page.locator(".jp-Cell").first.evaluate("e => e.scrollIntoView()")
        picture(shown, "guard")


def asked(home: Path) -> None:
    """Draws what stands before an install: the remark while it is typed, and the dialog before it runs."""
    with serve("lab", Path(tempfile.mkdtemp())) as jupyter, _browser() as browser:
        told = scenarios.tell("clean", "conda", empty(home / "report"), alone=True)
        jupyter.kernelspec("report", told.python)
        jupyter.notebook("report", "report", "import numpy as np", "!pip install numpy==2.3.5")
        context = browser.new_context(viewport={"width": 980, "height": 560})
        context.route("**/envguard/v1/**", channel)
        shown = Shown(jupyter, context)
        shown.open("report")
        shown.run("filebrowser:toggle-main")
        shown.page.wait_for_timeout(500)
        shown.page.locator(".cm-lintRange-warning").first.hover(timeout=60_000)
        expect(shown.page.locator(".cm-tooltip-lint")).to_contain_text("EG603", timeout=60_000)
        picture(shown, "remark", at=None)

        shown.select(1)
        shown.run("notebook:run-cell")
        expect(shown.page.get_by_role("dialog")).to_contain_text("numpy", timeout=60_000)
        picture(shown, "dialog")


@contextlib.contextmanager
def _browser() -> Iterator[Browser]:
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(
            executable_path=look("chromium")[0], args=["--no-sandbox", "--disable-dev-shm-usage", "--disable-gpu"]
        )
        yield browser
        browser.close()


def picture(shown: Shown, name: str, at: tuple[int, int] | None = (300, 600)) -> None:
    """Draws one, the mouse out of the way, or where it is."""
    if at is not None:
        shown.page.mouse.move(*at)
    shown.page.wait_for_timeout(1200)
    shown.page.screenshot(path=str(SCREENS / f"{name}.png"))


if __name__ == "__main__":
    magics(Path(sys.argv[1]))
    tour(Path(sys.argv[1]))
    asked(Path(sys.argv[1]))
    draw(Path(sys.argv[1]))
