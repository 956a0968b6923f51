"""Cells as an editor has them: what is said of each, exactly where, and what each quick fix makes of the cell."""

from __future__ import annotations

import json
from dataclasses import replace
from functools import partial
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from envguard.commands.command import Place
from envguard.facts import DirectUrl, Tool
from envguard.scan import rewrite
from envguard.scan.cell_fixes import Beside
from envguard.scan.cells import LONGEST, judge
from envguard.scan.scan import scan
from envguard.scan_report import Cell
from tests.growth import growth
from tests.rules.facts import dist, env, owned, pkg
from tests.scan.notebooks import code, notebook, told, write

if TYPE_CHECKING:
    from pathlib import Path

    from envguard.facts import Environment
    from envguard.scan_report import CellFix, CellRemark

COMMIT = "0123456789abcdef0123456789abcdef01234567"
PIP, PYTHON = owned("pip", "24.2"), pkg("python", "3.11.9", provides=())
BOOK = (PYTHON, pkg("pip", "24.2"), pkg("numpy", "1.26.4"), pkg("scipy", "1.11.4", depends=("numpy >=1.26,<2",)))
CONDA = (Tool("conda", "/opt/conda/bin/conda"),)
SOUND = env(BOOK, (PIP, owned("numpy", "1.26.4"), owned("scipy", "1.11.4")), tools=CONDA)
MIXED = replace(
    SOUND,
    distributions=(
        *(SOUND.distributions or ()),
        dist("six", "1.16.0"),
        dist("requests", "2.32.3"),
        dist("tool", "1.0", direct_url=DirectUrl("https://example.org/me/tool.git", vcs="git", commit=COMMIT)),
    ),
)


def look(
    *sources: str,
    where: Environment | None = None,
    beside: Beside = Beside(),  # noqa: B008 - frozen
    **ignored: str,
) -> list[tuple[CellRemark, ...]]:
    """What is said of some cells; the environment without a kernel's place, so that nothing is looked up."""
    cells = [Cell(f"id{n}", source, n, ignored) for n, source in enumerate(sources, 1)]
    reports = judge(cells, None, None if where is None else lambda: (where, beside))
    assert [each.id for each in reports] == [cell.id for cell in cells]
    return [each.remarks for each in reports]


def applied(source: str, fix: CellFix) -> str:
    """The cell after a fix."""
    assert fix.edit is not None
    start = rewrite.offset(source, fix.edit.line, fix.edit.column)
    return source[:start] + fix.edit.text + source[rewrite.offset(source, fix.edit.end_line, fix.edit.end_column) :]


def after(source: str, rule: str, kind: str, where: Environment | None, *before: str, **more: Any) -> str | None:
    """What a fix of a remark makes of the last cell; None if it is not offered."""
    [*_, remarks] = look(*before, source, where=where, **more)
    found = [fix for each in remarks if each.finding.rule == rule for fix in each.fixes if fix.kind == kind]
    assert len(found) <= 1
    return applied(source, found[0]) if found else None


@pytest.mark.parametrize(
    ("cells", "expected"),
    [
        (("!pip install six==1.16.0",), [("cell-shell-pip", "pip install six==1.16.0")]),
        (
            ("x = '😀'; \n  !pip install six==1 && pip install foo==2",),
            [("cell-shell-pip", "pip install six==1"), ("cell-shell-pip", "pip install foo==2")],
        ),
        (("%%bash\nset -e\npip install six==1.16.0 \\\n  foo==2",), [("cell-shell-pip", "pip install six==1.16.0 \\\n  foo==2")]),
        (("%pip install six",), [("cell-unpinned", "%pip install six")]),
        (("%pip install git+https://h/a.git six==1",), [("cell-unpinned", "git+https://h/a.git")]),
        (("%pip install six==1", "%conda install xz=1=0"), [("cell-conda-after-pip", "%conda install xz=1=0")]),
        (("%conda install xz=1=0", "%pip install six==1"), []),
        (("%pip install six==1", "%pip install foo==1 six==2"), [("cell-breaks-constraint", "six==2")]),
    ],
)  # fmt: skip
def test_each_remark_stands_at_its_words(cells: tuple[str, ...], expected: list[tuple[str, str]]):
    found = [
        (
            remark.finding.rule,
            source[
                rewrite.offset(source, remark.line, remark.column) : rewrite.offset(
                    source, remark.end_line, remark.end_column
                )
            ],
        )
        for source, remarks in zip(cells, look(*cells), strict=True)
        for remark in remarks
    ]
    assert found == expected


