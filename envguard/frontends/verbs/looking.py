"""The words of the verbs that look at an environment, or at what others have printed of it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from envguard.configuration import FAIL_ON
from envguard.frontends.arguments import (
    FORMATS,
    REPORT_FORMATS,
    add_configuration,
    add_deep,
    add_format,
    add_selection,
    add_target,
    help_of,
)

if TYPE_CHECKING:
    from envguard.frontends.arguments import Commands


def check(commands: Commands) -> None:
    """The words of `check`."""
    parser = commands.add_parser(
        "check",
        help=help_of("examine an environment and report"),
        description=help_of("Examines an environment and reports."),
    )
    add_target(parser)
    add_format(parser, REPORT_FORMATS)
    add_selection(parser)
    add_configuration(parser)
    add_deep(parser)
    parser.add_argument(
        "--fail-on",
        choices=FAIL_ON,
        help=help_of("the least severity that makes the exit code 1 (default: error)"),
    )
    parser.add_argument(
        "--baseline",
        metavar="FILE",
        help=help_of("show and count only what this file does not know; see --write-baseline"),
    )
    parser.add_argument(
        "--write-baseline", metavar="FILE", help=help_of("write all findings into this file, for --baseline")
    )


def history(commands: Commands) -> None:
    """The words of `history`."""
    parser = commands.add_parser(
        "history",
        help=help_of("how the environment came to be"),
        description=help_of(
            "Tells what conda's history and the dates of pip's files say: who installed what when, where pip took over, and where conda came back."
        ),
    )
    add_target(parser)
    add_format(parser, FORMATS)
    parser.add_argument("--details", action="store_true", help=help_of("name all packages, and whole commands"))


def why(commands: Commands) -> None:
    """The words of `why`."""
    parser = commands.add_parser(
        "why",
        help=help_of("what caused an error"),
        description=help_of(
            "Reads a traceback or any other text with an error in it, and tells what caused it in the environment; exits with 1 if a cause was found, with 0 if nothing explains it."
        ),
    )
    parser.add_argument("file", metavar="FILE", help=help_of("the text, or a notebook; `-` for the standard input"))
    add_target(parser)
    add_format(parser, FORMATS)
    parser.add_argument("--details", action="store_true", help=help_of("show all evidence"))


def cuda(commands: Commands) -> None:
    """The words of `cuda`."""
    parser = commands.add_parser(
        "cuda",
        help=help_of("whether CUDA works, and if not, why"),
        description=help_of(
            "Tells what torch and others were built for, what they would load, what the driver says, and what of it stands against CUDA; exits with 1 if something does."
        ),
    )
    add_target(parser)
    add_format(parser, FORMATS)
    parser.add_argument("--details", action="store_true", help=help_of("show every library and all evidence"))


def report(commands: Commands) -> None:
    """The words of `report`."""
    parser = commands.add_parser(
        "report",
        help=help_of("the whole report, for an issue"),
        description=help_of(
            "Makes a whole report to be shown to others; always exits with 0 or, if envguard failed, 3."
        ),
    )
    add_target(parser)
    add_format(parser, REPORT_FORMATS, default="markdown")
    add_deep(parser)
    parser.add_argument(
        "--redact",
        action="store_true",
        help=help_of("hide user and host names, folders of a home, tokens and passwords"),
    )
    add_selection(parser)
    add_configuration(parser)


def diff(commands: Commands) -> None:
    """The words of `diff`."""
    parser = commands.add_parser(
        "diff",
        help=help_of("what differs between two environments, and whether it matters"),
        description=help_of("Compares two environments; exits with 1 if anything that matters differs."),
    )
    parser.add_argument("first", metavar="ENV1", help=help_of("a folder, or the name of an environment"))
    parser.add_argument("second", metavar="ENV2", help=help_of("another one"))
    add_format(parser, FORMATS)
    parser.add_argument("--details", action="store_true", help=help_of("list every difference"))


def explain(commands: Commands) -> None:
    """The words of `explain`."""
    parser = commands.add_parser(
        "explain", help=help_of("what a rule means and how to repair"), description=help_of("Explains one rule.")
    )
    parser.add_argument("rule", metavar="RULE", help=help_of("its id or code: pip-overwrote-conda, EG102 or 102"))
    add_format(parser, ("text", "json"))


def explain_log(commands: Commands) -> None:
    """The words of `explain-log`."""
    parser = commands.add_parser(
        "explain-log",
        help=help_of("what the warnings in an installer's output mean"),
        description=help_of(
            "Reads what pip, conda, mamba or uv have printed, and tells which of its warnings matter, what they mean, and what to do; exits with 1 if there are any, with 0 if not."
        ),
    )
    parser.add_argument(
        "file", metavar="FILE", help=help_of("the log, or a notebook with its outputs; `-` for the standard input")
    )
    add_target(parser)
    add_format(parser, FORMATS)
    parser.add_argument("--details", action="store_true", help=help_of("show all evidence"))


def rules(commands: Commands) -> None:
    """The words of `rules`."""
    parser = commands.add_parser("rules", help=help_of("list all rules"), description=help_of("Lists all rules."))
    add_format(parser, ("text", "json"))


def demo(commands: Commands) -> None:
    """The words of `demo`."""
    parser = commands.add_parser(
        "demo",
        help=help_of("report on a small damaged environment made for the purpose"),
        description=help_of(
            "Writes a small damaged environment (files only, no network), reports on it, and removes it. With "
            "--lab the environment is one that runs, and a JupyterLab is started with a notebook that leads through all of "
            "it; Ctrl-C ends it and removes everything."
        ),
    )
    parser.add_argument("--lab", action="store_true", help=help_of("start a JupyterLab with a guided notebook instead"))
    parser.add_argument(
        "--no-browser", action="store_true", help=help_of("with --lab: print the address, open nothing")
    )
    parser.add_argument(
        "--port", metavar="N", type=int, help=help_of("with --lab: the port; default: any that is free")
    )
    parser.add_argument(
        "--keep",
        metavar="DIR",
        help=help_of("write it into this folder, which must be empty or absent, and leave it there"),
    )
    add_format(parser, REPORT_FORMATS)
    add_selection(parser)
