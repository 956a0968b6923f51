"""Rules about what notebooks import, held against an environment; the notebooks are read, never run."""

from __future__ import annotations

from typing import TYPE_CHECKING

from envguard.model import Certainty, Evidence, Severity, text
from envguard.rules.names import normalise
from envguard.rules.rule import Found, Rule, rule
from envguard.scanned import Stamped

if TYPE_CHECKING:
    from collections.abc import Iterator

    from envguard.facts import Environment


@rule("import-not-in-environment", code=606, severity=Severity.WARNING, needs=("scanned", "importable"))
def import_not_in_environment(env: Environment) -> Iterator[Found]:
    """A notebook imports what the environment does not have.

    No package of the environment that was named offers a module of this name.

    Why it matters: the cell fails there with `ModuleNotFoundError`.

    How to repair: install what brings the module; its name may be another than that of the module.

    Not reported: modules of the standard library, files beside the notebook, imports that are tried (`try: import x`), and
    what a command of the same notebook installs.
    """
    offered = {each.name.partition(".")[0] for each in env.importable or ()}
    # a compiled module may be listed with the tag of its Python
    offered |= {name.partition("-")[0] for name in offered}
    for file in env.scanned or ():
        brought = {normalise(wanted.name) for each in file.installs for wanted in each.wanted if wanted.name}
        told = set()
        for each in file.imports:
            known = each.name in offered or each.name in file.local
            if known or each.guarded or each.name in told or normalise(each.name) in brought:
                continue
            told.add(each.name)
            yield Found(
                subject=each.name,
                message=text("{name} is imported, and {env} does not have it", name=each.name, env=env.name),
                evidence=(Evidence(text("import {name}", name=each.name), each.source),),
                certainty=Certainty.LIKELY if brought else Certainty.CERTAIN,
            )


@rule("stamp-differs", code=607, severity=Severity.WARNING, needs=("scanned", "importable"))
def stamp_differs(env: Environment) -> Iterator[Found]:
    """A notebook was stamped where what it imports is of another version.

    `%envcheck stamp` has written into the notebook in which environment it works. Here a module that it imports is of another
    release, or Python is.

    Why it matters: the notebook may give other results here, or fail. Another release in its first or second number is a
    warning; a smaller difference, or another installer, is information.

    How to repair: install the versions of the stamp, in an environment for this notebook; or see that the notebook works
    here, and stamp it anew.

    Not reported: what the notebook no longer imports, and what is not here at all (EG606).
    """
    here = stamped(env)
    for file in env.scanned or ():
        if file.stamp is None:
            continue
        used = {each.name: each.source for each in reversed(file.imports)}
        was, now = _release(file.stamp.python), _release(env.python_version)
        if used and was and now and was != now:
            said = text(
                "Python was {was} where it was stamped, and is {now} here",
                was=file.stamp.python or "?",
                now=env.python_version or "?",
            )
            yield Found(
                subject="python",
                message=said,
                evidence=(Evidence(text("so says its stamp"), next(iter(reversed(used.values())))),),
            )
        for each in file.stamp.packages:
            other = here.get(each.module)
            if each.module not in used or other is None or (other.version, other.by) == (each.version, each.by):
                continue
            told = {
                "name": each.distribution,
                "was": each.version,
                "now": other.version,
                "by": each.by,
                "other": other.by,
            }
            if other.version != each.version:
                said = text("{name} was {was} where it was stamped, and is {now} here", **told)
            else:
                said = text("{name} {was} came by {by} where it was stamped, and by {other} here", **told)
            yield Found(
                subject=each.distribution,
                message=said,
                evidence=(Evidence(text("the notebook imports {module}", module=each.module), used[each.module]),),
                severity=None if _release(each.version) != _release(other.version) else Severity.INFO,
            )


def stamped(env: Environment) -> dict[str, Stamped]:
    """For each module of an environment what a stamp would say of it."""
    found: dict[str, Stamped] = {}
    for each in env.importable or ():
        dist = env.by_path.get(each.distribution or "")
        package = env.by_record.get(each.record or "")
        module = each.name.partition(".")[0]
        if dist is not None and dist.version is not None:
            found.setdefault(module, Stamped(module, dist.name, dist.version, "conda" if dist.owner else "pip"))
        elif package is not None:
            found.setdefault(module, Stamped(module, package.name, package.version, "conda"))
    return found


def _release(version: str | None) -> str:
    return ".".join((version or "").split(".")[:2])


RULES: tuple[Rule, ...] = (import_not_in_environment, stamp_differs)
