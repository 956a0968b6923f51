"""What a cause is confirmed with: the error, the facts and the report; and how it is told."""

from __future__ import annotations

import re
from functools import cached_property
from types import MappingProxyType
from typing import TYPE_CHECKING

from envguard.model import Cause, Certainty, Evidence, Text, text
from envguard.rules import RULES
from envguard.rules.names import normalise
from envguard.value import value
from envguard.why import disk
from envguard.why.symptom import base

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterator

    from envguard.facts import CondaPackage, Distribution, Environment
    from envguard.model import Finding, Fix, Report
    from envguard.why.symptom import Symptom

_CODES = {rule.id: rule.code for rule in RULES}

BREAKING = frozenset((100, 101, 102, 103, 104, 106, 120, 121, 130, 131, 132, 160, 170, 203, 204, 241))
"""Findings that can be why the code of a package does not work; those of a family of errors are asked for by it."""


@value
class Row:
    """One line of the table: errors that it can explain, and what tells whether it does."""

    name: str
    codes: tuple[int, ...]
    """The rules to which what it tells belongs."""
    fits: Callable[[Symptom], bool]
    confirm: Callable[[Case], Iterator[Cause]]


@value
class Case:
    """One error in one environment."""

    symptom: Symptom
    env: Environment
    report: Report

    @cached_property
    def tops(self) -> tuple[str, ...]:
        """The top-level modules that the error is about: by its names, its files and its traceback, the nearest first."""
        found: list[str] = []
        for path in (*self.symptom.files, *reversed(self.symptom.frames)):
            found.extend(filter(None, [top_of(path)]))
        named = [self.symptom.name, *(self.symptom.names if self.symptom.kind in _NAMING else ())]
        found.extend(name.partition(".")[0] for name in named if name)
        return tuple(dict.fromkeys(found))

    @cached_property
    def packages(self) -> frozenset[str]:
        """The names of the packages that the error is about: modules, distributions and conda packages alike."""
        return frozenset(name for top in self.tops[:6] for name in self.names_of(top))

    def names_of(self, top: str) -> frozenset[str]:
        """A top-level module, and the distributions and conda packages that bring it."""
        found = {normalise(top)}
        for each in self.env.importable or ():
            if each.name.partition(".")[0] == top:
                dist = self.env.by_path.get(each.distribution or "")
                package = self.env.by_record.get(each.record or "")
                found.update(owner.name for owner in (dist, package) if owner is not None)
        for package in self.env.conda_packages or ():
            if any(name in found for name in package.provides):
                found.add(package.name)
        return frozenset(found | {alias for name in tuple(found) for alias in _ALIASES.get(name, ())})

    def version(self, name: str) -> str | None:
        """The version of a distribution, or else of a conda package, that an import of its code would meet."""
        package = self.env.by_name.get(name)
        if name in self.env.replaced:
            return self.env.replaced[name].version
        dists = [dist for dist in self.env.dists_named.get(name, ()) if dist.kind != "leftover" and dist.has_metadata]
        if dists:
            return next((dist.version for dist in dists if dist.owner is None), dists[0].version)
        return package.version if package else None

    def findings(self, codes: Collection[int], names: Collection[str] | None = None) -> Iterator[Finding]:
        """The findings of some rules, if names are given only those about them, the gravest first."""
        for finding in self.report.findings:
            if finding.code in codes and (names is None or _concerns(finding, names)):
                yield finding

    def variable(self, name: str) -> str | None:
        """A variable of the process."""
        return self.env.process.environ.get(name) if self.env.process is not None else None

    @property
    def live(self) -> bool:
        """Whether the process is the notebook's own, so that what is loaded in it means something."""
        return self.env.process is not None and self.env.process.kind == "kernel"

    def mapped(self, *stems: str) -> tuple[str, ...]:
        """The libraries in the process's memory whose names begin so."""
        mapped = self.env.process.mapped if self.env.process is not None and self.live else None
        return tuple(dict.fromkeys(each.path for each in mapped or () if base(each.path).startswith(stems)))


