"""Activation: facts -> findings."""

from __future__ import annotations

import pytest

from envguard.errors import CannotTell
from envguard.facts import Activation, Importable
from envguard.rules.activation import activation_points_elsewhere, not_activated
from tests.rules.facts import PREFIX, SITE, Told, commands, env, kernel, only, owned, pkg, shell, told

FOLDER = "etc/conda/activate.d"
LIB, FOO = pkg("libfoo", provides=()), pkg("pyfoo", depends=("libfoo >=1",))
FOO_DATA = Activation(f"{FOLDER}/libfoo_activate.sh", LIB.record, ("FOO_DATA",))
IMPORTABLE = (Importable("foo", f"{SITE}/foo", FOO.record, None), Importable("bar", f"{SITE}/bar", None, None))


def where(*scripts: Activation, process=None, conda=(LIB, FOO), **more):
    return env(
        conda,
        more.pop("dists", (owned("pyfoo"),)),
        activation=scripts,
        importable=IMPORTABLE,
        **{"shell": None, "process": process or kernel(modules=("foo",)), **more},
    )


def unset(*names: str, severity: str = "warning") -> list[Told]:
    said = f"the kernel runs without this environment's activation, which sets {', '.join(names)}"
    return [Told(severity, "lab", said)]


LOADER = Activation(f"{FOLDER}/loader.sh", LIB.record, ("LD_LIBRARY_PATH",))
WINDOWS = {"layout": "windows", "prefix": "C:\\conda\\envs\\lab"}


@pytest.mark.parametrize(
    ("at", "expected"),
    [
        # a loaded package depends on what the script belongs to; one that is only installed may come to need it
        (where(FOO_DATA), unset("FOO_DATA")),
        (where(FOO_DATA, process=kernel(modules=("bar",))), unset("FOO_DATA", severity="info")),
        (
            where(FOO_DATA, process=kernel(modules=("foo",), variables={"CONDA_PREFIX": "/opt/conda"})),
            unset("FOO_DATA"),
        ),
        # the same for every shell
        (
            where(FOO_DATA, Activation(f"{FOLDER}/libfoo_activate.fish", LIB.record, ("FOO_DATA",))),
            unset("FOO_DATA"),
        ),
        # for the loader, and what the user set
        (where(LOADER, process=kernel()), unset("LD_LIBRARY_PATH")),
        (
            where(LOADER, process=kernel(variables={"LD_LIBRARY_PATH": "/usr/local/cuda/lib64"})),
            unset("LD_LIBRARY_PATH"),
        ),
        (where(Activation("conda-meta/state", None, ("MY_KEY",)), process=kernel()), unset("MY_KEY")),
        # activated, or set in another way
        (where(FOO_DATA, process=kernel(modules=("foo",), variables={"CONDA_PREFIX": PREFIX})), []),
        (where(FOO_DATA, shell=shell(active=PREFIX)), []),
        (where(FOO_DATA, process=kernel(modules=("foo",), variables={"FOO_DATA": "/x"})), []),
        (where(LOADER, process=kernel(variables={"LD_LIBRARY_PATH": f"/usr/lib:{PREFIX}/lib"})), []),
        # nothing, what only builds ask for, no conda
        (where(), []),
        (where(Activation(f"{FOLDER}/gcc.sh", LIB.record, ("CFLAGS", "CC", "XML_CATALOG_FILES"))), []),
        (where(FOO_DATA, conda=(), manager="venv", process=kernel(kind="fresh")), []),
        (where(FOO_DATA, conda=(), manager="venv"), []),
        # Windows
        (where(process=kernel(variables={"Path": "C:\\Windows"}), **WINDOWS), unset("PATH")),
        (
            where(process=kernel(variables={"PATH": "C:\\Windows;c:\\conda\\envs\\lab\\Library\\bin\\"}), **WINDOWS),
            [],
        ),
    ],
)
def test_not_activated(at, expected):
    assert told(not_activated, at) == expected


