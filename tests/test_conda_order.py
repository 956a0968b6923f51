"""What is decided of conda's specs without the library is what the library decides."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from envguard import conda_order

rattler = pytest.importorskip("rattler")

NUMBERS = st.lists(st.integers(0, 3), min_size=1, max_size=4).map(lambda parts: ".".join(map(str, parts)))
TAILS = st.sampled_from(("", "", "", "", "a", "b", "q", "rc1", "a0", "post0", ".post1", ".dev0", "dev1"))
VERSIONS = st.builds("{}{}".format, NUMBERS, TAILS)
OPERATORS = st.sampled_from((">=", ">=", "<", "<", "==", "!=", ">", "<=", "~=", "=", ""))
TERMS = st.one_of(
    st.builds("{}{}".format, OPERATORS, VERSIONS), st.builds("{}{}.*".format, OPERATORS, NUMBERS), st.just("*")
)
RANGES = st.lists(st.lists(TERMS, min_size=1, max_size=3).map(",".join), min_size=1, max_size=2).map("|".join)
BUILDS = st.sampled_from(("py311_0", "py310_1", "0_cpython", "cuda112py311_0", "0"))
WANTED_BUILDS = st.sampled_from(("", "", "*", "py311_0", "py*", "*_cpython", "*cuda*", "*_0", "PY*", "py3.1_0"))


def by_library(spec: str, version: str, build: str) -> bool:
    kind = getattr(rattler, "BuildString", str)
    record = rattler.PackageRecord("name", version, kind(build), 0, "noarch")
    return bool(rattler.MatchSpec(spec).matches(record))


@settings(deadline=None, max_examples=400)  # the first example imports the library
@given(wanted=RANGES, version=VERSIONS, build=BUILDS, wanted_build=WANTED_BUILDS)
def test_as_the_library_decides(wanted: str, version: str, build: str, wanted_build: str) -> None:
    spec = f"name {wanted} {wanted_build}".strip()
    found = conda_order.allows(spec, version, build)
    if found is not None:
        assert found is by_library(spec, version, build)


@pytest.mark.parametrize(
    ("spec", "version", "found"),
    [
        ("jpeg >=9e,<10a", "9e", True),
        ("openssl >=1.1.1n,<1.1.2a", "1.1.1q", True),
        ("openssl >=1.1.1", "1.1.1q", False),
        ("python ==2.7.*|>=3.4", "3.10.4", True),
        ("python ==2.7.*|>=3.4", "3.3", False),
        ("python-dateutil >=2.8.2", "2.9.0post0", True),
        ("aiohttp !=4.0.0a0,!=4.0.0a1", "3.10.5", True),
        ("python_abi 3.11.* *_cp311", "3.11", True),
        ("numpy>=1.22.4,<2.0a0", "1.26.4", True),
    ],
)
def test_specs_of_real_records(spec: str, version: str, found: bool) -> None:
    assert conda_order.allows(spec, version, "4_cp311") is found


@pytest.mark.parametrize(
    ("spec", "version"),
    [
        ("python 3.6*", "3.6.2"),
        ("x264 >=1!161.3030,<1!162", "1!161.3030"),
        ("numpy[version='>=1']", "1"),
        ("conda-forge::numpy >=1", "1"),
        ("numpy >=1; if win", "1"),
        ("numpy >=1", "1-2"),
        ("numpy >=1", "²"),
        ("numpy >=1", ""),
        ("==14.2.0=*_1", "14.2.0"),
        ("", "1"),
        ("numpy >=" + "1" * 5000, "1"),
    ],
)
def test_what_is_left_to_the_library(spec: str, version: str) -> None:
    assert conda_order.allows(spec, version) is None
