"""What pip and its like would do to what a command names, and to whom that belongs."""

from __future__ import annotations

from typing import TYPE_CHECKING

from envguard import ranges
from envguard.commands.command import Kind, Placement, Tool, Verb
from envguard.forecast import answers
from envguard.forecast.judged import TOLD, Judged, few, of_conda
from envguard.forecast_report import Concern, Foreseen, Remark
from envguard.model import Evidence, Severity, text
from envguard.tables import INSTALLERS
from envguard.value import value

if TYPE_CHECKING:
    from collections.abc import Iterator

    from envguard.commands.command import Requirement
    from envguard.forecast.case import Case
    from envguard.forecast.glance import Asking, Owner, Seen

_ANEW = ("--force-reinstall", "--ignore-installed", "--reinstall")
_UNKNOWN_DEPENDENCIES = text("what the packages depend on is not known without asking the index")


@value
class Change:
    """What becomes of one distribution that a command names."""

    requirement: Requirement
    wanted: str
    """The range that the requirement and the constraints leave."""
    dist: Seen | None
    owner: Owner | None
    version: str | None
    """After it, where that is known."""
    certain: bool = True

    @property
    def name(self) -> str:
        """The name, normalised."""
        return self.requirement.name or ""

    @property
    def of_conda(self) -> bool:
        """Whether it changes what conda owns."""
        return self.owner is not None and self.owner.who == "conda"


def judge(case: Case, requirements: tuple[Requirement, ...]) -> Judged:
    """What would become of what is named."""
    if case.command.verb is Verb.REMOVE:
        return _removed(case, requirements)
    found = Judged()
    if case.target.placement is Placement.FOLDER and not _is_site(case):
        found.installs.extend(_new(each, case) for each in requirements if each.name)
        return found
    changes = [change for each in requirements for change in _changes(case, each, found)]
    if not case.has("--no-deps") and case.command.option("--reinstall-package") is None:
        changes += _dragged(case, changes)
    for change in changes:
        _tell(case, change, found)
    if _is_unstoppable(case, changes):
        found.remarks.append(_unstoppable(case, changes))
    if case.command.verb is Verb.SYNC:
        found.add(_synced(case, requirements))
    if found.installs or found.replaces:
        found.unknown.append(_UNKNOWN_DEPENDENCIES)
    touching = found.installs or [each for each in found.replaces if each.owner == "conda"]
    if case.look.is_base and not case.beside and touching:
        found.remarks.append(_base(case))
    return found


def _is_site(case: Case) -> bool:
    """Whether the folder that was named is the environment's own, after all."""
    folder = (case.target.folder or "").rstrip("/\\")
    return folder in {case.look.prefix, *map(case.look.where, case.look.sites)}


def _changes(case: Case, requirement: Requirement, found: Judged) -> Iterator[Change]:
    """The change that one requirement makes, if any; what cannot be told goes into `unknown`."""
    name = requirement.name
    if name is None:
        found.unknown.append(text("{requirement} does not tell which package it is", requirement=requirement.text))
        return
    met = answers.applies(requirement, case.look)
    if met is None:
        found.unknown.append(text("whether {requirement} is meant for this Python", requirement=requirement.text))
    if not met:
        return
    limits = [
        each.specifier for each in case.command.constraints if each.name == name and answers.applies(each, case.look)
    ]
    wanted = answers.joined((requirement.specifier, *limits))
    theirs, ours = ranges.terms(requirement.specifier), ranges.terms(answers.joined(limits))
    if theirs is not None and ours is not None and ranges.meet(theirs, ours) is False:
        said = text(
            "the constraints allow {name} {allowed} only, and the command asks for {wanted}",
            name=name,
            allowed=answers.joined(limits),
            wanted=requirement.specifier,
        )
        found.refusals.append(said)
        return
    dist, owner = _installed(case, name)
    told = _version(requirement) or ranges.exact(wanted)
    if dist is None:
        yield Change(requirement, wanted, None, None, told)
        return
    if owner is not None and owner.who is None:
        found.unknown.append(text("whether conda or pip owns {name}", name=name))
    answer = _is_changed(case, requirement, wanted, dist)
    if answer is None:
        found.unknown.append(
            text("whether {version} meets {requirement}", version=dist.version or "?", requirement=requirement.text)
        )
    elif answer:
        yield Change(requirement, wanted, dist, owner, told, certain=answer == "certain")


