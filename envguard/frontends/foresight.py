"""How far a forecast looks, as the command line and the magic ask for it."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

from envguard import api
from envguard.frontends.progress import clear, steps

if TYPE_CHECKING:
    import argparse

    from envguard.commands.command import Command, Place
    from envguard.forecast_report import Forecast


def foreseen(command: Command, place: Place, options: argparse.Namespace) -> Forecast:
    """The forecast, at a glance or in full."""
    if options.quick:
        return api.foretell(command, place)
    try:
        return api.forecast(command, place, build=options.build, progress=steps(sys.stderr))
    finally:
        clear(sys.stderr)
