"""The words of the verbs that make files of an environment, read files, or weigh caches."""

from __future__ import annotations

from typing import TYPE_CHECKING

from envguard.configuration import FAIL_ON
from envguard.export_report import Depth, Form
from envguard.frontends.arguments import add_format, add_selection, add_target, help_of
from envguard.model import Severity

if TYPE_CHECKING:
    from envguard.frontends.arguments import Commands


def export(commands: Commands) -> None:
    """The words of `export`."""
    parser = commands.add_parser(
        "export",
        help=help_of("write the environment down, so that another machine can make it"),
        usage="envguard export [PREFIX | -p PREFIX | -n ENV | --python EXE | --kernel NAME] [--format {environment-yml,explicit,requirements,dockerfile,json}] [--builds {exact,none} | --from-history] [-o FILE] [--verify [--offline]]",
        description=help_of(
            "Writes the environment as a file from which it can be made anew: conda's packages, then what pip added. What the file cannot hold is told beside it, and in it as comments; no secret stands in it. Exits with 1 only if --verify shows that it does not hold, or cannot tell."
        ),
    )
    add_target(parser)
    add_format(parser, (*(form.value for form in Form), "json"), default=Form.ENVIRONMENT_YML.value)
    closeness = parser.add_mutually_exclusive_group()
    closeness.add_argument(
        "--builds",
        choices=(Depth.EXACT.value, Depth.VERSIONS.value),
        help=help_of("exact: version and build, for the same platform; none: versions alone (default: exact)"),
    )
    closeness.add_argument(
        "--from-history",
        action="store_true",
        help=help_of("only what was asked for, of conda and of pip; the rest is solved anew"),
    )
    parser.add_argument(
        "--output", "-o", metavar="FILE", help=help_of("write into this file; default: the standard output")
    )
    parser.add_argument(
        "--verify",
        action="store_true",
        help=help_of("solve it and ask pip, without installing anything: may use the network"),
    )
    parser.add_argument(
        "--offline", action="store_true", help=help_of("with --verify: only what this machine has kept")
    )


def scan(commands: Commands) -> None:
    """The words of `scan`."""
    parser = commands.add_parser(
        "scan",
        help=help_of("what notebooks, Dockerfiles and scripts ask installers for"),
        description=help_of(
            "Reads notebooks, Dockerfiles, scripts of shells, Makefiles, environment files, devcontainers and files of CI for what they ask pip and conda for, in which order, and for warnings in outputs that nobody has read; runs nothing. With an environment it also tells what does not fit there. Exits with 1 if anything is found at or above the threshold, with 2 if a file could not be read."
        ),
    )
    parser.add_argument("paths", nargs="+", metavar="PATH", help=help_of("files, or folders with files in them"))
    add_target(parser, positional=False, default=help_of("none"))
    add_format(parser, ("text", "json", "sarif", "github"))
    parser.add_argument(
        "--fix",
        action="store_true",
        help=help_of("write `{magic}` where a cell says `!pip`; nothing else is changed", magic="%pip"),
    )
    add_selection(parser)
    parser.add_argument(
        "--fail-on",
        choices=FAIL_ON,
        default=Severity.WARNING.value,
        help=help_of("the least severity that makes the exit code 1 (default: warning)"),
    )


def clean(commands: Commands) -> None:
    """The words of `clean`."""
    parser = commands.add_parser(
        "clean",
        help=help_of("what the package caches take, and what clears them"),
        description=help_of(
            "Tells what the caches of conda, pip and uv take, how much of that would be freed, and by which commands; deletes nothing."
        ),
    )
    add_target(parser)
    add_format(parser, ("text", "json"))
