"""Rules about who owns what: conda's files under pip's, two of pip's projects in one file, a record that was lost."""

from __future__ import annotations

from types import MappingProxyType
from typing import TYPE_CHECKING

from envguard.errors import CannotTell
from envguard.model import Certainty, Evidence, Severity, Text, text
from envguard.rules import fixes
from envguard.rules.dependants import consequence
from envguard.rules.names import normalise, same_project
from envguard.rules.overlaps import Clash, clashes, pip_copies
from envguard.rules.rule import Found, Rule, rule

if TYPE_CHECKING:
    from collections.abc import Iterator

    from envguard.facts import Distribution, Environment, Linked, Overlap, Revision, SharedFile
    from envguard.model import Argument

_CONTENT = MappingProxyType(
    {
        "conda": "conda recorded {conda}, pip recorded {pip}; on disk is conda's",
        "pip": "conda recorded {conda}, pip recorded {pip}; on disk is pip's",
        "missing": "conda recorded {conda}, pip recorded {pip}; the file is gone",
        "other": "conda recorded {conda}, pip recorded {pip}; on disk is neither's",
        "unknown": "conda recorded {conda}, pip recorded {pip}; what is on disk was not read",
    }
)
_UNCOUNTED = MappingProxyType(
    {
        "pip": "pip's {name} {other} replaced conda's {package} {version}",
        "same": "pip's {name} {other} replaced conda's {package} {version}, which is the same version",
        "both": "conda's {package} {version} and pip's {name} {other} are mixed on disk",
        "stranger": "pip's {name} {other}, another project, has overwritten files of conda's {package} {version}",
    }
)
"""What is said, by shape, where it is not known how many files it is about."""
_FILES_SHOWN = 2
_DIGITS = 12


@rule("pip-overwrote-conda", code=102, severity=Severity.ERROR, needs=("conda_packages", "distributions"))
def pip_overwrote_conda(env: Environment) -> Iterator[Found]:
    """Files of a conda package were overwritten by pip.

    A record of conda's and the RECORD of a distribution that conda does not own list the same files with different
    content. Three stories lead there:

    - pip was asked for a package that conda had installed. It took conda's files off and put its own there; conda's
      record stays and still names the old version.
    - Afterwards conda installed the package once more. Now conda's files are on disk, but pip's dist-info is still
      there: import gives conda's version, while `pip list` may answer with pip's.
    - A distribution ships a file that belongs to another project's package, and pip overwrote it without a word.

    Why it matters: conda solves with the version in its record, so whatever it installs later is chosen for a package
    that is not there. Packages built for conda's version run against pip's. If compiled files differ, crashes and
    import errors follow (error); otherwise it is a warning. Every later update by either tool mixes the files again.

    How to repair: decide who owns the package. To give it back to conda, take pip's version off first and then let
    conda link its own again. Where conda's files are already back, only the stale dist-info has to go: there
    `pip uninstall` would delete conda's files.

    Not reported: packages that pip added and that conda does not have. Where pip installed the very same bytes, or a
    stranger shares only files that nobody imports, it is information.
    """
    for clash in clashes(env):
        shape, package, dist = clash.overlap.shape, clash.package, clash.dist
        yield Found(
            subject=package.name,
            message=_message(clash),
            evidence=tuple(_evidence(clash)),
            consequence=None
            if shape == "same"
            else consequence(env, package)
            if clash.stranger or shape == "conda"
            else consequence(env, package, dist, dist.version),
            fixes=() if shape == "same" or clash.severity is Severity.INFO else fixes.give_back(env, clash),
            severity=clash.severity,
            certainty=Certainty.CERTAIN if clash.proven or shape == "same" else Certainty.LIKELY,
        )


def _message(clash: Clash) -> Text:
    shape, package, dist = clash.overlap.shape, clash.package, clash.dist
    args: dict[str, Argument] = {
        "package": package.name,
        "version": package.version,
        "name": dist.name,
        "other": dist.version or "?",
    }
    if clash.overlap.unread is not None and shape != "conda":
        return Text(_UNCOUNTED["stranger" if clash.stranger else shape], args)
    args["n"] = clash.overlap.shared if shape == "same" else clash.overlap.differ
    if shape == "same":
        return Text(
            "pip's {name} {other} shares {n} file with conda's {package} {version}, the same in both",
            args,
            "pip's {name} {other} shares {n} files with conda's {package} {version}, the same in both",
        )
    if clash.stranger and not clash.proven:
        return Text(
            "conda's {package} {version} and pip's {name} {other} both claim {n} file, and whose content it has is not known",
            args,
            "conda's {package} {version} and pip's {name} {other} both claim {n} files, and whose content they have is not known",
        )
    if clash.stranger and shape == "conda":
        return Text(
            "conda's {package} {version} has overwritten {n} file that pip's {name} {other} brought",
            args,
            "conda's {package} {version} has overwritten {n} files that pip's {name} {other} brought",
        )
    if clash.stranger:
        return Text(
            "pip's {name} {other}, another project, has overwritten {n} file of conda's {package} {version}",
            args,
            "pip's {name} {other}, another project, has overwritten {n} files of conda's {package} {version}",
        )
    if shape == "conda":
        return Text(
            "conda's {package} {version} is on disk and is what import gives, but the dist-info of pip's {name} {other} "
            "is still there, and pip may answer with that version",
            args,
        )
    if shape == "both":
        return Text(
            "conda's {package} {version} and pip's {name} {other} are mixed on disk: {n} file differs, some are conda's and some pip's",
            args,
            "conda's {package} {version} and pip's {name} {other} are mixed on disk: {n} files differ, some are conda's and some pip's",
        )
    if clash.overlap.on_disk.missing and not clash.overlap.on_disk.pip:
        return Text(
            "conda's {package} {version} was replaced by pip's {name} {other}, and {n} file that both claim is gone",
            args,
            "conda's {package} {version} was replaced by pip's {name} {other}, and {n} files that both claim are gone",
        )
    return Text(
        "pip's {name} {other} replaced conda's {package} {version}: {n} file that both claim differs",
        args,
        "pip's {name} {other} replaced conda's {package} {version}: {n} files that both claim differ",
    )


