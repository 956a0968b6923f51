"""What `envguard plan` and `envguard repair` do: show what a repair would do, ask, do it, and tell what came of it."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, TextIO

from envguard import api
from envguard.frontends import output, progress

if TYPE_CHECKING:
    import argparse

    from envguard.repair_report import RepairReport

_WIDTH = 80
_SOMETHING = 1


def plan(options: argparse.Namespace) -> int:
    """The command `plan`; its exit code: 0 nothing to repair, 1 something."""
    told = planned(prefix_of(options), options.keep_pip)
    _write(repair_as(told, options.format, sys.stdout, details=options.details))
    return _SOMETHING if something(told) else 0


def prefix_of(options: argparse.Namespace) -> str:
    """The prefix that the options name."""
    folder = options.prefix if options.prefix is not None else options.folder
    return api.prefix_of(folder, name=options.name, python=options.python, kernel=options.kernel)


def planned(prefix: str | None, keep: list[str]) -> RepairReport:
    """The plan, with progress where somebody watches."""
    tell = progress.steps(sys.stderr)
    try:
        return api.repair_plan(prefix, keep, progress=tell)
    finally:
        progress.clear(sys.stderr)


def something(told: RepairReport) -> bool:
    """Whether there is anything to repair."""
    return bool(told.plan.steps or told.plan.proof.remains or told.plan.proof.new)


def repair_as(told: RepairReport, form: str, stream: TextIO, *, details: bool = False) -> str:
    """A plan, or what came of it, in one of the formats."""
    from envguard.render.repair_html import repair_page
    from envguard.render.repair_lines import repair
    from envguard.render.repair_v1 import repair_dumps

    if form == "json":
        return repair_dumps(told)
    if form == "html":
        return output.encodable(repair_page(told, details=details), stream)
    return repair(told, output.columns(), output.wants_color(stream), details=details)


def bundle(told: RepairReport, *, details: bool = False) -> dict[str, str]:
    """The same as Jupyter stores it in a notebook."""
    from envguard.render.repair_html import repair_html
    from envguard.render.repair_lines import repair

    return {"text/html": repair_html(told, details=details), "text/plain": repair(told, _WIDTH, details=details)}


def _write(said: str) -> None:
    sys.stdout.write(said)
    sys.stdout.flush()
