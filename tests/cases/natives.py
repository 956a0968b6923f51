"""Broken by compiled files: what the loader finds, or has in memory, for libraries made by the compiler of this machine."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING

from tests.cases.mechanism import E, W, mechanism
from tests.cases.place import SITE, Place
from tests.cases.watch import Kernel, asked, files
from tests.envs import elves
from tests.require import processor_flags, require

if TYPE_CHECKING:
    from collections.abc import Iterable

    from envguard.model import Report
    from tests.cases.draw import Draw
    from tests.cases.mechanism import Mechanism

_UP = "$ORIGIN/../../.."
"""From a package in site-packages to `lib`, as conda-build sets it."""


@mechanism({341: E}, "disk")
def newer_libstdcxx_wanted(draw: Draw, where: Path, sound: bool) -> Report:
    """A wheel's extension needs versions of libstdc++ that the environment's own, found through Python, does not define."""
    newest = draw.random.randint(29, 33)
    old, new = _glibcxx(newest - 1), _glibcxx(newest)
    place = _prefix(where / "env")
    _library(place.at("lib/libstdc++.so.6"), new if sound else old)
    built = _library(where / "built" / "libstdc++.so.6", new)
    _wheel(place, draw, wants=[_function(new[-1])], needs=[built])
    return files(place.path)


@mechanism({343: E}, "disk")
def another_generation_of_a_library(draw: Draw, where: Path, sound: bool) -> Report:
    """An extension needs a library by the name of its old generation, and only the new one is there."""
    stem = draw.pick(("libssl.so.", f"lib{draw.name()}.so."))
    place = _prefix(where / "env")
    built = elves.library(where / "built" / f"{stem}1.1", soname=f"{stem}1.1", offers=["call"])
    elves.library(
        place.at(f"lib/{stem}{'1.1' if sound else '3'}"), soname=f"{stem}{'1.1' if sound else '3'}", offers=["call"]
    )
    _wheel(place, draw, wants=["call"], needs=[built])
    return files(place.path)


@mechanism({343: E}, "disk", "process")
def library_downgraded(draw: Draw, where: Path, sound: bool) -> Report:
    """A library was put back to a release without a function that an extension of conda's calls; its name stayed."""
    place, stem, function = _prefix(where / "env"), f"lib{draw.name()}.so.1", draw.name()
    built = elves.library(where / "built" / stem, soname=stem, offers=["common", function])
    elves.library(place.at(f"lib/{stem}"), soname=stem, offers=["common", function] if sound else ["common"])
    name = draw.name()
    module = elves.library(where / "made" / "_core.so", wants=["common", function], needs=[built], runpath=_UP)
    place.package(name, draw.version(), {f"{name}/__init__.py": b"", f"{name}/_core.so": module.read_bytes()})
    return files(place.path)


@mechanism({343: E, 101: E, 110: E}, "disk")
def wheels_file_in_condas_inode(draw: Draw, where: Path, sound: bool) -> Report:
    """The compiled core of a wheel was written in place over conda's, which other environments share.

    It looks for a library that wheels keep beside themselves, and that nobody brought here. The near miss is a wheel's own.
    """
    name, version = draw.name(), draw.version()
    carried = f"lib{draw.name()}-{draw.random.randbytes(4).hex()}.so"
    beside = elves.library(where / "wheel" / carried, soname=carried, offers=["compute"])
    core = elves.library(
        where / "wheel" / "_core.so", wants=["compute"], needs=[beside], runpath=f"$ORIGIN/../{name}.libs"
    )
    place = _prefix(where / "envs" / draw.name())
    if sound:
        place.wheel(
            name, version, {f"{name}/_core.so": core.read_bytes(), f"{name}.libs/{carried}": beside.read_bytes()}
        )
        return files(place.path, deep=True)
    place.package(name, version, {f"{name}/__init__.py": b"", f"{name}/_core.so": draw.data()})
    cached = where / "pkgs" / f"{name}-{version}-0" / SITE / name / "_core.so"
    cached.parent.mkdir(parents=True)
    os.link(place.inside(f"{name}/_core.so"), cached)
    cached.write_bytes(core.read_bytes())
    return files(place.path, deep=True)


@mechanism({340: E}, "process")
def another_libstdcxx_by_a_variable(draw: Draw, where: Path, sound: bool) -> Report:
    """LD_LIBRARY_PATH leads an extension to a libstdc++ that lacks what it needs, though the environment's has it."""
    return _led_away(draw, where, "libstdc++.so.6", _glibcxx(draw.random.randint(29, 33)), sound)


@mechanism({342: E}, "process")
def another_openssl_by_a_variable(draw: Draw, where: Path, sound: bool) -> Report:
    """LD_LIBRARY_PATH leads an extension to an OpenSSL that lacks what it needs, though the environment's has it."""
    name = draw.pick(("libcrypto.so.3", "libssl.so.3"))
    return _led_away(draw, where, name, ["OPENSSL_3.0.0", f"OPENSSL_3.{draw.random.randint(1, 5)}.0"], sound)


