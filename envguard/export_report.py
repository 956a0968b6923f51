"""What an environment is written down as, what is lost by that, and what trying it has shown.

Kept to the rules of `envguard.model`: frozen, and complete enough for a renderer.
"""

from __future__ import annotations

import enum
from typing import TYPE_CHECKING

from envguard.value import value

if TYPE_CHECKING:
    from envguard.model import Step, Text


class Form(enum.Enum):
    """In which form."""

    ENVIRONMENT_YML = "environment-yml"
    EXPLICIT = "explicit"
    REQUIREMENTS = "requirements"
    DOCKERFILE = "dockerfile"


class Depth(enum.Enum):
    """How closely the packages of conda's are named."""

    EXACT = "exact"
    """version and build: the same on the same platform"""
    VERSIONS = "none"
    """without builds: the same versions on another platform, if it has them"""
    HISTORY = "from-history"
    """what somebody asked for, and the solver finds the rest anew"""


class Trial(enum.Enum):
    """What came of trying a part of it."""

    HOLDS = "holds"
    FAILS = "fails"
    UNKNOWN = "unknown"
    """it could not be tried, and the text says why"""


@value
class Lost:
    """Something that whoever makes the environment anew from the file does not get, or not as it is here."""

    subject: str
    says: Text


@value
class Tried:
    """One part of the file, tried without installing anything."""

    part: str
    """conda or pip."""
    trial: Trial
    says: Text
    details: tuple[Text, ...] = ()


@value
class Export:
    """An environment written down."""

    prefix: str
    form: Form
    depth: Depth
    content: str
    lost: tuple[Lost, ...]
    tried: tuple[Tried, ...] | None
    """None if nobody asked to try it."""
    envguard_version: str
    made_at: str


@value
class Cache:
    """One folder in which a package manager keeps what it can fetch again."""

    tool: str
    """conda, pip or uv."""
    path: str
    size: int
    """Bytes, each file counted once."""
    free: int
    """Bytes that nothing but the cache holds: clearing the rest frees nothing, for environments share these files."""
    archives: int
    """Bytes of packages that are still packed, of conda's."""
    clear: tuple[Step, ...]
    """What clears it."""
    notes: tuple[Text, ...] = ()


@value
class Caches:
    """All of them on this machine, as far as one environment and one user go."""

    prefix: str
    caches: tuple[Cache, ...]
    notes: tuple[Text, ...]
    envguard_version: str
    made_at: str
