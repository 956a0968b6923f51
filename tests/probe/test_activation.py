"""What activation would set, from scripts as packages bring them; none of them is run."""

from __future__ import annotations

import json
import os
import subprocess
from typing import TYPE_CHECKING

import pytest

from envguard.facts import Activation, Environment
from envguard.probe import activation, disk, witness
from tests.probe.prefix import Prefix

if TYPE_CHECKING:
    from pathlib import Path

FOLDER = "etc/conda/activate.d"
SH = """#!/bin/sh
# export NOT_THIS=1
if [ -n "${FOO_DATA}" ]; then export _CONDA_SET_FOO_DATA=$FOO_DATA; fi
export CONDA_BACKUP_FOO="$FOO"
if [ -d "${CONDA_PREFIX}/share/foo" ]; then
  export FOO_DATA="${CONDA_PREFIX}/share/foo; export NOR_THIS=1"
fi
BAR=1; export BAR
LOCAL=2
export -n GONE
declare -x TYPED=1 ; test -z "$A" && export ONE='a b' TWO=$X
"""
EXPORTED = ["BAR", "FOO_DATA", "ONE", "TWO", "TYPED"]


@pytest.fixture
def prefix(tmp_path: Path) -> Prefix:
    return Prefix(tmp_path / "lab")


def look(prefix: Prefix) -> tuple[Activation, ...] | None:
    return Environment.from_dict(disk.collect(str(prefix.path))).activation


@pytest.mark.parametrize(
    ("name", "code", "expected"),
    [
        ("a.sh", SH, EXPORTED),
        ("a.csh", 'if ($?A) then\n  setenv A_DATA "$CONDA_PREFIX/share"\nendif\nset B=1\n', ["A_DATA"]),
        (
            "a.fish",
            "set -gx A_DATA $X\nset -x B 1; set -l C 1\nset -e D\nset --global --export E 1\n",
            ["A_DATA", "B", "E"],
        ),
        (
            "a.bat",
            (
                '@echo off\n@set "A_DATA=%CONDA_PREFIX%\\x"\n@SET B=1\nREM set C=1\n:: set D=1\nset "E="\n'
                'if exist x (set F=1)\n@if defined G @set "_CONDA_SET_G=%G%"\n'
            ),
            ["A_DATA", "B", "F"],
        ),
        (
            "a.ps1",
            (
                '$env:A_DATA = "$x"\n${env:B}="1"\n$local = 1\nif ($env:C -eq 1) {}\n'
                '[Environment]::SetEnvironmentVariable("D", "1")\n'
            ),
            ["A_DATA", "B", "D"],
        ),
        ("a.xsh", "$A_DATA = '1'\nB = 2\nif $C == 1:\n    pass\n", ["A_DATA"]),
        ("a.txt", "export A=1", []),
    ],
)
def test_the_languages(name: str, code: str, expected: list[str]):
    assert activation.variables(name, code) == expected


def test_a_shell_agrees():
    code = f"{SH}\nenv"
    ran = subprocess.run(
        ["/bin/bash", "-c", code], capture_output=True, text=True, check=True, env={"CONDA_PREFIX": "/"}
    )
    named = {line.partition("=")[0] for line in ran.stdout.splitlines()}
    assert set(EXPORTED) - named == {"FOO_DATA"}  # whose folder is not there
    assert "LOCAL" not in named


def test_scripts_with_their_owners(prefix: Prefix):
    prefix.conda("libfoo", "1", {f"{FOLDER}/libfoo.sh": SH.encode(), f"{FOLDER}/libfoo.md": b"export A=1"})
    prefix.write(f"{FOLDER}/own.fish", b"set -gx MINE 1\r\n")
    assert look(prefix) == (
        Activation(f"{FOLDER}/libfoo.sh", "conda-meta/libfoo-1-0.json", tuple(EXPORTED)),
        Activation(f"{FOLDER}/own.fish", None, ("MINE",)),
    )


def test_what_conda_itself_was_told_to_set(prefix: Prefix):
    state = {"version": 1, "env_vars": {"MY_DATA": "/data", "MY_TOKEN": "s3cret", "OFF": "***unset***", "a b": "1"}}
    prefix.write("conda-meta/state", json.dumps(state).encode())
    assert look(prefix) == (Activation("conda-meta/state", None, ("MY_DATA", "MY_TOKEN")),)
    assert "s3cret" not in json.dumps(disk.collect(str(prefix.path)))


@pytest.mark.parametrize("state", [b"", b"[]", b'{"env_vars": [1]}', b"[" * 99999, b"\xff"])
def test_a_state_of_anybodys(prefix: Prefix, state: bytes):
    prefix.write("conda-meta/state", state)
    assert look(prefix) == ()


def test_none(prefix: Prefix):
    assert look(prefix) == ()


def test_what_cannot_be_read_is_told(prefix: Prefix, tmp_path: Path):
    prefix.write(f"{FOLDER}/huge.sh", b"export A=1\n" * 99_999)
    os.mkfifo(prefix.path / FOLDER / "pipe.sh")
    (tmp_path / "outside.sh").write_bytes(b"export SECRET=1")
    (prefix.path / FOLDER / "out.sh").symlink_to(tmp_path / "outside.sh")
    found = disk.collect(str(prefix.path))
    assert found["activation"] == []
    assert [each["source"] for each in found["problems"]] == [f"{FOLDER}/{name}.sh" for name in ("huge", "out", "pipe")]


@pytest.mark.parametrize(
    "code",
    [b"export " * 30_000, b"set " + b"-x " * 60_000, b'"' * 200_000, b"export A" + b"=\\" * 90_000, b"$env:" * 50_000],
)
@pytest.mark.parametrize("end", ["sh", "fish", "bat", "ps1", "xsh", "csh"])
def test_no_text_takes_long(prefix: Prefix, code: bytes, end: str):
    prefix.write(f"{FOLDER}/a.{end}", code)
    began = os.times().user
    assert look(prefix) is not None
    assert os.times().user - began < 2


def test_a_kept_answer_rests_on_the_scripts(prefix: Prefix):
    assert {FOLDER, "conda-meta/state"} <= set(witness.paths(disk.look(str(prefix.path))))
    prefix.write(f"{FOLDER}/own.sh", b"export A=1")
    assert f"{FOLDER}/own.sh" in witness.paths(disk.look(str(prefix.path)))


def test_on_windows(tmp_path: Path):
    prefix = Prefix(tmp_path / "lab", "Lib/site-packages").write("python.exe", b"MZ")
    prefix.conda("libfoo", "1", {"etc/conda/activate.d/Foo.bat": b'@SET "FOO_DATA=%CONDA_PREFIX%\\Library"\r\n'})
    assert look(prefix) == (Activation("etc/conda/activate.d/Foo.bat", "conda-meta/libfoo-1-0.json", ("FOO_DATA",)),)
