"""From a piece of source to the install commands in it, as facts with their places."""

from __future__ import annotations

import os
import posixpath
import re
from dataclasses import replace
from typing import TYPE_CHECKING

from envguard.commands import find, lookup
from envguard.commands.cell import triggered
from envguard.commands.command import AimKind, Place
from envguard.commands.target import target
from envguard.masking import words
from envguard.scanned import Goes, Install, Wanted

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from envguard.commands.command import Command, Requirement

_LONGEST = 120
_NAMED = (AimKind.NAME, AimKind.PREFIX, AimKind.PROJECT)
_PROGRAMS = (AimKind.PROGRAM, AimKind.PYTHON)
_ELSEWHERE = frozenset(("--prefix", "--root", "--target", "--user", "-t"))
"""Options that make pip write outside of the environment."""
_CONDAS = re.compile(r"conda|mamba|forge|/envs/", re.IGNORECASE)
"""Of a folder that may be the environment in which conda itself installs, where it is not told another."""


def place(path: str, *, kernel: bool) -> Place:
    """Where the commands of a file would run, as far as the file tells; other files that they name lie beside it."""
    return Place("python", "", os.path.dirname(os.path.abspath(path)), {}, is_kernel=kernel)  # noqa: PTH100, PTH120


def of_cell(
    source: str, where: Place, told: Callable[[int], str], cell: int | None, cell_id: str | None, *, offset: int = 0
) -> Iterator[Install]:
    """The commands of a notebook's cell; of one without a number, that begins `offset` lines into its file."""
    if triggered(source):
        for command in find.commands(source, where):
            yield _install(command, told, stage=0, offset=offset, cell=cell, cell_id=cell_id)


def in_kernel(source: str, where: Place, told: Callable[[int], str], cell: int, cell_id: str | None) -> Iterator[Install]:  # fmt: skip
    """The commands of a cell of a kernel that is known, and where each would go."""
    if triggered(source):
        for command in find.commands(source, where):
            made = _install(command, told, stage=0, offset=0, cell=cell, cell_id=cell_id)
            yield replace(made, goes=_goes(command, where))


def _goes(command: Command, where: Place) -> Goes:
    found, aim = target(command, where), command.aim
    named = aim.kind in _NAMED or (aim.kind in _PROGRAMS and lookup.has_folder(aim.value or ""))
    return Goes(found.prefix, where.prefix, found.is_kernel, named, found.reason, found.evidence)


def of_script(
    source: str,
    where: Place,
    told: Callable[[int], str],
    *,
    stage: int = 0,
    offset: int = 0,
    active: str | None = None,
    condition: str | None = None,
) -> Iterator[Install]:
    """The commands of a script of a shell that begins `offset` lines into its file, and in which `active` is active.

    `condition` is that of the step of which the script is.
    """
    if triggered(source):
        for command in find.of_line(source, where):
            made = _install(command, told, stage=stage, offset=offset, cell=None, cell_id=None)
            if condition is not None:
                made = replace(made, conditional=True, branches=((0, 0, condition), *made.branches))
            yield made if made.env is not None or made.apart else replace(made, env=active)


def wanted(each: Requirement, *, by_conda: bool, line: int | None = None) -> Wanted:
    """A requirement as a fact."""
    return Wanted(
        text=each.text,
        name=each.name,
        kind=each.kind.value,
        specifier=each.specifier,
        pinned=each.pinned,
        editable=each.editable,
        by_conda=by_conda,
        line=line,
    )


def _install(command: Command, told: Callable[[int], str], *, stage: int, offset: int, cell: int | None, cell_id: str | None) -> Install:  # fmt: skip
    by_conda = command.tool.is_conda
    line = command.span.line + offset
    return Install(
        source=told(line),
        said=_said(command),
        tool=command.tool.value,
        verb=command.verb.value,
        form=command.form.value,
        aim=command.aim.kind.value,
        env=_env(command),
        by_conda=by_conda,
        wanted=tuple(
            wanted(each, by_conda=by_conda and each.channel != "pypi")
            for each in command.requirements
            if each.source is None
        ),
        files=tuple(file.path for file in command.files),
        options=tuple(name for name, _ in command.options),
        stage=stage,
        line=line,
        column=command.span.column,
        end_line=command.span.end_line + offset,
        end_column=command.span.end_column,
        cell=cell,
        cell_id=cell_id,
        apart=not by_conda and _is_apart(command),
        conditional=command.conditional,
        branches=tuple((place + offset, column, way) for place, column, way in command.branches),
    )


def _env(command: Command) -> str | None:
    """The environment of conda's that a command names, by itself or by the path of its program, or that was activated before it."""
    if command.aim.kind in (AimKind.NAME, AimKind.PREFIX):
        return command.aim.value
    program = command.aim.value or ""
    if command.aim.kind in _PROGRAMS and lookup.has_folder(program):
        return posixpath.dirname(posixpath.dirname(program.replace("\\", "/"))) or None
    return command.variables.get("CONDA_DEFAULT_ENV") or command.variables.get("CONDA_PREFIX")


def _is_apart(command: Command) -> bool:
    """Whether a command of pip's goes where no command of conda's does unless it names the place: a virtual environment, a folder."""
    if any(name in _ELSEWHERE for name, _ in command.options) or command.variables.get("VIRTUAL_ENV"):
        return True
    program = command.aim.value or ""
    if command.aim.kind not in _PROGRAMS or not lookup.has_folder(program):
        return False
    return not _CONDAS.search(program) and not program.startswith("$")


def _said(command: Command) -> str:
    said = " ".join(words(command.argv))
    return said if len(said) <= _LONGEST else said[: _LONGEST - 1] + "…"
