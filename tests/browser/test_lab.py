"""The panel in a real JupyterLab, beside real kernels in real environments."""

from __future__ import annotations

import re
import shutil
import subprocess
import sys
import time
from typing import TYPE_CHECKING

import pytest
from playwright.sync_api import expect

from envguard import home
from tests.changes import undoing
from tests.render.test_browser import CONTRASTS

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from tests.browser.jupyter import Jupyter, Shown
    from tests.envs.scenarios import Scenario

Show = "Callable[[Jupyter], Shown]"

LOOKS = {
    "clean": ("sound", "check", "conda only"),
    "sound": ("handed over to pip", "arrow", "first conda, then pip"),
    "broken": ("broken", "cross", "first conda, then pip"),
}


def look(shown: Shown, name: str) -> None:
    """What is to be seen in one second, and what stands below it."""
    word, shape, phase = LOOKS[name]
    panel = shown.show()
    expect(panel.get_by_role("heading", level=2)).to_have_text(word)
    headline = panel.locator(".jp-eg-Headline")
    assert headline.locator(".jp-eg-Sign").get_attribute("data-shape") == shape
    expect(headline).to_contain_text(phase)
    expect(headline).to_contain_text("files and running kernel")
    if name == "broken":
        first = panel.get_by_role("region", name="Do this first")
        expect(first).to_contain_text("-m pip uninstall --yes numpy")
        expect(panel.get_by_role("article").first).to_contain_text("pip's numpy 2.3.5 replaced conda's numpy 1.26.4")
        expect(panel.get_by_role("article").first).to_contain_text("2.3.5 is outside the range of scipy")
    else:
        expect(panel.get_by_role("article")).to_have_count(0)
        expect(headline).to_contain_text("no findings")


def test_nothing_is_asked_before_a_notebook_is_open_and_then_it_is_told(lab: Jupyter, show: Show):
    shown = show(lab)
    shown.open(None)
    shown.run("envguard:open")
    expect(shown.panel.get_by_role("heading", name="No notebook is open")).to_be_visible()
    assert shown.asked == []
    shown.switch("broken")
    look(shown, "broken")
    status = shown.page.locator(".jp-eg-Status")
    expect(status).to_have_text(re.compile(r"^\s*s1 · broken\s*$"))
    expect(status.get_by_role("button", name="envguard: s1 is broken: open the environment panel")).to_be_visible()


@pytest.mark.slow
@pytest.mark.parametrize("name", ["clean", "sound"])
def test_an_environment_that_is_sound(lab: Jupyter, show: Show, name: str):
    shown = show(lab)
    shown.open(name)
    look(shown, name)


@pytest.mark.slow
def test_the_panel_follows_the_notebook(lab: Jupyter, show: Show):
    shown = show(lab)
    shown.open("broken")
    look(shown, "broken")
    shown.switch("sound")
    shown.settled(verdict="handed over to pip")
    shown.switch("broken")
    # what was known stands there at once
    expect(shown.panel.get_by_role("heading", level=2)).to_have_text("broken", timeout=1000)
    shown.page.evaluate("() => window.jupyterapp.commands.execute('docmanager:save-all')")
    shown.run("application:close-all")
    expect(shown.panel.get_by_role("heading", name="No notebook is open")).to_be_visible()


@pytest.mark.slow
def test_a_console_is_followed_too(lab: Jupyter, show: Show):
    shown = show(lab)
    shown.open("broken")
    shown.show()
    shown.run("console:create", kernelPreference={"name": "sound"}, activate=True)
    shown.settled(verdict="handed over to pip")


@pytest.mark.slow
def test_a_kernel_without_envguard(lab: Jupyter, show: Show):
    lab.notebook("without", "broken", "import importlib.util\nprint(importlib.util.find_spec('envguard'))")
    shown = show(lab)
    shown.open("without")
    look(shown, "broken")
    shown.run("notebook:run-cell")
    expect(shown.page.locator(".jp-OutputArea-output")).to_have_text("None\n")