@mechanism({330: W}, "process", "disk")
def two_openmp_runtimes(draw: Draw, where: Path, sound: bool) -> Report:
    """A kernel has loaded the OpenMP of conda's MKL and another that a wheel brought; the near miss has one on disk only."""
    other, ours = draw.pick((("libomp.so", "libiomp5.so"), ("libgomp.so.1", "libiomp5.so")))
    place = Place(where / "env", "lent").library(
        draw.name(), draw.version(), {f"lib/{ours}": _bytes(where / ours, ours)}
    )
    name = draw.name()
    place.wheel(name, draw.version(), {f"{name}/__init__.py": b"", f"{name}/lib/{other}": _bytes(where / other, other)})
    loaded = [place.at(f"lib/{ours}"), *([] if sound else [place.inside(f"{name}/lib/{other}")])]
    return _with_loaded(place, where, loaded)


@mechanism({331: W}, "process")
def second_openmp_not_refused(draw: Draw, where: Path, sound: bool) -> Report:
    """A variable lets a second OpenMP runtime start, and there are two; the near miss sets it to no."""
    place = Place(where / "env", "lent").package(draw.name(), draw.version())
    loaded = [elves.library(where / folder / "libiomp5.so", soname="libiomp5.so", offers=["go"]) for folder in "ab"]
    return _with_loaded(
        place,
        where,
        loaded[: 1 if sound else 2],
        KMP_DUPLICATE_LIB_OK="FALSE" if sound else draw.pick(("TRUE", "True", "1")),
    )


@mechanism({332: W}, "process")
def layer_of_the_parent(draw: Draw, where: Path, sound: bool) -> Report:
    """MKL's layer INTEL was handed on by a parent to a process that loads GNU's OpenMP; the near miss loads Intel's."""
    name = "libiomp5.so" if sound else "libgomp.so.1"
    place = Place(where / "env", "lent")
    place.library(draw.name(), draw.version(), {f"lib/{name}": _bytes(where / name, name)})
    return _with_loaded(place, where, [place.at(f"lib/{name}")], MKL_THREADING_LAYER="INTEL")


@mechanism({171: W}, "process", "disk")
def one_library_twice_in_memory(draw: Draw, where: Path, sound: bool) -> Report:
    """A kernel has loaded a wheel's own copy of a library and conda's (from the rule's table); the near miss has no copy."""
    stem, name = draw.pick(("libopenblas", "libpq", "libgeos")), draw.name()
    carried = f"{name}.libs/{f'lib{draw.name()}' if sound else stem}-{draw.random.randbytes(4).hex()}.so.1"
    place = Place(where / "env", "lent")
    place.library(draw.name(), draw.version(), {f"lib/{stem}.so.1": _bytes(where / "a.so", f"{stem}.so.1")})
    place.wheel(name, draw.version(), {f"{name}/__init__.py": b"", carried: _bytes(where / "b.so", Path(carried).name)})
    return _with_loaded(place, where, [place.at(f"lib/{stem}.so.1"), place.inside(carried)])


@mechanism({350: E}, "process", "disk")
def two_hdf5_in_memory(draw: Draw, where: Path, sound: bool) -> Report:
    """A kernel has loaded HDF5 twice, in two versions; the near miss the environment's only."""
    return _twice(draw, where, "libhdf5.so.103", "libhdf5.so.200", sound)


@mechanism({351: E}, "process", "disk")
def two_arrows_in_memory(draw: Draw, where: Path, sound: bool) -> Report:
    """A kernel has loaded Arrow twice, conda's and the wheel's; the near miss the environment's only."""
    return _twice(draw, where, "libarrow.so.1200", "libarrow.so.1400", sound)


@mechanism({300: W}, "process", "disk")
def library_replaced_under_the_kernel(draw: Draw, where: Path, sound: bool) -> Report:
    """A shared library that the kernel has in memory was replaced on disk; the near miss is the same one once more."""
    name, (old, new) = draw.name(), draw.versions()
    first = _bytes(where / "a.so", "libx.so", f"f{draw.name()}")
    second = first if sound else _bytes(where / "b.so", "libx.so", f"f{draw.name()}")
    place = Place(where / "env", "lent").wheel(name, old, {f"{name}/__init__.py": b"", f"{name}/libx.so": first})
    with Kernel(place.python, where) as kernel:
        kernel.run(f"import ctypes; kept = ctypes.CDLL({str(place.inside(f'{name}/libx.so'))!r})")
        place.take_off(name, old)
        version = old if sound else new
        place.wheel(name, version, {f"{name}/__init__.py": b"", f"{name}/libx.so": second})
        return kernel.report()


