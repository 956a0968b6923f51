"""The words of the command line and of the magic: one parser class, one set of options, one way to turn them into values."""

from __future__ import annotations

from typing import TYPE_CHECKING

from envguard._version import __version__
from envguard.configuration import FAIL_ON, NEVER
from envguard.export_report import Depth, Form
from envguard.frontends.parser import Parser, told
from envguard.model import Severity, Text
from envguard.settings import Configuration, Selection

if TYPE_CHECKING:
    import argparse

FORMATS = ("text", "json", "html")
REPORT_FORMATS = (*FORMATS, "markdown", "sarif")
_NO_CONFIGURATION = Configuration()

_DESCRIPTION = Text("""\
Tells whether conda and pip agree about a Python environment: which files of
conda's packages pip has overwritten, what that breaks, how it came to be, and how
to get back to a sound state. A check looks only; it changes nothing.""")

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
        help=_help("show program's version number and exit"),
    )
    commands = parser.add_subparsers(dest="command", metavar="COMMAND", title=_help("commands"))

    check = commands.add_parser(
        "check",
        help=_help("examine an environment and report"),
        description=_help("Examines an environment and reports."),
    )
    add_target(check)
    add_format(check, REPORT_FORMATS)
    add_selection(check)
    add_configuration(check)
    add_deep(check)
    check.add_argument(
        "--fail-on",
        choices=FAIL_ON,
        help=_help("the least severity that makes the exit code 1 (default: error)"),
    )
    check.add_argument(
        "--baseline",
        metavar="FILE",
        help=_help("show and count only what this file does not know; see --write-baseline"),
    )
    check.add_argument(
        "--write-baseline", metavar="FILE", help=_help("write all findings into this file, for --baseline")
    )

    history = commands.add_parser(
        "history",
        help=_help("how the environment came to be"),
        description=_help(
            "Tells what conda's history and the dates of pip's files say: who installed what when, where pip took over, and where conda came back."
        ),
    )
    add_target(history)
    add_format(history, FORMATS)
    history.add_argument("--details", action="store_true", help=_help("name all packages, and whole commands"))

    why = commands.add_parser(
        "why",
        help=_help("what caused an error"),
        description=_help(
            "Reads a traceback or any other text with an error in it, and tells what caused it in the environment; exits with 1 if a cause was found, with 0 if nothing explains it."
        ),
    )
    why.add_argument("file", metavar="FILE", help=_help("the text, or a notebook; `-` for the standard input"))
    add_target(why)
    add_format(why, FORMATS)
    why.add_argument("--details", action="store_true", help=_help("show all evidence"))

    cuda = commands.add_parser(
        "cuda",
        help=_help("whether CUDA works, and if not, why"),
        description=_help(
            "Tells what torch and others were built for, what they would load, what the driver says, and what of it stands against CUDA; exits with 1 if something does."
        ),
    )
    add_target(cuda)
    add_format(cuda, FORMATS)
    cuda.add_argument("--details", action="store_true", help=_help("show every library and all evidence"))

    report = commands.add_parser(
        "report",
        help=_help("the whole report, for an issue"),
        description=_help("Makes a whole report to be shown to others; always exits with 0 or, if envguard failed, 3."),
    )
    add_target(report)
    add_format(report, REPORT_FORMATS, default="markdown")
    add_deep(report)
    report.add_argument(
        "--redact", action="store_true", help=_help("hide user and host names, folders of a home, tokens and passwords")
    )
    add_selection(report)
    add_configuration(report)

    diff = commands.add_parser(
        "diff",
        help=_help("what differs between two environments, and whether it matters"),
        description=_help("Compares two environments; exits with 1 if anything that matters differs."),
    )
    diff.add_argument("first", metavar="ENV1", help=_help("a folder, or the name of an environment"))
    diff.add_argument("second", metavar="ENV2", help=_help("another one"))
    add_format(diff, FORMATS)
    diff.add_argument("--details", action="store_true", help=_help("list every difference"))

    explain = commands.add_parser(
        "explain", help=_help("what a rule means and how to repair"), description=_help("Explains one rule.")
    )
    explain.add_argument("rule", metavar="RULE", help=_help("its id or code: pip-overwrote-conda, EG102 or 102"))
    add_format(explain, ("text", "json"))

    forecast = commands.add_parser(
        "forecast",
        help=_help("what an install would change, and what would break"),
        usage="envguard forecast [--quick] [--build] [--format {text,json,html}] [--details] -- COMMAND ...",
        description=_help(
            "Tells what a command of pip, uv, conda or mamba would change in the environment that it is about, by its own resolver, which may ask the network; nothing is installed. Exits with 1 if anything speaks against it or if it cannot be told, with 0 if nothing does."
        ),
    )
    forecast.add_argument(
        "words", nargs="+", metavar="COMMAND", help=_help("the command as one would type it, after `--`")
    )
    add_foresight(forecast)
    add_format(forecast, FORMATS)

    protect = commands.add_parser(
        "protect",
        help=_help("run pip or uv so that conda's packages stay as they are"),
        usage="envguard protect -- COMMAND ...\n       envguard protect --show [--output FILE] [--format {text,json}] [-p PREFIX | -n ENV]",
        description=_help(
            "Runs a command of pip or uv under constraints that hold every package of conda's at its version; refuses what constraints do not hold, and explains it if the tool then finds no way. Exits as the command does, with 1 if it was not let run."
        ),
    )
    protect.add_argument(
        "words", nargs="*", metavar="COMMAND", help=_help("the command as one would type it, after `--`")
    )
    protect.add_argument(
        "--show", action="store_true", help=_help("run nothing: show the constraints and what is left out")
    )
    protect.add_argument(
        "--output", metavar="FILE", help=_help("write the constraints into this file, for `pip install -c`")
    )
    shown = protect.add_mutually_exclusive_group()
    shown.add_argument("--prefix", "-p", metavar="PREFIX", help=_help("of which environment; default: envguard's own"))
    shown.add_argument("--name", "-n", metavar="ENV", help=_help("the same, by its name"))
    add_format(protect, ("text", "json"))

    plan = commands.add_parser(
        "plan",
        help=_help("what would bring an environment back to a sound state"),
        description=_help(
            "Tells the smallest set of steps that clears errors and warnings, in the order that harms nothing, what each loses, and what the check would say afterwards; changes nothing. Exits with 0 if there is nothing to repair, with 1 if there is."
        ),
    )
    add_target(plan)
    add_keep(plan)
    plan.add_argument("--details", action="store_true", help=_help("show all evidence of what is left"))
    add_format(plan, FORMATS)

    repair = commands.add_parser(
        "repair",
        help=_help("bring an environment back to a sound state"),
        description=_help(
            "Shows what `plan` shows, and with --apply does it: asks, makes a way back, carries each step out, checks again, and takes everything back if a step fails or it got worse. Exits with 0 if nothing is left to repair, with 1 if something is, if it was refused, or if it was taken back."
        ),
    )
    add_target(repair)
    add_keep(repair)
    repair.add_argument("--apply", action="store_true", help=_help("do it; without this nothing is changed"))
    repair.add_argument(
        "--resume", action="store_true", help=_help("take back what an interrupted repair had done, and do it anew")
    )
    repair.add_argument("--yes", "-y", action="store_true", help=_help("do not ask"))
    repair.add_argument("--details", action="store_true", help=_help("show all evidence of what is left"))
    add_format(repair, FORMATS)

    rebuild = commands.add_parser(
        "rebuild",
        help=_help("make a sound environment beside this one, with what was asked for"),
        usage="envguard rebuild NEW_PREFIX [-p PREFIX | -n ENV | --python EXE | --kernel NAME] [--dry-run | --yes] [--builds {exact,none} | --from-history] [--loosen] [--keep-pip NAME] [--kernel-name NAME | --no-kernelspec] [--offline] [--details] [--format {text,json}]\n       envguard rebuild NEW_PREFIX --resume [--yes]\n       envguard rebuild NEW_PREFIX --discard [--yes]",
        description=_help(
            "Makes a new environment with what the old one was asked for: solves conda's part before anything is made, shows it, asks, lets conda's packages come first and pip's once after them, which leaves conda's alone; then checks the new one, imports what was asked for in both, compares them, and registers a kernel. The old one is only read, and its Python started to see what it can import. Exits with 0 if all came and is sound, with 1 if not, or if it was refused."
        ),
    )
    rebuild.add_argument(
        "target", metavar="NEW_PREFIX", help=_help("the folder of the new environment: absent or empty")
    )
    add_target(rebuild, positional=False)
    rebuild.add_argument("--dry-run", action="store_true", help=_help("make nothing: show what would be made"))
    rebuild.add_argument("--yes", "-y", action="store_true", help=_help("do not ask"))
    rebuilt = rebuild.add_mutually_exclusive_group()
    rebuilt.add_argument(
        "--builds",
        choices=(Depth.EXACT.value, Depth.VERSIONS.value),
        help=_help(
            "exact: conda's packages in version and build as they are; none: in their versions (default: exact)"
        ),
    )
    rebuilt.add_argument(
        "--from-history",
        action="store_true",
        help=_help("only what was asked for, of conda and of pip; the rest is solved anew"),
    )
    rebuild.add_argument(
        "--loosen",
        action="store_true",
        help=_help("where the channels do not have that any more, try other builds, then what was asked for alone"),
    )
    add_keep(rebuild)
    rebuild.add_argument("--kernel-name", metavar="NAME", help=_help("the kernel's name; default: that of the folder"))
    rebuild.add_argument("--no-kernelspec", action="store_true", help=_help("register no kernel"))
    rebuild.add_argument(
        "--offline",
        action="store_true",
        help=_help("use no network: only what this machine has kept of the channels and of their packages"),
    )
    unfinished = rebuild.add_mutually_exclusive_group()
    unfinished.add_argument(
        "--resume", action="store_true", help=_help("begin one anew that was left unfinished, with what was fetched")
    )
    unfinished.add_argument("--discard", action="store_true", help=_help("remove one that was left unfinished"))
    rebuild.add_argument("--details", action="store_true", help=_help("name every package, and show the commands"))
    add_format(rebuild, ("text", "json"))

    undo = commands.add_parser(
        "undo",
        help=_help("take an install back"),
        usage="envguard undo [ID] [-p PREFIX | -n ENV | --python EXE | --kernel NAME] [--yes] [--details] [--format {text,json}]\n       envguard undo --list [...]\n       envguard undo --clear [ID] [...]",
        description=_help(
            "Takes an install back for which envguard has made a way back, and all that came later: shows what would be removed and restored, asks, does it, and proves that everything is as it was. Exits with 0 if it is, with 1 if it was refused or is not whole."
        ),
    )
    undo.add_argument("id", nargs="?", metavar="ID", help=_help("which; default: the last one"))
    add_target(undo, positional=False)
    what = undo.add_mutually_exclusive_group()
    what.add_argument("--list", action="store_true", help=_help("change nothing: list what can be taken back"))
    what.add_argument(
        "--clear", action="store_true", help=_help("let go of one way back, or of all, to free what they hold")
    )
    undo.add_argument("--yes", "-y", action="store_true", help=_help("do not ask"))
    undo.add_argument("--details", action="store_true", help=_help("name every path"))
    add_format(undo, ("text", "json"))

    export = commands.add_parser(
        "export",
        help=_help("write the environment down, so that another machine can make it"),
        usage="envguard export [PREFIX | -p PREFIX | -n ENV | --python EXE | --kernel NAME] [--format {environment-yml,explicit,requirements,dockerfile,json}] [--builds {exact,none} | --from-history] [-o FILE] [--verify [--offline]]",
        description=_help(
            "Writes the environment as a file from which it can be made anew: conda's packages, then what pip added. What the file cannot hold is told beside it, and in it as comments; no secret stands in it. Exits with 1 only if --verify shows that it does not hold, or cannot tell."
        ),
    )
    add_target(export)
    add_format(export, (*(form.value for form in Form), "json"), default=Form.ENVIRONMENT_YML.value)
    closeness = export.add_mutually_exclusive_group()
    closeness.add_argument(
        "--builds",
        choices=(Depth.EXACT.value, Depth.VERSIONS.value),
        help=_help("exact: version and build, for the same platform; none: versions alone (default: exact)"),
    )
    closeness.add_argument(
        "--from-history",
        action="store_true",
        help=_help("only what was asked for, of conda and of pip; the rest is solved anew"),
    )
    export.add_argument(
        "--output", "-o", metavar="FILE", help=_help("write into this file; default: the standard output")
    )
    export.add_argument(
        "--verify",
        action="store_true",
        help=_help("solve it and ask pip, without installing anything: may use the network"),
    )
    export.add_argument("--offline", action="store_true", help=_help("with --verify: only what this machine has kept"))

    scan = commands.add_parser(
        "scan",
        help=_help("what notebooks, Dockerfiles and scripts ask installers for"),
        description=_help(
            "Reads notebooks, Dockerfiles, shell scripts, environment files and files of CI for what they ask pip and conda for, in which order, and for warnings in outputs that nobody has read; runs nothing. With an environment it also tells what does not fit there. Exits with 1 if anything is found at or above the threshold, with 2 if a file could not be read."
        ),
    )
    scan.add_argument("paths", nargs="+", metavar="PATH", help=_help("files, or folders with files in them"))
    add_target(scan, positional=False, default=_help("none"))
    add_format(scan, ("text", "json", "sarif", "github"))
    scan.add_argument(
        "--fix",
        action="store_true",
        help=_help("write `{magic}` where a cell says `!pip`; nothing else is changed", magic="%pip"),
    )
    add_selection(scan)
    scan.add_argument(
        "--fail-on",
        choices=FAIL_ON,
        default=Severity.WARNING.value,
        help=_help("the least severity that makes the exit code 1 (default: warning)"),
    )

    clean = commands.add_parser(
        "clean",
        help=_help("what the package caches take, and what clears them"),
        description=_help(
            "Tells what the caches of conda, pip and uv take, how much of that would be freed, and by which commands; deletes nothing."
        ),
    )
    add_target(clean)
    add_format(clean, ("text", "json"))

    for verb, about in (
        ("enable", _help("make every kernel of an environment load envguard")),
        ("disable", _help("take back what `enable` did")),
    ):
        loading = commands.add_parser(
            verb,
            help=about,
            description=_help(
                "{what}: one entry in PREFIX/etc/ipython/ipython_kernel_config.json, and a folder PREFIX/.envguard in which changes are noted; nothing is written in the home folder unless PREFIX is not writable.",
                what=f"{about[:1].upper()}{about[1:]}",
            ),
        )
        loading.add_argument(
            "--kernel-env", metavar="PREFIX", help=_help("the environment of the kernels; default: envguard's own")
        )
        loading.add_argument("--status", action="store_true", help=_help("change nothing: tell whether it is on"))
        if verb == "enable":
            loading.add_argument(
                "--undo", action="store_true", help=_help("also make a way back before each install that envguard sees")
            )
        else:
            loading.add_argument(
                "--forget", action="store_true", help=_help("also remove the ledger and all that could be taken back")
            )
        add_format(loading, ("text", "json"))

    explain_log = commands.add_parser(
        "explain-log",
        help=_help("what the warnings in an installer's output mean"),
        description=_help(
            "Reads what pip, conda, mamba or uv have printed, and tells which of its warnings matter, what they mean, and what to do; exits with 1 if there are any, with 0 if not."
        ),
    )
    explain_log.add_argument(
        "file", metavar="FILE", help=_help("the log, or a notebook with its outputs; `-` for the standard input")
    )
    add_target(explain_log)
    add_format(explain_log, FORMATS)
    explain_log.add_argument("--details", action="store_true", help=_help("show all evidence"))

    rules = commands.add_parser("rules", help=_help("list all rules"), description=_help("Lists all rules."))
    add_format(rules, ("text", "json"))

    demo = commands.add_parser(
        "demo",
        help=_help("report on a small damaged environment made for the purpose"),
        description=_help(
            "Writes a small damaged environment (files only, no network), reports on it, and removes it. With "
            "--lab the environment is one that runs, and a JupyterLab is started with a notebook that leads through all of "
            "it; Ctrl-C ends it and removes everything."
        ),
    )
    demo.add_argument("--lab", action="store_true", help=_help("start a JupyterLab with a guided notebook instead"))
    demo.add_argument("--no-browser", action="store_true", help=_help("with --lab: print the address, open nothing"))
    demo.add_argument("--port", metavar="N", type=int, help=_help("with --lab: the port; default: any that is free"))
    demo.add_argument(
        "--keep",
        metavar="DIR",
        help=_help("write it into this folder, which must be empty or absent, and leave it there"),
    )
    add_format(demo, REPORT_FORMATS)
    add_selection(demo)
    return parser


