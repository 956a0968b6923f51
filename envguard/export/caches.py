"""How much the package managers keep that they could fetch again, and what clears it. Nothing is deleted.

A file that an environment shares with the cache by a hard link takes no room of the cache's own: clearing it frees nothing
until the last of them is gone. So both numbers are told.
"""

from __future__ import annotations

import os
import sys
from pathlib import Path
from typing import TYPE_CHECKING

from envguard._version import __version__
from envguard.analyse import now
from envguard.export_report import Cache, Caches
from envguard.forecast.conda_solver import config_of
from envguard.model import Step, text
from envguard.packages.repodata import caches as conda_caches
from envguard.rules import steps
from envguard.value import value

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from envguard.facts import Environment
    from envguard.model import Text

_PACKED = (".conda", ".tar.bz2")


@value
class Weight:
    """What a folder takes."""

    size: int
    free: int
    archives: int
    unread: int
    """Folders and files that could not be looked at."""


def caches(env: Environment, environ: Mapping[str, str] | None = None) -> Caches:
    """The caches that an environment may have got its files from, and the user's own."""
    given = os.environ if environ is None else environ
    found = [*_conda(env), *_others(env, given)]
    notes = (
        text("envguard deletes nothing; these commands do"),
        text("`envguard repair` takes conda's packages from the cache, without a network, as long as they are there"),
    )
    return Caches(env.prefix, tuple(found), notes, __version__, now())


def _conda(env: Environment) -> Iterator[Cache]:
    real: set[str] = set()
    for folder in conda_caches(env.prefix, config_of(env)):
        place = os.path.realpath(folder)
        # of rattler's cache `pkgs` is a part
        if place in real or any(place.startswith(known + os.sep) for known in real):
            continue
        real.add(place)
        weight = weigh(folder)
        yield _cache("conda", folder, weight, _clear_conda(env, folder))


def _clear_conda(env: Environment, folder: str) -> tuple[Step, ...]:
    tools = {tool.name: tool.path for tool in env.tools}
    if "rattler" in Path(folder).parts or (env.manager == "pixi" and "pixi" in tools):
        return (Step((tools.get("pixi", "pixi"), "clean", "cache")),)
    if "conda" not in tools and (chosen := next((name for name in ("mamba", "micromamba") if name in tools), None)):
        return (Step((tools[chosen], "clean", "--all", "--dry-run")), Step((tools[chosen], "clean", "--all")))
    conda = tools.get("conda", "conda")
    return (
        Step((conda, "clean", "--all", "--dry-run")),
        Step((conda, "clean", "--tarballs", "--index-cache")),
        Step((conda, "clean", "--packages")),
    )


def _others(env: Environment, environ: Mapping[str, str]) -> Iterator[Cache]:
    for tool, variable, name in (("pip", "PIP_CACHE_DIR", "pip"), ("uv", "UV_CACHE_DIR", "uv")):
        folder = environ.get(variable) or str(_usual(environ, name))
        if Path(folder).is_dir():
            clear = Step((steps.python(env), "-m", "pip", "cache", "purge")) if tool == "pip" else Step(("uv", "cache", "clean"))  # fmt: skip
            yield _cache(tool, folder, weigh(folder), (clear,))


def _cache(tool: str, folder: str, weight: Weight, clear: tuple[Step, ...]) -> Cache:
    notes: tuple[Text, ...] = ()
    if weight.unread:
        notes = (text("{n} part could not be looked at", "{n} parts could not be looked at", n=weight.unread),)
    return Cache(tool, folder, weight.size, weight.free, weight.archives, clear, notes)


def _usual(environ: Mapping[str, str], name: str) -> Path:
    home = Path(os.path.expanduser("~"))  # noqa: PTH111 - Path.home() raises where there is none
    if sys.platform == "win32":
        return Path(environ.get("LOCALAPPDATA") or home, name, "Cache" if name == "pip" else "cache")
    if sys.platform == "darwin" and name == "pip":
        return home / "Library" / "Caches" / name
    return Path(environ.get("XDG_CACHE_HOME") or home / ".cache", name)


def weigh(folder: str) -> Weight:
    """The bytes below a folder, links not followed, each file once however many names it has."""
    sizes: dict[tuple[int, int], tuple[int, int]] = {}
    seen: dict[tuple[int, int], int] = {}
    archives = unread = 0
    queue = [folder]
    while queue:
        try:
            entries = list(os.scandir(queue.pop()))
        except OSError:
            unread += 1
            continue
        for entry in entries:
            try:
                if entry.is_dir(follow_symlinks=False):
                    queue.append(entry.path)
                    continue
                status = entry.stat(follow_symlinks=False)
                if os.name == "nt":
                    status = os.stat(entry.path, follow_symlinks=False)  # noqa: PTH116 - scandir knows no inode there
            except OSError:
                unread += 1
                continue
            inode = (status.st_dev, status.st_ino)
            if inode not in sizes and entry.name.endswith(_PACKED):
                archives += status.st_size
            sizes[inode] = (status.st_size, status.st_nlink)
            seen[inode] = seen.get(inode, 0) + 1
    size = sum(each for each, _ in sizes.values())
    free = sum(each for inode, (each, links) in sizes.items() if seen[inode] >= links)
    return Weight(size, free, archives, unread)
