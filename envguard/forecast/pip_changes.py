"""What pip and its like would do to the distribution that one requirement names: whether it comes, stays or is replaced."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from envguard import ranges
from envguard.commands.command import Kind, Requirement, Verb
from envguard.forecast import answers
from envguard.model import text
from envguard.value import value

if TYPE_CHECKING:
    from envguard.forecast.case import Case
    from envguard.forecast.glance import Owner, Seen
    from envguard.forecast.judged import Judged
ANEW = ("--force-reinstall", "--ignore-installed", "--reinstall")


@value
class Change:
    """What becomes of one distribution that a command names, or that its options drag along."""

    requirement: Requirement
    wanted: str
    """The range that the requirement and the constraints leave."""
    dist: Seen | None
    owner: Owner | None
    version: str | None
    """The one that is there afterwards, where that is known."""
    certain: bool = True
    """False if it depends on what the newest version is."""

    @property
    def name(self) -> str:
        """The name, normalised."""
        return self.requirement.name or ""

    @property
    def of_conda(self) -> bool:
        """Whether it changes what conda owns."""
        return self.owner is not None and self.owner.who == "conda"


def change_of(case: Case, requirement: Requirement, found: Judged) -> Change | None:
    """The change that one requirement makes, None if it makes none.

    What cannot be told is added to `found.unknown`, what rules the command out to `found.refusals`.
    """
    name = requirement.name
    if name is None:
        found.unknown.append(text("{requirement} does not tell which package it is", requirement=requirement.text))
        return None
    met = answers.applies(requirement, case.look)
    if met is None:
        found.unknown.append(text("whether {requirement} is meant for this Python", requirement=requirement.text))
    if not met:
        return None
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
        return None
    dist, owner = installed(case, name)
    told = version_of(requirement) or ranges.exact(wanted)
    if dist is None:
        return Change(requirement, wanted, None, None, told)
    if owner is not None and owner.who is None:
        found.unknown.append(text("whether conda or pip owns {name}", name=name))
    answer = _is_changed(case, requirement, wanted, dist)
    if answer is None:
        found.unknown.append(
            text("whether {version} meets {requirement}", version=dist.version or "?", requirement=requirement.text)
        )
    if not answer:
        return None
    return Change(requirement, wanted, dist, owner, told, certain=answer == "certain")


def installed(case: Case, name: str) -> tuple[Seen | None, Owner | None]:
    """The distribution of this name that is there, and whose it is; of several conda's."""
    dists = case.look.named.get(name, ())
    owners = case.look.owners(dists)
    dist = next((each for each in dists if owners[each].who == "conda"), dists[0] if dists else None)
    return dist, owners[dist] if dist else None


def version_of(requirement: Requirement) -> str | None:
    """The version in the file name, where the requirement is a wheel."""
    return wheel_version(requirement.text) if requirement.kind in (Kind.URL, Kind.PATH) else None


def wheel_version(address: str) -> str | None:
    """The version that the name of a wheel tells, given by its URL or path; None if it is no wheel."""
    file = re.split(r"[/\\]", re.split(r"[#?]", address)[0])[-1]
    return file.split("-")[1] if file.endswith(".whl") and file.count("-") >= 4 else None


def _is_changed(case: Case, requirement: Requirement, wanted: str, dist: Seen) -> str | None:
    """Whether an installer would touch what is there: "certain", "likely", "" for no, None if that cannot be told."""
    command = case.command
    if case.has(*ANEW) or command.option("--reinstall-package") == requirement.name:
        return "certain"
    if requirement.kind in (Kind.URL, Kind.VCS, Kind.PATH):
        return "" if version_of(requirement) == dist.version else "certain"
    allowed = answers.pip_allows(wanted, dist.version)
    if allowed is None:
        return None
    if not allowed:
        return "certain"
    upgrades = command.verb is Verb.UPDATE or case.has("--upgrade")
    upgrades = upgrades or command.option("--upgrade-package") == requirement.name
    pinned = ranges.exact(wanted) is not None or f"<={dist.version}" in wanted.split(",")
    return "likely" if upgrades and not pinned else ""


def dragged(case: Case, changes: list[Change]) -> list[Change]:
    """The changes to what conda owns and the named packages require, which the options in `ANEW` install once more, too."""
    if not case.has(*ANEW):
        return []
    named = {change.name for change in changes}
    found = {}
    for change in changes:
        for name in case.look.requires(change.dist) if change.dist else ():
            dist, owner = installed(case, name) if name not in named else (None, None)
            if dist is not None and owner is not None and owner.who == "conda":
                found[name] = Change(_bare(name), "", dist, owner, None)
    return list(found.values())


def _bare(name: str) -> Requirement:
    return Requirement(name, Kind.NAME, name)
