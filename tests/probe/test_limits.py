"""Time, permissions and change: what was not looked at is unknown, neither missing nor sound, and it is told."""

from __future__ import annotations

import gc
import json
import os
import shutil
import sys
import tempfile
import threading
import time
import weakref
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from envguard.analyse import analyse
from envguard.facts import Environment
from envguard.model import Severity, Verdict
from envguard.probe import disk, reading
from tests.nobody import as_nobody
from tests.probe.prefix import SITE, Prefix

if TYPE_CHECKING:
    from collections.abc import Iterator

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="permissions of POSIX")


def sound(path: Path, packages: int = 30) -> Prefix:
    """An environment without damage in which everything depends on something, so that what is not read would be missed."""
    made = Prefix(path)
    for number in range(packages):
        name = f"p{number:02}"
        files = {f"{name}/__init__.py": b"", f"{name}/core.so": b"ELF", **{f"{name}/s{n}/m.py": b"" for n in range(5)}}
        info = made.info(name, "1", files, "conda")
        made.conda(name, "1", info, depends=[f"p{(number + 1) % packages:02} >=1"], build="0")
        made.pip(f"w{number:02}", "1", {f"w{number:02}/__init__.py": b""})
        metadata = made.path / SITE / f"w{number:02}-1.dist-info/METADATA"
        metadata.write_text(f"Name: w{number:02}\nVersion: 1\nRequires-Dist: {name}>=1\n")
    return made.history("==> 2024-05-04 17:18:39 <==\n" + "".join(f"+local::p{n:02}-1-0\n" for n in range(packages)))


def told(answer: dict[str, Any]) -> Environment:
    return Environment.from_dict(json.loads(json.dumps(answer)))


def worse_than_information(env: Environment) -> list[str]:
    report = analyse(env)
    assert not report.failed
    return [f"{each.rule}: {each.message.english()}" for each in report.findings if each.severity is not Severity.INFO]


def test_the_measure_is_sound(tmp_path: Path) -> None:
    env = told(disk.collect(str(sound(tmp_path / "env").path)))
    assert not worse_than_information(env)
    assert not env.problems
    assert not env.unlooked


def test_what_a_look_made_goes_with_it(tmp_path: Path) -> None:
    """The collector rests during a look, so nothing may need it afterwards."""
    look = disk.look(str(sound(tmp_path / "env").path))
    books = weakref.ref(look.books)
    with disk.uncollected():
        del look
        assert books() is None


def test_the_collector_is_left_as_it_was() -> None:
    with disk.uncollected(), disk.uncollected():
        assert not gc.isenabled()
    assert gc.isenabled()
    gc.disable()
    with disk.uncollected():
        pass
    try:
        assert not gc.isenabled()
    finally:
        gc.enable()


@pytest.fixture
def slow(monkeypatch: pytest.MonkeyPatch) -> dict[str, int]:
    """A file system that takes two milliseconds for each answer; how often it was asked for what."""
    asked: dict[str, int] = {}

    def throttle(name: str) -> None:
        real = getattr(os, name)

        def answered(*args: Any, **more: Any) -> Any:
            asked[name] = asked.get(name, 0) + 1
            time.sleep(0.002)
            return real(*args, **more)

        monkeypatch.setattr(os, name, answered)

    for name in ("listdir", "lstat", "open", "stat"):
        throttle(name)
    return asked


@pytest.mark.parametrize("seconds", [0, 0.05, 0.15, 0.3, 0.5, 0.7, 0.9, 1.2])
def test_a_slow_share(tmp_path: Path, slow: dict[str, int], seconds: float) -> None:
    made = sound(tmp_path / "env")
    slow.clear()
    start = time.monotonic()
    env = told(disk.collect(str(made.path), seconds))
    assert time.monotonic() - start < seconds + 1
    assert not worse_than_information(env), slow
    if env.unlooked:
        (problem,) = env.problems
        assert problem.reason.english().startswith(f"reading took more than {seconds:g} s: ")
        assert analyse(env).verdict is Verdict.UNKNOWN
    else:
        assert len(env.conda_packages or ()) == 30
    assert env.unlooked or seconds > 0.3


def test_after_the_time_nothing_more_is_asked_for(tmp_path: Path, slow: dict[str, int]) -> None:
    made = sound(tmp_path / "env", packages=200)
    slow.clear()
    env = told(disk.collect(str(made.path), 0))
    assert sum(slow.values()) < 200  # the few places that are looked at once for all
    assert (env.conda_packages, env.distributions, env.unlooked >= 200) == (None, None, True)


