"""Rules about what a kernel has loaded against what is installed now, and whether it must be restarted."""

from __future__ import annotations

from typing import TYPE_CHECKING

from envguard import versions
from envguard.errors import CannotTell
from envguard.model import Certainty, Evidence, Fix, Restart, Safety, Severity, Step, Where, text
from envguard.rules import fixes
from envguard.rules.names import same_project
from envguard.rules.outdated import installed_since, kernel, outdated, whose
from envguard.rules.overlaps import live
from envguard.rules.rule import Found, Rule, rule
from envguard.versions import Answer

if TYPE_CHECKING:
    from collections.abc import Iterator

    from envguard.facts import CondaPackage, Distribution, Environment
    from envguard.model import Text
    from envguard.process import Module
    from envguard.rules.outdated import Outdated

CORE = frozenset(
    "cupy jax jaxlib numba llvmlite numpy onnxruntime pandas polars pyarrow python scipy sklearn tensorflow torch torchvision".split()  # noqa: SIM905 - a list of words
)
"""What many others are compiled against: half of the old and half of the new crashes, or computes nonsense."""

_SHOWN = 3


@rule("stale-module", code=300, severity=Severity.ERROR, needs=("process", "distributions"))
def stale_module(env: Environment) -> Iterator[Found]:
    """What is loaded is not what is installed.

    Since this kernel started, a package that it has loaded was installed in another version, or taken off. A running
    Python goes on with what it has loaded.

    Why it matters: the new version is not there until a restart, whatever pip or conda said. And modules that are
    imported from now on come from the new version, next to loaded ones of the old: names that do not exist, errors in
    code that is right. For the compiled core (numpy, scipy, pandas, torch and the like) that can end in a crash, and is an
    error; for other packages it is a warning.

    How to repair: restart the kernel. Its variables are lost, so save what took long to compute.

    Not reported: packages that were only put there once more in the same version; modules that were reloaded since; your
    own modules and those installed to be edited; what was written since and could not be compared, unless its
    version differs; interpreters other than a running kernel.
    """
    for each in outdated(env)[0]:
        yield Found(
            subject=each.name,
            message=_message(each),
            evidence=_evidence(each),
            consequence=text("{name} is not in this kernel until it is restarted", name=f"{each.name} {each.installed}")
            if each.installed and each.differs
            else text("what is imported from now on does not belong to what is loaded"),
            fixes=(_RESTART,),
            severity=Severity.ERROR if each.name in CORE else Severity.WARNING,
            certainty=Certainty.CERTAIN if each.certain else Certainty.LIKELY,
        )


_RESTART = Fix(
    text("Restart the kernel, once what you need of its variables is saved"),
    (Step(("restart",), Where.KERNEL),),
    Safety.MANUAL,
    restart=True,
)


def _message(each: Outdated) -> Text:
    if each.loaded is not None and each.differs:
        return text(
            "{name} {loaded} is loaded, {installed} is installed",
            name=each.name,
            loaded=each.loaded,
            installed=each.label,
        )
    name = f"{each.name} {each.loaded}" if each.loaded else each.name
    if each.gone:
        return text("{name} is loaded, but was removed", name=name)
    if each.installed is not None and each.loaded is None:
        return text(
            "{name} was loaded before {installed} was installed, which differs from it",
            name=name,
            installed=each.label if each.dist and each.label != each.installed else f"{each.name} {each.installed}",
        )
    return text("{name} is loaded, but its files are others now", name=name)


def _evidence(each: Outdated) -> tuple[Evidence, ...]:
    found = [Evidence(_SAYS[module.stale or "changed"], module.file or module.name) for module in each.modules[:_SHOWN]]
    found += [
        Evidence(text("is in memory, though it was removed or replaced on disk"), library.path)
        for library in each.libraries[:_SHOWN]
    ]
    if each.dist is not None and each.installed is not None:
        found.append(
            Evidence(text("says {name} {version}", name=each.dist.name, version=each.installed), each.dist.path)
        )
    elif each.package is not None and each.installed is not None:
        found.append(
            Evidence(text("says {name} {version}", name=each.package.name, version=each.installed), each.package.record)
        )
    return tuple(found)


_SAYS = {
    "differs": text("was written since the kernel started, and is not the code that is loaded"),
    "gone": text("was loaded, and is gone"),
    "changed": text("was written since the kernel started"),
}


