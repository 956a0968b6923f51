"""Rules about conda's files: gone, altered, claimed twice, or joined by strangers."""

from __future__ import annotations

from typing import TYPE_CHECKING

from envguard.model import Evidence, Severity, text
from envguard.rules import fixes
from envguard.rules.dependants import consequence, dependants
from envguard.rules.overlaps import clashes, disposable, stand_in, uninstalled
from envguard.rules.rule import Found, Rule, rule

if TYPE_CHECKING:
    from collections.abc import Iterator

    from envguard.facts import CondaPackage, Distribution, Environment, Paths

_ONE_MAKER = (frozenset(("ucrt", "vs2015_runtime")), frozenset(("ucrt", "vc14_runtime")))
"""Pairs that share libraries by their maker's intention."""

_MANY = 12
"""More packages than these that miss files have one cause: a copy without them, or a prefix that was slimmed."""

_SHOWN = 6


@rule("conda-file-missing", code=100, severity=Severity.ERROR, needs=("conda_packages",))
def conda_file_missing(env: Environment) -> Iterator[Found]:
    """Files of a conda package are gone.

    conda's record in `conda-meta` lists every file of a package. Some of them are no longer on disk. Most often
    `pip uninstall` was used on a package that conda had installed: pip takes the files off and conda's record stays, so
    that conda still believes the package is there, and will not install it again when asked.

    Why it matters: what depends on the package fails on import, and `conda install` says that all requested packages
    are already installed. Missing compiled files are an error; missing sources or data are a warning.

    How to repair: let conda link the same build again (`conda install --force-reinstall`). If you wanted the package
    gone, and nothing depends on it, remove it with conda, too. Where more than twelve packages miss files, a copy or a
    slimmed prefix is told once for each severity.

    Not reported: byte code (`.pyc`), and files that pip replaced by a version of its own (that is EG102). Documents,
    static libraries, source maps and tests, which people delete to save space, are information only.
    """
    found = tuple(_missing(env))
    alone = [each for each, _ in found] if len(found) <= _MANY else [each for each, package in found if package is None]
    yield from alone
    if len(found) > _MANY:
        for severity in Severity:
            alike = [(each, package) for each, package in found if package and each.severity is severity]
            if len(alike) > 1:
                yield _slimmed(env, tuple(package for _, package in alike), severity)
            else:
                yield from (each for each, _ in alike)


def widespread(env: Environment) -> bool:
    """Whether so many packages miss files that no single one of them was damaged."""
    return sum(package.missing.count > 0 for package in env.conda_packages or ()) > _MANY


def _slimmed(env: Environment, packages: tuple[CondaPackage, ...], severity: Severity) -> Found:
    """One finding for all packages that miss files of one weight."""
    return Found(
        subject=env.name,
        message=text(
            "files of {n} packages of conda's are missing: {packages}",
            n=len(packages),
            packages=tuple(package.name for package in packages),
        ),
        evidence=tuple(_listed(package.missing, package) for package in packages[:_SHOWN]),
        consequence=text("so many at once were hardly uninstalled: the prefix was copied without them, or slimmed"),
        fixes=fixes.reinstall(env, *packages) if severity is not Severity.INFO else (),
        severity=severity,
    )


def _missing(env: Environment) -> Iterator[tuple[Found, CondaPackage | None]]:
    """The finding of each package, and the package where many such findings may be told as one."""
    told_by_102 = {clash.package.record for clash in clashes(env) if clash.overwrites}
    reinstalled = {clash.package.record for clash in clashes(env) if clash.overlap.shape == "same"}
    for package in env.conda_packages or ():
        missing = package.missing
        if not missing.count or package.record in told_by_102:
            continue
        if package.record in reinstalled and not (missing.compiled or missing.python):
            continue  # pip put the same code there, but of the dist-info only its own half
        if uninstalled(env, package):
            other = stand_in(env, package)
            yield _uninstalled(env, package, other), None if other else package
            continue
        severity = _weight(missing, rest=Severity.INFO if disposable(missing) else Severity.WARNING)
        found = Found(
            subject=package.name,
            message=text(
                "{n} file of conda's {package} {version} is missing",
                "{n} files of conda's {package} {version} are missing",
                n=missing.count,
                package=package.name,
                version=package.version,
            ),
            evidence=(_listed(missing, package),),
            consequence=consequence(env, package),
            fixes=fixes.reinstall(env, package),
            severity=severity,
        )
        yield found, package


