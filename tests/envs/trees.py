"""Folders laid out as a conda package's: from a wheel, from the running CPython, or from a few lines of text."""

from __future__ import annotations

import base64
import configparser
import hashlib
import os
import shutil
import subprocess
import sys
from email.parser import HeaderParser
from pathlib import Path
from typing import TYPE_CHECKING

from packaging.requirements import Requirement

from tests.envs.package import BUILT, PLACEHOLDER
from tests.envs.wheelhouse import Unavailable, isolated, wheel_file

if TYPE_CHECKING:
    from collections.abc import Mapping

XY = f"{sys.version_info[0]}.{sys.version_info[1]}"
SITE = f"lib/python{XY}/site-packages"
CONDA_NAMES = {"tzdata": "python-tzdata"}
"""PyPI name -> conda name, where they differ: conda's tzdata is the data base of the system."""
PIP_WHEEL = "pip==24.2"
LEFT_OUT = ("test", "site-packages", "idlelib", "turtledemo", "lib2to3", "tkinter", "ensurepip", "EXTERNALLY-MANAGED")


def from_wheel(spec: str, tree: Path, *, noarch: bool) -> None:
    """Installs a wheel with pip as conda-build does: pip's RECORD and direct_url.json stay, INSTALLER becomes conda."""
    scratch = tree.with_name(tree.name + "-scratch")
    pip = [sys.executable, str(wheel_file(PIP_WHEEL) / "pip"), "install", "--quiet", "--no-index", "--no-deps"]
    options = ["--ignore-installed", "--no-warn-script-location", "--root-user-action=ignore", f"--prefix={scratch}"]
    done = subprocess.run(
        [*pip, *options, str(wheel_file(spec))], env=isolated(), capture_output=True, text=True, check=False
    )
    if done.returncode:
        raise Unavailable(f"pip could not unpack {spec}: {done.stderr.strip()[-400:]}")
    for installer in (scratch / SITE).glob("*.dist-info/INSTALLER"):
        installer.write_text("conda\n", encoding="utf-8")
    for script in _files(scratch / "bin"):
        _point_to_placeholder(script)
    for path in _files(scratch):
        _date(path)
    if noarch:
        _move_noarch(scratch, tree)
    else:
        scratch.rename(tree)


def _move_noarch(scratch: Path, tree: Path) -> None:
    tree.mkdir()
    (scratch / SITE).rename(tree / "site-packages")
    generated = {entry.partition(" ")[0] for entry in entry_points(tree / "site-packages")}
    for script in _files(scratch / "bin"):
        # pip also invents versioned names (pip3.11), which conda-build drops.
        if script.name.rstrip("0123456789.") not in {name.rstrip("0123456789.") for name in generated}:
            (tree / "python-scripts").mkdir(exist_ok=True)
            script.rename(tree / "python-scripts" / script.name)
    for cache in list(tree.rglob("__pycache__")):
        shutil.rmtree(cache)


def entry_points(site: Path) -> tuple[str, ...]:
    """The console scripts of the distributions in a folder, as `info/link.json` writes them."""
    found = []
    for file in site.glob("*.dist-info/entry_points.txt"):
        parser = configparser.ConfigParser(delimiters=("=",))
        parser.read(file, encoding="utf-8")
        found += [f"{name} = {target}" for name, target in dict(parser).get("console_scripts", {}).items()]
    return tuple(found)


def depends_of(site: Path, *, noarch: bool) -> tuple[str, ...]:
    """conda's `depends` from the Requires-Dist and Requires-Python of the one distribution in a folder."""
    [file] = site.glob("*.dist-info/METADATA")
    metadata = HeaderParser().parsestr(file.read_text(encoding="utf-8"))
    found = []
    for text in metadata.get_all("Requires-Dist", []):
        need = Requirement(text)
        if need.marker is None or need.marker.evaluate({"extra": ""}):
            name = CONDA_NAMES.get(need.name.lower(), need.name.lower().replace("_", "-"))
            found.append(f"{name.replace('typing-extensions', 'typing_extensions')} {need.specifier}".strip())
    python = f"python {metadata['Requires-Python'] or ''}".strip().replace(" ", "").replace("python", "python ", 1)
    minor = sys.version_info[1]
    return (*sorted(found), python.strip() if noarch else f"python >=3.{minor},<3.{minor + 1}.0a0")


