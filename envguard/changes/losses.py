"""What a plan takes away, and whose a package could be instead."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from envguard.masking import without_secrets
from envguard.model import Act, text
from envguard.repair_report import Choice
from envguard.rules import fixes
from envguard.rules.dependants import dependants, labels
from envguard.rules.names import normalise
from envguard.rules.overlaps import clashes, live, pip_copies

if TYPE_CHECKING:
    from collections.abc import Iterator

    from envguard.changes.choose import Chosen
    from envguard.facts import CondaPackage, Distribution, Environment
    from envguard.model import Text

_SHOWN = 6
_NAME = re.compile(r"[A-Za-z0-9](?:[A-Za-z0-9._-]*[A-Za-z0-9])?")


def told(env: Environment, chosen: Chosen) -> Iterator[Text]:
    """What is no longer there after the steps, in sentences."""
    acts = {act: tuple(name for step in chosen.steps if step.act is act for name in step.of) for act in Act}
    were, stay = ({dist.name: dist for dist in live(each)} for each in (env, chosen.env))
    for name in dict.fromkeys(acts[Act.UNINSTALL]):
        dist = next(iter(pip_copies(env, name)), None)
        if dist is None or (name in were and were[name].version != dist.version):
            continue  # nothing of it is imported even now
        if name not in stay:
            yield _gone(dist)
        elif stay[name].version != dist.version:
            needing = tuple(each.name for each in live(env) if each.owner is None and _asks(each, name))
            yield _other(dist, stay[name].version or "?", needing)
        elif dist.direct_url is not None:
            yield text("pip's {name} {version}", name=name, version=_version(dist))
    clashing = {clash.package.record for clash in clashes(env)}
    for name in acts[Act.RELINK]:
        package = env.by_name[name]
        if package.altered.count and package.record not in clashing:
            yield text(
                "what somebody has changed in {n} file of {package}, such as {files}",
                "what somebody has changed in {n} files of {package}, such as {files}",
                n=package.altered.count,
                package=name,
                files=package.altered.sample[:_SHOWN],
            )
    for path in acts[Act.DELETE]:
        if path not in env.by_path:
            yield text("{path}, which belongs to nobody's book", path=path)
    for name in acts[Act.FORGET]:
        yield _forgotten(env, env.by_name[name])
    for name in acts[Act.CONDA_REMOVE]:
        yield text("conda's {package} with all its files", package=name)


def choices(env: Environment, kept: frozenset[str]) -> Iterator[Choice]:
    """Each package that both could have, whose it is to be, and what else could be chosen."""
    seen: set[str] = set()
    for clash in clashes(env):
        package, dist = clash.package, clash.dist
        if clash.stranger or not clash.overlap.differ or dist.name in seen:
            continue
        seen.add(dist.name)
        keeps = "pip" if dist.name in kept else "conda"
        yield Choice(
            package.name, package.version, dist.name, dist.version or "?", keeps, _otherwise(env, package, dist, keeps)
        )


def _otherwise(env: Environment, package: CondaPackage, dist: Distribution, keeps: str) -> Text:
    if keeps == "pip":
        return text("without --keep-pip {name} conda's comes back", name=dist.name)
    if not fixes.leave_to_pip(env, (package,), dist):
        return text("it cannot be left to pip: nothing tells pip where to get {name} again", name=dist.name)
    needing = dependants(env, {package.name, *package.provides})
    if needing:
        return text(
            "--keep-pip {name} leaves it to pip; but {packages} depends on conda's, and conda would bring its own back with its next change",
            "--keep-pip {name} leaves it to pip; but {packages} depend on conda's, and conda would bring its own back with its next change",
            n=len(needing),
            name=dist.name,
            packages=labels(needing)[:_SHOWN],
        )
    return text("--keep-pip {name} leaves it to pip for good: conda forgets its own", name=dist.name)


def _gone(dist: Distribution) -> Text:
    if dist.requested:
        return text(
            "pip's {name} {version}, which somebody asked for: it cannot be there without files of conda's",
            name=dist.name,
            version=_version(dist),
        )
    return text("pip's {name} {version}", name=dist.name, version=_version(dist))


def _other(dist: Distribution, version: str, needing: tuple[str, ...]) -> Text:
    if needing:
        return text(
            "pip's {name} {version}: {others}, which requires {name}, meets {then} instead",
            "pip's {name} {version}: {others}, which require {name}, meet {then} instead",
            n=len(needing),
            name=dist.name,
            version=_version(dist),
            then=version,
            others=needing[:_SHOWN],
        )
    return text("pip's {name} {version}: {then} is there instead", name=dist.name, version=_version(dist), then=version)


def _forgotten(env: Environment, package: CondaPackage) -> Text:
    needing = dependants(env, {package.name, *package.provides})
    if needing:
        return text(
            "conda's word for {package}: its {packages} depends on it, and conda brings its own back with its next change",
            "conda's word for {package}: its {packages} depend on it, and conda brings its own back with its next change",
            n=len(needing),
            package=package.name,
            packages=labels(needing)[:_SHOWN],
        )
    return text("conda's word for {package}: pip alone keeps it from now on", package=package.name)


def _version(dist: Distribution) -> str:
    """The version, and where it came from if that was no index."""
    if dist.direct_url is None:
        return dist.version or "?"
    return f"{dist.version or '?'} ({without_secrets(dist.direct_url.url)})"


def _asks(dist: Distribution, name: str) -> bool:
    """Whether a distribution requires another, extras apart."""
    return any(
        normalise(match[0]) == name
        for line in dist.requires
        if "extra" not in line.partition(";")[2] and (match := _NAME.match(line))
    )
