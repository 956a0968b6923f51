"""What is read out of an error: the names and numbers in it, whatever language the sentence round them is in."""

from __future__ import annotations

import importlib
import json
import os
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from envguard.why.reading import from_exception, from_text, groups_of
from envguard.why.table import ROWS

if TYPE_CHECKING:
    from envguard.why.symptom import Symptom

EXT = "/env/lib/python3.11/site-packages/foo/_bar.cpython-311-x86_64-linux-gnu.so"


def read(text: str) -> Symptom:
    """The last error of a text."""
    return from_text(text)[0][0]


def codes(symptom: Symptom) -> set[int]:
    return {code for row in ROWS if row.fits(symptom) for code in row.codes}


def names(symptom: Symptom) -> list[str]:
    return [row.name for row in ROWS if row.fits(symptom)]


MISSING = {
    "English": "ImportError: libquux.so.4: cannot open shared object file: No such file or directory",
    "German": "ImportError: libquux.so.4: Kann die Shared-Object-Datei nicht öffnen: Datei oder Verzeichnis nicht gefunden",
    "Chinese": "ImportError: libquux.so.4: 无法打开共享对象文件: 没有那个文件或目录",
    "French": "OSError: libquux.so.4 : ne peut ouvrir le fichier d'objet partagé : Aucun fichier ou dossier de ce type",
    "nonsense": "ImportError: libquux.so.4: blorp fnord wibble: zang zing zong",
    "without type": "libquux.so.4: blorp fnord wibble: zang zing zong",
    "macOS": "ImportError: dlopen(/env/foo/_bar.so, 0x0002): Library not loaded: @rpath/libquux.4.dylib\n  Referenced from: <5C> /env/foo/_bar.so\n  Reason: tried: '/env/lib/libquux.4.dylib' (no such file)",
    "ldd-like": "Error: libquux.so.4: cannot open shared object file",
}


@pytest.mark.parametrize("language", MISSING)
def test_a_missing_library(language: str):
    text = MISSING[language].replace(".4 :", ".4:")
    symptom = read(text)
    assert symptom.missing in ("libquux.so.4", "@rpath/libquux.4.dylib")
    assert "missing library" in names(symptom)
    assert (symptom.symbol, symptom.tags) == (None, ())


SYMBOLS = {
    f"ImportError: {EXT}: undefined symbol: _ZN3foo3barEv": "_ZN3foo3barEv",
    f"ImportError: {EXT}: Symbole non défini: foo_bar": "foo_bar",
    f"ImportError: {EXT}: 未定义符号: foo_bar": "foo_bar",
    f"ImportError: {EXT}: wibble fnord: inflate": "inflate",
    f"ImportError: {EXT}: undefined symbol: foo_bar, version libquux.so.4": "foo_bar",
    f"ImportError: {EXT}: wibble: foo_bar, fnord libquux.so.4": "foo_bar",
    "symbol lookup error: /a/b.so: undefined symbol: FooBar_Init": "FooBar_Init",
    "ImportError: dlopen(/a/b.so, 2): Symbol not found: _foo_bar\n  Referenced from: /a/b.so\n  Expected in: /a/libq.dylib": "_foo_bar",
    "undefined symbol: _nvJitLinkAddData_12_4": "_nvJitLinkAddData_12_4",
    "ImportError: /a/b.so: undefined symbol: foo_bar@FOO_1.2": "foo_bar",
}


@pytest.mark.parametrize("text", SYMBOLS)
def test_a_symbol(text: str):
    assert read(text).symbol == SYMBOLS[text]
    assert read(text).missing is None


@pytest.mark.parametrize(
    "text",
    [
        f"ImportError: /env/lib/libstdc++.so.6: version `GLIBCXX_3.4.30' not found (required by {EXT})",
        f"ImportError: /env/lib/libstdc++.so.6: Version »GLIBCXX_3.4.30« nicht gefunden (benötigt von {EXT})",
        f"ImportError: /env/lib/libstdc++.so.6: 未找到版本“GLIBCXX_3.4.30” (由 {EXT} 需要)",
        f"ImportError: /env/lib/libstdc++.so.6: zing 'GLIBCXX_3.4.30' zang (zong {EXT})",
    ],
)
def test_a_version_of_symbols(text: str):
    symptom = read(text)
    assert symptom.tags == ("GLIBCXX_3.4.30",)
    assert set(symptom.libraries) == {"/env/lib/libstdc++.so.6", EXT}
    assert {340, 341} <= codes(symptom)


