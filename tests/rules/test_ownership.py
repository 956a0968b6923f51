"""Who owns what: facts -> findings."""

from __future__ import annotations

import errno
import os
from dataclasses import replace

import pytest

from envguard.errors import CannotTell
from envguard.facts import OnDisk, Paths
from envguard.model import Problem, text
from envguard.rules.ownership import conda_record_lost, dists_share_files, pip_overwrote_conda
from tests.rules.facts import (
    PREFIX,
    SITE,
    Told,
    both,
    commands,
    dist,
    env,
    only,
    overlap,
    owned,
    paths,
    pkg,
    revision,
    shared,
    titles,
    told,
)

NUMPY = pkg("numpy", "1.26.4")
PIPS = dist("numpy", "2.3.5")
TWIN = owned("numpy", "1.26.4", by=NUMPY.record)
REQUESTS = pkg("requests", "2.31.0")
STRANGER = dist("shadow", "0.1")
ALL_CONDA, UNREAD = OnDisk(conda=12), OnDisk(other=2, unknown=10)


@pytest.mark.parametrize(
    ("books", "clash", "expected"),
    [
        (
            ([NUMPY], [PIPS]),
            overlap(NUMPY, PIPS, compiled=3),
            Told(
                "error",
                "numpy",
                "pip's numpy 2.3.5 replaced conda's numpy 1.26.4: 12 files that both claim differ",
            ),
        ),
        (
            ([NUMPY], [PIPS]),
            overlap(NUMPY, PIPS),
            Told(
                "warning",
                "numpy",
                "pip's numpy 2.3.5 replaced conda's numpy 1.26.4: 12 files that both claim differ",
            ),
        ),
        # nobody has read the wheel: no number, though the files that may be hit are counted
        (
            ([NUMPY], [PIPS]),
            overlap(NUMPY, PIPS, compiled=3, unread="numpy-2.3.5.whl"),
            Told("error", "numpy", "pip's numpy 2.3.5 replaced conda's numpy 1.26.4"),
        ),
        # the extension has another name in pip's wheel
        (
            ([pkg("numpy", "1.26.4", missing=paths("core.so"))], [PIPS]),
            overlap(NUMPY, PIPS),
            Told(
                "error",
                "numpy",
                "pip's numpy 2.3.5 replaced conda's numpy 1.26.4: 12 files that both claim differ",
            ),
        ),
        (
            ([NUMPY], [PIPS]),
            overlap(NUMPY, PIPS, on_disk=OnDisk(missing=12)),
            Told(
                "warning",
                "numpy",
                "conda's numpy 1.26.4 was replaced by pip's numpy 2.3.5, and 12 files that both claim are gone",
            ),
        ),
        (
            ([NUMPY], [PIPS, TWIN]),
            overlap(NUMPY, PIPS, on_disk=OnDisk(conda=5, pip=7), compiled=1),
            Told(
                "error",
                "numpy",
                "conda's numpy 1.26.4 and pip's numpy 2.3.5 are mixed on disk: "
                "12 files differ, some are conda's and some pip's",
            ),
        ),
        (
            ([NUMPY], [PIPS, TWIN]),
            overlap(NUMPY, PIPS, compiled=3, on_disk=ALL_CONDA),
            Told(
                "warning",
                "numpy",
                "conda's numpy 1.26.4 is on disk and is what import gives, but the dist-info of pip's numpy 2.3.5 "
                "is still there, and pip may answer with that version",
            ),
        ),
        (
            ([NUMPY], [dist("numpy", "1.26.4")]),
            overlap(NUMPY, dist("numpy", "1.26.4"), differ=0, on_disk=OnDisk(), sample=()),
            Told("info", "numpy", "pip's numpy 1.26.4 shares 30 files with conda's numpy 1.26.4, the same in both"),
        ),
        (
            ([REQUESTS], [STRANGER]),
            overlap(
                REQUESTS, STRANGER, differ=1, on_disk=OnDisk(pip=1), sample=(shared(f"{SITE}/requests/__version__.py"),)
            ),
            Told(
                "warning",
                "requests",
                "pip's shadow 0.1, another project, has overwritten 1 file of conda's requests 2.31.0",
            ),
        ),
        (
            ([REQUESTS], [STRANGER]),
            overlap(REQUESTS, STRANGER, differ=1, compiled=1, on_disk=OnDisk(pip=1)),
            Told(
                "error",
                "requests",
                "pip's shadow 0.1, another project, has overwritten 1 file of conda's requests 2.31.0",
            ),
        ),
        # a licence at the top of site-packages, and a stray tests folder
        (
            ([REQUESTS], [STRANGER]),
            overlap(REQUESTS, STRANGER, differ=1, on_disk=OnDisk(pip=1), sample=(shared(f"{SITE}/LICENSE"),)),
            Told(
                "info",
                "requests",
                "pip's shadow 0.1, another project, has overwritten 1 file of conda's requests 2.31.0",
            ),
        ),
        (
            ([REQUESTS], [STRANGER]),
            overlap(REQUESTS, STRANGER, differ=1, on_disk=OnDisk(pip=1), sample=(shared(f"{SITE}/tests/__init__.py"),)),
            Told(
                "info",
                "requests",
                "pip's shadow 0.1, another project, has overwritten 1 file of conda's requests 2.31.0",
            ),
        ),
        (
            ([REQUESTS], [STRANGER]),
            overlap(REQUESTS, STRANGER, on_disk=ALL_CONDA),
            Told(
                "warning", "requests", "conda's requests 2.31.0 has overwritten 12 files that pip's shadow 0.1 brought"
            ),
        ),
        (
            ([REQUESTS], [STRANGER]),
            overlap(REQUESTS, STRANGER, compiled=1, on_disk=UNREAD),
            Told(
                "warning",
                "requests",
                "conda's requests 2.31.0 and pip's shadow 0.1 both claim 12 files, "
                "and whose content they have is not known",
            ),
        ),
    ],
)
def test_overwrote(books, clash, expected):
    assert told(pip_overwrote_conda, env(*books, overlaps=(clash,))) == [expected]


