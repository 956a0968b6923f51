"""The ledger: several writers, writers that are killed, a full disk, a file in which anything may stand."""

from __future__ import annotations

import dataclasses
import json
import os
import random
import subprocess
import sys
import time
from pathlib import Path

import jsonschema
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import envguard
from envguard import ledger
from envguard.change_report import Done
from envguard.ledger_entry import Deed, Entry, Whence
from envguard.model import Change
from tests.require import require

SCHEMA = json.loads(Path(envguard.__file__).with_name("ledger.schema.json").read_text(encoding="utf-8"))
jsonschema.Draft202012Validator.check_schema(SCHEMA)
VALIDATOR = jsonschema.Draft202012Validator(SCHEMA)

ENTRY = Entry(
    "20260314T092653Z-1f3a9c",
    "2026-03-14T10:26:53+01:00",
    Deed.INSTALL,
    "pip",
    "install",
    ("pip", "install", "numpy==2.1.0"),
    Whence("/home/me/a.ipynb", "c1", 3, "ada", 4711),
    (Done("pip", (Change("numpy", "1.26.4", "2.1.0"),)), Done(None, (Change("old", "1", None),))),
    True,
    False,
    "20260314T092653Z-1f3a9c",
    "0.1.0",
)
FOUND = Entry("20260315T092653Z-000000", "2026-03-15T10:26:53+01:00", Deed.FOUND, None, None, (), Whence(), ())


def raw(folder: Path) -> bytes:
    return (folder / ledger.NAME).read_bytes()


def said(folder: Path) -> list[str]:
    return [problem.reason.english() for problem in ledger.read(folder).problems]


def test_what_was_written_is_read(tmp_path):
    assert ledger.read(tmp_path) == ledger.Read(())
    assert not list(tmp_path.iterdir())
    for entry in (ENTRY, FOUND):
        assert ledger.append(tmp_path, entry) is None
        VALIDATOR.validate(ledger.line_of(entry))
    assert ledger.read(tmp_path) == ledger.Read((ENTRY, FOUND))
    assert ledger.read(tmp_path) is ledger.read(tmp_path)
    assert (tmp_path / ledger.NAME).stat().st_mode & 0o777 == tmp_path.stat().st_mode & 0o666


def test_the_schema_is_closed():
    for part in (SCHEMA, SCHEMA["properties"]["whence"], SCHEMA["properties"]["done"]["items"]):
        assert part["required"] == list(part["properties"])
        assert part["additionalProperties"] is False


def test_what_is_planted_is_not_written(tmp_path):
    entry = dataclasses.replace(
        ENTRY,
        command=(
            "pip",
            "install",
            "--token",
            "p1anted",
            "--index-url=https://me:p1anted@h/simple",
            "PIP_PASSWORD=p1anted",
        ),
        whence=Whence("https://me:p1anted@hub/a.ipynb"),
        done=(Done("pip", (Change("x @ https://p1anted@h/x", None, "1"),)),),
    )
    assert ledger.append(tmp_path, entry) is None
    assert b"p1anted" not in raw(tmp_path)
    assert ledger.read(tmp_path).entries[0].command[2:4] == ("--token", "<secret>")