def _evidence(clash: Clash) -> Iterator[Evidence]:
    overlap, package, dist = clash.overlap, clash.package, clash.dist
    if overlap.unread is not None and overlap.shape != "conda":
        yield Evidence(
            text("lists the files of {package} {version}", package=package.name, version=package.version),
            overlap.record,
        )
        yield Evidence(text("was not read: how many of them it brings is not known"), overlap.unread)
        return
    book = f"{dist.path}/{'RECORD' if dist.kind == 'dist-info' else 'installed-files.txt'}"
    yield Evidence(
        text(
            "conda's {package} {version} lists {n} file that pip's {name} lists, too",
            "conda's {package} {version} lists {n} files that pip's {name} lists, too",
            n=overlap.shared,
            package=package.name,
            version=package.version,
            name=dist.name,
        ),
        overlap.record,
    )
    if overlap.unread is not None:
        yield Evidence(text("was not read: how many of them differ is not known"), overlap.unread)
    elif overlap.differ:
        yield Evidence(_states(overlap), book)
    for file in overlap.sample[:_FILES_SHOWN]:
        yield _content(file)
    if clash.overwrites and package.missing.count:
        yield Evidence(
            text(
                "{n} more file of the record is gone, such as {files}",
                "{n} more files of the record are gone, such as {files}",
                n=package.missing.count,
                files=package.missing.sample,
            ),
            package.record,
        )


def _states(overlap: Overlap) -> Text:
    """Whose content the files have about which the two books differ; in one word where all agree."""
    state = overlap.on_disk
    args: dict[str, Argument] = {"n": overlap.differ, "compiled": overlap.compiled}
    if state.pip == overlap.differ:
        return Text(
            "{n} of them differs ({compiled} compiled); on disk is pip's",
            args,
            "{n} of them differ ({compiled} compiled); on disk are pip's",
        )
    if state.conda == overlap.differ:
        return Text(
            "{n} of them differs ({compiled} compiled); on disk is conda's",
            args,
            "{n} of them differ ({compiled} compiled); on disk are conda's",
        )
    return Text(
        "{n} of them differs ({compiled} compiled); on disk are conda's: {conda}, pip's: {pip}, neither's: {neither}, "
        "gone: {gone}, not read: {unread}",
        {
            **args,
            "conda": state.conda,
            "pip": state.pip,
            "neither": state.other,
            "gone": state.missing,
            "unread": state.unknown,
        },
        "{n} of them differ ({compiled} compiled); on disk are conda's: {conda}, pip's: {pip}, neither's: {neither}, "
        "gone: {gone}, not read: {unread}",
    )


def _content(file: SharedFile) -> Evidence:
    template = _CONTENT.get(file.on_disk, _CONTENT["unknown"])
    return Evidence(
        text(template, conda=(file.conda_hash or "?")[:_DIGITS], pip=(file.pip_hash or "?")[:_DIGITS]), file.path
    )


@rule("dists-share-files", code=104, severity=Severity.WARNING, needs=("distributions",))
def dists_share_files(env: Environment) -> Iterator[Found]:
    """Two distributions installed by pip brought the same files.

    Both RECORDs list the same importable files, with different content. pip does not look whether a file is another
    distribution's: the one installed last has won. Well-known pairs are `opencv-python` with
    `opencv-python-headless`, and `cupy-cuda11x` with `cupy-cuda12x`.

    Why it matters: parts of both are mixed in one folder. And if either is uninstalled, the files of the other go with
    it, so that its import fails although pip lists it.

    How to repair: uninstall both, then install the one you want.

    Not reported: files that are the same in both, shared namespace folders, and stray `tests` or `docs` folders.
    """
    for pair in env.shared_distributions:
        first, second = env.by_path.get(pair.first), env.by_path.get(pair.second)
        if first is None or second is None or not pair.differ.count or first.name == second.name:
            continue
        later = max(first, second, key=lambda dist: dist.installed or 0)
        other = second if later is first else first
        yield Found(
            subject=f"{first.name}, {second.name}",
            message=text(
                "pip's {first} and {second} both brought {n} file, with different content",
                "pip's {first} and {second} both brought {n} files, with different content",
                n=pair.differ.count,
                first=_label(first),
                second=_label(second),
            ),
            evidence=tuple(
                Evidence(text("lists {files}", files=pair.differ.sample), f"{dist.path}/RECORD")
                for dist in (first, second)
            ),
            consequence=text("uninstalling either one takes files of the other away"),
            fixes=(*fixes.keep_one(env, (first, second), later), *fixes.keep_one(env, (first, second), other))
            if env.writable and not env.frozen
            else fixes.own_environment(env),
        )


