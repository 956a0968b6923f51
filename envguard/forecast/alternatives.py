"""Other ways to what a pip or uv command asks for: conda's own package, the same protected, an environment of its own.

* conda's way is offered only for what its channels were seen to have, or, where nobody could look, for what is better
  taken from conda by the table in `packages/names_table.py`; then it is marked as not tried.
* Where nothing may be written, and in base, only the fresh environment is offered.
* `--ignore-installed` is never part of a way.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from envguard import versions
from envguard.commands.command import AimKind, Kind, Placement, Verb
from envguard.commands.command import Tool as By
from envguard.errors import CannotTell
from envguard.forecast import conda, conda_way
from envguard.forecast.conda_way import Found
from envguard.forecast_report import Alternative
from envguard.masking import without_secrets, words
from envguard.model import Step, Text, text
from envguard.packages import names, repodata
from envguard.packages.known import known
from envguard.probe.reading import normalise
from envguard.rules import fixes, steps
from envguard.value import value
from envguard.versions import Answer

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping

    from envguard.commands.command import Command, Requirement, Target
    from envguard.facts import Environment
    from envguard.packages.channels import Channel
    from envguard.packages.known import Known

SECONDS = 60.0
_CLAUSE = re.compile(r"\s*(~=|===|==|!=|<=|>=|<|>)\s*(\S+)\s*")
_PASSED_ON = ("--index-url", "--extra-index-url", "--find-links", "--no-index", "--pre", "--trusted-host")
"""Options of pip that say where a package comes from, which the same in another environment needs, too."""
_NOT_HELD = ("--force-reinstall", "--ignore-installed", "--no-deps", "--target", "--prefix", "--root", "--user")
"""Options under which constraints do not hold, or for which they are not meant."""
_FROM_INDEX = (By.PIP, By.UV, By.EASY_INSTALL)
_FRESH = "work"
_SHOWN = 8


def alternatives(
    command: Command,
    target: Target,
    env: Environment,
    *,
    network: bool = True,
    timeout: float = SECONDS,
    cancel: Callable[[], bool] | None = None,
    progress: Callable[[Text], None] | None = None,
) -> tuple[Alternative, ...]:
    """The other ways, the best first."""
    if command.tool in _FROM_INDEX and command.verb is Verb.REMOVE:
        return conda_way.remove(command, target, env, network=network, timeout=timeout, cancel=cancel)
    if command.tool not in _FROM_INDEX or command.verb not in (Verb.INSTALL, Verb.UPDATE, Verb.SYNC):
        return ()
    if command.aim.kind is AimKind.PROJECT or (env.manager == "venv" and not env.is_conda):
        return ()  # it has an environment of its own already, without conda in it
    wanted = _wanted(command, env)
    if not wanted:
        return ()
    found: tuple[Found, ...] = ()
    gap: Text | None = None
    if _has_conda(env):
        if progress is not None:
            progress(text("looking for {packages} on conda's channels", packages=tuple(each.text for each in wanted)))
        found, gap = _on_channels(env, wanted, network=network, timeout=timeout, cancel=cancel)
    rest = tuple(each for each in wanted if each not in [one.requirement for one in found])
    ways = []
    if not env.base and fixes.may_write(env) and target.prefix is not None and target.placement is Placement.SITE:
        if found and env.is_conda:
            after = (_pip(command, target, env, rest),) if rest else ()
            ways.append(conda_way.install(command, target, env, found, rest, after, gap, network, timeout, cancel))
        if (way := _protected(command, target, env)) is not None:
            ways.append(way)
    seen = tuple(each for each in found if each.channel is not None)
    return (*ways, _fresh(command, target, env, seen, wanted))


def match_spec(name: str, specifier: str) -> str | None:
    """conda's match spec for a version specifier of pip's; None if conda has no such thing (`==2.1+cu121`)."""  # noqa: D403
    parts: list[str] = []
    for clause in filter(None, (part.strip() for part in specifier.split(","))):
        match = _CLAUSE.fullmatch(clause)
        if match is None or "+" in match[2]:
            return None
        operator, version = match.groups()
        if operator == "~=":
            parts += [f">={version}", f"{version.rpartition('.')[0]}.*"]
        elif operator in ("==", "===") and version.endswith(".*"):
            parts.append(version)
        else:
            parts.append(f"{'==' if operator == '===' else operator}{version}")
    if len(parts) == 1 and parts[0].endswith(".*") and parts[0][0].isdigit():
        return f"{name}={parts[0][:-2]}"
    if parts and parts[0][0].isdigit():
        parts.append(parts.pop(0))
    return name + ",".join(parts) if not parts or not parts[0][0].isdigit() else None


def _wanted(command: Command, env: Environment) -> tuple[Requirement, ...]:
    """What is asked for, without what a marker leaves out here."""
    markers = versions.marker_environment(env)
    found = []
    for each in command.requirements:
        try:
            line = versions.requirement(each.text) if each.marker and each.kind is Kind.NAME else None
            if line is not None and versions.applies(line.marker, markers) is Answer.NO:
                continue
        except CannotTell:
            pass
        found.append(each)
    return tuple(dict.fromkeys(found))


def _has_conda(env: Environment) -> bool:
    return env.is_conda or bool(env.tools)


def _on_channels(
    env: Environment,
    wanted: tuple[Requirement, ...],
    *,
    network: bool,
    timeout: float,
    cancel: Callable[[], bool] | None,
) -> tuple[tuple[Found, ...], Text | None]:
    """What the channels have of the requirements, and why that may not be all."""
    candidates: dict[Requirement, tuple[tuple[str, ...], ...]] = {}
    for each in wanted:
        if each.kind is Kind.NAME and each.name and match_spec(each.name, each.specifier) is not None:
            candidates[each] = _candidates(each)
    config = conda.config_of(env)
    chosen = conda.command_channels(None, env, config)
    sources = repodata.sources(
        chosen, env.platform or conda.PLATFORM, network=network, prefix=env.prefix, config=config
    )
    every = {name for options in candidates.values() for option in options for name in option}
    offered = known(sources, every, timeout=timeout, cancel=cancel)
    if sources.network and not offered.complete:  # as offline
        kept = repodata.sources(chosen, env.platform or conda.PLATFORM, network=False, prefix=env.prefix, config=config)
        offered = offered if kept.missing else known(kept, every, timeout=timeout, cancel=cancel)
    found = []
    for each, options in candidates.items():
        taken = next((option for option in options if all(offered.has(name) for name in option)), None)
        # the next best thing to having seen it: it is known to be conda's business
        unseen = taken is None and not offered.complete and names.advice(each.name or "") is not None
        if taken is not None or unseen:
            first, *more = taken or options[0]
            spec = match_spec(first, each.specifier)
            assert spec is not None
            found.append(Found(each, (spec, *more), _seen(offered, first)))
    return tuple(found), offered.unknown


def _seen(offered: Known, name: str) -> Channel | None:
    offers = offered.offers.get(name)
    return offers[0].channel if offers else None


def _candidates(each: Requirement) -> tuple[tuple[str, ...], ...]:
    """The sets of conda's packages that may stand for a requirement; of an unknown extra only the package is known."""
    name = each.name or ""
    packages, strange = names.with_extras(name, each.extras)
    plain = tuple((one,) for one in names.conda_names(name))
    return ((packages, *plain) if packages and not strange else plain) if each.extras else plain


