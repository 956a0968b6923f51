"""What becomes of quotes in `%conda`: IPython splits the line as a shell would, joins it with blanks, and a shell reads that.

Measured with IPython 8.18 and 9.18: of `%conda install "numpy>=2"` conda gets `numpy`, and the shell writes a file `=2`; of
`%conda install "'numpy>=2'"` conda gets `numpy>=2`.
"""

from __future__ import annotations

import re
import shlex
from dataclasses import replace
from typing import TYPE_CHECKING

from envguard.commands.command import Word

if TYPE_CHECKING:
    from envguard.commands.command import Invocation

_QUOTED = re.compile(r"['\"]")
_TAKEN = re.compile(r"[A-Za-z_][\w.:/+\[\]-]*[ =!~,\d.*]*[<>|][^'\"\\`$]*")
"""A spec with a redirection or a pipe in it, and nothing that would quote it."""


def handed_on(found: Invocation) -> Invocation:
    """The words as conda gets them where a second pair of quotes has kept them; those the shell takes a part of, by name."""
    misread = tuple(word.text for word in found.words[1:] if word.known and _TAKEN.fullmatch(word.text))
    return replace(found, words=tuple(map(_once_more, found.words)), misread=misread)


def _once_more(word: Word) -> Word:
    if not word.known or not _QUOTED.search(word.text):
        return word
    try:
        [inner] = shlex.split(word.text)
    except ValueError:  # quotes without an end, or several words
        return word
    return Word(inner)
