"""What a step of a fix would make of an environment, as facts that the same rules can judge.

What pip takes off and what conda links anew is known from their books. What a solver would bring is asked of the solver; where
that gives no answer, a lost package is taken to come back as the history names it, and it is told that nobody has tried.
"""

from __future__ import annotations

import os
import sys
from dataclasses import replace
from typing import TYPE_CHECKING

from envguard.commands.command import Place
from envguard.commands.find import of_argv
from envguard.commands.target import target
from envguard.errors import CannotTell
from envguard.facts import CondaPackage, Paths
from envguard.forecast import after, conda, pip
from envguard.forecast.books import Books
from envguard.forecast.transaction import Coming, Transaction
from envguard.model import Act, text
from envguard.rules.overlaps import pip_copies
from envguard.rules.ownership import lost
from envguard.value import value

if TYPE_CHECKING:
    from envguard.facts import Environment
    from envguard.model import Step, Text

SECONDS = 60.0
"""For one question to a solver."""
_EXACTLY = ("--force-reinstall", "--no-deps")


@value
class Foretold:
    """The environment after a step."""

    env: Environment
    refused: Text | None = None
    """Why the step would fail."""
    untried: Text | None = None
    """Why it is only believed to go well."""


def after_step(env: Environment, step: Step, when: float) -> Foretold:
    """The environment as a step would leave it, if it were done at that time."""
    if step.act is Act.UNINSTALL:
        return Foretold(_uninstalled(env, step.of, when))
    if step.act is Act.DELETE:
        return Foretold(_deleted(env, step.of))
    if step.act is Act.RELINK:
        return Foretold(_relinked(env, step.of, when))
    if step.act in (Act.FORGET, Act.CONDA_REMOVE):
        records = tuple(env.by_name[name].record for name in step.of if name in env.by_name)
        return Foretold(after.apply(env, Transaction(unlinks=records), when))
    if step.act is Act.PIP_INSTALL and set(_EXACTLY) <= set(step.of):
        return Foretold(_again(env, step.of, when))
    return _solved(env, step, when)


def needs_solver(step: Step) -> bool:
    """Whether only a solver knows what comes of a step."""
    return step.act is Act.CONDA_INSTALL or (step.act is Act.PIP_INSTALL and not set(_EXACTLY) <= set(step.of))


def _relinked(env: Environment, names: tuple[str, ...], when: float) -> Environment:
    """The environment with conda packages linked anew from their records."""
    books = Books(env)
    packages = tuple(env.by_name[name] for name in names if name in env.by_name)
    files = tuple((path, package.record) for package in packages for path in books.record(package.record))
    return after.apply(env, Transaction(links=packages, link_files=files), when)


def _uninstalled(env: Environment, names: tuple[str, ...], when: float) -> Environment:
    goes = []
    for name in names:
        copies = pip_copies(env, name) or env.dists_named.get(name, ())
        goes += [dist.path for dist in copies[:1]]
    return after.apply(env, Transaction(goes=tuple(goes)), when)


def _deleted(env: Environment, paths: tuple[str, ...]) -> Environment:
    gone = set(paths)

    def stays(path: str) -> bool:
        return path not in gone

    return replace(
        env,
        distributions=None
        if env.distributions is None
        else tuple(dist for dist in env.distributions if stays(dist.path)),
        overlaps=tuple(
            replace(each, twin=each.twin if each.twin and stays(each.twin) else None)
            for each in env.overlaps
            if stays(each.distribution)
        ),
        shared_distributions=tuple(
            pair for pair in env.shared_distributions if stays(pair.first) and stays(pair.second)
        ),
        unowned=tuple(
            each
            for each in env.unowned
            if stays(each.folder) and not (each.files.sample and gone.issuperset(each.files.sample))
        ),
    )


def _again(env: Environment, arguments: tuple[str, ...], when: float) -> Environment:
    """The environment in which pip has installed the same versions once more, alone."""
    comes, goes = [], []
    for word in arguments:
        name, _, version = word.partition("==")
        if word.startswith("-"):
            continue
        copies = pip_copies(env, name)
        old = copies[0] if copies else None
        goes += [dist.path for dist in copies]
        comes.append(
            Coming(
                name,
                version,
                requested=old is None or old.requested,
                requires=old.requires if old else (),
                requires_python=old.requires_python if old else None,
                file=None,
                source=None,
            )
        )
    return after.apply(env, Transaction(comes=tuple(comes), goes=tuple(goes)), when)


def _solved(env: Environment, step: Step, when: float) -> Foretold:
    place = Place(sys.executable, sys.prefix, os.getcwd(), dict(os.environ), is_kernel=False)  # noqa: PTH109 - a string is wanted
    command = of_argv(step.argv, place)
    if command is None:
        return Foretold(env, refused=text("nobody can tell what {program} would do", program=step.argv[0]))
    aim = target(command, place)
    if step.act is Act.CONDA_INSTALL:
        # a program that is not here has no channels of its own, and its command is understood all the same
        here = replace(env, tools=tuple(tool for tool in env.tools if tool.path != tool.name))
        found = conda.plan(command, replace(aim, prefix=env.prefix, reason=None), here, timeout=SECONDS)
    else:
        found = pip.plan(command, aim, env, place)
    if found.refusal is not None:
        return Foretold(env, refused=found.refusal)
    if not found.unknown:
        return Foretold(after.apply(env, found, when))
    believed = _believed(env, step, when) if step.act is Act.CONDA_INSTALL else None
    if believed is None:
        return Foretold(env, refused=found.unknown[0])
    return Foretold(believed, untried=found.unknown[0])


def _believed(env: Environment, step: Step, when: float) -> Environment | None:
    """The environment with lost packages as its history names them; None if something else is asked for."""
    try:
        named = {f"{each.name}={each.version}": each for each in lost(env)}
    except CannotTell:
        return None
    if not named.keys() >= set(step.of):
        return None
    packages = tuple(
        CondaPackage(
            name=each.name,
            version=each.version,
            build=each.build,
            build_number=0,
            channel=each.channel,
            subdir=env.platform,
            noarch=None,
            depends=(),
            constrains=(),
            requested=(),
            record=f"conda-meta/{each.name}-{each.version}-{each.build}.json",
            provides=(each.name,),
            linked=None,
            files=1,
            missing=Paths(),
            altered=Paths(),
        )
        for each in (named[spec] for spec in step.of)
    )
    return after.apply(env, Transaction(links=packages), when)
