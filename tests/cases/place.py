"""Prefixes to break: conda's two books and pip's written file by file, with dates, and a real Python where one is needed."""

from __future__ import annotations

import os
import shutil
import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any

from tests.probe.prefix import Prefix, row

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

XY = f"{sys.version_info[0]}.{sys.version_info[1]}"
SITE = f"lib/python{XY}/site-packages"
BEGIN = 1_714_843_119.0
"""When every story begins: 4 May 2024."""
DAY = 24 * 3600.0
_LEFT_OUT = ("site-packages", "EXTERNALLY-MANAGED")


class Place(Prefix):
    """A conda prefix whose story goes on by a day with every step.

    `python` gives it one that runs: "lent" is that of a venv, which takes a millisecond; one of its "own" looks into the
    user's folder, as conda's does.
    """

    def __init__(self, path: Path, python: str | None = None) -> None:
        path.mkdir(parents=True)
        if python == "own":
            _own_python(path)
        elif python is not None:
            virtual(path)
        super().__init__(path, SITE)
        self.now = BEGIN
        self.linked: dict[str, str] = {}
        self.lines: list[str] = []

    @property
    def python(self) -> Path:
        return self.path / "bin" / "python"

    def package(
        self,
        name: str,
        version: str,
        files: Mapping[str, bytes] | None = None,
        *,
        data: Mapping[str, bytes] | None = None,
        requires: Sequence[str] = (),
        channel: str = "conda-forge",
        **record: Any,
    ) -> Place:
        """conda installs a Python package with a dist-info of its name; `files` are below site-packages, `data` is not."""
        modules = files if files is not None else {f"{name}/__init__.py": f"__version__ = {version!r}\n".encode()}
        whole = self.info(name, version, dict(modules), "conda") | dict(data or {})
        self._require(whole, name, version, requires)
        return self.library(name, version, whole, channel=channel, **record)

    def library(
        self, name: str, version: str, files: Mapping[str, bytes], *, channel: str = "conda-forge", **record: Any
    ) -> Place:
        """conda installs files, by paths below the prefix."""
        where = f"https://conda.anaconda.org/{channel}/{record.get('subdir', 'linux-64')}"
        self.conda(name, version, dict(files), channel=where, **record)
        old = self.linked.get(name)
        if old is not None and old != version:
            (self.path / f"conda-meta/{name}-{old}-0.json").unlink()
        self.linked[name] = version
        stamp = time.strftime("%Y-%m-%d %H:%M:%S", time.localtime(self.now))
        kind = f"{channel}/{record.get('subdir', 'linux-64')}"
        build = record.get("build", "0")
        gone = [f"-{kind}::{name}-{old}-{build}"] if old is not None else []
        self.lines += [f"==> {stamp} <==", f"# cmd: conda install {name}", *gone, f"+{kind}::{name}-{version}-{build}"]
        self.history("\n".join(self.lines) + "\n")
        return self._date(*files, f"conda-meta/{name}-{version}-0.json")

    def wheel(
        self,
        name: str,
        version: str,
        files: Mapping[str, bytes] | None = None,
        *,
        requires: Sequence[str] = (),
        more: Mapping[str, bytes] | None = None,
    ) -> Place:
        """pip installs a wheel; `more` are files of the dist-info."""
        modules = files if files is not None else {f"{name}/__init__.py": f"__version__ = {version!r}\n".encode()}
        extra = {f"{name}-{version}.dist-info/{file}": content for file, content in (more or {}).items()}
        whole = self.info(name, version, {**modules, **extra})
        self._require(whole, name, version, requires)
        for path, content in whole.items():
            self.write(path, content)
        return self._date(*whole)

    def take_off(self, name: str, version: str) -> Place:
        """pip uninstalls: what RECORD lists goes, and so do folders that are empty then."""
        record = self.path / self.site / f"{name}-{version}.dist-info/RECORD"
        for line in record.read_text(encoding="utf-8").splitlines():
            file = self.path / self.site / line.partition(",")[0]
            file.unlink(missing_ok=True)
            for folder in (file.parent, file.parent.parent):
                if folder.is_dir() and not any(folder.iterdir()) and folder != self.path / self.site:
                    folder.rmdir()
        return self

    def forget(self, name: str) -> Place:
        """conda's record goes, and its history says so; the files are left to the caller."""
        version = self.linked.pop(name)
        self.at(f"conda-meta/{name}-{version}-0.json").unlink()
        shutil.rmtree(self.inside(f"{name}-{version}.dist-info"), ignore_errors=True)
        stamp = time.strftime("%Y-%m-%d %H:%M:%S", time.localtime(self.now))
        self.lines += [f"==> {stamp} <==", f"# cmd: conda remove {name}", f"-conda-forge/linux-64::{name}-{version}-0"]
        self.history("\n".join(self.lines) + "\n")
        self.now += DAY
        return self

    def at(self, path: str) -> Path:
        """A path below the prefix."""
        return self.path / path

    def inside(self, path: str) -> Path:
        """A path below site-packages."""
        return self.path / self.site / path

    def _require(self, whole: dict[str, bytes], name: str, version: str, requires: Sequence[str]) -> None:
        info = f"{self.site}/{name}-{version}.dist-info"
        lines = "".join(f"Requires-Dist: {each}\n" for each in requires).encode()
        old = row(f"{name}-{version}.dist-info/METADATA", whole[f"{info}/METADATA"])
        whole[f"{info}/METADATA"] = whole[f"{info}/METADATA"].replace(b"\n\n", b"\n" + lines + b"\n", 1)
        new = row(f"{name}-{version}.dist-info/METADATA", whole[f"{info}/METADATA"])
        whole[f"{info}/RECORD"] = whole[f"{info}/RECORD"].replace(old.encode(), new.encode())

    def _date(self, *paths: str) -> Place:
        """Gives what was written the story's time, and lets a day pass."""
        for path in dict.fromkeys(part for each in paths for part in (each, str(Path(each).parent))):
            if (self.path / path).exists() and path.endswith(
                (".json", "RECORD", "METADATA", "INSTALLER", ".dist-info")
            ):
                os.utime(self.path / path, (self.now, self.now))
        self.now += DAY
        return self