def _uninstalled(env: Environment, package: CondaPackage, other: Distribution | None) -> Found:
    wanted = dependants(env, {package.name, *package.provides})
    evidence = [_listed(package.missing, package)]
    if not package.provides:
        message = text(
            "the only file of conda's {package} {version} is gone, its record is still there",
            "all {n} files of conda's {package} {version} are gone, its record is still there",
            n=package.missing.count,
            package=package.name,
            version=package.version,
        )
        ways = fixes.reinstall(env, package)
    elif other is None:
        message = text(
            "{package} {version} was uninstalled behind conda's back: {n} of its files is gone, conda's record is still there",
            "{package} {version} was uninstalled behind conda's back: {n} of its files are gone, conda's record is still there",
            n=package.missing.count,
            package=package.name,
            version=package.version,
        )
        ways = fixes.reinstall(env, package) if wanted else fixes.reinstall_or_remove(env, package)
    else:
        message = text(
            "conda's {package} {version} was uninstalled behind conda's back, and pip's {name} {other} stands in its place",
            package=package.name,
            version=package.version,
            name=other.name,
            other=other.version or "?",
        )
        evidence.append(Evidence(text("{name} is there, and conda does not own it", name=other.name), other.path))
        ways = fixes.give_back_stand_in(env, package, other)
    broken = package.missing.compiled or (wanted and other is None)
    return Found(
        subject=package.name,
        message=message,
        evidence=tuple(evidence),
        consequence=consequence(env, package, other, other.version if other else None),
        fixes=ways,
        severity=Severity.ERROR if broken else Severity.WARNING,
    )


@rule("conda-file-altered", code=101, severity=Severity.ERROR, needs=("conda_packages",))
def conda_file_altered(env: Environment) -> Iterator[Found]:
    """Files of a conda package were altered.

    The size or the hash of a file differs from what conda's record says, and no RECORD of pip's explains it. Somebody
    edited the file, a script patched it, or a copy was cut short.

    Why it matters: compiled files that are not what conda put there can crash or compute wrongly (error); edited Python
    sources behave differently from the version they carry (warning); anything else is information. conda links
    files into every environment that uses the same package, so an edit made in place changes those, too.

    How to repair: if the change was not meant, let conda link the package again. If it was meant, keep a copy first:
    conda's next update of the package drops it without asking.

    Not reported: byte code, symbolic links, files whose installation prefix conda rewrote, text whose line ends were
    converted, and binaries on macOS, which are signed anew when conda links them.
    """
    for package in env.conda_packages or ():
        altered = package.altered
        if not altered.count:
            continue
        yield Found(
            subject=package.name,
            message=text(
                "{n} file of conda's {package} {version} was altered",
                "{n} files of conda's {package} {version} were altered",
                n=altered.count,
                package=package.name,
                version=package.version,
            ),
            evidence=(
                Evidence(
                    text("neither the record nor any RECORD has this content: {files}", files=altered.sample),
                    package.record,
                ),
            ),
            consequence=consequence(env, package) if altered.compiled else None,
            fixes=fixes.reinstall(env, package),
            severity=_weight(altered, rest=Severity.WARNING if altered.python else Severity.INFO),
        )


@rule("two-conda-owners", code=103, severity=Severity.WARNING, needs=("conda_packages",))
def two_conda_owners(env: Environment) -> Iterator[Found]:
    """Two conda packages claim the same files.

    Both records list a file, with different content. The package that was linked last has won. conda itself only warns
    of this while it installs (ClobberWarning).

    Why it matters: if the file is compiled, one of the two packages runs with a library that is not its own, and
    removing one package takes the other's file away. For other files, such as licences or notes, nothing follows. Two
    records of one package are left by a transaction of conda's that was killed: conda then works on either of them, or
    stops because the environment is corrupted.

    How to repair: often the two are the same library under two names, or from two channels; remove the one that nothing
    depends on. If both are needed, link the one again that shows trouble. Of two records of one package, delete
    the one whose files are not there, and let conda link the other again.

    Not reported: files that are the same in both packages. Pairs that are meant to share their files, or that are
    one version of one library split up in two ways (zlib and libzlib), are information.
    """
    yield from _recorded_twice(env)
    for pair in env.shared_records:
        first, second = env.by_record.get(pair.first), env.by_record.get(pair.second)
        if first is None or second is None or not pair.differ.count or first.name == second.name:
            continue
        alike = first.version == second.version or frozenset((first.name, second.name)) in _ONE_MAKER
        strong = bool(pair.differ.compiled) and not alike
        yield Found(
            subject=f"{first.name}, {second.name}",
            message=text(
                "conda's {first} and {second} both claim {n} file with different content",
                "conda's {first} and {second} both claim {n} files with different content",
                n=pair.differ.count,
                first=f"{first.name} {first.version}",
                second=f"{second.name} {second.version}",
            ),
            evidence=(
                Evidence(text("the record claims {files}", files=pair.differ.sample), first.record),
                Evidence(text("the record claims {files}", files=pair.differ.sample), second.record),
            ),
            fixes=(*fixes.reinstall(env, first), *fixes.reinstall(env, second)) if strong else (),
            severity=Severity.WARNING if strong else Severity.INFO,
        )


