"""`envguard explain-log`: files, pipes and notebooks, in text and for programs."""

from __future__ import annotations

import io
import json
import sys
from typing import TYPE_CHECKING

import jsonschema
import pytest

from envguard.frontends.cli import main
from envguard.render.schemas import schema_of
from tests.rules.test_install_log import CONFLICT, SAYS

if TYPE_CHECKING:
    from pathlib import Path


@pytest.fixture(autouse=True)
def wide(monkeypatch: pytest.MonkeyPatch) -> None:
    """Wide enough for the path of a temporary folder in one piece."""
    monkeypatch.setenv("COLUMNS", "300")


def run(capsys: pytest.CaptureFixture[str], *arguments: str | Path) -> tuple[int, str, str]:
    code = main(["explain-log", *map(str, arguments)])
    out, error = capsys.readouterr()
    return code, out, error


def test_a_log_with_warnings(tmp_path: Path, capsys: pytest.CaptureFixture[str]):
    log = tmp_path / "build.log"
    log.write_text(f"Collecting docutils\n{CONFLICT}", encoding="utf-8")
    code, out, error = run(capsys, log)
    assert (code, error) == (1, "")
    assert "EG604 install-log-warning  sphinx" in out
    assert "sphinx 5.0.0 requires docutils<0.19,>=0.14, but docutils 0.21 is installed" in " ".join(out.split())
    assert f"{log}:3" in out
    code, out, _ = run(capsys, log, "--format", "json")
    assert code == 1
    report = json.loads(out)
    jsonschema.Draft202012Validator(schema_of("report")).validate(report)
    assert [(each["rule"], each["subject"]) for each in report["findings"]] == [("install-log-warning", "sphinx")]
    assert report["timeline"] == []
    assert report["verdict"] == "unknown"


@pytest.mark.parametrize("form", ["text", "html"])
@pytest.mark.parametrize("said", ["", CONFLICT])
def test_a_log_is_no_judgement_of_an_environment(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], form: str, said: str
):
    log = tmp_path / "build.log"
    log.write_text(said, encoding="utf-8")
    _, out, _ = run(capsys, log, "--format", form)
    assert "only a log was read, which does not tell its state" in out
    assert "it may work today" not in out
    assert "nothing wrong was found" not in out


@pytest.mark.parametrize("said", ["", "Successfully installed six-1.17.0\n", SAYS["no-hardlink"][0]])
def test_a_log_without(tmp_path: Path, capsys: pytest.CaptureFixture[str], said: str):
    log = tmp_path / "build.log"
    log.write_text(said, encoding="utf-8")
    code, out, _ = run(capsys, log)
    assert code == 0
    assert "warning  EG604" not in out


def test_a_pipe(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]):
    monkeypatch.setattr("sys.stdin", io.TextIOWrapper(io.BytesIO(CONFLICT.encode("utf-16"))))
    code, out, _ = run(capsys, "-")
    assert code == 1
    assert "line 2" in out


def test_a_notebook(tmp_path: Path, capsys: pytest.CaptureFixture[str]):
    outputs = [
        {"output_type": "stream", "name": "stdout", "text": ["Collecting x\n", *CONFLICT.splitlines(keepends=True)]},
        {"output_type": "execute_result", "data": {"text/plain": "1"}},
        {"output_type": "error", "traceback": ["Cannot import"]},
    ]
    cells = [{"cell_type": "markdown", "source": SAYS["managed"][0]}, {"cell_type": "code", "outputs": outputs}]
    book = tmp_path / "book.ipynb"
    book.write_text(json.dumps({"cells": cells, "nbformat": 4, "metadata": {}}), encoding="utf-8")
    code, out, _ = run(capsys, book)
    assert code == 1
    assert "book.ipynb, cell 2" in out
    assert "the system manages this Python itself" not in out


@pytest.mark.parametrize(
    "content", ["", "{", "[]", '{"cells": 3}', '{"cells": [7]}', '{"cells": [{"outputs": [3]}]}', "[" * 9999]
)
def test_a_notebook_that_is_none(tmp_path: Path, capsys: pytest.CaptureFixture[str], content: str):
    book = tmp_path / "book.ipynb"
    book.write_text(content, encoding="utf-8")
    assert run(capsys, book) == (2, "", f"envguard: {book} is no notebook that can be read\n")


def test_what_cannot_be_read(tmp_path: Path, capsys: pytest.CaptureFixture[str]):
    code, out, error = run(capsys, tmp_path / "nowhere.log")
    assert (code, out) == (2, "")
    assert error.startswith(f"envguard: {tmp_path}/nowhere.log cannot be read: ")
    assert error.count("\n") == 1
    assert run(capsys, tmp_path)[0] == 2


@pytest.mark.parametrize(
    "place",
    [
        "Requirement already satisfied: six in {folder}/lib/python3.11/site-packages (1.16.0)\n",
        "## Package Plan ##\n\n  environment location: {folder}\n\n  added / updated specs:\n    - six\n",
    ],
)
def test_a_log_of_another_environment(tmp_path: Path, capsys: pytest.CaptureFixture[str], place: str):
    """What is to be looked at is that one, not the one in which envguard happens to run."""
    log = tmp_path / "build.log"
    log.write_text(place.format(folder="/home/ada/envs/lab") + CONFLICT, encoding="utf-8")
    out = run(capsys, log)[1]
    assert "envguard check --prefix /home/ada/envs/lab" in out
    assert f"--prefix {sys.prefix}" not in out
    for own in ("/home/ada/.local", sys.prefix):
        log.write_text(place.format(folder=own) + CONFLICT, encoding="utf-8")
        assert f"envguard check --prefix {sys.prefix}" in run(capsys, log)[1]
