"""The table of what PyPI and conda call one project."""

from __future__ import annotations

import re

import pytest

from envguard.packages.names import Advice, advice, conda_names, extra_rows, pypi_name, rows, with_extras
from envguard.probe.reading import normalise

_SOURCE = re.compile(r"https://(?:github\.com/conda-forge/[\w.-]+-feedstock|anaconda\.org/[\w.-]+/[\w.-]+)")


def test_the_table_is_what_it_says():
    told = rows()
    assert len(told) >= 120
    assert len({row.distribution for row in told}) == len(told)
    for row in told:
        assert row.distribution == normalise(row.distribution)
        assert row.conda
        assert len(set(row.conda)) == len(row.conda)
        assert all(name == name.lower() for name in row.conda)
        assert _SOURCE.fullmatch(row.source), row
        # a row says another name, or why to take it from conda
        assert row.advice or row.conda != (row.distribution,), row
    for extra in extra_rows():
        assert _SOURCE.fullmatch(extra.source), extra
        assert extra.conda


@pytest.mark.parametrize(
    ("distribution", "first"),
    [
        ("torch", "pytorch"),
        ("Opencv_Python", "opencv"),
        ("opencv-python-headless", "opencv"),
        ("tables", "pytables"),
        ("msgpack", "msgpack-python"),
        ("psycopg2-binary", "psycopg2"),
        ("PyQt5", "pyqt"),
        ("graphviz", "python-graphviz"),
        ("ruamel.yaml", "ruamel.yaml"),
        ("typing-extensions", "typing_extensions"),
        ("importlib_metadata", "importlib-metadata"),
        ("cupy-cuda12x", "cupy"),
        ("igraph", "python-igraph"),
        ("duckdb", "python-duckdb"),
        ("tzdata", "python-tzdata"),
        ("python-dateutil", "python-dateutil"),
        ("numpy", "numpy"),
        ("some.thing_new", "some-thing-new"),
    ],
)
def test_what_conda_calls_it(distribution, first):
    assert conda_names(distribution)[0] == first


@pytest.mark.parametrize(
    ("conda", "distribution"),
    [
        ("pytorch", "torch"),
        ("py-opencv", "opencv-python"),
        ("pytables", "tables"),
        ("matplotlib-base", "matplotlib"),
        ("matplotlib", "matplotlib"),
        ("ruamel.yaml", "ruamel-yaml"),
        ("typing_extensions", "typing-extensions"),
        ("numpy", "numpy"),
        ("anything_else", "anything-else"),
        # the system's library or program, of which PyPI has another
        ("graphviz", None),
        ("igraph", None),
        ("tzdata", None),
        ("zstd", None),
    ],
)
def test_what_pypi_calls_it(conda, distribution):
    assert pypi_name(conda) == distribution


def test_there_and_back():
    """The best name of conda leads back to a distribution of which conda says the same."""
    for row in rows():
        back = pypi_name(row.conda[0])
        assert back is not None, row
        assert conda_names(back)[0] == row.conda[0], row


def test_what_is_better_taken_from_conda():
    expected = {"numpy": Advice.NUMERIC, "torch": Advice.LEARNING, "H5py": Advice.COMPILED, "cmake": Advice.SYSTEM}
    assert {name: advice(name) for name in expected} == expected
    assert [advice(name) for name in ("requests", "graphviz", "six", "unheard-of")] == [None] * 4


def test_extras():
    assert with_extras("dask", ["complete"]) == (("dask",), ())
    assert with_extras("requests", ["socks", "nonsense"]) == (("requests", "pysocks"), ("nonsense",))
    assert with_extras("unheard-of", ["x"]) == ((), ("x",))
