"""Which compiled files of a prefix are worth a look at their headers."""

from __future__ import annotations

import struct
import sys

import pytest

from envguard.probe import compiled, disk
from tests.envs import elves
from tests.probe.prefix import SITE, Prefix


def named(prefix: Prefix) -> list[tuple[str, str]]:
    return [(each["path"], each["owner"]) for each in disk.collect(str(prefix.path))["compiled"]]


def test_the_first_modules_of_each_package_and_those_of_the_standard_library(tmp_path):
    prefix = Prefix(tmp_path / "p")
    prefix.conda(
        "python", "3.11.9", {f"lib/python3.11/lib-dynload/{name}.cpython-311.so": b"" for name in ("_ssl", "_json")}
    )
    prefix.conda("foolib", "1", {f"{SITE}/foolib/{name}.so": b"" for name in ("a", "b")} | {"lib/libfoo.so.1": b""})
    prefix.pip(
        "barlib",
        "2",
        {f"barlib/deep/er/{n}.so": b"" for n in range(3)} | {"barlib/top.so": b"", "barlib.libs/x.so": b""},
    )
    dist = f"{SITE}/barlib-2.dist-info"
    assert named(prefix) == [
        (f"{SITE}/barlib/top.so", dist),
        (f"{SITE}/barlib/deep/er/0.so", dist),
        (f"{SITE}/barlib/deep/er/1.so", dist),
        ("lib/python3.11/lib-dynload/_ssl.cpython-311.so", "conda-meta/python-3.11.9-0.json"),
        (f"{SITE}/foolib/a.so", "conda-meta/foolib-1-0.json"),
    ]


def test_all_of_them_for_who_has_the_time(tmp_path):
    prefix = Prefix(tmp_path / "p").pip("barlib", "2", {f"barlib/{n}.so": b"" for n in range(200)})
    assert len(compiled.every(disk.look(str(prefix.path)))) == 200
    assert len(named(prefix)) == 3


def test_there_is_an_end(tmp_path):
    prefix = Prefix(tmp_path / "p")
    for number in range(70):
        prefix.pip(f"p{number}", "1", {f"p{number}/{part}.so": b"" for part in "abc"})
        prefix.conda(f"c{number}", "1", {f"{SITE}/c{number}/a.so": b""})
    assert len(named(prefix)) == 150


def test_what_is_gone_is_not_named(tmp_path):
    prefix = Prefix(tmp_path / "p").pip("barlib", "2", {"barlib/a.so": b""})
    (prefix.path / SITE / "barlib" / "a.so").unlink()
    assert named(prefix) == []


