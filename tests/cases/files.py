"""Broken by files: what conda's records say against what is on disk."""

from __future__ import annotations

import json
import os
import shutil
from typing import TYPE_CHECKING

from tests.cases.mechanism import E, I, W, mechanism
from tests.cases.place import SITE, Place
from tests.cases.watch import files

if TYPE_CHECKING:
    from pathlib import Path

    from envguard.model import Report
    from tests.cases.draw import Draw
    from tests.cases.mechanism import Mechanism


@mechanism({100: E}, "disk")
def compiled_file_gone(draw: Draw, where: Path, sound: bool) -> Report:
    """A compiled file that conda linked is gone; the near miss has lost only byte code."""
    name = draw.name()
    core, cached = f"{name}/_{draw.name()}.so", f"{name}/__pycache__/__init__.cpython-311.pyc"
    place = Place(where).package(
        name, draw.version(), {f"{name}/__init__.py": draw.code(), core: draw.data(), cached: draw.data()}
    )
    place.inside(cached if sound else core).unlink()
    return files(where)


@mechanism({100: W}, "disk")
def uninstalled_behind_condas_back(draw: Draw, where: Path, sound: bool) -> Report:
    """`pip uninstall` took a package of conda's off, whose record stays; the near miss was pip's own."""
    place = Place(where).package(draw.name(), draw.version())
    name, version = draw.name(), draw.version()
    (place.wheel if sound else place.package)(name, version)
    place.take_off(name, version)
    return files(where)


@mechanism({100: W, 121: E}, "disk")
def metadata_of_condas_gone(draw: Draw, where: Path, sound: bool) -> Report:
    """The METADATA of a package of conda's is gone, which conda's record lists."""
    name, version = draw.name(), draw.version()
    place = Place(where).package(name, version)
    if not sound:
        place.inside(f"{name}-{version}.dist-info/METADATA").unlink()
    return files(where)


@mechanism({105: W}, "disk")
def record_cut_short(draw: Draw, where: Path, sound: bool) -> Report:
    """conda was killed while it wrote a record; the near miss has another file of that folder empty."""
    name, version = draw.name(), draw.version()
    place = Place(where).package(draw.name(), draw.version()).package(name, version)
    record = place.at(f"conda-meta/{name}-{version}-0.json")
    if sound:
        place.at("conda-meta/pinned").write_bytes(b"")
    else:
        record.write_bytes(record.read_bytes()[: draw.random.randrange(200)])
    return files(where)


@mechanism({103: W}, "disk")
def recorded_twice(draw: Draw, where: Path, sound: bool) -> Report:
    """conda was killed between two versions of a package, and both records stay; the near miss is of another package."""
    name, (old, new) = draw.name(), draw.versions()
    place = Place(where).package(name, old)
    record = json.loads(place.at(f"conda-meta/{name}-{old}-0.json").read_text(encoding="utf-8"))
    other = draw.name() if sound else name
    place.write(f"conda-meta/{other}-{new}-0.json", json.dumps({**record, "name": other, "version": new}).encode())
    return files(where)


@mechanism({101: W}, "disk")
def source_edited(draw: Draw, where: Path, sound: bool) -> Report:
    """A module of conda's was edited; the near miss has only converted line ends."""
    name = draw.name()
    place = Place(where).package(name, draw.version(), {f"{name}/__init__.py": draw.code()})
    file = place.inside(f"{name}/__init__.py")
    file.write_bytes(file.read_bytes().replace(b"\n", b"\r\n") if sound else file.read_bytes() + draw.code())
    return files(where, deep=True)


@mechanism({101: E}, "disk", beside=(102,))
def compiled_file_exchanged(draw: Draw, where: Path, sound: bool) -> Report:
    """A compiled file of conda's was exchanged for one of another size; the near miss is a RECORD's, too (EG102 tells)."""
    name, version = draw.name(), draw.version()
    core = f"{name}/_{draw.name()}.so"
    place = Place(where).package(name, version, {f"{name}/__init__.py": draw.code(), core: draw.data(300)})
    if sound:
        place.wheel(draw.name(), version, {core: draw.data(400)})
    else:
        place.write(f"{SITE}/{core}", draw.data(400))
    return files(where)


