"""The words of the verbs that change an environment, and of those that tell beforehand what would change."""

from __future__ import annotations

from typing import TYPE_CHECKING

from envguard.export_report import Depth
from envguard.frontends.arguments import FORMATS, add_foresight, add_format, add_keep, add_target, help_of

if TYPE_CHECKING:
    from envguard.frontends.arguments import Commands


def forecast(commands: Commands) -> None:
    """The words of `forecast`."""
    parser = commands.add_parser(
        "forecast",
        help=help_of("what an install would change, and what would break"),
        usage="envguard forecast [--quick] [--build] [--format {text,json,html}] [--details] -- COMMAND ...",
        description=help_of(
            "Tells what a command of pip, uv, conda or mamba would change in the environment that it is about, by its own resolver, which may ask the network; nothing is installed. Exits with 1 if anything speaks against it or if it cannot be told, with 0 if nothing does."
        ),
    )
    parser.add_argument(
        "words", nargs="+", metavar="COMMAND", help=help_of("the command as one would type it, after `--`")
    )
    add_foresight(parser)
    add_format(parser, FORMATS)


def protect(commands: Commands) -> None:
    """The words of `protect`."""
    parser = commands.add_parser(
        "protect",
        help=help_of("run pip or uv so that conda's packages stay as they are"),
        usage="envguard protect -- COMMAND ...\n       envguard protect --show [--output FILE] [--format {text,json}] [-p PREFIX | -n ENV]",
        description=help_of(
            "Runs a command of pip or uv under constraints that hold every package of conda's at its version; refuses what constraints do not hold, and explains it if the tool then finds no way. Exits as the command does, with 1 if it was not let run."
        ),
    )
    parser.add_argument(
        "words", nargs="*", metavar="COMMAND", help=help_of("the command as one would type it, after `--`")
    )
    parser.add_argument(
        "--show", action="store_true", help=help_of("run nothing: show the constraints and what is left out")
    )
    parser.add_argument(
        "--output", metavar="FILE", help=help_of("write the constraints into this file, for `pip install -c`")
    )
    shown = parser.add_mutually_exclusive_group()
    shown.add_argument(
        "--prefix", "-p", metavar="PREFIX", help=help_of("of which environment; default: envguard's own")
    )
    shown.add_argument("--name", "-n", metavar="ENV", help=help_of("the same, by its name"))
    add_format(parser, ("text", "json"))


def plan(commands: Commands) -> None:
    """The words of `plan`."""
    parser = commands.add_parser(
        "plan",
        help=help_of("what would bring an environment back to a sound state"),
        description=help_of(
            "Tells the smallest set of steps that clears errors and warnings, in the order that harms nothing, what each loses, and what the check would say afterwards; changes nothing. Exits with 0 if there is nothing to repair, with 1 if there is, or if it cannot be told."
        ),
    )
    add_target(parser)
    add_keep(parser)
    parser.add_argument("--details", action="store_true", help=help_of("show all evidence of what is left"))
    add_format(parser, FORMATS)


def repair(commands: Commands) -> None:
    """The words of `repair`."""
    parser = commands.add_parser(
        "repair",
        help=help_of("bring an environment back to a sound state"),
        description=help_of(
            "Shows what `plan` shows, and with --apply does it: asks, makes a way back, carries each step out, checks again, and takes everything back if a step fails or it got worse. Exits with 0 if nothing is left to repair, with 1 if something is, if it was refused, or if it was taken back."
        ),
    )
    add_target(parser)
    add_keep(parser)
    parser.add_argument("--apply", action="store_true", help=help_of("do it; without this nothing is changed"))
    parser.add_argument(
        "--resume", action="store_true", help=help_of("take back what an interrupted repair had done, and do it anew")
    )
    parser.add_argument("--yes", "-y", action="store_true", help=help_of("do not ask"))
    parser.add_argument("--details", action="store_true", help=help_of("show all evidence of what is left"))
    add_format(parser, FORMATS)


