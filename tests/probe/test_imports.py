"""What site-packages folders offer for import, from real files."""

from __future__ import annotations

import shutil
import subprocess
import sys
from typing import TYPE_CHECKING, Any

import pytest

from envguard.facts import Environment
from envguard.probe import disk, witness
from tests.probe.prefix import SITE, Prefix

if TYPE_CHECKING:
    from pathlib import Path


@pytest.fixture
def prefix(tmp_path: Path) -> Prefix:
    return Prefix(tmp_path / "lab")


def importable(prefix: Prefix) -> dict[str, tuple[Any, ...]]:
    found = Environment.from_dict(disk.collect(str(prefix.path))).importable or ()
    told = {each.name: (each.path, each.record, each.distribution) for each in found}
    assert len(told) == len(found)
    return told


def test_an_empty_prefix(prefix: Prefix):
    assert disk.collect(str(prefix.path))["importable"] == []


def test_packages_modules_and_extensions_with_their_owners(prefix: Prefix):
    prefix.conda(
        "condas",
        "1",
        {
            **prefix.info("condas", "1", {}, "conda"),
            f"{SITE}/condas/__init__.py": b"",
            f"{SITE}/condas/inner.py": b"",
            f"{SITE}/fast.cpython-311-x86_64-linux-gnu.so": b"ELF",
        },
    )
    prefix.conda("bare", "2", {f"{SITE}/bare.py": b"", f"{SITE}/stable.abi3.so": b"ELF", "bin/bare": b""})
    prefix.pip("pips", "3", {"pips/__init__.py": b"", "_pips.py": b""})
    prefix.write(f"{SITE}/strange/__init__.py", b"")
    condas, info = "conda-meta/condas-1-0.json", f"{SITE}/condas-1.dist-info"
    assert importable(prefix) == {
        "condas": (f"{SITE}/condas", condas, info),
        "fast": (f"{SITE}/fast.cpython-311-x86_64-linux-gnu.so", condas, info),
        "bare": (f"{SITE}/bare.py", "conda-meta/bare-2-0.json", None),
        "stable": (f"{SITE}/stable.abi3.so", "conda-meta/bare-2-0.json", None),
        "pips": (f"{SITE}/pips", None, f"{SITE}/pips-3.dist-info"),
        "_pips": (f"{SITE}/_pips.py", None, f"{SITE}/pips-3.dist-info"),
        "strange": (f"{SITE}/strange", None, None),
    }


def test_what_pip_put_over_condas_is_of_both(prefix: Prefix):
    prefix.conda("six", "1.15", {**prefix.info("six", "1.15", {"six.py": b"old"}, "conda")})
    prefix.pip("six", "1.16", {"six.py": b"new"})
    assert importable(prefix) == {"six": (f"{SITE}/six.py", "conda-meta/six-1.15-0.json", f"{SITE}/six-1.16.dist-info")}


def test_a_namespace_is_told_by_what_lies_in_it(prefix: Prefix):
    prefix.pip("protobuf", "4", {"google/protobuf/__init__.py": b""})
    prefix.conda("storage", "1", {f"{SITE}/google/cloud/storage/__init__.py": b"", f"{SITE}/google/cloud/one.py": b""})
    prefix.write(f"{SITE}/numpy.libs/libz.so", b"ELF").write(f"{SITE}/data/words.txt", b"")
    assert {name: (record, dist) for name, (_, record, dist) in importable(prefix).items()} == {
        "google.protobuf": (None, f"{SITE}/protobuf-4.dist-info"),
        "google.cloud.storage": ("conda-meta/storage-1-0.json", None),
        "google.cloud.one": ("conda-meta/storage-1-0.json", None),
    }


