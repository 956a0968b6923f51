"""HDF5: facts -> findings."""

from __future__ import annotations

import pytest

from envguard.facts import Importable
from envguard.machine import VendoredLibrary
from envguard.rules.depends import conda_depends_unmet
from envguard.rules.hdf5 import hdf5_mismatch
from envguard.rules.site import vendored_library_conflict
from tests.rules.facts import PREFIX, SITE, Told, commands, dist, env, kernel, only, overlap, owned, pkg, record, told

LOOSE = "hdf5 >=1.10.6,<1.11.0a0"


def library(version: str):
    return pkg("hdf5", version, "h3ffc7dd_1", provides=())


def user(spec: str = LOOSE, name: str = "h5py", **more):
    return pkg(name, "2.10.0", depends=("numpy", spec), **more)


def built(wanted: str, found: str, name: str = "h5py", severity: str = "warning") -> list[Told]:
    return [Told(severity, name, f"{name} 2.10.0 was built with hdf5 {wanted}, and hdf5 {found} is installed")]


@pytest.mark.parametrize(
    ("spec", "found", "expected"),
    [
        (LOOSE, "1.10.7", built("1.10.6", "1.10.7")),
        (LOOSE, "1.10.6", []),
        ("hdf5 >=1.8.18,<1.9.0a0", "1.8.20", built("1.8.18", "1.8.20")),
        ("hdf5 >=1.12.0,<1.13", "1.12.1", built("1.12.0", "1.12.1")),
        ("hdf5 >=1.12.2,<2", "1.14.3", built("1.12.2", "1.14.3")),
        # the library decides, and these take other releases of their series
        (LOOSE, "1.10.9", []),
        ("hdf5 >=1.12.1,<1.13", "1.12.2", []),
        ("hdf5 >=1.14.0,<1.15", "1.14.3", []),
        # not met at all: the rule about depends tells it
        ("hdf5 >=1.10.6,<1.10.7.0a0", "1.10.7", []),
        # no word of what it was built with
        ("hdf5", "1.10.7", []),
        ("hdf5 1.10.*", "1.10.7", []),
        ("hdf5 >=1.10", "1.10.7", []),
    ],
)
def test_built_with_another(spec, found, expected):
    assert told(hdf5_mismatch, env((user(spec), library(found)))) == expected


@pytest.mark.parametrize("name", ["pytables", "netcdf4", "vtk", "libnetcdf"])
def test_whoever_uses_it(name):
    assert told(hdf5_mismatch, env((user(name=name), library("1.10.7")))) == built("1.10.6", "1.10.7", name)


def test_it_is_told_once():
    where = env((user("hdf5 >=1.10.6,<1.10.7.0a0"), pkg("numpy"), library("1.10.7")))
    assert told(hdf5_mismatch, where) == []
    assert [found.subject for found in conda_depends_unmet(where)] == ["h5py"]


def test_the_way_back_is_one_package():
    assert commands(only(hdf5_mismatch(env((user(), library("1.10.7")))))) == [
        [f"/opt/conda/bin/conda install --prefix {PREFIX} hdf5=1.10.6"]
    ]


LIBRARY = f"{PREFIX}/lib/libhdf5.so.103.2.0"
TABLES = Importable("tables", f"{SITE}/tables", record("pytables", "2.10.0"), None)


@pytest.mark.parametrize(
    ("process", "expected"),
    [
        # the library is there already, and who was built with another is still to come
        (kernel(LIBRARY), built("1.10.6", "1.10.7", "pytables", "error")),
        (kernel(LIBRARY, modules=("tables",)), []),
        (kernel(modules=("tables",), kind="fresh"), built("1.10.6", "1.10.7", "pytables")),
        (kernel(variables={"HDF5_DISABLE_VERSION_CHECK": "1"}), []),
        (kernel(variables={"HDF5_DISABLE_VERSION_CHECK": "0"}), built("1.10.6", "1.10.7", "pytables")),
    ],
)
def test_a_kernel_that_outlived_the_import_proves_the_contrary(process, expected):
    where = env((user(name="pytables"), library("1.10.7")), process=process, importable=(TABLES,))
    assert told(hdf5_mismatch, where) == expected