def told(
    rule: str,
    subject: str,
    message: Text,
    *evidence: Evidence,
    fixes: tuple[Fix, ...] = (),
    certain: bool = True,
) -> Cause:
    """A cause that belongs to a rule."""
    return Cause(
        rule=rule,
        code=_CODES[rule],
        certainty=Certainty.CERTAIN if certain else Certainty.LIKELY,
        subject=subject,
        message=message,
        evidence=evidence,
        fixes=fixes,
    )


def by_finding(finding: Finding, *, certain: bool, first: Evidence | None = None) -> Cause:
    """A cause that the check has found already."""
    decided = certain and finding.certainty is Certainty.CERTAIN
    return Cause(
        rule=finding.rule,
        code=finding.code,
        certainty=Certainty.CERTAIN if decided else Certainty.LIKELY,
        subject=finding.subject,
        message=finding.message,
        evidence=(*([first] if first else []), *finding.evidence),
        fixes=finding.fixes,
    )


def error_says(symptom: Symptom) -> str:
    """The source of what the error itself tells."""
    return symptom.kind or "error"


def in_error(symptom: Symptom, says: Text) -> Evidence:
    """What the error itself proves."""
    return Evidence(says, error_says(symptom))


def missing_from(symptom: Symptom, name: str) -> Evidence:
    """The loader looked for a library in vain."""
    return in_error(symptom, text("the loader found no {name}", name=name))


def top_of(path: str) -> str | None:
    """The top-level module of a file in site-packages; None for another file."""
    match = _IN_SITE.search(path.replace("\\", "/"))
    if match is None:
        return None
    name = match[1].partition(".")[0].partition("-")[0]
    return name or None


def release(version: str | None) -> tuple[int, ...]:
    """The numbers of a version; empty if there are none."""
    match = re.match(r"\d+(?:\.\d+)*", version or "")
    return tuple(int(part) for part in match[0].split(".")) if match else ()


def owner_of(case: Case, path: str) -> CondaPackage | Distribution | None:
    """The package whose file this is."""
    found = disk.owner(case.env, path)
    if found is not None:
        return found.package or found.dist
    top = top_of(path)
    if top is None:
        return None
    names = case.names_of(top)
    package = next((each for each in case.env.conda_packages or () if each.name in names), None)
    dist = next((each for each in case.env.pip_owned if each.name in names), None)
    return dist or package


def owner_of_frame(env: Environment, path: str) -> str | None:
    """The package whose file this is, as people name it; None where no book lists it."""
    found = disk.owner(env, path)
    return found.owner if found is not None else None


_IN_SITE = re.compile(r"(?:site|dist)-packages/([^/]{1,200})")
_NAMING = ("ImportError", "ModuleNotFoundError", "AttributeError")
_ALIASES = MappingProxyType(
    {
        "torch": ("pytorch", "libtorch", "pytorch-cpu", "pytorch-gpu"),
        "cv2": ("opencv-python", "opencv-python-headless", "opencv", "py-opencv", "libopencv"),
        "numpy": ("numpy-base",),
        "sklearn": ("scikit-learn",),
        "skimage": ("scikit-image",),
        "pil": ("pillow",),
        "yaml": ("pyyaml", "ruamel-yaml"),
        "osgeo": ("gdal", "libgdal", "libgdal-core"),
        "gdal": ("libgdal", "libgdal-core"),
        "tables": ("pytables",),
        "google": ("protobuf",),
        "pyarrow": ("pyarrow-core", "libarrow", "arrow-cpp"),
        "h5py": ("hdf5",),
        "netcdf4": ("libnetcdf", "hdf5"),
        "bs4": ("beautifulsoup4",),
        "dateutil": ("python-dateutil",),
        "pyqt5": ("pyqt", "qt"),
        "pyproj": ("proj",),
        "ssl": ("openssl", "python"),
        "opencv": ("libopencv", "py-opencv"),
    }
)
"""Packages that bring a module without being called like it, for where no book was asked which do."""


def _concerns(finding: Finding, names: Collection[str]) -> bool:
    wanted = {normalise(name) for name in names}
    if normalise(finding.subject) in wanted:
        return True
    told = [finding.message, *(each.says for each in finding.evidence[:12])]
    words = (value for said in told for value in said.args.values() if not isinstance(value, (int, Text)))
    flat = (each for value in words for each in (value if isinstance(value, tuple) else (value,)))
    return any(normalise(each.partition(" ")[0]) in wanted for each in flat)
