"""The environment as it would be after a transaction, so that the same rules judge it.

What nobody can know before is not made up: of a wheel that is not on this machine the files are not known, so where it takes
the place of a package, every file of that counts as claimed by both, and pip's as what is there; that is enough to judge by,
and `Overlap.unread` keeps the numbers from being told. What libraries would be found, and what a framework would say of CUDA, is no longer known once their packages change.
"""

from __future__ import annotations

import time
from dataclasses import replace
from typing import TYPE_CHECKING

from envguard.facts import Distribution, Importable, OnDisk, Overlap, Paths, SharedFile
from envguard.forecast import installed
from envguard.forecast.after_conda import link
from envguard.forecast.books import Books, paths, top_names, wheel
from envguard.probe import pip_files, reading

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Mapping

    from envguard.facts import CondaPackage, Environment
    from envguard.forecast.transaction import Coming, Transaction
    from envguard.probe.pip_files import Row
    from envguard.process import Module, Process


def _wheel(coming: Coming) -> str:
    """What to call the wheel of a distribution."""
    return coming.file or coming.source or f"{coming.name} {coming.version}"


_CUDA = ("torch", "tensorflow", "jax", "cupy", "nvidia-", "cuda", "cudnn", "pytorch")
"""Projects with which what is known of CUDA stands and falls, by how their names begin."""


def apply(env: Environment, transaction: Transaction, when: float | None = None) -> Environment:
    """The environment after a transaction, as far as that can be known; `when` is the time of the installation, by default now."""
    now = time.time() if when is None else when
    env = link(env, transaction, now)
    if not transaction.comes and not transaction.goes:
        return env
    return _Change(env, transaction, now).after()