@mechanism({101: E, 110: E}, "disk")
def written_in_place(draw: Draw, where: Path, sound: bool) -> Report:
    """Another environment's installer wrote into a compiled file in place, which the package cache shares by its inode.

    The near miss wrote a new file under the old name there, so that cache and prefix keep theirs.
    """
    name, version = draw.name(), draw.version()
    core = f"{SITE}/{name}/_{draw.name()}.so"
    size = draw.random.randint(100, 900)
    place = Place(where / "envs" / draw.name()).package(
        name, version, {f"{name}/__init__.py": draw.code()}, data={core: draw.data(size)}
    )
    cached = where / "pkgs" / f"{name}-{version}-0" / core
    sibling = where / "envs" / draw.name() / core
    for link in (cached, sibling):
        link.parent.mkdir(parents=True)
        os.link(place.at(core), link)
    if sound:
        sibling.unlink()
    sibling.write_bytes(draw.data(size))
    return files(place.path, deep=True)


@mechanism({110: E}, "disk", beside=(101,))
def cache_damaged(draw: Draw, where: Path, sound: bool) -> Report:
    """A module was edited in place, and so in the package cache; the near miss is a file of the prefix's own."""
    name, version = draw.name(), draw.version()
    place = Place(where / "envs" / draw.name()).package(name, version, {f"{name}/__init__.py": draw.code()})
    file, cached = (
        place.inside(f"{name}/__init__.py"),
        where / "pkgs" / f"{name}-{version}-0" / "site-packages" / name / "__init__.py",
    )
    cached.parent.mkdir(parents=True)
    os.link(file, cached)
    changed = draw.code() + b"VALUE = None\n"
    if sound:
        file.unlink()
    file.write_bytes(changed)
    return files(place.path, deep=True)


@mechanism({103: W}, "disk")
def two_packages_one_library(draw: Draw, where: Path, sound: bool) -> Report:
    """Two conda packages claim one compiled file with different content; the near miss brings the same bytes."""
    library, content = f"lib/lib{draw.name()}.so.1", draw.data()
    place = Place(where).library(draw.name(), "1.0", {library: content})
    place.library(draw.name(), "2.0", {library: content if sound else draw.data()})
    return files(where)


@mechanism({105: W}, "disk")
def record_deleted(draw: Draw, where: Path, sound: bool) -> Report:
    """The record of a package that the history links is gone; the near miss was unlinked by conda."""
    place = Place(where)
    for _ in range(3):
        place.package(draw.name(), draw.version())
    name, version = draw.name(), draw.version()
    place.package(name, version)
    place.at(f"conda-meta/{name}-{version}-0.json").unlink()
    if sound:
        place.take_off(name, version)
        last = place.at("conda-meta/history").read_text(encoding="utf-8")
        removed = (
            f"==> 2024-06-30 10:00:00 <==\n# cmd: conda remove {name}\n-conda-forge/linux-64::{name}-{version}-0\n"
        )
        place.history(last + removed)
    return files(where)


@mechanism({106: W}, "disk")
def leftover_modules(draw: Draw, where: Path, sound: bool) -> Report:
    """A module that no book lists lies inside a package of conda's; the near miss is byte code."""
    name = draw.name()
    place = Place(where).package(
        name, draw.version(), {f"{name}/__init__.py": draw.code(), f"{name}/a.py": draw.code()}
    )
    stray = f"{name}/__pycache__/a.cpython-311.pyc" if sound else f"{name}/{draw.name()}.py"
    place.write(f"{SITE}/{stray}", draw.code())
    return files(where)


@mechanism({130: E}, "disk", beside=(102,))
def pip_out_of_range(draw: Draw, where: Path, sound: bool) -> Report:
    """pip put a version in place of conda's that conda's other packages do not allow; the near miss is in the range."""
    name, user = draw.name(), draw.name()
    old, new = draw.versions()
    place = Place(where).package(name, old)
    bound = "99" if sound else f"{int(old.partition('.')[0]) + 1}"
    place.package(user, draw.version(), depends=[f"{name} >={old},<{bound}"])
    place.take_off(name, old).wheel(name, new)
    return files(where)


@mechanism({130: W}, "disk")
def conda_disagrees_with_itself(draw: Draw, where: Path, sound: bool) -> Report:
    """A package depends on a version of conda's other than the one there, and no file of pip's is involved."""
    name, (old, new) = draw.name(), draw.versions()
    place = Place(where).package(name, old)
    place.package(draw.name(), draw.version(), depends=[f"{name} >={old if sound else new}"])
    return files(where)


@mechanism({131: E}, "disk", beside=(102,))
def pip_out_of_constraint(draw: Draw, where: Path, sound: bool) -> Report:
    """pip put a version in place of conda's that a record's `constrains` shuts out."""
    name, (old, new) = draw.name(), draw.versions()
    place = Place(where).package(name, old)
    place.package(draw.name(), draw.version(), constrains=[f"{name} >={old}" if sound else f"{name} <{new}"])
    place.take_off(name, old).wheel(name, new)
    return files(where)


