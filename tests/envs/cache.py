"""The folder where everything expensive is kept between test sessions, by the content of what it was made from."""

from __future__ import annotations

import fcntl
import hashlib
import os
import shutil
import sys
import tempfile
import time
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

HERE = Path(__file__).parent
KEPT = 3 * 24 * 3600.0
"""Seconds after which what another version of these modules made, and nobody used since, is thrown away."""


def root() -> Path:
    """The cache folder, which exists: ENVGUARD_TEST_CACHE, or the platform's place for caches."""
    chosen = os.environ.get("ENVGUARD_TEST_CACHE")
    mac = Path.home() / "Library" / "Caches"
    usual = mac if sys.platform == "darwin" else Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache")
    folder = Path(chosen) if chosen else usual / "envguard-tests"
    folder.mkdir(parents=True, exist_ok=True)
    return folder.resolve()


def digest(*parts: object) -> str:
    """A short name for values that decide what is built."""
    return hashlib.sha256(repr(parts).encode()).hexdigest()[:16]


def sources(*modules: str) -> tuple[str, ...]:
    """The text of modules of this package: when they change, what they built is stale."""
    return tuple((HERE / f"{module}.py").read_text(encoding="utf-8") for module in modules)


@contextmanager
def lock(name: str) -> Iterator[None]:
    """Holds a name against other test processes, such as the workers of one run."""
    folder = root() / "locks"
    folder.mkdir(exist_ok=True)
    with (folder / name).open("w") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        yield


def once(kind: str, key: str, build: Callable[[Path], None]) -> Path:
    """The folder `kind/key`, built beside its place and renamed, so that an interrupted build leaves nothing."""
    place = root() / kind / key
    with lock(f"{kind}-{key}"):
        if not place.is_dir():
            place.parent.mkdir(parents=True, exist_ok=True)
            prune(place.parent)
            work = Path(tempfile.mkdtemp(prefix="building-", dir=place.parent))
            try:
                build(work)
                work.chmod(0o755)
                work.rename(place)
            except BaseException:
                shutil.rmtree(work, ignore_errors=True)
                raise
    os.utime(place)
    return place


def prune(folder: Path) -> None:
    """Removes what nobody used for days."""
    for old in folder.iterdir():
        if time.time() - old.stat().st_mtime > KEPT:
            shutil.rmtree(old, ignore_errors=True)
