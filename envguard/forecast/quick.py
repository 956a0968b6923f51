"""The quick forecast: what a command names, held against what can be seen at once; no network, no subprocess.

It judges where the command would go, whether the order is kept, and whether what it names is conda's. What packages depend
on it does not know. The contract:

* A sound install has no remark, and is harmless. Nothing is raised for what is found.
* A severity is an error where something would break or go to the wrong place, a warning where conda's files would be
  replaced, information otherwise.
* Where the tool itself would refuse, nothing else is judged.
"""

from __future__ import annotations

import datetime
from dataclasses import replace
from typing import TYPE_CHECKING

from envguard._version import __version__
from envguard.commands.command import Kind, Verb
from envguard.forecast import by_conda, by_pip, whither
from envguard.forecast.case import PIP_LIKE, Case
from envguard.forecast.glance import glance
from envguard.forecast.judged import Judged
from envguard.forecast_report import Concern, Depth, Forecast, Outcome
from envguard.model import Severity, Summary, text

if TYPE_CHECKING:
    from envguard.commands.command import Command, Place, Target
    from envguard.forecast.glance import Glance
    from envguard.forecast_report import Remark
    from envguard.model import Text

_REFUSING = (Concern.NO_TOOL, Concern.EXTERNALLY_MANAGED, Concern.READ_ONLY)


def quick(command: Command, target: Target, place: Place) -> Forecast:
    """What a command would do, as far as that can be seen at once."""
    told = _empty(command, target)
    if command.verb is Verb.CREATE:
        return replace(told, outcome=Outcome.HARMLESS)
    absent = whither.no_tool(command, place)
    if absent is not None:
        return replace(told, remarks=(absent,), refusal=absent.says, outcome=Outcome.REFUSED)
    if target.prefix is None:
        absent = whither.no_pip(command, target, place)
        if absent is not None:
            return replace(told, remarks=(absent,), refusal=absent.says, outcome=Outcome.REFUSED)
        reason = target.reason or text("which environment it would change")
        return replace(told, remarks=tuple(whither.unreadable(command)), unknown=(reason,), outcome=Outcome.UNKNOWN)
    case = Case(command, target, place, glance(target.prefix))
    remarks = tuple(whither.remarks(case))
    refusal = next((each.says for each in remarks if _refuses(each, case)), None)
    found = Judged() if refusal is not None else _named(case)
    refusal = refusal or next(iter(found.refusals), None)
    every = _sorted((*remarks, *found.remarks))
    unknown = tuple(dict.fromkeys((*found.unknown, *_unsure(case), *_unread(case.look))))
    elsewhere = any(each.concern is Concern.OTHER_ENVIRONMENT for each in every)
    ways = (whither.quoted(command), whither.in_kernel(command, place) if elsewhere else None)
    return replace(
        told,
        environment=_summary(case.look),
        installs=tuple(found.installs),
        replaces=tuple(found.replaces),
        removes=tuple(found.removes),
        remarks=every,
        outcome=Outcome.REFUSED if refusal else _outcome(every, case, found),
        alternatives=tuple(way for way in ways if way is not None),
        unknown=unknown,
        refusal=refusal,
    )


def _named(case: Case) -> Judged:
    """What becomes of what the command names; conda's files name pip's packages, too."""
    requirements = case.command.requirements
    if case.command.tool in PIP_LIKE:
        return by_pip.judge(case, requirements)
    found = by_conda.judge(case, requirements)
    pips = tuple(each for each in requirements if each.kind is Kind.NAME)
    if pips and case.command.verb is not Verb.REMOVE:
        found.add(by_pip.judge(case, pips))
    return found


def _refuses(remark: Remark, case: Case) -> bool:
    """Whether the tool itself stops at what a remark tells."""
    if remark.concern is Concern.USER_SITE:
        return whither.refuses_user(case.look)
    if remark.concern is Concern.READ_ONLY and case.look.is_frozen and case.look.writable:
        return case.command.tool.value == "conda"  # the others do not know of it
    return remark.concern in _REFUSING


def _outcome(remarks: tuple[Remark, ...], case: Case, found: Judged) -> Outcome:
    worst = min((remark.severity.rank for remark in remarks), default=Severity.INFO.rank)
    if worst == Severity.ERROR.rank:
        return Outcome.HARMFUL
    if worst == Severity.WARNING.rank:
        return Outcome.RISKY
    unread = any(remark.concern is Concern.UNREADABLE for remark in remarks)
    # that dependencies are not known is so for every install; more than that may change what is said
    doubts = [each for each in found.unknown if not each.text.startswith("what ")]
    return Outcome.UNKNOWN if unread or not case.command.certain or doubts else Outcome.HARMLESS


def _sorted(remarks: tuple[Remark, ...]) -> tuple[Remark, ...]:
    """The gravest first; of equals the place comes before what is put there."""
    return tuple(sorted(remarks, key=lambda remark: remark.severity.rank))


def _unsure(case: Case) -> tuple[Text, ...]:
    return () if case.command.certain else (text("a part of the command is known only when it runs"),)


def _unread(look: Glance) -> tuple[Text, ...]:
    return tuple(
        text("{file} could not be read: {error}", file=f"conda-meta/{stem}.json", error=error)
        for stem, error in sorted(look.unread.items())
    )


def _summary(look: Glance) -> Summary:
    return Summary(
        prefix=look.prefix,
        name=look.name,
        python_version=look.python_version,
        platform=look.platform if look.is_conda else None,
        base=look.is_base,
        writable=look.writable and not look.is_frozen,
        conda_packages=len(look.records or ()),
        distributions=len(look.seen),
        pip_distributions=0 if look.is_conda else len(look.seen),
    )


def _empty(command: Command, target: Target) -> Forecast:
    """A forecast that says nothing yet but the command and its target."""
    return Forecast(
        command=whither.shown(command.argv),
        tool=command.tool.value,
        verb=command.verb.value,
        depth=Depth.QUICK,
        environment=None,
        python=target.python,
        placement=target.placement.value,
        folder=target.folder,
        is_kernel=target.is_kernel,
        installs=(),
        replaces=(),
        removes=(),
        remarks=(),
        new_findings=(),
        cleared_findings=(),
        outcome=Outcome.UNKNOWN,
        alternatives=(),
        unknown=(),
        stale=(),
        refusal=None,
        envguard_version=__version__,
        made_at=datetime.datetime.now(datetime.timezone.utc).isoformat(timespec="seconds"),
    )
