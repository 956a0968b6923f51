"""What the tests of undo share: cheap copies of environments, wheels of every kind, and a tree to compare by."""

from __future__ import annotations

import base64
import hashlib
import os
import shutil
import stat
import subprocess
import time
import zipfile
from pathlib import Path
from typing import TYPE_CHECKING

from tests.envs import trees, wheelhouse

if TYPE_CHECKING:
    from collections.abc import Mapping

Tree = dict[str, tuple[object, ...]]
_SETTLED = 2_000_000_000
"""Nanoseconds after which a file that is written again has another ctime."""
_digests: dict[tuple[int, ...], int] = {}
"""By inode and ctime, which nobody can set: most of an environment is looked at a hundred times, and never changes.

Python's own hash of the content: trees are compared in the process that has seen them, and it is four times as fast as another.
"""
LARGE = "x" * 300_000


def linked(prefix: Path, where: Path) -> Path:
    """A copy by hard links; what programs change in place is copied."""
    subprocess.run(["cp", "-al", prefix, where], check=True)
    for name in ("conda-meta", "etc"):
        if (where / name).is_dir():
            shutil.rmtree(where / name)
            shutil.copytree(prefix / name, where / name, symlinks=True)
    return where


def tree(prefix: Path, but_caches: Tree | None = None) -> Tree:
    """Everything in a prefix but our own folder: kind and mode, date, and content.

    With a tree to compare with, of byte code only what was there then.
    """
    found: Tree = {}
    for folder, names, files in os.walk(prefix):
        if folder == str(prefix):
            names[:] = [name for name in names if not name.startswith(".envguard")]
        for path in (folder, *(f"{folder}/{name}" for name in (*files, *names))):
            status = os.lstat(path)
            content: object = None
            if stat.S_ISLNK(status.st_mode):
                content = str(Path(path).readlink())
            elif stat.S_ISREG(status.st_mode):
                content = _digest(path, status)
            found[path[len(str(prefix)) + 1 :] or "."] = (status.st_mode, status.st_mtime_ns, content)
    if but_caches is not None:
        compare(
            *(
                {path: told[::2] for path, told in each.items() if "__pycache__" not in path}
                for each in (but_caches, found)
            )
        )
    return found


def _digest(path: str, status: os.stat_result) -> int:
    key = (status.st_dev, status.st_ino, status.st_ctime_ns, status.st_size)
    known = _digests.get(key)
    if known is None:
        known = hash(_content(path, status.st_size))
        if time.time_ns() - status.st_ctime_ns > _SETTLED:
            _digests[key] = known
    return known


def _content(path: str, size: int) -> bytes:
    file = os.open(path, os.O_RDONLY)
    try:
        return b"".join(iter(lambda: os.read(file, size + 1), b""))
    finally:
        os.close(file)


def compare(before: Tree, after: Tree) -> None:
    """Fails with the first paths that differ."""
    differ = sorted(path for path in before.keys() | after.keys() if before.get(path) != after.get(path))
    assert not differ, [(path, before.get(path), after.get(path)) for path in differ[:6]]


def wheel(
    folder: Path, name: str, version: str, files: Mapping[str, str], scripts: str = "", broken: bool = False
) -> Path:
    """A wheel; `broken` has a RECORD that pip cannot read once the files are placed."""
    folder.mkdir(exist_ok=True, parents=True)
    stem = name.replace("-", "_")
    whole = dict(
        trees.dist_info(
            name, version, {**files, **({f"{stem}-{version}.dist-info/entry_points.txt": scripts} if scripts else {})}
        )
    )
    path = folder / f"{stem}-{version}-py3-none-any.whl"
    with zipfile.ZipFile(path, "w") as made:
        for file, text in whole.items():
            made.writestr(file, 'a\nb\n"' if broken and file.endswith("RECORD") else text)
    return path


def record_line(name: str, content: bytes) -> str:
    """A line of a RECORD."""
    sha = base64.urlsafe_b64encode(hashlib.sha256(content).digest()).rstrip(b"=").decode()
    return f"{name},sha256={sha},{len(content)}"


def wheels(folder: Path) -> Path:
    """Wheels that put files everywhere installers do."""
    for version in ("1.0", "2.0"):
        data = f"gizmo-{version}.data"
        files = {
            "gizmo/__init__.py": f"version = {version!r}\n",
            "gizmo/large.txt": LARGE + version,
            "gizmo/deep/er/__init__.py": "",
            f"{data}/data/share/gizmo/{version}.txt": version,
            f"{data}/data/etc/gizmo.conf": version,
            f"{data}/scripts/gizmo-script": "#!python\nprint('gizmo')\n",
            "gizmo_path.pth": "import sys\n",
        }
        wheel(folder, "gizmo", version, files, "[console_scripts]\ngizmo = gizmo:main\n")
    wheel(folder, "extra", "1.0", {"extra.py": ""})
    wheel(folder, "tabulate", "0.9.1", {"tabulate/__init__.py": "newer = True\n"})
    theirs = {"requests/__version__.py": "__version__ = 'mine'\n", "thief.py": ""}
    wheel(folder, "thief", "1.0", theirs)
    wheel(folder, "broken", "1.0", {"broken/__init__.py": "", "requests/api.py": "broken = True\n"}, broken=True)
    return folder


def environ(prefix: Path, **more: str) -> dict[str, str]:
    """Variables of a quiet install."""
    plain = {key: value for key, value in wheelhouse.isolated().items() if not key.startswith("UV_")}
    return {
        **plain,
        "PATH": f"{prefix / 'bin'}{os.pathsep}{os.environ['PATH']}",
        "PIP_ROOT_USER_ACTION": "ignore",
        **more,
    }


def links(*folders: Path) -> list[str]:
    """The options by which pip and uv find wheels only here."""
    return ["--no-index", *(f"--find-links={place}" for place in (*wheelhouse.folders().values(), *folders))]
