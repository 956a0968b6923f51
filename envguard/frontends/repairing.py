"""What `envguard plan` and `envguard repair` do: show what a repair would do, ask, do it, and tell what came of it."""

from __future__ import annotations

import sys
from dataclasses import replace
from typing import TYPE_CHECKING, TextIO

from envguard import api
from envguard.errors import EnvguardError
from envguard.frontends import output, progress
from envguard.frontends.arguments import folder_of
from envguard.frontends.terminal import aside, asked, show
from envguard.model import Verdict, text

if TYPE_CHECKING:
    import argparse

    from envguard.ledger_entry import Whence
    from envguard.repair_report import RepairReport

_WIDTH = 80
_SOMETHING, _REFUSED = 1, 1

REPAIR = text("repair it? [y/N] ")


def plan(options: argparse.Namespace) -> int:
    """The command `plan`; its exit code: 0 nothing to repair, 1 something, or it cannot be told."""
    told = planned(prefix_of(options), options.keep_pip)
    show(repair_as(told, options.format, sys.stdout, details=options.details))
    return _SOMETHING if something(told) else 0


def repair(options: argparse.Namespace) -> int:
    """The command `repair`; its exit code: 0 nothing is left to repair, 1 something is, or it was not done, 2 nobody to ask."""
    if not (options.apply or options.resume):
        return plan(options)
    prefix, keep = prefix_of(options), options.keep_pip
    if options.resume:
        try:
            keep = [*api.repair_again(prefix, tell=aside), *keep]
        except EnvguardError as error:
            aside(error.text)
            return _REFUSED
    told = planned(prefix, keep)
    if told.plan.refused or not told.plan.steps:
        show(repair_as(told, options.format, sys.stdout, details=options.details))
        return _REFUSED if something(told) else 0
    if not options.yes:
        show(repair_as(told, options.format, sys.stdout, details=options.details))
        code = asked(REPAIR, options)
        if code is not None:
            return code
    try:
        came = done(told)
    except EnvguardError as error:
        aside(error.text)
        return _REFUSED
    show(repair_as(came, options.format, sys.stdout, details=options.details))
    return 0 if sound(came) else _SOMETHING


def done(told: RepairReport, whence: Whence | None = None) -> RepairReport:
    """Carries a plan out and tells of each step; EnvguardError if it must not be done after all."""
    return replace(told, done=api.repair(told, whence=whence, tell=aside))


def sound(told: RepairReport) -> bool:
    """Whether nothing is left to repair."""
    came = told.done
    return came is not None and came.failure is None and not came.remains and not came.new


def prefix_of(options: argparse.Namespace) -> str:
    """The prefix that the options name."""
    return api.prefix_of(folder_of(options), name=options.name, python=options.python, kernel=options.kernel)


def planned(prefix: str | None, keep: list[str]) -> RepairReport:
    """The plan, with progress where somebody watches."""
    tell = progress.steps(sys.stderr)
    try:
        return api.repair_plan(prefix, keep, progress=tell)
    finally:
        progress.clear(sys.stderr)


def something(told: RepairReport) -> bool:
    """Whether there is anything to repair, or nobody can tell."""
    plan = told.plan
    left = plan.steps or plan.proof.remains or plan.proof.new or plan.unfinished
    return bool(left) or plan.verdict is Verdict.UNKNOWN


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
