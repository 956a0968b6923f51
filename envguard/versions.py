"""Versions and specs: PEP 440 through packaging, conda's through py-rattler.

* Both libraries are imported when first asked, since they may be what is broken: then CannotTell is raised, and the
  rules that asked are skipped with the reason.
* What is plain is decided without them (`conda_order`, `ranges`), as it nearly always is.
* What cannot be parsed is UNKNOWN, neither YES nor NO and no exception: conda ships odd specs and odd versions itself.
* A version that pip owns has no build: only its public part is compared (`2.3.5+cu121` is 2.3.5), and the spec's build
  string is not asked.
* Markers are evaluated for the environment in question, never for the Python that runs envguard.
"""

from __future__ import annotations

import enum
import re
from functools import lru_cache
from typing import TYPE_CHECKING, Any

from envguard import conda_order, ranges
from envguard.errors import CannotTell
from envguard.facts import spec_name as spec_name  # for rules, which ask all about specs here
from envguard.model import text

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from packaging.markers import Marker
    from packaging.requirements import Requirement as Requirement  # for rules, which may not know the library

    from envguard.facts import CondaPackage, Environment


class Answer(enum.Enum):
    """Whether a version is allowed, and that nobody can tell."""

    YES = "yes"
    NO = "no"
    UNKNOWN = "unknown"


_BARE_NAME = re.compile(r"[A-Za-z0-9_][A-Za-z0-9_.-]*")
_LONGEST = 2000
"""Characters of a requirement: those of the wild stay below 400, and a number may have 4,300 digits at most."""
_OPENSSL = re.compile(r"(\d+\.\d+\.\d+)[a-z]{1,2}")
_MARKER_NAMES = (
    "implementation_name",
    "implementation_version",
    "os_name",
    "platform_machine",
    "platform_python_implementation",
    "platform_release",
    "platform_system",
    "platform_version",
    "python_full_version",
    "python_version",
    "sys_platform",
)
_SYSTEMS = {
    "linux": ("posix", "linux", "Linux"),
    "osx": ("posix", "darwin", "Darwin"),
    "win": ("nt", "win32", "Windows"),
}
_MACHINES = {"64": "x86_64", "32": "i686", "aarch64": "aarch64", "arm64": "arm64"}
_WINDOWS_MACHINES = {"64": "AMD64", "32": "x86", "arm64": "ARM64"}


def require_conda() -> None:
    """Raises CannotTell if conda's versions cannot be compared here."""
    _rattler()


def require_packaging() -> None:
    """Raises CannotTell if PEP 440 versions cannot be compared here."""
    _packaging()


def is_virtual(name: str) -> bool:
    """Whether a name stands for the machine and not for a package (`__glibc`, `__cuda`)."""
    return name.startswith("__")


def public(version: str) -> str:
    """A version without PEP 440's local part, which conda does not know."""
    return version.partition("+")[0].strip()


def same(first: str | None, second: str | None) -> Answer:
    """Whether two versions are one, PEP 440's local part aside."""
    if first is None or second is None:
        return Answer.UNKNOWN
    version = _packaging().version
    try:
        return _yes_or_no(version.Version(public(first)) == version.Version(public(second)))
    except ValueError:
        return Answer.UNKNOWN


def conda_allows(spec: str, package: CondaPackage) -> Answer:
    """Whether a spec of a conda record is met by another record, build string included."""
    if _BARE_NAME.fullmatch(spec.strip()):
        return _yes_or_no(spec.strip().lower() == package.name.lower())
    if not package.build:
        return conda_allows_version(spec, package.name, package.version)
    if spec_name(spec) == package.name.lower():
        plain = conda_order.allows(spec, package.version, package.build)
        if plain is not None and (plain or package.name != "openssl"):
            return _yes_or_no(plain)
    parsed = _match_spec(spec)
    record = _record(package.name, package.version, package.build, package.build_number)
    if parsed is None or record is None:
        return Answer.UNKNOWN
    if parsed.matches(record):
        return Answer.YES
    # OpenSSL's 1.1.1a came after 1.1.1; conda sorts it before, and shipped both kinds of spec all the same.
    letter = _OPENSSL.fullmatch(package.version) if package.name == "openssl" else None
    before = _record(package.name, letter[1], package.build, package.build_number) if letter else None
    return _yes_or_no(before is not None and bool(parsed.matches(before)))


