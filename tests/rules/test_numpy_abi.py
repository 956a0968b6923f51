"""numpy's binary interface: facts -> findings, and the table of releases."""

from __future__ import annotations

from dataclasses import replace

import pytest

from envguard.library import Compiled
from envguard.process import Module
from envguard.rules import numpy_versions
from envguard.rules.numpy_abi import numpy2_with_old_extension, numpy_abi_mismatch
from tests.rules.facts import PREFIX, SITE, Told, commands, dist, env, kernel, only, overlap, owned, pkg, told

NUMPY1, NUMPY2 = pkg("numpy", "1.26.4"), pkg("numpy", "2.1.0")
OLD = pkg("pygrib", "2.0", build="np111py27_0", depends=("numpy",))
LATE = pkg("foolib", "1.0", build="np122py311h5f2c8_0", depends=("numpy >=1.19",))
LOOSE = pkg("barlib", "1.0", build="np126py311h5f2c8_0", depends=("numpy >=1.19",))
BOUND = pkg("scipy", "1.13", build="py311h5f2c8_0", depends=("numpy >=1.23,<2.0a0",))
BOTH = pkg("newlib", "1.0", build="np2py311h5f2c8_0", depends=("numpy >=1.23,<3",))
PIPS = dist("numpy", "2.1.0")
HOME = "/home/me/.local/lib/python3.11/site-packages"


def with_numpy(version: str, site: str = f"{PREFIX}/{SITE}", kind: str = "kernel", stale: str | None = None):
    """A kernel that has imported this numpy from there."""
    return kernel(modules=[Module("numpy", f"{site}/numpy/__init__.py", version, stale)], kind=kind)


def of(version: str, *packages, **more):
    """conda's numpy in this version, and packages beside it."""
    numpy = pkg("numpy", version)
    return env((numpy, *packages), [owned("numpy", version, by=numpy.record)], **more)


@pytest.mark.parametrize(
    ("where", "message"),
    [
        (of("2.1.0", LOOSE), "numpy 2.1.0 is imported, and 1 package was built for numpy 1: barlib"),
        (of("2.1.0", OLD, LOOSE), "numpy 2.1.0 is imported, and 2 packages were built for numpy 1: pygrib, barlib"),
        (
            env((NUMPY1, LOOSE), [PIPS], overlaps=(overlap(NUMPY1, PIPS, compiled=3),)),
            "numpy 2.1.0 is imported, and 1 package was built for numpy 1: barlib",
        ),
        # this kernel has another numpy than the books tell of
        (
            of("1.26.4", BOUND, process=with_numpy("2.1.0", HOME)),
            "numpy 2.1.0 is imported, and 1 package was built for numpy 1: scipy",
        ),
        (of("1.26.4", BOUND, process=with_numpy("2.1.0", HOME, kind="fresh")), None),
        # about to be another one, after a restart
        (of("1.26.4", LOOSE, process=with_numpy("2.1.0", stale="differs")), None),
        # the record's own words are told by EG130
        (of("2.1.0", BOUND), None),
        (of("2.1.0", BOTH), None),
        (of("2.1.0", pkg("pure", build="np126py_0", noarch="python")), None),
        (of("2.1.0", pkg("gnp126pyx", build="py311_0")), None),
        (of("1.26.4", LOOSE), None),
        (env((LOOSE,), ()), None),
    ],
)
def test_numpy_2_with_what_was_built_for_numpy_1(where, message):
    assert told(numpy2_with_old_extension, where) == ([Told("warning", "numpy", message)] if message else [])


@pytest.mark.parametrize(
    ("where", "message"),
    [
        (of("1.21.6", LATE), "numpy 1.21.6 is imported, and 1 package was built for a newer one: foolib"),
        (
            of("1.10.4", pkg("a", build="np113py36_0")),
            "numpy 1.10.4 is imported, and 1 package was built for a newer one: a",
        ),
        (
            of("1.26.4", BOUND, process=with_numpy("1.22.4", HOME)),
            "numpy 1.22.4 is imported, and 1 package was built for a newer one: scipy",
        ),
        # the same interface, or one that numpy 1.25 and later no longer ask for
        (of("1.10.4", OLD), None),
        (of("1.22.0", LATE), None),
        (of("1.19.5", LOOSE), None),
        (of("1.22.4", BOUND), None),
        (of("1.26.4", BOTH), None),
        (of("2.1.0", LATE), None),
    ],
)
def test_numpy_older_than_what_was_built_against(where, message):
    assert told(numpy_abi_mismatch, where) == ([Told("warning", "numpy", message)] if message else [])


