"""A rebuild that is killed at any moment, or runs out of room: the old one untouched, the new one marked, resumed or removed."""

from __future__ import annotations

import random
import subprocess
import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from envguard import api
from envguard.errors import BadArguments
from envguard.frontends import cli
from envguard.model import Verdict
from envguard.rebuild import marker, target
from tests.changes import repairing, undoing
from tests.changes.killing import finished, kill
from tests.envs import wheelhouse
from tests.export import making
from tests.require import require

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.envs.scenarios import Scenario

    Give = Callable[..., Scenario]

_BETWEEN = """
import os, signal, sys
from envguard import api
from envguard.rebuild import building
name = sys.argv[3]
place = building.marker if name == "end" else building
real = getattr(place, name)
def once(*words):
    if name != "end":
        real(*words)
    os.kill(os.getpid(), signal.SIGKILL)
setattr(place, name, once)
api.rebuild(api.rebuild_plan(sys.argv[2], sys.argv[1]))
"""


def environ(prefix: Path, tmp_path: Path) -> dict[str, str]:
    places = " ".join(map(str, wheelhouse.folders().values()))
    more = {"PIP_NO_INDEX": "1", "PIP_FIND_LINKS": places, "JUPYTER_DATA_DIR": str(tmp_path / "jupyter")}
    return undoing.environ(prefix, NO_COLOR="1", COLUMNS="300", **more)


def envguard(prefix: Path, tmp_path: Path, *words: str) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [sys.executable, "-m", "envguard", "rebuild", *words],
        env=environ(prefix, tmp_path),
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )


@pytest.mark.slow
@pytest.mark.parametrize("after", ["_conda", "_pip", "end"])
def test_killed_between_two_parts(scenario: Give, tmp_path: Path, after: str) -> None:
    old, new = scenario("sound").prefix, tmp_path / "new"
    before = undoing.tree(old)
    done = subprocess.run(
        [sys.executable, "-c", _BETWEEN, str(old), str(new), after],
        env=environ(old, tmp_path),
        capture_output=True,
        check=False,
    )
    assert done.returncode == -9, done.stderr
    undoing.compare(before, undoing.tree(old))
    assert marker.read(str(new)) is not None
    # nobody takes it for a whole one, nor builds over it
    if after != "_conda":
        assert "was left unfinished by a rebuild" in api.repair_plan(new).plan.refused[0].english()
        assert cli.main(["plan", str(new)]) == 1
        more = api.rebuild_plan(tmp_path / "more", new).plan
        assert "was itself left unfinished by a rebuild" in more.refused[0].english()
    plan = api.rebuild_plan(new, old).plan
    assert "was left unfinished by a rebuild" in plan.refused[0].english()
    said = finished(envguard(old, tmp_path, str(new), "--resume", "--yes"))
    assert "✓ the new environment is there" in said
    assert not list(new.glob(".envguard*"))
    assert repairing.check(new).verdict is Verdict.SOUND
    assert repairing.requested(old) == repairing.requested(new)
    assert (making.records(old), making.dists(old)) == (making.records(new), making.dists(new))
    undoing.compare(before, undoing.tree(old))


@pytest.mark.slow
@pytest.mark.parametrize("seed", [1, 2, 3])
def test_killed_at_any_moment(scenario: Give, tmp_path: Path, seed: int) -> None:
    chance = random.Random(seed)
    old, new = scenario("sound").prefix, tmp_path / "new"
    before = undoing.tree(old)
    began = time.monotonic()
    finished(envguard(old, tmp_path, str(tmp_path / "first"), "-p", str(old), "--yes"))
    took = time.monotonic() - began
    for turn in range(4):
        resumed = ["--resume"] if marker.read(str(new)) is not None else ["-p", str(old)]
        process = envguard(old, tmp_path, str(new), *resumed, "--yes")
        time.sleep(chance.uniform(0.1, 1.0) * took)
        kill(process)
        undoing.compare(before, undoing.tree(old))
        whole = new.is_dir() and not list(new.glob(".envguard*"))
        if whole and any(new.iterdir()):  # it was quicker this time
            assert repairing.check(new).verdict is Verdict.SOUND
            break
        if turn == 1 and marker.read(str(new)) is not None:
            said = finished(envguard(old, tmp_path, str(new), "--discard", "--yes"))
            assert "was removed" in said
            assert not new.exists()
    else:
        resumed = ["--resume"] if marker.read(str(new)) is not None else ["-p", str(old)]
        finished(envguard(old, tmp_path, str(new), *resumed, "--yes"))
        assert repairing.check(new).verdict is Verdict.SOUND
        assert repairing.requested(old) == repairing.requested(new)
    undoing.compare(before, undoing.tree(old))


_ALONE = """
import subprocess, sys
from pathlib import Path
from envguard import api
from envguard.errors import EnvguardError
old, disk = sys.argv[1:3]
def mount(*words):
    subprocess.run(["mount", *words], check=True)
mount("-t", "tmpfs", "-o", f"size={sys.argv[3]}k", "none", disk)
new = f"{disk}/new"
try:
    came = api.rebuild(api.rebuild_plan(new, old))
except EnvguardError as error:
    print("refused:", error)
else:
    print("failed:" if came.failure else "made:", came.failure and came.failure.english(), came.half_built)
print("unfinished:", api.rebuild_unfinished(new) is not None)
"""


