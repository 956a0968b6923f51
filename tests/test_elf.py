"""Our reader of ELF headers: held against pyelftools, and fed with what is no ELF file."""

from __future__ import annotations

import os
import struct
import sys
import sysconfig
import time
from functools import cache
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from envguard import elf
from envguard.library import VersionNeed
from tests.envs import elves

elftools = pytest.importorskip("elftools.elf.elffile")
pytestmark = pytest.mark.skipif(not sys.platform.startswith("linux"), reason="ELF is Linux's format")


def real_files(every: int) -> list[Path]:
    """Programs, libraries and extension modules of this machine."""
    return _real_files()[::every]


@cache
def _real_files() -> list[Path]:
    multiarch = sysconfig.get_config_var("MULTIARCH") or ""
    folders = [Path("/usr/bin"), Path("/usr/lib", multiarch)]
    found = [path for folder in folders for path in sorted(folder.glob("*"))]
    found += sorted(Path(sysconfig.get_path("platlib")).rglob("*.so"))
    return [path for path in found if path.is_file() and not path.is_symlink()]


@pytest.fixture(scope="module")
def sample(tmp_path_factory):
    """A library that has one of everything."""
    root = tmp_path_factory.mktemp("elf")
    leaf = elves.library(
        root / "libleaf.so.1", soname="libleaf.so.1", offers={"LEAF_1.0": ["one"], "LEAF_2.0": ["two"]}
    )
    return elves.library(
        root / "libtop.so",
        soname="libtop.so.3",
        offers={"TOP_1": ["first"], "TOP_2": ["second"]},
        wants=["one", "two", "nowhere"],
        needs=[leaf],
        runpath="$ORIGIN/../lib:/opt/lib",
    )


def test_one_of_everything(sample):
    found = elf.read(str(sample))
    assert (found.soname, found.needed) == ("libtop.so.3", ("libleaf.so.1",))
    assert (found.rpath, found.runpath) == ((), ("$ORIGIN/../lib", "/opt/lib"))
    assert found.defines == ("TOP_1", "TOP_2")
    (need,) = found.needs
    assert (need.library, sorted(need.versions)) == ("libleaf.so.1", ["LEAF_1.0", "LEAF_2.0"])
    assert isinstance(need, VersionNeed)
    assert found.machine == os.uname().machine


def test_the_older_kind_of_path(tmp_path):
    found = elf.read(str(elves.library(tmp_path / "a.so", rpath="/a:/b")))
    assert (found.rpath, found.runpath, found.soname) == (("/a", "/b"), (), None)


def test_symbols(sample):
    found = elf.symbols(str(sample))
    assert found.defined["first"] == ("TOP_1",)
    assert found.defined["second"] == ("TOP_2",)
    wanted = {each.name: each for each in found.undefined}
    assert (wanted["one"].version, wanted["one"].library, wanted["one"].weak) == ("LEAF_1.0", "libleaf.so.1", False)
    assert (wanted["nowhere"].version, wanted["nowhere"].library) == (None, None)


def test_symbols_of_what_offers_none(tmp_path):
    hidden = elves.library(tmp_path / "a.so", wants=["one", "two"], flags=["-fvisibility=hidden"])
    assert {each.name for each in elf.symbols(str(hidden)).undefined} >= {"one", "two"}


def test_without_sections(sample, tmp_path):
    """The loader needs none, and neither do we."""
    bare = bytearray(sample.read_bytes())
    struct.pack_into("<Q", bare, 40, 0)
    struct.pack_into("<HHH", bare, 58, 0, 0, 0)
    stripped = tmp_path / sample.name
    stripped.write_bytes(bare)
    told, known = elf.read(str(stripped)), elf.read(str(sample))
    assert (told.soname, told.needed, told.needs, told.defines) == (
        known.soname,
        known.needed,
        known.needs,
        known.defines,
    )
    assert elf.symbols(str(stripped)) == elf.symbols(str(sample))


def test_every_file_of_the_machine_reads_as_pyelftools_reads_it():
    compared = 0
    for path in real_files(every=20):
        ours = elf.read(str(path))
        with path.open("rb") as stream:
            if stream.read(4) != b"\x7fELF":
                assert ours is None, path
                continue
            theirs = elftools.ELFFile(stream)
            dynamic = theirs.get_section_by_name(".dynamic")
            if dynamic is None or theirs["e_type"] not in ("ET_DYN", "ET_EXEC"):
                continue
            tags = {"DT_NEEDED": [], "DT_SONAME": [], "DT_RPATH": [], "DT_RUNPATH": []}
            for tag in dynamic.iter_tags():
                if tag.entry.d_tag in tags:
                    tags[tag.entry.d_tag].append(getattr(tag, tag.entry.d_tag[3:].lower()))
            assert list(ours.needed) == tags["DT_NEEDED"], path
            assert [ours.soname] == (tags["DT_SONAME"] or [None]), path
            assert ":".join(ours.rpath) == "".join(tags["DT_RPATH"]), path
            assert ":".join(ours.runpath) == "".join(tags["DT_RUNPATH"]), path
            needs = theirs.get_section_by_name(".gnu.version_r")
            expected = [
                (need.name, tuple(each.name for each in versions)) for need, versions in needs.iter_versions()
            ] if needs else []  # fmt: skip
            assert [(need.library, need.versions) for need in ours.needs] == expected, path
            defines = theirs.get_section_by_name(".gnu.version_d")
            named = [next(iter(names)).name for version, names in defines.iter_versions() if not version["vd_flags"] & 1] if defines else []  # fmt: skip
            assert list(ours.defines) == named, path
            compared += 1
    assert compared > 20


