"""What pip and its like would do to what a command names, and to whom that belongs."""

from __future__ import annotations

from typing import TYPE_CHECKING

from envguard import ranges
from envguard.commands.command import Placement, Tool, Verb
from envguard.forecast import answers, pip_changes, pip_remarks
from envguard.forecast.judged import TOLD, Judged, few
from envguard.forecast.pip_changes import Change
from envguard.forecast_report import Concern, Foreseen, Remark
from envguard.model import Evidence, Severity, text
from envguard.probe.reading import spec_name
from envguard.tables import INSTALLERS

if TYPE_CHECKING:
    from collections.abc import Iterator

    from envguard.commands.command import Requirement
    from envguard.forecast.case import Case
    from envguard.forecast.glance import Asking

_UNKNOWN_DEPENDENCIES = text("what the packages depend on is not known without asking the index")


def judge(case: Case, requirements: tuple[Requirement, ...]) -> Judged:
    """What an install, update, removal or sync would do to the distributions that it names."""
    if case.command.verb is Verb.REMOVE:
        return _removed(case, requirements)
    found = Judged()
    if case.target.placement is Placement.FOLDER and not _is_site(case):
        found.installs.extend(_new(each, case) for each in requirements if each.name)
        return found
    changes = [change for each in requirements if (change := pip_changes.change_of(case, each, found)) is not None]
    if not case.has("--no-deps") and case.command.option("--reinstall-package") is None:
        changes += pip_changes.dragged(case, changes)
    for change in changes:
        _tell(case, change, found)
    if pip_remarks.is_unstoppable(case, changes):
        found.remarks.append(pip_remarks.unstoppable(case, changes))
    if case.command.verb is Verb.SYNC:
        found.add(_synced(case, requirements))
    if found.installs or found.replaces:
        found.unknown.append(_UNKNOWN_DEPENDENCIES)
    touching = found.installs or [each for each in found.replaces if each.owner == "conda"]
    if case.look.is_base and not case.beside and touching:
        found.remarks.append(pip_remarks.into_base(case))
    return found


def _is_site(case: Case) -> bool:
    """Whether the folder that was named is the environment's own, after all."""
    folder = (case.target.folder or "").rstrip("/\\")
    return folder in {case.look.prefix, *map(case.look.where, case.look.sites)}


def _tell(case: Case, change: Change, found: Judged) -> None:
    """Notes one change, and what it does to conda's packages."""
    names = _conda_names(case, change)
    asking = case.look.asking(names) if case.look.is_conda else ()
    foreseen = _foreseen(case, change, asking, names)
    (found.installs if change.dist is None else found.replaces).append(foreseen)
    broken = tuple(_broken(change, asking, names))
    if broken:
        found.remarks.append(pip_remarks.breaks(case, change, broken))
    if change.of_conda:
        found.remarks.append(pip_remarks.replaces(case, change, foreseen))


def _conda_names(case: Case, change: Change) -> frozenset[str]:
    """The names under which conda's packages ask for it."""
    record = change.owner.record if change.owner else None
    if record is None:
        return frozenset((change.name,))
    own = case.look.by_name.get(change.name)
    return frozenset(
        (record.name, change.name) if own is not None and own.version == record.version else (record.name,)
    )


def _foreseen(case: Case, change: Change, asking: tuple[Asking, ...], names: frozenset[str]) -> Foreseen:
    record = change.owner.record if change.owner and change.of_conda else None
    return Foreseen(
        name=change.name,
        version=change.version,
        was=change.dist.version if change.dist else None,
        installer="pip",
        owner=change.owner.who if change.owner else None,
        record=record.stem if record else None,
        dependants=_dependants(asking, names) if change.of_conda else (),
        compiled=case.look.is_compiled(record) if record else None,
        requested=change.requirement in case.command.requirements,
    )


def _dependants(asking: tuple[Asking, ...], names: frozenset[str]) -> tuple[str, ...]:
    """The conda packages with files that depend on one of these names."""
    return tuple(
        asks.record.name
        for asks in asking
        if asks.has_files and asks.record.name not in names and any(spec_name(spec) in names for spec in asks.depends)
    )


def _new(requirement: Requirement, case: Case) -> Foreseen:
    version = pip_changes.version_of(requirement) or ranges.exact(requirement.specifier)
    return Foreseen(
        requirement.name or "", version, None, "pip", None, requested=requirement in case.command.requirements
    )


def _broken(change: Change, asking: tuple[Asking, ...], names: frozenset[str]) -> Iterator[tuple[Asking, str]]:
    """What conda's packages ask of this one that holds now and would not afterwards: each package once, with the first such spec."""
    before = change.dist.version if change.dist else None
    for asks in asking:
        if not asks.has_files or asks.record.name in names:
            continue
        for spec in (*asks.depends, *asks.constrains):
            if spec_name(spec) not in names:
                continue
            if before is not None and answers.conda_allows(spec, change.name, before) is False:
                continue
            if change.version is not None:
                after = answers.conda_allows(spec, spec_name(spec) or "", change.version)
            else:
                after = answers.can_meet(change.wanted, spec) if change.certain and change.wanted else None
            if after is False:
                yield asks, spec
                break


def _removed(case: Case, requirements: tuple[Requirement, ...]) -> Judged:
    """What an uninstall takes off; constraints do not hold it."""
    found = Judged()
    for requirement in requirements:
        dist, owner = pip_changes.installed(case, requirement.name or "")
        if dist is None or owner is None:
            continue
        change = Change(requirement, "", dist, owner, None)
        names = _conda_names(case, change)
        foreseen = _foreseen(case, change, case.look.asking(names) if change.of_conda else (), names)
        found.removes.append(foreseen)
        if owner.who is None:
            found.unknown.append(text("whether conda or pip owns {name}", name=change.name))
        if change.of_conda:
            found.remarks.extend(pip_remarks.takes_off(case, change, foreseen))
    return found


def _synced(case: Case, requirements: tuple[Requirement, ...]) -> Judged:
    """What a sync removes because no file names it."""
    found = Judged()
    command, look = case.command, case.look
    removes = command.tool is not Tool.PDM or case.has("--clean")
    if not removes or case.has("--inexact") or not look.is_conda or any(file.unread for file in command.files):
        return found
    named = {each.name for each in requirements}
    pips = frozenset(look.pip_owned)
    gone = [d for d in look.seen if d.name not in named and d.name not in INSTALLERS and d not in pips]
    if not gone:
        return found
    found.removes.extend(Foreseen(dist.name, None, dist.version, "pip", "conda") for dist in gone)
    said = text(
        "{tool} would remove {n} package of conda's that is not in the list: {names}",
        "{tool} would remove {n} packages of conda's that are not in the list: {names}",
        n=len(gone),
        tool=command.tool.value,
        names=few(dist.name for dist in gone),
    )
    evidence = tuple(Evidence(text("conda owns this"), dist.path) for dist in gone[:TOLD])
    found.remarks.append(Remark(Concern.REPLACES_CONDA, Severity.ERROR, said, evidence, look.prefix))
    found.remarks.append(Remark(Concern.UNSTOPPABLE, Severity.WARNING, said, evidence, look.prefix))
    return found
