"""Every kind of file, and files that are strange: read in place, told in one line, never a crash."""

from __future__ import annotations

import json
import os
from typing import TYPE_CHECKING

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from envguard.scan.scan import scan
from envguard.scan.walk import kind_of
from tests.scan.notebooks import code, notebook, of, stream, told, write

if TYPE_CHECKING:
    from pathlib import Path

ORDER, LOOSE = "cell-conda-after-pip", "cell-unpinned"


@pytest.mark.parametrize(
    ("path", "kind"),
    [
        ("a.ipynb", "notebook"),
        ("Dockerfile", "dockerfile"),
        ("Dockerfile.gpu", "dockerfile"),
        ("gpu.Dockerfile", "dockerfile"),
        ("Containerfile", "dockerfile"),
        ("binder/postBuild", "script"),
        ("setup.sh", "script"),
        ("environment.yml", "environment"),
        ("environment-dev.yaml", "environment"),
        ("conda-env.yml", "environment"),
        (".github/workflows/ci.yml", "ci"),
        (".gitlab-ci.yml", "ci"),
        (".circleci/config.yml", "ci"),
        ("Makefile", "recipes"),
        ("build.mk", "recipes"),
        ("justfile", "recipes"),
        ("Taskfile.yml", "ci"),
        (".readthedocs.yaml", "ci"),
        ("lab.def", "definition"),
        ("setup.bat", "windows"),
        (".devcontainer/devcontainer.json", "devcontainer"),
        ("package.json", None),
        ("mkdocs.yml", None),
        ("setup.py", "document"),
        ("notes.md", "document"),
        ("slides.qmd", "document"),
        ("report.Rmd", "document"),
    ],
)
def test_kinds(path: str, kind: str | None):
    assert kind_of(path) == kind


DOCKERFILES = [
    ("FROM x\nRUN pip install six==1 && \\\n    # why\n    conda install xz=1=0\n", [(ORDER, "4")]),
    ("FROM x\nRUN pip install six==1\nRUN conda install xz=1=0\n", [(ORDER, "3")]),
    ("FROM x AS one\nRUN pip install six==1\nFROM y\nRUN conda install xz=1=0\n", []),
    ("FROM x\nRUN conda install xz=1=0\nRUN pip install six==1\n", []),
    ('FROM x\nRUN ["pip", "install", "six"]\n', [(LOOSE, "2")]),
    ("FROM x\nRUN --mount=type=cache,target=/c pip install six\n", [(LOOSE, "2")]),
    ("FROM x\nRUN <<EOF\npip install six==1\nconda install xz=1=0\nEOF\nRUN true\n", [(ORDER, "4")]),
    ("FROM x\nrun pip install six\n", [(LOOSE, "2")]),
    ("FROM x\r\nRUN true && \\\r\n  pip install six\r\n", [(LOOSE, "3")]),
    ("FROM x\nARG V\nRUN pip install six==${V}\n", []),
    ("FROM x\n# RUN pip install six\nENV A=pip\nCMD pip install six\n", []),
]


@pytest.mark.parametrize(("content", "expected"), DOCKERFILES)
def test_dockerfiles(tmp_path: Path, content: str, expected: list[tuple[str, str]]):
    assert told(of(tmp_path, "Dockerfile", content)) == expected


STEPS = """jobs:
  one:
    steps:
      - if: {}
        run: pip install six==1
      - if: {}
        run: conda install xz=1=0
"""
GITHUB = """jobs:
  one:
    steps:
      - uses: actions/checkout@v4
      - run: |
          echo hello
          pip install six==1
      - name: more
        run: conda install xz=1=0
  two:
    steps:
      - run: conda install xz=1=0
"""
GITLAB = "one:\n  before_script:\n    - pip install six==1\n  script:\n    - conda install xz=1=0\ntwo:\n  script: conda install xz=1=0\n"
CIRCLE = "jobs:\n  one:\n    steps:\n      - run:\n          command: pip install six\n"
TASKS = "tasks:\n  one:\n    cmds:\n      - pip install six==1\n      - cmd: conda install xz=1=0\n  two:\n    cmds: [conda install xz=1=0]\n"
MAKE = """PIP := pip install six
env: more \\
  rest
\t@$(PYTHON) -m pip install -r requirements.txt
\t-conda install xz=$(shell cat version)=0

\tpip install $$HOME/x \\
\t  six
more:
\tconda install xz=1=0
"""
DEVCONTAINER = """{
  // "postCreateCommand": "conda install six",
  "image": "x:1", /* "onCreateCommand":
    "pip install xz" */
  "onCreateCommand": ["pip", "install", "six"],
  "postCreateCommand": "conda install xz=1=0",
}
"""


