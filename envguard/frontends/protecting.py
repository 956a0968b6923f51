"""What `envguard protect`, `enable` and `disable` say: sentences for people, JSON for programs."""

from __future__ import annotations

import json
from pathlib import Path
from types import MappingProxyType
from typing import TYPE_CHECKING

from envguard._version import __version__
from envguard.languages import english
from envguard.model import Text, text
from envguard.render.commands import command
from envguard.render.language import clean, framed, given, say

if TYPE_CHECKING:
    from collections.abc import Iterator

    from envguard.changes.autoload import Autoload
    from envguard.changes.protect import Protection
    from envguard.changes.protected import Done
    from envguard.home import Home

SCHEMA = 1

_NOT_PINNED = Text("# not pinned: {name} {version}: {reason}")
_REFUSED = Text("envguard: refused: {reason}")
_NOTHING_INSTALLED = Text("envguard: nothing was installed: {reason}")
_WAY = Text("envguard:   {title}")
_TRIED = Text("envguard:   {title} ({says})")
_UNSEEN = Text("envguard: what {names} would bring could not be looked at before")
_CHANGED = Text("envguard: not all of conda's files are as they were: {names}; `envguard check` tells more")
_AS_BEFORE = Text("envguard: conda's files are as they were")
_AUTOLOAD = MappingProxyType(
    {
        "on": Text("kernels of {prefix} load envguard ({reason})"),
        "off": Text("kernels of {prefix} do not load envguard ({reason})"),
        "broken": Text("kernels of {prefix} may not load envguard ({reason})"),
    }
)
_FROM_NOW = MappingProxyType(
    {
        "on": Text("kernels of {prefix} will load envguard from their next start on ({reason})"),
        "off": Text("kernels of {prefix} will not load envguard from their next start on ({reason})"),
    }
)


def constraints_text(told: Protection) -> str:
    """The constraints file, and behind `#` what is not in it."""
    left_out = (
        framed(_NOT_PINNED, name=clean(each.name), version=clean(each.version or "?"), reason=say(each.reason))
        for each in told.left_out
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
                {"name": each.name, "version": each.version, "reason": say(each.reason, english)}
                for each in told.left_out
            ],
        },
        indent=2,
    )


def done_lines(done: Done) -> Iterator[str]:
    """What came of a protected install, each line with our name in front."""
    if done.refusal is not None:
        yield framed(_REFUSED if done.code is None else _NOTHING_INSTALLED, reason=say(done.refusal))
        for way in done.alternatives:
            title = say(way.title)
            yield framed(_WAY, title=title) if way.says is None else framed(_TRIED, title=title, says=say(way.says))
            yield from (f"    {command(step, None)}" for step in way.steps)
        return
    if done.unseen:
        yield say(given(_UNSEEN, names=done.unseen))
    if done.changed:
        yield say(given(_CHANGED, names=done.changed))
    elif done.code == 0:
        yield say(_AS_BEFORE)


def autoload_text(told: Autoload, home: Home) -> str:
    """The state in one line, with a word on whether it was changed just now; and what is noted, if anything is."""
    words = _FROM_NOW if told.changed and told.state in _FROM_NOW else _AUTOLOAD
    line = framed(words[told.state], prefix=clean(told.prefix, None), reason=say(told.says))
    if told.state == "off" and not Path(ledger_file(home)).exists():
        return line
    return "\n".join((line, *(say(each) for each in home_lines(home))))


def home_lines(home: Home) -> Iterator[Text]:
    """What our folder does, if there is one."""
    if home.ours:
        yield text("changes are noted in {file}", file=ledger_file(home))
        if home.undo:
            yield text("a way back is made before each install that envguard sees; `envguard undo` takes it back")
    elif home.reason is not None:
        yield text("nothing is noted and nothing can be taken back: {reason}", reason=say(home.reason))


def ledger_file(home: Home) -> str:
    """Where changes are noted, or would be."""
    return str(Path(home.folder, "ledger.jsonl"))


def autoload_json(told: Autoload, home: Home) -> str:
    """The same for a program."""
    return json.dumps(
        {
            "schema": SCHEMA,
            "envguard": __version__,
            "prefix": told.prefix,
            "file": told.file,
            "state": told.state,
            "reason": None if told.reason is None else say(told.reason, english),
            "changed": told.changed,
            "home": home.state,
            "ledger": ledger_file(home) if home.ours and home.ledger else None,
            "undo": home.undo,
        },
        indent=2,
    )
