"""An argparse parser that complains and helps in the language of this process.

argparse has its words from the catalog of the whole program, which in a kernel is somebody else's; and it counts
letters where a terminal counts columns. So its few sentences are known here, and what it says is put into ours.
"""

from __future__ import annotations

import argparse
import re
from typing import TYPE_CHECKING, Any, NoReturn

from envguard.errors import BadArguments
from envguard.model import Text, text
from envguard.render.cells import cells, wrapped
from envguard.render.language import say

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

_COMPLAINTS = (
    Text("unrecognized arguments: {words}"),
    Text("the following arguments are required: {names}"),
    Text("one of the arguments {names} is required"),
    Text("ambiguous option: {option} could match {matches}"),
)
_ABOUT_ONE = (
    Text("expected one argument"),
    Text("expected at least one argument"),
    Text("expected at most one argument"),
    Text("not allowed with argument {other}"),
    Text("invalid choice: {value} (choose from {choices})"),
    Text("ignored explicit argument {value}"),
)
_OF_ONE = Text("argument {name}: {problem}")
_USAGE = Text("usage: ")
_HEADINGS = (Text("positional arguments"), Text("options"))
_HELP = Text("show this help message and exit")
_NARROWEST = 20
"""Columns that a second column has at least."""


class Parser(argparse.ArgumentParser):
    """A parser whose complaints are BadArguments, so that every front end says them in its own way."""

    def __init__(self, *, add_help: bool = True, **options: Any) -> None:
        """As argparse's own; `add_help` adds -h, which prints the help and leaves the process."""
        options.setdefault("formatter_class", Formatter)
        super().__init__(add_help=False, **options)
        if add_help:
            self.add_argument("-h", "--help", action="help", help=told(_HELP))

    def error(self, message: str) -> NoReturn:
        """Raises instead of leaving the process, which may be somebody's kernel."""
        raise BadArguments(complaint(message))


class Formatter(argparse.RawDescriptionHelpFormatter):
    """Help whose rows are as long in columns as others' are in letters; what is in lines already stays so."""

    def add_usage(self, usage: Any, actions: Any, groups: Any, prefix: str | None = None) -> None:
        """Puts our word for `usage:` in front."""
        super().add_usage(usage, actions, groups, say(_USAGE) if prefix is None else prefix)

    def start_section(self, heading: str | None) -> None:
        """Heads a section with our word for it."""
        ours = next((each for each in _HEADINGS if each.text == heading), None)
        super().start_section(heading if ours is None else say(ours))

    def _split_lines(self, text: str, width: int) -> list[str]:
        return list(wrapped(" ".join(text.split()), width))

    def _fill_text(self, text: str, width: int, indent: str) -> str:
        if "\n" in text:
            return "\n".join(f"{indent}{row}" for line in text.splitlines() for row in _row(line, width - len(indent)))
        return "\n".join(f"{indent}{row}" for row in wrapped(text, width - len(indent)))


def _row(line: str, width: int) -> Iterator[str]:
    """A line as it is; one of two columns that is too long goes on below its second one."""
    columns = re.match(r" +\S.*?  +(?=\S)", line)
    if columns is None or cells(line) <= width:
        yield line
        return
    hang = cells(columns[0])
    first, *rest = wrapped(line[columns.end() :], max(width - hang, _NARROWEST))
    yield columns[0] + first
    yield from (" " * hang + row for row in rest)


def told(words: Text) -> str:
    """A sentence for argparse, which takes `%` for a field of its own."""
    return say(words).replace("%", "%%")


def complaint(message: str) -> Text:
    """What argparse complains of; as it is where it is none of the sentences that are known."""
    match = re.fullmatch(r"argument (.+?): (.*)", message, re.DOTALL)
    if match is not None:
        return text(_OF_ONE.text, name=match[1], problem=_known(match[2], _ABOUT_ONE) or match[2])
    return _known(message, _COMPLAINTS) or text("{message}", message=message)


def _known(message: str, sentences: Iterable[Text]) -> Text | None:
    for each in sentences:
        pattern = re.sub(r"\\\{(\w+)\\\}", r"(?P<\1>.+)", re.escape(each.text))
        match = re.fullmatch(pattern, message, re.DOTALL)
        if match is not None:
            return Text(each.text, match.groupdict())
    return None
