"""The baseline: what it knows is left out, and a file that is none is a wrong argument."""

from __future__ import annotations

import dataclasses
import json
from typing import TYPE_CHECKING

import pytest

from envguard import baseline
from envguard.errors import BadArguments
from envguard.model import Verdict, text
from tests.render.reports import HOSTILE, NUMPY, PANDAS, report

if TYPE_CHECKING:
    from pathlib import Path

BOTH = report(findings=(NUMPY, PANDAS), verdict=Verdict.BROKEN)


def test_what_was_written_is_known(tmp_path: Path) -> None:
    file = tmp_path / "known.json"
    baseline.write(file, report(findings=(NUMPY,)))
    told = baseline.without_known(BOTH, baseline.read(file))
    assert (told.findings, told.known, told.verdict) == ((PANDAS,), 1, Verdict.BROKEN)
    assert [path.name for path in tmp_path.iterdir()] == ["known.json"]
    assert json.loads(file.read_text())["findings"][0]["subject"] == "numpy"


def test_a_finding_that_got_worse_is_new(tmp_path: Path) -> None:
    known = frozenset({NUMPY.fingerprint})
    other = dataclasses.replace(NUMPY, message=text(NUMPY.message.text, **{**NUMPY.message.args, "pip": "2.2.0"}))
    assert baseline.without_known(report(findings=(other,)), known).findings == (other,)


def test_hostile_names_can_be_written(tmp_path: Path) -> None:
    baseline.write(tmp_path / "known.json", HOSTILE)
    assert baseline.without_known(HOSTILE, baseline.read(tmp_path / "known.json")).findings == ()


def test_writing_twice_gives_the_same_file(tmp_path: Path) -> None:
    for findings in ((NUMPY, PANDAS), (PANDAS, NUMPY)):
        baseline.write(tmp_path / f"{findings[0].subject}.json", report(findings=findings))
    assert (tmp_path / "numpy.json").read_bytes() == (tmp_path / "pandas.json").read_bytes()


@pytest.mark.parametrize(
    ("content", "said"),
    [
        ("", "holds no JSON"),
        ("\x00", "holds no JSON"),
        ("[" * 100_000, "holds no JSON"),
        ("[]", "is not a baseline"),
        ('{"schema": 1, "findings": []}', "is not a baseline"),
        ('{"kind": "envguard baseline", "schema": 2, "findings": []}', "newer envguard"),
        ('{"kind": "envguard baseline", "schema": 1}', "lists no findings"),
        ('{"kind": "envguard baseline", "schema": 1, "findings": [1]}', "no fingerprint"),
        ('{"kind": "envguard baseline", "schema": 1, "findings": [{"fingerprint": 3}]}', "no fingerprint"),
    ],
)
def test_what_is_no_baseline(tmp_path: Path, content: str, said: str) -> None:
    (tmp_path / "known.json").write_text(content)
    with pytest.raises(BadArguments, match=said):
        baseline.read(tmp_path / "known.json")


def test_what_cannot_be_read_or_written(tmp_path: Path) -> None:
    with pytest.raises(BadArguments, match="cannot be read"):
        baseline.read(tmp_path / "absent.json")
    with pytest.raises(BadArguments, match="cannot be written"):
        baseline.write(tmp_path / "no/such/folder.json", BOTH)


def test_a_failure_leaves_the_old_file(tmp_path: Path) -> None:
    (tmp_path / "known.json").mkdir()
    with pytest.raises(BadArguments, match="cannot be written"):
        baseline.write(tmp_path / "known.json", BOTH)
    assert [path.name for path in tmp_path.iterdir()] == ["known.json"]
