"""Which compiled files of a prefix are worth a look at their headers."""

from __future__ import annotations

from envguard.probe import compiled, disk
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
