"""Looks at the disk for one error: who lists a file, what lies beside it, where a module is. Reads only, and only when asked.

The probe looks at everything with little detail; an error asks about one name, and that can be answered exactly.
"""

from __future__ import annotations

import hashlib
import json
import mmap
import os
import re
import sys
from pathlib import Path
from typing import TYPE_CHECKING

from envguard import elf
from envguard.probe import reading
from envguard.value import value

if TYPE_CHECKING:
    from collections.abc import Iterator

    from envguard.facts import CondaPackage, Distribution, Environment

_LARGEST_BOOK = 64 << 20
_LARGEST_LIBRARY = 4 << 30
_MODULE_ENDS = (".py", ".so", ".pyd", ".abi3.so")


@value
class Listing:
    """A file as a book lists it; the path is relative to the prefix."""

    path: str
    package: CondaPackage | None = None
    dist: Distribution | None = None

    @property
    def owner(self) -> str:
        """Its owner as people name it."""
        owner = self.package or self.dist
        return f"{owner.name} {owner.version or '?'}" if owner else ""

    @property
    def book(self) -> str:
        """Where it is listed."""
        if self.package is not None:
            return self.package.record
        return f"{self.dist.path}/RECORD" if self.dist is not None else ""


def listed(env: Environment, name: str) -> tuple[Listing, ...]:
    """Every file of this name, or of this path below the prefix, that a conda record or a RECORD lists."""
    if not name or len(name) > 400 or any(char in name for char in '"\\\n'):
        return ()
    return tuple(_in_records(env, name)) + tuple(_in_dists(env, name))


def _in_records(env: Environment, name: str) -> Iterator[Listing]:
    needle = name.encode("utf-8", "surrogateescape")
    for package in env.conda_packages or ():
        data = _read(Path(env.prefix, package.record))
        if needle not in data:
            continue
        try:
            files = json.loads(data).get("files", [])
        except (ValueError, AttributeError, RecursionError):
            continue
        for path in files if isinstance(files, list) else ():
            if isinstance(path, str) and (path == name or path.endswith(f"/{name}")):
                yield Listing(path, package=package)


def _in_dists(env: Environment, name: str) -> Iterator[Listing]:
    for dist in env.distributions or ():
        if dist.owner is not None or not dist.has_record:
            continue
        text = _read(Path(env.prefix, dist.path, "RECORD")).decode("utf-8", "replace")
        if name.rpartition("/")[2] not in text:
            continue
        for line in text.splitlines():
            path = os.path.normpath(f"{dist.site}/{line.rpartition(',')[0].rpartition(',')[0].strip(chr(34))}")
            path = path.replace("\\", "/")
            if path == name or path.endswith(f"/{name}"):
                yield Listing(path, dist=dist)


def listed_by(env: Environment, package: CondaPackage) -> tuple[str, ...]:
    """The files of a conda record."""
    try:
        files = json.loads(_read(Path(env.prefix, package.record)))["files"]
    except (ValueError, LookupError, TypeError, RecursionError):
        return ()
    return tuple(path for path in files if isinstance(path, str)) if isinstance(files, list) else ()


def exists(env: Environment, relative: str) -> bool:
    """Whether there is such a file below the prefix, links followed."""
    return Path(env.prefix, relative).exists()


def is_gone(path: str) -> bool:
    """Whether there is nothing at a path of this machine."""
    return reading.is_gone(path)


def below(env: Environment, path: str) -> str | None:
    """A path relative to the prefix, with forward slashes; None if it lies elsewhere."""
    clean, prefix = os.path.normpath(path).replace("\\", "/"), os.path.normpath(env.prefix).replace("\\", "/")
    for root in dict.fromkeys((prefix, os.path.realpath(prefix).replace("\\", "/"))):
        if clean.startswith(f"{root}/"):
            return clean[len(root) + 1 :]
    return None


def owner(env: Environment, path: str) -> Listing | None:
    """Who lists the file of an absolute path."""
    relative = below(env, path)
    found = listed(env, relative) if relative else ()
    return next((each for each in found if each.path == relative), None)


def libraries(env: Environment, stem: str) -> tuple[str, ...]:
    """The shared libraries of a stem (`libssl`) in the folder for libraries of the prefix, relative to it."""
    folder = "Library/bin" if env.layout == "windows" else "lib"
    pattern = re.compile(
        rf"{re.escape(stem)}(?:[.-]\d[\w.-]*)?\.(?:so(?:\.[\d.]+)?|dylib|dll)|{re.escape(stem)}\.[\d.]+\.dylib"
    )
    return tuple(f"{folder}/{name}" for name in _names(Path(env.prefix, folder)) if pattern.fullmatch(name))


def in_packages(env: Environment, name: str) -> tuple[str, ...]:
    """Where a library of this name lies inside a package of site-packages: `torch/lib`, `numpy.libs`; relative paths."""
    found = []
    for site in env.site_packages:
        top = Path(env.prefix, site)
        for folder in _names(top):
            for inside in ("lib", "", "libs", ".libs", "lib64"):
                if "." in folder and not folder.endswith(".libs"):
                    continue
                relative = "/".join(filter(None, (site, folder, inside, name)))
                if Path(env.prefix, relative).is_file():
                    found.append(relative)
    return tuple(dict.fromkeys(found))