@mechanism({160: W}, "disk", "compat-table")
def coupled_pair_from_two_channels(draw: Draw, where: Path, sound: bool) -> Report:
    """What was compiled against a library comes from another channel than the library (names from the rule's table)."""
    user, library = draw.pick((("gdal", "libgdal"), ("pyarrow", "arrow-cpp"), ("h5py", "hdf5"), ("pyqt", "qt-main")))
    version = draw.version()
    place = Place(where).library(library, version, {f"lib/{library}.so": draw.data()}, channel="conda-forge")
    place.package(user, version, depends=[f"{library} >={version}"], channel="conda-forge" if sound else "main")
    return files(where)


@mechanism({160: I}, "disk")
def packages_from_two_channels(draw: Draw, where: Path, sound: bool) -> Report:
    """Packages that nothing couples come from two channels; the near miss from one that is made to be a guest."""
    place = Place(where).package(draw.name(), draw.version(), channel="conda-forge")
    place.package(
        draw.name(), draw.version(), channel="bioconda" if sound else draw.pick(("main", "anaconda", draw.name()))
    )
    return files(where)


@mechanism({170: W}, "disk")
def left_by_an_older_python(draw: Draw, where: Path, sound: bool) -> Report:
    """A package of pip's stayed in the site-packages of the Python before an update; the near miss is an empty folder."""
    place = Place(where).library("python", "3.12.4", {"bin/python3.12": draw.data()})
    now, before = place.at("lib/python3.12/site-packages"), place.at("lib/python3.9/site-packages")
    shutil.rmtree(place.at(SITE))
    now.mkdir(parents=True)
    before.mkdir(parents=True)
    if not sound:
        place.site = "lib/python3.9/site-packages"
        place.wheel(draw.name(), draw.version())
    return files(where)


@mechanism({171: I}, "disk")
def wheel_brings_condas_library(draw: Draw, where: Path, sound: bool) -> Report:
    """A wheel carries a library with state of its own that conda has, too (from the rule's table)."""
    name, library = draw.name(), draw.pick(("libopenblas", "libgomp", "libpq", "libcrypto"))
    place = Place(where).library(library, draw.version(), {f"lib/{library}.so.1": draw.data()})
    carried = f"lib{draw.name()}" if sound else library
    place.wheel(
        name,
        draw.version(),
        {f"{name}/__init__.py": b"", f"{name}.libs/{carried}-{draw.random.randbytes(4).hex()}.so.1": draw.data()},
    )
    return files(where)


@mechanism({172: I}, "disk")
def startup_file_of_nobody(draw: Draw, where: Path, sound: bool) -> Report:
    """A .pth file that no package owns runs code whenever Python starts; the near miss belongs to a wheel."""
    name = draw.name()
    line = f"import sys; sys.{name} = True\n".encode()
    place = Place(where).package(draw.name(), draw.version())
    if sound:
        place.wheel(name, draw.version(), {f"{name}/__init__.py": b"", f"{name}.pth": line})
    else:
        place.write(f"{SITE}/{name}.pth", line)
    return files(where)


@mechanism({213: W}, "disk")
def scripts_of_a_moved_prefix(draw: Draw, where: Path, sound: bool) -> Report:
    """The scripts of a prefix that was moved start the Python of the old place."""
    name, old = draw.name(), f"/opt/{draw.name()}/envs/{draw.name()}"
    script = f"#!{where if sound else old}/bin/python\nimport {name}\n".encode()
    Place(where).wheel(name, draw.version(), {f"{name}.py": draw.code(), f"../../../bin/{name}": script})
    return files(where)


MECHANISMS: tuple[Mechanism, ...] = (
    compiled_file_gone,
    uninstalled_behind_condas_back,
    metadata_of_condas_gone,
    record_cut_short,
    recorded_twice,
    source_edited,
    compiled_file_exchanged,
    written_in_place,
    cache_damaged,
    two_packages_one_library,
    record_deleted,
    leftover_modules,
    pip_out_of_range,
    conda_disagrees_with_itself,
    pip_out_of_constraint,
    coupled_pair_from_two_channels,
    packages_from_two_channels,
    left_by_an_older_python,
    wheel_brings_condas_library,
    startup_file_of_nobody,
    scripts_of_a_moved_prefix,
)
