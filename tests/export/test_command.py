"""`envguard export` on the command line, in this process: options, streams, exit codes."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import jsonschema
import pytest

from envguard import demo
from envguard.frontends import cli
from envguard.render.schemas import schema_of
from tests.export.making import parsed, specs

if TYPE_CHECKING:
    from pathlib import Path


@pytest.fixture(scope="module")
def damaged(tmp_path_factory: pytest.TempPathFactory) -> Path:
    prefix = tmp_path_factory.mktemp("export") / "damaged"
    demo.build(prefix)
    return prefix


def test_it_goes_to_the_output_and_what_is_lost_beside_it(damaged: Path, capsys: pytest.CaptureFixture[str]):
    assert cli.main(["export", str(damaged)]) == 0
    told = capsys.readouterr()
    assert {"name", "channels", "dependencies"} == set(parsed(told.out))
    assert told.err.splitlines()
    assert all(line.startswith("envguard: mind: ") for line in told.err.splitlines())


def test_a_file_is_written_whole(damaged: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]):
    file = tmp_path / "environment.yml"
    assert cli.main(["export", "--prefix", str(damaged), "--builds", "none", "--output", str(file)]) == 0
    assert all("==" in each for each in specs(parsed(file.read_text(encoding="utf-8"))) if each != "pip")
    assert capsys.readouterr().out == ""
    assert cli.main(["export", str(damaged), "-o", str(tmp_path / "none/file")]) == 2
    assert "cannot be written" in capsys.readouterr().err


def test_all_forms_for_a_program(damaged: Path, capsys: pytest.CaptureFixture[str]):
    assert cli.main(["export", str(damaged), "--format", "json"]) == 0
    told = json.loads(capsys.readouterr().out)
    jsonschema.validate(told, schema_of("export"))
    assert [each["form"] for each in told["forms"]] == ["environment-yml", "explicit", "requirements", "dockerfile"]
    assert told["tried"] is None


@pytest.mark.parametrize(
    "words",
    [
        ("--format", "explicit", "--from-history"),
        ("--format", "explicit", "--builds", "none"),
        ("--format", "sarif"),
        ("--from-history", "--builds", "exact"),
        ("/no/such/place",),
    ],
)
def test_what_cannot_be_asked(damaged: Path, capsys: pytest.CaptureFixture[str], words: tuple[str, ...]):
    where = () if words[0].startswith("/") else (str(damaged),)
    assert cli.main(["export", *where, *words]) == 2
    assert capsys.readouterr().err.count("\n") == 1
