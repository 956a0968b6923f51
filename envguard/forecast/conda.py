"""What conda, mamba, micromamba or pixi would do to a prefix, foretold by py-rattler's solver from what is installed.

Nothing is installed and no conda is run.
"""

from __future__ import annotations

import os
import re
from dataclasses import replace
from typing import TYPE_CHECKING

from envguard.commands.command import Kind, Tool, Verb
from envguard.facts import CondaPackage, Paths, spec_name
from envguard.forecast.conda_removal import met, needed_by, removal
from envguard.forecast.conda_solver import PLATFORM, answered, command_channels, config_of, records
from envguard.forecast.transaction import Transaction
from envguard.masking import without_secrets
from envguard.model import Text, text
from envguard.packages import contents, names, solving
from envguard.packages.channels import addresses
from envguard.packages.solving import Wish
from envguard.probe import pip_files, reading
from envguard.value import value

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from envguard.commands.command import Command, Requirement, Target
    from envguard.facts import Environment
    from envguard.machine import CondaConfig
    from envguard.packages.solving import Solved

SECONDS = 60.0
_DIST_INFO = re.compile(r"(?:^|/)site-packages/([^/]+?)-[^-/]+\.(?:dist|egg)-info(?:/|$)")


@value
class Landing:
    """Files of a distribution that conda does not own, onto which conda would write."""

    record: str
    """The coming record, as in CondaPackage.record."""
    distribution: str
    """The path of the dist-info."""
    files: tuple[str, ...]


def plan(
    command: Command,
    target: Target,
    env: Environment,
    *,
    timeout: float = SECONDS,
    cancel: Callable[[], bool] | None = None,
    progress: Callable[[Text], None] | None = None,
    network: bool = True,
) -> Transaction:
    """What the command would change in the environment; what cannot be told stands in `unknown`."""
    if command.verb is Verb.CREATE:
        return Transaction()
    if target.prefix is None:
        return Transaction(unknown=(text("it cannot be told which environment the command is about"),))
    if env.conda_packages is None or (unread := env.unreadable_records):
        which = tuple(unread) if env.conda_packages is not None else ()
        return Transaction(unknown=(text("conda's records cannot be read: {records}", records=which),))
    if reason := _beyond(command):
        return Transaction(unknown=(reason,))
    if command.verb is Verb.REMOVE:
        return removal(command, env)
    config = config_of(env)
    wish = _wish(command, env, config)
    if isinstance(wish, Transaction):
        return wish
    offline = any(command.option(name) is not None for name in ("--offline", "--use-index-cache"))
    chosen = command_channels(command, env, config)
    platform = command.option("--subdir") or env.platform or PLATFORM
    if progress is not None:
        progress(text("reading the channels {channels} and solving", channels=tuple(each.name for each in chosen)))
    outcome, _ = answered(
        env, wish, chosen, config, platform=platform, network=network and not offline, timeout=timeout, cancel=cancel
    )
    found = records(outcome)
    if isinstance(found, Text):
        return Transaction(unknown=(found,))
    if isinstance(found, Transaction):
        return replace(found, refusal=_refusal(command, found))
    return transaction(env, _selected(command, found), command, config)


def _beyond(command: Command) -> Text | None:
    """Why a command cannot be foretold at all."""
    if command.option("--revision") is not None:
        return text("going back to an earlier revision is not foretold")
    asked = _specs(command)
    if command.tool is Tool.PIXI and (
        command.verb is Verb.SYNC or not asked or any(each.kind is Kind.NAME for each in asked)
    ):
        return text("pixi takes it from the manifest of its project, which is not foretold")
    if unread := next((file for file in command.files if file.unread is not None), None):
        return text("the file {file} could not be read", file=unread.path)
    if any(file.role == "explicit" for file in command.files) or any(
        each.kind in (Kind.URL, Kind.PATH) for each in command.requirements if each.channel != "pypi"
    ):
        return text("package files named by their address are linked as they are, without a solver; not foretold")
    if command.option("--use-local") is not None:
        return text("the channel of locally built packages is not known")
    if not asked and (command.verb is Verb.SYNC or command.option("--prune") is not None):
        return text("an environment file without conda packages is not foretold")
    unnamed = tuple(each.text for each in command.requirements if each.name is None)
    if unnamed or not command.certain:
        return text("what the command asks for is known only when it runs: {words}", words=unnamed or ("…",))
    return None


