"""Arrow: facts -> findings."""

from __future__ import annotations

import pytest

from envguard.rules.arrow import arrow_mismatch
from tests.rules.facts import PREFIX, SITE, Told, commands, dist, env, kernel, only, overlap, owned, pkg, told

LIBARROW, ARROW_CPP = pkg("libarrow", "14.0.2", provides=()), pkg("arrow-cpp", "9.0.0", provides=())
CONDAS, PIPS = pkg("pyarrow", "14.0.2", depends=("libarrow 14.0.2",)), dist("pyarrow", "15.0.0")
LIBCUDF = pkg("libcudf", "23.12", depends=("libarrow >=14.0.2,<15.0a0",), provides=())
CUDF = pkg("cudf", "23.12", depends=("pyarrow 14.*", "libcudf 23.12"))
MADE_UP = pkg("foolib", "1.0", depends=("arrow-cpp >=9.0.0,<9.1.0a0",))
DATASETS = pkg("datasets", "2.0", noarch="python", subdir="noarch", depends=("pyarrow >=8",))


def clash(*names: str) -> list[Told]:
    message = f"pip's pyarrow 15.0.0 does not go with conda's {', '.join(names)}, built for conda's Arrow libraries"
    return [Told("warning", "pyarrow", message)]


def beside(*names: str) -> list[Told]:
    message = f"pip's pyarrow 15.0.0 brings Arrow libraries of its own beside conda's {', '.join(names)}"
    return [Told("info", "pyarrow", message)]


@pytest.mark.parametrize(
    ("packages", "dists", "expected"),
    [
        ((LIBARROW, LIBCUDF, CUDF), [PIPS], clash("libcudf", "cudf")),
        ((ARROW_CPP, MADE_UP), [PIPS], clash("foolib")),
        ((LIBARROW, CONDAS, LIBCUDF), [PIPS], clash("libcudf")),
        # coexistence alone
        ((LIBARROW,), [PIPS], beside("libarrow")),
        ((LIBARROW, pkg("libarrow-dataset", depends=("libarrow 14.0.2",)), CONDAS), [PIPS], beside("libarrow", "libarrow-dataset")),
        ((LIBARROW, DATASETS), [PIPS], beside("libarrow")),
        # one side; nothing of conda's
        ((LIBARROW, CONDAS, LIBCUDF, CUDF), [owned("pyarrow", "14.0.2", by=CONDAS.record)], []),
        ((DATASETS,), [PIPS], []),
        ((LIBARROW, LIBCUDF), [], []),
    ],
)  # fmt: skip
def test_pyarrow(packages, dists, expected):
    overlaps = (overlap(CONDAS, PIPS),) if CONDAS in packages and PIPS in dists else ()
    assert told(arrow_mismatch, env(packages, dists, overlaps=overlaps)) == expected


PIPS_LIBRARY, CONDAS_LIBRARY = f"{PREFIX}/{SITE}/pyarrow/libarrow.so.1500", f"{PREFIX}/lib/libarrow.so.1400.2.0"


@pytest.mark.parametrize(
    ("process", "severity"),
    [
        (kernel(PIPS_LIBRARY, CONDAS_LIBRARY), "error"),
        (kernel(PIPS_LIBRARY, CONDAS_LIBRARY, kind="fresh"), "warning"),
        (kernel(PIPS_LIBRARY, f"{PREFIX}/lib/libarrow_python.so.1400"), "warning"),
        (kernel(), "warning"),
    ],
)
def test_both_loaded_is_certain(process, severity):
    found = only(arrow_mismatch(env((LIBARROW, CUDF), [PIPS], process=process)))
    assert found.severity.value == severity
    assert (found.certainty.value == "certain") is (severity == "error")


def test_pyarrow_goes_to_condas_side():
    assert commands(only(arrow_mismatch(env((LIBARROW, CUDF), [PIPS])))) == [
        [
            f"{PREFIX}/bin/python -m pip uninstall --yes pyarrow",
            f"/opt/conda/bin/conda install --prefix {PREFIX} --force-reinstall pyarrow=14.0.2",
        ]
    ]
