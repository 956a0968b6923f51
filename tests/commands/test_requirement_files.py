"""Requirement files and conda's files, held against pip's own reader."""

from __future__ import annotations

import codecs
import os
import tempfile
import warnings
from dataclasses import replace
from functools import cache
from pathlib import Path

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from envguard.commands import conda_files, requirement_files
from envguard.commands.command import Kind, Place
from envguard.commands.find import of_argv, of_line
from envguard.commands.requirement_files import Where

FILE = """\
# a comment
numpy >=1.26 ; python_version > "3.8"   # another
requests[socks]==2.32.3 \\
    --hash=sha256:aaaa \\
    --hash=sha256:bbbb
--index-url https://user:secret@h/simple
-e .
-e ./sub[dev]
  -r more.txt
--requirement=more.txt
-c limits.txt
--pre
# joined \\
scipy#not-a-comment
https://${TOKEN}@h/x-1.0.tar.gz
${NAME}==3
${nope}
Foo @ https://h/foo.zip
"""


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "sub").mkdir()
    (tmp_path / "all.txt").write_text(FILE)
    (tmp_path / "more.txt").write_text("pandas\n-r sub/deep.txt\n")
    (tmp_path / "sub/deep.txt").write_text("-r ../more.txt\nsix==1.16\n-c limits.txt\n")
    (tmp_path / "sub/limits.txt").write_text("urllib3<2\n")
    (tmp_path / "limits.txt").write_text("numpy<2\n-r sub/limits.txt\n")
    return tmp_path


def where(folder: Path, **variables: str) -> Where:
    return Where(str(folder), variables)


def test_a_file_is_read_as_pip_reads_it(folder, monkeypatch):
    read = requirement_files.read([("all.txt", "requirements", True)], where(folder, TOKEN="tok", NAME="attrs"))
    assert [(one.name, one.pinned, one.editable) for one in read.requirements] == [
        ("numpy", False, False),
        ("requests", True, False),
        (None, False, True),
        (None, False, True),
        ("pandas", False, False),
        ("six", True, False),
        (None, False, False),
        ("x", True, False),
        ("attrs", True, False),
        (None, False, False),
        ("foo", False, False),
    ]
    assert [one.name for one in read.constraints] == ["urllib3", "numpy"]
    assert [(file.path, file.role, file.unread) for file in read.files] == [
        ("all.txt", "requirements", None),
        ("more.txt", "requirements", None),
        ("sub/deep.txt", "requirements", None),
        ("limits.txt", "constraints", None),
        ("limits.txt", "constraints", None),
        ("sub/limits.txt", "constraints", None),
    ][: len(read.files)]
    assert read.options == (("--index-url", "https://h/simple"), ("--pre", None))
    assert read.requirements[1].source == f"{folder}/all.txt:3"
    assert read.requirements[8].text == "${NAME}==3"
    told = repr(read)
    assert "secret" not in told
    assert "tok@" not in told


@cache
def _session(kind):
    return kind()


