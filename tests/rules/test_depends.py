"""Requirements: facts -> findings."""

from __future__ import annotations

import pytest

from envguard import versions
from envguard.errors import CannotTell
from envguard.facts import OnDisk
from envguard.model import text
from envguard.rules.depends import conda_constrains_violated, conda_depends_unmet
from tests.rules.facts import PREFIX, SITE, Told, commands, dist, env, only, overlap, owned, paths, pkg, revision, told

NUMPY = pkg("numpy", "1.26.4")
PIPS, TWIN = dist("numpy", "2.3.5"), owned("numpy", "1.26.4", by=NUMPY.record)
SCIPY = pkg("scipy", "1.11.4", depends=("numpy >=1.22.4,<2.0a0", "__glibc >=2.17", "python"))
PYTHON = pkg("python", "3.11.9", "h1_0_cpython", provides=())
REPLACED = (overlap(NUMPY, PIPS, compiled=1),)
BACK = (overlap(NUMPY, PIPS, on_disk=OnDisk(conda=12)),)
UNMET = "conda's scipy 1.11.4 depends on numpy >=1.22.4,<2.0a0, but pip put numpy 2.3.5 there"
DISAGREE = "which conda's own records do not meet"


@pytest.mark.parametrize(
    ("where", "expected"),
    [
        (env([NUMPY, SCIPY, PYTHON], [PIPS], overlaps=REPLACED), [Told("error", "scipy", UNMET)]),
        # shape B: conda's numpy is imported, whatever pip's dist-info says
        (env([NUMPY, SCIPY, PYTHON], [PIPS, TWIN], overlaps=BACK), []),
        # in range, and the build string is not asked of pip's version
        (
            env([NUMPY, pkg("scipy", depends=("numpy >=1.22 py311_0",))], [PIPS], overlaps=REPLACED),
            [],
        ),
        (env([NUMPY, pkg("scipy", depends=("numpy ==2.3.5=*_1",))], [PIPS], overlaps=REPLACED), []),
        (
            env(
                [NUMPY, pkg("scipy", depends=("numpy ==2.3.5",))],
                [dist("numpy", "2.3.5+cu121")],
                overlaps=(overlap(NUMPY, dist("numpy", "2.3.5+cu121")),),
            ),
            [],
        ),
        # what is pip's now answers for itself
        (
            env([pkg("numpy", "1.26.4", depends=("libblas >=3",)), SCIPY, PYTHON], [PIPS], overlaps=REPLACED[:0]),
            [Told("warning", "numpy", f"conda's numpy 1.26.4 depends on libblas >=3, {DISAGREE}")],
        ),
        (env([pkg("numpy", "1.26.4", depends=("libblas >=3",))], [PIPS], overlaps=REPLACED), []),
        # numpy-base was replaced, and numpy is a name without files
        (
            env(
                [
                    pkg("numpy-base", "1.26.4", provides=("numpy",)),
                    pkg("numpy", "1.26.4", provides=(), files=0, depends=("numpy-base 1.26.4 py311_0",)),
                    SCIPY,
                    PYTHON,
                ],
                [PIPS],
                overlaps=(overlap(pkg("numpy-base", "1.26.4"), PIPS),),
            ),
            [
                Told(
                    "warning",
                    "numpy",
                    "conda's numpy 1.26.4 depends on numpy-base 1.26.4 py311_0, but pip put numpy 2.3.5 there",
                ),
                Told("error", "scipy", UNMET),
            ],
        ),
        # the record is gone, and pip's stands there
        (env([SCIPY, PYTHON], [PIPS]), [Told("error", "scipy", UNMET)]),
        (env([SCIPY, PYTHON], [dist("numpy", "1.26.0")]), []),
        # an editable install took its place without a common file
        (
            env([pkg("numpy", "1.26.4", missing=paths(f"{SITE}/numpy/core.py")), SCIPY, PYTHON], [PIPS]),
            [Told("error", "scipy", UNMET)],
        ),
        # conda's own inconsistency
        (
            env([pkg("python", "2.7.9", "1", depends=("zlib 1.2.7",)), pkg("zlib", "1.2.8", "0")]),
            [Told("warning", "python", f"conda's python 2.7.9 depends on zlib 1.2.7, {DISAGREE}")],
        ),
        (
            env([SCIPY, PYTHON]),
            [Told("warning", "scipy", f"conda's scipy 1.11.4 depends on numpy >=1.22.4,<2.0a0, {DISAGREE}")],
        ),
        # one finding for all of Anaconda's
        (
            env(
                [
                    pkg(
                        "anaconda", "2018.12", files=0, provides=(), depends=("numpy 1.15.4 py37_0", "six 1.12 py37_0")
                    ),
                    NUMPY,
                    pkg("six"),
                ]
            ),
            [
                Told(
                    "info",
                    "anaconda",
                    f"conda's anaconda 2018.12 depends on numpy 1.15.4 py37_0, six 1.12 py37_0, {DISAGREE}",
                )
            ],
        ),
        # an untouched Anaconda 2018.12
        (env([pkg("krb5", depends=("openssl >=1.1.1",)), pkg("openssl", "1.1.1a", "h7b6447c_0", provides=())]), []),
        # what cannot be read, what is a machine's, and what may be there
        (
            env([pkg("a", depends=("==14.2.0=*_1", "__cuda >=12", "b >=1; if win"))]),
            [Told("warning", "a", f"conda's a 1.0 depends on b >=1; if win, {DISAGREE}")],
        ),
        (env([pkg("a", depends=("==14.2.0=*_1", "__cuda >=12"))]), []),
        (env([SCIPY, PYTHON], unreadable_records=("numpy-1.26.4-py311_0",)), []),
        (
            env(
                [SCIPY, PYTHON],
                history=(revision("+scipy-1.11.4-py311_0", "+python-3.11.9-h1_0", "+numpy-1.26.4-py311_0"),),
            ),
            [],
        ),
        # conda's tzdata is not PyPI's
        (
            env(
                [pkg("python", depends=("tzdata >=2024b",), provides=()), pkg("tzdata", "2024b", provides=())],
                [dist("tzdata", "2023.1")],
            ),
            [],
        ),
        (
            env([pkg("python", depends=("tzdata >=2024b",), provides=())], [dist("tzdata", "2023.1")]),
            [Told("warning", "python", f"conda's python 1.0 depends on tzdata >=2024b, {DISAGREE}")],
        ),
        (env([NUMPY, SCIPY, PYTHON], [TWIN, dist("rich"), dist("torch")]), []),
    ],
)
def test_depends(where, expected):
    assert told(conda_depends_unmet, where) == expected


