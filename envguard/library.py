"""The typed, frozen view of one ELF file: what it calls itself, what it asks the loader for, and which versions.

Parts of `envguard.facts.Environment`, and kept to the same rules; `elf.py` reads them.
"""

from __future__ import annotations

from envguard.value import value


@value
class Compiled:
    """An extension module of the prefix, and the conda record or dist-info that lists it."""

    path: str
    owner: str


@value
class VersionNeed:
    """The symbol versions that a file needs of one library: `libstdc++.so.6` and `GLIBCXX_3.4.29`."""

    library: str
    versions: tuple[str, ...]


@value
class Found:
    """Where the loader finds one library that a file needs, in a process that has just been started."""

    name: str
    path: str | None
    """Absolute, as the loader spells it; None if it is nowhere."""
    way: str
    """loaded, rpath, library-path (LD_LIBRARY_PATH), runpath, cache, default, path (the name is one), or nowhere."""
    folder: str | None = None
    """The entry of the search path that led there."""
    lacks: tuple[str, ...] = ()
    """The symbol versions that the file needs of it and that it does not offer."""
    inside: bool = False
    """Whether it lies in the prefix."""


@value
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
    inside: bool = False
    """Whether it lies in the prefix, under whichever name that is reached."""
    found: tuple[Found, ...] | None = None
    """What each needed library resolves to, in their order; None where nobody asked."""
    undefined: tuple[str, ...] = ()
    """Symbols that neither the libraries found nor Python offer; asked only where no versions would tell."""