def rebuild(commands: Commands) -> None:
    """The words of `rebuild`."""
    parser = commands.add_parser(
        "rebuild",
        help=help_of("make a sound environment beside this one, with what was asked for"),
        usage="envguard rebuild NEW_PREFIX [-p PREFIX | -n ENV | --python EXE | --kernel NAME] [--dry-run | --yes] [--builds {exact,none} | --from-history] [--loosen] [--keep-pip NAME] [--kernel-name NAME | --no-kernelspec] [--offline] [--details] [--format {text,json}]\n       envguard rebuild NEW_PREFIX --resume [--yes]\n       envguard rebuild NEW_PREFIX --discard [--yes]",
        description=help_of(
            "Makes a new environment with what the old one was asked for: solves conda's part before anything is made, shows it, asks, lets conda's packages come first and pip's once after them, which leaves conda's alone; then checks the new one, imports what was asked for in both, compares them, and registers a kernel. The old one is only read, and its Python started to see what it can import. Exits with 0 if all came and is sound, with 1 if not, or if it was refused."
        ),
    )
    parser.add_argument(
        "target", metavar="NEW_PREFIX", help=help_of("the folder of the new environment: absent or empty")
    )
    add_target(parser, positional=False)
    parser.add_argument("--dry-run", action="store_true", help=help_of("make nothing: show what would be made"))
    parser.add_argument("--yes", "-y", action="store_true", help=help_of("do not ask"))
    rebuilt = parser.add_mutually_exclusive_group()
    rebuilt.add_argument(
        "--builds",
        choices=(Depth.EXACT.value, Depth.VERSIONS.value),
        help=help_of(
            "exact: conda's packages in version and build as they are; none: in their versions (default: exact)"
        ),
    )
    rebuilt.add_argument(
        "--from-history",
        action="store_true",
        help=help_of("only what was asked for, of conda and of pip; the rest is solved anew"),
    )
    parser.add_argument(
        "--loosen",
        action="store_true",
        help=help_of("where the channels do not have that any more, try other builds, then what was asked for alone"),
    )
    add_keep(parser)
    parser.add_argument("--kernel-name", metavar="NAME", help=help_of("the kernel's name; default: that of the folder"))
    parser.add_argument("--no-kernelspec", action="store_true", help=help_of("register no kernel"))
    parser.add_argument(
        "--offline",
        action="store_true",
        help=help_of("use no network: only what this machine has kept of the channels and of their packages"),
    )
    unfinished = parser.add_mutually_exclusive_group()
    unfinished.add_argument(
        "--resume", action="store_true", help=help_of("begin one anew that was left unfinished, with what was fetched")
    )
    unfinished.add_argument("--discard", action="store_true", help=help_of("remove one that was left unfinished"))
    parser.add_argument("--details", action="store_true", help=help_of("name every package, and show the commands"))
    add_format(parser, ("text", "json"))


def undo(commands: Commands) -> None:
    """The words of `undo`."""
    parser = commands.add_parser(
        "undo",
        help=help_of("take an install back"),
        usage="envguard undo [ID] [-p PREFIX | -n ENV | --python EXE | --kernel NAME] [--yes] [--details] [--format {text,json}]\n       envguard undo --list [...]\n       envguard undo --clear [ID] [...]",
        description=help_of(
            "Takes an install back for which envguard has made a way back, and all that came later: shows what would be removed and restored, asks, does it, and proves that everything is as it was. Exits with 0 if it is, with 1 if it was refused or is not whole."
        ),
    )
    parser.add_argument("id", nargs="?", metavar="ID", help=help_of("which; default: the last one"))
    add_target(parser, positional=False)
    what = parser.add_mutually_exclusive_group()
    what.add_argument("--list", action="store_true", help=help_of("change nothing: list what can be taken back"))
    what.add_argument(
        "--clear", action="store_true", help=help_of("let go of one way back, or of all, to free what they hold")
    )
    parser.add_argument("--yes", "-y", action="store_true", help=help_of("do not ask"))
    parser.add_argument("--details", action="store_true", help=help_of("name every path"))
    add_format(parser, ("text", "json"))


def loading(commands: Commands) -> None:
    """The words of `enable` and of `disable`."""
    for verb, about in (
        ("enable", help_of("make every kernel of an environment load envguard")),
        ("disable", help_of("take back what `enable` did")),
    ):
        loading = commands.add_parser(
            verb,
            help=about,
            description=help_of(
                "{what}: one entry in PREFIX/etc/ipython/ipython_kernel_config.json, and a folder PREFIX/.envguard in which changes are noted; nothing is written in the home folder unless PREFIX is not writable.",
                what=f"{about[:1].upper()}{about[1:]}",
            ),
        )
        loading.add_argument(
            "--kernel-env", metavar="PREFIX", help=help_of("the environment of the kernels; default: envguard's own")
        )
        loading.add_argument("--status", action="store_true", help=help_of("change nothing: tell whether it is on"))
        if verb == "enable":
            loading.add_argument(
                "--undo",
                action="store_true",
                help=help_of("also make a way back before each install that envguard sees"),
            )
        else:
            loading.add_argument(
                "--forget", action="store_true", help=help_of("also remove the ledger and all that could be taken back")
            )
        add_format(loading, ("text", "json"))
