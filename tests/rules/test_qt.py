"""Qt: facts -> findings, and what importing OpenCV's wheel does to the process."""

from __future__ import annotations

import os
import subprocess
import sys
from typing import TYPE_CHECKING

import pytest

from envguard.process import Module
from envguard.rules.qt import qt_plugin_path
from tests.rules.facts import PREFIX, SITE, Told, commands, dist, env, kernel, only, owned, pkg, told

if TYPE_CHECKING:
    from pathlib import Path

CV2 = dist("opencv-python", "4.9.0.80")
PLUGINS = f"{PREFIX}/{SITE}/cv2/qt/plugins"
PYQT = pkg("pyqt", "5.15.9", provides=("pyqt5",))


def at_rest(others: str, name: str = "opencv-python") -> list[Told]:
    return [Told("warning", "cv2", f"pip's {name} brings a Qt of its own, to which importing it sends {others}, too")]


@pytest.mark.parametrize(
    ("packages", "dists", "more", "expected"),
    [
        ((), [CV2, dist("pyqt5")], {}, at_rest("pyqt5")),
        ((), [CV2, dist("pyside6"), dist("pyqt6")], {}, at_rest("pyside6, pyqt6")),
        ((PYQT,), [CV2], {}, at_rest("pyqt")),
        ((PYQT,), [CV2, owned("pyqt5", by=PYQT.record)], {}, at_rest("pyqt")),
        ((), [dist("opencv-contrib-python"), dist("pyside2")], {}, at_rest("pyside2", "opencv-contrib-python")),
        # without a Qt in the wheel, or without another
        ((), [dist("opencv-python-headless"), dist("pyqt5")], {}, []),
        ((), [dist("opencv-contrib-python-headless"), dist("pyqt5")], {}, []),
        ((), [CV2], {}, []),
        ((), [CV2, dist("qtpy"), dist("pyqt5-sip")], {}, []),
        # OpenCV from conda is built with conda's Qt, and its dist-info is conda's
        ((PYQT, pkg("py-opencv")), [owned("opencv-python", by=pkg("py-opencv").record)], {}, []),
        ((), [CV2, dist("pyqt5")], {"platform": "osx-arm64"}, []),
        ((), [CV2, dist("pyqt5")], {"platform": "win-64", "layout": "windows"}, []),
    ],
)
def test_installed(packages, dists, more, expected):
    assert told(qt_plugin_path, env(packages, dists, **more)) == expected


@pytest.mark.parametrize(
    ("dists", "process", "expected"),
    [
        (
            [CV2, dist("pyqt5")],
            kernel(variables={"QT_QPA_PLATFORM_PLUGIN_PATH": PLUGINS}),
            "QT_QPA_PLATFORM_PLUGIN_PATH sends pyqt5 to the Qt plugins of OpenCV's wheel",
        ),
        # the wheel is that of another environment, or gone
        (
            [dist("pyside6")],
            kernel(variables={"QT_QPA_PLATFORM_PLUGIN_PATH": "/elsewhere/cv2/qt/plugins/"}, kind="fresh"),
            "QT_QPA_PLATFORM_PLUGIN_PATH sends pyside6 to the Qt plugins of OpenCV's wheel",
        ),
        (
            [CV2],
            kernel(
                modules=(Module("PySide2", "/usr/lib/python3/PySide2/__init__.py"),),
                variables={"QT_QPA_PLATFORM_PLUGIN_PATH": PLUGINS},
            ),
            "QT_QPA_PLATFORM_PLUGIN_PATH sends PySide2 to the Qt plugins of OpenCV's wheel",
        ),
        # no other Qt; another Qt's own plugins
        ([CV2], kernel(variables={"QT_QPA_PLATFORM_PLUGIN_PATH": PLUGINS}), None),
        ([dist("pyqt5")], kernel(variables={"QT_QPA_PLATFORM_PLUGIN_PATH": f"{PREFIX}/plugins"}), None),
    ],
)
def test_the_variable(dists, process, expected):
    wanted = [Told("error", "cv2", expected)] if expected else []
    assert told(qt_plugin_path, env((), dists, process=process)) == wanted


def test_headless_comes_in_its_place():
    assert commands(only(qt_plugin_path(env((), [CV2, dist("pyqt5")])))) == [
        [
            f"{PREFIX}/bin/python -m pip uninstall --yes opencv-python",
            f"{PREFIX}/bin/python -m pip install opencv-python-headless==4.9.0.80",
        ],
        [
            f"{PREFIX}/bin/python -m pip uninstall --yes opencv-python",
            f"/opt/conda/bin/conda install --prefix {PREFIX} py-opencv",
        ],
    ]


STAND_IN = """
import os
os.environ["QT_QPA_PLATFORM_PLUGIN_PATH"] = os.path.join(os.path.dirname(os.path.abspath(__file__)), "qt", "plugins")
"""
"""What the wheel's __init__.py does on Linux."""


def test_a_process_that_imports_a_cv2_of_that_shape(tmp_path: Path):
    package = tmp_path / "cv2"
    (package / "qt" / "plugins").mkdir(parents=True)
    (package / "__init__.py").write_text(STAND_IN, encoding="utf-8")
    code = "import os, cv2; print(os.environ['QT_QPA_PLATFORM_PLUGIN_PATH'], end='')"
    surroundings = {**os.environ, "PYTHONPATH": str(tmp_path)}
    done = subprocess.run([sys.executable, "-c", code], env=surroundings, capture_output=True, text=True, check=True)
    process = kernel(variables={"QT_QPA_PLATFORM_PLUGIN_PATH": done.stdout})
    assert told(qt_plugin_path, env((), [CV2, dist("pyqt5")], process=process))[0].severity == "error"
