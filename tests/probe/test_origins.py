"""Where a distribution says it was installed from, and whether that is still there."""

from __future__ import annotations

import json
import os
import shutil
from typing import TYPE_CHECKING

import pytest

from envguard import api
from envguard.probe import disk, pip_files
from tests.probe.prefix import SITE, Prefix

if TYPE_CHECKING:
    from pathlib import Path


@pytest.mark.parametrize(
    ("url", "path"),
    [
        ("file:///home/me/my%20work", "/home/me/my work"),
        ("file:///home/me/mine.whl#sha256=0", "/home/me/mine.whl"),
        ("file:///C:/work", None),
        ("file://server/share", None),
        ("file:////server/share", None),
        ("https://example.org/mine.whl", None),
        ("file:///a%00b", None),
        ("file:///" + "a" * 5000, None),
        ("", None),
    ],
)
@pytest.mark.skipif(os.name == "nt", reason="paths of another system")
def test_only_a_path_of_this_machine_is_looked_for(url, path):
    assert pip_files.local(url) == path


@pytest.fixture
def prefix(tmp_path: Path) -> Prefix:
    return Prefix(tmp_path / "env")


def install(prefix: Prefix, source: Path, **more) -> None:
    info = f"{SITE}/mine-1.0.dist-info"
    prefix.write(f"{info}/METADATA", b"Metadata-Version: 2.1\nName: mine\nVersion: 1.0\n")
    prefix.write(f"{info}/RECORD", b"mine-1.0.dist-info/METADATA,,\n")
    prefix.write(f"{info}/direct_url.json", json.dumps({"url": source.as_uri(), **more}).encode())


def rules(prefix: Prefix) -> list[tuple[str, str]]:
    return [(finding.rule, finding.subject) for finding in api.inspect(prefix.path).findings]


def test_a_folder_that_moves_away_is_noticed_at_once(prefix: Prefix, tmp_path: Path) -> None:
    source = tmp_path / "my sources"
    source.mkdir()
    install(prefix, source, dir_info={"editable": True})
    assert rules(prefix) == [("editable-install", "mine")]
    shutil.rmtree(source)
    assert rules(prefix) == [("dead-link-install", "mine")]


def test_the_link_of_an_old_development_install(prefix: Prefix, tmp_path: Path) -> None:
    source = tmp_path / "sources"
    source.mkdir()
    prefix.write(f"{SITE}/mine.egg-link", f"{source}\n.".encode())
    assert rules(prefix) == [("editable-install", "mine")]
    source.rmdir()
    assert rules(prefix) == [("dead-link-install", "mine")]


@pytest.mark.parametrize("content", [b"", b"\xff\xfe", b"../relative\n.", b"\0", b"//server/share"])
def test_a_link_that_names_no_folder_of_this_machine_is_not_judged(prefix: Prefix, content: bytes) -> None:
    prefix.write(f"{SITE}/mine.egg-link", content)
    (found,) = disk.collect(str(prefix.path))["distributions"]
    assert found["direct_url"] is None or found["direct_url"]["exists"] is None


def test_a_wheel_that_is_gone(prefix: Prefix, tmp_path: Path) -> None:
    install(prefix, tmp_path / "build" / "mine-1.0-py3-none-any.whl", archive_info={})
    assert rules(prefix) == [("temporary-url-install", "mine")]
