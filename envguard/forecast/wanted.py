"""What a command asks for, parted into what can be foretold and what would have to be built.

Both pip and uv run the build backend of folders, repositories and source archives even in a dry run. So these are taken
out, those in requirement files too, of which copies without them are written into a temporary folder.
"""

from __future__ import annotations

import os
import re
import shlex
from typing import TYPE_CHECKING

from envguard.commands import requirement_files, requirements
from envguard.commands.command import Kind, Word
from envguard.commands.options import Style, parse
from envguard.forecast import child
from envguard.model import Text, text
from envguard.value import value

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator, Mapping

    from envguard.commands.command import Command, Place, Requirement
    from envguard.commands.options import Given

_WHEEL = re.compile(r"\.whl(?:[?#\[;\s]|$)", re.IGNORECASE)
_VARIABLE = re.compile(r"\$\{([A-Z0-9_]+)\}")
_OF_FILES = re.compile(r"\s*(?:-r|-c|-f|--req|--con|--find)")
_DEPTH = 12


@value
class Said:
    """What stands on a command line, secrets included."""

    options: tuple[Given, ...]
    words: tuple[str, ...]

    def has(self, *names: str) -> bool:
        """Whether one of these options was given."""
        return any(given.name in names for given in self.options)

    def values(self, name: str) -> tuple[str, ...]:
        """What was given for an option, each time."""
        return tuple(given.value for given in self.options if given.name == name and given.value)

    def all_but(self, names: Collection[str]) -> tuple[str, ...]:
        """The options as words, without some."""
        left = (given for given in self.options if given.name not in names)
        return tuple(given.name if given.value is None else f"{given.name}={given.value}" for given in left)


def said(words: tuple[str, ...], known: Mapping[str, tuple[str, bool]], style: Style) -> Said:
    """A command line, read by its tool's table of options."""
    parsed = parse([Word(word) for word in words], known, style)
    return Said(parsed.options, tuple(word.text for word in parsed.rest))


@value
class Wanted:
    """The words for a resolver, and what it is not asked about."""

    words: tuple[str, ...]
    """Requirements and files; they may hold secrets."""
    built: tuple[Requirement, ...]
    """What would have to be built."""
    named: tuple[str, ...] = ()
    """The variables that the files fill in."""


def wanted(
    line: Said, command: Command, place: Place, scratch: str, *, build: bool, without: Collection[str] = ()
) -> Wanted:
    """What a resolver is asked; `without` names what has turned out to have no wheel. With `build`, everything is asked."""
    asked = [(word, requirements.pip(word)) for word in line.words]
    edited = [(word, requirements.pip(word, editable=True)) for word in line.values("--editable")]
    words = [word for word, each in asked if build or not _leave_out(each, without)]
    words += [part for word, _ in edited if build for part in ("--editable", word)]
    named = (*line.values("--requirement"), *line.values("--requirements"))
    read, copies = _files(named, command, place, scratch, build, without)
    words += [part for file in read for part in ("--requirement", file)]
    every = (*(each for _, each in asked), *(each for _, each in edited), *_of_files(command))
    out = () if build else tuple(each for each in every if _leave_out(each, without))
    return Wanted(tuple(words), out, tuple(copies.named))


def sync(line: Said, command: Command, place: Place, scratch: str, *, build: bool) -> Wanted:
    """As `wanted`, of a command whose arguments are files."""
    read, copies = _files(line.words, command, place, scratch, build, ())
    out = () if build else tuple(each for each in _of_files(command) if _leave_out(each, ()))
    return Wanted(tuple(read), out, tuple(copies.named))


def _files(
    files: tuple[str, ...], command: Command, place: Place, scratch: str, build: bool, without: Collection[str]
) -> tuple[list[str], _Copies]:
    dropped = frozenset(each.source or "" for each in _of_files(command) if _leave_out(each, without))
    copies = _Copies(place, child.folder(command, place), scratch, dropped)
    read = [copies.of(file) for file in files]
    return (list(files) if build else read), copies


def _of_files(command: Command) -> tuple[Requirement, ...]:
    return tuple(each for each in command.requirements if each.source is not None)


def building(name: str | None) -> Text:
    """The sentence on a requirement that would have to be built."""
    return text("{name} could not be foretold: building it runs its code", name=name or "?")


def _leave_out(asked: Requirement, without: Collection[str]) -> bool:
    if asked.editable or asked.kind is Kind.VCS or asked.name in without:
        return True
    return asked.kind in (Kind.PATH, Kind.URL) and not _WHEEL.search(asked.text)


class _Copies:
    """Copies of requirement files without some of their lines."""

    def __init__(self, place: Place, folder: str, scratch: str, dropped: Collection[str]) -> None:
        self._variables: Mapping[str, str] = place.variables or os.environ
        self._folder, self._scratch, self._dropped = folder, scratch, dropped
        self._made: dict[str, str] = {}
        self.named: dict[str, None] = {}

    def of(self, written: str) -> str:
        """The copy of a file that the command names."""
        return self._copy(written, self._folder, 0)

    def _copy(self, written: str, folder: str, depth: int) -> str:
        path, _ = requirement_files.locate(written, requirement_files.Where(folder, self._variables), known=True)
        if path is None or depth > _DEPTH:
            return written
        if path not in self._made:
            content, _ = requirement_files.load(path)
            if content is None:
                return path
            self._made[path] = copy = os.path.join(self._scratch, f"{len(self._made)}-{os.path.basename(path)}")
            self.named.update(dict.fromkeys(_VARIABLE.findall(content)))
            kept = "\n".join(self._lines(content, path, depth))
            with open(copy, "w", encoding="utf-8", errors="surrogateescape") as file:
                file.write(kept + "\n")
        return self._made[path]

    def _lines(self, content: str, path: str, depth: int) -> Iterator[str]:
        begun: list[str] = []
        first = 1
        for number, line in enumerate(content.splitlines(), start=1):
            first = first if begun else number
            begun.append(line)
            if line.endswith("\\") and not line.lstrip().startswith("#"):
                continue
            if f"{path}:{first}" not in self._dropped:
                yield from self._file_line(begun, os.path.dirname(path), depth)
            begun = []
        if f"{path}:{first}" not in self._dropped:
            yield from begun

    def _file_line(self, lines: list[str], folder: str, depth: int) -> Iterator[str]:
        """A line of a file; where it names another file, by a path that is right from anywhere."""
        if not _OF_FILES.match(lines[0]):
            yield from lines
            return
        joined = re.sub(r"\s#.*", "", "".join(line.rstrip("\\") for line in lines))
        filled = _VARIABLE.sub(lambda match: self._variables.get(match[1]) or match[0], joined)
        try:
            words = shlex.split(filled)
        except ValueError:
            yield from lines
            return
        for given in parse([Word(word) for word in words], requirement_files.OPTIONS, Style.OPTPARSE).options:
            said = given.value or ""
            if given.name == "--requirement":
                said = self._copy(said, folder, depth + 1)
            elif given.name in ("--constraint", "--find-links"):
                there = os.path.normpath(os.path.join(folder, said))
                said = there if "://" not in said and (given.name == "--constraint" or os.path.exists(there)) else said
            yield given.name if given.value is None else f"{given.name} {shlex.quote(said)}"
