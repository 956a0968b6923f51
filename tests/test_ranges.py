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


NAMES = st.sampled_from(("name", "Name.x", "a-b_c"))
MARKERS = st.sampled_from(
    (
        "",
        "python_version < '3.8'",
        'python_version >= "3.10" and sys_platform == "linux"',
        "sys_platform == 'win32' or platform_machine != 'x86_64'",
        "python_full_version <= '3.11.0' and os_name == 'posix' or implementation_name == 'pypy'",
        "(python_version < '3')",
        "platform_release >= '5'",
        "'linux' in sys_platform",
    )
)
KNOWN = (
    {"python_version": "3.11", "python_full_version": "3.11.4", "sys_platform": "linux", "os_name": "posix"},
    {"python_version": "3.7", "python_full_version": "3.7.1", "sys_platform": "win32", "os_name": "nt"},
    {},
)


@settings(deadline=None)  # the first example imports a library
@given(
    name=NAMES,
    wanted=RANGES,
    marker=MARKERS,
    version=NUMBERS,
    machine=st.sampled_from(("x86_64", "aarch64")),
    known=st.sampled_from(KNOWN),
)
def test_requirements_as_packaging_reads_them(
    name: str, wanted: str, marker: str, version: str, machine: str, known: dict[str, str]
) -> None:
    line = f"{name} ({wanted}) ; {marker}" if marker else f"{name}{wanted}"
    known = {**known, "platform_machine": machine, "implementation_name": "cpython"} if known else known
    plain, parsed = ranges.requirement(line), versions.requirement(line)
    if plain is None or parsed is None:
        return
    assert plain.name == parsed.name
    counts = ranges.marker(plain.marker, known)
    if counts is not None:
        assert counts is TOLD[versions.applies(parsed.marker, known)]
    if versions.plainly_met(plain, [version], known):
        unmet = versions.applies(parsed.marker, known) is Answer.YES
        assert not unmet or versions.pip_allows(parsed, version) is Answer.YES


@pytest.mark.parametrize(
    ("line", "name"),
    [
        ("numpy", "numpy"),
        ("numpy (<2,>=1.2)", "numpy"),
        ("uvicorn[standard]>=0.12", "uvicorn"),
        ("numpy>=1.2; python_version < '3'", "numpy"),
        ("numpy @ https://example.org/numpy.whl", None),
        ("numpy>=1.0rc1", None),
        ("numpy (1.0", None),
        (">=1", None),
        ("", None),
        ("x" * 5000, None),
    ],
)
def test_requirements(line: str, name: str | None) -> None:
    found = ranges.requirement(line)
    assert (found.name if found else None) == name