def _pip(command: Command, target: Target, env: Environment, rest: tuple[Requirement, ...]) -> Step:
    """pip for what conda does not have, under protection."""  # noqa: D403
    python = target.python or steps.python(env)
    return Step(("envguard", "protect", "--", python, "-m", "pip", "install", *_passed_on(command), *_words(rest)))


def _passed_on(command: Command) -> tuple[str, ...]:
    return tuple(
        part
        for name, given in command.options
        if name in _PASSED_ON
        for part in ((name,) if given is None else (name, without_secrets(given)))
    )


def _words(rest: Iterable[Requirement]) -> tuple[str, ...]:
    return tuple(part for each in rest for part in (("--editable", each.text) if each.editable else (each.text,)))


def _protected(command: Command, target: Target, env: Environment) -> Alternative | None:
    """The same command under constraints that hold conda's packages."""
    if command.tool not in (By.PIP, By.UV) or not env.conda_packages or command.verb is Verb.SYNC:
        return None
    if any(command.option(name) is not None for name in _NOT_HELD):
        return None
    argv = words(command.argv)
    python = target.python or steps.python(env)
    if command.tool is By.PIP:
        place = next((place for place, word in enumerate(argv) if word == "install"), None)
        if place is None:
            return None
        argv = (python, "-m", "pip", *argv[place:])
    elif "--python" not in argv and "-p" not in argv and "pip" in argv:
        argv = (*argv, "--python", python)
    return Alternative(
        "protected",
        text("Run it protected: what conda owns stays as it is"),
        (Step(("envguard", "protect", "--", *argv)),),
        None,
        text(
            "constraints hold every package of conda's at its version; {tool} refuses rather than change one",
            tool=command.tool.value,
        ),
    )


def _fresh(
    command: Command, target: Target, env: Environment, found: tuple[Found, ...], wanted: tuple[Requirement, ...]
) -> Alternative:
    """An environment of its own: conda's part in one command, then pip once."""
    title = text("Make an environment of its own for it")
    specs = tuple(dict.fromkeys(spec for each in found for spec in each.specs))
    rest = tuple(each for each in wanted if each not in [one.requirement for one in found])
    kernel = ("ipykernel",) if target.is_kernel else ()
    words = (*_passed_on(command), *_words(rest))
    if not _has_conda(env) or env.manager == "pixi":
        python = target.python or steps.python(env)
        own = f"{_FRESH}\\Scripts\\python.exe" if env.layout == "windows" else f"{_FRESH}/bin/python"
        made = Step((python, "-m", "venv", _FRESH))
        return Alternative("fresh", title, (made, Step((own, "-m", "pip", "install", *kernel, *words))))
    told = (each.channel for each in found if each.channel is not None and each.channel.origin == "records")
    head = steps.create(env)
    more = conda_way.channels(dict.fromkeys(channel.name for channel in told), By.CONDA)
    made = Step((*head.argv, *more, *(("pip",) if rest else ()), *kernel, *specs))
    return Alternative("fresh", title, (made, *((steps.install_elsewhere(env, *words),) if rest else ())))


