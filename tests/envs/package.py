"""Writes conda packages (format 2, `.conda`) from folders, without compressing: the tests pay for time, not for space."""

from __future__ import annotations

import hashlib
import io
import json
import tarfile
import zipfile
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from pathlib import Path

PLACEHOLDER = "/opt/anaconda1anaconda2anaconda3"
"""Stands for the prefix in text files of a package; the installer replaces it."""
BUILT = 1_704_067_200
"""When the packages claim to be built (1 January 2024), before any story of the tests begins."""


@dataclass(frozen=True)
class Meta:
    """What `info/index.json` says, and the entry points of a noarch package."""

    name: str
    version: str
    build: str
    depends: tuple[str, ...] = ()
    constrains: tuple[str, ...] = ()
    noarch: str | None = None
    entry_points: tuple[str, ...] = ()
    extra: tuple[tuple[str, str], ...] = field(default=())

    @property
    def stem(self) -> str:
        return f"{self.name}-{self.version}-{self.build}"

    @property
    def subdir(self) -> str:
        return "noarch" if self.noarch else "linux-64"

    def index(self) -> dict[str, Any]:
        number = int(self.build.rpartition("_")[2]) if self.build.rpartition("_")[2].isdigit() else 0
        plain = {
            "name": self.name,
            "version": self.version,
            "build": self.build,
            "build_number": number,
            "depends": list(self.depends),
            "license": "BSD-3-Clause",
            "subdir": self.subdir,
            "timestamp": BUILT * 1000,
            **dict(self.extra),
        }
        if self.constrains:
            plain["constrains"] = list(self.constrains)
        return {**plain, "noarch": self.noarch} if self.noarch else {**plain, "arch": "x86_64", "platform": "linux"}


def write(meta: Meta, tree: Path, channel: Path) -> Path:
    """Packs a folder as `channel/subdir/name-version-build.conda`."""
    paths = [_entry(tree, path) for path in sorted(tree.rglob("*")) if path.is_symlink() or path.is_file()]
    info: dict[str, Any] = {
        "index.json": meta.index(),
        "paths.json": {"paths": paths, "paths_version": 1},
        "about.json": {"summary": f"{meta.name} for the tests of envguard"},
    }
    if meta.noarch == "python":
        noarch = {"type": "python", "entry_points": list(meta.entry_points)}
        info["link.json"] = {"noarch": noarch, "package_metadata_version": 1}
    place = channel / meta.subdir / f"{meta.stem}.conda"
    place.parent.mkdir(parents=True, exist_ok=True)
    with zipfile.ZipFile(place, "w", zipfile.ZIP_STORED) as archive:
        archive.writestr("metadata.json", json.dumps({"conda_pkg_format_version": 2}))
        with archive.open(f"pkg-{meta.stem}.tar.zst", "w", force_zip64=True) as file, _Stored(file) as stream:
            _pack(stream, tree, [entry["_path"] for entry in paths])
        with archive.open(f"info-{meta.stem}.tar.zst", "w") as file, _Stored(file) as stream:
            _pack_info(stream, info)
    return place


def _entry(tree: Path, path: Path) -> dict[str, Any]:
    content = path.read_bytes()
    entry = {
        "_path": path.relative_to(tree).as_posix(),
        "path_type": "softlink" if path.is_symlink() else "hardlink",
        "sha256": hashlib.sha256(content).hexdigest(),
        "size_in_bytes": len(content),
    }
    if not path.is_symlink() and PLACEHOLDER.encode() in content and b"\0" not in content:
        entry |= {"file_mode": "text", "prefix_placeholder": PLACEHOLDER}
    return entry


def _pack(stream: _Stored, tree: Path, names: list[str]) -> None:
    with tarfile.open(fileobj=stream, mode="w|", format=tarfile.GNU_FORMAT) as tar:
        for name in names:
            tar.add(tree / name, name, recursive=False, filter=_nobody)


def _pack_info(stream: _Stored, info: dict[str, Any]) -> None:
    with tarfile.open(fileobj=stream, mode="w|", format=tarfile.GNU_FORMAT) as tar:
        for name, value in info.items():
            text = json.dumps(value, indent=2).encode()
            member = tarfile.TarInfo(f"info/{name}")
            member.size, member.mtime = len(text), BUILT
            tar.addfile(member, io.BytesIO(text))


def _nobody(member: tarfile.TarInfo) -> tarfile.TarInfo:
    member.uid = member.gid = 0
    member.uname = member.gname = ""
    member.mtime = int(member.mtime)  # whole seconds: a .pyc remembers its source's that way
    # Hard links inside one package would be a surprise that no real package has.
    member.type = tarfile.REGTYPE if member.islnk() else member.type
    return member


class _Stored:
    """A zstd stream of raw blocks (RFC 8878, 3.1.1.2): valid for every reader, and nothing is compressed."""

    BLOCK = 1 << 17

    def __init__(self, file: Any) -> None:
        self._file = file
        self._kept = bytearray()
        file.write(b"\x28\xb5\x2f\xfd\x00\x38")  # magic, no size and no checksum, a window of 128 KiB

    def write(self, data: bytes) -> int:
        self._kept += data
        while len(self._kept) > self.BLOCK:
            self._block(bytes(self._kept[: self.BLOCK]), last=False)
            del self._kept[: self.BLOCK]
        return len(data)

    def _block(self, data: bytes, *, last: bool) -> None:
        self._file.write((len(data) << 3 | last).to_bytes(3, "little") + data)

    def __enter__(self) -> _Stored:
        return self

    def __exit__(self, *_: object) -> None:
        self._block(bytes(self._kept), last=True)
