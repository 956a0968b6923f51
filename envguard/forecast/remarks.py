"""What speaks against a command: what could be seen at once, corrected by what is known of the transaction."""

from __future__ import annotations

from typing import TYPE_CHECKING

from envguard.forecast.judged import TOLD, few, of_conda
from envguard.forecast_report import Concern, Remark
from envguard.model import Evidence, Severity, text

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from envguard.facts import Environment
    from envguard.forecast.conda import Landing
    from envguard.forecast.transaction import Transaction
    from envguard.forecast_report import Forecast, Foreseen
    from envguard.model import Finding

_BREAKS = ("conda-depends-unmet", "conda-constrains-violated")
"""The rules that say that what a conda package asks for does not hold."""
_OF_PLACE = (
    Concern.OTHER_ENVIRONMENT,
    Concern.READ_ONLY,
    Concern.USER_SITE,
    Concern.EXTERNALLY_MANAGED,
    Concern.NO_TOOL,
    Concern.UNREADABLE,
    Concern.MISREAD,
)
"""What holds wherever a command goes, whether or not it changes anything."""
_GUESSED = (Concern.REPLACES_CONDA, Concern.BREAKS_CONSTRAINT)
"""What the full forecast knows better."""


def remarks(
    quickly: Forecast,
    env: Environment,
    found: Transaction,
    changes: Iterable[Foreseen],
    new: Iterable[Finding],
    landings: tuple[Landing, ...] | None,
) -> tuple[Remark, ...]:
    """Everything that speaks against it, the gravest first; `landings` is None where that is not known."""
    changes = tuple(changes)
    if found.unknown and not changes:
        return quickly.remarks
    kept = [each for each in quickly.remarks if each.concern in _OF_PLACE]
    if changes:
        kept = [each for each in quickly.remarks if each.concern not in _GUESSED]
        owned = any(each.owner == "conda" and each.installer == "pip" for each in changes)
        if not owned:
            kept = [each for each in kept if each.concern is not Concern.UNSTOPPABLE]
        if landings is not None:
            kept = [each for each in kept if each.concern is not Concern.LANDS_ON_PIP]
            kept += _lands(quickly.tool, env, landings)
        if found.unknown and not owned:
            kept += [each for each in quickly.remarks if each.concern in _GUESSED]
    kept += _replaced(quickly.tool, changes)
    kept += _broken(new)
    order = list(Concern)
    return tuple(sorted(kept, key=lambda each: (each.severity.rank, order.index(each.concern), each.subject)))


def _replaced(tool: str, changes: Iterable[Foreseen]) -> Iterator[Remark]:
    for each in changes:
        if each.owner != "conda" or each.installer != "pip":
            continue
        told = {"tool": tool, "name": each.name, "was": each.was or "?", "version": each.version or "?"}
        if each.version is None:
            said = text("{tool} would remove conda's {name} {was}", **told)
        elif each.version == each.was:
            said = text("{tool} would put {name} {version} in the place of conda's own", **told)
        else:
            said = text("{tool} would replace conda's {name} {was} with {version}", **told)
        yield Remark(Concern.REPLACES_CONDA, Severity.WARNING, said, of_conda(each), each.name)


def _broken(new: Iterable[Finding]) -> Iterator[Remark]:
    for each in new:
        if each.rule in _BREAKS:
            said = text("what conda's {package} asks for would no longer hold", package=each.subject)
            yield Remark(Concern.BREAKS_CONSTRAINT, each.severity, said, each.evidence, each.subject)


def _lands(tool: str, env: Environment, landings: tuple[Landing, ...]) -> Iterator[Remark]:
    dists = [env.by_path[each.distribution] for each in landings if each.distribution in env.by_path]
    if not dists:
        return
    names = few(f"{dist.name} {dist.version or '?'}" for dist in dists)
    said = text("{tool} would write over what pip has installed: {names}", tool=tool, names=names)
    evidence = tuple(
        Evidence(
            text("{n} file of it would become conda's", "{n} files of it would become conda's", n=len(each.files)),
            each.distribution,
        )
        for each in landings[:TOLD]
    )
    yield Remark(Concern.LANDS_ON_PIP, Severity.WARNING, said, evidence, dists[0].name)