def test_paths_decide_and_not_names():
    base = pkg("numpy-base", "1.26.4", provides=("numpy",))
    meta = pkg("numpy", "1.26.4", provides=(), depends=("numpy-base 1.26.4 py311_0",))
    pandas = pkg("pandas", "2.2.2", depends=("numpy >=1.22.4,<2.0a0",))
    scipy = pkg("scipy", "1.11.4", depends=("numpy >=1.22",))
    found = only(
        pip_overwrote_conda(env([base, meta, pandas, scipy], [PIPS], overlaps=(overlap(base, PIPS, compiled=1),)))
    )
    assert found.subject == "numpy-base"
    assert found.consequence.english() == (
        "pandas 2.2.2, scipy 1.11.4 were installed for numpy-base 1.26.4; "
        "2.3.5 is outside the range of pandas (numpy >=1.22.4,<2.0a0)"
    )


def test_namesakes_that_share_no_file_are_nothing():
    assert told(pip_overwrote_conda, env([pkg("tzdata", "2024a", provides=())], [dist("tzdata", "2024.1")])) == []


def test_first_conda_then_pip_is_sound():
    assert told(pip_overwrote_conda, env([NUMPY], [TWIN, dist("rich"), dist("torch")])) == []


def test_evidence_can_be_checked_by_hand():
    numpy = pkg("numpy", "1.26.4", missing=paths(f"{SITE}/numpy/gone.py"))
    found = only(pip_overwrote_conda(env([numpy], [PIPS], overlaps=(overlap(numpy, PIPS, compiled=2),))))
    assert [(evidence.says.english(), evidence.source) for evidence in found.evidence] == [
        ("conda's numpy 1.26.4 lists 30 files that pip's numpy lists, too", numpy.record),
        ("12 of them differ (2 compiled); on disk are pip's", f"{PIPS.path}/RECORD"),
        (
            "conda recorded c0ffeec0ffee, pip recorded badcabbadcab; on disk is pip's",
            f"{SITE}/numpy/__init__.py",
        ),
        (f"1 more file of the record is gone, such as {SITE}/numpy/gone.py", numpy.record),
    ]


@pytest.mark.parametrize(
    ("clash", "certainty"), [(overlap(NUMPY, PIPS), "certain"), (overlap(NUMPY, PIPS, on_disk=UNREAD), "likely")]
)
def test_certain_only_if_a_file_was_seen(clash, certainty):
    assert only(pip_overwrote_conda(env([NUMPY], [PIPS], overlaps=(clash,)))).certainty.value == certainty


CV, HEADLESS = dist("opencv-python", "4.9", installed=5.0), dist("opencv-python-headless", "4.10", installed=9.0)


def test_what_nobody_has_read_is_no_number():
    clash = overlap(NUMPY, PIPS, compiled=2)
    known = only(pip_overwrote_conda(env([NUMPY], [PIPS], overlaps=(clash,))))
    guessed = only(pip_overwrote_conda(env([NUMPY], [PIPS], overlaps=(replace(clash, unread="numpy-2.3.5.whl"),))))
    assert guessed.fingerprint == known.fingerprint
    assert [(evidence.says.english(), evidence.source) for evidence in guessed.evidence] == [
        ("lists the files of numpy 1.26.4", NUMPY.record),
        ("was not read: how many of them it brings is not known", "numpy-2.3.5.whl"),
    ]
    ours = replace(clash, on_disk=ALL_CONDA, unread=NUMPY.record)
    found = only(pip_overwrote_conda(env([NUMPY], [PIPS], overlaps=(ours,))))
    assert found.evidence[0].says.english() == "conda's numpy 1.26.4 lists 30 files that pip's numpy lists, too"
    assert found.evidence[1].says.english() == "was not read: how many of them differ is not known"


def test_shared_files():
    where = env(None, [CV, HEADLESS], shared_distributions=(both(CV, HEADLESS, f"{SITE}/cv2/cv2.so"),))
    assert told(dists_share_files, where) == [
        Told(
            "warning",
            "opencv-python, opencv-python-headless",
            "pip's opencv-python 4.9 and opencv-python-headless 4.10 both brought 1 file, with different content",
        )
    ]
    assert titles(only(dists_share_files(where))) == [
        "Uninstall opencv-python, opencv-python-headless, then install only opencv-python-headless==4.10",
        "Uninstall opencv-python, opencv-python-headless, then install only opencv-python==4.9",
    ]


