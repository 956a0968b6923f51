"""What a project brings to the command: its pyproject.toml, its baseline; and the verbs that tell of more than findings."""

from __future__ import annotations

import json
import os
import shutil
from typing import TYPE_CHECKING

import pytest

from .test_cli import damaged, envguard  # noqa: F401 - the fixture

if TYPE_CHECKING:
    from pathlib import Path

TABLE = """
[tool.envguard]
fail-on = "warning"
ignore = ["requires-dist-unmet"]

[[tool.envguard.suppress]]
rule = "pip-overwrote-conda"
reason = "gridmath 2 is what we want"
subject = "gridmath"

[[tool.envguard.suppress]]
rule = "conda-depends-unmet"
reason = "plotkit works with it"
until = 2999-12-31

[[tool.envguard.suppress]]
rule = "pip-in-base"
"""


@pytest.fixture
def project(tmp_path: Path) -> Path:
    (tmp_path / "pyproject.toml").write_text(TABLE)
    return tmp_path


def check(project: Path, prefix: Path, *argv: str) -> tuple[int, dict]:
    ran = envguard("check", prefix, "--format", "json", *argv, cwd=project)
    assert ran.stderr == ""
    return ran.returncode, json.loads(ran.stdout)


def test_a_project_accepts_findings_with_a_reason(project: Path, damaged: Path):  # noqa: F811
    code, report = check(project, damaged)
    assert (code, report["verdict"], report["findings"]) == (0, "sound", [])
    assert [(each["finding"]["rule"], each["reason"], each["until"]) for each in report["suppressed"]] == [
        ("pip-overwrote-conda", "gridmath 2 is what we want", None),
        ("conda-depends-unmet", "plotkit works with it", "2999-12-31"),
    ]
    (problem,) = report["problems"]
    assert problem["reason"]["text"] == "the suppression of pip-in-base gives no reason, so it does not hold"
    said = envguard("check", damaged, cwd=project).stdout
    assert "2 findings are suppressed by this project" in said
    assert "gridmath 2 is what we want" in said
    assert "gives no reason" in " ".join(said.split())


def test_the_command_line_overrides_the_project(project: Path, damaged: Path):  # noqa: F811
    code, report = check(project, damaged, "--ignore", "pip-in-base")
    assert (code, [each["rule"] for each in report["findings"]]) == (1, ["requires-dist-unmet"])
    assert check(project, damaged, "--ignore", "pip-in-base", "--fail-on", "error")[0] == 0
    assert check(project, damaged, "--no-config")[1]["suppressed"] == []
    assert check(project, damaged, "--no-config")[0] == 1


def test_a_broken_project_file_is_told_and_ends_nothing(tmp_path: Path, damaged: Path):  # noqa: F811
    (tmp_path / "pyproject.toml").write_text("[tool.envguard")
    code, report = check(tmp_path, damaged)
    assert code == 1
    assert len(report["problems"]) == 1


def test_a_baseline(tmp_path: Path, damaged: Path):  # noqa: F811
    known = tmp_path / "known.json"
    assert envguard("check", damaged, "--write-baseline", known).returncode == 1
    ran = envguard("check", damaged, "--baseline", known)
    assert (ran.returncode, ran.stderr) == (0, "")
    assert "no new findings" in ran.stdout
    assert "3 known findings not shown" in ran.stdout
    kept = json.loads(known.read_text())
    kept["findings"] = [each for each in kept["findings"] if each["subject"] != "gridmath"]
    known.write_text(json.dumps(kept))
    code, report = check(tmp_path, damaged, "--baseline", str(known))
    assert (code, [each["subject"] for each in report["findings"]]) == (1, ["gridmath"])
    assert report["counts"]["known"] == 2


def test_a_baseline_holds_for_a_copy_elsewhere(tmp_path: Path, damaged: Path):  # noqa: F811
    known = tmp_path / "known.json"
    envguard("check", damaged, "--write-baseline", known)
    copy = shutil.copytree(damaged, tmp_path / "copy", symlinks=True)
    assert envguard("check", copy, "--baseline", known).returncode == 0


def test_a_foreign_file_is_no_baseline(tmp_path: Path, damaged: Path):  # noqa: F811
    (tmp_path / "x.json").write_text("{}")
    ran = envguard("check", damaged, "--baseline", tmp_path / "x.json")
    assert ran.stderr == f"envguard: {tmp_path / 'x.json'} is not a baseline of envguard\n"


def test_sarif_for_code_scanning(damaged: Path):  # noqa: F811
    (run,) = json.loads(envguard("check", damaged, "--format", "sarif").stdout)["runs"]
    assert {"pip-overwrote-conda", "conda-depends-unmet"} <= {result["ruleId"] for result in run["results"]}
    assert all("help" in rule for rule in run["tool"]["driver"]["rules"])


def test_a_report_for_others_names_nobody(tmp_path: Path, damaged: Path):  # noqa: F811
    home = tmp_path / "people/adalovelace"
    prefix = shutil.copytree(damaged, home / "secretproject/envs/lab")
    history = prefix / "conda-meta/history"
    history.write_text(history.read_text().replace("conda create", f"conda --token tok3n create -p {prefix}"))
    env = {"HOME": str(home), "USER": "adalovelace", "LOGNAME": "adalovelace"}
    for form in ("markdown", "text", "json", "html", "sarif"):
        whole = envguard("report", prefix, "--format", form, env=env).stdout
        told = envguard("report", prefix, "--format", form, "--redact", env=env).stdout
        assert "gridmath" in told
        assert "adalovelace" in whole
        for name in ("adalovelace", "secretproject", "tok3n", os.uname().nodename):
            assert name not in told, (form, name)


def test_history(damaged: Path):  # noqa: F811
    told = json.loads(envguard("history", damaged, "--format", "json").stdout)
    assert [(event["actor"], event["mark"]) for event in told["events"]] == [("conda", None), ("pip", "handover")]
    said = envguard("history", damaged).stdout
    assert "⇒ hand-over" in said
    assert max(map(len, said.splitlines())) <= 80


def test_diff_by_folder(damaged: Path, tmp_path: Path):  # noqa: F811
    copy = shutil.copytree(damaged, tmp_path / "copy", symlinks=True)
    record = next(copy.glob("conda-meta/plotkit-*.json"))
    record.write_text(record.read_text().replace('"version": "2.0.1"', '"version": "2.4.0"'))
    told = json.loads(envguard("diff", damaged, copy, "--format", "json").stdout)
    assert [(each["name"], each["kinds"], each["weight"]) for each in told["differences"]] == [
        ("plotkit", ["version"], "matters")
    ]
    assert "plotkit" in envguard("diff", damaged, copy).stdout
