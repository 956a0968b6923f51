"""`--deep` on what is out for mischief, or broken: it ends, nothing outside is read, one problem each, the rest is told."""

from __future__ import annotations

import contextlib
import errno
import json
import os
import signal
import subprocess
import sys
import threading
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from envguard import collect, hashes
from envguard.probe import deep, disk, hashing, package_cache, reading
from tests.growth import growth
from tests.nobody import as_nobody
from tests.probe import test_hostile as hostile
from tests.probe.prefix import SITE, Prefix, sha256
from tests.probe.test_limits import place  # noqa: F401 - a fixture

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from envguard.facts import Environment

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="links, modes and signals of POSIX")

SECRET = b"outside, and nobody's business"
META = "conda-meta/bad-1-0.json"


@pytest.fixture
def prefix(tmp_path: Path) -> Prefix:
    """A sound package, and one that was edited; both are told whatever lies beside them."""
    return Prefix(tmp_path / "env").conda("good", "1", {"good.txt": b"12345"}).conda("edited", "1", {"e.txt": b"12345"})


@pytest.fixture
def outside(tmp_path: Path) -> Path:
    path = tmp_path / "outside.txt"
    path.write_bytes(SECRET)
    return path


def deeply(prefix: Prefix) -> Environment:
    """What is told; that it is told of the others, too, is part of every test."""
    prefix.write("e.txt", b"54321")
    env = collect.deeply(prefix.path)
    assert [
        package.name for package in env.conda_packages or () if package.altered.count and package.name != "bad"
    ] == ["edited"]
    return env


def problems(env: Environment) -> dict[str, str]:
    told = {problem.source: problem.reason.english() for problem in env.problems}
    assert len(told) == len(env.problems), env.problems
    return told


def read(env: Environment) -> int:
    """The bytes that were read of the bad package's files."""
    assert env.deep is not None
    return env.deep.bytes - 10


def entry(path: str, data: bytes = SECRET, **more: Any) -> dict[str, Any]:
    return {"_path": path, "path_type": "hardlink", "sha256": sha256(data), "size_in_bytes": len(data), **more}


def bad(prefix: Prefix, *entries: dict[str, Any], name: str = "bad") -> Prefix:
    record = {"name": name, "version": "1", "build": "0", "paths_data": {"paths": entries}}
    return prefix.write(f"conda-meta/{name}-1-0.json", json.dumps(record).encode())


# where the records lead


@pytest.mark.parametrize("path", [*hostile.PATHS, "{outside}"])
def test_paths_out_of_the_prefix(prefix: Prefix, outside: Path, path: str) -> None:
    env = deeply(bad(prefix, entry(path.format(outside=outside)), entry("../outside.txt")))
    assert problems(env) == {META: "2 of the files it lists are no paths inside the environment"}
    assert read(env) == 0


@pytest.mark.parametrize("age", ["link to the file", "link to a link", "link to its folder"])
def test_links_out_of_the_prefix_are_not_followed(prefix: Prefix, outside: Path, age: str) -> None:
    """The file outside even has the hash that the record gives; a look at it would count its bytes."""
    if age == "link to its folder":
        (prefix.path / "away").symlink_to(outside.parent)
        path, source = "away/outside.txt", "away"
    else:
        (prefix.path / "step").symlink_to(outside)
        (prefix.path / "link.txt").symlink_to("step" if age == "link to a link" else outside)
        path = source = "link.txt"
    env = deeply(bad(prefix, entry(path)))
    assert problems(env) == {source: reading.OUTSIDE}
    assert read(env) == 0
    assert not env.by_name["bad"].altered.count


