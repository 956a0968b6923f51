"""The demonstration: a damaged prefix that the real probe and the real rules find damaged."""

from __future__ import annotations

import json
from pathlib import Path

from envguard import api, demo
from envguard.model import Phase, Verdict


def _contents(prefix: Path) -> dict[str, tuple[bytes, int]]:
    return {
        str(path.relative_to(prefix)): (path.read_bytes() if path.is_file() else b"", path.stat().st_mtime_ns)
        for path in sorted(prefix.rglob("*"))
    }


def test_it_is_the_same_each_time(tmp_path: Path):
    demo.build(tmp_path / "a")
    demo.build(tmp_path / "b")
    assert _contents(tmp_path / "a") == _contents(tmp_path / "b")


def test_conda_and_pip_disagree_as_the_story_says(tmp_path: Path):
    demo.build(tmp_path / "demo")
    records = [json.loads(path.read_text()) for path in sorted(tmp_path.glob("demo/conda-meta/*.json"))]
    assert [(record["name"], record["version"]) for record in records] == [
        ("gridmath", "1.4.2"),
        ("plotkit", "2.0.1"),
        ("python", "3.11.9"),
    ]
    gridmath = {entry["_path"] for entry in records[0]["paths_data"]["paths"]}
    gone = {Path(path).name for path in gridmath if not (tmp_path / "demo" / path).exists()}
    assert gone == {"legacy.py", "INSTALLER", "METADATA", "WHEEL", "RECORD"}


def test_the_report(tmp_path: Path):
    demo.build(tmp_path / "demo")
    report = api.inspect(tmp_path / "demo")
    assert (report.environment.name, report.verdict, report.phase) == ("demo", Verdict.BROKEN, Phase.CONDA_THEN_PIP)
    assert {"pip-overwrote-conda", "conda-depends-unmet"} <= {finding.rule for finding in report.findings}
    assert not report.failed
    assert not report.problems