WHEEL = dist("h5py", "3.11.0")
BUNDLED = f"{SITE}/h5py.libs/libhdf5-7f639dcd.so.310.2.0"
TWIN = VendoredLibrary("libhdf5", BUNDLED, WHEEL.path, "lib/libhdf5.so", record("hdf5"))
NETCDF4 = pkg("netcdf4", depends=("libnetcdf >=4.9",))
BESIDE = "pip's h5py brought an HDF5 library of their own, while conda's netcdf4 use conda's"


@pytest.mark.parametrize(
    ("packages", "more", "expected", "left"),
    [
        ((NETCDF4, library("1.14.3")), {}, [Told("warning", "hdf5", BESIDE)], 0),
        # nobody of conda's uses conda's from Python: information, as of any library
        ((library("1.14.3"),), {}, [], 1),
        ((pkg("libnetcdf", depends=("hdf5",), provides=()), library("1.14.3")), {}, [], 1),
        ((NETCDF4, library("1.14.3")), {"vendored": ()}, [], 0),
        (
            (NETCDF4, library("1.14.3")),
            {"process": kernel(f"{PREFIX}/{BUNDLED}", f"{PREFIX}/lib/libhdf5.so.310.3.0")},
            [Told("error", "hdf5", "2 copies of the HDF5 library are loaded in the kernel")],
            0,
        ),
        (
            (NETCDF4, library("1.14.3")),
            {"process": kernel(f"{PREFIX}/{BUNDLED}", f"{PREFIX}/lib/libhdf5.so.310.2.0")},
            [Told("warning", "hdf5", "2 copies of the HDF5 library are loaded in the kernel")],
            0,
        ),
        # one copy, with its companion; and what another process has means nothing
        (
            (NETCDF4, library("1.14.3")),
            {"process": kernel(f"{PREFIX}/{BUNDLED}", f"{PREFIX}/{SITE}/h5py.libs/libhdf5_hl-8de85ee1.so.310.0.2")},
            [Told("warning", "hdf5", BESIDE)],
            0,
        ),
        (
            (NETCDF4, library("1.14.3")),
            {"process": kernel(f"{PREFIX}/{BUNDLED}", f"{PREFIX}/lib/libhdf5.so.310.3.0", kind="fresh")},
            [Told("warning", "hdf5", BESIDE)],
            0,
        ),
    ],
)
def test_two_copies(packages, more, expected, left):
    where = env(packages, (WHEEL,), **{"vendored": (TWIN,), **more})
    assert told(hdf5_mismatch, where) == expected
    assert len(told(vendored_library_conflict, where)) == left


def test_two_wheels_with_a_copy_each_are_seen_in_the_kernel():
    files = (f"{PREFIX}/{BUNDLED}", f"{PREFIX}/{SITE}/netCDF4.libs/libhdf5-12345678.so.200.1.0")
    found = only(hdf5_mismatch(env((), (WHEEL, dist("netcdf4", "1.6")), process=kernel(*files))))
    assert (found.severity.value, found.fixes) == ("error", ())
    assert [each.source for each in found.evidence] == list(files)


def test_a_wheel_of_which_conda_has_put_its_own_back_is_not_imported():
    package = pkg("h5py", "3.10.0", depends=("hdf5 >=1.14.3,<1.14.4.0a0",))
    shape_b = overlap(package, WHEEL, on_disk=type(overlap(package, WHEEL).on_disk)(conda=12))
    where = env(
        (package, NETCDF4, library("1.14.3")),
        (WHEEL, owned("h5py", "3.10.0", by=package.record)),
        overlaps=(shape_b,),
        vendored=(TWIN,),
    )
    assert told(hdf5_mismatch, where) == []


def test_one_side_for_all():
    where = env((NETCDF4, library("1.14.3")), (WHEEL,), vendored=(TWIN,))
    assert commands(only(hdf5_mismatch(where))) == [
        [
            f"{PREFIX}/bin/python -m pip uninstall --yes h5py",
            f"/opt/conda/bin/conda install --prefix {PREFIX} h5py",
        ]
    ]