def explain_refusal(
    output: str,
    command: Command,
    target: Target,
    env: Environment,
    *,
    network: bool = True,
) -> tuple[Text | None, tuple[Alternative, ...]]:
    """Why pip or uv refused under protection, in our words, and the other ways; None if conda's packages are not why."""
    told = held_by_conda(output, env)
    if told is None:
        return None, ()
    ways = alternatives(command, target, env, network=network)
    return told, tuple(way for way in ways if way.kind != "protected")


_DEPENDS = (
    # pip: "    transformers 5.1 depends on numpy>=2"
    re.compile(r"^\s+([\w.-]+(?:\[[^\]]*\])?) ([\w.!+]+) depends on (.+?)\s*$", re.MULTILINE),
    # uv: "Because transformers==5.1 depends on numpy>=2 and you require …"
    # and "all versions of transformers depend on …", "transformers>=5 depends on …"
    re.compile(
        r"([\w.-]+)(?:(?:[=!~]=|[<>]=?)([^\s]+))? depends? on ([\w.-]+(?:\[[^\]]*\])?\s*(?:[<>=!~][^\s,]*(?:,[<>=!~][^\s,]*)*)?)"
    ),
)
_AND = re.compile(r" and (?=[<>=!~])")
"""How pip joins two bounds of one requirement: `numpy<2.3.0 and >=2`."""
_ASKED = (
    re.compile(r"^\s+The user requested (?!\(constraint\))(.+?)\s*$", re.MULTILINE),
    re.compile(r"you require ([\w.-]+(?:\[[^\]]*\])?\s*[<>=!~][^\s,]*(?:,[<>=!~][^\s,]*)*)"),
)


def held_by_conda(output: str, env: Environment) -> Text | None:
    """The requirement that a refusal is about and the packages of conda's that forbid it; None if it is none of conda's."""
    said = without_secrets(output.replace("│", " ").replace("╰─▶", " "))
    joined = " ".join(said.split())  # uv breaks its sentences at the width of a terminal
    owned = _owned(env)
    for package, version, line in [*_DEPENDS[0].findall(said), *_DEPENDS[1].findall(joined)]:
        held = _held(line, owned, env)
        if held is not None:
            return _told(held, line.strip(), f"{package} {version}".strip())
    for line in [*_ASKED[0].findall(said), *_ASKED[1].findall(joined)]:
        held = _held(line, owned, env)
        if held is not None:
            return _told(held, line.strip(), None)
    return None


def _owned(env: Environment) -> Mapping[str, tuple[str, str]]:
    """Distributions that conda owns: their version, and the conda package they came with."""
    return {
        dist.name: (dist.version, env.by_record[dist.owner].name)
        for dist in env.distributions or ()
        if dist.owner is not None and dist.version and dist.owner in env.by_record
    }


@value
class Held:
    """What of conda's stands against a requirement of pip's."""

    package: str
    version: str
    holders: tuple[str, ...]
    """The conda packages that the required version would not suit."""


def _held(line: str, owned: Mapping[str, tuple[str, str]], env: Environment) -> Held | None:
    try:
        wanted = versions.requirement(_AND.sub(",", line.strip()))
        if wanted is None or normalise(wanted.name) not in owned:
            return None
        version, package = owned[normalise(wanted.name)]
        if versions.pip_allows(wanted, version) is not Answer.NO:
            return None
        holders = tuple(
            user.name
            for _, user in env.depending.get(package, ())
            if not versions.reconcilable(wanted, tuple(s for s in user.depends if versions.spec_name(s) == package))
        )
    except CannotTell:
        return None
    return Held(package, version, tuple(sorted(holders)))


def _told(held: Held, requirement: str, package: str | None) -> Text:
    if package is None and held.holders:
        return text(
            "{requirement} was asked for; conda's {holders} needs {name} to stay at {version}",
            "{requirement} was asked for; conda's {holders} need {name} to stay at {version}",
            n=len(held.holders),
            requirement=requirement,
            holders=held.holders[:_SHOWN],
            name=held.package,
            version=held.version,
        )
    if package is None:
        return text(
            "{requirement} was asked for; conda has installed {name} {version}",
            requirement=requirement,
            name=held.package,
            version=held.version,
        )
    if held.holders:
        return text(
            "{package} needs {requirement}; conda's {holders} needs {name} to stay at {version}",
            "{package} needs {requirement}; conda's {holders} need {name} to stay at {version}",
            n=len(held.holders),
            package=package,
            requirement=requirement,
            holders=held.holders[:_SHOWN],
            name=held.package,
            version=held.version,
        )
    return text(
        "{package} needs {requirement}; conda has installed {name} {version}",
        package=package,
        requirement=requirement,
        name=held.package,
        version=held.version,
    )
