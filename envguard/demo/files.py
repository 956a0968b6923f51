"""The files that conda and pip leave, written by hand: modules, dist-infos, records and the history, and what they are dated."""

from __future__ import annotations

import base64
import hashlib
import json
import os
from types import MappingProxyType
from typing import TYPE_CHECKING, Any

from envguard.value import value

if TYPE_CHECKING:
    import datetime
    from collections.abc import Iterable, Mapping
    from pathlib import Path

Files = dict[str, bytes]
"""Paths relative to a folder, and what stands in them."""
COMPILED_TAG = "cp311-cp311-linux_x86_64"
PURE_TAG = "py3-none-any"


@value
class Package:
    """A conda package."""

    name: str
    version: str
    build: str
    depends: tuple[str, ...]
    files: Files
    spec: str | None = None
    """What somebody asked for, if it did not come as a dependency."""

    @property
    def stem(self) -> str:
        """The name of its record and of its archive."""
        return f"{self.name}-{self.version}-{self.build}"


@value
class Channel:
    """Where packages come from: its address, the platform they are for, and the end of their archives' names."""

    url: str
    subdir: str
    suffix: str


def module(text: str) -> bytes:
    """The text of a file, which ends its last line."""
    return (text + "\n").encode()


def distribution(
    site: str, name: str, version: str, installer: str, files: Files, requires: tuple[str, ...] = (), *, tag: str
) -> Files:
    """A distribution's files below a prefix, with its dist-info, RECORD included; `files` are relative to `site`."""
    folder = f"{name}-{version}.dist-info"
    metadata = ["Metadata-Version: 2.1", f"Name: {name}", f"Version: {version}", f"Summary: {name}, a made-up package"]
    metadata += ["Requires-Python: >=3.9", *(f"Requires-Dist: {spec}" for spec in requires)]
    pure = str(tag == PURE_TAG).lower()
    whole = {
        **files,
        **({f"{folder}/INSTALLER": module(installer)} if installer else {}),
        f"{folder}/METADATA": module("\n".join(metadata)),
        f"{folder}/WHEEL": module(f"Wheel-Version: 1.0\nGenerator: made-up 1.0\nRoot-Is-Purelib: {pure}\nTag: {tag}"),
        **({f"{folder}/REQUESTED": b""} if installer == "pip" else {}),
    }
    lines = [f"{path},sha256={_record_hash(content)},{len(content)}" for path, content in whole.items()]
    whole[f"{folder}/RECORD"] = module("\n".join((*lines, f"{folder}/RECORD,,")))
    return {f"{site}/{path}": content for path, content in whole.items()}


def _record_hash(content: bytes) -> str:
    return base64.urlsafe_b64encode(hashlib.sha256(content).digest()).rstrip(b"=").decode()


def conda_meta(
    packages: Iterable[Package],
    channel: Channel,
    command: str,
    specs: tuple[str, ...],
    when: datetime.datetime,
    digests: Mapping[str, Mapping[str, Any]] = MappingProxyType({}),
) -> Files:
    """The book that conda keeps: the records, with what is known of their archives, and a history of one transaction."""
    packages = sorted(packages, key=lambda each: each.stem)
    name = channel.url.removeprefix("https://conda.anaconda.org/")
    history = [
        f"==> {when:%Y-%m-%d %H:%M:%S} <==",
        f"# cmd: {command}",
        "# conda version: 24.5.0",
        *(f"+{name}/{channel.subdir}::{each.stem}" for each in packages),
        f"# update specs: {list(specs)!r}",
    ]
    records = {
        f"conda-meta/{each.stem}.json": module(
            json.dumps({**record(each, channel), **digests.get(each.stem, {})}, indent=2)
        )
        for each in packages
    }
    return {**records, "conda-meta/history": module("\n".join(history))}


def record(package: Package, channel: Channel) -> Mapping[str, Any]:
    """What conda notes of a package that it has installed."""
    paths = [
        {
            "_path": path,
            "path_type": "hardlink",
            "sha256": hashlib.sha256(content).hexdigest(),
            "sha256_in_prefix": hashlib.sha256(content).hexdigest(),
            "size_in_bytes": len(content),
        }
        for path, content in package.files.items()
    ]
    spec, file_name = package.spec, f"{package.stem}{channel.suffix}"
    return {
        "build": package.build,
        "build_number": 0,
        "channel": f"{channel.url}/{channel.subdir}",
        "constrains": [],
        "depends": list(package.depends),
        "files": list(package.files),
        "fn": file_name,
        "license": "BSD-3-Clause",
        "name": package.name,
        "paths_data": {"paths": paths, "paths_version": 1},
        **({"requested_spec": spec, "requested_specs": [spec]} if spec else {"requested_spec": "None"}),
        "subdir": channel.subdir,
        "url": f"{channel.url}/{channel.subdir}/{file_name}",
        "version": package.version,
    }


def write(prefix: Path, files: Files, when: datetime.datetime, made: dict[str, datetime.datetime]) -> None:
    """Writes files, and notes in `made` when each came."""
    for name, content in files.items():
        path = prefix / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content)
        made[name] = when


def uninstall(prefix: Path, files: Files, made: dict[str, datetime.datetime]) -> None:
    """What pip does first: it removes the files of the RECORD, and with them conda's dist-info."""
    for name in files:
        (prefix / name).unlink()
        del made[name]
    for folder in {(prefix / name).parent for name in files}:
        if not any(folder.iterdir()):
            folder.rmdir()


def settle(prefix: Path, made: Mapping[str, datetime.datetime]) -> None:
    """Gives every file the time it came, and every folder that of the youngest file in it."""
    times = {prefix / name: when.timestamp() for name, when in made.items()}
    for path, when in tuple(times.items()):
        for folder in path.parents:
            times[folder] = max(when, times.get(folder, 0.0))
            if folder == prefix:
                break
    for path, when in times.items():
        os.utime(path, (when, when))