def test_depends_gives_back_what_pip_took():
    found = only(conda_depends_unmet(env([NUMPY, SCIPY, PYTHON], [PIPS], overlaps=REPLACED)))
    assert [(each.says.english(), each.source) for each in found.evidence] == [
        ("numpy >=1.22.4,<2.0a0 is asked for, and pip's numpy 2.3.5 is there", SCIPY.record)
    ]
    assert commands(found)[0][0] == f"{PREFIX}/bin/python -m pip uninstall --yes numpy"


SQL_SPEC = "sqlalchemy >=2.0.0"
PANDAS = pkg("pandas", "2.2.2", constrains=(SQL_SPEC, "__cuda >=12", "==14.2.0=*_1", "lxml >=4.9"))
OLD_SQL = dist("sqlalchemy", "1.4.54")


@pytest.mark.parametrize(
    ("where", "expected"),
    [
        (
            env([PANDAS], [OLD_SQL]),
            [
                Told(
                    "error",
                    "pandas",
                    "conda's pandas 2.2.2 works with sqlalchemy >=2.0.0 only, but pip put sqlalchemy 1.4.54 there",
                )
            ],
        ),
        (env([PANDAS], [dist("sqlalchemy", "2.0.1")]), []),
        (env([PANDAS]), []),
        (
            env([PANDAS, pkg("sqlalchemy", "1.4.0")]),
            [
                Told(
                    "warning",
                    "pandas",
                    "conda's pandas 2.2.2 works with sqlalchemy >=2.0.0 only, "
                    "and conda's sqlalchemy 1.4.0 py311_0 is outside that range",
                )
            ],
        ),
        (
            env(
                [PANDAS, pkg("sqlalchemy", "2.0.9")],
                [OLD_SQL],
                overlaps=(overlap(pkg("sqlalchemy", "2.0.9"), OLD_SQL),),
            ),
            [
                Told(
                    "error",
                    "pandas",
                    "conda's pandas 2.2.2 works with sqlalchemy >=2.0.0 only, but pip put sqlalchemy 1.4.54 there",
                )
            ],
        ),
        (env([pkg("python", constrains=("tzdata >=2024b",))], [dist("tzdata", "2023.1")]), []),
    ],
)
def test_constrains(where, expected):
    assert told(conda_constrains_violated, where) == expected


