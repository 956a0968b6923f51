"""Small prefixes written by hand, file by file, the way conda and pip write them."""

from __future__ import annotations

import base64
import hashlib
import json
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from pathlib import Path

SITE = "lib/python3.11/site-packages"


def sha256(data: bytes) -> str:
    return hashlib.sha256(data).hexdigest()


def row(path: str, data: bytes) -> str:
    digest = base64.urlsafe_b64encode(hashlib.sha256(data).digest()).rstrip(b"=").decode()
    return f"{path},sha256={digest},{len(data)}"


class Prefix:
    """A prefix under construction; every method returns it, so that calls chain."""

    def __init__(self, path: Path, site: str = SITE) -> None:
        self.path = path
        self.site = site
        (path / "conda-meta").mkdir(parents=True)
        (path / site).mkdir(parents=True, exist_ok=True)

    def write(self, path: str, data: bytes) -> Prefix:
        where = self.path / path
        where.parent.mkdir(parents=True, exist_ok=True)
        where.write_bytes(data)
        return self

    def conda(
        self,
        name: str,
        version: str,
        files: dict[str, bytes],
        *,
        relocated: bool = True,
        write: bool = True,
        **more: Any,
    ) -> Prefix:
        """A conda package; `relocated=False` keeps `site-packages/…` in paths_data as conda does for noarch."""
        entries = []
        for path, data in files.items():
            listed = path if relocated else path.removeprefix(self.site.removesuffix("site-packages"))
            digest = sha256(data)
            entries.append({"_path": listed, "path_type": "hardlink", "sha256": digest, "size_in_bytes": len(data)})
            if write:
                self.write(path, data)
        record = {
            "name": name,
            "version": version,
            "build": "0",
            "build_number": 0,
            "channel": "local",
            "subdir": "linux-64",
            "files": list(files),
            "paths_data": {"paths": entries, "paths_version": 1},
            "depends": [],
            **more,
        }
        return self.write(f"conda-meta/{name}-{version}-0.json", json.dumps(record).encode())

    def info(self, name: str, version: str, files: dict[str, bytes], installer: str = "pip") -> dict[str, bytes]:
        """The files of a wheel together with its dist-info, as paths below the prefix."""
        info = f"{self.site}/{name}-{version}.dist-info"
        found = {f"{self.site}/{path}": data for path, data in files.items()}
        found[f"{info}/METADATA"] = f"Metadata-Version: 2.1\nName: {name}\nVersion: {version}\n\nWords.\n".encode()
        found[f"{info}/INSTALLER"] = installer.encode() + b"\n"
        rows = [row(path.removeprefix(self.site + "/"), data) for path, data in found.items()]
        found[f"{info}/RECORD"] = "\n".join([*rows, f"{name}-{version}.dist-info/RECORD,,"]).encode(
            "utf-8", "surrogateescape"
        )
        return found

    def pip(self, name: str, version: str, files: dict[str, bytes]) -> Prefix:
        """What pip leaves of a wheel."""
        for path, data in self.info(name, version, files).items():
            self.write(path, data)
        return self

    def history(self, text: str) -> Prefix:
        return self.write("conda-meta/history", text.encode())
