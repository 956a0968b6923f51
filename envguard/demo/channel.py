"""A conda channel in a folder: archives in conda's older format, which the standard library can write, and their index."""

from __future__ import annotations

import hashlib
import io
import json
import tarfile
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import datetime
    from collections.abc import Iterable, Mapping
    from pathlib import Path

    from envguard.demo.files import Channel, Package

SUFFIX = ".tar.bz2"


def write(
    folder: Path, channel: Channel, packages: Iterable[Package], when: datetime.datetime
) -> Mapping[str, Mapping[str, Any]]:
    """Packs the packages and writes the index; what records tell of each archive, by the record's name."""
    place = folder / channel.subdir
    place.mkdir(parents=True)
    digests = {each.stem: _pack(each, channel, place, int(when.timestamp())) for each in packages}
    index = {f"{each.stem}{SUFFIX}": {**_index(each, channel), **digests[each.stem]} for each in packages}
    _repodata(folder / channel.subdir, channel.subdir, index)
    _repodata(folder / "noarch", "noarch", {})
    return digests


def _repodata(folder: Path, subdir: str, packages: Mapping[str, Any]) -> None:
    folder.mkdir(exist_ok=True)
    told = {"info": {"subdir": subdir}, "packages": packages, "packages.conda": {}, "repodata_version": 1}
    (folder / "repodata.json").write_text(json.dumps(told), encoding="utf-8")


def _index(package: Package, channel: Channel) -> dict[str, Any]:
    return {
        "name": package.name,
        "version": package.version,
        "build": package.build,
        "build_number": 0,
        "depends": list(package.depends),
        "license": "BSD-3-Clause",
        "subdir": channel.subdir,
    }


def _pack(package: Package, channel: Channel, place: Path, when: int) -> dict[str, Any]:
    paths = [
        {
            "_path": path,
            "path_type": "hardlink",
            "sha256": hashlib.sha256(content).hexdigest(),
            "size_in_bytes": len(content),
        }
        for path, content in package.files.items()
    ]
    info = {"index.json": _index(package, channel), "paths.json": {"paths": paths, "paths_version": 1}}
    files = {f"info/{name}": json.dumps(told, indent=2).encode() for name, told in info.items()}
    archive = place / f"{package.stem}{SUFFIX}"
    with tarfile.open(archive, "w:bz2", compresslevel=1) as tar:
        for name, content in {**files, **package.files}.items():
            member = tarfile.TarInfo(name)
            member.size, member.mtime = len(content), when
            member.mode = 0o755 if name.startswith("bin/") else 0o644
            tar.addfile(member, io.BytesIO(content))
    packed = archive.read_bytes()
    return {
        "md5": hashlib.md5(packed, usedforsecurity=False).hexdigest(),
        "sha256": hashlib.sha256(packed).hexdigest(),
        "size": len(packed),
    }
