"""MKL: facts -> findings."""

from __future__ import annotations

import pytest

from envguard.rules.mkl import mkl_breaks_torch, pip_numpy_in_mkl_env
from tests.rules.facts import PREFIX, SITE, Told, commands, dist, env, kernel, only, overlap, owned, pkg, told

BUILD = "py3.10_cuda11.8_cudnn8.7.0_0"


def torch(version: str = "2.2.0", build: str = BUILD, **more):
    return pkg("pytorch", version, build, **{"channel": "pytorch", "depends": ("mkl >=2018",), "provides": ("torch",), **more})  # fmt: skip


def mkl(version: str = "2024.1.0"):
    return pkg("mkl", version, "h66d3029_691", provides=())


def broken(version: str = "2.2.0", found: str = "2024.1.0") -> list[Told]:
    message = f"pytorch {version} cannot be imported with mkl {found}, which lacks the function iJIT_NotifyEvent"
    return [Told("error", "pytorch", message)]


@pytest.mark.parametrize(
    ("packages", "more", "expected"),
    [
        ((torch(), mkl()), {}, broken()),
        ((torch("1.12.1"), mkl("2025.0.0")), {}, broken("1.12.1", "2025.0.0")),
        ((torch("2.5.1", "py3.12_cpu_0", depends=("mkl", "blas * mkl")), mkl()), {}, broken("2.5.1")),
        ((torch("2.3.0.dev20240101", channel="https://conda.anaconda.org/pytorch-nightly"), mkl()), {}, broken("2.3.0.dev20240101")),
        # a mirror that does not say of what: the build's name tells who made it
        ((torch(channel="https://mirror.corp/pt"), mkl()), {}, broken()),
        ((torch(build="py310h1234567_0", channel="https://mirror.corp/pt"), mkl()), {}, []),
        # the last MKL that has it; others' torch, pinned to its MKL; a torch without MKL
        ((torch(), mkl("2024.0.0")), {}, []),
        ((torch(), mkl("2023.1.0")), {}, []),
        ((torch(channel="conda-forge", build="cpu_mkl_py310h1234567_0"), mkl()), {}, []),
        ((torch(channel="defaults", build="cpu_py310h1234567_0"), mkl()), {}, []),
        ((torch(depends=("numpy",)), mkl()), {}, []),
        ((torch("2.6.0"), mkl()), {}, []),
        ((torch("1.4.0"), mkl()), {}, []),
        ((torch(),), {}, []),
        ((mkl(),), {}, []),
        ((torch(), mkl()), {"platform": "osx-64"}, []),
        ((torch(), mkl()), {"platform": "win-64", "layout": "windows"}, []),
    ],
)  # fmt: skip
def test_torch(packages, more, expected):
    assert told(mkl_breaks_torch, env(packages, **more)) == expected


def test_a_wheel_in_the_place_of_condas_torch_is_immune():
    package, wheel = torch(), dist("torch", "2.2.0+cu118")
    where = env((package, mkl()), (wheel,), overlaps=(overlap(package, wheel, compiled=4),))
    assert told(mkl_breaks_torch, where) == []


def test_pips_mkl_lies_where_condas_did():
    package, wheel = mkl("2024.0.0"), dist("mkl", "2025.1.0")
    where = env((torch(), package), (wheel,), overlaps=(overlap(package, wheel, compiled=4),))
    assert told(mkl_breaks_torch, where) == broken(found="2025.1.0")
    assert commands(only(mkl_breaks_torch(where))) == [
        [
            f"{PREFIX}/bin/python -m pip uninstall --yes mkl",
            f"/opt/conda/bin/conda install --prefix {PREFIX} mkl=2024.0",
        ]
    ]


def test_the_way_back_is_one_package():
    assert commands(only(mkl_breaks_torch(env((torch(), mkl()))))) == [
        [f"/opt/conda/bin/conda install --prefix {PREFIX} mkl=2024.0"]
    ]


BLAS = pkg("blas", "1.0", "mkl", provides=())
FORGE_BLAS = pkg("libblas", "3.9.0", "20_linux64_mkl", provides=())
OPEN_BLAS = pkg("libblas", "3.9.0", "20_linux64_openblas", provides=())
SCIPY = pkg("scipy", "1.11.4", depends=("mkl >=2023.1.0,<2024.0a0", "numpy >=1.22,<2"))
FORGE_SCIPY = pkg("scipy", "1.11.4", depends=("libblas >=3.9.0,<4.0a0",))
CONDAS, PIPS = pkg("numpy", "1.26.4", depends=("mkl >=2023.1.0",)), dist("numpy", "2.1.0")
MKL = mkl("2023.1.0")
SAYS = [Told("info", "numpy", "pip's numpy 2.1.0 brings a BLAS of its own, while conda's scipy use MKL")]


@pytest.mark.parametrize(
    ("packages", "dists", "expected"),
    [
        ((MKL, BLAS, SCIPY), [PIPS], SAYS),
        ((MKL, FORGE_BLAS, FORGE_SCIPY), [PIPS], SAYS),
        ((MKL, BLAS, CONDAS, SCIPY), [PIPS], SAYS),
        # nobody else uses MKL; another BLAS is chosen; numpy is conda's
        ((MKL, BLAS, CONDAS), [PIPS], []),
        ((MKL, OPEN_BLAS, FORGE_SCIPY), [PIPS], []),
        ((FORGE_BLAS, FORGE_SCIPY), [PIPS], []),
        ((MKL, BLAS, CONDAS, SCIPY), [owned("numpy", "1.26.4", by=CONDAS.record)], []),
        ((MKL, BLAS, SCIPY), [], []),
    ],
)
def test_numpy(packages, dists, expected):
    overlaps = (overlap(CONDAS, PIPS),) if CONDAS in packages and PIPS in dists else ()
    assert told(pip_numpy_in_mkl_env, env(packages, dists, overlaps=overlaps)) == expected


def test_a_kernel_shows_both():
    here = f"{PREFIX}/{SITE}/numpy.libs/libscipy_openblas64_-6bb31eeb.so", f"{PREFIX}/lib/libmkl_core.so.2"
    found = only(pip_numpy_in_mkl_env(env((MKL, BLAS, SCIPY), [PIPS], process=kernel(*here))))
    assert [each.source for each in found.evidence[2:]] == list(here)