CELLS = (
    ("!pip install six", "%conda install xz"),
    ("import os\nos.system('pip install six')",),
    ("%pip install six==1", "%pip install six==2"),
    ("# pip", "x = 1"),
    ("%%bash\npip install git+https://h/x", "!mamba install -y numpy"),
)


@pytest.mark.parametrize("cells", CELLS, ids=[" | ".join(cells)[:40] for cells in CELLS])
def test_an_editor_and_a_scan_say_the_same(tmp_path: Path, cells: tuple[str, ...]):
    path = write(tmp_path, "a.ipynb", notebook(*cells))
    in_editor = [
        (each.finding.rule, f"c{number}:{each.line}")
        for number, remarks in enumerate(look(*cells), 1)
        for each in remarks
    ]
    assert sorted(in_editor) == sorted(told(scan([str(path)])))


@pytest.mark.parametrize(
    ("source", "where", "expected"),
    [
        ("!pip install six==1", None, "%pip install six==1"),
        ("if x:\n    ! pip3 install six==1", SOUND, "if x:\n    %pip install six==1"),
        ("!conda install -y xz=1=0", SOUND, "%conda install -y xz=1=0"),
        ("!conda install -y xz=1=0", env((), (PIP,), manager="venv"), None),
        ("!pip install six==1", replace(SOUND, distributions=()), None),  # it has no pip to be started
        ("!pip install six==1 | tee log", SOUND, None),
        ("%%bash\npip install six==1", SOUND, None),
    ],
)
def test_change_to_the_magic(source: str, where: Environment | None, expected: str | None):
    assert after(source, "cell-shell-pip", "kernel", where) == expected


@pytest.mark.parametrize(
    ("source", "where", "before", "expected"),
    [
        ("!pip install opencv-python", SOUND, (), "%conda install --yes opencv"),
        ("%pip install -q -U torch", SOUND, (), "%conda install --yes pytorch"),
        ("if x:\n    %pip install torch", SOUND, (), "if x:\n    %conda install --yes pytorch"),
        ("%pip install torch\nimport torch", SOUND, (), "%conda install --yes pytorch\nimport torch"),
        ("%pip install torch", MIXED, (), None),  # pip has installed there
        ("%pip install torch", SOUND, ("%pip install flask==3",), None),
        ("%pip install torch some-name-that-nobody-knows", SOUND, (), None),
        ("%pip install 'torch>=2'", SOUND, (), None),  # the quotes would be lost
        ("%pip install torch --index-url https://example.org", SOUND, (), None),
        ("%pip install torch -r more.txt", SOUND, (), None),
        ("%pip install torch", replace(SOUND, base=True), (), None),
        ("%pip install torch", replace(SOUND, tools=()), (), None),
        ("%pip install torch", None, (), None),
        ("%%bash\npip install torch", SOUND, (), None),
        ("!cd /tmp && pip install torch", SOUND, (), None),
        ("!pip install torch {more}", SOUND, (), None),
    ],
)
def test_let_conda_install_it(source: str, where: Environment | None, before: tuple[str, ...], expected: str | None):
    assert after(source, "cell-unpinned", "conda", where, *before) == expected


def test_conda_is_asked_for_the_same_version():
    asked = "!pip install torch==2.5.1 numpy==1.26"
    assert after(asked, "cell-shell-pip", "conda", SOUND) == "%conda install --yes pytorch==2.5.1 numpy==1.26"
    # which the shell would take for a pattern of files
    assert after("!pip install torch==2.5.1 numpy==1.26.*", "cell-shell-pip", "conda", SOUND) is None


@pytest.mark.slow
@pytest.mark.parametrize("head", ["!pip install", "!conda install", "%uv pip install", "!poetry add"])
@pytest.mark.parametrize("piece", ["x", "x-", "a/", "@", "[", "::", "'", "$(", "https:", "\\\n", " x", ";", "=="])
def test_the_time_for_a_cell_grows_with_its_length(head: str, piece: str):
    assert growth(lambda length: partial(look, f"{head} {piece * (length // len(piece))}"), 10_000, 40_000) < 9


THERE, LOADED = Beside(has_envguard=True), Beside(has_envguard=True, loads_envguard=True)