def _specs(command: Command) -> tuple[Requirement, ...]:
    """What conda itself is asked for; what an environment.yml leaves to pip comes later."""
    return tuple(each for each in command.requirements if each.channel != "pypi")


def _wish(command: Command, env: Environment, config: CondaConfig | None) -> Wish | Transaction:
    has = command.option
    asked = _specs(command)
    installed = env.by_name
    named = {each.name for each in asked if each.name in installed}
    everything = has("--update-all") is not None or (command.verb is Verb.UPDATE and has("--all") is not None)
    from_file = any(file.role == "environment" for file in command.files)
    pins = tuple(env.pinned or ()) + tuple(_pinned(config)) if has("--no-pin") is None else ()
    if command.verb is Verb.UPDATE and not from_file and command.tool is Tool.CONDA:
        absent = tuple(each.text for each in asked if each.name not in installed)
        if absent:
            return Transaction(
                refusal=text(
                    "conda updates only what is installed, and {names} is not",
                    "conda updates only what is installed, and {names} are not",
                    n=len(absent),
                    names=absent,
                )
            )
    if has("--satisfied-skip-solve") is not None and asked and all(met(each, env) for each in asked):
        return Wish((), freeze=True, only_freeze=True)
    free = set(named)
    if command.tool in (Tool.MAMBA, Tool.MICROMAMBA) and command.verb is Verb.INSTALL and not from_file:
        free = {each.name for each in asked if each.name in installed and not met(each, env)}
    if command.tool is Tool.CONDA:
        free |= _aggressive(config) & set(installed)
    if has("--update-deps") is not None:
        free |= needed_by(env, named)
    if everything:
        bare = {spec.strip().lower() for spec in pins}
        free = {name for name in installed if name != "python" and name not in bare}
    freeze = command.verb is Verb.INSTALL and not from_file and command.tool is not Tool.PIXI and not everything
    return Wish(
        tuple(_spelled(each, config) for each in asked),
        frozenset(name for name in free if name),
        freeze=freeze and has("--update-deps") is None and has("--update-specs") is None,
        only_freeze=has("--freeze-installed") is not None,
        prune=command.verb is Verb.SYNC or has("--prune") is not None,
        pins=pins,
        forget=everything,
        priority=_priority(command, config),
    )


def _spelled(asked: Requirement, config: CondaConfig | None) -> str:
    """A match spec with the address of its channel, which the solver would look for at the usual place only."""
    where = addresses(asked.channel, config) if asked.channel and "::" in asked.text else ()
    return f"{where[0]}::{asked.text.rpartition('::')[2]}" if len(where) == 1 else asked.text


def _pinned(config: CondaConfig | None) -> Iterable[str]:
    for layer in config.layers if config is not None else ():
        yield from layer.pinned_packages or ()


def _aggressive(config: CondaConfig | None) -> set[str]:
    layers = reversed(config.layers) if config is not None else ()
    told = next(
        (each.aggressive_update_packages for each in layers if each.aggressive_update_packages is not None), None
    )
    return set(solving.AGGRESSIVE if told is None else told)


def _priority(command: Command, config: CondaConfig | None) -> str:
    if command.option("--strict-channel-priority") is not None or command.tool is Tool.PIXI:
        return "strict"
    if command.option("--no-channel-priority") is not None:
        return "disabled"
    given = command.option("--channel-priority")
    if given in ("strict", "flexible", "disabled"):
        return given
    return config.channel_priority if config is not None else "flexible"


def _selected(command: Command, found: tuple[Solved, ...]) -> tuple[Solved, ...]:
    """The solution under `--no-deps` (only the named change) and `--only-deps` (only the others do)."""
    named = {each.name for each in _specs(command)}
    only, none = command.option("--only-deps") is not None, command.option("--no-deps") is not None
    if not (only or none):
        return found
    return tuple(each for each in found if (each.name in named) is none)


