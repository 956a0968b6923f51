"""What distributions require: facts -> findings."""

from __future__ import annotations

import pytest

from envguard import versions
from envguard.errors import CannotTell
from envguard.facts import OnDisk
from envguard.model import text
from envguard.rules.requires import requires_dist_unmet
from tests.rules.facts import PREFIX, Told, commands, dist, env, only, overlap, owned, pkg, told

NUMPY = pkg("numpy", "1.26.4")
PIPS, TWIN = dist("numpy", "2.3.5"), owned("numpy", "1.26.4", by=NUMPY.record)
REPLACED = (overlap(NUMPY, PIPS, compiled=1),)
BACK = (overlap(NUMPY, PIPS, on_disk=OnDisk(conda=12)),)


def app(*requires, **more):
    return dist("app", "3.0", requires=requires, **more)


@pytest.mark.parametrize(
    ("where", "expected"),
    [
        (
            env([], [app("rich>=13", "six"), dist("rich", "12.0")]),
            [Told("warning", "app", "app 3.0 requires rich>=13, six, which are not met")],
        ),
        (env([], [app("rich>=13"), dist("rich", "13.1")]), []),
        (env([], [app("rich>=13"), dist("rich", "12.0"), dist("rich", "13.1")]), []),
        # extras, other machines, what nobody can tell
        (
            env([], [app("rich>=13; extra == 'all'", "pywin32; sys_platform == 'win32'", "a; platform_release > '5'")]),
            [],
        ),
        (env([], [app("rich >=3.5.*", "six>=1"), dist("six", "4.0.0-unsupported")]), []),
        (
            env([], [app("pywin32; sys_platform == 'win32'")], platform="win-64", layout="windows"),
            [Told("warning", "app", "app 3.0 requires pywin32, which is not met")],
        ),
        # both sides are conda's
        (
            env([], [owned("app", requires=("rich>=13",)), owned("rich", "12.0")]),
            [Told("info", "app", "app 1.0 requires rich>=13, which is not met")],
        ),
        (
            env([], [owned("app", requires=("rich>=13",))]),
            [Told("info", "app", "app 1.0 requires rich>=13, which is not met")],
        ),
        (
            env([], [owned("app", requires=("rich>=13",)), dist("rich", "12.0")]),
            [Told("warning", "app", "app 1.0 requires rich>=13, which is not met")],
        ),
        # conda's package brings the modules and no dist-info
        (env([pkg("opencv", provides=())], [app("opencv-python>=4")]), []),
        (
            env([pkg("rich")], [app("rich>=13")]),
            [Told("warning", "app", "app 3.0 requires rich>=13, which is not met")],
        ),
        # the live copy counts, and only it asks
        (env([NUMPY], [app("numpy<2"), PIPS, TWIN], overlaps=BACK), []),
        (
            env([NUMPY], [app("numpy<2"), PIPS, TWIN], overlaps=(overlap(NUMPY, PIPS, compiled=1),)),
            [Told("warning", "app", "app 3.0 requires numpy<2, which is not met")],
        ),
        (env([NUMPY], [dist("numpy", "2.3.5", requires=("gone",)), TWIN], overlaps=BACK), []),
        (env([], [dist("~pp", None, kind="leftover", requires=("gone",))]), []),
    ],
)
def test_requires(where, expected):
    assert told(requires_dist_unmet, where) == expected


def test_who_installs_a_requirement():
    pip = f"{PREFIX}/bin/python -m pip"
    rich = pkg("rich", "12.0")
    by_conda = env([rich], [app("rich>=13"), owned("rich", "12.0")])
    assert commands(only(requires_dist_unmet(by_conda))) == [
        [f"/opt/conda/bin/conda install --prefix {PREFIX} rich>=13"]
    ]
    by_pip = env([], [app("rich>=13,<14")])
    assert commands(only(requires_dist_unmet(by_pip))) == [[f"{pip} install rich<14,>=13"]]
    back = env([NUMPY], [app("numpy<2"), PIPS], overlaps=REPLACED)
    assert commands(only(requires_dist_unmet(back)))[0][0] == f"{pip} uninstall --yes numpy"


def test_without_the_library_it_cannot_tell(monkeypatch):
    def broken():
        raise CannotTell(text("{library} cannot be imported: {error}", library="packaging", error="gone"))

    monkeypatch.setattr(versions, "_packaging", broken)
    for unmet in ("rich>=13", "rich>=13rc1"):
        with pytest.raises(CannotTell):
            told(requires_dist_unmet, env([], [app(unmet)]))
    assert not told(requires_dist_unmet, env([NUMPY], [app("numpy>=1,<3; python_version >= '3'"), PIPS]))


def test_what_another_distribution_with_the_same_modules_stands_for():
    other = dist("opencv-python", "4.8")
    assert not told(requires_dist_unmet, env([], [app("opencv-python-headless>=4.1"), other]))
    assert told(requires_dist_unmet, env([], [app("opencv-python-headless>=4.1"), dist("onnxruntime")]))


def test_a_version_of_condas_that_counts_a_build():
    torch = pkg("pytorch", "2.1.0")
    post = owned("torch", "2.1.0.post300", by=torch.record)
    assert not told(requires_dist_unmet, env([torch], [app("torch==2.1.0"), post]))
    assert told(requires_dist_unmet, env([torch], [app("torch==2.1.1"), post]))
    assert told(requires_dist_unmet, env([], [app("torch==2.1.0"), dist("torch", "2.1.0.post1")]))


@pytest.mark.parametrize(
    ("wants", "python", "told_of"),
    [
        (">=3.12", "3.11.9", True),
        (">=3.7,<3.11", "3.11.9", True),
        (">=3.11.2", "3.11", False),
        (">=3.12", "3.11", True),
        (">=3.8", "3.11.9", False),
        (">=3.5.*", "3.11.9", False),
        ("nonsense", "3.11.9", False),
        (None, "3.11.9", False),
    ],
)
def test_the_python_that_a_distribution_is_for(wants, python, told_of):
    where = env([], [dist("foo", "2.0", requires_python=wants)], python_version=python)
    expected = [Told("warning", "foo", f"foo 2.0 is for Python {wants}, and this is {python}")] if told_of else []
    assert told(requires_dist_unmet, where) == expected
    assert told(requires_dist_unmet, env([], [owned("foo", "2.0", requires_python=wants)], python_version=python)) == []


def test_what_lies_in_the_folder_of_another_python_is_told_elsewhere():
    old = dist("foo", "2.0", requires_python="<3.11", site="lib/python3.10/site-packages")
    assert told(requires_dist_unmet, env([], [old])) == []
