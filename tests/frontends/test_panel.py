"""`%envpanel`: the real widget, its button, its fallbacks."""

from __future__ import annotations

import dataclasses
from typing import TYPE_CHECKING, Any

import ipywidgets
import pytest

import envguard
from envguard import api, demo, home, ledger
from envguard.change_report import Done
from envguard.errors import NoSuchEnvironment
from envguard.frontends.widget import Panel
from envguard.ledger_entry import Deed, Entry, Whence
from envguard.model import Change, Report, text

if TYPE_CHECKING:
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

    panel = Panel(report, check)
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


def _fails(error: Exception) -> Any:
    def check() -> Report:
        raise error

    return check


def test_an_error_is_told_and_the_last_report_stays(report: Report):
    panel = Panel(report, _fails(NoSuchEnvironment(text("there is no folder {prefix}", prefix="<gone>"))))
    before = panel.body.value
    panel.button.click()
    assert "envguard: there is no folder &lt;gone&gt;" in panel.status.value
    assert panel.body.value == before
    assert panel.button.description == "Check again"


def test_a_bug_of_ours_is_told_with_its_traceback(report: Report):
    panel = Panel(report, _fails(ZeroDivisionError("<oh>")))
    panel.button.click()
    assert "this is a bug of envguard" in panel.status.value
    assert "ZeroDivisionError: &lt;oh&gt;" in panel.status.value
    assert panel.button.description == "Check again"


def test_it_says_things_to_a_screen_reader(report: Report):
    panel = Panel(report, lambda: report)
    assert 'role="status"' in panel.status.value
    assert panel.button.tooltip


def test_wrong_arguments_are_heard_at_once():
    with pytest.raises(NoSuchEnvironment):
        envguard.panel("/no/such/place")
