"""The rule about Qt: OpenCV's wheels bring a Qt of their own and send every other one to its plugins."""

from __future__ import annotations

from typing import TYPE_CHECKING

from envguard.model import Certainty, Evidence, Severity, text
from envguard.rules import fixes, steps
from envguard.rules.overlaps import live
from envguard.rules.rule import Found, Rule, rule

if TYPE_CHECKING:
    from collections.abc import Iterator

    from envguard.facts import Distribution, Environment
    from envguard.model import Fix

_VARIABLES = ("QT_QPA_PLATFORM_PLUGIN_PATH", "QT_PLUGIN_PATH")
_PLUGINS = "/cv2/qt/plugins"
"""What `import cv2` puts into the variable on Linux, if the wheel is not headless (opencv/opencv-python#736)."""
_WITH_QT = ("opencv-python", "opencv-contrib-python", "opencv-python-rolling", "opencv-contrib-python-rolling")
_BINDINGS = ("pyqt5", "pyqt6", "pyside2", "pyside6")
_CONDA_BINDINGS = ("pyqt", "pyqt6", "pyside2", "pyside6")
_MODULES = ("PyQt5", "PyQt6", "PySide2", "PySide6")


@rule("qt-plugin-path", code=360, severity=Severity.WARNING, needs=("distributions",))
def qt_plugin_path(env: Environment) -> Iterator[Found]:
    """OpenCV's wheel sends other programs to its own Qt plugins.

    The wheels opencv-python and opencv-contrib-python hold a copy of Qt. On Linux `import cv2` sets a variable that
    tells every Qt in the process to take its plugins from there. Here another Qt is installed, too.

    Why it matters: a window of PyQt or PySide, that of Matplotlib's `%matplotlib qt` among them, then loads plugins of a
    foreign Qt and ends the process: 'Could not load the Qt platform plugin "xcb"'. A kernel dies by that. It is an
    error where the variable is set so in the process, otherwise a warning.

    How to repair: unless you need OpenCV's own windows (`cv2.imshow`), take the headless wheel, which has no Qt; or OpenCV
    from conda, which uses conda's Qt.

    Not reported: the headless wheels, OpenCV from conda, environments without another Qt, macOS and Windows.
    """
    if env.layout == "windows" or not (env.platform or "linux").startswith("linux"):
        return
    opencv = tuple(dist for dist in live(env) if dist.name in _WITH_QT and dist.owner is None)
    others = _other_qt(env)
    if not others:
        return
    pointing = _pointing(env)
    if pointing is not None:
        name, value = pointing
        yield Found(
            subject="cv2",
            message=text(
                "{variable} sends {others} to the Qt plugins of OpenCV's wheel",
                variable=name,
                others=tuple(each for each, _ in others),
            ),
            evidence=(
                Evidence(text("{variable} is {value}", variable=name, value=value), name),
                *(Evidence(text("is another Qt"), source) for _, source in others),
            ),
            consequence=text("opening a window ends the process: the Qt platform plugin cannot be loaded"),
            fixes=_headless(env, opencv),
            severity=Severity.ERROR,
        )
        return
    if not opencv:
        return
    yield Found(
        subject="cv2",
        message=text(
            "pip's {names} brings a Qt of its own, to which importing it sends {others}, too",
            names=tuple(dist.name for dist in opencv),
            others=tuple(each for each, _ in others),
        ),
        evidence=(
            *(Evidence(text("is a wheel with Qt plugins"), dist.path) for dist in opencv),
            *(Evidence(text("is another Qt"), source) for _, source in others),
        ),
        consequence=text("once cv2 is imported, opening a window may end the process"),
        fixes=_headless(env, opencv),
        certainty=Certainty.LIKELY,
    )


def _other_qt(env: Environment) -> tuple[tuple[str, str], ...]:
    """The Qt bindings that are installed or loaded, each with where that is seen."""
    found: dict[str, str] = {}
    for package in env.conda_packages or ():
        if package.name in _CONDA_BINDINGS:
            found.setdefault(package.name, package.record)
    for dist in live(env):
        if dist.name in _BINDINGS and not any(package.record == dist.owner for package in env.conda_packages or ()):
            found.setdefault(dist.name, dist.path)
    if not found and env.process is not None and env.process.kind == "kernel":
        for name in _MODULES:
            module = env.process.loaded.get(name)
            if module is not None:
                found[name] = module.file or "sys.modules"
    return tuple(found.items())


def _pointing(env: Environment) -> tuple[str, str] | None:
    """The variable that leads to the plugins of OpenCV's wheel, and its value."""
    if env.process is None:
        return None
    for name in _VARIABLES:
        value = env.process.environ.get(name, "")
        if any(part.replace("\\", "/").rstrip("/").endswith(_PLUGINS) for part in value.split(":")):
            return name, value
    return None


def _headless(env: Environment, opencv: tuple[Distribution, ...]) -> tuple[Fix, ...]:
    if not opencv:
        return ()
    if not fixes.may_write(env):
        return fixes.own_environment(env)
    names = tuple(dist.name for dist in opencv)
    first = opencv[0]
    headless = first.name.replace("-rolling", "") + "-headless" + ("-rolling" if "-rolling" in first.name else "")
    wanted = f"{headless}=={first.version}" if first.version else headless
    title = text("Uninstall {names}, then install {requirement}", names=names, requirement=wanted)
    found = [fixes.by_pip(env, title, (steps.uninstall(env, *names), steps.pip_install(env, wanted)))]
    if env.manager == "conda":
        title = text("Or let conda install OpenCV, which then uses conda's Qt")
        both = (steps.uninstall(env, *names), steps.conda_install(env, "py-opencv"))
        found.append(fixes.with_tool(env, title, both, pip=True))
    return tuple(found)


RULES: tuple[Rule, ...] = (qt_plugin_path,)
