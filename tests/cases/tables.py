"""Broken by names that a table of envguard's holds: packages known not to go with one another."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tests.cases.mechanism import E, I, W, mechanism
from tests.cases.place import SITE, Place
from tests.cases.watch import files

if TYPE_CHECKING:
    from pathlib import Path

    from envguard.model import Report
    from tests.cases.draw import Draw
    from tests.cases.mechanism import Mechanism


@mechanism({320: E}, "disk", "compat-table")
def mkl_without_what_torch_calls(draw: Draw, where: Path, sound: bool) -> Report:
    """torch of its makers' channel, and an MKL that lost a function it calls; the near miss has the MKL before."""
    mkl = "2024.0.0" if sound else f"202{draw.random.randint(4, 6)}.{draw.random.randint(1, 2)}.0"
    place = Place(where).library("mkl", mkl, {"lib/libmkl_rt.so.2": draw.data()})
    version = f"{draw.random.randint(1, 2)}.{draw.random.randint(0, 5) + 5 * 0}.{draw.random.randint(0, 2)}"
    version = version if version.startswith("2") else f"1.{draw.random.randint(8, 13)}.1"
    place.library(
        "pytorch",
        version,
        {f"{SITE}/torch/__init__.py": b""},
        channel="pytorch",
        build="py3.11_cpu_0",
        depends=["mkl >=2018"],
    )
    return files(where)


@mechanism({321: I}, "disk")
def numpy_of_pips_beside_mkl(draw: Draw, where: Path, sound: bool) -> Report:
    """pip brought numpy where conda's packages compute with MKL; the near miss has OpenBLAS."""
    kind = "openblas" if sound else "mkl"
    place = Place(where).library("mkl", "2023.1.0", {"lib/libmkl_rt.so.2": draw.data()})
    place.library("libblas", "3.9.0", {"lib/libblas.so.3": draw.data()}, build=f"20_linux64_{kind}")
    place.package(draw.name(), draw.version(), depends=["libblas >=3.8"]).wheel("numpy", draw.version(main=2))
    return files(where)


@mechanism({350: W}, "disk", "compat-table")
def headers_and_library_of_two_releases(draw: Draw, where: Path, sound: bool) -> Report:
    """A package was built with another release of HDF5 than the one its range let in; the near miss accepts it."""
    built, found = draw.pick((("1.10.6", "1.10.9" if sound else "1.10.7"), ("1.12.0", "1.12.2" if sound else "1.12.1")))
    upper = f"1.{int(built.split('.')[1]) + 1}.0a0"
    place = Place(where).library("hdf5", found, {"lib/libhdf5.so.103": draw.data()})
    place.package(draw.pick(("h5py", "pytables", draw.name())), draw.version(), depends=[f"hdf5 >={built},<{upper}"])
    return files(where)


@mechanism({350: W}, "disk")
def hdf5_in_a_wheel_too(draw: Draw, where: Path, sound: bool) -> Report:
    """A wheel carries HDF5 while a package of conda's uses conda's; the near miss is a library of another name."""
    name, library = draw.name(), f"lib{draw.name()}" if sound else "libhdf5"
    place = Place(where).library("hdf5", "1.14.3", {"lib/libhdf5.so.310": draw.data()})
    place.package(draw.name(), draw.version(), depends=["hdf5 >=1.14.3,<1.15"])
    carried = f"{name}.libs/{library}-{draw.random.randbytes(4).hex()}.so.200"
    place.wheel(name, draw.version(), {f"{name}/__init__.py": b"", carried: draw.data()})
    return files(where)


@mechanism({351: W}, "disk", "compat-table")
def arrow_from_two_sides(draw: Draw, where: Path, sound: bool) -> Report:
    """pip's pyarrow, and a package of conda's that was built for conda's Arrow; the near miss has conda's pyarrow."""
    library, version = draw.pick(("libarrow", "arrow-cpp")), draw.version(main=12)
    place = Place(where).library(library, version, {"lib/libarrow.so.1200": draw.data()})
    place.package(draw.name(), draw.version(), depends=[f"{library} >={version}"])
    if sound:
        place.package("pyarrow", version)
    else:
        place.wheel("pyarrow", draw.version(main=14))
    return files(where)


@mechanism({352: W}, "disk", "compat-table")
def generated_code_too_old(draw: Draw, where: Path, sound: bool) -> Report:
    """Code of an old protoc, and a protobuf that refuses it; the near miss is a protobuf that does not."""
    name, version = draw.pick(
        (("tensorflow", "2.6.0"), ("onnx", "1.11.0"), ("streamlit", "1.9.0"), ("tensorboardX", "2.5"))
    )
    place = Place(where).wheel(name, version)
    place.wheel("protobuf", f"3.20.{draw.random.randint(0, 3)}" if sound else f"4.21.{draw.random.randint(0, 12)}")
    return files(where)


@mechanism({360: W}, "disk")
def a_second_qt(draw: Draw, where: Path, sound: bool) -> Report:
    """OpenCV's wheel with a Qt of its own beside another Qt; the near miss is the headless wheel."""
    opencv = draw.pick(("opencv_python", "opencv_contrib_python"))
    place = Place(where).library("pyqt", draw.version(main=5), {f"{SITE}/PyQt5/__init__.py": b""})
    place.wheel(f"{opencv}_headless" if sound else opencv, draw.version(main=4), {"cv2/__init__.py": draw.code()})
    return files(where)


@mechanism({371: E}, "disk")
def packages_for_two_processors(draw: Draw, where: Path, sound: bool) -> Report:
    """Records of one prefix are for two kinds of processor; the near miss is a package for every one."""
    ours, theirs = draw.pick((("linux-64", "linux-aarch64"), ("osx-64", "osx-arm64")))
    place = Place(where).library(draw.name(), draw.version(), {f"lib/{draw.name()}.so": draw.data()}, subdir=ours)
    name = draw.name()
    noarch = {"subdir": "noarch", "noarch": "python"} if sound else {"subdir": theirs}
    place.package(name, draw.version(), **noarch)
    return files(where)


MECHANISMS: tuple[Mechanism, ...] = (
    mkl_without_what_torch_calls,
    numpy_of_pips_beside_mkl,
    headers_and_library_of_two_releases,
    hdf5_in_a_wheel_too,
    arrow_from_two_sides,
    generated_code_too_old,
    a_second_qt,
    packages_for_two_processors,
)
