"""What links are no copies of, and where they cannot be had: nothing is lost, nothing is put back that is not what it was."""

from __future__ import annotations

import contextlib
import os
import shutil
import subprocess
import sys
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

import pytest

from envguard import home
from envguard.changes import busy, checkpoint, journal, keeping, listing, undo
from envguard.undo_report import Checkpoint, NoUndo, State
from tests.changes import undoing
from tests.require import absent

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from envguard.home import Home

SITE = "lib/python3.11/site-packages"


def made(prefix: Path, **files: str) -> Home:
    """A small environment of two distributions, as pip would have made it."""
    site = prefix / SITE
    for name in ("one", "two"):
        rows = []
        for file in (f"{name}/__init__.py", f"{name}/data.txt", f"{name}-1.0.dist-info/METADATA"):
            content = f"{name} {file}".encode() * 100
            (site / file).parent.mkdir(parents=True, exist_ok=True)
            (site / file).write_bytes(content)
            rows.append(undoing.record_line(file, content))
        rows.append(f"{name}-1.0.dist-info/RECORD,,")
        (site / f"{name}-1.0.dist-info" / "RECORD").write_text("\n".join(rows))
    (prefix / "bin").mkdir(exist_ok=True)
    (prefix / "bin" / "two").symlink_to("../lib")
    (prefix / "pyvenv.cfg").write_text("home = /usr/bin\n")
    return home.make(prefix, undo=True)


def begun(place: Home, names: tuple[str, ...] | None = None, budget: int | None = None) -> Checkpoint:
    point = checkpoint.begin(place, ("pip", "install", "one"), names, budget=budget)
    assert isinstance(point, Checkpoint), point.reason.english()
    return point


def replaced(prefix: Path) -> None:
    """What an upgrade does."""
    site = prefix / SITE
    shutil.rmtree(site / "one")
    shutil.rmtree(site / "one-1.0.dist-info")
    (site / "one").mkdir()
    (site / "one" / "__init__.py").write_text("new")
    (site / "one" / "more.py").write_text("new")
    (site / "~ne").mkdir()
    (site / "~ne" / "stash.py").write_text("stashed")
    (prefix / "bin" / "two").unlink()
    (prefix / "pyvenv.cfg").write_text("edited in place")


@pytest.mark.parametrize("names", [None, ("one",)])
def test_replaced_removed_stashed_and_edited(tmp_path: Path, names: tuple[str, ...] | None):
    place = made(tmp_path)
    before = undoing.tree(tmp_path)
    point = begun(place, names)
    replaced(tmp_path)
    ended = checkpoint.end(place, point, failed=False)
    assert [(each.name, each.before, each.after) for each in ended.changes] == [("one", "1.0", None)]
    assert ended.size > 0
    plan = undo.plan(place)
    assert f"{SITE}/~ne/stash.py" in plan.removes
    undone = undo.run(place, plan)
    assert undone.proof.same
    assert undone.proof.by_books == 3
    undoing.compare(before, undoing.tree(tmp_path))
    assert list(journal.kept(place).iterdir()) == []  # nothing is held for what is undone


def test_a_kept_file_that_was_edited_in_place_is_not_put_back(tmp_path: Path):
    place = made(tmp_path)
    file = tmp_path / SITE / "one" / "data.txt"
    status, content = file.stat(), file.read_bytes()
    other = tmp_path.with_name(tmp_path.name + "-other")
    os.link(file, other)  # as another environment has it
    point = begun(place, ("one",))
    replaced(tmp_path)
    checkpoint.end(place, point, failed=False)
    with other.open("r+b") as handle:
        handle.write(content.replace(b"one", b"ONE"))
    os.utime(other, ns=(status.st_atime_ns, status.st_mtime_ns))  # without a trace but the content
    undone = undo.run(place, undo.plan(place))
    assert [each.path for each in undone.left] == [f"{SITE}/one/data.txt"]
    assert undone.proof.differs == (f"{SITE}/one/data.txt",)
    assert not file.exists()
    other.unlink()


def test_a_damaged_one_comes_from_the_package_cache(scenario: Callable[..., Any], tmp_path: Path):
    kept = scenario("sound")
    prefix = undoing.linked(kept.prefix, tmp_path / "env")
    place = home.make(prefix, undo=True)
    file = next(prefix.glob("lib/python3*/site-packages/six.py"))
    own = file.with_name("six.tmp")
    shutil.copy2(file, own)  # the environment's own, so that the cache stays as it is
    own.replace(file)
    before = undoing.tree(prefix)
    point = begun(place, ("six",))
    with file.open("a") as handle:
        handle.write("# edited in place while it was kept\n")
    checkpoint.end(place, point, failed=False)
    undone = undo.run(place, undo.plan(place))
    assert undone.fetched == (str(file.relative_to(prefix)),)
    assert undone.proof.same
    undoing.compare(before, undoing.tree(prefix))


