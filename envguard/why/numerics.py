"""numpy's binary interface: an extension made for another numpy than the one that is imported."""

from __future__ import annotations

from typing import TYPE_CHECKING

from envguard.model import Evidence, text
from envguard.rules import fixes, numpy_versions
from envguard.why.case import Row, by_finding, in_error, release, told

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from envguard.model import Cause, Fix, Text
    from envguard.why.case import Case
    from envguard.why.symptom import Symptom


def warning_form(symptom: Symptom) -> bool:
    """The form that older numpy and Cython printed of a struct that has only grown: no damage (numpy#11628)."""
    return _sizes(symptom) and (
        (symptom.kind or "").endswith("Warning") or (symptom.kind is None and "pyobject" not in symptom.words)
    )


def _sizes(symptom: Symptom) -> bool:
    named = any(word.startswith(("numpy.", "cython.")) for word in symptom.words)
    return named and len(symptom.numbers) >= 2 and not symptom.hexes and len(symptom.versions) < 2


def _changed(symptom: Symptom) -> bool:
    return _sizes(symptom) and not warning_form(symptom)


def _size_changed(case: Case) -> Iterator[Cause]:
    symptom = case.symptom
    built, running = symptom.numbers[:2]
    if "pyobject" not in symptom.words and symptom.kind == "ValueError" and running > built:
        built, running = (
            running,
            built,
        )  # the older form names the running one first; it is raised only where that is smaller
    kind = next((word for word in symptom.words if word in numpy_versions.SIZES), "")
    compiled, imported = numpy_versions.with_size(kind, built), numpy_versions.with_size(kind, running)
    installed = case.version("numpy")
    loaded = _loaded(case)
    version = loaded or installed
    if version is None:
        return
    if loaded and installed and release(loaded) != release(installed):
        yield from _restart(case, loaded, installed)
        return
    other = text(
        "{extension} was compiled for another numpy than {version}",
        extension=_extension(case) or text("an extension module"),
        version=version,
    )
    if not compiled or not imported:
        yield _mismatch(case, other, version, certain=False)
    elif _among(version, imported) and not _among(version, compiled):
        major = max(release(first)[0] for first, _ in compiled)
        if major != release(version)[0]:
            other = _other_major(case, major, version)
        yield _mismatch(case, other, version, certain=True)


def _among(version: str, ranges: Iterable[tuple[str, str | None]]) -> bool:
    """Whether a version lies in one of these ranges."""
    return any(
        release(first) <= release(version) and (end is None or release(version) < release(end)) for first, end in ranges
    )


def _other_major(case: Case, built: int, version: str) -> Text:
    return text(
        "{extension} was compiled for numpy {built}.x, and numpy {version} is imported",
        extension=_extension(case) or text("an extension module"),
        built=built,
        version=version,
    )


def _api(symptom: Symptom) -> bool:
    return len(symptom.hexes) >= 2 and (symptom.has("numpy") or symptom.mentions("api"))


def _api_too_new(case: Case) -> Iterator[Cause]:
    built, running = case.symptom.hexes[:2]
    installed, loaded = case.version("numpy"), _loaded(case)
    version = loaded or installed
    if version is None:
        return
    if loaded and installed and release(loaded) != release(installed):
        yield from _restart(case, loaded, installed)
        return
    if built >> 24:  # the ABI: 0x1000009 of numpy 1, 0x2000000 of numpy 2
        fits = release(version)[:1] == (running >> 24,)
        if not fits:
            return
        yield _mismatch(case, _other_major(case, built >> 24, version), version, certain=True)
        return
    first = numpy_versions.first_with(built)
    if first is None:
        yield _mismatch(
            case,
            text(
                "{extension} was compiled for a newer numpy than {version}",
                extension=_extension(case) or text("an extension module"),
                version=version,
            ),
            version,
            certain=False,
        )
    elif release(version) < release(first):
        yield _mismatch(
            case,
            text(
                "{extension} was compiled for numpy {first} or later, and numpy {version} is imported",
                extension=_extension(case) or text("an extension module"),
                first=first,
                version=version,
            ),
            version,
            certain=numpy_versions.api(version) == running,
        )


