"""`envguard undo` on the command line: real pip in a real environment, and every way in which it says no."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from typing import TYPE_CHECKING, Any

import jsonschema
import pexpect
import pytest

from envguard import home, ledger
from envguard.ledger_entry import Deed
from envguard.render.schemas import schema_of
from tests.changes import undoing
from tests.require import require

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from tests.envs.scenarios import Scenario

SCHEMA = jsonschema.Draft202012Validator(schema_of("undo"))
TOKEN = "hunter2-ghp_0123456789abcdefghijklmnopqrstuvwxyzAB"
EVERYTHING: list[str] = []
"""All that was ever said."""


class Place:
    """A copy of an environment, and the command line about it."""

    def __init__(self, found: Scenario, folder: Path) -> None:
        self.prefix = undoing.linked(found.prefix, folder / "env")
        self.site = self.prefix / found.site.relative_to(found.prefix)
        self.python = self.prefix / "bin/python"
        self.wheels = undoing.wheels(folder / "wheels")
        self.environ = undoing.environ(self.prefix, PYTHONDONTWRITEBYTECODE="1")
        self.call(str(self.python), "-m", "pip", "--version")

    def call(self, *words: str, **more: Any) -> subprocess.CompletedProcess[str]:
        given = {"env": self.environ, "stdin": subprocess.DEVNULL, "encoding": "utf-8", **more}
        done = subprocess.run(words, capture_output=True, check=False, **given)
        EVERYTHING.extend((done.stdout, done.stderr))
        return done

    def envguard(self, *words: str, code: int = 0) -> subprocess.CompletedProcess[str]:
        done = self.call(sys.executable, "-m", "envguard", *words)
        assert done.returncode == code, (done.stdout, done.stderr)
        return done

    def undo(self, *words: str, code: int = 0) -> subprocess.CompletedProcess[str]:
        return self.envguard("undo", "--prefix", str(self.prefix), *words, code=code)

    def json(self, *words: str, code: int = 0) -> dict[str, Any]:
        told: dict[str, Any] = json.loads(self.undo("--format", "json", *words, code=code).stdout)
        SCHEMA.validate(told)
        return told

    def protect(self, *words: str) -> subprocess.CompletedProcess[str]:
        # the address is never asked: --no-index stands behind it
        hidden = ("--index-url", f"https://me:{TOKEN}@example.invalid/simple", f"--trusted-host={TOKEN[:7]}.invalid")
        pip = (str(self.python), "-m", "pip", "install", *hidden[:2], *undoing.links(self.wheels), "-q", *words)
        return self.envguard("protect", "--", *pip)


@pytest.fixture
def place(scenario: Callable[..., Scenario], tmp_path: Path) -> Place:
    return Place(scenario("sound"), tmp_path)


def test_the_whole_story(place: Place):
    before = undoing.tree(place.prefix)
    assert place.json("--list")["checkpoints"] == []
    assert "there is nothing to take back" in place.undo(code=1).stdout
    assert place.json("--yes", code=1)["plan"]["refused"][0]["text"] == "there is nothing to take back"
    assert "there is no checkpoint 1" in place.undo("1", "--yes", code=2).stdout
    assert not (place.prefix / ".envguard").exists()

    # the first guarded action begins the ledger, and says where; undo is not on yet
    done = place.protect("extra")
    file = place.prefix / ".envguard" / "ledger.jsonl"
    assert f"envguard: {place.prefix}/.envguard was made" in done.stderr
    assert f"beginning with this, in {file}" in done.stderr
    assert place.json("--list")["checkpoints"] == []
    home.make(place.prefix, undo=True)
    with_extra = undoing.tree(place.prefix)

    done = place.protect("gizmo==1.0")
    assert "beginning with this" not in done.stderr
    installed = undoing.tree(place.prefix)
    assert installed != with_extra
    told = place.json("--list")
    [point] = told["checkpoints"]
    assert (told["wanted"], point["state"], point["failed"]) == (True, "ended", False)
    assert point["changes"] == [{"name": "gizmo", "before": None, "after": "1.0"}]
    assert "python -m pip" in " ".join(place.undo("--list").stdout.split())

    # nobody can be asked: the plan, and nothing else
    shown = place.undo(code=2)
    assert "can be taken back" in shown.stdout
    assert "gizmo" in shown.stdout
    assert shown.stderr == "envguard: nothing was done, as nobody can be asked here; --yes does it without asking\n"
    planned = place.json(code=2)
    assert planned["done"] is None
    assert any("gizmo/large.txt" in path for path in planned["plan"]["removes"])
    assert undoing.tree(place.prefix) == installed

    # at a terminal it asks
    command = ["-m", "envguard", "undo", "--prefix", str(place.prefix)]
    for answer, code in (("", 1), ("y", 0)):
        child = pexpect.spawn(sys.executable, command, env=place.environ, encoding="utf-8", timeout=60)  # type: ignore[arg-type]
        child.expect_exact("take it back? [y/N] ")
        child.sendline(answer)
        child.expect(pexpect.EOF)
        EVERYTHING.append(child.before or "")
        child.close()
        assert child.exitstatus == code, child.before
        assert (undoing.tree(place.prefix) == installed) is bool(code)
    assert "every path is as it was before" in (child.before or "")
    undoing.compare(with_extra, undoing.tree(place.prefix))

    assert "has been taken back already" in place.undo(point["id"], "--yes", code=2).stdout
    entries = ledger.read(file.parent).entries
    assert [(each.deed, each.failed, each.checkpoint) for each in entries] == [
        (Deed.INSTALL, False, None),
        (Deed.INSTALL, False, point["id"]),
        (Deed.UNDO, False, point["id"]),
    ]
    assert [[(c.name, c.before, c.after) for done in each.done for c in done.changes] for each in entries[1:]] == [
        [("gizmo", None, "1.0")],
        [("gizmo", "1.0", None)],
    ]

    # foreign changes: refused, and named
    place.protect("gizmo==2.0")
    place.call(str(place.python), "-m", "pip", "uninstall", "-q", "-y", "tabulate")
    refused = place.json("--yes", code=1)
    assert "tabulate" in refused["plan"]["refused"][0]["text"]
    assert refused["done"] is None
    assert "✗ not taken back" in place.undo("--yes", code=1).stdout

    # letting go wants a yes, too
    assert place.undo("--clear", code=2).stderr.endswith("--yes does it without asking\n")
    for yes in ([], ["--yes"]):
        assert "there is no checkpoint 1" in place.undo("--clear", "1", *yes, code=2).stderr
    cleared = place.json("--clear", "--yes")
    assert (len(cleared["cleared"]), cleared["checkpoints"]) == (2, [])

    kept = [path.read_bytes() for path in (place.prefix / ".envguard").rglob("*") if path.is_file()]
    assert kept
    for part in (TOKEN, TOKEN[8:], "hunter2"):
        assert not any(part in said for said in EVERYTHING)
        assert not any(part.encode() in content for content in kept)
    assert home.drop(place.prefix)
    assert before.keys() - undoing.tree(place.prefix).keys()  # tabulate went, and nothing of ours stayed
    assert not list(place.prefix.glob(".envguard*"))


def test_enable_and_disable(place: Place):
    (place.site / "jupyter_envguard-0.1.0.dist-info").mkdir()
    where = ("--kernel-env", str(place.prefix))
    done = place.envguard("enable", "--undo", *where).stdout.splitlines()
    assert done[1:] == [
        f"changes are noted in {place.prefix}/.envguard/ledger.jsonl",
        "a way back is made before each install that envguard sees; `envguard undo` takes it back",
    ]
    told = json.loads(place.envguard("enable", "--status", "--format", "json", *where).stdout)
    assert (told["home"], told["undo"], told["ledger"]) == ("ours", True, f"{place.prefix}/.envguard/ledger.jsonl")
    # the other ways to name it
    for option in ("--python", str(place.python)), ("-p", str(place.prefix)):
        assert json.loads(place.envguard("undo", "--list", "--format", "json", *option).stdout)["wanted"] is True
    place.envguard("undo", "--list", "-p", str(place.prefix / "nowhere"), code=2)

    # a copy is foreign: told, and left alone
    copy = place.prefix.with_name("copy")
    shutil.copytree(place.prefix, copy, symlinks=True)
    before = undoing.tree(copy / ".envguard")
    said = place.envguard("undo", "-p", str(copy), "--yes", code=1).stdout
    assert "came here with a copied or moved environment" in " ".join(said.split())
    assert "came here with" in " ".join(place.envguard("undo", "-p", str(copy), "--list").stdout.split())
    assert undoing.tree(copy / ".envguard") == before

    assert len(place.envguard("disable", *where).stdout.splitlines()) == 1
    told = home.look(place.prefix)
    assert (told.ours, told.undo) == (True, False)
    place.envguard("disable", "--forget", *where)
    assert home.look(place.prefix).state == "none"


def test_base_and_where_nobody_may_write(scenario: Callable[..., Scenario], tmp_path: Path):
    require("posix_prefix")
    place = Place(scenario("base_with_pip"), tmp_path)
    assert (
        "is the base environment"
        in place.envguard("enable", "--undo", "--kernel-env", str(place.prefix), code=2).stderr
    )
    assert home.look(place.prefix).state == "none"
    home.make(place.prefix, undo=True)
    place.protect("extra")
    closed = "os.setresuid(65534, 0, 0)"  # what os.access answers for
    if os.geteuid():
        place.prefix.chmod(0o555)
        closed = ""
    words = ["undo", "--prefix", str(place.prefix), "--yes"]
    code = f"import os, sys; {closed}; from envguard.frontends.cli import main; sys.exit(main({words!r}))"
    done = place.call(sys.executable, "-c", code)
    place.prefix.chmod(0o755)
    assert done.returncode == 1, done.stderr
    assert "is not writable for you" in " ".join(done.stdout.split())
    assert place.site.joinpath("extra.py").exists()
    place.undo("--yes")
    assert not place.site.joinpath("extra.py").exists()
