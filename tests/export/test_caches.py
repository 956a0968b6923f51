"""What caches take: by inode, links not followed, nothing deleted."""

from __future__ import annotations

import json
import os
from typing import TYPE_CHECKING

import jsonschema

from envguard.export.caches import caches, weigh
from envguard.facts import Tool
from envguard.frontends import cli
from envguard.render.cache_lines import bytes_said
from envguard.render.cache_lines import caches as lines
from envguard.render.export_v1 import caches_v1
from envguard.render.schemas import schema_of
from tests.rules.facts import env

if TYPE_CHECKING:
    from pathlib import Path

    import pytest


def cache(folder: Path) -> Path:
    """A package cache of 100 packed and 300 unpacked bytes, of which an environment shares 200."""
    pkgs = folder / "root/pkgs"
    (pkgs / "six-1.16.0-0").mkdir(parents=True)
    (pkgs / "six-1.16.0-0.conda").write_bytes(b"x" * 100)
    (pkgs / "six-1.16.0-0/alone.py").write_bytes(b"x" * 100)
    (pkgs / "six-1.16.0-0/shared.py").write_bytes(b"x" * 200)
    (folder / "root/envs/lab").mkdir(parents=True)
    os.link(pkgs / "six-1.16.0-0/shared.py", folder / "root/envs/lab/shared.py")
    os.link(pkgs / "six-1.16.0-0/alone.py", pkgs / "six-1.16.0-0/again.py")
    (pkgs / "loop").symlink_to(pkgs)
    return folder / "root/envs/lab"


def test_each_file_once_and_what_is_shared_apart(tmp_path: Path):
    prefix = cache(tmp_path)
    told = weigh(str(prefix.parents[1] / "pkgs"))
    link = (prefix.parents[1] / "pkgs/loop").lstat().st_size
    assert (told.size - link, told.free - link, told.archives, told.unread) == (400, 200, 100, 0)
    assert weigh(str(tmp_path / "none")).unread == 1


def test_every_cache_with_its_commands_and_nothing_deleted(tmp_path: Path):
    prefix = cache(tmp_path)
    for name in ("pip", "uv"):
        (tmp_path / name).mkdir()
    before = sorted(map(str, tmp_path.rglob("*")))
    conda = Tool("conda", "/opt/conda/bin/conda")
    given = {"PIP_CACHE_DIR": str(tmp_path / "pip"), "UV_CACHE_DIR": str(tmp_path / "uv")}
    told = caches(env(prefix=str(prefix), tools=(conda,)), given)
    ours = [each for each in told.caches if each.path.startswith(str(tmp_path))]
    assert [(each.tool, each.clear[-1].argv[1:]) for each in ours] == [
        ("conda", ("clean", "--packages")),
        ("pip", ("-m", "pip", "cache", "purge")),
        ("uv", ("cache", "clean")),
    ]
    assert sorted(map(str, tmp_path.rglob("*"))) == before
    jsonschema.validate(caches_v1(told), schema_of("export"))
    shown = lines(told)
    assert "/opt/conda/bin/conda clean --packages" in shown
    assert "`envguard repair` takes conda's packages from the cache" in shown


def test_sizes_as_people_say_them():
    assert [bytes_said(each) for each in (0, 999, 1000, 1_500_000, 123_456_789, 5 * 10**15)] == [
        "0 B", "999 B", "1.0 kB", "1.5 MB", "123 MB", "5000 TB",
    ]  # fmt: skip


def test_the_command(tmp_path: Path, capsys: pytest.CaptureFixture[str]):
    prefix = cache(tmp_path)
    (prefix / "conda-meta").mkdir()
    assert cli.main(["clean", str(prefix), "--format", "json"]) == 0
    told = json.loads(capsys.readouterr().out)
    jsonschema.validate(told, schema_of("export"))
    assert str(prefix.parents[1] / "pkgs") in [each["path"] for each in told["caches"]]
    assert cli.main(["clean", str(tmp_path / "none")]) == 2
