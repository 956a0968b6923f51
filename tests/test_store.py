"""What is remembered of a prefix: the same object while nothing changes, and never after anything has."""

from __future__ import annotations

import os
import time
from typing import TYPE_CHECKING

import pytest

from envguard import api, collect, store
from envguard.probe import disk, witness
from envguard.settings import Selection
from tests.probe.prefix import SITE, Prefix

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

SETTLED = 0.05


@pytest.fixture
def prefix(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Prefix]:
    """A small environment of every kind of thing that is looked at."""
    monkeypatch.setattr(store, "SETTLED", SETTLED)
    collect.forget()
    made = Prefix(tmp_path / "env")
    cached = f"{SITE}/pkg/__pycache__/__init__.cpython-311.pyc"
    made.conda(
        "lib", "1", {"lib/liba.so.1": b"ELF", "lib/part/b.txt": b"b", f"{SITE}/pkg/__init__.py": b"", cached: b""}
    )
    made.conda("num", "1.0", made.info("num", "1.0", {"num/__init__.py": b"one\n", "num/c.py": b"c"}, "conda"))
    made.conda("both", "1", {"lib/part/b.txt": b"b2"}, write=False)
    made.pip("num", "2.0", {"num/__init__.py": b"two!\n"}).pip("mine", "1", {"mine.py": b"m"})
    made.write(f"{SITE}/x.pth", b"import os\n").write("bin/pip", b"#!/usr/bin/python\n").write(
        "pyvenv.cfg", b"version = 3.11\n"
    )
    made.write("conda-meta/history", b"==> 2024-05-04 17:18:39 <==\n+local::lib-1-0\n").write(
        "conda-meta/pinned", b"lib 1\n"
    )
    (made.path / "lib/link").symlink_to("part")
    time.sleep(SETTLED * 2)
    yield made
    collect.forget()


def look(prefix: Prefix) -> object:
    return collect.by_import(prefix.path)


def settle() -> None:
    time.sleep(SETTLED * 2)


def test_unchanged_is_the_identical_object(prefix: Prefix) -> None:
    first = look(prefix)
    assert look(prefix) is first


def test_byte_code_that_python_writes_changes_nothing(prefix: Prefix) -> None:
    """As every first import of a module does, between two checks of a session."""
    first = look(prefix)
    prefix.write(f"{SITE}/pkg/__pycache__/new.cpython-311.pyc", b"")
    assert look(prefix) is first


def test_an_unchanged_report_is_not_made_again_and_tells_when_it_was_checked(
    prefix: Prefix, monkeypatch: pytest.MonkeyPatch
) -> None:
    first = api.inspect(prefix.path)
    monkeypatch.setattr(api, "now", lambda: "later")
    again, chosen = api.inspect(prefix.path), api.inspect(prefix.path, Selection(select=("100",)))
    assert again.findings is first.findings
    assert (again.made_at, chosen.checked) == ("later", 1)


def rewrite(path: str, data: bytes) -> Callable[[Path], object]:
    """A change in place: the folder does not change."""

    def change(prefix: Path) -> None:
        with (prefix / path).open("r+b") as file:
            file.write(data)
            file.truncate()

    return change


def back_dated(path: str, data: bytes) -> Callable[[Path], object]:
    """A change that hides: same size, same mtime."""

    def change(prefix: Path) -> None:
        status = (prefix / path).stat()
        rewrite(path, data)(prefix)
        os.utime(prefix / path, ns=(status.st_atime_ns, status.st_mtime_ns))

    return change


