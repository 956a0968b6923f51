"""Before and after a cell that installs, in a real JupyterLab and Notebook 7: the dialog, the run, and the way back."""

from __future__ import annotations

import re
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from playwright.sync_api import expect

from tests.browser.accessible import accessible
from tests.browser.jupyter import ANOTHER, serve
from tests.changes import undoing
from tests.require import absent

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from playwright.sync_api import Locator

    from tests.browser.jupyter import Jupyter, Shown
    from tests.envs.scenarios import Scenario

Show = "Callable[[Jupyter], Shown]"
INSTALL = "%pip install -q -U six"
"""By which pip puts six 1.99 over conda's 1.16.0."""
SETTINGS = """async ([name, value]) => {
  const app = window.jupyterapp;
  const tokens = [...app.pluginRegistry._services.keys()];
  const registry = await app.resolveRequiredService(tokens.find(each => each.name.endsWith(':ISettingRegistry')));
  await registry.set('@jupyter-envguard/labextension:installs', name, value);
}"""
PATIENT = """const timeout = window.setTimeout;
window.setTimeout = (run, wait, ...rest) => timeout(run, wait === 3000 ? 60000 : wait, ...rest);"""
"""A cell waits three seconds for the server; a machine that runs all tests at once may need more."""
GUARD = f"sys.path.append({str(Path(__file__).parents[2])!r})"


class Mine:
    """An environment of a test's own with conda's six, and a kernel in it whose pip finds nothing but a newer one."""

    def __init__(self, jupyter: Jupyter, found: Scenario, folder: Path, name: str, before: str = "") -> None:
        self.prefix = undoing.linked(found.prefix, folder / name)
        self.site = self.prefix / found.site.relative_to(found.prefix)
        wheels = folder / "wheels"
        undoing.wheel(wheels, "six", "1.99", {"six.py": "__version__ = '1.99'\n"})
        undoing.wheel(wheels, "extra", "1.0", {"extra.py": ""})
        pip = {"PIP_NO_INDEX": "1", "PIP_FIND_LINKS": str(wheels), "PIP_ROOT_USER_ACTION": "ignore"}
        jupyter.kernelspec(name, self.prefix / "bin/python", before=before, env=pip)
        self.name = jupyter.notebook(name, name, INSTALL, "print('after')")

    @property
    def six(self) -> list[str]:
        """What pip would list."""
        return sorted(each.name for each in self.site.glob("six-*.dist-info"))

    @property
    def is_as_before(self) -> bool:
        return self.six == ["six-1.16.0.dist-info"]


Make = "Callable[..., Mine]"


@pytest.fixture(params=["lab", "notebook"])
def app(request: pytest.FixtureRequest) -> Jupyter:
    """JupyterLab, and Notebook 7."""
    found: Jupyter = request.getfixturevalue(request.param)
    return found


@pytest.fixture
def mine(scenario: Callable[..., Scenario], tmp_path: Path) -> Iterator[Make]:
    made: list[tuple[Jupyter, str]] = []

    def make(jupyter: Jupyter, name: str, before: str = "") -> Mine:
        made.append((jupyter, name))
        return Mine(jupyter, scenario("sound", "conda"), tmp_path, name, before)

    yield make
    for jupyter, name in made:
        jupyter.forget(name)


@pytest.fixture
def settings(lab: Jupyter) -> Iterator[Callable[[Shown, str, object], None]]:
    """Sets one of ours; after the test they are what they were."""
    yield lambda shown, name, value: shown.page.evaluate(SETTINGS, [name, value])
    (lab.folder / "settings/@jupyter-envguard/labextension/installs.jupyterlab-settings").unlink()


def opened(show: Show, jupyter: Jupyter, notebook: str) -> Shown:
    """A page with a notebook, in which a cell waits for as long as the server takes."""
    shown: Shown = show(jupyter)
    shown.page.add_init_script(PATIENT)
    shown.open(notebook)
    return shown


def dialog(shown: Shown) -> Locator:
    """The dialog, once it is there and takes keys."""
    found = shown.page.get_by_role("dialog")
    expect(found).to_contain_text("six", timeout=60_000)
    expect(found.get_by_role("button", name="Cancel", exact=True)).to_be_focused()
    return found