def test_links_inside_the_prefix_and_into_the_package_cache_are(
    prefix: Prefix, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As `always_softlink` makes them."""
    monkeypatch.setenv("CONDA_PKGS_DIRS", str(tmp_path / "pkgs"))
    cached = tmp_path / "pkgs/bad-1-0/soft.txt"
    cached.parent.mkdir(parents=True)
    cached.write_bytes(SECRET)
    (prefix.path / "soft.txt").symlink_to(cached)
    prefix.write("real.txt", b"edited")
    (prefix.path / "inside.txt").symlink_to("real.txt")
    env = deeply(bad(prefix, entry("soft.txt"), entry("inside.txt")))
    assert problems(env) == {}
    assert env.by_name["bad"].altered.sample == ("inside.txt",)


def test_a_prefix_cannot_name_a_package_cache_outside(prefix: Prefix, outside: Path) -> None:
    """Its own `pkgs` is one, unless it is a link."""
    (prefix.path / "pkgs").symlink_to(outside.parent)
    (prefix.path / "link.txt").symlink_to(outside)
    env = deeply(bad(prefix, entry("link.txt")))
    assert problems(env) == {"link.txt": reading.OUTSIDE}
    assert read(env) == 0


@pytest.mark.parametrize("make", hostile.MAKERS, ids=lambda make: make.__name__)
def test_no_regular_file(prefix: Prefix, outside: Path, make: Callable[[Path, Path], None]) -> None:
    make(prefix.path / "it.txt", outside)
    env = deeply(bad(prefix, entry("it.txt")))
    assert list(problems(env)) == (["it.txt"] if make is not hostile.nowhere else [])
    assert read(env) == 0
    assert not env.by_name["bad"].altered.count


def test_a_fifo_that_somebody_writes_into_keeps_its_content(prefix: Prefix) -> None:
    os.mkfifo(prefix.path / "it.txt")
    handle = os.open(prefix.path / "it.txt", os.O_RDWR)
    os.write(handle, b"kept")
    env = deeply(bad(prefix, entry("it.txt")))
    assert problems(env) == {"it.txt": "could not be hashed: not a regular file"}
    assert os.read(handle, 10) == b"kept"
    os.close(handle)


def test_a_closed_file(place: Path) -> None:  # noqa: F811 - the fixture
    """Root may read it all the same; who is root asks as nobody."""
    path = place / "it.txt"
    path.write_bytes(SECRET)
    path.chmod(0)
    told = as_nobody(lambda: hashing.answer(b"t" + b"0" * 64 + b"99 " + os.fsencode(path)))
    assert told.decode() == f"0\n0 !{errno.EACCES}"


# what changes meanwhile


def test_a_file_that_grows_without_end(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "log"
    path.write_bytes(b"x" * (3 << 20))
    fill = hashing._fill

    def growing(handle: int) -> int:
        with path.open("ab") as file:
            file.write(b"x" * (2 << 20))
        return fill(handle)

    monkeypatch.setattr(hashing, "_fill", growing)
    assert hashing.digest(os.fsencode(path), 1 << 30)[1] == 3 << 20


def test_a_file_that_is_cut_off_meanwhile(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "cut"
    path.write_bytes(b"x" * (5 << 20))
    fill = hashing._fill

    def cutting(handle: int) -> int:
        os.truncate(path, 2 << 20)
        return fill(handle)

    monkeypatch.setattr(hashing, "_fill", cutting)
    assert hashing.digest(os.fsencode(path), 1 << 30) == (sha256(b"x" * (2 << 20)), 2 << 20)


@pytest.mark.parametrize("then", ["gone", "fifo", "leads_out"])
def test_a_file_that_becomes_another_between_listing_and_hashing(prefix: Prefix, outside: Path, then: str) -> None:
    prefix.write("it.txt", SECRET)
    look = disk.look(str(bad(prefix, entry("it.txt")).path))
    jobs, _ = deep.jobs(look)
    (prefix.path / "it.txt").unlink()
    if then != "gone":
        getattr(hostile, then)(prefix.path / "it.txt", outside)
    hashed = hashes.hash_files(jobs, roots=deep.roots(look))
    found = deep.conclude(look, jobs, hashed.different, hashed.unreadable)
    assert hashed.bytes == 10
    assert [problem["source"] for problem in found["problems"]] == ([] if then == "gone" else ["it.txt"])


# size and number


@pytest.mark.parametrize("name", ["it.txt", "it.so"])
def test_a_file_of_a_terabyte_where_a_small_one_is_recorded(prefix: Prefix, name: str) -> None:
    """Its size is proof enough."""
    prefix.write(name, b"")
    os.truncate(prefix.path / name, 1 << 40)
    env = deeply(bad(prefix, entry(name)))
    assert env.by_name["bad"].altered.sample == (name,)
    assert (problems(env), read(env)) == ({}, 0)


@pytest.mark.parametrize("size", [None, "many", -1, True, 1 << 63])
def test_a_file_of_a_terabyte_of_which_no_size_is_recorded(prefix: Prefix, size: object) -> None:
    prefix.write("it.txt", b"")
    os.truncate(prefix.path / "it.txt", 1 << 40)
    env = deeply(bad(prefix, entry("it.txt", size_in_bytes=size)))
    assert not env.by_name["bad"].altered.count
    assert problems(env) == {"it.txt": "could not be hashed: larger than 1 GB"}


def test_a_record_that_errs_about_the_size_alone(prefix: Prefix) -> None:
    env = deeply(bad(prefix.write("it.txt", SECRET), entry("it.txt", size_in_bytes=1)))
    assert not env.by_name["bad"].altered.count


def test_a_size_as_recorded_that_would_take_days(prefix: Prefix, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(hashes, "SECONDS", 1.0)
    prefix.write("it.txt", b"")
    os.truncate(prefix.path / "it.txt", 1 << 43)
    started = time.monotonic()
    env = deeply(bad(prefix, entry("it.txt", size_in_bytes=1 << 43)))
    assert time.monotonic() - started < 10
    assert problems(env) == {"": "1 files were not hashed: it took too long"}


def test_one_path_100_000_times(prefix: Prefix) -> None:
    env = deeply(bad(prefix.write("it.txt", SECRET), *[entry("it.txt")] * 100_000))
    assert read(env) == len(SECRET)


def test_one_path_in_1_000_packages(prefix: Prefix) -> None:
    """Any of them may be right; it is read once, and one that none lists is told once."""
    for number in range(1000):
        bad(prefix, entry("it.txt", str(number).encode()), name=f"p{number:03}")
    prefix.write("it.txt", b"777")
    look = disk.look(str(prefix.path))
    env = deeply(prefix)
    assert (read(env), problems(env)) == (3, {})
    hashed = {number: sha256(b"none") for number, job in enumerate(deep.jobs(look)[0]) if job.key == "it.txt"}
    found = deep.conclude(look, deep.jobs(look)[0], hashed, {})
    assert [package["name"] for package in found["conda_packages"] if package["altered"]["count"]] == ["p000"]


@pytest.mark.slow
def test_the_time_for_altered_files_grows_with_their_number(prefix: Prefix) -> None:
    """All of them listed twice: ten times as many take no more than some ten times as long (it was a hundred)."""

    def prepare(count: int) -> Callable[[], object]:
        entries = [entry(f"share/{number}.txt") for number in range(count)]
        for number in range(count):
            prefix.write(f"share/{number}.txt", b"")
        look = disk.look(str(bad(bad(prefix, *entries), *entries, name="worse").path))
        jobs, _ = deep.jobs(look)

        def conclude() -> None:
            found = deep.conclude(look, jobs, dict.fromkeys(range(len(jobs)), "0" * 64), {})
            assert sum(package["altered"]["count"] for package in found["conda_packages"]) == count + 2

        return conclude

    assert growth(prepare, 2_000, 20_000) < 40


# names and hashes


@pytest.mark.parametrize(
    "name", [b"a\nb", b"a\rb", b"\xff\xfe", b"9 a", b"!1", b"\x1b[31m", b"x" * 255, b"-", "日本".encode(), b"a b "]
)
def test_names(prefix: Prefix, name: bytes) -> None:
    path = os.fsdecode(name)
    with contextlib.suppress(OSError):  # macOS takes no bytes that are no UTF-8
        env = deeply(bad(prefix.write(path, SECRET).write("then.txt", b"edited"), entry(path), entry("then.txt")))
        assert problems(env) == {}
        assert env.by_name["bad"].altered.sample == ("then.txt",)


@pytest.mark.parametrize("name", ["\ud800", "x" * 10_000, "a/" * 3000 + "b"])
@pytest.mark.parametrize("seconds", [0.0, 45.0])
def test_names_that_no_disk_can_hold(prefix: Prefix, name: str, seconds: float) -> None:
    """Even where the folder could not be looked at in time, so that they may be there for all that is known."""
    look = disk.look(str(bad(prefix, entry(name)).path))
    look.books.missing[0] = []
    jobs, _ = deep.jobs(look)
    hashed = hashes.hash_files(jobs)
    assert (hashed.lost, set(hashed.unreadable.values()) <= {errno.ENAMETOOLONG, errno.ENOENT}) == (0, True)


@pytest.mark.parametrize("digest", ["\0" * 64, "\n" * 64, "z" * 64, "é" * 64, "٣" * 64, "0" * 63, 7, ["0"] * 64, ""])
def test_hashes_that_are_none(prefix: Prefix, digest: object) -> None:
    env = deeply(bad(prefix.write("it.txt", SECRET), entry("it.txt", sha256=digest)))
    assert (problems(env), read(env)) == ({}, 0)
    assert env.deep is not None
    assert env.deep.unknown == 1


def test_a_hash_in_capitals_is_the_same(prefix: Prefix) -> None:
    env = deeply(bad(prefix.write("it.txt", SECRET), entry("it.txt", sha256=sha256(SECRET).upper())))
    assert (env.by_name["bad"].altered.count, read(env)) == (0, len(SECRET))


# workers


def many(folder: Path, count: int = 200) -> list[deep.Job]:
    folder.mkdir()
    (folder / "it.txt").write_bytes(SECRET)
    return [deep.Job(0, "it.txt", os.fsencode(folder / "it.txt"), sha256(SECRET), len(SECRET))] * count


PROGRAMS = {
    "hangs": "import time; time.sleep(600)",
    "hangs and does not listen": "import signal, time; signal.signal(15, signal.SIG_IGN); time.sleep(600)",
    "ends": "",
    "prints": "print('hello, world' * 10000, flush=True); import time; time.sleep(600)",
    "nonsense": "import sys; sys.stdout.buffer.write(b'\\5\\0\\0\\0hello' * 99); sys.stdout.flush(); sys.stdin.read()",
    "other number": "import sys; sys.stdout.buffer.write(b'\\7\\0\\0\\x001\\n999 a'); sys.stdout.flush(); sys.stdin.read()",
    "endless": "import sys; sys.stdout.buffer.write(b'\\xff\\xff\\xff\\xff' + b'x' * 99999); sys.stdout.flush(); sys.stdin.read()",
}


@pytest.mark.parametrize("program", PROGRAMS)
def test_a_worker_that_is_none(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, program: str) -> None:
    """Its files are lost, soon, and it is gone."""
    path = tmp_path / "worker.py"
    path.write_text(PROGRAMS[program])
    monkeypatch.setattr(hashing, "__file__", str(path))
    monkeypatch.setattr(hashes, "SILENCE", 1.0)
    started = time.monotonic()
    found = hashes.hash_files(many(tmp_path / "many"))
    assert time.monotonic() - started < 10
    assert (found.lost, found.files) == (200, 0)
    assert not children()


def children() -> set[int]:
    """The processes that this one has started."""
    found = set()
    for path in Path("/proc").glob("[0-9]*/stat"):
        with contextlib.suppress(OSError, ValueError):
            state, parent = path.read_text().rpartition(")")[2].split()[:2]
            if int(parent) == os.getpid() and state != "Z":
                found.add(int(path.parent.name))
    return found


@pytest.mark.parametrize("executable", ["", None, "/dev/null", "/no/such/python"])
def test_a_python_that_cannot_be_started(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, executable: str | None
) -> None:
    monkeypatch.setattr(sys, "executable", executable)
    assert hashes.hash_files(many(tmp_path / "many")).lost == 200


@pytest.fixture
def slow(prefix: Prefix) -> Iterator[Prefix]:
    """What takes hours to hash, if it is not stopped."""
    prefix.write("it.txt", b"")
    os.truncate(prefix.path / "it.txt", 1 << 43)
    yield bad(prefix, entry("it.txt", size_in_bytes=1 << 43))
    (prefix.path / "it.txt").unlink()


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGKILL])
def test_however_the_command_is_stopped_nothing_is_left(slow: Prefix, tmp_path: Path, number: signal.Signals) -> None:
    (tmp_path / "tmp").mkdir()
    command = subprocess.Popen(
        [sys.executable, "-m", "envguard", "check", "--deep", slow.path],
        env={**os.environ, "TMPDIR": str(tmp_path / "tmp")},
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
        text=True,
        # who starts the tests in the background has interrupts ignored by all below
        preexec_fn=lambda: signal.signal(signal.SIGINT, signal.SIG_DFL),
    )
    workers: set[str] = set()
    end = time.monotonic() + 60
    while not workers and time.monotonic() < end:
        time.sleep(0.05)
        with contextlib.suppress(OSError):
            workers = {
                word
                for task in Path(f"/proc/{command.pid}/task").iterdir()
                for word in (task / "children").read_text().split()
            }
    assert workers
    command.send_signal(number)
    _, said = command.communicate(timeout=30)
    assert "Traceback" not in said
    end = time.monotonic() + 10
    while any(alive(pid) for pid in workers) and time.monotonic() < end:
        time.sleep(0.05)
    assert not [pid for pid in workers if alive(pid)]
    assert not list((tmp_path / "tmp").iterdir())


def alive(pid: str) -> bool:
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except OSError:
        return False


def test_a_thread_may_ask(tmp_path: Path) -> None:
    """As a front end's does: no signal is touched."""
    found: list[hashes.Hashed] = []
    thread = threading.Thread(target=lambda: found.append(hashes.hash_files(many(tmp_path / "many"))))
    thread.start()
    thread.join(60)
    assert found[0].files == 200


# the package cache


def linked(prefix: Prefix, cache: Path) -> Prefix:
    """A package that shares its edited file with the cache."""
    prefix.write("it.txt", b"edited")
    twin = cache / "bad-1-0/it.txt"
    twin.parent.mkdir(parents=True)
    os.link(prefix.path / "it.txt", twin)
    return bad(prefix, entry("it.txt"))


def test_a_cache_that_is_an_endless_loop_or_leads_out(
    prefix: Prefix, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Only names are looked at there, and an inode is the same file wherever it lies."""
    monkeypatch.setenv("CONDA_PKGS_DIRS", f"{tmp_path / 'pkgs'}:{tmp_path / 'loop'}:/dev/null:relative:{tmp_path}\n")
    (tmp_path / "loop").symlink_to("loop")
    (linked(prefix, tmp_path / "pkgs").path / "self").symlink_to(".")
    (tmp_path / "pkgs/bad-1-0-etc").symlink_to("/etc")
    (tmp_path / "pkgs/bad-1-0-self").symlink_to(".")
    env = deeply(prefix)
    assert env.deep is not None
    assert [cached.folder for cached in env.deep.cached] == [str(tmp_path / "pkgs/bad-1-0")]
    assert problems(env) == {}


def test_a_cache_that_cannot_be_listed(prefix: Prefix, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CONDA_PKGS_DIRS", str(tmp_path / "pkgs"))
    real = os.listdir

    def closed(path: Any) -> list[str]:
        if str(path) == str(tmp_path / "pkgs"):
            raise PermissionError(errno.EACCES, "Permission denied")
        return real(path)

    monkeypatch.setattr(package_cache.os, "listdir", closed)
    env = deeply(linked(prefix, tmp_path / "pkgs"))
    assert problems(env) == {str(tmp_path / "pkgs"): "could not be listed: Permission denied"}


def test_a_closed_cache_is_no_problem_where_nothing_is_linked(
    prefix: Prefix, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("CONDA_PKGS_DIRS", str(tmp_path))
    monkeypatch.setattr(package_cache, "folders", lambda *_: [str(tmp_path / "no such folder")])
    assert problems(deeply(bad(prefix.write(f"{SITE}/it.py", b"edited"), entry(f"{SITE}/it.py")))) == {}
