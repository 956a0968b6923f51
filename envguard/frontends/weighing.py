"""What speaks against the installs of a cell, and what could be done instead: the same for a kernel's guard and for a server.

Nothing here asks, tells or changes anything.
"""

from __future__ import annotations

import datetime
from dataclasses import replace
from typing import TYPE_CHECKING

from envguard.configuration import accepts
from envguard.forecast_report import Concern, Remark
from envguard.frontends import protection
from envguard.model import Severity
from envguard.render import forecast_line

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Iterator

    from envguard.frontends.installs import Install
    from envguard.settings import Configuration


def objections(
    installs: Iterable[Install], ignored: Collection[str], project: Configuration, *, protected: bool = False
) -> Iterator[Install]:
    """The installs that something speaks against, with only the remarks that count.

    Not counted is what is `ignored` or accepted by the `project`, and what cannot happen where the kernel is `protected`.
    """
    for each in installs:
        held_back = protection.HELD_BACK if protected and protection.is_meant_for(each.forecast) else ()
        remarks = tuple(
            remark
            for remark in each.forecast.remarks
            if remark.severity is not Severity.INFO
            and remark.concern.value not in ignored
            and remark.concern not in held_back
            and not accepts(project, remark.concern.value, remark.subject)
        )
        if remarks:
            yield with_remarks(each, remarks)


def ignored_by(project: Configuration) -> dict[str, str]:
    """The concerns of which a project wants to hear nothing, whatever they are about, each with why."""
    today = datetime.datetime.now().astimezone().date()
    whole = {each.rule: each.reason for each in project.suppressions if each.subject is None and each.holds(today)}
    told = {**dict.fromkeys(project.ignore, project.source or ""), **whole}
    return {concern.value: told[concern.value] for concern in Concern if concern.value in told}


def causes(against: Iterable[Install]) -> frozenset[tuple[str, str]]:
    """What speaks against installs, each with what it is about."""
    return frozenset((remark.concern.value, remark.subject) for each in against for remark in each.forecast.remarks)


def unstoppable(installs: Iterable[Install]) -> Iterator[Install]:
    """The installs that constraints would have to hold, and do not; with only that in their forecasts."""
    for each in installs:
        if protection.is_meant_for(each.forecast):
            says = each.unprotected()
            if says is not None:
                yield with_remarks(each, (Remark(Concern.UNSTOPPABLE, Severity.ERROR, says),))


def protectable(install: Install) -> bool:
    """Whether protection would keep an install from all that speaks against it."""
    return protection.helps(install.forecast) and install.unprotected() is None


def with_remarks(install: Install, remarks: tuple[Remark, ...]) -> Install:
    """An install with these remarks alone."""
    return replace(install, forecast=replace(install.forecast, remarks=remarks))


def with_ways(install: Install) -> Install:
    """An install with what else could be done."""
    return replace(install, forecast=replace(install.forecast, alternatives=install.ways()))


def way(against: Iterable[Install], kind: str) -> tuple[str, ...]:
    """The commands, as lines of a cell, that do all of it in another way; none if one of them has no such way."""
    found: list[str] = []
    for each in against:
        shown = forecast_line.way(each.forecast, kind)
        if shown is None:
            return ()
        found += forecast_line.cell_lines(shown)
    return tuple(dict.fromkeys(found))
