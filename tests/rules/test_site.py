"""site-packages: facts -> findings."""

from __future__ import annotations

import pytest

from envguard.errors import CannotTell
from envguard.facts import DirectUrl
from envguard.machine import PathFile, VendoredLibrary
from envguard.rules.site import executable_pth, orphaned_site_packages, vendored_library_conflict
from tests.rules.facts import PREFIX, SITE, Told, commands, dist, env, kernel, only, owned, pkg, record, told

OLD = "lib/python3.9/site-packages"
BOTH = {"site_packages": (OLD, SITE)}
NUMPY = pkg("numpy", "1.26.4")


def left(count: int, names: str, version: str = "3.9") -> str:
    what = "package is" if count == 1 else "packages are"
    it = "it" if count == 1 else "them"
    return f"{count} {what} left in the site-packages of Python {version}, and Python 3.11 does not see {it}: {names}"


@pytest.mark.parametrize(
    ("where", "expected"),
    [
        (env((), [dist("rich", site=OLD), dist("rich")], **BOTH), [Told("warning", OLD, left(1, "rich"))]),
        (
            env((), [dist("rich", site=OLD), owned("numpy", site=OLD)], **BOTH),
            [Told("warning", OLD, left(2, "rich, numpy"))],
        ),
        # python3.1 as a folder of its own, where a tool cut 3.10 short
        (
            env(
                (),
                [dist("rich", site="lib/python3.1/site-packages")],
                site_packages=(SITE, "lib/python3.1/site-packages"),
            ),
            [Told("warning", "lib/python3.1/site-packages", left(1, "rich", "3.1"))],
        ),
        # empty, or only what pip moved out of the way
        (env((), [dist("rich")], **BOTH), []),
        (env((), [dist("~ich", None, site=OLD, kind="leftover")], **BOTH), []),
        (env((), [dist("rich")]), []),
        # free-threaded, Windows and Debian
        (
            env(
                (),
                [dist("rich", site="lib/python3.11t/site-packages")],
                site_packages=("lib/python3.11t/site-packages",),
            ),
            [],
        ),
        (env((), [dist("rich", site="Lib/site-packages")], site_packages=("Lib/site-packages",)), []),
        (
            env(
                (), [dist("rich", site="lib/python3/dist-packages")], site_packages=(SITE, "lib/python3/dist-packages")
            ),
            [],
        ),
    ],
)
def test_orphaned(where, expected):
    assert told(orphaned_site_packages, where) == expected


@pytest.mark.parametrize("version", [None, "3.12.0"])
def test_without_the_own_folder_it_cannot_tell(version):
    with pytest.raises(CannotTell):
        told(orphaned_site_packages, env((), [dist("rich", site=OLD)], python_version=version, **BOTH))


def test_what_is_missing_in_the_new_folder_is_installed_there():
    dists = [dist("rich", site=OLD), dist("attrs", site=OLD), dist("attrs"), owned("numpy", by=NUMPY.record, site=OLD)]
    assert commands(only(orphaned_site_packages(env([NUMPY], dists, **BOTH)))) == [
        [f"/opt/conda/bin/conda install --prefix {PREFIX} --force-reinstall numpy"],
        [f"{PREFIX}/bin/python -m pip install rich==1.0"],
        [f"rm -r {PREFIX}/{OLD}"],
    ]


TORCH = dist("torch")


def vendored(stem: str) -> VendoredLibrary:
    return VendoredLibrary(stem, f"{SITE}/torch.libs/{stem}-1a2b3c4d.so.1", TORCH.path, f"lib/{stem}.so", record("x"))


@pytest.mark.parametrize(
    ("stems", "expected"),
    [
        (("libgomp",), "wheels of torch carry their own libgomp, which conda has here, too"),
        (
            ("libopenblasp-r0", "libhdf5"),
            "wheels of torch carry their own libopenblasp-r0, libhdf5, which conda has here, too",
        ),
        (("libz", "libpng16", "libgfortran", "libquadmath", "libstdc++"), None),
        ((), None),
    ],
)
def test_vendored(stems, expected):
    where = env((), [TORCH], vendored=tuple(map(vendored, stems)))
    assert told(vendored_library_conflict, where) == ([Told("info", "lab", expected)] if expected else [])


def condas(name: str) -> str:
    return f"{PREFIX}/lib/{name}"


def copy(stem: str) -> str:
    return f"{PREFIX}/{vendored(stem).path}"


LOADED = "the kernel has loaded {} twice: the copies in wheels of torch, and conda's"


@pytest.mark.parametrize(
    ("stems", "process", "expected"),
    [
        (
            ("libopenblas",),
            kernel(copy("libopenblas"), condas("libopenblas.so.0")),
            [("warning", LOADED.format("libopenblas"))],
        ),
        (
            ("libopenblas", "libpq"),
            kernel(copy("libopenblas"), condas("libopenblas.so.0"), copy("libpq")),
            [
                ("warning", LOADED.format("libopenblas")),
                ("info", "wheels of torch carry their own libpq, which conda has here, too"),
            ],
        ),
        # one of the two; a library of that name elsewhere; a process that is no kernel; what another rule tells
        (("libopenblas",), kernel(copy("libopenblas")), [("info", None)]),
        (("libopenblas",), kernel(condas("libopenblas.so.0")), [("info", None)]),
        (("libopenblas",), kernel(copy("libopenblas"), "/usr/lib/libopenblas.so.0"), [("info", None)]),
        (("libopenblas",), kernel(copy("libopenblas"), condas("libopenblas.so.0"), kind="fresh"), [("info", None)]),
        (("libgomp",), kernel(copy("libgomp"), condas("libgomp.so.1")), [("info", None)]),
    ],
)
def test_both_loaded(stems, process, expected):
    found = told(vendored_library_conflict, env((), [TORCH], vendored=tuple(map(vendored, stems)), process=process))
    assert [each.severity for each in found] == [severity for severity, _ in expected]
    assert all(message in (None, each.message) for each, (_, message) in zip(found, expected, strict=True))


EDITABLE = dist("mine", direct_url=DirectUrl("file:///home/me/mine", editable=True))


@pytest.mark.parametrize(
    ("pth", "expected"),
    [
        (
            PathFile(f"{SITE}/x.pth", None, ("import x",), ()),
            "x.pth runs code whenever Python starts, and no package owns it",
        ),
        (PathFile(f"{SITE}/x.pth", None, (), ("/home/me/lib",)), "x.pth adds /home/me/lib to the search path"),
        (PathFile(f"{SITE}/x.pth", TORCH.path, (), ("/home/me/lib",)), "x.pth adds /home/me/lib to the search path"),
        (PathFile(f"{SITE}/x.pth", TORCH.path, ("import x",), ()), None),
        (PathFile(f"{SITE}/x.pth", record("numpy"), ("import x",), ()), None),
        (PathFile(f"{SITE}/mine.pth", EDITABLE.path, (), ("/home/me/mine",)), None),
        (PathFile(f"{SITE}/distutils-precedence.pth", None, ("import os",), ()), None),
        (PathFile(f"{SITE}/protobuf-3.20.3-py3.10-nspkg.pth", None, ("import sys",), ()), None),
        (PathFile(f"{SITE}/__editable__.mine-1.0.pth", None, ("import mine",), ()), None),
        (PathFile(f"{SITE}/easy-install.pth", None, (), ("/home/me/mine",)), None),
    ],
)
def test_start_up_files(pth, expected):
    where = env((), [TORCH, EDITABLE], pths=(pth,))
    assert told(executable_pth, where) == ([Told("info", pth.path.rpartition("/")[2], expected)] if expected else [])
