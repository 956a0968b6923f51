"""A judge that stands in for the forecast where only the mechanics of the guard are looked at.

`pip install NAME` in a source is about conda's package NAME; `sound` is none of conda's, `boom` is a judge that fails,
`forced` is what constraints do not hold, `away` goes elsewhere.
"""

from __future__ import annotations

import re

from envguard import api
from envguard.commands.find import commands
from envguard.errors import EnvguardError
from envguard.forecast_report import Alternative, Concern, Depth, Forecast, Outcome, Remark
from envguard.frontends.installs import Install
from envguard.model import Severity, Step, Where, text

_INSTALL = re.compile(r"pip install ([\w-]+)")


def judge(source: str) -> tuple[Install, ...]:
    return tuple(Install(forecast(name)) for name in _INSTALL.findall(source))


JUDGED: list[str] = []
"""The sources that `silent` was asked about."""


def silent(source: str) -> tuple[Install, ...]:
    JUDGED.append(source)
    return (Install(forecast("sound")),)


def strict(source: str) -> tuple[Install, ...]:
    """Whatever envguard takes for an install, and something speaks against each."""
    return tuple(Install(forecast(command.tool.value)) for command in commands(source, api.place()))


def forecast(name: str) -> Forecast:
    if name == "boom":
        raise ZeroDivisionError("boom\x1b[31m")
    if name == "unreadable":
        raise EnvguardError(text("{name} cannot be read", name=name))
    if name == "interrupted":
        raise KeyboardInterrupt
    return Forecast(
        command=("pip", "install", name),
        tool="pip",
        verb="install",
        depth=Depth.QUICK,
        environment=None,
        python=None,
        placement="site",
        folder=None,
        is_kernel=name != "away",
        installs=(),
        replaces=(),
        removes=(),
        remarks=remarks(name),
        new_findings=(),
        cleared_findings=(),
        outcome=Outcome.HARMLESS if name == "sound" else Outcome.HARMFUL,
        alternatives=alternatives(name),
        unknown=(),
        stale=(),
        refusal=None,
        envguard_version="0",
        made_at="2026-01-01T00:00:00+00:00",
    )


def remarks(name: str) -> tuple[Remark, ...]:
    replaces = Remark(
        Concern.REPLACES_CONDA, Severity.ERROR, text("pip would replace conda's {name} 1.0", name=name), subject=name
    )
    says = text("--force-reinstall takes no notice of constraints")
    forced = Remark(Concern.UNSTOPPABLE, Severity.WARNING, says, subject=name)
    known = text("{name} would be new", name=name)
    if name == "sound":
        return (Remark(Concern.REPLACES_CONDA, Severity.INFO, known, subject=name),)
    if name == "away":
        away = text("pip is that of /elsewhere")
        return (Remark(Concern.OTHER_ENVIRONMENT, Severity.ERROR, away, subject="/elsewhere"),)
    return (replaces, forced) if name == "forced" else (replaces,)


def alternatives(name: str) -> tuple[Alternative, ...]:
    if name == "sound":
        return ()
    if name == "away":
        return (Alternative("kernel", text("for this kernel"), (Step(("%pip", "install", name), Where.CELL),)),)
    return (Alternative("conda", text("from conda"), (Step(("conda", "install", f"{name}>=1,<2"), Where.TERMINAL),)),)