@pytest.mark.slow
def test_a_busy_kernel_delays_nothing(lab: Jupyter, show: Show):
    """A browser that knows nothing yet, and a kernel that does not answer before all is told."""
    end = lab.busy("busy", "broken")
    shown = show(lab)
    shown.open("busy")
    shown.show()
    asked = time.monotonic()
    shown.run("notebook:run-cell")
    while lab.ask(f"api/kernels/{lab.kernel('busy')}")["execution_state"] != "busy":  # what has not left is not run
        assert time.monotonic() - asked < 60
        time.sleep(0.1)
    shown.page.reload()
    shown.restored()
    with shown.page.expect_response(re.compile(r"/report\?\d+$")) as told:
        shown.run("envguard:open")
    assert told.value.json()["report"]["verdict"] == "broken"
    shown.settled("live", "broken")  # what it has said before still holds
    shown.panel.get_by_role("button", name="Check again").click()
    shown.settled("busy", "broken")
    expect(shown.panel.get_by_role("region", name="The kernel is busy")).to_be_visible()
    end.touch()
    shown.settled("live", "broken")


@pytest.mark.slow
def test_a_kernel_that_dies(lab: Jupyter, show: Show):
    lab.notebook("dying", "sound", "import os\nos._exit(1)")
    shown = show(lab)
    shown.open("dying")
    shown.show()
    shown.asked.clear()
    shown.run("notebook:run-cell")
    dialog = shown.page.get_by_role("dialog")
    expect(dialog).to_contain_text("appears to have died")
    dialog.get_by_role("button", name="Ok").click()
    end = time.monotonic() + 60  # JupyterLab may not hear that the new one is idle
    while not shown.asked:
        assert time.monotonic() < end
        shown.page.wait_for_timeout(100)
    shown.settled()
    lab.ask(f"api/kernels/{lab.kernel('dying')}", "DELETE")
    # JupyterLab looks from time to time which kernels there are
    expect(shown.panel).to_contain_text(re.compile("The kernel has died|No kernel"), timeout=60_000)


@pytest.mark.slow
def test_a_kernel_is_restarted_after_a_question(lab: Jupyter, show: Show):
    lab.notebook("stale", "sound", "import tabulate")
    shown = show(lab)
    shown.open("stale")
    shown.show()
    # as if something had been installed while it ran
    shown.page.route(
        "**/report*",
        lambda route: route.fulfill(json=_restart(route.fetch().json())),
    )
    shown.panel.get_by_role("button", name="Check again").click()
    notice = shown.panel.get_by_role("region", name="Restart the kernel")
    expect(notice).to_contain_text("tabulate 0.9.0 is loaded")
    shown.page.unroute_all(behavior="wait")
    before = lab.ask(f"api/kernels/{lab.kernel('stale')}")
    notice.get_by_role("button", name="Restart kernel…").click()
    shown.page.get_by_role("dialog").get_by_role("button", name="Confirm Kernel Restart").click()
    expect(notice).to_have_count(0)
    assert lab.ask(f"api/kernels/{lab.kernel('stale')}")["last_activity"] != before["last_activity"]


def _restart(told: dict) -> dict:
    said = "tabulate 0.9.0 is loaded, and 0.8 is on disk"
    restart = {"needed": True, "names": ["tabulate"], "says": [{"id": said, "args": {}, "text": said}]}
    return {**told, "report": {**told["report"], "restart": restart}}


class Own:
    """An environment of a test's own, with a kernel in it."""

    def __init__(self, jupyter: Jupyter, found: Scenario, folder: Path, name: str) -> None:
        self.prefix = undoing.linked(found.prefix, folder / name)
        self.site = self.prefix / found.site.relative_to(found.prefix)
        self.python = self.prefix / "bin/python"
        self.wheels = undoing.wheels(folder / "wheels")
        self.environ = undoing.environ(self.prefix, PYTHONDONTWRITEBYTECODE="1")
        jupyter.kernelspec(name, self.python)
        jupyter.notebook(name, name, "import tabulate")

    def call(self, *words: str) -> None:
        subprocess.run(words, env=self.environ, check=True, capture_output=True)


