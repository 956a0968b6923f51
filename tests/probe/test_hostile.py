"""Whatever stands in a prefix: one problem each, the rest is told all the same, nothing outside is read, nothing hangs."""

from __future__ import annotations

import json
import os
import socket
import stat
from typing import TYPE_CHECKING, Any

import pytest

from envguard.facts import Environment
from envguard.probe import conda_book, disk, reading
from tests.probe.prefix import SITE, Prefix

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

INFO = f"{SITE}/bad-1.dist-info"
META = "conda-meta/bad-1-0.json"
SECRET = b"Name: secret\nVersion: 6.6.6\n"


@pytest.fixture
def prefix(tmp_path: Path) -> Prefix:
    """A sound environment of one package of each kind, which must be told whatever lies beside it."""
    made = Prefix(tmp_path / "env")
    made.conda("good", "1", made.info("good", "1", {"good/__init__.py": b"", "good/core.so": b"ELF"}, "conda"))
    return made.pip("fine", "2", {"fine/__init__.py": b""}).history("==> 2024-05-04 17:18:39 <==\n+local::good-1-0\n")


@pytest.fixture
def opened(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Every file that is opened from here on."""
    found: list[str] = []
    real = os.open

    def watched(path: Any, *args: Any, **more: Any) -> int:
        handle = real(path, *args, **more)
        found.append(os.path.realpath(path))
        return handle

    monkeypatch.setattr(os, "open", watched)
    return found


def facts(prefix: Prefix) -> Environment:
    """What is told; the good packages always are, and nothing makes the answer less than plain JSON."""
    env = Environment.from_dict(json.loads(json.dumps(disk.collect(str(prefix.path)))))
    assert "good" in {package.name for package in env.conda_packages or ()}
    dists = {dist.name: dist for dist in env.distributions or ()}
    assert dists["good"].owner == "conda-meta/good-1-0.json"
    assert dists["fine"].owner is None
    assert not dists["fine"].missing.count
    return env


def problems(env: Environment) -> dict[str, str]:
    """Reason by source; that no source is told twice is part of every test."""
    told = {problem.source: problem.reason.english() for problem in env.problems}
    assert len(told) == len(env.problems), env.problems
    return told


def record(**more: Any) -> bytes:
    return json.dumps({"name": "bad", "version": "1", **more}).encode()


WHOLE = json.dumps(
    {
        "name": "bad",
        "version": "1.2.3",
        "build": "py311h0_0",
        "depends": ["python >=3.11,<3.12.0a0"],
        "files": ["lib/ü.py"],
        "paths_data": {"paths": [{"_path": "lib/ü.py", "path_type": "hardlink", "sha256": "0" * 64}]},
        "size": 12345,
    },
    ensure_ascii=False,
    indent=2,
).encode()


def test_a_record_cut_at_any_byte(prefix: Prefix) -> None:
    for end in range(len(WHOLE)):
        told = problems(facts(prefix.write(META, WHOLE[:end])))
        assert list(told) == [META]
        assert "it is cut short" in told[META] or "it is no text in UTF-8" in told[META] or not end, told


RECORDS = {
    "list": (b"[]", "not a JSON object"),
    "null": (b"null", "not a JSON object"),
    "number": (b"1e400", "not a JSON object"),
    "nan": (b"NaN", "not a JSON object"),
    "deep": (b'{"a":' * 100_000, "it is nested too deeply"),
    "utf-16": ('{"name": "bad"}'.encode("utf-16"), "it is no text in UTF-8, from byte 0 on"),
    "latin-1": ('{"name": "bäd"}'.encode("latin-1"), "it is no text in UTF-8, from byte 11 on"),
    "two": (b"{}{}", "Extra data: line 1 column 3 (char 2)"),
    "nul": (b"\0" * 100, "Expecting value: line 1 column 1 (char 0)"),
    "huge number": (b'{"size": ' + b"9" * 1_000_000 + b"}", None),
    "name is a list": (record(name=["bad"]), "no name"),
    "name is an option": (record(name="--yes"), "no package can have its name"),
    "name with a line end": (record(name="a\nb"), "no package can have its name"),
    "name without end": (record(name="b" * 10_000), "no package can have its name"),
    "surrogate": (b'{"name": "\\ud800", "version": "1"}', "no package can have its name"),
    "version with colours": (record(version="\x1b[31m"), "no package can have its version"),
    "version is a number": (record(version=1.0), "no version"),
    "depends without end": (record(depends=["a"] * 100_000), "100000 entries in depends"),
}


@pytest.mark.parametrize("case", RECORDS)
def test_a_record_that_is_none(prefix: Prefix, case: str) -> None:
    data, reason = RECORDS[case]
    env = facts(prefix.write(META, data))
    told = problems(env)[META]
    assert told == f"record could not be read: {reason}" if reason else told
    assert env.unreadable_records == ("bad-1-0",)


def test_a_number_without_end_is_refused_by_an_older_python_too() -> None:
    with pytest.raises(ValueError, match="a number of 100000 digits"):
        conda_book._whole("9" * 100_000)


def test_a_mark_at_the_beginning_and_a_key_twice_are_no_problem(prefix: Prefix) -> None:
    env = facts(prefix.write(META, b"\xef\xbb\xbf" + b'{"name": "x", "version": "0", "name": "bad"}'))
    assert "bad" in env.by_name
    assert not env.problems


@pytest.mark.parametrize("where", ["../../elsewhere/", "/elsewhere/"])
def test_nothing_is_moved_out_of_the_prefix(where: str) -> None:
    moved = {"files": [where + "site-packages/x.py"], "paths_data": {"paths": [{"_path": "site-packages/y.py"}]}}
    assert not list(conda_book.listed(moved))


ANYTHING = (None, True, -1, 1.5, "text", [], {}, [[]], [{}], {"a": 1}, 10**400, "x" * 10_000, ["\0", 1, None])
FIELDS = (
    *("build", "build_number", "channel", "subdir", "noarch", "depends", "constrains", "requires", "url", "link"),
    *("requested_spec", "requested_specs", "files", "paths_data"),
)
ENTRY = ("_path", "path_type", "sha256", "sha256_in_prefix", "size_in_bytes", "file_mode", "prefix_placeholder")


@pytest.mark.parametrize("value", ANYTHING, ids=lambda value: repr(value)[:20])
def test_a_field_of_another_type_is_passed_over(prefix: Prefix, value: Any) -> None:
    for field in FIELDS:
        prefix.write(f"conda-meta/{field}-1-0.json", record(name=field, **{field: value}))
    entry = {"_path": "lib/a.so", "path_type": "hardlink", "sha256": "0" * 64, "size_in_bytes": 1}
    for field in ENTRY:
        paths = [{**entry, field: value}, {**entry, "_path": f"{SITE}/fine/__init__.py", field: value}, value]
        prefix.write(f"conda-meta/e{field}-1-0.json", record(name=f"e{field}", paths_data={"paths": paths}))
    prefix.write("lib/a.so", b"ELF").write(f"{SITE}/fine/__init__.py", b"changed")
    env = facts(prefix)
    assert len(env.conda_packages or ()) == 1 + len(FIELDS) + len(ENTRY)
    assert all(source.startswith("conda-meta/") for source in problems(env))


PATHS = ("/etc/passwd", "../../../etc/passwd", "lib/../../x", "..", "lib/..", "", "lib/a\0b", "\\etc\\passwd", "..\\x")


@pytest.mark.parametrize("path", PATHS)
@pytest.mark.parametrize("age", ["files", "paths_data"])
def test_a_record_that_leads_out_of_the_prefix(prefix: Prefix, opened: list[str], path: str, age: str) -> None:
    more = {"files": [path]} if age == "files" else {"paths_data": {"paths": [{"_path": path, "size_in_bytes": 1}]}}
    env = facts(prefix.write(META, record(**more)))
    assert problems(env) == {META: "1 of the files it lists are no paths inside the environment"}
    assert env.by_name["bad"].files == 0
    assert all(reading.below(each, os.path.realpath(prefix.path)) for each in opened)


@pytest.mark.parametrize(
    "path",
    ["lib/" + "x" * 10_000, "a/" * 5_000 + "b", "a/" * 1_000_000 + "b", "lib/\ud800", "lib/\udcff.so", "-info" * 99],
)
def test_a_path_that_no_disk_can_hold(prefix: Prefix, path: str) -> None:
    env = facts(prefix.write(META, record(paths_data={"paths": [{"_path": path, "sha256": "0" * 64}]})))
    assert env.by_name["bad"].files == 1


@pytest.mark.slow
def test_records_of_50_megabytes(prefix: Prefix) -> None:
    paths = [{"_path": f"share/bad/{n % 997}/{n}", "path_type": "hardlink", "sha256": "0" * 64, "size_in_bytes": n} for n in range(300_000)]  # fmt: skip
    data = record(paths_data={"paths": paths})
    env = facts(prefix.write(META, data + b" " * ((50 << 20) - len(data))))
    assert env.by_name["bad"].missing.count == 300_000
    env = facts(prefix.write(META, b" " * (65 << 20)))
    assert problems(env) == {META: "record could not be read: larger than 64 MB"}


# what lies in the place of a file


def fifo(path: Path, outside: Path) -> None:
    os.mkfifo(path)


def sock(path: Path, outside: Path) -> None:
    here = os.open(".", os.O_RDONLY)
    os.chdir(path.parent)  # a socket's name may have 108 characters
    try:
        with socket.socket(socket.AF_UNIX) as made:
            made.bind(path.name)
    finally:
        os.fchdir(here)
        os.close(here)


def device(path: Path, outside: Path) -> None:
    try:
        os.mknod(path, stat.S_IFCHR | 0o666, os.makedev(1, 5))  # /dev/zero
    except PermissionError:
        pytest.skip("needs root to make a device")


def folder(path: Path, outside: Path) -> None:
    path.mkdir()


def itself(path: Path, outside: Path) -> None:
    path.symlink_to(path.name)


def nowhere(path: Path, outside: Path) -> None:
    path.symlink_to("nowhere")


def zero(path: Path, outside: Path) -> None:
    path.symlink_to("/dev/zero")


def leads_out(path: Path, outside: Path) -> None:
    path.symlink_to(outside)


def leads_out_twice(path: Path, outside: Path) -> None:
    (path.parent / "step").symlink_to(outside)
    path.symlink_to("step")


MAKERS = (fifo, sock, device, folder, itself, nowhere, zero, leads_out, leads_out_twice)
READ = (META, f"{INFO}/METADATA", f"{INFO}/RECORD", f"{INFO}/INSTALLER", f"{INFO}/direct_url.json", f"{SITE}/a.pth",
        f"{SITE}/bad.egg-info", INFO, "conda-meta/pinned")  # fmt: skip


@pytest.fixture
def outside(tmp_path: Path) -> Path:
    path = tmp_path / "outside.txt"
    path.write_bytes(SECRET)
    return path


@pytest.mark.parametrize("make", MAKERS, ids=lambda make: make.__name__)
@pytest.mark.parametrize("path", READ)
def test_no_regular_file(
    prefix: Prefix, outside: Path, opened: list[str], path: str, make: Callable[[Path, Path], None]
) -> None:
    if path.startswith(INFO + "/"):
        prefix.pip("bad", "1", {"bad.py": b""})
        (prefix.path / path).unlink(missing_ok=True)
    make(prefix.path / path, outside)
    opened.clear()
    env = facts(prefix)
    if not (make is folder and path in (INFO, f"{SITE}/bad.egg-info")) and not (
        make is nowhere and path == "conda-meta/pinned"
    ):
        (source,) = problems(env)
        assert path.startswith(source)
    assert all(reading.below(each, os.path.realpath(prefix.path)) for each in opened)
    assert not any(dist.name == "secret" for dist in env.distributions or ())
    assert all(dist.has_metadata for dist in env.distributions or () if make is not folder)


@pytest.mark.parametrize("make", [fifo, zero, leads_out, itself], ids=lambda make: make.__name__)
@pytest.mark.parametrize("name", ["bad.so", "bad.py"])
def test_a_suspect_that_is_no_regular_file(
    prefix: Prefix, outside: Path, opened: list[str], name: str, make: Callable[[Path, Path], None]
) -> None:
    prefix.conda("bad", "1", {f"{SITE}/{name}": b"conda's"}).pip("bad", "1", {name: b"pip's"})
    (prefix.path / SITE / name).unlink()
    make(prefix.path / SITE / name, outside)
    (overlap,) = facts(prefix).overlaps
    assert (overlap.differ, overlap.on_disk.unknown) == (1, 1)
    assert str(outside) not in opened


@pytest.mark.parametrize("where", ["bin/pip", "pyvenv.cfg", "conda-meta/history", "bin/conda"])
def test_what_is_linked_from_outside_is_not_read(prefix: Prefix, outside: Path, opened: list[str], where: str) -> None:
    (prefix.path / "bin").mkdir(exist_ok=True)
    (prefix.path / where).unlink(missing_ok=True)
    (prefix.path / where).symlink_to(outside)
    facts(prefix)
    assert str(outside) not in opened


def test_folders_linked_from_outside_are_not_looked_into(prefix: Prefix, tmp_path: Path, opened: list[str]) -> None:
    away = Prefix(tmp_path / "away").pip("secret", "6", {"secret.py": b""}).conda("secret", "6", {})
    prefix.conda("r", "1", {"lib/R/x.so": b"", "share/a": b""})
    (prefix.path / "lib/R/x.so").unlink()
    (prefix.path / "lib/R").rmdir()
    (prefix.path / "lib/R").symlink_to(tmp_path)
    env = facts(prefix)
    assert problems(env) == {"lib/R": reading.OUTSIDE}
    assert env.by_name["r"].missing.count == 0
    (prefix.path / "lib/python3.12").symlink_to(away.path / "lib/python3.11")
    env = Environment.from_dict(disk.collect(str(prefix.path)))
    assert problems(env)["lib/python3.12/site-packages"] == reading.OUTSIDE
    assert env.distributions is None
    (prefix.path / "conda-meta").rename(prefix.path / "was")
    (prefix.path / "conda-meta").symlink_to(away.path / "conda-meta")
    env = Environment.from_dict(disk.collect(str(prefix.path)))
    assert env.conda_packages is None
    assert not any(str(away.path) in each for each in opened)


def test_links_inside_the_prefix_and_to_it_are_followed(prefix: Prefix, tmp_path: Path) -> None:
    (prefix.path / "lib64").symlink_to("lib")
    (prefix.path / "lib/python3.1").symlink_to("python3.11")
    info = prefix.path / SITE / "fine-2.dist-info"
    info.rename(prefix.path / "kept")
    info.symlink_to("../../../kept")
    (prefix.path / "conda-meta/good-1-0.json").rename(prefix.path / "record")
    (prefix.path / "conda-meta/good-1-0.json").symlink_to("../record")
    (tmp_path / "link").symlink_to(prefix.path)
    for where in (prefix.path, tmp_path / "link"):
        env = Environment.from_dict(disk.collect(str(where)))
        assert [dist.name for dist in env.distributions or ()] == ["fine", "good"]
        assert env.by_name["good"].missing.count == 0
        assert not env.problems


def test_packages_that_conda_linked_softly_are_condas(prefix: Prefix, tmp_path: Path) -> None:
    """With always_softlink every file of a package is a link into the package cache."""
    files = prefix.info("soft", "1", {"soft.py": b"x", "soft.so": b"ELF"}, "conda")
    prefix.conda("soft", "1", files)
    cache = tmp_path / "pkgs"
    cache.mkdir()
    for number, path in enumerate(files):
        (prefix.path / path).rename(cache / str(number))
        (prefix.path / path).symlink_to(cache / str(number))
    env = facts(prefix)
    dist = env.by_path[f"{SITE}/soft-1.dist-info"]
    assert (dist.owner, dist.version, dist.has_metadata) == ("conda-meta/soft-1-0.json", "1", True)
    assert env.by_name["soft"].altered.count == env.by_name["soft"].missing.count == 0
    assert problems(env) == {dist.path: "3 files in it are links that lead out of the environment"}


@pytest.mark.parametrize("target", [".", "..", "site-packages", "../../..", "../../../.."])
@pytest.mark.parametrize("where", ["lib/python3.12/site-packages", "lib/python3.12", f"{SITE}/loop", "lib64", "share"])
def test_loops_of_folders(prefix: Prefix, where: str, target: str) -> None:
    (prefix.path / where).parent.mkdir(exist_ok=True)
    (prefix.path / where).symlink_to(target)
    prefix.conda("loop", "1", {}, write=False).write(META, record(files=[f"{where}/a/b.py", f"{where}/" * 20 + "c"]))
    env = Environment.from_dict(json.loads(json.dumps(disk.collect(str(prefix.path)))))
    assert {"good", "loop", "bad"} == set(env.by_name)
    assert len(env.problems) <= 3


# names


NAMES = [
    b"caf\xe9",
    "\x1b[31mred",
    "a\nb",
    "<b>",
    "\u202eevil",
    "x" * 200,
    "~\xff",
    "a'b\"c",
    "--help",
    "{0}",
    "%s",
    "😀",
]


@pytest.mark.parametrize("name", NAMES, ids=ascii)
def test_names_of_files(prefix: Prefix, name: str | bytes) -> None:
    name = os.fsdecode(name)
    (prefix.path / SITE / f"{name}-1.dist-info").mkdir()
    for end in (".egg-info", ".egg-link", ".py"):
        prefix.write(f"{SITE}/{name}{end}", b"")
    env = facts(prefix.write(f"{SITE}/{name}.pth", b"import os\n").write(f"conda-meta/{name}.json", b"{"))
    assert len(env.unreadable_records) == 1
    assert len(env.distributions or ()) == (8 if name.startswith("~") else 5)


# pip's files


@pytest.mark.slow
def test_a_record_of_a_million_rows(prefix: Prefix) -> None:
    rows = "".join(f"b/{n % 1000}/{n},,\n" for n in range(1_000_000))
    env = facts(prefix.write(f"{INFO}/METADATA", b"Name: bad\n").write(f"{INFO}/RECORD", rows.encode()))
    assert env.by_path[INFO].files == 1_000_000


FILES: dict[str, tuple[bytes, str | None]] = {
    "RECORD": (b'"bad.py,,\n' + b"x,sha256=,1\n" * 20_000, "1 of its rows could not be read"),
    "METADATA": (b"\xff" * 100, None),
    "INSTALLER": (bytes(range(256)), "names no installer"),
    "direct_url.json": (b"[" * 100_000, "not a direct_url.json"),
    "top_level.txt": (b"\0\xff\n/etc\n../..\n", None),
    "requires.txt": (b"\xff\0[\n[[:\n" * 1000, None),
    "installed-files.txt": (b"/etc/passwd\n../../../../../../x\n..\n\0\n" + b"a/" * 9999, None),
}


@pytest.mark.parametrize("file", FILES)
def test_a_file_of_a_dist_info_that_makes_no_sense(prefix: Prefix, file: str) -> None:
    data, reason = FILES[file]
    prefix.pip("bad", "1", {}).write(f"{INFO}/{file}", data)
    env = facts(prefix)
    told = problems(env)
    assert told == ({f"{INFO}/{file}": reason} if reason else {})


@pytest.mark.parametrize("file", ["METADATA", "INSTALLER", "direct_url.json", "top_level.txt", "installed-files.txt"])
def test_a_file_of_a_dist_info_without_end(prefix: Prefix, file: str) -> None:
    env = facts(prefix.pip("bad", "1", {}).write(f"{INFO}/{file}", b"x\n" * (9 << 20)))
    (source,) = problems(env)
    assert source == f"{INFO}/{file}"


@pytest.mark.parametrize("data", [b"\0", b"\xff" * 9999, b"==> <==\n" * 9, b"==> x <==\n# update specs: " + b"(" * 60_000,
                                  b"==> a" + b" " * 1_000_000 + b"b\n", b"+a\n" * 9, b"==> x <==\n" * 9 + b"+:::-:-\n"])  # fmt: skip
def test_a_history_that_makes_no_sense(prefix: Prefix, data: bytes) -> None:
    assert set(problems(facts(prefix.write("conda-meta/history", data)))) <= {"conda-meta/history"}


def test_start_up_files_and_scripts_that_make_no_sense(prefix: Prefix) -> None:
    prefix.write(f"{SITE}/a.pth", b"/\0\n" + b"../" * 9000 + b"\n" + b"x\n" * 9000).write(
        f"{SITE}/b.pth", b"\xff\xfe\0"
    )
    prefix.write("bin/pip", b"#!/a\0b/python\n").write("bin/wheel", b"#!").write("bin/conda", b"#!\n\n\xff")
    assert problems(facts(prefix)) == {f"{SITE}/a.pth": "has 9002 lines, most of which were not looked at"}


def test_dates_that_no_calendar_has(prefix: Prefix) -> None:
    prefix.pip("bad", "1", {})
    for number, when in enumerate((-1, 2**40, 2**33)):
        os.utime(prefix.path / SITE / ("fine-2.dist-info/RECORD", "bad-1.dist-info/RECORD")[number % 2], (when, when))
        assert all(dist.installed is None or dist.installed >= 0 for dist in facts(prefix).distributions or ())


def test_problems_of_one_kind_are_counted_in_the_end(prefix: Prefix) -> None:
    for number in range(300):
        prefix.write(f"conda-meta/bad{number}-1-0.json", b"")
    told = facts(prefix).problems
    assert len(told) == reading.SAME + 1
    assert told[-1].reason.english() == "250 more files could not be read"
