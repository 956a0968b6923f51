"""What `%envcheck plan` and `%envcheck repair` do: the same as the commands, for this kernel's environment or another."""

from __future__ import annotations

from typing import TYPE_CHECKING

from envguard import api
from envguard.frontends import check, repairing
from envguard.frontends.arguments import add_keep
from envguard.frontends.parser import Parser
from envguard.frontends.question import agreed
from envguard.frontends.terminal import aside

if TYPE_CHECKING:
    import argparse

    from IPython.core.interactiveshell import InteractiveShell


def plan(shell: InteractiveShell, words: list[str]) -> None:
    """`%envcheck plan`."""
    options = _options(words, repairs=False)
    check.show(shell, repairing.planned(api.prefix_of(options.prefix), options.keep_pip), options)


def repair(shell: InteractiveShell, words: list[str]) -> None:
    """`%envcheck repair`."""
    options = _options(words, repairs=True)
    prefix, keep = api.prefix_of(options.prefix), options.keep_pip
    whence = api.whence(None, shell.execution_count, shell.user_ns)
    if options.resume:
        keep = [*api.repair_again(prefix, whence=whence, tell=aside), *keep]
    told = repairing.planned(prefix, keep)
    doable = (options.apply or options.resume) and told.plan.steps and not told.plan.refused
    if not doable or not options.yes:
        check.show(shell, told, options)
    if doable and (options.yes or agreed(shell, repairing.REPAIR)):
        check.show(shell, repairing.done(told, whence), options)


def _options(words: list[str], *, repairs: bool) -> argparse.Namespace:
    parser = Parser(prog="%envcheck", add_help=False)
    parser.add_argument("prefix", nargs="?")
    parser.add_argument("-o", "--out", metavar="NAME")
    parser.add_argument("--details", action="store_true")
    add_keep(parser)
    if repairs:
        for name in ("--apply", "--resume"):
            parser.add_argument(name, action="store_true")
        parser.add_argument("--yes", "-y", action="store_true")
    options = parser.parse_args(words)
    check.check_out(options)
    return options
