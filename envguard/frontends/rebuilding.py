"""What `envguard rebuild` does: show what a new environment would hold, ask, make it, and tell what came of it."""

from __future__ import annotations

import sys
from dataclasses import replace
from typing import TYPE_CHECKING, TextIO

from envguard import api
from envguard.errors import BadArguments, EnvguardError
from envguard.export_report import Depth
from envguard.frontends import output, progress
from envguard.frontends.terminal import aside, asked, show
from envguard.model import text

if TYPE_CHECKING:
    import argparse

    from envguard.rebuild.options import Options
    from envguard.rebuild_report import RebuildReport

REBUILD = text("make it? [y/N] ")
DISCARD = text("remove the unfinished environment in {folder}? [y/N] ")
_SOMETHING = 1
_ASKED = (
    "prefix",
    "name",
    "python",
    "kernel",
    "builds",
    "from_history",
    "loosen",
    "keep_pip",
    "kernel_name",
    "no_kernelspec",
    "offline",
)
"""What a rebuild is asked with, and which a second try takes from the first."""


def rebuild(options: argparse.Namespace) -> int:
    """The command; its exit code: 0 made and sound, 1 refused, failed or not all well, 2 nobody to ask."""
    if (options.resume or options.discard) and any(getattr(options, name) for name in _ASKED):
        raise BadArguments(text("--resume and --discard know from the unfinished environment what was asked for"))
    if options.discard:
        return _discard(options)
    prefix: str | None = None
    if options.resume:
        unfinished = api.rebuild_unfinished(options.target)
        if unfinished is None:
            raise BadArguments(
                text("{folder} is no environment that a rebuild has left unfinished", folder=options.target)
            )
        prefix, wish = unfinished
    else:
        prefix = api.prefix_of(options.prefix, name=options.name, python=options.python, kernel=options.kernel)
        wish = _options(options)
    told = _planned(options, prefix, wish)
    if told.plan.refused or options.dry_run:
        _show(told, options)
        return _SOMETHING if told.plan.refused else 0
    if not options.yes:
        _show(told, options)
        code = asked(REBUILD, options)
        if code is not None:
            return code
    try:
        came = replace(told, done=api.rebuild(told, wish, tell=aside))
    except EnvguardError as error:
        aside(error.text)
        return _SOMETHING
    _show(came, options)
    return 0 if sound(came) else _SOMETHING


def sound(told: RebuildReport) -> bool:
    """Whether it was made, and all that was asked for came."""
    from envguard.render.rebuild_lines import sound as well

    return told.done is not None and well(told.plan, told.done)


def _options(options: argparse.Namespace) -> Options:
    depth = Depth.HISTORY if options.from_history else Depth(options.builds or Depth.EXACT.value)
    if options.kernel_name is not None and options.no_kernelspec:
        raise BadArguments(text("--kernel-name and --no-kernelspec contradict each other"))
    return api.rebuild_options(
        depth=depth,
        loosen=options.loosen,
        keep=tuple(options.keep_pip),
        kernel=not options.no_kernelspec,
        kernel_name=options.kernel_name,
        network=not options.offline,
    )


def _planned(options: argparse.Namespace, prefix: str, wish: Options) -> RebuildReport:
    try:
        return api.rebuild_plan(
            options.target, prefix, wish, resumed=options.resume, progress=progress.steps(sys.stderr)
        )
    finally:
        progress.clear(sys.stderr)


def _discard(options: argparse.Namespace) -> int:
    if api.rebuild_unfinished(options.target) is None:
        raise BadArguments(text("{folder} is no environment that a rebuild has left unfinished", folder=options.target))
    if not options.yes:
        code = asked(text(DISCARD.text, folder=options.target), options)
        if code is not None:
            return code
    aside(text("{folder} was removed", folder=api.rebuild_discard(options.target)))
    return 0


def rebuild_as(told: RebuildReport, form: str, stream: TextIO, *, details: bool = False) -> str:
    """A plan, or what came of it, in one of the formats."""
    from envguard.render.rebuild_lines import rebuild as lines
    from envguard.render.rebuild_v1 import rebuild_dumps

    if form == "json":
        return rebuild_dumps(told)
    return lines(told, output.columns(), output.wants_color(stream), details=details)


def _show(told: RebuildReport, options: argparse.Namespace) -> None:
    show(rebuild_as(told, options.format, sys.stdout, details=options.details))
