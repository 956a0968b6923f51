"""The worker that hashes: its answers, and that it neither hangs nor outlives whoever asks."""

from __future__ import annotations

import os
import struct
import subprocess
import sys
from typing import TYPE_CHECKING

import pytest

from envguard.probe import hashing
from tests.probe.prefix import sha256

if TYPE_CHECKING:
    from pathlib import Path

LARGE = bytes(range(256)) * 10_000
"""More than one read takes."""
MOST = 1 << 30


def question(*entries: tuple[str, str, bytes]) -> bytes:
    return b"\0".join(f"{kind}{expected}{MOST} ".encode() + path for kind, expected, path in entries)


def answer(*entries: tuple[str, str, bytes]) -> list[str]:
    return hashing.answer(question(*entries)).decode().split("\n")


def write(folder: Path, name: bytes, data: bytes) -> bytes:
    path = folder / os.fsdecode(name)
    path.write_bytes(data)
    return os.fsencode(path)


@pytest.mark.parametrize("data", [b"", b"x", b"x" * 5000, LARGE], ids=len)
def test_what_is_as_expected_is_not_told(tmp_path: Path, data: bytes) -> None:
    assert answer(("b", sha256(data), write(tmp_path, b"a", data))) == [str(len(data))]


@pytest.mark.parametrize("data", [b"", b"x", LARGE], ids=len)
def test_what_is_not_is_told_with_its_digest(tmp_path: Path, data: bytes) -> None:
    path = write(tmp_path, b"a", data)
    assert answer(("b", "0" * 64, path)) == [str(len(data)), f"0 {sha256(data)}"]


@pytest.mark.parametrize(
    ("kind", "told", "listed", "here"),
    [
        ("t", 0, b"a\nb\n", b"a\r\nb\r\n"),
        ("t", 0, b"a\r\nb\r\n", b"a\nb\n"),
        ("b", 1, b"a\nb\n", b"a\r\nb\r\n"),
        ("t", 1, b"a\0\nb\n", b"a\0\r\nb\r\n"),
        ("t", 1, b"a\nb\n", b"a\r\nc\r\n"),
    ],
)
def test_other_line_ends_of_a_text_are_as_good(
    tmp_path: Path, kind: str, told: int, listed: bytes, here: bytes
) -> None:
    assert len(answer((kind, sha256(listed), write(tmp_path, b"a", here)))) == 1 + told


@pytest.mark.parametrize("name", [b"with\nnewline", b" space ", b"\xff\xfe not UTF-8", "日本".encode()])
def test_names_may_be_anything(tmp_path: Path, name: bytes) -> None:
    path = write(tmp_path, name, b"x")
    assert answer(("b", sha256(b"x"), path), ("b", sha256(b"y"), path)) == ["2", f"1 {sha256(b'x')}"]


def test_what_cannot_be_read_is_told_with_its_error(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "fifo")
    (tmp_path / "loop").symlink_to("loop")
    entries = [("b", "0" * 64, os.fsencode(tmp_path / name)) for name in ("gone", "fifo", "loop", ".")]
    assert answer(*entries) == ["0", "0 !2", "1 !0", "2 !40", "3 !0"]


def test_as_a_program_it_answers_batch_after_batch_and_ends_with_its_input(tmp_path: Path) -> None:
    path = write(tmp_path, b"a", b"x")
    batches = [question(("b", sha256(b"x"), path)), question(("b", sha256(b"y"), path))]
    asked = b"".join(struct.pack("<I", len(batch)) + batch for batch in batches)
    done = subprocess.run(
        [sys.executable, "-S", hashing.__file__, str(os.getpid())],
        input=asked,
        capture_output=True,
        timeout=60,
        check=False,
    )
    told = [b"1", f"1\n0 {sha256(b'x')}".encode()]
    assert (done.returncode, done.stderr) == (0, b"")
    assert done.stdout == b"".join(struct.pack("<I", len(each)) + each for each in told)


@pytest.mark.parametrize("cut", [b"", b"\x05", b"\x05\0\0\0", b"\x05\0\0\0abc"])
def test_a_question_that_breaks_off_is_the_end(cut: bytes) -> None:
    done = subprocess.run(
        [sys.executable, "-S", hashing.__file__, str(os.getpid())],
        input=cut,
        capture_output=True,
        timeout=60,
        check=False,
    )
    assert (done.returncode, done.stdout, done.stderr) == (0, b"", b"")
