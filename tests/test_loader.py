"""Our loader against the machine's: the same files, really compiled and really loaded."""

from __future__ import annotations

import itertools
import os
import sys
from pathlib import Path

import pytest

from envguard import elf, loader
from tests.envs import elves

pytestmark = pytest.mark.skipif(not sys.platform.startswith("linux"), reason="the loader of Linux")


@pytest.fixture(scope="module")
def place(tmp_path_factory):
    """One library in several folders."""
    root = tmp_path_factory.mktemp("loader")
    for folder in ("file", "middle", "program", "variable", "ours"):
        elves.library(root / folder / "libleaf.so.1", soname="libleaf.so.1", offers=("leaf",))
    return root


def world(program: Path, library_path: str | None = None, cwd: Path = Path("/")) -> loader.World:
    caller = elf.read(str(program))
    system = loader.system(caller.machine)
    first = loader.World(system, (caller,), loader.library_path(library_path), cwd=str(cwd))
    return first.with_loaded(loader.load(str(program), first))


def told(program: Path, *files: Path, library_path: str | None = None, cwd: Path = Path("/")) -> set[str]:
    """What we say that the process will hold."""
    where = world(program, library_path, cwd)
    found = set(map(os.path.realpath, (str(program), *where.loaded.values())))
    for file in files:
        brought = loader.load(str(file), where)
        found |= {os.path.realpath(each.library.path) for each in brought}
        where = where.with_loaded(brought)
    return found


def agree(program: Path, *files: Path, root: Path, **more) -> set[str]:
    """The names below a folder that both loaders bring in."""
    real, ours = elves.mapped(program, *files, **more), told(program, *files, **more)
    top = os.path.realpath(root) + "/"
    assert {each for each in ours if each.startswith(top)} == {each for each in real if each.startswith(top)}
    assert {Path(each).name for each in ours} >= {Path(each).name for each in real if ".so" in each}
    return {each[len(top) :] for each in real if each.startswith(top)}


KINDS = ("none", "rpath", "runpath")


def paths(kind: str, folder: Path) -> dict[str, str]:
    return {} if kind == "none" else {kind: str(folder)}


@pytest.mark.parametrize("variable", [False, True])
@pytest.mark.parametrize("program", KINDS)
@pytest.mark.parametrize("middle", KINDS)
@pytest.mark.parametrize("file", KINDS)
def test_the_order_is_that_of_the_real_loader(place, file, middle, program, variable):
    """A program loads a file that needs a middle one that needs the leaf, which lies in the folder each names."""
    leaf = place / "ours" / "libleaf.so.1"
    host = _once(place / f"host-{program}", elves.program, **paths(program, place / "program"))
    between = _once(
        place / f"libmiddle-{middle}.so", elves.library, needs=[leaf], wants=["leaf"], **paths(middle, place / "middle")
    )
    # which finds the middle one by its path, so that only the leaf is searched for
    top = _once(place / f"top-{file}-{middle}.so", elves.library, needs=[between], **paths(file, place / "file"))
    library_path = str(place / "variable") if variable else None
    refusal = elves.refusal(host, top, library_path=library_path)
    if refusal is not None:
        assert "libleaf.so.1: cannot open shared object file" in refusal
        brought = loader.load(str(top), world(host, library_path))
        assert [one.name for each in brought for one in each.found or () if one.path is None] == ["libleaf.so.1"]
        return
    found = agree(host, top, root=place, library_path=library_path)
    assert len({each for each in found if each.endswith("libleaf.so.1")}) == 1


def _once(path: Path, build, **how) -> Path:
    return path if path.exists() else build(path, **how)


@pytest.mark.parametrize("kind", ["rpath", "runpath"])
@pytest.mark.parametrize(
    "entry", ["$ORIGIN/../deep", "${ORIGIN}/../deep", "$ORIGIN/nowhere:$ORIGIN/../deep:/nowhere", "../deep", ":../deep"]
)
def test_origin_and_relative_folders(tmp_path, kind, entry):
    leaf = elves.library(tmp_path / "deep" / "libdeep.so", soname="libdeep.so", offers=("leaf",))
    file = elves.library(tmp_path / "ext" / "file.so", needs=[leaf], wants=["leaf"], **{kind: entry})
    host = elves.program(tmp_path / "bin" / "host")
    assert "deep/libdeep.so" in agree(host, file, root=tmp_path, cwd=tmp_path / "ext")


@pytest.mark.parametrize("token", ["$LIB", "${LIB}", "$PLATFORM"])
def test_what_the_machine_calls_its_folders(tmp_path, token):
    machine = elf.read(os.path.realpath(sys.executable)).machine
    values = {"LIB": loader.system(machine).lib, "PLATFORM": machine}
    folder = tmp_path / values[token.strip("${}")]
    leaf = elves.library(folder / "libdeep.so", soname="libdeep.so", offers=("leaf",))
    file = elves.library(tmp_path / "file.so", needs=[leaf], wants=["leaf"], runpath=f"{tmp_path}/{token}")
    host = elves.program(tmp_path / "host")
    refusal = elves.refusal(host, file)
    if token == "$PLATFORM" and refusal is not None:
        pytest.skip("this loader names the processor's generation instead")
    assert len(agree(host, file, root=tmp_path)) == 3