def test_only_date_or_mode_changed(tmp_path: Path):
    place = made(tmp_path)
    before = undoing.tree(tmp_path)
    point = begun(place)
    os.utime(tmp_path / SITE / "one" / "data.txt")
    (tmp_path / SITE / "two" / "data.txt").chmod(0o600)
    (tmp_path / SITE / "two").chmod(0o700)
    checkpoint.end(place, point, failed=None)
    assert undo.run(place, undo.plan(place)).proof.same
    undoing.compare(before, undoing.tree(tmp_path))


def test_kinds_changed(tmp_path: Path):
    place = made(tmp_path)
    before = undoing.tree(tmp_path)
    point = begun(place)
    site = tmp_path / SITE
    (site / "one" / "data.txt").unlink()
    (site / "one" / "data.txt").mkdir()
    (site / "one" / "data.txt" / "in.txt").write_text("")
    shutil.rmtree(site / "two")
    (site / "two").write_text("a file")
    (tmp_path / "bin" / "two").unlink()
    (tmp_path / "bin" / "two").mkdir()
    checkpoint.end(place, point, failed=None)
    assert undo.run(place, undo.plan(place)).proof.same
    undoing.compare(before, undoing.tree(tmp_path))


def test_bounds(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    place = made(tmp_path)
    monkeypatch.setattr(checkpoint, "MOST", 3)
    points = []
    for number in range(5):
        point = begun(place, ())
        (tmp_path / SITE / f"new{number}.py").write_text("")
        points.append(checkpoint.end(place, point, failed=False).id)
    assert [each.id for each in checkpoint.all(place)] == points[2:]
    assert [each.id for each in checkpoint.clear(place, points[3])] == [points[3]]
    checkpoint.clear(place)
    assert checkpoint.all(place) == ()
    assert list(journal.kept(place).iterdir()) == []


@contextmanager
def mounted(where: Path, *options: str) -> Iterator[Path]:
    where.mkdir(exist_ok=True)
    done = subprocess.run(["mount", *options, where], capture_output=True, text=True, check=False)
    if done.returncode:
        absent("mounts", done.stderr.strip())
    try:
        yield where
    finally:
        subprocess.run(["umount", "-l", where], check=True)


def fill(file: Path) -> None:
    """Writes a file until the disk is full."""
    with file.open("wb", buffering=0) as filler, contextlib.suppress(OSError):
        while filler.write(b"x" * 4096):
            pass


def test_a_full_disk_loses_nothing(tmp_path: Path):
    with mounted(tmp_path / "small", "-t", "tmpfs", "-o", "size=2m,nr_inodes=400", "tmpfs") as prefix:
        place = made(prefix)
        before = undoing.tree(prefix)
        point = begun(place)
        replaced(prefix)
        point = checkpoint.end(place, point, failed=True)
        fill(prefix / SITE / "filler")
        (prefix / SITE / "filler").rename(prefix / "filler")  # the user's: it stays in the way
        free = shutil.disk_usage(prefix).free
        undone = undo.run(place, undo.plan(place))
        (prefix / "filler").unlink()
        if undone.checkpoint.state is not State.UNDONE or not undone.proof.same:
            assert undone.left or undone.proof.differs == ("filler",), (free, undone)
            plan = undo.plan(place)
            if plan.checkpoint is not None:
                undo.run(place, plan)
        os.utime(prefix, ns=(before["."][1], before["."][1]))  # type: ignore[arg-type]
        undoing.compare(before, undoing.tree(prefix))
        fill(prefix / "filler")
        told = checkpoint.begin(place, ("pip",), None)
        assert isinstance(told, NoUndo)
        assert "No space" in told.reason.english()
        (prefix / "filler").unlink()
        os.utime(prefix, ns=(before["."][1], before["."][1]))  # type: ignore[arg-type]
        undoing.compare(before, undoing.tree(prefix))


def test_where_links_lead_to_another_disk_files_are_copied(tmp_path: Path):
    prefix = tmp_path / "env"
    (prefix / "lib").mkdir(parents=True)
    with mounted(prefix / "lib", "-t", "tmpfs", "-o", "size=2m", "tmpfs"):
        place = made(prefix)
        before = undoing.tree(prefix)
        told = checkpoint.begin(place, ("pip",), ("one",), budget=10)
        assert isinstance(told, NoUndo)
        assert "copied" in told.reason.english()
        point = begun(place, ("one",))
        replaced(prefix)
        checkpoint.end(place, point, failed=False)
        undone = undo.run(place, undo.plan(place))
        assert undone.proof.same, undone
        undoing.compare(before, undoing.tree(prefix))


def test_on_an_overlay_a_link_is_a_copy(tmp_path: Path):
    lower, upper, work = (tmp_path / name for name in ("lower", "upper", "work"))
    with mounted(tmp_path / "disk", "-t", "tmpfs", "-o", "size=8m", "tmpfs") as disk:
        lower, upper, work = (disk / name for name in ("lower", "upper", "work"))
        for folder in (lower, upper, work):
            folder.mkdir()
        made(lower)
        shutil.rmtree(lower / home.NAME)
        options = f"lowerdir={lower},upperdir={upper},workdir={work}"
        with mounted(tmp_path / "merged", "-t", "overlay", "-o", options, "overlay") as prefix:
            place = home.make(prefix, undo=True)
            before = undoing.tree(prefix)
            assert isinstance(checkpoint.begin(place, ("pip",), None, budget=100), NoUndo)
            point = begun(place, ("one",))
            assert not (upper / SITE / "one" / "data.txt").exists()  # nothing was copied up
            replaced(prefix)
            checkpoint.end(place, point, failed=False)
            undone = undo.run(place, undo.plan(place))
            assert undone.proof.same, undone
            undoing.compare(before, undoing.tree(prefix))


@pytest.mark.parametrize("how", ["-a", "-al"])
def test_a_clone_is_foreign(tmp_path: Path, how: str):
    place = made(tmp_path / "env")
    point = begun(place)
    (tmp_path / "env" / SITE / "new.py").write_text("")
    checkpoint.end(place, point, failed=False)
    clone = tmp_path / "clone"
    subprocess.run(["cp", how, tmp_path / "env", clone], check=True)
    theirs = home.look(clone)
    assert theirs.state == "foreign"
    before = undoing.tree(clone)
    assert isinstance(checkpoint.begin(theirs, ("pip",), None), NoUndo)
    assert checkpoint.all(theirs) == checkpoint.unfinished(theirs) == checkpoint.clear(theirs) == ()
    assert "was made in" in undo.plan(theirs).refused[0].english()
    undoing.compare(before, undoing.tree(clone))
    assert home.make(clone).new  # asked for, it gets its own
    assert checkpoint.all(home.look(clone)) == ()
    assert home.drop(clone)
    assert home.look(clone).state == "none"
    assert undo.run(place, undo.plan(place)).proof.same


def test_copies_within_the_budget_and_hostile_notes(tmp_path: Path):
    place = made(tmp_path)
    point = begun(place)
    folder = journal.place(place) / point.id
    (tmp_path / SITE / "new.py").write_text("")
    checkpoint.end(place, point, failed=False)
    whole = (folder / "before").read_bytes()
    for content in (b"", b"\x00", whole[:-9], b"x\x9c"):
        (folder / "before").write_bytes(content)
        assert "cannot be read" in undo.plan(place).refused[0].english()
    (folder / "before").write_bytes(whole)
    (folder / "checkpoint.json").write_text('{"schema": 1, "id": "../../..", "state": "ended"}')
    assert checkpoint.all(place) == ()
    assert undo.plan(place).checkpoint is None
    evil = listing.Listing({"../../evil": listing.Entry(0o100644, 0, 0, 1)})
    with pytest.raises(ValueError, match="leads out"):
        listing.unpack(listing.pack(evil))


def test_the_lock_keeps_another_out(tmp_path: Path):
    place = made(tmp_path)
    code = "import sys; from envguard import home\nwith home.locked(home.look(sys.argv[1])): print('held', flush=True); sys.stdin.read()"
    argv = [sys.executable, "-c", code, tmp_path]
    process = subprocess.Popen(argv, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
    assert process.stdout is not None
    assert process.stdout.readline() == "held\n"
    with pytest.raises(Exception, match="another envguard"), home.locked(place, 0.1):
        pass
    process.communicate("")
    with home.locked(place, 5):
        pass


def test_read_only_prefix(tmp_path: Path):
    with mounted(tmp_path / "ro", "-t", "tmpfs", "-o", "size=2m", "tmpfs") as prefix:
        place = made(prefix)
        point = begun(place)
        (prefix / SITE / "new.py").write_text("")
        checkpoint.end(place, point, failed=False)
        subprocess.run(["mount", "-o", "remount,ro", prefix], check=True)
        assert isinstance(checkpoint.begin(place, ("pip",), None), NoUndo)
        assert "not writable" in undo.plan(place).refused[0].english()


@pytest.mark.parametrize(
    ("line", "program"),
    [
        ("pip install x", "pip"),
        ("/e/bin/python3.11 -m pip install x", "pip"),
        ("/e/bin/python /e/bin/pip3.11 uninstall x", "pip"),
        ("python -I -X utf8 /tmp/build/__pip-runner__.py install x", "pip"),
        ("/e/bin/python /e/lib/site-packages/pip/__main__.py install x", "pip"),
        ("uv pip install x", "uv"),
        ("uv --project . sync", "uv"),
        ("conda install -n e x", "conda"),
        ("/opt/conda/bin/python /opt/conda/bin/conda env update", "conda"),
        ("micromamba -p /e install x", "micromamba"),
        ("uv pip list", None),
        ("uv run jupyter lab", None),
        ("conda run -n e python", None),
        ("pip", None),
        ("python -c pip", None),
        ("python", None),
        ("vim pip install", None),
    ],
)
def test_which_processes_install(line: str, program: str | None):
    assert busy.installer(line.split()) == program


def test_layers_are_seen_by_their_mount():
    assert keeping._layers("/proc") is None