@pytest.mark.parametrize(
    ("source", "beside", "before", "expected"),
    [
        ("%pip install six", LOADED, (), "%envguard protect on\n%pip install six"),
        ("if x:\n    !pip install six", LOADED, (), "if x:\n    %envguard protect on\n    !pip install six"),
        ("%pip install six", THERE, (), "%load_ext envguard\n%envguard protect on\n%pip install six"),
        ("%pip install six", THERE, ("%load_ext envguard",), "%envguard protect on\n%pip install six"),
        ("%pip install six", Beside(), (), None),
        ("%pip install six", LOADED, ("%envguard protect on",), None),
        ("%%bash\npip install six", LOADED, (), None),
        ("!true && \\\n pip install six", LOADED, (), None),
    ],
)
def test_protect_before_it(source: str, beside: Beside, before: tuple[str, ...], expected: str | None):
    assert after(source, "cell-unpinned", "protect", SOUND, *before, beside=beside) == expected


@pytest.mark.parametrize(
    ("source", "expected"),
    [
        ("%pip install six requests[socks] flask", "%pip install six==1.16.0 requests[socks]==2.32.3 flask"),
        ("!pip install 'six>=1.15' # why", "!pip install 'six==1.16.0' # why"),
        ("%pip install 'six>=2'", None),  # which is not what is there
        ("%pip install six-more six", "%pip install six-more six==1.16.0"),
        ("%conda install scipy", "%conda install scipy==1.11.4"),
        ("%conda install conda-forge::scipy", "%conda install conda-forge::scipy==1.11.4"),
        ("%pip install git+https://example.org/me/tool", f"%pip install git+https://example.org/me/tool@{COMMIT}"),
        ("%pip install git+https://example.org/me/tool.git@main#egg=tool", f"%pip install git+https://example.org/me/tool.git@{COMMIT}#egg=tool"),
        ("%pip install 'tool @ git+ssh://git@example.org/me/tool'", f"%pip install 'tool @ git+ssh://git@example.org/me/tool@{COMMIT}'"),
        ("%pip install git+https://example.org/you/tool", None),
        ("%pip install git+https://u:secret@example.org/me/tool", None),  # it is not repeated, so it is not found
        ("%pip install 'six; python_version < \"3\"'", None),
    ],
)  # fmt: skip
def test_pin_what_is_there(source: str, expected: str | None):
    assert after(source, "cell-unpinned", "pin", MIXED) == expected
    assert after(source, "cell-unpinned", "pin", None) is None


def test_to_ignore_is_always_offered_and_last():
    for cells in CELLS:
        for remark in (remark for remarks in look(*cells, where=MIXED) for remark in remarks):
            assert [fix.kind for fix in remark.fixes if fix.edit is None] == ["ignore"]
            assert remark.fixes[-1].kind == "ignore"


def test_what_is_ignored_with_a_reason_is_not_said():
    assert look("!pip install six==1", **{"cell-shell-pip": "why"}) == [()]
    assert look("!pip install six==1", eg600="why") == [()]
    assert look("!pip install six==1", **{"cell-unpinned": "why"}) != [()]


def test_a_scan_keeps_to_it_and_counts_it(tmp_path: Path):
    def cell(told: Any) -> dict[str, Any]:
        return {**code("!pip install six==1"), "metadata": {"envguard": {"ignore": told}}}

    cells = [cell({"cell-shell-pip": "a demo"}), cell({"EG600": "it, too"}), cell({"cell-shell-pip": " "}), cell([7])]
    path = write(tmp_path, "a.ipynb", notebook(*cells))
    report = scan([str(path)], fix=True)
    assert [(each.finding.rule, each.reason) for each in report.suppressed] == [
        ("cell-shell-pip", "a demo"),
        ("cell-shell-pip", "it, too"),
    ]
    assert [each.cell for each in report.fixed] == [3, 4]
    assert [each["source"] for each in json.loads(path.read_text())["cells"]][:2] == [["!pip install six==1"]] * 2


