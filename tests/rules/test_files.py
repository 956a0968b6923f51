"""Files of conda's: facts -> findings."""

from __future__ import annotations

import pytest

from envguard.facts import OnDisk, Paths
from envguard.rules.files import (
    conda_file_altered,
    conda_file_missing,
    two_conda_owners,
    unowned_files_in_package,
)
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
    titles,
    told,
    unowned,
)

MODULE, LIBRARY = f"{SITE}/numpy/core.py", f"{SITE}/numpy/core.so"


def numpy(**more):
    return pkg("numpy", "1.26.4", **more)


HOLEY = numpy(missing=paths(LIBRARY, MODULE))
SCIPY = pkg("scipy", depends=("numpy >=1.22",))
NUMPY_2 = dist("numpy", "2.3.5")


@pytest.mark.parametrize(
    ("where", "expected"),
    [
        (
            env([HOLEY], [owned("numpy", by=HOLEY.record)]),
            [Told("error", "numpy", "2 files of conda's numpy 1.26.4 are missing")],
        ),
        (
            env([numpy(missing=paths(MODULE))], [owned("numpy", by=HOLEY.record)]),
            [Told("warning", "numpy", "1 file of conda's numpy 1.26.4 is missing")],
        ),
        # slimming an image is no damage
        (
            env([numpy(missing=paths("lib/libnumpy.a", "share/doc/numpy/README"))], [owned("numpy", by=HOLEY.record)]),
            [Told("info", "numpy", "2 files of conda's numpy 1.26.4 are missing")],
        ),
        (
            env([numpy(missing=paths(f"{SITE}/numpy/tests/test_a.py"))], [owned("numpy", by=HOLEY.record)]),
            [Told("info", "numpy", "1 file of conda's numpy 1.26.4 is missing")],
        ),
        # many are gone, and only the first few names are known
        (
            env(
                [numpy(missing=Paths(90, 0, 90, (f"{SITE}/numpy/tests/test_a.py",)))], [owned("numpy", by=HOLEY.record)]
            ),
            [Told("warning", "numpy", "90 files of conda's numpy 1.26.4 are missing")],
        ),
        # pip uninstall
        (
            env([HOLEY]),
            [
                Told(
                    "error",
                    "numpy",
                    "numpy 1.26.4 was uninstalled behind conda's back: 2 of its files are gone, "
                    "conda's record is still there",
                )
            ],
        ),
        (
            env([numpy(missing=paths(MODULE))]),
            [
                Told(
                    "warning",
                    "numpy",
                    "numpy 1.26.4 was uninstalled behind conda's back: 1 of its files is gone, "
                    "conda's record is still there",
                )
            ],
        ),
        (
            env([numpy(missing=paths(MODULE)), SCIPY]),
            [
                Told(
                    "error",
                    "numpy",
                    "numpy 1.26.4 was uninstalled behind conda's back: 1 of its files is gone, "
                    "conda's record is still there",
                )
            ],
        ),
        # only the dist-info was deleted: the code is there
        (
            env([numpy(missing=paths(f"{SITE}/numpy-1.26.4.dist-info/METADATA"))]),
            [Told("warning", "numpy", "1 file of conda's numpy 1.26.4 is missing")],
        ),
        (
            env([pkg("zlib", "1.3", provides=(), files=2, missing=paths("lib/libz.so", "include/zlib.h"))]),
            [Told("error", "zlib", "all 2 files of conda's zlib 1.3 are gone, its record is still there")],
        ),
        # an editable install took conda's place and shares no file with it
        (
            env([numpy(missing=paths(MODULE))], [dist("numpy", "2.0.dev0")]),
            [
                Told(
                    "warning",
                    "numpy",
                    "conda's numpy 1.26.4 was uninstalled behind conda's back, "
                    "and pip's numpy 2.0.dev0 stands in its place",
                )
            ],
        ),
        # 102 tells it
        (env([HOLEY], [NUMPY_2], overlaps=(overlap(HOLEY, NUMPY_2),)), []),
        (
            env([HOLEY], [NUMPY_2], overlaps=(overlap(HOLEY, NUMPY_2, on_disk=OnDisk(conda=6, pip=6)),)),
            [],
        ),
        # conda put its files back, and some are gone again
        (
            env(
                [HOLEY],
                [NUMPY_2, owned("numpy", by=HOLEY.record)],
                overlaps=(overlap(HOLEY, NUMPY_2, on_disk=OnDisk(conda=12)),),
            ),
            [Told("error", "numpy", "2 files of conda's numpy 1.26.4 are missing")],
        ),
        # pip installed the same bytes, and of the dist-info its own half
        (
            env(
                [numpy(missing=paths(f"{SITE}/numpy-1.26.4.dist-info/direct_url.json"))],
                [dist("numpy", "1.26.4", taken_from=HOLEY.record)],
                overlaps=(overlap(HOLEY, dist("numpy", "1.26.4"), differ=0, on_disk=OnDisk(), sample=()),),
            ),
            [],
        ),
        (env([numpy(), SCIPY], [owned("numpy"), dist("rich")]), []),
    ],
)
def test_missing(where, expected):
    assert told(conda_file_missing, where) == expected