def conda_allows_version(spec: str, name: str, version: str | None) -> Answer:
    """Whether a spec of a conda record is met by a version without a build, such as pip's."""
    if spec_name(spec) != name.lower():
        return Answer.NO if spec_name(spec) else Answer.UNKNOWN
    if _BARE_NAME.fullmatch(spec.strip()):
        return Answer.YES
    plain = conda_order.allows(spec, public(version)) if version is not None else None
    if plain is not None:
        return _yes_or_no(plain)
    parsed = _match_spec(spec)
    if parsed is None or version is None:
        return Answer.UNKNOWN
    return Answer.YES if parsed.version is None else _in_range(str(parsed.version), public(version))


def pip_specifier(spec: str) -> str | None:
    """The version part of a conda spec as pip takes it (`>=2.0.0`); None if pip has no such form."""
    parsed = _match_spec(spec)
    if parsed is None or parsed.version is None:
        return None
    # conda's `1.26.*` carries no operator
    wanted = ",".join(f"=={part}" if part[:1].isdigit() else part for part in str(parsed.version).split(","))
    specifiers = _packaging().specifiers
    try:
        specifiers.SpecifierSet(wanted)
    except ValueError:
        return None
    return wanted


@lru_cache(maxsize=8192)
def requirement(line: str) -> Requirement | None:
    """A Requires-Dist line; None if it is not valid."""
    requirements = _packaging().requirements
    try:
        return requirements.Requirement(line) if len(line) <= _LONGEST else None
    except (ValueError, RecursionError):  # InvalidRequirement is a ValueError
        return None


def pins(wanted: Requirement) -> bool:
    """Whether only one version meets a requirement: `==1.2` does, `==1.2.*` and `~=1.2` do not."""
    only = [each for each in wanted.specifier if each.operator in ("==", "===")]
    return any(not each.version.endswith(".*") for each in only)


def of_archive(file: str) -> tuple[str, str] | None:
    """Name and version of a wheel or a source archive, from its file's name; None if that does not tell."""
    utils = _packaging().utils
    try:
        parsed = utils.parse_wheel_filename(file) if file.endswith(".whl") else utils.parse_sdist_filename(file)
    except ValueError:  # InvalidWheelFilename, InvalidSdistFilename and InvalidVersion are ValueErrors
        return None
    return str(parsed[0]), str(parsed[1])


def pep440(version: str) -> str | None:
    """A version as PEP 440 spells it; None if it is none."""
    try:
        return str(_packaging().version.Version(version)) if len(version) <= _LONGEST else None
    except ValueError:  # as InvalidVersion is, and what Python says of a number with 5,000 digits
        return None


def pip_allows(wanted: Requirement, version: str | None) -> Answer:
    """Whether a requirement is met by a version; a pre-release counts, as for `pip check`."""
    if not wanted.specifier:
        return Answer.YES
    version_module = _packaging().version
    try:
        return _yes_or_no(wanted.specifier.contains(version_module.Version(version or ""), prereleases=True))
    except ValueError:  # as InvalidVersion is, and what Python says of a number with 5,000 digits
        return Answer.UNKNOWN


def marker_environment(env: Environment) -> Mapping[str, str]:
    """What markers may ask of an environment, as far as its files tell; the rest is absent."""
    known = {"implementation_name": "cpython", "platform_python_implementation": "CPython"}
    if env.python_version and re.match(r"\d+\.\d+", env.python_version):
        known["python_version"] = ".".join(env.python_version.split(".")[:2])
        if env.python_version.count(".") > 1:
            known["python_full_version"] = known["implementation_version"] = env.python_version
    system, _, machine = (env.platform or "").partition("-")
    if env.platform is None and env.layout == "windows":
        system = "win"
    if system in _SYSTEMS:
        known["os_name"], known["sys_platform"], known["platform_system"] = _SYSTEMS[system]
        name = (_WINDOWS_MACHINES if system == "win" else _MACHINES).get(machine, machine)
        if name:
            known["platform_machine"] = name
    return known


