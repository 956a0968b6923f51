"""conda's solver asked as conda would ask it: with its configuration, and from the channels of a command or of an environment."""

from __future__ import annotations

from typing import TYPE_CHECKING

from envguard.commands.command import Tool, Word
from envguard.commands.options import Style, parse
from envguard.commands.tools.conda import INSTALL
from envguard.forecast.transaction import Transaction
from envguard.model import Text
from envguard.packages import repodata, solving
from envguard.packages.channels import Channel, channels
from envguard.packages.known import unlooked
from envguard.probe import reading
from envguard.surroundings.condarc import conda_config

if TYPE_CHECKING:
    from collections.abc import Callable

    from envguard.commands.command import Command
    from envguard.facts import Environment
    from envguard.machine import CondaConfig
    from envguard.packages.repodata import Sources
    from envguard.packages.solving import Outcome, Solved, Wish

PLATFORM = "linux-64"
"""Of an environment of which no record tells its own."""


def config_of(env: Environment) -> CondaConfig | None:
    """conda's configuration with the secrets that its channels need; never to be shown."""  # noqa: D403
    return conda_config(env, reading.Problems(), secrets=True)


def command_channels(command: Command | None, env: Environment, config: CondaConfig | None) -> tuple[Channel, ...]:
    """The channels that a command would ask; without one those of the environment.

    Where nothing is configured, conda takes `defaults`. But what a conda that was not found has in its own .condarc
    (miniforge: conda-forge) is not known: then the channels are those that the packages came from.
    """
    tool = command.tool if command is not None else None
    named: list[str] = []
    override = False
    if command is not None:
        named = _written_channels(command) or [
            given for name, given in command.options if name == "--channel" and given is not None
        ]
        named += [each.channel for each in command.requirements if each.channel and each.channel != "pypi"]
        override = command.option("--override-channels") is not None
    came_from = [package.channel for package in env.conda_packages or ()]
    fallback: str | None = (
        "defaults" if tool in (None, Tool.CONDA) and env.manager in (None, "conda") else "conda-forge"
    )
    if any(came_from) and not (env.base or any(each.name == "conda" for each in env.tools)):
        fallback = None
    return channels(
        config,
        named=named,
        override=override,
        records=came_from,
        fallback=fallback,
        folder=command.folder if command is not None else None,
    )


def _written_channels(command: Command) -> list[str]:
    """The channels as they stand on the command line, where a secret may stand in them that `options` leaves out."""
    parsed = parse([Word(word) for word in command.argv[1:]], INSTALL, Style.ARGPARSE)
    return [given.value for given in parsed.options if given.name == "--channel" and given.value]


def answered(
    env: Environment,
    wish: Wish,
    chosen: tuple[Channel, ...],
    config: CondaConfig | None,
    *,
    platform: str,
    network: bool,
    timeout: float,
    cancel: Callable[[], bool] | None = None,
) -> tuple[Outcome | Text, Sources]:
    """What the solver said, or why it was not asked; and where the contents of the channels were read from.

    A channel that cannot be reached is read from what is kept of it, as conda does offline.
    """
    sources = repodata.sources(chosen, platform, network=network, prefix=env.prefix, config=config)
    if (gap := unlooked(sources)) is not None:
        return gap, sources
    outcome = solving.solve(env, wish, sources, timeout=timeout, cancel=cancel)
    if outcome.kind == "unreachable" and sources.network:
        kept: Sources = repodata.sources(chosen, platform, network=False, prefix=env.prefix, config=config)
        if not kept.missing:
            return solving.solve(env, wish, kept, timeout=timeout, cancel=cancel), kept
    return outcome, sources


def records(outcome: Outcome | Text) -> tuple[Solved, ...] | Transaction | Text:
    """The records there would be, or the solver's refusal, or why nobody can tell."""
    if isinstance(outcome, Text):
        return outcome
    if outcome.records is not None:
        return outcome.records
    assert outcome.reason is not None
    if outcome.kind in ("unsatisfiable", "spec"):
        return Transaction(refusal=outcome.reason)
    return outcome.reason
