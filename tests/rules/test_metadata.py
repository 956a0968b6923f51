"""dist-info folders: facts -> findings."""

from __future__ import annotations

from dataclasses import replace

import pytest

from envguard.facts import OnDisk
from envguard.rules.metadata import (
    dist_info_without_metadata,
    dist_info_without_record,
    duplicate_dist_info,
    pip_file_missing,
)
from tests.rules.facts import PREFIX, SITE, Told, commands, dist, env, only, overlap, owned, paths, pkg, told

NUMPY = pkg("numpy", "1.26.4")
PIPS, TWIN = dist("numpy", "2.3.5"), owned("numpy", "1.26.4", by=NUMPY.record)


@pytest.mark.parametrize(
    ("dists", "overlaps", "expected"),
    [
        (
            [TWIN, PIPS],
            [overlap(NUMPY, PIPS, on_disk=OnDisk(conda=12))],
            [
                Told(
                    "warning",
                    "numpy",
                    "2 metadata folders claim numpy: 1.26.4, 2.3.5; the files on disk are conda's 1.26.4",
                )
            ],
        ),
        (
            [TWIN, PIPS],
            [overlap(NUMPY, PIPS)],
            [
                Told(
                    "warning",
                    "numpy",
                    "2 metadata folders claim numpy: 1.26.4, 2.3.5; the files on disk are pip's 2.3.5",
                )
            ],
        ),
        (
            [TWIN, PIPS],
            [overlap(NUMPY, PIPS, on_disk=OnDisk(conda=6, pip=6))],
            [Told("warning", "numpy", "2 metadata folders claim numpy: 1.26.4, 2.3.5")],
        ),
        (
            [owned("numpy", "1.13.1", by=NUMPY.record, kind="egg-info"), PIPS],
            [],
            [Told("warning", "numpy", "2 metadata folders claim numpy: 1.13.1, 2.3.5")],
        ),
        (
            [dist("six", "1.13"), dist("six", "1.16")],
            [],
            [Told("warning", "six", "2 metadata folders claim six: 1.13, 1.16")],
        ),
        # win_inet_pton ships wheel's
        (
            [owned("wheel", "0.37"), owned("wheel", "0.36", by="conda-meta/win_inet_pton-1.1-0.json")],
            [],
            [Told("info", "wheel", "conda itself brought 2 metadata folders for wheel: 0.37, 0.36")],
        ),
        ([TWIN, dist("numpy", "2.3.5", kind="leftover")], [], []),
        ([dist("six", "1.13"), dist("six", "1.16", site="lib/python3.10/site-packages")], [], []),
        ([TWIN, dist("numpydoc")], [], []),
    ],
)
def test_duplicates(dists, overlaps, expected):
    assert told(duplicate_dist_info, env([NUMPY], dists, overlaps=tuple(overlaps))) == expected


def test_only_the_stale_folder_goes():
    where = env([NUMPY], [TWIN, PIPS], overlaps=(overlap(NUMPY, PIPS, on_disk=OnDisk(conda=12)),))
    assert commands(only(duplicate_dist_info(where))) == [[f"rm -r {PREFIX}/{PIPS.path}"]]


def test_no_step_where_it_is_not_known_whose_files_are_there():
    assert commands(only(duplicate_dist_info(env([NUMPY], [TWIN, PIPS])))) == []


def test_two_of_pips_both_go():
    dists = [dist("six", "1.13", installed=5.0), dist("six", "1.16", installed=9.0)]
    python = f"{PREFIX}/bin/python -m pip"
    assert commands(only(duplicate_dist_info(env([], dists)))) == [
        [f"{python} uninstall --yes six", f"{python} uninstall --yes six", f"{python} install six==1.16"]
    ]


BARE = dist("rich", "13.0", has_metadata=False)


@pytest.mark.parametrize(
    ("conda", "dists", "expected"),
    [
        ([], [BARE], [Told("error", "rich", "rich-13.0.dist-info has no METADATA")]),
        (
            [pkg("rich", "13.0", missing=paths("METADATA"))],
            [owned("rich", "13.0", has_metadata=False)],
            [Told("error", "rich", "rich-13.0.dist-info has no METADATA")],
        ),
        (
            [pkg("rich", "13.0")],
            [owned("rich", "13.0", has_metadata=False)],
            [Told("info", "rich", "rich-13.0.dist-info has no METADATA")],
        ),
        ([], [dist("rich", kind="egg-info", has_metadata=False)], []),
        ([], [dist("~ich", None, kind="leftover", has_metadata=False)], []),
        ([], [dist("rich")], []),
    ],
)
def test_without_metadata(conda, dists, expected):
    assert told(dist_info_without_metadata, env(conda, dists)) == expected


@pytest.mark.parametrize(
    ("damaged", "step"),
    [
        (BARE, f"{PREFIX}/bin/python -m pip install --force-reinstall --no-deps rich==13.0"),
        (dist("rich", "13.0", has_metadata=False, has_record=False), f"rm -r {PREFIX}/{SITE}/rich-13.0.dist-info"),
    ],
)
def test_repair_of_metadata(damaged, step):
    assert commands(only(dist_info_without_metadata(env([], [damaged])))) == [[step]]


