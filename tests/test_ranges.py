"""What is decided without a library is what the libraries decide."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from envguard import ranges, versions
from envguard.versions import Answer

NUMBERS = st.lists(st.integers(0, 3), min_size=1, max_size=4).map(lambda parts: ".".join(map(str, parts)))
OPERATORS = st.sampled_from(("==", "!=", ">=", "<=", ">", "<", "~=", "=", ""))
TAILS = st.sampled_from(("", "", "", ".*", "a0", "*", "rc1", ".post1", ".dev0"))
RANGES = st.lists(st.builds("{}{}{}".format, OPERATORS, NUMBERS, TAILS), min_size=1, max_size=3).map(",".join)
TOLD = {Answer.YES: True, Answer.NO: False, Answer.UNKNOWN: None}


@settings(deadline=None)  # the first example imports a library
@given(wanted=RANGES, version=NUMBERS)
def test_as_pip_counts(wanted: str, version: str) -> None:
    terms, release = ranges.terms(wanted), ranges.release(version)
    assert release is not None
    plain = ranges.holds(terms, release) if terms is not None else None
    if plain is None:
        return
    parsed = versions.requirement(f"name{wanted}")
    assert parsed is not None
    assert plain is TOLD[versions.pip_allows(parsed, version)]


@settings(deadline=None)  # the first example imports a library
@given(wanted=RANGES, version=NUMBERS)
def test_as_conda_counts(wanted: str, version: str) -> None:
    text, release = ranges.of_spec(f"name {wanted}"), ranges.release(version)
    assert release is not None
    terms = ranges.terms(text, conda=True) if text is not None else None
    plain = ranges.holds(terms, release) if terms is not None else None
    if plain is not None:
        assert plain is TOLD[versions.conda_allows_version(f"name {wanted}", "name", version)]


@given(first=RANGES, second=RANGES, version=NUMBERS)
def test_what_one_version_is_in_two_ranges_meet(first: str, second: str, version: str) -> None:
    ours, theirs, release = ranges.terms(first), ranges.terms(second, conda=True), ranges.release(version)
    assert release is not None
    if ours is not None and theirs is not None and ranges.holds((*ours, *theirs), release):
        assert ranges.meet(ours, theirs) is not False


@pytest.mark.parametrize(
    ("spec", "wanted"),
    [
        ("numpy", ""),
        ("numpy *", ""),
        ("numpy >=1.26,<2", ">=1.26,<2"),
        ("numpy>=1.22.4,<2.0a0", ">=1.22.4,<2.0a0"),
        ("numpy 1.26.4 py311h_0", "1.26.4"),
        ("conda-forge::numpy >=1", ">=1"),
        ("python_abi 3.11.* *_cp311", "3.11.*"),
        ("numpy 1.26|1.27", None),
        ("numpy[version='>=1']", None),
        ("", None),
        ("x" * 5000, None),
    ],
)
def test_specs(spec: str, wanted: str | None) -> None:
    assert ranges.of_spec(spec) == wanted


@pytest.mark.parametrize(
    ("wanted", "version"),
    [("==1.2", "1.2"), (">=1,==1.2", "1.2"), ("===1.2", "1.2"), ("==1.*", None), (">=1.2", None), ("", None)],
)
def test_the_only_version(wanted: str, version: str | None) -> None:
    assert ranges.exact(wanted) == version


@pytest.mark.parametrize("version", ["", None, "1.2rc1", "1!2", "v1", "9" * 5000, "1..2", "²"])
def test_what_is_no_plain_number(version: str | None) -> None:
    assert ranges.release(version) is None
