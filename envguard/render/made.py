"""Who made what is told, and when: how every document begins, and how everything that a person reads ends."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

from envguard.render import words
from envguard.render.language import given

if TYPE_CHECKING:
    from envguard.model import Text


class Made(Protocol):
    """What tells that of itself."""

    @property
    def envguard_version(self) -> str:
        """The version of envguard."""

    @property
    def made_at(self) -> str:
        """The time, as it is told."""


def made_by(told: Made) -> Text:
    """The sentence."""
    return given(words.MADE_BY, version=told.envguard_version, made_at=told.made_at)
