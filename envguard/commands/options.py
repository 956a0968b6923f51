"""Arguments read by a tool's own table of options.

An option that the table does not know takes no value: a word too many is seen as a requirement, which is better than a
requirement that is swallowed. It is named in `Parsed.unknown`, so that nobody is told to be sure.
"""

from __future__ import annotations

import enum
from typing import TYPE_CHECKING

from envguard import masking
from envguard.value import value

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from envguard.commands.command import Word


class Style(enum.Enum):
    """Whose habits."""

    OPTPARSE = "optparse"
    """pip: `--requ x` for `--requirement x`, `-rfile`"""
    ARGPARSE = "argparse"
    """conda: the same, and `-n=name`"""
    CLAP = "clap"
    """uv, pixi, and near enough micromamba: no abbreviations, `-n=name`"""


@value
class Given:
    """One option as it was given, by its long name."""

    name: str
    value: str | None = None
    known: bool = True


@value
class Parsed:
    """What a table makes of some words."""

    options: tuple[Given, ...]
    rest: tuple[Word, ...]
    unknown: tuple[str, ...]

    def has(self, *names: str) -> bool:
        """Whether one of these options was given."""
        return any(given.name in names for given in self.options)

    def last(self, *names: str) -> Given | None:
        """The last of these options."""
        return next((given for given in reversed(self.options) if given.name in names), None)


def table(*lines: str) -> Mapping[str, tuple[str, bool]]:
    """Every spelling, with its long name and whether it takes a value, from lines like `--requirement -r =`."""
    spellings: dict[str, tuple[str, bool]] = {}
    for line in lines:
        names = line.split()
        takes = names[-1] == "="
        spellings.update(dict.fromkeys(names[:-1] if takes else names, (names[0], takes)))
    return spellings


def parse(
    words: Sequence[Word], known: Mapping[str, tuple[str, bool]], style: Style, *, until_word: bool = False
) -> Parsed:
    """Takes the options out of some words; `until_word` stops at the first that is none, as before a verb."""
    options: list[Given] = []
    rest: list[Word] = []
    unknown: list[str] = []
    queue = list(words)
    while queue:
        word = queue.pop(0)
        if word.text == "--":
            rest += queue
            break
        if not word.text.startswith("-") or word.text == "-":
            rest.append(word)
            if until_word:
                rest += queue
                break
        elif word.text.startswith("--"):
            _long(word, queue, known, style, options, unknown)
        else:
            _short(word, queue, known, style, options, unknown)
    return Parsed(tuple(options), tuple(rest), tuple(unknown))


def _long(
    word: Word,
    queue: list[Word],
    known: Mapping[str, tuple[str, bool]],
    style: Style,
    options: list[Given],
    unknown: list[str],
) -> None:
    name, equals, attached = word.text.partition("=")
    found = known.get(name) or (None if style is Style.CLAP else _abbreviated(name, known))
    if found is None:
        unknown.append(name)
        # what a tool does not know it refuses; the secret that stands behind must not pass for a requirement
        hidden = not equals and masking.announces(name)
        options.append(_with_next(name, queue) if hidden else Given(name, attached if equals else None, word.known))
    elif found[1] and not equals:
        options.append(_with_next(found[0], queue))
    else:
        options.append(Given(found[0], attached if equals else None, word.known))


def _short(
    word: Word,
    queue: list[Word],
    known: Mapping[str, tuple[str, bool]],
    style: Style,
    options: list[Given],
    unknown: list[str],
) -> None:
    letters = word.text[1:]
    while letters:
        found, letters = known.get(f"-{letters[0]}"), letters[1:]
        if found is None:
            unknown.append(word.text)
            options.append(Given(word.text, None, word.known))
            return
        if found[1]:
            if letters and style is not Style.OPTPARSE:
                letters = letters.removeprefix("=")
            options.append(Given(found[0], letters, word.known) if letters else _with_next(found[0], queue))
            return
        options.append(Given(found[0], None, word.known))


def _with_next(name: str, queue: list[Word]) -> Given:
    """An option whose value is the next word, whatever that looks like."""
    if not queue:
        return Given(name)
    word = queue.pop(0)
    return Given(name, word.text, word.known)


def _abbreviated(name: str, known: Mapping[str, tuple[str, bool]]) -> tuple[str, bool] | None:
    """What an abbreviation stands for; None if for nothing, or for more than one option."""
    found = {option for spelled, option in known.items() if spelled.startswith(name)} if len(name) > 2 else set()
    return found.pop() if len(found) == 1 else None
