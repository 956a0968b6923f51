"""What `%envcheck plan` and `%envcheck repair` do: the same as the commands, for this kernel's environment or another."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

from envguard import api
from envguard.errors import EnvguardError
from envguard.frontends import check, repairing
from envguard.frontends.arguments import add_keep
from envguard.frontends.parser import Parser
from envguard.frontends.question import agreed, can_be_asked
from envguard.model import text
from envguard.render.language import say

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
        keep = [*api.repair_again(prefix, whence=whence, tell=repairing.aside), *keep]
    told = repairing.planned(prefix, keep)
    doable = (options.apply or options.resume) and told.plan.steps and not told.plan.refused
    if not doable or not options.yes:
        check.show(shell, told, options)
    if doable and (options.yes or _agreed(shell)):
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


def _agreed(shell: InteractiveShell) -> bool:
    """Whether somebody has said yes; EnvguardError where nobody can."""
    answer = agreed(shell, say(repairing.REPAIR)) if can_be_asked(shell) else None
    if answer is None:
        raise EnvguardError(text("nothing was done, as nobody can be asked here; --yes does it without asking"))
    if not answer:
        sys.stdout.write(f"{say(text('nothing was done'))}\n")
    return answer