def _installed(case: Case, name: str) -> tuple[Seen | None, Owner | None]:
    """The distribution of a name that is there, conda's first."""
    dists = case.look.named.get(name, ())
    owners = case.look.owners(dists)
    dist = next((each for each in dists if owners[each].who == "conda"), dists[0] if dists else None)
    return dist, owners[dist] if dist else None


def _version(requirement: Requirement) -> str | None:
    """The version that the name of a wheel tells."""
    file = requirement.text.partition("#")[0].rpartition("/")[2]
    parts = file.split("-")
    return parts[1] if requirement.kind in (Kind.URL, Kind.PATH) and file.endswith(".whl") and len(parts) > 4 else None


def _is_changed(case: Case, requirement: Requirement, wanted: str, dist: Seen) -> str | None:
    """Whether an installer would touch what is there: "certain", "likely", "" for no, None if that cannot be told."""
    command = case.command
    if case.has(*_ANEW) or command.option("--reinstall-package") == requirement.name:
        return "certain"
    if requirement.kind in (Kind.URL, Kind.VCS, Kind.PATH):
        return "" if _version(requirement) == dist.version else "certain"
    allowed = answers.pip_allows(wanted, dist.version)
    if allowed is None:
        return None
    if not allowed:
        return "certain"
    upgrades = command.verb is Verb.UPDATE or case.has("--upgrade")
    upgrades = upgrades or command.option("--upgrade-package") == requirement.name
    pinned = ranges.exact(wanted) is not None or f"<={dist.version}" in wanted.split(",")
    return "likely" if upgrades and not pinned else ""


def _dragged(case: Case, changes: list[Change]) -> list[Change]:
    """What conda owns and the named packages require: these options make it anew, too."""
    if not case.has(*_ANEW):
        return []
    named = {change.name for change in changes}
    found = {}
    for change in changes:
        for name in case.look.requires(change.dist) if change.dist else ():
            dist, owner = _installed(case, name) if name not in named else (None, None)
            if dist is not None and owner is not None and owner.who == "conda":
                found[name] = Change(_bare(name), "", dist, owner, None)
    return list(found.values())


def _bare(name: str) -> Requirement:
    from envguard.commands.command import Requirement

    return Requirement(name, Kind.NAME, name)


def _tell(case: Case, change: Change, found: Judged) -> None:
    """Notes one change, and what it does to conda's packages."""
    names = _conda_names(case, change)
    asking = case.look.asking(names) if case.look.is_conda else ()
    foreseen = _foreseen(case, change, asking, names)
    (found.installs if change.dist is None else found.replaces).append(foreseen)
    broken = tuple(_broken(change, asking, names))
    if broken:
        found.remarks.append(_breaks(case, change, broken))
    if change.of_conda:
        found.remarks.append(_replaces(case, change, foreseen))


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
    from envguard.probe.reading import spec_name

    return tuple(
        asks.record.name
        for asks in asking
        if asks.has_files and asks.record.name not in names and any(spec_name(spec) in names for spec in asks.depends)
    )


def _new(requirement: Requirement, case: Case) -> Foreseen:
    version = _version(requirement) or ranges.exact(requirement.specifier)
    return Foreseen(
        requirement.name or "", version, None, "pip", None, requested=requirement in case.command.requirements
    )


def _broken(change: Change, asking: tuple[Asking, ...], names: frozenset[str]) -> Iterator[tuple[Asking, str]]:
    """What conda's packages ask for, held so far, and would hold no more."""
    from envguard.probe.reading import spec_name

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


def _breaks(case: Case, change: Change, broken: tuple[tuple[Asking, str], ...]) -> Remark:
    return Remark(
        Concern.BREAKS_CONSTRAINT,
        Severity.ERROR,
        text(
            "{tool} would bring {name} {version}, and conda's {packages} asks for another ({spec})",
            "{tool} would bring {name} {version}, and conda's {packages} ask for others (as {spec})",
            n=len(broken),
            tool=case.command.tool.value,
            name=change.name,
            version=change.version or change.wanted,
            packages=few(asks.record.name for asks, _ in broken),
            spec=broken[0][1],
        ),
        tuple(
            Evidence(
                text("{package} asks for {spec}", package=f"{asks.record.name} {asks.record.version}", spec=spec),
                f"conda-meta/{asks.record.stem}.json",
            )
            for asks, spec in broken[:TOLD]
        ),
        change.name,
    )