def _recorded_twice(env: Environment) -> Iterator[Found]:
    """Packages of which conda has more than one record."""
    by_name: dict[str, list[CondaPackage]] = {}
    for package in env.conda_packages or ():
        by_name.setdefault(package.name, []).append(package)
    for name, records in by_name.items():
        if len(records) < 2:
            continue
        kept = min(records, key=lambda each: (each.missing.count + each.altered.count, -(each.linked or 0)))
        yield Found(
            subject=name,
            message=text(
                "conda has {n} records of {name}: {versions}",
                n=len(records),
                name=name,
                versions=tuple(f"{each.version} {each.build}".strip() for each in records),
            ),
            evidence=tuple(Evidence(text("is a record of {name}", name=name), each.record) for each in records),
            consequence=text("conda stops at this, or takes one of them for the package that is there"),
            fixes=fixes.keep_record(env, kept, tuple(each for each in records if each is not kept)),
        )


@rule("unowned-files-in-package", code=106, severity=Severity.WARNING, needs=("conda_packages", "distributions"))
def unowned_files_in_package(env: Environment) -> Iterator[Found]:
    """Files that nobody owns lie inside a package of conda's.

    Neither a record of conda's nor a RECORD of pip's lists them. They are what is left when one tool removed its book
    but not its files, or what was copied in by hand. Folders whose name starts with `~` are what pip moved out of the
    way during an installation that did not end; they are told as information.

    Why it matters: Python imports them. A module that an older version left behind can be imported in place of the
    new one, or make a plug-in appear twice.

    How to repair: look at the files. If you did not put them there, delete them, or delete the whole package folder and
    let conda link the package again.

    Not reported: byte code, data that a package writes into its own folder, and files of editable installs.
    """
    for entry in env.unowned:
        package = env.by_record.get(entry.record)
        if package is None or not entry.files.count:
            continue
        yield Found(
            subject=entry.folder.rpartition("/")[2],
            message=text(
                "{n} file in {folder} belongs to no book, in the midst of conda's {package} {version}",
                "{n} files in {folder} belong to no book, in the midst of conda's {package} {version}",
                n=entry.files.count,
                folder=entry.folder,
                package=package.name,
                version=package.version,
            ),
            evidence=(
                Evidence(text("neither conda nor pip lists {files}", files=entry.files.sample), entry.folder),
                Evidence(text("the rest of the folder is listed here"), package.record),
            ),
            consequence=text("Python imports these files as part of {package}", package=package.name),
            fixes=fixes.clear_folder(env, entry.folder, package, entry.files),
            severity=Severity.WARNING if entry.files.compiled or entry.files.python else Severity.INFO,
        )
    for dist in env.distributions or ():
        if dist.kind != "leftover":
            continue
        yield Found(
            subject=dist.path.rpartition("/")[2],
            message=text("{folder} is left from an installation by pip that did not end", folder=dist.path),
            evidence=(Evidence(text("pip gives such names to what it moves out of the way"), dist.path),),
            fixes=fixes.remove_folder(env, dist),
            severity=Severity.INFO,
        )


def _listed(missing: Paths, package: CondaPackage) -> Evidence:
    return Evidence(text("the record lists files that are not there: {files}", files=missing.sample), package.record)


def _weight(paths: Paths, rest: Severity) -> Severity:
    return Severity.ERROR if paths.compiled else rest


RULES: tuple[Rule, ...] = (conda_file_missing, conda_file_altered, two_conda_owners, unowned_files_in_package)
