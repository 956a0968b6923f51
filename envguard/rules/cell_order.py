"""A rule about the order of installs: conda after pip, in one file or in the environment that it is held against."""

from __future__ import annotations

from typing import TYPE_CHECKING

from envguard import versions
from envguard.errors import CannotTell
from envguard.model import Severity, text
from envguard.rules.cells import CHANGES, SHOWN, exclusive, found, same_place
from envguard.rules.rule import Found, Rule, rule
from envguard.tables import INSTALLERS

if TYPE_CHECKING:
    from collections.abc import Iterator

    from envguard.facts import Environment
    from envguard.scanned import Install, Wanted


@rule("cell-conda-after-pip", code=601, severity=Severity.WARNING, needs=("scanned",))
def cell_conda_after_pip(env: Environment) -> Iterator[Found]:
    """Conda is to change an environment in which pip has installed before.

    In this file a command of conda's (or mamba's) comes after one of pip's for the same environment.

    Why it matters: conda does not see what pip requires, and may write over it, update or remove it. Whoever runs the file
    from top to bottom does in one go what otherwise takes months to go wrong.

    How to repair: put everything of conda's before the first `pip install`, in one command if possible.

    Held against an environment (that of the kernel in an editor, or of `--prefix`), it is information where pip has installed
    there already, and conda does not have what is asked for.

    Not reported: `conda create`, which makes another environment; another stage of a Dockerfile or another job; commands for
    different environments, by their names or by what was activated before them; two ways of one choice (`if` and `else`, the
    two sides of `||`, two steps of a workflow whose `if:` ask for the same thing), of which only one runs; a pip of a virtual environment, or with
    `--target` or `--user`; and a pip that only renewed itself or installed the project in place without dependencies.
    """
    for file in env.scanned or ():
        earlier: dict[int, list[Install]] = {}
        for each in file.installs:
            before = (other for other in earlier.get(each.stage, ()) if not exclusive(other, each))
            first = next((other for other in before if same_place(other, each)), None)
            if not each.by_conda and each.verb in ("install", "sync") and _adds(each):
                earlier.setdefault(each.stage, []).append(each)
            elif each.by_conda and each.verb in CHANGES and first is not None:
                yield found(
                    each,
                    text("{command} comes after {before}", command=each.said, before=first.said),
                    text("pip has installed before, at {place}", place=first.source),
                )
            elif each.by_conda and each.verb in CHANGES and _means_kernel(each) and _would_act(env, each):
                yield from _after_pip(env, each)


def _means_kernel(install: Install) -> bool:
    """Whether a command is about the environment that it is held against."""
    return install.aim == "kernel" if install.goes is None else bool(install.goes.is_kernel)


def _would_act(env: Environment, install: Install) -> bool:
    """Whether conda does not have all of it already, so that a notebook that is run again is not told of its first cell."""
    return install.verb != "install" or not all(_has(env, wanted) for wanted in install.wanted)


def _has(env: Environment, wanted: Wanted) -> bool:
    package = env.by_name.get(wanted.name or "")
    try:
        return package is not None and (
            not wanted.specifier
            or versions.conda_allows(wanted.text.rpartition("::")[2], package) is versions.Answer.YES
        )
    except CannotTell:
        return False


def _after_pip(env: Environment, install: Install) -> Iterator[Found]:
    """What pip has put into an environment that conda is to change."""
    names = tuple(
        dist.name
        for dist in env.pip_owned
        if dist.name not in INSTALLERS and not (dist.direct_url is not None and dist.direct_url.editable)
    )
    if names:
        yield found(
            install,
            text("{command} would change an environment in which pip has installed", command=install.said),
            text("of pip's there: {names}", names=tuple(sorted(names)[:SHOWN])),
            severity=Severity.INFO,
        )


def _adds(install: Install) -> bool:
    """Whether a command of pip's puts something into the environment that conda could harm."""
    others = [wanted for wanted in install.wanted if wanted.name not in INSTALLERS]
    in_place = bool(others) and all(wanted.editable or wanted.kind == "path" for wanted in others)
    return bool(others or install.files) and not (in_place and "--no-deps" in install.options)


RULES: tuple[Rule, ...] = (cell_conda_after_pip,)
