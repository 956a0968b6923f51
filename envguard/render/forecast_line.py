"""A forecast in one line: what the guard says before an install, beside the output of a cell.

The gravest remark, and where to learn more; or, where the cell is refused, what to do instead.
"""

from __future__ import annotations

import shlex
from types import MappingProxyType
from typing import TYPE_CHECKING

from envguard.forecast_report import Concern
from envguard.model import Step, Text, Where
from envguard.render.commands import command
from envguard.render.language import clean, framed, say

if TYPE_CHECKING:
    from envguard.forecast_report import Alternative, Forecast
    from envguard.render.language import Translator

_LONGEST = 100
"""Characters of a command that are repeated; a shortened one is another command, so a longer one is not."""
_LINE = Text("envguard: {says}; {more} tells more")
_WITH_OTHERS = Text(
    "envguard: {says}; and one more install of this cell is worth a look; {more} tells more",
    plural="envguard: {says}; and {n} more installs of this cell are worth a look; {more} tells more",
)
_HERE = Text("envguard: {says}; `{here}` would be for this kernel; {more} tells more")
_QUOTED = Text("envguard: {says}; write `{quoted}`; {more} tells more")
_REFUSAL = Text(
    "envguard: the cell was not run: {says}. Instead: {instead}. {more} tells more, `%envguard ask` lets you choose"
)

INSTEAD = MappingProxyType(
    {
        Concern.OTHER_ENVIRONMENT: Text("`%pip install …`, which installs for this kernel"),
        Concern.CONDA_AFTER_PIP: Text("go on with pip here, or make a fresh environment in which conda comes first"),
        Concern.REPLACES_CONDA: Text("take it from conda, or run it protected (`%envguard protect on`)"),
        Concern.BREAKS_CONSTRAINT: Text("take it from conda, or run it protected (`%envguard protect on`)"),
        Concern.LANDS_ON_PIP: Text("make a fresh environment, or uninstall with pip what pip has installed of it"),
        Concern.BASE: Text("an environment of its own: `conda create --name NAME …`"),
        Concern.READ_ONLY: Text("an environment of your own, into which you may write"),
        Concern.USER_SITE: Text("leave `--user` out, or make an environment of its own"),
        Concern.EXTERNALLY_MANAGED: Text("a virtual environment: `python3 -m venv FOLDER`"),
        Concern.NO_TOOL: Text("`%pip install …`, which installs for this kernel"),
        Concern.UNREADABLE: Text("look at the file first"),
        Concern.MISREAD: Text("two pairs of quotes, as in `%conda install \"'numpy>=2'\"`"),
        Concern.UNSTOPPABLE: Text("the same without what takes no notice of constraints"),
    }
)
"""What to do about a concern where no alternative was worked out."""
_REMOVE = Text("let conda remove it: `%conda remove …`")


def line(forecast: Forecast, others: int = 0, language: Translator | None = None) -> str:
    """What speaks most against an install; `others` of the same cell are counted."""
    here = way(forecast, "kernel") if _goes_elsewhere(forecast) else None
    if here is not None and not others:
        return _told(_HERE, forecast, language, here="; ".join(cell_lines(here)))
    quoted = way(forecast, "quoted") if _is_misread(forecast) else None
    if quoted is not None and not others:
        return _told(_QUOTED, forecast, language, quoted="; ".join(cell_lines(quoted)))
    return _told(_WITH_OTHERS if others else _LINE, forecast, language, n=others or 1)


def refusal(forecast: Forecast, language: Translator | None = None) -> str:
    """Why a cell was not run, and what to do instead."""
    return _told(_REFUSAL, forecast, language, instead=instead(forecast, language))


def instead(forecast: Forecast, language: Translator | None = None) -> str:
    """The way that an alternative shows, or else what is the rule for the gravest concern."""
    first = ("kernel",) if _goes_elsewhere(forecast) else ("quoted",) if _is_misread(forecast) else ()
    kinds = (*first, "conda", "protected", "fresh")
    shown = next(filter(None, (way(forecast, kind) for kind in kinds)), None)
    if shown is not None:
        return f"`{' && '.join(cell_lines(shown))}`"
    if not forecast.remarks:
        return ""
    concern = forecast.remarks[0].concern
    removal = forecast.verb == "remove" and concern in (Concern.REPLACES_CONDA, Concern.BREAKS_CONSTRAINT)
    return say(_REMOVE if removal else INSTEAD[concern], language)


def way(forecast: Forecast, kind: str) -> Alternative | None:
    """The alternative of a kind, if it has steps and none has found that it does not work."""
    ways = (each for each in forecast.alternatives if each.kind == kind and each.steps and each.proven is not False)
    return next(ways, None)


def cell_lines(alternative: Alternative) -> tuple[str, ...]:
    """The steps of an alternative as lines of a cell, also those that were written for a terminal."""
    return tuple(command(Step(step.argv, Where.CELL), None) for step in alternative.steps)


def more(forecast: Forecast) -> str:
    """The magic that tells everything about it."""
    shown = shlex.join(clean(word, longest=None) for word in forecast.command)
    return f"`%envcheck forecast {shown}`" if len(shown) <= _LONGEST else "`%envcheck forecast` with this command"


def _told(template: Text, forecast: Forecast, language: Translator | None, n: int = 1, **args: str) -> str:
    # what is filled in is clean already, and is not to be cut
    return framed(template, language, n=n, says=_says(forecast, language), more=more(forecast), **args)


def _goes_elsewhere(forecast: Forecast) -> bool:
    return any(remark.concern in (Concern.OTHER_ENVIRONMENT, Concern.NO_TOOL) for remark in forecast.remarks[:1])


def _is_misread(forecast: Forecast) -> bool:
    return any(remark.concern is Concern.MISREAD for remark in forecast.remarks[:1])


def _says(forecast: Forecast, language: Translator | None) -> str:
    return say(forecast.remarks[0].says, language) if forecast.remarks else shlex.join(map(clean, forecast.command))