def test_through_links_the_origin_is_where_the_loader_went(tmp_path):
    leaf = elves.library(tmp_path / "a" / "lib" / "libdeep.so", soname="libdeep.so", offers=("leaf",))
    elves.library(tmp_path / "b" / "lib" / "libdeep.so", soname="libdeep.so", offers=("leaf",))
    real = elves.library(tmp_path / "a" / "ext" / "real.so", needs=[leaf], wants=["leaf"], rpath="$ORIGIN/../lib")
    link = tmp_path / "b" / "ext" / "link.so"
    link.parent.mkdir()
    link.symlink_to(real)
    assert "b/lib/libdeep.so" in agree(elves.program(tmp_path / "host"), link, root=tmp_path)


def test_a_name_that_is_loaded_is_not_searched_for(tmp_path):
    first = elves.library(tmp_path / "first" / "libdeep.so", soname="libdeep.so", offers=("leaf",))
    elves.library(tmp_path / "second" / "libdeep.so", soname="libdeep.so", offers=("leaf",))
    file = elves.library(tmp_path / "file.so", needs=[first], wants=["leaf"], runpath=str(tmp_path / "second"))
    host = elves.program(tmp_path / "host")
    assert agree(host, first, file, root=tmp_path) == {"host", "first/libdeep.so", "file.so"}
    assert agree(host, file, first, root=tmp_path) == {"host", "first/libdeep.so", "second/libdeep.so", "file.so"}


def test_a_file_by_its_path_is_a_second_copy_of_a_loaded_name(tmp_path):
    copies = [
        elves.library(tmp_path / each / "libdeep.so", soname="libdeep.so", offers=("leaf",)) for each in ("a", "b")
    ]
    assert len(agree(elves.program(tmp_path / "host"), *copies, root=tmp_path)) == 3


def test_what_is_for_another_processor_is_passed_over(tmp_path):
    leaf = elves.library(tmp_path / "good" / "libdeep.so", soname="libdeep.so", offers=("leaf",))
    other = bytearray(leaf.read_bytes())
    other[18:20] = (183 if other[18] != 183 else 62).to_bytes(2, "little")
    (tmp_path / "other").mkdir()
    (tmp_path / "other" / "libdeep.so").write_bytes(other)
    runpath = f"{tmp_path}/other:{tmp_path}/good"
    file = elves.library(tmp_path / "file.so", needs=[leaf], wants=["leaf"], runpath=runpath)
    assert "good/libdeep.so" in agree(elves.program(tmp_path / "host"), file, root=tmp_path)


def test_what_is_no_elf_file_ends_the_search(tmp_path):
    leaf = elves.library(tmp_path / "good" / "libdeep.so", soname="libdeep.so", offers=("leaf",))
    (tmp_path / "text").mkdir()
    (tmp_path / "text" / "libdeep.so").write_text("INPUT(libdeep.so.1)" + " " * 100)
    file = elves.library(tmp_path / "file.so", needs=[leaf], wants=["leaf"], runpath=f"{tmp_path}/text:{tmp_path}/good")
    host = elves.program(tmp_path / "host")
    assert "invalid ELF header" in elves.refusal(host, file)
    (one,) = loader.load(str(file), world(host))[0].found
    assert one.path == str(tmp_path / "text" / "libdeep.so")


@pytest.mark.parametrize("separator", [":", ";"])
def test_the_variable_has_two_separators_and_may_mean_the_current_folder(tmp_path, separator):
    leaf = elves.library(tmp_path / "here" / "libdeep.so", soname="libdeep.so", offers=("leaf",))
    file = elves.library(tmp_path / "file.so", needs=[leaf], wants=["leaf"])
    host = elves.program(tmp_path / "host")
    for value in (f"/nowhere{separator}{tmp_path}/here", f"/nowhere{separator}"):
        assert "here/libdeep.so" in agree(host, file, root=tmp_path, library_path=value, cwd=tmp_path / "here")


def test_real_programs_of_this_machine():
    """The cache and the system's own folders: whatever is installed."""
    tried = [path for path in itertools.islice(sorted(Path("/usr/bin").glob("*")), 0, None, 40) if path.is_file()]
    programs = [path for path in tried if (library := elf.read(str(path))) is not None and library.needed]
    assert programs
    for path in programs:
        where = world(path.resolve())
        missing = [one for each in loader.load(str(path.resolve()), where) for one in each.found or () if not one.path]
        assert not missing, path


@pytest.mark.parametrize("content", [b"", b"glibc-ld.so.cache1.1", b"glibc-ld.so.cache1.1" + b"\xff" * 200, b"x" * 500])
def test_a_cache_that_is_none(content):
    assert loader.parse_cache(content, None) == {} or set(loader.parse_cache(content, None)) == {""}
