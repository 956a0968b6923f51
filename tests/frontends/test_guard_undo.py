"""Undo and the ledger from a notebook: real kernels in a real environment, real pip, real answers."""

from __future__ import annotations

import json
import subprocess
import sysconfig
import time
from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

from envguard import home, ledger
from envguard.ledger_entry import Deed
from tests.changes import undoing
from tests.frontends.kernel import ROOT, Kernel, Shown

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from envguard.ledger_entry import Entry
    from tests.envs.scenarios import Scenario

TOKEN = "ghp_0123456789abcdefghijklmnopqrstuvwxyzAB"
ASKED = "take it back? [y/N] "


class Place:
    """A copy of an environment in which kernels run, and what they have said."""

    def __init__(self, found: Scenario, folder: Path) -> None:
        self.prefix, self.folder = undoing.linked(found.prefix, folder / "env"), folder
        self.site = self.prefix / found.site.relative_to(found.prefix)
        self.python = self.prefix / "bin/python"
        # behind the environment's own packages; enable looks for the distribution
        (self.site / "outer.pth").write_text(f"{ROOT}\n{sysconfig.get_path('purelib')}\n")
        (self.site / "jupyter_envguard-0.1.0.dist-info").mkdir()
        self.wheels = undoing.wheels(folder / "wheels")
        self.said: list[str] = []

    def kernel(self, name: str) -> Kernel:
        more = {"PYTHONPATH": "", "PIP_ROOT_USER_ACTION": "ignore", "JPY_SESSION_NAME": f"work/{name}.ipynb"}
        return Kernel(self.folder / name, self.python, **more)

    def run(self, kernel: Kernel, code: str, *answers: str) -> Shown:
        shown = kernel.run(code, *answers)
        self.said.append(repr(replace(shown, traceback="")))  # in which Python shows the source of the cell itself
        return shown

    def pip(self, *words: str) -> str:
        """An install as a line of a cell; the address is never asked, --no-index stands behind it."""
        hidden = f"--index-url https://me:{TOKEN}@example.invalid/simple"
        return f"!{{sys.executable}} -m pip install {hidden} {' '.join((*undoing.links(self.wheels), '-q', *words))}"

    def tree(self) -> dict[str, tuple[object, ...]]:
        return undoing.tree(self.prefix)

    def entries(self) -> tuple[Entry, ...]:
        told = ledger.read(self.prefix / ".envguard")
        assert not told.problems
        return told.entries


@pytest.fixture(scope="module")
def place(scenario: Callable[..., Scenario], tmp_path_factory: pytest.TempPathFactory) -> Place:
    return Place(scenario("sound"), tmp_path_factory.mktemp("undo"))


@pytest.fixture(scope="module")
def kernel(place: Place) -> Iterator[Kernel]:
    found = place.kernel("first")
    assert found.run("import os, signal, subprocess, sys, time\n%load_ext envguard").err == ""
    yield found
    found.stop()


def changes(entry: Entry) -> set[tuple[str, str | None, str | None]]:
    return {(each.name, each.before, each.after) for done in entry.done for each in done.changes}


def test_a_session(place: Place, kernel: Kernel):
    # nothing is kept that nobody has asked for
    assert place.run(kernel, place.pip("extra")).err == ""
    assert home.look(place.prefix).state == "none"
    said = place.run(kernel, "%envguard").out
    assert "ledger: off; " in said
    assert "undo: off; " in said

    said = place.run(kernel, f"!{{sys.executable}} -m envguard enable --undo --kernel-env {place.prefix}").out
    assert "a way back is made before each install" in said
    before = place.tree()

    file = place.prefix / ".envguard/ledger.jsonl"
    shown = place.run(kernel, place.pip("gizmo==1.0"))
    assert shown.err == f"envguard: what is installed here is noted from now on, beginning with this, in {file}\n"
    assert place.tree() != before
    said = place.run(kernel, "%envguard").out
    assert f"ledger: on: {file}" in said
    assert "undo: on: a way back is made before each install; 1 install can be taken back" in said
    [point] = json.loads(
        place.run(kernel, f"!{{sys.executable}} -m envguard undo --list --format json -p {place.prefix}").out
    )["checkpoints"]

    shown = place.run(kernel, "%envguard undo", "n")
    assert (shown.asked, shown.out) == ([ASKED], "nothing was done\n")
    assert "gizmo" in shown.data[0]["text/html"]
    shown = place.run(kernel, "%envguard undo", "y")
    assert (shown.asked, shown.err) == ([ASKED], "")
    assert "every path is as it was before" in shown.data[-1]["text/plain"]
    undoing.compare(before, place.tree())
    installed, undone = place.entries()
    assert (installed.deed, installed.tool, installed.failed, installed.kept) == (Deed.INSTALL, "pip", False, True)
    assert (installed.whence.notebook, installed.whence.count) == ("work/first.ipynb", 5)
    assert changes(installed) == {("gizmo", None, "1.0")}
    assert (undone.deed, undone.checkpoint, changes(undone)) == (Deed.UNDO, point["id"], {("gizmo", "1.0", None)})
    # nobody to ask
    assert "there is nothing to take back" in place.run(kernel, "%envguard undo").data[0]["text/plain"]

    # a cell that fails after it, an install that fails, and one that is interrupted
    cut = "os.kill(os.getpid(), signal.SIGINT)\ntime.sleep(9)"
    for cell, failed in (
        (f"{place.pip('gizmo==1.0')}\n1 / 0", None),
        (f"{place.pip('broken')} && false", True),
        (f"{place.pip('gizmo==2.0')}\n{cut}", True),
    ):
        shown = place.run(kernel, cell)
        entry = place.entries()[-1]
        assert (entry.deed, entry.failed) == (Deed.INSTALL, failed), shown
        assert place.tree() != before
        assert "nothing was done, as nobody can be asked here" in kernel.run("%envguard undo", stdin=False).err
        assert "taken back" in place.run(kernel, "%envguard undo --yes").data[0]["text/plain"]
        undoing.compare(before, place.tree())

    # an install that no cell shows is found
    words = [str(place.python), "-m", "pip", "install", *undoing.links(place.wheels), "-q", "gizmo==2.0"]
    (place.folder / "first/words.json").write_text(json.dumps(words))
    place.run(kernel, "import json\n_ = subprocess.run(json.load(open('words.json')), check=True)")
    entry = place.entries()[-1]
    assert (entry.deed, entry.command, changes(entry)) == (Deed.FOUND, (), {("gizmo", None, "2.0")})
    subprocess.run([*words[:3], "uninstall", "-q", "-y", "gizmo"], check=True)
    place.run(kernel, "1")
    assert changes(place.entries()[-1]) == {("gizmo", "2.0", None)}
    count = len(place.entries())
    place.run(kernel, "1")
    assert len(place.entries()) == count


