"""What a notebook, a script or another file asks installers for, as values: facts for the rules, never run.

Nothing in it is secret: commands and requirements were masked before they came here.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from envguard.value import value

if TYPE_CHECKING:
    from collections.abc import Mapping

    from envguard.machine import LogLine
    from envguard.model import Evidence, Text


@value
class Wanted:
    """One thing that is to be installed."""

    text: str
    name: str | None
    kind: str
    """name, spec, url, vcs or path."""
    specifier: str
    pinned: bool
    editable: bool
    by_conda: bool
    line: int | None = None
    """Where a file lists it; None for what stands in a command."""


@value
class Goes:
    """Where a command of a cell would go, seen from a kernel that is known."""

    prefix: str | None
    """None if that cannot be told, or if it goes nowhere."""
    kernel: str
    """The prefix of the kernel."""
    is_kernel: bool | None
    """Whether it is that one; None if that cannot be told."""
    named: bool
    """Whether the command names the place itself."""
    reason: Text | None
    """Why it is another one, or none."""
    evidence: tuple[Evidence, ...] = ()


@value
class Install:
    """One command of an installer."""

    source: str
    """The file and the place in it, for people."""
    said: str
    tool: str
    verb: str
    form: str
    aim: str
    """kernel, program, python, name, prefix, active or project."""
    env: str | None
    """The environment of conda's that it names, or that was activated before it."""
    by_conda: bool
    wanted: tuple[Wanted, ...]
    files: tuple[str, ...]
    options: tuple[str, ...]
    stage: int
    """What is of one stage happens in one environment, in this order: a stage of a Dockerfile, a job of CI."""
    line: int
    """In the file; in the cell of a notebook."""
    column: int
    end_line: int
    end_column: int
    cell: int | None = None
    """Which of a notebook's cells, from 1."""
    cell_id: str | None = None
    goes: Goes | None = None
    """None where no kernel is known."""
    apart: bool = False
    """It puts its files where a command of conda's does not come unless it names the place."""
    conditional: bool = False
    """It stands in a branch, a loop or a function, and may not run."""
    branches: tuple[tuple[int, int, str], ...] = ()
    """The choices in which it stands: line and column of each in the file, and which way of it; (0, 0) is the condition of a step."""


@value
class Imported:
    """A module that a cell imports, those of the standard library apart."""

    name: str
    """Its first part."""
    source: str
    line: int
    cell: int | None
    guarded: bool
    """It stands where its absence is reckoned with."""


@value
class Stamped:
    """What a notebook's stamp says of one module that it imports."""

    module: str
    distribution: str
    version: str
    by: str
    """conda or pip."""


@value
class Stamp:
    """The record of an environment that a notebook carries, described in `envguard.scan.stamp`."""

    python: str | None
    platform: str | None
    packages: tuple[Stamped, ...]


@value
class Scanned:
    """One file."""

    path: str
    kind: str
    """notebook, document (a notebook written as text), dockerfile, script, ci or environment."""
    installs: tuple[Install, ...]
    warnings: tuple[LogLine, ...] = ()
    """In the outputs that a notebook keeps."""
    imports: tuple[Imported, ...] = ()
    local: frozenset[str] = frozenset()
    """Modules that lie beside the file."""
    stamp: Stamp | None = None
    """What the notebook says of the environment that it was made in."""
    pip_missing: int | None = None
    """The line at which an environment file leaves something to pip without asking for pip."""
    ignored: Mapping[int, Mapping[str, str]] | None = None
    """For cells of a notebook, from 1: the rules that are ignored there, each with the reason that was given."""
