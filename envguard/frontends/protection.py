"""Protection of conda's packages for the installs of one cell, or of a whole kernel."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

from envguard import api
from envguard.forecast_report import Concern
from envguard.frontends.held import Held

if TYPE_CHECKING:
    from envguard.changes.protect import Protected
    from envguard.forecast_report import Forecast

TOOLS = ("pip", "uv")
"""The tools that heed the variables by which constraints are given."""
HELD_BACK = (Concern.REPLACES_CONDA, Concern.BREAKS_CONSTRAINT)
"""The concerns that protection settles."""


def is_meant_for(forecast: Forecast) -> bool:
    """Whether constraints of this kernel's environment are about an install at all."""
    return forecast.tool in TOOLS and forecast.is_kernel is not False and forecast.placement == "site"


def helps(forecast: Forecast) -> bool:
    """Whether protection would keep an install from all that speaks against it."""
    return is_meant_for(forecast) and all(remark.concern in HELD_BACK for remark in forecast.remarks)


def for_kernel() -> Protected:
    """The protection of this kernel's environment, on; EnvguardError if that cannot be."""
    protected = api.protected(sys.prefix)
    protected.on()
    return protected


def for_cell(causes: frozenset[tuple[str, str]]) -> Held:
    """What protects this process and its children until the cell has ended; EnvguardError if that cannot be."""
    held = Held(causes)
    held.contexts.enter_context(api.protected(sys.prefix))
    return held