@pytest.mark.parametrize(
    ("name", "content", "expected"),
    [
        (".github/workflows/ci.yml", GITHUB, [(ORDER, "9")]),
        (".gitlab-ci.yml", GITLAB, [(ORDER, "5")]),
        ("azure-pipelines.yml", "steps:\n- script: pip install six==1\n- bash: conda install xz=1=0\n", [(ORDER, "3")]),
        (".travis.yml", "install:\n  - pip install six==1\nscript:\n  - conda install xz=1=0\n", [(ORDER, "4")]),
        (".circleci/config.yml", CIRCLE, [(LOOSE, "5")]),
        (
            ".github/workflows/a.yml",
            "jobs:\n  a:\n    steps:\n    - run: pip install six==${{ matrix.six }} xz\n",
            [(LOOSE, "4")],
        ),
        ("postBuild", "#!/bin/bash\npip install six==1\nconda install xz=1=0\n", [(ORDER, "3")]),
        ("a.sh", "if true; then\n pip install six==1\nelse\n conda install xz=1=0\nfi\n", []),
        ("a.sh", "if pip install six==1; then\n true\nelse\n conda install xz=1=0\nfi\n", [(ORDER, "4")]),
        ("a.sh", "case $x in\n a) pip install six==1 ;;\n b) conda install xz=1=0 ;;\nesac\n", []),
        ("a.sh", "if true; then\n pip install six==1\nfi\nif true; then\n conda install xz=1=0\nfi\n", [(ORDER, "5")]),
        (".github/workflows/ci.yml", STEPS.format("runner.os == 'Linux'", "runner.os != 'Linux'"), []),
        (".github/workflows/ci.yml", STEPS.format("runner.os == 'Linux'", "runner.os == 'Linux'"), [(ORDER, "7")]),
        (".github/workflows/ci.yml", STEPS.format("runner.os == 'Linux'", "always()"), [(ORDER, "7")]),
        ("a.sh", "conda install -n one xz=1=0\npip install six\n", [(LOOSE, "2")]),
        ("environment.yml", "just: something\n", []),
        (
            ".readthedocs.yaml",
            "build:\n  jobs:\n    post_install:\n    - pip install six==1\n    - conda install xz=1=0\n",
            [(ORDER, "5")],
        ),
        ("Taskfile.yml", TASKS, [(ORDER, "5")]),
        ("Makefile", MAKE, [(ORDER, "5"), (LOOSE, "7")]),
        (
            "justfile",
            "a:\n    pip install six=={{v}}\n    conda install xz=1=0\nb:\n    conda install xz=1=0\n",
            [(ORDER, "3")],
        ),
        (
            "lab.def",
            "Bootstrap: docker\n%post\n  pip install six==1\n  conda install xz=1=0\n%runscript\n  pip install six\n",
            [(ORDER, "4")],
        ),
        (
            "a.bat",
            "@echo off\r\nrem don't\r\npip install ^\r\n  six==1\r\n@call conda install xz=1=0\r\n",
            [(ORDER, "5")],
        ),
        ("a.ps1", "pip install `\n  six==1\n& conda install xz=1=0\n", [(ORDER, "3")]),
        ("devcontainer.json", DEVCONTAINER, [(LOOSE, "5"), (ORDER, "6")]),
        (
            "devcontainer.json",
            '{"postCreateCommand": {"a": "pip install six", "b": {"c": "pip install xz"}}}',
            [(LOOSE, "1")],
        ),
        ("devcontainer.json", "[]", []),
    ],
)
def test_other_files(tmp_path: Path, name: str, content: str, expected: list[tuple[str, str]]):
    assert told(of(tmp_path, name, content)) == expected


def test_lines_of_a_notebook_are_those_of_its_file(tmp_path: Path):
    content = notebook("x = 1", "y = 2\n%pip install six")
    [remark] = of(tmp_path, "a.ipynb", content).remarks
    assert remark.spot.line is not None
    assert "%pip install six" in content.splitlines()[remark.spot.line - 1]


def test_old_notebooks_and_other_languages(tmp_path: Path):
    old = {"nbformat": 3, "worksheets": [{"cells": [{"cell_type": "code", "input": ["!pip install six==1"]}]}]}
    assert told(of(tmp_path, "old.ipynb", json.dumps(old))) == [("cell-shell-pip", "c1:1")]
    other = notebook("!pip install six", kernelspec={"language": "R", "name": "ir"})
    assert told(of(tmp_path, "r.ipynb", other)) == []