def test_how_a_kernel_is_started_is_not_known_without_one():
    with pytest.raises(CannotTell):
        told(not_activated, where(FOO_DATA, process=kernel(modules=("foo",), kind="fresh")))


@pytest.mark.parametrize(
    ("more", "expected"),
    [
        ({}, ["/opt/conda/bin/conda install --name base nb_conda_kernels"]),
        ({"dists": (owned("jupyterlab"),)}, [f"/opt/conda/bin/conda run --prefix {PREFIX} jupyter lab"]),
    ],
)
def test_the_way_to_an_activated_kernel(more, expected):
    assert commands(only(not_activated(where(FOO_DATA, **more)))) == [expected]


PROJ = pkg("proj", provides=())
SYSTEM = "/usr/share/proj"


def points(variable: str, value: str, severity: str = "warning") -> list[Told]:
    return [Told(severity, variable, f"{variable} points to {value}, outside this environment")]


def with_variables(kind: str = "kernel", **variables: str):
    return {"process": kernel(kind=kind, variables=variables), "conda": (PROJ, LIB)}


CERTIFICATES = Activation(f"{FOLDER}/ssl.sh", LIB.record, ("SSL_CERT_FILE",))
OTHER = "/opt/conda/envs/geo"


@pytest.mark.parametrize(
    ("at", "expected"),
    [
        (where(**with_variables(PROJ_LIB=SYSTEM)), points("PROJ_LIB", SYSTEM)),
        (where(**with_variables("fresh", PROJ_DATA=SYSTEM)), points("PROJ_DATA", SYSTEM)),
        (where(FOO_DATA, **with_variables(FOO_DATA="/usr/share/foo")), points("FOO_DATA", "/usr/share/foo")),
        # Jupyter was started from another activated environment
        (
            where(**with_variables(PROJ_LIB=f"{OTHER}/share/proj", CONDA_PREFIX=OTHER)),
            points("PROJ_LIB", f"{OTHER}/share/proj"),
        ),
        (
            where(CERTIFICATES, **with_variables(SSL_CERT_FILE=f"{OTHER}/ssl/cacert.pem", CONDA_PREFIX=OTHER)),
            points("SSL_CERT_FILE", f"{OTHER}/ssl/cacert.pem", "info"),
        ),
        # its Python was only asked from there
        (where(**with_variables("fresh", PROJ_LIB=f"{OTHER}/share/proj", CONDA_PREFIX=OTHER)), []),
        # inside, a list with one inside, no path; nothing here reads it; a company's certificates; a list of folders
        (where(**with_variables(PROJ_LIB=f"{PREFIX}/share/proj")), []),
        (where(**with_variables(PROJ_DATA=f"{SYSTEM}:{PREFIX}/share/proj")), []),
        (where(**with_variables(PROJ_LIB="share/proj")), []),
        (where(**with_variables(PROJ_LIB="")), []),
        (where(**with_variables(GDAL_DATA="/usr/share/gdal")), []),
        (where(CERTIFICATES, **with_variables(SSL_CERT_FILE="/etc/ssl/company.pem")), []),
        (where(LOADER, **with_variables(LD_LIBRARY_PATH="/usr/local/cuda/lib64")), []),
        (where(Activation("conda-meta/state", None, ("MY_DATA",)), **with_variables(MY_DATA="/data")), []),
    ],
)
def test_points_elsewhere(at, expected):
    assert told(activation_points_elsewhere, at) == expected


def test_the_variable_is_set_right_for_the_kernel():
    found = only(activation_points_elsewhere(where(**with_variables(PROJ_LIB=SYSTEM))))
    assert commands(found) == [
        [f"{PREFIX}/bin/python -m ipykernel install --sys-prefix --env PROJ_LIB {PREFIX}/share/proj"],
        ["env -u PROJ_LIB jupyter lab"],
    ]
