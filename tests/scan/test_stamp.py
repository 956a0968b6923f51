"""The stamp of a notebook: what is written, that nothing else is, and what is said of it elsewhere."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import pytest

from envguard import api, demo
from envguard.errors import BadArguments
from envguard.facts import Importable
from envguard.scan.scan import scan
from envguard.scan.stamp import stamp
from tests.rules.facts import SITE, dist, env, owned, pkg
from tests.scan.notebooks import code, notebook, stream, write

if TYPE_CHECKING:
    from pathlib import Path

    from envguard.facts import Environment

LEARN = owned("scikit-learn", "1.5.2")
CELLS = ("import sklearn, numpy\nimport os, flask", code("x", stream('{"metadata": {}}\n')))


def lab(version: str = "1.26.4", **more: Any) -> Environment:
    numpy = dist("numpy", version)
    modules = (("sklearn", LEARN), ("numpy", numpy))
    offered = tuple(Importable(name, f"{SITE}/{name}", None, found.path) for name, found in modules)
    return env((pkg("scikit-learn", "1.5.2"),), (LEARN, numpy), importable=offered, **more)


FORMS: dict[str, Any] = {
    "as jupyter": lambda told: json.dumps(told, indent=1, ensure_ascii=False) + "\n",
    "indent 4": lambda told: json.dumps(told, indent=4),
    "tabs": lambda told: json.dumps(told, indent="\t"),
    "one line": json.dumps,
    "windows": lambda told: json.dumps(told, indent=1).replace("\n", "\r\n"),
    "mark": lambda told: "\ufeff" + json.dumps(told, indent=1),
}


@pytest.mark.parametrize("form", FORMS)
@pytest.mark.parametrize("metadata", [{}, {"kernelspec": {"name": "é"}, "envguard": {"schema": 0}}])
def test_only_the_metadata_change(tmp_path: Path, form: str, metadata: dict[str, Any]):
    told = {**json.loads(notebook(*CELLS)), "metadata": metadata}
    before = FORMS[form](told)
    path = write(tmp_path, "a.ipynb", before)
    assert stamp(path, lab()) == ("numpy", "sklearn")
    after = path.read_bytes().decode("utf-8")
    stamped = json.loads(after.removeprefix("\ufeff"))
    record = stamped["metadata"].pop("envguard")
    assert record["packages"] == {
        "numpy": {"distribution": "numpy", "version": "1.26.4", "by": "pip"},
        "sklearn": {"distribution": "scikit-learn", "version": "1.5.2", "by": "conda"},
    }
    assert (record["schema"], record["python"], record["platform"]) == (1, "3.11.9", "linux-64")
    assert stamped == {**told, "metadata": {key: each for key, each in metadata.items() if key != "envguard"}}
    assert ("\r\n" in after, after.startswith("\ufeff"), "\t" in after) == ("\r\n" in before, before.startswith("\ufeff"), "\t" in before)  # fmt: skip
    # everything outside of the metadata is there as it was
    head, tail = before[: before.rindex('"metadata"')], before[before.rindex('"nbformat"') :]
    assert after.startswith(head)
    assert after.endswith(tail)


@pytest.mark.parametrize(
    ("here", "expected"),
    [
        (lab(), []),
        (lab("2.0.0"), [("warning", "numpy was 1.26.4 where it was stamped, and is 2.0.0 here")]),
        (lab("1.26.5"), [("info", "numpy was 1.26.4 where it was stamped, and is 1.26.5 here")]),
        (lab(python_version="3.12.1"), [("warning", "Python was 3.11.9 where it was stamped, and is 3.12.1 here")]),
        (lab(python_version="3.11.2"), []),
    ],
)
def test_what_differs_elsewhere(tmp_path: Path, here: Environment, expected: list[tuple[str, str]]):
    path = write(tmp_path, "a.ipynb", notebook("import numpy"))
    stamp(path, lab())
    found = [(each.finding.severity.value, each.finding.message.english()) for each in scan([str(path)], here).remarks]
    assert found == expected
    assert scan([str(path)]).remarks == ()


def test_another_installer_is_told_and_what_is_not_imported_is_not(tmp_path: Path):
    path = write(tmp_path, "a.ipynb", notebook("import numpy"))
    stamp(path, lab())
    numpy = owned("numpy", "1.26.4")
    offered = (Importable("numpy", f"{SITE}/numpy", None, numpy.path),)
    here = replace(lab(), distributions=(numpy,), importable=offered)
    [remark] = scan([str(path)], here).remarks
    assert remark.finding.message.english() == "numpy 1.26.4 came by pip where it was stamped, and by conda here"
    assert (remark.finding.severity.value, remark.spot.cell, remark.spot.cell_line) == ("info", 1, 1)
    told = json.loads(path.read_text(encoding="utf-8"))
    told["cells"][0]["source"] = ["import os\n"]
    path.write_text(json.dumps(told), encoding="utf-8")
    assert scan([str(path)], lab("2.0.0")).remarks == ()


@pytest.mark.parametrize("record", [3, [], {}, {"schema": 2}, {"schema": 1, "packages": {"numpy": 3, "x": {"by": 1}}}])
def test_a_strange_stamp_is_none(tmp_path: Path, record: object):
    path = write(tmp_path, "a.ipynb", notebook("import numpy", envguard=record))
    report = scan([str(path)], lab("2.0.0"))
    assert (report.remarks, report.problems, report.failed) == ((), (), ())


@pytest.mark.parametrize("content", ["", "{}", '{"cells": []}', '{"cells": [], "metadata": []}'])
def test_what_cannot_be_stamped(tmp_path: Path, content: str):
    path = write(tmp_path, "a.ipynb", content)
    with pytest.raises(BadArguments, match="cannot be stamped"):
        stamp(path, lab())
    assert path.read_text(encoding="utf-8") == content


def test_a_real_environment(tmp_path: Path):
    demo.build(tmp_path / "env")
    path = write(tmp_path, "a.ipynb", notebook("import gridmath, os"))
    assert api.stamp(path, tmp_path / "env") == ("gridmath",)