def test_ask_with_a_way_back(place: Place, kernel: Kernel):
    home.make(place.prefix, undo=False)
    before = place.tree()
    shown = place.run(kernel, "%envguard ask")
    shown = place.run(kernel, place.pip("requests==2.31.0"), "u")
    assert shown.asked[0].startswith("envguard: r, u, p, ")
    assert "  u  run, with a way back: as it is; `%envguard undo` then takes it back\n" in shown.err
    # what is worse is told with the way back
    assert "envguard: requests 2.32.3 → 2.31.0 (pip)" in shown.err
    assert shown.err.endswith("  `%envguard undo` takes it back\n")
    assert changes(place.entries()[-1]) == {("requests", "2.32.3", "2.31.0")}
    place.run(kernel, "%envguard warn")
    shown = place.run(kernel, "%envguard undo", "yes")
    assert "every path is as it was before" in shown.data[-1]["text/plain"]
    undoing.compare(before, place.tree())
    assert home.look(place.prefix).undo is False


def test_two_kernels_at_once(place: Place, kernel: Kernel):
    home.make(place.prefix, undo=True)
    before, count = place.tree(), len(place.entries())
    second = place.kernel("second")
    try:
        assert second.run("import os, signal, subprocess, sys, time").err == ""  # enabled: it is loaded already
        # each ends only when both have begun and installed
        cells = {
            name: f"{place.pip(what)}\nopen('../{name}.done', 'w').close()\n"
            f"while not os.path.exists('../{other}.done'): time.sleep(0.05)"
            for name, other, what in (("a", "b", "gizmo==1.0"), ("b", "a", "tabulate==0.9.1"))
        }
        kernel.client.execute(cells["a"])
        assert place.run(second, cells["b"]).status == "ok"
        place.run(kernel, "1")
        place.run(second, "1")
        entries = place.entries()[count:]
        assert [each.deed for each in entries] == [Deed.INSTALL, Deed.INSTALL]
        assert {("gizmo", None, "1.0"), ("tabulate", "0.9.0", "0.9.1")} == set.union(*map(changes, entries))
        assert {each.whence.notebook for each in entries} == {"work/first.ipynb", "work/second.ipynb"}
        refused = " ".join(place.run(kernel, "%envguard undo --yes").data[0]["text/plain"].split())
        assert "it began while another install ran" in refused
        # as it says itself: two that began within a second are in no order by their names
        first = refused.split("take ")[-1].split(" back, and both are")[0]
        assert first in {each.checkpoint for each in entries}
        assert "✓ taken back" in place.run(second, f"%envguard undo {first} --yes").data[0]["text/plain"]
        undoing.compare(before, place.tree())

        # the kernel is killed in the middle: the next one offers the way back
        second.client.execute(f"{place.pip('gizmo==2.0')}\nos.kill(os.getpid(), 9)")
        deadline = time.monotonic() + 60
        while second.manager.is_alive() and time.monotonic() < deadline:
            time.sleep(0.1)
    finally:
        second.stop()
    third = place.kernel("third")
    try:
        shown = place.run(third, "1")
        assert shown.err.startswith("envguard: an install was cut off (")
        assert shown.err.count("\n") == 1
        assert place.run(third, "1").err == ""
        name = shown.err.split("`%envguard undo ")[1].split("`")[0]
        found = third.client.complete(f"%envguard undo {name[:4]}", reply=True, timeout=60)["content"]["matches"]
        assert found == [name]
        assert "✓ taken back" in place.run(third, f"%envguard undo {name}", "y").data[-1]["text/plain"]
        undoing.compare(before, place.tree())
    finally:
        third.stop()


def test_no_secret_is_anywhere(place: Place):
    kept = [path for path in (place.prefix / ".envguard").rglob("*") if path.is_file()]
    assert len(kept) > 5
    assert not [path for path in kept if TOKEN.encode() in path.read_bytes()]
    assert len(place.said) > 20
    assert not [said for said in place.said if TOKEN in said]
