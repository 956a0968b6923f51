"""A rule about the magics of cells, which says something only where the kernel that would run them is known."""

from __future__ import annotations

from typing import TYPE_CHECKING

from envguard.model import Evidence, Severity, text
from envguard.rules.rule import Found, Rule, rule

if TYPE_CHECKING:
    from collections.abc import Iterator

    from envguard.facts import Environment
    from envguard.scanned import Install


@rule("cell-magic-without-tool", code=608, severity=Severity.WARNING, needs=("scanned",))
def cell_magic_without_tool(env: Environment) -> Iterator[Found]:
    """A magic of a cell names a tool that does not fit the environment.

    `%pip` stands in a cell whose kernel has no pip, `%conda` where no conda is to be found or conda keeps no book, or `%conda` in
    an environment that pixi manages.

    Why it matters: the cell fails when it is run; or, with pixi, what it installs is taken away again when pixi next brings the
    environment in line with its manifest.

    How to repair: use the tool that keeps the environment: `%mamba` or `%micromamba` where one of them has made it, `pixi add`
    in a terminal, or `%pip` in an environment of venv.

    Not reported: without a kernel, and commands for the shell (EG600).
    """
    for file in env.scanned or ():
        for each in file.installs:
            goes = each.goes
            if each.form != "magic" or each.aim != "kernel" or goes is None:
                continue
            if goes.prefix is None and goes.reason is not None:
                said = text("{command} would fail in this kernel", command=each.said)
                yield Found(
                    subject=each.tool,
                    message=said,
                    evidence=(Evidence(goes.reason, each.source), *goes.evidence),
                )
            elif each.by_conda and each.tool != "pixi" and env.manager == "pixi":
                yield _taken_away(env, each)


def _taken_away(env: Environment, install: Install) -> Found:
    says = text(
        "{environment} is managed by pixi, which takes away what its manifest does not name", environment=env.name
    )
    return Found(
        subject=install.tool,
        message=text("{command} would be undone by pixi", command=install.said),
        evidence=(Evidence(says, install.source),),
    )


RULES: tuple[Rule, ...] = (cell_magic_without_tool,)
