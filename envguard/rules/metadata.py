"""Rules about dist-info folders: two for one name, one that lacks what tools read in it, or one whose files are gone."""

from __future__ import annotations

import re
from collections import defaultdict
from typing import TYPE_CHECKING

from envguard.model import Evidence, Severity, Text, text
from envguard.rules import fixes
from envguard.rules.overlaps import Clash, clashes, disposable, live
from envguard.rules.rule import Found, Rule, rule

if TYPE_CHECKING:
    from collections.abc import Iterator

    from envguard.facts import Distribution, Environment
    from envguard.model import Fix

_MANY = 12
"""More distributions than these that miss files have one cause: a copy without them, or a prefix that was slimmed."""
_SHOWN = 6
_CERTIFICATES = "certifi/cacert.pem"
"""The one file of data without which its package is of no use: nothing is fetched by https."""


@rule("duplicate-dist-info", code=120, severity=Severity.WARNING, needs=("distributions",))
def duplicate_dist_info(env: Environment) -> Iterator[Found]:
    """Two dist-info folders claim one name.

    In one site-packages folder there are two `dist-info` or `egg-info` entries for the same distribution. The files of
    only one of them can be on disk.

    Why it matters: `importlib.metadata.version()`, `pip list` and `conda list` answer with either of them, whichever
    the file system names first, so a version check may pass for a version that is not there. `pip uninstall` and
    upgrades take the wrong one off.

    How to repair: find out whose files are on disk, which envguard tells where it can, and remove the other entry. Do
    not use `pip uninstall` for a stale entry: it deletes the files that both list.

    Not reported: pip's `~` folders (EG106), and entries in different folders of `sys.path`. If conda owns all of them,
    it shipped them so, and it is information.
    """
    groups: dict[tuple[str, str], list[Distribution]] = defaultdict(list)
    for dist in env.distributions or ():
        if dist.kind != "leftover":
            groups[dist.name, dist.site].append(dist)
    told = {clash.dist.path: clash for clash in clashes(env) if not clash.stranger and clash.overlap.differ}
    for (name, _), copies in groups.items():
        if len(copies) < 2:
            continue
        owned = all(dist.owner for dist in copies)
        clash = next((told[dist.path] for dist in copies if dist.path in told), None)
        yield Found(
            subject=name,
            message=_whose(name, copies, clash, owned),
            evidence=tuple(
                Evidence(text("says {name} {version}", name=name, version=dist.version or "?"), dist.path)
                for dist in copies
            ),
            consequence=None
            if owned
            else text("importlib.metadata, pip and conda may each answer with another version of {name}", name=name),
            fixes=() if owned else _ways(env, tuple(copies), clash),
            severity=Severity.INFO if owned else Severity.WARNING,
        )


def _whose(name: str, copies: list[Distribution], clash: Clash | None, owned: bool) -> Text:
    versions = tuple(dist.version or "?" for dist in copies)
    if owned:
        return text(
            "conda itself brought {n} metadata folders for {name}: {versions}",
            n=len(copies),
            name=name,
            versions=versions,
        )
    if clash is not None and clash.overlap.shape == "conda":
        return text(
            "{n} metadata folders claim {name}: {versions}; the files on disk are conda's {live}",
            n=len(copies),
            name=name,
            versions=versions,
            live=clash.package.version,
        )
    if clash is not None and clash.overlap.shape == "pip" and clash.overlap.on_disk.pip:
        return text(
            "{n} metadata folders claim {name}: {versions}; the files on disk are pip's {live}",
            n=len(copies),
            name=name,
            versions=versions,
            live=clash.dist.version or "?",
        )
    return text("{n} metadata folders claim {name}: {versions}", n=len(copies), name=name, versions=versions)


def _ways(env: Environment, copies: tuple[Distribution, ...], clash: Clash | None) -> tuple[Fix, ...]:
    if clash is not None:
        return fixes.give_back(env, clash)
    if any(dist.owner for dist in copies):
        return ()  # whose files are there is not known, and either step could take the live ones off
    return fixes.keep_one(env, copies, max(copies, key=lambda dist: dist.installed or 0))