TYPES = {
    "ValueError: numpy.dtype size changed, may indicate binary incompatibility. Expected 96 from C header, got 88 from PyObject": 310,
    "ValueError: numpy.dtype wibble, fnord zing. Zang 96 zong C header, blorp 88 zong PyObject": 310,
    "RuntimeError: module compiled against ABI version 0x1000009 but this version of numpy is 0x2000000": 310,
    "RuntimeError: wibble API 0x10 fnord numpy zing 0xf": 310,
    "AttributeError: _ARRAY_API not found": 311,
    "ImportError: numpy.core.multiarray failed to import": 310,
    "ImportError: DLL load failed while importing _bar: Das angegebene Modul wurde nicht gefunden.": 230,
    "ImportError: DLL load failed while importing _bar: 找不到指定的模块。": 230,
    "ModuleNotFoundError: No module named 'quux'": 210,
    "/env/bin/python: No module named pip": 211,
    "ImportError: cannot import name 'zing' from 'quux' (/env/lib/python3.11/site-packages/quux/__init__.py)": 300,
    "AttributeError: partially initialized module 'random' has no attribute 'seed' (most likely due to a circular import)": 203,
    "OMP: Fehler #15: libiomp5md.dll wibble, libomp140.x86_64.dll zing": 330,
    "Error: mkl-service + Intel(R) MKL: MKL_THREADING_LAYER=INTEL is incompatible with libgomp-a34b3233.so.1 library.": 332,
    'qt.qpa.plugin: Could not load the Qt platform plugin "xcb" in "" even though it was found.': 360,
    "Warning! ***HDF5 library version mismatched error***\n  Headers are 1.14.0, library is 1.14.3": 350,
    "pyproj.exceptions.CRSError: Invalid projection: EPSG:4326: (Internal Proj Error: proj_create: no database context specified)": 231,
    "TypeError: Descriptors cannot be created directly.\nIf this call came from a _pb2.py file, wibble": 352,
    "RuntimeError: The NVIDIA driver on your system is too old (found version 11060).": 430,
    "NVIDIA-Treiber: zang zong 11060": 430,
    "RuntimeError: Detected that PyTorch and torchvision were compiled with different CUDA major versions. PyTorch has CUDA Version=12.1 and torchvision has CUDA Version=11.8.": 402,
    "RuntimeError: operator torchvision::roi_align does not exist": 402,
    "Requirement already satisfied: quux in /home/me/.local/lib/python3.11/site-packages (1.0)": 201,
    "FileNotFoundError: [Errno 2] No such file or directory: '/env/lib/python3.11/site-packages/quux-1.0.dist-info/METADATA'": 121,
    "RuntimeError: cuDNN version incompatibility: PyTorch was compiled  against (9, 1, 0) but found runtime version (8, 9, 2).": 410,
    "NVIDIA GeForce with CUDA capability sm_120 is not compatible. The current PyTorch install supports CUDA capabilities sm_50 sm_60.": 431,
}


@pytest.mark.parametrize("text", TYPES)
def test_the_family_is_told_by_names_and_numbers(text: str):
    assert TYPES[text] in codes(read(text))


@pytest.mark.parametrize(
    "text",
    [
        "KeyError: 'quux'",
        "ZeroDivisionError: division by zero",
        "NameError: name 'np' is not defined",
        "/a/b.py:219: RuntimeWarning: numpy.dtype size changed, may indicate binary incompatibility. Expected 96, got 88",
        "FileNotFoundError: [Errno 2] No such file or directory: 'data.csv'",
        "ValueError: operands could not be broadcast together with shapes (3,) (4,)",
        "UserWarning: Found duplicate ['/a/lib/libcudart.so', '/a/lib/libcudart.so.11.0'] files",
    ],
)
def test_what_is_none_of_these(text: str):
    family = {row.name for row in ROWS if row.fits(read(text))} - {"damaged package"}
    assert not family