def _replaces(case: Case, change: Change, foreseen: Foreseen) -> Remark:
    assert change.dist is not None
    told = {
        "tool": case.command.tool.value,
        "name": change.name,
        "was": change.dist.version or "?",
        "version": change.version or "",
    }
    if case.beside:
        said = text("{tool} would install another {name}, which hides conda's {was}", **told)
    elif not change.certain:
        said = text("{tool} would replace conda's {name} {was} with the newest, if that is another", **told)
    elif change.version is not None:
        said = text("{tool} would replace conda's {name} {was} with {version}", **told)
    else:
        said = text("{tool} would replace conda's {name} {was}", **told)
    evidence = (Evidence(text("conda owns this"), change.dist.path), *of_conda(foreseen))
    return Remark(Concern.REPLACES_CONDA, Severity.WARNING, said, evidence, change.name)


def _is_unstoppable(case: Case, changes: list[Change]) -> bool:
    """Whether an option overrides whatever constraints say, to conda's cost."""
    if not case.look.is_conda or case.beside or not (case.has(*_ANEW) or case.command.option("--reinstall-package")):
        return False
    new = any(change.dist is None for change in changes) and case.has(*_ANEW) and not case.has("--no-deps")
    return new or any(change.of_conda for change in changes)


def _unstoppable(case: Case, changes: list[Change]) -> Remark:
    option = next(each for each in (*_ANEW, "--reinstall-package") if case.has(each))
    names = few(change.name for change in changes if change.of_conda)
    tool = case.command.tool.value
    if names:
        said = text(
            "{option} makes {tool} install {names} over conda's own, whatever version is there",
            option=option,
            tool=tool,
            names=names,
        )
    else:
        said = text(
            "{option} makes {tool} install everything the packages depend on once more, over conda's own",
            option=option,
            tool=tool,
        )
    return Remark(Concern.UNSTOPPABLE, Severity.WARNING, said, (), option)


def _base(case: Case) -> Remark:
    said = text("{tool} would install into base, in which conda itself runs", tool=case.command.tool.value)
    return Remark(
        Concern.BASE, Severity.WARNING, said, (Evidence(text("holds conda"), "conda-meta"),), case.look.prefix
    )


def _removed(case: Case, requirements: tuple[Requirement, ...]) -> Judged:
    """What an uninstall takes off; constraints do not hold it."""
    found = Judged()
    for requirement in requirements:
        dist, owner = _installed(case, requirement.name or "")
        if dist is None or owner is None:
            continue
        change = Change(requirement, "", dist, owner, None)
        names = _conda_names(case, change)
        foreseen = _foreseen(case, change, case.look.asking(names) if change.of_conda else (), names)
        found.removes.append(foreseen)
        if owner.who is None:
            found.unknown.append(text("whether conda or pip owns {name}", name=change.name))
        if change.of_conda:
            found.remarks.extend(_takes_off(case, change, foreseen))
    return found


def _takes_off(case: Case, change: Change, foreseen: Foreseen) -> Iterator[Remark]:
    assert change.dist is not None
    told = {"tool": case.command.tool.value, "name": change.name, "was": change.dist.version or "?"}
    evidence = (
        Evidence(text("conda owns this"), change.dist.path),
        Evidence(text("says that conda installed it"), f"conda-meta/{foreseen.record}.json"),
    )
    if foreseen.dependants:
        packages = few(foreseen.dependants)
        said = text(
            "{tool} would remove conda's {name} {was}, which {packages} needs",
            "{tool} would remove conda's {name} {was}, which {packages} need",
            n=len(foreseen.dependants),
            packages=packages,
            **told,
        )
        yield Remark(Concern.BREAKS_CONSTRAINT, Severity.ERROR, said, evidence, change.name)
    said = text("{tool} would remove conda's {name} {was}, and conda would still list it", **told)
    yield Remark(Concern.REPLACES_CONDA, Severity.WARNING, said, evidence, change.name)
    said = text("no constraint keeps {tool} from removing conda's {name}", tool=told["tool"], name=change.name)
    yield Remark(Concern.UNSTOPPABLE, Severity.WARNING, said, (), change.name)


def _synced(case: Case, requirements: tuple[Requirement, ...]) -> Judged:
    """What goes because a file does not name it."""
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