def transaction(
    env: Environment, found: tuple[Solved, ...], command: Command, config: CondaConfig | None
) -> Transaction:
    """The difference between what is installed and a solution."""
    partial = any(command.option(name) is not None for name in ("--no-deps", "--only-deps"))
    again = command.option("--force-reinstall") is not None or (
        command.option("--force") is not None and command.verb is Verb.INSTALL
    )
    again = again or (command.tool is Tool.PIXI and "reinstall" in command.argv[:2])
    named = {each.name: each.text for each in _specs(command)}
    installed = env.by_name
    python = next((each.version for each in found if each.name == "python"), None)
    moved = python is not None and "python" in installed and _minor(python) != _minor(installed["python"].version)
    comes = []
    goes = []
    for each in found:
        present = installed.get(each.name)
        # what is noarch is linked anew into the other Python's folder
        anew = (again and each.name in named) or (moved and each.noarch == "python")
        if present is None or anew or not each.same_as(present):
            comes.append(each)
            if present is not None:
                goes.append(present.record)
    kept = {each.name for each in found}
    if not partial:
        goes += [package.record for package in env.conda_packages or () if package.name not in kept]
    files = contents.files(env, comes, python or env.python_version, config) if comes else {}
    links = tuple(
        _package(each, files.get(each.name), named.get(each.name), installed.get(each.name)) for each in comes
    )
    known = tuple((path, package.record) for package in links for path in files.get(package.name, ()))
    later = tuple(each.text for each in command.requirements if each.channel == "pypi")
    return Transaction(
        links=links,
        link_files=known if files or not links else None,
        unlisted=tuple(package.record for package in links if package.name not in files),
        unlinks=tuple(dict.fromkeys(goes)),
        unknown=(text("conda then lets pip install {requirements}; that is not in this forecast", requirements=later),)
        if later
        else (),
    )


def _package(
    each: Solved, files: tuple[str, ...] | None, asked: str | None, present: CondaPackage | None
) -> CondaPackage:
    """A coming record as the probe would tell it."""
    own = names.pypi_name(each.name) if any(spec_name(spec) == "python" for spec in each.depends) else None
    infos = (info[1] for path in files or () if (info := _DIST_INFO.search(path)))
    provides = tuple(dict.fromkeys(map(reading.normalise, infos)))
    if files is None and own:
        provides = (own,)
    return CondaPackage(
        name=each.name,
        version=each.version,
        build=each.build,
        build_number=each.build_number,
        channel=without_secrets(each.channel).rstrip("/") if each.channel else None,
        subdir=each.subdir,
        noarch=each.noarch,
        depends=each.depends,
        constrains=each.constrains,
        requested=(asked,) if asked else (present.requested if present is not None else ()),
        record=f"conda-meta/{each.stem}.json",
        provides=provides,
        linked=None,
        files=len(files or ()),
        missing=Paths(),
        altered=Paths(),
    )


def _minor(version: str) -> list[str]:
    return version.split(".")[:2]


def _refusal(command: Command, found: Transaction) -> Text:
    wanted = tuple(each.text for each in _specs(command))
    said = found.refusal.args.get("error", "") if found.refusal is not None else ""
    return text(
        "{tool} finds no versions of {packages} that go together with what is installed: {reason}",
        tool=command.tool.value,
        packages=wanted or ("*",),
        reason=str(said),
    )


def landings(env: Environment, found: Transaction) -> tuple[Landing, ...]:
    """Which files of distributions that conda does not own the coming records would write over.

    By RECORD, path by path; files that pip has left to nobody are not looked for.
    """
    owners: dict[str, list[str]] = {}
    for path, record in found.link_files or ():
        owners.setdefault(os.path.normcase(path), []).append(record)
    hit = []
    for dist in env.pip_owned if owners else ():
        shared: dict[str, list[str]] = {}
        for path in _recorded(env, dist.path, dist.site):
            for record in owners.get(os.path.normcase(path), ()):
                shared.setdefault(record, []).append(path)
        hit += [Landing(record, dist.path, tuple(sorted(paths))) for record, paths in shared.items()]
    return tuple(hit)


def _recorded(env: Environment, path: str, site: str) -> list[str]:
    """The files of a distribution by its RECORD, bytecode apart."""
    try:
        data = reading.read(f"{env.prefix}/{path}/RECORD", reading.RECORD_LIMIT, env.prefix)
    except OSError:
        return []
    rows = pip_files.parse_record(data.decode("utf-8", "surrogateescape"), site)
    return [name for name, _ in rows if not name.endswith(".pyc")]