def test_constraint_is_met_by_pip_or_by_conda():
    pip = f"{PREFIX}/bin/python -m pip"
    assert commands(only(conda_constrains_violated(env([PANDAS], [OLD_SQL])))) == [
        [f"{pip} install sqlalchemy>=2.0.0"],
        [f"{pip} uninstall --yes sqlalchemy", f"/opt/conda/bin/conda install --prefix {PREFIX} {SQL_SPEC}"],
    ]


@pytest.mark.parametrize("rule", [conda_depends_unmet, conda_constrains_violated])
def test_without_the_library_they_cannot_tell(monkeypatch, rule):
    def broken():
        raise CannotTell(text("{library} cannot be imported: {error}", library="py-rattler", error="gone"))

    monkeypatch.setattr(versions, "_rattler", broken)
    for spec in ("numpy[version='>=1']", "numpy 1.2*"):
        with pytest.raises(CannotTell):
            told(rule, env([NUMPY, pkg("needy", depends=(spec,), constrains=(spec,))]))
    plain = pkg("plain", depends=("numpy >=1,<2.0a0",), constrains=("numpy >=1,<2.0a0",))
    assert not told(rule, env([NUMPY, plain]))


def built_for(name: str, version: str = "3.9"):
    return pkg(name, depends=(f"python >={version},<3.{int(version[2:]) + 1}.0a0",))


NEWER = pkg("python", "3.10.5", "h1_0_cpython", provides=())


@pytest.mark.parametrize(
    ("packages", "expected"),
    [
        # a base after `conda update python`
        (
            [NEWER, built_for("a"), built_for("b"), built_for("c")],
            [("warning", "python", "3 packages were built for python 3.9, and python 3.10.5 is installed: a, b, c")],
        ),
        (
            [NEWER, built_for("a"), built_for("b", "3.8"), built_for("c")],
            [("warning", "python", "3 packages depend on another python than the 3.10.5 that is installed: a, b, c")],
        ),
        (
            [pkg(name, depends=("libx >=1",)) for name in "abc"],
            [("warning", "libx", "3 packages depend on libx, of which conda has no record: a, b, c")],
        ),
        (
            [pkg(name, depends=("libx >=1",), files=0) for name in "abc"],
            [("info", "libx", "3 packages depend on libx, of which conda has no record: a, b, c")],
        ),
        # what else one of them lacks is told by itself
        (
            [NEWER, built_for("a"), built_for("b"), pkg("c", depends=("python 3.9.*", "liby"))],
            [
                ("warning", "python", "3 packages were built for python 3.9, and python 3.10.5 is installed: a, b, c"),
                ("warning", "c", f"conda's c 1.0 depends on liby, {DISAGREE}"),
            ],
        ),
        # two are two
        (
            [NEWER, built_for("a"), built_for("b")],
            [
                ("warning", "a", f"conda's a 1.0 depends on python >=3.9,<3.10.0a0, {DISAGREE}"),
                ("warning", "b", f"conda's b 1.0 depends on python >=3.9,<3.10.0a0, {DISAGREE}"),
            ],
        ),
    ],
)
def test_one_cause_is_told_once(packages, expected):
    assert told(conda_depends_unmet, env(packages)) == [Told(*each) for each in expected]


def test_what_pip_did_is_told_for_each():
    needy = [pkg(name, depends=("numpy <2",)) for name in "abc"]
    findings = told(conda_depends_unmet, env([NUMPY, *needy], [PIPS], overlaps=REPLACED))
    assert [(each.severity, each.subject) for each in findings] == [("error", name) for name in "abc"]


@pytest.mark.parametrize(
    ("pin", "expected"),
    [
        ("numpy 1.*", "conda-meta/pinned allows numpy 1.* only, but pip put numpy 2.3.5 there"),
        ("numpy >=2", None),
        ("numpy", None),
        ("scipy <1", None),
        ("nonsense ===", None),
    ],
)
def test_a_pin_that_pip_has_not_kept_to(pin, expected):
    where = env([NUMPY], [PIPS], overlaps=REPLACED, pinned=(pin,))
    assert [each.message for each in told(conda_constrains_violated, where)] == ([expected] if expected else [])


def test_a_pin_that_conda_has_not_kept_to():
    where = env([pkg("python", "3.11.9")], pinned=("python 3.10.*", "python 3.11.*"))
    found = only(conda_constrains_violated(where))
    assert (found.severity.value, found.subject) == ("warning", "python")
    assert (
        found.message.english()
        == "conda-meta/pinned allows python 3.10.* only, and conda's python 3.11.9 py311_0 is installed"
    )
