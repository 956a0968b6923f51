"""Broken by installs: what pip and conda wrote over, beside and after one another."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from tests.cases.mechanism import E, I, W, mechanism
from tests.cases.place import DAY, SITE, Place
from tests.cases.watch import files

if TYPE_CHECKING:
    from pathlib import Path

    from envguard.model import Report
    from tests.cases.draw import Draw
    from tests.cases.mechanism import Mechanism


@mechanism({102: E}, "disk")
def pip_replaces_compiled(draw: Draw, where: Path, sound: bool) -> Report:
    """pip put another version in the place of a compiled package of conda's; the near miss has a name of its own."""
    name, (old, new) = draw.name(), draw.versions()
    core = f"_{draw.name()}.so"
    place = Place(where).package(name, old, {f"{name}/__init__.py": draw.code(), f"{name}/{core}": draw.data()})
    if not sound:
        place.take_off(name, old)
    other = draw.name() if sound else name
    place.wheel(other, new, {f"{other}/__init__.py": draw.code(), f"{other}/{core}": draw.data()})
    return files(where)


@mechanism({102: W}, "disk")
def names_that_no_map_joins(draw: Draw, where: Path, sound: bool) -> Report:
    """A wheel brought modules of a conda package of another name, which nothing but the paths tells."""
    package, name, module = draw.name(), draw.name(), draw.name()
    place = Place(where).library(package, draw.version(), {f"{SITE}/{module}/__init__.py": draw.code()})
    mine = name if sound else module
    place.wheel(name, draw.version(), {f"{mine}/__init__.py": draw.code() + b"# another\n"})
    return files(where)


@mechanism({102: W}, "disk")
def half_upgraded(draw: Draw, where: Path, sound: bool) -> Report:
    """pip upgraded a package of conda's that had no RECORD, so that the modules of the old version are still there."""
    name, (old, new) = draw.name(), draw.versions()
    gone = f"{name}/{draw.name()}.py"
    egg = {f"{SITE}/{name}-{old}.egg-info/PKG-INFO": f"Metadata-Version: 1.0\nName: {name}\nVersion: {old}\n".encode()}
    place = Place(where).library(
        name, old, {f"{SITE}/{name}/__init__.py": draw.code(), f"{SITE}/{gone}": draw.code(), **egg}
    )
    if not sound:
        place.wheel(name, new, {f"{name}/__init__.py": draw.code() + b"# new\n"})
        place.at(next(iter(egg))).unlink()
        place.at(next(iter(egg))).parent.rmdir()
    return files(where)


@mechanism({102: W, 120: W}, "disk")
def conda_came_back(draw: Draw, where: Path, sound: bool) -> Report:
    """conda linked its files over those of pip's, whose dist-info stays; the near miss took pip's off before."""
    name, (new, old) = draw.name(), draw.versions()
    place = Place(where).wheel(name, old)
    if sound:
        place.take_off(name, old)
    place.package(name, new)
    return files(where)


@mechanism({104: W}, "disk")
def two_wheels_one_folder(draw: Draw, where: Path, sound: bool) -> Report:
    """Two wheels write one package folder with different content; the near miss shares a file that is the same."""
    module, first = draw.name(), draw.code() + b"# first\n"
    stem = draw.name()
    place = Place(where).wheel(f"{stem}_headless", draw.version(), {f"{module}/__init__.py": first})
    place.wheel(stem, draw.version(), {f"{module}/__init__.py": first if sound else draw.code() + b"# second\n"})
    return files(where)


@mechanism({120: W}, "disk")
def stale_dist_info(draw: Draw, where: Path, sound: bool) -> Report:
    """conda's update left the dist-info of the version before; the near miss has the old folder of another project."""
    name, (old, new) = draw.name(), draw.versions()
    place = Place(where).package(name, new)
    place.wheel(draw.name() if sound else name, old, {})
    return files(where)


@mechanism({121: E}, "disk")
def uninstall_was_interrupted(draw: Draw, where: Path, sound: bool) -> Report:
    """An uninstall that was cut short left an empty dist-info beside the real one; the near miss is an egg-info."""
    name, (old, new) = draw.name(), draw.versions()
    place = Place(where).wheel(name, new)
    if sound:
        place.write(
            f"{SITE}/{draw.name()}-{old}.egg-info/PKG-INFO", b"Metadata-Version: 1.0\nName: other\nVersion: 1\n"
        )
    else:
        place.inside(f"{name}-{old}.dist-info").mkdir()
    return files(where)


@mechanism({122: I}, "disk")
def record_of_pips_gone(draw: Draw, where: Path, sound: bool) -> Report:
    """A dist-info of pip's has no RECORD; the near miss is conda's, whose files stand in its own book."""
    name, version = draw.name(), draw.version()
    place = Place(where)
    if sound:
        info = {
            key: each
            for key, each in place.info(name, version, {f"{name}.py": draw.code()}, "conda").items()
            if "RECORD" not in key
        }
        place.library(name, version, info)
    else:
        place.wheel(name, version)
        place.inside(f"{name}-{version}.dist-info/RECORD").unlink()
    return files(where)