def press(shown: Shown, button: str) -> None:
    """Presses a button of the dialog, which then goes."""
    found = dialog(shown)
    found.get_by_role("button", name=button, exact=True).click()
    expect(found).to_have_count(0)


def prompts(shown: Shown) -> list[str]:
    """What stands before each cell."""
    return shown.page.locator(".jp-CodeCell .jp-InputPrompt").all_inner_texts()


def ended(shown: Shown, *told: str) -> None:
    """Waits until these stand before the cells."""
    shown.page.wait_for_function(
        "told => JSON.stringify([...document.querySelectorAll('.jp-CodeCell .jp-InputPrompt')].map(e => e.innerText)) === told",
        arg=str(list(told)).replace("'", '"').replace(", ", ","),
        timeout=60_000,
    )


def asked(shown: Shown) -> list[str]:
    """What was asked of the server for the sake of installs."""
    return [each for each in shown.asked if re.search(r"/installs|/jobs", each)]


def notice(shown: Shown, told: str) -> Locator:
    """A notification that says this."""
    found = shown.page.get_by_role("alert").filter(has_text=told)
    expect(found).to_be_visible(timeout=60_000)
    return found


def test_a_cell_without_an_installer_is_not_looked_at(lab: Jupyter, show: Show):
    lab.notebook("plain", "clean", "1 + 1", "print('no pipes here')")
    shown = show(lab)
    shown.open("plain")
    shown.run("notebook:run-all-cells")
    ended(shown, "[1]:", "[2]:")
    assert asked(shown) == []


@pytest.mark.slow
def test_a_run_is_cancelled_then_done_and_taken_back_from_the_notification(app: Jupyter, show: Show, mine: Make):
    own = mine(app, "undone")
    shown = opened(show, app, "undone")
    shown.run("notebook:run-cell")
    found = dialog(shown)
    expect(found).to_contain_text("Before cell 1 is run")
    for told in ("risky", "pip would replace conda's six 1.16.0", "1 replaced", "conda", "1.16.0"):
        expect(found).to_contain_text(told)
    accessible(shown.page, ".jp-Dialog-content")
    found.get_by_role("button", name="Look closer").focus()
    shown.page.keyboard.press("Enter")
    expect(found.get_by_role("status", name="forecast")).to_contain_text("1.99", timeout=90_000)
    accessible(shown.page, ".jp-Dialog-content")
    expect(shown.page.locator(".jp-eg-Before")).to_be_focused()  # its button is gone
    found.get_by_role("button", name="Cancel").focus()
    shown.page.keyboard.press("Enter")
    expect(found).to_have_count(0)
    assert prompts(shown) == ["[ ]:", "[ ]:"]

    shown.theme("JupyterLab Dark")
    shown.run("notebook:run-cell")
    dialog(shown)
    accessible(shown.page, ".jp-Dialog-content")
    shown.page.keyboard.press("Escape")
    expect(found).to_have_count(0)
    assert prompts(shown) == ["[ ]:", "[ ]:"]
    assert own.is_as_before

    shown.run("notebook:run-cell")
    expect(dialog(shown).get_by_role("checkbox", name="Run with a way back")).to_be_checked()
    press(shown, "Run")
    told = notice(shown, "undone is worse since pip install")
    assert own.six == ["six-1.99.dist-info"]
    assert prompts(shown)[0] == "[1]:"
    told.get_by_role("button", name="Undo…").click()
    plan = shown.panel.get_by_role("region", name="What taking back would do")
    expect(plan).to_contain_text("six", timeout=60_000)
    plan.get_by_role("button", name="Take it back").click()
    expect(shown.panel.get_by_role("status", name="taken back")).to_be_visible(timeout=60_000)
    assert own.is_as_before


@pytest.mark.slow
def test_a_run_is_protected(app: Jupyter, show: Show, mine: Make):
    own = mine(app, "protected")
    app.notebook("protected", "protected", INSTALL, "import os\nprint(os.environ.get('PIP_CONSTRAINT'))")
    shown = opened(show, app, "protected")
    shown.run("notebook:run-all-cells")
    press(shown, "Run protected")
    ended(shown, "[1]:", "[2]:")
    assert own.is_as_before
    expect(shown.page.locator(".jp-OutputArea-output").last).to_have_text("None\n")
    expect(shown.page.get_by_role("alert")).to_have_count(0)


