"""Speaks with who sits at a terminal: shows something, says something of ours beside it, asks before anything is changed."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

from envguard.frontends import output
from envguard.frontends.question import NOBODY, NOT_DONE, YES
from envguard.render.language import say

if TYPE_CHECKING:
    import argparse

    from envguard.model import Text

_REFUSED, _UNASKED = 1, 2


def show(said: str) -> None:
    """Shows what a command was asked for."""
    sys.stdout.write(said)
    sys.stdout.flush()


def aside(said: Text) -> None:
    """Says something of ours beside what is shown."""
    sys.stdout.flush()
    sys.stderr.write(f"{output.ours(said)}\n")
    sys.stderr.flush()


def asked(question: Text, options: argparse.Namespace) -> int | None:
    """None if the answer is yes; the exit code otherwise: 1 for no, 2 where nobody can be asked."""
    if options.format == "json" or sys.stdin is None or not sys.stdin.isatty():
        aside(NOBODY)
        return _UNASKED
    sys.stdout.flush()
    sys.stderr.write(say(question))
    sys.stderr.flush()
    if sys.stdin.readline().strip().lower() in YES:
        return None
    aside(NOT_DONE)
    return _REFUSED