@mechanism({123: E}, "disk", beside=(150,))
def conda_takes_pips_files_along(draw: Draw, where: Path, sound: bool) -> Report:
    """conda removed a package whose files pip had replaced, and with its paths pip's; the near miss was added beside it."""
    name, (old, new) = draw.name(), draw.versions()
    other, core = draw.name() if sound else name, f"_{draw.name()}.so"
    place = Place(where).package(name, old, {f"{name}/__init__.py": draw.code(), f"{name}/{core}": draw.data()})
    if not sound:
        place.take_off(name, old)
    place.wheel(other, new, {f"{other}/__init__.py": draw.code(), f"{other}/{core}": draw.data()})
    for path in (f"{name}/__init__.py", f"{name}/{core}"):
        place.inside(path).unlink()
    place.forget(name)
    return files(where)


@mechanism({132: W}, "disk")
def requirement_not_met(draw: Draw, where: Path, sound: bool) -> Report:
    """A wheel requires another version of what is there; the near miss requires it for an extra only."""
    name, (old, new) = draw.name(), draw.versions()
    place = Place(where).wheel(name, old)
    marker = f"; extra == '{draw.name()}'" if sound else ""
    place.wheel(draw.name(), draw.version(), requires=[f"{name}>={new}{marker}"])
    return files(where)


@mechanism({140: I}, "disk")
def from_a_branch(draw: Draw, where: Path, sound: bool) -> Report:
    """pip installed what a branch was then; the near miss names the whole commit."""
    commit, url = draw.random.randbytes(20).hex(), f"https://git.example/{draw.name()}/{draw.name()}"
    asked = commit if sound else draw.pick(("main", "develop", draw.name()))
    origin = {"url": url, "vcs_info": {"vcs": "git", "commit_id": commit, "requested_revision": asked}}
    Place(where).wheel(draw.name(), draw.version(), more={"direct_url.json": json.dumps(origin).encode()})
    return files(where)


@mechanism({141: I}, "disk")
def installed_in_place(draw: Draw, where: Path, sound: bool) -> Report:
    """`pip install -e` of a folder; the near miss is a copy of that folder."""
    source = _source(draw, where)
    origin = {"url": source.as_uri(), "dir_info": {} if sound else {"editable": True}}
    name = draw.name()
    content = {f"{name}/__init__.py": b""} if sound else {f"__editable__.{name}-1.pth": f"{source}\n".encode()}
    Place(where / "prefix").wheel(name, "1", content, more={"direct_url.json": json.dumps(origin).encode()})
    return files(where / "prefix")


@mechanism({142: W}, "disk")
def editable_folder_moved(draw: Draw, where: Path, sound: bool) -> Report:
    """The folder of an editable install was moved; the near miss is where it was."""
    source = _source(draw, where)
    origin = {"url": source.as_uri(), "dir_info": {"editable": True}}
    name = draw.name()
    Place(where / "prefix").wheel(
        name,
        "1",
        {f"__editable__.{name}-1.pth": f"{source}\n".encode()},
        more={"direct_url.json": json.dumps(origin).encode()},
    )
    if not sound:
        source.rename(source.with_name(draw.name()))
    return files(where / "prefix")


@mechanism({142: W}, "disk")
def egg_link_dangles(draw: Draw, where: Path, sound: bool) -> Report:
    """The folder that `setup.py develop` linked is gone."""
    source, name = _source(draw, where), draw.name()
    place = Place(where / "prefix").package(draw.name(), draw.version())
    place.write(f"{SITE}/{name}.egg-link", f"{source}\n.".encode())
    place.write(f"{SITE}/easy-install.pth", f"{source}\n".encode())
    if not sound:
        source.rename(source.with_name(draw.name()))
    return files(where / "prefix")


@mechanism({143: I}, "disk")
def from_a_folder_that_is_gone(draw: Draw, where: Path, sound: bool) -> Report:
    """pip installed from a build folder that was deleted; the near miss is conda's, whose build folder was never here."""
    source, name, version = f"file:///home/{draw.name()}/{draw.name()}", draw.name(), draw.version()
    origin = {f"{name}-{version}.dist-info/direct_url.json": json.dumps({"url": source, "dir_info": {}}).encode()}
    place = Place(where)
    (place.package if sound else place.wheel)(name, version, {f"{name}.py": draw.code(), **origin})
    return files(where)


@mechanism({150: W, 102: W}, "disk")
def conda_after_pip(draw: Draw, where: Path, sound: bool) -> Report:
    """pip upgraded a package of conda's, and then conda installed more; the near miss is the sound order."""
    name, (old, new) = draw.name(), draw.versions()
    place = Place(where).package(name, old)
    if sound:
        place.package(draw.name(), draw.version()).wheel(draw.name(), new)
    else:
        place.take_off(name, old).wheel(name, new, {f"{name}/__init__.py": draw.code()})
        place.package(draw.name(), draw.version())
    return files(where)


