"""Versions and specs: yes, no, and what nobody can tell."""

from __future__ import annotations

import sys

import pytest
from hypothesis import given
from hypothesis import strategies as st

from envguard import versions
from envguard.errors import CannotTell
from envguard.versions import Answer
from tests.rules.facts import env, pkg

YES, NO, UNKNOWN = Answer.YES, Answer.NO, Answer.UNKNOWN


@pytest.mark.parametrize(
    ("spec", "name"),
    [
        ("numpy", "numpy"),
        ("numpy >=1.21,<2.0a0", "numpy"),
        ("numpy>=1.21", "numpy"),
        ("conda-forge::numpy >=1", "numpy"),
        ("conda-forge/linux-64::numpy", "numpy"),
        ("pandas[version='>=1']", "pandas"),
        ("__glibc >=2.17", "__glibc"),
        ("_x86_64-microarch-level >=1", "_x86_64-microarch-level"),
        ("Foo 1", "foo"),
        ("==14.2.0=*_1", None),
        ("", None),
    ],
)
def test_name_of_a_spec(spec, name):
    assert versions.spec_name(spec) == name


def test_virtual_packages_are_the_machine():
    assert versions.is_virtual("__glibc")
    assert not versions.is_virtual("_openmp_mutex")


@pytest.mark.parametrize(
    ("spec", "version", "answer"),
    [
        ("numpy", "2.3.5", YES),
        ("numpy >=1.22.4,<2.0a0", "1.26.4", YES),
        ("numpy >=1.22.4,<2.0a0", "2.3.5", NO),
        ("numpy >=1.22.4,<2.0a0", "2.0.0rc1", NO),
        ("numpy >=2.3.5", "2.3.5+cu121", YES),
        ("numpy ==2.3.5", "2.3.5+cu121", YES),
        ("numpy >=2.3.5", "2.3.5rc1", NO),
        ("numpy 1.26.4 py311h64a7726_0", "1.26.4", YES),
        ("numpy 1.26.4 py311h64a7726_0", "2.3.5", NO),
        ("numpy ==14.2.0=*_1", "14.2.0", YES),
        ("numpy * mkl", "1.0", YES),
        ("numpy 1.11.*|>=1.13", "1.12", NO),
        ("==14.2.0=*_1", "14.2.0", UNKNOWN),
        ("numpy >=1.0", None, UNKNOWN),
        ("numpy >=1.0", "", UNKNOWN),
        ("numpy >=1; if win", "1.0", UNKNOWN),
        ("scipy >=1.0", "1.0", NO),
    ],
)
def test_conda_spec_against_a_version_of_pips(spec, version, answer):
    assert versions.conda_allows_version(spec, "numpy", version) is answer


@pytest.mark.parametrize(
    ("spec", "package", "answer"),
    [
        ("numpy", pkg("numpy", "1.26.4"), YES),
        ("numpy 1.26.4 py311_0", pkg("numpy", "1.26.4"), YES),
        ("numpy 1.26.4 py310_0", pkg("numpy", "1.26.4"), NO),
        ("python_abi 3.11.* *_cp311", pkg("python_abi", "3.11", "4_cp311"), YES),
        ("python_abi 3.11.* *_cp311", pkg("python_abi", "3.10", "2_cp310"), NO),
        ("zlib 1.2.7", pkg("zlib", "1.2.8", "0"), NO),
        ("zlib >=1.2", pkg("zlib", "1.2.8", ""), YES),
        ("openssl >=1.1.1", pkg("openssl", "1.1.1a", "h7b6447c_0"), YES),
        ("openssl >=1.1.1,<1.1.2a", pkg("openssl", "1.1.1a", "h7b6447c_0"), YES),
        ("openssl >=1.1.1", pkg("openssl", "1.1.0j", "0"), NO),
        ("==14.2.0=*_1", pkg("vc14_runtime", "14.2.0"), UNKNOWN),
        ("numpy >=1; if win", pkg("numpy"), UNKNOWN),
        ("numpy >=1", pkg("numpy", "not a version"), UNKNOWN),
    ],
)
def test_conda_spec_against_a_record(spec, package, answer):
    assert versions.conda_allows(spec, package) is answer


@pytest.mark.parametrize(
    ("spec", "specifier"),
    [
        ("sqlalchemy >=2.0.0", ">=2.0.0"),
        ("numpy >=1.22.4,<2.0a0", ">=1.22.4,<2.0a0"),
        ("numpy 1.26.*", "==1.26.*"),
        ("numpy 1.26.4 py311_0", "==1.26.4"),
        ("numpy 1.11.*|>=1.13", None),
        ("numpy", None),
        ("==14.2.0=*_1", None),
    ],
)
def test_conda_spec_as_pip_takes_it(spec, specifier):
    assert versions.pip_specifier(spec) == specifier