def plainly_met(wanted: ranges.Wanted, versions: Iterable[str | None], known: Mapping[str, str]) -> bool:
    """Whether it is certain, and seen without a library, that a requirement does not count here, or is met by one of these."""
    counts = ranges.marker(wanted.marker, known)
    if counts is None:
        return False
    return not counts or any(
        not wanted.terms or ((release := ranges.release(version)) and ranges.holds(wanted.terms, release))
        for version in versions
    )


def applies(marker: Marker | None, known: Mapping[str, str]) -> Answer:
    """Whether a marker is true in an environment, no extra being asked for; UNKNOWN if it asks what is not known."""
    if marker is None:
        return Answer.YES
    asked = str(marker)
    if any(name not in known and re.search(rf"\b{name}\b", asked) for name in _MARKER_NAMES):
        return Answer.UNKNOWN
    try:
        return _yes_or_no(marker.evaluate({name: known.get(name, "") for name in _MARKER_NAMES} | {"extra": ""}))
    except Exception:  # noqa: BLE001 - packaging has several errors here, which differ between its versions
        return Answer.UNKNOWN


def reconcilable(wanted: Requirement, specs: tuple[str, ...]) -> bool:
    """Whether some version may satisfy a requirement and conda's specs of the same package together.

    Tried on the versions that they name and on their neighbours, between which a range cannot begin or end.
    """
    name = wanted.name.lower()
    named = {match for text in (str(wanted.specifier), *specs) for match in re.findall(r"\d+(?:\.\d+)*", text)}
    tried = {"0", *named, *(f"{version}.1" for version in named), *map(_just_below, named)}
    return any(
        pip_allows(wanted, version) is Answer.YES
        and all(conda_allows_version(spec, name, version) is not Answer.NO for spec in specs)
        for version in tried
    )


def _just_below(version: str) -> str:
    """A version that comes before another and after everything earlier: 2.31.9999 for 2.32, 1.9999 for 2.0."""
    parts = [int(part) for part in version.split(".")]
    while len(parts) > 1 and not parts[-1]:
        parts.pop()
    return ".".join(map(str, (*parts[:-1], max(parts[-1] - 1, 0), 9999)))


def _yes_or_no(value: bool) -> Answer:
    return Answer.YES if value else Answer.NO


@lru_cache(maxsize=1)
def _rattler() -> Any:
    try:
        import rattler
    except Exception as error:  # a damaged library may raise anything
        raise CannotTell(
            text("{library} cannot be imported: {error}", library="py-rattler", error=str(error))
        ) from error
    return rattler


@lru_cache(maxsize=1)
def _packaging() -> Any:
    try:
        import packaging.requirements
        import packaging.specifiers
        import packaging.utils
        import packaging.version
    except Exception as error:
        raise CannotTell(
            text("{library} cannot be imported: {error}", library="packaging", error=str(error))
        ) from error
    return packaging


@lru_cache(maxsize=8192)
def _match_spec(spec: str) -> Any:
    rattler = _rattler()
    try:
        return rattler.MatchSpec(spec)
    except Exception:  # noqa: BLE001 - rattler's errors share no base class
        return None


@lru_cache(maxsize=8192)
def _record(name: str, version: str, build: str, number: int) -> Any:
    rattler = _rattler()
    try:
        # py-rattler 0.28 wants its own type for the build, 0.26 wants a string
        kind = getattr(rattler, "BuildString", str)
        return rattler.PackageRecord(name, version, kind(build), number, "noarch")
    except Exception:  # noqa: BLE001 - as above
        return None


@lru_cache(maxsize=8192)
def _in_range(wanted: str, version: str) -> Answer:
    rattler = _rattler()
    try:
        return _yes_or_no(rattler.VersionSpec(wanted).matches(rattler.Version(version)))
    except Exception:  # noqa: BLE001 - as above
        return Answer.UNKNOWN