@rule("dist-info-without-metadata", code=121, severity=Severity.ERROR, needs=("distributions",))
def dist_info_without_metadata(env: Environment) -> Iterator[Found]:
    """A dist-info folder has no METADATA.

    Every `*.dist-info` folder holds a file METADATA with the name, the version and the requirements. Here it is
    missing: an installation or an update was cut short, or somebody deleted part of the folder.

    Why it matters: `importlib.metadata` answers None for its version, and packages that ask for versions or entry
    points while they are imported fail with errors that name neither the folder nor the cause. pip may refuse every
    command.

    How to repair: install the distribution again; if nothing else is in the folder, delete it. If conda owns
    the folder, let conda link the package again.

    Not reported: `egg-info`, which has PKG-INFO instead. A folder that conda shipped without METADATA is information.
    """
    for dist in env.distributions or ():
        if dist.kind != "dist-info" or dist.has_metadata:
            continue
        package = env.by_record.get(dist.owner or dist.taken_from or "")
        shipped = package is not None and not package.missing.count
        if package is not None:
            ways = () if shipped else fixes.reinstall(env, package)
        elif dist.has_record:
            ways = fixes.install_one(env, dist)
        else:
            ways = fixes.remove_folder(env, dist)
        yield Found(
            subject=dist.name,
            message=text("{folder} has no METADATA", folder=dist.path.rpartition("/")[2]),
            evidence=(Evidence(text("the folder holds no file METADATA"), dist.path),),
            consequence=None
            if shipped
            else text("importlib.metadata gives no version for {name}, and pip may fail on it", name=dist.name),
            fixes=ways,
            severity=Severity.INFO if shipped else Severity.ERROR,
        )


@rule("dist-info-without-record", code=122, severity=Severity.INFO, needs=("distributions",))
def dist_info_without_record(env: Environment) -> Iterator[Found]:
    """A dist-info folder of pip's has no RECORD.

    RECORD lists the files of a distribution. Without it nobody can tell which files belong to it.

    Why it matters: pip cannot uninstall or upgrade the distribution ("no RECORD file was found"), and envguard cannot
    compare its files with conda's.

    How to repair: install the same version over it, which writes a RECORD, or take the distribution from conda.

    Not reported: `egg-info`, and folders that conda owns, whose files stand in conda's record.
    """
    for dist in env.distributions or ():
        if dist.kind != "dist-info" or dist.has_record or not dist.has_metadata or dist.owner is not None:
            continue
        yield Found(
            subject=dist.name,
            message=text("{name} {version} has no RECORD", name=dist.name, version=dist.version or "?"),
            evidence=(Evidence(text("the folder holds no file RECORD"), dist.path),),
            consequence=text("pip cannot uninstall or upgrade {name}", name=dist.name),
        )


@rule("pip-file-missing", code=123, severity=Severity.ERROR, needs=("distributions",))
def pip_file_missing(env: Environment) -> Iterator[Found]:
    """Files that pip installed are gone.

    The RECORD of a distribution that conda does not own lists modules which are no longer on disk. Most often conda
    removed or updated a package whose files pip had replaced: conda deletes the paths of its record, whoever has written
    there since. Uninstalling another distribution that brought the same files, or deleting a folder by hand, does the same.

    As good as gone are compiled files that were cut short, as by a full disk, and extension modules that no Python of this
    folder can import, as their names say that they were made for another (`….cpython-310-….so` for 3.11).

    Why it matters: pip still lists the distribution and says that the requirement is already satisfied, but its import
    fails. It is an error where compiled files or all files are gone, otherwise a warning.

    How to repair: install the same version over it (`pip install --force-reinstall --no-deps`). If you wanted it gone, let
    pip uninstall it.

    Not reported: byte code, tests, documents and data (but for the certificates of certifi); a name that has two dist-info
    folders (EG120), of which one is of the past; files that conda's record lists, too (EG102); compiled files that were
    stripped or signed, which are whole, though RECORD tells another size; and a distribution that brings modules for
    several Pythons, or one for any.
    """
    yield from _useless(env)
    found = tuple(_gutted(env))
    if len(found) > _MANY:
        yield Found(
            subject=env.name,
            message=text(
                "files of {n} distributions of pip's are missing: {names}",
                n=len(found),
                names=tuple(dist.name for dist in found),
            ),
            evidence=tuple(_lists(dist) for dist in found[:_SHOWN]),
            consequence=text("so many at once were hardly uninstalled: the prefix was copied without them, or slimmed"),
            fixes=fixes.install_again(env, found),
            severity=Severity.ERROR if any(dist.missing.compiled for dist in found) else Severity.WARNING,
        )
        return
    for dist in found:
        whole = dist.missing.compiled or dist.missing.count >= dist.files
        yield Found(
            subject=dist.name,
            message=text(
                "{n} file of pip's {name} {version} is missing",
                "{n} files of pip's {name} {version} are missing",
                n=dist.missing.count,
                name=dist.name,
                version=dist.version or "?",
            ),
            evidence=(_lists(dist),),
            consequence=text("importing {name} fails, or a part of it, though pip lists it", name=dist.name),
            fixes=fixes.install_one(env, dist),
            severity=Severity.ERROR if whole else Severity.WARNING,
        )