class _Change:
    """One transaction of pip's or uv's, applied."""

    def __init__(self, env: Environment, transaction: Transaction, now: float) -> None:
        self.env = env
        self.books = Books(env)
        self.now = now
        self.site = installed.site(env) or ""
        self.gone = tuple(env.by_path[path] for path in transaction.goes if path in env.by_path)
        self.comes = tuple((each, self._folder(each)) for each in transaction.comes)
        self.successor = {each.name: path for each, path in self.comes}
        self.wheels = {each.name: wheel(each, self.site) for each in transaction.comes}
        self.removed = {path for dist in self.gone for path in self.books.rows(dist)}

    def after(self) -> Environment:
        """The environment with every section that the change touches."""
        env = self.env
        lost = {dist.path for dist in self.gone}
        overwritten = set(self.successor.values())  # the same version once more
        stay = tuple(dist for dist in env.distributions or () if dist.path not in lost | overwritten)
        new = tuple(self._distribution(coming, path) for coming, path in self.comes)
        overlaps = self._overlaps(stay)
        return replace(
            env,
            distributions=None
            if env.distributions is None
            else tuple(sorted((*stay, *new), key=lambda dist: dist.path)),
            conda_packages=None
            if env.conda_packages is None
            else tuple(self._package(package, overlaps) for package in env.conda_packages),
            overlaps=overlaps,
            shared_distributions=tuple(
                replace(pair, first=self._moved(pair.first), second=self._moved(pair.second))
                for pair in env.shared_distributions
                if self._stays(pair.first) and self._stays(pair.second)
            ),
            importable=None if env.importable is None else self._importable(env.importable),
            vendored=None
            if env.vendored is None
            else tuple(each for each in env.vendored if each.distribution not in lost),
            pths=None if env.pths is None else tuple(each for each in env.pths if each.owner not in lost),
            compiled=None
            if env.compiled is None
            else tuple(each for each in env.compiled if each.owner not in lost and each.path not in self.removed),
            libraries=None
            if env.libraries is None
            else tuple(each for each in env.libraries if each.owner not in lost and not self._is_removed(each.path)),
            cuda=None if self._touches_cuda() else env.cuda,
            process=env.process and self._process(env.process),
        )

    def _folder(self, coming: Coming) -> str:
        """The path of the dist-info that a distribution would have."""
        if coming.file and coming.file.count("-") >= 2:
            name, version = coming.file.split("-")[:2]
        else:
            name, version = coming.name.replace("-", "_"), coming.version
        return f"{self.site}/{name}-{version}.dist-info"

    def _distribution(self, coming: Coming, path: str) -> Distribution:
        rows = self.wheels[coming.name]
        lists = (
            record for record in self._records(coming.name) if f"{path}/METADATA" in self.books.record(record.record)
        )
        listed = next(lists, None)
        return Distribution(
            name=coming.name,
            version=None if coming.version == "?" else coming.version,
            path=path,
            site=self.site,
            kind="dist-info",
            installer="pip",
            requested=coming.requested,
            direct_url=coming.direct_url,
            requires=coming.requires or (),
            requires_python=coming.requires_python,
            has_metadata=True,
            has_record=True,
            files=len(rows or ()),
            installed=self.now,
            owner=None,
            taken_from=listed.record if listed else None,
            missing=Paths(),
        )

    def _records(self, name: str) -> tuple[CondaPackage, ...]:
        """The conda packages that brought a distribution of this name."""
        return tuple(package for package in self.env.conda_packages or () if name in package.provides)

    def _overlaps(self, stay: Collection[Distribution]) -> tuple[Overlap, ...]:
        """Those that are not touched, those that an update takes over, and those that are new."""
        new: dict[tuple[str, str], Overlap] = {}
        for coming, path in self.comes:
            rows = self.wheels[coming.name]
            packages = self._records(coming.name) if rows is None else self.env.conda_packages or ()
            for package in packages:
                overlap = self._overlap(coming, path, package, rows, stay)
                if overlap is not None:
                    new[package.record, path] = overlap
        overwritten = {record for record, _ in new}
        read = {path for coming, path in self.comes if self.wheels[coming.name] is not None}
        kept = []
        for overlap in self.env.overlaps:
            moved = self._moved(overlap.distribution)
            if not self._stays(overlap.distribution) or (overlap.record, moved) in new or moved in read:
                continue
            if moved == overlap.distribution and overlap.record in overwritten:  # its files are a third one's then
                overlap = replace(overlap, on_disk=OnDisk(other=overlap.differ))  # noqa: PLW2901
            unread = next((_wheel(each) for each, path in self.comes if path == moved), overlap.unread)
            kept.append(replace(overlap, distribution=moved, unread=unread))
        return (*kept, *new.values())

    def _overlap(
        self,
        coming: Coming,
        path: str,
        package: CondaPackage,
        rows: Mapping[str, Row] | None,
        stay: Collection[Distribution],
    ) -> Overlap | None:
        entries = self.books.record(package.record)
        own = f"{path}/"
        if rows is not None:
            shared = sorted(rows.keys() & entries.keys())
            differ = [
                each
                for each in shared
                if not each.startswith(own)
                and (pip_files.hexadecimal(rows[each].sha256) or "") != (entries[each].sha256 or "?")
            ]
        else:
            shared = [each for each in entries if self._is_code(each)]
            same = coming.version == package.version and not any(map(reading.is_compiled, shared))
            differ = [] if same else shared
        if not shared:
            return None
        twins = (dist.path for dist in stay if dist.owner == package.record and dist.name == coming.name)
        twin = next(twins, None)
        differ.sort(key=lambda each: (not reading.is_compiled(each), not each.endswith(".py"), each))
        return Overlap(
            record=package.record,
            distribution=path,
            shared=len(shared),
            differ=len(differ),
            compiled=sum(map(reading.is_compiled, differ)),
            on_disk=OnDisk(pip=len(differ)),
            sample=tuple(
                SharedFile(
                    each,
                    entries[each].sha256,
                    pip_files.hexadecimal(rows[each].sha256) if rows is not None else None,
                    "pip",
                )
                for each in differ[: reading.SAMPLE]
            ),
            extra=Paths(),
            twin=twin,
            unread=_wheel(coming) if rows is None else None,
        )

    def _is_code(self, path: str) -> bool:
        return path.startswith(f"{self.site}/") and ".dist-info/" not in path and ".egg-info" not in path

    def _package(self, package: CondaPackage, overlaps: Iterable[Overlap]) -> CondaPackage:
        """A conda package with the files that would be gone."""
        touched = {package.record} & {dist.owner for dist in self.gone} or any(
            overlap.record == package.record
            for dist in self.gone
            for overlap in self.env.overlaps_of.get(dist.path, ())
        )
        mine = tuple(overlap for overlap in overlaps if overlap.record == package.record)
        if not touched and not any(overlap.distribution in self.successor.values() for overlap in mine):
            return package
        entries = self.books.record(package.record)
        if not entries:
            return package
        gone = {each for each in entries if each in self.removed or not self.books.is_there(each)}
        for coming, path in self.comes:
            rows = self.wheels[coming.name]
            if rows is not None:
                gone.difference_update(rows)
            elif package in self._records(coming.name):
                gone = {each for each in gone if not self._is_code(each) and not each.startswith(f"{path}/")}
                gone = {each for each in gone if not each.startswith("bin/")}  # its scripts come once more, most likely
        return replace(package, missing=paths(gone))

    def _stays(self, path: str) -> bool:
        dist = self.env.by_path.get(path)
        return dist not in self.gone or (dist is not None and dist.name in self.successor)

    def _moved(self, path: str) -> str:
        """The path under which a distribution is known after the change."""
        dist = self.env.by_path.get(path)
        return self.successor.get(dist.name, path) if dist in self.gone and dist is not None else path

    def _importable(self, offers: tuple[Importable, ...]) -> tuple[Importable, ...]:
        known = {each.name for each in offers}
        kept = tuple(
            replace(each, distribution=each.distribution and self._moved(each.distribution))
            for each in offers
            if each.distribution is None or self._stays(each.distribution)
        )
        new = tuple(
            Importable(name, f"{self.site}/{name}", None, path)
            for coming, path in self.comes
            for name in sorted(top_names(self.wheels[coming.name] or (), self.site) - known)
        )
        return (*kept, *new)

    def _is_removed(self, path: str) -> bool:
        prefix = self.env.prefix.rstrip("/\\").replace("\\", "/") + "/"
        return path.replace("\\", "/").removeprefix(prefix) in self.removed

    def _touches_cuda(self) -> bool:
        names = {*self.successor, *(dist.name for dist in self.gone)}
        return any(name.startswith(_CUDA) for name in names)

    def _process(self, process: Process) -> Process:
        """The process that goes on with what it has loaded: the first module of each package is told to be stale."""
        versions = {coming.name: coming.version for coming, _ in self.comes}
        found: dict[str, str] = {}
        for dist in self.gone:
            rows = self.books.rows(dist)
            first = min(
                (module for module in process.modules if module.file and self._row_of(module) in rows),
                key=lambda module: module.name.count("."),
                default=None,
            )
            if first is not None and versions.get(dist.name) != dist.version:
                found[first.name] = "differs" if dist.name in versions else "gone"
        return replace(
            process,
            modules=tuple(replace(each, stale=found.get(each.name, each.stale)) for each in process.modules),
        )

    def _row_of(self, module: Module) -> str:
        file = (module.file or "").replace("\\", "/")
        return file.removeprefix(self.env.prefix.replace("\\", "/").rstrip("/") + "/")
