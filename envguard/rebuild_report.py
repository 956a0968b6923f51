"""A new environment in place of an old one: what it would hold, and what came of making it.

Kept to the rules of `envguard.model`: frozen, complete enough for a renderer, and without secrets.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from envguard.value import value

if TYPE_CHECKING:
    from envguard.comparison import Comparison
    from envguard.export_report import Depth
    from envguard.model import Finding, Fix, Step, Summary, Text, Verdict


@value
class NewPackage:
    """One package that conda brings."""

    name: str
    version: str
    build: str
    channel: str
    was: str | None
    """Its version in the old environment; None if conda has none there."""
    asked: bool
    """Whether somebody once asked for it."""


@value
class NewRequirement:
    """One line for pip."""

    name: str
    line: str
    asked: bool


@value
class Kernel:
    """The kernelspec by which notebooks find the new environment."""

    name: str
    title: str
    folder: str


@value
class RebuildPlan:
    """What a new environment would hold. Nothing is made if `refused` is not empty."""

    environment: Summary
    """The old one."""
    verdict: Verdict
    target: str
    depth: Depth
    """How closely conda's packages are those of the old one; looser than asked for only with `--loosen`."""
    channels: tuple[str, ...]
    packages: tuple[NewPackage, ...]
    requirements: tuple[NewRequirement, ...]
    options: tuple[str, ...]
    """pip's options that no configuration holds."""
    constraints: tuple[str, ...]
    """What pip has to leave as it is: `name==version` of what conda brings."""
    with_dependencies: bool
    """Whether pip finds dependencies itself; else all of them are listed."""
    carried: tuple[str, ...]
    """Files of settings that are copied."""
    loses: tuple[Text, ...]
    gains: tuple[Text, ...]
    remarks: tuple[Text, ...]
    kernel: Kernel | None
    commands: tuple[Step, ...]
    """The same by hand, by the package manager that is here."""
    refused: tuple[Text, ...] = ()
    instead: tuple[Fix, ...] = ()
    """What to do where it is refused."""
    kept: tuple[str, ...] = ()
    """The names that were asked to be left to pip."""


@value
class Tried:
    """One module, imported by both Pythons."""

    name: str
    """The package or distribution that somebody asked for."""
    module: str
    before: bool | None
    """Whether the old environment can import it; None if that could not be tried."""
    after: bool | None
    says: str = ""
    """The last line of the error, of the new one or else of the old one."""


@value
class Rebuilt:
    """What came of it."""

    failure: Text | None
    """Why it was not carried to its end; None if all went well."""
    output: str
    """The last lines that pip wrote, without secrets, if it failed."""
    after: Verdict | None
    remains: tuple[Finding, ...]
    """Errors and warnings that the check finds in the new one."""
    imports: tuple[Tried, ...]
    comparison: Comparison | None
    kernel: Kernel | None
    """The kernelspec that was written."""
    half_built: bool
    """Whether the new prefix is there, unfinished and marked as such."""
    remarks: tuple[Text, ...] = ()


@value
class RebuildReport:
    """A plan as a front end shows it, and what came of it."""

    prefix: str
    """The old one."""
    plan: RebuildPlan
    done: Rebuilt | None
    envguard_version: str
    made_at: str
