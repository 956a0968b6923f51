"""Broken in what a process has loaded: not what is there now, not what others were made for."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tests.cases.mechanism import E, W, mechanism
from tests.cases.place import SITE, Place, copy
from tests.cases.watch import Kernel, asked

if TYPE_CHECKING:
    from pathlib import Path

    from envguard.model import Report
    from tests.cases.draw import Draw
    from tests.cases.mechanism import Mechanism


@mechanism({300: W}, "process", "disk")
def upgraded_under_the_kernel(draw: Draw, where: Path, sound: bool) -> Report:
    """A package was upgraded after the kernel had loaded it; the near miss was only put there once more."""
    name, (old, new) = draw.name(), draw.versions()
    place = Place(where / "env", "lent").wheel(name, old, _module(name, old))
    with Kernel(place.python, where) as kernel:
        kernel.run(f"import {name}")
        place.take_off(name, old)
        place.wheel(name, old if sound else new, _module(name, old if sound else new))
        return kernel.report()


@mechanism({300: W}, "process", "disk")
def name_that_only_the_file_has(draw: Draw, where: Path, sound: bool) -> Report:
    """The file of a single module got new names by an upgrade, which the loaded one has not; the near miss is another's."""
    name, other, (old, new) = draw.name(), draw.name(), draw.versions()
    place = Place(where / "env", "lent")
    for each in (name, other):
        place.wheel(each, old, {f"{each}.py": draw.code()})
    with Kernel(place.python, where) as kernel:
        kernel.run(f"import {name}")
        changed = other if sound else name
        place.take_off(changed, old).wheel(changed, new, {f"{changed}.py": draw.code() + b"def NEW(): pass\n"})
        return kernel.report()


@mechanism({300: W}, "process", "disk")
def removed_under_the_kernel(draw: Draw, where: Path, sound: bool) -> Report:
    """A package that the kernel has loaded was uninstalled; the near miss was another package."""
    name, other, version = draw.name(), draw.name(), draw.version()
    place = Place(where / "env", "lent").wheel(name, version).wheel(other, version)
    with Kernel(place.python, where) as kernel:
        kernel.run(f"import {name}")
        place.take_off(other if sound else name, version)
        return kernel.report()


@mechanism({302: W, 120: W}, "process", "disk")
def metadata_of_a_version_that_is_not_there(draw: Draw, where: Path, sound: bool) -> Report:
    """An update left a second dist-info; the kernel has loaded the version of the other one."""
    name, (old, new) = draw.name(), draw.versions()
    place = Place(where / "env", "lent").package(name, new)
    place.wheel(draw.name() if sound else name, old, {})
    with Kernel(place.python, where) as kernel:
        kernel.run(f"import {name}")
        return kernel.report()


@mechanism({310: W}, "disk")
def built_for_a_newer_numpy(draw: Draw, where: Path, sound: bool) -> Report:
    """A package of conda's was built for a newer numpy than the one pip put there, although its range lets that in."""
    least, wanted = draw.pick((("1.13.3", "np116py37"), ("1.20.3", "np123py310"), ("1.22.4", "np123py311")))
    place = Place(where / "env", "lent").package(
        draw.name(), draw.version(), build=f"{wanted}h{draw.random.randbytes(3).hex()}_0", depends=["numpy >=1.11"]
    )
    place.wheel("numpy", "1.26.4" if sound else least)
    return asked(place.python)


@mechanism({310: W}, "process")
def kernel_has_an_old_numpy_from_elsewhere(draw: Draw, where: Path, sound: bool) -> Report:
    """A folder on the kernel's path brought an older numpy than the one that a package here depends on."""
    folder = where / draw.name()
    place = Place(where / "env", "lent").package("numpy", "1.26.4")
    place.package(draw.name(), draw.version(), depends=["numpy >=1.23,<2"])
    if not sound:
        copy(folder, "numpy", f"1.{draw.random.randint(16, 21)}.4")
    else:
        folder.mkdir()
    with Kernel(place.python, where) as kernel:
        kernel.run(f"import sys; sys.path.insert(0, {str(folder)!r}); import numpy")
        return kernel.report()