def add_target(parser: argparse.ArgumentParser, *, positional: bool = True, default: str | None = None) -> None:
    """Which environment."""
    which = parser.add_mutually_exclusive_group()
    if positional:
        which.add_argument(
            "folder", nargs="?", metavar="PREFIX", help=_help("the folder of the environment; default: envguard's own")
        )
    which.add_argument(
        "--prefix",
        "-p",
        metavar="PREFIX",
        help=_help("the same, as conda spells it")
        if positional
        else _help("the folder of the environment; default: {default}", default=default or _help("envguard's own")),
    )
    which.add_argument("--name", "-n", metavar="ENV", help=_help("the name of the environment, `base` included"))
    which.add_argument(
        "--python", metavar="EXE", help=_help("an interpreter, which is started to tell its own environment")
    )
    which.add_argument(
        "--kernel", metavar="NAME", help=_help("a kernelspec, whose Python is started as Jupyter would start it")
    )


def add_keep(parser: argparse.ArgumentParser) -> None:
    """The option --keep-pip."""
    parser.add_argument(
        "--keep-pip",
        action="append",
        default=[],
        metavar="NAME",
        help=_help("leave this package to pip for good, instead of giving it back to conda; may be repeated"),
    )


def add_format(parser: argparse.ArgumentParser, formats: tuple[str, ...], default: str = "text") -> None:
    """The option --format."""
    parser.add_argument("--format", choices=formats, default=default, help=_help("default: {default}", default=default))


