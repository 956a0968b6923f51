"""The typed, frozen view of one ELF file: what it calls itself, what it asks the loader for, and which versions.

Parts of `envguard.facts.Environment`, and kept to the same rules; `elf.py` reads them.
"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class VersionNeed:
    """The symbol versions that a file needs of one library: `libstdc++.so.6` and `GLIBCXX_3.4.29`."""

    library: str
    versions: tuple[str, ...]


@dataclass(frozen=True)
class Library:
    """One shared library or extension module, as its ELF headers tell."""

    path: str
    """Absolute."""
    soname: str | None
    needed: tuple[str, ...]
    rpath: tuple[str, ...]
    """DT_RPATH, `$ORIGIN` not expanded; searched before LD_LIBRARY_PATH, and not at all where there is a runpath."""
    runpath: tuple[str, ...]
    needs: tuple[VersionNeed, ...]
    defines: tuple[str, ...]
    """The symbol versions it offers."""
    machine: str
    """x86_64, aarch64, ppc64le …, in platform.machine()'s spelling."""
    owner: str | None = None
    """The conda record or the dist-info that lists it; None if that is not known."""
