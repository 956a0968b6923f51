"""What conda and its like would do in an environment into which pip has installed."""

from __future__ import annotations

from typing import TYPE_CHECKING

from envguard.commands.command import Kind, Verb
from envguard.forecast import answers
from envguard.forecast.judged import TOLD, Judged, few
from envguard.forecast_report import Concern, Foreseen, Remark
from envguard.model import Evidence, Severity, text
from envguard.probe.reading import normalise, spec_name
from envguard.tables import INSTALLERS

if TYPE_CHECKING:
    from envguard.commands.command import Requirement
    from envguard.forecast.case import Case
    from envguard.forecast.glance import Seen

_ALL = ("--update-all", "--all")
_ANEW = ("--force-reinstall", "--force")
_WITH_BUILD = 3
"""Parts of `name=version=build`."""


def judge(case: Case, requirements: tuple[Requirement, ...]) -> Judged:
    """What would become of what is named, and of what pip has installed."""
    found = Judged()
    specs = tuple(each for each in requirements if each.kind is not Kind.NAME and each.name)
    changed = tuple(each for each in specs if _is_changed(case, each))
    for each in changed:
        _foresee(case, each, found)
    everything = case.command.verb in (Verb.UPDATE, Verb.SYNC) and (case.has(*_ALL) or not specs)
    everything = everything or (case.command.verb is Verb.INSTALL and case.has("--update-all"))
    if not changed and not everything:
        return found
    pips = tuple(dist for dist in case.look.pip_owned if dist.name not in INSTALLERS)
    landing = _landing(case, changed, pips)
    if landing:
        found.remarks.append(_lands(case, landing))
    if case.command.verb is Verb.REMOVE:
        needed = _needed(case, changed, pips)
        if needed:
            found.remarks.append(needed)
    elif pips and not (case.has("--no-deps") and not everything):
        found.remarks.append(_after(case, pips))
    if found.installs or found.replaces or everything:
        found.unknown.append(text("what else conda would change is known only to its solver"))
    if case.look.is_base and found.installs:
        said = text("{tool} would install into base, in which conda itself runs", tool=case.command.tool.value)
        found.remarks.append(Remark(Concern.BASE, Severity.INFO, said, (), case.look.prefix))
    return found


def _is_changed(case: Case, requirement: Requirement) -> bool:
    """Whether conda would touch what a spec names; what is there and in the range it leaves alone."""
    verb = case.command.verb
    record = case.look.by_name.get(requirement.name or "")
    if verb is Verb.REMOVE or record is None:
        return record is not None or verb is not Verb.REMOVE
    if verb is Verb.UPDATE or case.has(*_ANEW, "--update-specs", "--update-all"):
        return True
    spec = requirement.text.rpartition("::")[2]
    parts = spec.split("=")
    if len(parts) == _WITH_BUILD and all(parts):
        return parts[1:] != [record.version, record.build]
    return answers.conda_allows(spec, record.name, record.version) is False


def _foresee(case: Case, requirement: Requirement, found: Judged) -> None:
    name = requirement.name or ""
    record = case.look.by_name.get(name)
    if record is None:
        found.installs.append(Foreseen(name, None, None, "conda", None, requested=True, source=requirement.channel))
        return
    asking = case.look.asking((name,))
    dependants = tuple(
        each.record.name for each in asking if each.has_files and any(spec_name(spec) == name for spec in each.depends)
    )
    foreseen = Foreseen(
        name=name,
        version=None,
        was=record.version,
        installer="conda",
        owner="conda",
        record=record.stem,
        dependants=dependants,
        compiled=case.look.is_compiled(record),
        requested=True,
    )
    (found.removes if case.command.verb is Verb.REMOVE else found.replaces).append(foreseen)


def _landing(case: Case, changed: tuple[Requirement, ...], pips: tuple[Seen, ...]) -> tuple[Seen, ...]:
    """The distributions of pip's that a command names under conda's names."""
    if not pips or not changed:
        return ()
    names = _distributions(changed)
    return tuple(dist for dist in pips if dist.name in names and not case.look.is_local(dist))


def _distributions(changed: tuple[Requirement, ...]) -> frozenset[str]:
    """PyPI's names of what conda's specs name."""
    # only where pip has installed something
    from envguard.packages import names

    found = {normalise(each.name) for each in changed if each.name}
    found |= {told for each in changed if each.name and (told := names.pypi_name(each.name))}
    return frozenset(found)


def _lands(case: Case, landing: tuple[Seen, ...]) -> Remark:
    tool, names = case.command.tool.value, few(f"{dist.name} {dist.version or '?'}" for dist in landing)
    if case.command.verb is Verb.REMOVE:
        said = text("{tool} would remove files that are pip's by now: {names}", tool=tool, names=names)
    else:
        said = text("{tool} would write over what pip has installed: {names}", tool=tool, names=names)
    evidence = tuple(Evidence(text("conda does not own this dist-info"), dist.path) for dist in landing[:TOLD])
    return Remark(Concern.LANDS_ON_PIP, Severity.WARNING, said, evidence, landing[0].name)


def _after(case: Case, pips: tuple[Seen, ...]) -> Remark:
    """Says that the order is broken: conda comes back after pip."""
    local = all(case.look.is_local(dist) for dist in pips)
    said = text(
        "{tool} does not know what pip has installed here, and may write over it: {names}",
        tool=case.command.tool.value,
        names=few(dist.name for dist in pips),
    )
    evidence = tuple(Evidence(text("conda does not own this dist-info"), dist.path) for dist in pips[:TOLD])
    severity = Severity.INFO if local else Severity.WARNING
    return Remark(Concern.CONDA_AFTER_PIP, severity, said, evidence, case.look.prefix)


def _needed(case: Case, changed: tuple[Requirement, ...], pips: tuple[Seen, ...]) -> Remark | None:
    """What pip has installed and cannot do without what conda would remove."""
    names = _distributions(changed) if pips else frozenset()
    needing = tuple(dist for dist in pips if names.intersection(case.look.requires(dist)))
    if not needing:
        return None
    said = text(
        "pip's {names} requires what {tool} would remove",
        "pip's {names} require what {tool} would remove",
        n=len(needing),
        names=few(dist.name for dist in needing),
        tool=case.command.tool.value,
    )
    evidence = tuple(Evidence(text("requires it"), dist.path) for dist in needing[:TOLD])
    return Remark(Concern.CONDA_AFTER_PIP, Severity.WARNING, said, evidence, case.look.prefix)