@mechanism({371: E}, "process", "disk")
def extension_for_another_processor(draw: Draw, where: Path, sound: bool) -> Report:
    """An extension module is for another kind of processor than Python."""
    suffix = ".cpython-311-x86_64-linux-gnu.so"
    module = elves.library(where / "made" / f"_core{suffix}", needs=[Path("-lc")])
    content = bytearray(module.read_bytes())
    if not sound:
        content[18:20] = (183 if content[18] != 183 else 62).to_bytes(
            2, "little"
        )  # e_machine: AArch64 for x86-64, or the reverse
    place, name = Place(where / "env", "lent"), draw.name()
    place.package(draw.name(), draw.version())
    place.wheel(name, draw.version(), {f"{name}/__init__.py": b"", f"{name}/_core{suffix}": bytes(content)})
    return asked(place.python)


@mechanism({370: E}, "process", "disk")
def built_for_a_newer_processor(draw: Draw, where: Path, sound: bool) -> Report:
    """conda's record of a build asks for a level of x86-64 that this processor has not; the near miss asks for the first."""
    level = 1 if sound else _level_beyond()
    place = Place(where / "env", "lent")
    place.library("_x86_64-microarch-level", str(level), {})
    place.package(draw.name(), draw.version(), depends=[f"_x86_64-microarch-level >={level}"])
    with Kernel(place.python, where) as kernel:
        return kernel.report()


def _prefix(where: Path) -> Place:
    """A prefix whose Python finds libraries beside it, as conda's does."""
    place = Place(where)
    elves.program(place.at("bin/python"), rpath="$ORIGIN/../lib")
    return place


def _glibcxx(newest: int) -> list[str]:
    return ["GLIBCXX_3.4", f"GLIBCXX_3.4.{newest - 1}", f"GLIBCXX_3.4.{newest}"]


def _function(version: str) -> str:
    return "f_" + version.replace(".", "_")


def _library(path: Path, versions: Iterable[str]) -> Path:
    """A library with one function of each version."""
    return elves.library(path, soname=path.name, offers={version: [_function(version)] for version in versions})


def _bytes(path: Path, soname: str, function: str = "call") -> bytes:
    return elves.library(path, soname=soname, offers=[function]).read_bytes()


def _wheel(place: Place, draw: Draw, wants: list[str], needs: list[Path], runpath: str | None = None) -> str:
    """A wheel with one extension module; its path below site-packages."""
    name = draw.name()
    module = elves.library(place.path.parent / "made" / "_core.so", wants=wants, needs=needs, runpath=runpath)
    place.wheel(name, draw.version(), {f"{name}/__init__.py": b"", f"{name}/_core.so": module.read_bytes()})
    return f"{name}/_core.so"


def _led_away(draw: Draw, where: Path, soname: str, versions: list[str], sound: bool) -> Report:
    place = Place(where / "env", "lent").package(draw.name(), draw.version())
    own = _library(place.at(f"lib/{soname}"), versions)
    cluster = where / draw.name()
    _library(cluster / soname, versions if sound else versions[:1])
    _wheel(place, draw, wants=[_function(version) for version in versions], needs=[own], runpath=_UP)
    with Kernel(place.python, where, LD_LIBRARY_PATH=str(cluster)) as kernel:
        return kernel.report()


def _twice(draw: Draw, where: Path, ours: str, theirs: str, sound: bool) -> Report:
    place, name = Place(where / "env", "lent"), draw.name()
    place.library(draw.name(), draw.version(), {f"lib/{ours}": _bytes(where / "a.so", ours)})
    carried = f"{name}.libs/{theirs}"
    place.wheel(name, draw.version(), {f"{name}/__init__.py": b"", carried: _bytes(where / "b.so", theirs)})
    return _with_loaded(place, where, [place.at(f"lib/{ours}"), *([] if sound else [place.inside(carried)])])


def _with_loaded(place: Place, where: Path, libraries: Iterable[Path], **variables: str) -> Report:
    with Kernel(place.python, where, **variables) as kernel:
        kernel.run(f"import ctypes; kept = [ctypes.CDLL(path) for path in {list(map(str, libraries))!r}]")
        return kernel.report()


def _level_beyond() -> int:
    """A level of x86-64 that the processor of this machine does not reach."""
    flags = processor_flags()
    for level, flag in ((2, "sse4_2"), (3, "avx2"), (4, "avx512f")):
        if flag not in flags:
            return level
    require("older-processor")
    raise AssertionError


MECHANISMS: tuple[Mechanism, ...] = (
    newer_libstdcxx_wanted,
    another_generation_of_a_library,
    library_downgraded,
    wheels_file_in_condas_inode,
    another_libstdcxx_by_a_variable,
    another_openssl_by_a_variable,
    two_openmp_runtimes,
    second_openmp_not_refused,
    layer_of_the_parent,
    one_library_twice_in_memory,
    two_hdf5_in_memory,
    two_arrows_in_memory,
    library_replaced_under_the_kernel,
    extension_for_another_processor,
    built_for_a_newer_processor,
)
