"""Requirement files, read as pip reads them (https://pip.pypa.io/en/stable/reference/requirements-file-format/).

Nothing is fetched: of a file behind a URL, and of one that cannot be read, `File.unread` says why.
"""

from __future__ import annotations

import codecs
import os
import re
import shlex
from typing import TYPE_CHECKING
from urllib.parse import unquote, urlsplit

from envguard.commands import requirements
from envguard.commands.command import File, Requirement, Word
from envguard.commands.options import Style, parse, table
from envguard.model import Text, text
from envguard.probe import reading
from envguard.value import value

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

SIZE = 1 << 20
_DEPTH = 12
_FILES = 60
_REQUIREMENTS = 5000

_BOMS = (
    (codecs.BOM_UTF8, "utf-8"),
    (codecs.BOM_UTF32_LE, "utf-32-le"),  # before the shorter mark that it begins with
    (codecs.BOM_UTF32_BE, "utf-32-be"),
    (codecs.BOM_UTF16_LE, "utf-16-le"),
    (codecs.BOM_UTF16_BE, "utf-16-be"),
)
_CODING = re.compile(rb"coding[:=]\s*([-\w.]+)")
_COMMENT = re.compile(r"(?:^|\s+)#.*$")
_VARIABLE = re.compile(r"\$\{([A-Z0-9_]+)\}")
_REMOTE = re.compile(r"(?:https?|ftp|s3)://", re.IGNORECASE)

OPTIONS = table(
    "--requirement -r =",
    "--constraint -c =",
    "--editable -e =",
    "--index-url -i --pypi-url =",
    "--extra-index-url =",
    "--no-index",
    "--find-links -f =",
    "--no-binary =",
    "--only-binary =",
    "--prefer-binary",
    "--require-hashes",
    "--no-require-hashes",
    "--pre",
    "--all-releases =",
    "--only-final =",
    "--trusted-host =",
    "--use-feature =",
    "--hash =",
    "--config-settings -C --config-setting =",
    "--global-option =",
    "--install-option =",
    "--process-dependency-links",
    "--always-unzip -Z",
)
_OF_ONE = ("--hash", "--config-settings", "--global-option", "--install-option")
"""Options that belong to the requirement of their line."""


@value
class Where:
    """From where the names of files are understood."""

    folder: str | None
    """None if that is not known."""
    variables: Mapping[str, str]

    def path(self, written: str) -> str | None:
        """The absolute path of a file; None if that is not known."""
        if written.startswith("~"):
            home = self.variables.get("HOME") or self.variables.get("USERPROFILE")
            written = home + written[1:] if home and written[1:2] in ("", "/", os.sep) else written
        if os.path.isabs(written):
            return os.path.normpath(written)
        return None if self.folder is None else os.path.normpath(os.path.join(self.folder, written))


@value
class Contents:
    """What some files say together."""

    requirements: tuple[Requirement, ...] = ()
    constraints: tuple[Requirement, ...] = ()
    files: tuple[File, ...] = ()
    options: tuple[tuple[str, str | None], ...] = ()


class _Reader:
    """One command's files, each read once, not without end."""

    def __init__(self, variables: Mapping[str, str]) -> None:
        self.variables = variables
        self.requirements: list[Requirement] = []
        self.constraints: list[Requirement] = []
        self.files: list[File] = []
        self.options: list[tuple[str, str | None]] = []
        self._seen: set[tuple[str, str]] = set()

    def read(self, written: str, role: str, where: Where, known: bool = True, depth: int = 0) -> None:
        path, reason = locate(written, where, known)
        if path is not None and (path, role) in self._seen:
            return
        if path is not None and (depth > _DEPTH or len(self.files) >= _FILES):
            reason = text("envguard follows files in files only so far")
        content = None
        if reason is None and path is not None:
            self._seen.add((path, role))
            content, reason = load(path)
        self.files.append(File(requirements.clean(written), role, reason))
        if content is not None and path is not None:
            self.lines(content, path, role, Where(os.path.dirname(path), self.variables), depth)

    def lines(self, content: str, path: str, role: str, inside: Where, depth: int = 0) -> None:
        for number, line in _lines(content):
            self._line(line, f"{path}:{number}", role, inside, depth)

    def contents(self) -> Contents:
        return Contents(tuple(self.requirements), tuple(self.constraints), tuple(self.files), tuple(self.options))

    def _line(self, line: str, source: str, role: str, inside: Where, depth: int) -> None:
        found = self.constraints if role == "constraints" else self.requirements
        filled = _VARIABLE.sub(lambda match: self.variables.get(match[1]) or match[0], line)
        argument, options = _parted(filled)
        shown, _ = _parted(line)
        parsed = parse([Word(word) for word in options], OPTIONS, Style.OPTPARSE)
        if len(found) >= _REQUIREMENTS:
            return
        if argument:
            found.append(requirements.pip(argument, shown=shown, source=source))
            return
        for given in parsed.options:
            if given.name == "--requirement":
                self.read(given.value or "", role, inside, depth=depth + 1)
            elif given.name == "--constraint":
                self.read(given.value or "", "constraints", inside, depth=depth + 1)
            elif given.name == "--editable":
                found.append(requirements.pip(given.value or "", editable=True, source=source))
            elif given.name not in _OF_ONE:
                self.options.append((given.name, None if given.value is None else requirements.clean(given.value)))


