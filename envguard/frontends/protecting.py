"""What `envguard protect`, `enable` and `disable` say: sentences for people, JSON for programs."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from envguard._version import __version__
from envguard.render.commands import command
from envguard.render.language import clean, say

if TYPE_CHECKING:
    from collections.abc import Iterator

    from envguard.changes.autoload import Autoload
    from envguard.changes.protect import Protection
    from envguard.changes.protected import Done

SCHEMA = 1


def constraints_text(told: Protection) -> str:
    """The constraints file, and behind `#` what is not in it."""
    left_out = (
        f"# not pinned: {clean(each.name)} {clean(each.version or '?')}: {say(each.reason)}" for each in told.left_out
    )
    return "\n".join((told.content.rstrip("\n"), *left_out))


def constraints_json(told: Protection) -> str:
    """The same for a program."""
    return json.dumps(
        {
            "schema": SCHEMA,
            "envguard": __version__,
            "prefix": told.prefix,
            "pins": list(told.pins),
            "left_out": [
                {"name": each.name, "version": each.version, "reason": say(each.reason)} for each in told.left_out
            ],
        },
        indent=2,
    )


def done_lines(done: Done) -> Iterator[str]:
    """What came of a protected install, each line with our name in front."""
    if done.refusal is not None:
        stopped = "refused" if done.code is None else "nothing was installed"
        yield f"envguard: {stopped}: {say(done.refusal)}"
        for way in done.alternatives:
            yield f"envguard:   {say(way.title)}" + (f" ({say(way.says)})" if way.says is not None else "")
            yield from (f"    {command(step, None)}" for step in way.steps)
        return
    if done.changed:
        yield (
            f"envguard: not all of conda's files are as they were: {', '.join(map(clean, done.changed))}; "
            "`envguard check` tells more"
        )
    elif done.code == 0:
        yield "envguard: conda's files are as they were"


def autoload_text(told: Autoload) -> str:
    """The state in one line, with a word on whether it was changed just now."""
    verb = {"on": "will load", "off": "will not load", "broken": "may not load"}[told.state]
    now = " from their next start on" if told.changed else ""
    return f"kernels of {clean(told.prefix, None)} {verb} envguard{now} ({say(told.says)})"


def autoload_json(told: Autoload) -> str:
    """The same for a program."""
    return json.dumps(
        {
            "schema": SCHEMA,
            "envguard": __version__,
            "prefix": told.prefix,
            "file": told.file,
            "state": told.state,
            "reason": None if told.reason is None else say(told.reason),
            "changed": told.changed,
        },
        indent=2,
    )