@pytest.fixture
def own(lab: Jupyter, scenario: Callable[..., Scenario], tmp_path: Path) -> Iterator[Callable[[str], Own]]:
    made: list[str] = []

    def make(name: str) -> Own:
        made.append(name)
        return Own(lab, scenario("sound", "conda"), tmp_path, name)

    yield make
    for name in made:
        lab.forget(name)


@pytest.mark.slow
def test_a_fix_is_inserted_and_run_and_the_panel_sees_it(lab: Jupyter, show: Show, own: Callable[[str], Own]):
    mine = own("leftover")
    shutil.copytree(mine.site / "six-1.16.0.dist-info", mine.site / "six-1.15.0.dist-info")
    metadata = mine.site / "six-1.15.0.dist-info" / "METADATA"
    metadata.write_text(metadata.read_text().replace("1.16.0", "1.15.0"))
    shown = show(lab)
    shown.open("leftover")
    panel = shown.show()
    expect(panel.get_by_role("article").filter(has_text="metadata folders claim six")).to_be_visible()
    first = panel.get_by_role("region", name="Do this first")
    first.get_by_role("button", name="Insert as cell").click()
    cells = shown.page.locator(".jp-CodeCell")
    expect(cells).to_have_count(2)
    expect(cells.nth(1)).to_contain_text(f"!rm -r {mine.site}/six-1.15.0.dist-info")
    assert metadata.exists()  # inserted, not run
    shown.run("notebook:run-cell")
    expect(panel.get_by_role("article").filter(has_text="claim six")).to_have_count(0)
    assert not metadata.exists()


@pytest.mark.slow
def test_an_install_is_taken_back(lab: Jupyter, show: Show, own: Callable[[str], Own]):
    mine = own("undone")
    pip = (str(mine.python), "-m", "pip")
    home.make(mine.prefix, undo=True)
    command = (*pip, "install", *undoing.links(mine.wheels), "-q", "gizmo==2.0")
    mine.call(sys.executable, "-m", "envguard", "protect", "--", *command)
    assert (mine.site / "gizmo-2.0.dist-info").exists()
    shown = show(lab)
    shown.open("undone")
    shown.show()
    fold = shown.unfold("Take an install back (1)")
    fold.get_by_role("button", name="Take back…").click()
    plan = fold.get_by_role("region", name="What taking back would do")
    expect(plan).to_contain_text("gizmo")
    expect(plan).to_contain_text("files go")
    assert (mine.site / "gizmo-2.0.dist-info").exists()
    plan.get_by_role("button", name="Take it back").click()
    done = shown.panel.get_by_role("status", name="taken back")
    expect(done).to_contain_text("every path is as it was before")
    assert not (mine.site / "gizmo-2.0.dist-info").exists()
    shown.settled()
    expect(shown.panel.locator("summary", has_text="Take an install back")).to_have_text("Take an install back")


@pytest.mark.slow
def test_a_forecast_is_asked_for_by_keyboard(lab: Jupyter, show: Show, own: Callable[[str], Own]):
    mine = own("foretold")
    shown = show(lab)
    shown.open("foretold")
    shown.show()
    shown.run("envguard:forecast")
    expect(shown.panel.get_by_label("What would this command do?")).to_be_focused()
    shown.page.keyboard.insert_text(f"pip install {' '.join(undoing.links(mine.wheels))} gizmo==2.0")
    shown.page.keyboard.press("Enter")
    told = shown.panel.get_by_role("status", name="forecast")
    expect(told).to_contain_text("harmless", timeout=60_000)
    expect(told).to_contain_text("new: gizmo 2.0")
    assert not (mine.site / "gizmo-2.0.dist-info").exists()
    told.locator("..").get_by_role("button", name="Close").click()
    expect(told).to_have_count(0)