def test_the_cases_of_others():
    """Every error text of the cases leads to its rule, but for six that only describe; what is no damage leads to none."""
    place = Path(__file__).parents[2].parent / "shared" / "cases" / "cases.json"
    if not place.is_file():
        pytest.skip("the cases are not here")
    wrong, unknown = [], []
    for case in json.loads(place.read_text(encoding="utf-8")):
        text, wanted = case["error_text"], {int(code[2:]) for code in case["check_ids"]}
        description = text.startswith("(") and text.endswith(")") and not any(char.isdigit() for char in text)
        if description or case["category"] == "export":
            continue
        found = {code for group in from_text(text) for symptom in group for code in codes(symptom)}
        if case["category"] == "negative_rule" and "Error:" not in text:
            wrong.extend([(text, found)] if found & wanted - {400} else [])
        elif not found:
            unknown.append(text)
        elif not found & {*wanted, *(code + 1 for code in wanted)}:
            wrong.append((text, found))
    assert not wrong
    assert len(unknown) <= 6, unknown


def test_a_traceback():
    text = f'''Traceback (most recent call last):
  File "/home/me/run.py", line 1, in <module>
    import foo
  File "/env/lib/python3.11/site-packages/foo/__init__.py", line 3, in <module>
    from . import _bar
ImportError: libquux.so.4: cannot open shared object file: No such file or directory

The above exception was the direct cause of the following exception:

Traceback (most recent call last):
  File "{EXT}", line 1, in <module>
RuntimeError: foo is not usable
'''
    (group,) = from_text(text.replace("\n", "\r\n"))
    assert [symptom.kind for symptom in group] == ["RuntimeError", "ImportError"]
    assert group[1].frames == ("/home/me/run.py", "/env/lib/python3.11/site-packages/foo/__init__.py")


def test_colours_and_a_cell_of_jupyter():
    text = (
        "\x1b[0;31m---------------------------------------------------------------------------\x1b[0m\n"
        "\x1b[0;31mImportError\x1b[0m                               Traceback (most recent call last)\n"
        "Cell \x1b[0;32mIn[1], line 1\x1b[0m\n\x1b[0;32m----> 1\x1b[0m \x1b[38;5;28;01mimport\x1b[39;00m foo\n\n"
        "File \x1b[0;32m/env/lib/python3.11/site-packages/foo/__init__.py:3\x1b[0m\n"
        "\x1b[0;31mImportError\x1b[0m: libquux.so.4: cannot open shared object file: No such file or directory\n"
    )
    symptom = read(text)
    assert (symptom.kind, symptom.missing) == ("ImportError", "libquux.so.4")
    assert symptom.frames == ("/env/lib/python3.11/site-packages/foo/__init__.py",)
    notebook = {"nbformat": 4, "cells": [{"outputs": [{"traceback": text.split("\n")}]}, {"cell_type": "markdown"}]}
    assert read(json.dumps(notebook)) == symptom


def test_a_log_with_several_errors_gives_the_last_first():
    log = "\n".join(f"2026-01-01 12:00:{n:02} ERROR ImportError: libq{n}.so.1: cannot open it: no" for n in range(30))
    assert [group[0].missing for group in from_text(log)][:2] == ["libq29.so.1", "libq28.so.1"]


def test_an_exception_with_its_chain():
    try:
        try:
            importlib.import_module("no_such_module_here")
        except ImportError as error:
            raise RuntimeError("wrapped") from error
    except RuntimeError as error:
        (group,) = from_exception(error)
    assert [(each.kind, each.name) for each in group] == [
        ("RuntimeError", None),
        ("ModuleNotFoundError", "no_such_module_here"),
    ]
    assert group[0].frames == (__file__,)


def test_an_exception_that_cannot_be_said():
    class Mute(Exception):
        def __str__(self) -> str:
            raise ValueError

    error = Mute()
    error.__cause__ = error
    (group,) = from_exception(error)
    assert [(each.kind, each.message) for each in group] == [("Mute", "")]


def test_a_file_of_powershell(tmp_path: Path):
    file = tmp_path / "error.txt"
    file.write_bytes("ImportError: DLL load failed while importing _bar: zing".encode("utf-16"))
    assert groups_of(file)[0][0].kind == "ImportError"
    assert os.fspath(file)


@pytest.mark.parametrize(
    ("line", "kind"),
    [
        ("pkg_resources.DistributionNotFound: The 'foo==1.2' distribution was not found", "DistributionNotFound"),
        ("jupyter_client.kernelspec.NoSuchKernel: No such kernel named work", "NoSuchKernel"),
        ("foo.py: something", None),
        ("see pkg.Name: a sentence", None),
    ],
)
def test_a_type_that_does_not_say_that_it_is_an_error(line: str, kind: str | None) -> None:
    assert from_text(line)[0][0].kind == kind