@mechanism({150: W}, "disk", beside=(132,))
def conda_moves_what_pip_requires(draw: Draw, where: Path, sound: bool) -> Report:
    """conda updated what a distribution of pip's requires in the version before; the near miss is within two minutes."""
    name, (old, new) = draw.name(), draw.versions()
    place = Place(where).package(name, old)
    place.wheel(draw.name(), draw.version(), requires=[f"{name}=={old}"])
    if sound:
        place.now -= DAY - 60
    for path in [
        f"{SITE}/{name}/__init__.py",
        *(f"{SITE}/{name}-{old}.dist-info/{each}" for each in ("METADATA", "INSTALLER", "RECORD")),
    ]:
        place.at(path).unlink()
    place.inside(f"{name}-{old}.dist-info").rmdir()
    place.package(name, new)
    return files(where)


@mechanism({151: I}, "disk", beside=(150,))
def taking_turns(draw: Draw, where: Path, sound: bool) -> Report:
    """conda, pip, conda, pip; the near miss is conda, pip, pip."""
    place = Place(where).package(draw.name(), draw.version())
    for number in range(2):
        place.wheel(draw.name(), draw.version())
        if number == 0 and not sound:
            place.package(draw.name(), draw.version())
    return files(where)


@mechanism({152: I}, "disk")
def compiled_from_pypi(draw: Draw, where: Path, sound: bool) -> Report:
    """pip installed what is better taken from conda (from the rule's table); asked for, as the rule is off by default."""
    name = draw.name() if sound else draw.pick(("h5py", "scipy", "rasterio", "netcdf4", "torch"))
    Place(where).package(draw.name(), draw.version()).wheel(name, draw.version())
    return files(where, select=("pip-where-conda-has-it",))


@mechanism({240: W}, "disk")
def pip_into_base(draw: Draw, where: Path, sound: bool) -> Report:
    """pip installed into the environment in which conda lives; the near miss is another environment."""
    place = Place(where).package("python", "3.11.9", {}).package(draw.name() if sound else "conda", draw.version())
    place.wheel(draw.name(), draw.version())
    return files(where)


@mechanism({240: E, 102: W}, "disk", beside=(102,))
def pip_replaces_what_conda_needs(draw: Draw, where: Path, sound: bool) -> Report:
    """In base, pip moved a package that conda itself needs; the near miss did so where conda does not live."""
    name, (old, new) = draw.name(), draw.versions()
    place = Place(where).package(name, old, {f"{name}/__init__.py": draw.code()})
    place.package("conda" if not sound else draw.name(), draw.version(), depends=[f"{name} >=0"])
    if not sound:
        place.take_off(name, old).wheel(name, new, {f"{name}/__init__.py": draw.code() + b"# new\n"})
    return files(where)


@mechanism({241: E}, "disk", beside=(240,))
def conda_from_pypi(draw: Draw, where: Path, sound: bool) -> Report:
    """bin/conda was replaced by that of the conda of PyPI, which only warns."""
    place = Place(where).package(
        "conda", draw.version(), data={"bin/conda": f"#!{where}/bin/python\nfrom conda.cli import main\n".encode()}
    )
    if not sound:
        place.write("bin/conda", f"#!{where}/bin/python\nfrom conda.cli.pip_warning import main\n".encode())
    return files(where)


@mechanism({250: W}, "disk", "server", "compat-table")
def widgets_of_two_ages(draw: Draw, where: Path, sound: bool) -> Report:
    """The kernel's half of the widgets and the browser's are of main versions that do not belong together."""
    kernel, front = draw.pick(((8, 1), (7, 3)))
    front = {8: 3, 7: 1}[kernel] if sound else front
    place = Place(where).wheel("ipywidgets", draw.version(main=kernel)).wheel("jupyterlab", draw.version(main=4))
    place.wheel("jupyterlab_widgets", draw.version(main=front))
    return files(where)


def _source(draw: Draw, where: Path) -> Path:
    """A folder of sources beside the prefix."""
    source = where / draw.name()
    (source / draw.name()).mkdir(parents=True)
    return source


MECHANISMS: tuple[Mechanism, ...] = (
    pip_replaces_compiled,
    names_that_no_map_joins,
    half_upgraded,
    conda_came_back,
    two_wheels_one_folder,
    stale_dist_info,
    uninstall_was_interrupted,
    record_of_pips_gone,
    conda_takes_pips_files_along,
    requirement_not_met,
    from_a_branch,
    installed_in_place,
    editable_folder_moved,
    egg_link_dangles,
    from_a_folder_that_is_gone,
    conda_after_pip,
    conda_moves_what_pip_requires,
    taking_turns,
    compiled_from_pypi,
    pip_into_base,
    pip_replaces_what_conda_needs,
    conda_from_pypi,
    widgets_of_two_ages,
)