@pytest.mark.slow
def test_conda_is_used_instead(app: Jupyter, show: Show, mine: Make):
    own = mine(app, "instead")
    shown = opened(show, app, "instead")
    shown.run("notebook:run-all-cells")
    way = dialog(shown).get_by_role("button", name="Use conda instead")
    expect(way).to_be_visible(timeout=60_000)
    way.focus()
    shown.page.keyboard.press("Enter")
    expect(shown.page.get_by_role("dialog")).to_have_count(0)
    cells = shown.page.locator(".jp-CodeCell")
    expect(cells).to_have_count(3)
    expect(cells.nth(1)).to_contain_text("%conda install")
    expect(cells.nth(1)).to_have_class(re.compile("jp-mod-active"))
    assert prompts(shown) == ["[ ]:"] * 3
    assert own.is_as_before


@pytest.mark.slow
def test_all_cells_are_asked_about_once(app: Jupyter, show: Show, mine: Make):
    own = mine(app, "several")
    more = "%pip install -q --no-deps six==1.99"
    app.notebook("several", "several", "print('first')", INSTALL, "print('between')", more, "print('last')")
    shown = opened(show, app, "several")
    shown.run("notebook:run-all-cells")
    found = dialog(shown)
    expect(found).to_contain_text("Before these cells are run")
    expect(found.get_by_role("region", name="Cell 2")).to_contain_text(INSTALL)
    expect(found.get_by_role("region", name="Cell 4")).to_contain_text(more)
    press(shown, "Cancel")
    ended(shown, "[1]:", "[ ]:", "[ ]:", "[ ]:", "[ ]:")
    assert own.is_as_before
    shown.run("notebook:run-all-cells")
    press(shown, "Run")
    ended(shown, "[2]:", "[3]:", "[4]:", "[5]:", "[6]:")
    assert own.six == ["six-1.99.dist-info"]


@pytest.mark.slow
def test_what_is_typed_into_a_console(lab: Jupyter, show: Show, mine: Make):
    own = mine(lab, "typed")
    shown = opened(show, lab, "typed")
    shown.run("console:create", kernelPreference={"name": "typed"}, activate=True)
    prompt = shown.page.locator(".jp-CodeConsole-promptCell .cm-content")
    shown.page.wait_for_function(
        "async () => { const s = window.jupyterapp.shell.currentWidget.sessionContext; return s && s.session && s.session.kernel && (await s.session.kernel.info) && true; }"
    )
    shown.type_into_prompt(INSTALL)
    shown.page.keyboard.press("Shift+Enter")
    expect(dialog(shown)).to_contain_text("Before this is run")
    press(shown, "Cancel")
    expect(prompt).to_have_text(INSTALL)
    shown.page.keyboard.press("Shift+Enter")
    way = dialog(shown).get_by_role("button", name="Use conda instead")
    expect(way).to_be_visible(timeout=60_000)
    way.click()
    expect(prompt).to_contain_text("%conda install")
    assert own.is_as_before
    shown.type_into_prompt(INSTALL)
    shown.page.keyboard.press("Shift+Enter")
    press(shown, "Run")
    notice(shown, "typed is worse since pip install")
    assert own.six == ["six-1.99.dist-info"]


@pytest.mark.slow
def test_only_one_asks_where_the_kernel_has_a_guard(app: Jupyter, show: Show, mine: Make):
    own = mine(app, "guarded", GUARD)
    app.notebook("guarded", "guarded", "%load_ext envguard\n%envguard guard ask", INSTALL, "print('after')")
    shown = opened(show, app, "guarded")
    shown.run("notebook:run-all-cells")
    dialog(shown)
    press(shown, "Run")
    ended(shown, "[1]:", "[2]:", "[3]:")
    expect(shown.page.locator(".jp-Stdin")).to_have_count(0)
    assert own.six == ["six-1.99.dist-info"]
    told = notice(shown, "guarded is worse since pip install")
    expect(told.get_by_role("button", name="Undo…")).to_be_visible()
    assert len([*(own.prefix / ".envguard").glob("**/ledger*")]) >= 1


