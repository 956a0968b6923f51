"""Where the loader of glibc finds the libraries that a file needs: ld.so(8), without starting anything.

The order, for one name without a slash:

1. what the process has loaded under that name,
2. DT_RPATH of the file, of what loaded it, and so on up to the program, unless the file itself has a DT_RUNPATH; one that
   has a DT_RUNPATH has no DT_RPATH,
3. LD_LIBRARY_PATH as it was when the process started,
4. DT_RUNPATH of the file alone,
5. /etc/ld.so.cache,
6. the system's own folders.

A file for another processor is passed over. What Python imports is loaded by Python: its DT_RPATH counts, which is how
extension modules of conda find the environment's `lib`. Not followed: folders of a name of their own for new processors
(glibc-hwcaps), LD_PRELOAD and LD_AUDIT, and loaders other than glibc's.
"""

from __future__ import annotations

import os
import re
import struct
import sys
from dataclasses import field, replace
from functools import lru_cache
from typing import TYPE_CHECKING

from envguard import elf
from envguard.library import Found
from envguard.probe import reading
from envguard.value import value

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

    from envguard.library import Library

__all__ = ["Loaded", "System", "World", "load", "needs_of", "resolve", "system"]

_CACHE = "/etc/ld.so.cache"
_CACHE_LIMIT = 64 << 20
_MAGIC = b"glibc-ld.so.cache1.1"
_OLD_MAGIC = b"ld.so-1.7.0"
_KINDS = {"x86_64": 0x0303, "aarch64": 0x0A03, "ppc64le": 0x0503, "s390x": 0x0403}
"""The flags of entries for each processor; where they are not known, any entry that fits the file will do."""
_TOKEN = re.compile(r"\$(?:\{(ORIGIN|LIB|PLATFORM)\}|(ORIGIN|LIB|PLATFORM)(?![A-Za-z0-9_]))")
_FILES = 4000
"""Libraries followed from one file; those of a whole desktop are 500."""


@value
class System:
    """What the machine's loader knows by itself."""

    cache: Mapping[str, tuple[str, ...]]
    folders: tuple[str, ...]
    lib: str
    """What `$LIB` stands for."""


@value
class World:
    """The process in which something is to be loaded."""

    system: System
    callers: tuple[Library, ...] = ()
    """What loads a file that nothing needs: a libpython if there is one, and last the program."""
    library_path: tuple[str, ...] = ()
    """LD_LIBRARY_PATH, in parts."""
    loaded: Mapping[str, str] = field(default_factory=dict)
    """The names under which something is loaded, and what."""
    cwd: str = "/"

    def with_loaded(self, files: Iterable[Loaded]) -> World:
        """The same process after these files were loaded."""
        return replace(self, loaded={**self.loaded, **_names(files)})


@value
class Loaded:
    """One file that a load brings in."""

    library: Library
    chain: tuple[Library, ...]
    """It, what needs it, and so on."""
    found: tuple[Found, ...]
    """What it needs in its turn."""


def library_path(value: str | None) -> tuple[str, ...]:
    """LD_LIBRARY_PATH in parts; an empty one is the current folder."""
    return tuple(re.split("[:;]", value)) if value else ()


def load(path: str, world: World) -> tuple[Loaded, ...]:
    """A file and everything it brings in, in the loader's order: what the first needs, then what those need."""
    first = elf.read(path)
    if first is None:
        return ()
    found: list[Loaded] = []
    names: dict[str, str] = dict(world.loaded)
    queue: list[tuple[Library, ...]] = [(first,)]
    seen = {_identity(path)}
    while queue and len(found) < _FILES:
        chain = queue.pop(0)
        library = chain[0]
        names.setdefault(library.soname or os.path.basename(library.path), library.path)
        here = replace(world, loaded=names)
        told = []
        for name in library.needed:
            one = resolve(name, chain, here)
            told.append(one)
            if one.path is None or one.way == "loaded":
                continue
            names[name] = one.path
            identity, other = _identity(one.path), elf.read(one.path)
            if other is not None:
                names.setdefault(other.soname or name, one.path)
                if identity not in seen:
                    queue.append((other, *chain))
            seen.add(identity)
        found.append(Loaded(library, chain, tuple(told)))
    return tuple(found)


def needs_of(library: Library, world: World) -> tuple[Found, ...]:
    """What the loader does for each name that a file needs, when Python imports that file."""
    found: list[Found] = []
    names = dict(world.loaded)
    for name in library.needed:
        one = resolve(name, (library,), replace(world, loaded=names))
        found.append(one)
        if one.path is not None:
            names[name] = one.path
    return tuple(found)


def resolve(name: str, chain: Sequence[Library], world: World) -> Found:
    """Where one name leads that the first file of a chain needs, the others being what loaded it."""
    wanted = elf.kind(chain[0].path) if chain else None
    if "/" in name:
        for path in _expand(name, chain[0] if chain else None, world):
            whole = os.path.join(world.cwd, path)
            if os.path.isfile(whole):
                return Found(name, whole, "path")
        return Found(name, None, "nowhere")
    if name in world.loaded:
        return Found(name, world.loaded[name], "loaded")
    for way, folder in _places(chain, world):
        path = os.path.join(folder, name)
        if _fits(path, wanted):
            return Found(name, path, way, folder)
    for path in world.system.cache.get(name, ()):
        if _fits(path, wanted):
            return Found(name, path, "cache")
    for folder in world.system.folders:
        path = os.path.join(folder, name)
        if _fits(path, wanted):
            return Found(name, path, "default", folder)
    return Found(name, None, "nowhere")


