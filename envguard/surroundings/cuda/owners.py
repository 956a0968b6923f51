"""Which book lists a library of CUDA: conda's record or a distribution's RECORD; only the few that may are read."""

from __future__ import annotations

import csv
import os
from typing import TYPE_CHECKING, NamedTuple

from envguard.cuda import CudaFile
from envguard.probe import reading
from envguard.surroundings.cuda.present import is_library
from envguard.tables import cuda as tables

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from envguard.facts import CondaPackage, Distribution
    from envguard.surroundings.cuda.look import Look

_BOOK = 4 << 20
"""Bytes of one book; that of cuDNN has 20 kB, that of an old cudatoolkit 40 kB."""
_BOOKS = 120


class Owner(NamedTuple):
    """Who lists a file."""

    book: str
    """The conda record or the dist-info."""
    origin: str
    version: str | None
    """That of the package, if it holds nothing but a part of CUDA."""


class Owners:
    """The owners of the libraries of CUDA in one prefix, by path."""

    def __init__(self, look: Look) -> None:
        self._look = look
        self._known: dict[str, Owner] = {}
        self._folders: list[tuple[str, Owner]] = []
        packages = [package for package in look.env.conda_packages or () if is_library(package.name)]
        for package in packages[:_BOOKS]:
            self._add_all(_listed_by_conda(package, look), Owner(package.record, "conda", package.version))
        dists = [each for each in look.env.distributions or () if is_library(each.name) and each.owner is None]
        self._of_pip(sorted(dists, key=lambda each: each.installed or 0.0)[:_BOOKS])

    def _of_pip(self, dists: Iterable[Distribution]) -> None:
        """What pip's distributions list: of several that list a file, the one whose size it has, else the last."""
        sized: dict[str, tuple[Owner, bool]] = {}
        for dist in dists:
            owner = Owner(dist.path, "pip", dist.version)
            for path, size in _listed_by_pip(dist, self._look):
                fits = size is not None and size == _size(path)
                if fits or path not in sized or not sized[path][1]:
                    sized[path] = (owner, fits)
        for path, (owner, _) in sized.items():
            self._add(path, owner)

    def _add_all(self, paths: Iterable[str], owner: Owner) -> None:
        for path in paths:
            self._add(path, owner)

    def _add(self, path: str, owner: Owner) -> None:
        self._known[path] = owner
        # a folder of the way may be a link, as targets/…/lib
        self._known.setdefault(os.path.join(os.path.realpath(os.path.dirname(path)), os.path.basename(path)), owner)

    def add_folder(self, folder: str, owner: Owner) -> None:
        """What else lies in a folder is that owner's."""
        self._folders.append((os.path.realpath(folder) + os.sep, owner))

    def file(self, path: str, *, name: str, way: str | None = None, needed_by: str | None = None) -> CudaFile:
        """A library of CUDA at a path, with its owner."""
        folder, real = os.path.realpath(os.path.dirname(path)), os.path.realpath(path)
        placed = os.path.join(folder, os.path.basename(path))
        owner = self._of(placed, real)
        told = owner.version if owner is not None else None
        numbers = tables.numbers(os.path.basename(real)) or tables.numbers(name)
        inside = reading.below(real, self._look.root) or reading.below(folder, self._look.root)
        return CudaFile(
            family=tables.family(name) or "",
            name=name,
            path=real,
            version=told or numbers,
            owner=owner.book if owner is not None else None,
            origin=owner.origin if owner is not None else "nobody" if inside else "system",
            way=way,
            needed_by=needed_by,
        )

    def _of(self, placed: str, real: str) -> Owner | None:
        """Who lists a file, under its real name or under its own in a real folder: it may be a link to conda's cache."""
        known = self._known.get(real) or self._known.get(placed)
        return known or next((owner for folder, owner in self._folders if real.startswith(folder)), None)


def _listed_by_conda(package: CondaPackage, look: Look) -> Iterator[str]:
    told = look.json(package.record, _BOOK)
    files = told.get("files") if isinstance(told, dict) else None
    for path in files if isinstance(files, list) else ():
        if isinstance(path, str) and "\0" not in path and tables.family(path.rpartition("/")[2]) is not None:
            yield os.path.join(look.root, *path.split("/"))


def _listed_by_pip(dist: Distribution, look: Look) -> Iterator[tuple[str, int | None]]:
    text = look.text(f"{dist.path}/RECORD", _BOOK)
    try:
        rows = [row for row in csv.reader((text or "").splitlines()) if row]
    except csv.Error:
        return
    for row in rows:
        if "\0" not in row[0] and tables.family(row[0].rpartition("/")[2]) is not None:
            size = int(row[2]) if len(row) == 3 and row[2].isdigit() and len(row[2]) < 16 else None
            yield os.path.normpath(os.path.join(look.root, *dist.site.split("/"), *row[0].split("/"))), size


def _size(path: str) -> int | None:
    try:
        return os.stat(path).st_size
    except (OSError, ValueError):
        return None
