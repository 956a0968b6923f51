"""What ELF headers say of an environment: modules that cannot be loaded, libraries in memory twice or from elsewhere.

* Of the files the probe names (a few of each package, or all under `--deep`) it is told where each library they need is
  found by a process that starts now, with the LD_LIBRARY_PATH of the process in question.
* Of the libraries a kernel has in memory only those of a few names are read, and only where there are two of one name, or
  where the one is not the environment's although that has its own.
* Nothing is told where the loader is not glibc's: None.
"""

from __future__ import annotations

import os
import re
import sys
from dataclasses import replace
from typing import TYPE_CHECKING

from envguard import elf, loader
from envguard.library import Compiled
from envguard.probe.extras import stem
from envguard.store import Derived
from envguard.surroundings.started import started

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from envguard.facts import Environment
    from envguard.library import Found, Library
    from envguard.loader import World

__all__ = ["libraries"]

SHARED = ("libcrypto", "libgcc_s", "libssl", "libstdc++")
"""Libraries of which a process takes the first it meets, whoever else brought one."""
ALONE = ("libarrow", "libgomp", "libhdf5", "libiomp5", "libomp", "libprotobuf", "libQt5Core", "libQt6Core")
"""Libraries of which two copies in one process disturb each other."""

_WANTING = 4
"""Files named as those that need what a library lacks."""
_LOOKED = 400
"""Libraries of the prefix looked through for them."""
_SYMBOLS = 12
"""Files of one check whose symbols are compared, since no versions tell."""
_OURS = re.compile(r"_?Py[A-Z_]")

_told: Derived[tuple[Library, ...]] = Derived()


def libraries(env: Environment) -> tuple[Library, ...] | None:
    """The ELF facts about an environment and its process; None where the loader is unknown."""
    if not sys.platform.startswith("linux") or env.compiled is None:
        return None
    world = started(env)
    if world is None:
        return None
    question = (env.prefix, world.library_path, _stamps(world), env.deep is not None)
    files = _told.get(env.compiled, question, lambda: tuple(_suspects(env, world)))
    return (*files, *_live(env, files))


def _stamps(world: World) -> tuple[object, ...]:
    """What the answer rests on beside the prefix: the program, and the folders that the process names."""
    paths = (*(each.path for each in world.callers), *world.library_path)
    found: list[object] = [id(world.system)]
    for path in paths:
        try:
            status = os.stat(os.path.join(world.cwd, path))
        except (OSError, ValueError):
            found.append(None)
        else:
            found.append((status.st_mtime_ns, status.st_size))
    return tuple(found)


def _suspects(env: Environment, world: World) -> Iterator[Library]:
    """The extension modules the probe names, and the environment's own copies of what many share."""
    left = _SYMBOLS if env.deep is None else len(env.compiled or ())
    for each in (*(env.compiled or ()), *_strangers(env)):
        library = elf.read(os.path.join(env.prefix, *each.path.split("/")))
        if library is None or not library.needed:
            continue
        found = tuple(_judged(library, one, env) for one in loader.needs_of(library, world))
        undefined: tuple[str, ...] = ()
        if left and _is_bare(found, env):
            left -= 1
            undefined = _undefined(library, world)
        yield replace(library, owner=each.owner, inside=True, found=found, undefined=undefined)
    yield from _own(env)


def _strangers(env: Environment) -> Iterator[Compiled]:
    """Compiled files of conda's packages that are somebody else's now."""
    told = {each.path for each in env.compiled or ()}
    for package in env.conda_packages or ():
        for path in package.altered.sample:
            if ".so" in path and path not in told:
                yield Compiled(path, package.record)
    for overlap in env.overlaps:
        for shared in overlap.sample:
            if ".so" in shared.path and shared.path not in told and shared.on_disk in ("pip", "other"):
                yield Compiled(shared.path, overlap.distribution)


def _judged(library: Library, one: Found, env: Environment) -> Found:
    """What was found, with the versions it lacks; a name that is nowhere may lie in a package that brings it itself."""
    if one.path is None:
        where = _carried(env).get(one.name)
        return replace(one, way="elsewhere", path=where, inside=True) if where else one
    wanted = [version for need in library.needs if need.library == one.name for version in need.versions]
    other = elf.read(one.path) if wanted else None
    # of a library without versions the loader only says so, and goes on
    offered = other.defines if other is not None else ()
    lacks = tuple(version for version in wanted if version not in offered) if offered else ()
    return replace(one, inside=_inside(one.path, env), lacks=lacks)


_carriers: Derived[dict[str, str]] = Derived()


def _carried(env: Environment) -> dict[str, str]:
    """The libraries that packages keep in folders of their own, by name; a package may load one before it is needed."""
    return _carriers.get(env.compiled, env.prefix, lambda: _carried_by_packages(env))