def virtual(path: Path) -> tuple[Path, Path]:
    """A venv without pip, as the module venv makes it but for its scripts: its Python and its site-packages."""
    (path / "bin").mkdir(parents=True)
    (path / SITE).mkdir(parents=True)
    program = (Path(sys.base_prefix) / f"bin/python{XY}").resolve()
    for name in ("python", "python3", f"python{XY}"):
        (path / "bin" / name).symlink_to(program)
    version = ".".join(map(str, sys.version_info[:3]))
    settings = f"home = {program.parent}\ninclude-system-site-packages = false\nversion = {version}\n"
    (path / "pyvenv.cfg").write_text(settings, encoding="utf-8")
    return path / "bin" / "python", path / SITE


def copy(folder: Path, name: str, version: str) -> None:
    """A package with its dist-info in a folder outside of the environment."""
    (folder / name).mkdir(parents=True)
    (folder / name / "__init__.py").write_text(f"__version__ = {version!r}\n", encoding="utf-8")
    metadata(folder, name, version)


def metadata(folder: Path, name: str, version: str) -> None:
    info = folder / f"{name}-{version}.dist-info"
    info.mkdir(parents=True)
    (info / "METADATA").write_text(f"Metadata-Version: 2.1\nName: {name}\nVersion: {version}\n", encoding="utf-8")
    (info / "INSTALLER").write_text("pip\n", encoding="utf-8")


def _own_python(prefix: Path) -> None:
    """A Python that takes this prefix for its own, as conda's does: its program, and the standard library by links."""
    base = Path(sys.base_prefix)
    program = (base / f"bin/python{XY}").resolve()
    (prefix / "bin").mkdir()
    try:
        os.link(program, prefix / f"bin/python{XY}")
    except OSError:
        shutil.copy2(program, prefix / f"bin/python{XY}")
    for name in ("python", "python3"):
        (prefix / "bin" / name).symlink_to(f"python{XY}")
    library = prefix / f"lib/python{XY}"
    (library / "site-packages").mkdir(parents=True)
    for entry in (base / f"lib/python{XY}").iterdir():
        if entry.name not in _LEFT_OUT:
            (library / entry.name).symlink_to(entry)
    for shared in (base / "lib").glob(f"libpython{XY}*.so*"):
        (prefix / "lib" / shared.name).symlink_to(shared)
