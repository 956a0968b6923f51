"""`%envpanel`: the real widget, its buttons, its fallbacks."""

from __future__ import annotations

import dataclasses
import os
import sys
import threading
from typing import TYPE_CHECKING, Any

import ipywidgets
import pytest

import envguard
from envguard import api, brought, demo, home, ledger
from envguard.change_report import Done
from envguard.demo import living
from envguard.errors import NoSuchEnvironment
from envguard.frontends.widget import Panel
from envguard.frontends.widget.beside import Beside
from envguard.frontends.widget.doors import Doors
from envguard.ledger_entry import Deed, Entry, Whence
from envguard.model import Change, Report, Severity, Verdict, text

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

VIEW = "application/vnd.jupyter.widget-view+json"


@pytest.fixture(scope="module")
def damaged(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The prefix of the demonstration."""
    prefix = tmp_path_factory.mktemp("panel") / "damaged"
    demo.build(prefix)
    return prefix


@pytest.fixture(scope="module")
def report(damaged: Path) -> Report:
    """The report on it."""
    return api.inspect(damaged)


def ended(panel: Panel) -> None:
    """Waits for what goes on beside the cells."""
    assert panel.work is not None
    assert panel.work.wait(60)


def hidden(widget: ipywidgets.Widget) -> bool:
    return bool(widget.layout.display == "none")


def test_it_is_a_widget_with_the_report_beside_it(damaged: Path):
    panel = envguard.panel(damaged)
    bundle = panel._repr_mimebundle_()
    assert isinstance(panel, ipywidgets.DOMWidget)
    assert set(bundle) == {VIEW, "text/html", "text/plain"}
    assert all("gridmath" in bundle[kind] for kind in ("text/html", "text/plain"))
    assert "gridmath" in panel.body.value
    assert "Checked at" in panel.status.value


def test_the_button_checks_again(report: Report):
    seen: list[str] = []

    def check() -> Report:
        seen.append(panel.button.description)
        return dataclasses.replace(report, findings=())

    panel = Panel(report, Doors(check))
    panel.button.click()
    assert seen == ["Checking…"]
    assert panel.button.description == "Check again"
    assert not panel.button.disabled
    assert panel.report.findings == ()
    assert "legacy" not in panel._repr_mimebundle_()["text/html"]


def test_what_was_repaired_is_seen(tmp_path: Path):
    demo.build(tmp_path / "demo")
    panel = envguard.panel(tmp_path / "demo")
    before = panel.body.value
    (tmp_path / "demo/conda-meta/plotkit-2.0.1-py311h1_0.json").unlink()
    panel.button.click()
    assert panel.body.value != before


def test_the_whole_history_is_there_folded(tmp_path: Path):
    demo.build(tmp_path / "demo")
    panel = envguard.panel(tmp_path / "demo")
    assert "<details><summary>All of its history" in panel.story.value
    assert "<details open" not in panel.story.value
    before = panel.story.value
    own = home.make(tmp_path / "demo")
    done = (Done("pip", (Change("gone-since", None, "1.0"),)),)
    whence = Whence("/home/me/a.ipynb", "c1", 1, "ada", 1)
    now = "2026-03-14T09:26:53+00:00"
    entry = Entry(
        "20260314T092653Z-0", now, Deed.INSTALL, "pip", "install", ("pip", "install", "gone-since"), whence, done
    )
    assert ledger.append(own.folder, entry) is None
    panel.button.click()
    assert "gone-since" not in before
    for shown in (panel.story.value, panel._repr_mimebundle_()["text/html"]):
        assert "pip install gone-since" in shown
        assert "in a.ipynb, cell c1, by ada" in shown


def _fails(error: Exception) -> Doors:
    def check(*_: Any) -> Report:
        raise error

    return Doors(check, deep=check)


@pytest.mark.parametrize("button", ["button", "deep"])
def test_an_error_is_told_and_the_last_report_stays(report: Report, button: str):
    panel = Panel(report, _fails(NoSuchEnvironment(text("there is no folder {prefix}", prefix="<gone>"))))
    before = panel.body.value
    getattr(panel, button).click()
    if button == "deep":
        ended(panel)
    assert "envguard: there is no folder &lt;gone&gt;" in panel.status.value
    assert 'role="alert"' in panel.status.value
    assert panel.body.value == before
    assert panel.button.description == "Check again"
    assert hidden(panel.cancel)


@pytest.mark.parametrize("button", ["button", "deep"])
def test_a_bug_of_ours_is_told_with_its_traceback(report: Report, button: str):
    panel = Panel(report, _fails(ZeroDivisionError("<oh>")))
    getattr(panel, button).click()
    if button == "deep":
        ended(panel)
    assert "this is a bug of envguard" in panel.status.value
    assert "ZeroDivisionError: &lt;oh&gt;" in panel.status.value
    assert panel.button.description == "Check again"


def test_it_says_things_to_a_screen_reader(report: Report):
    panel = Panel(report, Doors(lambda: report))
    assert 'role="status"' in panel.status.value
    assert panel.button.tooltip


def test_wrong_arguments_are_heard_at_once():
    with pytest.raises(NoSuchEnvironment):
        envguard.panel("/no/such/place")


def test_findings_are_sifted_by_severity_and_words(damaged: Path, report: Report):
    panel = envguard.panel(damaged)
    assert "not shown, as you have chosen" not in panel.body.value
    panel.sift.boxes[Severity.WARNING].value = False
    assert "requires-dist-unmet" not in panel.body.value
    assert "1 finding is not shown, as you have chosen" in panel.body.value
    assert "2 errors, 1 warning" in panel.body.value  # the headline is of the whole
    panel.sift.words.value = "PLOTKIT eg130"
    assert [each.rule for each in panel.sift.lets(report)] == ["conda-depends-unmet"]
    panel.sift.words.value = "nothing like it"
    assert panel.sift.lets(report) == ()
    assert "3 findings are not shown" in panel.body.value
    assert "requires-dist-unmet" in panel._repr_mimebundle_()["text/html"]  # a page has no fields to ask for the rest


def test_commands_can_be_copied_and_not_changed(damaged: Path):
    panel = envguard.panel(damaged)
    assert panel.commands.children == ()
    panel.offer.value = True
    fields = [each for each in panel.commands.children if isinstance(each, ipywidgets.Text)]
    assert [each.value.split(" install ")[0].split()[-1] for each in fields][-1] == "conda"
    assert all(each.description == "in a terminal" for each in fields)
    command = fields[0].value
    fields[0].value = "rm -r /"
    assert fields[0].value == command
    panel.sift.words.value = "nothing like it"
    (said,) = panel.commands.children
    assert "No finding that is shown" in said.value
    panel.offer.value = False
    assert hidden(panel.commands)


def test_a_long_look_tells_how_far_it_is_and_can_be_cancelled(report: Report):
    begun, go = threading.Event(), threading.Event()
    seen: list[str] = []

    def deep(progress: Callable[[int, int], None]) -> Report:
        progress(10**9, 4 * 10**9)
        seen.append(panel.status.value)
        begun.set()
        assert go.wait(30)
        progress(2 * 10**9, 4 * 10**9)
        raise AssertionError("it was not cancelled")

    panel = Panel(report, Doors(lambda: report, deep=deep))
    panel.deep.click()
    assert begun.wait(30)
    assert not hidden(panel.cancel)
    assert "1.0 of 4.0 GB" in seen[0]
    assert '<progress aria-label="Reading every file…" value="1000000000" max="4000000000">' in seen[0]
    before = panel.work
    panel.deep.click()  # one thing at a time
    assert panel.work is before
    panel.button.click()  # the kernel is free meanwhile
    assert "Checked at" in panel.status.value
    panel.cancel.click()
    go.set()
    ended(panel)
    assert "cancelled" in panel.status.value
    assert hidden(panel.cancel)


def test_every_file_is_read_for_real(damaged: Path):
    panel = envguard.panel(damaged)
    panel.deep.click()
    ended(panel)
    assert "every file of conda&#x27;s packages included" in panel.status.value
    assert "package-cache-damaged" not in {each.rule for each in panel.report.skipped}


def test_cuda_is_told_on_demand_and_stays_in_the_page(damaged: Path):
    panel = envguard.panel(damaged)
    assert panel.cuda.value == ""
    panel.look.click()
    ended(panel)
    for shown in (panel.cuda.value, panel._repr_mimebundle_()["text/html"]):
        assert "Driver and GPUs" in shown


def test_what_cells_import_meanwhile_is_not_ours(monkeypatch: pytest.MonkeyPatch):
    class Events:
        def __init__(self) -> None:
            self.calls: dict[str, Any] = {}

        def register(self, name: str, call: Any) -> None:
            self.calls[name] = call

        def unregister(self, name: str, call: Any) -> None:
            assert self.calls.pop(name) == call

    class Shell:
        events = Events()

    monkeypatch.setattr("IPython.get_ipython", lambda: Shell)
    begun, go = threading.Event(), threading.Event()

    def work(_: Beside) -> None:
        with brought.visit():
            begun.set()
            assert go.wait(30)

    beside = Beside(work)
    beside.start()
    assert begun.wait(30)
    monkeypatch.setitem(sys.modules, "eg_ours", object())
    Shell.events.calls["pre_run_cell"](None)
    monkeypatch.setitem(sys.modules, "eg_theirs", object())
    Shell.events.calls["post_run_cell"](None)
    go.set()
    assert beside.wait(30)
    assert "eg_ours" in brought.modules()
    assert "eg_theirs" not in brought.modules()
    assert Shell.events.calls == {}
    brought.theirs({"eg_ours"})


def test_where_there_is_nothing_to_do_nothing_is_asked(damaged: Path):
    panel = envguard.panel(damaged)  # without a Python inside there is no step that could be taken
    changing = panel.changing
    assert changing is not None
    assert hidden(changing.question)
    changing.repair.click()
    assert "nothing has been changed" in panel.changing.status.value
    assert "no step that envguard takes" in changing.told.value
    changing.undo.click()
    assert 'role="alert"' in panel.changing.status.value
    assert hidden(changing.question)
    changing.really.click()  # a click that nobody can make
    assert not (damaged / ".envguard").exists()


@pytest.mark.slow
@pytest.mark.skipif(os.name == "nt", reason="an environment that runs is made on Linux and macOS only")
def test_it_is_repaired_and_taken_back_by_two_clicks(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    alive = living.build(tmp_path / "lab")
    for name, value in alive.variables().items():
        monkeypatch.setenv(name, value)
    panel = envguard.panel(alive.prefix)
    changing = panel.changing
    assert changing is not None
    changing.repair.click()
    assert "pip takes gridmath 2.0.0 off" in changing.told.value
    assert (hidden(changing.question), changing.really.description) == (False, "Really repair it")
    changing.leave.click()
    assert hidden(changing.question)
    assert "Nothing has been changed" in panel.changing.status.value
    changing.really.click()
    assert panel.report.verdict is Verdict.BROKEN
    assert not (alive.prefix / ".envguard").exists()

    changing.repair.click()
    changing.really.click()
    assert "no error and no warning is left" in changing.told.value
    assert panel.report.verdict is Verdict.SOUND
    assert "no error and no warning is left" in panel._repr_mimebundle_()["text/html"]
    changing.undo.click()
    assert changing.really.description == "Really take it back"
    changing.really.click()
    assert "every path is as it was before" in changing.told.value
    assert panel.report.verdict is Verdict.BROKEN
    assert "Done" in panel.changing.status.value


def test_base_is_refused_with_words(tmp_path: Path):
    demo.build(tmp_path / "demo")
    record = tmp_path / "demo/conda-meta/conda-24.5.0-py311_0.json"
    record.write_text('{"name": "conda", "version": "24.5.0", "build": "py311_0", "files": [], "depends": []}')
    panel = envguard.panel(tmp_path / "demo")
    assert panel.changing is not None
    panel.changing.repair.click()
    assert hidden(panel.changing.question)
    assert "is the base environment, in which conda itself runs" in panel.changing.status.value
    assert 'role="alert"' in panel.changing.status.value
    assert "base environment" in panel.changing.told.value
