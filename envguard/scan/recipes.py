"""Files with commands of a shell in parts of them: Makefiles, justfiles, Apptainer's definitions, scripts of Windows, devcontainers.

What a part of such a file says is read as a script. Parts of which nobody knows which one runs first are stages of their own.
"""

from __future__ import annotations

import json
import re
import shlex
from typing import TYPE_CHECKING, Any

from envguard.scan import installs
from envguard.scanned import Scanned

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from envguard.scanned import Install

Part = tuple[str, int, int]
"""A script, the lines of the file before it, and its stage."""

_TARGET = re.compile(r"[^\s#][^#=\n]*?:(?!=)")
_QUIET = re.compile(r"^\s*[@+-]+")
_VARIABLE = re.compile(r"\$\(([A-Za-z_]\w*)\)|\{\{\s*([A-Za-z_]\w*)\s*\}\}")
_FUNCTION = re.compile(r"\$\([^()\n]{0,300}\)|\{\{[^{}\n]{0,300}\}\}")
_SECTION = re.compile(r"%(\w+)")
_REMARK = re.compile(r"(?i)^\s*(?:@?rem\b.*|::.*)$")
_CALLED = re.compile(r"(?i)^(\s*)(?:@?\s*call\s|[@&]\s*)")
_CONTINUED = re.compile(r"[`^][ \t]*$")
_IN_JSON = re.compile(r'("(?:\\.|[^"\\\n])*")|//[^\n]*|/\*.*?(?:\*/|\Z)', re.DOTALL)
_LAST_COMMA = re.compile(r'("(?:\\.|[^"\\\n])*")|,(?=\s*[}\]])')
_HOOKS = ("initializeCommand", "onCreateCommand", "updateContentCommand", "postCreateCommand", "postStartCommand", "postAttachCommand")  # fmt: skip
"""In the order in which they run (https://containers.dev/implementors/json_reference/#lifecycle-scripts)."""


def recipes(path: str, content: str) -> Scanned:
    """A Makefile or a justfile: each line of a recipe is a script, each target a stage."""
    return _read(path, _recipes(_lines(content)))


def definition(path: str, content: str) -> Scanned:
    """A definition of Apptainer's or Singularity's: its part `%post`."""
    return _read(path, _sections(_lines(content)))


def windows(path: str, content: str) -> Scanned:
    """A script of cmd.exe or of PowerShell, so far as its lines are those of any shell."""
    return _read(path, [("\n".join(map(_plain, _lines(content))), 0, 0)])


def devcontainer(path: str, content: str) -> Scanned:
    """A devcontainer.json, comments and last commas allowed: what it runs once it is made, one after the other."""
    bare = _IN_JSON.sub(lambda found: found[1] or re.sub(r"[^\n]", " ", found[0]), content.removeprefix("\ufeff"))
    told = json.loads(_LAST_COMMA.sub(lambda found: found[1] or " ", bare))
    return _read(path, _hooks(told if isinstance(told, dict) else {}, bare))


def _read(path: str, parts: Iterable[Part]) -> Scanned:
    where = installs.place(path, kernel=False)
    found: list[Install] = []
    for script, offset, stage in parts:
        found += installs.of_script(script, where, lambda number: f"{path}:{number}", stage=stage, offset=offset)
    return Scanned(path, "script", tuple(found))


def _lines(content: str) -> list[str]:
    return content.replace("\r\n", "\n").split("\n")


def _recipes(lines: list[str]) -> Iterator[Part]:
    stage, at = 0, 0
    while at < len(lines):
        begin = at
        at += 1
        if _TARGET.match(lines[begin]):
            stage += 1
        if not lines[begin][:1].isspace() or not lines[begin].strip():
            continue
        while lines[at - 1].rstrip().endswith("\\") and at < len(lines):
            at += 1
        yield _of_make("\n".join(lines[begin:at])), begin, stage


def _of_make(written: str) -> str:
    """A line as the shell gets it; what make puts in first is a variable to whoever reads it."""
    plain = _QUIET.sub("", written)
    plain = _VARIABLE.sub(lambda found: f"${found[1] or found[2]}", plain)
    return _FUNCTION.sub("$made", plain).replace("$$", "$")


def _sections(lines: list[str]) -> Iterator[Part]:
    inside = False
    kept = []
    for line in lines:
        section = _SECTION.match(line)
        if section:
            inside = section[1] == "post"
        kept.append(line if inside and not section else "")
    yield "\n".join(kept), 0, 0


def _plain(line: str) -> str:
    if _REMARK.match(line):
        return ""
    return _CONTINUED.sub("\\\\", _CALLED.sub(r"\1", line))


def _hooks(told: dict[str, Any], content: str) -> Iterator[Part]:
    for name in _HOOKS:
        at = content.find(f'"{name}"')
        for script in _scripts(told.get(name)):
            yield script, content.count("\n", 0, max(at, 0)), 0


def _scripts(told: Any) -> Iterator[str]:
    if isinstance(told, str):
        yield told
    elif isinstance(told, list):
        yield shlex.join(map(str, told))
    elif isinstance(told, dict):  # which run beside each other
        for each in told.values():
            if not isinstance(each, dict):
                yield from _scripts(each)
