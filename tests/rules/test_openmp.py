"""OpenMP: facts -> findings."""

from __future__ import annotations

import pytest

from envguard.library import Library
from envguard.rules.openmp import kmp_duplicate_ok_set, threading_layer_conflict, two_openmp_runtimes
from tests.rules.facts import PREFIX, SITE, Told, commands, dist, env, kernel, only, pkg, told

GNU, INTEL, LLVM = (f"{PREFIX}/lib/{name}" for name in ("libgomp.so.1.0.0", "libiomp5.so", "libomp.so"))
WHEEL = f"{PREFIX}/{SITE}/foolib.libs/libgomp-a34b3233.so.1.0.0"


def running(*mapped: str, **more):
    return env(process=kernel(*mapped, **more))


def has(*names: str) -> str:
    return f"the kernel has {len(names)} OpenMP runtimes in memory: {', '.join(names)}"


@pytest.mark.parametrize(
    ("mapped", "system", "severity"),
    [
        ((GNU, INTEL), "Linux", "warning"),
        ((GNU, LLVM), "Linux", "warning"),
        ((INTEL, LLVM), "Linux", "warning"),
        ((WHEEL, INTEL), "Linux", "warning"),
        ((GNU, WHEEL), "Linux", "info"),
        (("/p/lib/libiomp5.dylib", "/p/site/torch/lib/libomp.dylib"), "Darwin", "error"),
        (("/p/lib/libomp.dylib", "/p/site/sklearn/.dylibs/libomp.dylib"), "Darwin", "error"),
        (("/p/lib/libgomp.1.dylib", "/p/lib/libomp.dylib"), "Darwin", "info"),
        ((r"C:\p\libiomp5md.dll", r"C:\p\torch\lib\libiomp5md.dll"), "Windows", "error"),
        ((r"C:\p\libiomp5md.dll", r"C:\Windows\System32\vcomp140.dll"), "Windows", "info"),
        # one file; names that only begin alike
        ((GNU,), "Linux", None),
        ((INTEL, INTEL), "Linux", None),
        ((INTEL, f"{PREFIX}/lib/libiomp5_db.so", f"{PREFIX}/lib/libomptarget.so", "/x/libgomp-plugin-nvptx.so.1"), "Linux", None),
    ],
)  # fmt: skip
def test_two_runtimes(mapped, system, severity):
    names = tuple(path.replace("\\", "/").rpartition("/")[2] for path in mapped)
    expected = [Told(severity, "lab", has(*names))] if severity else []
    assert told(two_openmp_runtimes, running(*mapped, system=system)) == expected


def test_what_is_loaded_in_an_interpreter_that_was_only_asked_means_nothing():
    where = env(process=kernel(GNU, INTEL, kind="fresh"))
    assert told(two_openmp_runtimes, where) == []


def test_whose_they_are_and_which_one_conda_could_bring():
    torch = dist("torch", "2.5.1")
    owned = Library(WHEEL, "libgomp-a34b3233.so.1", (), (), (), (), (), "x86_64", owner=torch.path, inside=True)
    where = env([pkg("numpy")], [torch], process=kernel(WHEEL, INTEL), libraries=(owned,))
    found = only(two_openmp_runtimes(where))
    assert found.evidence[0].says.english().endswith(f"it belongs to {torch.path}")
    assert commands(found) == [
        [
            f"{PREFIX}/bin/python -m pip uninstall --yes torch",
            f"/opt/conda/bin/conda install --prefix {PREFIX} pytorch",
        ]
    ]


@pytest.mark.parametrize("value", ["TRUE", "1", "True", "yes"])
def test_a_variable_that_hides_it(value):
    where = running(GNU, INTEL, variables={"KMP_DUPLICATE_LIB_OK": value})
    (found,) = told(kmp_duplicate_ok_set, where)
    assert (found.severity, found.subject) == ("warning", "KMP_DUPLICATE_LIB_OK")
    alone = told(kmp_duplicate_ok_set, running(INTEL, variables={"KMP_DUPLICATE_LIB_OK": value}))
    assert [each.severity for each in alone] == ["info"]


@pytest.mark.parametrize(
    "variables", [{}, {"KMP_DUPLICATE_LIB_OK": "FALSE"}, {"KMP_DUPLICATE_LIB_OK": "0"}, {"KMP_X": "1"}]
)
def test_a_variable_that_does_not(variables):
    assert told(kmp_duplicate_ok_set, running(GNU, INTEL, variables=variables)) == []


@pytest.mark.parametrize(
    ("mapped", "layer", "fires"),
    [
        ((GNU,), "INTEL", True),
        ((WHEEL, INTEL), "intel", True),
        ((GNU,), "GNU", False),
        ((GNU,), None, False),
        # conda-forge's libgomp is a link, so that only libomp is in memory
        ((LLVM,), "INTEL", False),
        ((), "INTEL", False),
    ],
)
def test_a_layer_against_a_runtime(mapped, layer, fires):
    where = running(*mapped, variables={"MKL_THREADING_LAYER": layer} if layer else {})
    found = told(threading_layer_conflict, where)
    assert [each.subject for each in found] == (["MKL_THREADING_LAYER"] if fires else [])
    if fires:
        assert found[0].message.startswith("MKL_THREADING_LAYER=INTEL is incompatible with libgomp")


def test_no_fix_hides_what_is_wrong():
    where = running(GNU, INTEL, variables={"KMP_DUPLICATE_LIB_OK": "1", "MKL_THREADING_LAYER": "INTEL"})
    for rule in (two_openmp_runtimes, kmp_duplicate_ok_set, threading_layer_conflict):
        for found in rule(where):
            assert not any("KMP_DUPLICATE_LIB_OK=" in line for lines in commands(found) for line in lines)
