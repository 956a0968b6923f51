"""Remarks on installs in the cells of a real JupyterLab and Notebook 7, their quick fixes, and stamps from elsewhere."""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING, Any

import pytest
from playwright.sync_api import Error as PlaywrightError
from playwright.sync_api import expect

from tests.browser.accessible import accessible
from tests.changes import undoing

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from playwright.sync_api import Locator

    from tests.browser.jupyter import Jupyter, Shown
    from tests.envs.scenarios import Scenario

Show = "Callable[[Jupyter], Shown]"
BOTH = pytest.mark.parametrize("app", ["lab", "notebook"])
NAME = "installs"
CELLS, STAMP = re.compile(r"/envguard/v1/cells(\?|$)"), re.compile(r"/envguard/v1/kernels/[^/]+/stamp(\?|$)")


@pytest.fixture
def app(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.fixture
def jupyter(request: pytest.FixtureRequest, app: str) -> Jupyter:
    found: Jupyter = request.getfixturevalue(app)
    return found


@pytest.fixture
def guarded(jupyter: Jupyter, scenario: Callable[..., Scenario], tmp_path: Path) -> Iterator[str]:
    """A kernel in an environment that conda alone has written, with conda and envguard in it."""
    found = scenario("clean", "conda")
    prefix = undoing.linked(found.prefix, tmp_path / "own")
    (prefix / "bin/conda").write_text("#!/bin/sh\n")
    (prefix / "bin/conda").chmod(0o755)
    package = prefix / found.site.relative_to(found.prefix) / "envguard"
    package.mkdir()
    (package / "__init__.py").touch()
    jupyter.kernelspec("guarded", prefix / "bin/python")
    yield "guarded"
    jupyter.forget("guarded")


class Cells:
    """The cells of an open notebook, as somebody sees them."""

    def __init__(self, shown: Shown, root: str = ".jp-Notebook") -> None:
        self.shown, self.page = shown, shown.page
        self.cells = shown.page.locator(f"{root} .jp-CodeCell")
        self.tooltip = shown.page.locator(".cm-tooltip-lint")

    def marks(self, cell: int) -> Locator:
        return self.cells.nth(cell).locator(".cm-lintRange")

    def source(self, cell: int) -> Locator:
        return self.cells.nth(cell).locator(".cm-content")

    def has(self, cell: int, *lines: str) -> None:
        """The cell has these lines."""
        expect(self.cells.nth(cell).locator(".cm-line")).to_have_text(list(lines))

    def hover(self, cell: int, look: Callable[[], None]) -> None:
        """Points at the first remark of a cell until `look` finds what it looks for: a new answer closes a tooltip."""
        expect(self.marks(cell).first).to_be_visible(timeout=15_000)
        for left in reversed(range(10)):
            self.page.mouse.move(5, 5)
            self.marks(cell).first.hover()
            try:
                return look()
            except (PlaywrightError, AssertionError):
                if not left:
                    raise
        return None

    def told(self, cell: int, *texts: str) -> None:
        """What the tooltip of a cell says."""
        self.hover(
            cell,
            lambda: expect(self.tooltip).to_contain_text(
                re.compile(".*".join(map(re.escape, texts)), re.DOTALL), timeout=2000
            ),
        )

    def button(self, name: str) -> Locator:
        return self.tooltip.get_by_role("button", name=re.compile(re.escape(name))).first

    def fix(self, cell: int, name: str) -> None:
        self.hover(cell, lambda: self.button(name).click(timeout=2000))

    def asked(self) -> list[str]:
        return [url for url in self.shown.asked if CELLS.search(url)]


def opened(jupyter: Jupyter, show: Any, kernel: str, *cells: str) -> Cells:
    jupyter.notebook(NAME, kernel, *cells)
    shown = show(jupyter)
    shown.open(NAME)
    return Cells(shown)


def test_what_is_typed_is_underlined_changed_to_the_magic_and_taken_back(lab: Jupyter, show: Show):
    cells = opened(lab, show, "sound", "print('hello')")
    expect(cells.source(0)).to_be_visible()
    assert cells.asked() == []
    cells.source(0).click()
    cells.page.keyboard.press("Control+A")
    cells.page.keyboard.type("!pip install six==1.16.0")
    cells.told(0, "info: ", "may install into another environment than the kernel's (EG600)", "here it would reach")
    cells.fix(0, "Change to %pip")
    cells.has(0, "%pip install six==1.16.0")
    expect(cells.marks(0)).to_have_count(0)
    cells.page.keyboard.press("Control+Z")
    cells.has(0, "!pip install six==1.16.0")
    expect(cells.marks(0)).to_have_count(1)


@pytest.mark.slow
@BOTH
def test_nothing_is_asked_of_cells_without_an_install(jupyter: Jupyter, show: Show, app: str):
    cells = opened(jupyter, show, "sound", "import numpy", "make_pipeline = 1")
    cells.source(1).click()
    cells.page.keyboard.press("End")
    cells.page.keyboard.type("\nxpip = 1")
    cells.has(1, "make_pipeline = 1", "xpip = 1")
    cells.shown.run("notebook:insert-cell-below")
    expect(cells.cells).to_have_count(3)
    assert cells.asked() == []
    cells.source(2).click()
    with cells.page.expect_response(CELLS) as reply:
        cells.page.keyboard.type("pip = 1")  # only a word, but the server is asked whether it is more
    told = reply.value.json()
    assert [each["remarks"] for each in told["cells"]] == [[]]
    assert len(cells.asked()) == 1
    expect(cells.page.locator(".cm-lintRange")).to_have_count(0)


@pytest.mark.slow
@BOTH
def test_conda_under_its_own_name_and_constraints(jupyter: Jupyter, show: Show, app: str, guarded: str):
    cells = opened(jupyter, show, guarded, "%pip install opencv-python", "%pip install flask")
    cells.fix(0, "Let conda install opencv")
    cells.has(0, "%conda install --yes opencv")
    cells.page.keyboard.press("Control+Z")
    cells.has(0, "%pip install opencv-python")
    cells.fix(1, "Protect conda's packages first")
    cells.has(1, "%load_ext envguard", "%envguard protect on", "%pip install flask")


@pytest.mark.slow
@BOTH
def test_what_is_installed_is_pinned(jupyter: Jupyter, show: Show, app: str, scenario: Callable[..., Scenario]):
    version = scenario("sound", "conda").run("import importlib.metadata as m; print(m.version('requests'))")
    cells = opened(jupyter, show, "sound", "%pip install requests")
    cells.fix(0, "Pin what is installed here")
    cells.has(0, f"%pip install requests=={version}")
    expect(cells.marks(0)).to_have_count(0)


@pytest.mark.slow
@BOTH
def test_what_is_ignored_has_a_reason_that_is_kept(jupyter: Jupyter, show: Show, app: str):
    cells = opened(jupyter, show, "sound", "!pip install six==1.16.0")
    cells.fix(0, "Ignore cell-shell-pip")
    dialog = cells.page.get_by_role("dialog")
    dialog.locator("input").fill("it is a demonstration")
    dialog.get_by_role("button", name="Ignore").click()
    expect(cells.marks(0)).to_have_count(0)
    cells.shown.run("docmanager:save")
    file = jupyter.notebooks / f"{NAME}.ipynb"
    expected = {"ignore": {"cell-shell-pip": "it is a demonstration"}}
    for _ in range(100):
        [cell] = json.loads(file.read_text())["cells"]
        if cell["metadata"].get("envguard") == expected:
            break
        cells.page.wait_for_timeout(100)
    assert cell["metadata"]["envguard"] == expected
    cells.page.reload()
    cells.shown.ready(NAME)
    with cells.page.expect_response(CELLS) as reply:
        cells.source(0).click()
        cells.page.keyboard.type(" ")
    assert [each["remarks"] for each in reply.value.json()["cells"]] == [[]]
    expect(cells.marks(0)).to_have_count(0)


@pytest.mark.slow
@BOTH
def test_conda_after_pip_is_about_two_cells(jupyter: Jupyter, show: Show, app: str):
    cells = opened(jupyter, show, "clean", "%pip install flask==3.0", "x = 1", "%conda install flask==3.0")
    cells.told(2, "comes after pip install flask==3.0", "cell 1, line 1")
    cells.source(0).click()
    cells.page.keyboard.press("Control+A")
    with cells.page.expect_response(CELLS) as reply:
        cells.page.keyboard.type("y = 2")
    [only] = reply.value.json()["cells"]
    assert [each["rule"] for each in only["remarks"]] == ["cell-magic-without-tool"]  # there is no conda to be started
    cells.told(2, "would fail in this kernel")


@pytest.mark.slow
def test_a_new_notebook_hears_late_that_it_is_python(lab: Jupyter, show: Show):
    shown = show(lab)
    shown.open(None)
    shown.run("notebook:create-new", kernelName="sound")
    cells = Cells(shown)
    expect(cells.source(0)).to_be_visible()
    cells.source(0).click()
    shown.page.keyboard.type("!pip install six==1.16.0")
    expect(cells.marks(0)).to_have_count(1)


@pytest.mark.slow
def test_a_notebook_without_a_kernel_and_one_whose_kernel_has_died(lab: Jupyter, show: Show):
    cells = opened(lab, show, "sound", "!pip install six==1.16.0")
    cells.told(0, "here it would reach the kernel's")
    cells.shown.run("kernelmenu:shutdown")
    expect(cells.page.get_by_text("No Kernel").first).to_be_visible()
    expect(cells.marks(0)).to_have_class(re.compile("cm-lintRange-warning"))
    cells.told(0, "the PATH decides which pip that is")


@pytest.mark.slow
def test_a_console(lab: Jupyter, show: Show):
    shown = show(lab)
    shown.open(None)
    shown.run("console:create", kernelPreference={"name": "clean"}, activate=True)
    prompt = shown.page.locator(".jp-CodeConsole-input .cm-content")
    expect(prompt).to_be_visible()
    shown.type_into_prompt("!pip install six==1.16.0")
    cells = Cells(shown, ".jp-CodeConsole-input")
    cells.told(0, "EG600")
    expect(cells.button("Ignore")).to_have_count(0)  # which nothing would keep
    cells.fix(0, "Change to %pip")
    expect(prompt).to_have_text("%pip install six==1.16.0")


@pytest.mark.slow
@BOTH
def test_by_the_keyboard_alone(jupyter: Jupyter, show: Show, app: str):
    cells = opened(jupyter, show, "clean", "x = 1", "!pip install six==1.16.0", "y = 2", "!pip install flask==3.0")
    expect(cells.marks(1)).to_have_count(1)
    cells.source(0).click()
    cells.page.keyboard.press("Alt+F8")
    panel = cells.page.locator(".cm-panel-lint")
    expect(cells.cells.nth(1).locator(".cm-panel-lint")).to_contain_text("EG600")
    expect(panel.get_by_role("option")).to_contain_text("Alt Shift F8: what can be done about it")
    expect(cells.tooltip).to_have_count(0)  # it would lie upon the list
    accessible(cells.page, ".cm-panel-lint")
    cells.page.keyboard.press("Alt+Shift+F8")  # from the list, whose options hold no buttons
    menu = cells.page.locator(".lm-Menu.jp-eg-Fixes")
    expect(menu.get_by_role("menuitem")).to_contain_text(["Change to %pip", "Ignore cell-shell-pip"])
    cells.page.keyboard.press("Escape")
    expect(menu).to_have_count(0)
    cells.page.keyboard.press("Escape")
    expect(panel).to_have_count(0)
    cells.page.keyboard.press("Alt+F8")
    expect(cells.cells.nth(3).locator(".cm-panel-lint")).to_contain_text("EG600")
    cells.page.keyboard.press("Escape")
    cells.page.keyboard.press("Alt+Shift+F8")
    expect(menu).to_be_visible()
    accessible(cells.page, ".lm-Menu.jp-eg-Fixes")
    cells.page.keyboard.press("Enter")
    cells.has(3, "%pip install flask==3.0")
    expect(menu).to_have_count(0)


@pytest.mark.slow
def test_switched_off(lab: Jupyter, show: Show):
    file = lab.folder / "settings/@jupyter-envguard/labextension/diagnostics.jupyterlab-settings"
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text('{"enabled": false}')
    try:
        cells = opened(lab, show, "clean", "!pip install six==1.16.0")
        cells.source(0).click()
        cells.page.keyboard.press("End")
        cells.page.keyboard.type(" # x")
        cells.has(0, "!pip install six==1.16.0 # x")
        cells.page.wait_for_timeout(1500)  # three times what it waits for the next key; of nothing there is no sign
        assert cells.asked() == []
        expect(cells.marks(0)).to_have_count(0)
        cells.shown.run("docmanager:save")
        file.unlink()
        cells.page.reload()
        cells.shown.ready(NAME)
        expect(cells.marks(0)).to_have_count(1)
    finally:
        file.unlink(missing_ok=True)


def stamped(jupyter: Jupyter, kernel: str, versions: dict[str, str], *cells: str) -> None:
    jupyter.notebook(NAME, kernel, *cells)
    file = jupyter.notebooks / f"{NAME}.ipynb"
    told = json.loads(file.read_text())
    packages = {name: {"distribution": name, "version": version, "by": "conda"} for name, version in versions.items()}
    told["metadata"]["envguard"] = {"schema": 1, "python": None, "platform": "linux-64", "packages": packages}
    file.write_text(json.dumps(told))


@pytest.mark.slow
@BOTH
def test_a_stamp_from_elsewhere_is_told_once(jupyter: Jupyter, show: Show, app: str):
    stamped(jupyter, "clean", {"requests": "1.0", "numpy": "0.1", "gone": "3"}, "import requests, gone")
    shown = show(jupyter)
    shown.open(NAME)
    note = shown.page.locator(".Toastify__toast", has_text="was stamped in another environment")
    expect(note).to_contain_text("2 differences")
    note.get_by_role("button", name="Show").click()
    dialog = shown.page.get_by_role("dialog")
    expect(dialog).to_contain_text("requests was 1.0 where it was stamped")
    expect(dialog).to_contain_text("gone is imported, and clean does not have it")
    expect(dialog).not_to_contain_text("numpy")
    dialog.get_by_role("button", name="Close").click()
    asked = [url for url in shown.asked if STAMP.search(url)]
    assert len(asked) == 1


@pytest.mark.slow
def test_a_stamp_that_makes_no_difference_says_nothing(lab: Jupyter, show: Show, scenario: Callable[..., Scenario]):
    version = scenario("clean", "conda").run("import importlib.metadata as m; print(m.version('requests'))")
    stamped(lab, "clean", {"requests": version, "numpy": "0.1"}, "import requests")
    shown = show(lab)
    with shown.page.expect_response(STAMP) as reply:
        shown.open(NAME)
    assert reply.value.json()["remarks"] == []
    expect(shown.page.locator(".Toastify__toast")).to_have_count(0)