MALFORMED = {
    "empty.ipynb": b"",
    "cut.ipynb": notebook("!pip install six").encode()[:80],
    "list.ipynb": b"[]",
    "cells.ipynb": b'{"cells": 3}',
    "latin.ipynb": b'{"cells": [], "metadata": {"x": "\xe9"}}',
    "deep.ipynb": b"[" * 100_000,
    "environment.yml": b"dependencies: [\n",
    ".gitlab-ci.yml": b"a: !!python/object/apply:os.system ['x'\n",
}


def test_each_malformed_file_is_one_line_and_the_others_are_read(tmp_path: Path):
    for name, content in MALFORMED.items():
        (tmp_path / name).write_bytes(content)
    write(tmp_path, "good.ipynb", notebook("!pip install six==1"))
    report = scan([str(tmp_path)])
    assert sorted(os.path.basename(each.source) for each in report.problems) == sorted(MALFORMED)  # noqa: PTH119
    assert all("\n" not in each.reason.english() for each in report.problems)
    assert [each.finding.rule for each in report.remarks] == ["cell-shell-pip"]
    assert report.failed == ()


STRANGE = [
    {"cells": [None, 1, "x", [], {}, {"cell_type": "code"}, {"cell_type": "code", "source": 7}]},
    {"cells": [{"cell_type": "code", "source": ["!pip install six==1", None, 3], "outputs": [None, 3, {"text": {}}]}]},
    {"cells": [{"cell_type": "code", "source": "x", "outputs": {"a": 1}, "id": 7}], "metadata": []},
    {"cells": [{"cell_type": "code", "source": "x", "outputs": [{"data": 3}, {"data": {"text/plain": [1]}}]}]},
]


@pytest.mark.parametrize("content", STRANGE)
def test_cells_may_be_anything(tmp_path: Path, content: dict[str, object]):
    report = of(tmp_path, "a.ipynb", json.dumps(content))
    assert (report.problems, report.failed) == ((), ())


def test_loops_pipes_and_names(tmp_path: Path):
    deep = tmp_path / "a"
    deep.mkdir()
    (deep / "loop").symlink_to(tmp_path)
    (deep / "self").symlink_to("self")
    (tmp_path / "dangling.ipynb").symlink_to("nowhere")
    os.mkfifo(tmp_path / "pipe.ipynb")
    name = "new\nline\x1b[31m;::error::.ipynb"
    write(tmp_path, name, notebook("!pip install six==1"))
    (tmp_path / "again.ipynb").symlink_to(name)
    (tmp_path / ".ipynb_checkpoints").mkdir()
    write(tmp_path / ".ipynb_checkpoints", "a.ipynb", notebook("!pip install six==1"))
    report = scan([str(tmp_path), str(tmp_path / "a"), str(tmp_path / "none")])
    assert len(report.remarks) == report.files == 1
    assert len(report.problems) == 3
    assert report.failed == ()


def test_a_folder_of_an_environment_is_not_looked_into(tmp_path: Path):
    (tmp_path / "env/conda-meta").mkdir(parents=True)
    write(tmp_path / "env", "a.ipynb", notebook("!pip install six==1"))
    assert scan([str(tmp_path)]).files == 0


def test_no_secret_is_told(tmp_path: Path):
    token = "hunter2-ghp_0123456789abcdefghijklmnopqrstuvwxyzAB"
    lines = f"!pip install --index-url https://me:{token}@example.org/simple six git+https://{token}@example.org/x"
    output = stream(f"WARNING: Ignoring invalid distribution -umpy (https://me:{token}@example.org)\n")
    report = of(tmp_path, "a.ipynb", notebook(code(lines, output)))
    assert len(report.remarks) >= 3
    assert token not in repr(report)


@settings(max_examples=60, deadline=None)
@given(
    st.binary(max_size=200),
    st.sampled_from(["a.ipynb", "Dockerfile", "a.sh", "environment.yml", ".gitlab-ci.yml", "a.qmd"]),
)
def test_any_bytes(tmp_path_factory: pytest.TempPathFactory, content: bytes, name: str):
    folder = tmp_path_factory.mktemp("bytes")
    (folder / name).write_bytes(content + b"\npip install six\n")
    assert scan([str(folder)]).failed == ()
