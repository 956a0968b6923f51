"""What conda would link and unlink, applied to the facts: records, the distributions in them, pip's files beneath, the history."""

from __future__ import annotations

import datetime
from dataclasses import replace
from typing import TYPE_CHECKING

from envguard.facts import Distribution, Linked, OnDisk, Overlap, Paths, Revision
from envguard.forecast import installed
from envguard.forecast.books import Books, paths
from envguard.probe import reading

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from envguard.facts import CondaPackage, Environment
    from envguard.forecast.transaction import Transaction

_METADATA = (".dist-info/METADATA", ".egg-info/PKG-INFO")


def link(env: Environment, transaction: Transaction, now: float) -> Environment:
    """The environment with conda's part of a transaction done."""
    if not transaction.links and not transaction.unlinks:
        return env
    books = Books(env)
    files: dict[str, set[str]] = {package.record: set() for package in transaction.links}
    stems = {package.record.rpartition("/")[2].removesuffix(".json"): package.record for package in transaction.links}
    for path, name in transaction.link_files or ():
        record = name if name in files else stems.get(name.removesuffix(".json"))
        if record is not None:
            files[record].add(path)
    unlinked = tuple(env.by_record[record] for record in transaction.unlinks if record in env.by_record)
    off = {package.record for package in unlinked} | set(files)
    removed = {path for package in unlinked for path in books.record(package.record)}
    kept = tuple(package for package in env.conda_packages or () if package.record not in off)
    new = tuple(
        replace(package, linked=package.linked or now, missing=Paths(), altered=Paths())
        for package in transaction.links
    )
    every = {path for listed in files.values() for path in listed}
    left = tuple(
        replace(dist, missing=paths(_lost(books, dist, removed - every)))
        for dist in env.distributions or ()
        if dist.owner not in off
    )
    brought = tuple(dist for package in new for dist in _brought(env, package, files[package.record], now))
    stays = tuple(dist for dist in left if dist.path not in {each.path for each in brought})
    overlaps = tuple(overlap for overlap in env.overlaps if overlap.record not in off)
    return replace(
        env,
        conda_packages=tuple(sorted((*kept, *new), key=lambda package: package.record)),
        distributions=None
        if env.distributions is None
        else tuple(sorted((*stays, *brought), key=lambda dist: dist.path)),
        overlaps=(*overlaps, *_overlaps(books, stays, brought, files)),
        history=env.history if not env.history else (*env.history, _revision(transaction, unlinked, now)),
        unowned=tuple(each for each in env.unowned if each.record not in off),
        importable=None
        if env.importable is None
        else tuple(
            each
            for each in env.importable
            if each.record is None
            or each.record not in off
            or any(each.name in new.provides for new in transaction.links)
        ),
        cuda=None,
    )


def _lost(books: Books, dist: Distribution, removed: set[str]) -> Iterator[str]:
    """The files of pip's that conda would take off with its own."""
    rows = books.rows(dist) if dist.owner is None else {}
    return (path for path in rows if path in removed or not books.is_there(path))


def _brought(env: Environment, package: CondaPackage, files: set[str], now: float) -> Iterator[Distribution]:
    """The distributions that a conda package brings, by its files or by what it says."""
    site = installed.site(env)
    found = sorted(path.rpartition("/")[0] for path in files if path.endswith(_METADATA))
    names = {
        reading.normalise(match["name"]): path
        for path in found
        if (match := reading.FOLDER_NAME.match(path.rpartition("/")[2]))
    }
    if not names and site is not None:
        names = {name: f"{site}/{name.replace('-', '_')}-{package.version}.dist-info" for name in package.provides}
    for name, path in names.items():
        match = reading.FOLDER_NAME.match(path.rpartition("/")[2])
        yield Distribution(
            name=name,
            version=match["version"] if match else package.version,
            path=path,
            site=path.rpartition("/")[0],
            kind=path.rpartition(".")[2],
            installer="conda",
            requested=False,
            direct_url=None,
            requires=(),
            requires_python=None,
            has_metadata=True,
            has_record=True,
            files=0,
            installed=now,
            owner=package.record,
            taken_from=None,
            missing=Paths(),
        )


def _overlaps(
    books: Books,
    stays: tuple[Distribution, ...],
    brought: tuple[Distribution, ...],
    files: Mapping[str, set[str]],
) -> Iterator[Overlap]:
    """Where conda's files would land on pip's: conda's are there then, and pip's dist-info stays."""
    twins = {(dist.owner, dist.name): dist.path for dist in brought}
    for dist in stays:
        rows = books.rows(dist) if dist.owner is None else {}
        for record, listed in files.items():
            shared = sorted(rows.keys() & listed)
            differ = [path for path in shared if not path.startswith(f"{dist.path}/")]
            if differ:
                yield Overlap(
                    record=record,
                    distribution=dist.path,
                    shared=len(shared),
                    differ=len(differ),
                    compiled=sum(map(reading.is_compiled, differ)),
                    on_disk=OnDisk(conda=len(differ)),
                    sample=(),
                    extra=paths(path for path in rows if path not in listed and books.is_there(path)),
                    twin=twins.get((record, dist.name)),
                    unread=record,
                )


def _revision(transaction: Transaction, unlinked: tuple[CondaPackage, ...], now: float) -> Revision:
    # local time, as conda writes it
    when = (
        datetime.datetime.fromtimestamp(now, datetime.timezone.utc)
        .astimezone()
        .replace(tzinfo=None)
        .isoformat(sep=" ", timespec="seconds")
    )
    return Revision(
        when=when,
        command=None,
        conda_version=None,
        linked=tuple(map(_linked, transaction.links)),
        unlinked=tuple(map(_linked, unlinked)),
        whole=False,
        update_specs=(),
        remove_specs=(),
    )


def _linked(package: CondaPackage) -> Linked:
    return Linked(package.name, package.version, package.build, package.channel)
