"""The databases of PROJ in a prefix: what is read of them, and what real wheels make of an older one."""

from __future__ import annotations

import os
import subprocess
import sys
import zipfile
from typing import TYPE_CHECKING

import pytest

from envguard import api
from envguard.collect import by_import
from tests.envs import cache, wheelhouse
from tests.probe.prefix import SITE, Prefix
from tests.proj import database
from tests.require import require

if TYPE_CHECKING:
    from pathlib import Path

OLD, NEW = "rasterio==1.3.9", "rasterio==1.4.3"
BESIDE = ("numpy==1.26.4", "affine==2.4.0", "attrs==24.2.0", "certifi==2024.8.30", "click==8.1.7", "cligj==0.7.2", "pyparsing==3.2.0")  # fmt: skip
OWN = f"{SITE}/rasterio/proj_data/proj.db"


def prefix(folder: Path, conda: bytes, wheel: bytes) -> Prefix:
    script = {"etc/conda/activate.d/proj4-activate.sh": b'export PROJ_DATA="${CONDA_PREFIX}/share/proj"\n'}
    place = Prefix(folder / "env").conda("proj", "9.0.1", {"share/proj/proj.db": conda, **script})
    return place.pip("rasterio", "1.4.3", {"rasterio/__init__.py": b"", "rasterio/proj_data/proj.db": wheel})


def codes(place: Prefix) -> list[int]:
    return [each.code for each in api.inspect(str(place.path)).findings if each.code == 232]


def test_what_is_read_changes_nothing(tmp_path: Path):
    place = prefix(tmp_path, database(tmp_path / "old", 1, 2), database(tmp_path / "new", 1, 3))
    before = {path: path.stat().st_mtime_ns for path in place.path.rglob("*")}
    told = by_import(place.path).proj or ()
    assert [(each.path, each.version, each.layout) for each in told] == [
        (OWN, "9.4.1", (1, 3)),
        ("share/proj/proj.db", "9.4.1", (1, 2)),
    ]
    assert codes(place) == [232]
    assert {path: path.stat().st_mtime_ns for path in place.path.rglob("*")} == before


def test_one_that_is_new_enough(tmp_path: Path):
    assert codes(prefix(tmp_path, database(tmp_path / "a", 1, 4), database(tmp_path / "b", 1, 3))) == []


@pytest.mark.parametrize(
    "content", [b"", b"SQLite format 3\0", b"SQLite format 3\0" + b"\xff" * 9000, b"x" * 9000], ids=["empty", "cut", "noise", "text"]
)  # fmt: skip
def test_what_is_no_database(tmp_path: Path, content: bytes):
    place = prefix(tmp_path, content, database(tmp_path / "new", 1, 3))
    assert [each.path for each in by_import(place.path).proj or ()] == [OWN]
    assert codes(place) == []


@pytest.mark.parametrize("kind", ["fifo", "folder", "out"])
def test_what_is_no_file_of_the_prefix(tmp_path: Path, kind: str):
    place = prefix(tmp_path, database(tmp_path / "old", 1, 2), database(tmp_path / "new", 1, 3))
    file = place.path / "share/proj/proj.db"
    file.unlink()
    if kind == "fifo":
        os.mkfifo(file)
    elif kind == "folder":
        file.mkdir()
    else:
        file.symlink_to(tmp_path / "old")
    assert [each.path for each in by_import(place.path).proj or ()] == [OWN]


def test_a_name_that_means_something_in_an_address(tmp_path: Path):
    folder = tmp_path / "a?mode=rw&b #c%41"
    folder.mkdir()
    assert codes(prefix(folder, database(tmp_path / "old", 1, 2), database(tmp_path / "new", 1, 3))) == [232]


@pytest.fixture(scope="module")
def wheels() -> Path:
    """Two releases of rasterio: the older one's database, and the newer one with what it needs to run."""
    require("linux-64")
    require("network")

    def build(place: Path) -> None:
        call = (wheelhouse._python_with_pip(), "-m", "pip", "--quiet")
        plain = ("--only-binary=:all:", "--no-deps")
        there = {"env": wheelhouse.isolated(), "check": True}
        subprocess.run((*call, "download", *plain, "--dest", place, OLD), **there)
        file = next(place.glob("*.whl"))
        with zipfile.ZipFile(file) as archive:
            archive.extract("rasterio/proj_data/proj.db", place / "old")
        file.unlink()
        subprocess.run((*call, "install", *plain, "--no-compile", "--target", place / "new", NEW, *BESIDE), **there)

    return cache.once("geo", cache.digest(OLD, NEW, BESIDE, *sys.version_info[:2]), build)


@pytest.mark.slow
def test_real_wheels(wheels: Path, tmp_path: Path):
    """The error is there exactly where the rule says so."""
    if sys.version_info[:2] > (3, 12):
        pytest.skip("numpy 1.26 has no wheel for it")
    old, new = wheels / "old/rasterio/proj_data", wheels / "new/rasterio/proj_data"
    place = prefix(tmp_path, (old / "proj.db").read_bytes(), (new / "proj.db").read_bytes())
    share = str(place.path / "share/proj")
    code = "from rasterio.crs import CRS; print(CRS.from_epsg(4326).to_wkt())"

    def run(**variables: str) -> subprocess.CompletedProcess[str]:
        plain = {name: each for name, each in os.environ.items() if not name.startswith("PROJ_")}
        ran = {**plain, "PYTHONPATH": str(wheels / "new"), "PYTHONDONTWRITEBYTECODE": "1", **variables}
        return subprocess.run((sys.executable, "-c", code), env=ran, capture_output=True, text=True, check=False)

    assert codes(place) == [232]
    for name in ("PROJ_DATA", "PROJ_LIB"):
        assert "DATABASE.LAYOUT.VERSION.MINOR = 2 whereas a number >= 3 is expected" in run(**{name: share}).stderr
    assert "WGS 84" in run().stdout
    said = run(PROJ_DATA=share).stderr
    answer = api.why(said, str(place.path))
    assert answer.causes[0].rule == "proj-database-too-old"
    (place.path / "share/proj/proj.db").write_bytes((new / "proj.db").read_bytes())
    assert codes(place) == []
    assert "WGS 84" in run(PROJ_DATA=share).stdout