def pips(prefix: Prefix, what: str, name: str = "barlib") -> list[str]:
    (dist,) = (each for each in disk.collect(str(prefix.path))["distributions"] if each["name"] == name)
    return dist[what]["sample"]


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="ELF is Linux's format")
def test_a_file_that_ends_before_its_headers_say(tmp_path):
    whole = elves.library(tmp_path / "x.so", soname="x.so", offers=["f"]).read_bytes()
    prefix = Prefix(tmp_path / "p").pip("barlib", "1", {"barlib/a.so": whole, "barlib/b.so": whole, "barlib/c.so": b""})
    assert pips(prefix, "cut") == []
    inside = prefix.path / SITE / "barlib"
    (inside / "a.so").write_bytes(whole[: len(whole) // 2])
    (inside / "b.so").write_bytes(b"")
    assert pips(prefix, "cut") == [f"{SITE}/barlib/a.so", f"{SITE}/barlib/b.so"]
    # RECORD tells more than there is, as after `strip`, and the file is whole
    prefix = Prefix(tmp_path / "q").pip("barlib", "1", {"barlib/a.so": whole + b"debug", "barlib/b.so": b"1" * 99})
    prefix.write(f"{SITE}/barlib/a.so", whole)
    prefix.write(f"{SITE}/barlib/b.so", b"version https://git-lfs.github.com/spec/v1")
    assert pips(prefix, "cut") == [f"{SITE}/barlib/b.so"]


MACHO = b"\xcf\xfa\xed\xfe" + struct.pack("<IIIIIII", 7, 3, 8, 1, 72, 0, 0)
MACHO += struct.pack("<II16sQQQQ", 0x19, 72, b"__TEXT", 0, 4096, 0, 4096) + b"\0" * 16
PE = b"MZ" + b"\0" * 58 + struct.pack("<I", 64) + b"PE\0\0" + struct.pack("<HHIIIHH", 0x8664, 1, 0, 0, 0, 0, 0)
PE += struct.pack("<8sIIIIIIHHI", b".text", 0, 0, 512, 1024, 0, 0, 0, 0, 0)


@pytest.mark.parametrize(
    ("head", "size"),
    [
        (MACHO, 4096),
        (PE, 1536),
        (MACHO[:40], float("inf")),
        (b"\xca\xfe\xba\xbe\0\0\0\2", 0),
        (b"", float("inf")),
        (b"<html>", float("inf")),
        (b"\x7fELF\x01\x01" + b"\0" * 60, 0),
        (b"MZ" + b"\0" * 58 + struct.pack("<I", 1 << 20) + b"\0" * 4032, 0),
    ],
)
def test_the_size_that_headers_tell(head, size):
    assert compiled.ends(head) == size


@pytest.mark.parametrize(
    ("names", "expected"),
    [
        (["_x.cpython-310-x86_64-linux-gnu.so"], ["_x.cpython-310-x86_64-linux-gnu.so"]),
        (["_x.cpython-311-aarch64-linux-gnu.so"], ["_x.cpython-311-aarch64-linux-gnu.so"]),
        (["_x.cpython-311-darwin.so"], ["_x.cpython-311-darwin.so"]),
        (["_x.cp311-win_amd64.pyd"], ["_x.cp311-win_amd64.pyd"]),
        (["_x.cpython-311-x86_64-linux-gnu.so"], []),
        (["_x.cpython-311.so"], []),
        (["_x.abi3.so"], []),
        (["_x.so"], []),
        (["_x.cpython-310-x86_64-linux-gnu.so", "_y.cpython-311-x86_64-linux-gnu.so"], []),
        (["_x.cpython-310-x86_64-linux-gnu.so", "_x.abi3.so"], []),
        (["_x.cpython-39-x86_64-linux-gnu.so", "_x.cpython-310-x86_64-linux-gnu.so"], []),
        (["tests/_x.cpython-310-x86_64-linux-gnu.so"], []),
    ],
)
def test_a_module_for_another_python(tmp_path, names, expected):
    prefix = Prefix(tmp_path / "p").conda("python", "3.11.9", {"bin/python": b""})
    prefix.pip("barlib", "1", {f"barlib/{name}": b"x" for name in names})
    assert pips(prefix, "foreign") == [f"{SITE}/barlib/{name}" for name in expected]


def test_a_file_that_another_book_lists_is_not_called_cut(tmp_path):
    prefix = Prefix(tmp_path / "p").pip("barlib", "1", {"barlib/a.so": b"1" * 99})
    prefix.pip("foolib", "1", {"barlib/a.so": b"22"})
    assert pips(prefix, "cut") == []
    prefix = Prefix(tmp_path / "q").pip("barlib", "1", {"barlib/a.so": b"1" * 99})
    prefix.conda("foolib", "1", {f"{SITE}/barlib/a.so": b"22"})
    assert pips(prefix, "cut") == []


@pytest.mark.skipif(sys.platform == "win32", reason="links need rights there")
def test_a_link_into_a_cache_that_was_cleared(tmp_path):
    prefix = Prefix(tmp_path / "p").conda("foolib", "1", {"lib/libfoo.so": b"x", "lib/libbar.so": b"x"})
    cache = tmp_path / "pkgs"
    cache.mkdir()
    (cache / "libfoo.so").write_bytes(b"x")
    for name in ("libfoo.so", "libbar.so"):
        (prefix.path / "lib" / name).unlink()
        (prefix.path / "lib" / name).symlink_to(cache / name)
    (package,) = disk.collect(str(prefix.path))["conda_packages"]
    assert package["missing"]["sample"] == ["lib/libbar.so"]
