"""Notebooks that are written as text: only what is run counts, at its line of the file."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from envguard import api
from envguard.scan.scan import scan
from tests.scan.notebooks import of, told, write

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from tests.envs.scenarios import Scenario

SHELL, ORDER, ABSENT = "cell-shell-pip", "cell-conda-after-pip", "import-not-in-environment"
PIP, CONDA = "%pip install six==1.16.0", "%conda install xz=1=0"


def fences(*parts: tuple[str, str]) -> str:
    return "".join(f"Text.\n\n```{info}\n{code}\n```\n\n" for info, code in parts)


MYST = "---\nkernelspec:\n  name: python3\n---\n"
MARKDOWN = (
    "---\njupyter:\n  jupytext:\n    text_representation:\n      extension: .md\n      format_name: markdown\n---\n"
)
PERCENT = "# ---\n# jupyter:\n#   jupytext:\n#     formats: ipynb,py:percent\n# ---\n\n"

DOCUMENTS = [
    # Quarto and R Markdown
    ("a.qmd", fences(("{python}", "!pip install six==1.16.0")), [(SHELL, "4")]),
    ("a.qmd", fences(("{python}", "#| echo: false\n#| label: x\n!pip install six==1.16.0")), [(SHELL, "6")]),
    ("a.qmd", fences(("{python}", PIP), ("{python}", CONDA)), [(ORDER, "10")]),
    ("a.qmd", fences(("{python}", PIP), ("{bash}", "conda install xz=1=0")), [(ORDER, "10")]),
    ("a.qmd", fences(("{bash}", "echo"), ("bash", "conda install xz=1=0"), ("python", PIP)), []),
    ("a.qmd", fences(("{python}", PIP), ("{python}", f"#| eval: false\n{CONDA}")), []),
    ("a.qmd", fences(("{python}", PIP), ("{r}", "system('conda install xz=1=0')"), ("{.python}", CONDA)), []),
    ("a.Rmd", fences(("{python x, eval=FALSE}", PIP), ("{python}", CONDA)), []),
    ("a.Rmd", fences(("{python, echo=FALSE}", PIP), ("{python}", CONDA)), [(ORDER, "10")]),
    # MyST and jupytext's Markdown
    ("a.md", MYST + fences(("{code-cell} ipython3", f":tags: [hide-input]\n\n{PIP}"), ("{code-cell}", CONDA)), [(ORDER, "16")]),
    ("a.md", MYST + fences(("{code-cell}", f"---\ntags: [x]\n---\n{PIP}"), ("{code-cell}", CONDA)), [(ORDER, "17")]),
    ("a.md", MYST + fences(("{code-cell}", f":tags: [skip-execution]\n{PIP}"), ("{code-cell}", CONDA)), []),
    ("a.md", MYST + fences(("{code-cell} r", PIP), ("python", PIP), ("{code-cell}", CONDA)), []),
    ("a.md", MARKDOWN + fences(("python", PIP), ("python tags=[]", CONDA)), [(ORDER, "17")]),
    ("a.md", MARKDOWN + fences(("", PIP), ("text", PIP), ("python", CONDA)), []),
    # Python
    ("a.py", f"{PERCENT}# %%\n# {PIP}\nimport six\n\n# %%\n# {CONDA}\n", [(ORDER, "12")]),
    ("a.py", f"{PERCENT}# %%\n# !pip install six==1.16.0\n", [(SHELL, "8")]),
    ("a.py", f"{PERCENT}# %% [markdown]\n# {PIP}\n\n# %%\n# {CONDA}\n", []),
    ("a.py", f"{PERCENT}# %%\n# # {PIP}\n\n# %%\n# {CONDA}\n", []),
    ("a.py", f"{PERCENT}# {PIP}\n\n# {CONDA}\n", [(ORDER, "9")]),
]  # fmt: skip


@pytest.mark.parametrize(("name", "content", "expected"), DOCUMENTS)
@pytest.mark.parametrize("ends", ["\n", "\r\n"])
def test_what_is_run(tmp_path: Path, name: str, content: str, expected: list[tuple[str, str]], ends: str):
    write(tmp_path, name, content.replace("\n", ends))
    report = scan([str(tmp_path)])
    assert report.files == 1
    assert told(report) == expected


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("README.md", fences(("{python}", PIP), ("{code-cell}", CONDA), ("bash", "pip install six\nconda install xz"))),
        ("notes.md", "---\ntitle: how to install\n---\n" + fences(("{code-cell}", PIP), ("{code-cell}", CONDA))),
        ("setup.py", "import os\nos.system('pip install six')\nos.system('conda install xz')\n"),
        ("cells.py", f"# %%\n# {PIP}\n# %%\n# {CONDA}\n"),
    ],
)
def test_what_is_no_notebook_is_not_read_in_a_folder(tmp_path: Path, name: str, content: str):
    write(tmp_path, name, content)
    report = scan([str(tmp_path)])
    assert (report.files, report.remarks, report.problems) == (0, (), ())


def test_a_script_of_python_that_is_named(tmp_path: Path):
    content = (
        "import os\nos.system('pip install six==1.16.0')\n# !conda install xz=1=0\nos.system('conda install xz=1=0')\n"
    )
    assert told(of(tmp_path, "setup.py", content)) == [(ORDER, "4")]


def test_what_cannot_be_fixed_is_left_as_it_is(tmp_path: Path):
    path = write(tmp_path, "a.qmd", DOCUMENTS[0][1])
    before = path.read_bytes()
    report = scan([str(path)], fix=True)
    assert (told(report), report.fixed, path.read_bytes()) == ([(SHELL, "4")], (), before)
    assert [each.fixable for each in report.remarks] == [False]


def test_imports(tmp_path: Path, scenario: Callable[..., Scenario]):
    path = write(tmp_path, "a.qmd", fences(("{python}", "import tabulate, os\nimport nowhere\nimport beside")))
    write(tmp_path, "beside.py", "")
    report = api.scan([str(path)], prefix=scenario("sound").prefix)
    assert told(report) == [(ABSENT, "5")]
    assert "nowhere" in report.remarks[0].finding.message.args.values()


@pytest.mark.parametrize(
    "head", ["---", "---\n" * 3, "---\njupytext:", "# ---\n# kernelspec:", "---\n" + "x" * 9000, ""]
)
@pytest.mark.parametrize("name", ["a.md", "a.py", "a.qmd"])
def test_headers_without_an_end(tmp_path: Path, name: str, head: str):
    report = of(tmp_path, name, head)
    assert (report.failed, report.problems, report.remarks) == ((), (), ())