@pytest.mark.parametrize(
    "pair",
    [both(CV, HEADLESS, same=3), both(dist("six", "1.13"), dist("six", "1.15"), f"{SITE}/six.py")],
    ids=["same content", "one name twice, which is 120"],
)
def test_shared_files_that_are_nothing(pair):
    dists = [CV, HEADLESS, dist("six", "1.13"), dist("six", "1.15")]
    assert told(dists_share_files, env(None, dists, shared_distributions=(pair,))) == []


REST = tuple(pkg(name, provides=()) for name in ("python", "zlib", "xz"))
BEGUN = revision("+python-1.0-py311_0", "+zlib-1.0-py311_0", "+xz-1.0-py311_0", "+numpy-1.26.4-py311_0")
LOST = Told("warning", "numpy", "conda linked numpy 1.26.4, and its record is gone")


@pytest.mark.parametrize(
    ("conda", "dists", "history", "expected"),
    [
        (REST, (), (BEGUN,), [LOST]),
        (
            REST,
            (PIPS,),
            (BEGUN,),
            [
                Told(
                    "warning",
                    "numpy",
                    "conda linked numpy 1.26.4, and its record is gone; pip's version 2.3.5 stands there now",
                )
            ],
        ),
        (REST, (), (BEGUN, revision("-numpy-1.26.4-py311_0")), []),
        (REST, (), (BEGUN, revision("-numpy-1.26.4-py311_1")), []),
        # updated in one transaction, and the record is that of another build
        ((*REST, pkg("numpy", "2.0")), (), (BEGUN, revision("+numpy-2.0-py311_0", "-numpy-1.26.4-py311_0")), []),
        ((*REST, pkg("numpy", "1.26.4", "py311_7")), (), (BEGUN,), []),
        # old conda wrote the whole state
        (
            REST,
            (),
            (BEGUN, revision("python-1.0-py311_0", "zlib-1.0-py311_0", "xz-1.0-py311_0", whole=True)),
            [],
        ),
        (REST, (), (revision(*(f"+{p.name}-1.0-py311_0" for p in REST), "+rich-13.0-pypi_0"),), []),
        (REST, (), (revision("+python-1.0-py311_0"), revision("+rich-13.0-x", channel="pypi")), []),
        # pixi writes a comment only, rattler nothing
        (REST, (), (), []),
    ],
)
def test_lost_record(conda, dists, history, expected):
    assert told(conda_record_lost, env(conda, dists, history=history)) == expected


def unreadable(conda, error="it is cut short"):
    said = Problem("conda-meta/numpy-1.26.4-py311_0.json", text("record could not be read: {error}", error=error))
    return env(conda, history=(BEGUN,), unreadable_records=("numpy-1.26.4-py311_0",), problems=(said,))


def test_an_unreadable_record_is_told_for_itself():
    where = unreadable(REST)
    found = only(conda_record_lost(where))
    assert (found.subject, found.severity.value) == ("numpy", "warning")
    assert found.message.english() == "conda's record numpy-1.26.4-py311_0 cannot be read"
    assert commands(found)[0][0] == f"rm {PREFIX}/conda-meta/numpy-1.26.4-py311_0.json"
    assert found.fixes[0].safety.value == "manual"
    assert not list(conda_record_lost(env([*REST, pkg("numpy", "1.26.4")], history=(BEGUN,))))


def test_an_unreadable_record_is_told_though_the_history_is_of_another_prefix():
    assert [found.subject for found in conda_record_lost(unreadable(()))] == ["numpy"]


def test_of_a_record_that_only_another_user_may_read_nothing_is_known():
    assert not list(conda_record_lost(unreadable(REST, os.strerror(errno.EACCES))))


@pytest.mark.parametrize("conda", [(), REST[:1]])
def test_a_foreign_history_is_not_judged(conda):
    with pytest.raises(CannotTell, match="does not describe this prefix"):
        told(conda_record_lost, env(conda, history=(BEGUN,)))


def test_a_namesake_does_not_stand_there():
    history = (revision(*(f"+{p.name}-1.0-py311_0" for p in REST), "+tzdata-2024a-0"),)
    found = only(conda_record_lost(env(REST, [dist("tzdata", "2024.1")], history=history)))
    assert found.message.english() == "conda linked tzdata 2024a, and its record is gone"


def test_lost_record_is_installed_after_pips_copy_is_off():
    found = only(conda_record_lost(env(REST, [PIPS], history=(BEGUN,))))
    assert commands(found) == [
        [
            "/opt/conda/envs/lab/bin/python -m pip uninstall --yes numpy",
            "/opt/conda/bin/conda install --prefix /opt/conda/envs/lab numpy=1.26.4",
        ]
    ]


def test_extra_files_of_the_default_builders_are_none():
    assert overlap(NUMPY, PIPS).extra == Paths()