def _useless(env: Environment) -> Iterator[Found]:
    """Compiled files that are there and that no Python here can load."""
    mine = tuple(dist for dist in live(env) if dist.owner is None)
    for dist in mine:
        if dist.cut.count:
            yield Found(
                subject=dist.name,
                message=text(
                    "{n} compiled file of pip's {name} {version} was cut short",
                    "{n} compiled files of pip's {name} {version} were cut short",
                    n=dist.cut.count,
                    name=dist.name,
                    version=dist.version or "?",
                ),
                evidence=(
                    Evidence(
                        text(
                            "these are smaller than it says, and end before their own headers do: {files}",
                            files=dist.cut.sample,
                        ),
                        f"{dist.path}/RECORD",
                    ),
                ),
                consequence=text("importing {name} fails, or a part of it, though pip lists it", name=dist.name),
                fixes=fixes.install_one(env, dist),
            )
    foreign = tuple(dist for dist in mine if dist.foreign.count)
    if len(foreign) > _MANY:
        yield Found(
            subject=env.name,
            message=text(
                "the compiled modules of {n} distributions of pip's are for another Python than {python}: {names}",
                n=len(foreign),
                python=_python_of(env, foreign[0]),
                names=tuple(dist.name for dist in foreign),
            ),
            evidence=tuple(_passed_over(dist) for dist in foreign[:_SHOWN]),
            consequence=text("so many at once were copied from another environment, or made for another machine"),
            fixes=fixes.install_again(env, foreign),
        )
        return
    for dist in foreign:
        yield Found(
            subject=dist.name,
            message=text(
                "the compiled modules of pip's {name} {version} are for another Python than {python}: {files}",
                name=dist.name,
                version=dist.version or "?",
                python=_python_of(env, dist),
                files=tuple(path.rpartition("/")[2] for path in dist.foreign.sample[:2]),
            ),
            evidence=(_passed_over(dist),),
            consequence=text("importing {name} fails, or a part of it, though pip lists it", name=dist.name),
            fixes=fixes.install_one(env, dist),
        )


def _passed_over(dist: Distribution) -> Evidence:
    says = text("lists these, which this Python passes over by their names: {files}", files=dist.foreign.sample)
    return Evidence(says, f"{dist.path}/RECORD")


def _python_of(env: Environment, dist: Distribution) -> str:
    """The Python of a folder and the system, as people call them."""
    match = re.search(r"/python(\d+\.\d+t?)/", f"/{dist.site}")
    version = match[1] if match else ".".join((env.python_version or "?").split(".")[:2])
    return f"{version} ({env.platform})" if env.platform else version


def _gutted(env: Environment) -> Iterator[Distribution]:
    """The distributions of pip's whose code is gone, and of which no other rule tells."""
    told_by_102 = {clash.dist.path for clash in clashes(env) if clash.overlap.on_disk.missing}
    for dist in live(env):
        missing = dist.missing
        needed = missing.compiled or missing.python or any(path.endswith(_CERTIFICATES) for path in missing.sample)
        if dist.owner is not None or not needed or disposable(missing):
            continue
        copies = [other for other in env.dists_named.get(dist.name, ()) if other.site == dist.site]
        if len(copies) == 1 and dist.path not in told_by_102:
            yield dist


def _lists(dist: Distribution) -> Evidence:
    return Evidence(
        text("the record lists files that are not there: {files}", files=dist.missing.sample), f"{dist.path}/RECORD"
    )


RULES: tuple[Rule, ...] = (
    duplicate_dist_info,
    dist_info_without_metadata,
    dist_info_without_record,
    pip_file_missing,
)