@pytest.mark.parametrize(
    ("line", "version", "answer"),
    [
        ("numpy>=1.22", "1.26.4", YES),
        ("numpy>=1.22", "2.0.0rc1", YES),
        ("numpy<2", "2.3.5", NO),
        ("numpy>=1.22", "4.0.0-unsupported", UNKNOWN),
        ("numpy>=1.22", None, UNKNOWN),
        ("numpy", "4.0.0-unsupported", YES),
        ("numpy @ https://example.org/numpy.whl", "1.0", YES),
    ],
)
def test_requirement_against_a_version(line, version, answer):
    assert versions.pip_allows(versions.requirement(line), version) is answer


@pytest.mark.parametrize("line", ["", "numpy >=3.5.*", "numpy >= ", ">=1", "numpy (1.0"])
def test_invalid_requirement_is_none(line):
    assert versions.requirement(line) is None


WINDOWS = env(platform="win-64", layout="windows", python_version="3.8.1")
SILENT = env(platform=None, python_version=None)


@pytest.mark.parametrize(
    ("marker", "where", "answer"),
    [
        ("python_version >= '3.10'", env(), YES),
        ("python_version >= '3.10'", WINDOWS, NO),
        ("python_full_version < '3.8.2'", WINDOWS, YES),
        ("python_full_version < '3.8.2'", env(python_version="3.8"), UNKNOWN),
        ("sys_platform == 'win32'", WINDOWS, YES),
        ("sys_platform == 'win32'", env(), NO),
        ("sys_platform == 'darwin' and platform_machine == 'arm64'", env(platform="osx-arm64"), YES),
        ("platform_machine == 'aarch64'", env(platform="linux-aarch64"), YES),
        ("platform_machine == 'AMD64'", WINDOWS, YES),
        ("os_name == 'nt'", env(platform=None, layout="windows"), YES),
        ("platform_system == 'Linux'", env(), YES),
        ("implementation_name == 'cpython'", SILENT, YES),
        ("platform_python_implementation == 'PyPy'", SILENT, NO),
        ("python_version >= '3.10'", SILENT, UNKNOWN),
        ("sys_platform == 'linux'", SILENT, UNKNOWN),
        ("platform_release >= '5'", env(), UNKNOWN),
        ("extra == 'test'", env(), NO),
    ],
)
def test_markers_ask_the_environment_in_question(marker, where, answer):
    wanted = versions.requirement(f"numpy; {marker}")
    assert versions.applies(wanted.marker, versions.marker_environment(where)) is answer


@pytest.mark.parametrize(("library", "ask"), [("rattler", "require_conda"), ("packaging", "require_packaging")])
def test_a_library_that_cannot_be_imported_skips(monkeypatch, library, ask):
    monkeypatch.setitem(sys.modules, library, None)
    for name in [name for name in sys.modules if name.startswith(f"{library}.")]:
        monkeypatch.setitem(sys.modules, name, None)
    versions._rattler.cache_clear()
    versions._packaging.cache_clear()
    try:
        with pytest.raises(CannotTell, match="cannot be imported"):
            getattr(versions, ask)()
    finally:
        monkeypatch.undo()
        versions._rattler.cache_clear()
        versions._packaging.cache_clear()


@given(st.text(max_size=40), st.text(max_size=20))
def test_foreign_text_never_raises(spec, version):
    assert versions.conda_allows_version(spec, "numpy", version) in Answer
    assert versions.conda_allows(spec, pkg("numpy", version or "1")) in Answer
    versions.pip_specifier(spec)
    wanted = versions.requirement(spec)
    if wanted is not None:
        assert versions.pip_allows(wanted, version) in Answer
        assert versions.applies(wanted.marker, versions.marker_environment(env())) in Answer


@pytest.mark.parametrize(
    ("wanted", "specs", "possible"),
    [
        ("requests<2.32", ("requests >=2.32",), False),
        ("requests<2.32", ("requests >=2.20",), True),
        ("numpy>=2", ("numpy >=1.26,<2",), False),
        ("numpy>=2", ("numpy >=1.26,<3", "numpy <2.1"), True),
        ("numpy==1.5", ("numpy 1.5.*",), True),
        ("numpy!=1.0", ("numpy ==1.0",), False),
        ("numpy~=2.1", ("numpy",), True),
        ("numpy", (), True),
    ],
)
def test_whether_two_ranges_meet(wanted: str, specs: tuple[str, ...], possible: bool) -> None:
    parsed = versions.requirement(wanted)
    assert parsed is not None
    assert versions.reconcilable(parsed, specs) is possible