@pytest.mark.slow
def test_the_mode_holds_as_soon_as_it_is_set(
    lab: Jupyter, settings: Callable[[Shown, str, object], None], show: Show, mine: Make
):
    own = mine(lab, "modes")
    lab.notebook("modes", "modes", INSTALL, "%pip install -q extra")
    shown = opened(show, lab, "modes")
    settings(shown, "mode", "block")
    shown.run("notebook:run-cell")
    told = notice(shown, "Not run: pip install")
    expect(told).to_contain_text("pip would replace conda's six 1.16.0")
    told.get_by_role("button", name="Use conda instead").click(timeout=60_000)
    expect(shown.page.locator(".jp-CodeCell")).to_have_count(3)
    assert prompts(shown) == ["[ ]:"] * 3
    assert own.is_as_before

    settings(shown, "mode", "ask")
    shown.select(2)
    shown.run("notebook:run-cell")  # nothing speaks against it
    ended(shown, "[ ]:", "[ ]:", "[1]:")
    assert (own.site / "extra.py").exists()

    settings(shown, "mode", "off")
    settings(shown, "notify", False)
    shown.asked.clear()
    shown.run("notebook:run-cell")
    ended(shown, "[ ]:", "[ ]:", "[2]:")
    assert asked(shown) == []

    settings(shown, "mode", "warn")
    shown.select(0)
    shown.run("notebook:run-cell")
    notice(shown, "pip would replace conda's six 1.16.0")
    ended(shown, "[3]:", "[ ]:", "[2]:")
    assert own.six == ["six-1.99.dist-info"]


@pytest.mark.slow
def test_without_an_answer_of_the_server_a_cell_runs(lab: Jupyter, show: Show, mine: Make):
    own = mine(lab, "unanswered")
    shown = show(lab)
    shown.open("unanswered")
    shown.page.route("**/installs*", lambda route: None)  # never answered
    shown.run("notebook:run-all-cells")
    ended(shown, "[1]:", "[2]:")
    assert own.six == ["six-1.99.dist-info"]
    expect(shown.page.get_by_role("dialog")).to_have_count(0)
    shown.page.unroute_all()


@pytest.mark.slow
def test_a_notebook_that_is_closed_takes_its_dialog_with_it(lab: Jupyter, show: Show, mine: Make):
    own = mine(lab, "closed")
    shown = opened(show, lab, "closed")
    shown.run("notebook:run-all-cells")
    dialog(shown)
    shown.page.evaluate("() => window.jupyterapp.shell.currentWidget.dispose()")
    expect(shown.page.get_by_role("dialog")).to_have_count(0)
    assert own.is_as_before


@pytest.fixture(params=["theirs-lab", "theirs-notebook", "ours-lab", "ours-notebook"])
def otherwise(request: pytest.FixtureRequest, scenario: Callable[..., Scenario], tmp_path: Path) -> Iterator[Jupyter]:
    """A server with an extension that disables JupyterLab's executor and provides its own; one where ours is disabled."""
    whose, _, which = request.param.partition("-")
    if whose == "theirs" and not find_spec("jupyter_server_nbmodel"):
        absent("jupyter-server-nbmodel", "no other extension that runs cells is installed")
    ours = tuple(f"@jupyter-envguard/labextension:{name}-executor" for name in ("notebook", "console"))
    with serve(which, tmp_path / which, disabled=() if whose == "theirs" else (ANOTHER, *ours)) as jupyter:
        jupyter.kernelspec("clean", scenario("clean", "conda").python)
        jupyter.notebook(whose, "clean", "print(1 + 1)", "# as with pip\nprint('after')")
        yield jupyter


@pytest.mark.slow
def test_cells_run_with_another_executor_and_without_ours(
    otherwise: Jupyter, show: Show, request: pytest.FixtureRequest
):
    theirs = "theirs" in request.node.name
    shown = show(otherwise)
    posted: list[str] = []
    shown.page.on("request", lambda told: told.url.split("?")[0].endswith("/execute") and posted.append(told.url))
    shown.open("theirs" if theirs else "ours")
    shown.run("notebook:run-all-cells")
    expect(shown.page.locator(".jp-OutputArea-output")).to_have_text(["2\n", "after\n"], timeout=60_000)
    assert bool(posted) == theirs
    assert asked(shown) == []