@pytest.mark.slow
def test_cuda_and_a_rule_are_told_when_they_are_unfolded(lab: Jupyter, show: Show):
    shown = show(lab)
    shown.open("broken")
    shown.show()
    assert not [each for each in shown.asked if "/cuda" in each or "/rules" in each]
    expect(shown.unfold("CUDA")).to_contain_text("Driver and GPUs")
    expect(shown.unfold("about this rule pip-overwrote-conda")).to_contain_text("Why it matters:")
    expect(shown.unfold("rules could not decide")).to_contain_text("package-cache-damaged")


@pytest.mark.slow
def test_the_history_is_walked_by_keyboard_and_stands_in_a_table(lab: Jupyter, show: Show):
    shown = show(lab)
    shown.open("sound")
    shown.show()
    events = shown.panel.locator(".jp-eg-Event-head")
    expect(events).to_have_count(2)
    expect(shown.panel.get_by_text("hand-over: pip installs from here on")).to_be_visible()
    events.first.focus()
    shown.page.keyboard.press("ArrowDown")
    expect(events.nth(1)).to_be_focused()
    assert events.nth(1).evaluate("e => getComputedStyle(e).outlineStyle") == "solid"
    shown.page.keyboard.press("Enter")
    expect(events.nth(1)).to_have_attribute("aria-expanded", "true")
    expect(shown.panel.locator(".jp-eg-Whole")).to_contain_text("tabulate 0.9.0")
    shown.page.keyboard.press("Home")
    expect(events.first).to_be_focused()
    shown.panel.get_by_role("button", name="Table").click()
    table = shown.panel.get_by_role("table")
    assert [each.inner_text() for each in table.get_by_role("columnheader").all()] == [
        "when",
        "conda",
        "pip and others",
    ]
    expect(table.get_by_role("row")).to_have_count(3)


# a colour that is mixed is told as color(srgb 0.1 0.2 0.3), which a canvas makes the usual one
_RGBA = """const canvas = document.createElement('canvas').getContext('2d', { willReadFrequently: true });
  const rgba = (color) => {
    canvas.clearRect(0, 0, 1, 1);
    canvas.fillStyle = color;
    canvas.fillRect(0, 0, 1, 1);
    const [r, g, b, a] = canvas.getImageData(0, 0, 1, 1).data;
    return [r, g, b, a / 255];
  };
  const over ="""
READABLE = re.sub(r"const rgba = .*?const over =", lambda _: _RGBA, CONTRASTS, flags=re.DOTALL).replace(
    ".envguard-report *:not(style)", "#jp-envguard-panel *:not(svg *):not([aria-disabled])"
)
THEMES = ["JupyterLab Light", "JupyterLab Dark", "JupyterLab Dark High Contrast"]


@pytest.mark.slow
def test_every_theme_is_readable_at_every_width(lab: Jupyter, show: Show):
    shown = show(lab)
    shown.open("broken")
    shown.show()
    for title in ("pieces of evidence", "CUDA", "Before you install"):
        shown.unfold(title)
    backs = set()
    for name in THEMES:
        shown.theme(name)
        backs.add(shown.panel.evaluate("e => getComputedStyle(e).backgroundColor"))
        told = shown.page.evaluate(READABLE)
        assert len(told) > 30
        assert [each for each in told if each["ratio"] < 4.5] == [], name
    assert len(backs) >= 2
    shown.theme(THEMES[0])
    for pixels in (250, 420, 700):
        shown.width(pixels)
        sizes = shown.panel.evaluate("e => [e.clientWidth, e.scrollWidth]")
        assert abs(sizes[0] - pixels) < 20
        assert sizes[1] <= sizes[0], pixels


