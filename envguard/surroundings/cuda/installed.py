"""The libraries of CUDA in a prefix, in the folders of LD_LIBRARY_PATH, and in the memory of a kernel."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

from envguard import elf
from envguard.tables import cuda as tables

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from envguard.cuda import CudaFile
    from envguard.process import Process
    from envguard.surroundings.cuda.look import Look
    from envguard.surroundings.cuda.owners import Owners

_FILES = 400
"""Libraries told of; a whole toolkit has 60."""
_FOLDERS = 40
_BEGINNINGS = ("libcu", "libn", "cu", "nv", "npp")


def installed(look: Look, owners: Owners) -> tuple[CudaFile, ...]:
    """Those in the prefix, each real file once."""
    return _each_once(_places(look), look, owners)


def searched(library_path: Iterable[str], cwd: str, look: Look, owners: Owners) -> tuple[CudaFile, ...]:
    """Those in the folders of LD_LIBRARY_PATH."""
    folders = dict.fromkeys(os.path.join(cwd, each) for each in library_path if "$" not in each)
    return _each_once(list(folders)[:_FOLDERS], look, owners)


def mapped(process: Process | None, owners: Owners) -> tuple[CudaFile, ...] | None:
    """Those that the kernel has in memory; None if no kernel was asked, or it does not tell."""
    if process is None or process.kind != "kernel" or process.mapped is None:
        return None
    found = [each.path for each in process.mapped if tables.family(_name(each.path)) is not None]
    return tuple(owners.file(path, name=_name(path)) for path in dict.fromkeys(found[:_FILES]))


def _name(path: str) -> str:
    return path.replace("\\", "/").rpartition("/")[2]


def _each_once(folders: Iterable[str], look: Look, owners: Owners) -> tuple[CudaFile, ...]:
    found: dict[str, CudaFile] = {}
    for folder in folders:
        for name in look.names(folder):
            if not name.lower().startswith(_BEGINNINGS) or tables.family(name) is None or len(found) >= _FILES:
                continue
            path = os.path.join(look.absolute(folder), name)
            real = os.path.realpath(path)
            if real not in found and os.path.isfile(real):
                found[real] = owners.file(path, name=_soname(real, name))
    return tuple(found.values())


def _soname(path: str, name: str) -> str:
    """By which name a library is asked for; that of the file if it tells none of CUDA's."""
    library = elf.read(path)
    soname = library.soname if library is not None else None
    return soname if soname and tables.family(soname) is not None else name


def _places(look: Look) -> Iterator[str]:
    """The folders where packages put them."""
    if look.env.layout == "windows":
        yield from ("Library/bin", "bin")
    else:
        yield from ("lib", *(f"targets/{name}/lib" for name in look.names("targets")))
    inner = "bin" if look.env.layout == "windows" else "lib"
    for site in look.env.site_packages:
        for name in look.names(f"{site}/nvidia"):
            yield f"{site}/nvidia/{name}/{inner}"
            if inner == "bin":
                yield f"{site}/nvidia/{name}/bin/x86_64"
        names = look.names(site)
        yield from (f"{site}/{name}" for name in names if name.endswith(".libs"))
        if "torch" in names:
            yield f"{site}/torch/lib"  # builds that bring their own