def test_records_come_before_folders(tmp_path: Path, slow: dict[str, int]) -> None:
    """Of a prefix whose folders cannot all be listed in time, the books at least are read."""
    made = sound(tmp_path / "env")
    for number in range(600):
        made.write(f"share/{number}/x", b"")
    made.conda("wide", "1", {f"share/{number}/x": b"" for number in range(600)}, write=False)
    env = told(disk.collect(str(made.path), 2.5))
    assert env.unlooked > 50
    assert env.conda_packages is not None
    assert env.by_name["wide"].missing.count == 0
    assert not worse_than_information(env)


def test_more_than_can_be_read(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    made = sound(tmp_path / "env")
    patience = reading.Patience(60, size=20_000)
    monkeypatch.setattr(reading, "Patience", lambda *_: patience)
    env = told(disk.collect(str(made.path)))
    assert env.conda_packages is None
    assert "MB to read" in env.problems[0].reason.english()
    assert not worse_than_information(env)


# what may not be looked at


@pytest.fixture
def place() -> Iterator[Path]:
    """A folder that everybody may enter, unlike pytest's own."""
    path = Path(tempfile.mkdtemp(prefix="envguard-test-"))
    path.chmod(0o755)
    yield path
    for folder, _, _ in os.walk(path):
        Path(folder).chmod(0o755)
    shutil.rmtree(path)


def told_to_nobody(made: Prefix) -> Environment:
    """What another user is told."""
    return told(json.loads(as_nobody(lambda: json.dumps(disk.collect(str(made.path))).encode())))


@pytest.mark.parametrize("mode", [0o000, 0o444, 0o111])
@pytest.mark.parametrize(
    "closed", ["lib", SITE, f"{SITE}/p03", f"{SITE}/p03-1.dist-info", f"{SITE}/w03-1.dist-info", "conda-meta", ""]
)
def test_a_closed_folder(place: Path, closed: str, mode: int) -> None:
    made = sound(place / "env", packages=6)
    (made.path / closed).chmod(mode)
    env = told_to_nobody(made)
    assert not worse_than_information(env)
    assert env.problems or (mode == 0o111 and not closed)  # whose folders may still be entered
    assert all(package.missing.count == 0 for package in env.conda_packages or ())


@pytest.mark.parametrize("closed", ["conda-meta/p03-1-0.json", f"{SITE}/w03-1.dist-info/METADATA",
                                    f"{SITE}/p03-1.dist-info/METADATA", f"{SITE}/w03-1.dist-info/RECORD",
                                    "conda-meta/history"])  # fmt: skip
def test_a_closed_file(place: Path, closed: str) -> None:
    """As py-rattler writes its records, for their owner only."""
    made = sound(place / "env", packages=6)
    (made.path / closed).chmod(0o600 if not os.geteuid() else 0)
    env = told_to_nobody(made)
    assert [(problem.source, problem.reason.args["error"]) for problem in env.problems] == [
        (closed, "Permission denied")
    ]
    assert not worse_than_information(env)


def test_records_that_are_all_closed(place: Path) -> None:
    made = sound(place / "env", packages=6)
    for record in made.path.glob("conda-meta/*.json"):
        record.chmod(0)
    env = told_to_nobody(made)
    assert (env.conda_packages, env.distributions, len(env.problems)) == (None, None, 6)
    assert env.is_conda
    assert not worse_than_information(env)


# what changes meanwhile


@pytest.mark.parametrize("pattern", ["conda-meta/*", f"{SITE}/*-info", "lib", "*"])
def test_a_prefix_that_vanishes_while_it_is_read(tmp_path: Path, pattern: str) -> None:
    made = sound(tmp_path / "env")
    for delay in (0, 0.002, 0.005, 0.01):
        copy = Prefix(tmp_path / f"copy{delay}")
        shutil.rmtree(copy.path)
        shutil.copytree(made.path, copy.path)

        def vanish(prefix: Path = copy.path, delay: float = delay) -> None:
            time.sleep(delay)
            for path in sorted(prefix.glob(pattern)):
                shutil.rmtree(path, ignore_errors=True) if path.is_dir() else path.unlink()

        thread = threading.Thread(target=vanish)
        thread.start()
        env = told(disk.collect(str(copy.path)))
        thread.join()
        assert not analyse(env).failed


def test_a_record_that_vanishes_is_no_damage(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    made = sound(tmp_path / "env", packages=3).conda("gone", "1", {})
    real = reading.read

    def read(path: str, *rest: Any) -> bytes:
        if path.endswith(".json"):
            Path(made.path, "conda-meta/gone-1-0.json").unlink(missing_ok=True)
        return real(path, *rest)

    monkeypatch.setattr(reading, "read", read)
    env = told(disk.collect(str(made.path)))
    assert not env.unreadable_records
    assert [problem.source for problem in env.problems] == ["conda-meta/gone-1-0.json"]