def test_of_two_with_one_name_it_is_what_python_takes(prefix: Prefix):
    prefix.write(f"{SITE}/a/__init__.py", b"").write(f"{SITE}/a.py", b"").write(f"{SITE}/b.py", b"")
    prefix.write(f"{SITE}/b.cpython-311-darwin.so", b"").write(f"{SITE}/not-a-name.py", b"").write(
        f"{SITE}/c.x.py", b""
    )
    prefix.write(f"{SITE}/__pycache__/b.cpython-311.pyc", b"").write(f"{SITE}/d.pyc", b"")
    assert {name: path for name, (path, _, _) in importable(prefix).items()} == {
        "a": f"{SITE}/a",
        "b": f"{SITE}/b.cpython-311-darwin.so",
    }


def test_it_is_what_python_imports(prefix: Prefix):
    """Against the interpreter itself: what is told can be found there, by its own finders."""
    prefix.pip("p", "1", {"a/__init__.py": b"", "a.py": b"", "n/m/__init__.py": b"", "s.py": b"", "n/o.py": b""})
    told = importable(prefix)
    code = "import sys, importlib.util as u; [print(u.find_spec(n).origin) for n in sys.argv[2:]]"
    site = prefix.path / SITE
    ran = subprocess.run(
        [sys.executable, "-c", f"import sys; sys.path.insert(0, sys.argv[1]); {code}", site, *told],
        capture_output=True,
        text=True,
        check=True,
    )
    for origin, (path, _, _) in zip(ran.stdout.split(), told.values(), strict=True):
        assert origin.removesuffix("/__init__.py") == str(prefix.path / path)


def test_windows_names_are_told_as_they_are_spelled(tmp_path: Path):
    prefix = Prefix(tmp_path / "lab", "Lib/site-packages")
    prefix.write("python.exe", b"MZ")
    prefix.conda(
        "pillow", "10", {"Lib/site-packages/PIL/__init__.py": b"", "Lib/site-packages/Fast.cp311-win_amd64.pyd": b""}
    )
    assert importable(prefix) == {
        "PIL": ("Lib/site-packages/PIL", "conda-meta/pillow-10-0.json", None),
        "Fast": ("Lib/site-packages/Fast.cp311-win_amd64.pyd", "conda-meta/pillow-10-0.json", None),
    }


FINDER = b"import sys\n\nMAPPING: dict[str, str] = {'mine': '/home/me/src/mine', 'odd': 3}\nNAMESPACES = {}\n"


def test_the_finder_of_an_editable_install(prefix: Prefix):
    prefix.pip("mine", "1", {"__editable___mine_1_finder.py": FINDER})
    assert importable(prefix) == {"mine": ("/home/me/src/mine", None, f"{SITE}/mine-1.dist-info")}
    assert f"{SITE}/__editable___mine_1_finder.py" in witness.paths(disk.look(str(prefix.path)))


@pytest.mark.parametrize(
    "code",
    [b"", b"MAPPING = f()\n", b"MAPPING = {", b"MAPPING = {" + b"{" * 9999 + b"}\n", b"\xff\0MAPPING = {[]: 1}\n"],
)
def test_a_finder_of_anybodys(prefix: Prefix, code: bytes):
    prefix.pip("mine", "1", {"__editable___mine_1_finder.py": code})
    assert importable(prefix) == {}


def test_a_link_is_offered_and_not_looked_into(prefix: Prefix, tmp_path: Path):
    (tmp_path / "src" / "mine").mkdir(parents=True)
    (prefix.path / SITE / "mine").symlink_to(tmp_path / "src" / "mine")
    (prefix.path / SITE / "gone").symlink_to(tmp_path / "gone")
    found = disk.collect(str(prefix.path))
    assert [each["name"] for each in found["importable"]] == ["mine"]
    assert found["problems"] == []


def test_unknown_where_distributions_are(prefix: Prefix):
    prefix.pip("p", "1", {"a.py": b""})
    shutil.move(prefix.path / "lib", prefix.path.parent / "lib")
    (prefix.path / "lib").symlink_to(prefix.path.parent / "lib")
    assert disk.collect(str(prefix.path))["importable"] is None