def _pips(path: Path) -> list[str] | None:
    """What pip's own reader takes out of a file; None if it refuses."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # of pkg_resources, which pip 23 brings with it
        from pip._internal.exceptions import PipError
        from pip._internal.network.session import PipSession
        from pip._internal.req.req_file import parse_requirements

        try:
            return [line.requirement for line in parse_requirements(str(path), _session(PipSession))]
        except PipError:
            return None


@settings(max_examples=150, deadline=None)
@given(
    st.lists(
        st.one_of(
            st.sampled_from(["numpy", "a==1 # c", "#x", " # y \\", "b \\", "c>=1 --hash=sha256:a", "-e ./d", "--pre", "", "  ",
                             "e#f", "g ; python_version>'3'", "\\", "${HOME}", "h[x] @ https://u@h/i.zip", "--index-url x"]),
            st.text(alphabet="ab#\\ =-.;", max_size=8).filter(lambda line: "-" not in line),
        ),
        max_size=8,
    )
)  # fmt: skip
@example(["b \\", "# x", "numpy"])
@example(["b \\"])
def test_lines_are_joined_and_cut_as_pip_does(lines):
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder, "r.txt")
        path.write_text("\n".join(lines))
        expected = _pips(path)
        if expected is None:
            return  # pip would refuse the file
        variables = {"HOME": os.environ["HOME"]}
        read = requirement_files.read([("r.txt", "requirements", True)], Where(folder, variables))
        filled = [one.text.replace("${HOME}", os.environ["HOME"]) for one in read.requirements]
        assert filled == [requirement_files.requirements.clean(line) for line in expected]


@pytest.mark.parametrize(
    ("data", "names"),
    [
        (codecs.BOM_UTF8 + b"numpy\n", ["numpy"]),
        ("numpy\nsix\n".encode("utf-16"), ["numpy", "six"]),
        ("numpy\n".encode("utf-32"), ["numpy"]),
        (b"# -*- coding: latin-1 -*-\nnumpy # \xe9\n", ["numpy"]),
        (b"numpy # \xe9\n", ["numpy"]),
        (b"numpy\r\nsix\r", ["numpy", "six"]),
        (b"# coding: no-such\nnumpy\n", None),
        (b"# coding: zlib\nnumpy\n", None),
        (codecs.BOM_UTF16_LE + b"a", None),
        (b"x" * (requirement_files.SIZE + 1), None),
    ],
)
def test_encodings(tmp_path, data, names):
    (tmp_path / "r.txt").write_bytes(data)
    read = requirement_files.read([("r.txt", "requirements", True)], where(tmp_path))
    assert (read.files[0].unread is None) == (names is not None)
    assert [one.name for one in read.requirements] == (names or [])


def test_what_is_not_read_says_why(tmp_path):
    os.mkfifo(tmp_path / "pipe")
    for name, known in (
        ("absent.txt", True), (".", True), ("pipe", True), ("https://u:p@h/r.txt", True), ("{f}", False),
        ("pylock.toml", True), ("pyproject.toml", True), ("\0", True), ("x" * 5000, True), ("file:///none/r.txt", True),
    ):  # fmt: skip
        read = requirement_files.read([(name, "requirements", known)], where(tmp_path))
        assert read.files[0].unread is not None, name
        assert "u:p" not in read.files[0].path
    lost = requirement_files.read([("r.txt", "requirements", True)], Where(None, {}))
    assert lost.files[0].unread is not None


def test_files_in_files_end(tmp_path):
    (tmp_path / "a.txt").write_text("-r a.txt\n-r b.txt\nsix\n")
    for number in range(200):
        (tmp_path / f"{number}.txt").write_text(f"-r {number + 1}.txt\np{number}\n")
    (tmp_path / "b.txt").write_text("-r 0.txt\n")
    read = requirement_files.read([("a.txt", "requirements", True)], where(tmp_path))
    assert "six" in {one.name for one in read.requirements}
    assert any(file.unread is not None for file in read.files)
    assert len(read.files) < 80


def test_files_are_read_from_where_the_command_runs(folder):
    place = Place("/k/bin/python", "/k", str(folder), {"PATH": "/usr/bin", "HOME": str(folder)})
    for line, count in (
        ("pip install -r sub/limits.txt", 1),
        ("cd sub && pip install -rlimits.txt", 1),
        ("cd sub; uv pip install --requirement=limits.txt", 1),
        ("pip install -r ~/sub/limits.txt", 1),
        (f"pip install -r file://{folder}/sub/limits.txt", 1),
        (f"cd / && pip install -r {folder}/sub/limits.txt", 1),
        ("uv pip sync sub/limits.txt", 1),
        ("cd $X && pip install -r limits.txt", 0),
        ("pip install -r limits.txt -c limits.txt", 2),
    ):
        [command] = of_line(line, place)
        assert len(command.requirements) == count, line
        assert (command.files[0].unread is None) == bool(count), line
    constrained = replace(place, variables={**place.variables, "PIP_CONSTRAINT": "limits.txt"})
    assert [one.name for one in of_argv(["pip", "install", "x"], constrained).constraints] == ["numpy", "urllib3"]


YAML = """\
name: mine
channels: [conda-forge, "https://h/t/tk-9/c"]
dependencies:
  - python=3.11
  - conda-forge::numpy>=1.26
  - pip
  - pip:
      - requests==2.32.3
      - -r more.txt
      - -e .
  - 7
prefix: /old
"""


def test_files_of_conda(folder):
    place = Place("/k/bin/python", "/k", str(folder), {"PATH": "/usr/bin"})
    (folder / "environment.yml").write_text(YAML)
    (folder / "specs.txt").write_text("# list\nnumpy=1.26\n\nscipy >=1 # why\n")
    (folder / "explicit.txt").write_text("@EXPLICIT\nhttps://h/c/linux-64/numpy-1.26.4-py311_0.conda#abc\n")
    (folder / "bad.yml").write_text("a: [b\n")
    command = of_argv(["conda", "env", "update"], place)
    told = [(one.name, one.kind, one.channel) for one in command.requirements]
    assert told == [
        ("python", Kind.SPEC, None),
        ("numpy", Kind.SPEC, "conda-forge"),
        ("pip", Kind.SPEC, None),
        ("requests", Kind.NAME, "pypi"),
        ("pandas", Kind.NAME, "pypi"),
        ("six", Kind.NAME, "pypi"),
        (None, Kind.PATH, "pypi"),
    ]
    assert command.aim.value == "mine"
    assert "tk-9" not in repr(command.options)
    assert [one.name for one in command.constraints] == ["urllib3"]
    command = of_argv(["conda", "install", "--file", "specs.txt", "six"], place)
    assert [one.name for one in command.requirements] == ["six", "numpy", "scipy"]
    command = of_argv(["conda", "install", "-f", "explicit.txt"], place)
    assert [(one.name, one.pinned, one.kind) for one in command.requirements] == [("numpy", True, Kind.URL)]
    assert command.files[0].role == "explicit"
    for name in ("bad.yml", "absent.yml", "absent.txt", "https://h/e.yml"):
        assert of_argv(["mamba", "install", "--file", name], place).files[0].unread is not None


@settings(max_examples=200, deadline=None)
@given(st.binary(max_size=200) | st.text(alphabet="-r c\\#=\n'\"${}[]:a@", max_size=60).map(str.encode))
def test_never_an_exception(data):
    with tempfile.TemporaryDirectory() as folder:
        for name in ("r.txt", "e.yml"):
            Path(folder, name).write_bytes(data)
        requirement_files.read([("r.txt", "requirements", True)], Where(folder, {}))
        conda_files.read([("e.yml", True), ("r.txt", True)], Where(folder, {}))