@pytest.mark.slow
def test_a_full_disk(scenario: Give, tmp_path: Path) -> None:
    """Wherever the room ends: the old one as it was, the new one marked, or made."""
    old = scenario("sound").prefix
    before = undoing.tree(old)
    disk = tmp_path / "disk"
    disk.mkdir()
    said = []
    for room in (200, 40_000, 400_000):
        command = [require("tmpfs"), "--user", "--map-root-user", "--mount", sys.executable, "-c", _ALONE]
        done = subprocess.run(
            [*command, str(old), str(disk), str(room)],
            cwd=Path(__file__).parents[2],
            env=environ(old, tmp_path),
            capture_output=True,
            text=True,
            check=False,
        )
        assert done.returncode == 0, done.stdout + done.stderr
        said.append(done.stdout)
        undoing.compare(before, undoing.tree(old))
    print(*said)
    for each in said[:-1]:
        assert each.startswith("failed")
        assert each.endswith("unfinished: True\n")
    assert said[-1] == "made: None False\nunfinished: False\n"


def test_where_a_new_one_may_be(tmp_path: Path) -> None:
    old = tmp_path / "forge" / "envs" / "work"
    (old / "conda-meta").mkdir(parents=True)
    (tmp_path / "forge" / "conda-meta").mkdir()
    (tmp_path / "full").mkdir()
    (tmp_path / "full" / "mine").write_text("", encoding="utf-8")
    (tmp_path / "empty").mkdir()
    (tmp_path / "file").write_text("", encoding="utf-8")
    (tmp_path / "link").symlink_to(tmp_path / "empty")
    said = {
        name: next((each.english() for each in target.refusals(str(old), str(tmp_path / name))), None)
        for name in ("new", "empty", "full", "file", "link", "no/new", "forge/envs/new", "forge/new", "forge/envs/work", "forge/envs/work/new", "it's", "x" * 300)
    }  # fmt: skip
    assert (said["new"], said["empty"], said["forge/envs/new"]) == (None, None, None)
    for name, part in {
        "full": "is not empty",
        "file": "is there already, and no folder",
        "link": "is there already, and no folder",
        "no/new": "there is no folder",
        "forge/new": "lies inside the environment",
        "forge/envs/work": "is the environment itself",
        "forge/envs/work/new": "lies inside the environment",
        "it's": "is no name for an environment",
        "x" * 300: "is no name for an environment",
    }.items():
        assert part in (said[name] or "")
    assert target.folder("~/x") == str(Path.home().resolve() / "x")


def names(folder: str) -> list[str]:
    return [each.name for each in Path(folder).iterdir()]


def test_the_marker(tmp_path: Path) -> None:
    new = str(tmp_path / "new")
    work = marker.begin(new, "/old", {"depth": "exact"})
    found = marker.read(new)
    assert found is not None
    assert (found.source, found.options) == ("/old", {"depth": "exact"})
    with pytest.raises(BadArguments, match="another rebuild works on"):
        marker.begin(new, "/old", {})
    (Path(new) / "half").mkdir()
    (work / "fetched").mkdir()
    assert marker.again(found) == work
    assert names(new) == [marker.NAME]
    assert (work / "fetched").is_dir()
    # one that came with a copy is nobody's
    subprocess.run(["cp", "-a", new, tmp_path / "copy"], check=True)
    assert marker.read(str(tmp_path / "copy")) is None
    with pytest.raises(BadArguments, match="is no environment that a rebuild"):
        marker.discard(str(tmp_path / "copy"))
    marker.end(new)
    assert names(new) == []
    # what an end before the first moment leaves does not stand in the way
    (Path(new) / f"{marker.NAME}.left").mkdir()
    assert list(target.refusals("/old", new)) == []
    marker.begin(new, "/old", {})
    assert names(new) == [marker.NAME]


def test_one_that_is_being_built_is_left_alone(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    new = tmp_path / "new"
    code = f"from envguard.rebuild import marker; marker.begin({str(new)!r}, '/old', {{'depth': 'exact', 'keep': []}}); print('begun', flush=True); input()"
    with subprocess.Popen(
        [sys.executable, "-c", code], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as other:
        assert other.stdout is not None
        assert other.stdout.readline() == "begun\n"
        assert cli.main(["rebuild", str(new), "--discard", "--yes"]) == 2
        assert "is being built just now" in capsys.readouterr().err
        other.communicate("\n")
    assert cli.main(["rebuild", str(new), "--discard", "--yes"]) == 0
    assert not new.exists()


def test_one_on_which_a_killed_rebuild_has_left_pip_at_work_is_left_alone(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    new, pip = tmp_path / "new", tmp_path / "pip"
    pip.write_text("print('begun', flush=True)\ninput()\n")
    code = f"from envguard.rebuild import marker; marker.begin({str(new)!r}, '/old', {{'depth': 'exact', 'keep': []}})"
    subprocess.run([sys.executable, "-c", code], check=True)
    command = [sys.executable, str(pip), "install", "--prefix", str(new), "six"]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as left:
        assert left.stdout is not None
        assert left.stdout.readline() == "begun\n"
        assert cli.main(["rebuild", str(new), "--discard", "--yes"]) == 2
        assert f"pip works on {new} just now (process {left.pid})" in capsys.readouterr().err
        found = marker.read(str(new))
        assert found is not None
        with pytest.raises(BadArguments, match="pip works on"):
            marker.again(found)  # as --resume does
        left.communicate("\n")
    assert cli.main(["rebuild", str(new), "--discard", "--yes"]) == 0
