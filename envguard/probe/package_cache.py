"""conda's package cache: whether a damaged file of a prefix is the cache's own, which every environment shares.

conda, mamba and pixi link files into environments. A hard link is the same file: an edit in place changes it in the
cache, and in every environment that was made or will be made from there. The caches are looked for where the tools keep
them, and looked at only for files that have another link.
"""

from __future__ import annotations

import bisect
import os
import sys
from typing import TYPE_CHECKING, Iterator, Mapping

if TYPE_CHECKING or __package__:
    from envguard.probe import reading
else:  # run alone, by path: this folder is first on sys.path
    import reading


def folders(prefix: str, environ: Mapping[str, str] | None = None) -> list[str]:
    """The caches that may have given their files to a prefix, each once."""
    env = os.environ if environ is None else environ
    home = os.path.expanduser("~")
    found = [part for part in env.get("CONDA_PKGS_DIRS", "").replace(",", os.pathsep).split(os.pathsep) if part]
    roots = []
    if os.path.basename(os.path.dirname(prefix)) == "envs":
        roots.append(os.path.dirname(os.path.dirname(prefix)))
    roots.append(prefix)
    if env.get("CONDA_EXE"):
        roots.append(os.path.dirname(os.path.dirname(env["CONDA_EXE"])))
    roots += [env[name] for name in ("CONDA_ROOT", "MAMBA_ROOT_PREFIX") if env.get(name)]
    found += [os.path.join(root, "pkgs") for root in roots]
    found += [
        os.path.join(home, ".conda", "pkgs"),
        os.path.join(home, "micromamba", "pkgs"),
        os.path.join(home, ".mamba", "pkgs"),
    ]
    found += [env[name] for name in ("RATTLER_CACHE_DIR", "PIXI_CACHE_DIR") if env.get(name)]
    found += [os.path.join(base, "rattler", "cache") for base in _caches(env, home)]
    found += [os.path.join(folder, "pkgs") for folder in list(found) if os.path.basename(folder) != "pkgs"]
    return [f for f in dict.fromkeys(map(os.path.abspath, found)) if os.path.isdir(f)]


def _caches(env: Mapping[str, str], home: str) -> Iterator[str]:
    """The folders in which programs of this system keep what they can fetch again."""
    yield env.get("XDG_CACHE_HOME") or os.path.join(home, ".cache")
    if sys.platform == "darwin":
        yield os.path.join(home, "Library", "Caches")
    if env.get("LOCALAPPDATA"):
        yield env["LOCALAPPDATA"]


def find(
    prefix: str, wanted: Mapping[str, Mapping[str, str]], problems: reading.Problems
) -> Iterator[tuple[str, str, list[str]]]:
    """For each cache that holds some of these files by the same inode: the package, its folder there, and their keys.

    `wanted` tells of each package, named name-version-build, where its files lie on disk, by key. Nothing in a cache is
    opened; one that cannot be looked into is a problem.
    """
    linked = {stem: inodes for stem, paths in wanted.items() if (inodes := _linked(paths))}
    for cache in folders(prefix) if linked else ():
        try:
            names = sorted(os.listdir(cache))
        except OSError as error:
            problems.add(cache, "could not be listed: {error}", error=reading.why(error))
            continue
        for stem, inodes in linked.items():
            for name in named(names, stem):
                package = os.path.join(cache, name)
                same = [
                    key for key, inode in inodes.items() if any(_inode(path) == inode for path in within(package, key))
                ]
                if same:
                    yield stem, package, same


def _linked(paths: Mapping[str, str]) -> dict[str, tuple[int, int]]:
    """The inodes of those files that have another link."""
    found = {}
    for key, path in paths.items():
        try:
            status = os.lstat(path)
        except OSError:
            continue
        if status.st_nlink > 1:
            found[key] = (status.st_dev, status.st_ino)
    return found


def named(names: list[str], stem: str) -> Iterator[str]:
    """A package's folders among sorted names; rattler adds a hash to the name where two channels have one build."""
    for number in range(bisect.bisect_left(names, stem), len(names)):
        name = names[number]
        if not name.startswith(stem):
            return
        if name == stem or name.startswith(stem + "-"):
            yield name


def within(package: str, key: str) -> Iterator[str]:
    """Where a file of a prefix may lie in its package, which for `noarch: python` has no folder of a Python's version."""
    yield os.path.join(package, *key.split("/"))
    _, found, rest = key.partition("/site-packages/")
    if found:
        yield os.path.join(package, "site-packages", *rest.split("/"))
    elif key.startswith(("bin/", "Scripts/", "scripts/")):
        yield os.path.join(package, "python-scripts", *key.split("/")[1:])


def _inode(path: str) -> tuple[int, int] | None:
    try:
        status = os.lstat(path)
    except OSError:
        return None
    return status.st_dev, status.st_ino