def test_symbols_are_those_of_pyelftools():
    for path in [path for path in real_files(every=150) if elf.read(str(path)) is not None][:8]:
        with path.open("rb") as stream:
            table = elftools.ELFFile(stream).get_section_by_name(".dynsym")
            if table is None:
                continue
            outer = [each for each in table.iter_symbols() if each.name and each["st_info"]["bind"] != "STB_LOCAL"]
        found = elf.symbols(str(path))
        assert {each.name for each in found.undefined} == {
            each.name for each in outer if each["st_shndx"] == "SHN_UNDEF"
        }, path
        assert set(found.defined) == {each.name for each in outer if each["st_shndx"] != "SHN_UNDEF"}, path


def test_another_word_size_and_byte_order(tmp_path):
    """A big-endian file of 32 bits, put together by hand: one segment, a name, one library needed."""
    strings = b"\0libown.so\0libneeded.so.2\0"
    header, segments = 52, 2 * 32
    dynamic = b"".join(
        struct.pack(">II", *each)
        for each in ((5, header + segments + 40), (14, 1), (1, 11), (10, len(strings)), (0, 0))
    )
    start, whole = header + segments, header + segments + 40 + len(strings)
    head = b"\x7fELF\x01\x02\x01" + bytes(9)
    head += struct.pack(">HHIIIIIHHHHHH", 3, 20, 1, 0, header, 0, 0, header, 32, 2, 0, 0, 0)
    table = struct.pack(">IIIIIIII", 1, 0, 0, 0, whole, whole, 5, 4)
    table += struct.pack(">IIIIIIII", 2, start, start, 0, 40, 40, 6, 4)
    path = tmp_path / "libown.so"
    path.write_bytes(head + table + dynamic + strings)
    found = elf.read(str(path))
    assert (found.soname, found.needed, found.machine) == ("libown.so", ("libneeded.so.2",), "ppc")


@settings(max_examples=400, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(data=st.data())
def test_any_bytes_are_read_or_refused_soon(sample, tmp_path, data):
    content = bytearray(sample.read_bytes())
    for _ in range(data.draw(st.integers(0, 12))):
        # mostly where the offsets and the counts are
        place = data.draw(st.one_of(st.integers(0, 1200), st.integers(0, len(content) - 1)))
        content[place] = data.draw(st.sampled_from([0, 1, 2, 127, 128, 255]))
    content = content[: data.draw(st.one_of(st.just(len(content)), st.integers(0, len(content))))]
    path = tmp_path / "any.so"
    path.unlink(missing_ok=True)
    path.write_bytes(content)
    started = time.process_time()
    elf.read(str(path))
    elf.symbols(str(path))
    assert time.process_time() - started < 2


def test_what_is_no_file_is_not_opened(tmp_path):
    pipe = tmp_path / "pipe.so"
    os.mkfifo(pipe)
    folder = tmp_path / "folder.so"
    folder.mkdir()
    loop = tmp_path / "loop.so"
    loop.symlink_to(loop)
    for path in (pipe, folder, loop, tmp_path / "nowhere.so", Path("/dev/zero"), Path("/dev/stdin")):
        assert elf.read(str(path)) is None
        assert elf.symbols(str(path)) is None
        assert elf.kind(str(path)) is None
    assert elf.read("a\0b") is None


def test_ten_gigabytes_of_nothing(tmp_path, sample):
    empty, begun = tmp_path / "empty.so", tmp_path / "begun.so"
    for path, start in ((empty, b""), (begun, sample.read_bytes())):
        path.write_bytes(start)
        os.truncate(path, 10 << 30)
    started = time.process_time()
    assert elf.read(str(empty)) is None
    assert elf.read(str(begun)).soname == "libtop.so.3"
    assert elf.symbols(str(begun)) is not None
    assert time.process_time() - started < 1


def test_a_changed_file_is_read_anew(tmp_path):
    path = elves.library(tmp_path / "a.so", soname="a.so.1")
    assert elf.read(str(path)).soname == "a.so.1"
    path.unlink()
    elves.library(path, soname="a.so.22")
    assert elf.read(str(path)).soname == "a.so.22"