@pytest.mark.parametrize(
    ("other", "expected"),
    [
        (dist("rich", "13.0", has_record=False), [Told("info", "rich", "rich 13.0 has no RECORD")]),
        (dist("rich", "13.0", has_record=False, kind="egg-info"), []),
        (owned("rich", "13.0", has_record=False), []),
        (dist("rich", "13.0", has_record=False, has_metadata=False), []),
        (dist("rich", "13.0"), []),
    ],
)
def test_without_record(other, expected):
    assert told(dist_info_without_record, env([], [other])) == expected


GUTTED = dist("torch", "2.1.0", files=40, missing=paths(f"{SITE}/torch/_C.so", f"{SITE}/torch/__init__.py"))


@pytest.mark.parametrize(
    ("where", "expected"),
    [
        (env(dists=[GUTTED]), [Told("error", "torch", "2 files of pip's torch 2.1.0 are missing")]),
        (
            env(dists=[dist("rich", files=40, missing=paths(f"{SITE}/rich/table.py"))]),
            [Told("warning", "rich", "1 file of pip's rich 1.0 is missing")],
        ),
        # all there is of it
        (
            env(dists=[dist("six", files=1, missing=paths(f"{SITE}/six.py"))]),
            [Told("error", "six", "1 file of pip's six 1.0 is missing")],
        ),
        # what people delete to save space, and what nobody imports
        (env(dists=[dist("rich", missing=paths(f"{SITE}/rich/tests/test_a.py"))]), []),
        (env(dists=[dist("rich", missing=paths("bin/rich", f"{SITE}/rich/py.typed"))]), []),
        # conda's, of which its own record tells
        (env(dists=[owned("torch", "2.1.0", missing=GUTTED.missing)]), []),
        # one of two folders of one name is of the past (EG120)
        (env(dists=[GUTTED, dist("torch", "2.2.0")]), []),
        # conda's record tells of the same files (EG102)
        (
            env(
                [NUMPY],
                [replace(PIPS, missing=GUTTED.missing)],
                overlaps=(overlap(NUMPY, PIPS, on_disk=OnDisk(missing=2)),),
            ),
            [],
        ),
    ],
)
def test_pip_file_missing(where, expected):
    assert told(pip_file_missing, where) == expected


def test_what_is_gutted_is_installed_over_itself():
    assert commands(only(pip_file_missing(env(dists=[GUTTED])))) == [
        [f"{PREFIX}/bin/python -m pip install --force-reinstall --no-deps torch==2.1.0"]
    ]


def test_many_gutted_distributions_are_one_finding():
    names = tuple(f"dist{n}" for n in range(13))
    found = only(
        pip_file_missing(env(dists=[replace(GUTTED, name=name, path=f"{SITE}/{name}.dist-info") for name in names]))
    )
    assert (found.severity.value, found.subject) == ("error", "lab")
    assert len(commands(found)[0][0].split()) == 6 + len(names)


CUT = dist("torch", "2.1.0", cut=paths(f"{SITE}/torch/_C.so"))
OTHER = dist("torch", "2.1.0", foreign=paths(f"{SITE}/torch/_C.cpython-310-x86_64-linux-gnu.so"))
FOR_ANOTHER = "the compiled modules of pip's torch 2.1.0 are for another Python than 3.11 (linux-64): "


@pytest.mark.parametrize(
    ("where", "expected"),
    [
        (env(dists=[CUT]), [Told("error", "torch", "1 compiled file of pip's torch 2.1.0 was cut short")]),
        (env(dists=[OTHER]), [Told("error", "torch", FOR_ANOTHER + "_C.cpython-310-x86_64-linux-gnu.so")]),
        (env(dists=[dist("torch", "2.1.0")]), []),
    ],
)
def test_files_that_no_python_here_can_load(where, expected):
    assert told(pip_file_missing, where) == expected
    for each in pip_file_missing(where):
        assert commands(each) == [[f"{PREFIX}/bin/python -m pip install --force-reinstall --no-deps torch==2.1.0"]]


def test_a_whole_folder_for_another_python_is_one_finding():
    many = [replace(OTHER, name=f"dist{n}", path=f"{SITE}/dist{n}.dist-info") for n in range(13)]
    found = only(pip_file_missing(env(dists=many)))
    assert (found.severity.value, found.subject) == ("error", "lab")


@pytest.mark.parametrize(("gone", "speaks"), [("cacert.pem", True), ("py.typed", False)])
def test_the_certificates_are_no_mere_data(gone, speaks):
    certifi = dist("certifi", "2024.2.2", missing=paths(f"{SITE}/certifi/{gone}"))
    assert [each.severity for each in told(pip_file_missing, env(dists=[certifi]))] == (["warning"] if speaks else [])
