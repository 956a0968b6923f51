"""The ways out that a report names, each command in a field of its own.

A widget cannot reach the clipboard, so a field is what can be copied from everywhere: the Tab key that enters it selects the
whole command, as three clicks do. What is typed into it is put back, since a changed command is another command.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import ipywidgets

from envguard.model import Where, text
from envguard.render.commands import places
from envguard.render.element import element, write
from envguard.render.language import clean, given, say
from envguard.render.sentence import sentence

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from envguard.model import Finding, Fix
    from envguard.render.element import Node

_NONE = text("No finding that is shown has a command to copy.")
_HOW = text("The Tab key selects a command, and Ctrl C copies it. None of them is run here.")
_FOR = text("for {subjects}")
_LABELS = {Where.TERMINAL: text("in a terminal"), Where.CELL: text("in a cell"), Where.KERNEL: text("in the kernel")}


def fields(findings: Iterable[Finding], platform: str | None) -> tuple[ipywidgets.Widget, ...]:
    """Each way out once, with the findings that it is for; what to draw."""
    ways: dict[Fix, list[str]] = {}
    for finding in findings:
        for fix in finding.fixes:
            if fix.steps:
                ways.setdefault(fix, []).append(f"EG{finding.code} {clean(finding.subject)}")
    if not ways:
        return (_line(say(_NONE)),)
    drawn = [each for fix, subjects in ways.items() for each in _fix(fix, tuple(subjects), platform)]
    return (_line(say(_HOW)), *drawn)


def _fix(fix: Fix, subjects: tuple[str, ...], platform: str | None) -> Iterator[ipywidgets.Widget]:
    yield _line(sentence(fix.title), f" · {say(given(_FOR, subjects=subjects))}")
    for where, commands in places(fix, platform):
        for command in commands:
            yield _field(command, say(_LABELS[where]))


def _line(*said: Node) -> ipywidgets.HTML:
    return ipywidgets.HTML(write(element("p", *said)))  # a Label would not break its line


def _field(command: str, label: str) -> ipywidgets.Text:
    field = ipywidgets.Text(
        command,
        description=label,
        style={"description_width": "7.5em"},
        layout={"width": "auto"},
    )
    field.add_class("envguard-panel-command")

    def put_back(change: Any) -> None:
        if change["new"] != command:
            field.value = command

    field.observe(put_back, "value")
    return field
