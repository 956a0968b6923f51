"""The words of `envguard`: what each verb is called, takes and promises. What it does stands in `frontends/cli.py`."""

from __future__ import annotations

from envguard._version import __version__
from envguard.frontends.arguments import help_of
from envguard.frontends.parser import Parser, told
from envguard.frontends.verbs import changing, files, looking
from envguard.model import Text

_DESCRIPTION = Text(
    "Tells whether conda and pip agree about a Python environment: which files of conda's packages pip has overwritten, what"
    " that breaks, how it came to be, and how to get back to a sound state. A check looks only; it changes nothing."
)

_EXAMPLES = Text("""\
examples:
  envguard check                          the environment envguard itself runs in
  envguard check ~/miniforge3/envs/work   an environment by its folder
  envguard check --name work              an environment by its name, as `conda activate` takes it
  envguard check --python python3.11      the environment of an interpreter, which is started
  envguard check --kernel python3         the environment of a kernel, as Jupyter would start it
  envguard check --deep                   also hash every file, to find what was edited in place
  envguard check --format json            for a program; --fail-on warning to be strict in CI
  envguard check --baseline known.json    only what is new; --write-baseline makes it
  envguard history                        how the environment came to be
  envguard why error.txt                  what caused the error in this text; `-` reads it from a pipe
  envguard cuda --name work               whether CUDA works there, and if not, why
  envguard diff work work-copy            what differs between two, and if it matters
  envguard report --redact                for an issue: Markdown without names
  envguard forecast -- pip install scipy  what that would change, and what would break
  envguard protect -- pip install scipy   run it so that conda's packages stay as they are
  envguard plan --name work               what would bring it back to a sound state
  envguard repair --apply                 do it, with a way back, and check again
  envguard rebuild ~/envs/work2 -n work   a sound one beside it, with what was asked for
  envguard undo                           take the last install back; --list tells which can be
  envguard export -o environment.yml      write it down, so that others can make it
  envguard scan notebooks/ Dockerfile     what they ask pip and conda for, and in which order
  envguard clean                          what the package caches take
  envguard enable                         every kernel of this environment loads envguard
  envguard explain-log build.log          which warnings of pip and conda in it matter
  envguard explain pip-overwrote-conda    what a rule means and how to repair what it finds
  envguard demo                           a damaged environment, to see what a report looks like

exit codes:
  0  nothing found at or above the threshold (--fail-on, by default error)
  1  something found
  2  wrong arguments, or no such environment
  3  envguard itself, or one of its rules, failed""")

_VERBS = (
    looking.check,
    looking.history,
    looking.why,
    looking.cuda,
    looking.report,
    looking.diff,
    looking.explain,
    changing.forecast,
    changing.protect,
    changing.plan,
    changing.repair,
    changing.rebuild,
    changing.undo,
    files.export,
    files.scan,
    files.clean,
    changing.loading,
    looking.explain_log,
    looking.rules,
    looking.demo,
)
"""In the order in which the help names them."""


def command_line() -> Parser:
    """The parser of `envguard`."""
    parser = Parser(
        prog="envguard",
        description=told(_DESCRIPTION),
        epilog=told(_EXAMPLES),
    )
    parser.add_argument(
        "--version",
        action="version",
        version=f"envguard {__version__}",
        help=help_of("show program's version number and exit"),
    )
    commands = parser.add_subparsers(dest="command", metavar="COMMAND", title=help_of("commands"))
    for verb in _VERBS:
        verb(commands)
    return parser