@pytest.mark.parametrize(
    ("source", "expected"),
    [
        ("%conda install flask=3=0", [("cell-conda-after-pip", "info")]),
        ("%conda update scipy", [("cell-conda-after-pip", "info")]),
        ("%conda install scipy==1.11.4", []),  # a notebook that is run again
        ("%conda install --name other flask=3=0", []),
        ("%pip install numpy==2.3.5", [("cell-breaks-constraint", "warning")]),
    ],
)
def test_against_the_environment(source: str, expected: list[tuple[str, str]]):
    [remarks] = look(source, where=MIXED)
    found = [(each.finding.rule, each.finding.severity.value) for each in remarks]
    assert [each for each in found if each[0] != "cell-unpinned"] == expected


def test_with_a_kernel_it_is_known_where_a_command_goes(tmp_path: Path):
    def prefix(name: str) -> str:
        folder = tmp_path / name
        for part in ("bin", "lib/python3.11/site-packages/pip", "conda-meta"):
            (folder / part).mkdir(parents=True)
        (folder / "lib/python3.11/os.py").touch()
        (folder / "conda-meta/history").touch()
        for program, content in (("python", "\x7fELF"), ("pip", f"#!{folder}/bin/python\n")):
            (folder / "bin" / program).write_text(content)
            (folder / "bin" / program).chmod(0o755)
        return str(folder)

    mine, other = prefix("mine"), prefix("other")

    def found(source: str, path: str, where: Environment = SOUND) -> list[tuple[str, str, list[str]]]:
        place = Place(f"{mine}/bin/python", mine, str(tmp_path), {"PATH": path})
        [report] = judge([Cell("a", source, 1)], place, lambda: (where, Beside()))
        return [
            (each.finding.rule, each.finding.severity.value, [fix.kind for fix in each.fixes])
            for each in report.remarks
        ]

    install = "pip install six==1"
    assert found(f"!{install}", f"{mine}/bin") == [("cell-shell-pip", "info", ["kernel", "ignore"])]
    assert found(f"!{install}", f"{other}/bin") == [("cell-shell-pip", "error", ["kernel", "ignore"])]
    assert found(f"!python -m {install}", f"{other}/bin") == [("cell-shell-pip", "error", ["kernel", "ignore"])]
    assert found(f"!{other}/bin/{install}", f"{mine}/bin") == [("cell-shell-pip", "warning", ["ignore"])]
    assert found(f"!{install}", "/nowhere") == [("cell-shell-pip", "warning", ["kernel", "ignore"])]
    assert found(f"%{install}", f"{other}/bin") == []
    magic = "%conda install xz=1=0"
    assert found(magic, "/nowhere") == [("cell-magic-without-tool", "warning", ["ignore"])]
    small = replace(SOUND, tools=(Tool("micromamba", "/bin/micromamba"),))
    assert found(magic, "/nowhere", small) == [("cell-magic-without-tool", "warning", ["kernel", "ignore"])]
    (tmp_path / "mine/bin/conda").touch(0o755)
    assert found(magic, "/nowhere", replace(SOUND, manager="pixi")) == [
        ("cell-magic-without-tool", "warning", ["ignore"])
    ]
    assert found(magic, "/nowhere") == []


PIECES = st.sampled_from(
    ["!", "%", "%%bash\n", "pip", "pip install", " six", "==1", "'", '"', "\\\n", "\n", "git+https://h/x@", "#", "[", "&&", "conda install", "\x00", "\ud800", "é", "😀", "{", "$("]
)  # fmt: skip


@settings(max_examples=150, deadline=None)
@given(st.lists(st.lists(PIECES, max_size=9).map("".join), max_size=3))
def test_half_of_a_cell_is_no_fault_and_every_place_is_in_it(sources: list[str]):
    for where in (None, MIXED):
        for source, remarks in zip(sources, look(*sources, where=where, beside=THERE), strict=True):
            lines = source.replace("\r\n", "\n").split("\n")
            for remark in remarks:
                assert (remark.line, remark.column) <= (remark.end_line, remark.end_column)
                assert remark.end_line <= len(lines)
                assert remark.end_column <= len(lines[remark.end_line - 1])
                for fix in remark.fixes:
                    assert fix.edit is None or applied(source, fix) != source


def test_a_cell_that_nobody_typed_is_passed_over():
    assert look("!pip install six==1\n" + "#" * LONGEST) == [()]


def test_the_environment_is_looked_at_only_for_a_command():
    def never() -> tuple[Environment, Beside]:
        raise AssertionError

    assert judge([Cell("a", "import numpy  # pip"), Cell("b", "x")], None, never)[0].remarks == ()
