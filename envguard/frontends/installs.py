"""The installs of a cell, in this process or in a kernel of a server: what each would do, and what else could be done instead."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

from envguard import api
from envguard.commands.find import commands
from envguard.errors import EnvguardError
from envguard.value import value

if TYPE_CHECKING:
    from envguard.commands.command import Command, Place
    from envguard.forecast_report import Alternative, Forecast
    from envguard.model import Text

_PATIENCE = 5.0
"""Seconds for which other ways are looked for before a user is asked; the network is not used."""


@value
class Install:
    """One install of a cell."""

    forecast: Forecast
    command: Command | None = None
    place: Place | None = None
    """Both None where only the forecast is known."""

    def ways(self) -> tuple[Alternative, ...]:
        """What else could be done, as far as this machine knows."""
        found = self.forecast.alternatives
        if self.command is None or self.place is None:
            return found
        try:
            return (*found, *api.alternatives(self.command, self.place, network=False, timeout=_PATIENCE))
        except EnvguardError:
            return found

    def unprotected(self) -> Text | None:
        """Why constraints would not hold it; None if they would."""
        if self.command is None or self.place is None:
            return None
        return api.unprotected(self.command, self.place.prefix, variables=self.place.variables)


def installs(source: str, where: Place | None = None) -> tuple[Install, ...]:
    """The installs in a cell, by default of this process."""
    place = api.place() if where is None else where
    found = commands(source, place, windows=os.name == "nt")
    return tuple(Install(api.foretell(command, place), command, place) for command in found)
