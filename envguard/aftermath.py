"""What a change of the environment has made worse, by the report after it and, if there is one, the report before.

A sound install is met with silence, however much it has brought: the installer's own output says what came, and a line
of ours under every `pip install` would soon be one that nobody reads. The same holds for an install that could not be
seen in the cell, for that is no fault. envguard speaks where there is an error or a warning that was not there before,
or where a module of this kernel is no longer what is installed. Then it also says all that changed, as the reason.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from envguard.change_report import Aftermath
from envguard.model import Severity, Text
from envguard.probe.reading import normalise
from envguard.rules.stale import stale_module

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from envguard.change_report import Changed
    from envguard.model import Finding, Report

_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]*")


def aftermath(
    changed: Changed,
    after: Report,
    before: Report | None,
    stale: frozenset[str] = frozenset(),
    *,
    recent: bool = False,
    between: bool = False,
) -> Aftermath | None:
    """What is worse than it was; None if nothing is. `stale` are modules that the user was told of before.

    `recent` says that `before` was made right before the change. After an older one findings may have come for other
    reasons (an import, a variable), so that only those count that name what has changed.
    """
    restart = after.restart
    needed = restart.names if restart is not None and restart.needed else ()
    # `~` begins what pip has set aside of a package that is named, too
    modules = tuple(name for name in needed if name not in stale and not name.startswith("~"))
    findings = tuple(_grave(after)) if before is None else newer(after, weights(before))
    if not recent:
        findings = tuple(finding for finding in findings if _is_about(changed, finding))
    if not modules and not findings:
        return None
    return Aftermath(changed, between, modules, findings, before is not None)


def _grave(report: Report) -> Iterator[Finding]:
    """Errors and warnings; stale modules apart, which are told by their names."""
    for finding in report.findings:
        if finding.severity is not Severity.INFO and finding.rule != stale_module.id:
            yield finding


def weights(report: Report) -> dict[tuple[str, str], int]:
    """How much each finding weighs by the rank of its severity: what of a report is needed to tell later what is new."""
    known: dict[tuple[str, str], int] = {}
    for finding in (*report.findings, *(each.finding for each in report.suppressed)):
        key = finding.rule, finding.subject
        known[key] = min(finding.severity.rank, known.get(key, finding.severity.rank))
    return known


def newer(after: Report, known: Mapping[tuple[str, str], int]) -> tuple[Finding, ...]:
    """The errors and warnings of a report that are not among the weights of an earlier one, or weigh more than there."""
    return tuple(
        finding
        for finding in _grave(after)
        if finding.severity.rank < known.get((finding.rule, finding.subject), len(Severity))
    )


def cleared(after: Report, known: Mapping[tuple[str, str], int]) -> int:
    """How many errors and warnings of an earlier report are no more."""
    now = weights(after)
    grave = Severity.INFO.rank
    return sum(rank < grave and now.get(key, grave) >= grave for key, rank in known.items())


def _is_about(changed: Changed, finding: Finding) -> bool:
    """Whether a finding names something that has changed."""
    names = frozenset(map(normalise, changed.names))
    words = (finding.subject, *(each for each in finding.message.args.values() if not isinstance(each, (int, Text))))
    return any(name in names for word in words for name in _named(word))


def _named(word: str | tuple[str, ...]) -> Iterator[str]:
    """The names with which the words begin: of `numpy >=1.26` numpy."""
    for each in (word,) if isinstance(word, str) else word:
        match = _NAME.match(each)
        if match:
            yield normalise(match[0])
