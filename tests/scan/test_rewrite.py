"""`--fix`: what becomes of a line, and that nothing else of the file changes."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import nbformat
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from envguard.scan import rewrite
from envguard.scan.json_places import characters, sources
from envguard.scan.notebook import source_of
from envguard.scan.scan import scan
from tests.scan.notebooks import code, notebook, stream, write

if TYPE_CHECKING:
    from pathlib import Path

LINES: list[tuple[str, str]] = [
    ("!pip install six", "%pip install six"),
    ("! pip3 install six", "%pip install six"),
    ("!python -m pip install six", "%pip install six"),
    ("!python3.11 -m pip uninstall -y six", "%pip uninstall -y six"),
    ('!pip install "six>=1.16" requests[socks]', '%pip install "six>=1.16" requests[socks]'),
    ("if True:\n    !pip install six", "if True:\n    %pip install six"),
    ("x = 1\n!pip install six\ny = 2", "x = 1\n%pip install six\ny = 2"),
    ("!pip install six \\\n  requests", "%pip install six \\\n  requests"),
    ("%%capture\n!pip install six", "%%capture\n%pip install six"),
    ("!conda install --yes xz", "%conda install --yes xz"),
    ("!mamba install --yes xz", "%mamba install --yes xz"),
    ("!pip install {name}", "%pip install {name}"),
    # what the shell does more than start a program is left to people
    ("!pip install six && echo done", ""),
    ("!pip install six | tee log", ""),
    ("!pip install six > /dev/null", ""),
    ("!pip install six>=1.16", ""),  # a redirection, as the shell reads it
    ("!pip install $NAME", ""),
    ("!pip install $(cat names)", ""),
    ("!pip install six; ls", ""),
    ("!cd x && pip install six", ""),
    ("!sudo pip install six", ""),
    ("!PIP_NO_CACHE_DIR=1 pip install six", ""),
    ("x = !pip install six", ""),
    ("!uv pip install six", ""),
    ("!conda install 'xz>=5'", ""),  # %conda loses the quotes
    ("%%bash\npip install six", ""),
    ("import os\nos.system('pip install six')", ""),
    ("!/opt/x/bin/pip install six", ""),
]


@pytest.mark.parametrize(("before", "after"), LINES, ids=[before[:40] for before, _ in LINES])
def test_lines(tmp_path: Path, before: str, after: str):
    path = write(tmp_path, "a.ipynb", notebook(before))
    [remark] = [each for each in scan([str(path)]).remarks if each.finding.rule == "cell-shell-pip"]
    assert remark.fixable is bool(after)
    report = scan([str(path)], fix=True)
    assert (len(report.fixed), "cell-shell-pip" in {each.finding.rule for each in report.remarks}) == (int(bool(after)), not after)  # fmt: skip
    [cell] = json.loads(path.read_text(encoding="utf-8"))["cells"]
    assert source_of(cell) == (after or before)


FORMS: dict[str, Any] = {
    "indent 4": lambda told: json.dumps(told, indent=4),
    "one line": json.dumps,
    "tight": lambda told: json.dumps(told, separators=(",", ":")),
    "ascii": lambda told: json.dumps(told, indent=1, ensure_ascii=True),
    "windows": lambda told: json.dumps(told, indent=1).replace("\n", "\r\n"),
    "no end": lambda told: json.dumps(told, indent=1).rstrip(),
    "mark": lambda told: "\ufeff" + json.dumps(told, indent=1),
}


@pytest.mark.parametrize("whole", [True, False], ids=["whole", "lines"])
@pytest.mark.parametrize("form", FORMS)
def test_every_other_byte_stays(tmp_path: Path, form: str, whole: bool):
    source = 's = "é😀\\n\\u0041\\t"\n!pip install six\n# !pip install six\n'
    cell = code(source if not whole else [source], stream("!pip install six\n"), id="abc")
    if whole:
        cell["source"] = source
    told = {"nbformat": 4, "metadata": {"x": "!pip install six"}, "cells": [{"cell_type": "markdown", "id": "m", "metadata": {}, "source": "!pip install six"}, cell], "nbformat_minor": 5}  # fmt: skip
    before = FORMS[form](told)
    path = write(tmp_path, "a.ipynb", before)
    path.chmod(0o600)
    assert len(scan([str(path)], fix=True).fixed) == 1
    after = path.read_bytes().decode("utf-8")
    places = [at for at in range(len(before)) if before[at] != after[at]]
    assert len(before) == len(after)
    assert [(before[at], after[at]) for at in places] == [("!", "%")]
    assert path.stat().st_mode & 0o777 == 0o600
    if form != "mark":
        nbformat.validate(nbformat.reads(after, as_version=4))


def test_a_link_stays_a_link_and_nothing_is_written_twice(tmp_path: Path):
    path = write(tmp_path, "real.ipynb", notebook("!pip install six"))
    (tmp_path / "link").mkdir()
    (tmp_path / "link/a.ipynb").symlink_to(path)
    scan([str(tmp_path / "link/a.ipynb")], fix=True)
    assert (tmp_path / "link/a.ipynb").is_symlink()
    status = path.stat()
    assert scan([str(tmp_path)], fix=True).fixed == ()
    assert path.stat().st_mtime_ns == status.st_mtime_ns


def test_what_cannot_be_written_is_told_and_stays(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    path = write(tmp_path, "a.ipynb", notebook("!pip install six==1"))

    def full(*_: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(rewrite.store, "write_atomically", full)
    report = scan([str(path)], fix=True)
    assert [each.reason.english() for each in report.problems] == ["cannot be written: No space left on device"]
    assert [each.finding.rule for each in report.remarks] == ["cell-shell-pip"]
    assert path.read_text(encoding="utf-8") == notebook("!pip install six==1")


@settings(max_examples=60, deadline=None)
@given(st.lists(st.text(max_size=12), max_size=4), st.booleans(), st.sampled_from(sorted(set(FORMS) - {"mark"})))
def test_where_a_source_stands(lines: list[str], ascii_only: bool, form: str):
    """Each character of a source, found again in the text of the file."""
    cells = [
        code(lines),
        code(["a"]),
        {"cell_type": "code", "source": "".join(lines), "x": [["source"], {"source": 1}]},
    ]
    content = FORMS[form]({"metadata": {"cells": [{"source": "no"}]}, "cells": cells})
    for cell, literals in zip(cells, sources(content), strict=False):
        told = source_of(cell)
        where = list(characters(content, literals))
        read = "".join(json.loads(f'"{content[start:end]}"') for start, end in where)
        # two halves of a character that are written apart are one in JSON
        assert read.encode("utf-16", "surrogatepass") == told.encode("utf-16", "surrogatepass")
