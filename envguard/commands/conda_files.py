"""The files that conda's commands name: lists of specs, lists of URLs under `@EXPLICIT`, and environment.yml.

In a conda command, what an environment.yml leaves to pip is a requirement of pip's with the channel `pypi`.
"""

from __future__ import annotations

import os
import re
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from envguard.commands import requirement_files, requirements
from envguard.commands.command import File, Requirement
from envguard.commands.requirement_files import Contents, Where
from envguard.model import Text, text
from envguard.value import value

if TYPE_CHECKING:
    from collections.abc import Iterator

_COMMENT = re.compile(r"(?:^|\s+)#.*$")
_MOST = 5000


@value
class Read:
    """What some files say, and the name of the environment they are about."""

    contents: Contents
    name: str | None = None


def read(named: list[tuple[str, bool]], where: Where) -> Read:
    """What some files say, each by its name as written and whether that is known."""
    contents = Contents()
    name = None
    for written, known in named:
        found = _one(written, known, where)
        name = found.name or name
        contents = Contents(
            contents.requirements + found.contents.requirements,
            contents.constraints + found.contents.constraints,
            contents.files + found.contents.files,
            contents.options + found.contents.options,
        )
    return Read(contents, name)


def _one(written: str, known: bool, where: Where) -> Read:
    is_yaml = written.lower().endswith((".yml", ".yaml"))
    path, reason = requirement_files.locate(written, where, known)
    content = None
    if path is not None and reason is None:
        content, reason = requirement_files.load(path)
    if content is None or path is None:
        return Read(
            Contents(files=(File(requirements.clean(written), "environment" if is_yaml else "requirements", reason),))
        )
    if is_yaml:
        return _environment(content, written, path, where)
    lines = list(_lines(content))[:_MOST]
    role = "explicit" if any(line == "@EXPLICIT" for _, line in lines) else "requirements"
    found = tuple(
        requirements.conda(line, source=f"{path}:{number}") for number, line in lines if not line.startswith("@")
    )
    return Read(Contents(found, files=(File(requirements.clean(written), role),)))


def _lines(content: str) -> Iterator[tuple[int, str]]:
    for number, line in enumerate(content.splitlines(), start=1):
        # of a URL the part after # is its hash, before which there is no blank
        if said := _COMMENT.sub("", line).strip():
            yield number, said


def _environment(content: str, written: str, path: str, where: Where) -> Read:
    shown = requirements.clean(written)
    loaded, reason = _yaml(content)
    if not isinstance(loaded, dict):
        reason = reason or text("it is no description of an environment")
        return Read(Contents(files=(File(shown, "environment", reason),)))
    found: list[Requirement] = []
    files = [File(shown, "environment")]
    pip: list[Any] = []
    for each in _list(loaded.get("dependencies")):
        if isinstance(each, str):
            found.append(requirements.conda(each, source=path))
        elif isinstance(each, dict):
            pip += _list(each.get("pip"))
    inside = Where(os.path.dirname(path), where.variables)
    extra = _for_pip([line for line in pip if isinstance(line, str)], path, inside)
    channels = tuple(
        ("--channel", requirements.clean(channel))
        for channel in _list(loaded.get("channels"))
        if isinstance(channel, str)
    )
    return Read(
        Contents((*found, *extra.requirements), extra.constraints, (*files, *extra.files), channels + extra.options),
        _string(loaded.get("name")),
    )


def _for_pip(lines: list[str], path: str, inside: Where) -> Contents:
    """The lines under `pip:`, which conda hands to pip as a requirement file of their own."""
    read_lines = requirement_files.read_text("\n".join(lines), path, inside)
    return Contents(
        tuple(_of_pypi(each) for each in read_lines.requirements),
        tuple(_of_pypi(each) for each in read_lines.constraints),
        read_lines.files,
        read_lines.options,
    )


def _of_pypi(found: Requirement) -> Requirement:
    return replace(found, channel=requirements.PYPI)


def _yaml(content: str) -> tuple[Any, Text | None]:
    try:
        from ruamel.yaml import YAML

        parser = YAML(typ="safe", pure=True)
        parser.allow_duplicate_keys = True
        return parser.load(content), None
    except Exception as error:  # noqa: BLE001 - a damaged library, odd tags and timestamps raise anything
        return None, text(
            "it cannot be read: {reason}", reason=(str(error).strip() or type(error).__name__).splitlines()[0][:200]
        )


def _list(found: Any) -> list[Any]:
    return found[:_MOST] if isinstance(found, list) else []


def _string(found: Any) -> str | None:
    return found if isinstance(found, str) and found else None