@rule("conda-record-lost", code=105, severity=Severity.WARNING, needs=("conda_packages", "history"))
def conda_record_lost(env: Environment) -> Iterator[Found]:
    """The record of a conda package was lost.

    `conda-meta/history` says that the package was linked, and no later entry says that it was unlinked, but there is no
    record of it. `conda list`, `conda env export` and some other commands of conda delete a record, without saying so,
    when they find that pip has replaced the package. A record that is there and cannot be read, as a transaction that was
    killed leaves it, is as good as lost.

    Why it matters: conda no longer knows that the package is there. It will not keep it in line with the packages
    that depend on it, and an export names pip's version or nothing at all. The files that conda linked and that pip did
    not overwrite belong to nobody now. At a record that it cannot read conda stops, whatever it was asked for.

    How to repair: if a copy of pip's stands there, take it off; then let conda install the version that its history names.
    A record that cannot be read has to be deleted first.

    Not reported: entries of pip's in the history; histories that do not describe this prefix, such as those of a copied or
    cloned environment; and records that only another user may read.
    """
    unread = tuple(_unreadable(env))
    yield from unread
    try:
        gone = lost(env)
    except CannotTell:
        if unread:
            return
        raise
    for package in gone:
        copies = pip_copies(env, normalise(package.name))
        stands = next((dist for dist in copies if same_project(package.name, dist.name)), None)
        evidence = [
            Evidence(
                text(
                    "{package} {version} {build} is linked here and never unlinked",
                    package=package.name,
                    version=package.version,
                    build=package.build,
                ),
                "conda-meta/history",
            ),
            Evidence(text("there is no record of {package}", package=package.name), "conda-meta"),
        ]
        args = {"package": package.name, "version": package.version}
        if stands is None:
            message = text("conda linked {package} {version}, and its record is gone", **args)
        else:
            args["other"] = stands.version or "?"
            message = text(
                "conda linked {package} {version}, and its record is gone; pip's version {other} stands there now",
                **args,
            )
            evidence.append(Evidence(text("conda does not own this dist-info"), stands.path))
        yield Found(
            subject=package.name,
            message=message,
            evidence=tuple(evidence),
            consequence=text(
                "conda no longer takes {package} into account; its own `conda list` and `conda env export` delete such records",
                package=package.name,
            ),
            fixes=fixes.install_lost(env, package.name, package.version, stands),
        )


def _unreadable(env: Environment) -> Iterator[Found]:
    """The records that are there and hold none."""
    for path, reason in env.damaged_records.items():
        stem = path.removeprefix("conda-meta/").removesuffix(".json")
        name, _, rest = stem.rpartition("-")[0].rpartition("-")
        yield Found(
            subject=name or stem,
            message=text("conda's record {record} cannot be read", record=stem),
            evidence=(Evidence(reason, path),),
            consequence=text("conda stops at it, whatever it is asked to do in this environment"),
            fixes=fixes.replace_record(env, path, f"{name}={rest}" if name and rest else stem),
        )


def lost(env: Environment) -> tuple[Linked, ...]:
    """What the history says is linked and has no record; CannotTell if the history is of another prefix."""
    linked = _replayed(env.history or ())
    if not linked:
        return ()
    unreadable = {stem.rsplit("-", 2)[0] for stem in env.unreadable_records}
    found = tuple(package for name, package in linked.items() if name not in env.by_name and name not in unreadable)
    if not env.conda_packages or len(found) * 2 > len(linked):
        raise CannotTell(text("history does not describe this prefix"))
    return found


def _replayed(history: tuple[Revision, ...]) -> dict[str, Linked]:
    """What is linked after the last revision, by name; entries of pip's left out."""
    state: dict[str, Linked] = {}
    for revision in history:
        if revision.whole:
            state = {}
        for package in revision.unlinked:
            state.pop(package.name, None)
        state.update(
            {
                package.name: package
                for package in revision.linked
                if package.channel != "pypi" and not package.build.startswith("pypi_")
            }
        )
    return state


def _label(dist: Distribution) -> str:
    return f"{dist.name} {dist.version or '?'}"


RULES: tuple[Rule, ...] = (pip_overwrote_conda, dists_share_files, conda_record_lost)