def _places(chain: Sequence[Library], world: World) -> Iterator[tuple[str, str]]:
    """The folders that the files and the process name, in their order."""
    if not (chain and chain[0].runpath):
        for each in dict.fromkeys((*chain, *world.callers)):
            if not each.runpath:
                yield from (("rpath", folder) for folder in _folders(each.rpath, each, world))
    # in the program's own name, as the loader takes $ORIGIN here
    program = world.callers[-1] if world.callers else chain[-1] if chain else None
    yield from (("library-path", folder) for folder in _folders(world.library_path, program, world))
    if chain:
        yield from (("runpath", folder) for folder in _folders(chain[0].runpath, chain[0], world))


def _folders(entries: Iterable[str], of: Library | None, world: World) -> Iterator[str]:
    for entry in entries:
        for folder in _expand(entry, of, world):
            yield os.path.join(world.cwd, folder) if not folder.startswith("/") else folder


def _expand(entry: str, of: Library | None, world: World) -> tuple[str, ...]:
    """An entry with $ORIGIN, $LIB and $PLATFORM filled in; nothing where that cannot be."""
    if "$" not in entry:
        return (entry,)
    if of is None:
        return ()
    values = {"ORIGIN": os.path.dirname(of.path), "LIB": world.system.lib, "PLATFORM": of.machine}
    return (_TOKEN.sub(lambda match: values[match[1] or match[2]], entry),)


def _fits(path: str, wanted: elf.Kind | None) -> bool:
    """Whether the loader would stop at a file: one of another processor is passed over, one that is no ELF file is not."""
    if not os.path.exists(path):
        return False
    found = elf.kind(path)
    return found is None or wanted is None or found == wanted


def _identity(path: str) -> tuple[int, int] | str:
    try:
        status = os.stat(path)
    except (OSError, ValueError):
        return path
    return status.st_dev, status.st_ino


def _names(files: Iterable[Loaded]) -> dict[str, str]:
    """The names under which files answer: their own, and those by which others asked for them."""
    found: dict[str, str] = {}
    for each in files:
        found.setdefault(each.library.soname or os.path.basename(each.library.path), each.library.path)
        for one in each.found:
            if one.path is not None:
                found.setdefault(one.name, one.path)
    return found


def system(machine: str) -> System | None:
    """The loader of this machine for a processor; None where it is not glibc's, or not known."""
    if not sys.platform.startswith("linux"):
        return None
    try:
        status = os.stat(_CACHE)
    except OSError:
        stamp = None
    else:
        stamp = (status.st_mtime_ns, status.st_size, status.st_ino)
    return _system(machine, stamp)


@lru_cache(maxsize=4)
def _system(machine: str, stamp: tuple[int, ...] | None) -> System | None:
    triplets = (f"{machine}-linux-gnu", f"{machine.replace('ppc64le', 'powerpc64le')}-linux-gnu")
    tried = [*(f"lib/{each}" for each in dict.fromkeys(triplets)), "lib64", "lib"]
    lib = next((each for each in tried if os.path.exists(f"/{each}/libc.so.6")), None)
    if lib is None and stamp is None:
        return None  # neither glibc's cache nor glibc: another system's loader, or NixOS
    ordered = dict.fromkeys((*([lib] if lib else ()), "lib64", "lib"))
    # as Debian's and Red Hat's are built; the cache holds everything else
    folders = tuple(f"{root}/{each}" for each in ordered for root in ("", "/usr"))
    return System(_cache(machine) if stamp else {}, folders, lib or "lib")


def _cache(machine: str) -> dict[str, tuple[str, ...]]:
    try:
        return parse_cache(reading.read(_CACHE, _CACHE_LIMIT), _KINDS.get(machine))
    except OSError:
        return {}


def parse_cache(content: bytes, kind: int | None) -> dict[str, tuple[str, ...]]:
    """ld.so.cache: the paths of each name, those for particular processors apart.

    The format is that of glibc since 2.2 (dl-cache.h): a header of 48 bytes, entries of 24, and the strings, which
    are counted from the header. An older table may come before it.
    """
    start = content.find(_MAGIC) if content.startswith(_OLD_MAGIC) else 0
    if start < 0 or content[start : start + len(_MAGIC)] != _MAGIC:
        return {}
    found: dict[str, list[str]] = {}
    try:
        (count,) = struct.unpack_from("=I", content, start + 20)
        table = content[start + 48 : start + 48 + count * 24]
        for flags, name, path, _, capabilities in struct.iter_unpack("=iIIIQ", table[: len(table) // 24 * 24]):
            if not capabilities and kind in (None, flags):
                found.setdefault(_string(content, start + name), []).append(_string(content, start + path))
    except struct.error:
        return {}
    return {name: tuple(paths) for name, paths in found.items()}


def _string(content: bytes, start: int) -> str:
    end = content.find(b"\0", start, start + reading.LONGEST)
    return os.fsdecode(content[start:end]) if end >= 0 else ""
