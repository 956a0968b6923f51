"""What the processor can do: facts -> findings."""

from __future__ import annotations

import pytest

from envguard.rules.processor import cpu_features_missing
from tests.rules.facts import PREFIX, Told, commands, dist, env, kernel, only, owned, pkg, told

OLDEST = ("fpu", "sse", "sse2", "pni", "ssse3", "cx16", "sse4_1", "lahf_lm")  # no sse4_2, no popcnt
V2 = (*OLDEST, "sse4_2", "popcnt")
SANDY = (*V2, "avx", "xsave")
V3 = (*SANDY, "abm", "avx2", "bmi1", "bmi2", "f16c", "fma", "movbe")
V4 = (*V3, "avx512bw", "avx512cd", "avx512dq", "avx512f", "avx512vl")
LACKING_V3 = "abm, avx2, bmi1, bmi2, f16c, fma, movbe"
LACKING_V4 = "avx512bw, avx512cd, avx512dq, avx512f, avx512vl"


def meta(level: int):
    return pkg("_x86_64-microarch-level", str(level), f"2_x86_64_v{level}", provides=(), noarch="generic", subdir="noarch",
               depends=(f"__archspec 1 x86_64_v{level}",))  # fmt: skip


def leveled(name: str, level: int, lacking: str, version: str = "1.0") -> list[Told]:
    return [Told("error", name, f"{name} {version} was built for x86-64-v{level}, and the processor lacks {lacking}")]


NEEDY = pkg("foolib", depends=("_x86_64-microarch-level >=3", "libstdcxx >=14"))


@pytest.mark.parametrize(
    ("packages", "flags", "expected"),
    [
        ((NEEDY, meta(3)), SANDY, leveled("foolib", 3, LACKING_V3)),
        ((pkg("barlib", depends=("__archspec 1 x86_64_v4",)),), V3, leveled("barlib", 4, LACKING_V4)),
        ((pkg("barlib", depends=("__archspec * x86_64_v4",)),), V3, leveled("barlib", 4, LACKING_V4)),
        ((pkg("barlib", depends=("_x86_64-microarch-level 4",)), meta(4)), V3, leveled("barlib", 4, LACKING_V4)),
        ((meta(3),), SANDY, leveled("_x86_64-microarch-level", 3, LACKING_V3, "3")),
        ((NEEDY, meta(2)), OLDEST, leveled("foolib", 3, f"popcnt, sse4_2, abm, avx, {LACKING_V3[5:].replace('movbe', 'movbe, xsave')}")),
        # enough, and no level asked for
        ((NEEDY, meta(3)), V3, []),
        ((NEEDY, meta(3)), V4, []),
        ((meta(1),), OLDEST, []),
        ((pkg("barlib", depends=("__archspec 1 zen2",)),), OLDEST, []),
        ((pkg("archspec"), pkg("barlib", depends=("archspec",))), OLDEST, []),
    ],
)  # fmt: skip
def test_levels(packages, flags, expected):
    assert told(cpu_features_missing, env(packages, process=kernel(cpu_flags=flags))) == expected


def lacks(name: str, version: str, flags: str) -> list[Told]:
    return [Told("error", name, f"{name} {version} needs instructions that the processor lacks: {flags}")]


@pytest.mark.parametrize(
    ("dists", "flags", "expected"),
    [
        ([dist("tensorflow", "2.15.0")], V2, lacks("tensorflow", "2.15.0", "avx")),
        ([dist("tensorflow-cpu", "1.6.0")], V2, lacks("tensorflow-cpu", "1.6.0", "avx")),
        ([dist("jaxlib", "0.4.20")], V2, lacks("jaxlib", "0.4.20", "avx")),
        ([dist("polars", "0.20.1")], SANDY, lacks("polars", "0.20.1", "avx2, fma")),
        ([dist("polars", "1.35"), dist("polars-runtime-32", "1.35")], SANDY, lacks("polars-runtime-32", "1.35", "avx2, fma")),
        ([dist("numpy", "2.4.1")], OLDEST, lacks("numpy", "2.4.1", "popcnt, sse4_2")),
        # older wheels, other packages of the kind, another builder, a newer processor
        ([dist("tensorflow", "1.5.0")], V2, []),
        ([dist("numpy", "2.3.5")], OLDEST, []),
        ([dist("polars-lts-cpu", "0.20.1")], OLDEST, []),
        ([dist("polars-runtime-32", "1.35"), dist("polars-runtime-compat", "1.35")], SANDY, []),
        ([owned("tensorflow", "2.15.0")], V2, []),
        ([dist("tensorflow", "2.15.0"), dist("polars", "0.20.1"), dist("numpy", "2.4.1")], V3, []),
    ],
)  # fmt: skip
def test_wheels(dists, flags, expected):
    assert told(cpu_features_missing, env((), dists, process=kernel(cpu_flags=flags))) == expected


@pytest.mark.parametrize(
    ("process", "severity"),
    [
        (kernel(cpu_flags=V2), "error"),
        (kernel(cpu_flags=V2, kind="fresh"), "warning"),
        (kernel(cpu_flags=V2, modules=("tensorflow",)), None),
        (kernel(cpu_flags=None), None),
        (kernel(cpu_flags=("fp", "asimd"), machine="aarch64"), None),
        (None, None),
    ],
)
def test_only_what_is_known_of_this_machine(process, severity):
    found = told(cpu_features_missing, env((), [dist("tensorflow", "2.15.0")], process=process))
    assert [each.severity for each in found] == ([severity] if severity else [])


@pytest.mark.parametrize(
    ("where", "lines"),
    [
        (env((), [dist("polars", "0.20.1")]), [["uninstall --yes polars", "install polars-lts-cpu"]]),
        (env((), [dist("numpy", "2.4.1")]), [["install numpy<2.4"]]),
        (env((), [dist("polars-runtime-32", "1.35")]), [["install polars-runtime-compat"]]),
        (env((), [dist("tensorflow", "2.15.0")]), []),
    ],
)
def test_a_wheel_for_older_processors(where, lines):
    here = env((), where.distributions, process=kernel(cpu_flags=OLDEST))
    found = only(cpu_features_missing(here))
    assert commands(found) == [[f"{PREFIX}/bin/python -m pip {line}" for line in fix] for fix in lines]


def test_conda_chooses_again():
    found = only(cpu_features_missing(env((NEEDY, meta(3)), process=kernel(cpu_flags=SANDY))))
    assert commands(found) == [[f"/opt/conda/bin/conda install --prefix {PREFIX} --force-reinstall foolib"]]