def test_a_torn_line_is_closed_by_the_next_writer_and_told_once(tmp_path):
    ledger.append(tmp_path, ENTRY)
    whole = raw(tmp_path)
    (tmp_path / ledger.NAME).write_bytes(whole + whole[: len(whole) // 2])
    assert said(tmp_path) == ["the last line of the ledger was not written whole"]
    assert ledger.read(tmp_path).entries == (ENTRY,)
    ledger.append(tmp_path, FOUND)
    assert raw(tmp_path).startswith(whole + whole[: len(whole) // 2] + b"\n{")
    assert ledger.read(tmp_path).entries == (ENTRY, FOUND)
    assert said(tmp_path) == ["1 line of the ledger is no entry and was left out"]


def test_a_line_that_lacks_only_its_end_is_an_entry(tmp_path):
    ledger.append(tmp_path, ENTRY)
    (tmp_path / ledger.NAME).write_bytes(raw(tmp_path)[:-1])
    assert ledger.read(tmp_path) == ledger.Read((ENTRY,))
    ledger.append(tmp_path, FOUND)
    assert ledger.read(tmp_path) == ledger.Read((ENTRY, FOUND))


GOOD = ledger.line_of(ENTRY)


@pytest.mark.parametrize(
    "line",
    [
        b"\x00" * 5000 + b"x",
        b"\xff\xfe{}",
        b"[" * 100_000,
        b"{}",
        b"null",
        b'{"schema": 1}',
        *(json.dumps({**GOOD, key: value}).encode() for key in GOOD for value in ({}, [{}], 1.5, [[[]]], 10**30)),
        json.dumps({**GOOD, "whence": {"count": True}}).encode(),
        json.dumps({**GOOD, "done": [{"actor": None, "changes": [{"name": None}]}]}).encode(),
    ],
    ids=lambda line: repr(line[:60]),
)
def test_what_is_no_entry_is_left_out(tmp_path, line):
    ledger.append(tmp_path, FOUND)
    (tmp_path / ledger.NAME).write_bytes(b"\xef\xbb\xbf" + line + b"\r\n\n" + raw(tmp_path))
    found = ledger.read(tmp_path)
    assert found.entries[-1] == FOUND
    assert len(found.entries) + len(found.problems) == 2
    for entry in found.entries:
        VALIDATOR.validate(ledger.line_of(entry))


def test_what_a_newer_envguard_has_written_is_told(tmp_path):
    (tmp_path / ledger.NAME).write_text(
        json.dumps({**GOOD, "schema": 2}) + "\n" + json.dumps({**GOOD, "more": 1}) + "\n"
    )
    assert said(tmp_path) == ["1 line of the ledger was written by a newer envguard"]
    assert ledger.read(tmp_path).entries == (ENTRY,)


@settings(max_examples=60, deadline=None)
@given(st.binary(max_size=300), st.text(max_size=40), st.integers())
def test_nothing_raises(tmp_path_factory, data, name, count):
    folder = tmp_path_factory.mktemp("ledger")
    (folder / ledger.NAME).write_bytes(data)
    entry = dataclasses.replace(
        ENTRY,
        command=(name, name),
        whence=Whence(name, name, count, name),
        done=(Done(name, (Change(name, name, name),)),),
    )
    assert ledger.append(folder, entry) is None
    VALIDATOR.validate(ledger.line_of(entry))
    assert ledger.read(folder).entries[-1].command[0] == name.encode("utf-8", "backslashreplace").decode()


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="named pipes are POSIX")
def test_what_is_no_file_is_neither_read_nor_written(tmp_path):
    victim = tmp_path / "victim"
    victim.write_text("mine")
    for make in (lambda path: path.symlink_to(victim), os.mkfifo, os.mkdir):
        folder = tmp_path / str(random.random())
        folder.mkdir()
        make(folder / ledger.NAME)
        assert len(ledger.read(folder).problems) == 1
        assert ledger.append(folder, ENTRY) is not None
    assert victim.read_text() == "mine"
    assert ledger.append(tmp_path / "nowhere", ENTRY) is not None


def test_who_holds_the_lock_keeps_others_out(tmp_path):
    import filelock

    with filelock.FileLock(tmp_path / ledger.LOCK):
        problem = ledger.append(tmp_path, ENTRY, timeout=0.1)
    assert problem is not None
    assert "by somebody else" in problem.reason.english()
    assert not (tmp_path / ledger.NAME).exists()


def test_the_end_of_a_large_ledger_is_read_fast(tmp_path):
    line = json.dumps(GOOD).encode() + b"\n"
    with (tmp_path / ledger.NAME).open("wb") as file:
        for _ in range(100):
            file.write(line * (1_000_000 // len(line)))
    ledger.append(tmp_path, FOUND)
    started = time.process_time()
    found = ledger.read(tmp_path)
    assert time.process_time() - started < 0.5
    assert not found.whole
    assert not found.problems
    assert found.entries[-1] == FOUND
    assert 500 < len(found.entries) < 5_000
    started = time.process_time()
    for _ in range(100):
        assert ledger.read(tmp_path) is found
    assert time.process_time() - started < 0.1


WRITER = """
import sys
from envguard import ledger
from envguard.change_report import Done
from envguard.ledger_entry import Deed, Entry, Whence
from envguard.model import Change
folder, name, count, packages = sys.argv[1], sys.argv[2], int(sys.argv[3]), int(sys.argv[4])
done = (Done("pip", tuple(Change(f"package{n}", None, "1.0") for n in range(packages))),)
print("ready", flush=True)
for number in range(count):
    entry = Entry(f"{name}-{number}", "2026-03-14T10:26:53+01:00", Deed.INSTALL, "pip", "install", (), Whence(), done)
    problem = ledger.append(folder, entry)
    print(number if problem is None else problem.reason.english(), flush=True)
"""


def writer(folder: Path, name: str, count: int, packages: int = 3) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [sys.executable, "-c", WRITER, str(folder), name, str(count), str(packages)], stdout=subprocess.PIPE, text=True
    )


def test_several_writers(tmp_path):
    writers = [writer(tmp_path, name, 200) for name in "abcd"]
    for each in writers:
        assert each.communicate(timeout=120)[0].split()[1:] == [str(number) for number in range(200)]
    found = ledger.read(tmp_path)
    assert not found.problems
    for name in "abcd":
        told = [entry.id for entry in found.entries if entry.id.startswith(name)]
        assert told == [f"{name}-{number}" for number in range(200)]


@pytest.mark.slow
def test_writers_that_are_killed(tmp_path):
    """At 120 moments; what `append` has said to be written is there, whole and once, and the next writer goes on."""
    chance = random.Random(8)  # repeatable
    promised: set[str] = set()
    kills = 0
    for name in range(30):
        together = [writer(tmp_path, f"{name}{letter}", 100_000, packages=400) for letter in "abcd"]
        for each in together:
            assert each.stdout is not None
            each.stdout.readline()
        for letter, each in zip("abcd", together, strict=True):
            time.sleep(chance.uniform(0.0, 0.06))
            each.kill()
            kills += 1
            told = each.communicate(timeout=60)[0].splitlines()
            promised |= {f"{name}{letter}-{number}" for number in told if number.isdigit()}
    assert kills == 120
    assert ledger.append(tmp_path, FOUND) is None
    found = ledger.read(tmp_path, newest=1 << 30)
    told = [entry.id for entry in found.entries]
    assert len(told) == len(set(told))
    assert promised <= set(told)
    assert len(promised) > 100
    assert told[-1] == FOUND.id
    assert all(len(entry.done[0].changes) == 400 for entry in found.entries[:-1])
    assert all("left out" in problem.reason.english() for problem in found.problems)


FULL = """
import json, os, sys
from envguard import ledger
from tests.test_ledger import ENTRY, FOUND
told = [ledger.append("/mnt", ENTRY) for _ in range(400)]
wrote = sum(problem is None for problem in told)
reasons = {problem.reason.english() for problem in told if problem is not None}
print(wrote, len(ledger.read("/mnt").entries), len(ledger.read("/mnt").problems), *reasons, sep="|")
os.unlink("/mnt/filler")
print(ledger.append("/mnt", FOUND), ledger.read("/mnt").entries[-1] == FOUND, len(ledger.read("/mnt").problems), sep="|")
"""


def test_a_disk_that_runs_full(tmp_path):
    command = (
        "mount -t tmpfs -o size=256k none /mnt && head -c 150000 /dev/zero >/mnt/filler"
        ' && touch /mnt/ledger.lock && exec "$0" -c "$1"'
    )
    done = subprocess.run(
        [require("tmpfs"), "--user", "--map-root-user", "--mount", "sh", "-c", command, sys.executable, FULL],
        cwd=Path(__file__).parents[1],
        capture_output=True,
        text=True,
        check=True,
    )
    first, second = done.stdout.splitlines()
    wrote, found, problems, reason = first.split("|")
    assert 10 < int(wrote) == int(found) < 400
    assert (problems, reason) == ("0", "the change was not noted: No space left on device")
    assert second == "None|True|0"