def add_foresight(parser: argparse.ArgumentParser) -> None:
    """How far a forecast looks."""
    parser.add_argument(
        "--quick",
        action="store_true",
        help=_help("look only at what the command names: at once, and without a network"),
    )
    parser.add_argument(
        "--build",
        action="store_true",
        help=_help("build what is only there as source, to learn what it needs: runs its code"),
    )
    parser.add_argument("--details", action="store_true", help=_help("name everything new, and show all evidence"))


def add_configuration(parser: argparse.ArgumentParser) -> None:
    """The option that leaves the project's own settings out."""
    parser.add_argument(
        "--no-config", action="store_true", help=_help("do not read [tool.envguard] of the nearest pyproject.toml")
    )


def add_deep(parser: argparse.ArgumentParser) -> None:
    """The option --deep."""
    parser.add_argument(
        "--deep",
        action="store_true",
        help=_help("read and hash every file of conda's packages: seconds instead of a blink"),
    )


def add_selection(parser: argparse.ArgumentParser) -> None:
    """The options that a report takes wherever it is shown."""
    selected = _help("may be repeated; ids or codes, separated by commas")
    parser.add_argument(
        "--select",
        action="append",
        default=[],
        metavar="RULE",
        help=_help("run only these rules ({selected})", selected=selected),
    )
    parser.add_argument(
        "--ignore",
        action="append",
        default=[],
        metavar="RULE",
        help=_help("leave these rules out ({selected})", selected=selected),
    )
    parser.add_argument("--details", action="store_true", help=_help("show all evidence, and why rules were skipped"))


def selection(options: argparse.Namespace, settings: Configuration = _NO_CONFIGURATION) -> Selection:
    """What --select and --ignore ask for, each in place of what the project asks for."""
    return Selection(_ids(options.select) or settings.select, _ids(options.ignore) or settings.ignore)


def threshold(options: argparse.Namespace, settings: Configuration = _NO_CONFIGURATION) -> Severity | None:
    """What --fail-on or else the project asks for; None for never."""
    chosen = options.fail_on or settings.fail_on or Severity.ERROR.value
    return None if chosen == NEVER else Severity(chosen)


def _ids(values: list[str]) -> tuple[str, ...]:
    return tuple(word for value in values for word in value.replace(",", " ").split())


def _help(template: str, **args: str) -> str:
    """A sentence of the help."""
    return told(Text(template, args))
