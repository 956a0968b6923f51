"""What an install would do, foretold.

Kept to the rules of `envguard.model`: frozen, in the order in which it is told, and complete enough for a renderer.
"""

from __future__ import annotations

import enum
from typing import TYPE_CHECKING

from envguard.value import value

if TYPE_CHECKING:
    from envguard.model import Evidence, Finding, Severity, Step, Summary, Text


class Depth(enum.Enum):
    """How far was looked."""

    QUICK = "quick"
    """at what the command names, without a resolver"""
    FULL = "full"
    """by the resolver: everything that would come and go"""


class Outcome(enum.Enum):
    """The forecast in one word."""

    HARMLESS = "harmless"
    """nothing of conda's would change, or all of it soundly"""
    RISKY = "risky"
    """something speaks against it"""
    HARMFUL = "harmful"
    """it would break something, or go where it was not meant to"""
    REFUSED = "refused"
    """the tool itself would refuse it"""
    UNKNOWN = "unknown"


class Concern(enum.Enum):
    """What speaks against a command; a word for programs, and what the guard tells once per kernel."""

    OTHER_ENVIRONMENT = "other-environment"
    """it changes another environment than the kernel's"""
    CONDA_AFTER_PIP = "conda-after-pip"
    """conda would work on an environment that pip has changed since"""
    REPLACES_CONDA = "replaces-conda"
    """it would replace or remove what conda owns"""
    BREAKS_CONSTRAINT = "breaks-constraint"
    """what conda's packages ask for would no longer hold"""
    LANDS_ON_PIP = "lands-on-pip"
    """conda would write over files of pip's"""
    BASE = "base"
    READ_ONLY = "read-only"
    USER_SITE = "user-site"
    """it goes into the user's own folder, which every Python of that version imports"""
    EXTERNALLY_MANAGED = "externally-managed"
    """PEP 668: pip will refuse"""
    NO_TOOL = "no-tool"
    """the program is not there, or its interpreter is gone"""
    UNREADABLE = "unreadable"
    """a requirement file cannot be read"""
    MISREAD = "misread"
    """the shell would keep a part of what it is asked for"""
    UNSTOPPABLE = "unstoppable"
    """constraints do not hold it: --force-reinstall, --ignore-installed, a wheel with conda's paths"""


@value
class Remark:
    """One thing that speaks against a command."""

    concern: Concern
    severity: Severity
    says: Text
    evidence: tuple[Evidence, ...] = ()
    subject: str = ""
    """The package or the environment it is about, if it is about one."""


@value
class Foreseen:
    """One package that would be installed, replaced or removed."""

    name: str
    """As its installer spells it, normalised."""
    version: str | None
    """After it; None if removed, or not known."""
    was: str | None
    """Before it; None if it is new."""
    installer: str
    """Who does it: `pip` or `conda`."""
    owner: str | None
    """Whose it is now: `conda`, `pip`, or None."""
    record: str | None = None
    """The conda package that owns it now (`numpy-1.26.4-py311h…`)."""
    dependants: tuple[str, ...] = ()
    """The conda packages that depend on it."""
    compiled: bool | None = None
    requested: bool = False
    """Named by the command, not only a dependency."""
    source: str | None = None
    """The channel, index or file it would come from; without secrets."""


@value
class Alternative:
    """Another way to get the same."""

    kind: str
    """`conda`, `protected`, `fresh` (an environment of its own), `kernel` (the same, in the kernel's environment) or `quoted`
    (the same, so that it is read as it was meant)."""
    title: Text
    steps: tuple[Step, ...]
    proven: bool | None = None
    """Whether its own dry run went well; None if it was not tried."""
    says: Text | None = None
    """What came of it, or why it was not tried."""


@value
class Forecast:
    """Everything a renderer needs to tell what a command would do."""

    command: tuple[str, ...]
    """Without secrets."""
    tool: str
    verb: str
    depth: Depth
    environment: Summary | None
    """What would be changed; None if that cannot be told."""
    python: str | None
    placement: str
    """site, user or folder."""
    folder: str | None
    is_kernel: bool | None
    installs: tuple[Foreseen, ...]
    replaces: tuple[Foreseen, ...]
    """Upgrades and downgrades, too."""
    removes: tuple[Foreseen, ...]
    remarks: tuple[Remark, ...]
    """The gravest first."""
    new_findings: tuple[Finding, ...]
    cleared_findings: tuple[Finding, ...]
    outcome: Outcome
    alternatives: tuple[Alternative, ...]
    unknown: tuple[Text, ...]
    """What could not be foretold, and why."""
    stale: tuple[str, ...]
    """Loaded modules that would no longer be what is on disk."""
    refusal: Text | None
    """Why the tool itself would refuse, in our words; None if it would not."""
    envguard_version: str
    made_at: str