def restart(env: Environment) -> Restart | None:
    """Whether the kernel must be restarted; None where nothing was installed since it started, or none was asked."""
    if env.distributions is None:
        return None
    try:
        needed, unknown = outdated(env)
        since = installed_since(env, kernel(env))
    except CannotTell:
        return None
    if needed:
        return Restart(needed=True, names=tuple(each.name for each in needed), says=tuple(map(_message, needed)))
    if unknown and since:
        names = tuple(each.name for each in unknown)
        return Restart(needed=None, names=names, says=(text("not compared with what is loaded: {names}", names=names),))
    if since:
        return Restart(needed=False, names=(), says=(text("nothing that is loaded has changed"),))
    return None


@rule("module-version-differs", code=302, severity=Severity.WARNING, needs=("process", "distributions", "importable"))
def module_version_differs(env: Environment) -> Iterator[Found]:
    """Metadata tells another version than the one that is imported.

    This kernel has loaded a package in one version. Metadata that lies beside it tells another: of an installation whose
    files are no longer there, though its `dist-info` was left.

    Why it matters: `importlib.metadata.version()`, `pip list` and checks of requirements may answer with a version that
    is not there. pip takes the package for up to date, or updates the wrong one.

    How to repair: delete the `dist-info` of the version that is not there. Not by `pip uninstall`: it would delete the
    files of the version that is there as well.

    Not reported: packages whose `__version__` is none of those that metadata tell, as some count otherwise there;
    packages that were changed since the kernel started (EG300); what was installed to be edited; interpreters other than
    a running kernel.
    """
    process = kernel(env)
    changed = {each.name for group in outdated(env) for each in group}
    offers = {each.name: each for each in env.importable or ()}
    present = {each.path for each in live(env)}
    for module in process.modules:
        offer = offers.get(module.name)
        if module.version is None or offer is None or module.name in changed or not _lies_at(module, offer.path):
            continue
        dist, package = whose(env, offer, module.name)
        names = {each.name for each in (dist,) if each}
        names.update(package.provides if package else ())
        copies = tuple(
            each for name in sorted(names) for each in env.dists_named.get(name, ()) if each.kind != "leftover"
        )
        if any(each.editable for each in copies):
            continue
        wrong = tuple(each for each in copies if versions.same(module.version, each.version) is Answer.NO)
        right = tuple(each for each in copies if versions.same(module.version, each.version) is Answer.YES)
        book = _book(env, module.version, copies)
        if wrong and (right or book):
            yield _found(env, module, wrong, right, book, present)


def _book(env: Environment, version: str, copies: tuple[Distribution, ...]) -> CondaPackage | None:
    """The conda package of the same project whose record tells the version that is loaded."""
    for each in copies:
        package = env.by_name.get(each.name)
        if package is not None and same_project(package.name, each.name):
            return package if versions.same(version, package.version) is Answer.YES else None
    return None


def _lies_at(module: Module, path: str) -> bool:
    """Whether a module was loaded from the place in the prefix that is known by its name."""
    file = (module.file or "").replace("\\", "/")
    return f"/{path}/" in file or file.endswith(f"/{path}")


def _found(
    env: Environment,
    module: Module,
    wrong: tuple[Distribution, ...],
    right: tuple[Distribution, ...],
    book: CondaPackage | None,
    present: set[str],
) -> Found:
    told = tuple(dict.fromkeys(f"{each.name} {each.version}" for each in wrong))
    evidence = [Evidence(text("is loaded and says {version}", version=module.version or "?"), module.file or "")]
    evidence += [
        Evidence(text("says {name} {version}", name=each.name, version=each.version or "?"), each.path)
        for each in (*wrong, *right)
    ]
    if book is not None:
        evidence.append(Evidence(text("says {name} {version}", name=book.name, version=book.version), book.record))
    strays = tuple(each for each in wrong if each.owner is None and right and each.path in present)
    ways = tuple(fixes.drop(env, each) for each in strays) if fixes.may_write(env) else ()
    return Found(
        subject=module.name,
        message=text(
            "{name} {version} is imported, but metadata tells {told}",
            name=module.name,
            version=module.version or "?",
            told=told,
        ),
        evidence=tuple(evidence),
        consequence=text("importlib.metadata and pip may answer with the version that is not there"),
        fixes=ways,
    )


RULES: tuple[Rule, ...] = (stale_module, module_version_differs)
