"""Which installed modules a folder outside the prefix hides, by the order of the process's path."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from envguard import versions
from envguard.rules.names import normalise
from envguard.rules.overlaps import live
from envguard.value import value
from envguard.versions import Answer

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator, Mapping

    from envguard.facts import Distribution, Environment, Importable
    from envguard.process import Elsewhere, Module, Offer, Process, Stranger

_PYTHON = r"[\\/](?:python|Python)(\d)\.?(\d{1,2})(?=[\\/](?:\w+[\\/])*(?:site|dist)-packages|[\\/]?$)"
_UNIMPORTED = frozenset(
    ("test", "tests", "testing", "doc", "docs", "example", "examples", "benchmarks", "setup", "conftest", "noxfile")
)
"""Names that stand in projects' folders and that nobody imports from site-packages."""


@value
class Shadow:
    """An installed name, and what another folder offers in its stead."""

    place: Elsewhere
    offer: Offer
    hidden: Importable
    dist: Distribution | None
    """The distribution that brought what is hidden."""
    stranger: Stranger | None
    """The distribution that stands in the other folder under the same name."""
    loaded: Module | None
    """The module, where a kernel has loaded it from the other folder."""

    @property
    def path(self) -> str:
        """What is imported instead."""
        return join(self.place.path, self.offer.file)

    @property
    def same_version(self) -> bool:
        """Whether both are known to be the same version."""
        known = self.dist.version if self.dist is not None else None
        return known is not None and self.stranger is not None and self.stranger.version == known


def shadows(env: Environment, process: Process, place: Elsewhere) -> Iterator[Shadow]:
    """What a folder hides; nothing of a project that was installed from that very folder."""
    if not place.before:
        return
    strangers = {stranger.name: stranger for stranger in place.strangers}
    installed = tops(env, process)
    for offer in place.offers:
        hidden = installed.get(offer.name)
        if hidden is None or offer.name in _UNIMPORTED:
            continue
        found = absolute(hidden.path)  # an editable install's, which Python asks for after every folder of the path
        if offer.namespace and not found:
            continue
        dist = env.by_path.get(hidden.distribution or "")
        if (found and within(hidden.path, place.path, offer.file)) or (dist is not None and _made_here(dist, place)):
            continue
        loaded = process.loaded.get(offer.name) if process.kind == "kernel" else None
        if loaded is not None and not _from(loaded, place, offer):
            continue  # it was loaded from where it is installed
        stranger = strangers.get(dist.name) if dist is not None else None
        yield Shadow(place, offer, hidden, dist, stranger or strangers.get(normalise(offer.name)), loaded)


def tops(env: Environment, process: Process) -> Mapping[str, Importable]:
    """What is installed for the process's own Python, by the name that is imported; names in namespaces apart."""
    found: dict[str, Importable] = {}
    for each in env.importable or ():
        other = python_of(each.path)
        if "." not in each.name and (other is None or other == short(process.python_version)):
            found.setdefault(each.name, each)
    return found


def needed(env: Environment, names: Collection[str]) -> Mapping[str, tuple[str, ...]]:
    """Which of some distributions are required by installed ones here, extras apart, and by whom."""
    found: dict[str, list[str]] = {}
    for dist in live(env) if names else ():
        for line in dist.requires:
            match = re.match(_REQUIRED, line)
            name = normalise(match[0]) if match else ""
            if name in names and name != dist.name and _applies(env, line):
                found.setdefault(name, []).append(dist.name)
    return {name: tuple(dict.fromkeys(whose)) for name, whose in found.items()}


def _applies(env: Environment, line: str) -> bool:
    marker = line.partition(";")[2]
    if not marker:
        return True
    wanted = versions.requirement(line) if "extra" not in marker else None
    return wanted is not None and versions.applies(wanted.marker, versions.marker_environment(env)) is Answer.YES


_REQUIRED = r"[A-Za-z0-9][A-Za-z0-9._-]*"


def short(version: str) -> str:
    """3.11 of 3.11.9."""
    return ".".join(version.split(".")[:2])


def python_of(path: str) -> str | None:
    """The Python that a folder of packages is for, if its path tells."""
    matches = re.findall(_PYTHON, path)
    return f"{matches[-1][0]}.{matches[-1][1]}" if matches else None


def absolute(path: str) -> bool:
    """Whether a path is one, on whatever system it was told."""
    return path.startswith(("/", "\\\\")) or re.match(r"[A-Za-z]:[\\/]", path) is not None


def join(folder: str, name: str) -> str:
    """A name in a folder, spelled as the folder is."""
    separator = "\\" if "\\" in folder and "/" not in folder else "/"
    return folder.rstrip("/\\") + separator + name


def within(path: str, *folder: str) -> bool:
    """Whether a path is a folder or lies in it, by their names alone."""
    top = _plain("/".join(folder)).rstrip("/")
    return _plain(path) == top or _plain(path).startswith(top + "/")


def _plain(path: str) -> str:
    return path.replace("\\", "/").lower() if re.match(r"[A-Za-z]:|\\", path) else path


def _from(module: Module, place: Elsewhere, offer: Offer) -> bool:
    """Whether a loaded module is what a folder offers; a namespace has no file."""
    if module.file is None:
        return offer.namespace
    return not offer.namespace and within(module.file, place.path, offer.file)


def _made_here(dist: Distribution, place: Elsewhere) -> bool:
    """Whether a distribution was installed from a project in, or round, this folder."""
    url = dist.direct_url.url if dist.direct_url is not None else ""
    folder = re.sub(r"^file://(?:localhost)?(?:/(?=[A-Za-z]:))?", "", url).replace("%20", " ")
    return url.startswith("file:") and len(folder) > 1 and within(place.path, folder)