def from_running_python(tree: Path) -> None:
    """Copies the running CPython without its tests and extras; text files name the placeholder as their prefix."""
    if sys.implementation.name != "cpython" or default_scheme() != "posix_prefix":
        raise Unavailable("only a CPython whose default scheme is posix_prefix can be packaged")
    base = Path(sys.base_prefix)
    stdlib = f"lib/python{XY}"
    skip = shutil.ignore_patterns("*.opt-?.pyc", "*.a", "*.o", "_sysconfigdata*.pyc")
    (tree / stdlib).mkdir(parents=True)
    for path in sorted((base / stdlib).iterdir()):
        if path.name not in LEFT_OUT and path.is_dir():
            shutil.copytree(path, tree / stdlib / path.name, symlinks=True, ignore=skip)
        elif path.name not in LEFT_OUT:
            shutil.copy2(path, tree / stdlib / path.name)
    shutil.copytree(base / f"include/python{XY}", tree / f"include/python{XY}")
    (tree / SITE).mkdir()
    (tree / SITE / "README.txt").write_text("Where third-party packages go.\n", encoding="utf-8")
    (tree / "bin").mkdir()
    shutil.copy2((base / f"bin/python{XY}").resolve(), tree / f"bin/python{XY}")
    for name in ("python", "python3"):
        (tree / "bin" / name).symlink_to(f"python{XY}")
    for library in base.glob(f"lib/libpython{XY}*.so*"):
        shutil.copy2(library, tree / "lib" / library.name, follow_symlinks=False)
    for path in (*tree.glob(f"{stdlib}/_sysconfigdata*.py"), *tree.glob(f"{stdlib}/config-*/*")):
        _replace(path, os.fsencode(base), PLACEHOLDER.encode())


def default_scheme() -> str:
    """The install scheme of the Python behind a possible virtual environment (inside one it is always `venv`)."""
    python = getattr(sys, "_base_executable", None) or sys.executable
    ask = [python, "-c", "import sysconfig; print(sysconfig.get_default_scheme())"]
    return subprocess.run(ask, env=isolated(), capture_output=True, text=True, check=False).stdout.strip()


def from_texts(tree: Path, files: Mapping[str, str]) -> None:
    """A few files of our own."""
    for name, text in files.items():
        path = tree / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
        path.chmod(0o755 if name.startswith(("bin/", "python-scripts/", "condabin/")) else 0o644)
        _date(path)


def dist_info(name: str, version: str, files: Mapping[str, str], requires: tuple[str, ...] = ()) -> dict[str, str]:
    """The given files of a distribution and a correct dist-info for them, without INSTALLER."""
    folder = f"{name.replace('-', '_')}-{version}.dist-info"
    needs = "".join(f"Requires-Dist: {need}\n" for need in requires)
    whole = {
        **files,
        f"{folder}/METADATA": f"Metadata-Version: 2.1\nName: {name}\nVersion: {version}\n{needs}",
        f"{folder}/WHEEL": "Wheel-Version: 1.0\nGenerator: envguard-tests\nRoot-Is-Purelib: true\nTag: py3-none-any\n",
    }
    return {**whole, f"{folder}/RECORD": "".join(map(_record_line, whole.items())) + f"{folder}/RECORD,,\n"}


def _record_line(item: tuple[str, str]) -> str:
    name, content = item[0], item[1].encode()
    sha = base64.urlsafe_b64encode(hashlib.sha256(content).digest()).rstrip(b"=").decode()
    return f"{name},sha256={sha},{len(content)}\n"


def _files(folder: Path) -> list[Path]:
    return [path for path in folder.rglob("*") if path.is_file()] if folder.is_dir() else []


def _point_to_placeholder(script: Path) -> None:
    content = script.read_bytes()
    if content.startswith(b"#!") and b"python" in content.split(b"\n", 1)[0]:
        rest = content.partition(b"\n")[2]
        script.write_bytes(f"#!{PLACEHOLDER}/bin/python{XY}\n".encode() + rest)


def _replace(path: Path, old: bytes, new: bytes) -> None:
    content = path.read_bytes() if path.is_file() else b""
    if old in content and b"\0" not in content:
        path.write_bytes(content.replace(old, new))


def _date(path: Path) -> None:
    """Gives a file the date of the package's build, and a .pyc the same date for its source."""
    if path.suffix == ".pyc":
        with path.open("r+b") as file:
            file.seek(8)  # PEP 552: magic, flags, then the source's time
            file.write(BUILT.to_bytes(4, "little"))
    os.utime(path, (BUILT, BUILT))
