"""Two environments side by side: values, complete enough that a renderer needs nothing else."""

from __future__ import annotations

import enum
from typing import TYPE_CHECKING

from envguard.value import value

if TYPE_CHECKING:
    from envguard.model import Finding, Summary, Text


class Owner(enum.Enum):
    """In whose book a package stands."""

    CONDA = "conda"
    PIP = "pip"
    PIP_OVER_CONDA = "pip over conda"
    """in both: pip's code is what Python imports"""


class Kind(enum.Enum):
    """In what two packages of one name differ."""

    ONLY = "only"
    """one environment does not have it"""
    OWNER = "owner"
    VERSION = "version"
    """in the first or second number"""
    PATCH = "patch"
    """in a later number"""
    BUILD = "build"
    """of a compiled package: other libraries or another variant"""
    REBUILD = "rebuild"
    """the same recipe built again, or no compiled code in it"""
    CHANNEL = "channel"


class Weight(enum.Enum):
    """Whether code can notice the difference."""

    MATTERS = "matters"
    MINOR = "minor"


@value
class Package:
    """A package of one of the two environments."""

    version: str | None
    build: str | None
    channel: str | None
    owner: Owner


@value
class Difference:
    """One name for which the environments differ."""

    name: str
    first: Package | None
    second: Package | None
    kinds: tuple[Kind, ...]
    weight: Weight


@value
class Comparison:
    """Everything that differs, what matters first."""

    first: Summary
    second: Summary
    differences: tuple[Difference, ...]
    same: int
    findings_first: tuple[Finding, ...]
    """Findings that only the first environment has."""
    findings_second: tuple[Finding, ...]
    envguard_version: str
    made_at: str
    notes: tuple[Text, ...] = ()
    """What could not be compared."""

    def weighing(self, weight: Weight) -> tuple[Difference, ...]:
        """The differences of packages that both have, of one weight."""
        return tuple(each for each in self.differences if each.weight is weight and Kind.ONLY not in each.kinds)

    def only_in(self, *, first: bool) -> tuple[Difference, ...]:
        """The packages that only one of the two has."""
        return tuple(each for each in self.differences if (each.second if first else each.first) is None)

    @property
    def matters(self) -> bool:
        """Whether code can notice any of it."""
        findings = self.findings_first or self.findings_second
        return bool(findings) or any(each.weight is Weight.MATTERS for each in self.differences)
