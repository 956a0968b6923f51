"""Killed at any moment, pip or the undo: the next undo ends where the first would have."""

from __future__ import annotations

import random
import shutil
import subprocess
import sys
import time
from typing import TYPE_CHECKING, Any

import pytest

from envguard.changes import checkpoint, undo
from envguard.undo_report import Checkpoint, State
from tests.changes import undoing
from tests.changes.test_undo import OFF, PIP, Place

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

_UNDO = """
import sys
from envguard import home
from envguard.changes import undo
place = home.look(sys.argv[1])
plan = undo.plan(place)
assert not plan.refused, plan.refused[0].english()
print("planned", flush=True)
undo.run(place, plan)
"""
_WORK = (
    ((*PIP, "--force-reinstall", "--no-deps", "requests==2.31.0", "gizmo==1.0", "six"), ("requests", "six")),
    ((*OFF, "requests", "six", "tabulate"), None),
    ((*PIP, "--no-deps", "thief", "gizmo==2.0", "idna==3.7"), None),
)


@pytest.fixture(scope="module")
def place(scenario: Callable[..., Any], tmp_path_factory: pytest.TempPathFactory) -> Iterator[Place]:
    around = tmp_path_factory.mktemp("killed")
    yield Place(undoing.linked(scenario("sound").prefix, around / "env"), around)
    shutil.rmtree(around)


@pytest.mark.parametrize(
    ("seed", "times"), [(1, 6), *(pytest.param(seed, 25, marks=pytest.mark.slow) for seed in range(2, 10))]
)
def test_pip_and_the_undo_killed(place: Place, seed: int, times: int):
    chance = random.Random(seed)
    before = undoing.tree(place.prefix)
    took = [1.2] * len(_WORK)
    for turn in range(times):
        number = turn % len(_WORK)
        command, names = _WORK[number]
        point = checkpoint.begin(place.home, command, names)
        assert isinstance(point, Checkpoint)
        alive = _killed(place.argv(command), place, chance.uniform(0.3, 1.0) * took[number])
        if alive is not None:
            took[number] = alive
        if turn % 2 == 0:  # otherwise it never ended
            point = checkpoint.end(place.home, point, failed=True)
            for _ in range(4) if point.kept else ():
                code = [sys.executable, "-c", _UNDO, str(place.prefix)]
                if _killed(code, place, chance.uniform(0.0, 0.2), after="planned") is not None:
                    break
        plan = undo.plan(place.home)
        if plan.checkpoint is None and not point.kept:  # it was killed before it did anything
            before = undoing.tree(place.prefix, before)
        elif plan.checkpoint is not None:
            assert not plan.refused, plan.refused[0].english()
            undone = undo.run(place.home, plan)
            assert not undone.left
            assert undone.proof.same, undone.proof.differs
        undoing.compare(before, undoing.tree(place.prefix))


def _killed(argv: list[str], place: Place, seconds: float, after: str = "") -> float | None:
    """Starts a program and kills it; how long it took if it was faster."""
    process = subprocess.Popen(
        argv, env=undoing.environ(place.prefix), stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    )
    assert process.stdout is not None
    if after and after not in process.stdout.readline():
        _, said = process.communicate()
        # it had ended before it was killed the last time
        assert "nothing" in said.splitlines()[-1], said
        return 0.0
    began = time.monotonic()
    try:
        process.communicate(timeout=seconds)
    except subprocess.TimeoutExpired:
        process.kill()
        process.communicate()
        return None
    return time.monotonic() - began


def test_what_never_ended_is_offered(place: Place):
    before = undoing.tree(place.prefix)
    code = (
        "import sys, os; from envguard import home; from envguard.changes import checkpoint;"
        "print(checkpoint.begin(home.look(sys.argv[1]), ('pip', 'install', 'extra'), ()).id, flush=True); sys.stdin.read()"
    )
    process = subprocess.Popen(
        [sys.executable, "-c", code, place.prefix], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    )
    assert process.stdout is not None
    name = process.stdout.readline().strip()
    assert place.run((*PIP, "extra")) == 0
    assert checkpoint.unfinished(place.home) == ()  # it still runs
    assert "has not ended yet" in undo.plan(place.home).refused[0].english()
    assert checkpoint.clear(place.home) == () or name in {each.id for each in checkpoint.all(place.home)}
    process.kill()
    process.communicate()
    [point] = checkpoint.unfinished(place.home)
    assert (point.id, point.state) == (name, State.BEGUN)
    plan = undo.plan(place.home, name)
    assert "never came to an end" in plan.remarks[0].english()
    assert undo.run(place.home, plan).proof.same
    assert checkpoint.unfinished(place.home) == ()
    undoing.compare(before, undoing.tree(place.prefix))
