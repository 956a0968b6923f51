"""What files tell beside the books, from real files."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, Any

import pytest

from envguard.facts import Environment
from envguard.probe import disk, extras
from tests.probe.prefix import SITE, Prefix

if TYPE_CHECKING:
    from pathlib import Path


@pytest.fixture
def prefix(tmp_path: Path) -> Prefix:
    return Prefix(tmp_path / "lab")


def look(prefix: Prefix) -> dict[str, Any]:
    return disk.collect(str(prefix.path))


def test_a_prefix_without_any(prefix: Prefix):
    found = look(prefix)
    sections = ("pths", "vendored", "shebangs", "pip_warnings", "externally_managed", "pinned")
    assert {name: found[name] for name in sections} == {name: [] for name in sections}
    env = Environment.from_dict(found)
    assert all(getattr(env, name) == () for name in sections)


def test_start_up_files_with_their_owners(prefix: Prefix, tmp_path: Path):
    outside = tmp_path / "elsewhere"
    outside.mkdir()
    prefix.conda("setuptools", "70", {f"{SITE}/distutils-precedence.pth": b"import os; os.x\n"})
    prefix.pip("mine", "1.0", {"__editable__.mine.pth": f"{outside}\n".encode()})
    prefix.write(
        f"{SITE}/a.pth", b"\xef\xbb\xbf# words\n\nimport\tsys\n" + f"{outside}\n/no/such\nnumpy\n..\n".encode()
    )
    prefix.write(f"{SITE}/inside.pth", b"numpy\n.\n")
    prefix.write(f"{SITE}/nul.pth", b"a\0b\nimport x\n")
    assert look(prefix)["pths"] == [
        {
            "path": f"{SITE}/__editable__.mine.pth",
            "owner": f"{SITE}/mine-1.0.dist-info",
            "code": [],
            "outside": [str(outside)],
            "dead": [],
        },
        {
            "path": f"{SITE}/a.pth",
            "owner": None,
            "code": ["import\tsys"],
            "outside": [str(outside)],
            "dead": ["/no/such"],
        },
        {
            "path": f"{SITE}/distutils-precedence.pth",
            "owner": "conda-meta/setuptools-70-0.json",
            "code": ["import os; os.x"],
            "outside": [],
            "dead": [],
        },
        {"path": f"{SITE}/nul.pth", "owner": None, "code": ["import x"], "outside": [], "dead": []},
    ]


def test_a_start_up_file_that_is_none(prefix: Prefix):
    (prefix.path / SITE / "folder.pth").mkdir()
    prefix.write(f"{SITE}/huge.pth", b"#" * (1 << 17))
    found = look(prefix)
    assert found["pths"] == []
    assert [each["source"] for each in found["problems"]] == [f"{SITE}/folder.pth", f"{SITE}/huge.pth"]


@pytest.mark.parametrize(
    ("name", "stem"),
    [
        ("libgomp-a34b3233.so.1.0.0", "libgomp"),
        ("libgomp.so.1", "libgomp"),
        ("libopenblasp-r0-39a31c03.2.18.so", "libopenblasp-r0"),
        ("libopenblasp-r0.3.21.so", "libopenblasp-r0"),
        ("libscipy_openblas64_-99b71e71.so", "libscipy_openblas64_"),
        ("libhdf5.310.dylib", "libhdf5"),
        ("libomp.dylib", "libomp"),
        ("msvcp140-263139962577ecda4cd9469ca360a746.dll", "msvcp140"),
        ("libpq-1b44e0d6.so.5.16", "libpq"),
        ("libfoo.a", None),
        ("_core.cpython-311-x86_64-linux-gnu.so", "_core.cpython-311-x86_64-linux-gnu"),
        ("README", None),
    ],
)
def test_stems(name: str, stem: str | None):
    assert extras.stem(name) == stem


def test_libraries_that_both_brought(prefix: Prefix):
    prefix.conda("libgomp", "14", {"lib/libgomp.so.1.0.0": b"conda's", "lib/libgomp.so.1": b"conda's"})
    prefix.write("lib/libpq.so.5", b"nobody's")
    libs = {
        f"torch.libs/{name}": b"pip's"
        for name in ("libgomp-a34b3233.so.1.0.0", "libpq-1b44e0d6.so.5", "libz-1b44e0d6.so")
    }
    prefix.pip("torch", "2.0", {"torch/__init__.py": b"", **libs})
    assert look(prefix)["vendored"] == [
        {
            "stem": "libgomp",
            "path": f"{SITE}/torch.libs/libgomp-a34b3233.so.1.0.0",
            "distribution": f"{SITE}/torch-2.0.dist-info",
            "conda_path": "lib/libgomp.so.1",
            "record": "conda-meta/libgomp-14-0.json",
        }
    ]


@pytest.mark.parametrize(
    ("head", "python"),
    [
        (b"#!/opt/x/bin/python3.11\nimport", "/opt/x/bin/python3.11"),
        (b"#! /opt/x/bin/python -s\r\n", "/opt/x/bin/python"),
        (b"#!/opt/x/bin/python", "/opt/x/bin/python"),
        (b"#!/bin/sh\n'''exec' \"/opt/a b/bin/python\" \"$0\" \"$@\"\n' '''\n", "/opt/a b/bin/python"),
        (b"#!/bin/sh\n'''exec' /opt/long/bin/python3 \"$0\" \"$@\"\n", "/opt/long/bin/python3"),
        (b'#!"C:\\my env\\python.exe"\r\n', "C:\\my env\\python.exe"),
        (b"#!C:\\my env\\pythonw.exe\r\n", "C:\\my env\\pythonw.exe"),
        (b"#!/opt/x/bin/pypy3.9\n", "/opt/x/bin/pypy3.9"),
        (b"#!/usr/bin/env python3\n", None),
        (b"#!python\n", None),
        (b"#!/bin/sh\necho python\n", None),
        (b"#!/usr/bin/perl\n", None),
        (b"#!\n", None),
        (b"#!", None),
        (b"\x7fELF", None),
        (b"", None),
        (b"#!\xff\xfe/python\n", "\ufffd\ufffd/python"),
    ],
)
def test_interpreters(head: bytes, python: str | None):
    assert extras.interpreter(head) == python


def test_scripts_by_the_python_they_start(prefix: Prefix):
    here = f"#!{prefix.path}/bin/python\n".encode()
    away = b"#!/old/env/bin/python\n"
    prefix.conda("pip", "24", {"bin/pip": away, "bin/other": away})
    files = {"../../../bin/rich": here, "../../../bin/attrs": away, "../../../bin/gone": away}
    prefix.pip("rich", "13", files)
    (prefix.path / "bin" / "gone").unlink()
    prefix.write("bin/mine", away)
    (prefix.path / "bin" / "ipython").mkdir()
    assert look(prefix)["shebangs"] == [
        {
            "interpreter": "/old/env/bin/python",
            "inside": False,
            "count": 2,
            "scripts": ["bin/attrs", "bin/pip"],
            "owners": ["conda-meta/pip-24-0.json", f"{SITE}/rich-13.dist-info"],
        },
        {
            "interpreter": f"{prefix.path}/bin/python",
            "inside": True,
            "count": 1,
            "scripts": ["bin/rich"],
            "owners": [f"{SITE}/rich-13.dist-info"],
        },
    ]


def test_a_prefix_under_two_names_is_one(prefix: Prefix, tmp_path: Path):
    link = tmp_path / "link"
    link.symlink_to(prefix.path)
    prefix.pip("rich", "13", {"../../../bin/rich": f"#!{link}/bin/python\n".encode()})
    assert [each["inside"] for each in look(prefix)["shebangs"]] == [True]
    assert [each["inside"] for each in disk.collect(str(link))["shebangs"]] == [True]


def test_an_environment_below_the_base_is_another(prefix: Prefix):
    prefix.pip("rich", "13", {"../../../bin/rich": f"#!{prefix.path}/envs/x/bin/python\n".encode()})
    assert [each["inside"] for each in look(prefix)["shebangs"]] == [False]


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="no FIFOs")
def test_a_script_that_never_ends_is_not_waited_for(prefix: Prefix):
    prefix.write("bin/x", b"")
    os.mkfifo(prefix.path / "bin" / "pip")
    assert look(prefix)["shebangs"] == []


def test_the_conda_that_says_it_is_none(prefix: Prefix):
    prefix.write("bin/conda", b"#!/x/bin/python\nfrom conda.cli.pip_warning import main\n")
    assert look(prefix)["pip_warnings"] == ["bin/conda"]
    prefix.write("bin/conda", b"#!/x/bin/python\nfrom conda.cli import main\n")
    assert look(prefix)["pip_warnings"] == []


def test_marks_and_pins(prefix: Prefix):
    prefix.write("lib/python3.11/EXTERNALLY-MANAGED", b"")
    prefix.write("lib/python3/dist-packages/x.py", b"")
    prefix.write("conda-meta/pinned", b"\xef\xbb\xbfnumpy 1.26.*  # why\n\n# all\nscipy\n")
    found = look(prefix)
    assert found["externally_managed"] == ["lib/python3.11/EXTERNALLY-MANAGED"]
    assert found["pinned"] == ["numpy 1.26.*", "scipy"]
    (prefix.path / "conda-meta/pinned").unlink()
    (prefix.path / "conda-meta/pinned").mkdir()
    assert [each["source"] for each in look(prefix)["problems"]] == ["conda-meta/pinned"]