def read(named: list[tuple[str, str, bool]], where: Where) -> Contents:
    """What some files say: each by its name as written, its role, and whether its name is known."""
    reader = _Reader(where.variables)
    for written, role, known in named:
        reader.read(written, role, where, known)
    return reader.contents()


def read_text(content: str, path: str, where: Where) -> Contents:
    """What the text of a requirement file says, which stands in another file at `path`."""
    reader = _Reader(where.variables)
    reader.lines(content, path, "requirements", where)
    return reader.contents()


def locate(written: str, where: Where, known: bool) -> tuple[str | None, Text | None]:
    """Where a file is, or why that is not to be read."""
    if not known:
        return None, text("its name is known only when the command runs")
    if _REMOTE.match(written):
        return None, text("it lies behind a URL, and envguard fetches nothing")
    if written.lower().startswith("file:"):
        written = unquote(urlsplit_path(written))
    if os.path.basename(written) in ("pylock.toml", "pyproject.toml", "setup.py", "setup.cfg") or re.fullmatch(
        r"pylock\.[^/\\]+\.toml", os.path.basename(written)
    ):
        return None, text("envguard does not read files of that kind")
    path = where.path(written)
    return path, None if path else text("its folder is known only when the command runs")


def urlsplit_path(url: str) -> str:
    """The path of a file URL."""
    try:
        return urlsplit(url).path
    except ValueError:
        return url


def load(path: str) -> tuple[str | None, Text | None]:
    """The text of a file, or why there is none."""
    try:
        data = reading.read(path, SIZE)
    except (OSError, ValueError) as error:
        return None, text("it cannot be read: {reason}", reason=reading.why(error))
    try:
        return _decode(data), None
    except (UnicodeError, LookupError, ValueError) as error:
        return None, text("it cannot be read: {reason}", reason=str(error)[:200])


def _decode(data: bytes) -> str:
    """A file's text, by its mark, by its own word, as UTF-8, and then as anything."""
    for mark, encoding in _BOMS:
        if data.startswith(mark):
            return data[len(mark) :].decode(encoding)
    for line in data.split(b"\n")[:2]:
        if line.startswith(b"#") and (named := _CODING.search(line)):
            return data.decode(named[1].decode("ascii", "replace"))
    try:
        return data.decode("utf-8")
    except UnicodeDecodeError:
        return data.decode("latin-1")  # pip asks the locale, which may say the same and may not


def _lines(content: str) -> Iterator[tuple[int, str]]:
    """The lines with something in them, joined where a backslash ends one, without comments."""
    begun: list[str] = []
    first = 0
    for number, line in enumerate(content.splitlines(), start=1):
        comment = _COMMENT.match(line)
        if not begun:
            first = number
        if line.endswith("\\") and not comment:
            begun.append(line.strip("\\"))
            continue
        begun.append(" " + line if comment else line)
        joined, begun = "".join(begun), []
        if said := _COMMENT.sub("", joined).strip():
            yield first, said
    if said := _COMMENT.sub("", "".join(begun)).strip():
        yield first, said


def _parted(line: str) -> tuple[str, list[str]]:
    """A line's requirement, and its options from the first word with a dash on."""
    words = line.split(" ")
    begin = next((index for index, word in enumerate(words) if word.startswith("-")), len(words))
    rest = " ".join(words[begin:])
    try:
        options = shlex.split(rest)
    except ValueError:  # an open quote
        options = rest.split()
    return " ".join(words[:begin]).strip(), options
