"""What rewrites the records of conda-meta in place, through every link to them, is taken back whole (pixi, py-rattler)."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from envguard import api
from envguard.changes import checkpoint, undo
from envguard.undo_report import Checkpoint
from tests.changes import undoing
from tests.envs import channel, rattle

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from tests.envs.scenarios import Scenario

    Give = Callable[..., Scenario]


@pytest.mark.slow
def test_records_rewritten_in_place(scenario: Give, tmp_path: Path) -> None:
    prefix = undoing.linked(scenario("sound").prefix, tmp_path / "env")
    before = undoing.tree(prefix)
    records = {path: (path.stat().st_ino, path.read_bytes()) for path in (prefix / "conda-meta").glob("*.json")}
    home = api.make_home(prefix, undo=True)
    begun = checkpoint.begin(home, ("pixi", "add", "packaging"), None)
    assert isinstance(begun, Checkpoint)
    store = channel.build()
    rattle.run(
        "install",
        channel=store.as_uri(),
        specs=["python", "pip", "six >=1", "requests", "packaging"],
        prefix=str(prefix),
        cache=str(store / "pkgs"),
        reinstall=[],
    )
    # that is what this test is about: the same file, with other content
    assert any(
        path.stat().st_ino == inode and path.read_bytes() != content for path, (inode, content) in records.items()
    )
    checkpoint.end(home, begun, failed=False)
    done = undo.run(home, undo.plan(home))
    assert done.proof.same, done.proof
    assert done.left == ()
    undoing.tree(prefix, before)
