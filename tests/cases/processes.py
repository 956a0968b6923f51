"""Broken in the process: what it looks for modules in, and what its variables say."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tests.cases.mechanism import E, I, W, mechanism
from tests.cases.place import SITE, Place, copy, metadata
from tests.cases.watch import Kernel, asked
from tests.proj import database

if TYPE_CHECKING:
    from pathlib import Path

    from envguard.model import Report
    from tests.cases.draw import Draw
    from tests.cases.mechanism import Mechanism


@mechanism({200: I}, "process")
def users_packages_on_the_path(draw: Draw, where: Path, sound: bool) -> Report:
    """The user's own packages can be imported here; the near miss switches them off."""
    place, base = Place(where / "env", "own"), where / draw.name()
    copy(base / SITE, draw.name(), draw.version())
    return asked(place.python, PYTHONUSERBASE=str(base), **({"PYTHONNOUSERSITE": "1"} if sound else {}))


@mechanism({201: W}, "process", beside=(200,))
def users_copy_comes_first(draw: Draw, where: Path, sound: bool) -> Report:
    """The user's own copy of a package hides the environment's; the near miss is a package that only the user has."""
    name, (old, new) = draw.name(), draw.versions()
    place, base = Place(where / "env", "own").package(name, new), where / draw.name()
    copy(base / SITE, draw.name() if sound else name, old)
    return asked(place.python, PYTHONUSERBASE=str(base))


@mechanism({201: W}, "process")
def kernel_has_the_users_copy(draw: Draw, where: Path, sound: bool) -> Report:
    """A kernel has loaded the user's own copy of what pip installed here; the near miss has loaded the environment's."""
    name, (old, new) = draw.name(), draw.versions()
    place, base = Place(where / "env", "own").package(draw.name(), new).wheel(name, new), where / draw.name()
    copy(base / SITE, name, old)
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
    metadata(base / SITE, name, new if sound else old)
    return asked(place.python, PYTHONUSERBASE=str(base))


@mechanism({202: W}, "process", "disk", beside=(132,))
def users_folder_not_looked_into(draw: Draw, where: Path, sound: bool) -> Report:
    """What a distribution requires lies in the user's folder, which is switched off; the near miss is needed by nobody."""
    name = draw.name()
    place, base = (
        Place(where / "env", "own").wheel(draw.name(), draw.version(), requires=[] if sound else [name]),
        where / draw.name(),
    )
    copy(base / SITE, name, draw.version())
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
    copy(folder, draw.name() if sound else name, draw.version())
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


@mechanism({232: E}, "process", "disk")
def wheel_sent_to_an_older_database(draw: Draw, where: Path, sound: bool) -> Report:
    """Conda's activation sends a wheel with a PROJ of its own to an older database; the near miss has one that is new enough."""
    name, newer = draw.pick(("rasterio", "fiona")), draw.pick((3, 4, 6))
    older = database(where / "older", 1, newer if sound else newer - 1)
    own = {f"{name}/__init__.py": b"", f"{name}/proj_data/proj.db": database(where / "own", 1, newer)}
    place = Place(where / "env", "lent").library("proj", draw.version(), {"share/proj/proj.db": older})
    place.wheel(name, draw.version(), own)
    active = {"CONDA_PREFIX": str(place.path), draw.pick(("PROJ_DATA", "PROJ_LIB")): str(place.at("share/proj"))}
    with Kernel(place.python, where, **active) as kernel:
        return kernel.report()


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
    wheel_sent_to_an_older_database,
)
