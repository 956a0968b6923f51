"""The options that several verbs of the command line, and the magics, take; and one way to turn them into values."""

from __future__ import annotations

from typing import TYPE_CHECKING

from envguard.configuration import NEVER
from envguard.frontends.parser import told
from envguard.model import Severity, Text
from envguard.settings import Configuration, Selection

if TYPE_CHECKING:
    import argparse

    from envguard.frontends.parser import Parser

    Commands = argparse._SubParsersAction[Parser]  # noqa: SLF001 - it has no other name

FORMATS = ("text", "json", "html")
REPORT_FORMATS = (*FORMATS, "markdown", "sarif")
_NO_CONFIGURATION = Configuration()


def add_target(parser: argparse.ArgumentParser, *, positional: bool = True, default: str | None = None) -> None:
    """The options that name an environment: a folder, a name, an interpreter or a kernel; at most one of them."""
    which = parser.add_mutually_exclusive_group()
    if positional:
        which.add_argument(
            "folder",
            nargs="?",
            metavar="PREFIX",
            help=help_of("the folder of the environment; default: envguard's own"),
        )
    which.add_argument(
        "--prefix",
        "-p",
        metavar="PREFIX",
        help=help_of("the same, as conda spells it")
        if positional
        else help_of("the folder of the environment; default: {default}", default=default or help_of("envguard's own")),
    )
    which.add_argument("--name", "-n", metavar="ENV", help=help_of("the name of the environment, `base` included"))
    which.add_argument(
        "--python", metavar="EXE", help=help_of("an interpreter, which is started to tell its own environment")
    )
    which.add_argument(
        "--kernel", metavar="NAME", help=help_of("a kernelspec, whose Python is started as Jupyter would start it")
    )


def folder_of(options: argparse.Namespace) -> str | None:
    """The folder that the options of `add_target` name, in either way."""
    folder: str | None = options.prefix if options.prefix is not None else options.folder
    return folder


def add_keep(parser: argparse.ArgumentParser) -> None:
    """The option --keep-pip."""
    parser.add_argument(
        "--keep-pip",
        action="append",
        default=[],
        metavar="NAME",
        help=help_of("leave this package to pip for good, instead of giving it back to conda; may be repeated"),
    )


def add_format(parser: argparse.ArgumentParser, formats: tuple[str, ...], default: str = "text") -> None:
    """The option --format."""
    parser.add_argument(
        "--format", choices=formats, default=default, help=help_of("default: {default}", default=default)
    )


def add_foresight(parser: argparse.ArgumentParser) -> None:
    """The options on how far a forecast looks: --quick, --build, --details."""
    parser.add_argument(
        "--quick",
        action="store_true",
        help=help_of("look only at what the command names: at once, and without a network"),
    )
    parser.add_argument(
        "--build",
        action="store_true",
        help=help_of("build what is only there as source, to learn what it needs: runs its code"),
    )
    parser.add_argument("--details", action="store_true", help=help_of("name everything new, and show all evidence"))


def add_configuration(parser: argparse.ArgumentParser) -> None:
    """The option that leaves the project's own settings out."""
    parser.add_argument(
        "--no-config", action="store_true", help=help_of("do not read [tool.envguard] of the nearest pyproject.toml")
    )


def add_deep(parser: argparse.ArgumentParser) -> None:
    """The option --deep."""
    parser.add_argument(
        "--deep",
        action="store_true",
        help=help_of("read and hash every file of conda's packages: seconds instead of a blink"),
    )


def add_selection(parser: argparse.ArgumentParser) -> None:
    """The options that a report takes wherever it is shown."""
    selected = help_of("may be repeated; ids or codes, separated by commas")
    parser.add_argument(
        "--select",
        action="append",
        default=[],
        metavar="RULE",
        help=help_of("run only these rules ({selected})", selected=selected),
    )
    parser.add_argument(
        "--ignore",
        action="append",
        default=[],
        metavar="RULE",
        help=help_of("leave these rules out ({selected})", selected=selected),
    )
    parser.add_argument("--details", action="store_true", help=help_of("show all evidence, and why rules were skipped"))


def selection(options: argparse.Namespace, settings: Configuration = _NO_CONFIGURATION) -> Selection:
    """What --select and --ignore ask for, each in place of what the project asks for."""
    return Selection(_ids(options.select) or settings.select, _ids(options.ignore) or settings.ignore)


def threshold(options: argparse.Namespace, settings: Configuration = _NO_CONFIGURATION) -> Severity | None:
    """What --fail-on or else the project asks for; None for never."""
    chosen = options.fail_on or settings.fail_on or Severity.ERROR.value
    return None if chosen == NEVER else Severity(chosen)


def _ids(values: list[str]) -> tuple[str, ...]:
    return tuple(word for value in values for word in value.replace(",", " ").split())


def help_of(template: str, **args: str) -> str:
    """A sentence of the help, in the language of this process."""
    return told(Text(template, args))
