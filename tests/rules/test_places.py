"""base: facts -> findings."""

from __future__ import annotations

import pytest

from envguard.facts import OnDisk
from envguard.rules.places import conda_itself_damaged, pip_in_base
from tests.rules.facts import CONDA, SITE, Told, commands, dist, env, only, overlap, owned, paths, pkg, titles, told

BASE = {"base": True, "prefix": "/opt/conda"}
MANAGER = pkg("conda", "24.5", depends=("requests >=2.28", "python >=3.11"))
REQUESTS = pkg("requests", "2.31.0", depends=("idna >=2.5",))
IDNA, PANDAS = pkg("idna", "3.7"), pkg("pandas", "2.2.2")
NEWER_IDNA, NEWER_PANDAS = dist("idna", "3.10"), dist("pandas", "2.3.0")
BOOKS = (MANAGER, REQUESTS, IDNA, PANDAS)


@pytest.mark.parametrize(
    ("where", "expected"),
    [
        (
            env(BOOKS, [dist("rich"), dist("torch")], **BASE),
            [Told("warning", "base", "pip installed 2 distributions into base: rich, torch")],
        ),
        (
            env(BOOKS, [NEWER_IDNA], overlaps=(overlap(IDNA, NEWER_IDNA),), **BASE),
            [Told("error", "base", "pip overwrote idna in base, which conda itself needs to run")],
        ),
        # replaced, but nothing conda needs
        (
            env(BOOKS, [NEWER_PANDAS], overlaps=(overlap(PANDAS, NEWER_PANDAS, compiled=1),), **BASE),
            [Told("warning", "base", "pip installed 1 distribution into base: pandas")],
        ),
        # conda has put its files back
        (
            env(BOOKS, [NEWER_IDNA], overlaps=(overlap(IDNA, NEWER_IDNA, on_disk=OnDisk(conda=12)),), **BASE),
            [Told("warning", "base", "pip installed 1 distribution into base: idna")],
        ),
        (env(BOOKS, [owned("requests")], **BASE), []),
        (env(BOOKS, [dist("~ich", None, kind="leftover")], **BASE), []),
        (env(BOOKS, [NEWER_IDNA], overlaps=(overlap(IDNA, NEWER_IDNA),)), []),
    ],
)
def test_base(where, expected):
    assert told(pip_in_base, where) == expected


def test_a_new_environment_is_the_better_way():
    found = only(pip_in_base(env(BOOKS, [dist("rich", "13.0")], **BASE)))
    assert commands(found) == [
        [
            "/opt/conda/bin/conda create --name work python=3.11 pip",
            "/opt/conda/bin/conda run --name work python -m pip install rich==13.0",
        ],
        ["/opt/conda/bin/python -m pip uninstall --yes rich"],
    ]


def test_conda_is_made_whole_before_anything_of_pips_goes():
    found = only(pip_in_base(env(BOOKS, [NEWER_IDNA], overlaps=(overlap(IDNA, NEWER_IDNA),), tools=(CONDA,), **BASE)))
    assert titles(found)[0].startswith("Put conda's idna 3.7 back first")
    first, last = commands(found)[0]
    assert first.startswith("/opt/conda/bin/conda install")
    assert last == f"rm -r /opt/conda/{NEWER_IDNA.path}"
    assert not any("pip uninstall" in line for fix in commands(found) for line in fix)


HOLED = pkg("idna", "3.7", missing=paths(f"{SITE}/idna/core.py"))
BARE = pkg("idna", "3.7", missing=paths("share/doc/idna.txt"))
OLD_REQUESTS = dist("requests", "2.20.0")
NEEDY = pkg("conda", "24.5", depends=("requests >=2.28,<3",))
PIPS_CONDA = {"pip_warnings": ("bin/conda",)}


@pytest.mark.parametrize(
    ("where", "expected"),
    [
        (env(BOOKS, **BASE, **PIPS_CONDA), "conda itself is damaged: conda"),
        (env((MANAGER, REQUESTS, HOLED), **BASE), "conda itself is damaged: idna"),
        # pip's version stands where conda's record is lost
        (env((NEEDY,), [OLD_REQUESTS], **BASE), "conda itself is damaged: conda"),
        (env((NEEDY,), [dist("requests", "2.31.0")], **BASE), None),
        # documents; what conda does not need; what the other rule tells
        (env((MANAGER, REQUESTS, BARE), **BASE), None),
        (env((MANAGER, pkg("pandas", missing=paths(f"{SITE}/pandas/a.py"))), **BASE), None),
        (env((MANAGER, REQUESTS, HOLED), [NEWER_IDNA], overlaps=(overlap(HOLED, NEWER_IDNA),), **BASE), None),
        # a slimmed copy of a whole base
        (env((MANAGER, REQUESTS, HOLED, *(pkg(f"a{n}", missing=paths("lib/a.so")) for n in range(12))), **BASE), None),
        (env(BOOKS, **BASE), None),
    ],
)
def test_conda_itself(where, expected):
    assert told(conda_itself_damaged, where) == ([Told("error", "conda", expected)] if expected else [])


def test_a_conda_from_pypi_in_another_environment_is_taken_off_there():
    found = only(conda_itself_damaged(env(dists=[dist("conda", "4.2.7")], **PIPS_CONDA)))
    assert found.severity.value == "warning"
    assert commands(found) == [["/opt/conda/envs/lab/bin/python -m pip uninstall --yes conda"]]
    assert not list(conda_itself_damaged(env(dists=[dist("conda", "4.2.7")], pip_warnings=())))
