"""What `envguard export` and `envguard clean` do: write a file, say what it does not hold, tell what caches take."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING

from envguard import api
from envguard.errors import BadArguments
from envguard.export_report import Depth, Form, Trial
from envguard.frontends import output
from envguard.frontends.arguments import folder_of
from envguard.frontends.progress import clear, steps
from envguard.frontends.terminal import show
from envguard.model import Text, text
from envguard.render.language import framed, say

if TYPE_CHECKING:
    import argparse

    from envguard.export_report import Export

JSON = "json"
_FAILED = 1
_LOST = Text("envguard: mind: {says}")
_TRIED = {
    Trial.HOLDS: Text("envguard: tried {part}: {says}"),
    Trial.FAILS: Text("envguard: tried {part}, and it fails: {says}"),
    Trial.UNKNOWN: Text("envguard: {part} could not be tried: {says}"),
}
_DETAIL = Text("envguard:   {says}")


def export(options: argparse.Namespace) -> int:
    """The command; 1 if it was tried and does not hold, or if that could not be told."""
    depth = _depth(options)
    forms = tuple(Form) if options.format == JSON else (Form(options.format),)
    told = api.export(
        folder_of(options),
        forms,
        depth,
        name=options.name,
        python=options.python,
        kernel=options.kernel,
        verify=options.verify,
        network=not options.offline,
        progress=steps(sys.stderr),
    )
    clear(sys.stderr)
    content = _as_json(told) if options.format == JSON else told[0].content
    if options.output is None or options.output == "-":
        show(content)
    else:
        api.write_export(content, Path(options.output).expanduser())
    if options.format != JSON:
        _aside(told[0])
    tried = [each for export in told for each in export.tried or ()]
    return 0 if all(each.trial is Trial.HOLDS for each in tried) else _FAILED


def clean(options: argparse.Namespace) -> int:
    """The command; it deletes nothing."""
    told = api.caches(folder_of(options), name=options.name, python=options.python, kernel=options.kernel)
    if options.format == JSON:
        from envguard.render.export_v1 import caches_dumps

        show(caches_dumps(told))
    else:
        from envguard.render.cache_lines import caches

        show(caches(told, output.columns(), output.wants_color(sys.stdout)))
    return 0


def _depth(options: argparse.Namespace) -> Depth:
    depth = Depth.HISTORY if options.from_history else Depth(options.builds or Depth.EXACT.value)
    if options.format == Form.EXPLICIT.value and depth is not Depth.EXACT:
        raise BadArguments(text("an explicit list names files, so it knows neither --builds none nor --from-history"))
    return depth


def _as_json(told: tuple[Export, ...]) -> str:
    from envguard.render.export_v1 import export_dumps

    return export_dumps(told)


def _aside(told: Export) -> None:
    """What the file does not hold, and what came of trying it."""
    for lost in told.lost:
        _say(framed(_LOST, says=say(lost.says)))
    for each in told.tried or ():
        _say(framed(_TRIED[each.trial], part=each.part, says=say(each.says)))
        for detail in each.details:
            _say(framed(_DETAIL, says=say(detail)))


def _say(words: str) -> None:
    sys.stderr.write(f"{words}\n")
    sys.stderr.flush()