@pytest.mark.slow
def test_markup_in_a_package_is_text(lab: Jupyter, show: Show, own: Callable[[str], Own]):
    mine = own("hostile")
    evil = "<img src=x onerror=alert(1)>"
    told = f"Metadata-Version: 2.1\nName: {evil}\nVersion: 1.0\nSummary: {evil}\nRequires-Dist: six<1\n"
    for version in ("1.0", "2.0"):
        folder = mine.site / f"{evil}-{version}.dist-info"
        folder.mkdir()
        (folder / "METADATA").write_text(told.replace("1.0", version))
        (folder / "RECORD").write_text(f"{evil}/x.py,,\n")
        (folder / "INSTALLER").write_text("pip\n")
    shown = show(lab)
    alarms: list[str] = []
    shown.page.on("dialog", lambda dialog: (alarms.append(dialog.message), dialog.dismiss()))
    shown.open("hostile")
    panel = shown.show()
    expect(panel).to_contain_text(evil)
    folded = panel.locator("details:not([open]) > summary")
    while folded.count():
        folded.first.click()
    assert panel.locator("img, script, iframe, [onerror]").count() == 0
    assert alarms == []


@pytest.mark.slow
def test_without_its_server_the_panel_says_what_to_do(lab: Jupyter, show: Show):
    shown = show(lab)
    shown.page.route("**/envguard/v1/**", lambda route: route.fulfill(status=404, body="<html>no such page</html>"))
    shown.open("sound")
    shown.run("envguard:open")
    expect(shown.panel.get_by_role("heading", name="envguard is not in the server")).to_be_visible()
    shown.page.unroute_all(behavior="wait")
    shown.panel.get_by_role("button", name="Try again").click()
    shown.settled(verdict="handed over to pip")


@pytest.mark.slow
def test_a_command_is_copied_and_run_in_a_terminal(lab: Jupyter, show: Show, own: Callable[[str], Own]):
    mine = own("terminal")
    shutil.copytree(mine.site / "six-1.16.0.dist-info", mine.site / "six-1.15.0.dist-info")
    metadata = mine.site / "six-1.15.0.dist-info" / "METADATA"
    metadata.write_text(metadata.read_text().replace("1.16.0", "1.15.0"))
    shown = show(lab)
    shown.open("terminal")
    first = shown.show().get_by_role("region", name="Do this first")
    command = f"rm -r {mine.site}/six-1.15.0.dist-info"
    first.get_by_role("button", name="Copy").click()
    expect(first.get_by_role("button", name="Copied")).to_be_visible()
    assert shown.page.evaluate("navigator.clipboard.readText()") == command
    first.get_by_role("button", name="Run in terminal…").click()
    dialog = shown.page.get_by_role("dialog")
    expect(dialog).to_contain_text(command)
    dialog.get_by_role("button", name="Cancel").click()
    assert lab.ask("api/terminals") == []
    first.get_by_role("button", name="Run in terminal…").click()
    dialog.get_by_role("button", name="Run").click()
    for _ in range(300):
        if not metadata.exists():
            break
        shown.page.wait_for_timeout(100)
    assert not metadata.exists()
    for each in lab.ask("api/terminals"):
        lab.ask(f"api/terminals/{each['name']}", "DELETE")


@pytest.mark.slow
def test_the_shortcut_opens_the_panel_and_the_layout_comes_back(lab: Jupyter, show: Show):
    shown = show(lab)
    shown.open("sound")
    assert not shown.panel.is_visible()
    shown.page.keyboard.press("Alt+Shift+E")
    expect(shown.panel).to_be_visible()
    shown.settled()
    for left in reversed(range(300)):  # JupyterLab saves the layout a second after the last change
        if _saved_right(shown) == "jp-envguard-panel":
            break
        assert left
        shown.page.wait_for_timeout(100)
    shown.page.reload()
    expect(shown.panel).to_be_visible(timeout=60_000)
    shown.settled()


def _saved_right(shown: Shown) -> str | None:
    """What stands open on the right in the layout that the server keeps of this workspace."""
    name = shown.page.url.partition("/workspaces/")[2].partition("/")[0].partition("?")[0]
    every = shown.jupyter.ask("lab/api/workspaces")["workspaces"]["values"]
    kept = [each["data"] for each in every if each["metadata"]["id"] == name]
    return kept[0].get("layout-restorer:data", {}).get("right", {}).get("current") if kept else None
