"""Broken in the process: what it looks for modules in, what its variables say, what it has loaded that is not there now."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tests.cases.mechanism import E, I, W, mechanism
from tests.cases.place import SITE, Place
from tests.cases.watch import Kernel, asked

if TYPE_CHECKING:
    from pathlib import Path

    from envguard.model import Report
    from tests.cases.draw import Draw
    from tests.cases.mechanism import Mechanism


@mechanism({200: I}, "process")
def users_packages_on_the_path(draw: Draw, where: Path, sound: bool) -> Report:
    """The user's own packages can be imported here; the near miss switches them off."""
    place, base = Place(where / "env", "own"), where / draw.name()
    _copy(base / SITE, draw.name(), draw.version())
    return asked(place.python, PYTHONUSERBASE=str(base), **({"PYTHONNOUSERSITE": "1"} if sound else {}))


@mechanism({201: W}, "process", beside=(200,))
def users_copy_comes_first(draw: Draw, where: Path, sound: bool) -> Report:
    """The user's own copy of a package hides the environment's; the near miss is a package that only the user has."""
    name, (old, new) = draw.name(), draw.versions()
    place, base = Place(where / "env", "own").package(name, new), where / draw.name()
    _copy(base / SITE, draw.name() if sound else name, old)
    return asked(place.python, PYTHONUSERBASE=str(base))


@mechanism({201: W}, "process")
def kernel_has_the_users_copy(draw: Draw, where: Path, sound: bool) -> Report:
    """A kernel has loaded the user's own copy of what pip installed here; the near miss has loaded the environment's."""
    name, (old, new) = draw.name(), draw.versions()
    place, base = Place(where / "env", "own").package(draw.name(), new).wheel(name, new), where / draw.name()
    _copy(base / SITE, name, old)
    with Kernel(
        place.python, where, PYTHONUSERBASE=str(base), **({"PYTHONNOUSERSITE": "1"} if sound else {})
    ) as kernel:
        kernel.run(f"import {name}")
        return kernel.report()


@mechanism({201: W}, "process", "disk")
def dist_info_left_with_the_user(draw: Draw, where: Path, sound: bool) -> Report:
    """The user's folder holds a dist-info without its code, which tells another version; the near miss tells the same."""
    name, (old, new) = draw.name(), draw.versions()
    place, base = Place(where / "env", "own").package(name, new), where / draw.name()
    _metadata(base / SITE, name, new if sound else old)
    return asked(place.python, PYTHONUSERBASE=str(base))


@mechanism({202: W}, "process", "disk", beside=(132,))
def users_folder_not_looked_into(draw: Draw, where: Path, sound: bool) -> Report:
    """What a distribution requires lies in the user's folder, which is switched off; the near miss is needed by nobody."""
    name = draw.name()
    place, base = (
        Place(where / "env", "own").wheel(draw.name(), draw.version(), requires=[] if sound else [name]),
        where / draw.name(),
    )
    _copy(base / SITE, name, draw.version())
    return asked(place.python, PYTHONUSERBASE=str(base), PYTHONNOUSERSITE="1")


@mechanism({203: W}, "process")
def file_beside_the_notebook(draw: Draw, where: Path, sound: bool) -> Report:
    """A file in the working folder has the name of an installed module, and was imported."""
    name = draw.name()
    place, work = Place(where / "env", "lent").wheel(name, draw.version()), where / "work"
    work.mkdir()
    (work / f"{draw.name() if sound else name}.py").write_bytes(draw.code())
    with Kernel(place.python, work) as kernel:
        kernel.run(f"import {name}")
        return kernel.report()


@mechanism({203: W}, "process")
def file_named_like_the_library(draw: Draw, where: Path, sound: bool) -> Report:
    """A file in the working folder has the name of a module of the standard library, and was imported."""
    name = draw.pick(("fractions", "statistics", "sched", "colorsys"))
    place, work = Place(where / "env", "lent"), where / "work"
    work.mkdir()
    (work / f"{draw.name() if sound else name}.py").write_bytes(draw.code())
    with Kernel(place.python, work) as kernel:
        kernel.run(f"import {name}")
        return kernel.report()


_FINDER = """import sys
from importlib.util import spec_from_file_location
MAPPING: dict[str, str] = {mapping!r}
class Finder:
    @classmethod
    def find_spec(cls, name, path=None, target=None):
        return spec_from_file_location(name, MAPPING[name] + "/__init__.py") if name in MAPPING else None
def install():
    sys.meta_path.append(Finder)
"""


@mechanism({203: W}, "process")
def old_folder_hides_the_editable(draw: Draw, where: Path, sound: bool) -> Report:
    """An old folder in the working folder has the name of an editable install, whose finder comes last.

    What is imported is an empty namespace. The near miss has another name.
    """
    name, source = draw.name(), where / "source"
    (source / name).mkdir(parents=True)
    (source / name / "__init__.py").write_bytes(draw.code())
    place, finder, work = Place(where / "env", "lent"), f"__editable___{name}_1_finder", where / "work"
    origin = f'{{"url": "{source.as_uri()}", "dir_info": {{"editable": true}}}}'.encode()
    code = _FINDER.format(mapping={name: str(source / name)}).encode()
    start = f"import {finder}; {finder}.install()\n".encode()
    place.wheel(
        name, "1", {f"__editable__.{name}-1.pth": start, f"{finder}.py": code}, more={"direct_url.json": origin}
    )
    (work / (draw.name() if sound else name)).mkdir(parents=True)
    with Kernel(place.python, work) as kernel:
        kernel.run(f"import {name}")
        return kernel.report()