def test_missing_names_who_depends_on_it():
    found = only(conda_file_missing(env([HOLEY, SCIPY], [owned("numpy", by=HOLEY.record)])))
    assert found.consequence.english() == "scipy 1.0 was installed for numpy 1.26.4"
    assert found.evidence[0].source == HOLEY.record
    assert LIBRARY in found.evidence[0].says.english()
    assert commands(found) == [
        [f"/opt/conda/bin/conda install --prefix {PREFIX} --force-reinstall --channel conda-forge {HOLEY.spec}"]
    ]


def test_uninstalled_and_unneeded_may_go_for_good():
    found = only(conda_file_missing(env([HOLEY])))
    assert titles(found) == ["Put conda's files of numpy back", "Or let conda forget numpy, if it was meant to go"]
    assert commands(found)[1] == ["/opt/conda/bin/conda remove --prefix /opt/conda/envs/lab numpy"]


@pytest.mark.parametrize(
    ("altered", "severity"),
    [(paths(LIBRARY, MODULE), "error"), (paths(MODULE), "warning"), (paths("share/numpy.txt"), "info")],
)
def test_altered(altered, severity):
    n = altered.count
    message = f"{n} file{'s' * (n > 1)} of conda's numpy 1.26.4 {'were' if n > 1 else 'was'} altered"
    assert told(conda_file_altered, env([numpy(altered=altered)])) == [Told(severity, "numpy", message)]


def test_not_altered():
    assert told(conda_file_altered, env([HOLEY])) == []


JPEG, TURBO = pkg("jpeg", "9e", provides=()), pkg("libjpeg-turbo", "2.0", provides=())
UCRT, RUNTIME = pkg("ucrt", "10.0", provides=()), pkg("vs2015_runtime", "14.27", provides=())
ZLIB, LIBZLIB = pkg("zlib", "1.2.12", provides=()), pkg("libzlib", "1.2.12", provides=())


@pytest.mark.parametrize(
    ("pair", "packages", "expected"),
    [
        (
            both(JPEG, TURBO, "lib/libjpeg.so", "include/jpeglib.h", same=15),
            (JPEG, TURBO),
            [
                Told(
                    "warning",
                    "jpeg, libjpeg-turbo",
                    "conda's jpeg 9e and libjpeg-turbo 2.0 both claim 2 files with different content",
                )
            ],
        ),
        (
            both(JPEG, TURBO, "include/jpeglib.h"),
            (JPEG, TURBO),
            [
                Told(
                    "info",
                    "jpeg, libjpeg-turbo",
                    "conda's jpeg 9e and libjpeg-turbo 2.0 both claim 1 file with different content",
                )
            ],
        ),
        (
            both(UCRT, RUNTIME, "ucrtbase.dll"),
            (UCRT, RUNTIME),
            [
                Told(
                    "info",
                    "ucrt, vs2015_runtime",
                    "conda's ucrt 10.0 and vs2015_runtime 14.27 both claim 1 file with different content",
                )
            ],
        ),
        (
            both(ZLIB, LIBZLIB, "lib/libz.so"),
            (ZLIB, LIBZLIB),
            [
                Told(
                    "info",
                    "zlib, libzlib",
                    "conda's zlib 1.2.12 and libzlib 1.2.12 both claim 1 file with different content",
                )
            ],
        ),
        # every Windows record lists .nonadmin
        (both(JPEG, TURBO, same=17), (JPEG, TURBO), []),
    ],
)
def test_two_owners(pair, packages, expected):
    assert told(two_conda_owners, env(packages, shared_records=(pair,))) == expected


