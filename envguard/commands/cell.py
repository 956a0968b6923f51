"""From the source of a cell, or a line of a shell, to the programs in it that may install something.

It reads the source as it was typed: so a place is a place in the cell, the server can read a notebook whose kernel has
another Python, and a cell that is still being typed tells what is already in it. The tests hold that against what IPython
makes of each cell (`python.of_tree`). Importing this module imports nothing but `re`.
"""

from __future__ import annotations

import re

from envguard.commands.command import Form, Invocation

_PARTS = ("pip", "conda", "mamba", "pixi", "uv", "poetry", "pdm", "easy_install", "setup.py")


def _word(name: str) -> str:
    """A name that nothing precedes but what may: looked at behind it, so that its first letter is what is searched for."""
    return rf"{name}(?:(?<![A-Za-z0-9_]{name})|(?<=\\[nrt]{name})|(?<=-m{name}))"


_NAMES = ("conda", "mamba", "micromamba", "pixi", "uvx", "uv", "poetry", "pdm", "easy_install", r"setup\.py")
TRIGGER = re.compile(rf"(?:{_word('pip')}(?:\d[\d.]*)?|{'|'.join(map(_word, _NAMES))})(?![A-Za-z0-9_])")
"""A name of a tool, as a word: without one in its text no cell installs anything that could be seen."""


def triggered(source: str) -> bool:
    """Whether a cell deserves a closer look: the cheap answer for the many that do not."""
    return (
        any([part in source for part in _PARTS])  # noqa: C419 - a third faster than a generator, before each cell
        and TRIGGER.search(source) is not None
    )


def invocations(source: str, windows: bool = False) -> tuple[Invocation, ...]:
    """What a notebook cell would start, in the order of the source; `windows`: its shell is cmd.exe.

    Never an exception; what cannot be parsed tells what can still be seen of it: its magic lines.
    """
    if not triggered(source):
        return ()
    from envguard.commands import magics
    from envguard.commands.scene import Scene
    from envguard.commands.text import Holes, Located

    return _ordered(magics.read(Located.of(source), Holes(), Scene(Form.SHELL, windows)))


def of_line(line: str, windows: bool = False) -> tuple[Invocation, ...]:
    """What one line for a shell, or a whole script, would start."""
    if not triggered(line):
        return ()
    from envguard.commands import shell
    from envguard.commands import windows as cmd
    from envguard.commands.scene import Scene
    from envguard.commands.text import Holes, Located

    read = cmd.read if windows else shell.read
    return _ordered(read(Located.of(line), Holes(), Scene(Form.LINE, windows)))


def _ordered(found: list[Invocation]) -> tuple[Invocation, ...]:
    return tuple(sorted(found, key=lambda one: (one.span.line, one.span.column)))
