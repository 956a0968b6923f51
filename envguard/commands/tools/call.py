"""A program that would be started, seen from where it would be: its words with what is known filled in."""

from __future__ import annotations

import os
import re
from dataclasses import field, replace
from typing import TYPE_CHECKING

from envguard.commands import requirements
from envguard.commands.command import (
    KERNEL_PYTHON,
    Aim,
    AimKind,
    Command,
    Form,
    Requirement,
    Tool,
    Verb,
    Word,
)
from envguard.commands.requirement_files import Contents, Where
from envguard.value import value

if TYPE_CHECKING:
    from collections.abc import Mapping

    from envguard.commands.command import Invocation, Place
    from envguard.commands.options import Parsed

_PLACEHOLDER = re.compile(r"\{sys\.prefix\}|\{sys\.executable\}|\$\{(\w+)\}|\$(\w+)")
_SHELL_NAMES = ("CONDA_PREFIX", "CONDA_EXE", "VIRTUAL_ENV", "HOME", "PWD")
"""In a cell `$x` is first of all a name of Python's; these are hardly ever one."""
_UNKNOWN = re.compile(r"[$`{}*?]|<\(")
_SUFFIX = re.compile(r"\.(?:exe|bat|cmd|sh|py|pyz)$", re.IGNORECASE)
_TRUE = ("1", "true", "yes", "on", "y", "t")


@value
class Call:
    """A program with its arguments, and everything that it would meet."""

    words: tuple[Word, ...]
    invocation: Invocation
    place: Place
    variables: Mapping[str, str]
    folder: str | None = None
    """Where it runs; None if that is not known."""
    aim: Aim | None = None
    """What it is about by what starts it: `conda run -n X`."""
    wrappers: tuple[str, ...] = ()
    own: Mapping[str, str | None] = field(default_factory=dict)
    """Variables that are set for it alone."""

    @property
    def program(self) -> Word:
        """The first word."""
        return self.words[0]

    @property
    def where(self) -> Where:
        """From where it understands the names of files."""
        return Where(self.folder, self.variables)

    def is_set(self, name: str) -> bool:
        """Whether a variable says yes, as pip and uv take it."""
        return self.variables.get(name, "").strip().lower() in _TRUE

    def then(self, words: tuple[Word, ...], *, aim: Aim | None = None, wrapper: str | None = None) -> Call:
        """The same for what this program would start in turn."""
        wrappers = (*self.wrappers, wrapper) if wrapper else self.wrappers
        return replace(self, words=words, aim=aim or self.aim, wrappers=wrappers)

    def with_variables(self, changed: Mapping[str, str | None]) -> Call:
        """The same with some variables set, or lost."""
        kept = {name: value for name, value in self.variables.items() if name not in changed}
        return replace(self, variables=kept | {name: value for name, value in changed.items() if value is not None})

    def command(
        self,
        tool: Tool,
        verb: Verb,
        aim: Aim,
        parsed: Parsed,
        found: tuple[Requirement, ...],
        contents: Contents | None = None,
    ) -> Command:
        """The finished command, what its files say behind what it says itself."""
        read = contents or Contents()
        given = tuple(
            (option.name, None if option.value is None else requirements.clean(option.value))
            for option in parsed.options
        )
        return Command(
            tool,
            verb,
            tuple(word.text for word in self.words),
            found + read.requirements,
            read.constraints,
            read.files,
            given + read.options,
            self.aim or aim,
            self.invocation.form,
            self.invocation.span,
            self.own,
            self.wrappers,
            self.invocation.folder,
            self.invocation.conditional,
            all(word.known for word in self.words) and not parsed.unknown,
            self.invocation.misread,
            self.invocation.branches,
        )


def begin(invocation: Invocation, place: Place) -> Call:
    """The call that an invocation is, nothing taken apart yet."""
    variables = {
        **place.variables,
        **{name: known for name, known in invocation.variables.items() if known is not None},
    }
    for name, known in invocation.variables.items():
        if known is None:
            variables.pop(name, None)
    words = tuple(_filled(word, invocation.form, place, variables) for word in invocation.words)
    folder = folder_of(invocation.folder, place, variables)
    return Call(words, invocation, place, variables, folder, None, invocation.wrappers, invocation.variables)


def folder_of(written: str | None, place: Place, variables: Mapping[str, str]) -> str | None:
    """Where a command runs that follows a `cd`; None if that is not known."""
    if written is None:
        return place.folder
    if _UNKNOWN.search(written) or written == "-":
        return None
    return Where(place.folder, variables).path(written)


def is_open(word: str) -> bool:
    """Whether a text holds what only its run fills in."""
    return bool(_UNKNOWN.search(word))


def program_name(path: str) -> str:
    """What a program is called: `/opt/x/bin/pip3.exe` is `pip3`."""
    if path == KERNEL_PYTHON:
        return path
    return _SUFFIX.sub("", re.split(r"[\\/]", path)[-1]).lower()


def aim_at(kind: AimKind, word: Word) -> Aim:
    """An aim that a word names."""
    return Aim(kind, word.text, word.known)


def _filled(word: Word, form: Form, place: Place, variables: Mapping[str, str]) -> Word:
    """A word with the variables filled in of which it is certain what they are."""
    if word.known or word.text == KERNEL_PYTHON:
        return Word(word.text) if not word.known else _home(word, variables)

    def fill(match: re.Match[str]) -> str:
        if match[0] == "{sys.prefix}":
            return place.prefix
        if match[0] == KERNEL_PYTHON:
            return place.python
        name = match[1] or match[2]
        is_shell = form in (Form.SCRIPT, Form.LINE, Form.CALL) or name in _SHELL_NAMES
        return variables.get(name, match[0]) if is_shell else match[0]

    filled = _PLACEHOLDER.sub(fill, word.text)
    return Word(filled, known=filled != word.text and not is_open(filled))


def _home(word: Word, variables: Mapping[str, str]) -> Word:
    home = variables.get("HOME")
    if home and (word.text == "~" or word.text.startswith("~/")):
        return Word(os.path.join(home, word.text[2:]) if len(word.text) > 1 else home)
    return word