def _old_extension(symptom: Symptom) -> bool:
    names = {name.lower() for name in symptom.words}
    told = names & {"_array_api", "numpy.core.multiarray", "numpy._core.multiarray", "numpy.core.umath"}
    # what numpy itself prints of an old module, and torch where it found none that it can use
    return (
        bool(told)
        or {"numpy", "1.x", "2.x"} <= names
        or (symptom.kind in ("RuntimeError", None) and names == {"numpy", "is", "not", "available"})
    )


def _import_failed(case: Case) -> Iterator[Cause]:
    installed, loaded = case.version("numpy"), _loaded(case)
    version = loaded or installed
    if version is None:
        return
    if loaded and installed and release(loaded) != release(installed):
        yield from _restart(case, loaded, installed)
        return
    found = [each for each in case.findings((310, 311)) if not _names(case) or _about(case, each.subject)]
    yield from (by_finding(each, certain=True) for each in found)
    damage = [] if found else list(case.findings((100, 101, 102, 106, 130, 131), {"numpy", "numpy-base"}))
    if not found and "_array_api" in case.symptom.words and release(version) >= (2,):
        yield _mismatch(
            case,
            text(
                "{extension} was compiled for numpy 1.x, and numpy {version} is imported",
                extension=_extension(case) or text("an extension module"),
                version=version,
            ),
            version,
            certain=True,
            rule="numpy2-with-old-extension",
        )
        return
    yield from (by_finding(each, certain=False) for each in damage)


def _names(case: Case) -> frozenset[str]:
    return frozenset(name for top in case.tops if top != "numpy" for name in case.names_of(top))


def _about(case: Case, subject: str) -> bool:
    return subject in _names(case) or subject == "numpy"


def _restart(case: Case, loaded: str, installed: str) -> Iterator[Cause]:
    from envguard.why.modules import stale

    yield from stale(case, "numpy", loaded, installed)


def _loaded(case: Case) -> str | None:
    if case.env.process is None or not case.live:
        return None
    module = case.env.process.loaded.get("numpy")
    return module.version if module is not None else None


def _extension(case: Case) -> str | None:
    return next((top for top in case.tops if top not in ("numpy", "Cython")), None)


def _mismatch(case: Case, message: Text, version: str, *, certain: bool, rule: str = "numpy-abi-mismatch") -> Cause:
    dist = next((each for each in case.env.dists_named.get("numpy", ()) if each.version == version), None)
    package = case.env.by_name.get("numpy")
    book = dist.path if dist else package.record if package else "numpy"
    return told(
        rule,
        _extension(case) or "numpy",
        message,
        in_error(case.symptom, text("{said}", said=case.symptom.said[:160])),
        Evidence(text("numpy {version} is installed", version=version), book),
        fixes=_ways(case),
        certain=certain,
    )


def _ways(case: Case) -> tuple[Fix, ...]:
    """The ways of the findings about numpy; else the extension again, built for what is there."""
    for found in (*case.findings((310, 311)), *case.findings((102, 130, 132), {"numpy", "numpy-base"})):
        if found.fixes:
            return found.fixes
    names = _names(case)
    dist = next((each for each in case.env.pip_owned if each.name in names), None)
    if dist is not None and fixes.may_write(case.env):
        from envguard.rules import steps

        step = steps.pip_install(case.env, "--upgrade", dist.name)
        return (
            fixes.by_pip(case.env, text("Let pip look for a {name} that fits the numpy here", name=dist.name), (step,)),
        )
    package = next((each for each in case.env.conda_packages or () if each.name in names), None)
    return fixes.install_with_conda(case.env, (package.name, "numpy")) if package is not None else ()


ROWS = (
    Row("size of numpy's types", (300, 310), _changed, _size_changed),
    Row("numpy's API", (300, 310), _api, _api_too_new),
    Row("numpy's core", (300, 310, 311, 100, 101, 102, 106, 130, 131), _old_extension, _import_failed),
)