def test_whoever_owns_numpy_changes_it():
    assert commands(only(numpy2_with_old_extension(of("2.1.0", LATE)))) == [
        [f"/opt/conda/bin/conda install --prefix {PREFIX} numpy>=1.22,<2"]
    ]
    pips = env((LATE,), [PIPS])
    assert commands(only(numpy2_with_old_extension(pips))) == [[f"{PREFIX}/bin/python -m pip install numpy>=1.22,<2"]]
    elsewhere = of("1.26.4", BOUND, process=with_numpy("2.1.0", HOME))
    assert only(numpy2_with_old_extension(elsewhere)).fixes == ()


@pytest.mark.parametrize(
    ("built", "running", "runs"),
    [
        ("1.22", "1.21.6", False),
        ("1.23", "1.24.4", True),
        ("1.24", "1.23.0", True),
        ("1.26", "1.19.5", True),
        ("1.26", "1.15.4", False),
        ("2.0", "1.19.5", True),
        ("2.3", "1.22.4", False),
        ("1.26", "2.0.0", False),
        ("1.9", "1.26.4", True),
        ("2.0", "9.1", True),
        ("1.7", "1.26.4", None),
        ("1.26", None, None),
    ],
)
def test_what_runs_with_what(built, running, runs):
    assert numpy_versions.runs_with(built, running) is runs


def test_sizes_tell_releases():
    assert numpy_versions.with_size("numpy.dtype", 88) == (("1.8", "1.10"), ("2.0", None))
    assert numpy_versions.with_size("numpy.dtype", 96) == (("1.10", "2.0"),)
    assert numpy_versions.with_size("numpy.ndarray", 96) == (("1.22", None),)
    assert numpy_versions.with_size("numpy.other", 96) == ()
    assert numpy_versions.first_with(0x10) == "1.23"
    assert numpy_versions.first_with(0x99) is None


PANDAS = dist("pandas", "1.5.3", requires=("numpy>=1.21.0",))
MODULE = Compiled(f"{SITE}/pandas/_libs/algos.so", PANDAS.path)


def beside(version: str, *dists, **more):
    """conda's numpy in this version, and what pip installed beside it."""
    numpy = pkg("numpy", version)
    return env((numpy,), [owned("numpy", version, by=numpy.record), *dists], **more)


def test_a_wheel_that_names_only_numpy_1_with_numpy_2():
    found = only(numpy2_with_old_extension(beside("2.1.0", PANDAS, numpy1=(MODULE,))))
    assert found.message.english() == "numpy 2.1.0 is imported, and 1 package was built for numpy 1: pandas"
    assert found.evidence[1].source == MODULE.path
    assert [words[0].split()[-2:] for words in commands(found)] == [["--upgrade", "pandas"], [PREFIX, "numpy<2"]]


@pytest.mark.parametrize(
    "where",
    [
        beside("1.26.4", PANDAS, numpy1=(MODULE,)),
        beside("2.1.0", PANDAS, numpy1=()),
        # its own metadata tell of it (EG132)
        beside("2.1.0", replace(PANDAS, requires=("numpy<2",)), numpy1=(MODULE,)),
    ],
)
def test_a_wheel_of_numpy_1_is_told_only_where_nothing_else_tells_of_it(where):
    assert not list(numpy2_with_old_extension(where))


@pytest.mark.parametrize(
    ("numpy", "wheel", "speaks"),
    [
        ("2.1.0", dist("torch", "2.2.2+cu121"), True),
        ("2.1.0", dist("torch", "2.3.0"), False),
        ("1.26.4", dist("torch", "2.2.2"), False),
        ("2.1.0", dist("opencv-python-headless", "4.9.0.80"), True),
        ("2.1.0", dist("opencv-python-headless", "4.10.0.84"), False),
        ("2.1.0", dist("onnxruntime", "1.18.1", requires=("numpy<2",)), False),
        ("2.1.0", owned("torch", "2.2.2"), False),
    ],
)
def test_large_wheels_are_known_by_their_release(numpy: str, wheel, speaks: bool):
    found = told(numpy2_with_old_extension, env((), [dist("numpy", numpy), wheel]))
    assert [each.subject for each in found] == (["numpy"] if speaks else [])