@pytest.mark.parametrize(
    ("files", "severity"),
    [(("old.py",), "warning"), (("_old.so",), "warning"), (("cache.json",), "info")],
)
def test_unowned(files, severity):
    found = only(unowned_files_in_package(env([numpy()], unowned=(unowned(numpy(), "numpy", *files),))))
    assert (found.severity.value, found.subject) == (severity, "numpy")
    assert found.message.english() == f"1 file in {SITE}/numpy belongs to no book, in the midst of conda's numpy 1.26.4"
    assert commands(found) == [[f"rm /opt/conda/envs/lab/{SITE}/numpy/{files[0]}"]]


def test_many_unowned_files_go_with_their_folder():
    where = env([numpy()], unowned=(unowned(numpy(), "numpy", "old.py", count=500),))
    found = only(unowned_files_in_package(where))
    assert found.fixes[0].safety.value == "manual"
    assert commands(found)[0][0] == f"rm -r /opt/conda/envs/lab/{SITE}/numpy"


def test_leftover_is_information():
    left = dist("~umpy", None, kind="leftover")
    found = only(unowned_files_in_package(env([numpy()], [left, owned("numpy")])))
    assert (found.severity.value, found.subject) == ("info", left.path.rpartition("/")[2])
    assert commands(found) == [[f"rm -r /opt/conda/envs/lab/{left.path}"]]


def test_nothing_unowned():
    assert told(unowned_files_in_package, env([numpy()], [owned("numpy"), dist("rich")])) == []


def holed(name: str, file: str):
    return pkg(name, provides=(), missing=paths(file))


def test_so_many_at_once_are_told_once_for_each_severity():
    compiled = [holed(f"a{number:02}", "lib/a.so") for number in range(8)]
    sources = [holed(f"b{number:02}", "lib/b.py") for number in range(5)]
    slim = [holed("c", "share/doc/c.txt")]
    names = ", ".join(each.name for each in compiled), ", ".join(each.name for each in sources)
    assert told(conda_file_missing, env([*compiled, *sources, *slim])) == [
        Told("error", "lab", f"files of 8 packages of conda's are missing: {names[0]}"),
        Told("warning", "lab", f"files of 5 packages of conda's are missing: {names[1]}"),
        Told("info", "c", "1 file of conda's c 1.0 is missing"),
    ]


def test_a_dozen_are_told_one_by_one():
    few = [holed(f"a{number:02}", "lib/a.so") for number in range(12)]
    assert len(told(conda_file_missing, env(few))) == 12


def test_where_pip_stands_in_a_packages_place_that_is_told_for_itself():
    many = [holed(f"a{number:02}", "lib/a.so") for number in range(13)]
    findings = told(conda_file_missing, env([*many, numpy(missing=paths(MODULE))], [NUMPY_2]))
    assert [each.subject for each in findings] == ["numpy", "lab"]


def test_two_records_of_one_package_are_told_and_the_one_with_its_files_stays():
    old, new = pkg("numpy", "1.26.4", missing=paths("lib/a.so")), pkg("numpy", "2.0.0")
    found = only(two_conda_owners(env([old, new, pkg("scipy")])))
    assert (found.severity.value, found.subject) == ("warning", "numpy")
    assert found.message.english() == "conda has 2 records of numpy: 1.26.4 py311_0, 2.0.0 py311_0"
    (fix,) = found.fixes
    assert fix.steps[0].argv == ("rm", f"{PREFIX}/{old.record}")
    assert "numpy=2.0.0=py311_0" in fix.steps[1].argv
    assert fix.safety.value == "manual"
