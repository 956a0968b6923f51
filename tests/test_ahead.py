"""Records that another process reads: the same is found with it and without it, and nothing of it is left."""

from __future__ import annotations

import json
import subprocess
import sys
from functools import partial
from typing import TYPE_CHECKING, Any

import pytest

from envguard import ahead, collect, store
from envguard.probe import conda_book, disk, reader, reading
from tests.probe.prefix import SITE, Prefix

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

PACKAGES = 9
ODD: dict[str, bytes] = {
    "cut.json": b'{"name": "cut", "version": "1", "files": ["lib/cut',
    "list.json": b"[]",
    "marked.json": b'\xef\xbb\xbf{"name": "marked", "version": "1"}',
    "old.json": b'{"name": "old", "version": "1", "subdir": "noarch", "files": ["lib/old.so", "lib/gone.txt", "../out"]}',
    "strange.json": b'{"name": "strange", "version": "1", "paths_data": {"paths": [{"_path": "/etc/x"}, {"_path": 3}, 4]}}',
}


@pytest.fixture
def prefix(tmp_path: Path) -> Prefix:
    """Files that are gone, altered, linked, shared, compiled, or of a dist-info; and records that hold no package."""
    made = Prefix(tmp_path / "env")
    for number in range(PACKAGES):
        name = f"p{number}"
        files = {
            **made.info(
                name, "1", {f"{name}/__init__.py": b"", f"{name}/_c.cpython-311-x86_64-linux-gnu.so": b"\x7fELF"}
            ),
            f"share/{name}/data.txt": b"text",
            f"{SITE}/{name}/__pycache__/__init__.cpython-311.pyc": b"",
            "share/all.txt": name.encode(),
        }
        made.conda(name, "1", files)
    for gone in (f"{SITE}/p1/__init__.py", "share/p2/data.txt", f"{SITE}/p3-1.dist-info/RECORD"):
        (made.path / gone).unlink()
    made.write(f"{SITE}/p4/_c.cpython-311-x86_64-linux-gnu.so", b"\x7fELF, and more")
    made.conda("links", "1", {"lib/real.so.1": b"\x7fELF", "lib/real.so": b"", "lib/gone.so": b"", "linked/x.py": b""})
    amend(made, "links", {1: {"path_type": "softlink"}, 2: {"path_type": "softlink"}})
    (made.path / "lib/real.so").unlink()
    (made.path / "lib/real.so").symlink_to("real.so.1")
    (made.path / "lib/gone.so").unlink()
    (made.path / "linked").rename(made.path / "moved")
    (made.path / "linked").symlink_to("moved")
    for name, data in ODD.items():
        made.write(f"conda-meta/{name}", data)
    return made


def amend(prefix: Prefix, name: str, fields: dict[int, dict[str, str]]) -> None:
    record = prefix.path / f"conda-meta/{name}-1-0.json"
    told = json.loads(record.read_text())
    for number, more in fields.items():
        told["paths_data"]["paths"][number].update(more)
    record.write_text(json.dumps(told))


