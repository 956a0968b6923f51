"""What an overlap of the two books means: a replaced package or a stranger's file, how bad, and which copy is imported."""

from __future__ import annotations

from typing import TYPE_CHECKING

from envguard.model import Severity
from envguard.value import value

if TYPE_CHECKING:
    from collections.abc import Iterable

    from envguard.facts import CondaPackage, Distribution, Environment, Overlap, Paths

_NOT_CODE = ("/test/", "/tests/", "/testing/", "/doc/", "/docs/", "/example/", "/examples/", "/benchmarks/")


@value
class Clash:
    """One overlap with both its sides at hand."""

    overlap: Overlap
    package: CondaPackage
    dist: Distribution

    @property
    def stranger(self) -> bool:
        """Whether the distribution is another project than the package, which it merely shares files with."""
        return self.dist.name not in self.package.provides

    @property
    def overwrites(self) -> bool:
        """Whether files of conda's are not what conda put there."""
        return self.overlap.shape in ("pip", "both")

    @property
    def replaces(self) -> bool:
        """Whether the package itself was exchanged for the distribution (shape A)."""
        return self.overwrites and not self.stranger

    @property
    def proven(self) -> bool:
        """Whether at least one file was seen to have the content of one of the books, or to be gone."""
        state = self.overlap.on_disk
        return bool(state.pip or state.conda or state.missing)

    @property
    def severity(self) -> Severity:
        """Compiled files are an error, sources a warning, the rest information."""
        shape = self.overlap.shape
        if shape == "same" or (self.stranger and not self._code):
            return Severity.INFO
        if shape == "conda" or (self.stranger and not self.proven):
            return Severity.WARNING
        compiled = self.overlap.compiled or (not self.stranger and self.package.missing.compiled)
        return Severity.ERROR if compiled else Severity.WARNING

    @property
    def _code(self) -> bool:
        """Whether importable files differ; a sample names those first, and `site-packages/tests` is nobody's."""
        if self.overlap.compiled or not self.overlap.sample:
            return True
        site = self.dist.site + "/"
        own = [file.path for file in self.overlap.sample if file.path.endswith(".py")]
        return any(f"/{file.removeprefix(site)}".startswith(_NOT_CODE) is False for file in own)


def clashes(env: Environment) -> tuple[Clash, ...]:
    """Every overlap whose record and distribution are known."""
    return _clashes(env, env.overlaps)


def clashes_of(env: Environment, dist: Distribution) -> tuple[Clash, ...]:
    """Those of one distribution."""
    return _clashes(env, env.overlaps_of.get(dist.path, ()))


def _clashes(env: Environment, overlaps: Iterable[Overlap]) -> tuple[Clash, ...]:
    return tuple(
        Clash(overlap, env.by_record[overlap.record], env.by_path[overlap.distribution])
        for overlap in overlaps
        if overlap.record in env.by_record and overlap.distribution in env.by_path
    )


def stale(env: Environment) -> frozenset[str]:
    """Paths of dist-infos whose code is not the one imported: pip's in shape B, conda's in shape A."""
    found = set()
    for clash in clashes(env):
        if clash.stranger:
            continue
        if clash.overlap.shape == "conda":
            found.add(clash.dist.path)
        elif clash.overwrites:
            found.update(dist.path for dist in conda_copies(env, clash.package, clash.dist))
    return frozenset(found)


def live(env: Environment) -> tuple[Distribution, ...]:
    """The distributions that an import meets."""
    gone = stale(env)
    return tuple(dist for dist in env.distributions or () if dist.kind != "leftover" and dist.path not in gone)


def conda_copies(env: Environment, package: CondaPackage, dist: Distribution) -> tuple[Distribution, ...]:
    """The dist-infos conda still owns of a distribution that pip installed too."""
    return tuple(
        other
        for other in env.dists_named.get(dist.name, ())
        if other.owner == package.record and other.path != dist.path
    )


def pip_copies(env: Environment, name: str) -> tuple[Distribution, ...]:
    """The dist-infos of one name that conda does not own."""
    return tuple(dist for dist in env.dists_named.get(name, ()) if dist.owner is None and dist.kind != "leftover")


def uninstalled(env: Environment, package: CondaPackage) -> bool:
    """Whether a package was taken off behind conda's back: its code is gone, and so is every dist-info it brought."""
    missing = package.missing
    if not missing.count:
        return False
    if package.provides and env.distributions is not None:
        return package.record not in env.records_of_dists and bool(missing.compiled or missing.python)
    return 0 < package.files <= missing.count


def stand_in(env: Environment, package: CondaPackage) -> Distribution | None:
    """The distribution of pip's that stands where a package's files were taken off."""
    return next((dist for name in package.provides for dist in pip_copies(env, name)), None)


def disposable(paths: Paths) -> bool:
    """Whether files are of the kind people delete to save space: documents, static libraries, source maps, tests."""
    if paths.compiled or (paths.python and paths.count > len(paths.sample)):
        return False
    return bool(paths.sample) and all(
        file.endswith((".a", ".js.map", ".css.map", ".md", ".rst", ".pdb"))
        or file.startswith(("share/doc/", "share/man/", "share/info/", "man/", "conda-meta/"))
        or any(part in f"/{file}" for part in ("/tests/", "/test/"))
        for file in paths.sample
    )
