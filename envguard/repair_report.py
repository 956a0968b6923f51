"""What would bring an environment back to a sound state, and what came of it.

Kept to the rules of `envguard.model`: frozen, and complete enough for a renderer.
"""

from __future__ import annotations

import enum
from typing import TYPE_CHECKING

from envguard.value import value

if TYPE_CHECKING:
    from envguard.model import Change, Finding, Fix, Step, Summary, Text, Verdict


class By(enum.Enum):
    """Who does a step."""

    TOOL = "tool"
    """the package manager that keeps the prefix's book"""
    PIP = "pip"
    """the environment's own"""
    ENVGUARD = "envguard"
    """envguard itself: it deletes; it links by py-rattler where no package manager is here"""


@value
class PlannedStep:
    """One step of a plan."""

    title: Text
    step: Step
    by: By
    source: Text | None = None
    """Where the packages come from that it puts back, as far as that is known."""


@value
class Choice:
    """Whose a package is to be from now on, where both conda and pip could have it."""

    package: str
    """conda's name of it."""
    conda: str
    """Its version by conda's record."""
    name: str
    """pip's name of it."""
    pip: str
    keeps: str
    """conda or pip."""
    otherwise: Text
    """How the other choice is made, and what that loses; or why there is none."""


@value
class Foreseen:
    """What the same rules say of the environment as it would be."""

    verdict: Verdict
    cleared: tuple[Finding, ...]
    remains: tuple[Finding, ...]
    """Errors and warnings that are found now and then, too."""
    new: tuple[Finding, ...]
    remarks: tuple[Text, ...] = ()
    """What could not be tried beforehand."""


@value
class Plan:
    """The smallest set of steps that clears errors and warnings. Nothing is done if `refused` is not empty."""

    environment: Summary
    verdict: Verdict
    """What the environment is now."""
    steps: tuple[PlannedStep, ...]
    changes: tuple[Change, ...]
    """What an import gives, by distribution or conda package: before and after."""
    loses: tuple[Text, ...]
    needs_restart: bool
    proof: Foreseen
    choices: tuple[Choice, ...] = ()
    by_hand: tuple[Fix, ...] = ()
    """Ways out that are left to a person."""
    rebuild: Text | None = None
    """Why a new environment is the better way, if it is."""
    refused: tuple[Text, ...] = ()
    """Why envguard does none of it, whatever the steps."""
    kept: tuple[str, ...] = ()
    """The names that were asked to be left to pip."""
    unfinished: bool = False
    """Whether a rebuild has left it so: then what the rules find says nothing."""
    interrupted: bool = False
    """Whether a repair never came to its end here."""


@value
class Repaired:
    """What came of carrying a plan out."""

    done: int
    """Steps that were carried out."""
    failure: Text | None
    """Why it was not carried to its end, or why it was taken back; None if all went well."""
    output: str
    """The last lines that the failed program wrote, without secrets."""
    changes: tuple[Change, ...]
    before: Verdict
    after: Verdict
    cleared: tuple[Finding, ...]
    remains: tuple[Finding, ...]
    new: tuple[Finding, ...]
    checkpoint: str | None
    """By which it can be taken back; None once it was."""
    taken_back: bool | None
    """Whether everything is as it was before; None if nothing had to be taken back."""
    remarks: tuple[Text, ...] = ()


@value
class RepairReport:
    """A plan as a front end shows it, and what came of it."""

    prefix: str
    plan: Plan
    done: Repaired | None
    """None if nothing was done."""
    envguard_version: str
    made_at: str
    """ISO 8601 in UTC."""