@mechanism({204: E}, "process")
def pythonpath_of_another_python(draw: Draw, where: Path, sound: bool) -> Report:
    """PYTHONPATH names the packages of another version of Python; the near miss is an empty folder of them."""
    place = Place(where / "env", "lent").package(draw.name(), draw.version())
    other = (
        where
        / draw.name()
        / f"lib/python{draw.pick(('2.7', '3.5', '3.8'))}"
        / draw.pick(("dist-packages", "site-packages"))
    )
    other.mkdir(parents=True)
    if not sound:
        (other / f"{draw.name()}.py").write_bytes(draw.code())
    return asked(place.python, PYTHONPATH=str(other))


@mechanism({204: W}, "process")
def pythonpath_hides_a_module(draw: Draw, where: Path, sound: bool) -> Report:
    """PYTHONPATH names a folder with another copy of an installed module; the near miss has other modules."""
    name, folder = draw.name(), where / draw.name()
    place = Place(where / "env", "lent").package(name, draw.version())
    _copy(folder, draw.name() if sound else name, draw.version())
    return asked(place.python, PYTHONPATH=str(folder))


@mechanism({230: W}, "process")
def started_without_activation(draw: Draw, where: Path, sound: bool) -> Report:
    """A kernel was started by its Python alone, so that what a loaded package needs is not set; the near miss is active."""
    name, variable = draw.name(), f"{draw.name().upper()}_DATA"
    script = f'export {variable}="${{CONDA_PREFIX}}/share/{name}"\n'.encode()
    place = Place(where / "env", "lent")
    place.package(name, draw.version(), data={f"etc/conda/activate.d/{name}.sh": script, f"share/{name}/data": b""})
    active = {"CONDA_PREFIX": str(place.path), variable: str(place.at(f"share/{name}"))} if sound else {}
    with Kernel(place.python, where, **active) as kernel:
        kernel.run(f"import {name}")
        return kernel.report()


@mechanism({230: W}, "process", "disk")
def loaders_path_of_a_script(draw: Draw, where: Path, sound: bool) -> Report:
    """A package's activation sets LD_LIBRARY_PATH, on which others have come to rely, and it was not run."""
    script = b'export LD_LIBRARY_PATH="${CONDA_PREFIX}/lib:${LD_LIBRARY_PATH}"\n'
    place, name = Place(where / "env", "lent"), draw.name()
    place.library(name, draw.version(), {f"etc/conda/activate.d/{name}.sh": script})
    active = {"LD_LIBRARY_PATH": str(place.at("lib"))} if sound else {}
    with Kernel(place.python, where, **active) as kernel:
        return kernel.report()


@mechanism({231: W}, "process")
def variable_to_the_systems_data(draw: Draw, where: Path, sound: bool) -> Report:
    """A variable of the container sends a library to the system's data (from the rule's table)."""
    variable, package, home = draw.pick((("PROJ_LIB", "proj", "share/proj"), ("GDAL_DATA", "libgdal", "share/gdal")))
    place = Place(where / "env", "lent").library(package, draw.version(), {f"{home}/{draw.name()}.db": draw.data()})
    with Kernel(place.python, where, **{variable: str(place.at(home)) if sound else f"/usr/{home}"}) as kernel:
        return kernel.report()


@mechanism({231: W}, "process")
def variable_of_a_script_points_elsewhere(draw: Draw, where: Path, sound: bool) -> Report:
    """A variable that a package's own activation sets leads out of the environment."""
    name, variable = draw.name(), f"{draw.name().upper()}_HOME"
    script = f'export {variable}="${{CONDA_PREFIX}}/share/{name}"\n'.encode()
    place = Place(where / "env", "lent").library(name, draw.version(), {f"etc/conda/activate.d/{name}.sh": script})
    value = place.at(f"share/{name}") if sound else where / draw.name()
    with Kernel(place.python, where, CONDA_PREFIX=str(place.path), **{variable: str(value)}) as kernel:
        return kernel.report()


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
        _copy(folder, "numpy", f"1.{draw.random.randint(16, 21)}.4")
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


def _copy(folder: Path, name: str, version: str) -> None:
    """A package with its dist-info in a folder outside of the environment."""
    (folder / name).mkdir(parents=True)
    (folder / name / "__init__.py").write_text(f"__version__ = {version!r}\n", encoding="utf-8")
    _metadata(folder, name, version)


def _metadata(folder: Path, name: str, version: str) -> None:
    info = folder / f"{name}-{version}.dist-info"
    info.mkdir(parents=True)
    (info / "METADATA").write_text(f"Metadata-Version: 2.1\nName: {name}\nVersion: {version}\n", encoding="utf-8")
    (info / "INSTALLER").write_text("pip\n", encoding="utf-8")


MECHANISMS: tuple[Mechanism, ...] = (
    users_packages_on_the_path,
    users_copy_comes_first,
    kernel_has_the_users_copy,
    dist_info_left_with_the_user,
    users_folder_not_looked_into,
    file_beside_the_notebook,
    file_named_like_the_library,
    old_folder_hides_the_editable,
    pythonpath_of_another_python,
    pythonpath_hides_a_module,
    started_without_activation,
    loaders_path_of_a_script,
    variable_to_the_systems_data,
    variable_of_a_script_points_elsewhere,
    upgraded_under_the_kernel,
    name_that_only_the_file_has,
    removed_under_the_kernel,
    metadata_of_a_version_that_is_not_there,
    built_for_a_newer_numpy,
    kernel_has_an_old_numpy_from_elsewhere,
    built_for_numpy_one,
    plugins_of_a_foreign_qt,
    import_failed_half_way,
)