def _carried_by_packages(env: Environment) -> dict[str, str]:
    found: dict[str, str] = {}
    for site in env.site_packages:
        top = os.path.join(env.prefix, *site.split("/"))
        for package in _folders(top):
            inner = [package, os.path.join(package, "lib"), os.path.join(package, ".libs")]
            if os.path.basename(package) == "nvidia":
                inner += [os.path.join(each, "lib") for each in _folders(package)]
            for folder in inner:
                for name in _names(folder):
                    if ".so" in name:
                        found.setdefault(name, os.path.join(folder, name))
    for name in _names(os.path.join(env.prefix, "lib")):
        if ".so" in name:
            found.setdefault(name, os.path.join(env.prefix, "lib", name))
    return found


def _folders(path: str) -> list[str]:
    try:
        with os.scandir(path) as entries:
            return sorted(each.path for each in entries if each.is_dir())
    except OSError:
        return []


def _names(path: str) -> list[str]:
    try:
        return sorted(os.listdir(path))
    except OSError:
        return []


def _is_bare(found: Iterable[Found], env: Environment) -> bool:
    """Whether only the symbols tell if a library of the prefix is the right one: it has no versions.

    A wheel's own libraries came with it.
    """
    if any(one.path is None or one.lacks or one.way == "elsewhere" for one in found):
        return False
    folder = os.path.realpath(os.path.join(env.prefix, "lib"))
    inside = [one.path for one in found if one.path and os.path.dirname(os.path.realpath(one.path)) == folder]
    return any((other := elf.read(path)) is not None and not other.defines for path in inside)


def _undefined(library: Library, world: World) -> tuple[str, ...]:
    """The symbols without which the loader refuses a module: wanted, not weak, and offered by nothing it can see."""
    own = elf.symbols(library.path)
    if own is None:
        return ()
    wanted = {
        each.name for each in own.undefined if not each.weak and each.version is None and not _OURS.match(each.name)
    }
    brought = loader.load(library.path, world)
    if any(one.path is None for each in brought for one in each.found):
        return ()  # which is told for itself
    paths = dict.fromkeys((*(each.library.path for each in brought[1:]), *world.loaded.values()))
    for path in sorted(paths, key=lambda path: stem(os.path.basename(path)) == "libstdc++"):  # the largest table last
        if not wanted:
            return ()
        other = elf.symbols(path)
        if other is None:
            return ()
        wanted -= other.defined.keys()
    return tuple(sorted(wanted))


def _inside(path: str, env: Environment) -> bool:
    return os.path.realpath(path).startswith(os.path.realpath(env.prefix).rstrip(os.sep) + os.sep)


def _own(env: Environment) -> Iterator[Library]:
    """The environment's copies of what many share, each once, by its real path."""
    folder = os.path.join(env.prefix, "lib")
    seen = set()
    for name in _names(folder):
        if stem(name) in SHARED and ".so" in name:
            path = os.path.realpath(os.path.join(folder, name))
            library = elf.read(path) if path not in seen and _inside(path, env) else None
            seen.add(path)
            if library is not None:
                yield replace(library, owner=_owner(env, path), inside=_inside(path, env))


def _live(env: Environment, known: tuple[Library, ...]) -> Iterator[Library]:
    """What the kernel has in memory from elsewhere, or twice, and which files of the prefix miss something in it."""
    process = env.process
    if process is None or process.kind != "kernel" or process.system != "Linux":
        return
    by_stem: dict[str, list[str]] = {}
    for mapped in process.mapped or ():
        name = stem(os.path.basename(mapped.path))
        if name in SHARED or name in ALONE:
            by_stem.setdefault(name, []).append(mapped.path)
    own = {each.soname: each for each in known if each.found is None}
    told = {each.path for each in known}
    for name, paths in by_stem.items():
        if name in ALONE and len(paths) < 2:
            continue
        for path in paths:
            library = elf.read(path)
            if library is None or path in told:
                continue
            mine = own.get(library.soname)
            if len(paths) < 2 and (mine is None or mine.path == path):
                continue
            yield replace(library, owner=_owner(env, path), inside=_inside(path, env))
            if mine is not None and mine.path != path:
                lacking = frozenset(mine.defines) - frozenset(library.defines)
                yield from _wanting(env, library.soname or "", lacking, told)


def _wanting(env: Environment, soname: str, lacking: frozenset[str], told: set[str]) -> Iterator[Library]:
    """Libraries of the prefix that need a version which the one in memory lacks."""
    if not lacking:
        return
    folder = os.path.join(env.prefix, "lib")
    found = 0
    for name in [name for name in _names(folder) if ".so" in name][:_LOOKED]:
        path = os.path.realpath(os.path.join(folder, name))
        library = elf.read(path) if path not in told else None
        told.add(path)
        if library is None:
            continue
        if any(need.library == soname and lacking.intersection(need.versions) for need in library.needs):
            yield replace(library, owner=_owner(env, path), inside=_inside(path, env))
            found += 1
            if found >= _WANTING:
                return


def _owner(env: Environment, path: str) -> str | None:
    """The record or dist-info of a file, as far as the name of its folder in site-packages tells."""
    root = os.path.realpath(env.prefix).rstrip(os.sep) + os.sep
    if not path.startswith(root):
        return None
    relative = path[len(root) :].replace(os.sep, "/")
    for each in env.importable or ():
        if relative == each.path or relative.startswith(each.path + "/"):
            return each.record or each.distribution
    return None
