"""conda's package cache: whether a damaged file of a prefix is the cache's own, which every environment shares.

conda, mamba and pixi link files into environments. A hard link is the same file: an edit in place changes it in the
cache, and in every environment that was made or will be made from there. The caches are looked for where the tools keep
them, and looked at only for files that have another link.
"""

from __future__ import annotations

import os
import sys
from typing import Iterator, Mapping


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


def find(prefix: str, stem: str, paths: Mapping[str, str]) -> Iterator[tuple[str, list[str]]]:
    """For each cache that holds some of these files by the same inode: the package's folder there, and their keys.

    `stem` is name-version-build of the package; `paths` tells where each key lies on disk.
    """
    linked = {}
    for key, path in paths.items():
        try:
            status = os.lstat(path)
        except OSError:
            continue
        if status.st_nlink > 1:
            linked[key] = [status.st_dev, status.st_ino]
    for cache in folders(prefix) if linked else ():
        for package in _packages(cache, stem):
            same = [
                key for key, inode in linked.items() if any(_inode(path) == inode for path in _within(package, key))
            ]
            if same:
                yield package, same


def _packages(cache: str, stem: str) -> Iterator[str]:
    """A package's folders in a cache; rattler adds a hash to the name where two channels have one build."""
    try:
        names = sorted(os.listdir(cache))
    except OSError:
        return
    yield from (os.path.join(cache, name) for name in names if name == stem or name.startswith(stem + "-"))


def _within(package: str, key: str) -> Iterator[str]:
    """Where a file of a prefix may lie in its package, which for `noarch: python` has no folder of a Python's version."""
    yield os.path.join(package, *key.split("/"))
    _, found, rest = key.partition("/site-packages/")
    if found:
        yield os.path.join(package, "site-packages", *rest.split("/"))
    elif key.startswith(("bin/", "Scripts/", "scripts/")):
        yield os.path.join(package, "python-scripts", *key.split("/")[1:])


def _inode(path: str) -> list[int]:
    try:
        status = os.lstat(path)
    except OSError:
        return []
    return [status.st_dev, status.st_ino]
