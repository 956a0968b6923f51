"""One command, where it would go, and what can be seen there: what the quick forecast judges."""

from __future__ import annotations

import os
from functools import cached_property
from typing import TYPE_CHECKING

from envguard.commands.command import Placement, Tool
from envguard.value import value

if TYPE_CHECKING:
    from envguard.commands.command import Command, Place, Target
    from envguard.forecast.glance import Glance

PIP_LIKE = (Tool.PIP, Tool.UV, Tool.POETRY, Tool.PDM, Tool.EASY_INSTALL)
"""Those that write pip's book."""


@value
class Case:
    """What is judged."""

    command: Command
    target: Target
    place: Place
    look: Glance

    def variable(self, name: str) -> str:
        """A variable as the command would meet it; empty if it is not set, or not known."""
        own = self.command.variables
        return (own[name] or "") if name in own else self.place.variables.get(name, "")

    def has(self, *options: str) -> bool:
        """Whether one of these options was given."""
        return any(self.command.option(option) is not None for option in options)

    @cached_property
    def site_writable(self) -> bool:
        """Whether pip could write into site-packages, which is all that it asks before it chooses the user's own folder."""
        return all(os.access(self.look.where(site), os.W_OK) for site in self.look.sites)

    @property
    def beside(self) -> bool:
        """Whether the install goes into the user's own folder: nothing is replaced, but what comes hides what is there."""
        return self.target.placement is Placement.USER
