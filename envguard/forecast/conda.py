"""What conda, mamba, micromamba or pixi would do to a prefix, foretold by py-rattler's solver from what is installed.

Nothing is installed and no conda is run. `conda remove` needs no solver, hence no channel: what depends on the named goes
with it, and what only they needed, as libsolv's ERASE and CLEANDEPS do it.
"""

from __future__ import annotations

import os
import re
from dataclasses import replace
from typing import TYPE_CHECKING

from envguard import versions
from envguard.commands.command import Kind, Tool, Verb, Word
from envguard.commands.options import Style, parse
from envguard.commands.tools.conda import INSTALL
from envguard.errors import CannotTell
from envguard.facts import CondaPackage, Paths, spec_name
from envguard.forecast.transaction import Transaction
from envguard.masking import without_secrets
from envguard.model import Text, text
from envguard.packages import contents, names, repodata, solving
from envguard.packages.channels import Channel, addresses, channels
from envguard.packages.known import unlooked
from envguard.packages.solving import Wish
from envguard.probe import pip_files, reading
from envguard.surroundings.condarc import conda_config
from envguard.value import value
from envguard.versions import Answer

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from envguard.commands.command import Command, Requirement, Target
    from envguard.facts import Environment
    from envguard.machine import CondaConfig
    from envguard.packages.repodata import Sources
    from envguard.packages.solving import Outcome, Solved

SECONDS = 60.0
PLATFORM = "linux-64"
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
        return _remove(command, env)
    config = config_of(env)
    wish = _wish(command, env, config)
    if isinstance(wish, Transaction):
        return wish
    offline = any(command.option(name) is not None for name in ("--offline", "--use-index-cache"))
    chosen = command_channels(command, env, config)
    platform = command.option("--subdir") or env.platform or PLATFORM
    if progress is not None:
        progress(text("reading the channels {channels} and solving", channels=tuple(each.name for each in chosen)))
    found = solved(
        env, wish, chosen, config, platform=platform, network=network and not offline, timeout=timeout, cancel=cancel
    )
    if isinstance(found, Text):
        return Transaction(unknown=(found,))
    if isinstance(found, Transaction):
        return replace(found, refusal=_refusal(command, found))
    return transaction(env, _selected(command, found), command, config)


def config_of(env: Environment) -> CondaConfig | None:
    """conda's configuration with the secrets that its channels need; for nobody's eyes."""  # noqa: D403
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


def solved(
    env: Environment,
    wish: Wish,
    chosen: tuple[Channel, ...],
    config: CondaConfig | None,
    *,
    platform: str,
    network: bool,
    timeout: float,
    cancel: Callable[[], bool] | None = None,
) -> tuple[Solved, ...] | Transaction | Text:
    """The records there would be, or the solver's refusal, or why nobody can tell.

    A channel that cannot be reached is read from what is kept of it, as conda does offline.
    """
    outcome, _ = answered(env, wish, chosen, config, platform=platform, network=network, timeout=timeout, cancel=cancel)
    if isinstance(outcome, Text):
        return outcome
    if outcome.records is not None:
        return outcome.records
    assert outcome.reason is not None
    if outcome.kind in ("unsatisfiable", "spec"):
        return Transaction(refusal=outcome.reason)
    return outcome.reason


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
    """What the solver said, or why it was not asked; and where it was read from what the channels have."""
    sources = repodata.sources(chosen, platform, network=network, prefix=env.prefix, config=config)
    if (gap := unlooked(sources)) is not None:
        return gap, sources
    outcome = solving.solve(env, wish, sources, timeout=timeout, cancel=cancel)
    if outcome.kind == "unreachable" and sources.network:
        kept: Sources = repodata.sources(chosen, platform, network=False, prefix=env.prefix, config=config)
        if not kept.missing:
            return solving.solve(env, wish, kept, timeout=timeout, cancel=cancel), kept
    return outcome, sources


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
    if has("--satisfied-skip-solve") is not None and asked and all(_met(each, env) for each in asked):
        return Wish((), freeze=True, only_freeze=True)
    free = set(named)
    if command.tool in (Tool.MAMBA, Tool.MICROMAMBA) and command.verb is Verb.INSTALL and not from_file:
        free = {each.name for each in asked if each.name in installed and not _met(each, env)}
    if command.tool is Tool.CONDA:
        free |= _aggressive(config) & set(installed)
    if has("--update-deps") is not None:
        free |= _needed_by(env, named)
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


def _met(asked: Requirement, env: Environment) -> bool:
    package = env.by_name.get(asked.name or "")
    try:
        return package is not None and versions.conda_allows(asked.text.rpartition("::")[2], package) is Answer.YES
    except CannotTell:
        return False


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


def _needed_by(env: Environment, named: Iterable[str | None]) -> set[str]:
    """What packages depend on, all the way down, as installed."""
    found: set[str] = set()
    queue = [name for name in named if name]
    while queue:
        package = env.by_name.get(queue.pop())
        for spec in package.depends if package is not None else ():
            name = spec_name(spec)
            if name in env.by_name and name not in found and name is not None:
                found.add(name)
                queue.append(name)
    return found


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


def _remove(command: Command, env: Environment) -> Transaction:
    """What `conda remove` takes off."""
    installed = env.by_name
    if command.option("--all") is not None:
        return Transaction(
            unlinks=tuple(installed[name].record for name in installed),
            goes=() if command.option("--keep-env") is not None else tuple(dist.path for dist in env.pip_owned),
        )
    named = {each.name for each in command.requirements if each.name and _met_or_bare(each, env)}
    absent = tuple(each.text for each in command.requirements if each.name not in named)
    if absent and command.tool is Tool.CONDA:
        return Transaction(
            refusal=text(
                "conda removes only what is installed, and {names} is not",
                "conda removes only what is installed, and {names} are not",
                n=len(absent),
                names=absent,
            )
        )
    if command.option("--force") is not None or command.option("--no-deps") is not None:
        gone = set(named)
    else:
        gone = _dependants(env, {name for name in named if name})
        if command.option("--no-prune-deps") is None:
            gone |= _orphans(env, gone)
    return Transaction(unlinks=tuple(package.record for package in env.conda_packages or () if package.name in gone))


def _met_or_bare(asked: Requirement, env: Environment) -> bool:
    return asked.name in env.by_name and (not asked.specifier or _met(asked, env))


def _dependants(env: Environment, gone: set[str]) -> set[str]:
    """Some packages and all that cannot be without them."""
    found = set(gone)
    queue = list(gone)
    while queue:
        for _, package in env.depending.get(queue.pop(), ()):
            if package.name not in found:
                found.add(package.name)
                queue.append(package.name)
    return found


def _orphans(env: Environment, gone: set[str]) -> set[str]:
    """What only the gone needed: brought in by them, asked for by nobody."""
    wanted = solving.asked_for(env)
    candidates = _needed_by(env, gone) - gone - wanted - set(solving.AGGRESSIVE)
    left = set(env.by_name) - gone
    changed = True
    while changed:
        changed = False
        for name in sorted(candidates):
            if any(user.name in left and user.name not in candidates for _, user in env.depending.get(name, ())):
                candidates.discard(name)
                changed = True
    return candidates


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
