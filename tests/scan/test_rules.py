"""Each rule about files: what fires, and what nearly does."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

from envguard.analyse import analyse
from envguard.facts import Importable
from envguard.scan.scan import scan
from envguard.settings import Selection
from tests.rules.facts import SITE, env, pkg
from tests.scan.notebooks import code, notebook, of, stream, told

if TYPE_CHECKING:
    from pathlib import Path

SHELL, ORDER, LOOSE = "cell-shell-pip", "cell-conda-after-pip", "cell-unpinned"
FIT, LOG, NO_PIP, ABSENT = "cell-breaks-constraint", "install-log-warning", "environment-file-without-pip", "import-not-in-environment"  # fmt: skip

CELLS: list[tuple[tuple[str, ...], list[tuple[str, str]]]] = [
    # through the shell, and the ways that are about the kernel
    (("!pip install six==1.16.0",), [(SHELL, "c1:1")]),
    (("x = 1\n!python -m pip uninstall --yes six",), [(SHELL, "c1:2")]),
    (("%%bash\nset -e\npip install six==1.16.0",), [(SHELL, "c1:3")]),
    (("import os\nos.system('pip install six==1.16.0')",), [(SHELL, "c1:2")]),
    (("!conda install --yes six=1.16.0=0",), [(SHELL, "c1:1")]),
    (("%pip install six==1.16.0",), []),
    (("!{sys.executable} -m pip install six==1.16.0",), []),
    (("!conda install --name other six=1.16.0=0",), []),
    (("!pip list\n!pip --version\n!ls",), []),
    (("# !pip install six",), []),
    (("'''\n!pip install six\n'''",), []),
    # conda after pip, in the order of the notebook
    (("%pip install six==1.16.0", "%conda install xz=1=0"), [(ORDER, "c2:1")]),
    (("%pip install six==1.16.0\n%conda remove xz",), [(ORDER, "c1:2")]),
    (("%conda install xz=1=0", "%pip install six==1.16.0"), []),
    (("%pip install --upgrade pip", "%conda install xz=1=0"), []),
    (("%pip install six==1.16.0", "!conda create --name other xz=1=0"), []),
    (("%pip install --no-deps --editable .", "%conda install xz=1=0"), []),
    (("%pip install --editable .", "%conda install xz=1=0"), [(ORDER, "c2:1")]),
    # of the two ways of a choice only one runs
    (("if x:\n    %pip install six==1.16.0\nelse:\n    %conda install xz=1=0",), []),
    (("if x:\n    %pip install six==1.16.0\nelif y:\n    pass\nelse:\n    %conda install xz=1=0",), []),
    (("if x:\n    %pip install six==1.16.0\n%conda install xz=1=0",), [(ORDER, "c1:3")]),
    (("for x in y:\n    %pip install six==1.16.0\nelse:\n    %conda install xz=1=0",), [(ORDER, "c1:4")]),
    (("if x:\n    %pip install six==1.16.0", "if x:\n    pass\nelse:\n    %conda install xz=1=0"), [(ORDER, "c2:4")]),
    # left open
    (("%pip install six",), [(LOOSE, "c1:1")]),
    (("%pip install 'six>=1.16'",), [(LOOSE, "c1:1")]),
    (("%pip install git+https://example.org/x.git",), [(LOOSE, "c1:1")]),
    (("%pip install git+https://example.org/x.git@main",), [(LOOSE, "c1:1")]),
    (("%pip install x@git+https://example.org/x.git@" + "a" * 40,), []),
    (("%pip install six==1.16.0 -r requirements.txt",), []),
    (("%pip install --upgrade pip",), []),
    (("%pip install six=={version} {name}",), []),
    (("%pip uninstall --yes six",), []),
    # two that do not fit together
    (("%pip install six==1.16.0", "%pip install six==1.15.0"), [(FIT, "c2:1")]),
    (("%conda install six=1.16.0=0", "%pip install 'six==1.17'"), [(FIT, "c2:1")]),
    (("%conda install six=1.16.0=0", "%pip install six==1.16.0"), []),
]


@pytest.mark.parametrize(("cells", "expected"), CELLS, ids=[" | ".join(cells)[:60] for cells, _ in CELLS])
def test_cells(tmp_path: Path, cells: tuple[str, ...], expected: list[tuple[str, str]]):
    assert told(of(tmp_path, "a.ipynb", notebook(*cells))) == expected


def test_a_repository_weighs_more_than_a_name(tmp_path: Path):
    found = of(tmp_path, "a.ipynb", notebook("%pip install six git+https://example.org/x.git")).remarks
    assert sorted((each.finding.severity.value, each.finding.subject) for each in found) == [
        ("info", "pip"),
        ("warning", "git+https://example.org/x.git"),
    ]


WARNED = "WARNING: Ignoring invalid distribution -umpy (/opt/lab/lib/python3.11/site-packages)\n"


@pytest.mark.parametrize(
    ("output", "expected"),
    [(WARNED, [(LOG, "c2:None")]), ("WARNING: You should consider upgrading pip\n", [])],
)
def test_outputs(tmp_path: Path, output: str, expected: list[tuple[str, str]]):
    assert told(of(tmp_path, "a.ipynb", notebook("x = 1", code("%pip list", stream(output))))) == expected


@pytest.mark.parametrize(
    ("lines", "expected"),
    [
        (["- python=3.11.9=0", "- pip:", "  - six==1.16.0"], [(NO_PIP, "4")]),
        (["- python=3.11.9=0", "- pip=24.2=0", "- pip:", "  - six==1.16.0"], []),
        (["- python=3.11.9=0"], []),
        (["- python=3.11.9=0", "- pip: []"], []),
        (["- pip=24.2=0", "- numpy=1.26.4=0", "- pip:", "  - numpy==2.3.5"], [(FIT, "6")]),
        (["- pip=24.2=0", "- numpy=1.26", "- pip:", "  - numpy==1.26.4"], [(LOOSE, "2")]),
        (["- pip=24.2=0", "- pip:", "  - x @ git+https://example.org/x", "  - -e ."], [(LOOSE, "5")]),
    ],
)
def test_environment_files(tmp_path: Path, lines: list[str], expected: list[tuple[str, str]]):
    content = "name: lab\ndependencies:\n" + "".join(f"  {line}\n" for line in lines)
    assert told(of(tmp_path, "environment.yml", content)) == expected


def test_what_contradicts_another_line_names_that_line(tmp_path: Path):
    content = "name: lab\ndependencies:\n- pip=24.2=0\n- numpy=1.26.4=0\n- pip:\n  - numpy==2.3.5\n"
    [remark] = of(tmp_path, "environment.yml", content).remarks
    assert remark.finding.evidence[0].says.args["place"].endswith("environment.yml:4")


SCIPY = pkg("scipy", depends=("numpy >=1.26,<2", "python"))
LAB = env(
    (SCIPY, pkg("numpy", "1.26.4")),
    importable=(
        Importable("numpy", f"{SITE}/numpy", None, None),
        Importable("google.protobuf", f"{SITE}/google/protobuf", None, None),
    ),
)


@pytest.mark.parametrize(
    ("cell", "expected"),
    [
        ("%pip install numpy==2.3.5", [(FIT, "c1:1")]),
        ("%pip install numpy==1.26.5", []),
        ("%pip install numpy", []),
        ("%conda install numpy=2.3.5=0", []),  # whose solver knows
        ("import flask", [(ABSENT, "c1:1")]),
        ("import numpy.linalg, os\nfrom google import protobuf\nfrom . import x", []),
        ("x = 1\nif x:\n    from flask import Flask", [(ABSENT, "c1:3")]),
        ("try:\n    import flask\nexcept ImportError:\n    import bottle", []),
        ("try:\n    import flask\nexcept KeyError:\n    pass", [(ABSENT, "c1:2")]),
        ("%pip install flask==3.0", []),
        ("%pip install flask==3.0\nimport flask", []),
        ("%matplotlib inline\n!ls\nimport flask?\nimport flask", [(ABSENT, "c1:4")]),
        ("this is no python\nimport flask", [(ABSENT, "c1:2")]),
        ("import beside", []),
        ("%%javascript\nimport flask", []),
    ],
)
def test_against_an_environment(tmp_path: Path, cell: str, expected: list[tuple[str, str]]):
    (tmp_path / "beside.py").touch()
    found = [each for each in told(of(tmp_path, "a.ipynb", notebook(cell), LAB)) if each[0] != LOOSE]
    assert found == expected


def test_without_an_environment_nothing_is_said_of_it(tmp_path: Path):
    assert told(of(tmp_path, "a.ipynb", notebook("import flask\n%pip install numpy==2.3.5"))) == []


def test_a_check_of_an_environment_is_not_about_files():
    nothing = replace(LAB, scanned=None)
    assert not {SHELL, ABSENT} & {each.rule for each in analyse(nothing).skipped}
    [skipped] = analyse(nothing, Selection(select=(SHELL,))).skipped
    assert skipped.reason.english() == "only `envguard scan` reads notebooks and other files"


def test_an_import_that_something_else_may_bring_is_likely(tmp_path: Path):
    found = of(tmp_path, "a.ipynb", notebook("%pip install scikit-learn==1.5\nimport sklearn"), LAB).remarks
    assert [(each.finding.rule, each.finding.certainty.value) for each in found] == [(ABSENT, "likely")]
    unknown = replace(LAB, importable=None)
    assert told(of(tmp_path, "a.ipynb", notebook("import flask"), unknown)) == []


PIP, CONDA = "pip install six==1.16.0", "conda install --yes xz=1=0"


@pytest.mark.parametrize(
    ("script", "line"),
    [
        (f"{PIP}\n{CONDA}", 2),
        (f"conda activate a\n{PIP}\nconda install --name a xz=1=0", 3),
        # the second of two environments has pip's, too
        (f"conda activate a\n{PIP}\nconda activate b\n{PIP}\nconda install --name b xz=1=0", 5),
        (f"/opt/conda/envs/a/bin/{PIP}\nconda install --name a xz=1=0", 2),
        (f"/opt/conda/bin/{PIP}\n{CONDA}", 2),
        # for other environments than conda's command
        (f"conda activate a\n{PIP}\nconda update --name base conda", None),
        (f"conda activate a\n{PIP}\nconda activate b\n{CONDA}", None),
        (f"source .venv/bin/activate\n{PIP}\n{CONDA}", None),
        (f".venv/bin/{PIP}\n{CONDA}", None),
        (f"{PIP} --target=/layer\n{CONDA}", None),
        (f"{PIP} --user\n{CONDA}", None),
        (f"uv sync\n{CONDA}", None),
        (f"{PIP}\npixi add xz", None),
    ],
)
def test_conda_after_pip_is_about_one_environment(tmp_path: Path, script: str, line: int | None) -> None:
    path = tmp_path / "install.sh"
    path.write_text(script, encoding="utf-8")
    remarks = [each for each in scan([str(path)]).remarks if each.finding.rule == ORDER]
    assert [each.spot.line for each in remarks] == ([line] if line else [])


@pytest.mark.parametrize(("name", "count"), [("base", 0), ("x", 1)])
def test_what_shell_activates_in_a_dockerfile(tmp_path: Path, name: str, count: int) -> None:
    path = tmp_path / "Dockerfile"
    shell = 'SHELL ["conda", "run", "--no-capture-output", "-n", "x", "/bin/bash", "-c"]'
    path.write_text(f"FROM a\n{shell}\nRUN {PIP}\nRUN conda install --name {name} xz=1=0\n", encoding="utf-8")
    assert len([each for each in scan([str(path)]).remarks if each.finding.rule == ORDER]) == count


CONDA = "conda install xz=1=0"


@pytest.mark.parametrize(
    ("script", "line"),
    [
        (f"{PIP} || {CONDA}", None),
        (f"true && {PIP} || {CONDA}", None),
        (f"{PIP} || {{ echo no; {CONDA}; }}", None),
        (f"{PIP} || false || {CONDA}", None),
        (f"{PIP} && false || {CONDA}", 1),  # it may be `false` that has failed
        (f"{PIP} || exit 1 && {CONDA}", 1),
        (f"{PIP} || exit 1\n{CONDA}", 2),
        (f"if true; then {PIP}; fi || exit 1\n{CONDA}", 2),
        (f"if true; then {PIP}; fi || {CONDA}", None),
    ],
)
def test_of_the_sides_of_an_or_one_comes_to_its_end(tmp_path: Path, script: str, line: int | None) -> None:
    path = tmp_path / "install.sh"
    path.write_text(script, encoding="utf-8")
    remarks = [each for each in scan([str(path)]).remarks if each.finding.rule == ORDER]
    assert [each.spot.line for each in remarks] == ([line] if line else [])


@pytest.mark.parametrize(
    ("script", "line"),
    [
        ("pip install six==1.16.0\npip install six==1.15.0", 2),
        ("conda activate a\npip install six==1.16.0\nconda activate b\npip install six==1.15.0", None),
        ("if true; then pip install six==1.16.0; else pip install six==1.15.0; fi", None),
        ("case $1 in a) pip install six==1.16.0;; b) pip install six==1.15.0;; esac", None),
    ],
)
def test_two_versions_are_about_one_environment_in_one_run(tmp_path: Path, script: str, line: int | None) -> None:
    path = tmp_path / "install.sh"
    path.write_text(script, encoding="utf-8")
    remarks = [each for each in scan([str(path)]).remarks if each.finding.rule == FIT]
    assert [each.spot.line for each in remarks] == ([line] if line else [])