INFO = f"{SITE}/mine-1.dist-info"
CHANGES: dict[str, Callable[[Path], object]] = {
    "a record is written anew": rewrite("conda-meta/lib-1-0.json", b'{"name": "lib", "version": "2"}'),
    "a record appears": lambda p: (p / "conda-meta/new-1-0.json").write_text("{}"),
    "a record goes": lambda p: (p / "conda-meta/both-1-0.json").unlink(),
    "the history grows": rewrite(
        "conda-meta/history", b"==> 2025-05-04 17:18:39 <==\n+local::lib-1-0\n+local::new-1-0\n"
    ),
    "a pin": rewrite("conda-meta/pinned", b"lib 2\n"),
    "frozen": lambda p: (p / "conda-meta/frozen").touch(),
    "a library is cut short in place": rewrite("lib/liba.so.1", b"E"),
    "a library is replaced": lambda p: (
        (p / "lib/new").write_bytes(b"EL"),
        (p / "lib/new").rename(p / "lib/liba.so.1"),
    ),
    "a file goes": lambda p: (p / SITE / "num/c.py").unlink(),
    "a stranger appears": lambda p: (p / SITE / "pkg/stranger.py").touch(),
    "a suspect is edited, back-dated": back_dated(f"{SITE}/num/__init__.py", b"one!\n"),
    "a dist-info appears": lambda p: (p / SITE / "new-1.dist-info").mkdir(),
    "a RECORD is edited in place": rewrite(f"{INFO}/RECORD", b"mine.py,,\n"),
    "METADATA is edited, back-dated": back_dated(
        f"{INFO}/METADATA", b"Metadata-Version: 2.1\nName: mine\nVersion: 2\n\nWords.\n"
    ),
    "INSTALLER is edited": rewrite(f"{INFO}/INSTALLER", b"uv\n"),
    "direct_url appears": lambda p: (p / INFO / "direct_url.json").write_text('{"url": "file:///x"}'),
    "REQUESTED appears": lambda p: (p / INFO / "REQUESTED").touch(),
    "a .pth is edited": rewrite(f"{SITE}/x.pth", b"import sys\n"),
    "a script is edited": rewrite("bin/pip", b"#!/else/bin/python\n"),
    "an interpreter appears": lambda p: (p / "bin/python").touch(),
    "pyvenv.cfg is edited": rewrite("pyvenv.cfg", b"version = 3.12\n"),
    "a second Python": lambda p: (p / "lib/python3.12/site-packages").mkdir(parents=True),
    "a mark of PEP 668": lambda p: (p / "lib/python3.11/EXTERNALLY-MANAGED").touch(),
    "a folder becomes unreadable": lambda p: (p / "conda-meta/lib-1-0.json").chmod(0o000),
    "a folder becomes a link": lambda p: ((p / "lib/part").rename(p / "lib/was"), (p / "lib/part").symlink_to("was")),
    "the prefix itself is exchanged": lambda p: (p.rename(p.with_name("old")), Prefix(p).conda("z", "1", {})),
}


@pytest.mark.parametrize("change", CHANGES)
def test_every_change_is_seen(prefix: Prefix, change: str) -> None:
    first = look(prefix)
    CHANGES[change](prefix.path)
    assert look(prefix) is not first
    settle()
    assert look(prefix) == look(prefix)


def test_what_no_path_shows_is_asked_again(prefix: Prefix, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    first = look(prefix)
    (tmp_path / "micromamba").write_text("#!/bin/sh\n")
    (tmp_path / "micromamba").chmod(0o755)
    monkeypatch.setenv("PATH", str(tmp_path), prepend=os.pathsep)
    assert look(prefix) is not first


def test_the_surroundings_are_read_every_time(prefix: Prefix, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    first = look(prefix)
    (tmp_path / "condarc").write_text("channels: [conda-forge]\n")
    monkeypatch.setenv("CONDARC", str(tmp_path / "condarc"))
    assert look(prefix) is not first


def test_what_has_just_changed_is_not_kept(prefix: Prefix, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(store, "SETTLED", 60.0)
    assert look(prefix) is not look(prefix)


def test_only_the_last_few_are_kept(tmp_path: Path) -> None:
    memory: store.Memory[str] = store.Memory()
    for number in range(store.KEPT + 1):
        memory.keep(f"{tmp_path}/{number}", str(number), ["nothing"], None, time.time())
    assert memory.recall(f"{tmp_path}/0", lambda _value: None) is None
    assert memory.recall(f"{tmp_path}/1", lambda _value: None) == "1"


def test_every_path_that_is_read_is_among_the_witnesses(prefix: Prefix, monkeypatch: pytest.MonkeyPatch) -> None:
    """Whoever adds a reader to the probe adds what it reads to `witness.paths`."""
    opened: set[str] = set()
    listed: set[str] = set()
    real_open, real_list = os.open, os.listdir
    monkeypatch.setattr(os, "open", lambda path, *a, **k: (opened.add(str(path)), real_open(path, *a, **k))[1])
    monkeypatch.setattr(os, "listdir", lambda path=".": (listed.add(str(path)), real_list(path))[1])
    found = disk.look(str(prefix.path))
    monkeypatch.undo()
    seen = {os.path.normpath(prefix.path / path) for path in witness.paths(found)}
    met = {os.path.normpath(path) for path in opened | listed if os.path.lexists(path)}
    assert met
    assert not met - seen