def module(env: Environment, name: str) -> str | None:
    """Where a module lies in the prefix's site-packages, relative to it; a folder counts."""
    head = name.replace(".", "/")
    for site in env.site_packages:
        found = module_in(Path(env.prefix, site), head)
        if found is not None:
            return f"{site}/{found}"
    return None


def module_in(folder: Path, head: str) -> str | None:
    """The file or folder in a folder that `import` takes for a name, relative to the folder.

    An extension module whose name says that it is for another Python than the folder's is none.
    """
    if "\0" in head or len(head) > 400 or not head:
        return None
    if (folder / head).is_dir() and any((folder / head).iterdir()):
        return head
    parent, _, last = head.rpartition("/")
    python = re.search(r"[\\/]python(\d+)\.(\d+)", str(folder))
    for name in _names(folder / parent):
        if name.partition(".")[0] == last and name.endswith(_MODULE_ENDS):
            tag = re.search(r"\.cpython-(\d+)", name)
            if tag and python and tag[1] != python[1] + python[2]:
                continue
            return f"{parent}/{name}".lstrip("/")
    return None


def offers(path: str | Path, symbol: str) -> bool | None:
    """Whether a library offers a symbol; None if it cannot be read. Of other formats than ELF, whether it holds the name."""
    found = elf.symbols(str(path))
    return symbol in found.defined if found is not None else holds(path, symbol)


def offers_version(path: str | Path, tag: str) -> bool | None:
    """Whether a library offers a version of symbols; None if it cannot be read."""
    found = elf.read(str(path))
    return tag in found.defines if found is not None else holds(path, tag)


def versions_offered(path: str | Path, kind: str) -> tuple[str, ...]:
    """The versions of symbols of a kind (`GLIBCXX`) that a library offers."""
    found = elf.read(str(path))
    return tuple(tag for tag in found.defines if tag.startswith(f"{kind}_")) if found is not None else ()


def needs(path: str | Path, name: str) -> bool:
    """Whether a library asks the loader for another."""
    found = elf.read(str(path))
    return name in found.needed if found is not None else bool(holds(path, name))


def holds(path: str | Path, text: str) -> bool | None:
    """Whether a library holds a name as a whole string in its tables; None if it cannot be read."""
    try:
        with Path(path).open("rb") as file:
            if os.fstat(file.fileno()).st_size > _LARGEST_LIBRARY:
                return None
            with mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ) as data:
                return data.find(b"\0" + text.encode() + b"\0") >= 0
    except (OSError, ValueError):
        return None


def differs(env: Environment, listing: Listing) -> bool | None:
    """Whether a file is not what conda recorded, by its hash; None if no record tells."""
    if listing.package is None:
        return None
    try:
        told = json.loads(_read(Path(env.prefix, listing.package.record)))["paths_data"]["paths"]
        entry = next(each for each in told if each["_path"] == listing.path)
        wanted = entry.get("sha256_in_prefix") or entry["sha256"]
        if entry.get("prefix_placeholder") and not entry.get("sha256_in_prefix"):
            return None
        found = hashlib.sha256(Path(env.prefix, listing.path).read_bytes()).hexdigest()
        return bool(found != wanted)
    except (OSError, ValueError, LookupError, TypeError, AttributeError, StopIteration, RecursionError):
        return None


def user_sites(env: Environment) -> tuple[Path, ...]:
    """The folders in which a user's own packages for this Python may lie."""
    if env.process is not None and env.process.user_site:
        return (Path(env.process.user_site),)
    version = ".".join((env.python_version or "").split(".")[:2])
    if not version:
        return ()
    home = Path(os.path.expanduser("~"))  # noqa: PTH111 - Path.home() raises for a user who does not exist
    if os.name == "nt":
        return (Path(os.environ.get("APPDATA", home), "Python", f"Python{version.replace('.', '')}", "site-packages"),)
    mac = (home / f"Library/Python/{version}/lib/python/site-packages",) if sys.platform == "darwin" else ()
    return (home / f".local/lib/python{version}/site-packages", *mac)


def sites_of(prefix: str) -> tuple[Path, ...]:
    """The site-packages folders of another prefix."""
    root = Path(prefix)
    found = [root / "Lib/site-packages"] if os.name == "nt" else []
    for name in _names(root / "lib"):
        if name.startswith("python"):
            found.extend((root / "lib" / name / "site-packages", root / "lib" / name / "dist-packages"))
    return tuple(each for each in found if each.is_dir())


def _names(folder: Path) -> list[str]:
    try:
        return sorted(entry.name for entry in os.scandir(folder))
    except (OSError, ValueError):
        return []


def _read(path: Path) -> bytes:
    try:
        with path.open("rb") as file:
            return file.read(_LARGEST_BOOK)
    except (OSError, ValueError):
        return b""