@mechanism({311: W}, "disk")
def built_for_numpy_one(draw: Draw, where: Path, sound: bool) -> Report:
    """A package of conda's was built for numpy 1, and pip brought numpy 2; the near miss was built for 2."""
    build = f"py311h{draw.random.randbytes(3).hex()}_0" if sound else f"np1{draw.random.randint(16, 26)}py311_0"
    place = Place(where / "env", "lent").package(draw.name(), draw.version(), build=build, depends=["numpy >=1.16"])
    place.wheel("numpy", draw.version(main=2))
    return asked(place.python)


@mechanism({311: W}, "disk")
def wheel_made_for_numpy_one(draw: Draw, where: Path, sound: bool) -> Report:
    """An extension of a wheel names only the modules of numpy 1, whose headers made it, and numpy 2 is there."""
    name = draw.name()
    place = Place(where / "env", "lent").package("numpy", draw.version(main=2))
    names = b"numpy.core._multiarray_umath\0" + (b"numpy._core._multiarray_umath\0" if sound else b"")
    place.wheel(name, draw.version(), {f"{name}/_{draw.name()}.so": draw.data() + names}, requires=["numpy>=1.16"])
    return asked(place.python)


@mechanism({360: E}, "process", "disk")
def plugins_of_a_foreign_qt(draw: Draw, where: Path, sound: bool) -> Report:
    """`import cv2` has sent every Qt in the process to its own plugins; the near miss points to the other Qt's."""
    place = Place(where / "env", "lent").library("pyqt", draw.version(main=5), {f"{SITE}/PyQt5/__init__.py": b""})
    folder = "PyQt5/Qt5/plugins" if sound else "cv2/qt/plugins"
    if not sound:
        place.wheel("opencv_python", draw.version(main=4), {"cv2/__init__.py": draw.code()})
    variable = draw.pick(("QT_QPA_PLATFORM_PLUGIN_PATH", "QT_PLUGIN_PATH"))
    with Kernel(place.python, where) as kernel:
        kernel.run(f"import os; os.environ[{variable!r}] = {str(place.inside(folder))!r}")
        return kernel.report()


@mechanism({352: E}, "process", "disk")
def import_failed_half_way(draw: Draw, where: Path, sound: bool) -> Report:
    """An import stopped at generated code that protobuf refuses, and left its parts behind; the near miss went on."""
    refusal = b"" if sound else b"raise TypeError('Descriptors cannot be created directly.')\n"
    place = Place(where / "env", "lent")
    place.wheel(
        "protobuf",
        f"4.{draw.random.randint(21, 25)}.1",
        {"google/__init__.py": b"", "google/protobuf/__init__.py": b""},
    )
    part = draw.name()
    place.wheel(
        "tensorflow",
        "2.6.0",
        {
            "tensorflow/__init__.py": f"import google.protobuf\nfrom tensorflow.{part} import stub\n".encode(),
            f"tensorflow/{part}/__init__.py": b"",
            f"tensorflow/{part}/stub.py": refusal,
        },
    )
    with Kernel(place.python, where) as kernel:
        kernel.run("try:\n    import tensorflow\nexcept TypeError:\n    pass")
        return kernel.report()


def _module(name: str, version: str) -> dict[str, bytes]:
    return {
        f"{name}/__init__.py": f"__version__ = {version!r}\nfrom {name} import core\n".encode(),
        f"{name}/core.py": f"VALUE = {version!r}\n".encode(),
    }


MECHANISMS: tuple[Mechanism, ...] = (
    upgraded_under_the_kernel,
    name_that_only_the_file_has,
    removed_under_the_kernel,
    metadata_of_a_version_that_is_not_there,
    built_for_a_newer_numpy,
    kernel_has_an_old_numpy_from_elsewhere,
    built_for_numpy_one,
    wheel_made_for_numpy_one,
    plugins_of_a_foreign_qt,
    import_failed_half_way,
)
