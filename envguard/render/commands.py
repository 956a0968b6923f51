"""The steps of a fix as lines to copy.

A line is never cut or wrapped: a shortened command is another command. Each is quoted for the place it is pasted into,
since the names in it are foreign: a POSIX shell, a Windows console, or a notebook cell, where IPython first replaces
`{expression}`. A step of Python is `import` and the modules.
"""

from __future__ import annotations

import re
import shlex
from itertools import groupby
from typing import TYPE_CHECKING

from envguard.model import Where
from envguard.render.language import clean

if TYPE_CHECKING:
    from collections.abc import Callable

    from envguard.model import Fix, Step

_MAGICS = ("pip", "conda", "mamba", "micromamba")
# These split their line and join it again without quotes, so that only a second pair of quotes reaches the shell.
_SPLITTING = ("%conda", "%mamba", "%micromamba")
_MODULE = re.compile(r"(?a)[A-Za-z_]\w*").fullmatch
_PLAIN_ON_WINDOWS = r"(?a)[\w.:/\\+=@~-]+"
_MEANT_BY_POWERSHELL = r"[`$“”„]"


def places(fix: Fix, platform: str | None) -> tuple[tuple[Where, tuple[str, ...]], ...]:
    """The commands of a fix in their order, those for the same place together."""
    return tuple(
        (where, tuple(command(step, platform) for step in steps))
        for where, steps in groupby(fix.steps, key=lambda step: step.where)
    )


def command(step: Step, platform: str | None) -> str:
    """One step as the line that a person copies."""
    quote = _quote(platform)
    argv = tuple(clean(argument, longest=None) for argument in step.argv)
    return _in_cell(argv, quote) if step.where is Where.CELL and argv else " ".join(map(quote, argv))


def quoted(word: str, platform: str | None) -> str:
    """One word of a line that a person copies, such as a folder with a blank in its name."""
    return _quote(platform)(clean(word, longest=None))


def _quote(platform: str | None) -> Callable[[str], str]:
    return _quote_for_windows if (platform or "").lower().startswith("win") else shlex.quote


def _in_cell(argv: tuple[str, ...], quote: Callable[[str], str]) -> str:
    if argv[0] == "import" and all(map(_MODULE, argv[1:])):
        return f"import {', '.join(argv[1:])}"
    head, rest = argv[0].lstrip("!"), argv[1:]
    magic = f"%{head}" if head in _MAGICS else head
    if not magic.startswith("%"):
        return f"!{_escape_braces(' '.join(map(quote, (head, *rest))))}"
    if magic in _SPLITTING:
        rest = tuple(_quote_again(argument, quote(argument)) for argument in rest)
    else:
        rest = tuple(map(quote, rest))
    # IPython fills braces in the line of a magic, and once more in the shell command that the magic makes of it.
    return " ".join((magic, _escape_braces(_escape_braces(" ".join(rest))))).rstrip()


def _escape_braces(line: str) -> str:
    return line.replace("{", "{{").replace("}", "}}")


def _quote_again(argument: str, quoted: str) -> str:
    if quoted == argument:
        return argument
    escaped = quoted.replace("\\", "\\\\").replace('"', '\\"')
    return f'"{escaped}"'


def _quote_for_windows(argument: str) -> str:
    """Quotes for cmd.exe, where single quotes mean nothing, in a way that PowerShell reads the same."""
    if re.fullmatch(_PLAIN_ON_WINDOWS, argument):
        return argument
    escaped = re.sub(_MEANT_BY_POWERSHELL, r"`\g<0>", argument.replace('"', '""'))
    return f'"{escaped}"'
