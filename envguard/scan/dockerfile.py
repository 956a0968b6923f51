"""A Dockerfile: the shell commands of its RUN lines, stage by stage (https://docs.docker.com/reference/dockerfile/)."""

from __future__ import annotations

import json
import re
import shlex
from typing import TYPE_CHECKING

from envguard.scan import installs
from envguard.scanned import Scanned

if TYPE_CHECKING:
    from collections.abc import Iterator

    from envguard.scanned import Install

_INSTRUCTION = re.compile(r"[ \t]*([A-Za-z]+)(?=[ \t]|$)")
_FLAGS = re.compile(r"(?:[ \t]*--(?:mount|network|security|device)=\S+)+")
_HEREDOC = re.compile(r"<<-?(['\"]?)([A-Za-z_]\w*)\1")
_LED = re.compile(r'"(?:\S*/)?(?:conda|mamba|micromamba)",\s*"run",.*?"(?:-n|--name|-p|--prefix)",\s*"([^"]+)"')
"""Matches a SHELL that runs every command in an environment."""
_COMMENT = re.compile(r"[ \t]*#")
_ESCAPE = re.compile(r"(?i)#\s*escape\s*=\s*`")


def read(path: str, content: str) -> Scanned:
    """What its stages ask installers for."""
    where = installs.place(path, kernel=False)
    found: list[Install] = []
    for source, line, stage, active in _runs(content):
        found += installs.of_script(
            source, where, lambda number: f"{path}:{number}", stage=stage, offset=line - 1, active=active
        )
    return Scanned(path, "dockerfile", tuple(found))


def _runs(content: str) -> Iterator[tuple[str, int, int, str | None]]:
    """The script of each RUN, in as many lines as it has there, with its first line, its stage, and what SHELL activates."""
    lines = content.replace("\r\n", "\n").split("\n")
    escape = "`" if lines and _ESCAPE.match(lines[0]) else "\\"
    at, stage = 0, 0
    active: str | None = None
    while at < len(lines):
        match = _INSTRUCTION.match(lines[at])
        begin = at
        if match is None:
            at += 1
            continue
        parts = [" " * match.end() + lines[at][match.end() :]]
        while parts[-1].rstrip().endswith(escape) and at + 1 < len(lines):
            parts[-1] = parts[-1].rstrip()[:-1] + "\\"
            at += 1
            while at + 1 < len(lines) and (_COMMENT.match(lines[at]) or not lines[at].strip()):
                parts.append("\\")  # a comment does not end the command
                at += 1
            parts.append("" if _COMMENT.match(lines[at]) else lines[at])
        at += 1
        for heredoc in _HEREDOC.findall("\n".join(parts)):
            while at < len(lines):
                parts.append(lines[at])
                at += 1
                if parts[-1].strip() == heredoc[1]:
                    break
        keyword = match[1].upper()
        if keyword == "FROM":
            stage, active = stage + 1, None
        elif keyword == "SHELL":
            led = _LED.search("\n".join(parts))
            active = led[1] if led else None
        elif keyword == "RUN":
            yield _script("\n".join(parts)), begin + 1, stage, active


def _script(written: str) -> str:
    """A RUN as a shell would get it: without its flags; the form of a list, and a document after `<<`, as commands."""
    flags = _FLAGS.match(written)
    if flags:
        written = " " * flags.end() + written[flags.end() :]
    plain = written.strip()
    if plain.startswith("["):
        try:
            told = json.loads(plain.replace("\\\n", "\n"))
            if isinstance(told, list):
                return written[: len(written) - len(written.lstrip())] + shlex.join(map(str, told))
        except ValueError:
            pass
    first, _, rest = written.partition("\n")
    document = _HEREDOC.search(first)
    if document and not first[: document.start()].strip():
        # `RUN <<EOF`: the document is the script
        return "\n" + rest.rpartition(document[2])[0]
    return written
