"""Tries what was written: conda's part by the solver, from nothing; pip's part by pip's own dry run. Nothing is installed.

That no channel or index could be asked is another answer than that it fails.
"""

from __future__ import annotations

import tempfile
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from envguard.commands.find import of_argv
from envguard.commands.target import target
from envguard.export.requirements_txt import lines
from envguard.export_report import Depth, Trial, Tried
from envguard.forecast import pip
from envguard.forecast.child import SECONDS, Watch
from envguard.forecast.conda_solver import PLATFORM, answered, config_of, records
from envguard.forecast.transaction import Transaction
from envguard.model import Text, text
from envguard.packages.channels import channels
from envguard.packages.solving import Wish
from envguard.rules import steps

if TYPE_CHECKING:
    from collections.abc import Callable

    from envguard.commands.command import Place
    from envguard.export.inventory import Inventory

_SHOWN = 20


def tried(
    told: Inventory, place: Place, *, with_conda: bool, network: bool, progress: Callable[[Text], None] | None
) -> tuple[Tried, ...]:
    """What came of each part."""
    found = []
    if with_conda and told.conda:
        found.append(_conda(told, network=network, progress=progress))
    if told.lines:
        found.append(_pip(told, place, network=network, progress=progress))
    return tuple(found)


def _conda(told: Inventory, *, network: bool, progress: Callable[[Text], None] | None) -> Tried:
    env = told.env
    config = config_of(env)
    # the file's own channels, in its order, by whatever address this machine's configuration gives them
    chosen = channels(config, named=told.channels, override=True)
    if progress is not None:
        progress(text("solving from the channels {channels}", channels=told.channels))
    empty = replace(env, conda_packages=(), history=())
    wish = Wish(tuple(item.spec for item in told.conda), priority=config.channel_priority if config else "flexible")
    outcome, _ = answered(
        empty, wish, chosen, config, platform=env.platform or PLATFORM, network=network, timeout=SECONDS
    )
    answer = records(outcome)
    if isinstance(answer, Transaction):
        return Tried("conda", Trial.FAILS, answer.refusal or text("no packages fit together"))
    if isinstance(answer, Text):
        return Tried("conda", Trial.UNKNOWN, answer)
    if told.depth is Depth.HISTORY:
        return Tried("conda", Trial.HOLDS, text("solved: {n} package", "solved: {n} packages", n=len(answer)))
    here = {package.name: package for package in env.conda_packages or ()}
    found = {each.name: each for each in answer}
    differs = [
        text("{name} {version} {build} would come", name=name, version=each.version, build=each.build)
        for name, each in sorted(found.items())
        if name not in here
        or each.version != here[name].version
        or (told.depth is Depth.EXACT and each.build != here[name].build)
    ]
    differs += [text("{name} would not come", name=name) for name in sorted({i.name for i in told.conda} - set(found))]
    if differs:
        said = text("solved, but {n} package is another than here", "solved, but {n} packages are others than here", n=len(differs))  # fmt: skip
        return Tried("conda", Trial.FAILS, said, tuple(differs[:_SHOWN]))
    return Tried("conda", Trial.HOLDS, text("solved: the same package as here", "solved: the same {n} packages as here", n=len(found)))  # fmt: skip


def _pip(told: Inventory, place: Place, *, network: bool, progress: Callable[[Text], None] | None) -> Tried:
    if not network:
        return Tried("pip", Trial.UNKNOWN, text("pip was not asked, as there is to be no network"))
    python = steps.python(told.env)
    with tempfile.TemporaryDirectory(prefix="envguard-") as folder:
        file = Path(folder, "requirements.txt")
        file.write_text("".join(f"{line}\n" for line in lines(told)), encoding="utf-8")
        options = ["--ignore-installed", *(["--no-deps"] if told.depth is not Depth.HISTORY else [])]
        here = replace(place, folder=folder)
        command = of_argv((python, "-m", "pip", "install", *options, "--requirement", str(file)), here)
        assert command is not None
        found = pip.plan(command, target(command, here), told.env, here, watch=Watch(SECONDS, progress))
    if found.refusal is not None:
        return Tried("pip", Trial.FAILS, found.refusal, found.unknown[:_SHOWN])
    wanted = {item.name for item in told.pip if item.line is not None}
    have = {each.name for each in found.comes}
    if found.unknown or not wanted <= have:
        said = text("pip could get {n} of {all}; of the others it cannot be told without building or fetching them", n=len(wanted & have), all=len(wanted))  # fmt: skip
        return Tried("pip", Trial.UNKNOWN, said, found.unknown[:_SHOWN])
    return Tried("pip", Trial.HOLDS, text("pip could get it", "pip could get all {n}", n=len(wanted)))
