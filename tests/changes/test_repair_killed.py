"""A repair that is killed at any moment, or runs out of room: as before, as after, or `undo` and `--resume` make it so."""

from __future__ import annotations

import random
import subprocess
import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from envguard import api
from envguard.changes import repair
from envguard.model import Verdict
from tests.changes import repairing, undoing
from tests.changes.killing import finished, kill
from tests.require import require

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.envs.scenarios import Scenario

    Give = Callable[..., Scenario]

_BETWEEN = """
import os, signal, sys
from envguard import api
from envguard.changes import carry
real = carry.carry_out
def once(env, planned, work):
    done = real(env, planned, work)
    os.kill(os.getpid(), signal.SIGKILL)
carry.carry_out = once
api.repair(api.repair_plan(sys.argv[1]))
"""


def envguard(prefix: Path, *words: str) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [sys.executable, "-m", "envguard", *words],
        env=undoing.environ(prefix, NO_COLOR="1"),
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )


@pytest.mark.parametrize("again", [True, pytest.param(False, marks=pytest.mark.slow)])
def test_killed_between_two_steps(scenario: Give, tmp_path: Path, again: bool) -> None:
    prefix = repairing.copied(scenario("s3_two_dist_infos"), tmp_path / "env")
    before = undoing.tree(prefix)
    done = subprocess.run(
        [sys.executable, "-c", _BETWEEN, str(prefix)], env=undoing.environ(prefix), capture_output=True, check=False
    )
    assert done.returncode == -9, done.stderr
    assert undoing.tree(prefix).keys() != before.keys()
    if again:
        # one after another is not begun on top of it
        blocked = envguard(prefix, "repair", str(prefix), "--apply", "--yes")
        said, _ = blocked.communicate()
        assert blocked.returncode == 1
        assert "a repair was interrupted here" in " ".join(said.split())
        planned = " ".join(finished(envguard(prefix, "plan", str(prefix)), 1).split())
        assert "a repair was interrupted here: `envguard repair --resume` takes back" in planned
        assert "`envguard repair --apply` does this" not in planned
        said = finished(envguard(prefix, "repair", str(prefix), "--resume", "--yes"))
        assert "is taken back" in said
        assert "✓ repaired" in said
        assert repairing.check(prefix).verdict is Verdict.SOUND
    undone, _ = api.undo(prefix)
    assert undone.proof.same
    undoing.tree(prefix, before)


@pytest.mark.slow
@pytest.mark.parametrize("seed", [1, 2, 3])
def test_killed_at_any_moment(scenario: Give, tmp_path: Path, seed: int) -> None:
    chance = random.Random(seed)
    prefix = repairing.copied(scenario("s3_two_dist_infos"), tmp_path / "env")
    before = undoing.tree(prefix)
    began = time.monotonic()
    finished(envguard(prefix, "repair", str(prefix), "--apply", "--yes"))
    took = time.monotonic() - began
    assert api.undo(prefix)[0].proof.same
    met = set()
    for turn in range(4):
        process = envguard(prefix, "repair", str(prefix), "--apply", "--yes")
        time.sleep(chance.uniform(0.15, 1.0) * took)
        kill(process)
        open_ones = repair.interrupted(api.home(prefix))
        met.add(bool(open_ones))
        if open_ones and turn % 2:
            assert "✓ repaired" in finished(envguard(prefix, "repair", str(prefix), "--resume", "--yes"))
        sound = repairing.check(prefix).verdict is Verdict.SOUND
        if open_ones or sound:
            undone, _ = api.undo(prefix)
            assert undone.proof.same, undone.proof.differs
            assert not undone.left
        undoing.compare(
            *(
                {path: each[::2] for path, each in told.items() if "__pycache__" not in path}
                for told in (before, undoing.tree(prefix))
            )
        )
    assert met


@pytest.mark.slow
def test_pip_goes_on_where_only_envguard_was_killed(scenario: Give, tmp_path: Path) -> None:
    prefix = repairing.copied(scenario("s3_two_dist_infos"), tmp_path / "env")
    process = envguard(prefix, "repair", str(prefix), "--apply", "--yes")
    assert process.stdout is not None
    while "step 2 of 3" not in (line := process.stdout.readline()):
        assert line
    process.kill()
    process.communicate()
    for _ in range(100):
        resumed = envguard(prefix, "repair", str(prefix), "--resume", "--yes")
        said, _ = resumed.communicate()
        if resumed.returncode == 0:
            break
        assert "pip works on" in " ".join(said.split()), said
        time.sleep(0.2)
    assert "✓ repaired" in said
    assert repairing.check(prefix).verdict is Verdict.SOUND


_ALONE = """
import subprocess, sys
from pathlib import Path
from tests.changes import repairing, undoing
from tests.changes.killing import finished, kill
from envguard import api
from envguard.errors import EnvguardError
prefix, disk = Path(sys.argv[1]), sys.argv[2]
def mount(*words):
    subprocess.run(["mount", *words], check=True)
def tried():
    before = undoing.tree(prefix)
    try:
        came = api.repair(api.repair_plan(prefix))
    except EnvguardError as error:
        print("refused:", error)
    else:
        print("failed:" if came.failure else "repaired", came.failure and came.failure.english())
        assert came.taken_back in (True, None), [each.english() for each in came.remarks]
        if came.failure is None:
            # the scripts of the copy start the Python of the original
            assert {rule for rule, _ in repairing.told(repairing.check(prefix))} <= {"script-shebang-elsewhere"}
            return
    undoing.tree(prefix, before)
"""
_FULL = """
mount("-t", "tmpfs", "none", disk)
subprocess.run(["cp", "-a", prefix, f"{disk}/env"], check=True)
prefix = Path(disk, "env")
subprocess.run([prefix / "bin" / "python", "-m", "pip", "--version"], check=True, capture_output=True)
used = int(subprocess.run(["df", "--output=used", disk], capture_output=True, text=True).stdout.split()[-1])
mount("-o", f"remount,size={used + int(sys.argv[3])}k", disk)
tried()
"""
_READ_ONLY = """
folder = str(next(prefix.glob("lib/python3*/site-packages/idna")))
mount("--bind", folder, folder)
mount("-o", "remount,bind,ro", folder)
tried()
"""


def alone(code: str, prefix: Path, *words: str) -> str:
    """What code prints that may mount what it likes."""
    command = [require("tmpfs"), "--user", "--map-root-user", "--mount", sys.executable, "-c", _ALONE + code]
    done = subprocess.run(
        [*command, str(prefix), *words],
        cwd=Path(__file__).parents[2],
        env=undoing.environ(prefix),
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


@pytest.mark.slow
def test_a_full_disk(scenario: Give, tmp_path: Path) -> None:
    """Wherever the room ends: as before, or repaired."""
    prefix = repairing.copied(scenario("s3_two_dist_infos"), tmp_path / "env")
    disk = tmp_path / "disk"
    disk.mkdir()
    said = [alone(_FULL, prefix, str(disk), str(room)) for room in (20, 160, 330, 30000)]
    print(*said)
    assert said[0].startswith(("refused", "failed"))
    assert said[-1].startswith("repaired")


@pytest.mark.slow
def test_files_that_nobody_may_change(scenario: Give, tmp_path: Path) -> None:
    prefix = repairing.copied(scenario("s3_two_dist_infos"), tmp_path / "env")
    assert alone(_READ_ONLY, prefix, "").startswith("failed: step 2 of 3 failed: pip failed with exit code")