@pytest.fixture(autouse=True)
def few_are_many(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(ahead, "MANY", 3)
    monkeypatch.setattr(ahead, "EACH", 4)
    monkeypatch.setattr(ahead, "processors", lambda: 2)


@pytest.fixture
def started(monkeypatch: pytest.MonkeyPatch) -> list[subprocess.Popen[bytes]]:
    """The processes that are started."""
    found: list[subprocess.Popen[bytes]] = []
    begin = ahead.start

    def noted(*args: Any, **named: Any) -> subprocess.Popen[bytes]:
        found.append(begin(*args, **named))
        return found[-1]

    monkeypatch.setattr(ahead, "start", noted)
    return found


def facts(prefix: Prefix, read: disk.Reader = conda_book.read) -> dict[str, Any]:
    found = disk.look(str(prefix.path), read=read).facts
    return {**found, "problems": sorted(found["problems"], key=json.dumps)}


def with_ahead(prefix: Prefix) -> dict[str, Any]:
    with ahead.reading_records(str(prefix.path)) as read:
        return facts(prefix, read)


def test_the_same_is_found(prefix: Prefix, started: list[subprocess.Popen[bytes]]) -> None:
    alone = facts(prefix)
    assert sum(package["missing"]["count"] for package in alone["conda_packages"]) > 3
    assert len(alone["unreadable_records"]) == 2
    assert any("no paths inside" in each["reason"] for each in alone["problems"])
    assert with_ahead(prefix) == alone
    assert [each.poll() is not None for each in started] == [True]


def test_most_records_are_read_by_the_other_process(prefix: Prefix, monkeypatch: pytest.MonkeyPatch) -> None:
    here: list[str] = []
    load = conda_book._load_record

    def noted(path: str, *rest: Any) -> dict[str, Any]:
        here.append(path)
        return load(path, *rest)

    monkeypatch.setattr(conda_book, "_load_record", noted)
    with_ahead(prefix)
    records = len(list((prefix.path / "conda-meta").glob("*.json")))
    # every fourth, and those of whose missing files more is asked
    assert records // 4 <= len(here) < records


ENDS: dict[str, str] = {
    "it dies at once": "",
    "it dies on the way": "import os; out = sys.stdout.buffer.raw\n{real}\nos.write(1, frame(0)); os.write(1, frame(1)[:9])",
    "it talks nonsense": "os = __import__('os'); os.write(1, b'\\5\\0\\0\\0hello' * 9)",
    "it says what is no frame": "import marshal, os; told = marshal.dumps(3); os.write(1, len(told).to_bytes(4, 'little') + told)",
    "its frame is too large": "__import__('os').write(1, b'\\xff' * 99)",
    "it is silent": "__import__('time').sleep(60)",
    "it reads other files": "{real}\n__import__('os').write(1, frame(1) + frame(0))",
}
REAL = (
    f"sys.path.insert(0, {str(reader.__file__).rpartition('/')[0]!r})\n"
    "import marshal, reader, reading\n"
    "told = list(reader.frames(sys.argv[1], 4, reading.Patience()))\n"
    "def frame(number):\n"
    "    packed = marshal.dumps(told[number])\n"
    "    return len(packed).to_bytes(4, 'little') + packed"
)


@pytest.mark.parametrize("how", ENDS)
def test_what_the_other_process_does_not_answer_is_read_here(
    prefix: Prefix, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, started: list[subprocess.Popen[bytes]], how: str
) -> None:
    alone = facts(prefix)
    script = tmp_path / "script.py"
    script.write_text(f"import sys\n{ENDS[how].replace('{real}', REAL)}\n")
    monkeypatch.setattr(ahead.reader, "__file__", str(script))
    if how == "it is silent":
        monkeypatch.setattr(ahead, "SILENCE", 0.05)
    assert with_ahead(prefix) == alone
    assert [each.poll() is not None for each in started] == [True]


def test_a_record_that_comes_in_between_is_read(prefix: Prefix) -> None:
    listed = conda_book.names(str(prefix.path), reading.Problems()) or []
    with ahead.reading_records(str(prefix.path)) as read:
        told = partial(read, unreadable=[], problems=reading.Problems(), patience=reading.Patience())
        assert [each.path for each in told(str(prefix.path), listed[:1] + listed[2:])] == [
            each.path
            for each in conda_book.read(
                str(prefix.path), listed[:1] + listed[2:], [], reading.Problems(), reading.Patience()
            )
        ]


def test_what_is_left_when_the_time_is_over_is_counted(prefix: Prefix) -> None:
    patience = reading.Patience(seconds=0)
    with ahead.reading_records(str(prefix.path)) as read:
        assert list(read(str(prefix.path), ["a.json", "b.json"], [], reading.Problems(), patience)) == []
    assert patience.records == 2


def test_what_the_other_process_reads_counts(prefix: Prefix) -> None:
    sizes = []
    for reads in (conda_book.read, None):
        patience = reading.Patience()
        with ahead.reading_records(str(prefix.path)) as read:
            names = conda_book.names(str(prefix.path), reading.Problems()) or []
            list((reads or read)(str(prefix.path), names, [], reading.Problems(), patience))
        sizes.append(patience.size)
    assert sizes[0] == sizes[1] < reading.TOTAL


@pytest.mark.parametrize(
    ("name", "what"),
    [("MANY", 99), ("processors", lambda: 1), ("start", None)],
    ids=["few", "one processor", "no start"],
)
def test_where_no_process_is_worth_while_or_to_be_had_all_is_read_here(
    prefix: Prefix, monkeypatch: pytest.MonkeyPatch, name: str, what: int | Callable[[], int] | None
) -> None:
    def fails(*_args: object, **_named: object) -> None:
        raise OSError("no more processes")

    monkeypatch.setattr(ahead, name, fails if what is None else what)
    with ahead.reading_records(str(prefix.path)) as read:
        assert read is conda_book.read


def test_nothing_is_left_when_the_look_fails(prefix: Prefix, started: list[subprocess.Popen[bytes]]) -> None:
    with pytest.raises(KeyboardInterrupt), ahead.reading_records(str(prefix.path)):
        raise KeyboardInterrupt
    assert [each.poll() is not None for each in started] == [True]


def test_whoever_reads_for_nobody_ends(prefix: Prefix) -> None:
    large = {f"share/{number}/{'x' * 200}": b"" for number in range(2000)}
    prefix.conda("large", "1", large)
    program = [sys.executable, "-S", reader.__file__, str(prefix.path), "100", "45"]
    process = subprocess.Popen(program, stdout=subprocess.PIPE, stderr=subprocess.PIPE)
    assert process.stdout is not None
    process.stdout.close()
    assert process.wait(60) in (0, 1)
    assert process.stderr is not None
    with process.stderr as told:
        assert told.read() == b""


def test_nobody_is_started_for_what_is_known(
    prefix: Prefix, started: list[subprocess.Popen[bytes]], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(store, "SETTLED", -60.0)  # what was written a moment ago may be kept
    for name in ODD:
        (prefix.path / "conda-meta" / name).unlink()  # what cannot be read may not
    meanwhile: list[int] = []
    first = collect.by_import(prefix.path, meanwhile=lambda: meanwhile.append(len(started)))
    assert collect.by_import(prefix.path, meanwhile=lambda: meanwhile.append(0)) == first
    assert (len(started), meanwhile) == (1, [1])
